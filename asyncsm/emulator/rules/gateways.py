"""Rules of VPN gateways of both generations: their operations, states, keys and captures."""

from __future__ import annotations

import hashlib
import string
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from random import Random
from typing import Final
from uuid import UUID

from pydantic import SecretStr

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Handler, Reply
from asyncsm.emulator.collections import keeping
from asyncsm.emulator.dialects import Dialect
from asyncsm.emulator.gateways import Gateway, GatewayConnection
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules.instances import Timing, public_address
from asyncsm.emulator.saved_names import effect
from asyncsm.emulator.state import Subscription
from asyncsm.wire import vpn_gateways as wire
from asyncsm.wire.figures import MOST_CAPTURE, MOST_KEY
from asyncsm.wire.gateways import GatewayOperationAsyncResponse
from asyncsm.wire.networks import VirtualNetworkSite
from asyncsm.wire.virtual_network_gateways import BgpSettings, CreateVirtualNetworkGatewayParameters

PROVISIONED: Final = wire.GatewayState.PROVISIONED
NOT_PROVISIONED: Final = wire.GatewayState.NOT_PROVISIONED
LETTERS: Final = string.ascii_letters + string.digits
USUAL_KEY: Final = 32
ENCRYPTION: Final = wire.IPsecParameters(encryption_type="RequireEncryption", pfs_group="None")
"""Encryption of a connection before one is set [rec network/set_ipsec_parameters_tests]."""
STOPPING: Final = 240.0
"""Seconds from the end of a capture to its result [rec network/diagnostics_v2_tests]."""
SUBNET: Final = "gatewaysubnet"
"""Name in lower case of the subnet that a gateway needs, for itself alone."""
TYPES: Final = (wire.GatewayType.STATIC_ROUTING, wire.GatewayType.DYNAMIC_ROUTING)
SIZES: Final = tuple(wire.GatewaySize)


def named(request_id: str) -> GatewayOperationAsyncResponse:
    """Return the body of an answer that accepts an operation, which names it."""
    return GatewayOperationAsyncResponse(operation_id=str(UUID(request_id)))


NAMED: Final = Dialect(accepted=named)


def require_provisioned(gateway: Gateway | None) -> Gateway:
    """Return a gateway that runs; refuse where there is none, or none yet, or none any more."""
    if gateway is None or gateway.state != PROVISIONED:  # [rec network/get_shared_key_tests]
        sentence = "The current provisioning status of the gateway prevents this operation."
        raise refusals.bad_request(sentence)  # [rec network/get_shared_key_tests]
    return gateway


def require_dynamic(gateway: Gateway) -> None:
    """Refuse what a gateway of the first generation cannot do with static routing."""
    if gateway.name is None and gateway.type != wire.GatewayType.DYNAMIC_ROUTING:
        sentence = "This operation is enabled only for the following gateway mode(s): BrooklynLite. "
        raise refusals.bad_request(sentence)  # [rec network/set_default_sites_tests]


def exists_in(subscription: Subscription, network_id: str | None) -> bool:
    """Tell whether a virtual network has a gateway, or will have one."""
    return any(
        one.network_id == network_id and one.state != NOT_PROVISIONED
        for one in subscription.gateways.values()
    )


def forget(subscription: Subscription) -> None:
    """Let go what was known of the gateways, connections and clients of networks that are there no more."""
    there = {site.id for site in subscription.networks.sites.values()}
    for held in (subscription.gateways, subscription.client_root_certificates):
        for key in [key for key, one in held.items() if one.network_id not in there]:
            del held[key]
    connections = subscription.gateway_connections
    for key in [key for key, one in connections.items() if one.gateway not in subscription.gateways]:
        del connections[key]


def unknown(kind: str, name: str) -> refusals.Refusal:
    """Return the refusal of what a path or body names and there is not."""
    # [rec network/get_gateway_tests] [rec express_route/dedicated_circuit_tests] [lifecycles 0]
    return refusals.bad_request(f"The specified {kind} '{name}' is not valid or could not be found.")


def network(subscription: Subscription, name: str) -> VirtualNetworkSite:
    """Return a virtual network, or refuse."""
    found = subscription.networks.sites.get(name)
    if found is None:
        raise unknown("virtual network name", name)
    return found


def require_subnet(site: VirtualNetworkSite) -> None:
    """Refuse a network that has no subnet for a gateway."""
    has_one = any(subnet.name.lower() == SUBNET for subnet in site.subnets)
    refusals.require(has_one, f"The virtual network {site.name} has no subnet GatewaySubnet.")  # [guess]


def provision(
    call: Call,
    site: VirtualNetworkSite,
    wanted: wire.CreateGatewayParameters | CreateVirtualNetworkGatewayParameters,
    name: str | None = None,
    bgp_settings: BgpSettings | None = None,
) -> Reply:
    """Begin to make a gateway, which is shown at once; it is static and small if nothing else is said."""
    given: tuple[str | None, str | None] = wanted.gateway_type, wanted.gateway_size
    kind, size = given[0] or TYPES[0], given[1] or SIZES[0]  # [guess]
    if kind not in TYPES or size not in SIZES:
        raise refusals.bad_request(f"There is no gateway {kind} of the size {size}.")  # [guess]
    id_ = call.new_uuid()
    made = Gateway(id_, site.name, site.id or "", kind, size, name, bgp_settings=bgp_settings)
    then = partial(_provisioned, Timing.of(call), made, public_address(call.random))
    reply = call.accept(locks=[made], then=then, status=201)  # [rec network/create_gateway_tests]
    call.subscription.gateways[id_] = made
    return reply


@effect("gateways/provisioned")
def _provisioned(timing: Timing, gateway: Gateway, address: str) -> None:
    gateway.state, gateway.address = PROVISIONED, address
    _tell(timing, gateway, "23002", "created a")


def _tell(timing: Timing, gateway: Gateway, event: str, what: str) -> None:
    message = f"Successfully {what} gateway for the following virtual network: {gateway.network}"
    gateway.event = wire.GatewayEvent(id=event, message=message, timestamp=timing.clock.now())


def deprovision(call: Call, gateway: Gateway) -> Reply:
    """Begin to take a gateway away."""
    call.require_free(gateway)
    then = partial(_deprovisioned, Timing.of(call), call.subscription, gateway)
    reply = call.accept(locks=[gateway], then=then)
    gateway.state = wire.GatewayState.DEPROVISIONING
    return reply


@effect("gateways/deprovisioned")
def _deprovisioned(timing: Timing, subscription: Subscription, gateway: Gateway) -> None:
    for key in [key for key in subscription.gateway_connections if key.startswith(f"{gateway.id}/")]:
        del subscription.gateway_connections[key]
    if gateway.name is not None:
        del subscription.gateways[gateway.id]
    gateway.state = NOT_PROVISIONED  # one of the first generation tells how it ended
    _tell(timing, gateway, "23004", "deleted the")


def _update(call: Call, gateway: Gateway | None, kind: str) -> Reply:
    """Answer a PATCH: reset a gateway, resize it, or let its other machine take over."""
    wanted = call.body(wire.UpdateGatewayParameters)
    running = require_provisioned(gateway)
    call.route = replace(call.route, operation=f"{wanted.operation}{kind}Gateway")
    if wanted.operation == wire.GatewayUpdate.RESIZE:
        if running.type == wire.GatewayType.STATIC_ROUTING:  # [rec network/resize_gateway_tests]
            sentence = "The current operation or request is invalid against Static-Routing gateway."
            raise refusals.bad_request(sentence)  # [rec network/resize_gateway_tests]
        if wanted.gateway_size not in SIZES:
            raise refusals.bad_request(f"There is no gateway of the size {wanted.gateway_size}.")  # [guess]
        then = partial(_resized, Timing.of(call), running, str(wanted.gateway_size))
        return call.accept(locks=[running], then=then)
    if wanted.operation not in {*wire.GatewayUpdate}:
        raise refusals.bad_request(f"A gateway has no operation {wanted.operation}.")  # [guess]
    return call.accept(locks=[running])


@effect("gateways/resized")
def _resized(timing: Timing, gateway: Gateway, size: str) -> None:
    gateway.size = size
    _tell(timing, gateway, "23007", "updated the")


# Connections


def key_of(gateway: Gateway, entity: str) -> str:
    """Return what a connection is found by."""
    return f"{gateway.id}/{entity}"


def connections_of(subscription: Subscription, gateway: Gateway) -> Iterator[GatewayConnection]:
    """Yield the connections of a gateway, as far as anything is known of them."""
    return (one for one in subscription.gateway_connections.values() if one.gateway == gateway.id)


def first_key(gateway: Gateway, entity: str) -> str:
    """Return the key that a connection has before one is set: always the same, so that reading changes nothing."""
    digest = hashlib.sha256(key_of(gateway, entity.lower()).encode()).digest()
    return "".join(LETTERS[byte % len(LETTERS)] for byte in digest)


def new_key(random: Random, length: int) -> str:
    """Return a key of letters and digits."""
    return "".join(random.choices(LETTERS, k=length))


def valid_key(key: SecretStr | None, *, any_characters: bool = False) -> str:
    """Return a key that was given, or refuse it."""
    text = key.get_secret_value() if key is not None else ""
    if not (text.isascii() and (any_characters or text.isalnum()) and 1 <= len(text) <= MOST_KEY):
        raise refusals.bad_request(  # [rec network/set_shared_key_tests]
            "The specified shared key was not valid. The key must be an alpha-numeric string of 1 to 128 characters. "
        )
    return text


def serve_connection(
    routes: RouteTable,
    path: str,
    kind: str,
    reset: Callable[[str, str], Callable[[Handler], Handler]],
    find: Callable[[Call], tuple[Gateway, GatewayConnection]],
    **usual: int | str,
) -> None:
    """Enter the routes of the key and encryption of a connection, in whose operations' names `kind` stands.

    The verb `reset` makes the key anew; `usual` is told of encryption where 0 or nothing was set.
    """

    def read_key(call: Call) -> Reply:
        return Reply(document=wire.SharedKey(value=SecretStr(find(call)[1].shared_key)))

    def set_key(call: Call) -> Reply:
        return change(call, *find(call), shared_key=valid_key(call.body(wire.SharedKey).value))

    def reset_key(call: Call) -> Reply:
        key = new_key(call.random, call.body(wire.ResetSharedKey).key_length)
        return change(call, *find(call), shared_key=key)

    def read_encryption(call: Call) -> Reply:
        known = find(call)[1].ipsec or ENCRYPTION
        told = {name: value for name, value in usual.items() if not getattr(known, name)}
        return Reply(document=known.model_copy(update=told))

    def set_encryption(call: Call) -> Reply:
        gateway, connection = find(call)
        require_dynamic(gateway)
        return change(call, gateway, connection, ipsec=call.body(wire.IPsecParameters))

    routes.get(f"{path}/sharedkey", f"Get{kind}SharedKey")(read_key)
    routes.post(f"{path}/sharedkey", f"Set{kind}SharedKey")(set_key)
    reset(f"{path}/sharedkey", f"Reset{kind}SharedKey")(reset_key)
    routes.get(f"{path}/ipsecparameters", f"Get{kind}IpsecParameters")(read_encryption)
    routes.patch(f"{path}/ipsecparameters", f"Set{kind}IpsecParameters")(set_encryption)


def change(call: Call, gateway: Gateway, connection: GatewayConnection, **changes: object) -> Reply:
    """Begin a change of a connection."""
    return keep(call, gateway, replace(connection, **changes))  # type: ignore[arg-type]  # fields by their names


def keep(call: Call, gateway: Gateway, connection: GatewayConnection) -> Reply:
    """Begin to make or change a connection, which is there in the end."""
    held, key = call.subscription.gateway_connections, key_of(gateway, connection.entity)
    return call.accept(locks=[gateway], then=keeping(held, key, connection))


# Captures


def serve_gateway(routes: RouteTable, path: str, kind: str, find: Callable[[Call], Gateway | None]) -> None:
    """Enter the routes of changes and captures of a gateway, whose `kind` stands in the operations' names."""

    def patch(call: Call) -> Reply:
        return _update(call, find(call), kind)

    def read(call: Call) -> Reply:
        gateway = require_provisioned(find(call))
        url = gateway.captured_at if gateway.capture == "Ready" else ""
        shown = wire.GatewayPublicDiagnosticsStatus(public_diagnostics_url=url, state=gateway.capture)
        return Reply(document=shown)

    def control(call: Call) -> Reply:
        return _control_capture(call, find(call), kind)

    routes.patch(path, f"Update{kind}Gateway")(patch)
    routes.get(f"{path}/publicdiagnostics", f"Get{kind}GatewayDiagnostics")(read)
    routes.put(f"{path}/publicdiagnostics", f"Update{kind}GatewayDiagnostics")(control)


def _control_capture(call: Call, gateway: Gateway | None, kind: str) -> Reply:
    """Answer a PUT that begins or ends a capture."""
    wanted = call.body(wire.UpdateGatewayPublicDiagnostics)
    call.route = replace(
        call.route, operation=f"{wanted.operation.removesuffix('Diagnostics')}{kind}GatewayDiagnostics"
    )
    if wanted.operation == "StopDiagnostics":
        running = require_provisioned(gateway)
        reply = call.accept(locks=[running], seconds=0.0)
        if running.capture == "InProgress":
            _enter_capture(call, running, "StopInProgress", STOPPING)
        return reply
    if wanted.operation != "StartDiagnostics":
        raise refusals.bad_request(f"A gateway has no operation {wanted.operation}.")  # [guess]
    name, key, seconds = _checked(wanted)
    running = require_provisioned(gateway)
    account = call.subscription.storage_accounts.get(name)
    keys = {account.primary_key, account.secondary_key} if account is not None else {key}
    if not wanted.container_name or key not in keys:
        sentence = "The input stoarge information is incorrect. Please check it and retry the public diagnostics again."
        raise refusals.bad_request(sentence)  # [rec network/start_diagnostics_tests]
    reply = call.accept(locks=[running])
    begun = f"{call.now:%m_%d_%Y_%I_%M_%S_%p}_{seconds}"
    url = (
        f"https://{name}.blob.core.windows.net/{wanted.container_name}/VNetGatewayDiagCapture_UTC_{begun}.txt"
    )
    running.captured_at = url
    _enter_capture(call, running, "InProgress", float(seconds))
    return reply


def _enter_capture(call: Call, gateway: Gateway, state: str, seconds: float) -> None:
    """Let a capture be in a state until it is ready; what was to happen before is void."""
    gateway.capture, gateway.captures = state, gateway.captures + 1
    call.clock.after(seconds, partial(_captured, gateway, gateway.captures))


def _checked(wanted: wire.UpdateGatewayPublicDiagnostics) -> tuple[str, str, int]:
    """Return account, key and seconds of a capture, or refuse them as in [rec network/start_diagnostics_tests]."""
    if not wanted.customer_storage_name:
        raise refusals.bad_request(  # [rec network/start_diagnostics_tests]
            "The specified CustomerStorageName was not valid. "
            "It should be the name of a storage account that you have access to."
        )
    if wanted.customer_storage_key is None or not wanted.customer_storage_key.get_secret_value():
        raise refusals.bad_request(  # [rec network/start_diagnostics_tests]
            "The specified CustomerStorageKey was not valid. "
            "It should be the unencrypted value of the key used to access the provided storage account."
        )
    seconds = wanted.capture_duration_in_seconds or ""
    if not (seconds.isascii() and seconds.isdecimal() and 1 <= int(seconds) <= MOST_CAPTURE):
        raise refusals.bad_request(  # [rec network/start_diagnostics_tests]
            "The specified CaptureDurationInSeconds was not valid. "
            "It should be an integer which should be a value between 1 and 300. "
        )
    return wanted.customer_storage_name, wanted.customer_storage_key.get_secret_value(), int(seconds)


@effect("gateways/captured")
def _captured(gateway: Gateway, number: int) -> None:
    if gateway.captures == number:
        gateway.capture = "Ready"
