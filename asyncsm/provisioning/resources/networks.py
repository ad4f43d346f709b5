"""DNS servers, networks outside and virtual networks: parts of the one network configuration of a subscription.

Each is put into the configuration, changed in it or taken out of it as it is at that moment, so that whatever else
others have in it, or put into it meanwhile, stays.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, ClassVar, Final, TypeVar

from asyncsm.errors import AlreadyExists, InvalidArgument
from asyncsm.operations import network_files
from asyncsm.operations.networks import FILE, NetworkOperations
from asyncsm.polling import OperationHandle
from asyncsm.provisioning.network_specs import DnsServerSpec, LocalNetworkSiteSpec, VirtualNetworkSpec
from asyncsm.provisioning.resources.base import F, Operations, Resource, S, machine_key
from asyncsm.provisioning.resources.difference import Difference, differ
from asyncsm.provisioning.resources.machine_changes import network_of
from asyncsm.provisioning.resources.site import Site, missing, unless_missing
from asyncsm.services import NetworkManagementService
from asyncsm.wire.base import XmlModel
from asyncsm.wire.cscfg import ConfiguredDnsServer
from asyncsm.wire.deployments import Deployment
from asyncsm.wire.network_configuration import (
    AddressPrefixes,
    ConfiguredConnection,
    ConfiguredGateway,
    ConfiguredLocalSite,
    ConfiguredSite,
    ConfiguredSubnet,
    LocalNetworkReference,
    NamedParts,
    NetworkConfigurationFile,
)
from asyncsm.wire.networks import VirtualNetworkSite

P = TypeVar("P", bound=XmlModel)


class _Configured(Resource[F, S], ABC):
    """A part of the network configuration."""

    operations: Operations = Operations(
        creates=NetworkOperations.set_network_configuration,
        changes=NetworkOperations.set_network_configuration,
        deletes=NetworkOperations.set_network_configuration,
    )

    @property
    def lane(self) -> str:
        """The same for all, as the configuration is set as a whole."""
        return "network_configuration/"

    @staticmethod
    @abstractmethod
    def _parts(file: NetworkConfigurationFile) -> NamedParts[Any]:
        """Return the parts of its kind."""

    @abstractmethod
    def _put(self, file: NetworkConfigurationFile, found: F | None) -> None:
        """Let it be in the configuration; `found` is what it was when the run looked."""

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, F]]:
        file = await unless_missing(site.sms.get_network_configuration())
        return [(getattr(one, "name", None), one) for one in cls._parts(file or NetworkConfigurationFile())]

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Put it into the network configuration, unless there is one of its name."""

        def put(file: NetworkConfigurationFile, is_new: bool) -> None:
            if is_new and self.spec.name in self._parts(file):
                raise AlreadyExists("Conflict", f"There is a {self.key}.", status=409, request_id=None)
            self._put(file, None)

        return await self._done(site, put)

    async def change(self, site: Site, found: F, differences: Sequence[Difference]) -> OperationHandle | None:
        """Change it in the network configuration."""
        return await site.sms.change_network_configuration(lambda file: self._put(file, found))

    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:

        def take_out(file: NetworkConfigurationFile, is_new: bool) -> None:
            if self.spec.name in self._parts(file):
                self._parts(file).remove(self.spec.name)
            elif is_new:
                raise missing(self.key)

        return await self._done(site, take_out)

    async def _done(
        self, site: Site, change: Callable[[NetworkConfigurationFile, bool], None]
    ) -> OperationHandle:
        """Make a change, which is told whether it is the first time that it is made."""
        times = count()
        handle = await site.sms.change_network_configuration(lambda file: change(file, next(times) == 0))
        # Another writer may have made the same change meanwhile.
        return handle or site.sms.completed(await site.sms.get_subscription(), "GetSubscription")


class DnsServerResource(_Configured[ConfiguredDnsServer, DnsServerSpec]):
    """A DNS server that virtual networks can use."""

    kind: ClassVar[str] = "dns_server"
    mended: ClassVar[Sequence[str]] = ("ip_address",)

    @staticmethod
    def _parts(file: NetworkConfigurationFile) -> NamedParts[ConfiguredDnsServer]:
        return file.dns_servers

    def _put(self, file: NetworkConfigurationFile, found: ConfiguredDnsServer | None) -> None:
        wanted = ConfiguredDnsServer(name=self.spec.name, ip_address=self.spec.ip_address)
        network_files.address("ip_address", wanted.ip_address)
        _named(file.dns_servers, wanted).ip_address = wanted.ip_address


class LocalNetworkSiteResource(_Configured[ConfiguredLocalSite, LocalNetworkSiteSpec]):
    """A network outside, which gateways can connect to."""

    kind: ClassVar[str] = "local_network_site"
    mended: ClassVar[Sequence[str]] = ("vpn_gateway_address",)

    @staticmethod
    def _parts(file: NetworkConfigurationFile) -> NamedParts[ConfiguredLocalSite]:
        return file.local_sites

    def compare(self, found: ConfiguredLocalSite) -> Iterator[Difference]:
        """Yield differences; blocks may be in any order."""
        yield from super().compare(found)
        yield from differ("address_space", _shown(found.address_space), _shown(self.spec.address_space))

    def _put(self, file: NetworkConfigurationFile, found: ConfiguredLocalSite | None) -> None:
        spec = self.spec
        network_files.blocks("address_space", spec.address_space)
        if spec.vpn_gateway_address is not None:
            network_files.address("vpn_gateway_address", spec.vpn_gateway_address)
        present = _named(file.local_sites, ConfiguredLocalSite(name=spec.name))
        before = found.address_space if found is not None else ()
        present.address_space = _prefixes(spec.address_space, before, present.address_space)
        present.vpn_gateway_address = spec.vpn_gateway_address or present.vpn_gateway_address


class VirtualNetworkResource(_Configured[VirtualNetworkSite, VirtualNetworkSpec]):
    """A virtual network, with what its subnets have."""

    kind: ClassVar[str] = "virtual_network"
    fixed: ClassVar[Sequence[str]] = ("location", "affinity_group")
    mended: ClassVar[Sequence[str]] = ("label",)

    @staticmethod
    def _parts(file: NetworkConfigurationFile) -> NamedParts[ConfiguredSite]:
        return file.sites

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, VirtualNetworkSite]]:
        return [(one.name, one) for one in await site.sms.list_virtual_network_sites()]

    def compare(self, found: VirtualNetworkSite) -> Iterator[Difference]:
        """Yield differences, in whatever the plan speaks of; a list that it gives is the whole list."""
        yield from super().compare(found)
        spec, given = self.spec, self.spec.model_fields_set
        yield from differ("address_space", _shown(_space(found)), _shown(spec.address_space))
        if "subnets" in given:
            left = {one.name.lower(): one for one in found.subnets}
            for wanted in spec.subnets:
                where, present = f"subnets.{wanted.name}", left.pop(wanted.name.lower(), None)
                if present is None:
                    yield Difference(where, "", wanted.address_prefix)
                    continue
                here, there = _shown([present.address_prefix or ""]), _shown([wanted.address_prefix])
                yield from differ(f"{where}.address_prefix", here, there)
                for field in _HAD.keys() & wanted.model_fields_set:
                    here, there = getattr(present, field) or "", getattr(wanted, field) or ""
                    yield from differ(f"{where}.{field}", here, there, folded=True)
            for one in left.values():
                yield Difference(f"subnets.{one.name}", one.address_prefix or "", "")
        for field in _LISTS:
            if field in given:
                here, there = ", ".join(_LISTS[field](found)), ", ".join(_wanted(spec, field))
                yield from differ(field, here, there, folded=True)

    def in_use(
        self, found: VirtualNetworkSite, deployments: Mapping[str, Deployment | None], going: Collection[str]
    ) -> Iterator[str]:
        """Yield which subnets cannot be taken away or have other addresses, as machines that stay are in them."""
        if "subnets" not in self.spec.model_fields_set:
            return
        wanted = {one.name.lower(): _block(one.address_prefix) for one in self.spec.subnets}
        present = {one.name.lower(): _block(one.address_prefix or "") for one in found.subnets}
        changed = {name for name, block in present.items() if wanted.get(name) != block}
        inside = {
            service: one
            for service, one in deployments.items()
            if one is not None and (one.virtual_network_name or "").lower() == self.spec.name.lower()
        }
        for service, deployment in inside.items():
            for role in deployment.role_list:
                name = role.role_name or ""
                used = [one for one in network_of(role).subnet_names if one.lower() in changed]
                if used and machine_key(service, name) not in going:
                    yield f"the subnet {used[0]} cannot be changed while {service}/{name} is in it"

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Put it into the network configuration, and give its subnets what they are to have."""
        handle = await super().create(site, doubtful=doubtful)
        return await self._give(site, None) or handle

    async def change(
        self, site: Site, found: VirtualNetworkSite, differences: Sequence[Difference]
    ) -> OperationHandle | None:
        """Change it in the network configuration, then what its subnets have."""
        handle = await super().change(site, found, differences)
        return await self._give(site, found) or handle

    def _put(self, file: NetworkConfigurationFile, found: VirtualNetworkSite | None) -> None:
        spec, given = self.spec, self.spec.model_fields_set
        new = ConfiguredSite(name=spec.name, location=spec.location, affinity_group=spec.affinity_group)
        present, before = _named(file.sites, new), found or VirtualNetworkSite(name=spec.name)
        present.label = spec.label or present.label
        present.address_space = _prefixes(spec.address_space, _space(before), present.address_space)
        if "subnets" in given:
            known = {one.name.lower() for one in spec.subnets}
            gone = {one.name.lower() for one in before.subnets} - known
            for name in gone:
                if name in present.subnets:
                    present.subnets.remove(name)
            for wanted in spec.subnets:
                subnet = _named(present.subnets, ConfiguredSubnet(wanted.name))
                if _shown([subnet.address_prefix or ""]) != _shown([wanted.address_prefix]):
                    subnet.address_prefix = wanted.address_prefix
        if "dns_servers" in given:
            now = [one.name for one in present.dns_servers]
            present.use_dns_servers(_merged(spec.dns_servers, _LISTS["dns_servers"](before), now))
        self._connect(present, before)
        network_files.check_site("", present, file)

    def _connect(self, present: ConfiguredSite, before: VirtualNetworkSite) -> None:
        """Let the gateway have its connections, and its addresses for clients."""
        spec = self.spec
        gateway = present.gateway or ConfiguredGateway()
        if "connections" in spec.model_fields_set:
            known = {one.name.lower() for one in spec.connections}
            for site in before.gateway.sites if before.gateway is not None else ():
                if site.name.lower() not in known and site.name in gateway.connections:
                    gateway.connections.remove(site.name)
            for one in spec.connections:
                reference = _named(gateway.connections, LocalNetworkReference(name=one.name))
                reference.connections = [ConfiguredConnection(type=one.type)]
        if "vpn_client_address_pool" in spec.model_fields_set:
            pool, seen = gateway.vpn_client_address_pool, _LISTS["vpn_client_address_pool"](before)
            gateway.vpn_client_address_pool = _prefixes(spec.vpn_client_address_pool, seen, pool)
        has_any = gateway.connections or gateway.vpn_client_address_pool
        present.gateway = gateway if has_any else None

    async def _give(self, site: Site, found: VirtualNetworkSite | None) -> OperationHandle | None:
        """Give subnets their security groups and route tables; return the last of the operations."""
        handle: OperationHandle | None = None
        present = {one.name.lower(): one for one in (found.subnets if found is not None else ())}
        async with site.sms.exclusively(*FILE.split("/")):
            for subnet in self.spec.subnets:
                for field in _HAD.keys() & subnet.model_fields_set:
                    here = getattr(present.get(subnet.name.lower()), field, None) or ""
                    there = getattr(subnet, field) or ""
                    for name, act in zip((here, there), _HAD[field], strict=True):
                        if name and here.lower() != there.lower():
                            handle = await act(site.network, name, self.spec.name, subnet.name)
                            await handle
        return handle


_Act = Callable[[NetworkManagementService, str, str, str], Awaitable[OperationHandle]]

_HAD: Final[dict[str, tuple[_Act, _Act]]] = {
    "network_security_group": (
        NetworkManagementService.remove_network_security_group_from_subnet,
        NetworkManagementService.add_network_security_group_to_subnet,
    ),
    "route_table_name": (
        lambda network, _, *subnet: network.remove_route_table_from_subnet(*subnet),
        NetworkManagementService.add_route_table_to_subnet,
    ),
}
"""Fields of subnets that are no part of the network configuration: what takes one away, and what adds one."""

_LISTS: Final[dict[str, Callable[[VirtualNetworkSite], list[str]]]] = {
    "dns_servers": lambda one: [] if one.dns is None else [each.name for each in one.dns.dns_servers],
    "connections": lambda one: sorted(
        f"{site.name} by {', '.join(each.type or '' for each in site.connections) or 'IPsec'}"
        for site in (one.gateway.sites if one.gateway is not None else ())
    ),
    "vpn_client_address_pool": lambda one: (
        [] if one.gateway is None else one.gateway.vpn_client_address_pool.address_prefixes
    ),
}
"""Lists of a network that are compared as a whole, as the service has them."""


def _wanted(spec: VirtualNetworkSpec, field: str) -> Sequence[str]:
    if field == "connections":
        return sorted(f"{one.name} by {one.type}" for one in spec.connections)
    names: Sequence[str] = getattr(spec, field)
    return names


def _named(parts: NamedParts[P], wanted: P) -> P:
    """Return the part of this name, which is added unless it is there."""
    return parts.find(getattr(wanted, "name", "")) or parts.add(wanted)


def _space(found: VirtualNetworkSite) -> list[str]:
    return found.address_space.address_prefixes


def _shown(prefixes: Iterable[str]) -> str:
    """Return prefixes in order, without bits behind their lengths, which the service takes and keeps."""
    return ", ".join(sorted(map(_block, prefixes)))


def _block(prefix: str) -> str:
    try:
        return str(network_files.block_of("address_prefix", prefix))
    except InvalidArgument:
        return prefix


def _merged(wanted: Sequence[str], before: Iterable[str], present: Iterable[str]) -> list[str]:
    """Return what is wanted, and what others have added since the run looked."""
    known = {_block(one.lower()) for one in (*wanted, *before)}
    return [*wanted, *(one for one in present if _block(one.lower()) not in known)]


def _prefixes(wanted: Sequence[str], before: Iterable[str], present: Iterable[str]) -> AddressPrefixes:
    return AddressPrefixes(address_prefixes=_merged(wanted, before, present))
