"""Recorded requests about services, deployments and images, sent to the emulator again."""

from pathlib import Path

import pytest
from doubles.bare_client import Management, assert_answered_as_recorded, document
from doubles.compute import encoded
from doubles.recordings import exchanges, recordings

IMAGE = "unittest-donotdelete-ubuntu1404"
"""A VM image that was there before one of the recordings, and is used in it."""

IMAGE_CREATION = document(
    "VMImage",
    f"<Name>{IMAGE}</Name><Label>an image</Label><OSDiskConfiguration>"
    "<OSState>Generalized</OSState><OS>Linux</OS>"
    "<MediaLink>https://storagename.blob.core.windows.net/vhds/unittest.vhd</MediaLink></OSDiskConfiguration>",
)

GROUP_CREATION = document(
    "CreateAffinityGroup",
    f"<Name>utaffgrpdonotdelete</Name><Label>{encoded('a group')}</Label><Location>West US</Location>",
)
"""An affinity group that was there before one of the recordings."""


@pytest.mark.parametrize(
    "recording", recordings("compute") or [None], ids=lambda path: getattr(path, "stem", "none")
)
async def test_compute_recordings(management: Management, recording: Path | None):
    """Every recorded request is answered with the recorded status, headers and elements."""
    if recording is None:
        pytest.skip("no recordings here: set ASYNCSM_RECORDINGS")
    # The recorded subscription had this account, and the blobs in it, from before.
    account = document(
        "CreateStorageServiceInput",
        f"<ServiceName>storagename</ServiceName><Label>{encoded('storagename')}</Label>",
        "<Location>West US</Location>",
    )
    await management.post("affinitygroups", GROUP_CREATION)
    await management.finished(await management.post("services/storageservices", account))
    if any(IMAGE.encode() in exchange.request_body for exchange in exchanges(recording)):
        await management.finished(await management.post("services/vmimages", IMAGE_CREATION))
    await assert_answered_as_recorded(management, recording)
