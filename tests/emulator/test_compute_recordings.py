"""Recorded requests about services, deployments and images, sent to the emulator again."""

import base64
from pathlib import Path

import pytest
from doubles.bare_client import Management, assert_answered_as_recorded, document
from doubles.recordings import exchanges, recordings

LATER = {
    "/certificates": "service certificates are a later issue's",
    "/reservedips": "reserved IP addresses are a later issue's",
    "/vmimages": "VM images are a later issue's",
    "/resourceextensions": "resource extensions are a later issue's",
    "/details": "details of images are a later issue's",
    "/dnsservers": "DNS servers are a later issue's",
}
"""Parts of paths the emulator does not answer yet, and why a recording with one is left out."""


def replayable() -> list[Path]:
    def reason(recording: Path) -> str | None:
        paths = [exchange.path for exchange in exchanges(recording)]
        return next((why for part, why in LATER.items() if any(part in path for path in paths)), None)

    return [recording for recording in recordings("compute") if reason(recording) is None]


@pytest.mark.parametrize("recording", replayable() or [None], ids=lambda path: getattr(path, "stem", "none"))
async def test_compute_recordings(management: Management, recording: Path | None):
    """Every recorded request is answered with the recorded status, headers and elements."""
    if recording is None:
        pytest.skip("no recordings here: set ASYNCSM_RECORDINGS")
    # The recorded subscription had this account, and the blobs in it, from before.
    label = base64.b64encode(b"storagename").decode()
    account = document(
        "CreateStorageServiceInput",
        f"<ServiceName>storagename</ServiceName><Label>{label}</Label><Location>West US</Location>",
    )
    await management.finished(await management.post("services/storageservices", account))
    await assert_answered_as_recorded(management, recording)
