"""How long operations take: the table, what the client and the emulator make of it, and the tail."""

import json
import re
from collections import defaultdict
from datetime import datetime
from random import Random
from statistics import median

import fidelity
import pytest
from doubles.bare_client import connected, document
from doubles.recordings import CORPORA, exchanges, recorded

from asyncsm.durations import OTHERWISE, USUAL, Usual, usual
from asyncsm.emulator import Emulator, ManualClock
from asyncsm.emulator.progress import TAIL, OperationProgress
from asyncsm.emulator.routes import ROUTES
from asyncsm.operations import catalogue
from asyncsm.wire import xml

CLOSE = 8
"""Seconds between two questions of a client that asked often."""


def told_duration(answer):
    """The seconds between the moments at which an operation began and ended, if its answer tells them."""
    moments = re.findall(rb"<Operation(?:Started|Completed)Time>([^<]{19})", answer)
    if len(moments) < 2:
        return None
    began, ended = sorted(datetime.fromisoformat(one.decode()) for one in moments)
    return (ended - began).total_seconds()


def recorded_ages():
    """The ages at which recorded operations were last in progress and first at an end, by name.

    Both are the same where the service itself told when the operation began and ended.
    """
    found = defaultdict(list)
    for recording in recorded():
        moments = [one.get("t") for one in json.loads(recording.read_text("utf-8"))["exchanges"]]
        under_way = {}
        for then, moment in zip(exchanges(recording), moments, strict=True):
            request_id = then.path.rpartition("/")[2]
            if moment is None:
                break
            if then.status in {201, 202} and (operation := fidelity.operation_of(then)) is not None:
                if operation.startswith("ExecuteRole") and then.request_body:
                    operation = xml.parse(then.request_body)[0].rpartition(":")[2]
                name = operation.removesuffix("BySlot").removesuffix("Operation")
                if change := re.search(rb"<Operation(?:Type)?>(\w+?)(?:Diagnostics)?<", then.request_body):
                    said = change[1].decode().capitalize()
                    name = re.sub("^(Update|Execute)(?=.*Gateway)", said, name)
                named = re.search(rb"<GatewayOperationAsyncResponse [^>]*>\s*<ID>([^<]+)", then.response_body)
                key = named[1].decode() if named else then.response_headers["x-ms-request-id"]
                under_way[key] = [name, moment, 0]
            elif then.method == "GET" and request_id in under_way:
                name, began, seen = under_way[request_id]
                if b">InProgress<" in then.response_body:
                    under_way[request_id][2] = moment - began
                elif re.search(b">Succeed|>Successful<", then.response_body):
                    own = told_duration(then.response_body)
                    found[name].append((seen, moment - began) if own is None else (own, own))
                    del under_way[request_id]
    return found


@pytest.mark.skipif(not CORPORA[0].is_dir(), reason="no recordings here: set ASYNCSM_RECORDINGS")
def test_the_table_is_what_recordings_show():
    """Each row with samples is their median: of those asked for often, if there are such, else of all."""
    seen = recorded_ages()
    for name, row in USUAL.items():
        if not row.samples or name == "ShareVMImage":  # which is listed with OS images
            continue
        often = [one for one in seen[name] if one[1] - one[0] <= CLOSE]
        counted = often or seen[name]
        assert (name, row.samples) == (name, len(counted))
        assert abs(row.seconds - median(end for _, end in counted)) <= 1, name
        assert abs(row.resolution - median(end - begin for begin, end in counted)) <= 1, name
        if not row.has_tail:
            assert len(seen[name]) >= 10
            assert max(end for _, end in seen[name]) <= 35, name


def test_client_and_emulator_agree():
    """A client expects of each operation what it takes with the emulator."""
    emulated = {name: route.usual for route in ROUTES for name in (route.root, route.operation) if name}
    for one in catalogue():
        if one.usual is not None and one.operation in emulated:
            assert one.usual.likely == emulated[one.operation].likely, one.name
    assert usual("UpdateDeploymentStatusBySlot") == usual("UpdateDeploymentStatus")
    assert usual("Unheard", "CaptureRoleOperation") == USUAL["CaptureRole"]
    assert usual("Unheard") is None


@pytest.mark.parametrize("tail", [True, False])
def test_tail(tail):
    """Five to ten in a hundred operations take two to four times as long as usual, the same with one seed."""
    runs = [
        [progress.lasting(Usual(OTHERWISE)) / OTHERWISE for _ in range(2000)]
        for progress in (OperationProgress(ManualClock(), Random(1), tail=tail) for _ in range(2))
    ]
    assert runs[0] == runs[1]
    late = [one for one in runs[0] if one > 1.1]
    assert all(2 <= one <= 4 for one in late)
    assert len(late) / 2000 == pytest.approx(TAIL if tail else 0, abs=0.02)
    assert median(runs[0]) == pytest.approx(1, abs=0.05)


async def test_the_default_wait_suffices_for_a_storage_account(directory):
    """The old SDK gave up after 30 seconds, and asked every 5."""
    clock = ManualClock()
    async with Emulator(directory=directory, clock=clock, seed=1) as emulator, connected(emulator) as client:
        for number in range(60):
            named = f"<ServiceName>shop{number:02}</ServiceName><Label>c2hvcA==</Label><Location>West US</Location>"
            accepted = await client.post(
                "services/storageservices", document("CreateStorageServiceInput", named)
            )
            clock.advance(15)
            assert (await client.status_of(accepted)).find("Status") == "InProgress"
            clock.advance(10)
            assert (await client.status_of(accepted)).find("Status") == "Succeeded"
