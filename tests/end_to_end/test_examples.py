"""The programs in examples/: each runs as it is, and does what it says."""

import asyncio
import importlib.util
import json
import runpy
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from asyncsm import OperationFailed, OperationsFailed, RetryPolicy
from asyncsm.emulator import Emulator, ManualClock, Quotas

EXAMPLES = Path(__file__).parents[2] / "examples"


def example(name):
    """An example as a module."""
    module = sys.modules.get(f"examples_{name}")
    if module is None:
        spec = importlib.util.spec_from_file_location(f"examples_{name}", EXAMPLES / f"{name}.py")
        module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module


@pytest.fixture
def nothing_set(monkeypatch):
    """The environment names no service."""
    for name in ("SUBSCRIPTIONID", "CERTFILE", "HOST", "CA_FILE"):
        monkeypatch.delenv(f"AZURE_MANAGEMENT_{name}", raising=False)


def run(name, monkeypatch, *argv):
    """Run an example as a program, which returns its exit code."""
    monkeypatch.setattr(sys, "argv", [str(EXAMPLES / f"{name}.py"), *argv])
    try:
        runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    except SystemExit as end:
        return end.code
    return 0


def test_every_example_is_known_here():
    """A new example needs a test."""
    assert {path.stem for path in EXAMPLES.glob("*.py")} == {
        "fan_out",
        "guide",
        "networks",
        "parallel_deployments",
        "test_with_emulator",  # run in test_plugin
        "web_app",
    }


def test_the_guide_runs_without_arguments(nothing_set, monkeypatch, capsys):
    """All sections are gone through, against an emulator of its own, and nothing is left."""
    assert run("guide", monkeypatch) == 0
    out = capsys.readouterr().out
    assert "v1 is Running in Production" in out
    assert out.count("ReadyRole") == 5, "three role instances and two virtual machines"
    assert out.endswith("0 of our hosted services left\n")


async def test_the_guide_cleans_up_after_a_failure(sms, monkeypatch):
    """Where a section fails, the last one still deletes what there is."""
    guide = example("guide")

    async def fails(sms, names):
        """Fails."""
        raise RuntimeError("as it were")

    monkeypatch.setattr(guide, "SECTIONS", (guide.affinity_group, guide.cloud_service, fails))
    with pytest.raises(RuntimeError, match="as it were"):
        await guide.tour(sms)
    assert len(await sms.list_hosted_services()) == len(await sms.list_affinity_groups()) == 0


def test_many_deployments_run_without_arguments(nothing_set, monkeypatch, capsys):
    """Thirty are ready in about the time of one, and removed again."""
    assert run("parallel_deployments", monkeypatch) == 0
    out = capsys.readouterr().out
    assert "[####################] 30 ready" in out
    assert "30 ready after" in out


def test_many_deployments_tell_what_failed(nothing_set, monkeypatch, capsys):
    """Failures are told in one line each, by the exit code, and without a traceback."""
    assert run("parallel_deployments", monkeypatch, "--storage-account", "notmine") == 1
    captured = capsys.readouterr()
    assert "BadRequest" in captured.err
    assert "notmine.blob.core.windows.net" in captured.err
    assert "Traceback" not in captured.err


async def test_a_failed_deployment_leaves_nothing(identity_files):
    """When the cores do not suffice the others are given up, and everything is removed."""
    parallel = example("parallel_deployments")
    quotas = Quotas(cores=3, hosted_services=20)
    async with Emulator(clock=1000, tail=False, quotas=quotas) as emulator, emulator.service() as sms:
        with pytest.raises(ExceptionGroup) as failed:
            await parallel.deploy(sms, machines=5, deployments=1)
        assert all(isinstance(error, OperationFailed) for error in failed.value.exceptions)
        assert len(await sms.list_hosted_services()) == len(await sms.list_storage_accounts()) == 0


def test_fanning_out(nothing_set, monkeypatch, capsys):
    """Dozens of machines, some at a time, are all created, and removed."""
    assert run("fan_out", monkeypatch, "--machines", "60", "--in-flight", "20") == 0
    out = capsys.readouterr().out
    assert "created: 60 of 60, 0 failed, 0 in flight" in out
    assert "60 deployments" in out
    assert "removed: 60 of 60, 0 failed, 0 in flight" in out


def test_networks_come_and_go(nothing_set, monkeypatch, capsys):
    """With machines, a gateway that connects two sites, and a profile, beside each other."""
    assert run("networks", monkeypatch, "--machines", "10") == 0
    out = capsys.readouterr().out
    assert "10 machines, the gateway and " in out
    assert out.count(": Connected") == 2
    assert "migration: nothing stands in the way" in out
    assert out.endswith("all is gone\n")


async def test_fanning_out_carries_on_past_failures(identity_files, capsys):
    """Where the cores do not suffice the rest is created all the same, and everything is removed."""
    fan_out = example("fan_out")
    async with (
        Emulator(clock=1000, tail=False, quotas=Quotas(cores=3)) as emulator,
        emulator.service() as sms,
    ):
        with pytest.raises(OperationsFailed, match="2 of 5 calls did not succeed") as failed:
            await fan_out.fan_out(sms, machines=5, in_flight=2)
        assert sum(result is not None for result in failed.value.results) == 3
        assert all(isinstance(error, OperationFailed) for error in failed.value.exceptions)
        assert len(await sms.list_hosted_services()) == len(await sms.list_storage_accounts()) == 0


@pytest.mark.parametrize("name", ["fan_out", "guide", "networks", "parallel_deployments", "web_app"])
async def test_examples_use_the_service_the_environment_names(name, emulator, monkeypatch):
    """With AZURE_MANAGEMENT_* set no emulator is started."""
    monkeypatch.setenv("AZURE_MANAGEMENT_SUBSCRIPTIONID", emulator.subscription_id)
    monkeypatch.setenv("AZURE_MANAGEMENT_CERTFILE", str(emulator.certificate_path))
    monkeypatch.setenv("AZURE_MANAGEMENT_HOST", emulator.url)
    monkeypatch.setenv("AZURE_MANAGEMENT_CA_FILE", str(emulator.ca_path))
    arguments = [1] if name in {"fan_out", "parallel_deployments"} else []
    async with example(name).connected(*arguments) as sms:
        assert (await sms.get_subscription()).subscription_id == emulator.subscription_id


# The web application.


@asynccontextmanager
async def browser(emulator):
    """A client of the application, which works on `emulator`."""
    app = example("web_app").create_app(emulator.service)
    async with TestClient(TestServer(app)) as client:
        yield client


async def start(client, name="shop"):
    reply = await client.post("/deployments", json={"name": name})
    assert reply.status == 202, await reply.text()
    return await reply.json()


async def next_event(reply):
    """The next server-sent event, as name and data; ``None`` at the end of the stream."""
    block = await reply.content.readuntil(b"\n\n")
    if not block:
        return None
    event, data = block.decode().strip().split("\n")
    return event.removeprefix("event: "), json.loads(data.removeprefix("data: "))


async def events(client, path):
    """All events of an operation."""
    async with client.get(path) as reply:
        assert reply.status == 200
        assert reply.headers["Content-Type"] == "text/event-stream"
        found = []
        while (event := await next_event(reply)) is not None:
            found.append(event)
        return found


async def test_a_deployment_is_followed_by_events(emulator):
    """A deployment is accepted at once; its status is streamed until it has succeeded; then it is listed."""
    async with browser(emulator) as client:
        started = await start(client)
        assert json.loads(started["token"])["request_id"] == started["request_id"]
        streamed = await events(client, started["events"])
        assert streamed[0] == ("status", {"status": "InProgress"})
        assert streamed[-1] == ("done", {"status": "Succeeded"})
        (listed,) = await (await client.get("/deployments")).json()
        assert (listed["service"], listed["slot"], len(listed["instances"])) == ("shop", "Production", 2)


async def test_events_of_an_operation_that_has_ended(emulator):
    """Who asks later gets the outcome."""
    async with browser(emulator) as client:
        started = await start(client)
        await events(client, started["events"])
        assert (await events(client, started["events"]))[-1] == ("done", {"status": "Succeeded"})


async def test_events_of_an_operation_that_fails(identity_files):
    """The outcome has the service's code and message."""
    async with (
        Emulator(clock=1000, tail=False, quotas=Quotas(cores=1)) as emulator,
        browser(emulator) as client,
    ):
        started = await start(client)
        name, outcome = (await events(client, started["events"]))[-1]
        assert (name, outcome["status"], outcome["code"]) == ("done", "Failed", "BadRequest")
        assert "cores count" in outcome["message"]


async def test_the_page_is_html(emulator):
    """The page follows operations by EventSource."""
    async with browser(emulator) as client:
        reply = await client.get("/")
        assert reply.content_type == "text/html"
        assert "new EventSource(events)" in await reply.text()


@pytest.mark.parametrize(
    ("body", "status", "title"),
    [
        ('{"name": "taken"}', 409, "AlreadyExists"),
        ('{"name": "not a name"}', 400, "InvalidArgument"),
        ('{"name": 5}', 400, "InvalidArgument"),
        ("{}", 400, "InvalidArgument"),
        ("[]", 400, "InvalidArgument"),
        ("shop", 400, "InvalidArgument"),
    ],
)
async def test_refusals_are_problem_details(emulator, sms, body, status, title):
    """What the service or the client refuses is answered as `application/problem+json`."""
    await sms.create_hosted_service("taken", label="taken", location="West US")
    async with browser(emulator) as client:
        reply = await client.post("/deployments", data=body)
        problem = await reply.json()
        assert (reply.status, reply.content_type) == (status, "application/problem+json")
        assert (problem["title"], problem["status"]) == (title, status)
        assert problem["detail"]


async def test_events_of_an_unknown_operation(emulator):
    """There is no such thing: 404, not an empty stream."""
    async with browser(emulator) as client:
        reply = await client.get("/operations/00000000000000000000000000000000/events")
        assert (reply.status, (await reply.json())["code"]) == (404, "BadRequest")


async def test_a_service_out_of_reach_is_a_bad_gateway(emulator):
    """Whatever is between the application and the service is not the browser's fault."""
    once = RetryPolicy(attempts=1)
    app = example("web_app").create_app(lambda: emulator.service(retry=once), storage="given")
    async with TestClient(TestServer(app)) as client:
        await emulator.stop()
        reply = await client.get("/deployments")
        assert (reply.status, (await reply.json())["title"]) == (502, "ConnectionFailed")


async def test_it_shuts_down_while_somebody_looks_on(identity_files):
    """An open stream does not keep the application: it ends, and nothing is left behind."""
    clock = ManualClock()
    before = asyncio.all_tasks()
    async with Emulator(clock=clock, tail=False) as emulator:
        async with emulator.service() as sms:
            operation = await sms.create_storage_account("given", None, "given", location="West US")
            clock.advance(60)
            await operation
        app = example("web_app").create_app(emulator.service, storage="given")
        async with TestClient(TestServer(app)) as client:
            started = await start(client)
            async with client.get(started["events"]) as reply:
                assert await next_event(reply) == ("status", {"status": "InProgress"})
                await client.server.close()
                while (event := await next_event(reply)) is not None:
                    assert event == ("status", {"status": "InProgress"})
        async with emulator.service() as sms:
            status = await sms.get_operation_status(started["request_id"])
            assert status.status == "InProgress", "the operation goes on without us"
    left = {task for task in asyncio.all_tasks() - before if not task.done()}
    assert not {task for task in left if task.get_name().startswith("asyncsm")}
