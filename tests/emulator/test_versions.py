"""Replies as versions of the service know them."""

import pytest
from doubles import compute
from doubles.bare_client import Management, document
from doubles.compute import BLOB, SERVICES, SHOP

from asyncsm.emulator import Emulator
from asyncsm.emulator.first_versions import FIRST_VERSIONS
from asyncsm.emulator.routes import ROUTES

IMAGE = "https://store.blob.core.windows.net/vhds/image.vhd"
SYSTEM = "https://store.blob.core.windows.net/vhds/system.vhd"
ADDED = [
    (
        "services/disks",
        document("Disk", f"<Label>x</Label><MediaLink>{BLOB}</MediaLink><Name>old</Name>"),
    ),
    (
        "services/images",
        document(
            "OSImage",
            f"<Label>x</Label><MediaLink>{IMAGE}</MediaLink><Name>mine</Name><OS>Linux</OS><Eula>e</Eula>",
        ),
    ),
    (
        "services/vmimages",
        document(
            "VMImage",
            "<Name>all</Name><Label>x</Label><OSDiskConfiguration><OSState>Generalized</OSState><OS>Linux</OS>"
            f"<MediaLink>{SYSTEM}</MediaLink></OSDiskConfiguration><DataDiskConfigurations/>",
        ),
    ),
    (
        "affinitygroups",
        document("CreateAffinityGroup", "<Name>near</Name><Label>eA==</Label><Location>West US</Location>"),
    ),
]


@pytest.mark.parametrize(
    ("path", "before", "since", "elements"),
    [
        (SHOP, "2011-10-01", "2012-03-01", "Status DateCreated DateLastModified ExtendedProperties"),
        (SHOP, "2014-05-01", "2014-06-01", "ReverseDnsFqdn"),
        (SERVICES, "2014-05-01", "2014-06-01", "ComputeCapabilities"),
        ("affinitygroups", "2014-05-01", "2014-06-01", "ComputeCapabilities"),
        ("locations", "2014-05-01", "2014-06-01", "ComputeCapabilities StorageCapabilities"),
        ("services/storageservices/store", "2011-10-01", "2012-03-01", "ExtendedProperties"),
        ("services/disks/old", "2014-08-01", "2014-10-01", "IOType"),
        ("services/images/mine", "2012-03-01", "2012-08-01", "Eula IsPremium"),
        ("services/images", "2012-03-01", "2012-08-01", "Eula PublisherName PublishedDate"),
        ("services/images/mine", "2013-10-01", "2013-11-01", "OSState"),
        ("services/images", "2014-08-01", "2014-10-01", "IOType"),
        ("services/vmimages", "2014-08-01", "2014-10-01", "IOType"),
        ("", "2011-10-01", "2012-03-01", "MaxVirtualNetworkSites MaxLocalNetworkSites MaxDnsServers"),
        ("", "2014-04-01", "2014-05-01", "MaxReservedIPs CurrentReservedIPs MaxPublicIPCount"),
        ("", "2014-08-01", "2014-10-01", "CurrentNetworkSecurityGroups MaxRouteTables"),
    ],
)
async def test_what_came_later_is_left_out(
    emulator: Emulator, management: Management, path: str, before: str, since: str, elements: str
):
    """A version is told only what was there by then; nothing else differs by it."""
    compute.add_store(emulator)
    await management.post(SERVICES, compute.hosted_service())
    await management.put(
        SHOP, document("UpdateHostedService", "<ReverseDnsFqdn>shop.cloudapp.net.</ReverseDnsFqdn>")
    )
    for collection, body in ADDED:
        assert (await management.post(collection, body)).status in {200, 201, 202}
    management.clock.advance(600)
    old, new = [await management.send("GET", path, x_ms_version=version) for version in (before, since)]
    for name in elements.split():
        assert (old.find(name), new.find(name) is None) == (None, False), name


async def test_machines_of_before_their_extensions(emulator: Emulator, management: Management):
    """Extensions of a machine, its agent and the VM image it was made of are told to versions that have such."""
    compute.add_store(emulator)
    await management.post(SERVICES, compute.hosted_service())
    for collection, body in ADDED:
        await management.post(collection, body)
    management.clock.advance(600)
    extension = (
        "<ReferenceName>x</ReferenceName><Publisher>Mine</Publisher><Name>x</Name><Version>1.0</Version>"
    )
    one = (
        f"<Role><RoleName>vm1</RoleName><ConfigurationSets>{compute.LINUX_SET}</ConfigurationSets>"
        f"<ResourceExtensionReferences><ResourceExtensionReference>{extension}</ResourceExtensionReference>"
        "</ResourceExtensionReferences><VMImageName>all</VMImageName><RoleSize>Small</RoleSize>"
        "<ProvisionGuestAgent>true</ProvisionGuestAgent></Role>"
    )
    await management.finished(await management.post(f"{SHOP}/deployments", compute.machines(one)))
    told = []
    for version in ("2013-08-01", "2013-10-01", "2013-11-01"):
        shown = await management.send("GET", f"{SHOP}/deployments/vms/roles/vm1", x_ms_version=version)
        names = ("ResourceExtensionReferences", "ProvisionGuestAgent", "VMImageName")
        told.append([name for name in names if shown.find(name) is not None])
    assert told == [[], [*names[:2]], [*names]]


def test_first_versions_are_of_operations():
    """All that have one are operations of the emulator."""
    assert FIRST_VERSIONS.keys() <= {route.operation for route in ROUTES}


@pytest.mark.parametrize(
    ("method", "path", "before", "since", "status"),
    [
        ("GET", "locations", "2010-04-01", "2010-10-28", 200),
        ("DELETE", "affinitygroups/near", "2010-10-28", "2011-02-25", 404),
        ("DELETE", "services/storageservices/shop01", "2011-04-01", "2011-06-01", 404),
        ("GET", "", "2011-08-01", "2011-10-01", 200),
        ("GET", "services/disks", "2011-10-01", "2012-03-01", 200),
        ("GET", f"{SHOP}/extensions", "2012-12-01", "2013-03-01", 404),
        ("GET", "/subscriptions", "2013-06-01", "2013-08-01", 200),
        ("GET", "services/networking/reservedips", "2014-04-01", "2014-05-01", 200),
    ],
)
async def test_operations_that_came_later(
    management: Management, method: str, path: str, before: str, since: str, status: int
):
    """To a version from before an operation there is none."""
    refused = await management.send(method, path, x_ms_version=before)
    assert (refused.status, refused.code) == (400, "MissingOrIncorrectVersionHeader")
    assert (await management.send(method, path, x_ms_version=since)).status == status
