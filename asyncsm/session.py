"""ManagementSession: one client certificate, one connection pool, one tracker."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import urlsplit

from asyncsm import config, protocol, retrying
from asyncsm.caller import Caller
from asyncsm.clouds import PUBLIC, Endpoint
from asyncsm.config import PollingPolicy, RetryPolicy
from asyncsm.credentials import CertificateSource, ManagementCertificate
from asyncsm.credentials.identity import identify
from asyncsm.errors import (
    AsyncsmError,
    ClientStateError,
    CredentialError,
    InvalidArgument,
    OutcomeUnknown,
    TransportError,
    UnexpectedPayload,
)
from asyncsm.polling import OperationHandle, OperationToken, Tracker
from asyncsm.protocol import HttpResponse, Request, get
from asyncsm.transport import AiohttpTransport, Transport
from asyncsm.wire.base import XmlModel
from asyncsm.wire.operations import Operation, OperationState

if TYPE_CHECKING:
    from types import TracebackType

M = TypeVar("M", bound=XmlModel)

_log = logging.getLogger("asyncsm.transport")
_retry_log = logging.getLogger("asyncsm.retry")


class ManagementSession(Caller):
    r"""Everything calls have in common; several services may share one.

    Use it as ``async with ManagementSession(...) as session``, or let a service open one.
    A session belongs to the event loop it is first used on; any number of tasks may share it.

    Args:
        subscription_id: GUID of the subscription; ``AZURE_MANAGEMENT_SUBSCRIPTIONID`` if absent,
            else the only or first one of a `.publishsettings` file.
        cert_file: the management certificate: a PEM, PFX or `.publishsettings` file, its content, a
            Windows store path such as ``CURRENT_USER\my\AzureCertificate``, or a
            `ManagementCertificate`; ``AZURE_MANAGEMENT_CERTFILE`` if absent.
        host: ``name``, ``name:port`` or an https URL; ``AZURE_MANAGEMENT_HOST`` if absent, else the
            public cloud.
        ca_file: PEM file (or its content) with the only certificate authorities to trust, for private
            clouds and the emulator; ``AZURE_MANAGEMENT_CA_FILE`` if absent, else the system's.
        proxy: URL of an HTTP proxy, ``http://user:password@host:port``.
        trust_env: whether proxies named by the environment are used.
        timeout: seconds one HTTP attempt may take.
        retry: when a request is sent again.
        polling: how often pending operations are asked for.
        api_version: ``x-ms-version`` for operations that do not need a later one.
        transport: replaces HTTP, for tests; then no certificate is needed.

    Raises:
        CredentialError: no usable certificate or no subscription.
        InvalidArgument: an unusable `host`.
    """

    def __init__(
        self,
        subscription_id: str | None = None,
        cert_file: CertificateSource | None = None,
        host: str | None = None,
        *,
        ca_file: str | Path | bytes | None = None,
        proxy: str | None = None,
        trust_env: bool = True,
        timeout: float = config.ATTEMPT_TIMEOUT,
        retry: RetryPolicy = config.DEFAULT_RETRY,
        polling: PollingPolicy = config.DEFAULT_POLLING,
        api_version: str | None = None,
        transport: Transport | None = None,
    ) -> None:
        given = config.environment()
        if timeout <= 0:
            raise InvalidArgument("timeout", "must be more than 0 seconds")
        subscription_id = subscription_id or given.subscription_id
        self.certificate: ManagementCertificate | None = None
        if transport is None:
            identity = identify(cert_file if cert_file is not None else given.cert_file, subscription_id)
            self.certificate = identity.certificate
            subscription_id = identity.subscription_id
            host = host or given.host or identity.management_url
        elif not subscription_id:
            raise CredentialError("no subscription: give subscription_id")
        self._subscription_id = subscription_id
        self.endpoint: Endpoint = Endpoint.parse(host or given.host or PUBLIC.management_host)
        self._ca_file = ca_file if ca_file is not None else given.ca_file
        self._proxy = proxy
        self._trust_env = trust_env
        self._timeout = timeout
        self.retry = retry
        self._polling = polling
        self.api_version: str = api_version or config.API_VERSION
        self._transport = transport
        self._chance = random.Random()  # noqa: S311 - spreads requests over time, nothing secret
        self._tracker: Tracker | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    def __repr__(self) -> str:
        return f"<ManagementSession {self._subscription_id} at {self.endpoint.url}>"

    # ---------------------------------------------------------------- lifecycle

    async def __aenter__(self) -> Self:
        self._open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _open(self) -> tuple[Transport, Tracker]:
        if self._closed:
            raise ClientStateError("the session is closed; make a new one")
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise ClientStateError(
                "the session belongs to another event loop; make one session in each asyncio.run()"
            )
        if self._transport is None:
            if self.certificate is None:
                raise ClientStateError("the session has neither a certificate nor a transport")
            self._transport = AiohttpTransport(
                self.certificate.ssl_context(self._ca_file),
                timeout=self._timeout,
                proxy=self._proxy,
                trust_env=self._trust_env,
            )
        if self._tracker is None:
            self._tracker = Tracker(
                _GetOperationStatus(self, self._polling.concurrency),
                self._polling,
                subscription_id=self._subscription_id,
                chance=self._chance,
            )
        return self._transport, self._tracker

    async def close(self) -> None:
        """Close all connections; harmless when repeated.

        Waits for pending operations end with `ClientStateError`; the operations themselves go
        on, and their tokens remain valid.
        """
        if self._closed:
            return
        self._closed = True
        if self._tracker is not None:
            await self._tracker.close()
        if self._transport is not None:
            await self._transport.close()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    @property
    def subscription_id(self) -> str:
        """The subscription requests are for."""
        return self._subscription_id

    @property
    def polling(self) -> PollingPolicy:
        """How often pending operations are asked for."""
        return self._polling

    @property
    def pending(self) -> int:
        """How many operations are being polled for."""
        return self._tracker.pending if self._tracker else 0

    # ---------------------------------------------------------------- Caller

    async def send(self, request: Request) -> HttpResponse:
        """Send `request`, again where that is harmless, and return the reply to it; see `Caller.send`."""
        attempt = 1
        while True:
            transport, _ = self._open()  # it may have been closed during the pause
            try:
                return await self._attempt(transport, request)
            except AsyncsmError as error:
                again = retrying.decide(self.retry, request, error, attempt, self._chance.random())
                if again is None:
                    if isinstance(error, TransportError) and retrying.outcome_is_unknown(request, error):
                        raise _outcome_unknown(request, error) from error
                    raise
                _retry_log.info(
                    "%s: attempt %d failed (%s), again in %.2f s: %s",
                    request.resource,
                    attempt,
                    again.reason,
                    again.delay,
                    error,
                )
            await asyncio.sleep(again.delay)
            attempt += 1

    async def _attempt(self, transport: Transport, request: Request) -> HttpResponse:
        endpoint = self.endpoint
        redirects = 0
        while True:
            wanted = protocol.encode(request, endpoint, self._subscription_id, self.api_version)
            response = await transport.send(wanted)
            _log.debug("%s -> %d, request %s", request.resource, response.status, response.request_id)
            if response.status != 307 or redirects == config.REDIRECT_LIMIT:
                protocol.check(response, request)
                return response
            endpoint = self._redirected(request, response)
            redirects += 1

    def _redirected(self, request: Request, response: HttpResponse) -> Endpoint:
        """Where a 307 points; its path and query are those of the request."""
        try:
            target = urlsplit(response.headers.get("location", ""))
            host, port = target.hostname, target.port or 443
        except ValueError:
            raise protocol.service_error(response, request) from None
        if target.scheme != "https" or not host or not self.endpoint.trusts(host):
            raise protocol.service_error(response, request)
        return Endpoint(host, port)

    async def fetch(self, model: type[M], request: Request) -> M:
        """Send `request` and read the reply into `model`; see `Caller.fetch`."""
        response = await self.send(request)
        if len(response.body) > config.DECODE_IN_THREAD_BYTES:
            return await asyncio.to_thread(protocol.decode, model, response, request)
        return protocol.decode(model, response, request)

    async def start(self, request: Request) -> OperationHandle:
        """Send a change and return its handle; see `Caller.start`."""
        response = await self.send(request)
        _, tracker = self._open()
        if response.request_id is None:
            raise UnexpectedPayload(
                f"{request.resource} was answered {response.status} without x-ms-request-id,"
                " so its outcome cannot be followed",
                resource=request.resource,
            )
        handle = OperationHandle(
            tracker,
            response.request_id,
            operation=request.operation,
            resource=request.resource,
            response=response,
        )
        if response.status == 202:
            tracker.watch(handle)
        else:
            _finish(handle, response.status)
        return handle

    def completed(self, reply: XmlModel, operation: str) -> OperationHandle:
        """A handle that is done; see `Caller.completed`."""
        handle = OperationHandle(
            self._open()[1], reply.request_id or "", operation=operation, resource="nothing had to be changed"
        )
        _finish(handle, 200)
        return handle

    def resume(self, token_or_request_id: str) -> OperationHandle:
        """A handle for an operation started earlier; see `Caller.resume`."""
        _, tracker = self._open()
        text = token_or_request_id.strip()
        if not text.startswith("{"):
            request_id = text.replace("-", "").lower()
            if not request_id:
                raise InvalidArgument("token_or_request_id", "must not be empty")
            known = tracker.find(request_id)
            return known or OperationHandle(tracker, request_id, operation="", resource="an earlier call")
        token = OperationToken.parse(text)
        if token.subscription_id.lower() != self._subscription_id.lower():
            raise InvalidArgument("token", f"is for subscription {token.subscription_id}")
        return tracker.find(token.request_id) or OperationHandle(
            tracker,
            token.request_id,
            operation=token.operation,
            resource=token.resource,
            submitted=datetime.fromisoformat(token.submitted),
        )

    def watch(self, handle: OperationHandle, interval: float | None = None) -> None:
        """Poll for `handle`; see `Caller.watch`."""
        self._open()[1].watch(handle, interval)


class _GetOperationStatus:
    """Asks for each operation by itself; the service's authority on any one of them."""

    def __init__(self, caller: ManagementSession, concurrency: int) -> None:
        self._caller = caller
        self._free = asyncio.Semaphore(concurrency)

    async def ask(
        self, request_ids: Sequence[str], answer: Callable[[str, Operation | AsyncsmError], None]
    ) -> None:
        async def one(request_id: str) -> None:
            async with self._free:
                try:
                    answer(request_id, await self._caller.fetch(Operation, get("operations", request_id)))
                except AsyncsmError as error:
                    answer(request_id, error)

        async with asyncio.TaskGroup() as group:
            for request_id in request_ids:
                group.create_task(one(request_id), name="asyncsm-status")


def _finish(handle: OperationHandle, status: int) -> None:
    """What the service says of a call it answered synchronously, without asking it."""
    handle._answered(  # noqa: SLF001 - made here
        Operation(id=handle.request_id, status=OperationState.SUCCEEDED, http_status_code=status)
    )


def _outcome_unknown(request: Request, error: TransportError) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"the reply to {request.resource} was lost ({error}); it may or may not have happened:"
        " look at the resource before sending it again",
        resource=request.resource,
    )
