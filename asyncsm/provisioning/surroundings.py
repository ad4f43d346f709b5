"""The surroundings of a plan in its rehearsal: what it refers to and does not make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from asyncsm.emulator import catalogue
from asyncsm.emulator.compute import ServiceCertificate
from asyncsm.emulator.naming import ByName
from asyncsm.emulator.networking import NetworkPlan
from asyncsm.emulator.state import Subscription
from asyncsm.errors import InvalidArgument
from asyncsm.provisioning.defaults import KINDS, placed
from asyncsm.provisioning.graph import Graph
from asyncsm.provisioning.machine_specs import VirtualMachineSpec
from asyncsm.provisioning.resources import AnyResource, Site, alone
from asyncsm.provisioning.resources.machines import VirtualMachineResource
from asyncsm.provisioning.resources.services import DeploymentResource
from asyncsm.provisioning.secrets import MADE_UP
from asyncsm.services import ServiceManagementService
from asyncsm.wire.cscfg import NetworkConfiguration, ServiceConfiguration
from asyncsm.wire.networks import AddressSpace, Subnet, VirtualNetworkSite
from asyncsm.wire.vm_images import OSDiskConfiguration, OSState, VMImage

_ANYWHERE: Final = "West US"
_SOMEWHERE: Final = "10.0.0.0/8"
"""Where the subnets are of a network that is not in the plan, as far as that is known."""
_OF_REGIONS: Final = (
    "affinity_group", "storage_account", "hosted_service", "reserved_ip", "cloud_service",
    "network_security_group", "route_table",
)  # fmt: skip
_FIELDS: Final[dict[str, dict[str, Any]]] = {
    **{kind: {} for kind in _OF_REGIONS},
    "disk": {},
    "os_image": {},
    "dns_server": {"ip_address": "10.0.0.4"},
    "local_network_site": {"address_space": ["192.168.0.0/16"], "vpn_gateway_address": "198.51.100.1"},
    "sql_server": {"admin_password": MADE_UP},
}
"""Kinds that are made of these fields, and of a region, or a blob, if they have one."""


@dataclass(slots=True)
class Surroundings:
    """Lets there be what a resource needs and its plan does not have, in a place where the resource can use it.

    Attributes:
        subscription: the emulated subscription.
        sms: a client of it.
        graph: the resources of the plan.
    """

    subscription: Subscription
    sms: ServiceManagementService
    graph: Graph
    _there: set[str] = field(default_factory=set)

    async def provide(self, user: AnyResource) -> None:
        """Let there be what `user` needs.

        Raises:
            InvalidArgument: nothing can have such a name.
        """
        for key in user.needs():
            if key not in self.graph:
                try:
                    await self._provide(key, user)
                except InvalidArgument as error:
                    name = key.partition("/")[2]
                    said = f"neither the plan nor anybody else has it: {error.rule}"
                    raise InvalidArgument(name, said) from error
        region = self._region(user)
        for thumbprint in thumbprints_of(user):
            certificates = self.subscription.hosted_services[user.service_name].certificates
            certificates.setdefault(thumbprint, ServiceCertificate(thumbprint, b""))
        if isinstance(user, VirtualMachineResource):
            await self._provide_for_machine(user.spec, region)
        configuration = configuration_of(user)
        if configuration is not None and configuration.network_configuration is not None:
            self._connect_deployment(configuration.network_configuration, region)

    async def replace(self, key: str, user: AnyResource) -> bool:
        """Let there be something of the plan that could not be made; tell whether that was possible."""
        try:
            await self._provide(key, user)
        except InvalidArgument:
            return False
        return True

    def makes_network(self, name: str) -> bool:
        """Return whether a virtual network is the plan's, and could be made."""
        key = f"virtual_network/{name}".lower()
        return key in self.graph and key not in self._there

    async def _provide(self, key: str, user: AnyResource) -> None:
        kind, _, name = key.partition("/")
        offered = kind == "os_image" and (
            name in catalogue.platform_images() or catalogue.unlisted_image(name, None) is not None
        )
        if kind in _FIELDS and not offered and key not in self._there:
            region = self._region(user)
            fields: dict[str, Any] = {"name": name, **_FIELDS[kind]}
            if "media_link" in KINDS[kind].model_fields:
                fields |= {"media_link": await self._blob(region, name), "os": _system(user.spec)}
            made = placed(KINDS[kind].model_construct(**fields), region)
            await alone(kind, made).create(Site(self.sms, Path()), doubtful=False)
        self._there.add(key)

    async def _provide_for_machine(self, spec: VirtualMachineSpec, region: str) -> None:
        name = spec.vm_image_name
        if name and name not in catalogue.platform_vm_images():
            state = OSState.SPECIALIZED if spec.system_config is None else OSState.GENERALIZED
            link = await self._blob(region, name)
            disk = OSDiskConfiguration(name=name, os=_system(spec), os_state=state, media_link=link)
            self.subscription.vm_images[name] = VMImage(name, os_disk_configuration=disk)
        if spec.virtual_network_name:
            network = spec.network_config
            self._connect(spec.virtual_network_name, network.subnet_names if network else (), region)

    def _connect_deployment(self, network: NetworkConfiguration, region: str) -> None:
        assigned = network.address_assignments
        subnets = [part.name for one in assigned.instance_address for part in one.subnets] if assigned else []
        if network.virtual_network_site is not None:
            self._connect(network.virtual_network_site.name, subnets, region)

    def _connect(self, name: str, subnets: Iterable[str], region: str) -> None:
        """Let there be a virtual network with some subnets; where their addresses are is not known."""
        if self.makes_network(name):
            return
        held = self.subscription.networks
        site = held.sites.get(name) or VirtualNetworkSite(
            name=name, id=name, location=region, address_space=AddressSpace(address_prefixes=[_SOMEWHERE])
        )
        known = {one.name.lower() for one in site.subnets}
        for subnet in subnets:
            if subnet.lower() not in known:
                site.subnets.subnets.append(Subnet(name=subnet, address_prefix=_SOMEWHERE))
        plan = held.plan or NetworkPlan(b"", ByName(), {}, {}, ())
        held.plan = replace(
            plan, sites=ByName([*plan.sites.items(), (name, site)]), regions={**plan.regions, name: region}
        )

    async def _blob(self, region: str, name: str) -> str:
        """Return the address of a blob in an account of `region`."""
        account = f"a{region.lower().replace(' ', '')}"
        if account not in self.subscription.storage_accounts:
            await self.sms.create_storage_account(account, "", account, location=region)
        return f"https://{account}.blob.core.windows.net/vhds/{name}.vhd"

    def _region(self, user: AnyResource) -> str:
        """Return the region in which `user` can use something."""
        held = self.subscription
        service = held.hosted_services.get(user.service_name or user.name)
        if service is not None:
            return held.region_of(service)
        own = getattr(user.spec, "location", None)
        accounts = (key.partition("/")[2] for key in user.needs() if key.startswith("storage_account/"))
        found = (held.storage_accounts[name].region for name in accounts if name in held.storage_accounts)
        return own or next(found, _ANYWHERE)


def configuration_of(resource: AnyResource) -> ServiceConfiguration | None:
    """Return the configuration of a deployment of the plan, if that is what it is and it can be read."""
    if not isinstance(resource, DeploymentResource):
        return None
    try:
        return ServiceConfiguration.from_xml(resource.cscfg())
    except (OSError, ValueError):
        return None  # which is told when it is to be sent


def thumbprints_of(resource: AnyResource) -> Iterator[str]:
    """Yield the thumbprints of the certificates that must be in the hosted service of a machine or deployment."""
    if isinstance(resource, VirtualMachineResource):
        system = resource.spec.system_config
        for key in system.linux.public_keys if system is not None and system.linux is not None else ():
            yield key.fingerprint
    for role in configuration_of(resource) or ():
        for certificate in role.certificates:
            yield certificate.thumbprint


def _system(spec: Any) -> str:
    system = getattr(spec, "system_config", None)
    return "Windows" if system is not None and system.windows is not None else "Linux"
