"""Images that their publisher copies to other regions and lets others use."""

import pytest
from doubles import compute
from doubles.bare_client import Management, document
from doubles.machines import done

from asyncsm.emulator import Emulator, ManualClock

IMAGE = "services/images/mine"
STORE = "https://store.blob.core.windows.net"


def replication(*regions: str, attributes: str | None = None) -> str:
    listed = "".join(f"<Region>{region}</Region>" for region in regions)
    said = "<Offer>o</Offer><Sku>s</Sku><Version>1.0.0</Version>" if attributes is None else attributes
    return document(
        "ReplicationInput",
        f"<TargetLocations>{listed}</TargetLocations><ComputeImageAttributes>{said}</ComputeImageAttributes>",
    )


@pytest.fixture(autouse=True)
async def image(emulator: Emulator, management: Management) -> None:
    """An OS image, and a VM image."""
    compute.add_store(emulator)
    os_image = f"<Label>a</Label><MediaLink>{STORE}/vhds/a.vhd</MediaLink><Name>mine</Name><OS>Linux</OS>"
    await management.post("services/images", document("OSImage", os_image))
    vm_image = (
        "<Name>whole</Name><Label>b</Label><OSDiskConfiguration><OSState>Generalized</OSState><OS>Linux</OS>"
        f"<MediaLink>{STORE}/vhds/b.vhd</MediaLink></OSDiskConfiguration>"
    )
    await done(management, await management.post("services/vmimages", document("VMImage", vm_image)))


async def test_details(management: Management):
    """The details of an image that is nowhere else tell of no copies."""
    shown = await management.get(f"{IMAGE}/details")
    assert shown.root.tag.endswith("OSImageDetails")
    assert (shown.find("Name"), shown.find("Location"), shown.find("Progress")) == ("mine", "West US", None)


@pytest.mark.parametrize("path", ["services/images/whole", "services/vmimages/mine"])
async def test_details_of_the_other_kind(management: Management, path: str):
    """Programs ask for both kinds of images to find out which one a name is: the other kind is not found."""
    answer = await management.get(f"{path}/details")
    assert (answer.status, answer.code) == (404, "ResourceNotFound")


async def test_replicate(management: Management, clock: ManualClock):
    """An image is copied to all its regions in some time, under a name of the publisher."""
    answer = await management.put(f"{IMAGE}/replicate", replication("West US", "west europe"))
    assert answer.status == 200
    assert answer.root.text == f"{management.subscription_id.replace('-', '')}__mine"
    shown = await management.get(f"{IMAGE}/details")
    assert shown.find_all("Location") == ["West US", "West US", "West Europe"]
    assert shown.find_all("Progress") == ["0", "0"]
    clock.advance(600)
    assert (await management.get(f"{IMAGE}/details")).find_all("Progress") == ["50", "50"]
    clock.advance(6000)
    assert (await management.get(f"{IMAGE}/details")).find_all("Progress") == ["100", "100"]


async def test_replicate_replaces(management: Management):
    """Each replication names all the regions; from those left out the copies go."""
    await management.put(f"{IMAGE}/replicate", replication("West US", "West Europe"))
    await management.put(f"{IMAGE}/replicate", replication("East US"))
    assert (await management.get(f"{IMAGE}/details")).find_all("Location") == ["West US", "East US"]


@pytest.mark.parametrize(
    "body",
    [
        replication(),
        replication("Atlantis"),
        replication("West US", "west us"),
        replication("West US", attributes="<Offer>o</Offer>"),
        replication("West US", attributes="<Offer>o_o</Offer><Sku>s</Sku><Version>1.0.0</Version>"),
        replication("West US", attributes=f"<Offer>o</Offer><Sku>{'s' * 65}</Sku><Version>1.0.0</Version>"),
    ],
)
async def test_replication_rules(management: Management, body: str):
    """Regions have to exist and be different, and the attributes complete."""
    assert (await management.put(f"{IMAGE}/replicate", body)).status == 400


@pytest.mark.parametrize("path", ["services/images/whole", "services/vmimages/whole"])
async def test_vm_image(management: Management, path: str):
    """VM images are published like OS images, and by the same paths as well."""
    answer = await management.put(f"{path}/replicate", replication("West US"))
    assert answer.root.text.endswith("__whole")
    await done(management, await management.put(f"{path}/shareasync?permission=Public"))
    assert (await management.put(f"{path}/unreplicate")).status == 200


async def test_vm_image_details(management: Management):
    """They have all but disks and moments, and, once there are copies, the name that others use."""
    path = "services/vmimages/Whole/details"
    before = await management.get(path)
    assert (before.root.tag.rpartition("}")[2], before.find("Name"), before.find("Label")) == (
        "VMImageDetails",
        "whole",
        "b",
    )
    absent = ("OSDiskConfiguration", "CreatedTime", "VMImageState", "PublishedName", "Offer", "Progress")
    assert [before.find(name) for name in absent] == [None] * len(absent)
    await management.put("services/vmimages/whole/replicate", replication("West US"))
    assert (await management.get(path)).find("Offer") is None
    shown = await management.send("GET", path, x_ms_version="2016-06-01")
    assert (shown.find("Offer"), shown.find("Progress")) == ("o", "0")
    assert shown.find("PublishedName").endswith("__whole")


@pytest.mark.parametrize(
    ("path", "permission", "answered"),
    [
        ("images/mine", "Private", "false"),
        ("images/mine", "Public", "true"),
        ("vmimages/whole", "Public", ""),
    ],
)
async def test_answers_to_sharing(management: Management, path: str, permission: str, answered: str):
    """An OS image's tells whether others may use it; a VM image's tells nothing."""
    await management.put(f"services/{path}/replicate", replication("West US"))
    answer = await management.put(f"services/{path}/shareasync?permission={permission}")
    assert (answer.status, (answer.root.text if answer.text else "")) == (202, answered)


async def test_unreplicate(management: Management):
    """Without its copies an image is what it was."""
    before = (await management.get(f"{IMAGE}/details")).text
    await management.put(f"{IMAGE}/replicate", replication("West US"))
    for _ in range(2):
        assert (await management.put(f"{IMAGE}/unreplicate")).status == 200
    assert (await management.get(f"{IMAGE}/details")).text == before


async def test_share(management: Management):
    """At the end of the operation the category of an image tells who may use it."""
    await management.put(f"{IMAGE}/replicate", replication("West US"))
    accepted = await management.put(f"{IMAGE}/shareasync?permission=msdn")
    assert (await management.get(IMAGE)).find("Category") == "User"
    await done(management, accepted)
    assert (await management.get(IMAGE)).find("Category") == "MSDN"
    await management.put(f"{IMAGE}/replicate", replication("East US"))
    assert (await management.get(IMAGE)).find("Category") == "MSDN"
    await done(management, await management.put(f"{IMAGE}/share?permission=Private"))
    assert (await management.get(IMAGE)).find("Category") == "User"


async def test_share_rules(management: Management):
    """There are three permissions, and only copies can be shared."""
    answer = await management.put(f"{IMAGE}/shareasync?permission=Public")
    assert (answer.status, answer.code) == (400, "BadRequest")
    await management.put(f"{IMAGE}/replicate", replication("West US"))
    for query in ("", "?permission=Friends"):
        answer = await management.put(f"{IMAGE}/shareasync{query}")
        assert (answer.status, answer.code) == (400, "MissingOrInvalidRequiredQueryParameter")


@pytest.mark.parametrize(
    ("name", "status"), [("none", 404), (compute.LINUX_IMAGE, 403)], ids=["unknown", "platform's"]
)
async def test_only_own(management: Management, name: str, status: int):
    """Others' images cannot be published, nor looked into."""
    path = f"services/images/{name}"
    for answer in (
        await management.get(f"{path}/details"),
        await management.put(f"{path}/replicate", replication("West US")),
        await management.put(f"{path}/unreplicate"),
        await management.put(f"{path}/shareasync?permission=Public"),
    ):
        assert answer.status == status


async def test_publishers_only(emulator: Emulator, management: Management):
    """A subscription that is not a publisher's may do nothing of this."""
    emulator.seed({"publisher": False})
    for answer in (
        await management.get(f"{IMAGE}/details"),
        await management.get("services/vmimages/whole/details"),
        await management.put(f"{IMAGE}/replicate", replication("West US")),
        await management.put(f"{IMAGE}/unreplicate"),
        await management.put(f"{IMAGE}/shareasync?permission=Public"),
    ):
        assert (answer.status, answer.code) == (403, "ForbiddenError")
        assert answer.message == "This operation is not allowed for this subscription."


async def test_deleted_image(management: Management):
    """With an image its publication goes: another one of its name begins anew."""
    await management.put(f"{IMAGE}/replicate", replication("West US"))
    await management.delete(IMAGE)
    os_image = f"<Label>a</Label><MediaLink>{STORE}/vhds/a.vhd</MediaLink><Name>mine</Name><OS>Linux</OS>"
    await management.post("services/images", document("OSImage", os_image))
    assert (await management.get(f"{IMAGE}/details")).find("Progress") is None
