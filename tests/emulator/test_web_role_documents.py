"""Web and worker roles as documents show them: packages are not opened, so much is taken for granted."""

import re

import pytest
from doubles import compute
from doubles.bare_client import Management, document
from doubles.compute import SERVICES, SHOP, cscfg, decoded, deployment, encoded
from doubles.machines import done

from asyncsm.emulator import Emulator, ManualClock

PRODUCTION = f"{SHOP}/deploymentslots/production"
FIRST = f"{SHOP}/deployments/first"


@pytest.fixture(autouse=True)
async def shop(emulator: Emulator, management: Management) -> None:
    """An empty hosted service, and a storage account for its package."""
    compute.add_store(emulator)
    await management.post(SERVICES, compute.hosted_service())


async def test_web_roles_listen(management: Management):
    """A role that is called a web role is taken to listen at port 80, as packages are not opened."""
    await compute.deploy(management, configuration=cscfg(WorkerRole=1, WebRole=2))
    shown = await management.send("GET", PRODUCTION, x_ms_version="2016-06-01")
    assert shown.root.findtext("{*}VirtualIPs/{*}VirtualIP/{*}Name") == "ShopContractContract"
    web, worker = shown.root.find("{*}RoleList")
    ports = web.find("{*}ConfigurationSets/{*}ConfigurationSet/{*}InputEndpoints")
    names = ("Port", "Protocol", "Vip", "VirtualIPName")
    address = shown.root.findtext("{*}VirtualIPs/{*}VirtualIP/{*}Address")
    assert [[one.findtext(f"{{*}}{name}") for name in names] for one in ports] == [
        ["80", "http", address, "ShopContractContract"]
    ]
    assert worker.find(".//{*}InputEndpoint") is None
    assert shown.find_all("LocalPort") == ["80", "80"]


async def test_worker_roles_do_not_listen(management: Management):
    """Of worker roles nothing is known to be reachable."""
    await compute.deploy(management, configuration=cscfg(WorkerRole=1))
    assert (await management.get(PRODUCTION)).root.findtext("{*}VirtualIPs/{*}VirtualIP/{*}Name") == (
        "__PseudoBackEndContractVip"
    )


async def test_configuration_has_the_ends_of_lines_of_xml(management: Management):
    """A configuration comes back as it was given, but for the ends of its lines."""
    file = cscfg(WebRole=1).replace("><", ">\r\n<")
    await compute.deploy(management, configuration=file)
    assert decoded((await management.get(PRODUCTION)).find("Configuration")) == file.replace("\r\n", "\n")


async def test_configuration_after_a_deletion_of_instances(management: Management):
    """The service writes new numbers into the file, and leaves out what is only for people."""
    head = '<?xml version="1.0" encoding="utf-8"?>\r\n<!-- made by a tool -->\r\n'
    file = cscfg(WebRole=3, WorkerRole=1).replace("><", ">\r\n  <").replace('"/>', '" />')
    await compute.deploy(management, configuration=head + file)
    body = document("RoleInstances", "<Name>WebRole_IN_0</Name>")
    await done(management, await management.post(f"{FIRST}/roleinstances/?comp=delete", body))
    expected = cscfg(WebRole=2, WorkerRole=1).replace('"/>', '" />')
    assert decoded((await management.get(FIRST)).find("Configuration")) == (
        f'<?xml version="1.0" encoding="utf-8"?>{expected}'
    )


async def test_instances_that_start_say_what_they_do(management: Management, clock: ManualClock):
    """Instances of web and worker roles tell, with the time, how far their start is."""
    await management.finished(await management.post(PRODUCTION, deployment()))
    said = []
    for _ in compute.passing(clock, 300):
        details = (await management.get(PRODUCTION)).find("InstanceStateDetails")
        said += [details] if details and details not in said else []
    words = [re.sub(r" \[2015-\d\d-\d\dT\d\d:\d\d:\d\dZ\]", "", one) for one in said]
    assert words == [
        "Starting role... System is initializing.",
        "Initializing role... Application startup tasks are running.",
        "Waiting for role to start... Calling OnRoleRun.",
        "Bringing role online... Calling OnRoleRun.",
        "Starting role... Calling OnRoleRun.",
    ]


async def test_remote_desktops_of_roles(management: Management):
    """With the extension for remote desktops the first role that has it can be reached for that."""
    extension = document(
        "Extension",
        "<ProviderNameSpace>Microsoft.Windows.Azure.Extensions</ProviderNameSpace><Type>RDP</Type><Id>desk</Id>"
        f"<PublicConfiguration>{encoded('<a/>')}</PublicConfiguration><Version>*</Version>",
    )
    await done(management, await management.post(f"{SHOP}/extensions", extension))
    configuration = "<ExtensionConfiguration><AllRoles><Extension><Id>desk</Id></Extension></AllRoles></ExtensionConfiguration>"
    body = deployment(configuration=cscfg(WebRole=1, Back=1), rest=configuration)
    await done(management, await management.post(PRODUCTION, body))
    back, web = (await management.get(PRODUCTION)).root.findall(".//{*}RoleInstance")
    assert [one.findtext("{*}PublicPort") for one in back.findall(".//{*}InstanceEndpoint")] == ["3389"]
    assert [one.findtext("{*}PublicPort") for one in web.findall(".//{*}InstanceEndpoint")] == ["80"]
