"""An emulator with room for plans, and a client of it."""

import shutil

import pytest
from doubles.impatient import impatient
from doubles.shared_emulator import shared_emulator

from asyncsm.emulator import Quotas


@pytest.fixture(autouse=True, scope="session")
def impatience():
    """The durable engine looks for news often."""
    with impatient():
        yield


@pytest.fixture(autouse=True)
def secret(monkeypatch):
    """The password the plans refer to."""
    monkeypatch.setenv("FARM_PASSWORD", "Secret-12")
    return "Secret-12"


@pytest.fixture(scope="module")
async def shared(identity_files, tmp_path_factory):
    """The emulator of all tests of a module."""
    directory = shutil.copytree(identity_files, tmp_path_factory.mktemp("shared") / "emulator")
    quotas = Quotas(cores=1000, hosted_services=200)
    async with shared_emulator(
        directory=directory, clock=1000, seed=1, quotas=quotas, strict=True, subscriptions=2
    ) as running:
        yield running


@pytest.fixture
async def emulator(shared):
    """Running, fast and strict."""
    return await shared.begin_again()


@pytest.fixture
async def sms(emulator):
    """A client of the emulator's first subscription."""
    async with emulator.service() as service:
        yield service


@pytest.fixture
def journal(tmp_path):
    """Where a journal may be."""
    return tmp_path / "plan.journal"
