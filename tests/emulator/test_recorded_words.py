"""Words and limits that the reference lists for machines and deployments, and what older versions are told."""

import base64

import pytest
from doubles import compute
from doubles.bare_client import Management, document
from doubles.certificates import management_certificate
from doubles.compute import LINUX_SET, SERVICES, SHOP, cscfg, encoded, machine, machines, tag
from doubles.contents import NETWORK
from doubles.machines import VMS, done, role, subscription_of

from asyncsm.emulator import Emulator, ManualClock
from asyncsm.emulator.compute import ServiceCertificate

INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
FIRST = f"{SHOP}/deployments/first"
EXTENSION = document(
    "Extension",
    "<ProviderNameSpace>Microsoft.Windows.Azure.Extensions</ProviderNameSpace><Type>RDP</Type><Id>desktop</Id>",
)


def using(state: str | None = None) -> str:
    return (
        "<ExtensionConfiguration><AllRoles><Extension><Id>desktop</Id>"
        f"{tag('State', state)}</Extension></AllRoles></ExtensionConfiguration>"
    )


def acl(action: str, subnet: str, count: int = 1) -> str:
    rule = f"<Rule><Order>1</Order><Action>{action}</Action><RemoteSubnet>{subnet}</RemoteSubnet></Rule>"
    return f"<EndpointAcl><Rules>{rule * count}</Rules></EndpointAcl>"


def network(rest: str) -> str:
    kind = "<ConfigurationSetType>NetworkConfiguration</ConfigurationSetType>"
    return f"{LINUX_SET}<ConfigurationSet>{kind}{rest}</ConfigurationSet>"


def reached(rest: str) -> str:
    """Sets of a machine with an endpoint."""
    return network(
        "<InputEndpoints><InputEndpoint><LocalPort>80</LocalPort><Name>web</Name><Protocol>tcp</Protocol>"
        f"{rest}</InputEndpoint></InputEndpoints>"
    )


def public(*rests: str) -> str:
    """Sets of a machine with public addresses of its own."""
    listed = "".join(f"<PublicIP><Name>own{n}</Name>{rest}</PublicIP>" for n, rest in enumerate(rests))
    return network(f"<PublicIPs>{listed}</PublicIPs>")


def unattended(
    setting: str = "AutoLogon", content: str = "<AutoLogon/>", phase: str = "oobeSystem", part: str = "Shell"
) -> str:
    settings = (
        f"<ComponentSettings><ComponentSetting><SettingName>{setting}</SettingName>"
        f"<Content>{encoded(content)}</Content></ComponentSetting></ComponentSettings>"
    )
    component = (
        f"<UnattendComponent><ComponentName>Microsoft-Windows-{part}-Setup</ComponentName>{settings}"
        "</UnattendComponent>"
    )
    passes = f"<UnattendPass><PassName>{phase}</PassName><Components>{component}</Components></UnattendPass>"
    return f"<AdditionalUnattendContent><Passes>{passes}</Passes></AdditionalUnattendContent>"


def windows(before: str = "", after: str = "") -> str:
    """A Windows machine with more in its configuration set."""
    sets = compute.WINDOWS_SET.replace("<AdminUsername>", f"{before}<AdminUsername>")
    disk = compute.image_disk(compute.WINDOWS_IMAGE)
    return machine(sets=sets.replace("</ConfigurationSet>", f"{after}</ConfigurationSet>"), disk=disk)


def listening(protocol: str) -> str:
    return f"<WinRM><Listeners><Listener><Protocol>{protocol}</Protocol></Listener></Listeners></WinRM>"


@pytest.fixture(autouse=True)
async def shop(emulator: Emulator, management: Management) -> None:
    """A hosted service and a storage account."""
    compute.add_store(emulator)
    await management.post(SERVICES, compute.hosted_service())


@pytest.mark.parametrize(
    ("taken", "sentence", "refused"),
    [
        (machine(sets=reached(acl("PERMIT", "10.0.0.0/8"))), "The Action 'allow'", reached(acl("allow", "10.0.0.0/8"))),
        (machine(sets=reached(acl("deny", "10.1.2.3/32", 50))), "more than 50 in Rules", reached(acl("deny", "10.1.2.3/32", 51))),
        (machine(sets=reached(acl("deny", "0.0.0.0/0"))), "The RemoteSubnet 'all'", reached(acl("deny", "all"))),
        (machine(sets=reached(tag("LoadBalancerDistribution", "sourceIPProtocol"))), "LoadBalancerDistribution", reached(tag("LoadBalancerDistribution", "source"))),
        (machine(sets=public(tag("IdleTimeoutInMinutes", 30))), "IdleTimeoutInMinutes '31'", public(tag("IdleTimeoutInMinutes", 31))),
        (machine(sets=public("")), "more than 1 in PublicIP", public("", "")),
        (machine(sets=network(tag("IPForwarding", "Enabled"))), "The IPForwarding 'On'", network(tag("IPForwarding", "On"))),
        (windows(listening("Https")), "The Protocol 'Tcp'", windows(listening("Tcp"))),
        (windows(after=unattended()), "The SettingName 'Else'", windows(after=unattended("Else"))),
        (windows(after=unattended("FirstLogonCommands")), "The PassName 'specialize'", windows(after=unattended(phase="specialize"))),
        (windows(after=unattended()), "The ComponentName", windows(after=unattended(part="Else"))),
        (windows(after=unattended(content=f"<a>{'x' * 4088}</a>")), "The Content", windows(after=unattended(content=f"<a>{'x' * 4089}</a>"))),
        (windows(after=unattended()), "The Content", windows(after=unattended(content="no element"))),
        (machine(), "32 ASCII characters", machine(sets=LINUX_SET.replace("someone", "s\u00f6meone"))),
        (machine(), "72 ASCII characters", machine(sets=LINUX_SET.replace("Hidden-1", "Hidden-\u00fc"))),
        (machine(data_disks=compute.empty_disk(HostCaching="None")), "The HostCaching 'Some'", machine(data_disks=compute.empty_disk(HostCaching="Some"))),
    ],
)  # fmt: skip
async def test_words_of_machines(management: Management, taken: str, sentence: str, refused: str):
    """A request with a word that the reference does not list, or past its limits, is refused, and says which."""
    body = machines(refused if refused.startswith("<Role>") else machine(sets=refused))
    assert sentence in await compute.refused(management, body)
    await compute.deploy_machines(management, taken)


@pytest.mark.parametrize(
    ("refused", "sentence"),
    [
        (compute.deployment(configuration=cscfg(WebRole=1).replace("<Role ", '<Role vmName="elevenchars" ')), "vmName"),
        (
            compute.deployment(
                configuration=cscfg(
                    certificate=f'<Certificates><Certificate name="tls" thumbprint="{"A" * 40}" '
                    'thumbprintAlgorithm="md5"/></Certificates>',
                    WebRole=1,
                )
            ),
            "thumbprintAlgorithm",
        ),
        (compute.deployment(rest=using("Else")), "The State 'Else'"),
    ],
)  # fmt: skip
async def test_words_of_deployments(management: Management, refused: str, sentence: str):
    """So it is with service configuration files, and with the extensions of a deployment."""
    await management.finished(await management.post(f"{SHOP}/extensions", EXTENSION))
    answer = await management.post(f"{SHOP}/deploymentslots/staging", refused)
    assert (answer.status, sentence in answer.message) == (400, True), answer.text


async def test_public_addresses_are_counted(management: Management):
    """Of public addresses of single machines there are five; one more fails, whatever brings it."""
    words = (
        "'public IP count' is 5 per subscription, the current count is {}, and the requested increment is {}."
    )
    six = [machine(f"vm{n}", sets=public("")) for n in range(6)]
    assert words.format(0, 6) in await compute.failed(management, machines(*six))
    await compute.deploy_machines(management, *six[:4], machine("vm4"))
    await done(management, await management.post(f"{VMS}/roles", role("vm5", sets=public(""))))
    given = document("PersistentVMRole", f"<ConfigurationSets>{public('')}</ConfigurationSets>")
    for method, path, body in (("POST", "", role("vm6", sets=public(""))), ("PUT", "/vm4", given)):
        ended = await management.finished(await management.send(method, f"{VMS}/roles{path}", body))
        assert (ended.find("Status"), words.format(5, 1) in ended.find("Message")) == ("Failed", True)


async def test_remote_desktop_of_no_endpoint(management: Management):
    """A machine that nobody can reach at the port of remote desktops has no file for them."""
    await compute.deploy_machines(management, machine())
    answer = await management.get(f"{VMS}/roleinstances/vm1/ModelFile?FileType=RDP")
    assert (answer.status, answer.code) == (400, "BadRequest")
    assert answer.message == (
        "An external endpoint to the Remote Desktop port (3389) must first be added to the role."
    )


async def test_extension_in_use(management: Management):
    """An extension that a deployment has is neither added again nor deleted, and the words are the same."""
    await management.finished(await management.post(f"{SHOP}/extensions", EXTENSION))
    assert "already exists" in (await management.post(f"{SHOP}/extensions", EXTENSION)).message
    await compute.deploy(management, rest=using("Enable"))
    assert (await management.get(FIRST)).find("State") == "enable"
    for answer in (
        await management.post(f"{SHOP}/extensions", EXTENSION),
        await management.delete(f"{SHOP}/extensions/desktop"),
    ):
        assert (answer.status, answer.code) == (409, "ConflictError")
        assert answer.message == "The extension ID desktop is already in use for this deployment."


async def test_swap_of_other_endpoints(management: Management):
    """Deployments with different numbers of endpoints stay where they are; the operation says so."""
    await compute.deploy(management, "staging", configuration=cscfg(WebRole=1), name="second")
    await compute.deploy(management, configuration=cscfg(WebRole=1, WebAdmin=1))
    ended = await management.finished(await management.post(SHOP, compute.swapping("second", "first")))
    assert (ended.find("Status"), ended.find("HttpStatusCode")) == ("Failed", "400")
    assert "the same number of endpoints" in ended.find("Message")
    assert (await management.get(FIRST)).find("DeploymentSlot") == "Production"


async def test_most_certificates(management: Management, emulator: Emulator):
    """A hosted service has 400 certificates; one that it has already is no further one."""
    service = subscription_of(emulator).hosted_services["shop"]
    for number in range(399):
        service.certificates[f"{number:040X}"] = ServiceCertificate(f"{number:040X}", b"")
    files = [
        document(
            "CertificateFile",
            tag("Data", base64.b64encode(management_certificate(name).certificate_der).decode()),
            tag("CertificateFormat", "cer"),
        )
        for name in ("one", "two")
    ]
    await done(management, await management.post(f"{SHOP}/certificates", files[0]))
    await done(management, await management.post(f"{SHOP}/certificates", files[0]))
    answer = await management.post(f"{SHOP}/certificates", files[1])
    assert (answer.status, "is 400 per subscription" in answer.message) == (400, True)


async def test_nil_is_absent(management: Management):
    """Elements that are nil say as little as absent ones: an update changes nothing but endpoints."""
    given = machine(data_disks=compute.empty_disk(), before=tag("AvailabilitySetName", "together"))
    await compute.deploy_machines(management, given)
    before = await management.get(f"{VMS}/roles/vm1")
    names = (
        "OsVersion RoleType ConfigurationSets ResourceExtensionReferences VMImageName MediaLocation AvailabilitySetName "
        "DataVirtualHardDisks Label OSVirtualHardDisk RoleSize ProvisionGuestAgent VMImageInput DebugSettings LicenseType"
    )
    nothing = "".join(f'<{name} xmlns:i="{INSTANCE}" i:nil="true"/>' for name in names.split())
    body = document("PersistentVMRole", nothing)
    await done(management, await management.put(f"{VMS}/roles/vm1", body))
    assert (await management.get(f"{VMS}/roles/vm1")).text == before.text


@pytest.mark.parametrize(
    ("path", "root"),
    [
        (SHOP, "UpdateHostedService"),
        ("services/storageservices/store", "UpdateStorageServiceInput"),
        ("affinitygroups/near", "UpdateAffinityGroup"),
        ("services/images/mine", "OSImage"),
    ],
)
async def test_a_nil_description_is_absent(management: Management, path: str, root: str):
    """It says as little in any update: the description stays."""
    near = "<Name>near</Name><Label>eA==</Label><Location>West US</Location>"
    await management.post("affinitygroups", document("CreateAffinityGroup", near))
    mine = f"<Label>mine</Label><MediaLink>{compute.BLOB}</MediaLink><Name>mine</Name><OS>Linux</OS>"
    await management.post("services/images", document("OSImage", mine))
    nothing = f'<Description xmlns:i="{INSTANCE}" i:nil="true"/>'
    for description in (tag("Description", "kept"), nothing):
        changed = await management.put(path, document(root, f"<Label>eA==</Label>{description}"))
        assert changed.status == 200
    assert (await management.get(path)).find("Description") == "kept"


def interface(subnet: str, static: str | None = None) -> str:
    """Sets of a machine at 10.0.1.9 with a further interface."""
    given = f"{tag('SubnetName', subnet)}{tag('StaticVirtualNetworkIPAddress', static)}"
    return network(
        "<SubnetNames><SubnetName>web</SubnetName></SubnetNames><StaticVirtualNetworkIPAddress>10.0.1.9"
        "</StaticVirtualNetworkIPAddress><NetworkInterfaces><NetworkInterface><Name>second</Name><IPConfigurations>"
        f"<IPConfiguration>{given}</IPConfiguration></IPConfigurations></NetworkInterface></NetworkInterfaces>"
    )


async def test_addresses_of_further_interfaces(management: Management):
    """What a static address has to be holds for further interfaces, too: in the subnet, and nobody else's."""
    await done(management, await management.put("services/networking/media", NETWORK))
    inside = "<VirtualNetworkName>inside</VirtualNetworkName>"
    for sets, rest, told in (
        (interface("none"), inside, "The subnet none does not exist"),
        (interface("web", "10.0.2.9"), inside, "10.0.2.9 cannot be used in the subnet web"),
        (interface("web", "10.0.1.9"), inside, "10.0.1.9 is already in use"),
        (interface("web"), "", "without a virtual network"),
    ):
        assert told in await compute.refused(management, machines(machine(sets=sets), rest=rest))
    body = machines(machine(sets=interface("web", "10.0.1.10")), rest=inside)
    await done(management, await management.post(f"{SHOP}/deployments", body))
    assert (await management.get(VMS)).find("Address") == "10.0.1.10"


async def test_settings_of_the_package(management: Management):
    """A changed configuration has the settings that the package defines, with other values; no more, and no less."""

    def file(*names: str, value: str = "1") -> str:
        listed = "".join(f'<Setting name="{name}" value="{value}"/>' for name in names)
        settings = f"<ConfigurationSettings>{listed}</ConfigurationSettings>"
        return cscfg(WebRole=1).replace("</Role>", f"{settings}</Role>")

    await compute.deploy(management, configuration=file("mode", "level"))
    for path, names, told in (("first", ("mode",), "level"), ("first", ("mode", "level", "more"), "more")):
        change = compute.configuration_change(file(*names))
        answer = await management.post(f"{SHOP}/deployments/{path}?comp=config", change)
        assert (answer.status, answer.message.endswith(f": {told}.")) == (400, True), answer.text
    change = compute.configuration_change(file("level", "mode", value="2"))
    await done(management, await management.post(f"{SHOP}/deploymentslots/production?comp=config", change))


async def test_ports_of_a_changed_set(management: Management):
    """A load-balanced set cannot get a port that another endpoint has; nothing of it is changed."""
    ends = [compute.endpoint("web", 80, 80, group="set"), compute.endpoint("ssh", 22, 22)]
    await compute.deploy_machines(management, machine(sets=LINUX_SET + compute.network(*ends)))
    for port, status in ((22, "Failed"), (81, "Succeeded")):
        body = document("LoadBalancedEndpointList", compute.endpoint("web", 80, port, group="set"))
        ended = await management.finished(await management.post(f"{VMS}?comp=UpdateLbSet", body))
        shown = await management.get(f"{VMS}/roles/vm1")
        expected = ["22", "80" if status == "Failed" else "81"]
        assert (ended.find("Status"), shown.find_all("Port")) == (status, expected)


async def test_port_of_a_set(management: Management):
    """A member for which nobody said a port has that of its set, and the first one a free one that is theirs."""
    member = compute.endpoint("web", 80, group="set")
    await compute.deploy_machines(
        management, machine(sets=LINUX_SET + compute.network(member)), machine("vm2")
    )
    body = document("PersistentVMRole", f"<ConfigurationSets>{compute.network(member)}</ConfigurationSets>")
    await done(management, await management.put(f"{VMS}/roles/vm2", body))
    ports = (await management.get(VMS)).find_all("PublicPort")
    assert (len(ports), len(set(ports))) == (2, 1)


OLDER = [
    ("2010-10-28", FIRST, {"State", "SubnetNames", "Vip"}),
    (
        "2014-02-01",
        "services/resourceextensions",
        {"Eula", "HomepageUri", "PrivacyUri", "ReplicationCompleted"},
    ),
    ("2014-04-01", "services/resourceextensions", set()),
    ("2014-02-01", "services/extensions", {"IsJsonExtension"}),
    ("2014-06-01", "services/disks", {"IOType"}),
    ("2014-10-01", "services/disks", set()),
    ("2012-03-01", "services/storageservices/operations/isavailable/store", {"Reason"}),
    ("2013-03-01", "services/storageservices/operations/isavailable/store", set()),
    ("2010-10-28", SHOP, {"Status", "DateCreated", "ExtendedProperties", "ReverseDnsFqdn"}),
    ("2013-03-01", SHOP, {"ReverseDnsFqdn"}),
    ("2014-06-01", SHOP, set()),
    ("2012-03-01", f"{SERVICES}/operations/isavailable/shop", {"Reason"}),
    ("2013-03-01", f"{SERVICES}/operations/isavailable/shop", set()),
    ("2014-05-01", FIRST, {"State"}),
    ("2014-06-01", FIRST, set()),
]


@pytest.mark.parametrize(("version", "path", "absent"), OLDER)
async def test_older_versions(management: Management, version: str, path: str, absent: set[str]):
    """What came later is left out of the replies to older versions."""
    body = document("UpdateHostedService", "<ReverseDnsFqdn>shop.cloudapp.net.</ReverseDnsFqdn>")
    await management.put(SHOP, body)
    await management.finished(await management.post(f"{SHOP}/extensions", EXTENSION))
    await compute.deploy(management, rest=using())
    disk = f"<Label>old</Label><MediaLink>{compute.BLOB}</MediaLink><Name>old</Name>"
    await management.post("services/disks", document("Disk", disk))
    later = set().union(*(names for _, where, names in OLDER if where == path))
    shown = await management.send("GET", path, x_ms_version=version)
    assert {name for name in later if shown.find(name) is None} == absent


async def test_older_words_of_instances(management: Management, clock: ManualClock):
    """Before 2011-10-01 instances had fewer states, and these other names."""
    accepted = await management.post(f"{SHOP}/deploymentslots/production", compute.deployment())
    seen = []
    for _ in range(60):
        word = (await management.send("GET", FIRST, x_ms_version="2011-06-01")).find("InstanceStatus")
        seen += [word] if seen[-1:] != [word] else []
        clock.advance(10)
    await management.finished(accepted)
    assert seen == ["Stopped", "Initializing", "Busy", "Ready"]
    assert (await management.send("GET", FIRST, x_ms_version="2011-10-01")).find(
        "InstanceStatus"
    ) == "ReadyRole"


async def test_lists_are_by_name(emulator: Emulator, management: Management):
    """Lists have names in one order, whatever their case and whichever was there first."""
    for name in ("Zebra", "apple", "Mango"):
        await management.post(SERVICES, compute.hosted_service(name))
        compute.add_store(emulator, name.lower())
        group = document("CreateAffinityGroup", f"<Name>{name}</Name><Label>{encoded(name)}</Label>")
        await management.post(
            "affinitygroups", group.replace("</Label>", "</Label><Location>West US</Location>")
        )
    roles = [machine(name) for name in ("vm2", "VM1")]
    await compute.deploy_machines(management, *roles)
    for path, element, expected in (
        (SERVICES, "ServiceName", ["apple", "Mango", "shop", "Zebra"]),
        ("services/storageservices", "ServiceName", ["apple", "mango", "store", "zebra"]),
        ("affinitygroups", "Name", ["apple", "Mango", "Zebra"]),
        ("services/disks", "RoleName", ["VM1", "vm2"]),
    ):
        found = (await management.get(path)).find_all(element)
        assert found == expected, path
