"""OS images, asked as any HTTP client would."""

import pytest
from doubles import compute
from doubles.bare_client import Management, document

from asyncsm.emulator import Emulator, catalogue

IMAGES = "services/images"
MINE = f"{IMAGES}/mine"


def image(
    name: str = "mine",
    label: str = "my image",
    os: str = "Linux",
    link: str = "https://store.blob.core.windows.net/vhds/image.vhd",
    rest: str = "",
) -> str:
    return document(
        "OSImage",
        f"<Label>{label}</Label><MediaLink>{link}</MediaLink><Name>{name}</Name><OS>{os}</OS>{rest}",
    )


@pytest.fixture(autouse=True)
def store(emulator: Emulator) -> None:
    compute.add_store(emulator)


async def test_list(management: Management):
    """The list has the platform's images and then the subscription's own."""
    platform = await management.get(IMAGES)
    assert {"Public"} == set(platform.find_all("Category"))
    assert {"Linux", "Windows"} == set(platform.find_all("OS"))
    await management.post(IMAGES, image())
    assert (await management.get(IMAGES)).find_all("Name") == [*platform.find_all("Name"), "mine"]


@pytest.mark.parametrize(
    ("query", "names", "publishers"),
    [
        ("?publisher=canonical", 0, {"Canonical"}),
        ("?location=west%20us&publisher=CoreOS", 0, {"CoreOS"}),
        ("?location=Atlantis", 0, set()),
        ("", 1, None),
    ],
)
async def test_query(management: Management, query: str, names: int, publishers: set[str] | None):
    """Publishers may ask for images of a region and a publisher; without either they get all."""
    await management.post(IMAGES, image())
    found = await management.get(f"{IMAGES}/query{query}")
    assert (found.status, found.find_all("Name").count("mine")) == (200, names)
    assert publishers is None or set(found.find_all("PublisherName")) == publishers


async def test_an_image_called_query(management: Management):
    """There can be one; it is changed and deleted as any other."""
    await management.post(IMAGES, image("query"))
    assert (await management.put(f"{IMAGES}/query", image("query", label="other"))).find("Label") == "other"
    assert (await management.delete(f"{IMAGES}/query")).status == 200


async def test_platform_image(management: Management):
    """An image of the platform can be read, but has no blob, and cannot be changed."""
    path = f"{IMAGES}/{compute.LINUX_IMAGE}"
    shown = await management.get(path)
    assert shown.find("Name") == compute.LINUX_IMAGE
    assert shown.find("MediaLink") is None
    for answer in (await management.delete(path), await management.put(path, image())):
        assert (answer.status, answer.code) == (403, "ForbiddenError")


@pytest.mark.parametrize(
    ("image", "os"),
    [
        (f"{'0b' * 16}__Debian-9-amd64-201911", "Linux"),
        (f"{'0b' * 16}__Windows-Server-2019-201911.01-en.us-127GB.vhd", "Windows"),
        (f"{'0b' * 16}__made-by-a-publisher", "Linux"),
        ("made-by-nobody", None),
    ],
)
async def test_image_of_another_day(management: Management, image: str, os: str | None):
    """A machine can be of an image with the platform's form of name, though the catalogue does not have it."""
    await management.post(compute.SERVICES, compute.hosted_service())
    provisioning = compute.WINDOWS_SET if os == "Windows" else compute.LINUX_SET
    machine = compute.machine(sets=provisioning, disk=compute.image_disk(image))
    made = await management.post(f"{compute.SHOP}/deployments", compute.machines(machine))
    assert made.status == (202 if os else 404)
    if os:
        await management.finished(made)
        assert (await management.get("services/disks")).find("OS") == os
        assert (await management.get(f"{IMAGES}/{image}")).status == 404


def test_everything_recorded_is_offered():
    """The catalogue has what recordings show of the platform's images, each with what goes for it."""
    offered = catalogue.platform_images()
    assert len(offered) == 575
    usual = offered[catalogue.usual_image("Windows")]
    assert (usual.image_family, usual.os, usual.size_gb) == (
        "Windows Server 2012 R2 Datacenter",
        "Windows",
        128,
    )
    for image in offered.values():
        guessed = catalogue.unlisted_image(image.name, None)
        assert guessed is not None
        assert guessed.os == image.os


async def test_late_elements(management: Management):
    """Elements that come after one that they should precede are not read, as the service passed over them."""
    late = "<IsPremium>false</IsPremium><ShowInGui>true</ShowInGui><PrivacyUri>p</PrivacyUri><IconUri>i</IconUri>"
    added = await management.post(IMAGES, image(rest=late))
    assert (added.status, added.find("PrivacyUri")) == (200, "p")
    assert (added.find("ShowInGui"), added.find("IconUri")) == (None, None)
    early = "<Label>new</Label><ShowInGui>true</ShowInGui><IconUri>i</IconUri>"
    assert (await management.put(MINE, document("OSImage", early))).find("IconUri") == "i"
    assert (await management.get(MINE)).find("ShowInGui") == "true"


async def test_names_of_vm_images(management: Management):
    """A VM image is no OS image, which programs find out by asking."""
    name = next(iter(catalogue.platform_vm_images()))
    assert (await management.get(f"{IMAGES}/{name}")).code == "ResourceNotFound"


async def test_add(management: Management):
    """An image is there at once, in the region of its storage account, and answered as it is."""
    added = await management.post(IMAGES, image(rest="<Description>words</Description>"))
    assert added.status == 200
    assert added.text == (await management.get(MINE)).text
    assert (added.find("Category"), added.find("Location")) == ("User", "West US")
    assert added.find("Description") == "words"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(image(name=""), 400, id="no name"),
        pytest.param(image(label=""), 400, id="no label"),
        pytest.param(image(os="CP/M"), 400, id="unknown system"),
        pytest.param(
            image(link="https://other.blob.core.windows.net/vhds/x.vhd"), 400, id="somebody else's blob"
        ),
        pytest.param(image(link=""), 400, id="no blob"),
        pytest.param(image(name=compute.LINUX_IMAGE), 409, id="name of the platform's"),
    ],
)
async def test_rules(management: Management, body: str, status: int):
    """An image that breaks a rule is refused and not added."""
    assert (await management.post(IMAGES, body)).status == status
    assert (await management.get(MINE)).status == 404


async def test_names_are_unique(management: Management):
    """A name can be had once, in whatever case."""
    await management.post(IMAGES, image())
    refused = await management.post(IMAGES, image(name="MINE"))
    assert (refused.status, refused.code) == (409, "ConflictError")


async def test_update(management: Management):
    """An update changes words, never blob or system."""
    await management.post(IMAGES, image(rest="<Description>words</Description>"))
    changed = await management.put(
        MINE, image(label="new", os="Windows", link="https://x.blob.core.windows.net/y/z")
    )
    assert (changed.find("Label"), changed.find("OS"), changed.find("Description")) == (
        "new",
        "Linux",
        "words",
    )
    assert changed.find("MediaLink") == "https://store.blob.core.windows.net/vhds/image.vhd"


@pytest.mark.parametrize("query", ["", "?comp=media"])
async def test_delete(management: Management, query: str):
    """An image that nothing uses is gone at once; then its account can go too."""
    await management.post(IMAGES, image())
    assert (await management.delete("services/storageservices/store")).status == 400
    assert (await management.delete(MINE + query)).status == 200
    gone = await management.get(MINE)
    assert (gone.status, gone.message) == (404, "The image with the specified name does not exist.")
    assert (await management.delete(MINE)).status == 404
    assert (await management.delete("services/storageservices/store")).status == 200


async def test_neighbours_do_not_see_it(management: Management, neighbour: Management):
    """An image belongs to its subscription."""
    await management.post(IMAGES, image())
    assert (await neighbour.get(MINE)).status == 404
