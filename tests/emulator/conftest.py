"""An emulator whose time the test holds, and bare HTTP clients with its certificate."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest
from doubles.bare_client import Management, connected
from doubles.kept import assert_kept, in_memory

from asyncsm.emulator import Emulator, ManualClock
from asyncsm.emulator.identity import Identity


@pytest.fixture(scope="session")
def identity_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates made once, as making a key takes long."""
    directory = tmp_path_factory.mktemp("identity")
    Identity.load_or_make(directory, 1, Random(1))
    return directory


@pytest.fixture
def directory(identity_files: Path, tmp_path: Path) -> Path:
    """A directory for an emulator, with certificates."""
    return Path(shutil.copytree(identity_files, tmp_path / "emulator"))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def emulator(directory: Path, clock: ManualClock) -> AsyncIterator[Emulator]:
    """Running, with two subscriptions, its time held by `clock`; what tests do to it is in its database."""
    file = directory / "state.db"
    with in_memory() as databases:
        async with Emulator(
            directory=directory, clock=clock, subscriptions=2, seed=1, database=file
        ) as running:
            yield running
            assert_kept(running, databases[file])


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
