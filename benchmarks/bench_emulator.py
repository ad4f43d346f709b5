"""How many requests a second the emulator answers, over TLS on connections that stay open.

The emulator has this process to itself, so that its CPU time can be told; the client is
a process of its own.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import aiohttp
from support import Server, at_least, table

from asyncsm.config import API_VERSION
from asyncsm.emulator import Emulator

CALLS = 6_000
CONNECTIONS = 16


def main() -> None:
    asyncio.run(measure())


async def measure() -> None:
    async with Emulator(clock="instant", seed=1) as emulator, emulator.service() as sms:
        handle = await sms.create_affinity_group("bench", "bench", "West US")
        await handle
        server = Server(
            emulator.url, emulator.subscription_id, str(emulator.certificate_path), str(emulator.ca_path)
        )
        rows, slowest = [], float("inf")
        for name, path in (
            ("Get Operation Status", f"operations/{handle.request_id}"),
            ("List Locations", "locations"),
            ("Get Affinity Group", "affinitygroups/bench"),
        ):
            cpu = time.process_time()
            seconds = await run_client(server, path)
            cpu = time.process_time() - cpu
            rows.append(
                (name, f"{CALLS / seconds:,.0f}", f"{cpu / CALLS * 1e6:,.0f} us", f"{CALLS / cpu:,.0f}")
            )
            slowest = min(slowest, CALLS / cpu)
    table(
        f"The emulator, {CALLS:,} requests on {CONNECTIONS} connections, client in another process",
        ("", "requests/s", "CPU a request", "requests/s of CPU"),
        rows,
    )
    at_least("requests/s on one core, the slowest", slowest, 1_500)


async def run_client(server: Server, path: str) -> float:
    """Seconds a client in another process needed for `CALLS` requests of `path`."""
    arguments = json.dumps(
        [server.url, server.subscription_id, server.certificate_path, server.ca_path, path]
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, arguments, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError("the client failed; see its message above")
    return float(printed)


async def client(server: Server, path: str) -> None:
    """Send the requests; print how many seconds that took once the connections stood."""
    url = f"{server.url}/{server.subscription_id}/{path}"
    headers = {"x-ms-version": API_VERSION}
    connector = aiohttp.TCPConnector(ssl=server.ssl_context(), limit=CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector, raise_for_status=True) as http:

        async def calls(number: int) -> None:
            for _ in range(number):
                async with http.get(url, headers=headers) as reply:
                    await reply.read()

        await asyncio.gather(*(calls(1) for _ in range(CONNECTIONS)))
        begun = time.perf_counter()
        await asyncio.gather(*(calls(CALLS // CONNECTIONS) for _ in range(CONNECTIONS)))
        print(time.perf_counter() - begun)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        *fields, wanted = json.loads(sys.argv[1])
        asyncio.run(client(Server(*fields), wanted))
    else:
        main()
