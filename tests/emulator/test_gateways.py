"""VPN gateways of both generations, their connections and operations, and local network gateways."""

import base64
from datetime import timedelta

import pytest
from doubles.bare_client import document
from doubles.certificates import management_certificate
from doubles.compute import tag
from doubles.refusing import refusals
from doubles.steps import shown, walk

from asyncsm.emulator.state import Quotas

FILE = """<NetworkConfiguration xmlns="http://schemas.microsoft.com/ServiceHosting/2011/07/NetworkConfiguration">
  <VirtualNetworkConfiguration>
  <LocalNetworkSites><LocalNetworkSite name="office"><AddressSpace><AddressPrefix>192.168.0.0/16</AddressPrefix>
    </AddressSpace><VPNGatewayAddress>198.51.100.1</VPNGatewayAddress></LocalNetworkSite></LocalNetworkSites>
  <VirtualNetworkSites>
    <VirtualNetworkSite name="inside" Location="West US">
      <AddressSpace><AddressPrefix>10.0.0.0/16</AddressPrefix></AddressSpace>
      <Subnets><Subnet name="GatewaySubnet"><AddressPrefix>10.0.1.0/27</AddressPrefix></Subnet></Subnets>
      <Gateway><ConnectionsToLocalNetwork><LocalNetworkSiteRef name="office"/></ConnectionsToLocalNetwork></Gateway>
    </VirtualNetworkSite>
    <VirtualNetworkSite name="bare" Location="West US">
      <AddressSpace><AddressPrefix>10.1.0.0/16</AddressPrefix></AddressSpace>
    </VirtualNetworkSite>
  </VirtualNetworkSites></VirtualNetworkConfiguration>
</NetworkConfiguration>"""
NETWORKING = "services/networking"
GATEWAY = f"{NETWORKING}/inside/gateway"
KEY = f"{GATEWAY}/connection/OFFICE/sharedkey"
IPSEC = f"{GATEWAY}/connection/office/ipsecparameters"
CAPTURE = f"{GATEWAY}/publicdiagnostics"
CERTIFICATES = f"{GATEWAY}/clientrootcertificates"
GATEWAYS = f"{NETWORKING}/virtualnetworkgateways"
LOCAL = f"{NETWORKING}/localnetworkgateways"
CONNECTIONS = f"{NETWORKING}/gatewayconnections"
STRINGS = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
NOT_YET = "The current provisioning status of the gateway prevents this operation."
NO_KEY = "The specified shared key was not valid."


def parameters(root, **members):
    return document(root, *(tag(name, text) for name, text in members.items()))


def update(operation, **members):
    return parameters("UpdateGatewayParameters", **members, Operation=operation)


def gateway(name="door"):
    root = "CreateVirtualNetworkGatewayParameters"
    return parameters(root, GatewayName=name, GatewayType="DynamicRouting")


def encryption(kind="AES256", group="PFS1"):
    members = {"EncryptionType": kind, "PfsGroup": group, "SADataSizeKilobytes": 0, "SALifeTimeSeconds": 0}
    return parameters("IPsecParameters", **members)


def capture(**members):
    given = {"CaptureDurationInSeconds": "60", "ContainerName": "logs", "CustomerStorageKey": "key"}
    given |= {"CustomerStorageName": "others", "Operation": "StartDiagnostics"} | members
    return parameters(
        "UpdateGatewayPublicDiagnostics", **{name: text for name, text in given.items() if text}
    )


def bgp(asn):
    members = tag("Asn", asn), tag("BgpPeeringAddress", "172.16.0.1"), tag("PeerWeight", 5)
    return f"<BgpSettings>{''.join(members)}</BgpSettings>"


def local(name="branch", settings="", prefix="172.16.0.0/12"):
    space = f'<AddressSpace xmlns:a="{STRINGS}"><a:string>{prefix}</a:string></AddressSpace>'
    root = "CreateLocalNetworkGatewayParameters"
    return document(root, space, tag("GatewayName", name), tag("IpAddress", "198.51.100.2"), settings)


async def ended(management, answer):
    """How the operation that an answer names ends; time passes until then."""
    assert answer.status in {200, 201, 202}, answer.text
    target = f"{NETWORKING}/operation/{answer.find('ID')}"
    while (asked := await management.get(target)).find("Status") == "InProgress":
        management.clock.advance(60)
    return asked


@pytest.fixture(autouse=True)
async def network(emulator, management):
    """A network with a local network site, and one without a gateway."""
    emulator.seed({"network_configuration": FILE, "storage_accounts": [{"name": "store"}]})
    management.headers = {"x-ms-version": "2016-03-01"}


def provisioning(kind="DynamicRouting"):
    return "POST", GATEWAY, parameters("CreateGatewayParameters", gatewayType=kind)


BARE = GATEWAY.replace("inside", "bare")
UNKNOWN = "The specified virtual network name 'none' is not valid or could not be found."
REFUSED = [
    ("GET", GATEWAY.replace("inside", "none"), "", 400, UNKNOWN),
    ("POST", BARE, parameters("CreateGatewayParameters"), 400, "A gateway is not specified"),
    ("POST", f"{NETWORKING}/bare/virtualnetworkgateways", gateway(), 400, "GatewaySubnet"),
    *((verb, path, "", 400, NOT_YET) for verb, path in (("DELETE", GATEWAY), ("GET", KEY), ("GET", CAPTURE))),
    ("PATCH", GATEWAY, update("Reset"), 400, NOT_YET),
    ("PUT", CAPTURE, capture(), 400, NOT_YET),
    ("PUT", CAPTURE, capture(CustomerStorageName=""), 400, "CustomerStorageName"),
    ("PUT", CAPTURE, capture(CustomerStorageKey=""), 400, "CustomerStorageKey"),
    *(
        ("PUT", CAPTURE, capture(CaptureDurationInSeconds=text), 400, "between 1 and 300")
        for text in ("", "0", "301", "x")
    ),
    ("GET", CERTIFICATES, "", 404, "The specified certificate could not be found."),
    ("POST", CERTIFICATES, "no certificate", 500, "internal error"),
    ("GET", f"{GATEWAYS}/none", "", 404, "gateway 'none'"),
    ("GET", f"{NETWORKING}/operation/none", "", 400, "The operation request ID was not found."),
    ("POST", LOCAL, local(prefix="172.16.0.0/33"), 400, "172.16.0.0/33"),
]


test_refusals_without_a_gateway = refusals(REFUSED)


async def test_a_gateway_comes_and_goes(management):
    """It takes a quarter of an hour, tells what it is about, and keeps its network; gone, it tells how it ended."""
    await walk(management, ("GET", GATEWAY, {"State": "NotProvisioned", "GatewaySize": "None"}))
    made = await management.post(GATEWAY, parameters("CreateGatewayParameters", GatewaySize="Standard"))
    assert (made.status, made.find("ID").replace("-", "")) == (201, made.request_id)
    operation = f"{NETWORKING}/operation/{made.find('ID')}"
    await walk(
        management,
        ("GET", operation, {"Status": "InProgress", "HttpStatusCode": []}),
        ("GET", GATEWAY, {"State": "Provisioning"}),
        ("POST", GATEWAY, parameters("CreateGatewayParameters"), 409),
    )
    begun = management.clock.now()
    done = await ended(management, made)
    assert timedelta(minutes=13) < management.clock.now() - begun < timedelta(minutes=17)
    told = {"HttpStatusCode": "OK", "OperationName": "CreateGateway", "Status": "Successful"}
    assert shown(done, told) == told
    assert not done.find("OperationStartedTime").endswith("Z")
    empty = (
        FILE[: FILE.index("<LocalNetworkSites>")] + "</VirtualNetworkConfiguration></NetworkConfiguration>"
    )
    there = {"GatewayType": "StaticRouting", "Id": "23002", "State": "Provisioned", "GatewaySize": "Standard"}
    file, used = f"{NETWORKING}/media", "GatewaySubnet is currently in use"
    await walk(
        management,
        ("GET", GATEWAY, there),
        ("PUT", file, FILE.replace("GatewaySubnet", "other"), used),
        ("DELETE", GATEWAY),
        ("GET", GATEWAY, {"Id": "23004", "State": "NotProvisioned", "GatewaySize": "Standard"}),
        ("PUT", file, empty),
        ("GET", GATEWAY, 400),
    )


async def test_resetting_and_resizing(management):
    """A resizing takes most of an hour; a gateway with static routing keeps its size."""
    await walk(management, provisioning())
    begun = management.clock.now()
    larger = await management.send("PATCH", GATEWAY, update("Resize", GatewaySize="HighPerformance"))
    assert (await ended(management, larger)).find("OperationName") == "UpgradeGateway"
    assert timedelta(minutes=43) < management.clock.now() - begun < timedelta(minutes=57)
    by_library = document("UpdateGateway", tag("UpdateGatewayOperation", "Failover"))
    is_static = "The current operation or request is invalid against Static-Routing gateway."
    only_dynamic = "This operation is enabled only for the following gateway mode(s)"
    await walk(
        management,
        ("GET", GATEWAY, {"GatewaySize": "HighPerformance", "Id": "23007"}),
        *(("PATCH", GATEWAY, update(operation)) for operation in ("Reset", "Failover")),
        ("PATCH", GATEWAY, update("Repaint"), 400),
        ("DELETE", GATEWAY, by_library),
        ("GET", GATEWAY, {"State": "Provisioned"}),
        ("DELETE", GATEWAY),
        provisioning("StaticRouting"),
        ("PATCH", GATEWAY, update("Resize", GatewaySize="Standard"), is_static),
        ("PATCH", IPSEC, encryption(), only_dynamic),
        ("DELETE", f"{GATEWAY}/defaultsites", "", only_dynamic),
    )


async def test_connections_to_sites(management):
    """Each site of the file has a key from the start, always the same, and is connected when somebody says so."""
    await walk(management, provisioning())
    first = (await management.get(KEY)).find("Value")
    connect = parameters("UpdateConnection", Operation="Connect")
    site, listed = f"{GATEWAY}/connection/office", f"{GATEWAY}/connections"
    unknown = "The specified local network site name 'none' is not valid or could not be found."
    wrong = ("", "with-hyphen", "x" * 129)
    await walk(
        management,
        ("GET", KEY, {"Value": first}),
        *(("POST", KEY, parameters("SharedKey", Value=text), NO_KEY) for text in wrong),
        ("POST", KEY, parameters("SharedKey", Value="x" * 128)),
        ("GET", KEY, {"Value": "x" * 128}),
        ("PATCH", IPSEC, encryption("ROT13"), 400),
        ("PUT", site, connect),
        ("GET", listed, {"LocalNetworkSiteName": ["office"], "ConnectivityState": "Connected"}),
        ("PUT", site, connect.replace("Connect<", "Disconnect<")),
        ("GET", listed, {"LocalNetworkSiteName": ["office"], "ConnectivityState": "NotConnected"}),
        ("GET", KEY.replace("OFFICE", "none"), "", unknown),
    )


async def test_default_sites(management):
    """A gateway with dynamic routing has one default site, or none."""
    sites = f"{GATEWAY}/defaultsites"
    await walk(
        management,
        provisioning(),
        ("POST", sites, parameters("DefaultSiteList", string="Office")),
        ("GET", GATEWAY, {"string": ["office"]}),
        ("POST", sites, parameters("DefaultSiteList", string="none"), 400),
        ("DELETE", sites),
        ("GET", GATEWAY, {"string": []}),
    )


@pytest.mark.parametrize(("version", "told"), [("2014-10-01", 0), ("2015-02-01", 0), ("2016-03-01", 1)])
async def test_versions(management, version, told):
    """Until 2015 neither a gateway's id and default sites were told, nor that its operations have no result."""
    management.headers = {"x-ms-version": version}
    begun = await management.post(
        GATEWAY, parameters("CreateGatewayParameters", gatewayType="DynamicRouting")
    )
    status = await management.get(f"services/networking/operation/{begun.find('ID')}")
    shown = await management.get(GATEWAY)
    counted = [
        len(answer.find_all(name))
        for answer, name in ((status, "Data"), (shown, "GatewayId"), (shown, "DefaultSites"))
    ]
    assert counted == [told] * 3


async def test_captures(management):
    """A capture ends by itself, or some time after it is stopped; a key of one's own account must be right."""
    incorrect = "The input stoarge information is incorrect."
    await walk(management, provisioning(), ("PUT", CAPTURE, capture(CustomerStorageName="store"), incorrect))
    key = (await management.get("services/storageservices/store/keys")).find("Primary")
    started = await management.put(CAPTURE, capture(CustomerStorageName="store", CustomerStorageKey=key))
    await walk(management, ("GET", CAPTURE, {"State": "InProgress"}))
    await ended(management, started)
    management.clock.advance(30)
    found = await walk(management, ("GET", CAPTURE, {"State": "Ready"}))
    assert "/logs/VNetGatewayDiagCapture" in found.find("PublicDiagnosticsUrl")
    stop = document("UpdateGatewayPublicDiagnostics", tag("Operation", "StopDiagnostics"))
    await walk(
        management,
        ("PUT", CAPTURE, capture(CaptureDurationInSeconds="300")),
        ("PUT", CAPTURE, capture(CaptureDurationInSeconds="200")),
        ("PUT", CAPTURE, stop),
        ("GET", CAPTURE, {"State": "StopInProgress"}),
    )
    management.clock.advance(230)  # the capture would be over, were it not stopped
    await walk(management, ("GET", CAPTURE, {"State": "StopInProgress"}))
    management.clock.advance(10)
    await walk(management, ("GET", CAPTURE, {"State": "Ready"}))


async def test_vpn_clients(management):
    """They need a root certificate; the package's URL is told by the operation."""
    package = f"{GATEWAY}/vpnclientpackage"
    wanted = parameters("VpnClientParameters", ProcessorArchitecture="Amd64")
    certificate = management_certificate("root")
    await walk(management, provisioning(), ("POST", package, wanted, "client root certificate"))
    assert (await management.post(CERTIFICATES, certificate.data_base64)).status == 202
    (thumbprint,) = (await management.get(CERTIFICATES)).find_all("Thumbprint")
    assert thumbprint.lower() == certificate.thumbprint.lower()
    kept = await management.get(f"{CERTIFICATES}/{thumbprint.lower()}")
    assert base64.b64decode(kept.text) == base64.b64decode(certificate.data_base64)
    made = await ended(management, await management.post(package, wanted))
    assert made.find("Data").endswith("amd64.exe")
    gone = "DELETE", f"{CERTIFICATES}/{thumbprint}", 200
    await walk(management, gone, ("GET", CERTIFICATES, 404))


async def test_devices(management):
    """There is a script for each device that is listed, with both ends and the keys."""
    await walk(management, provisioning())
    listed = (await management.get(f"{NETWORKING}/supporteddevices")).root
    paths = ("Vendor", "Vendor/Platform", "Vendor/Platform/OSFamily")
    vendor, platform, family = (listed.find(path).get("name") for path in paths)
    target = f"{GATEWAY}/vpndeviceconfigurationscript?vendor={vendor}&platform={platform}&OSfamily={family}"
    script = (await management.get(target.replace(" ", "%20"))).root.text
    assert (await management.get(KEY)).find("Value") in script
    assert "198.51.100.1" in script
    assert (await management.get(target.partition("?")[0])).status == 400


async def second(management):
    """Make a gateway of the second generation, and return its id."""
    await walk(management, ("POST", f"{NETWORKING}/inside/virtualnetworkgateways", gateway()))
    return (await management.get(GATEWAYS)).find("GatewayId")


def connection(gateway, entity, **members):
    names = {"ConnectedEntityId": entity, "GatewayConnectionName": "way", "GatewayConnectionType": "IPsec"}
    return parameters(
        "CreateGatewayConnectionParameters", **names, VirtualNetworkGatewayId=gateway, **members
    )


async def test_the_second_generation(management):
    """Several gateways of a network are connected to devices outside, and gone in the order of their use."""
    door = await second(management)
    device, with_bgp = [
        (await management.post(LOCAL, body)).root.text for body in (local(), local("tower", bgp(65010)))
    ]
    first = parameters("UpdateGatewayConnectionParameters", RoutingWeight=4)
    one = f"{CONNECTIONS}/virtualnetworkgateway/{door}/connectedentity/{device}"
    plain = connection(door, device, RoutingWeight=3)
    await walk(
        management,
        ("GET", GATEWAY, {"State": "NotProvisioned"}),
        ("POST", f"{NETWORKING}/inside/virtualnetworkgateways", gateway("DOOR"), 409),
        ("GET", LOCAL, {"GatewayName": ["branch", "tower"]}),
        ("POST", CONNECTIONS, connection(door, device, EnableBgp="true"), "BgpSettings"),
        ("POST", CONNECTIONS, connection(door, "none"), 404),
        ("POST", CONNECTIONS, connection(door, with_bgp, EnableBgp="true")),
    )
    made = await ended(management, await management.post(CONNECTIONS, plain))
    assert made.find("OperationName") == "CreateGatewayConnectionWorkItem"
    await walk(
        management,
        ("POST", CONNECTIONS, plain, 409),
        ("POST", CONNECTIONS, connection("", device), 404),
        ("GET", CONNECTIONS, {"ConnectedEntityId": [with_bgp, device], "EnableBgp": ["true"]}),
        ("PATCH", one, first),
        ("GET", one, {"RoutingWeight": "4", "GatewayConnectionName": "way"}),
        *(("DELETE", path, "", "has connections") for path in (f"{GATEWAYS}/{door}", f"{LOCAL}/{device}")),
        *(("DELETE", one.replace(device, entity)) for entity in (device, with_bgp)),
        ("GET", one, 404),
        ("DELETE", f"{LOCAL}/{device}", 200),
        ("DELETE", f"{GATEWAYS}/{door}"),
        ("GET", GATEWAYS, {"GatewayId": []}),
    )


@pytest.mark.parametrize("generation", [1, 2])
async def test_keys_and_encryption(management, generation):
    """A connection has both from the start; the second generation tells the service's own values for 0."""
    key, encrypted, reset = KEY, IPSEC, "PUT"
    usual = {"SADataSizeKilobytes": "0", "SALifeTimeSeconds": "0", "HashAlgorithm": None}
    if generation == 1:
        await walk(management, provisioning())
    else:
        door, device = await second(management), (await management.post(LOCAL, local())).root.text
        await walk(management, ("POST", CONNECTIONS, connection(door, device)))
        key, encrypted = (
            f"{GATEWAYS}/{door}/connectedentity/{device}/{what}" for what in ("sharedkey", "ipsecparameters")
        )
        reset = "PATCH"
        usual = {"SADataSizeKilobytes": "102400000", "SALifeTimeSeconds": "3600", "HashAlgorithm": "SHA1"}
    assert len((await management.get(key)).find("Value")) == 32
    await walk(
        management,
        ("POST", key, parameters("SharedKey", Value="Ours1")),
        ("GET", key, {"Value": "Ours1"}),
        (reset, key, parameters("ResetSharedKey", KeyLength=128)),
        ("GET", encrypted, {"EncryptionType": "RequireEncryption"}),
        ("PATCH", encrypted, encryption()),
        ("GET", encrypted, {"EncryptionType": "AES256", "PfsGroup": "PFS1"} | usual),
    )
    assert len((await management.get(key)).find("Value")) == 128


async def test_changes_of_local_network_gateways(management):
    """What a change does not name stays; there may be as many as local networks in the file."""
    device = f"{LOCAL}/{(await management.post(LOCAL, local())).root.text}"
    change = document("UpdateLocalNetworkGatewayParameters", bgp(65020))
    found = await walk(management, ("PATCH", device, change), ("GET", device, {"Asn": "65020"}))
    assert "172.16.0.0/12" in found.text
    room = Quotas().local_network_sites - 1
    many = [("POST", LOCAL, local(f"device{number}")) for number in range(room)]
    await walk(management, *many, ("POST", LOCAL, local("one more"), "limit"))
