"""Many pending operations on one tracker: how late it notices their ends, and what it costs.

First over TLS against the canned server, in real time; then over a source inside the
process and on virtual time, where operations may take as long as real ones do; last, what
a hundred thousand of them take of memory and of the event loop.
"""

from __future__ import annotations

import asyncio
import gc
import random
import selectors
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import islice

from support import Sample, Server, at_most, canned_server, stopwatch, table

from asyncsm import ManagementCertificate, ManagementSession, PollingPolicy
from asyncsm.config import ATTEMPT_TIMEOUT, DEFAULT_POLLING
from asyncsm.engine.protocol import Reconcile, Request
from asyncsm.engine.transport import AiohttpTransport
from asyncsm.errors import AsyncsmError
from asyncsm.polling import OperationHandle, SurveyCost, Tracker
from asyncsm.wire.http import HttpRequest, HttpResponse
from asyncsm.wire.operations import Operation, OperationState

NUMBERS = (1, 10, 100, 1_000)
MANY = 100_000
PAGE_SIZE = 100
KIND = "CreateDeployment"
USUAL = 52.0
"""Seconds such an operation is said to take, the middle of those that are measured here."""
HEADINGS = ("handles", "all done after", "late, mean", "late, most", "requests", "a handle", "CPU a handle")


def main() -> None:
    with canned_server() as server:
        table(
            "Operations of 1.8 to 2.2 s over TLS",
            HEADINGS,
            [asyncio.run(over_tls(server, number)) for number in NUMBERS],
        )
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        table(
            "Operations of 40 to 64 s inside the process, on virtual time",
            ("mode", *HEADINGS),
            [
                runner.run(on_virtual_time(number, replace(DEFAULT_POLLING, batch=batch)))
                for number in (10, 100, 1_000, 10_000)
                for batch in (False, True)
            ],
        )
    memory = {number: asyncio.run(memory_each(number)) for number in (*NUMBERS, MANY)}
    table(
        "Memory of a pending handle, with the reply that accepted it",
        ("handles", "bytes each"),
        [(f"{number:,}", f"{size:,.0f}") for number, size in memory.items()],
    )
    at_most(f"bytes each of {MANY:,} pending handles", memory[MANY], 4_096)
    for batch in (False, True):
        load = asyncio.run(load_of(MANY, batch=batch))
        print(
            f"{MANY:,} pending, {'list' if batch else 'single'} mode: {load.questions:,.0f} questions and"
            f" {load.pages:,.0f} pages a second, {load.cpu:.0%} of a core"
        )
        at_most("lag of the event loop meanwhile, p99", load.lag * 1e3, 25, " ms")


def row(
    number: int, lateness: Sequence[float], seconds: float, questions: int, sample: Sample
) -> tuple[str, ...]:
    """One line of a table under `HEADINGS`."""
    return (
        f"{number:,}",
        f"{seconds:.2f} s",
        f"{sum(lateness) / number:.2f} s",
        f"{max(lateness):.2f} s",
        f"{questions:,}",
        f"{questions / number:.2f}",
        f"{sample.cpu_us:,.0f} us",
    )


# ---------------------------------------------------------------- over TLS


class CountingTransport:
    """A transport that counts the requests it passes on."""

    def __init__(self, transport: AiohttpTransport) -> None:
        self._transport = transport
        self.sent = 0

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.sent += 1
        return await self._transport.send(request)

    async def close(self) -> None:
        await self._transport.close()


async def over_tls(server: Server, number: int) -> tuple[str, ...]:
    """Start `number` operations and wait for all; the canned server refuses lists, so each is asked for."""
    context = ManagementCertificate.load(server.certificate_path).ssl_context(server.ca_path)
    transport = CountingTransport(AiohttpTransport(context, timeout=ATTEMPT_TIMEOUT))
    chance = random.Random(1)
    samples: list[Sample] = []
    async with ManagementSession(server.subscription_id, host=server.url, transport=transport) as session:

        async def one() -> float:
            duration = chance.uniform(1.8, 2.2)
            # Some have the same duration and thus the same path; they do not exclude each other.
            request = Request(
                "POST",
                f"pending/{round(duration * 1000)}",
                operation=KIND,
                reconcile=Reconcile.LISTED,
                queues=False,
            )
            handle = await session.start(request)
            accepted = time.perf_counter()
            await handle
            return time.perf_counter() - accepted - duration

        begun = time.perf_counter()
        with stopwatch(number, samples):
            lateness = await asyncio.gather(*(one() for _ in range(number)))
        seconds = time.perf_counter() - begun
    return row(number, lateness, seconds, transport.sent - number, samples[0])


# ---------------------------------------------------------------- inside the process


class Jump(selectors.DefaultSelector):
    """Moves the clock to the next timer instead of waiting for it."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += timeout or 0.0
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in which waiting takes no time."""

    def __init__(self) -> None:
        self._jump = Jump()
        super().__init__(self._jump)

    def time(self) -> float:
        return self._jump.now


class ScriptedSource:
    """Knows when each operation ends; all began together."""

    def __init__(self, ends: dict[str, float]) -> None:
        self._ends = ends

    async def ask(
        self, request_ids: Sequence[str], answer: Callable[[str, Operation | AsyncsmError], None]
    ) -> None:
        now = asyncio.get_running_loop().time()
        for request_id in request_ids:
            answer(request_id, self._operation(request_id, now))

    async def survey(self, since: datetime, answer: Callable[[str, Operation], None]) -> SurveyCost:
        del since
        listed = iter(self._ends)
        pages = 0
        while page := tuple(islice(listed, PAGE_SIZE)):
            pages += 1
            await asyncio.sleep(0)  # as the reply of a page does
            now = asyncio.get_running_loop().time()
            for request_id in page:
                answer(request_id, self._operation(request_id, now))
        return SurveyCost(max(pages, 1), 0.0)

    def _operation(self, request_id: str, now: float) -> Operation:
        done = self._ends[request_id] <= now
        return Operation(
            id=request_id, status=OperationState.SUCCEEDED if done else OperationState.IN_PROGRESS
        )


def tracker_over(source: ScriptedSource, policy: PollingPolicy = DEFAULT_POLLING) -> Tracker:
    return Tracker(source, policy, subscription_id="subscription", chance=random.Random(1))


def accepted(tracker: Tracker, number: int, ago: float = 0.0) -> OperationHandle:
    """A handle as a session makes one of a 202."""
    request_id = f"{number:032x}"
    submitted = datetime.now(UTC) - timedelta(seconds=ago)
    headers = {
        "content-length": "0",
        "server": f"1.0.6198.{number}",
        "x-ms-servedbyregion": f"ussouth{number}",
        "x-ms-request-id": request_id,
        "date": format_datetime(submitted, usegmt=True),
    }
    return OperationHandle(
        tracker,
        request_id,
        operation=KIND,
        resource=f"POST /services/hostedservices/service{number}/deployments",
        response=HttpResponse(202, headers),
        submitted=submitted,
        usual=USUAL,
    )


async def on_virtual_time(number: int, policy: PollingPolicy) -> tuple[str, ...]:
    """Wait for `number` operations that began together."""
    chance = random.Random(1)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    ends = {f"{index:032x}": begun + chance.uniform(40, 64) for index in range(number)}
    tracker = tracker_over(ScriptedSource(ends), policy)
    samples: list[Sample] = []

    async def one(index: int) -> float:
        handle = accepted(tracker, index)
        await handle
        return loop.time() - ends[handle.request_id]

    with stopwatch(number, samples):
        lateness = await asyncio.gather(*(one(index) for index in range(number)))
    seconds = loop.time() - begun
    await tracker.close()
    return (
        "list" if policy.batch else "single",
        *row(number, lateness, seconds, tracker.questions + tracker.surveys, samples[0]),
    )


# ---------------------------------------------------------------- a hundred thousand


async def memory_each(number: int) -> float:
    """Bytes that one of `number` pending handles takes, the tracker's part included."""
    tracker = tracker_over(ScriptedSource({}))
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    handles = []
    for index in range(number):
        handles.append(accepted(tracker, index))
        tracker.watch(handles[-1])
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    await tracker.close()
    return (after - before) / number


@dataclass(frozen=True)
class Load:
    """What the event loop bears while a great many operations are asked for.

    Attributes:
        lag: seconds a timer fires late, 99th percentile.
        questions: single questions a second.
        pages: pages of lists a second.
        cpu: fraction of one core.
    """

    lag: float
    questions: float
    pages: float
    cpu: float


async def load_of(number: int, *, batch: bool, seconds: float = 6.0) -> Load:
    """Watch a timer of 1 ms while `number` operations are due again and again."""
    source = ScriptedSource({f"{index:032x}": float("inf") for index in range(number)})
    tracker = tracker_over(source, PollingPolicy(most=20, least=10 if not batch else 0.5, batch=batch))
    handles = []
    for index in range(number):
        # As if they had begun a while ago: with that they are worth asking for while this looks.
        handles.append(accepted(tracker, index, ago=50.0))
        tracker.watch(handles[-1])
        if index % 1000 == 0:
            await asyncio.sleep(0)
    loop = asyncio.get_running_loop()
    begun, cpu_begun = loop.time(), time.process_time()
    questions, pages = tracker.questions, tracker.surveys
    lags = []
    while loop.time() < begun + seconds or (tracker.surveys == pages and batch):
        slept = loop.time()
        await asyncio.sleep(0.001)
        lags.append(loop.time() - slept - 0.001)
    took, cpu = loop.time() - begun, time.process_time() - cpu_begun
    load = Load(
        lag=sorted(lags)[len(lags) * 99 // 100],
        questions=(tracker.questions - questions) / took,
        pages=(tracker.surveys - pages) / took,
        cpu=cpu / took,
    )
    await tracker.close()
    return load


if __name__ == "__main__":
    main()
