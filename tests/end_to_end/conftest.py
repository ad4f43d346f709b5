"""The whole of it: client, TLS, emulator."""

import shutil

import pytest
from doubles.samples import blob
from doubles.shared_emulator import shared_emulator

from asyncsm.emulator.state import Quotas


@pytest.fixture(scope="module")
async def shared(identity_files, tmp_path_factory):
    """The emulator of all tests of a module."""
    directory = shutil.copytree(identity_files, tmp_path_factory.mktemp("shared") / "emulator")
    quotas = Quotas(cores=1000, hosted_services=200)
    async with shared_emulator(
        directory=directory, subscriptions=2, clock=300, seed=1, quotas=quotas, strict=True
    ) as running:
        yield running


@pytest.fixture
async def emulator(shared):
    """Running, fast and strict, with two subscriptions and room for hundreds of machines."""
    return await shared.begin_again()


@pytest.fixture
async def sms(emulator):
    """A client of the emulator's first subscription."""
    async with emulator.service() as service:
        yield service


@pytest.fixture
async def account(sms):
    """A storage account, for packages and disks."""
    await (await sms.create_storage_account("endtoend", "for tests", "account", location="West US"))
    return "endtoend"


@pytest.fixture
def package(account):
    return blob(account, "packages/shop.cspkg")
