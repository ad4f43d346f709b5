"""A proxy that leads whatever asks for the service to an emulator, for programs whose address is fixed."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager

from doubles.emulator_thread import loop_in_thread


@contextmanager
def tunnel_to(emulator):
    """Run a proxy for HTTPS until the block ends, and give its address.

    It opens a tunnel for each CONNECT to port 443, be the host what it may: TLS is between the client and the
    emulator. Programs take it from the environment: HTTPS_PROXY.
    """
    with loop_in_thread("tunnel") as run:
        server = run(asyncio.start_server(lambda *client: _serve(emulator.port, *client), "127.0.0.1"))
        host, port = server.sockets[0].getsockname()
        try:
            yield f"http://{host}:{port}"
        finally:
            run(_closed(server))


async def _closed(server):
    server.close()


async def _serve(port, reader, writer):
    request, *_ = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
    method, address, _ = request.split(b" ")
    if method != b"CONNECT" or not address.endswith(b":443"):
        writer.write(b"HTTP/1.1 502 Only the service is here\r\n\r\n")
        writer.close()
        return
    inner, outer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
    await asyncio.gather(_copy(reader, outer), _copy(inner, writer))


async def _copy(reader, writer):
    try:
        while some := await reader.read(65536):
            writer.write(some)
            await writer.drain()
    except ConnectionError:
        pass  # one side went away, so the other is told
    finally:
        writer.close()
