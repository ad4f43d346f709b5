"""What a client may take of the emulator: one that takes more is refused or cut off, and no other notices."""

import asyncio
import gc
import logging
import ssl
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from doubles.bare_client import connected, document

from asyncsm.credentials import read_publishsettings
from asyncsm.emulator import Emulator, Limits, app
from asyncsm.emulator.malformed_requests import SERVER_LOG
from asyncsm.emulator.tls import EmulatorSSLObject

SOON = 0.05
"""Seconds after which a client is too slow; none of the tests waits for more than its own connection's end."""


@asynccontextmanager
async def running(directory, clock, **limits):
    async with Emulator(directory=directory, clock=clock, tail=False, limits=Limits(**limits)) as emulator:
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


class Unsendable(web.Response):
    """A reply whose client goes while it is sent, as aiohttp tells it."""

    async def prepare(self, request):
        raise ConnectionResetError("Cannot write to closing transport")


async def test_a_client_that_goes_while_a_long_reply_is_sent_is_no_error(directory, clock):
    """Whoever cancels a call does so; the log has no traceback of it."""
    async with running(directory, clock) as emulator:
        reply = Unsendable(body=b"x" * 2 * app.BUFFERED_BYTES)
        assert await emulator._app._hand_over(None, reply) is reply


async def test_there_are_only_so_many_connections(directory, clock, caplog):
    """A further one is closed at once, which is told once; when another ends there is room again."""
    async with running(directory, clock, connections=2) as emulator:
        with caplog.at_level(logging.WARNING, "asyncsm.emulator"):
            async with raw(emulator) as (first, writer), raw(emulator):
                for _ in range(2):
                    with pytest.raises(ConnectionError):
                        await raw(emulator).__aenter__()
                writer.write(head(emulator))
                assert b"200" in await first.readuntil(b"\r\n")
        assert [record.getMessage() for record in caplog.records] == [
            "there are 2 connections; further ones are closed"
        ]
        while emulator._listener._runner.server.connections:
            await asyncio.sleep(0)
        await assert_serves(emulator)


@asynccontextmanager
async def silent(emulator, number):
    """So many TCP connections that do not even begin with TLS, as readers."""
    opened = [await asyncio.open_connection(emulator.host, emulator.port) for _ in range(number)]
    try:
        yield [reader for reader, _ in opened]
    finally:
        for _, writer in opened:
            writer.transport.abort()
        await asyncio.sleep(0)


async def until_there_are(entrance, number):
    while entrance.arrivals != number:
        await asyncio.sleep(0)


async def test_connections_count_before_their_handshake(directory, clock):
    """Hundreds that say nothing are closed beyond the limit; when the others go, all they took is given back."""
    async with running(directory, clock, connections=20) as emulator:
        entrance = emulator._listener._entrance
        async with silent(emulator, 300) as readers:
            await until_there_are(entrance, 20)
            assert not any(await asyncio.gather(*map(ended, readers[20:])))
            assert entrance.arrivals == 20
        gc.collect()
        gc.disable()  # nothing waits for it: each has hundreds of KB
        try:
            await until_there_are(entrance, 0)
            await asyncio.sleep(0)
            assert not [each for each in gc.get_objects() if isinstance(each, EmulatorSSLObject)]
        finally:
            gc.enable()
        await assert_serves(emulator)


async def test_a_handshake_that_does_not_end_is_cut_off(directory, clock):
    """It may take as long as the head of a request."""
    async with running(directory, clock, head_seconds=SOON) as emulator, silent(emulator, 3) as readers:
        assert not any(await asyncio.gather(*map(ended, readers)))
        await until_there_are(emulator._listener._entrance, 0)


async def test_stopping_does_not_wait_for_handshakes(directory, clock):
    """Connections that never said anything end with the listener."""
    async with running(directory, clock) as emulator, silent(emulator, 3) as readers:
        await until_there_are(emulator._listener._entrance, 3)
        await emulator.stop()
        assert not any(await asyncio.gather(*map(ended, readers)))


async def test_the_control_port_has_the_limit_too(directory, clock):
    """Its connections count by themselves, and have no handshake."""
    async with running(directory, clock, connections=2) as emulator:
        _, _, port = emulator.admin_url.rpartition(":")
        opened = [await asyncio.open_connection("127.0.0.1", int(port)) for _ in range(3)]
        assert await ended(opened[2][0]) == b""
        for _, writer in opened:
            writer.transport.abort()


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
        async with Emulator(directory=directory, clock=clock, tail=False, host=host):
            pass
    assert any(f"listens on {host}" in record.getMessage() for record in caplog.records) == warned


@pytest.mark.parametrize(
    ("hostnames", "shown"), [([], "127.0.0.1"), (["build.example.test", "192.0.2.7"], "build.example.test")]
)
async def test_other_computers_trust_it_by_its_names(directory, clock, hostnames, shown):
    """Its certificate has them, and what is told to clients has the first, never 0.0.0.0."""
    async with Emulator(
        directory=directory, clock=clock, tail=False, host="0.0.0.0", hostnames=hostnames
    ) as emulator:
        assert emulator.url == f"https://{shown}:{emulator.port}"
        assert emulator.facts()["url"] == emulator.url
        assert (
            read_publishsettings(emulator.publishsettings_path).subscriptions[0].management_url
            == emulator.url
        )
        context = ssl.create_default_context(cafile=str(emulator.ca_path))
        context.load_cert_chain(str(emulator.certificate_path))
        for name in ("localhost", *hostnames):
            _, writer = await asyncio.open_connection(
                "127.0.0.1", emulator.port, ssl=context, server_hostname=name
            )
            writer.transport.abort()
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.open_connection(
                "127.0.0.1", emulator.port, ssl=context, server_hostname="else.example.test"
            )


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/9\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"POST /faults HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: x\r\n\r\n",
        b"POST /faults HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    ],
)
async def test_a_malformed_request_is_a_line_of_the_log(directory, clock, caplog, said):
    """It is a 400, and no traceback."""
    async with running(directory, clock) as emulator:
        _, _, port = emulator.admin_url.rpartition(":")
        reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
        with caplog.at_level(logging.DEBUG, "asyncsm.emulator"):
            writer.write(said)
            assert b" 400 " in await reader.readuntil(b"\r\n")
            writer.transport.abort()
            await asyncio.sleep(0)
        assert [each.exc_info for each in caplog.records] in ([None], [])


def test_only_what_concerns_the_user_is_logged(caplog):
    """Not aiohttp's complaint about a request that a closing server did not wait for."""
    for error in (asyncio.InvalidStateError("invalid state"), KeyError("a bug")):
        SERVER_LOG.error("Unhandled exception", exc_info=error)
    assert [each.exc_info[0] for each in caplog.records] == [KeyError]
