"""One HTTP exchange: what aiohttp does and fails with, in our words."""

import gzip
import ssl
import tracemalloc
import zlib
from socket import EAI_NONAME

import aiohttp
import pytest
from doubles.mocked_http import MockedHttp

from asyncsm import config, errors
from asyncsm.engine.transport import AiohttpTransport
from asyncsm.wire.http import HttpRequest

URL = "https://management.core.windows.net/sub/locations"
REQUEST = HttpRequest("GET", URL, {"x-ms-version": "2014-10-01"})


@pytest.fixture
async def transport():
    made = AiohttpTransport(ssl.create_default_context(), timeout=5.0)
    yield made
    await made.close()


@pytest.fixture
def service():
    with MockedHttp() as mocked:
        yield mocked


async def test_a_reply_comes_back_whole(transport, service):
    """Status, lower-case headers and body are those of the reply."""
    service.get(URL, status=200, body=b"<Locations/>", headers={"X-MS-Request-Id": "abc"})
    response = await transport.send(REQUEST)
    assert (response.status, response.body, response.request_id) == (200, b"<Locations/>", "abc")


async def test_the_request_goes_out_as_encoded(transport, service):
    """Method, headers and body are sent as they are; redirects are left to the session."""
    service.post(URL, status=307, headers={"Location": "https://elsewhere.example/"})
    request = HttpRequest(
        "POST", URL, {"x-ms-version": "2014-10-01", "content-type": "application/xml"}, b"<A/>"
    )
    response = await transport.send(request)
    assert response.status == 307
    ((_, (call,)),) = service.requests.items()
    assert call.kwargs["data"] == b"<A/>"
    assert call.kwargs["headers"]["x-ms-version"] == "2014-10-01"


def connector_error(cause, kind=aiohttp.ClientConnectorError):
    key = aiohttp.client_reqrep.ConnectionKey("h", 443, True, True, None, None, None)
    return kind(key, cause)


def proxy_refusal(status):
    asked = aiohttp.RequestInfo(URL, "CONNECT", {}, "http://user:secret@proxy.example:3128")
    return aiohttp.ClientHttpProxyError(asked, (), status=status, message="no")


@pytest.mark.parametrize(
    ("raised", "expected", "sent"),
    [
        (connector_error(OSError(111, "refused")), errors.ConnectionFailed, False),
        (
            connector_error(ConnectionResetError(104, "reset in the handshake")),
            errors.ConnectionFailed,
            False,
        ),
        (
            connector_error(
                OSError(-3, "Temporary failure in name resolution"), aiohttp.ClientConnectorDNSError
            ),
            errors.ConnectionFailed,
            False,
        ),
        (
            connector_error(OSError(111, "refused"), aiohttp.ClientProxyConnectionError),
            errors.ConnectionFailed,
            False,
        ),
        (proxy_refusal(502), errors.ConnectionFailed, False),
        (proxy_refusal(407), errors.TransportError, False),
        (proxy_refusal(403), errors.TransportError, False),
        (aiohttp.ConnectionTimeoutError("slow"), errors.ConnectionFailed, False),
        (aiohttp.ServerDisconnectedError(), errors.ConnectionLost, True),
        (aiohttp.ClientPayloadError("short"), errors.ConnectionLost, True),
        (ConnectionResetError("reset"), errors.ConnectionLost, True),
        (TimeoutError(), errors.AttemptTimeout, True),
        (aiohttp.ClientOSError(1, "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED]"), errors.ConnectionLost, True),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
async def test_failures_are_told_apart(transport, service, raised, expected, sent):
    """Each failure says whether the request may have reached the service."""
    service.get(URL, exception=raised)
    with pytest.raises(errors.TransportError) as caught:
        await transport.send(REQUEST)
    assert type(caught.value) is expected
    assert caught.value.sent is sent
    assert "secret" not in str(caught.value)
    by_proxy = isinstance(raised, aiohttp.ClientHttpProxyError)  # whose words have the proxy's password
    assert caught.value.__cause__ is (None if by_proxy else raised)


async def test_a_tls_refusal_is_about_certificates(transport, service):
    """A TLS alert, even one that comes with the first read, is reported as a rejected certificate."""
    alert = aiohttp.ClientOSError(1, "alert")
    alert.__cause__ = ssl.SSLError(1, "tlsv13 alert certificate required")
    service.get(URL, exception=alert)
    with pytest.raises(errors.CertificateRejected, match="management certificate"):
        await transport.send(REQUEST)


async def test_a_reply_without_end_is_cut_off(transport, service, monkeypatch):
    """A body longer than the bound is refused instead of filling the memory."""
    monkeypatch.setattr(config, "MAX_REPLY_BYTES", 1000)
    service.get(URL, status=200, body=b"x" * 2000)
    with pytest.raises(errors.UnexpectedPayload, match="longer than 1000 bytes"):
        await transport.send(REQUEST)


def gzipped(content):
    return gzip.compress(content, mtime=0)


def bare(content):
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzipped),
        ("GZip ", gzipped),
        ("x-gzip", gzipped),
        ("gzip", lambda content: gzipped(content[:7]) + gzipped(content[7:])),
        ("deflate", zlib.compress),
        ("deflate", bare),
        ("identity", bytes),
    ],
)
class TestCompressedReplies:
    async def test_they_are_unpacked(self, transport, service, encoding, pack):
        """A proxy on the way may compress."""
        service.get(URL, status=200, body=pack(b"<Locations/>" * 99), headers={"Content-Encoding": encoding})
        assert (await transport.send(REQUEST)).body == b"<Locations/>" * 99

    async def test_they_are_bounded(self, transport, service, monkeypatch, encoding, pack):
        """What counts is the length of the document; one that has the greatest length is read."""
        monkeypatch.setattr(config, "MAX_REPLY_BYTES", 100_000)
        headers = {"Content-Encoding": encoding}
        service.get(URL, status=200, body=pack(b" " * 100_000), headers=headers)
        assert len((await transport.send(REQUEST)).body) == 100_000
        service.get(URL, status=200, body=pack(b" " * 100_001), headers=headers | {"x-ms-request-id": "abc"})
        if encoding != "identity":
            with pytest.raises(errors.UnexpectedPayload, match="longer than 100000 bytes") as caught:
                await transport.send(REQUEST)
            assert caught.value.request_id == "abc"


async def test_a_bomb_takes_no_memory(transport, service):
    """No more is unpacked than a reply may have."""
    bomb = gzipped(bytes(100 * 1024 * 1024))
    service.get(URL, status=200, body=bomb, headers={"Content-Encoding": "gzip"})
    tracemalloc.start()
    try:
        with pytest.raises(errors.UnexpectedPayload, match="longer than"):
            await transport.send(REQUEST)
        assert tracemalloc.get_traced_memory()[1] < 3 * config.MAX_REPLY_BYTES
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "body", [gzipped(b"<Locations/>")[:-9], b"\x1f\x8bnonsense", gzipped(b"<A/>") + b"x"]
)
async def test_a_damaged_compressed_reply_is_a_lost_one(transport, service, body):
    """A reply that was cut off is not taken for a whole one."""
    service.get(URL, status=200, body=body, headers={"Content-Encoding": "gzip"})
    with pytest.raises(errors.ConnectionLost, match="gzip"):
        await transport.send(REQUEST)


async def test_an_encoding_nobody_asked_for(transport, service):
    """It is named."""
    service.get(URL, status=200, body=b"x", headers={"Content-Encoding": "br"})
    with pytest.raises(errors.UnexpectedPayload, match="in the encoding 'br'"):
        await transport.send(REQUEST)


@pytest.mark.parametrize(
    ("number", "reached", "lasting"),
    [(EAI_NONAME, False, True), (EAI_NONAME, True, False), (-3, False, False)],
)
async def test_names_that_were_never_known(transport, service, number, reached, lasting):
    """A name that is not known is taken for mistyped, unless it was known before; any other failure passes."""
    if reached:
        service.get(URL)
        await transport.send(REQUEST)
    service.get(URL, exception=connector_error(OSError(number, "no"), aiohttp.ClientConnectorDNSError))
    with pytest.raises(errors.ConnectionFailed) as caught:
        await transport.send(REQUEST)
    assert caught.value.lasting is lasting
