"""Application gateways: their life, what they are told, and their certificates."""

import base64

import pytest
from doubles.bare_client import document
from doubles.certificates import management_certificate
from doubles.compute import tag
from doubles.contents import EVERYTHING, NETWORK

FILE = NETWORK.replace(
    "<Subnets>", '<Subnets><Subnet name="Front"><AddressPrefix>10.0.2.0/24</AddressPrefix></Subnet>'
)
GATEWAYS = "services/networking/ApplicationGateways"
SPREAD = f"{GATEWAYS}/spread"
CONFIGURATION = f"{SPREAD}/configuration"
TLS = f"{SPREAD}/sslcertificates/tls"
PORT = "<FrontendPort><Name>port</Name><Port>80</Port></FrontendPort>"


def gateway(name="new", subnet="front", network="INSIDE", size="", count=0, root="Create"):
    named = tag("Name", name) if root == "Create" else ""
    return document(
        f"{root}ApplicationGatewayParameters",
        tag("GatewaySize", size) if size else "",
        tag("InstanceCount", count),
        named,
        f"<Subnets>{tag('Subnet', subnet)}</Subnets>",
        tag("VnetName", network),
    )


def operation(kind):
    return document("ApplicationGatewayOperation", tag("OperationType", kind))


def configuration(cert="", **changes):
    """A whole configuration, in which each of `changes` replaces a word."""
    text = document(
        "ApplicationGatewayConfiguration",
        "<FrontendIPConfigurations><FrontendIPConfiguration><Name>address</Name><Type>Private</Type>"
        "</FrontendIPConfiguration></FrontendIPConfigurations>"
        f"<FrontendPorts>{PORT}</FrontendPorts>"
        "<Probes/><BackendAddressPools><BackendAddressPool><Name>pool</Name><IPAddresses>"
        "<IPAddress>10.0.1.4</IPAddress></IPAddresses></BackendAddressPool></BackendAddressPools>"
        "<BackendHttpSettingsList><BackendHttpSettings><Name>settings</Name><Port>80</Port>"
        "<Protocol>Http</Protocol></BackendHttpSettings></BackendHttpSettingsList>"
        "<HttpListeners><HttpListener><Name>listener</Name><FrontendIP>ADDRESS</FrontendIP>"
        f"<FrontendPort>port</FrontendPort><Protocol>Http</Protocol>{cert}</HttpListener></HttpListeners>"
        "<HttpLoadBalancingRules><HttpLoadBalancingRule><Name>rule</Name><Type>Basic</Type>"
        "<BackendHttpSettings>settings</BackendHttpSettings><Listener>listener</Listener>"
        "<BackendAddressPool>pool</BackendAddressPool></HttpLoadBalancingRule></HttpLoadBalancingRules>",
    )
    for element, value in changes.items():
        before, found, after = text.rpartition(f"<{element}>")
        assert found
        text = f"{before}{tag(element, value)}{after.partition(f'</{element}>')[2]}"
    return text


def certificate(password="secret", kind="pfx"):
    data = base64.b64encode(management_certificate("service").to_pfx("secret")).decode()
    return document(
        "CertificateFile", tag("Data", data), tag("CertificateFormat", kind), tag("Password", password)
    )


REFERENCES = ("FrontendIP", "FrontendPort", "BackendHttpSettings", "Listener", "BackendAddressPool")
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
    ("PUT", f"{GATEWAYS}/none", gateway(root="Update"), 404, "gateway none"),
    ("PUT", SPREAD, gateway(subnet="web", root="Update"), 400, "machines in the subnet web"),
    *(("POST", CONFIGURATION, configuration(**{name: "none"}), 400, "none") for name in REFERENCES),
    ("POST", CONFIGURATION, configuration().replace(PORT, 2 * PORT), 400, "more than once"),
    ("POST", CONFIGURATION, configuration(Protocol="Https"), 400, "listener has no certificate"),
    ("POST", CONFIGURATION, configuration(tag("SslCert", "none")), 400, "listener has no certificate"),
    ("POST", CONFIGURATION, configuration(Port=65536), 400, "port"),
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
    assert await ended(management, "POST", GATEWAYS, gateway("spread")) == "Successful"


async def ended(management, method, path, body=""):
    """Ask for a change, and tell how it ended by the operation that the answer names."""
    accepted = await management.send(method, path, body)
    assert accepted.status == 202, accepted.text
    await management.finished(accepted)
    told = await management.get(f"services/networking/operation/{accepted.find('ID')}")
    return told.find("Status") if told.find("Status") == "Successful" else told.find("Message")


@pytest.mark.parametrize(("method", "path", "body", "status", "words"), REFUSED)
async def test_refusals(management, method, path, body, status, words):
    """What breaks a rule is refused at once."""
    answer = await management.send(method, path, body)
    assert (answer.status, words in answer.message) == (status, True), answer.text


async def test_its_life(management, clock):
    """It is told what to do and started, which takes a quarter of an hour; a running one stays where it is."""
    new = await management.get(SPREAD)
    assert [new.find(name) for name in ("GatewaySize", "InstanceCount", "State")] == [
        "Medium",
        "2",
        "Stopped",
    ]
    assert await ended(management, "POST", CONFIGURATION, configuration()) == "Successful"
    starting = await management.post(f"{SPREAD}/Operations", operation("Start"))
    clock.advance(600)
    assert (await management.get(SPREAD)).find("State") == "Starting"
    assert (await management.delete(SPREAD)).status == 409
    await management.finished(starting)
    running = await management.get(SPREAD)
    assert (running.find("State"), running.find("VirtualIP")) == ("Running", "10.0.2.4")
    assert running.find("DnsName").endswith(".cloudapp.net")
    for method, path, body in (
        ("DELETE", SPREAD, ""),
        ("POST", f"{SPREAD}/operations", operation("start")),
    ):
        assert (
            await management.send(method, path, body)
        ).message == "The application gateway spread is Running."
    larger = gateway(size="Large", count=5, root="Update")
    assert await ended(management, "PUT", SPREAD, larger) == "Successful"
    assert (await management.get(GATEWAYS)).find_all("InstanceCount") == ["5"]
    assert await ended(management, "POST", f"{SPREAD}/operations", operation("stop")) == "Successful"
    assert (await management.get(SPREAD)).find("VirtualIP") is None
    assert await ended(management, "DELETE", SPREAD) == "Successful"
    assert (await management.get(SPREAD)).status == 404


async def test_certificates(management):
    """One that a listener names stays until no listener does."""
    assert await ended(management, "PUT", TLS, certificate()) == "Successful"
    assert (await management.get(TLS)).find("Data") == management_certificate("service").data_base64
    named = configuration(tag("SslCert", "TLS"), Protocol="Https")
    assert await ended(management, "POST", CONFIGURATION, named) == "Successful"
    assert "in use by the listener listener" in await ended(management, "DELETE", TLS)
    assert await ended(management, "POST", CONFIGURATION, configuration()) == "Successful"
    assert await ended(management, "DELETE", TLS) == "Successful"
    listed = await management.get(TLS.rpartition("/")[0])
    assert listed.find_all("Name") == []
