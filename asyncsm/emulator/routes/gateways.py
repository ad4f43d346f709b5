"""VPN gateways of the first generation: one a network, connected to the local network sites of its file."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.collections import changing
from asyncsm.emulator.gateways import ClientRootCertificate, Gateway, GatewayConnection
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import circuits, gateways as rules, versions, vpn_devices
from asyncsm.emulator.state import Subscription
from asyncsm.wire import networks, vpn_gateways as wire

GATEWAY: Final = "services/networking/{networkName}/gateway"
CONNECTION: Final = f"{GATEWAY}/connection/{{localNetworkSiteName}}"
CERTIFICATES: Final = f"{GATEWAY}/clientrootcertificates"

routes: RouteTable = RouteTable(rules.NAMED)


def _network(call: Call) -> networks.VirtualNetworkSite:
    """Return the virtual network of the path."""
    return rules.network(call.subscription, call.parameters["networkName"])


def _present(call: Call) -> tuple[networks.VirtualNetworkSite, Gateway | None]:
    """Return the network of the path, and its gateway, be that there or gone again."""
    site = _network(call)
    of_network = [
        one for one in call.subscription.gateways.values() if one.network_id == site.id and one.name is None
    ]
    return site, of_network[-1] if of_network else None


def _running(call: Call) -> tuple[networks.VirtualNetworkSite, Gateway]:
    site, gateway = _present(call)
    return site, rules.require_provisioned(gateway)


def _site(network: networks.VirtualNetworkSite, name: str) -> str:
    """Return a local network site as its network's file spells it."""
    for site in network.gateway.sites if network.gateway is not None else ():
        if site.name.lower() == name.lower():
            return site.name
    raise rules.unknown("local network site name", name)  # [rec network/get_ipsec_parameters_tests]


def _connection_to(call: Call, gateway: Gateway, site: str) -> GatewayConnection:
    """Return what is known of the connection to a site: at first only its key, which the service made."""
    known = call.subscription.gateway_connections.get(rules.key_of(gateway, site))
    return known or GatewayConnection(gateway.id, site, rules.first_key(gateway, site))


def _connection(call: Call) -> tuple[Gateway, GatewayConnection]:
    network, gateway = _running(call)
    site = _site(network, call.parameters["localNetworkSiteName"])
    return gateway, _connection_to(call, gateway, site)


@routes.get(GATEWAY, "GetGateway")
def get(call: Call) -> Reply:
    """Get Gateway; a network without one is told so with 200 [rec network/get_gateway_tests]."""
    _, gateway = _present(call)
    shown = wire.VpnGateway(
        gateway_type=wire.GatewayType.STATIC_ROUTING,
        last_event=None,
        state=rules.NOT_PROVISIONED,
        gateway_size=wire.GatewaySize("None"),
        gateway_id=None,
    )
    if gateway is not None:
        shown.last_event, shown.gateway_size = gateway.event, wire.GatewaySize(gateway.size)
    if gateway is not None and gateway.state != rules.NOT_PROVISIONED:
        shown.gateway_type, shown.state = wire.GatewayType(gateway.type), gateway.state
        shown.vip_address, shown.gateway_id = gateway.address, gateway.id
        shown.default_sites = list(gateway.default_sites)
    return Reply(document=versions.known(shown, versions.GATEWAY, call.version))


@routes.post(GATEWAY, "CreateGateway")
def create(call: Call) -> Reply:
    """Create Gateway: begin to make that of a network whose file connects it to a site."""
    network, gateway = _present(call)
    if network.gateway is None or not network.gateway.sites:
        raise refusals.bad_request(  # [rec network/create_gateway_on_empty_network_failed]
            "A gateway is not specified in the network configuration file for the specified virtual network name: "
            f"{network.name}. Make sure that a gateway which references a local network site is specified."
        )
    rules.require_subnet(network)
    if gateway is not None and gateway.state != rules.NOT_PROVISIONED:  # [lifecycles 4]
        raise refusals.conflict(f"The virtual network {network.name} already has a gateway.")
    wanted = call.body(wire.CreateGatewayParameters)
    reply = rules.provision(call, network, wanted)
    if gateway is not None:
        del call.subscription.gateways[gateway.id]
    return reply


@routes.delete(GATEWAY, "DeleteGateway")
def delete(call: Call) -> Reply:
    """Delete Gateway, or Failover Gateway as libraries send it: with a body that says so [guess]."""
    _, gateway = _running(call)
    if call.content and call.body(wire.UpdateGateway).operation == wire.GatewayUpdate.FAILOVER:
        return call.accept(locks=[gateway])
    circuits.require_unlinked(call, gateway.network)
    return rules.deprovision(call, gateway)


@routes.get(f"{GATEWAY}/connections", "ListGatewaySiteConnections")
def list_connections(call: Call) -> Reply:
    """List Connections: one for each site of the network, connected if somebody connected it [guess]."""
    network, gateway = _running(call)
    shown = []
    for site in network.gateway.sites if network.gateway is not None else ():
        since = _connection_to(call, gateway, site.name).connected
        shown.append(
            wire.GatewaySiteConnection(
                local_network_site_name=site.name,
                connectivity_state="NotConnected" if since is None else "Connected",
                ingress_bytes_transferred=0,
                egress_bytes_transferred=0,
                last_connection_established=since,
            )
        )
    return Reply(document=wire.GatewaySiteConnections(connections=shown))


@routes.put(CONNECTION, "UpdateGatewaySiteConnection")
def connect(call: Call) -> Reply:
    """Connect, Disconnect or Test."""
    gateway, connection = _connection(call)
    wanted = call.body(wire.UpdateConnection).operation
    since = {"Connect": call.now, "Disconnect": None}.get(wanted, connection.connected)
    return rules.change(call, gateway, connection, connected=since)


@routes.post(f"{GATEWAY}/defaultsites", "SetGatewayDefaultSites")
def set_default_sites(call: Call) -> Reply:
    """Set Default Sites: there is one."""
    network, gateway = _running(call)
    rules.require_dynamic(gateway)
    site = _site(network, call.body(wire.DefaultSiteList).site or "")
    return call.accept(locks=[gateway], then=changing(gateway, default_sites=(site,)))


@routes.delete(f"{GATEWAY}/defaultsites", "RemoveGatewayDefaultSites")
def remove_default_sites(call: Call) -> Reply:
    """Remove Default Sites."""
    _, gateway = _running(call)
    rules.require_dynamic(gateway)
    return call.accept(locks=[gateway], then=changing(gateway, default_sites=()))


rules.serve_gateway(routes, GATEWAY, "", lambda call: _present(call)[1])
rules.serve_connection(routes, CONNECTION, "Gateway", routes.put, _connection)


@routes.get("services/networking/supporteddevices", "ListSupportedDevices")
def list_devices(_: Call) -> Reply:
    """List Supported Devices."""
    return Reply(document=vpn_devices.listed())


@routes.get(f"{GATEWAY}/vpndeviceconfigurationscript", "GetDeviceConfigurationScript")
def get_script(call: Call) -> Reply:
    """Get Device Configuration Script."""
    network, gateway = _running(call)
    vpn_devices.require(call.query)
    keys = {
        site.name: _connection_to(call, gateway, site.name).shared_key
        for site in (network.gateway.sites if network.gateway is not None else ())
    }
    return Reply(document=wire.PlainString(text=vpn_devices.script(call.query, network, gateway, keys)))


# VPN clients


def _certificates(subscription: Subscription, network_id: str | None) -> list[ClientRootCertificate]:
    return [one for one in subscription.client_root_certificates.values() if one.network_id == network_id]


@routes.post(f"{GATEWAY}/vpnclientpackage", "GenerateVpnClientPackage")
def make_package(call: Call) -> Reply:
    """Generate VPN Client Package, whose URL the operation tells; there is nothing behind it."""
    wanted = call.body(wire.VpnClientParameters).processor_architecture
    network, gateway = _running(call)
    if not _certificates(call.subscription, network.id):
        sentence = "There must be at least one client root certificate authority installed on the Gateway"
        raise refusals.not_found(sentence)  # [rec network/generate_vpn_client_package_tests]
    if gateway.type != wire.GatewayType.DYNAMIC_ROUTING:
        raise refusals.internal_error()  # [rec network/generate_vpn_client_package_tests]
    if wanted not in {*wire.ProcessorArchitecture}:
        raise refusals.bad_request(f"There is no processor architecture {wanted}.")  # [guess]
    url = f"https://vpnclients.blob.core.windows.net/{gateway.id}/{wanted.lower()}.exe"
    return call.accept(locks=[gateway], data=url)


@routes.get(CERTIFICATES, "ListClientRootCertificates")
def list_certificates(call: Call) -> Reply:
    """List Client Root Certificates; an empty list is a 404 [rec network/get_client_root_certificates]."""
    found = _certificates(call.subscription, _network(call).id)
    if not found:
        raise refusals.not_found(_NO_CERTIFICATE)  # [rec network/get_client_root_certificates]
    shown = [
        wire.ClientRootCertificate(
            expiration_time=one.expires, subject=one.subject, thumbprint=one.thumbprint
        )
        for one in found
    ]
    return Reply(document=wire.ClientRootCertificates(client_root_certificates=shown))


_NO_CERTIFICATE: Final = "The specified certificate could not be found."


@routes.post(CERTIFICATES, "AddClientRootCertificate")
def add_certificate(call: Call) -> Reply:
    """Create Client Root Certificate; who sends none hears of an internal error."""
    network = _network(call)
    call.require_staying(network.name)
    try:
        data = base64.b64decode(call.content, validate=True)
        certificate = x509.load_der_x509_certificate(data)
    except (binascii.Error, ValueError):
        # [rec network/create_client_invalid_root_certificates_failed]
        raise refusals.internal_error() from None
    thumbprint = certificate.fingerprint(SHA1()).hex().upper()  # noqa: S303 - the name of a certificate here
    made = ClientRootCertificate(
        network.id or "",
        thumbprint,
        certificate.subject.rfc4514_string(),
        certificate.not_valid_after_utc,
        call.content.decode(),
    )
    reply = call.accept()
    call.subscription.client_root_certificates[f"{network.id}/{thumbprint}"] = made
    return reply


def _of_certificate(function: Callable[[Call, ClientRootCertificate], Reply]) -> Callable[[Call], Reply]:
    """Give a route the certificate of its path."""

    def answer(call: Call) -> Reply:
        key = f"{_network(call).id}/{call.parameters['certificateThumbprint']}"
        found = call.subscription.client_root_certificates.get(key)
        # [rec network/get_client_root_certificates]
        return function(call, refusals.required(found, _NO_CERTIFICATE))

    return answer


@routes.get(f"{CERTIFICATES}/{{certificateThumbprint}}", "GetClientRootCertificate")
@_of_certificate
def get_certificate(_: Call, certificate: ClientRootCertificate) -> Reply:
    """Get Client Root Certificate, as it was sent."""
    return Reply(document=certificate.text.encode(), content_type="text/plain")


@routes.delete(f"{CERTIFICATES}/{{certificateThumbprint}}", "DeleteClientRootCertificate")
@_of_certificate
def delete_certificate(call: Call, certificate: ClientRootCertificate) -> Reply:
    """Delete Client Root Certificate, which answers 200 [protocol 4.20]."""
    call.require_staying(call.parameters["networkName"])
    reply = call.accept(status=200)
    del call.subscription.client_root_certificates[f"{certificate.network_id}/{certificate.thumbprint}"]
    return reply
