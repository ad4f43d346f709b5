"""Extensions of hosted services, deployments that use them, and the images that publishers register."""

import pytest
from doubles import compute
from doubles.bare_client import Management, document
from doubles.compute import SERVICES, SHOP, cscfg, encoded, tag
from doubles.machines import done

from asyncsm.emulator import Emulator, ManualClock

EXTENSIONS = f"{SHOP}/extensions"
FIRST = f"{SHOP}/deployments/first"
IMAGES = "services/extensions"
PUBLIC = "<PublicConfig><UserName>someone</UserName></PublicConfig>"


def extension(id_: str = "desktop", type_: str = "RDP", version: str | None = "*", rest: str = "") -> str:
    """Request of Add Extension."""
    return document(
        "Extension",
        tag("ProviderNameSpace", "Microsoft.Windows.Azure.Extensions"),
        tag("Type", type_),
        tag("Id", id_),
        tag("PublicConfiguration", encoded(PUBLIC)),
        tag("PrivateConfiguration", encoded("<PrivateConfig><Password>Hidden-1</Password></PrivateConfig>")),
        rest,
        tag("Version", version),
    )


def using(*all_roles: str, named: str = "") -> str:
    """The extension configuration of a deployment; ``id:State`` says what becomes of one."""
    listed = "".join(_reference(each) for each in all_roles)
    return (
        f"<ExtensionConfiguration><AllRoles>{listed}</AllRoles><NamedRoles>{named}</NamedRoles>"
        "</ExtensionConfiguration>"
    )


def _reference(each: str) -> str:
    id_, _, state = each.partition(":")
    return f"<Extension>{tag('Id', id_)}{tag('State', state or None)}</Extension>"


def on_role(role: str, each: str) -> str:
    return f"<Role><RoleName>{role}</RoleName><Extensions>{_reference(each)}</Extensions></Role>"


def image(version: str = "1.0.0.0", rest: str = "") -> str:
    """Request of Register Extension."""
    return document(
        "ExtensionImage",
        tag("ProviderNameSpace", "Mine"),
        tag("Type", "Agent"),
        tag("Version", version),
        rest,
    )


@pytest.fixture(autouse=True)
async def shop(emulator: Emulator, management: Management) -> None:
    """A hosted service."""
    compute.add_store(emulator)
    await management.post(SERVICES, compute.hosted_service())


async def test_an_extension_from_its_beginning_to_its_end(management: Management):
    """It is there when its operation ends, without what is private; its removal is done at once."""
    accepted = await management.post(EXTENSIONS, extension())
    assert (await management.get(f"{EXTENSIONS}/desktop")).status == 404
    await done(management, accepted)
    shown = await management.get(f"{EXTENSIONS}/Desktop")
    assert [each.tag.rpartition("}")[2] for each in shown.root] == [
        "ProviderNameSpace",
        "Type",
        "Id",
        "Version",
        "PublicConfiguration",
    ]
    assert (shown.find("Id"), compute.decoded(shown.find("PublicConfiguration"))) == ("desktop", PUBLIC)
    assert (await management.get(EXTENSIONS)).find_all("Id") == ["desktop"]
    assert (await management.delete(f"{EXTENSIONS}/desktop")).status == 200
    assert (await management.get(EXTENSIONS)).find_all("Id") == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (extension(""), 400, "BadRequest"),
        (extension(type_=""), 400, "BadRequest"),
        (extension(type_="Unknown"), 400, "BadRequest"),
        (extension(version="9.*"), 400, "BadRequest"),
        (extension("taken"), 409, "ConflictError"),
    ],
)
async def test_what_cannot_be_added(management: Management, body: str, status: int, code: str):
    """It needs a type that exists, and an id that is free."""
    await done(management, await management.post(EXTENSIONS, extension("taken", version="1.*")))
    answer = await management.post(EXTENSIONS, body)
    assert (answer.status, answer.code) == (status, code)


async def test_a_deployment_that_uses_it(management: Management):
    """Roles have it as the request says, and while they do it cannot be deleted."""
    await done(management, await management.post(EXTENSIONS, extension()))
    await compute.deploy(management, rest=using("DESKTOP:Enable"))
    shown = await management.get(FIRST)
    assert (shown.find("Id"), shown.find("State")) == ("desktop", "enable")
    refused = await management.delete(f"{EXTENSIONS}/desktop")
    assert (refused.status, refused.message) == (
        409,
        "The extension ID desktop is already in use for this deployment.",
    )
    await done(management, await management.delete(FIRST))
    assert (await management.delete(f"{EXTENSIONS}/desktop")).status == 200


async def test_an_extension_in_use_in_any_case(management: Management):
    """Its id is the same, however it was spelt when it was added."""
    await done(management, await management.post(EXTENSIONS, extension("DeskTop")))
    await compute.deploy(management, rest=using("desktop"))
    for id_ in ("DeskTop", "desktop", "DESKTOP"):
        assert (await management.delete(f"{EXTENSIONS}/{id_}")).status == 409


async def test_remote_desktops_are_reached_at_one_role(management: Management):
    """The first of those that have the extension forwards to the others."""
    await done(management, await management.post(EXTENSIONS, extension()))
    await compute.deploy(management, configuration=cscfg(Front=1, Back=1), rest=using("desktop"))
    shown = await management.get(FIRST)
    assert shown.find_all("PublicPort") == ["3389"]
    instances = shown.root.findall(".//{*}RoleInstance")
    opened = [one.findtext("{*}RoleName") for one in instances if one.find(".//{*}PublicPort") is not None]
    assert opened == ["Back"]


async def test_versions_are_compared_as_numbers(management: Management):
    """The tenth comes after the ninth."""
    for version in ("1.10.0.0", "1.9.0.0"):
        action = IMAGES if version == "1.10.0.0" else f"{IMAGES}?action=update"
        send = management.post if action == IMAGES else management.put
        await done(management, await send(action, image(version)))
    assert (await management.get(f"{IMAGES}/mine/agent")).find_all("Version") == ["1.9.0.0", "1.10.0.0"]


@pytest.mark.parametrize(("rest", "status"), [(using("desktop"), 200), ("", 400)])
async def test_remote_desktops_of_roles(management: Management, rest: str, status: int):
    """The extension opens role instances to remote desktops, whose file names service and instance."""
    await done(management, await management.post(EXTENSIONS, extension()))
    await compute.deploy(management, rest=rest)
    answer = await management.get(f"{FIRST}/roleinstances/WebRole_IN_1/ModelFile?FileType=RDP")
    assert answer.status == status
    if status == 200:
        assert answer.text.splitlines()[:2] == [
            "full address:s:shop.cloudapp.net",
            "LoadBalanceInfo:s:Cookie: mstshash=WebRole#WebRole_IN_1",
        ]


async def test_an_extension_is_taken_from_all_roles(management: Management, clock: ManualClock):
    """While it goes it is shown with each role, as recorded; then it is gone, and can be deleted."""
    await done(management, await management.post(EXTENSIONS, extension()))
    await compute.deploy(management, rest=using("desktop"))
    clock.advance(600)
    change = compute.configuration_change(cscfg(WebRole=3), using("desktop:Uninstall"))
    accepted = await management.post(f"{FIRST}?comp=config", change)
    clock.advance(40)
    going = await management.get(FIRST)
    assert going.find_all("RoleName")[-1] == "WebRole"
    assert (going.find("State"), going.find("AllRoles")) == ("Uninstall", None)
    await done(management, accepted)
    clock.advance(600)
    assert (await management.get(FIRST)).find("ExtensionConfiguration") is None
    assert (await management.delete(f"{EXTENSIONS}/desktop")).status == 200


async def test_a_change_that_says_nothing_of_extensions(management: Management, clock: ManualClock):
    """A deployment keeps those it has."""
    await done(management, await management.post(EXTENSIONS, extension()))
    await compute.deploy(management, rest=using(named=on_role("webrole", "desktop")))
    clock.advance(600)
    await done(
        management,
        await management.post(f"{FIRST}?comp=config", compute.configuration_change(cscfg(WebRole=3))),
    )
    clock.advance(600)
    assert (await management.get(FIRST)).find("Id") == "desktop"


@pytest.mark.parametrize("rest", [using("none"), using(named=on_role("NoRole", "desktop"))])
async def test_what_a_deployment_cannot_use(management: Management, rest: str):
    """The hosted service has to have the extension, and the deployment the role."""
    await done(management, await management.post(EXTENSIONS, extension()))
    answer = await management.post(f"{SHOP}/deploymentslots/production", compute.deployment(rest=rest))
    assert (answer.status, answer.code) == (400, "BadRequest")


async def test_available_extensions(management: Management):
    """Of each there is the highest version in the list, and all of them in its own."""
    listed = await management.get(IMAGES)
    types = listed.find_all("Type")
    assert "RDP" in types
    assert len(types) == len(set(types))
    versions = await management.get(f"{IMAGES}/microsoft.windows.azure.extensions/rdp")
    assert versions.find_all("Version") == ["1.0", "1.2.1"]
    assert (await management.get(f"{IMAGES}/nobody/nothing")).find_all("Version") == []


async def test_an_image_from_its_registration_to_its_withdrawal(management: Management):
    """Whoever publishes an extension can use it, in as many versions as are registered."""
    await done(management, await management.post(IMAGES, image()))
    await done(management, await management.put(f"{IMAGES}?action=update", image("1.1.0.0")))
    assert (await management.get(f"{IMAGES}/mine/agent")).find_all("Version") == ["1.0.0.0", "1.1.0.0"]
    assert (await management.get("services/publisherextensions")).find_all("Type") == ["Agent", "Agent"]
    added = document(
        "Extension",
        "<ProviderNameSpace>Mine</ProviderNameSpace><Type>Agent</Type><Id>a</Id><Version>1.1</Version>",
    )
    await done(management, await management.post(EXTENSIONS, added))
    await done(management, await management.delete(f"{IMAGES}/mine/agent/1.0.0.0"))
    await done(management, await management.delete(f"{IMAGES}/Mine/Agent/1.1.0.0"))
    assert (await management.get("services/publisherextensions")).find_all("Type") == []
    assert (await management.get(f"{EXTENSIONS}/a")).status == 200


@pytest.mark.parametrize(("resources", "status"), [("WebRole|VmRole", 202), ("WebRole|WorkerRole", 400)])
async def test_machines_use_registered_extensions(management: Management, resources: str, status: int):
    """One that is for virtual machines is listed with theirs, and can be referred to."""
    await done(
        management, await management.post(IMAGES, image("1.2.0.0", tag("HostingResources", resources)))
    )
    listed = await management.get("services/resourceextensions/mine/agent")
    assert listed.find_all("Version") == (["1.2.0.0"] if status == 202 else [])
    assert ("Agent" in (await management.get("services/resourceextensions")).find_all("Name")) is (
        status == 202
    )
    references = (
        "<ResourceExtensionReferences><ResourceExtensionReference><ReferenceName>ours</ReferenceName>"
        "<Publisher>Mine</Publisher><Name>Agent</Name><Version>1.*</Version></ResourceExtensionReference>"
        "</ResourceExtensionReferences>"
    )
    machines = compute.machines(compute.machine(before=references))
    assert (await management.post(f"{SHOP}/deployments", machines)).status == status


async def test_one_change_of_an_extension_at_a_time(management: Management):
    """A second one is refused, and told so in the words by which clients know to wait."""
    accepted = await management.post(IMAGES, image())
    for refused in (
        await management.post(IMAGES, image("2.0.0.0")),
        await management.put(f"{IMAGES}?action=update", image("2.0.0.0")),
        await management.delete(f"{IMAGES}/mine/agent/1.0.0.0"),
    ):
        assert (refused.status, refused.code) == (409, "ConflictError")
        assert refused.message == (
            "Another operation on extension with namespace Mine, type Agent is already in progress."
        )
    await done(management, accepted)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", IMAGES, image(), 409),
        ("POST", IMAGES, image("").replace("<Version></Version>", "<Version/>"), 400),
        (
            "POST",
            IMAGES,
            image("3.0.0.0", "<MediaLink>https://elsewhere.blob.core.windows.net/a/b</MediaLink>"),
            400,
        ),
        ("PUT", f"{IMAGES}?action=update", image().replace("Agent", "Other"), 404),
        ("PUT", IMAGES, image(), 400),
        ("DELETE", f"{IMAGES}/Mine/Agent/9.0.0.0", "", 404),
        ("DELETE", f"{IMAGES}/Mine/Other/1.0.0.0", "", 404),
        ("DELETE", f"{IMAGES}/Microsoft.Windows.Azure.Extensions/RDP/1.0", "", 404),
    ],
)
async def test_refused_changes_of_images(
    management: Management, method: str, path: str, body: str, status: int
):
    """A version is registered once; what is changed or withdrawn has to be one's own."""
    await done(management, await management.post(IMAGES, image()))
    assert (await management.send(method, path, body)).status == status


async def test_publishers_only(emulator: Emulator, management: Management):
    """Others may list and use extensions, and no more."""
    emulator.seed({"publisher": False})
    for answer in (
        await management.post(IMAGES, image()),
        await management.put(f"{IMAGES}?action=update", image()),
        await management.delete(f"{IMAGES}/Mine/Agent/1.0.0.0"),
        await management.get("services/publisherextensions"),
    ):
        assert (answer.status, answer.code) == (403, "ForbiddenError")
        assert answer.message == "This operation is not allowed for this subscription."
    assert (await management.get(IMAGES)).status == 200
