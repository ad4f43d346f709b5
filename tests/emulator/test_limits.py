"""What a client may take of the emulator: one that takes more is refused or cut off, and no other notices."""

import asyncio
import logging
import ssl
from contextlib import asynccontextmanager

import pytest
from doubles.bare_client import connected, document

from asyncsm.emulator import Emulator, Limits

SOON = 0.05
"""Seconds after which a client is too slow; none of the tests waits for more than its own connection's end."""


@asynccontextmanager
async def running(directory, clock, **limits):
    async with Emulator(directory=directory, clock=clock, limits=Limits(**limits)) as emulator:
        yield emulator


@asynccontextmanager
async def raw(emulator):
    """A TLS connection on which nothing has been said yet."""
    context = ssl.create_default_context(cafile=str(emulator.ca_path))
    context.load_cert_chain(str(emulator.certificate_path))
    reader, writer = await asyncio.open_connection(emulator.host, emulator.port, ssl=context)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        await asyncio.sleep(0)


async def ended(reader):
    """Everything until the other side closes the connection."""
    try:
        return await reader.read()
    except (ConnectionError, ssl.SSLError):
        return b""


def head(emulator, *headers, method="GET", path="locations"):
    lines = (
        f"{method} /{emulator.subscription_id}/{path} HTTP/1.1",
        f"Host: {emulator.host}:{emulator.port}",
        "x-ms-version: 2014-10-01",
        *headers,
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def assert_serves(emulator):
    async with connected(emulator) as client:
        assert (await client.get("locations")).status == 200


@pytest.mark.parametrize("said", [b"", b"GET /sub"])
async def test_a_client_that_does_not_say_what_it_wants_is_cut_off(directory, clock, said):
    """Neither silence nor half a request line keeps a connection."""
    async with running(directory, clock, head_seconds=SOON) as emulator, raw(emulator) as (reader, writer):
        writer.write(said)
        assert await ended(reader) == b""
        await assert_serves(emulator)


async def test_a_client_that_has_asked_may_be_slow_to_ask_again(directory, clock):
    """The time for the head is that of a new connection; afterwards it may be idle."""
    async with running(directory, clock, head_seconds=SOON) as emulator, raw(emulator) as (reader, writer):
        writer.write(head(emulator))
        assert b"200 OK" in await reader.readuntil(b"\r\n")
        assert not emulator._listener._runner.server._patience


async def test_an_idle_connection_is_closed(directory, clock):
    """After a reply, nothing is kept open for ever."""
    async with running(directory, clock, idle_seconds=SOON) as emulator, raw(emulator) as (reader, writer):
        writer.write(head(emulator))
        assert (await ended(reader)).endswith(b"</Locations>")


async def test_a_body_that_does_not_come_is_not_waited_for(directory, clock):
    """The answer is a 408, and the connection ends; what was half asked for has not been done."""
    async with running(directory, clock, body_seconds=SOON) as emulator, raw(emulator) as (reader, writer):
        writer.write(
            head(emulator, "Content-Length: 500", method="POST", path="services/hostedservices") + b"<Create"
        )
        status = await reader.readuntil(b"\r\n")
        assert b" 408 " in status
        assert b"<Code>RequestTimeout</Code>" in await reader.readuntil(b"</Error>")
        async with connected(emulator) as client:
            assert not (await client.get("services/hostedservices")).find_all("ServiceName")


async def test_a_client_that_does_not_read_is_cut_off(directory, clock):
    """A long list, asked for again and again on one connection and never read, does not fill the memory."""
    async with (
        running(directory, clock, reply_seconds=SOON) as emulator,
        raw(emulator) as (reader, writer),
    ):
        reader._transport.pause_reading()
        server = emulator._listener._runner.server
        for _ in range(200):
            writer.write(head(emulator, path="services/images"))
        while server.connections:
            await asyncio.sleep(0)
        await assert_serves(emulator)


async def test_there_are_only_so_many_connections(directory, clock, caplog):
    """A further one is closed at once, which is told once; when another ends there is room again."""
    async with running(directory, clock, connections=2) as emulator:
        with caplog.at_level(logging.WARNING, "asyncsm.emulator"):
            async with raw(emulator) as (first, writer), raw(emulator):
                for _ in range(2):
                    async with raw(emulator) as (third, _):
                        assert await ended(third) == b""
                writer.write(head(emulator))
                assert b"200" in await first.readuntil(b"\r\n")
        assert [record.getMessage() for record in caplog.records] == [
            "there are 2 connections; further ones are closed"
        ]
        await assert_serves(emulator)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([f"x-more-{number}: 1" for number in range(30)], id="many"),
        pytest.param([f"x-long: {'a' * 2000}"], id="long"),
    ],
)
async def test_headers_are_bounded(directory, clock, headers):
    """Too many or too long ones are a 400."""
    async with (
        running(directory, clock, headers=20, header_bytes=1000) as emulator,
        raw(emulator) as (reader, writer),
    ):
        writer.write(head(emulator, *headers))
        assert b" 400 " in await reader.readuntil(b"\r\n")


async def test_bodies_are_bounded(directory, clock):
    """Announced or not, what is too long is refused."""
    long = document("CreateHostedService", "<Label>" + "a" * 2000 + "</Label>")

    async def piecemeal():
        yield long.encode()

    async with running(directory, clock, body_bytes=1000) as emulator, connected(emulator) as client:
        for body in (long, piecemeal()):
            answer = await client.post("services/hostedservices", body)
            assert (answer.status, answer.message) == (400, "The request body is longer than 1000 bytes.")


def test_limits_that_are_none_are_refused():
    """A limit of nothing would let nobody in."""
    with pytest.raises(ValueError, match="limits: idle_seconds must be more than 0"):
        Limits(idle_seconds=0)


@pytest.mark.parametrize(("host", "warned"), [("0.0.0.0", True), ("127.0.0.1", False), ("localhost", False)])
async def test_being_open_to_others_is_warned_of(directory, clock, caplog, host, warned):
    """Only this computer reaches an emulator by default; whoever opens it is told what that means."""
    with caplog.at_level(logging.WARNING, "asyncsm.emulator"):
        async with Emulator(directory=directory, clock=clock, host=host):
            pass
    assert any(f"listens on {host}" in record.getMessage() for record in caplog.records) == warned
