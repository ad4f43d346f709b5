"""Every method of the old SDK's SchedulerManagementService, unchanged, against the emulator."""

import pytest
from azure.common import AzureMissingResourceHttpError
from azure.servicemanagement import SchedulerManagementService
from interop.siblings import Witness, opened, own_methods

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning", "ignore:unclosed:ResourceWarning"),
]

HERE = ("interop", "nightly")
DAILY = {
    "startTime": "2100-01-01T00:00:00",
    "action": {
        "type": "http",
        "request": {"method": "GET", "headers": {"Content-Type": "text/plain"}, "uri": "http://127.0.0.1/"},
    },
    "recurrence": {"frequency": "minute", "interval": 30, "count": 10},
    "state": "enabled",
}


@pytest.fixture
def old(emulator):
    with opened(SchedulerManagementService, emulator) as service:
        yield Witness(service)


def test_each_of_the_12_methods_works(old, wait):
    """The old SDK, unchanged, can do everything it could against the service."""
    wait(old.create_cloud_service("interop", "label", "description", "West Europe"))
    assert old.check_job_collection_name(*HERE).result is True
    wait(old.create_job_collection(*HERE, "Free"))
    wait(old.delete_job_collection(*HERE))
    wait(old.create_job_collection(*HERE))
    found = old.get_job_collection(*HERE)
    assert (found.name, found.state, found.intrinsic_settings.plan) == ("nightly", "Started", "Standard")
    assert [each.name for each in old.get_cloud_service("interop").resources] == ["nightly"]
    assert "interop" in {each.name for each in old.list_cloud_services()}
    old.create_job(*HERE, "daily", DAILY)
    job = old.get_job(*HERE, "daily")
    assert (job["id"], job["state"], job["recurrence"]["count"]) == ("daily", "enabled", 10)
    assert job["status"]["nextExecutionTime"] == "2100-01-01T00:00:00Z"
    assert [each["id"] for each in old.get_all_jobs(*HERE)] == ["daily"]
    old.delete_job(*HERE, "daily")
    wait(old.delete_cloud_service("interop"))
    assert old.called >= own_methods(SchedulerManagementService)
    assert len(own_methods(SchedulerManagementService)) == 12


def test_a_refusal_reaches_the_old_sdk_as_its_error(old):
    """A job that is not there is a missing resource."""
    with pytest.raises(AzureMissingResourceHttpError):
        old.get_job("none", "none", "none")
