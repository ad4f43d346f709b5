"""One HTTP exchange over aiohttp, and its failures in our words."""

from __future__ import annotations

import asyncio
import ssl
import time
from abc import abstractmethod
from socket import EAI_NONAME
from typing import TYPE_CHECKING, Final, Protocol

import aiohttp
from yarl import URL

from asyncsm import config
from asyncsm.clouds import checked_proxy
from asyncsm.engine import unpacking
from asyncsm.errors import (
    AttemptTimeout,
    CertificateRejected,
    ConnectionFailed,
    ConnectionLost,
    TransportError,
    UnexpectedPayload,
)
from asyncsm.wire.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace


class Transport(Protocol):
    """The transport as a session needs it; tests script one."""

    @abstractmethod
    async def send(self, request: HttpRequest) -> HttpResponse:
        """Exchange one request for one reply.

        Raises:
            TransportError: no complete reply was received.
        """

    @abstractmethod
    async def close(self) -> None:
        """Close all connections."""


class _Broken(Exception):
    """A connection that broke under a change, in a form in which aiohttp passes it on."""

    def __init__(self, error: aiohttp.ClientError) -> None:
        self.error = error


class _ProxyBroke(aiohttp.ClientConnectionError):
    """The proxy hung up, or answered what is no HTTP, before there was a connection that anything was sent over."""

    def __init__(self, told: str, *, may_pass: bool) -> None:
        super().__init__(told)
        self.may_pass = may_pass


class _Connector(aiohttp.TCPConnector):
    """Tells what breaks on the way to a connection from what breaks after a request was sent over it."""

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp's name
    ) -> Connection:
        try:
            return await super().connect(req, traces, timeout)
        except (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError, aiohttp.ConnectionTimeoutError):
            raise
        except aiohttp.ClientResponseError:  # whose words have the proxy's user and password
            raise _ProxyBroke("what the proxy answered is no HTTP", may_pass=False) from None
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
            raise _ProxyBroke(f"the connection to the proxy broke: {error}", may_pass=True) from error


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    # aiohttp sends PUT and DELETE again when a kept connection breaks, be it after they were carried out.
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _Broken(error) from error


_ONCE: Final = (_once,)

NO_TLS: Final = "WRONG_VERSION_NUMBER"
"""OpenSSL's word for an answer that is none of TLS, such as a web server's on a port for HTTP."""


class AiohttpTransport:
    """A pool of TLS connections that show the client certificate."""

    def __init__(
        self,
        context: ssl.SSLContext,
        *,
        timeout: float,
        proxy: str | None = None,
        trust_env: bool = True,
    ) -> None:
        self._timeout = timeout
        self._proxies: dict[str, str | None] = {}
        self._proxy = proxy
        self._reached = False
        self._trust_env = trust_env
        self._http = aiohttp.ClientSession(
            # The session's throttle bounds the connections: waiting for one is not part of an attempt.
            connector=_Connector(ssl=context, limit=0),
            # Names are looked up within `connect`; a little less than the total tells what was not sent.
            timeout=aiohttp.ClientTimeout(total=timeout, connect=min(0.9 * timeout, config.CONNECT_TIMEOUT)),
            headers={
                "accept": "application/xml",
                "accept-encoding": unpacking.ACCEPTED,
                "user-agent": "asyncsm",
            },
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # which would not be bounded
        )

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Exchange one request for one reply, bounded by the attempt's timeout."""
        url = URL(request.url, encoded=True)
        place = url.authority
        try:
            if place not in self._proxies:
                self._proxies[place] = await self._find_proxy(url)
            begun = time.monotonic()
            reply = await self._http.request(
                request.method,
                url,
                headers=request.headers,
                data=request.body,
                allow_redirects=False,
                proxy=self._proxies[place],
                middlewares=None if request.method == "GET" else _ONCE,
            )
            try:
                length = reply.content_length
                if length is not None and length <= config.DECODE_IN_THREAD_BYTES:
                    body = await reply.read()
                else:
                    body = await self._read_bounded(reply)
                packed = reply.headers.get("content-encoding")
                if packed is not None:
                    body = await self._unpacked(body, packed, reply)
            finally:
                reply.release()  # as `async with` would, which takes three more steps
        except _Broken as broken:
            raise self._translated(broken.error, request) from broken.error
        except aiohttp.ClientHttpProxyError as error:
            # The words of `error` have the proxy's user and password.
            raise _refused_by_proxy(error, place) from None
        except aiohttp.ClientResponseError as error:
            # Its words have the URL, in whose query there may be a password.
            broke = f"the connection to {place} broke: the reply is no HTTP: {error.message}"
            raise ConnectionLost(broke) from None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise self._translated(error, request) from error
        self._reached = True
        return HttpResponse(reply.status, reply.headers.copy(), body, time.monotonic() - begun)

    async def _find_proxy(self, url: URL) -> str | None:
        # aiohttp's own trust_env does this in a thread for each request, and looks for ~/.netrc in another.
        if self._proxy is not None or not self._trust_env:
            return self._proxy
        found = await asyncio.to_thread(config.proxy_for, url.raw_host or "", url.port or 443)
        return found and checked_proxy(found)

    async def _read_bounded(self, reply: aiohttp.ClientResponse) -> bytes:
        chunks = []
        size = 0
        async for chunk in reply.content.iter_any():
            size += len(chunk)
            if size > config.MAX_REPLY_BYTES:
                raise _unusable(reply, f"is longer than {config.MAX_REPLY_BYTES} bytes")
            chunks.append(chunk)
        return b"".join(chunks)

    async def _unpacked(self, body: bytes, packed: str, reply: aiohttp.ClientResponse) -> bytes:
        try:
            encoding = unpacking.encoding_of(packed)
        except ValueError as error:
            raise _unusable(reply, f"is {error}") from None
        if encoding is None:
            return body
        try:
            return await asyncio.to_thread(unpacking.unpacked, body, encoding, config.MAX_REPLY_BYTES)
        except unpacking.TooLong as error:
            raise _unusable(reply, f"is {error}") from None
        except ValueError as error:
            raise aiohttp.ClientPayloadError(str(error)) from error

    def _translated(self, error: Exception, request: HttpRequest) -> TransportError:
        host = URL(request.url, encoded=True).authority
        if isinstance(error, aiohttp.ClientConnectorCertificateError):
            return CertificateRejected(
                f"the certificate of {host} is not trusted: {error.certificate_error};"
                " give its CA as ca_file if this is a private cloud or an emulator"
            )
        refusal = _refused_by_tls(error)
        if refusal is not None:
            return CertificateRejected(
                f"{host} does not speak TLS; check host and port"
                if getattr(refusal, "reason", None) == NO_TLS
                else f"{host} ended the TLS handshake: {error}; it does not accept the management certificate,"
                " or speaks another TLS version"
            )
        if isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)):
            failed = ConnectionFailed(f"cannot connect to {host}: {str(error) or 'timed out'}")
            unknown = (
                isinstance(error, aiohttp.ClientConnectorDNSError) and error.os_error.errno == EAI_NONAME
            )
            failed.lasting = unknown and not self._reached
            return failed
        if isinstance(error, _ProxyBroke):
            return _not_sent(f"cannot connect to {host}: {error}", may_pass=error.may_pass)
        if isinstance(error, TimeoutError):
            return AttemptTimeout(f"no reply from {host} within {self._timeout:g} s")
        return ConnectionLost(f"the connection to {host} broke: {str(error) or type(error).__name__}")

    async def close(self) -> None:
        """Close all connections and wait until their sockets are gone."""
        await self._http.close()
        # TLS connections close in the background; one turn of the loop lets them finish.
        await asyncio.sleep(0)


def _unusable(reply: aiohttp.ClientResponse, problem: str) -> UnexpectedPayload:
    return UnexpectedPayload(f"the reply {problem}", request_id=reply.headers.get("x-ms-request-id"))


def _refused_by_proxy(error: aiohttp.ClientHttpProxyError, host: str) -> TransportError:
    said = f"cannot connect to {host}: the proxy answered HTTP {error.status} {error.message}"
    return _not_sent(said, may_pass=error.status >= 500)


def _not_sent(said: str, *, may_pass: bool) -> TransportError:
    if may_pass:
        return ConnectionFailed(said)
    refused = TransportError(said)  # which no waiting changes
    refused.sent = False
    return refused


def _refused_by_tls(error: BaseException | None) -> BaseException | None:
    """Return the innermost error by which the peer's TLS layer said no; TLS 1.3 shows that only at the first read."""
    found = None
    while error is not None:
        if isinstance(error, (ssl.SSLError, aiohttp.ClientSSLError)):
            found = error
        error = error.__cause__ or error.__context__
    return found
