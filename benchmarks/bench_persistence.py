"""What a database costs: changes and reads a second with and without one, 10,000 deployments in state.

Requests go straight to the emulator's handlers and on to the file, without sockets: TLS
and HTTP would hide the difference.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from support import at_least, at_most, table

from asyncsm.emulator import Emulator, ManualClock
from asyncsm.emulator.call import Call, Incoming
from asyncsm.emulator.routes import ROUTES
from asyncsm.emulator.routing import Router
from asyncsm.wire.hosted_services import CreateHostedService

DEPLOYMENTS = 10_000
ROUNDS = 10
CHANGES = 200
SEED = {
    "quotas": {"hosted_services": 10**6},
    "storage_accounts": [{"name": "store"}],
    "hosted_services": [{"name": "web-{index:05}", "count": DEPLOYMENTS}],
    "deployments": [
        {
            "name": "production",
            "service_name": "web-{index:05}",
            "count": DEPLOYMENTS,
            "roles": {"Web": 1},
        }
    ],
}


class Requests:
    """Requests to a running emulator, without the way there."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._router = Router(ROUTES)
        self._made = 0

    def send(self, method: str, path: str, content: bytes = b"") -> None:
        emulator = self._emulator
        incoming = Incoming(method, path.split("/"), {}, "localhost", "2016-06-01", "", None, content)
        route, parameters = self._router.find(method, incoming.segments, {}, incoming.root)
        subscription = emulator.state.subscriptions[emulator.subscription_id]
        self._made += 1
        world, app = emulator.world, emulator._app  # noqa: SLF001 - past the sockets
        call = Call(world, subscription, incoming, route, parameters, f"{self._made:032x}")
        app._perform(call)  # noqa: SLF001 - as above
        emulator.save()

    def change(self) -> None:
        name = f"new{self._made}"
        body = CreateHostedService(service_name=name, label=name, location="West US").to_xml()
        self.send("POST", "services/hostedservices", body)

    def read(self) -> None:
        self.send("GET", "services/hostedservices/web-00500/deployments/production")


def main() -> None:
    with TemporaryDirectory(prefix="asyncsm-bench-") as directory:
        asyncio.run(measure(Path(directory)))


async def measure(directory: Path) -> None:
    file = directory / "state.db"
    began = time.perf_counter()
    async with (
        Emulator(
            clock=ManualClock(), tail=False, seed=1, directory=directory, contents=SEED, admin_port=None
        ) as bare,
        Emulator(
            clock=ManualClock(),
            tail=False,
            seed=1,
            directory=directory,
            contents=SEED,
            admin_port=None,
            database=file,
        ) as kept,
    ):
        seeding = (time.perf_counter() - began) / 2
        contenders = {"without": Requests(bare), "with a database": Requests(kept)}
        rates = {
            name: (
                [rate(requests.change) for _ in range(ROUNDS)],
                [rate(requests.read) for _ in range(ROUNDS)],
            )
            for name, requests in contenders.items()
        }
        began = time.perf_counter()
        document = kept.snapshot()
        taking = time.perf_counter() - began
        began = time.perf_counter()
        bare.restore(document)
        restoring = time.perf_counter() - began
    began = time.perf_counter()
    async with Emulator(clock=ManualClock(), tail=False, directory=directory, database=file, admin_port=None):
        starting = time.perf_counter() - began
    table(
        f"{DEPLOYMENTS:,} deployments in state, best of {ROUNDS} rounds",
        ("", "changes/s", "reads/s"),
        [(name, f"{max(changes):,.0f}", f"{max(reads):,.0f}") for name, (changes, reads) in rates.items()],
    )
    table(
        "All of it",
        ("", "seconds"),
        [
            ("seeding", f"{seeding:.1f}"),
            ("snapshot", f"{taking:.1f}"),
            ("restore", f"{restoring:.1f}"),
            ("start with the database", f"{starting:.1f}"),
            (f"({file.stat().st_size / 1e6:,.0f} MB)", ""),
        ],
    )
    at_least("changes/s with a database", max(rates["with a database"][0]), 1_000)
    at_most(
        "reads, how much slower with a database",
        max(rates["without"][1]) / max(rates["with a database"][1]),
        1.1,
        "x",
    )


def rate(step: Callable[[], None]) -> float:
    """How often a second `step` can be done."""
    gc.collect()
    began = time.perf_counter()
    for _ in range(CHANGES):
        step()
    return CHANGES / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
