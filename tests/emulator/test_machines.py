"""Virtual machines added to a deployment, changed, and taken away."""

import re

import pytest
from doubles import compute
from doubles.bare_client import Management, document
from doubles.compute import (
    SERVICES,
    SHOP,
    WINDOWS_IMAGE,
    WINDOWS_SET,
    cores_in_use,
    data_disk,
    empty_disk,
    endpoint,
    image_disk,
    instance_states,
    machine,
    network,
)
from doubles.machines import (
    ROLES,
    VMS,
    as_role,
    deployment_of,
    done,
    failure,
    instance_of,
    role,
    running,
    stopped,
    subscription_of,
)
from doubles.security_groups import GROUPS, group

from asyncsm.emulator import Emulator, ManualClock
from asyncsm.emulator.state import Quotas

VM1 = f"{ROLES}/vm1"
CACHED = "<OSVirtualHardDisk><HostCaching>ReadOnly</HostCaching></OSVirtualHardDisk>"

ELABORATE = (
    "<ConfigurationSet><ConfigurationSetType>NetworkConfiguration</ConfigurationSetType><InputEndpoints>"
    "<InputEndpoint><LoadBalancedEndpointSetName>web</LoadBalancedEndpointSetName><LocalPort>80</LocalPort>"
    "<Name>http</Name><Port>80</Port><LoadBalancerProbe><Path>/alive</Path><Port>81</Port>"
    "<Protocol>http</Protocol><IntervalInSeconds>15</IntervalInSeconds><TimeoutInSeconds>31</TimeoutInSeconds>"
    "</LoadBalancerProbe><Protocol>tcp</Protocol><EnableDirectServerReturn>false</EnableDirectServerReturn>"
    "<LoadBalancerName>inside</LoadBalancerName><EndpointAcl><Rules><Rule><Order>100</Order>"
    "<Action>permit</Action><RemoteSubnet>10.0.0.0/8</RemoteSubnet><Description>ours</Description></Rule>"
    "</Rules></EndpointAcl><IdleTimeoutInMinutes>30</IdleTimeoutInMinutes>"
    "<LoadBalancerDistribution>sourceIP</LoadBalancerDistribution><VirtualIPName>front</VirtualIPName>"
    "<FromTheFuture>yes</FromTheFuture></InputEndpoint></InputEndpoints>"
    "<PublicIPs><PublicIP><Name>mine</Name></PublicIP></PublicIPs>"
    "<NetworkSecurityGroup>strict</NetworkSecurityGroup><IPForwarding>Enabled</IPForwarding>"
    "<NewerSetting><Part>1</Part></NewerSetting></ConfigurationSet>"
)
EXTENSION = (
    "<ResourceExtensionReferences><ResourceExtensionReference><ReferenceName>agent</ReferenceName>"
    "<Publisher>Microsoft.Compute</Publisher><Name>BGInfo</Name><Version>1.*</Version><ResourceExtensionParameterValues>"
    "<ResourceExtensionParameterValue><Key>public</Key><Value>e30=</Value><Type>Public</Type>"
    "</ResourceExtensionParameterValue></ResourceExtensionParameterValues><State>Enable</State>"
    "</ResourceExtensionReference></ResourceExtensionReferences>"
)
LARGE = document("PersistentVMRole", "<RoleSize>Large</RoleSize>")


@pytest.fixture(autouse=True)
async def shop(emulator: Emulator, management: Management) -> None:
    """A deployment with one ready machine, vm1."""
    compute.add_store(emulator)
    await management.post(SERVICES, compute.hosted_service())
    await running(management, machine(data_disks=empty_disk(Lun=3)))


async def test_add(emulator: Emulator, management: Management, clock: ManualClock):
    """A second machine starts in the deployment of the first, and takes its cores."""
    accepted = await management.post(ROLES, role(size="Medium"))
    assert (await management.get(VMS)).find("Locked") == "true"
    await done(management, accepted)
    clock.advance(600)
    assert instance_states(await management.get(VMS)) == [("ReadyRole", "Started")] * 2
    assert (await management.get(f"{ROLES}/vm2")).find("RoleSize") == "Medium"
    assert cores_in_use(emulator) == 3


async def test_add_while_busy(management: Management):
    """Of two additions at once the second is refused, and leaves nothing behind."""
    await management.post(ROLES, role())
    answer = await management.post(ROLES, role("vm3"))
    assert (answer.status, answer.code) == (409, "ConflictError")
    assert (await management.get(f"{ROLES}/vm3")).status == 404


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        (role("vm1", disk=image_disk(blob="other.vhd")), 409, "vm1"),
        (role(sets=""), 400, "ProvisioningConfiguration"),
        (role(size="Huge"), 400, "Huge"),
        (role(disk=image_disk(blob="vm1.vhd")), 400, "already in use"),
    ],
)
async def test_add_rules(management: Management, body: str, status: int, word: str):
    """A machine that cannot be is refused at once."""
    answer = await management.post(ROLES, body)
    assert answer.status == status, answer.text
    assert word in answer.message


async def test_add_to_web_roles(management: Management):
    """A deployment consists of virtual machines or of web and worker roles, never of both."""
    await compute.deploy(management, "staging")
    answer = await management.post(f"{SHOP}/deployments/first/roles", role())
    assert answer.status == 400


async def test_failed_addition(emulator: Emulator, management: Management):
    """What is only found out under way fails the operation, and of the machine nothing is left."""
    sets = compute.LINUX_SET + network(endpoint("ssh", 22, 22))
    await done(management, await management.post(ROLES, role(sets=sets)))
    code, message = await failure(management, await management.post(ROLES, role("vm3", sets=sets)))
    assert code == "BadRequest"
    assert "Port 22 is already in use" in message
    subscription_of(emulator).quotas = Quotas(cores=2)
    _, message = await failure(management, await management.post(ROLES, role("vm3")))
    assert "'cores count' is 2 per subscription, the current count is 2" in message
    assert (await management.get(f"{ROLES}/vm3")).status == 404
    assert [one.attached_to for one in subscription_of(emulator).disks.values()].count(None) == 0
    assert len(subscription_of(emulator).disks) == 3


async def test_add_windows(emulator: Emulator, management: Management):
    """Windows machines that are managed over HTTPS share a certificate of the service."""
    listening = WINDOWS_SET.replace(
        "<AdminUsername>",
        "<WinRM><Listeners><Listener><Protocol>Https</Protocol></Listener></Listeners></WinRM><AdminUsername>",
    )
    body = role(sets=listening, disk=image_disk(WINDOWS_IMAGE, "vm2.vhd"))
    await done(management, await management.post(ROLES, body))
    thumbprint = (await management.get(f"{ROLES}/vm2")).find("DefaultWinRmCertificateThumbprint")
    assert thumbprint == (await management.get(SHOP)).find("DefaultWinRmCertificateThumbprint")
    assert re.fullmatch("[0-9A-F]{40}", thumbprint)
    assert (await management.get(VM1)).find("DefaultWinRmCertificateThumbprint") is None


async def test_read_modify_write(management: Management):
    """What Get Role returned can be sent to Update Role, and nothing at all is lost."""
    management.headers["x-ms-version"] = "2016-06-01"
    rich = machine("vm2", sets=compute.LINUX_SET + ELABORATE, data_disks=empty_disk("d2.vhd", Lun=0))
    rich = rich.replace("<DataVirtualHardDisks>", f"{EXTENSION}<DataVirtualHardDisks>")
    rest = (
        "<ProvisionGuestAgent>true</ProvisionGuestAgent><DebugSettings><BootDiagnosticsEnabled>true"
        "</BootDiagnosticsEnabled></DebugSettings><LicenseType>Windows_Server</LicenseType><Later>1</Later></Role>"
    )
    await done(management, await management.post(GROUPS, group("strict")))
    await done(management, await management.post(f"{VMS}/front"))
    balancer = document("LoadBalancer", "<Name>inside</Name>")
    await done(management, await management.post(f"{VMS}/loadbalancers", balancer))
    await done(management, await management.post(ROLES, as_role(rich.replace("</Role>", rest))))
    before = await management.get(f"{ROLES}/vm2")
    for element in (
        "FromTheFuture",
        "Rule",
        "NetworkSecurityGroup",
        "IPForwarding",
        "Part",
        "Later",
        "LicenseType",
        "ReferenceName",
        "LoadBalancerDistribution",
        "VirtualIPName",
    ):
        assert before.find(element) is not None, element
    await done(management, await management.put(f"{ROLES}/vm2", before.text))
    assert (await management.get(f"{ROLES}/vm2")).text == before.text


async def test_update_replaces_endpoints_only(management: Management):
    """Endpoints that Update Role does not name are gone; of all else it changes what it says."""
    sets = compute.LINUX_SET + network(endpoint("ssh", 22, 22))
    body = role(
        sets=sets,
        data_disks=empty_disk("d2.vhd"),
        before=f"{EXTENSION}<AvailabilitySetName>a</AvailabilitySetName>",
    )
    await done(management, await management.post(ROLES, body))
    before = await management.get(f"{ROLES}/vm2")
    await done(management, await management.put(f"{ROLES}/vm2", document("PersistentVMRole")))
    shown = await management.get(f"{ROLES}/vm2")
    assert shown.find("InputEndpoint") is None
    for element in ("DiskName", "AvailabilitySetName", "ReferenceName", "RoleSize", "MediaLink"):
        assert shown.find_all(element) == before.find_all(element) != [], element


@pytest.mark.parametrize(
    ("part", "element", "left"),
    [
        ("<DataVirtualHardDisks/>", "DataVirtualHardDisk", 0),
        ("<ResourceExtensionReferences/>", "ResourceExtensionReference", 1),
        (EXTENSION.replace("Enable", "Uninstall"), "ResourceExtensionReference", 0),
        ("<AvailabilitySetName/>", "AvailabilitySetName", 0),
    ],
)
async def test_what_an_update_names_without_content(
    management: Management, part: str, element: str, left: int
):
    """Update Role takes data disks and the availability set away by nothing; extensions only by their state."""
    body = role(
        sets=compute.LINUX_SET,
        data_disks=empty_disk("d2.vhd"),
        before=f"{EXTENSION}<AvailabilitySetName>a</AvailabilitySetName>",
    )
    await done(management, await management.post(ROLES, body))
    await done(management, await management.put(f"{ROLES}/vm2", document("PersistentVMRole", part)))
    assert len((await management.get(f"{ROLES}/vm2")).find_all(element)) == left


async def test_a_list_of_extensions_without_any_is_shown(management: Management):
    """Where a list of extensions was ever sent, there is one in replies."""
    assert (await management.get(VM1)).find("ResourceExtensionReferences") is None
    body = document("PersistentVMRole", "<ResourceExtensionReferences/>")
    await done(management, await management.put(VM1, body))
    assert (await management.get(VM1)).find("ResourceExtensionReferences") == ""


async def test_update_is_not_interested_in_how_a_machine_is_set_up(management: Management):
    """A provisioning configuration in Update Role is taken, and means nothing."""
    before = await management.get(VM1)
    body = document("PersistentVMRole", f"<ConfigurationSets>{compute.WINDOWS_SET}</ConfigurationSets>")
    await done(management, await management.put(VM1, body))
    assert (await management.get(VM1)).text == before.text


async def test_update_data_disks(emulator: Emulator, management: Management):
    """Data disks that are named stay, with a new number if one is given; others come and go."""
    (data,) = [one for one in subscription_of(emulator).disks.values() if one.os is None]
    disks = data_disk(HostCaching="ReadWrite", DiskName=data.name, Lun=5) + empty_disk("more.vhd", Lun=6)
    body = document("PersistentVMRole", f"<DataVirtualHardDisks>{disks}</DataVirtualHardDisks>")
    await done(management, await management.put(VM1, body))
    assert (data.lun, data.host_caching, data.attached_to) == (5, "ReadWrite", ("shop", "vms", "vm1"))
    assert (await management.get(VM1)).find_all("Lun") == ["5", "6"]
    await done(management, await management.put(VM1, document("PersistentVMRole")))
    assert data.attached_to is not None
    nothing = document("PersistentVMRole", "<DataVirtualHardDisks/>")
    await done(management, await management.put(VM1, nothing))
    assert data.attached_to is None


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("<RoleName>other</RoleName>", "name of role"),
        ("<OSVirtualHardDisk><DiskName>other</DiskName></OSVirtualHardDisk>", "exchanged"),
        (f"<DataVirtualHardDisks>{empty_disk('a.vhd')}{empty_disk('b.vhd')}</DataVirtualHardDisks>", "LUN"),
        (f"<DataVirtualHardDisks>{empty_disk('a.vhd', Lun=32)}</DataVirtualHardDisks>", "32"),
        ("<RoleSize>Huge</RoleSize>", "Huge"),
    ],
)
async def test_update_rules(management: Management, content: str, word: str):
    """An update that cannot be is refused, and the machine stays as it was."""
    before = await management.get(VM1)
    answer = await management.put(VM1, document("PersistentVMRole", content))
    assert answer.status == 400, answer.text
    assert word in answer.message
    assert (await management.get(VM1)).text == before.text


async def test_an_address_of_its_own_stays(emulator: Emulator, management: Management):
    """It is the same through other changes, as long as the machine is to have one."""
    public = network().replace(
        "<InputEndpoints></InputEndpoints>", "<PublicIPs><PublicIP><Name>mine</Name></PublicIP></PublicIPs>"
    )
    seen = []
    for sets, more in ((public, ""), (public, CACHED), (network(), "")):
        body = document("PersistentVMRole", f"<ConfigurationSets>{sets}</ConfigurationSets>{more}")
        await done(management, await management.put(VM1, body))
        seen.append(instance_of(emulator).public_ip)
    assert seen[0] == seen[1] != seen[2] is None


async def test_small_update_does_not_restart(emulator: Emulator, management: Management):
    """Endpoints and caching change while the machine goes on."""
    address = instance_of(emulator).ip_address
    body = document(
        "PersistentVMRole", f"<ConfigurationSets>{network(endpoint('ssh', 22))}</ConfigurationSets>{CACHED}"
    )
    await done(management, await management.put(VM1, body))
    shown = await management.get(VM1)
    assert int(shown.find("Port")) >= 49152
    assert shown.find("HostCaching") == "ReadOnly"
    assert instance_states(await management.get(VMS)) == [("ReadyRole", "Started")]
    assert instance_of(emulator).ip_address == address


async def test_new_size(emulator: Emulator, management: Management, clock: ManualClock):
    """A machine of another size starts again at another place; its key stays, its cores change."""
    address = instance_of(emulator).ip_address
    await done(management, await management.put(VM1, LARGE))
    shown = await management.get(VMS)
    assert shown.find("PowerState") == "Starting"
    assert shown.find("HostName") is None
    assert shown.find("RemoteAccessCertificateThumbprint") is not None
    assert instance_of(emulator).ip_address != address
    assert cores_in_use(emulator) == 4
    clock.advance(600)
    assert instance_states(await management.get(VMS)) == [("ReadyRole", "Started")]


async def test_new_size_of_deallocated_machine(emulator: Emulator, management: Management):
    """A machine without a place has no cores, whatever its size, and stays off."""
    await stopped(management, "StoppedDeallocated")
    await done(management, await management.put(VM1, LARGE))
    assert cores_in_use(emulator) == 0
    assert instance_of(emulator).deallocated


async def test_failed_update(emulator: Emulator, management: Management):
    """An update that fails under way changes nothing, and makes no disk."""
    sets = compute.LINUX_SET + network(endpoint("ssh", 22, 22))
    await done(management, await management.post(ROLES, role(sets=sets)))
    before = await management.get(VM1)
    content = (
        f"<ConfigurationSets>{network(endpoint('ssh', 22, 22))}</ConfigurationSets>"
        f"<DataVirtualHardDisks>{empty_disk('more.vhd')}</DataVirtualHardDisks>"
    )
    _, message = await failure(management, await management.put(VM1, document("PersistentVMRole", content)))
    assert "Port 22" in message
    assert (await management.get(VM1)).text == before.text
    assert len(subscription_of(emulator).disks) == 3


async def test_delete(emulator: Emulator, management: Management, clock: ManualClock):
    """A machine that is deleted gives its cores back at once, and its disks a little later."""
    await done(management, await management.post(ROLES, role()))
    await done(management, await management.delete(f"{ROLES}/vm2"))
    answer = await management.get(f"{ROLES}/vm2")
    assert answer.message == "Role vm2 was not found in the currently deployed service."
    assert instance_states(await management.get(VMS)) == [("ReadyRole", "Started")]
    assert cores_in_use(emulator) == 1
    (disk,) = [one for one in subscription_of(emulator).disks.values() if "vm2" in one.media_link]
    assert disk.attached_to == ("shop", "vms", "vm2")
    clock.advance(60)
    assert disk.attached_to is None


async def test_delete_with_media(emulator: Emulator, management: Management):
    """With ``comp=media`` the disks of a machine go with it."""
    await done(management, await management.post(ROLES, role(data_disks=empty_disk("d2.vhd"))))
    assert len(subscription_of(emulator).disks) == 4
    await done(management, await management.delete(f"{ROLES}/vm2?comp=media"))
    assert len(subscription_of(emulator).disks) == 2


async def test_delete_last(management: Management):
    """The last machine goes only together with its deployment."""
    answer = await management.delete(VM1)
    assert (answer.status, answer.code) == (400, "BadRequest")
    assert answer.message == (
        "Role vm1 is the only role present in the deployment and so cannot be removed. Please delete the "
        "deployment or add another role before removing this role."
    )


async def test_delete_the_last_that_runs(emulator: Emulator, management: Management):
    """A deployment of which only deallocated machines are left is suspended."""
    await done(management, await management.post(ROLES, role()))
    await stopped(management, "StoppedDeallocated")
    await done(management, await management.delete(f"{ROLES}/vm2"))
    assert deployment_of(emulator).status == "Suspended"
