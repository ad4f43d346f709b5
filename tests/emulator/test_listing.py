"""The order in which the service lists what a subscription has."""

import pytest
from doubles import compute
from doubles.bare_client import Management, document
from doubles.compute import SERVICES

from asyncsm.emulator import Emulator

BLOB = "<MediaLink>https://store.blob.core.windows.net/vhds/{0}.vhd</MediaLink>"
PLACE = "<Label>eA==</Label><Location>West US</Location>"
OWN_DISK = (
    "<OSDiskConfiguration><OSState>Generalized</OSState><OS>Linux</OS>" + BLOB + "</OSDiskConfiguration>"
)
ACCOUNT = "<ServiceName>{0}</ServiceName>"
MADE = {
    "affinitygroups": ("CreateAffinityGroup", "<Name>{0}</Name>" + PLACE),
    SERVICES: ("CreateHostedService", ACCOUNT + PLACE),
    "services/disks": ("Disk", "<Label>x</Label>" + BLOB + "<Name>{0}</Name>"),
    "services/images": ("OSImage", "<Label>x</Label>" + BLOB + "<Name>{0}</Name><OS>Linux</OS>"),
    "services/vmimages": ("VMImage", "<Name>{0}</Name><Label>x</Label>" + OWN_DISK),
    "services/networking/reservedips": ("ReservedIP", "<Name>{0}</Name><Location>West US</Location>"),
}


@pytest.mark.parametrize("collection", MADE)
async def test_by_name_in_any_case(emulator: Emulator, management: Management, collection: str):
    """Neither when it was made nor how it is written counts; of images the platform's are apart."""
    compute.add_store(emulator)
    root, content = MADE[collection]
    names = ["middle", "Last", "First1"]
    for name in names:
        assert (await management.post(collection, document(root, content.format(name)))).status < 300
    management.clock.advance(600)
    listed = await management.get(collection)
    told = listed.find_all("ServiceName" if collection == SERVICES else "Name")
    assert list(dict.fromkeys(name for name in told if name in names)) == ["First1", "Last", "middle"]
