"""Hosted services and virtual machines as the control port and the portal show them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Final, TypeAlias

from pydantic import AliasChoices, BeforeValidator, Field

from asyncsm.emulator.compute import Deployment, HostedService, Role, Slot
from asyncsm.emulator.control.resources import Column, Inside, ResourceFacts, resource_kind
from asyncsm.emulator.control.schemas import Shown
from asyncsm.emulator.naming import ByName
from asyncsm.emulator.state import Subscription
from asyncsm.wire.endpoints import ConfigurationSetInputEndpoint


def _by_slot(service: HostedService) -> list[Deployment]:
    return sorted(service.deployments.values(), key=lambda deployment: deployment.slot)


def _in_slot(slot: Slot) -> Callable[[HostedService], str]:
    """Return what hosted services are sorted by: states of the slot's deployment and instances, the ready ones last."""

    def order(service: HostedService) -> str:
        deployment = service.in_slot(slot)
        if deployment is None:
            return ""
        ready = sum(each.status == "ReadyRole" for each in deployment.instances.values())
        return f"{deployment.status} {ready - len(deployment.instances) + 10_000} {ready}"

    return order


def _values(given: object) -> object:
    return list(given.values()) if isinstance(given, ByName) else given


def _names(given: object) -> object:
    return [getattr(each, "name", each) for each in given] if isinstance(given, list) else given


def _counted(given: object) -> object:
    return Counter(each.status for each in given.values()) if isinstance(given, ByName) else given


Migration: TypeAlias = Annotated[
    str | None, Field(description="How its migration to Resource Manager stands.")
]
MIGRATION: Final = "migration: {migration}"
"""Note of a row, where there is something to tell."""
LockedBy: TypeAlias = Annotated[str | None, Field(description="Id of the operation that holds it.")]


class SlotSummary(Shown):
    """A deployment, in short."""

    slot: Slot
    deployment: str = Field(validation_alias=AliasChoices("deployment", "name"))
    status: str
    instances: Annotated[dict[str, int], BeforeValidator(_counted)] = Field(
        description="Number of instances by InstanceStatus."
    )
    migration: Migration = None


class HostedServiceSummary(ResourceFacts):
    """A hosted service, in short: its slots, and how many instances are in which state."""

    label: str
    location: str | None
    affinity_group: str | None
    status: str
    slots: list[SlotSummary]
    locked_by: LockedBy = None


class InstanceFacts(Shown):
    """A role instance or virtual machine."""

    name: str
    role: str = Field(validation_alias=AliasChoices("role", "role_name"))
    size: str
    status: str = Field(description="InstanceStatus.")
    power_state: str = Field(description="PowerState.")
    ip_address: str | None
    upgrade_domain: int
    fault_domain: int


class FurtherVirtualIPFacts(Shown):
    """A public address of a deployment besides its first."""

    name: str
    address: str | None = Field(description="While an endpoint is reached there, or it is reserved.")
    reserved_ip_name: str | None


class DeploymentFacts(Shown):
    """The deployment in a slot."""

    slot: Slot
    name: str
    label: str
    status: str
    url: str | None
    vip: str | None
    virtual_machines: bool = Field(
        validation_alias=AliasChoices("virtual_machines", "has_virtual_machines"),
        description="Virtual machines; else web and worker roles.",
    )
    created: datetime
    further_vips: Annotated[list[FurtherVirtualIPFacts], BeforeValidator(_values)]
    load_balancers: Annotated[list[str], BeforeValidator(_names)] = Field(description="Internal ones.")
    internal_vip: str | None = Field(description="The address of the internal load balancer.")
    instances: Annotated[list[InstanceFacts], BeforeValidator(_values)]
    migration: Migration = None
    locked_by: LockedBy = None


class ServiceExtensionFacts(Shown):
    """An extension that a hosted service has for its deployments."""

    id: str
    type: str
    version: str


@resource_kind(
    "hosted service",
    lambda owner: owner.hosted_services.values(),
    Column("{name}", "{location}"),
    Column("Production", style="slot"),
    Column("Staging", style="slot"),
    group="Compute",
    at="services/hostedservices/{name}?embed-detail=true",
    orders={"Production": _in_slot("Production"), "Staging": _in_slot("Staging")},
    empty="Services will stand here, with their slots and how many instances are ready.",
    row=HostedServiceSummary,
    searched=("name", "label", "deployments"),
    more=lambda _, service: {"slots": _by_slot(service), "deployments": _by_slot(service)},
    example="shop",
)
class HostedServiceFacts(HostedServiceSummary):
    """A hosted service with its extensions, its deployments and their instances."""

    created: datetime
    extensions: Annotated[list[ServiceExtensionFacts], BeforeValidator(_values)]
    deployments: list[DeploymentFacts]


class MachineFacts(ResourceFacts):
    """Facts of a virtual machine, or of an instance of another role."""

    service: str = Field(description="Its hosted service.")
    deployment: str
    size: str
    status: str = Field(description="InstanceStatus.")
    power_state: str = Field(description="PowerState.")
    ip_address: str | None


class VirtualMachineSummary(MachineFacts):
    """A virtual machine, in short."""

    os: str | None


_OF_MACHINES: Final = (
    Column("{name}", "{service} / {deployment}"),
    Column("{size}", "{ip_address}"),
    Column("{status}", "{power_state}", style="state"),
)


class MachineDiskFacts(Shown):
    """A disk of a virtual machine."""

    name: str
    lun: int | None = Field(description="null for the disk of the system.")
    size_gb: int
    caching: str | None


class EndpointFacts(Shown):
    """A port of a virtual machine that is open to the internet."""

    name: str | None
    protocol: str | None
    port: int | str | None
    local_port: int | str | None
    load_balanced_set: str | None


def _endpoint(endpoint: ConfigurationSetInputEndpoint) -> dict[str, object]:
    return {
        "name": endpoint.name,
        "protocol": endpoint.protocol,
        "port": endpoint.port,
        "local_port": endpoint.local_port,
        "load_balanced_set": endpoint.load_balanced_endpoint_set_name,
    }


def _machine(service: HostedService, deployment: Deployment, role: Role) -> Inside:
    instance = deployment.instances.get(role.name)
    disks = [
        {
            "name": disk.name,
            "lun": None if disk is role.os_disk else disk.lun,
            "size_gb": disk.size_gb,
            "caching": disk.host_caching,
        }
        for disk in role.disks
    ]
    return Inside(
        role,
        service=service.name,
        deployment=deployment.name,
        os=role.os_disk and role.os_disk.os,
        image=role.vm_image or (role.os_disk and role.os_disk.source_image),
        status="none" if instance is None else instance.status,
        power_state="none" if instance is None else instance.power_state,
        ip_address=None if instance is None else instance.ip_address,
        subnets=list(role.network.subnet_names),
        disks=disks,
        endpoints=[_endpoint(each) for each in role.network.input_endpoints.input_endpoints],
    )


def _machines(owner: Subscription) -> list[Inside]:
    return [
        _machine(service, deployment, role)
        for service, deployment in owner.deployments()
        for role in deployment.roles.values()
        if role.is_virtual_machine
    ]


@resource_kind(
    "virtual machine",
    _machines,
    *_OF_MACHINES,
    group="Compute",
    at="services/hostedservices/{service}/deployments/{deployment}/roles/{name}",
    empty="They are in deployments of hosted services: create_virtual_machine_deployment(…)",
    row=VirtualMachineSummary,
    searched=("name", "service", "deployment"),
    example="db",
)
class VirtualMachineFacts(VirtualMachineSummary):
    """A virtual machine with its disks and endpoints."""

    image: str | None
    availability_set: str | None
    subnets: list[str]
    disks: list[MachineDiskFacts]
    endpoints: list[EndpointFacts]


@resource_kind(
    "role instance",
    lambda owner: [
        Inside(instance, service=service.name, deployment=deployment.name, role=instance.role_name)
        for service, deployment in owner.deployments()
        if not deployment.has_virtual_machines
        for instance in deployment.instances.values()
    ],
    *_OF_MACHINES,
    group="Compute",
    at="services/hostedservices/{service}/deployments/{deployment}/roleinstances/{name}",
    read_at="services/hostedservices/{service}/deployments/{deployment}",
    empty="They are of web and worker roles, in deployments made from packages: create_deployment(…)",
    searched=("name", "service", "deployment"),
)
class RoleInstanceFacts(MachineFacts):
    """An instance of a web or worker role."""

    role: str
    upgrade_domain: int
    fault_domain: int
