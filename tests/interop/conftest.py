"""The old SDK from PyPI, unchanged, against an emulator."""

import os
import warnings
from unittest import mock

import pytest
from doubles.emulator_thread import emulator_in_thread
from doubles.samples import blob

with warnings.catch_warnings():
    # It is of 2015: invalid escapes and deprecated imports are its own business.
    warnings.simplefilter("ignore")
    import azure.servicemanagement as legacy


@pytest.fixture(scope="module")
def emulator():
    with emulator_in_thread(clock=800) as running:
        yield running


@pytest.fixture(scope="module")
def sms(emulator):
    """The old SDK's client; `requests` takes the CA from the environment before anything else."""
    with mock.patch.dict(os.environ, {"REQUESTS_CA_BUNDLE": str(emulator.ca_path)}):
        service = legacy.ServiceManagementService(
            emulator.subscription_id, str(emulator.certificate_path), host=f"127.0.0.1:{emulator.port}"
        )
        yield service
        service.request_session.close()


@pytest.fixture(scope="module")
def wait(sms):
    """Wait for an operation as the old SDK does, without its dots."""

    def wait(result):
        return sms.wait_for_operation_status(
            result.request_id, timeout=30, sleep_interval=0.05, progress_callback=None, success_callback=None
        )

    return wait


@pytest.fixture(scope="module")
def account(sms, wait):
    """A storage account, for packages and disks."""
    wait(sms.create_storage_account("interopaccount", "for tests", "account", location="West US"))
    return "interopaccount"


@pytest.fixture
def service(sms, request):
    """A hosted service that goes away with everything in it."""
    name = "s" + "".join(c for c in request.node.name if c.isalnum())[-40:]
    sms.create_hosted_service(name, label=name, location="West US")
    yield name
    sms.wait_for_operation_status(
        sms.delete_hosted_service(name, complete=True).request_id,
        timeout=30,
        sleep_interval=0.05,
        progress_callback=None,
        success_callback=None,
    )


@pytest.fixture
def package(account):
    return blob(account, "packages/shop.cspkg")
