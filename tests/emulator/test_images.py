"""OS images, asked as any HTTP client would."""

import pytest
from doubles import compute
from doubles.bare_client import Management, document

from asyncsm.emulator import Emulator

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


async def test_platform_image(management: Management):
    """An image of the platform can be read, but has no blob, and cannot be changed."""
    path = f"{IMAGES}/{compute.LINUX_IMAGE}"
    shown = await management.get(path)
    assert shown.find("Name") == compute.LINUX_IMAGE
    assert shown.find("MediaLink") is None
    for answer in (await management.delete(path), await management.put(path, image())):
        assert (answer.status, answer.code) == (403, "ForbiddenError")


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
