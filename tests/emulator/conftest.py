"""An emulator whose time the test holds, and bare HTTP clients with its certificate."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from doubles.bare_client import Management, connected
from doubles.shared_emulator import SharedEmulator, shared_emulator

from asyncsm.emulator import Emulator, ManualClock


@pytest.fixture(scope="module")
async def shared(
    identity_files: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[SharedEmulator]:
    """The emulator of all tests of a module: two subscriptions, its time held by `clock`."""
    directory = Path(shutil.copytree(identity_files, tmp_path_factory.mktemp("shared") / "emulator"))
    async with shared_emulator(
        directory / "state.db", directory=directory, clock=ManualClock(), subscriptions=2, seed=1
    ) as running:
        yield running


def shared_by(request: pytest.FixtureRequest) -> Emulator | None:
    """The emulator of the module, if the test uses that; its clock and directory are the test's, then."""
    used = "shared" in request.fixturenames
    return request.getfixturevalue("shared").emulator if used else None


@pytest.fixture
def directory(identity_files: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The directory of `emulator`, or one for an emulator of the test's own, with certificates."""
    shared = shared_by(request)
    return (
        Path(shutil.copytree(identity_files, tmp_path / "emulator")) if shared is None else shared.directory
    )


@pytest.fixture
def clock(request: pytest.FixtureRequest) -> ManualClock:
    """The clock of `emulator`, or one for an emulator of the test's own."""
    shared = shared_by(request)
    return ManualClock() if shared is None else shared.clock


@pytest.fixture
async def emulator(shared: SharedEmulator) -> AsyncIterator[Emulator]:
    """Running, and as after its start; what tests do to it is in its database."""
    yield await shared.begin_again()
    shared.assert_kept()


@pytest.fixture
async def management(emulator: Emulator) -> AsyncIterator[Management]:
    """A client of the first subscription."""
    async with connected(emulator) as client:
        yield client


@pytest.fixture
async def neighbour(emulator: Emulator) -> AsyncIterator[Management]:
    """A client of the second subscription."""
    async with connected(emulator, subscription_id=emulator.subscription_ids[1]) as client:
        yield client
