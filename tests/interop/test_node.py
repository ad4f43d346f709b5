"""Azure's own libraries for Node, unchanged, against an emulator: what the journey in node/journey.js comes to."""

import base64
import json
import os
import subprocess
from pathlib import Path

import pytest
from doubles.certificates import management_certificate
from doubles.emulator_thread import emulator_in_thread
from doubles.foreign import Unavailable, node_modules
from doubles.samples import cscfg

HERE = Path(__file__).parent / "node"

NETWORKS = """<NetworkConfiguration xmlns="http://schemas.microsoft.com/ServiceHosting/2011/07/NetworkConfiguration">
  <VirtualNetworkConfiguration>
    <LocalNetworkSites><LocalNetworkSite name="office">
      <AddressSpace><AddressPrefix>192.168.0.0/16</AddressPrefix></AddressSpace>
      <VPNGatewayAddress>198.51.100.1</VPNGatewayAddress></LocalNetworkSite></LocalNetworkSites>
    <VirtualNetworkSites>
    <VirtualNetworkSite name="nodenet" Location="West US">
      <AddressSpace><AddressPrefix>10.1.0.0/16</AddressPrefix></AddressSpace>
      <Subnets><Subnet name="first"><AddressPrefix>10.1.0.0/24</AddressPrefix></Subnet>
        <Subnet name="GatewaySubnet"><AddressPrefix>10.1.1.0/27</AddressPrefix></Subnet></Subnets>
      <Gateway><ConnectionsToLocalNetwork><LocalNetworkSiteRef name="office"><Connection type="IPsec"/>
        </LocalNetworkSiteRef></ConnectionsToLocalNetwork></Gateway>
    </VirtualNetworkSite>
  </VirtualNetworkSites></VirtualNetworkConfiguration>
</NetworkConfiguration>"""

EXPECTS_200 = "management.managementCertificates.create"
"""This method takes the 201 that the service answered, and the emulator answers, for a failure."""

pytestmark = pytest.mark.timeout(300)  # installing them takes longer than any test


class Journey:
    """What came of each call, in its order.

    Attributes:
        calls: name, and result or error, as the program wrote them.
    """

    def __init__(self, lines):
        self.calls = [json.loads(line) for line in lines]

    def results(self, name):
        """The results of all calls of a method that succeeded, as ``compute.hostedServices.get``."""
        return [call["result"] for call in self.calls if call["call"] == name and "result" in call]

    def errors(self, name):
        """The errors of all calls of a method that failed."""
        return [call["error"] for call in self.calls if call["call"] == name and "error" in call]


@pytest.fixture(scope="module")
def journey():
    try:
        modules = node_modules(HERE)
    except Unavailable as error:
        pytest.skip(f"no libraries for Node: {error}")
    another, of_service = management_certificate("interop"), management_certificate("service")
    with emulator_in_thread(clock=800) as emulator:
        facts = {
            "url": emulator.url,
            "subscription_id": emulator.subscription_id,
            "certificate": str(emulator.certificate_path),
            "another": {
                "public_key": another.public_key_base64,
                "thumbprint": another.thumbprint,
                "data": another.data_base64,
            },
            "pfx": base64.b64encode(of_service.to_pfx("secret")).decode(),
            "pfx_thumbprint": of_service.thumbprint,
            "network_configuration": NETWORKS,
            "configuration": cscfg(web=2),
            "changed_configuration": cscfg(web=3),
            "root_certificate": of_service.data_base64,
        }
        environment = {
            "PATH": os.environ["PATH"],
            "NODE_PATH": str(modules),
            "NODE_EXTRA_CA_CERTS": str(emulator.ca_path),
        }
        command = ["node", "--no-deprecation", HERE / "journey.js"]
        done = subprocess.run(
            command,
            input=json.dumps(facts),
            env=environment,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    # A certificate read as text may have any separator of lines but this one, which JSON escapes.
    return Journey(done.stdout.split("\n")[:-1])


def test_each_call_succeeds(journey):
    """But those for what is not there, as the libraries understand the service's answers."""
    failed = [call for call in journey.calls if "error" in call]
    missing = [call for call in failed if call["error"].get("code") == "ResourceNotFound"]
    assert len(missing) == 3
    assert [call for call in failed if call not in missing] == [
        {"call": EXPECTS_200, "error": {"status": 201, "message": ""}}
    ]
    assert journey.calls[-1]["call"] == "management.subscriptions.listOperations"


def test_what_is_not_there_is_told_by_code_and_words(journey):
    """Programs look for the code to learn whether to create it."""
    (error,) = journey.errors("compute.hostedServices.get")
    assert error == {
        "status": 404,
        "code": "ResourceNotFound",
        "message": "The hosted service does not exist.",
    }
    (error,) = journey.errors("compute.virtualMachineOSImages.get")
    assert (error["status"], error["code"]) == (404, "ResourceNotFound")


def test_the_subscription_and_its_certificates(journey):
    """They are read; a second certificate is there until it is deleted."""
    (locations,) = journey.results("management.locations.list")
    assert "West US" in {location["name"] for location in locations["locations"]}
    (certificate,) = journey.results("management.managementCertificates.get")
    assert certificate["thumbprint"] == management_certificate("interop").thumbprint.upper()
    (listed,) = journey.results("management.subscriptions.listOperations")
    names = {operation["operationName"] for operation in listed["subscriptionOperations"]}
    assert {"CreateAffinityGroup", "DeleteHostedService", "AddRole"} <= names


def test_a_storage_account(journey):
    """It is what was asked for, and a renewed key is another one."""
    (read,) = journey.results("storage.storageAccounts.get")
    account = read["storageAccount"]
    assert account["extendedProperties"]["made"] == "by Node"
    assert (account["properties"]["status"], account["properties"]["accountType"]) == (
        "Created",
        "Standard_LRS",
    )
    (before,), (after,) = (
        journey.results(f"storage.storageAccounts.{method}") for method in ("getKeys", "regenerateKeys")
    )
    assert before["primaryKey"] != after["primaryKey"]
    assert before["secondaryKey"] == after["secondaryKey"]


def test_a_virtual_network(journey):
    """Its site is listed, and a free address of it found."""
    (listed,) = journey.results("network.networks.list")
    (site,) = listed["virtualNetworkSites"]
    assert (site["name"], site["location"]) == ("nodenet", "West US")
    assert site["subnets"][0] == {"name": "first", "addressPrefix": "10.1.0.0/24"}
    (checked,) = journey.results("network.staticIPs.check")
    assert checked["isAvailable"] is True


def test_routes(journey):
    """A route is read as it was set, and its table by the subnet that has it."""
    (read,) = journey.results("network.routes.getRouteTableWithDetails")
    (route,) = read["routeTable"]["routeList"]
    assert (route["name"], route["nextHop"]) == ("all", {"type": "VirtualAppliance", "ipAddress": "10.1.0.9"})
    (associated,) = journey.results("network.routes.getRouteTableForSubnet")
    assert associated["routeTableName"] == "nodetable"


def test_gateways(journey):
    """Both generations are waited for, by the operations that their answers name."""
    (gateway,) = journey.results("network.gateways.get")
    assert (gateway["state"], gateway["gatewayType"]) == ("Provisioned", "DynamicRouting")
    (key,) = journey.results("network.gateways.getSharedKey")
    assert key["sharedKey"] == "OursAndTheirs1"
    (connections,) = journey.results("network.gateways.listConnections")
    assert [one["connectivityState"] for one in connections["connections"]] == ["Connected"]
    (resized,) = journey.results("network.gateways.resize")
    assert resized["status"] == "Successful"
    (connection,) = journey.results("network.gateways.getGatewayConnection")
    assert (connection["routingWeight"], connection["enableBgp"]) == (3, True)
    before, after = journey.results("network.gateways.listVirtualNetworkGateways")
    assert [len(one["virtualNetworkGateways"]) for one in (before, after)] == [1, 0]


def test_application_gateways(journey):
    """One runs with what it was told, at its static address, and is changed meanwhile."""
    (told,) = journey.results("network.applicationGateways.getConfig")
    assert told["httpListeners"][0]["sslCert"] == "nodecert"
    assert [one["iPAddress"] for one in told["backendAddressPools"][0]["backendServers"]] == [
        "10.1.0.4",
        "10.1.0.5",
    ]
    (running,) = journey.results("network.applicationGateways.get")
    assert (running["state"], running["virtualIPs"]) == ("Running", ["10.1.0.20"])
    (listed,) = journey.results("network.applicationGateways.list")
    (stopped,) = listed["applicationGateways"]
    assert (stopped["state"], stopped["instanceCount"], stopped["gatewaySize"]) == ("Stopped", 4, "Large")


def test_traffic_profiles(journey):
    """A name that was free leads to two endpoints, until it is switched off."""
    (checked,) = journey.results("traffic.profiles.checkDnsPrefixAvailability")
    assert checked["result"] is True
    (read,) = journey.results("traffic.definitions.get")
    policy = read["definition"]["policy"]
    assert [one["weight"] for one in policy["endpoints"]] == [1, 3]
    assert policy["endpoints"][1]["monitorStatus"] == "Disabled"
    (listed,) = journey.results("traffic.profiles.list")
    assert [one["status"] for one in listed["profiles"]] == ["Disabled"]


def test_a_deployment_of_machines(journey):
    """It is read with both instances, at the reserved address."""
    (address,) = journey.results("network.reservedIPs.get")
    (deployment,) = journey.results("compute.deployments.getByName")
    assert (deployment["name"], deployment["status"]) == ("nodevms", "Running")
    assert deployment["virtualIPAddresses"][0]["address"] == address["address"]
    instances = {each["instanceName"]: each["instanceStatus"] for each in deployment["roleInstances"]}
    assert instances == {"one": "ReadyRole", "two": "ReadyRole"}


def test_a_role_is_read_changed_and_written_back(journey):
    """What was read can be sent again, with an endpoint more."""
    before, after, *_ = journey.results("compute.virtualMachines.get")
    assert (before["roleSize"], after["roleSize"]) == ("Small", "Medium")
    (network,) = [
        each for each in after["configurationSets"] if each["configurationSetType"] == "NetworkConfiguration"
    ]
    endpoints = {each["name"]: (each["port"], each["localPort"]) for each in network["inputEndpoints"]}
    assert endpoints == {"ssh": (2202, 22), "web": (8080, 80)}
    assert after["availabilitySetName"] == "together"


def test_what_happened_to_machines(journey):
    """Restart, redeployment and maintenance are events of the deployment."""
    by_name, by_slot = (
        journey.results(f"compute.deployments.{each}") for each in ("listEvents", "listEventsBySlot")
    )
    assert [event["instanceName"] for event in by_name[0]["deploymentEvents"]] == ["two", "one", "one"]
    assert by_slot[0]["deploymentEvents"] == by_name[0]["deploymentEvents"]


def test_a_network_security_group(journey):
    """It has the rule that was set, before the service's own, and tells where it is."""
    (group,) = journey.results("network.networkSecurityGroups.get")
    assert [rule["name"] for rule in group["rules"] if not rule.get("isDefault")] == ["web"]
    for place in ("getForSubnet", "getForRole"):
        (found,) = journey.results(f"network.networkSecurityGroups.{place}")
        assert found["name"] == "nodegroup"


def test_an_extension_of_a_service(journey):
    """Its public configuration is shown, its private one not."""
    (extension,) = journey.results("compute.hostedServices.getExtension")
    assert (extension["id"], extension["type"]) == ("RDP-node", "RDP")
    assert "someone" in extension["publicConfiguration"]
    assert "privateConfiguration" not in extension


def test_images(journey):
    """An OS image is what it was made as; a VM image tells how far its replication is."""
    (image,) = journey.results("compute.virtualMachineOSImages.get")
    assert (image["label"], image["category"], image["operatingSystemType"]) == ("renamed", "User", "Linux")
    (details,) = journey.results("compute.virtualMachineVMImages.getDetails")
    assert [each["location"] for each in details["replicationProgress"]] == ["West US"]
    assert details["computeImageAttributes"] == {"offer": "offer", "sku": "sku", "version": "1.0.0"}


def test_disks(journey):
    """A new data disk has the size and the place that were asked for, and disks tell what they are attached to."""
    (disk,) = journey.results("compute.virtualMachineDisks.getDataDisk")
    assert (disk["logicalDiskSizeInGB"], disk["hostCaching"]) == (10, "ReadOnly")
    assert disk["mediaLinkUri"] == "https://nodestore.blob.core.windows.net/vhds/data.vhd"
    (listed,) = journey.results("compute.virtualMachineDisks.listDisks")
    used = {disk["usageDetails"]["roleName"] for disk in listed["disks"] if "usageDetails" in disk}
    assert used == {"one", "two"}


def test_a_cloud_service_is_upgraded_and_swapped(journey):
    """In production there is what was staged, with the last configuration."""
    _, production = journey.results("compute.deployments.getBySlot")
    assert (production["name"], production["label"]) == ("v1", "v2")
    assert len(production["roleInstances"]) == 3
