"""A journey through all operations on the scheduler, over the session of the core service."""

import pytest
from doubles.sibling_journeys import doing, operations_of, travel
from doubles.virtual_time import virtual_time

from asyncsm import InvalidArgument, PreconditionFailed, ResourceNotFound, SchedulerManagementService
from asyncsm.emulator import Fault
from asyncsm.engine.protocol import Reconcile
from asyncsm.models import Job, JobAction, JobRecurrence, JobRequest, Quota

OPERATIONS = operations_of(SchedulerManagementService)
HERE = ("batch", "nightly")
DAILY = {
    "action": {"type": "http", "request": {"uri": "http://127.0.0.1:9/", "method": "GET"}},
    "recurrence": {"frequency": "day", "interval": 1},
}


async def journey(do):
    """Do everything; `do` makes a call by its name and waits for its end."""
    await do("create_cloud_service", "batch", "label", "description", "West Europe")
    assert (await do("check_job_collection_name", *HERE)).result
    assert (await do("check_job_collection_name_availability", *HERE)).is_available
    await do("create_job_collection", *HERE)
    found = await do("get_job_collection", *HERE)
    assert (found.intrinsic_settings.plan, found.state, found.type) == (
        "Standard",
        "Started",
        "jobcollections",
    )
    await do("update_job_collection", *HERE, "Premium", found.e_tag, quota=Quota(max_job_count=9))
    assert (await do("get_job_collection", *HERE)).intrinsic_settings.quota.max_job_count == 9
    (service,) = await do("list_cloud_services")
    assert [each.name for each in service.resources] == [HERE[1]]
    assert (await do("get_cloud_service", "batch")).geo_region == "West Europe"
    assert "Standard" in (await do("get_scheduler_properties"))[0].value
    await jobs(do)
    await do("delete_job_collection", *HERE)
    await do("delete_cloud_service", "batch")


async def jobs(do):
    await do("create_job", *HERE, "daily", DAILY)
    request = JobRequest(uri="http://127.0.0.1:9/", method="GET")
    action = JobAction(type="http", request=request)
    hourly = Job(action=action, recurrence=JobRecurrence(frequency="hour", interval=1))
    await do("add_job", *HERE, hourly)
    listed = await do("get_all_jobs", *HERE)
    assert [each.recurrence.frequency for each in listed] == ["day", "hour"]
    await do("update_job_state", *HERE, "daily", "disabled")
    assert (await do("get_job", *HERE, "daily")).status is None
    assert [each.id for each in await do("get_all_jobs", *HERE, matching="state eq disabled")] == ["daily"]
    await do("update_state_of_all_jobs", *HERE, "enabled")
    assert (await do("get_job", *HERE, "daily")).status.next_execution_time is not None
    assert len(await do("get_job_history", *HERE, "daily", matching="status eq failed", top=5)) == 0
    await do("delete_job", *HERE, "daily")


@pytest.mark.parametrize("how", [None, "after", "before"])
@virtual_time
async def test_lost_replies(how):
    """What has a name is looked for or put again; a job whose id was in the reply is reported."""
    unlisted = {name for name, each in OPERATIONS.items() if each.reconcile is Reconcile.UNLISTED}
    told = {"after": {"add_job"}, "before": unlisted, None: set()}[how]
    assert await travel(SchedulerManagementService, journey, how) == told


async def test_over_tls(emulator, sms):
    """The same to a strict emulator over TLS, where the reply to a creation is lost on its way."""
    emulator.faults.add(Fault(kind="reset-after", operation="CreateJobCollection", count=1))
    service = SchedulerManagementService(session=sms.session)
    await journey(doing(service))
    assert [fault.struck for fault in emulator.faults] == [1]
    with pytest.raises(ResourceNotFound, match="The cloud service batch does not exist"):
        await service.get_all_jobs(*HERE)
    with pytest.raises(InvalidArgument, match=r"^job: Job\.action: must be"):
        await service.create_job(*HERE, "daily", {"action": "nothing"})
    await (await service.create_cloud_service("batch", "label", "description", "West Europe"))
    await (await service.create_job_collection(*HERE))
    with pytest.raises(PreconditionFailed):
        await service.update_job_collection(*HERE, "Free", "another")
