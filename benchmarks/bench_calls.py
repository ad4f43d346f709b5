"""Get Operation Status over TLS with a client certificate: what one call costs.

Beside asyncsm run its floor, a bare aiohttp loop over as many connections, and the old
SDK in 16 threads. The server answers from another process with canned replies.
"""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from statistics import median

import aiohttp
from azure.servicemanagement import ServiceManagementService as OldService
from canned import FINISHED
from support import Sample, Server, at_least, at_most, canned_server, ratio, stopwatch, table

from asyncsm import ManagementSession, ServiceManagementService
from asyncsm.config import API_VERSION, MAX_CONNECTIONS

ROUNDS = 40
AT_ONCE = 64
CALLS = 640
THREADS = 16
OLD_CALLS = 160

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
    url = f"{server.url}/{server.subscription_id}/operations/{FINISHED}"
    headers = {"x-ms-version": API_VERSION}
    session = ManagementSession(
        server.subscription_id, server.certificate_path, server.url, ca_file=server.ca_path
    )
    # `requests` looks here before it looks at its session's own setting, which the old SDK leaves alone.
    os.environ["REQUESTS_CA_BUNDLE"] = server.ca_path
    services = [
        OldService(server.subscription_id, server.certificate_path, server.authority) for _ in range(THREADS)
    ]
    connector = aiohttp.TCPConnector(ssl=server.ssl_context(), limit=MAX_CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector) as http, session:
        sms = ServiceManagementService(session=session)

        async def bare_calls(calls: int) -> None:
            for _ in range(calls):
                async with http.get(url, headers=headers) as reply:
                    await reply.read()

        async def our_calls(calls: int) -> None:
            for _ in range(calls):
                await sms.get_operation_status(FINISHED)

        def old_calls(service: OldService) -> None:
            for _ in range(OLD_CALLS // THREADS):
                service.get_operation_status(FINISHED)

        for _ in range(ROUNDS + 1):
            for name, calls in ((BARE, bare_calls), (OURS, our_calls)):
                with stopwatch(CALLS, samples[name]):
                    await asyncio.gather(*(calls(CALLS // AT_ONCE) for _ in range(AT_ONCE)))
            # The loop has nothing to do meanwhile, so blocking it disturbs nobody.
            with ThreadPoolExecutor(THREADS) as threads, stopwatch(OLD_CALLS, samples[OLD]):
                list(threads.map(old_calls, services))
    for service in services:
        service.request_session.close()
    return {name: rounds[1:] for name, rounds in samples.items()}


if __name__ == "__main__":
    main()
