"""Recorded requests about services, deployments and images, sent to the emulator again."""

from pathlib import Path

import pytest
from doubles.bare_client import Management
from doubles.recordings import recordings
from doubles.replaying import assert_answered_as_recorded


@pytest.mark.parametrize(
    "recording", recordings("compute") or [None], ids=lambda path: getattr(path, "stem", "none")
)
async def test_compute_recordings(management: Management, recording: Path | None):
    """Every recorded request is answered with the recorded status, headers, elements and values."""
    if recording is None:
        pytest.skip("no recordings here: set ASYNCSM_RECORDINGS")
    await assert_answered_as_recorded(management, recording)
