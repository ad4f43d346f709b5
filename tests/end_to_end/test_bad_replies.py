"""Garbage, truncation and silence on a real TLS connection."""

import asyncio
import gzip
import itertools
import ssl
import traceback
import zlib

import pytest
from doubles.rogue_server import SUBSCRIPTION, client_of, http, rogue_server

from asyncsm import (
    AttemptTimeout,
    ConnectionLost,
    InternalError,
    OutcomeUnknown,
    ReconcilePolicy,
    RetryPolicy,
    UnexpectedPayload,
)

LOCATIONS = b'<Locations xmlns="http://schemas.microsoft.com/windowsazure"/>'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"garbage",
        b"\x00\xff\xfe",
        b"<html>proxy</html>",
        b"<Locations><Location>",
        b"<Images/>",
        b"<!DOCTYPE a><a/>",
    ],
)
async def test_an_unreadable_document_says_what_was_asked(body):
    """What is no `Locations` document is reported with the call and the request id."""
    async with (
        rogue_server(lambda writer: writer.write(http(body, x_ms_request_id="abc"))) as port,
        client_of(port) as sms,
    ):
        with pytest.raises(UnexpectedPayload, match=r"GET /locations.*abc"):
            await sms.list_locations()


@pytest.mark.parametrize(("coding", "packed"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_a_compressed_reply_is_read(coding, packed):
    """The service did not compress, but a proxy on the way may."""
    answer = http(packed(LOCATIONS), content_encoding=coding)
    async with rogue_server(lambda writer: writer.write(answer)) as port, client_of(port) as sms:
        assert list(await sms.list_locations()) == []


async def test_an_entity_bomb_is_refused():
    """A document that declares entities is not expanded."""
    bomb = b'<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><Locations>&b;</Locations>'
    async with rogue_server(lambda writer: writer.write(http(bomb))) as port, client_of(port) as sms:
        with pytest.raises(UnexpectedPayload, match="DOCTYPE"):
            await sms.list_locations()


async def test_a_truncated_reply_to_a_read_is_asked_for_again():
    """A connection that breaks in the middle of a reply is a passing failure of a read."""
    answers = [http(LOCATIONS[:20], length=len(LOCATIONS)), http(LOCATIONS)]

    def answer(writer):
        content = answers.pop(0)
        writer.write(content)
        if answers:
            writer.transport.abort() if not writer.can_write_eof() else writer.close()

    async with rogue_server(answer) as port, client_of(port) as sms:
        assert len(await sms.list_locations()) == 0
    assert not answers


async def test_a_lost_reply_to_a_creation_is_not_answered_by_sending_it_again():
    """Nothing answers any more, so the outcome is unknown; the creation was sent exactly once."""
    look_once = ReconcilePolicy(looks=1, first=0)
    async with (
        rogue_server(lambda writer: writer.transport.abort()) as port,
        client_of(port, reconcile=look_once) as sms,
    ):
        with pytest.raises(OutcomeUnknown, match="may or may not have happened"):
            await sms.create_hosted_service("shop", label="shop", location="West US")
        assert sms.session.statistics.changes == {"CreateHostedService": 1}


@pytest.mark.parametrize(
    "date",
    ["Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0101 00:00:00 GMT", "Mon, 01 Jan 0101 00:00:00 +0900"],
)
async def test_a_reply_is_lost_by_a_clock_that_stands_at_an_end_of_the_calendar(date):
    """The service is looked at all the same, by our own clock."""
    look_once = ReconcilePolicy(looks=1, first=0)
    answers = itertools.chain([http(LOCATIONS, date=date)], itertools.repeat(http(b"", "500 No", date=date)))
    async with (
        rogue_server(lambda writer: writer.write(next(answers))) as port,
        client_of(port, reconcile=look_once) as sms,
    ):
        await sms.list_locations()
        with pytest.raises(OutcomeUnknown, match="may or may not have happened"):
            await sms.create_hosted_service("shop", label="shop", location="West US")


async def test_a_lost_reply_to_a_read_is_reported_after_the_last_try():
    """A read that never gets an answer ends with the transport's failure."""
    async with rogue_server(lambda writer: writer.transport.abort()) as port, client_of(port) as sms:
        with pytest.raises(ConnectionLost):
            await sms.list_locations()


async def test_a_reply_that_is_no_http_shows_nothing_of_the_query():
    """What the library says of such a reply has the whole address."""
    answer = http(LOCATIONS, content_length="-1")
    path, secret = f"/{SUBSCRIPTION}/services?password=", "hunter2"
    async with rogue_server(lambda writer: writer.write(answer)) as port, client_of(port) as sms:
        with pytest.raises(ConnectionLost, match=r"broke: the reply is no HTTP: .*Content-Length") as lost:
            await sms.perform_get(path + secret)
    assert secret not in "".join(traceback.format_exception(lost.value))


async def test_silence_ends_with_the_attempts_timeout():
    """A service that accepts and never answers is given up on."""
    async with rogue_server(lambda _: None) as port, client_of(port, timeout=0.2) as sms:
        with pytest.raises(AttemptTimeout, match=r"within 0\.2 s"):
            await sms.list_locations()


async def test_an_error_page_of_a_proxy_is_a_service_error():
    """An HTML page with status 500 is an InternalError that shows its text."""
    page = http(b"<html><body>Bad gateway</body></html>", status="502 Bad Gateway")
    async with rogue_server(lambda writer: writer.write(page)) as port, client_of(port) as sms:
        with pytest.raises(InternalError, match="Bad gateway"):
            await sms.list_locations()


async def test_cancelling_a_request_closes_its_connection():
    """A request that is cancelled while it waits for a reply leaves no task and no socket."""
    asked = asyncio.Event()
    async with rogue_server(lambda _: asked.set()) as port, client_of(port) as sms:
        task = asyncio.ensure_future(sms.list_locations())
        await asked.wait()
        before = asyncio.all_tasks()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() <= before
    assert ssl.OPENSSL_VERSION  # the connection was real TLS


async def test_a_change_on_a_kept_connection_is_not_sent_again_behind_our_back():
    """A DELETE whose connection breaks arrives once, also where the HTTP library takes it for harmless."""
    heard = []

    def answer(writer):
        # The first request is a read, after which the connection is kept.
        if len(heard) == 1:
            writer.write(http(LOCATIONS))
        else:
            writer.transport.abort()

    once = {"reconcile": ReconcilePolicy(looks=1, first=0), "retry": RetryPolicy(attempts=1)}
    async with rogue_server(answer, heard) as port, client_of(port, **once) as sms:
        await sms.list_locations()
        with pytest.raises(OutcomeUnknown):
            await sms.delete_hosted_service("shop")
    assert heard[:2] == ["GET", "DELETE"]
    assert heard.count("DELETE") == 1
