"""Reports on deployments: the restarts of their instances, and copies of their packages."""

import pytest
from doubles import compute
from doubles.bare_client import Management
from doubles.compute import SERVICES, SHOP
from doubles.machines import RESTART, VMS, done, operations, running

from asyncsm.emulator import Emulator, ManualClock
from asyncsm.emulator.rules import instances, periods

FIRST = f"{SHOP}/deployments/first"
PRODUCTION = f"{SHOP}/deploymentslots/production"
EVER = "starttime=2000-01-01&endtime=2999-12-31T23:59:59.1234567Z"
CONTAINER = "http%3A%2F%2Fstore.blob.core.windows.net%2Fpackages%20+"
BY_BOTH = pytest.mark.parametrize("deployment", [FIRST, PRODUCTION], ids=["by name", "by slot"])


@pytest.fixture(autouse=True)
async def first(emulator: Emulator, management: Management, clock: ManualClock) -> None:
    """A running deployment of three instances."""
    compute.add_store(emulator)
    await management.post(SERVICES, compute.hosted_service())
    await compute.deploy(management, configuration=compute.cscfg(WebRole=3))
    clock.advance(600)


async def reboot(management: Management, number: int) -> None:
    await done(management, await management.post(f"{FIRST}/roleinstances/WebRole_IN_{number}?comp=reboot"))


@BY_BOTH
async def test_restarts_of_instances(management: Management, clock: ManualClock, deployment: str):
    """Each is told with its instance and its moment, if it began in the period."""
    nothing = await management.get(f"{deployment}/events?{EVER}")
    assert "<RebootEvents/>" in nothing.text.replace(" />", "/>")
    assert nothing.find("ContinuationToken") is None
    await reboot(management, 1)
    clock.advance(3600)
    between = f"{clock.now():%Y-%m-%dT%H:%M:%SZ}"
    clock.advance(3600)
    await reboot(management, 2)
    listed = await management.get(f"{deployment}/events?{EVER}")
    assert listed.find_all("InstanceName") == ["WebRole_IN_1", "WebRole_IN_2"]
    assert (listed.find("RoleName"), listed.find("RebootReason")) == (
        "WebRole",
        "Reboot asked for by the user",
    )
    for query, told in (
        (f"starttime=2000-01-01&endtime={between}", ["WebRole_IN_1"]),
        (f"starttime={between}&endtime=2999-12-31", ["WebRole_IN_2"]),
    ):
        assert (await management.get(f"{deployment}/events?{query}")).find_all("InstanceName") == told


async def test_restarts_of_machines(management: Management):
    """Virtual machines restart, too."""
    await done(management, await management.delete(FIRST))
    await running(management, compute.machine("vm1"))
    await done(management, await management.post(operations(), RESTART))
    assert (await management.get(f"{VMS}/events?{EVER}")).find_all("InstanceName") == ["vm1"]


async def test_pages(management: Management, monkeypatch: pytest.MonkeyPatch):
    """A page that is full has a token, which leads to the next."""
    monkeypatch.setattr(periods, "PAGE_SIZE", 2)
    for number in (0, 1, 2):
        await reboot(management, number)
    one = await management.get(f"{FIRST}/events?{EVER}")
    token = one.find("ContinuationToken")
    other = await management.get(f"{FIRST}/events?{EVER}&continuationtoken={token}")
    assert [page.find_all("InstanceName") for page in (one, other)] == [
        ["WebRole_IN_0", "WebRole_IN_1"],
        ["WebRole_IN_2"],
    ]
    assert other.find("ContinuationToken") is None


async def test_the_oldest_are_forgotten(management: Management, monkeypatch: pytest.MonkeyPatch):
    """There is an end to what is kept."""
    monkeypatch.setattr(instances, "MOST_REBOOTS", 2)
    for number in (0, 1, 2):
        await reboot(management, number)
    kept = (await management.get(f"{FIRST}/events?{EVER}")).find_all("InstanceName")
    assert kept == ["WebRole_IN_1", "WebRole_IN_2"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "starttime=2000-01-01",
        "endtime=2000-01-01",
        "starttime=soon&endtime=later",
        f"{EVER}&continuationtoken=none",
    ],
)
async def test_a_period_is_needed(management: Management, query: str):
    """Both its ends have to be moments, and a token one that was given."""
    answer = await management.get(f"{FIRST}/events?{query}")
    assert (answer.status, answer.code) == (400, "MissingOrInvalidRequiredQueryParameter")


@BY_BOTH
async def test_package(management: Management, deployment: str):
    """It is copied to where no package of it is yet, or to where it may be overwritten."""
    path = f"{deployment}/package?containerUri={CONTAINER}"
    await done(management, await management.post(path))
    again = await management.post(path)
    assert (again.status, again.code) == (409, "ConflictError")
    await done(management, await management.post(f"{path}&overwriteExisting=true"))


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "MissingOrInvalidRequiredQueryParameter"),
        ("?containerUri=https%3A%2F%2Fother.blob.core.windows.net%2Fpackages", "BadRequest"),
        ("?containerUri=packages", "BadRequest"),
    ],
)
async def test_package_to_nowhere(management: Management, query: str, code: str):
    """The container has to be in an account of the subscription."""
    answer = await management.post(f"{FIRST}/package{query}")
    assert (answer.status, answer.code) == (400, code)


async def test_machines_have_no_package(management: Management):
    """Only web and worker roles are made of one."""
    await done(management, await management.delete(FIRST))
    await running(management)
    answer = await management.post(f"{VMS}/package?containerUri={CONTAINER}")
    assert (answer.status, answer.code) == (400, "BadRequest")
