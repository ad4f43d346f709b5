"""An emulator in a process of its own, as long as standard input stays open."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace

from asyncsm.emulator import Emulator
from asyncsm.emulator.limits import DEFAULT_LIMITS
from asyncsm.emulator.state import Quotas

CONNECTIONS = 4_000
"""Room for the sessions of many subscriptions."""

LIMITLESS = Quotas(cores=10**6, hosted_services=10**6, storage_accounts=10**6)


@dataclass(frozen=True)
class Wanted:
    """What kind of emulator."""

    clock: float
    throttle: str | None = None
    seed: int = 1
    subscriptions: int = 1


@dataclass(frozen=True)
class Running:
    """What a client needs of it."""

    url: str
    subscription_id: str
    subscription_ids: tuple[str, ...]
    certificate_path: str
    ca_path: str
    admin_url: str


@contextmanager
def emulator_process(wanted: Wanted) -> Iterator[Running]:
    """Start an emulator for the block."""
    command = [sys.executable, __file__, json.dumps(asdict(wanted))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        line = process.stdout.readline() if process.stdout else b""
        if not line:
            raise RuntimeError("the emulator did not start; see its message above")
        facts = json.loads(line)
        yield Running(**{name: facts[name] for name in Running.__dataclass_fields__})


async def serve(wanted: Wanted) -> None:
    """Run until standard input is closed."""
    async with Emulator(
        clock=wanted.clock,
        throttle=wanted.throttle,
        seed=wanted.seed,
        subscriptions=wanted.subscriptions,
        tail=False,
        quotas=LIMITLESS,
        limits=replace(DEFAULT_LIMITS, connections=CONNECTIONS),
    ) as emulator:
        facts = emulator.facts() | {"subscription_ids": emulator.subscription_ids}
        sys.stdout.write(json.dumps(facts) + "\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(Wanted(**json.loads(sys.argv[1]))))
