"""Deployments as documents show them, with what is in no request and without much that is."""

import re

import pytest
from doubles import compute
from doubles.bare_client import Answer, Management, document
from doubles.compute import (
    LINUX_SET,
    SERVICES,
    SHOP,
    decoded,
    empty_disk,
    endpoint,
    machine,
    machines,
    network,
)
from doubles.machines import ROLES, VMS, done, operations, role, running, shutdown, stopped

from asyncsm.emulator import Emulator, ManualClock

PRODUCTION = f"{SHOP}/deploymentslots/production"
FIRST = f"{SHOP}/deployments/first"
NEWEST = "2016-06-01"

AGENT = "<ProvisionGuestAgent>true</ProvisionGuestAgent></Role>"
EXTENSION = (
    "<ResourceExtensionReferences><ResourceExtensionReference><ReferenceName>shows</ReferenceName>"
    "<Publisher>Microsoft.Compute</Publisher><Name>BGInfo</Name><Version>1.*</Version>"
    "<ResourceExtensionParameterValues/><ForceUpdate>true</ForceUpdate></ResourceExtensionReference>"
    "</ResourceExtensionReferences>"
)
SITE = (
    '<NetworkConfiguration xmlns="http://schemas.microsoft.com/ServiceHosting/2011/07/NetworkConfiguration">'
    '<VirtualNetworkConfiguration><VirtualNetworkSites><VirtualNetworkSite name="net" Location="West US">'
    "<AddressSpace><AddressPrefix>10.0.0.0/16</AddressPrefix></AddressSpace><Subnets>"
    '<Subnet name="front"><AddressPrefix>10.0.1.0/24</AddressPrefix></Subnet>'
    '<Subnet name="back"><AddressPrefix>10.0.2.0/24</AddressPrefix></Subnet></Subnets>'
    "</VirtualNetworkSite></VirtualNetworkSites></VirtualNetworkConfiguration></NetworkConfiguration>"
)


@pytest.fixture(autouse=True)
async def shop(emulator: Emulator, management: Management) -> None:
    """An empty hosted service, and a storage account for its disks."""
    compute.add_store(emulator)
    await management.post(SERVICES, compute.hosted_service())


def network_with(parts: str, *endpoints: str) -> str:
    return network(*endpoints).replace("</ConfigurationSet>", f"{parts}</ConfigurationSet>")


async def as_of(management: Management, version: str, path: str = VMS) -> Answer:
    """A document as a version shows it."""
    return await management.send("GET", path, x_ms_version=version)


async def test_what_was_not_asked_for_is_not_shown(management: Management):
    """No time-out that nobody asked for, no parts without content, and no label of a machine."""
    nothing = "<PublicIPs/><NetworkInterfaces/><StoredCertificateSettings/>"
    opened = endpoint("ssh", 22, 22).replace("<Protocol>", "<LoadBalancerProbe/><Protocol>")
    opened = opened.replace("</InputEndpoint>", "<EndpointAcl><Rules/></EndpointAcl></InputEndpoint>")
    body = machine(sets=LINUX_SET + network_with(nothing, opened))
    await running(
        management, body.replace("</DataVirtualHardDisks>", "</DataVirtualHardDisks><Label>a</Label>")
    )
    for path in (VMS, f"{ROLES}/vm1"):
        shown = await as_of(management, NEWEST, path)
        role_shown = shown.text.partition("<ConfigurationSet")[2].partition("<SdkVersion")[0]
        absent = "IdleTimeoutInMinutes PublicIPs NetworkInterfaces StoredCertificate Label"
        for name in (*absent.split(), "LoadBalancerProbe", "EndpointAcl"):
            assert f"<{name}" not in role_shown, name
        assert "<ResourceExtensionReferences" not in role_shown


async def test_time_out_that_was_asked_for(management: Management):
    """An idle time-out is shown where it was asked for, with the role and with its instance."""
    idle = endpoint("ssh", 22, 22).replace(
        "</InputEndpoint>", "<IdleTimeoutInMinutes>5</IdleTimeoutInMinutes></InputEndpoint>"
    )
    await running(management, machine(sets=LINUX_SET + network(idle, endpoint("web", 80, 80))))
    assert (await management.get(VMS)).find_all("IdleTimeoutInMinutes") == ["5", "5"]


async def test_probe_and_rules_have_the_services_form(management: Management):
    """A probe without times has the usual ones, and actions of rules are written in small letters."""
    probe = "<LoadBalancerProbe><Port>80</Port><Protocol>TCP</Protocol></LoadBalancerProbe>"
    rule = "<Order>1</Order><Action>PERMIT</Action><RemoteSubnet>10.0.0.0/8</RemoteSubnet>"
    given = endpoint("web", 80, 80, group="all").replace("<Protocol>tcp", f"{probe}<Protocol>tcp")
    given = given.replace(
        "</InputEndpoint>", f"<EndpointAcl><Rules><Rule>{rule}</Rule></Rules></EndpointAcl></InputEndpoint>"
    )
    await running(management, machine(sets=LINUX_SET + network(given)))
    shown = await management.get(f"{ROLES}/vm1")
    assert (shown.find("IntervalInSeconds"), shown.find("TimeoutInSeconds")) == ("15", "31")
    assert (shown.find("Action"), shown.find_all("Protocol")) == ("permit", ["tcp", "tcp"])


async def test_orders(management: Management):
    """Roles, their instances, the configuration and the endpoints of a role stand by name, whatever came first."""
    opened = network(endpoint("b", 1, 1), endpoint("C", 2, 2), endpoint("a", 3, 3))
    await running(management, machine("Zed", sets=LINUX_SET + opened), machine("alf"))
    shown = await management.get(VMS)
    roles = shown.root.find("{*}RoleList")
    assert [one.findtext("{*}RoleName") for one in roles] == ["alf", "Zed"]
    assert shown.find_all("InstanceName") == ["alf", "Zed"]
    assert re.findall('Role name="([^"]+)', decoded(shown.find("Configuration"))) == ["alf", "Zed"]
    assert [one.findtext("{*}Name") for one in roles.findall(".//{*}InputEndpoint")] == ["a", "b", "C"]
    assert [one.findtext("{*}Name") for one in shown.root.findall(".//{*}InstanceEndpoint")] == [
        "b",
        "C",
        "a",
    ]


async def test_what_is_empty_is_not_shown(management: Management):
    """Elements with nothing in them, which some libraries send for what was not given, never come back."""
    nothing = "".join(
        f"<{name}/>" for name in ("StaticVirtualNetworkIPAddress", "NetworkSecurityGroup", "IPForwarding")
    )
    unsaid = "<VirtualIPName/><LoadBalancerName/><LoadBalancerDistribution/></InputEndpoint>"
    opened = network(endpoint("a", 1, 1).replace("</InputEndpoint>", unsaid))
    sets = LINUX_SET + opened.replace("</ConfigurationSet>", f"{nothing}</ConfigurationSet>")
    await running(management, machine(sets=sets).replace("</Role>", "<LicenseType/></Role>"))
    management.headers = {"x-ms-version": "2016-06-01"}
    for shown in (await management.get(VMS), await management.get(f"{ROLES}/vm1")):
        names = {element.tag.rpartition("}")[2] for element in shown.root.iter()}
        assert not names & {*re.findall(r"<(\w+)/>", nothing + unsaid), "LicenseType"}


async def test_names_of_disks(management: Management):
    """Disks are called after deployment, role and number; data disks have a secure address, whatever came."""
    body = machine(data_disks=empty_disk("d.vhd", Lun=2)).replace("https:", "http:")
    await running(management, body)
    shown = await management.get(VMS)
    data, system = shown.find_all("DiskName")
    assert re.fullmatch(r"vms-vm1-2-\d{18}", data)
    assert re.fullmatch(r"vms-vm1-0-\d{18}", system)
    assert [link.partition(":")[0] for link in shown.find_all("MediaLink")] == ["https", "http"]


async def test_name_of_the_address(management: Management):
    """The address is called after the deployment, and by its name knows whether anything is or was open there."""

    async def name() -> str:
        return (await management.get(VMS)).root.findtext("{*}VirtualIPs/{*}VirtualIP/{*}Name")

    await running(management)
    assert await name() == "__PseudoBackEndContractVip"
    opened = f"<ConfigurationSets>{network(endpoint('ssh', 22, 22))}</ConfigurationSets>"
    for content, expected in ((opened, "vmsContractContract"), ("", "vmsContractVip")):
        await done(management, await management.put(f"{ROLES}/vm1", document("PersistentVMRole", content)))
        assert await name() == expected


async def test_name_of_a_reserved_address(management: Management):
    """Machines that come with a reserved address have it under its name."""
    reserved = document("ReservedIP", "<Name>mine</Name><Location>West US</Location>")
    await done(management, await management.post("services/networking/reservedips", reserved))
    opened = machine(sets=LINUX_SET + network(endpoint("ssh", 22, 22)))
    body = machines(opened, rest="<ReservedIPName>mine</ReservedIPName>")
    await done(management, await management.post(f"{SHOP}/deployments", body))
    shown = (await management.get(VMS)).root.find("{*}VirtualIPs/{*}VirtualIP")
    assert [shown.findtext(f"{{*}}{name}") for name in ("Name", "ReservedIPName")] == ["mine", "mine"]
    assert (await management.get("services/networking/reservedips/mine")).find("VirtualIPName") == "mine"


async def test_extensions(management: Management, clock: ManualClock):
    """An extension is enabled if nobody says otherwise; that it is to run again is not kept."""
    await compute.deploy_machines(management, machine(before=EXTENSION).replace("</Role>", AGENT))
    shown = await management.get(VMS)
    assert shown.find("State") == "Enable"
    assert shown.find("ForceUpdate") is None
    assert shown.find("ResourceExtensionParameterValues") is None
    assert shown.find("ResourceExtensionStatusList") is None
    clock.advance(600)
    shown = await management.get(VMS)
    said = shown.root.find(".//{*}ResourceExtensionStatus")
    version = said.findtext("{*}Version")
    assert said.findtext("{*}Status") == "Ready"
    assert said.findtext("{*}FormattedMessage/{*}Message") == (
        f"Plugin enabled (name: Microsoft.Compute.BGInfo, version: {version})."
    )


async def test_agent(management: Management, clock: ManualClock):
    """The agent is spoken of from the beginning: it is not there yet, it runs, and it was last heard of then."""

    async def agent() -> tuple[str, str, str]:
        found = (await management.get(VMS)).root.find(".//{*}GuestAgentStatus")
        names = ("Status", "GuestAgentVersion", "FormattedMessage/{*}Message")
        return tuple(found.findtext(f"{{*}}{name}") for name in names)

    await compute.deploy_machines(management, machine().replace("</Role>", AGENT))
    assert await agent() == ("NotReady", "Unknown", "Status not available for role vm1.")
    clock.advance(600)
    status, version, said = await agent()
    assert (status, said) == ("Ready", "GuestAgent is running and accepting new configurations.")
    assert re.fullmatch(r"2\.\d\.\d+\.\d+", version)
    await stopped(management)
    status, version, said = await agent()
    assert (status, version) == ("NotReady", "Unknown")
    assert re.fullmatch(r"VM Agent is unresponsive\. Status was last reported at 2015-[-\d]+T[:\d]+Z\.", said)


async def test_machine_without_agent(management: Management):
    """Nothing is said of an agent that a machine has not."""
    await running(management, machine().replace("</Role>", AGENT.replace("true", "false")))
    assert (await management.get(VMS)).find("GuestAgentStatus") is None


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (None, None),
        ("false", []),
        ("true", ["BootDiagnosticsEnabled", "ConsoleScreenshotBlobUri", "SerialOutputBlobUri"]),
    ],
)
async def test_boot_diagnostics(management: Management, given: str | None, shown: list[str] | None):
    """With boot diagnostics the addresses of what they write are shown; switched off, an empty element."""
    asked = f"<DebugSettings><BootDiagnosticsEnabled>{given}</BootDiagnosticsEnabled></DebugSettings></Role>"
    await running(management, machine().replace("</Role>", asked if given else "</Role>"))
    settings = (await as_of(management, NEWEST)).root.find(".//{*}DebugSettings")
    assert (None if settings is None else [one.tag.rpartition("}")[2] for one in settings]) == shown
    if shown:
        private_id = (await management.get(VMS)).find("PrivateID")
        start = (
            rf"https://store\.blob\.core\.windows\.net/bootdiagnostics[-\da-f]{{36}}/shop\.{private_id}\.vm1"
        )
        assert re.fullmatch(rf"{start}-screenshot\.bmp", settings[1].text)
        assert re.fullmatch(rf"{start}-seriallog\.txt", settings[2].text)


async def test_public_address_of_a_machine(management: Management):
    """A machine's own public address is shown with its names, if it has a label; without one, that there is none."""
    own = "<PublicIPs><PublicIP><Name>mine</Name>{}</PublicIP></PublicIPs>"
    labelled = own.format("<DomainNameLabel>front</DomainNameLabel>")
    plain = own.format("<IdleTimeoutInMinutes>6</IdleTimeoutInMinutes>")
    sets = [LINUX_SET + network_with(parts) for parts in (labelled, plain)]
    await running(management, machine("a", sets=sets[0]), machine("b", sets=sets[1]))
    first, second = (
        one.find("{*}PublicIPs/{*}PublicIP")
        for one in (await management.get(VMS)).root.findall(".//{*}RoleInstance")
    )
    assert [one.text for one in first.findall(".//{*}Fqdn")] == [
        "front.shop.cloudapp.net",
        "front.0.shop.cloudapp.net",
    ]
    assert second.find("{*}DomainNameLabel").attrib == {
        "{http://www.w3.org/2001/XMLSchema-instance}nil": "true"
    }
    assert second.findtext("{*}IdleTimeoutInMinutes") == "6"
    assert first.findtext("{*}Address") != second.findtext("{*}Address")


async def test_further_interfaces(management: Management):
    """Further interfaces have addresses of their subnets, which no other machine gets; a stopped machine has none."""
    await done(management, await management.put("services/networking/media", SITE))
    interface = (
        "<SubnetNames><SubnetName>front</SubnetName></SubnetNames><NetworkInterfaces><NetworkInterface>"
        "<Name>more</Name><IPConfigurations><IPConfiguration><SubnetName>{}</SubnetName></IPConfiguration>"
        "</IPConfigurations></NetworkInterface></NetworkInterfaces>"
    )
    sets = [LINUX_SET + network_with(interface.format(subnet)) for subnet in ("front", "back")]
    roles = [machine("a", sets=sets[0], size="Large"), machine("b", sets=sets[1], size="Large")]
    body = machines(*roles, rest="<VirtualNetworkName>net</VirtualNetworkName>")
    await done(management, await management.post(f"{SHOP}/deployments", body))
    shown = await as_of(management, NEWEST)
    assert shown.find_all("IpAddress") == ["10.0.1.4", "10.0.1.6"]
    found = [
        one.findtext("{*}IPConfigurations/{*}IPConfiguration/{*}Address")
        for instance in shown.root.findall(".//{*}RoleInstance")
        for one in instance.findall(".//{*}NetworkInterface")
    ]
    assert found == ["10.0.1.5", "10.0.2.4"]
    assert all(re.fullmatch("[0-9A-F]{12}", one) for one in shown.find_all("MacAddress"))
    site = await management.get("services/networking/virtualnetwork")
    assert shown.find("VirtualNetworkId") == site.find("Id")
    await stopped(management, "StoppedDeallocated", "a")
    assert len((await management.get(VMS)).find_all("MacAddress")) == 1


async def test_maintenance(management: Management, clock: ManualClock):
    """A maintenance was announced where the deployment is, before it came; it stays the same."""
    await running(management)
    first = await management.get(VMS)
    announced = [
        first.root.findtext(f"{{*}}PersistentVMDowntime/{{*}}{name}") for name in ("StartTime", "EndTime")
    ]
    assert announced[0] <= first.find("CreatedTime")
    assert announced[0] < announced[1]
    clock.advance(10_000)
    assert (await management.get(VMS)).find("EndTime") == announced[1]


@pytest.mark.parametrize(
    ("version", "unknown", "known"),
    [
        ("2011-10-01", ["IpAddress", "VirtualIPs", "CreatedTime"], ["Locked", "InstanceStateDetails"]),
        ("2014-02-01", ["GuestAgentStatus", "LoadBalancers"], ["InternalDnsSuffix"]),
        ("2014-05-01", ["IdleTimeoutInMinutes", "IOType"], ["GuestAgentStatus", "LoadBalancers"]),
        ("2015-04-01", ["DebugSettings", "LicenseType"], ["IdleTimeoutInMinutes", "IOType"]),
        (NEWEST, [], ["DebugSettings", "LicenseType"]),
    ],
)
async def test_versions(management: Management, version: str, unknown: list[str], known: list[str]):
    """A request gets what its version knows."""
    idle = endpoint("ssh", 22, 22).replace(
        "</InputEndpoint>", "<IdleTimeoutInMinutes>5</IdleTimeoutInMinutes></InputEndpoint>"
    )
    rest = (
        "<ProvisionGuestAgent>true</ProvisionGuestAgent><DebugSettings><BootDiagnosticsEnabled>true"
        "</BootDiagnosticsEnabled></DebugSettings><LicenseType>Windows_Server</LicenseType></Role>"
    )
    await running(management, machine(sets=LINUX_SET + network(idle)).replace("</Role>", rest))
    shown = (await as_of(management, version)).text
    assert [name for name in unknown if f"<{name}" in shown] == []
    assert [name for name in known if f"<{name}" not in shown] == []


async def test_availability_set(management: Management):
    """Machines of an availability set stand apart, and stay where they are when another goes."""
    await running(management, *(machine(name, before=_in_set("s")) for name in ("a", "b", "c")), machine("d"))
    assert await places(management) == {"a": "0", "b": "1", "c": "2", "d": "0"}
    await done(management, await management.delete(f"{ROLES}/a"))
    assert await places(management) == {"b": "1", "c": "2", "d": "0"}
    await done(management, await management.post(ROLES, role("e", before=_in_set("S"))))
    assert await places(management) == {"b": "1", "c": "2", "d": "0", "e": "0"}
    assert (await management.get(VMS)).find("UpgradeDomainCount") == "3"


def _in_set(name: str) -> str:
    return f"<AvailabilitySetName>{name}</AvailabilitySetName>"


async def places(management: Management) -> dict[str, str]:
    """The upgrade domains of the instances by their names."""
    shown = await management.get(VMS)
    return dict(zip(shown.find_all("InstanceName"), shown.find_all("InstanceUpgradeDomain"), strict=True))


async def test_a_machine_that_is_stopped_in_its_creation(management: Management, clock: ManualClock):
    """The disks of such a machine are made all the same; it is off from the beginning."""
    await compute.deploy_machines(management)
    await done(management, await management.post(operations(), shutdown("Stopped")))
    assert await states(management) == [("CreatingVM", "Stopped")]
    clock.advance(200)
    assert await states(management) == [("StoppedVM", "Stopped")]


async def states(management: Management) -> list[tuple[str, str]]:
    return compute.instance_states(await management.get(VMS))


async def test_a_systems_own_name_is_without_domain(management: Management):
    """A Linux machine calls itself by the first part of the name it was given."""
    await running(management, machine(sets=LINUX_SET.replace("host1", "host1.shop.cloudapp.net")))
    assert (await management.get(VMS)).find("HostName") == "host1"
