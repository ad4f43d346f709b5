"""VM images, and virtual machines made of them."""

import re

import pytest
from doubles import compute
from doubles.bare_client import Answer, Management, document
from doubles.compute import LINUX_SET, SERVICES, SHOP, image_disk, instance_states, tag, walked
from doubles.machines import ROLES, VMS, done, subscription_of

from asyncsm.emulator import Emulator, ManualClock

IMAGES = "services/vmimages"
STORE = "https://store.blob.core.windows.net"
SANDBOX = "d570a118449e48fdbe814fb54b36b60e__hwx_sandbox_hdp_2.2"
"""A generalized image of the platform, without data disks."""

SERVER = "d4a65b493c36471ba82b42d53fbd8063__Microsoft-Azure-Site-Recovery-Process-Server-201503.08"
"""One that is only offered in some regions."""


def data_disk(**members: object) -> str:
    content = "".join(tag(name, value) for name, value in members.items())
    return f"<DataDiskConfiguration>{content}</DataDiskConfiguration>"


def image(
    name: str = "mine",
    state: str = "Generalized",
    data_disks: str = "",
    os: str = "Linux",
    link: str = f"{STORE}/vhds/system.vhd",
    label: str = "my image",
) -> str:
    """Request of Create VM Image."""
    return document(
        "VMImage",
        f"{tag('Name', name)}{tag('Label', label)}<Description>a description</Description><OSDiskConfiguration>"
        f"{tag('OSState', state)}{tag('OS', os)}{tag('MediaLink', link)}</OSDiskConfiguration>"
        f"<DataDiskConfigurations>{data_disks}</DataDiskConfigurations><Language>en</Language>",
    )


def machine(image_name: str = "mine", sets: str = LINUX_SET, before: str = "", after: str = "") -> str:
    """A virtual machine made of a VM image."""
    return (
        f"<Role><RoleName>vm1</RoleName><RoleType>PersistentVMRole</RoleType><ConfigurationSets>{sets}"
        f"</ConfigurationSets><VMImageName>{image_name}</VMImageName>{before}<RoleSize>Small</RoleSize>{after}</Role>"
    )


ALL_PUBLISHERS = {
    "Cloudera",
    "DataStax",
    "Hortonworks",
    "Microsoft Azure Site Recovery group",
    "Microsoft SQL Server Group",
}


async def create(management: Management, *roles: str) -> Answer:
    return await management.post(f"{SHOP}/deployments", compute.machines(*roles))


@pytest.fixture(autouse=True)
async def shop(emulator: Emulator, management: Management) -> None:
    """An empty hosted service, and a storage account for disks and images."""
    compute.add_store(emulator)
    await management.post(SERVICES, compute.hosted_service())


@pytest.mark.parametrize(
    ("query", "publishers"),
    [
        ("", ALL_PUBLISHERS),
        ("?publisher=cloudera", {"Cloudera"}),
        ("?publisher=Cloudera&category=Public", {"Cloudera"}),
        ("?location=Brazil%20South", ALL_PUBLISHERS - {"Microsoft Azure Site Recovery group"}),
        ("?category=MSDN", set()),
        ("?category=User", set()),
    ],
)
async def test_list(management: Management, query: str, publishers: set[str]):
    """The platform's images are listed, all of them or those of a region, publisher or category."""
    assert set((await management.get(IMAGES + query)).find_all("PublisherName")) == publishers


async def test_list_of_one_region(management: Management):
    """Who asks for the images of one region is told of no other, in the region's usual letters."""
    shown = await management.get(f"{IMAGES}?location=west%20us")
    assert {*shown.find_all("Location")} == {"West US"}
    assert any(";" in places for places in (await management.get(IMAGES)).find_all("Location"))


async def test_create(management: Management):
    """An image of blobs is there at the end of the operation; its disks are called like their blobs."""
    disks = data_disk(MediaLink=f"{STORE}/vhds/d.vhd", Lun=2) + data_disk(
        HostCaching="None", MediaLink=f"{STORE}/other/system.vhd", LogicalDiskSizeInGB=5
    )
    accepted = await management.post(IMAGES, image(data_disks=disks))
    assert (await management.get(f"{IMAGES}?category=User")).find("Name") is None
    await done(management, accepted)
    shown = await management.get(f"{IMAGES}?category=User&location=West%20US")
    assert shown.find_all("Name") == ["mine", "system", "d", "system-1"]
    assert shown.find_all("HostCaching") == ["ReadWrite", "ReadOnly", "None"]
    assert shown.find_all("Lun") == ["2", "0"]
    assert (shown.find("Language"), shown.find("VMImageState")) == ("en", "VMImageReadyForUse")


async def test_later_names_of_disks(management: Management):
    """Whoever speaks as in 2016 gets disks that are called like image and blob, with a number by chance each."""
    management.headers = {"x-ms-version": "2016-06-01"}
    disks = data_disk(MediaLink=f"{STORE}/other/system.vhd", Lun=2)
    await done(management, await management.post(IMAGES, image(data_disks=disks)))
    shown = await management.get(f"{IMAGES}?category=User")
    _, *names = shown.find_all("Name")
    assert all(re.fullmatch("mine-system-[0-9A-F]{8}", name) for name in names)
    assert len(set(names)) == 2
    assert shown.find_all("MediaLink") == [f"{STORE}/vhds/system.vhd", f"{STORE}/other/system.vhd"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (image("?"), 400),
        (image(SANDBOX), 409),
        (image(compute.LINUX_IMAGE), 409),
        (image(os="BeOS"), 400),
        (image(state="Frozen"), 400),
        (image(label=""), 400),
        (image(link="https://elsewhere.blob.core.windows.net/vhds/a.vhd"), 400),
        (image(data_disks=data_disk(Lun=1)), 400),
        (image(data_disks=data_disk(MediaLink=f"{STORE}/a/b.vhd", Lun=32)), 400),
        (image(data_disks="".join(data_disk(MediaLink=f"{STORE}/a/{n}.vhd") for n in "ab")), 400),
        (image(data_disks=data_disk(HostCaching="readonly", MediaLink=f"{STORE}/a/b.vhd")), 400),
    ],
)
async def test_create_rules(management: Management, body: str, status: int):
    """Name, label, system, blobs and numbers have to be right."""
    assert (await management.post(IMAGES, body)).status == status


async def test_blob_in_use(management: Management):
    """One blob serves only one image or disk, and an account with images stays."""
    await done(management, await management.post(IMAGES, image()))
    assert "already in use" in (await management.post(IMAGES, image("other"))).message
    assert (await management.delete("services/storageservices/store")).status == 400


async def test_created_twice(management: Management):
    """Of two creations under one name that are under way together, the one that ends later fails."""
    both = [
        await management.post(IMAGES, image(link=f"{STORE}/vhds/{name}.vhd")) for name in ("one", "other")
    ]
    ended = [await management.finished(each) for each in both]
    assert sorted(each.find("Status") for each in ended) == ["Failed", "Succeeded"]
    assert {each.find("Code") for each in ended} == {None, "ConflictError"}
    assert any("'mine' already exists" in each.text for each in ended)


async def test_update(management: Management):
    """What an update says is changed at once, and what it does not say stays."""
    disks = data_disk(MediaLink=f"{STORE}/vhds/d.vhd", Lun=2)
    await done(management, await management.post(IMAGES, image(data_disks=disks)))
    body = document(
        "VMImage",
        "<Label>new</Label><OSDiskConfiguration><HostCaching>ReadOnly</HostCaching></OSDiskConfiguration>"
        f"<DataDiskConfigurations>{data_disk(Name='d', HostCaching='None')}</DataDiskConfigurations>"
        "<Eula>terms</Eula><ShowInGui>false</ShowInGui>",
    )
    assert (await management.put(f"{IMAGES}/MINE", body)).status == 200
    shown = await management.get(f"{IMAGES}?category=User")
    assert (shown.find("Label"), shown.find("Eula"), shown.find("ShowInGui")) == ("new", "terms", "false")
    assert (shown.find("Description"), shown.find("Language")) == ("a description", "en")
    assert (shown.find_all("HostCaching"), shown.find("Lun")) == (["ReadOnly", "None"], "2")


@pytest.mark.parametrize(
    "change",
    [{"Name": "x"}, {"Name": "d", "Lun": 32}, {"Name": "d", "Lun": 3}, {"Name": "d", "HostCaching": "Some"}],
    ids=str,
)
async def test_update_rules(management: Management, change: dict[str, object]):
    """A data disk that is changed has to be one of the image; its number and caching have to be right."""
    disks = [data_disk(MediaLink=f"{STORE}/a/{name}.vhd", Lun=lun) for name, lun in (("d", 2), ("e", 3))]
    await done(management, await management.post(IMAGES, image(data_disks="".join(disks))))
    body = document("VMImage", f"<DataDiskConfigurations>{data_disk(**change)}</DataDiskConfigurations>")
    assert (await management.put(f"{IMAGES}/mine", body)).status == 400
    assert (await management.get(f"{IMAGES}?category=User")).find_all("Lun") == ["2", "3"]


@pytest.mark.parametrize("query", ["", "?comp=media"])
async def test_delete(management: Management, query: str):
    """An image is gone at the end of the operation."""
    await done(management, await management.post(IMAGES, image()))
    await done(management, await management.delete(f"{IMAGES}/mine{query}"))
    assert (await management.get(f"{IMAGES}?category=User")).find("Name") is None


@pytest.mark.parametrize(
    ("name", "status", "message"),
    [
        ("none", 404, "The image with the specified name does not exist."),
        (SANDBOX, 403, "This operation is not allowed for this subscription."),
        ("system", 400, "This operation is not supported for image with name system."),
    ],
)
async def test_only_own(management: Management, name: str, status: int, message: str):
    """Only the user's own VM images can be changed: not the platform's, and not OS images."""
    os_image = f"<Label>a</Label><MediaLink>{STORE}/vhds/a.vhd</MediaLink><Name>system</Name><OS>Linux</OS>"
    await management.post("services/images", document("OSImage", os_image))
    for answer in (
        await management.put(f"{IMAGES}/{name}", document("VMImage", "<Label>a</Label>")),
        await management.delete(f"{IMAGES}/{name}"),
    ):
        assert (answer.status, answer.message) == (status, message)


async def test_os_image_operations(management: Management):
    """Operations on OS images do not take VM images."""
    await done(management, await management.post(IMAGES, image()))
    answer = await management.delete("services/images/mine")
    assert (answer.status, answer.message) == (
        400,
        "This operation is not supported for image with name mine.",
    )


async def test_generalized(emulator: Emulator, management: Management, clock: ManualClock):
    """A machine of a generalized image is set up, and has copies of all the image's disks."""
    disks = data_disk(MediaLink=f"{STORE}/vhds/d.vhd", Lun=2, LogicalDiskSizeInGB=5)
    await done(management, await management.post(IMAGES, image(data_disks=disks)))
    await done(management, await create(management, machine()))
    assert ("Provisioning", "Started") in await walked(management, clock)
    shown = await management.get(f"{ROLES}/vm1")
    assert (shown.find("VMImageName"), shown.find("SourceImageName")) == ("mine", "system")
    assert (shown.find("Lun"), shown.find("LogicalDiskSizeInGB")) == ("2", "5")
    links = shown.find_all("MediaLink")
    assert len(set(links)) == 2
    assert all(link.startswith(f"{STORE}/vhds/") for link in links)
    assert {one.attached_to for one in subscription_of(emulator).disks.values()} == {("shop", "vms", "vm1")}


async def test_specialized(management: Management, clock: ManualClock):
    """A machine of a specialized image is not set up, and starts sooner."""
    await done(management, await management.post(IMAGES, image(state="Specialized")))
    assert "must not be specified" in (await create(management, machine())).message
    await done(management, await create(management, machine(sets="")))
    assert ("Provisioning", "Started") not in await walked(management, clock)
    assert instance_states(await management.get(VMS)) == [("ReadyRole", "Started")]


async def test_platform_image(management: Management):
    """Disks of a platform's image need a place, which MediaLocation says."""
    assert "MediaLocation" in (await create(management, machine(SANDBOX))).message
    place = f"<MediaLocation>{STORE}/machines</MediaLocation>"
    await done(management, await create(management, machine(SANDBOX, before=place)))
    assert (await management.get(f"{ROLES}/vm1")).find("MediaLink").startswith(f"{STORE}/machines/")


async def test_resized(management: Management):
    """Disks can become larger on the way from the image to the machine, and never smaller."""
    disks = data_disk(MediaLink=f"{STORE}/vhds/d.vhd", Lun=2, LogicalDiskSizeInGB=5)
    await done(management, await management.post(IMAGES, image(data_disks=disks)))

    def wanted(system: int, data: int) -> str:
        return (
            f"<VMImageInput><OSDiskConfiguration>{tag('ResizedSizeInGB', system)}</OSDiskConfiguration>"
            f"<DataDiskConfigurations>{data_disk(Name='d', ResizedSizeInGB=data)}</DataDiskConfigurations>"
            "</VMImageInput>"
        )

    assert (await create(management, machine(after=wanted(10, 10)))).status == 400
    await done(management, await create(management, machine(after=wanted(50, 10))))
    assert (await management.get("services/disks")).find_all("LogicalDiskSizeInGB") == ["50", "10"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (machine("none"), 404),
        (machine(sets=""), 400),
        (machine(after=image_disk()), 400),
        (machine(before=f"<DataVirtualHardDisks>{compute.empty_disk()}</DataVirtualHardDisks>"), 400),
    ],
)
async def test_machine_rules(management: Management, body: str, status: int):
    """The image has to exist; it brings its own disks, and a generalized one has to be set up."""
    await done(management, await management.post(IMAGES, image()))
    assert (await create(management, body)).status == status


async def test_region(management: Management):
    """An image serves only in the regions where it is."""
    await management.post(SERVICES, compute.hosted_service("far", "<Location>Brazil South</Location>"))
    body = machine(SERVER, before=f"<MediaLocation>{STORE}/machines</MediaLocation>")
    answer = await management.post(f"{SERVICES}/far/deployments", compute.machines(body))
    assert answer.status == 400
    assert "not available in Brazil South" in answer.message


@pytest.mark.parametrize("spelled", ["mine", "Mine"])
async def test_image_in_use(management: Management, spelled: str):
    """While machines are made of an image, named in any case, it is not touched; afterwards nothing binds it."""
    await done(management, await management.post(IMAGES, image()))
    creation = await create(management, machine(spelled))
    for answer in (
        await management.delete(f"{IMAGES}/mine"),
        await management.put(f"{IMAGES}/mine", document("VMImage", "<Label>a</Label>")),
    ):
        assert (answer.status, answer.code) == (409, "ConflictError")
        assert "deployment 'vms'" in answer.message
    await done(management, creation)
    await done(management, await management.delete(f"{IMAGES}/mine"))
