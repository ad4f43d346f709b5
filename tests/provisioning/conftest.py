"""An emulator with room for plans, and a client of it."""

import shutil
from random import Random

import pytest

from asyncsm.emulator import Emulator, Quotas
from asyncsm.emulator.identity import Identity


@pytest.fixture(scope="session")
def identity_files(tmp_path_factory):
    """Certificates made once, as making a key takes long."""
    directory = tmp_path_factory.mktemp("identity")
    Identity.load_or_make(directory, 1, Random(1))
    return directory


@pytest.fixture(autouse=True)
def secret(monkeypatch):
    """The password the plans refer to."""
    monkeypatch.setenv("FARM_PASSWORD", "Secret-12")
    return "Secret-12"


@pytest.fixture
async def emulator(identity_files, tmp_path):
    """Running, fast and strict."""
    directory = shutil.copytree(identity_files, tmp_path / "emulator")
    quotas = Quotas(cores=1000, hosted_services=200)
    async with Emulator(
        directory=directory, clock=1000, seed=1, quotas=quotas, strict=True, subscriptions=2
    ) as running:
        yield running


@pytest.fixture
async def sms(emulator):
    """A client of the emulator's first subscription."""
    async with emulator.service() as service:
        yield service


@pytest.fixture
def journal(tmp_path):
    """Where a journal may be."""
    return tmp_path / "plan.journal"
