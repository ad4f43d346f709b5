"""Where deployments stand: in virtual networks, and at reserved addresses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from itertools import islice
from random import Random
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.compute import Deployment, HostedService, InterfaceAddresses, Role, RoleInstance
from asyncsm.emulator.networking import ReservedIP
from asyncsm.emulator.progress import require_free
from asyncsm.emulator.rules import instances
from asyncsm.emulator.state import Subscription
from asyncsm.wire.configuration_sets import ConfigurationSet
from asyncsm.wire.networks import VirtualNetworkSite

MOST_PROPOSALS: Final = 5
"""How many free addresses are named instead of one that is not [protocol 4.18]."""

BALANCER: Final = ""
"""What asks for an address and is no role: the internal load balancer of a deployment."""

KEPT_ADDRESSES: Final = 4
"""How many addresses at the beginning of a subnet the service keeps, as it does the last one."""


def require_network(
    subscription: Subscription, name: str | None, region: str, deployment: Deployment | None = None
) -> str | None:
    """The name of a virtual network as its configuration spells it.

    Args:
        subscription: whose it is.
        name: what a request wants, if anything.
        region: where the deployment is.
        deployment: which is there already, and stays where it is.

    Raises:
        Refusal: there is no such network, it is elsewhere, or not the deployment's own.
    """
    if deployment is not None and (name or "").lower() != (deployment.virtual_network_name or "").lower():
        # [protocol 4.14]
        raise refusals.bad_request(f"The virtual network of deployment {deployment.name} cannot be changed.")
    if not name:
        return None
    site = subscription.networks.sites.get(name)
    if site is None or subscription.networks.plan is None:
        # [rec compute/create_virtual_machine_deployment_windows_virtual_network]
        raise refusals.bad_request(f"The virtual network {name} does not exist.")
    if subscription.networks.plan.regions[site.name] != region:
        raise refusals.bad_request(f"The virtual network {site.name} is not in {region}.")  # [protocol 5.6]
    refusals.require_unmoved(site.migration_state, f"Virtual Network {site.name}")  # [lifecycles 10]
    return site.name


def require_subnets(
    subscription: Subscription, deployment: Deployment, role_name: str, network: ConfigurationSet
) -> None:
    """Refuse subnets which the deployment's virtual network does not have, and an address outside them.

    Raises:
        Refusal: a subnet does not exist, or a static address is outside of it or taken.
    """
    if deployment.virtual_network_name is None:
        return
    site = subscription.networks.sites[deployment.virtual_network_name]
    taken: set[IPv4Address] | None = None
    for name, static in _wanted(network):
        block = block_of(_subnet(site, name))
        if not static:
            continue
        try:
            address = IPv4Address(static)
        except AddressValueError as error:
            raise refusals.bad_request(f"The static address {static} is not valid.") from error  # [guess]
        if int(address) not in _usable(block):
            # [guess]: no source says so
            raise refusals.bad_request(f"The static address {static} cannot be used in the subnet {name}.")
        if taken is None:
            taken = _taken(subscription, site, role_name) | _addresses(deployment, role_name)
        if address in taken:
            raise refusals.bad_request(f"The static address {static} is already in use.")  # [guess]
        taken.add(address)


def _wanted(network: ConfigurationSet) -> Iterator[tuple[str, str | None]]:
    """The subnets where a machine is to have addresses, its further interfaces included, with the static ones."""
    static = network.static_virtual_network_ip_address
    yield from ((name, static) for name in network.subnet_names)  # with an address there is just one
    for interface in network.network_interfaces:
        for each in interface.ip_configurations:
            yield each.subnet_name or "", each.static_virtual_network_ip_address


def availability(
    subscription: Subscription, site: VirtualNetworkSite, address: IPv4Address
) -> tuple[bool, list[str]] | None:
    """Tell whether a machine can have an address of a network, and which of its subnet are free if not.

    Returns:
        ``None`` for an address in none of the subnets.
    """
    for subnet in site.subnets:
        block = block_of(subnet.address_prefix or "")
        if address in block:
            usable, taken = _usable(block), _taken(subscription, site)
            if int(address) in usable and address not in taken:
                return True, []
            free = (str(one) for one in map(IPv4Address, usable) if one not in taken)
            return False, list(islice(free, MOST_PROPOSALS))
    return None


def internal_address(subscription: Subscription, random: Random, deployment: Deployment, role: Role) -> str:
    """An address for an instance of `role`: its static one, one of its subnet, or just any.

    Raises:
        Refusal: the subnet has none left.
    """
    site = subscription.networks.sites.get(deployment.virtual_network_name or "")
    if site is None:
        return instances.internal_address(random)
    if role.network.static_virtual_network_ip_address:
        return role.network.static_virtual_network_ip_address
    return _free_address(subscription, deployment, role.name, role.network.subnet_names)


def _free_address(
    subscription: Subscription, deployment: Deployment, role_name: str, subnets: Sequence[str]
) -> str:
    site = subscription.networks.sites[deployment.virtual_network_name or ""]
    blocks = [_subnet(site, name) for name in subnets]
    # Whoever names no subnet gets into the first one there is.
    blocks = (
        blocks or [one.address_prefix or "" for one in site.subnets] or site.address_space.address_prefixes
    )
    # A deployment that is being made is not in the subscription yet.
    taken = _taken(subscription, site) | _addresses(deployment)
    for address in map(IPv4Address, _usable(block_of(blocks[0]))):
        if address not in taken:
            return str(address)
    # [guess]: no source says so
    raise refusals.bad_request(f"The virtual network {site.name} has no free address for role {role_name}.")


def assign(subscription: Subscription, random: Random, deployment: Deployment, role: Role) -> None:
    """Give the instance of the machine `role` the addresses that it has not: internal, public, of its interfaces.

    Raises:
        Refusal: a subnet has none left.
    """
    instance = deployment.instances[role.name]
    if instance.ip_address is None:
        instance.ip_address = internal_address(subscription, random, deployment, role)
    wanted = bool(role.network.public_ips)
    instance.public_ip = (instance.public_ip or instances.public_address(random)) if wanted else None
    site = subscription.networks.sites.get(deployment.virtual_network_name or "")
    named = [one for one in role.network.network_interfaces if one.name and site is not None]
    present, instance.interfaces = instance.interfaces, {}
    for interface in named:
        own = present.get(interface.name or "")
        if own is None or len(own.ip_addresses) != len(interface.ip_configurations):
            own = InterfaceAddresses(f"000D3A{random.getrandbits(24):06X}", ())
            for configuration in interface.ip_configurations:
                given = configuration.static_virtual_network_ip_address or _free_address(
                    subscription, deployment, role.name, [configuration.subnet_name or ""]
                )
                own = replace(own, ip_addresses=(*own.ip_addresses, given))
                instance.interfaces = {**instance.interfaces, interface.name or "": own}
        instance.interfaces = {**instance.interfaces, interface.name or "": own}


def public_ips_of(*roles: Role) -> int:
    """How many public addresses of their own machines have."""
    return sum(len(role.network.public_ips) for role in roles)


def require_public_ips(subscription: Subscription, more: int, *, counted: bool = True) -> None:
    """Refuse if the subscription has too many public addresses of single machines.

    Args:
        subscription: whose they are.
        more: how many of them are new.
        counted: whether the machines that are to have these are in the subscription already.
    """
    if more > 0:
        present = sum(public_ips_of(*one.roles.values()) for _, one in subscription.deployments())
        others = present - more if counted else present
        # [protocol 3.4]
        refusals.require_quota("public IP count", subscription.quotas.public_ips, others, more)


def release(instance: RoleInstance) -> None:
    """Take all addresses from an instance, which has no place any more."""
    instance.ip_address = instance.public_ip = None
    instance.interfaces = {}


def block_of(prefix: str) -> IPv4Network:
    """The addresses of a prefix, which may have bits set behind its length [rec network, 22 of 22].

    Raises:
        ValueError: it is no prefix.
    """
    return IPv4Network(prefix, strict=False)


def deployments_in(subscription: Subscription, network: str) -> Iterator[Deployment]:
    """The deployments in a virtual network."""
    for _, deployment in subscription.deployments():
        if (deployment.virtual_network_name or "").lower() == network.lower():
            yield deployment


def require_reserved(
    subscription: Subscription, name: str | None, region: str, deployment: Deployment | None = None
) -> ReservedIP | None:
    """The reserved IP that a new deployment is to have, if it is to have one.

    Args:
        subscription: whose it is.
        name: what a request wants, if anything.
        region: where the deployment is.
        deployment: which is there already, and may have the address.

    Raises:
        Refusal: there is none of this name, it is elsewhere, in use, or not the deployment's own.
    """
    if deployment is not None:
        if (name or "").lower() != (deployment.reserved_ip_name or "").lower():
            raise refusals.bad_request(  # [protocol 4.14]
                f"The reserved IP of deployment {deployment.name} is changed by associating it."
            )
        return None
    if not name:
        return None
    found = subscription.reserved_ips.get(name)
    if found is None or found.address is None:
        raise refusals.bad_request(f"The reserved IP {name} does not exist.")  # [guess]
    require_free(found)
    require_unused(subscription, found)
    require_region(found, region)
    return found


def require_unused(subscription: Subscription, reserved: ReservedIP) -> None:
    """Refuse if a deployment has the address."""
    user = user_of(subscription, reserved)
    if user is not None:
        service, deployment = user
        raise refusals.bad_request(  # [protocol 5.6] [guess]
            f"The reserved IP {reserved.name} is in use by deployment {deployment.name} of hosted service "
            f"{service.name}."
        )


def settle_at(deployment: Deployment, reserved: ReservedIP) -> None:
    """Give a new deployment the address."""
    deployment.vip, deployment.reserved_ip_name = reserved.address, reserved.name
    reserved.virtual_ip_name = None


def require_region(reserved: ReservedIP, region: str) -> None:
    """Refuse an address of another region."""
    if reserved.location != region:
        raise refusals.bad_request(f"The reserved IP {reserved.name} is not in {region}.")  # [protocol 5.6]


def require_endpoints(deployment: Deployment, reserved: ReservedIP) -> None:
    """Refuse a reserved address for virtual machines which nobody could reach there."""
    # What a package opens is not known, so web and worker roles pass.
    if deployment.has_virtual_machines and not any(
        len(role.network.input_endpoints) for role in deployment.roles.values()
    ):
        raise refusals.bad_request(  # [protocol 3.4]
            f"Deployment {deployment.name} uses ReservedIP {reserved.name} but does not contain any endpoints. "
            "Deployment must contain at least one endpoint in order to use a ReservedIP."
        )


def user_of(subscription: Subscription, reserved: ReservedIP) -> tuple[HostedService, Deployment] | None:
    """The deployment that has the address, and the service it is in."""
    for service, deployment in subscription.deployments():
        names = [
            deployment.reserved_ip_name,
            *(one.reserved_ip_name for one in deployment.further_vips.values()),
        ]
        if reserved.name.lower() in {(name or "").lower() for name in names}:
            return service, deployment
    return None


def _subnet(site: VirtualNetworkSite, name: str) -> str:
    for subnet in site.subnets:
        if subnet.name.lower() == name.lower() and subnet.address_prefix is not None:
            return subnet.address_prefix
    # [guess]: no source says so
    raise refusals.bad_request(f"The subnet {name} does not exist in the virtual network {site.name}.")


def _usable(block: IPv4Network) -> range:
    """The addresses of a subnet that machines may have, as numbers."""
    return range(int(block.network_address) + KEPT_ADDRESSES, int(block.broadcast_address))


def _taken(
    subscription: Subscription, site: VirtualNetworkSite, except_role: str | None = None
) -> set[IPv4Address]:
    found: set[IPv4Address] = set()
    for deployment in deployments_in(subscription, site.name):
        found |= _addresses(deployment, except_role)
    return found


def _addresses(deployment: Deployment, except_role: str | None = None) -> set[IPv4Address]:
    found = {
        IPv4Address(address)
        for one in deployment.instances.values()
        if one.role_name != except_role
        for address in one.internal_addresses
    }
    if deployment.internal_vip is not None and except_role != BALANCER:
        found.add(IPv4Address(deployment.internal_vip))
    return found
