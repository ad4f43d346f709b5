"""Which proxy a request goes through."""

import asyncio
import ssl
import traceback

import pytest
from doubles.mocked_http import MockedHttp

from asyncsm import config
from asyncsm.engine.transport import AiohttpTransport
from asyncsm.errors import TransportError
from asyncsm.wire.http import HttpRequest

HOST = "management.core.windows.net"
URL = f"https://{HOST}/sub/locations"
OF_ENVIRONMENT = "http://user:secret@proxy.example:3128"


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in ("HTTPS_PROXY", "NO_PROXY", "no_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", OF_ENVIRONMENT)
    return monkeypatch


async def proxies_used(*urls, **options):
    """The proxy each of `urls` is asked through, over one transport."""
    transport = AiohttpTransport(ssl.create_default_context(), timeout=5.0, **options)
    try:
        with MockedHttp() as service:
            for url in urls:
                service.get(url)
                await transport.send(HttpRequest("GET", url, {}))
            return [call.kwargs["proxy"] for calls in service.requests.values() for call in calls]
    finally:
        await transport.close()


async def test_the_environment_names_the_proxy():
    """``https_proxy`` is used, with the user and password in it."""
    assert await proxies_used(URL) == [OF_ENVIRONMENT]


async def test_the_environment_may_except_hosts(environment):
    """Hosts under ``no_proxy`` are asked directly, others not."""
    environment.setenv("no_proxy", ".windows.net")
    assert await proxies_used(URL, "https://elsewhere.example/sub") == [None, OF_ENVIRONMENT]


@pytest.mark.parametrize(
    ("excepted", "url"),
    [
        ("127.0.0.1:8443", "https://127.0.0.1:8443/sub"),
        ("asm.example:8443", "https://asm.example:8443/sub"),
        (f"{HOST}:443", URL),
        ("[::1]", "https://[::1]:8443/sub"),
        ("[::1]:8443", "https://[::1]:8443/sub"),
        ("::1", "https://[::1]:8443/sub"),
    ],
)
async def test_the_environment_may_except_a_host_with_its_port(environment, excepted, url):
    """As it is written in other variables; another port of the host is not meant."""
    environment.setenv("no_proxy", excepted)
    other = "https://asm.example:8444/sub"
    assert await proxies_used(url, other) == [None, OF_ENVIRONMENT]


async def test_a_proxy_that_was_given_is_the_one():
    """The argument goes before the environment."""
    assert await proxies_used(URL, proxy="http://other.example:8080") == ["http://other.example:8080"]


async def test_the_environment_can_be_left_aside():
    """Without `trust_env` requests go directly."""
    assert await proxies_used(URL, trust_env=False) == [None]


async def test_the_environment_is_asked_once_a_host(monkeypatch):
    """Looking costs as much as a whole request, so requests do not look again."""
    asked = []
    monkeypatch.setattr(config, "proxy_for", lambda *place: asked.append(place))
    await proxies_used(URL, URL, "https://elsewhere.example/sub", URL)
    assert asked == [(HOST, 443), ("elsewhere.example", 443)]


@pytest.mark.parametrize(
    ("answer", "says", "passes"),
    [
        (
            b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
            "answered HTTP 407",
            False,
        ),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "answered is no HTTP", False),
        (b"", "connection to the proxy broke", True),
    ],
)
async def test_a_proxy_that_refuses(environment, answer, says, passes):
    """Nothing was sent to the service, and neither the message nor its causes' show the proxy's password."""

    async def refuse(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        environment.setenv("https_proxy", f"http://user:hunter2@127.0.0.1:{port}")
        transport = AiohttpTransport(ssl.create_default_context(), timeout=5.0)
        with pytest.raises(TransportError, match=f"cannot connect to {HOST}:443: .*{says}") as caught:
            await transport.send(HttpRequest("POST", URL, {}))
        await transport.close()
    assert not caught.value.sent
    assert caught.value.transient == passes
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
