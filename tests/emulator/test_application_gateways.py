"""Application gateways: their life, what they are told, and their certificates."""

import base64

import pytest
from doubles.bare_client import document
from doubles.certificates import management_certificate
from doubles.compute import tag
from doubles.contents import EVERYTHING, NETWORK, SPREADING
from doubles.refusing import refusals
from doubles.steps import walk

from asyncsm.wire import application_gateways as wire
from asyncsm.wire.certificates import CertificateFile

FILE = NETWORK.replace(
    "<Subnets>", '<Subnets><Subnet name="Front"><AddressPrefix>10.0.2.0/24</AddressPrefix></Subnet>'
)
GATEWAYS = "services/networking/ApplicationGateways"
SPREAD = f"{GATEWAYS}/spread"
CONFIGURATION = f"{SPREAD}/configuration"
TLS = f"{SPREAD}/sslcertificates/tls"


def gateway(name="new", subnet="front", network="INSIDE", size="", count=0):
    given = {"gateway_size": size or None, "instance_count": count, "name": name, "vnet_name": network}
    return body_of(wire.CreateApplicationGatewayParameters(**given, subnets=[subnet]))


def update(**fields):
    return body_of(wire.UpdateApplicationGatewayParameters(**{"instance_count": 0} | fields))


def operation(kind):
    return document("ApplicationGatewayOperation", tag("OperationType", kind))


def told(kind="", **changes):
    """A configuration without a certificate, the first part of a kind of which has been changed."""
    configuration = SPREADING.model_copy(deep=True)
    plain = {"protocol": "Http", "ssl_cert": None}
    for part, fields in (("http_listeners", plain), *([(kind, changes)] if kind else [])):
        for field, value in fields.items():
            setattr(getattr(configuration, part)[0], field, value)
    return body_of(configuration)


def certificate(password="secret", kind="pfx"):
    data = base64.b64encode(management_certificate("service").to_pfx("secret")).decode()
    return body_of(CertificateFile(data=data, certificate_format=kind, password=password))


def body_of(model):
    return model.to_xml().decode()


LISTENERS, RULES = "http_listeners", "http_load_balancing_rules"
TWICE = SPREADING.model_copy(update={"frontend_ports": 2 * SPREADING.frontend_ports})
SETTINGS = "backend_http_settings_list"
NAMING = [
    *((LISTENERS, field) for field in ("frontend_ip", "frontend_port")),
    *((RULES, field) for field in ("backend_http_settings", "listener", "backend_address_pool")),
    (SETTINGS, "probe"),
]
WRONG = [
    *((told(kind, **{field: "none"}), " none does not exist.") for kind, field in NAMING),
    (told(LISTENERS, protocol="Https"), "shop has no certificate"),
    (told(LISTENERS, ssl_cert="none"), "shop has no certificate"),
    (body_of(TWICE), "A name occurs more than once in FrontendPorts."),
]
REFUSED = [
    ("GET", f"{GATEWAYS}/none", "", 404, "The application gateway none does not exist."),
    ("GET", CONFIGURATION, "", 404, "spread has no configuration"),
    ("GET", TLS, "", 404, "The certificate tls does not exist."),
    ("POST", GATEWAYS, gateway("SPREAD"), 409, "'SPREAD' already exists"),
    ("POST", GATEWAYS, gateway(network="none"), 400, "virtual network name 'none'"),
    *(("POST", GATEWAYS, gateway(subnet=name), 400, "cannot be in") for name in ("none", "GatewaySubnet")),
    ("POST", GATEWAYS, gateway(subnet="web"), 400, "machines in the subnet web"),
    ("POST", GATEWAYS, gateway(size="Tiny"), 400, "of the size Tiny"),
    ("POST", GATEWAYS, gateway(count=11), 400, "no 11 instances"),
    ("PUT", f"{GATEWAYS}/none", update(), 404, "gateway none"),
    ("PUT", SPREAD, update(subnets=["web"]), 400, "machines in the subnet web"),
    *(("POST", CONFIGURATION, body, 400, words) for body, words in WRONG),
    ("POST", f"{SPREAD}/operations", operation("start"), 400, "spread has no configuration"),
    ("POST", f"{SPREAD}/operations", operation("stop"), 400, "spread is Stopped"),
    ("POST", f"{SPREAD}/operations", operation("jump"), 400, "no operation jump"),
    ("PUT", TLS, certificate("wrong"), 400, "password"),
    ("PUT", TLS, certificate(kind="cer"), 400, "must be pfx"),
]


@pytest.fixture(autouse=True)
async def spread(emulator, management):
    """A gateway that has been told nothing, in a subnet without machines."""
    emulator.seed({**EVERYTHING, "network_configuration": FILE, "application_gateways": []})
    accepted = await management.post(GATEWAYS, gateway("spread"))
    await management.finished(accepted)
    operation = f"services/networking/operation/{accepted.find('ID')}"
    await walk(management, ("GET", operation, {"Status": "Successful"}))


test_refusals = refusals(REFUSED)


async def test_its_life(management, clock):
    """It is told what to do and started, which takes a quarter of an hour; a running one stays where it is."""
    operations, runs = f"{SPREAD}/operations", "The application gateway spread is Running."
    new = {"GatewaySize": "Medium", "InstanceCount": "2", "State": "Stopped"}
    await walk(management, ("GET", SPREAD, new), ("POST", CONFIGURATION, told()))
    starting = await management.post(operations, operation("Start"))
    clock.advance(600)
    await walk(management, ("GET", SPREAD, {"State": "Starting"}), ("DELETE", SPREAD, 409))
    await management.finished(starting)
    running = await walk(management, ("GET", SPREAD, {"State": "Running", "VirtualIP": "10.0.2.4"}))
    assert running.find("DnsName").endswith(".cloudapp.net")
    await walk(
        management,
        ("DELETE", SPREAD, "", runs),
        ("POST", operations, operation("start"), runs),
        ("PUT", SPREAD, update(gateway_size="Large", instance_count=5)),
        ("GET", GATEWAYS, {"InstanceCount": ["5"]}),
        ("POST", operations, operation("stop")),
        ("GET", SPREAD, {"VirtualIP": None}),
        ("DELETE", SPREAD),
        ("GET", SPREAD, 404),
    )


async def test_certificates(management):
    """One that a listener names stays until no listener does."""
    await walk(
        management,
        ("PUT", TLS, certificate()),
        ("GET", TLS, {"Data": management_certificate("service").data_base64}),
        ("POST", CONFIGURATION, told("http_listeners", protocol="Https", ssl_cert="TLS")),
        ("DELETE", TLS, "", "in use by the listener shop"),
        ("POST", CONFIGURATION, told()),
        ("DELETE", TLS),
        ("GET", TLS.rpartition("/")[0], {"Name": []}),
    )
