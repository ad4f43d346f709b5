"""Half an hour of everything at once: nothing is lost, and memory stays as it is.

Callers make and delete hosted services and storage accounts at an emulator with a database, in a process
of its own. Meanwhile 5 % of the requests go wrong, calls are cancelled, the emulator is away for seconds at
a time, and the client goes over from one management certificate to the next. Each caller knows of what it
made whether it is there; where it cannot know it looks. At the end the emulator is killed and started again
with its database, and all that callers know is compared with what is there.

Memory of both processes is sampled; the first third of the time is not judged, while histories fill up.
Bounds: 0 lost, 0 made twice; 5 % growth. `python benchmarks/soak.py --minutes 3` is for trying it.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import linear_regression, median
from tempfile import TemporaryDirectory

from soak_emulator import FACTOR, Process, sizes
from support import at_most, table

from asyncsm import (
    AlreadyExists,
    AsyncsmError,
    ManagementCertificate,
    OutcomeUnknown,
    ResourceNotFound,
    ServiceManagementService,
)
from asyncsm.credentials import generate_management_certificate
from asyncsm.emulator.client_timings import ClientTimings

CALLERS = 12
KEPT = 100
"""So many of each kind stay, until newer ones take their place."""
CANCELLED = 0.05
LOCATION = "West US"
SAMPLE_EVERY, OUTAGE_EVERY, CERTIFICATE_EVERY = 5.0, 20.0, 15.0
LONGEST_OUTAGE = 3.0
ENOUGH = 10.0
"""Minutes from which on memory is judged."""

# ---------------------------------------------------------------- the client


@dataclass
class Known:
    """What callers know, by kind and name."""

    there: dict[str, deque[str]] = field(default_factory=lambda: {"service": deque(), "account": deque()})
    gone: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=5_000))
    told: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    twice: int = 0


class Sessions:
    """The client of the present certificate; older ones are closed once nobody uses them."""

    def __init__(self, process: Process, directory: Path) -> None:
        self._facts = process.facts
        self._directory = directory
        self._certificate = ManagementCertificate.load(str(self._facts["certificate_path"]))
        self._own: str | None = None  # the first one stays with the emulator
        self._users: Counter[int] = Counter()
        self._stack = AsyncExitStack()
        self._idle = asyncio.Condition()
        self.present = self._client(str(self._facts["certificate_path"]))
        self.changes = 0

    def _client(self, path: str) -> ServiceManagementService:
        pace = ClientTimings(FACTOR / 100)
        return ServiceManagementService(
            self._facts["subscription_id"],
            path,
            self._facts["url"],
            ca_file=self._facts["ca_path"],
            timeout=3,
            polling=pace.polling(),
            throttle=pace.throttle(None),
            lanes=pace.lanes(),
            reconcile=ClientTimings(FACTOR).reconcile(),
        )

    @asynccontextmanager
    async def use(self) -> AsyncIterator[ServiceManagementService]:
        """Have the present client, which stays open for the block."""
        sms = self.present
        self._users[id(sms)] += 1
        try:
            yield sms
        finally:
            self._users[id(sms)] -= 1
            async with self._idle:
                self._idle.notify_all()

    async def change_certificate(self) -> None:
        """Go over to a new certificate, and take the rights of the old one away."""
        certificate = await asyncio.to_thread(generate_management_certificate, "soak", 30)
        path = self._directory / f"soak{self.changes % 2}.pem"
        certificate.write_pem(path, overwrite=True)
        old = self.present
        await until_done(
            lambda: old.add_management_certificate(
                certificate.public_key_base64, certificate.thumbprint, certificate.data_base64
            )
        )
        new = await self._client(str(path)).__aenter__()
        self.present = new
        async with self._idle:
            await self._idle.wait_for(lambda: not self._users[id(old)])
        del self._users[id(old)]
        await old.__aexit__(None, None, None)
        own, self._own = self._own, certificate.thumbprint
        if own is not None:
            await until_done(lambda: new.delete_management_certificate(own))
        self.changes += 1


async def until_done(call: Callable[[], Awaitable[object]]) -> None:
    """Repeat what may be repeated, until it is done."""
    while True:
        try:
            await call()
        except (AlreadyExists, ResourceNotFound):
            return
        except AsyncsmError:
            continue
        return


KINDS_OF_RESOURCES = ("service", "account")


async def make(sms: ServiceManagementService, kind: str, name: str) -> None:
    if kind == "service":
        await sms.create_hosted_service(name, name, location=LOCATION)
    else:
        await (await sms.create_storage_account(name, "soak", name, location=LOCATION))


async def remove(sms: ServiceManagementService, kind: str, name: str) -> None:
    await (sms.delete_hosted_service(name) if kind == "service" else sms.delete_storage_account(name))


async def is_there(sms: ServiceManagementService, kind: str, name: str) -> bool:
    while True:
        try:
            if kind == "service":
                await sms.get_hosted_service_properties(name)
            else:
                await sms.get_storage_account_properties(name)
        except ResourceNotFound:
            return False
        except AsyncsmError:
            continue
        return True


class Caller:
    """Makes and deletes, one thing after the other."""

    def __init__(self, sessions: Sessions, known: Known, numbers: Callable[[], int], seed: int) -> None:
        self._sessions = sessions
        self._known = known
        self._number = numbers
        self._random = random.Random(seed)

    async def run(self, end: float) -> None:
        """Go on until the end."""
        while time.monotonic() < end:
            kind = self._random.choice(KINDS_OF_RESOURCES)
            async with self._sessions.use() as sms:
                await self._step(sms, kind, f"soak{self._number():09}")

    async def _step(self, sms: ServiceManagementService, kind: str, name: str) -> None:
        there = self._known.there[kind]
        if await self._settled(sms, make, kind, name, wanted=True):
            there.append(name)
        while len(there) > KEPT:
            oldest = there.popleft()
            if await self._settled(sms, remove, kind, oldest, wanted=False):
                self._known.gone.append((kind, oldest))
            else:
                there.append(oldest)

    async def _settled(
        self,
        sms: ServiceManagementService,
        change: Callable[[ServiceManagementService, str, str], Awaitable[None]],
        kind: str,
        name: str,
        *,
        wanted: bool,
    ) -> bool:
        """Ask for a change, perhaps think better of it, and tell whether it has come about."""
        known = self._known
        asking = asyncio.ensure_future(change(sms, kind, name))
        if self._random.random() < CANCELLED:
            await asyncio.wait([asking], timeout=self._random.uniform(0, 0.05))
            asking.cancel()
        await asyncio.wait([asking])
        if asking.cancelled():
            known.told["cancelled"] += 1
        elif (error := asking.exception()) is None:
            known.told["done"] += 1
            return True
        elif isinstance(error, AlreadyExists):
            known.twice += 1
        elif isinstance(error, ResourceNotFound):
            known.lost += 1
        elif isinstance(error, OutcomeUnknown):
            known.told["unknown"] += 1
        elif isinstance(error, AsyncsmError):
            known.told[type(error).__name__] += 1
        else:
            raise error
        return await self._looked(sms, kind, name) == wanted

    @staticmethod
    async def _looked(sms: ServiceManagementService, kind: str, name: str) -> bool:
        """See what became of a change that may still be on its way: two looks that agree."""
        before = await is_there(sms, kind, name)
        while True:
            await asyncio.sleep(3.5)  # longer than one attempt takes
            now = await is_there(sms, kind, name)
            if now == before:
                return now
            before = now


# ---------------------------------------------------------------- the run


@dataclass
class Samples:
    """Memory over time."""

    seconds: list[float] = field(default_factory=list)
    numbers: dict[str, list[float]] = field(
        default_factory=lambda: {
            f"{who}, {what}": [] for who in ("client", "emulator") for what in ("MB", "objects")
        }
    )

    def add(self, seconds: float, own: tuple[float, int], emulators: tuple[float, int]) -> None:
        self.seconds.append(seconds)
        for values, given in zip(self.numbers.values(), (*own, *emulators), strict=True):
            values.append(given)

    def judged(self) -> dict[str, tuple[float, float, float]]:
        """Return of each number its first and last level, and its growth in percent, all by a line through it."""
        first = len(self.seconds) // 3
        found = {}
        for name, values in self.numbers.items():
            slope, base = linear_regression(self.seconds[first:], values[first:])
            begun, ended = (base + slope * at for at in (self.seconds[first], self.seconds[-1]))
            found[name] = begun, ended, 100 * (ended - begun) / median(values[first:])
        return found


async def soak(minutes: float, directory: Path) -> None:
    process = Process(directory)
    port = process.facts["port"]
    known, samples = Known(), Samples()
    counter = itertools.count()
    begun = time.monotonic()
    end = begun + minutes * 60
    try:
        sessions = Sessions(process, directory)
        await sessions.present.__aenter__()
        await process.tell("faults")
        outages = await run_all(process, sessions, known, samples, counter, begun, end)
        struck = await process.tell("struck")
        present = sessions.present
        process.kill()
        process = Process(directory, port)
        async with asyncio.timeout(60):
            listed = {
                "service": {each.service_name for each in await present.list_hosted_services()},
                "account": {each.service_name for each in await present.list_storage_accounts()},
            }
        await present.__aexit__(None, None, None)
    finally:
        process.kill()
    report(minutes, known, samples, listed, struck, outages, sessions.changes)


async def run_all(
    process: Process,
    sessions: Sessions,
    known: Known,
    samples: Samples,
    counter: itertools.count[int],
    begun: float,
    end: float,
) -> int:
    """Run callers, outages, certificates and samples side by side; return the number of outages."""
    outages = 0

    async def be_away() -> None:
        nonlocal outages
        while time.monotonic() + OUTAGE_EVERY + LONGEST_OUTAGE < end:
            await asyncio.sleep(OUTAGE_EVERY)
            await process.tell("stop")
            await asyncio.sleep(random.uniform(0.3, LONGEST_OUTAGE))
            await process.tell("start")
            outages += 1

    async def change_certificates() -> None:
        while time.monotonic() + CERTIFICATE_EVERY < end:
            await asyncio.sleep(CERTIFICATE_EVERY)
            await sessions.change_certificate()

    async def sample() -> None:
        while time.monotonic() < end:
            await asyncio.sleep(SAMPLE_EVERY)
            emulators: tuple[float, int] = tuple(await process.tell("sizes"))  # type: ignore[arg-type,assignment]
            samples.add(time.monotonic() - begun, sizes(), emulators)

    async with asyncio.TaskGroup() as group:
        for each in (be_away(), change_certificates(), sample()):
            group.create_task(each)
        for seed in range(CALLERS):
            group.create_task(Caller(sessions, known, lambda: next(counter), seed).run(end))
    return outages


def report(
    minutes: float,
    known: Known,
    samples: Samples,
    listed: dict[str, set[str]],
    struck: object,
    outages: int,
    certificates: int,
) -> None:
    missing = sum(name not in listed[kind] for kind, names in known.there.items() for name in names)
    ghosts = sum(name in listed[kind] for kind, name in known.gone)
    strikes = sum(struck.values()) if isinstance(struck, dict) else 0
    table(
        f"{minutes:g} minutes",
        ("", "times"),
        [
            *((f"changes {what}", f"{count:,}") for what, count in known.told.most_common()),
            ("faults that struck", f"{strikes:,}"),
            ("outages", outages),
            ("certificates changed", certificates),
            ("resources at the end", sum(map(len, known.there.values()))),
        ],
    )
    judged = samples.judged()
    table(
        "Memory, after a third of the time and at the end",
        ("", "then", "at the end", "growth"),
        [
            (name, f"{begun:,.1f}", f"{ended:,.1f}", f"{growth:+.1f} %")
            for name, (begun, ended, growth) in judged.items()
        ],
    )
    print()
    at_most("lost: told done, and not there after a kill", missing + known.lost, 0)
    at_most("told deleted, and there", ghosts, 0)
    at_most("made twice", known.twice, 0)
    if minutes >= ENOUGH:
        for name, (_, _, growth) in judged.items():
            at_most(f"growth, {name}", growth, 5, " %")
    else:
        print(f"  memory is not judged: histories fill up for longer than {minutes:g} minutes")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=30)
    given = options.parse_args()
    with TemporaryDirectory(prefix="asyncsm-soak-") as directory:
        asyncio.run(soak(given.minutes, Path(directory)))


if __name__ == "__main__":
    main()
