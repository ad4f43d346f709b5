"""Virtual networks that are brought about or removed in the one network configuration of a subscription."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from asyncsm import wire
from asyncsm.errors import Conflict, InvalidArgument, ResourceNotFound
from asyncsm.operations import network_files
from asyncsm.operations.arguments import items, model, same_name, same_place, text
from asyncsm.operations.network_files import GATEWAY_SUBNET, block_of, blocks
from asyncsm.operations.networks import FILE, NetworkOperations, setting
from asyncsm.operations.signatures import composed
from asyncsm.polling import OperationHandle
from asyncsm.polling.callbacks import plain

MOST_ROUNDS: Final = 8
"""How often a change is made that other writers take away again."""


@dataclass(slots=True)
class _Change:
    """A change of the network configuration.

    Attributes:
        apply: makes it in a configuration that was read, and does nothing where it is made already.
        tried: whether it was sent.
        handle: of the operation that made it; ``None`` where nothing had to be sent, or its reply was lost.
    """

    apply: Callable[[wire.network_configuration.NetworkConfigurationFile], object]
    tried: bool = False
    handle: OperationHandle | None = None


@dataclass(frozen=True, slots=True)
class _Network:
    """A virtual network as it is asked for; what is ``None`` or empty stays as it is."""

    name: str
    address_space: Sequence[str]
    subnets: Sequence[wire.network_configuration.ConfiguredSubnet]
    location: str | None
    affinity_group: str | None
    dns_servers: Mapping[str, str | None] | None
    gateway: wire.network_configuration.ConfiguredGateway | None
    local_sites: Sequence[wire.network_configuration.ConfiguredLocalSite]

    def __post_init__(self) -> None:
        text("name", self.name)
        space = blocks("address_space", self.address_space)
        network_files.require_apart("address_space", [(str(one), one) for one in space])
        network_files.require_distinct("subnets", "subnet", self.subnets)
        for subnet in self.subnets:
            block_of("subnets", subnet.address_prefix or "")
        if self.gateway is not None and not (
            self.gateway.connections or self.gateway.vpn_client_address_pool
        ):
            raise InvalidArgument("gateway", "needs a connection, or addresses for clients")
        for name, address in (self.dns_servers or {}).items():
            text("dns_servers", name)
            if address is not None:
                network_files.address("dns_servers", address)

    def apply(self, configuration: wire.network_configuration.NetworkConfigurationFile) -> None:
        """Let the network be in `configuration` as it is asked for.

        Raises:
            InvalidArgument: what is there already, or a rule, stands against it.
        """
        site = configuration.sites.find(self.name)
        if site is None:
            network_files.require_one_place("", self.location, self.affinity_group)
            site = configuration.sites.add(
                wire.network_configuration.ConfiguredSite(
                    name=self.name, location=self.location, affinity_group=self.affinity_group
                )
            )
        what = f"virtual network {self.name}"
        same_place(what, site.location, self.location, "location")
        same_place(what, site.affinity_group, self.affinity_group, "affinity_group")
        _widen("address_space", site.address_space, self.address_space)
        for subnet in self.subnets:
            _put_subnet(site, subnet)
        for local in self.local_sites:
            _declare_local_site(configuration, local)
        if self.dns_servers is not None:
            self._use_dns_servers(configuration, site, self.dns_servers)
        if self.gateway is not None:
            _extend_gateway(site, self.gateway)
        network_files.check_site("", site, configuration)

    @staticmethod
    def _use_dns_servers(
        configuration: wire.network_configuration.NetworkConfigurationFile,
        site: wire.network_configuration.ConfiguredSite,
        wanted: Mapping[str, str | None],
    ) -> None:
        for name, address in wanted.items():
            found = configuration.dns_servers.find(name)
            if found is None and address is not None:
                configuration.dns_servers.add(wire.cscfg.ConfiguredDnsServer(name=name, ip_address=address))
            elif found is not None and address not in {None, found.ip_address}:
                raise InvalidArgument(
                    "dns_servers", f"{name} is declared already, with {found.ip_address} and not {address}"
                )
        if [one.name.lower() for one in site.dns_servers] != [name.lower() for name in wanted]:
            site.use_dns_servers(list(wanted))


class ConvergentNetworkOperations(NetworkOperations):
    """Operations that change the network configuration where it is not as asked for, and nothing else in it."""

    @composed
    async def ensure_virtual_network(
        self,
        name: str,
        address_space: Sequence[str] | str | None = None,
        subnets: Mapping[str, str] | Sequence[wire.network_configuration.ConfiguredSubnet] | None = None,
        location: str | None = None,
        affinity_group: str | None = None,
        *,
        dns_servers: Mapping[str, str] | Sequence[str] | None = None,
        gateway: wire.network_configuration.ConfiguredGateway | None = None,
        local_sites: Sequence[wire.network_configuration.ConfiguredLocalSite] = (),
    ) -> wire.networks.VirtualNetworkSite:
        """Create a virtual network unless it is there, wait for it, and set the arguments that differ.

        The network configuration is read, changed and set as a whole. Calls of one session do so one after
        the other. While another process sets it, this one waits, and begins with reading again. What
        another one had set between reading and setting is set again together with the change. When
        the change is made it is read once more, and made again if another process has overwritten it,
        8 times at most. What a process sets later that had read earlier, cannot be seen from here.

        Address prefixes, subnets, and connections of the gateway are added; those that are there and are
        not named stay, as does everything else in the configuration.

        Args:
            name: of the virtual network.
            address_space: address prefixes, such as ``10.0.0.0/16``; needed to create it. One that holds
                others which are there takes their place.
            subnets: address prefixes by name; one that is there gets this prefix.
            location: where it is to be; either this or `affinity_group`.
            affinity_group: where it is to be.
            dns_servers: those it is to use, in this order: addresses by name, which are declared if they
                are not yet, or names of declared ones.
            gateway: networks outside it is to be connected to, and addresses for clients; its profile
                counts only if the network has no gateway yet.
            local_sites: networks outside, which are declared if they are not yet.

        Returns:
            The network as it is listed.

        Raises:
            InvalidArgument: it is there, in another place; a DNS server or network outside is declared
                otherwise; or the service would refuse it: prefixes that overlap, subnets outside of it,
                a gateway without a subnet called ``GatewaySubnet``, references to what is not declared.
            Conflict: other writers have overwritten the change each time.
        """
        network = _Network(
            name,
            _prefixes(address_space),
            _subnets(subnets),
            location,
            affinity_group,
            _dns_servers(dns_servers),
            gateway,
            _local_sites(local_sites),
        )
        await self._change(_Change(network.apply))
        return await self._listed(name)

    async def change_network_configuration(
        self, change: Callable[[wire.network_configuration.NetworkConfigurationFile], object]
    ) -> OperationHandle | None:
        """Read the network configuration, change it, set it as a whole, and wait for the end of that.

        Others who change it at the same time are treated as by `ensure_virtual_network`.

        Args:
            change: changes a configuration in place, and does nothing where that is done already; it is called
                again for the configuration that another process has set meanwhile.

        Returns:
            A handle that is done; ``None`` if nothing had to be changed.

        Raises:
            BadRequest: the service refuses the new configuration.
            Conflict: other writers have overwritten the change each time.
        """
        made = _Change(plain("change", change))
        await self._change(made)
        return made.handle

    @composed
    async def delete_virtual_network(self, name: str, *, missing_ok: bool = False) -> OperationHandle:
        """Delete a virtual network, and nothing else in the network configuration; wait for the end of it.

        DNS servers and networks outside that it used stay. Others who change the configuration at the
        same time are treated as by `ensure_virtual_network`.

        Args:
            name: of the virtual network.
            missing_ok: a network that is not there is no error.

        Returns:
            A handle that is done.

        Raises:
            ResourceNotFound: there is no such network.
            InvalidArgument: deployments use it.
            BadRequest: one has come to use it meanwhile.
            Conflict: other writers have overwritten the change each time.
        """
        text("name", name)
        sites = await self.list_virtual_network_sites()
        if any(same_name(site.name, name) and site.in_use for site in sites):
            raise InvalidArgument("name", f"the virtual network {name} is in use by deployments")

        def remove(configuration: wire.network_configuration.NetworkConfigurationFile) -> None:
            if name in configuration.sites:
                configuration.sites.remove(name)

        change = _Change(remove)
        await self._change(change)
        if not (change.tried or missing_ok):
            raise _missing(name, sites.request_id)
        return change.handle or self.completed(sites, "ListVirtualNetworkSites")

    async def _change(self, change: _Change) -> None:
        async with self.exclusively(*FILE.split("/")):
            await self.past_others(f"PUT /{FILE}", partial(self._until_made, change))

    async def _until_made(self, change: _Change) -> None:
        """Make a change until a look shows that it is made.

        Raises:
            ExclusiveAccess: another writer's operation is under way.
        """
        overwritten: wire.network_configuration.NetworkConfigurationFile | None = None
        for _ in range(MOST_ROUNDS):
            configuration = await self._configuration() if overwritten is None else overwritten
            before = configuration.to_xml()
            change.apply(configuration)
            if configuration.to_xml() == before:
                return
            change.tried = True
            # What waits for its turn is outdated then, so it is to be refused while another writer is at work.
            request = replace(setting(network_files.written(configuration)), queues=False)
            change.handle = await self.start(request)
            change.handle.detach()  # the next read may fail
            overwritten = await self._overwritten(change, before)
            await change.handle
        raise Conflict(
            "ConflictError",
            f"Other writers have overwritten this change of the network configuration {MOST_ROUNDS} times.",
            status=409,
            resource=f"PUT /{FILE}",
        )

    async def _overwritten(
        self, change: _Change, before: bytes
    ) -> wire.network_configuration.NetworkConfigurationFile | None:
        """Return what another writer had set since `before` was read, which the change on its way overwrites.

        Until that one ends, the configuration is read as it was; nobody else can set it then.
        """
        present = await self._configuration()
        seen = present.to_xml()
        if seen == before:
            return None
        changed = present.model_copy(deep=True)
        change.apply(changed)
        return None if changed.to_xml() == seen else present

    async def _configuration(self) -> wire.network_configuration.NetworkConfigurationFile:
        """Read the network configuration; an empty one where there is none."""
        try:
            return await self.get_network_configuration()
        except ResourceNotFound:
            return wire.network_configuration.NetworkConfigurationFile()

    async def _listed(self, name: str) -> wire.networks.VirtualNetworkSite:
        sites = await self.list_virtual_network_sites()
        for site in sites:
            if same_name(site.name, name):
                return site
        raise _missing(name, sites.request_id)


def _missing(name: str, request_id: str | None) -> ResourceNotFound:
    message = f"There is no virtual network {name}."
    return ResourceNotFound("ResourceNotFound", message, status=404, request_id=request_id)


def _prefixes(given: Sequence[str] | str | None) -> Sequence[str]:
    return [given] if isinstance(given, str) else items("address_space", given or ())


def _subnets(
    given: Mapping[str, str] | Sequence[wire.network_configuration.ConfiguredSubnet] | None,
) -> list[wire.network_configuration.ConfiguredSubnet]:
    if isinstance(given, Mapping):
        return [wire.network_configuration.ConfiguredSubnet(name, prefix) for name, prefix in given.items()]
    kind = wire.network_configuration.ConfiguredSubnet
    return [model("subnets", one, kind) for one in items("subnets", given or ())]


def _local_sites(
    wanted: Sequence[wire.network_configuration.ConfiguredLocalSite],
) -> list[wire.network_configuration.ConfiguredLocalSite]:
    kind = wire.network_configuration.ConfiguredLocalSite
    return [model("local_sites", one, kind) for one in items("local_sites", wanted)]


def _dns_servers(given: Mapping[str, str] | Sequence[str] | None) -> Mapping[str, str | None] | None:
    if isinstance(given, str):
        raise InvalidArgument("dns_servers", "is a list of names, or addresses by name, not one name")
    if given is None or isinstance(given, Mapping):
        return given
    return dict.fromkeys([text("dns_servers", name) for name in items("dns_servers", given)])


def _widen(parameter: str, space: wire.network_configuration.AddressPrefixes, wanted: Iterable[str]) -> None:
    """Add prefixes to those that are there; a larger one takes the place of what it holds."""
    for prefix in wanted:
        block = block_of(parameter, prefix)
        present = {one: block_of(parameter, one) for one in space}
        if any(block.subnet_of(other) for other in present.values()):
            continue
        for one, other in present.items():
            if other.subnet_of(block):
                space.address_prefixes.remove(one)
        space.append(prefix)


def _put_subnet(
    site: wire.network_configuration.ConfiguredSite, wanted: wire.network_configuration.ConfiguredSubnet
) -> None:
    present = site.subnets.find(wanted.name)
    if present is None:
        site.subnets.add(wanted.model_copy(deep=True))
    elif _blocks_of(present.address_prefix) != _blocks_of(wanted.address_prefix):
        present.address_prefix = wanted.address_prefix


def _declare_local_site(
    configuration: wire.network_configuration.NetworkConfigurationFile,
    wanted: wire.network_configuration.ConfiguredLocalSite,
) -> None:
    present = configuration.local_sites.find(wanted.name)
    if present is None:
        for prefix in wanted.address_space:
            block_of("local_sites", prefix)
        configuration.local_sites.add(wanted.model_copy(deep=True))
        return
    if _blocks_of(*present.address_space) != _blocks_of(*wanted.address_space) or not same_name(
        present.vpn_gateway_address, wanted.vpn_gateway_address
    ):
        raise InvalidArgument(
            "local_sites",
            f"{wanted.name} is declared already, with {', '.join(present.address_space)} behind "
            f"{present.vpn_gateway_address}",
        )


def _extend_gateway(
    site: wire.network_configuration.ConfiguredSite, wanted: wire.network_configuration.ConfiguredGateway
) -> None:
    if GATEWAY_SUBNET not in site.subnets:
        raise InvalidArgument("subnets", f"a network with a gateway needs a subnet called {GATEWAY_SUBNET}")
    if site.gateway is None:
        site.gateway = wanted.model_copy(deep=True)
        return
    _widen("gateway", site.gateway.vpn_client_address_pool, wanted.vpn_client_address_pool)
    for connection in wanted.connections:
        present = site.gateway.connections.find(connection.name)
        if present is None:
            site.gateway.connections.add(connection.model_copy(deep=True))
        elif _types(present) != _types(connection):
            present.connections = [one.model_copy(deep=True) for one in connection.connections]


def _types(reference: wire.network_configuration.LocalNetworkReference) -> set[str]:
    return {(one.type or "").lower() for one in reference.connections} or {"ipsec"}


def _blocks_of(*prefixes: str | None) -> set[object]:
    return {block_of("address_prefix", one) for one in prefixes if one}
