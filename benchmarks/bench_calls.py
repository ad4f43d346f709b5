"""Get Operation Status over TLS with a client certificate: what one call costs.

Beside asyncsm run its floor, a bare aiohttp loop over as many connections, and the old
SDK in 16 threads. The server answers from another process with canned replies.
CPU time is not steady on shared machines; ``--instructions`` counts instructions instead.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from statistics import median

from azure.servicemanagement import ServiceManagementService as OldService
from canned import FINISHED
from status_calls import at_once, bare_calls, our_calls
from support import (
    HERE,
    Sample,
    Server,
    at_least,
    at_most,
    canned_server,
    instructions,
    ratio,
    stopwatch,
    table,
)

ROUNDS = 40
AT_ONCE = 64
CALLS = 640
THREADS = 16
OLD_CALLS = 160

COUNTED_AT_ONCE = 16
FEW, MANY = 160, 800

BARE, OURS, OLD = "bare aiohttp", "asyncsm", f"old SDK, {THREADS} threads"


def main() -> None:
    with canned_server() as server:
        samples = asyncio.run(contest(server))
    cpu = {name: [sample.cpu_us for sample in rounds] for name, rounds in samples.items()}
    rate = {name: [sample.rate for sample in rounds] for name, rounds in samples.items()}
    table(
        f"Get Operation Status, {AT_ONCE} at once, TLS with client certificate, median of {ROUNDS} rounds",
        ("", "CPU a call", "x bare", "calls/s", "x old SDK"),
        [
            (
                name,
                f"{median(cpu[name]):,.0f} us",
                f"{ratio(cpu[name], cpu[BARE]):.2f}",
                f"{median(rate[name]):,.0f}",
                f"{ratio(rate[name], rate[OLD]):.2f}",
            )
            for name in (BARE, OURS, OLD)
        ],
    )
    at_most("CPU a call against bare aiohttp", ratio(cpu[OURS], cpu[BARE]), 1.25, " x")
    at_least("rate against the old SDK", ratio(rate[OURS], rate[OLD]), 6, " x")


async def contest(server: Server) -> dict[str, list[Sample]]:
    """Let the contenders take turns; connections are kept from round to round, and the first round warms up."""
    samples: dict[str, list[Sample]] = {BARE: [], OURS: [], OLD: []}
    # `requests` looks here before it looks at its session's own setting, which the old SDK leaves alone.
    os.environ["REQUESTS_CA_BUNDLE"] = server.ca_path
    services = [
        OldService(server.subscription_id, server.certificate_path, server.authority) for _ in range(THREADS)
    ]

    def old_calls(service: OldService) -> None:
        for _ in range(OLD_CALLS // THREADS):
            service.get_operation_status(FINISHED)

    async with bare_calls(server) as bare, our_calls(server) as ours:
        for _ in range(ROUNDS + 1):
            for name, calls in ((BARE, bare), (OURS, ours)):
                with stopwatch(CALLS, samples[name]):
                    await at_once(calls, CALLS, AT_ONCE)
            # The loop has nothing to do meanwhile, so blocking it disturbs nobody.
            with ThreadPoolExecutor(THREADS) as threads, stopwatch(OLD_CALLS, samples[OLD]):
                list(threads.map(old_calls, services))
    for service in services:
        service.request_session.close()
    return {name: rounds[1:] for name, rounds in samples.items()}


def count_instructions() -> None:
    """Print what a call costs in instructions, which is the same on a busy machine."""
    if shutil.which("valgrind") is None:
        print("skipped: instructions are counted by valgrind, which is not installed")
        return
    with canned_server() as server:
        costs = {name: instructions_a_call(name, server) for name in ("bare", "asyncsm")}
    table(
        f"Get Operation Status, {COUNTED_AT_ONCE} at once: user-space instructions",
        ("", "a call", "x bare"),
        [(name, f"{cost:,.0f}", f"{cost / costs['bare']:.2f}") for name, cost in costs.items()],
    )
    at_most("instructions a call against bare aiohttp", costs["asyncsm"] / costs["bare"], 1.35, " x")


def instructions_a_call(name: str, server: Server) -> float:
    """The instructions of many calls without those of few, so that start-up and handshakes cancel out."""
    program = str(HERE / "status_calls.py")
    few, many = (
        instructions([program, name, str(calls), str(COUNTED_AT_ONCE)], json.dumps(asdict(server)))
        for calls in (FEW, MANY)
    )
    return (many - few) / (MANY - FEW)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--instructions", action="store_true", help="count instructions with valgrind instead"
    )
    count_instructions() if options.parse_args().instructions else main()
