"""The whole of it: client, TLS, emulator."""

import shutil
from random import Random

import pytest
from doubles.samples import blob

from asyncsm.emulator import Emulator
from asyncsm.emulator.identity import Identity
from asyncsm.emulator.state import Quotas


@pytest.fixture(scope="session")
def identity_files(tmp_path_factory):
    """Certificates made once, as making a key takes long."""
    directory = tmp_path_factory.mktemp("identity")
    Identity.load_or_make(directory, 1, Random(1))
    return directory


@pytest.fixture
async def emulator(identity_files, tmp_path):
    """Running, fast and strict, with two subscriptions and room for hundreds of machines."""
    directory = shutil.copytree(identity_files, tmp_path / "emulator")
    quotas = Quotas(cores=1000, hosted_services=200)
    async with Emulator(
        directory=directory, subscriptions=2, clock=300, seed=1, quotas=quotas, strict=True
    ) as running:
        yield running


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
