"""Virtual machines, which the service calls roles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, TypeAlias, TypedDict, Union, Unpack, cast

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.errors import InvalidArgument
from asyncsm.operations import arguments
from asyncsm.operations.declaring import Family
from asyncsm.operations.deployments import DEPLOYMENT, DEPLOYMENTS
from asyncsm.operations.facts import Rule
from asyncsm.operations.kinds import SLOTS, Label, MediaToo, Name
from asyncsm.polling import OperationHandle

# A name of a model in a `TypeAlias` is text, as those are made when this is imported.
SystemConfiguration: TypeAlias = Union[
    "wire.configuration_sets.LinuxConfigurationSet", "wire.configuration_sets.WindowsConfigurationSet"
]

family: Final = Family("virtual machines", evidence="[protocol 4.14]")

ROLES: Final = DEPLOYMENT + "/roles"
ROLE: Final = ROLES + "/{role_name}"
MACHINE: Final = DEPLOYMENT + "/roleinstances/{role_name}/Operations"


# Rules for the parts of a machine.


def check_system(parameter: str, value: object) -> object:
    """Refuse a machine's name, user or password of a length that the service does not allow."""
    linux = wire.configuration_sets.LinuxConfigurationSet
    windows = wire.configuration_sets.WindowsConfigurationSet
    config = cast("SystemConfiguration", arguments.model(parameter, value, linux, windows))
    if isinstance(config, linux):
        _length("system_config.host_name", config.host_name, 1, 64)
        _length("system_config.user_name", config.user_name, 1, 32)
        if config.user_password is not None:
            _length("system_config.user_password", config.user_password.get_secret_value(), 6, 72)
    else:
        _length("system_config.computer_name", config.computer_name, 1, 15)
    return config


def _length(parameter: str, value: str | None, least: int, most: int) -> None:
    if value is not None and not least <= len(value) <= most:
        raise InvalidArgument(parameter, f"has {len(value)} characters; {least} to {most} are allowed")


def _network(parameter: str, value: object) -> object:
    if isinstance(value, wire.endpoints.ConfigurationSetInputEndpoints):
        # The old SDK took whatever has the attributes, and programs give them to the endpoints alone.
        own = {
            name: one
            for name, one in vars(value).items()
            if name in wire.configuration_sets.ConfigurationSet.model_fields
        }
        value = wire.configuration_sets.ConfigurationSet(**{**own, "input_endpoints": value})
    config = arguments.model(parameter, value, wire.configuration_sets.ConfigurationSet)
    taken: dict[tuple[int, str], str | None] = {}
    for endpoint in config.input_endpoints:
        arguments.model(parameter, endpoint, wire.endpoints.ConfigurationSetInputEndpoint)
        # Endpoints of one load-balanced set share their port on purpose.
        if endpoint.port is None or endpoint.load_balanced_endpoint_set_name:
            continue
        key = (endpoint.port, (endpoint.protocol or "").lower())
        if key in taken:
            raise InvalidArgument(
                parameter,
                f"endpoints {taken[key]!r} and {endpoint.name!r} both use public port {key[0]}/{key[1]}",
            )
        taken[key] = endpoint.name
    return config


def _slot(_: str, value: object) -> object:
    arguments.deployment_slot(cast("str", value))
    return value  # sent as it is


System: TypeAlias = Annotated[
    SystemConfiguration, Rule("names and passwords of the lengths the service allows", check_system)
]
Network: TypeAlias = Annotated[
    "wire.configuration_sets.ConfigurationSet",
    Rule("no two endpoints share a public port, but those of a load-balanced set", _network),
]
AnySlot: TypeAlias = Annotated[
    str, Rule("Production or Staging, in any case", _slot, example="Production", words=SLOTS)
]


# Documents made of the parts.


class _Definition(TypedDict):
    """Parts of a machine that can be changed."""

    os_virtual_hard_disk: wire.disks.OSVirtualHardDisk | None
    network_config: wire.configuration_sets.ConfigurationSet | None
    availability_set_name: str | None
    data_virtual_hard_disks: Sequence[wire.disks.DataVirtualHardDisk] | None
    role_size: str | None
    resource_extension_references: Sequence[wire.extensions.ResourceExtensionReference] | None
    provision_guest_agent: bool | None


class MachineParts(_Definition):
    """Parts of a new machine."""

    system_config: SystemConfiguration | None
    vm_image_name: str | None
    media_location: str | None


def _role(role_name: str, role_type: str, **parts: Unpack[MachineParts]) -> wire.roles.PersistentVMRole:
    """Return the definition of a machine with these parts."""
    os_disk, image = parts["os_virtual_hard_disk"], parts["vm_image_name"]
    if os_disk is not None and image is not None:
        raise InvalidArgument("os_virtual_hard_disk", "give either this or vm_image_name, and not both")
    role = wire.roles.PersistentVMRole(
        role_name=role_name,
        role_type=role_type,
        vm_image_name=image,
        media_location=parts["media_location"],
        availability_set_name=parts["availability_set_name"],
        role_size=parts["role_size"],
        provision_guest_agent=parts["provision_guest_agent"],
    )
    for config in (parts["system_config"], parts["network_config"]):
        if config is not None:
            role.configuration_sets.append(config)
    for reference in parts["resource_extension_references"] or ():
        role.resource_extension_references.append(reference)
    for disk in parts["data_virtual_hard_disks"] or ():
        role.data_virtual_hard_disks.append(disk)
    if os_disk is not None:
        role.os_virtual_hard_disk = os_disk
    return role


def _new_definition(
    role_name: str, role_type: str, role: wire.roles.PersistentVMRole | None, **parts: Unpack[_Definition]
) -> wire.roles.PersistentVMRole:
    if role is None:
        return _role(
            role_name, role_type, system_config=None, vm_image_name=None, media_location=None, **parts
        )
    if any(part is not None for part in parts.values()):
        raise InvalidArgument("role", "is the whole definition; give no other part of one with it")
    return role


def _deployment(
    deployment_name: str,
    deployment_slot: str,
    label: str,
    role_name: str,
    role_type: str,
    virtual_network_name: str | None,
    dns_servers: Sequence[wire.networks.DnsServer] | None,
    reserved_ip_name: str | None,
    load_balancer: wire.networks.LoadBalancer | None,
    **parts: Unpack[MachineParts],
) -> wire.deployments.VirtualMachineDeployment:
    made = wire.deployments.VirtualMachineDeployment(
        name=deployment_name,
        deployment_slot=wire.deployments.DeploymentSlot(deployment_slot),
        label=label,
        role_list=wire.roles.RoleList(roles=[_role(role_name, role_type, **parts)]),
        virtual_network_name=virtual_network_name,
        dns=wire.networks.Dns(dns_servers=wire.networks.DnsServers(dns_servers=list(dns_servers)))
        if dns_servers
        else None,
        reserved_ip_name=reserved_ip_name,
    )
    if load_balancer is not None:
        made.load_balancers = wire.networks.LoadBalancers(load_balancers=[load_balancer])
    return made


class RoleOperations(Caller):
    """Operations on virtual machines."""

    @family.reads(ROLE)
    async def get_role(
        self, service_name: str, deployment_name: str, role_name: str
    ) -> wire.roles.PersistentVMRole:
        """Read the definition of a virtual machine: disks, size, endpoints; no passwords.

        REST: Get Role (jj157193).

        Raises:
            ResourceNotFound: there is no such hosted service, deployment or role.
        """
        ...

    @family.creates(
        ROLES,
        at="/{role_name}",
        body=lambda: wire.roles.PersistentVMRole,
        made=_role,
    )
    async def add_role(
        self,
        service_name: str,
        deployment_name: str,
        role_name: Name,
        system_config: System | None,
        os_virtual_hard_disk: wire.disks.OSVirtualHardDisk | None,
        network_config: Network | None = None,
        availability_set_name: str | None = None,
        data_virtual_hard_disks: Sequence[wire.disks.DataVirtualHardDisk] | None = None,
        role_size: str | None = None,
        role_type: str = "PersistentVMRole",
        resource_extension_references: Sequence[wire.extensions.ResourceExtensionReference] | None = None,
        provision_guest_agent: bool | None = None,
        vm_image_name: str | None = None,
        media_location: str | None = None,
    ) -> OperationHandle:
        """Add a virtual machine to a deployment that has one already.

        Args:
            role_name: of the machine, unique in the deployment.
            system_config: as for `create_virtual_machine_deployment`, like all further ones.

        Raises:
            InvalidArgument: an argument breaks a rule, or two endpoints share a port.
            ResourceNotFound: there is no such hosted service or deployment.
            Conflict: the name is taken.
        """
        ...

    @family.replaces(
        ROLE,
        body=lambda: wire.roles.PersistentVMRole,
        made=_new_definition,
    )
    async def update_role(
        self,
        service_name: str,
        deployment_name: str,
        role_name: str,
        os_virtual_hard_disk: wire.disks.OSVirtualHardDisk | None = None,
        network_config: Network | None = None,
        availability_set_name: str | None = None,
        data_virtual_hard_disks: Sequence[wire.disks.DataVirtualHardDisk] | None = None,
        role_size: str | None = None,
        role_type: str = "PersistentVMRole",
        resource_extension_references: Sequence[wire.extensions.ResourceExtensionReference] | None = None,
        provision_guest_agent: bool | None = None,
        *,
        role: wire.roles.PersistentVMRole | None = None,
    ) -> OperationHandle:
        """Replace the definition of a virtual machine.

        The service takes what is sent for the whole definition. To change a part and keep the rest,
        read the role with `get_role`, change it, and give it as `role`: nothing of it is lost.

        Args:
            os_virtual_hard_disk: the disk it has; further ones as for `create_virtual_machine_deployment`.
            role: the whole definition, instead of the arguments before it.

        Raises:
            InvalidArgument: `role` together with other arguments, or a rule is broken.
            ResourceNotFound: there is no such machine.
        """
        ...

    @family.removes(ROLE + "?comp={complete}")
    async def delete_role(
        self, service_name: str, deployment_name: str, role_name: str, complete: MediaToo = False
    ) -> OperationHandle:
        """Delete a virtual machine that is not the deployment's last.

        Args:
            complete: also delete its disks and the blobs behind them.

        Raises:
            ResourceNotFound: there is no such machine.
            BadRequest: it is the only one; delete the deployment instead.
        """
        ...

    @family.creates(
        DEPLOYMENTS,
        at="/{deployment_name}",
        body=lambda: wire.deployments.VirtualMachineDeployment,
        made=_deployment,
    )
    async def create_virtual_machine_deployment(
        self,
        service_name: str,
        deployment_name: Name,
        deployment_slot: AnySlot,
        label: Label,
        role_name: Name,
        system_config: System | None,
        os_virtual_hard_disk: wire.disks.OSVirtualHardDisk | None,
        network_config: Network | None = None,
        availability_set_name: str | None = None,
        data_virtual_hard_disks: Sequence[wire.disks.DataVirtualHardDisk] | None = None,
        role_size: str | None = None,
        role_type: str = "PersistentVMRole",
        virtual_network_name: str | None = None,
        resource_extension_references: Sequence[wire.extensions.ResourceExtensionReference] | None = None,
        provision_guest_agent: bool | None = None,
        vm_image_name: str | None = None,
        media_location: str | None = None,
        dns_servers: Sequence[wire.networks.DnsServer] | None = None,
        reserved_ip_name: str | None = None,
        *,
        load_balancer: wire.networks.LoadBalancer | None = None,
    ) -> OperationHandle:
        """Create a deployment with a first virtual machine in it.

        The operation succeeds when the machine is created; wait for ``ReadyRole`` with
        `wait_for_deployment` to use it.

        REST: Create Virtual Machine Deployment (jj157194).

        Args:
            deployment_name: unique in the hosted service.
            deployment_slot: ``production``; the service has virtual machines in no other.
            role_name: of the machine, unique in the deployment.
            system_config: user, password and keys for a generalised image; ``None`` for a disk or a
                specialised image.
            os_virtual_hard_disk: the image or disk to start from; ``None`` with `vm_image_name`.
            network_config: endpoints and subnets.
            availability_set_name: machines of one set are kept apart.
            data_virtual_hard_disks: further disks.
            role_size: name of one of `list_role_sizes`; ``Small`` if absent.
            role_type: ``PersistentVMRole``.
            virtual_network_name: virtual network of the deployment, fixed for its life.
            resource_extension_references: extensions to install; needs `provision_guest_agent`.
            provision_guest_agent: install the guest agent.
            vm_image_name: a VM image to start from, instead of `os_virtual_hard_disk`.
            media_location: container URL for the disks of a platform VM image.
            dns_servers: for the deployment's machines.
            reserved_ip_name: a reserved IP address to use.
            load_balancer: an internal load balancer, which endpoints may name.

        Raises:
            InvalidArgument: an argument breaks a rule, or two endpoints share a port.
            AlreadyExists: the slot is occupied.
            BadRequest: an image, network or storage account named does not exist.
        """
        ...
