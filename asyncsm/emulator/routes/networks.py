"""The network configuration of a subscription, and the virtual networks it makes."""

from __future__ import annotations

from functools import partial
from ipaddress import AddressValueError, IPv4Address
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.networking import NetworkPlan
from asyncsm.emulator.progress import standing_of
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import addresses, gateways, network_file, network_plan, versions
from asyncsm.emulator.saved_names import effect
from asyncsm.emulator.state import Subscription
from asyncsm.wire import networks as wire
from asyncsm.wire.migration import MigrationState

FILE: Final = "services/networking/media"

routes: RouteTable = RouteTable()


@routes.get(FILE, "GetNetworkConfiguration")
def get(call: Call) -> Reply:
    """Get Network Configuration: the file that was set last, in the service's form."""
    # [protocol 3.4]
    plan = refusals.required(call.subscription.networks.plan, "Network configuration does not exist.")
    document = network_file.given_back(network_file.read(plan.file))
    return Reply(document=document, content_type="text/plain")


@routes.put(FILE, "SetNetworkConfiguration")
def set_configuration(call: Call) -> Reply:
    """Set Network Configuration: replace the whole file."""
    networks = call.subscription.networks
    root = network_file.read(call.content)
    call.require_free(networks)
    plan = network_plan.read(call.content, root, call.subscription, call.random)
    _require_unused(call.subscription, plan)
    return call.accept(locks=[networks], then=partial(_put_into_force, call.subscription, plan))


@routes.get("services/networking/virtualnetwork", "ListVirtualNetworkSites")
def list_sites(call: Call) -> Reply:
    """List Virtual Network Sites."""
    sites = [_shown(call, one) for one in call.subscription.networks.sites.values()]
    return Reply(document=wire.VirtualNetworkSites(virtual_network_sites=sites))


@routes.get(
    "services/networking/{virtualNetworkName}",
    "CheckStaticIPAddressAvailability",
    query={"op": "checkavailability"},
    only_with_query=True,
)
def check_address(call: Call) -> Reply:
    """Check Static IP Address Availability: whether a machine can have an address, and which others if not."""
    name, text = call.parameters["virtualNetworkName"], call.query.get("address", "")
    present = call.subscription.networks.sites.get(name)
    site = refusals.required(present, f"The virtual network {name} does not exist.")  # [guess]
    try:
        address = IPv4Address(text)
    except AddressValueError as error:
        raise refusals.bad_request(f"The address {text} is not valid.") from error  # [guess]
    found = addresses.availability(call.subscription, site, address)
    if found is None:
        raise refusals.bad_request(  # [rec network/check_illegal_ipaddress_failed]
            f"The address {text} is not contained in any of the subnets in the virtual network."
        )
    free, others = found
    return Reply(document=wire.AddressAvailabilityResponse(is_available=free, available_addresses=others))


@effect("networks/put-into-force", "emulator.handlers.networks:_put_into_force")
def _put_into_force(subscription: Subscription, plan: NetworkPlan) -> None:
    _require_unused(subscription, plan)  # a deployment may have come in the meantime
    subscription.networks.plan = plan if plan.has_content else None  # [rec network, 17 of 17]
    gateways.forget(subscription)


def _require_unused(subscription: Subscription, plan: NetworkPlan) -> None:
    """Refuse a plan that takes a network or a subnet away from deployments or gateways, or moves it."""
    present = subscription.networks.plan
    if present is None:
        return
    for site in present.sites.values():
        planned = plan.sites.get(site.name)
        if planned is None or planned.model_dump() != site.model_dump():
            refusals.require_unmoved(site.migration_state, f"Virtual Network {site.name}")  # [lifecycles 10]
        users = list(addresses.deployments_in(subscription, site.name))
        if not users and not gateways.exists_in(subscription, site.id):
            continue
        if planned is None or plan.regions[planned.name] != present.regions[site.name]:
            # [protocol 3.1]
            raise network_plan.wrong(f"The virtual network {site.name} is currently in use.")
        kept = {(one.name.lower(), one.address_prefix) for one in planned.subnets}
        used = {
            name.lower()
            for user in users
            for role in user.roles.values()
            for name in role.network.subnet_names
        }
        if gateways.exists_in(subscription, site.id):
            used.add(gateways.SUBNET)
        for subnet in site.subnets:
            if subnet.name.lower() in used and (subnet.name.lower(), subnet.address_prefix) not in kept:
                raise network_plan.wrong(f"The subnet {subnet.name} is currently in use.")  # [protocol 3.1]


def _shown(call: Call, site: wire.VirtualNetworkSite) -> wire.VirtualNetworkSite:
    subscription = call.subscription
    used = any(True for _ in addresses.deployments_in(subscription, site.name))
    # Both are left out where they are not.
    update: dict[str, object] = {"in_use": True if used else None, "migration_state": None}
    if site.migration_state is not None and call.version >= versions.MIGRATING_SINCE:
        # Here it is a number. [rec network, 2 of 2]
        state = standing_of(site.migration_state, subscription.networks)
        update["migration_state"] = str([*MigrationState].index(MigrationState(state or "")) + 1)
    return site.model_copy(update=update)
