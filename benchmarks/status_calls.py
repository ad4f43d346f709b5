"""Get Operation Status by a bare aiohttp loop and by asyncsm; as a program, so many calls of one of them.

``python status_calls.py {bare|asyncsm} CALLS AT_ONCE``, with a `support.Server` as JSON on standard
input: what `support.instructions` counts the instructions of.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
from canned import FINISHED
from support import Server

from asyncsm import ManagementSession, ServiceManagementService
from asyncsm.config import API_VERSION, MAX_CONNECTIONS

Calls = Callable[[int], Awaitable[None]]


@asynccontextmanager
async def bare_calls(server: Server) -> AsyncIterator[Calls]:
    """Yield a function that makes so many calls one after the other, as cheaply as aiohttp can."""
    url = f"{server.url}/{server.subscription_id}/operations/{FINISHED}"
    headers = {"x-ms-version": API_VERSION}
    connector = aiohttp.TCPConnector(ssl=server.ssl_context(), limit=MAX_CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector) as http:

        async def calls(number: int) -> None:
            for _ in range(number):
                async with http.get(url, headers=headers) as reply:
                    await reply.read()

        yield calls


@asynccontextmanager
async def our_calls(server: Server) -> AsyncIterator[Calls]:
    """Yield a function that makes so many calls one after the other with asyncsm."""
    session = ManagementSession(
        server.subscription_id, server.certificate_path, server.url, ca_file=server.ca_path
    )
    async with session:
        sms = ServiceManagementService(session=session)

        async def calls(number: int) -> None:
            for _ in range(number):
                await sms.get_operation_status(FINISHED)

        yield calls


async def at_once(calls: Calls, number: int, tasks: int) -> None:
    """Make a number of calls in so many tasks."""
    await asyncio.gather(*(calls(number // tasks) for _ in range(tasks)))


async def main(contender: str, number: int, tasks: int) -> None:
    server = Server(**json.load(sys.stdin))
    async with {"bare": bare_calls, "asyncsm": our_calls}[contender](server) as calls:
        await at_once(calls, number, tasks)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
