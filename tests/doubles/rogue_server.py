"""A TLS server that answers whatever bytes a test wants, or none."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager

from doubles.certificates import authority, management_certificate

from asyncsm import ServiceManagementService
from asyncsm.config import RetryPolicy

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"


def http(body=b"", status="200 OK", length=None, **headers):
    """The bytes of a reply; `length` may lie about the body."""
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body) if length is None else length}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def rogue_server(answer, heard=None):
    """Serve; `answer(writer)` is called for each request, writes what it likes and may be async.

    The methods of the requests are added to the list `heard`.
    """
    writers = set()
    heard = [] if heard is None else heard

    async def handle(reader, writer):
        writers.add(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                heard.append(head.split()[0].decode())
                result = answer(writer)
                if asyncio.iscoroutine(result):
                    await result
                await writer.drain()
        writer.close()

    context = authority().issue(["127.0.0.1"]).ssl_context([management_certificate().certificate_der])
    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(0)
        await server.wait_closed()


def client_of(port, **options):
    """Our client of such a server."""
    options.setdefault("retry", RetryPolicy(attempts=2, first=0.0, most=0.0))
    return ServiceManagementService(
        SUBSCRIPTION,
        management_certificate(),
        f"127.0.0.1:{port}",
        ca_file=authority().certificate_pem,
        trust_env=False,
        **options,
    )
