"""Replies as versions of the service know them."""

import pytest
from doubles import compute
from doubles.bare_client import Management, document
from doubles.compute import BLOB, SERVICES, SHOP

from asyncsm.emulator import Emulator

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
