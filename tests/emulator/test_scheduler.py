"""The scheduler over plain HTTP: cloud services, job collections, and jobs that run on the emulator's clock."""

import asyncio
import json
from datetime import timedelta
from functools import partial

import pytest
from aiohttp import web
from doubles.bare_client import document

from asyncsm.emulator.clock import InstantClock, ManualClock
from asyncsm.emulator.rules import jobs
from asyncsm.emulator.scheduler import ScheduledJob

SERVICE = "cloudservices/batch"
COLLECTION = f"{SERVICE}/resources/scheduler/jobCollections/nightly"
READ = f"{SERVICE}/resources/scheduler/~/jobCollections/nightly"
JOBS = f"{READ}/jobs"
QUERY = "?api-version=2014-04-01"
NEW_SERVICE = document(
    "CloudService", "<Label>l</Label><Description>d</Description><GeoRegion>West Europe</GeoRegion>"
)


def collection(plan="Standard", *, tag="", quota=""):
    """Request of Create Job Collection."""
    tag = f"<ETag>{tag}</ETag>" if tag else ""
    return document("Resource", f"{tag}<IntrinsicSettings><Plan>{plan}</Plan>{quota}</IntrinsicSettings>")


def job(uri="http://127.0.0.1:9/", *, kind="http", action=None, **members):
    """Request of Create Or Update Job."""
    request = {"uri": uri, "method": "GET", "headers": {"X-Mine": "yes"}}
    return json.dumps({"action": {"type": kind, "request": request, **(action or {})}, **members})


def with_request(**members):
    """The same, with more in its request."""
    return job(action={"request": {"uri": "http://127.0.0.1:9/", "method": "POST", **members}})


@pytest.fixture
async def nightly(management):
    """A job collection."""
    await management.finished(await management.put(SERVICE, NEW_SERVICE))
    await management.finished(await management.put(COLLECTION, collection()))
    return management


@pytest.fixture
async def hook():
    """A server on this machine that jobs call: its URL, and what it was asked; ``/bad`` is refused."""
    asked: list[tuple[str, str, str]] = []

    async def answer(request):
        asked.append((request.method, request.path, request.headers.get("X-Mine", "")))
        return web.Response(status=500 if request.path == "/bad" else 200, text="done")

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}", asked
    await runner.cleanup()


async def passed(management, seconds):
    """Let time pass, and the requests that jobs make then come to their end."""
    management.clock.advance(seconds)
    while management.clock.errands:
        await asyncio.wait(management.clock.errands)


async def read(management, path):
    answer = await management.get(path)
    assert answer.status == 200, answer.text
    return json.loads(answer.text)


async def history_of(management, name):
    found = await read(management, f"{JOBS}/{name}/history{QUERY}")
    return [(each["actionName"], each["status"], each["retryCount"]) for each in found]


async def test_collections_come_and_go_with_their_cloud_service(nightly):
    """Both take a while; the cloud service lists its collections, and takes them along."""
    listed = await nightly.get("cloudservices")
    assert listed.find_all("Name") == ["batch", "nightly"]
    found = await nightly.get(READ)
    assert [found.find(name) for name in ("Plan", "State", "SchemaVersion")] == ["Standard", "Started", "1.1"]
    accepted = await nightly.delete(SERVICE)
    assert (await nightly.get(SERVICE)).status == 200
    await nightly.finished(accepted)
    assert ((await nightly.get(SERVICE)).status, (await nightly.get(READ)).status) == (404, 404)


async def test_what_is_asked_for_twice_is_made_once(management):
    """As clients do that have lost a reply: what was put into it meanwhile is there when the others end."""

    async def several(path, body):
        accepted = [await management.put(path, body) for _ in range(4)]
        for _ in range(100):
            management.clock.advance(0.1)
            if (await management.get(path.replace("scheduler/job", "scheduler/~/job"))).status == 200:
                return accepted
        raise AssertionError(f"{path} is not there")

    accepted = await several(SERVICE, NEW_SERVICE)
    accepted += await several(COLLECTION, collection())
    assert (await management.put(f"{JOBS}/daily{QUERY}", job())).status == 201
    for each in accepted:
        assert (await management.finished(each)).find("Status") == "Succeeded"
    assert (await management.get(f"{JOBS}/daily{QUERY}")).status == 200


async def test_a_collection_is_changed_by_its_tag(nightly):
    """Its jobs stay; another tag changes nothing."""
    await nightly.put(f"{JOBS}/one{QUERY}", job(state="disabled"))
    tag = (await nightly.get(READ)).find("ETag")
    refused = await nightly.put(COLLECTION, collection("Free", tag="other"))
    assert (refused.status, refused.code) == (412, "PreconditionFailed")
    await nightly.finished(await nightly.put(COLLECTION, collection("Free", tag=tag)))
    found = await nightly.get(READ)
    assert (found.find("Plan"), found.find("ETag") != tag) == ("Free", True)
    assert [each["id"] for each in await read(nightly, JOBS + QUERY)] == ["one"]
    second = await nightly.put(f"{COLLECTION}2", collection("Free"))
    assert (second.status, second.message) == (
        409,
        "A subscription can have one job collection of the plan Free.",
    )


async def test_names(nightly):
    """They can be asked for in two ways."""
    path = f"{SERVICE}/resources/scheduler/jobCollections?op=checknameavailability&resourceName="
    assert (await nightly.get(f"{path}nightly")).find("IsAvailable") == "false"
    assert (await nightly.post(f"{path}nightly")).find("Result") == "false"
    assert (await nightly.get(f"{path}daily")).find("IsAvailable") == "true"


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("one", job(kind="carrierPigeon"), 400, "type"),
        ("one", job("ftp://127.0.0.1/"), 400, "URL"),
        ("one", job("http://127.0.0.1/" + "a" * 2048), 400, "URL"),
        ("one", job(recurrence={"frequency": "second", "interval": 1}), 400, "frequency"),
        ("one", job(recurrence={"frequency": "minute", "interval": 10**18}), 400, "century"),
        ("one", job(recurrence={"frequency": "year", "interval": 9000}), 400, "century"),
        (
            "one",
            job(action={"retryPolicy": {"retryType": "fixed", "retryInterval": "99999.00:00:00"}}),
            400,
            "century",
        ),
        ("one", job(startTime="9999-12-31T00:00:00Z"), 400, "century"),
        ("one", job(state="faulted"), 400, "faulted"),
        ("one", json.dumps({"action": {"type": "http"}}), 400, "request"),
        ("one", json.dumps({}), 400, "type"),
    ],
)
async def test_refused_jobs(nightly, path, body, status, said):
    """A refusal is JSON."""
    refused = await nightly.put(f"{JOBS}/{path}{QUERY}", body)
    assert (refused.status, said in json.loads(refused.text)["message"]) == (status, True)


@pytest.mark.parametrize(
    ("most", "more"),
    [
        (job("http://127.0.0.1/" + "a" * 2031), job("http://127.0.0.1/" + "a" * 2032)),
        (with_request(body="b" * 8192), with_request(body="b" * 8193)),
        (
            with_request(headers={f"X-{number}": "" for number in range(50)}),
            with_request(headers={f"X-{number}": "" for number in range(51)}),
        ),
        (job().ljust(16 * 1024), job().ljust(16 * 1024 + 1)),
        (
            job(recurrence={"frequency": "minute", "interval": 1}),
            job(recurrence={"frequency": "minute", "interval": -1}),
        ),
    ],
    ids=["URL", "body", "headers", "document", "recurrence"],
)
async def test_the_most_that_a_job_may_have(nightly, most, more):
    """A limit can be reached, and not passed."""
    assert (await nightly.put(f"{JOBS}/one{QUERY}", most)).status == 201
    assert (await nightly.put(f"{JOBS}/two{QUERY}", more)).status == 400


async def test_error_actions_keep_the_same_rules(nightly):
    """What is called when a job has failed is an http or https URL, too."""
    error = {"type": "http", "request": {"uri": "ftp://127.0.0.1/", "method": "GET"}}
    assert (await nightly.put(f"{JOBS}/one{QUERY}", job(action={"errorAction": error}))).status == 400


async def test_a_free_collection_is_full_with_five_jobs(nightly):
    """Each of them runs every hour at most."""
    tag = (await nightly.get(READ)).find("ETag")
    await nightly.finished(await nightly.put(COLLECTION, collection("Free", tag=tag)))
    hourly = job(recurrence={"frequency": "minute", "interval": 60})
    made = [(await nightly.put(f"{JOBS}/{number}{QUERY}", hourly)).status for number in range(6)]
    assert made == [201] * 5 + [409]


async def test_a_collection_may_have_its_jobs_run_less_often(nightly):
    """Its own limit counts, where that is stricter than the plan's."""
    tag = (await nightly.get(READ)).find("ETag")
    quota = "<Quota><MaxRecurrence><Frequency>Hour</Frequency><Interval>2</Interval></MaxRecurrence></Quota>"
    await nightly.finished(await nightly.put(COLLECTION, collection(tag=tag, quota=quota)))
    for interval, status in ((119, 409), (120, 201)):
        body = job(recurrence={"frequency": "minute", "interval": interval})
        assert (await nightly.put(f"{JOBS}/one{QUERY}", body)).status == status


async def test_plans_have_limits(nightly):
    """A free collection has five jobs, which run each hour at most; a quota says less."""
    tag = (await nightly.get(READ)).find("ETag")
    quota = "<Quota><MaxJobCount>1</MaxJobCount></Quota>"
    await nightly.finished(await nightly.put(COLLECTION, collection("Free", tag=tag, quota=quota)))
    often = job(recurrence={"frequency": "minute", "interval": 30})
    assert (await nightly.put(f"{JOBS}/one{QUERY}", often)).status == 409
    assert (await nightly.put(f"{JOBS}/one{QUERY}", job())).status == 201
    assert (await nightly.put(f"{JOBS}/two{QUERY}", job())).status == 409


async def test_a_job_runs_on_the_clock(nightly, hook):
    """It is called with its headers, as often as it is told, and is then completed."""
    url, asked = hook
    every = {"frequency": "minute", "interval": 10, "count": 2}
    made = await nightly.put(f"{JOBS}/one{QUERY}", job(f"{url}/tick", recurrence=every))
    assert (made.status, json.loads(made.text)["status"]["executionCount"]) == (201, 0)
    await passed(nightly, 599)
    assert asked == []
    await passed(nightly, 1)
    await passed(nightly, 3600)
    assert asked == [("GET", "/tick", "yes")] * 2
    found = await read(nightly, f"{JOBS}/one{QUERY}")
    assert (found["state"], found["status"]["executionCount"]) == ("completed", 2)
    assert await history_of(nightly, "one") == [("MainAction", "completed", 0)] * 2
    entry = (await read(nightly, f"{JOBS}/one/history{QUERY}&$top=1"))[0]
    assert "Response from host '127.0.0.1': 'OK' Body: done" in entry["message"]


async def test_a_failing_job_is_tried_again_and_then_faulted(nightly, hook):
    """After its retries the error action comes."""
    url, asked = hook
    failing = job(
        f"{url}/bad",
        action={
            "retryPolicy": {"retryType": "fixed", "retryInterval": "00:00:30", "retryCount": 1},
            "errorAction": {"type": "http", "request": {"uri": f"{url}/alas", "method": "POST"}},
        },
    )
    await nightly.post(JOBS + QUERY, failing)
    (name,) = [each["id"] for each in await read(nightly, JOBS + QUERY)]
    await passed(nightly, 0)
    await passed(nightly, 30)
    assert [path for _, path, _ in asked] == ["/bad", "/bad", "/alas"]
    found = await read(nightly, f"{JOBS}/{name}{QUERY}")
    status = found["status"]
    assert (found["state"], status["failureCount"], status["faultedCount"]) == ("faulted", 2, 1)
    assert await history_of(nightly, name) == [
        ("ErrorAction", "completed", 0),
        ("MainAction", "failed", 1),
        ("MainAction", "failed", 0),
    ]
    only = await read(nightly, f"{JOBS}/{name}/history{QUERY}&$filter=status%20eq%20completed")
    assert [each["actionName"] for each in only] == ["ErrorAction"]


async def test_an_error_action_that_fails_is_the_end(nightly, hook):
    """It has no retries, and no error action of its own."""
    url, asked = hook
    again = {"type": "http", "request": {"uri": f"{url}/bad", "method": "POST"}}
    await nightly.put(f"{JOBS}/one{QUERY}", job(f"{url}/bad", action={"errorAction": again}))
    await passed(nightly, 0)
    await passed(nightly, 3600)
    assert [method for method, _, _ in asked] == ["GET", "POST"]
    status = (await read(nightly, f"{JOBS}/one{QUERY}"))["status"]
    assert (status["failureCount"], status["faultedCount"]) == (1, 1)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (job("http://example.com/"), "addresses of this machine only"),
        (json.dumps({"action": {"type": "storageQueue", "queueMessage": {"message": "m"}}}), "no queues"),
        (job("http://127.0.0.1:1/"), "failed"),
    ],
)
async def test_what_cannot_be_called_is_said(nightly, body, message):
    """Nothing leaves this machine; the history tells why."""
    await nightly.put(f"{JOBS}/one{QUERY}", body)
    await passed(nightly, 0)
    (entry,) = await read(nightly, f"{JOBS}/one/history{QUERY}")
    assert (entry["status"], message in entry["message"]) == ("failed", True)


async def test_states(nightly, hook):
    """A disabled job has no status and does not run; all of a collection can be set at once."""
    url, asked = hook
    every = {"frequency": "hour", "interval": 1}
    for name in ("one", "two"):
        await nightly.put(f"{JOBS}/{name}{QUERY}", job(f"{url}/{name}", recurrence=every))
    await nightly.send("PATCH", f"{JOBS}/one{QUERY}", json.dumps({"state": "disabled"}))
    assert "status" not in await read(nightly, f"{JOBS}/one{QUERY}")
    disabled = await read(nightly, f"{JOBS}{QUERY}&$filter=state%20eq%20disabled")
    assert [each["id"] for each in disabled] == ["one"]
    await passed(nightly, 3600)
    assert [path for _, path, _ in asked] == ["/two"]
    enabled = await nightly.send("PATCH", JOBS, json.dumps({"state": "enabled"}))
    assert [(each["state"], "status" in each) for each in json.loads(enabled.text)] == [
        ("enabled", False)
    ] * 2
    await passed(nightly, 3600)
    assert sorted(path for _, path, _ in asked) == ["/one", "/two", "/two"]
    await nightly.delete(f"{JOBS}/two{QUERY}")
    await passed(nightly, 3600)
    assert sorted(path for _, path, _ in asked) == ["/one", "/one", "/two", "/two"]


async def test_a_refused_state_changes_nothing(nightly):
    """No job is made, and none is changed, by a request that wants a state which comes of itself."""
    answers = [await nightly.post(f"{JOBS}{QUERY}", job(state="faulted"))]
    answers.append(await nightly.put(f"{JOBS}/one{QUERY}", job(state="completed")))
    assert await read(nightly, f"{JOBS}{QUERY}") == []
    await nightly.put(f"{JOBS}/one{QUERY}", job("http://127.0.0.1:9/before"))
    answers.append(await nightly.put(f"{JOBS}/one{QUERY}", job("http://127.0.0.1:9/after", state="faulted")))
    assert [answer.status for answer in answers] == [400, 400, 400]
    assert (await read(nightly, f"{JOBS}/one{QUERY}"))["action"]["request"]["uri"].endswith("/before")


async def test_a_job_that_has_ended_is_given_another_action(nightly, hook):
    """It begins anew, where a disabled one stays disabled."""
    url, asked = hook
    await nightly.put(f"{JOBS}/one{QUERY}", job(f"{url}/before"))
    await passed(nightly, 0)
    assert (await read(nightly, f"{JOBS}/one{QUERY}"))["state"] == "completed"
    assert (await nightly.put(f"{JOBS}/one{QUERY}", job(f"{url}/after"))).status == 200
    await passed(nightly, 0)
    await nightly.send("PATCH", f"{JOBS}/one{QUERY}", json.dumps({"state": "disabled"}))
    await nightly.put(f"{JOBS}/one{QUERY}", job(f"{url}/never"))
    await passed(nightly, 0)
    assert [path for _, path, _ in asked] == ["/before", "/after"]


@pytest.mark.parametrize(
    ("recurrence", "expected"),
    [
        ({"frequency": "day", "interval": 2}, "2015-07-03T00:00:00Z"),
        ({"frequency": "week", "interval": 1}, "2015-07-08T00:00:00Z"),
        ({"frequency": "month", "interval": 1}, "2015-08-01T00:00:00Z"),
        ({"frequency": "year", "interval": 1}, "2016-07-01T00:00:00Z"),
        ({"frequency": "day", "schedule": {"hours": [5, 3], "minutes": [15]}}, "2015-07-01T03:15:00Z"),
        ({"frequency": "week", "schedule": {"weekDays": ["monday"]}}, "2015-07-06T00:00:00Z"),
        ({"frequency": "month", "schedule": {"monthDays": [-1]}}, "2015-07-31T00:00:00Z"),
        (
            {"frequency": "month", "schedule": {"monthlyOccurrences": [{"day": "friday", "occurrence": 2}]}},
            "2015-07-10T00:00:00Z",
        ),
        ({"frequency": "day", "endTime": "2015-07-01T12:00:00Z"}, None),
        ({"frequency": "day", "endTime": "2015-07-02T00:00:00Z"}, "2015-07-02T00:00:00Z"),
        ({"frequency": "day", "schedule": {"hours": [0], "minutes": [0]}}, "2015-07-02T00:00:00Z"),
        (
            {"frequency": "day", "interval": 3, "schedule": {"hours": [0], "minutes": [0]}},
            "2015-07-04T00:00:00Z",
        ),
        (
            {"frequency": "week", "interval": 2, "schedule": {"weekDays": ["monday"]}},
            "2015-07-13T00:00:00Z",
        ),
    ],
)
async def test_when_jobs_run_next(nightly, recurrence, expected):
    """Recurrences are counted from the beginning, schedules in their periods."""
    start = {"startTime": "2015-07-01T00:00:00Z"}
    made = await nightly.put(f"{JOBS}/one{QUERY}", job(recurrence=recurrence, **start))
    assert json.loads(made.text)["status"].get("nextExecutionTime") == expected


async def test_a_scheduled_job_runs_once_at_its_moment(nightly, hook):
    """And not again at the same one."""
    url, asked = hook
    schedule = {"frequency": "day", "schedule": {"hours": [5], "minutes": [0]}}
    made = await nightly.put(
        f"{JOBS}/one{QUERY}", job(f"{url}/tick", recurrence=schedule, startTime="2015-07-01T00:00:00Z")
    )
    assert json.loads(made.text)["status"]["nextExecutionTime"] == "2015-07-01T05:00:00Z"
    await passed(nightly, 6 * 3600)
    assert len(asked) == 1
    found = await read(nightly, f"{JOBS}/one{QUERY}")
    assert found["status"]["nextExecutionTime"] == "2015-07-02T05:00:00Z"


@pytest.mark.parametrize(
    ("recurrence", "expected"),
    [
        ({"frequency": "month", "interval": 1}, "2015-07-31T06:00:00Z"),
        ({"frequency": "month", "interval": 4}, "2015-09-30T06:00:00Z"),
        ({"frequency": "month", "interval": 4, "schedule": {"hours": [7]}}, "2015-09-30T07:00:00Z"),
    ],
)
async def test_jobs_that_began_on_the_last_day_of_a_month(nightly, recurrence, expected):
    """They run on the last day of a shorter one, and keep their own in a longer."""
    start = {"startTime": "2015-05-31T06:00:00Z"}
    made = await nightly.put(f"{JOBS}/one{QUERY}", job(recurrence=recurrence, **start))
    assert json.loads(made.text)["status"].get("nextExecutionTime") == expected


def test_an_instant_clock_does_not_wait_for_what_has_no_end():
    """It jumps over operations only: a job that recurs for ever has its turns as time is let pass."""
    clock = InstantClock()
    job = ScheduledJob("one", '{"recurrence": {"frequency": "minute", "interval": 1}}', clock.now())
    jobs.enable(clock, job)
    clock.looked()
    assert job.executions == 0
    happened = []
    clock.after(90, partial(happened.append, "an operation's end"))
    clock.looked()
    assert (len(happened), job.executions) == (1, 1)


@pytest.mark.parametrize(
    ("more", "executions", "state"),
    [
        ({}, 525_600, "enabled"),
        ({"count": 200_000}, 200_000, "completed"),
        ({"endTime": "2015-12-31T23:59:30Z"}, 264_959, "completed"),
        ({"count": 5}, 5, "completed"),
    ],
    ids=["without end", "so many", "until then", "few"],
)
async def test_a_leap_over_many_runs_takes_no_time(more, executions, state):
    """They are all counted, and the last ones are in the history; a year has more minutes than a test seconds."""
    clock = ManualClock()
    told = {"recurrence": {"frequency": "minute", "interval": 1, **more}}
    one = ScheduledJob("one", json.dumps(told), clock.now())
    jobs.enable(clock, one)
    clock.advance(365 * 86_400)
    assert (one.executions, one.state) == (executions, state)
    assert len(one.history) == min(executions, 1000)
    assert one.history[-1].repeat == one.executions
    assert one.next == (None if state == "completed" else clock.now() + timedelta(minutes=1))
