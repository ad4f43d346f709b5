"""Virtual machines, asked for as any HTTP client would."""

import re

import pytest
from doubles import compute
from doubles.bare_client import Answer, Management
from doubles.comparing import shape
from doubles.compute import (
    BLOB,
    LINUX_IMAGE,
    LINUX_SET,
    SERVICES,
    SHOP,
    WINDOWS_IMAGE,
    WINDOWS_SET,
    data_disk,
    decoded,
    empty_disk,
    endpoint,
    image_disk,
    instance_states,
    machine,
    machines,
    network,
    os_disk,
    refused,
    walked,
)
from doubles.recordings import FOLDER, RECORDED_SUBSCRIPTION, exchanges

from asyncsm.emulator import Emulator, ManualClock
from asyncsm.emulator.compute import OSImage, ServiceCertificate
from asyncsm.emulator.state import Subscription

DEPLOYMENTS = f"{SHOP}/deployments"
VMS = f"{DEPLOYMENTS}/vms"
THUMBPRINT = "3CB7F382A104A79BB83979F3CB069935E753D820"

WITH_KEYS = LINUX_SET.replace(
    "</UserPassword>",
    f"</UserPassword><SSH><PublicKeys><PublicKey><Fingerprint>{THUMBPRINT}</Fingerprint>"
    "<Path>/home/someone/.ssh/authorized_keys</Path></PublicKey></PublicKeys></SSH>",
)
WITH_STORED_CERTIFICATE = WINDOWS_SET.replace(
    "<AdminUsername>",
    "<StoredCertificateSettings><CertificateSetting><StoreLocation>LocalMachine</StoreLocation>"
    f"<StoreName>My</StoreName><Thumbprint>{THUMBPRINT}</Thumbprint></CertificateSetting>"
    "</StoredCertificateSettings><AdminUsername>",
)
WITH_LISTENER = WINDOWS_SET.replace(
    "<AdminUsername>",
    "<WinRM><Listeners><Listener><Protocol>Https</Protocol><CertificateThumbprint>"
    f"{THUMBPRINT}</CertificateThumbprint></Listener></Listeners></WinRM><AdminUsername>",
)


def empty(gigabytes: int) -> str:
    """A data disk of that size."""
    return empty_disk().replace(">10<", f">{gigabytes}<")


@pytest.fixture
def subscription(emulator: Emulator) -> Subscription:
    return emulator.state.subscriptions[emulator.subscription_id]


@pytest.fixture(autouse=True)
async def shop(emulator: Emulator, management: Management) -> None:
    """An empty hosted service, and a storage account for its disks."""
    compute.add_store(emulator)
    await management.post(SERVICES, compute.hosted_service())


@pytest.fixture
def certificate(subscription: Subscription) -> None:
    """A certificate of the hosted service."""
    service = subscription.hosted_services["shop"]
    service.certificates[THUMBPRINT] = ServiceCertificate(THUMBPRINT, b"")


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("add_role_linux", 1),
        ("create_virtual_machine_deployment_linux_remote_source_image", 2),
        ("delete_deployment_with_vhd", 1),
    ],
)
async def test_recorded_documents(
    emulator: Emulator, management: Management, subscription: Subscription, name: str, seen: int
):
    """A recorded machine is accepted, and shown with the recorded elements in their order."""
    recording = FOLDER / "compute" / f"{name}.json"
    if not recording.exists():
        pytest.skip("no recordings here: set ASYNCSM_RECORDINGS")
    compute.add_store(emulator, "storagename")
    said = list(exchanges(recording))
    creation, launch = (
        one for one in said[:12] if one.method == "POST" and b"CertificateFile" not in one.request_body
    )
    await management.post(SERVICES, creation.request_body.decode())
    service = next(one for name, one in subscription.hosted_services.items() if name != "shop")
    service.certificates[THUMBPRINT] = ServiceCertificate(THUMBPRINT, b"")
    for source in set(re.findall(rb"<SourceImageName>(.*?)<", launch.request_body)):
        subscription.os_images[source.decode()] = OSImage(source.decode(), "recorded", "Linux")
    path = launch.path.replace(RECORDED_SUBSCRIPTION, management.subscription_id)
    ended = await management.finished(await management.post(path, launch.request_body.decode()))
    assert ended.find("Status") == "Succeeded", ended.text
    management.clock.advance(600)
    following = said[said.index(launch) + 1 :]
    until = next((at for at, one in enumerate(following) if one.method != "GET"), len(following))
    ready = [
        one
        for one in following[:until]
        if b"<PowerState>Started" in one.response_body or b"<PersistentVMRole" in one.response_body
    ]
    assert len({one.path for one in ready}) >= seen
    for one in ready:
        now = await management.get(one.path.replace(RECORDED_SUBSCRIPTION, management.subscription_id))
        then = re.sub(rb"<PersistentVMDowntime>.*?</PersistentVMDowntime>", b"", one.response_body)
        # Not every recorded Linux machine told its key, ours all do.
        key = re.compile(rb"<RemoteAccessCertificateThumbprint>.*?</RemoteAccessCertificateThumbprint>")
        assert shape(key.sub(b"", now.text.encode())) == shape(key.sub(b"", then)), str(one)


async def test_recorded_refusal(management: Management):
    """A virtual network that does not exist is refused in the recorded words."""
    body = machines(rest="<VirtualNetworkName>somewhere</VirtualNetworkName>")
    assert await refused(management, body) == "The virtual network somewhere does not exist."


async def test_names_with_prefixes(management: Management):
    """A document may write all its names with a prefix, as Java's libraries do; so may the sets of a machine."""
    prefixed = re.sub(
        r"<(/?)(?=\w)", r"<\1ns2:", machines(machine(sets=LINUX_SET + network(endpoint("ssh", 22))))
    )
    body = prefixed.replace("xmlns=", "xmlns:ns2=")
    ended = await management.finished(await management.post(DEPLOYMENTS, body))
    assert ended.find("Status") == "Succeeded", ended.text
    assert (await management.get(f"{VMS}/roles/vm1")).find("LocalPort") == "22"


async def test_linux_machine(management: Management, clock: ManualClock):
    """A machine walks from its creation to ReadyRole after the operation has succeeded."""
    accepted = await management.post(DEPLOYMENTS, machines())
    assert (accepted.status, accepted.text) == (202, "")
    deploying = await management.get(VMS)
    assert (deploying.find("Status"), deploying.find("Locked")) == ("Deploying", "true")
    assert instance_states(deploying) == [("StoppedVM", "Stopped")]
    assert (await management.finished(accepted)).find("Status") == "Succeeded"
    assert (await management.get(VMS)).find("Status") == "Running"
    assert await walked(management, clock) == [
        ("RoleStateUnknown", "Starting"),
        ("CreatingVM", "Starting"),
        ("StartingVM", "Starting"),
        ("RoleStateUnknown", "Started"),
        ("Provisioning", "Started"),
        ("ReadyRole", "Started"),
    ]


async def test_document(management: Management, clock: ManualClock):
    """The deployment shows its machine with address, endpoints, disk, and a made-up configuration."""
    body = machine(sets=LINUX_SET + network(endpoint("ssh", 22, 2222)))
    await compute.deploy_machines(management, body)
    clock.advance(600)
    shown = await management.get(f"{SHOP}/deploymentslots/Production")
    assert decoded(shown.find("Label")) == "machines"
    assert (shown.find("PublicPort"), shown.find("LocalPort")) == ("2222", "22")
    assert set(shown.find_all("Vip")) == {shown.find("Address")}
    assert shown.find_all("Name") == ["vms", "ssh", "ssh", "vmsContractContract"]
    assert shown.find("HostName") == "host1"
    assert shown.find("InternalDnsSuffix").endswith(".internal.cloudapp.net")
    assert shown.find("SourceImageName") == LINUX_IMAGE
    assert shown.find("MediaLink") == "https://store.blob.core.windows.net/vhds/vm1.vhd"
    assert re.fullmatch(r"vms-vm1-0-\d{18}", shown.find("DiskName"))
    assert '<Role name="vm1">\r\n    <Instances count="1" />' in decoded(shown.find("Configuration"))


async def test_windows_machine(management: Management, clock: ManualClock):
    """Windows is set up for minutes longer than Linux, and has a certificate's thumbprint in the end."""
    await compute.deploy_machines(management, machine(sets=WINDOWS_SET, disk=image_disk(WINDOWS_IMAGE)))
    clock.advance(180)
    assert instance_states(await management.get(VMS)) == [("Provisioning", "Started")]
    clock.advance(420)
    ready = await management.get(VMS)
    assert instance_states(ready) == [("ReadyRole", "Started")]
    assert re.fullmatch("[0-9A-F]{40}", ready.find("RemoteAccessCertificateThumbprint"))


async def test_windows_takes_its_name_on_the_way(management: Management, clock: ManualClock):
    """Windows has its image's name until it has restarted with its own, and details tell how far it is."""
    await compute.deploy_machines(management, machine(sets=WINDOWS_SET, disk=image_disk(WINDOWS_IMAGE)))
    seen = []
    for _ in compute.passing(clock, 600):
        shown = await management.get(VMS)
        state = (shown.find("InstanceStatus"), shown.find("HostName"), shown.find("InstanceStateDetails"))
        seen += [state] if state[0] in {"Provisioning", "BusyRole", "ReadyRole"} and state not in seen else []
    assert seen == [
        ("Provisioning", None, ""),
        ("Provisioning", "WIN-5CU3EUBGJ92", ""),
        ("Provisioning", "WIN-5CU3EUBGJ92", "Windows is preparing your computer for first use..."),
        ("Provisioning", "host1", "Windows is preparing your computer for first use..."),
        ("BusyRole", "host1", "Remote access ready..."),
        ("ReadyRole", "host1", ""),
    ]


async def test_secrets_are_never_seen_again(management: Management, emulator: Emulator):
    """Passwords and private configurations are in no answer, and not in the emulator's state."""
    extension = (
        "<ResourceExtensionReferences><ResourceExtensionReference><ReferenceName>x</ReferenceName>"
        "<Publisher>Microsoft.Compute</Publisher><Name>BGInfo</Name><Version>1.*</Version>"
        "<ResourceExtensionParameterValues>"
        "<ResourceExtensionParameterValue><Key>a</Key><Value>c2VlbjE=</Value><Type>Public</Type>"
        "</ResourceExtensionParameterValue>"
        "<ResourceExtensionParameterValue><Key>b</Key><Value>SGlkZGVuLTE=</Value><Type>Private</Type>"
        "</ResourceExtensionParameterValue></ResourceExtensionParameterValues>"
        "</ResourceExtensionReference></ResourceExtensionReferences>"
    )
    await compute.deploy_machines(management, machine(before=extension))
    for path in (VMS, f"{VMS}/roles/vm1", f"{SHOP}?embed-detail=true"):
        answer = await management.get(path)
        assert "Provisioning" not in answer.text
        assert "Hidden-1" not in answer.text
        assert "SGlkZGVuLTE=" not in answer.text
        assert "c2VlbjE=" in answer.text
    assert "Hidden-1" not in repr(emulator.state.subscriptions[emulator.subscription_id])


async def test_get_role(management: Management):
    """A machine alone is a PersistentVMRole with its network and disk."""
    await compute.deploy_machines(management, machine(sets=LINUX_SET + network(endpoint("ssh", 22, 2222))))
    shown = await management.get(f"{VMS}/roles/VM1")
    assert shown.root.tag.endswith("}PersistentVMRole")
    assert (shown.find("RoleName"), shown.find("RoleType")) == ("vm1", "PersistentVMRole")
    assert shown.find("Port") == "2222"
    assert shown.find("Vip") is None
    assert shown.find("RoleSize") == "Small"


async def test_unknown_role(management: Management):
    """A role that does not exist is 404 in the service's words."""
    await compute.deploy_machines(management)
    answer = await management.get(f"{VMS}/roles/other")
    assert (answer.status, answer.code) == (404, "ResourceNotFound")
    assert answer.message == "Role other was not found in the currently deployed service."
    assert (await management.get(f"{DEPLOYMENTS}/none/roles/vm1")).message == "No deployments were found."


async def test_production_only(management: Management):
    """Virtual machines live in the production slot, in whatever case it is written."""
    await refused(management, machines(slot="Staging"))
    assert (await management.post(DEPLOYMENTS, machines(slot="production"))).status == 202


async def test_occupied_slot(management: Management):
    """Of several who make the first machine of a service, one gets the slot."""
    await management.post(DEPLOYMENTS, machines())
    answer = await management.post(DEPLOYMENTS, machines(name="second"))
    assert (answer.status, answer.code) == (409, "ConflictError")
    assert answer.message == "The specified deployment slot Production is occupied."


@pytest.mark.parametrize(
    "path",
    ["deployments/vms?comp=config", "deployments/vms?comp=status", "deploymentslots/production?comp=status"],
)
async def test_not_for_machines(management: Management, path: str):
    """What is for web and worker roles is refused for virtual machines."""
    await compute.deploy_machines(management)
    body = {
        "config": '<ChangeConfiguration xmlns="http://schemas.microsoft.com/windowsazure"><Configuration>'
        "</Configuration></ChangeConfiguration>",
        "status": '<UpdateDeploymentStatus xmlns="http://schemas.microsoft.com/windowsazure"><Status>Suspended'
        "</Status></UpdateDeploymentStatus>",
    }[path.rpartition("=")[2]]
    answer = await management.post(f"{SHOP}/{path}", body)
    assert (answer.status, answer.code) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("given", "status"),
    [
        pytest.param(machine(name=""), 400, id="no name"),
        pytest.param(machine(name="a/b"), 400, id="bad name"),
        pytest.param(machine(size="Gigantic"), 400, id="unknown size"),
        pytest.param(machine(size="Standard_D5_v9"), 400, id="size of another time"),
        pytest.param(machine(disk=image_disk("nothing")), 404, id="unknown image"),
        pytest.param(machine(before="<VMImageName>none</VMImageName>", disk=""), 404, id="unknown VM image"),
        pytest.param(machine(sets=""), 400, id="image without provisioning"),
        pytest.param(machine(sets=LINUX_SET * 2), 400, id="two provisioning sets"),
        pytest.param(machine(sets=WINDOWS_SET), 400, id="provisioning for another system"),
        pytest.param(
            machine(sets=LINUX_SET, disk=image_disk(WINDOWS_IMAGE)), 400, id="image of another system"
        ),
        pytest.param(machine(disk=os_disk(SourceImageName=LINUX_IMAGE)), 400, id="no media link"),
        pytest.param(machine(disk=image_disk(store="other")), 400, id="somebody else's account"),
        pytest.param(machine(disk=image_disk(store="eastern")), 400, id="account in another region"),
        pytest.param(machine(disk=""), 400, id="no disk"),
        pytest.param(machine(disk=os_disk(DiskName="none")), 404, id="unknown disk"),
        pytest.param(machine(disk=os_disk(MediaLink=BLOB), sets=""), 400, id="blob without system"),
        pytest.param(
            machine(disk=os_disk(DiskName="new", MediaLink=BLOB, OS="Linux")),
            400,
            id="provisioning for a disk",
        ),
        pytest.param(
            machine(disk=os_disk(MediaLink=BLOB, SourceImageName=LINUX_IMAGE, OS="Windows")),
            400,
            id="wrong system",
        ),
        pytest.param(machine(sets=LINUX_SET.replace("host1", "h" * 65)), 400, id="long host name"),
        pytest.param(machine(sets=LINUX_SET.replace("someone", "")), 400, id="no user"),
        pytest.param(machine(sets=LINUX_SET.replace("Hidden-1", "short")), 400, id="short password"),
        pytest.param(machine(sets=LINUX_SET.replace("Hidden-1", "")), 400, id="neither password nor key"),
        pytest.param(
            machine(sets=WINDOWS_SET.replace("host1", "h" * 16), disk=image_disk(WINDOWS_IMAGE)),
            400,
            id="long computer name",
        ),
        pytest.param(
            machine(sets=WINDOWS_SET.replace("Hidden-1", "hiddenone"), disk=image_disk(WINDOWS_IMAGE)),
            400,
            id="simple password",
        ),
        pytest.param(machine(sets=WITH_KEYS), 400, id="key of no certificate"),
        pytest.param(
            machine(sets=WITH_STORED_CERTIFICATE, disk=image_disk(WINDOWS_IMAGE)),
            400,
            id="no stored certificate",
        ),
        pytest.param(
            machine(sets=WITH_LISTENER, disk=image_disk(WINDOWS_IMAGE)), 400, id="no WinRM certificate"
        ),
        pytest.param(machine(sets=LINUX_SET + network(endpoint("a", 0, 80))), 400, id="bad local port"),
        pytest.param(machine(sets=LINUX_SET + network(endpoint("a", 80, 70000))), 400, id="bad public port"),
        pytest.param(
            machine(sets=LINUX_SET + network(endpoint("a", 80, 80, "icmp"))), 400, id="bad protocol"
        ),
        pytest.param(
            machine(sets=LINUX_SET + network(endpoint("a", 80), endpoint("a", 81))),
            400,
            id="endpoint name twice",
        ),
        pytest.param(machine(data_disks=empty_disk(Lun=32)), 400, id="LUN too high"),
        pytest.param(machine(data_disks=empty_disk("1.vhd") + empty_disk("2.vhd")), 400, id="LUN twice"),
        pytest.param(
            machine(data_disks="".join(empty_disk(f"{n}.vhd", Lun=n) for n in range(3))),
            400,
            id="too many disks",
        ),
        pytest.param(machine(data_disks=data_disk(DiskName="none")), 404, id="unknown data disk"),
        pytest.param(machine(data_disks=data_disk(MediaLink=BLOB)), 400, id="empty disk without size"),
        pytest.param(machine(data_disks=empty_disk("vm1.vhd")), 400, id="blob of the other disk"),
    ],
)
async def test_rules(
    emulator: Emulator, management: Management, subscription: Subscription, given: str, status: int
):
    """A machine that breaks a rule is refused at once, and leaves neither deployment nor disks."""
    compute.add_store(emulator, "eastern", "East US")
    assert await refused(management, machines(given), status)
    assert len(subscription.disks) == 0


def windows_machine(computer_name: str) -> str:
    sets = WINDOWS_SET.replace("host1", computer_name)
    return machine(sets=sets, disk=image_disk(WINDOWS_IMAGE))


@pytest.mark.parametrize(
    ("taken", "too_much"),
    [
        (
            machine(sets=LINUX_SET.replace("host1", "h" * 64)),
            machine(sets=LINUX_SET.replace("host1", "h" * 65)),
        ),
        (
            machine(sets=LINUX_SET.replace("someone", "u" * 32)),
            machine(sets=LINUX_SET.replace("someone", "u" * 33)),
        ),
        (
            machine(sets=LINUX_SET.replace("Hidden-1", "Hid-en")),
            machine(sets=LINUX_SET.replace("Hidden-1", "Hid-e")),
        ),
        (
            machine(sets=LINUX_SET.replace("Hidden-1", "p" * 72)),
            machine(sets=LINUX_SET.replace("Hidden-1", "p" * 73)),
        ),
        (windows_machine("h" * 15), windows_machine("h" * 16)),
        (machine(data_disks=empty_disk(Lun=31)), machine(data_disks=empty_disk(Lun=32))),
        (machine(data_disks=empty(1023)), machine(data_disks=empty(1024))),
        (machine(data_disks=empty(1)), machine(data_disks=empty(0))),
    ],
    ids=["host", "user", "short password", "long password", "computer", "LUN", "large disk", "small disk"],
)
async def test_limits(management: Management, taken: str, too_much: str):
    """Names, passwords and disks can be at their limits, and not past them."""
    await refused(management, machines(too_much))
    await compute.deploy_machines(management, taken)


async def test_two_machines_of_one_name(management: Management):
    """Role names are unique in a deployment."""
    await refused(management, machines(machine(), machine("VM1", disk=image_disk(blob="2.vhd"))), 409)


async def test_no_machine(management: Management):
    """A deployment needs at least one machine."""
    await refused(management, machines(""))


@pytest.mark.usefixtures("certificate")
@pytest.mark.parametrize(
    "body",
    [
        machine(sets=WITH_KEYS),
        machine(sets=WITH_STORED_CERTIFICATE, disk=image_disk(WINDOWS_IMAGE)),
        machine(sets=WITH_LISTENER, disk=image_disk(WINDOWS_IMAGE)),
    ],
)
async def test_certificates_of_the_service(management: Management, body: str):
    """Certificates that the hosted service has can be used."""
    await compute.deploy_machines(management, body)


async def test_shared_port(management: Management):
    """Endpoints of one load-balanced set have the same public port, and so may tcp and udp."""
    first = machine(
        "vm1", LINUX_SET + network(endpoint("a", 80, 8080, group="web"), endpoint("u", 80, 8080, "udp"))
    )
    second = machine("vm2", LINUX_SET + network(endpoint("a", 80, 8080, group="web")))
    await compute.deploy_machines(management, first, second)


async def test_ports_nobody_named(management: Management):
    """Endpoints without a public port get ones that are free."""
    names = [f"e{number}" for number in range(5)]
    await compute.deploy_machines(
        management, machine(sets=LINUX_SET + network(*(endpoint(name, 22) for name in names)))
    )
    ports = [int(text) for text in (await management.get(f"{VMS}/roles/vm1")).find_all("Port")]
    assert len(set(ports)) == 5
    assert all(49152 <= port <= 65535 for port in ports)


async def test_availability_set(management: Management):
    """Machines of an availability set are apart from each other, others are not."""
    together = "<AvailabilitySetName>web</AvailabilitySetName>"
    await compute.deploy_machines(
        management, machine("a", before=together), machine("b", before=together), machine("c")
    )
    shown = await management.get(VMS)
    assert shown.find_all("InstanceUpgradeDomain") == ["0", "1", "0"]
    assert shown.find_all("InstanceFaultDomain") == ["0", "1", "0"]
    assert shown.find("UpgradeDomainCount") == "2"


async def test_dns_servers(management: Management):
    """DNS servers of the deployment are shown with it."""
    servers = (
        "<Dns><DnsServers><DnsServer><Name>d</Name><Address>10.0.0.4</Address></DnsServer></DnsServers></Dns>"
    )
    await management.finished(await management.post(DEPLOYMENTS, machines(rest=servers)))
    shown: Answer = await management.get(VMS)
    assert "<DnsServer><Name>d</Name><Address>10.0.0.4</Address></DnsServer>" in shown.text


async def test_reserved_address(management: Management):
    """A reserved address that does not exist is refused."""
    await refused(management, machines(rest="<ReservedIPName>mine</ReservedIPName>"))
