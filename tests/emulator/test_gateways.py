"""VPN gateways of both generations, their connections and operations, and local network gateways."""

import base64
from datetime import timedelta

import pytest
from doubles.bare_client import document
from doubles.certificates import management_certificate
from doubles.compute import tag
from doubles.refusing import refusals

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
NOT_YET = "The current provisioning status of the gateway prevents this operation."
NO_KEY = "The specified shared key was not valid."


def parameters(root, **members):
    return document(root, *(tag(name, text) for name, text in members.items()))


def update(operation, **members):
    return parameters("UpdateGatewayParameters", **members, Operation=operation)


def encryption(kind="AES256", group="PFS1"):
    members = {"EncryptionType": kind, "PfsGroup": group, "SADataSizeKilobytes": 0, "SALifeTimeSeconds": 0}
    return parameters("IPsecParameters", **members)


def capture(**members):
    given = {"CaptureDurationInSeconds": "60", "ContainerName": "logs", "CustomerStorageKey": "key"}
    given |= {"CustomerStorageName": "others", "Operation": "StartDiagnostics"} | members
    return parameters(
        "UpdateGatewayPublicDiagnostics", **{name: text for name, text in given.items() if text}
    )


def local(name="branch", bgp="", prefix="172.16.0.0/12"):
    space = (
        '<AddressSpace xmlns:a="http://schemas.microsoft.com/2003/10/Serialization/Arrays">'
        f"<a:string>{prefix}</a:string></AddressSpace>"
    )
    root = "CreateLocalNetworkGatewayParameters"
    return document(root, space, tag("GatewayName", name), tag("IpAddress", "198.51.100.2"), bgp)


async def patched(management, path, body):
    return await management.send("PATCH", path, body)


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


async def provisioned(management, kind="DynamicRouting"):
    made = await management.post(GATEWAY, parameters("CreateGatewayParameters", gatewayType=kind))
    return await ended(management, made)


UNKNOWN = "The specified virtual network name 'none' is not valid or could not be found."
REFUSED = [
    ("GET", GATEWAY.replace("inside", "none"), "", 400, UNKNOWN),
    (
        "POST",
        GATEWAY.replace("inside", "bare"),
        parameters("CreateGatewayParameters"),
        400,
        "A gateway is not specified",
    ),
    (
        "POST",
        f"{NETWORKING}/bare/virtualnetworkgateways",
        parameters("CreateVirtualNetworkGatewayParameters"),
        400,
        "GatewaySubnet",
    ),
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
    before = await management.get(GATEWAY)
    assert (before.find("State"), before.find("GatewaySize")) == ("NotProvisioned", "None")
    made = await management.post(GATEWAY, parameters("CreateGatewayParameters", GatewaySize="Standard"))
    assert (made.status, made.find("ID").replace("-", "")) == (201, made.request_id)
    under_way = await management.get(f"{NETWORKING}/operation/{made.find('ID')}")
    assert (under_way.find("Status"), under_way.find_all("HttpStatusCode")) == ("InProgress", [])
    assert (await management.get(GATEWAY)).find("State") == "Provisioning"
    assert (await management.post(GATEWAY, parameters("CreateGatewayParameters"))).status == 409
    begun = management.clock.now()
    done = await ended(management, made)
    assert timedelta(minutes=13) < management.clock.now() - begun < timedelta(minutes=17)
    assert [done.find(name) for name in ("HttpStatusCode", "OperationName", "Status")] == [
        "OK",
        "CreateGateway",
        "Successful",
    ]
    assert not done.find("OperationStartedTime").endswith("Z")
    shown = await management.get(GATEWAY)
    assert [shown.find(name) for name in ("GatewayType", "Id", "State", "GatewaySize")] == [
        "StaticRouting",
        "23002",
        "Provisioned",
        "Standard",
    ]
    removed = await management.put(f"{NETWORKING}/media", FILE.replace("GatewaySubnet", "other"))
    assert "GatewaySubnet is currently in use" in removed.message
    assert (await ended(management, await management.delete(GATEWAY))).find(
        "OperationName"
    ) == "DeleteGateway"
    after = await management.get(GATEWAY)
    assert [after.find(name) for name in ("Id", "State", "GatewaySize")] == [
        "23004",
        "NotProvisioned",
        "Standard",
    ]
    empty = (
        FILE[: FILE.index("<LocalNetworkSites>")] + "</VirtualNetworkConfiguration></NetworkConfiguration>"
    )
    await management.finished(await management.put(f"{NETWORKING}/media", empty))
    assert (await management.get(GATEWAY)).status == 400


async def test_resetting_and_resizing(management):
    """A resizing takes most of an hour; a gateway with static routing keeps its size."""
    await provisioned(management)
    begun = management.clock.now()
    resized = await ended(
        management, await patched(management, GATEWAY, update("Resize", GatewaySize="HighPerformance"))
    )
    assert resized.find("OperationName") == "UpgradeGateway"
    assert timedelta(minutes=43) < management.clock.now() - begun < timedelta(minutes=57)
    shown = await management.get(GATEWAY)
    assert (shown.find("GatewaySize"), shown.find("Id")) == ("HighPerformance", "23007")
    for operation in ("Reset", "Failover"):
        assert (await ended(management, await patched(management, GATEWAY, update(operation)))).find(
            "Status"
        ) == "Successful"
    assert (await patched(management, GATEWAY, update("Repaint"))).status == 400
    by_library = document("UpdateGateway", tag("UpdateGatewayOperation", "Failover"))
    await ended(management, await management.send("DELETE", GATEWAY, by_library))
    assert (await management.get(GATEWAY)).find("State") == "Provisioned"
    await ended(management, await management.delete(GATEWAY))
    await provisioned(management, "StaticRouting")
    refused = await patched(management, GATEWAY, update("Resize", GatewaySize="Standard"))
    assert refused.message == "The current operation or request is invalid against Static-Routing gateway."
    for answer in (
        await patched(management, IPSEC, encryption()),
        await management.delete(f"{GATEWAY}/defaultsites"),
    ):
        assert answer.message.startswith("This operation is enabled only for the following gateway mode(s)")


async def test_connections_to_sites(management):
    """Each site of the file has a key and encryption from the start, and is connected when somebody says so."""
    await provisioned(management)
    first = (await management.get(KEY)).find("Value")
    assert (len(first), first) == (32, (await management.get(KEY)).find("Value"))
    for text in ("", "with-hyphen", "x" * 129):
        assert NO_KEY in (await management.post(KEY, parameters("SharedKey", Value=text))).message
    await ended(management, await management.post(KEY, parameters("SharedKey", Value="Ours1")))
    assert (await management.get(KEY)).find("Value") == "Ours1"
    await ended(management, await management.put(KEY, parameters("ResetSharedKey", KeyLength=128)))
    assert len((await management.get(KEY)).find("Value")) == 128
    assert (await management.get(IPSEC)).find("EncryptionType") == "RequireEncryption"
    await ended(management, await patched(management, IPSEC, encryption()))
    assert (await management.get(IPSEC)).find("EncryptionType") == "AES256"
    assert (await patched(management, IPSEC, encryption("ROT13"))).status == 400
    connect = parameters("UpdateConnection", Operation="Connect")
    for body, state in ((connect, "Connected"), (connect.replace("Connect<", "Disconnect<"), "NotConnected")):
        await ended(management, await management.put(f"{GATEWAY}/connection/office", body))
        listed = await management.get(f"{GATEWAY}/connections")
        assert (listed.find_all("LocalNetworkSiteName"), listed.find("ConnectivityState")) == (
            ["office"],
            state,
        )
    unknown = await management.get(KEY.replace("OFFICE", "none"))
    assert (
        unknown.message == "The specified local network site name 'none' is not valid or could not be found."
    )


async def test_default_sites(management):
    """A gateway with dynamic routing has one default site, or none."""
    await provisioned(management)
    sites = f"{GATEWAY}/defaultsites"
    await ended(management, await management.post(sites, parameters("DefaultSiteList", string="Office")))
    assert (await management.get(GATEWAY)).find_all("string") == ["office"]
    assert (await management.post(sites, parameters("DefaultSiteList", string="none"))).status == 400
    await ended(management, await management.delete(sites))
    assert (await management.get(GATEWAY)).find_all("string") == []


async def test_captures(management):
    """A capture ends by itself, or some time after it is stopped; a key of one's own account must be right."""
    await provisioned(management)
    refused = await management.put(CAPTURE, capture(CustomerStorageName="store"))
    assert "The input stoarge information is incorrect." in refused.message
    key = (await management.get("services/storageservices/store/keys")).find("Primary")
    started = await management.put(CAPTURE, capture(CustomerStorageName="store", CustomerStorageKey=key))
    assert (await management.get(CAPTURE)).find("State") == "InProgress"
    await ended(management, started)
    management.clock.advance(30)
    found = await management.get(CAPTURE)
    assert (found.find("State"), "/logs/VNetGatewayDiagCapture" in found.find("PublicDiagnosticsUrl")) == (
        "Ready",
        True,
    )
    await ended(management, await management.put(CAPTURE, capture(CaptureDurationInSeconds="300")))
    await ended(
        management,
        await management.put(
            CAPTURE, document("UpdateGatewayPublicDiagnostics", tag("Operation", "StopDiagnostics"))
        ),
    )
    assert (await management.get(CAPTURE)).find("State") == "StopInProgress"
    management.clock.advance(240)
    assert (await management.get(CAPTURE)).find("State") == "Ready"


async def test_vpn_clients(management):
    """They need a root certificate; the package's URL is told by the operation."""
    await provisioned(management)
    package = f"{GATEWAY}/vpnclientpackage"
    wanted = parameters("VpnClientParameters", ProcessorArchitecture="Amd64")
    assert "client root certificate" in (await management.post(package, wanted)).message
    certificate = management_certificate("root")
    sent = certificate.data_base64
    assert (await management.post(CERTIFICATES, sent)).status == 202
    listed = await management.get(CERTIFICATES)
    (thumbprint,) = listed.find_all("Thumbprint")
    assert thumbprint.lower() == certificate.thumbprint.lower()
    kept = await management.get(f"{CERTIFICATES}/{thumbprint.lower()}")
    assert base64.b64decode(kept.text) == base64.b64decode(sent)
    made = await ended(management, await management.post(package, wanted))
    assert made.find("Data").endswith("amd64.exe")
    assert (await management.delete(f"{CERTIFICATES}/{thumbprint}")).status == 200
    assert (await management.get(CERTIFICATES)).status == 404


async def test_devices(management):
    """There is a script for each device that is listed, with both ends and the keys."""
    await provisioned(management)
    listed = await management.get(f"{NETWORKING}/supporteddevices")
    vendor, platform, family = (
        listed.root.find(path).get("name")
        for path in ("Vendor", "Vendor/Platform", "Vendor/Platform/OSFamily")
    )
    target = f"{GATEWAY}/vpndeviceconfigurationscript?vendor={vendor}&platform={platform}&OSfamily={family}"
    script = (await management.get(target.replace(" ", "%20"))).root.text
    assert (await management.get(KEY)).find("Value") in script
    assert "198.51.100.1" in script
    assert (await management.get(target.partition("?")[0])).status == 400


async def second(management, name="door"):
    body = parameters("CreateVirtualNetworkGatewayParameters", GatewayName=name, GatewayType="DynamicRouting")
    await ended(management, await management.post(f"{NETWORKING}/inside/virtualnetworkgateways", body))
    return (await management.get(GATEWAYS)).find_all("GatewayId")[-1]


def connection(gateway, entity, **members):
    names = {"ConnectedEntityId": entity, "GatewayConnectionName": "way", "GatewayConnectionType": "IPsec"}
    return parameters(
        "CreateGatewayConnectionParameters", **names, VirtualNetworkGatewayId=gateway, **members
    )


async def test_the_second_generation(management):
    """Several gateways of a network are connected to devices outside, and gone in the order of their use."""
    gateway = await second(management)
    assert (await management.get(GATEWAY)).find("State") == "NotProvisioned"
    taken = parameters("CreateVirtualNetworkGatewayParameters", GatewayName="DOOR")
    assert (await management.post(f"{NETWORKING}/inside/virtualnetworkgateways", taken)).status == 409
    device = (await management.post(LOCAL, local())).root.text
    bgp = "<BgpSettings><Asn>65010</Asn><BgpPeeringAddress>172.16.0.1</BgpPeeringAddress><PeerWeight>5</PeerWeight></BgpSettings>"
    with_bgp = (await management.post(LOCAL, local("tower", bgp))).root.text
    assert (await management.get(LOCAL)).find_all("GatewayName") == ["branch", "tower"]
    refused = await management.post(CONNECTIONS, connection(gateway, device, EnableBgp="true"))
    assert "BgpSettings" in refused.message
    assert (await management.post(CONNECTIONS, connection(gateway, "none"))).status == 404
    for body in (
        connection(gateway, device, RoutingWeight=3),
        connection(gateway, with_bgp, EnableBgp="true"),
    ):
        made = await ended(management, await management.post(CONNECTIONS, body))
        assert made.find("OperationName") == "CreateGatewayConnectionWorkItem"
    assert (await management.post(CONNECTIONS, connection(gateway, device))).status == 409
    found = await management.get(CONNECTIONS)
    assert (found.find_all("ConnectedEntityId"), found.find_all("EnableBgp")) == (
        [device, with_bgp],
        ["true"],
    )
    one = f"{CONNECTIONS}/virtualnetworkgateway/{gateway}/connectedentity/{device}"
    change = parameters("UpdateGatewayConnectionParameters", RoutingWeight=4)
    await ended(management, await patched(management, one, change))
    assert [
        (await management.get(one)).find(name) for name in ("RoutingWeight", "GatewayConnectionName")
    ] == ["4", "way"]
    for path in (f"{GATEWAYS}/{gateway}", f"{LOCAL}/{device}"):
        assert "has connections" in (await management.delete(path)).message
    for entity in (device, with_bgp):
        await ended(management, await management.delete(one.replace(device, entity)))
    assert (await management.get(one)).status == 404
    assert (await management.delete(f"{LOCAL}/{device}")).status == 200
    await ended(management, await management.delete(f"{GATEWAYS}/{gateway}"))
    assert (await management.get(GATEWAYS)).find_all("GatewayId") == []


async def test_keys_and_encryption_of_connections(management):
    """They are set and made anew as with the first generation; encryption tells the service's own values for 0."""
    gateway = await second(management)
    device = (await management.post(LOCAL, local())).root.text
    await ended(management, await management.post(CONNECTIONS, connection(gateway, device)))
    entity = f"{GATEWAYS}/{gateway}/connectedentity/{device}"
    assert len((await management.get(f"{entity}/sharedkey")).find("Value")) == 32
    await ended(
        management, await management.post(f"{entity}/sharedkey", parameters("SharedKey", Value="Ours1"))
    )
    assert (await management.get(f"{entity}/sharedkey")).find("Value") == "Ours1"
    await ended(
        management,
        await patched(management, f"{entity}/sharedkey", parameters("ResetSharedKey", KeyLength=16)),
    )
    assert len((await management.get(f"{entity}/sharedkey")).find("Value")) == 16
    await ended(management, await patched(management, f"{entity}/ipsecparameters", encryption()))
    shown = await management.get(f"{entity}/ipsecparameters")
    assert [
        shown.find(name) for name in ("PfsGroup", "SADataSizeKilobytes", "SALifeTimeSeconds", "HashAlgorithm")
    ] == ["PFS1", "102400000", "3600", "SHA1"]


async def test_changes_of_local_network_gateways(management):
    """What a change does not name stays; there may be as many as local networks in the file."""
    device = (await management.post(LOCAL, local())).root.text
    bgp = "<BgpSettings><Asn>65020</Asn><BgpPeeringAddress>172.16.0.2</BgpPeeringAddress><PeerWeight>0</PeerWeight></BgpSettings>"
    assert (
        await patched(management, f"{LOCAL}/{device}", document("UpdateLocalNetworkGatewayParameters", bgp))
    ).status == 200
    shown = await management.get(f"{LOCAL}/{device}")
    assert ("172.16.0.0/12" in shown.text, shown.find("Asn")) == (True, "65020")
    for number in range(Quotas().local_network_sites - 1):
        assert (await management.post(LOCAL, local(f"device{number}"))).status == 200
    assert "limit" in (await management.post(LOCAL, local("one more"))).message
