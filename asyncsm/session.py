"""ManagementSession: one client certificate, one connection pool, one tracker."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from math import inf
from typing import TYPE_CHECKING, Self, TypeVar, cast

from asyncsm import config
from asyncsm.clouds import PUBLIC, Endpoint, checked_proxy
from asyncsm.config import LanePolicy, PollingPolicy, ReconcilePolicy, RetryPolicy, ThrottlePolicy
from asyncsm.engine import protocol
from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import Request
from asyncsm.errors import ClientStateError, CredentialError, InvalidArgument
from asyncsm.operations.lanes import lane_of
from asyncsm.polling import OperationHandle, OperationToken
from asyncsm.polling.deadlines import checked
from asyncsm.secrecy import StaysInProcess

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from contextlib import AbstractAsyncContextManager, AbstractContextManager
    from pathlib import Path
    from types import TracebackType

    from pydantic import SecretStr

    from asyncsm.credentials import CertificateSource, ManagementCertificate
    from asyncsm.engine.events import Events
    from asyncsm.engine.parts import Parts
    from asyncsm.engine.statistics import SessionStatistics
    from asyncsm.engine.transport import Transport
    from asyncsm.polling import Goal
    from asyncsm.wire.document import Document
    from asyncsm.wire.http import HttpResponse

M = TypeVar("M", bound="Document")
R = TypeVar("R")


class ManagementSession(StaysInProcess, Caller):
    r"""Everything calls have in common; several services may share one.

    Use it as ``async with ManagementSession(...) as session``, or let a service open one.
    A session belongs to the event loop it is first used on; any number of tasks may share it.

    Args:
        subscription_id: GUID of the subscription; ``AZURE_MANAGEMENT_SUBSCRIPTIONID`` if absent,
            else the only or first one of a `.publishsettings` file. An id that is no GUID is given as
            `UncheckedSubscriptionId`.
        cert_file: the management certificate: a PEM, PFX or `.publishsettings` file, its content, a
            Windows store path such as ``CURRENT_USER\my\AzureCertificate``, or a
            `ManagementCertificate`; ``AZURE_MANAGEMENT_CERTFILE`` if absent.
        host: ``name``, ``name:port`` or an https URL; ``AZURE_MANAGEMENT_HOST`` if absent, else the
            public cloud.
        ca_file: PEM file (or its content) with the only certificate authorities to trust, for private
            clouds and the emulator; ``AZURE_MANAGEMENT_CA_FILE`` if absent, else the system's.
        cert_password: of a PFX, or of an encrypted key in PEM; ``AZURE_MANAGEMENT_CERTPASSWORD`` if absent.
        proxy: URL of an HTTP proxy, ``http://user:password@host:port``.
        trust_env: whether proxies named by the environment are used.
        timeout: seconds one HTTP attempt may take.
        retry: when a request is sent again.
        polling: how often pending operations are asked for.
        throttle: how many requests the subscription can bear, if that is known.
        lanes: whether changes that exclude each other wait for one another.
        reconcile: how the outcome of a change is found out whose reply was lost.
        api_version: ``x-ms-version`` for operations that do not need a later one.
        transport: replaces HTTP, for tests; then no certificate is needed.

    Attributes:
        options: the options it was made with.
        events: tells listeners of requests, replies, retries and waits as they happen.

    Raises:
        CredentialError: no usable certificate or no subscription.
        InvalidArgument: an unusable `subscription_id`, `host` or `proxy`.
    """

    _refusal = "belongs to an event loop and is not pickled: make one where it is needed"

    def __init__(
        self,
        subscription_id: str | None = None,
        cert_file: CertificateSource | None = None,
        host: str | None = None,
        *,
        ca_file: str | Path | bytes | None = None,
        cert_password: str | SecretStr | None = None,
        proxy: str | None = None,
        trust_env: bool = True,
        timeout: float = config.ATTEMPT_TIMEOUT,
        retry: RetryPolicy = config.DEFAULT_RETRY,
        polling: PollingPolicy = config.DEFAULT_POLLING,
        throttle: ThrottlePolicy = config.DEFAULT_THROTTLE,
        lanes: LanePolicy = config.DEFAULT_LANES,
        reconcile: ReconcilePolicy = config.DEFAULT_RECONCILE,
        api_version: str | None = None,
        transport: Transport | None = None,
    ) -> None:
        given = config.environment()
        ca_file = given.ca_file if ca_file is None or ca_file == "" else ca_file
        self.options: config.SessionOptions = config.SessionOptions(
            ca_file, proxy, trust_env, timeout, retry, polling, throttle, lanes, reconcile, api_version
        )
        self._check_policies()
        if not 0 < (checked("timeout", timeout) or 0) < inf:
            raise InvalidArgument("timeout", "must be more than 0 seconds, and end")
        if api_version is not None:
            protocol.checked_version("api_version", api_version)
        subscription_id = subscription_id or given.subscription_id
        self.certificate: ManagementCertificate | None = None
        if transport is None:
            from asyncsm.credentials.identity import identify  # which takes a while to import

            source = given.cert_file if cert_file is None or cert_file == "" else cert_file
            identity = identify(source, subscription_id, cert_password or given.cert_password)
            self.certificate = identity.certificate
            subscription_id = identity.subscription_id
            host = host or given.host or identity.management_url
        elif not subscription_id:
            raise CredentialError("no subscription: give subscription_id")
        self._subscription_id = subscription_id
        self.endpoint: Endpoint = Endpoint.parse(host or given.host or PUBLIC.management_host)
        if proxy is None and trust_env:
            proxy = config.environment_proxy_for(self.endpoint.host, self.endpoint.port)
        if proxy is not None:
            checked_proxy(proxy)
        self._transport = transport
        # All of the engine is loaded here: not with this module, and not in the first call.
        from asyncsm.engine.events import Events
        from asyncsm.engine.parts import assemble
        from asyncsm.engine.sending import decoded
        from asyncsm.engine.statistics import Tally

        self._tally = Tally()
        self.events: Events = Events()
        self._assemble, self._decoded = assemble, decoded
        self._parts: Parts | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    def _check_policies(self) -> None:
        for name in ("retry", "polling", "throttle", "lanes", "reconcile"):
            policy, kind = getattr(self.options, name), type(getattr(config, f"DEFAULT_{name.upper()}"))
            if not isinstance(policy, kind):
                raise InvalidArgument(name, f"must be a {kind.__name__}, not {policy!r:.50}")

    def __repr__(self) -> str:
        # A reporter of errors shows the session whose constructor raised, too.
        endpoint: Endpoint | None = getattr(self, "endpoint", None)
        if endpoint is None:
            return "<ManagementSession, not made>"
        return f"<ManagementSession {self._subscription_id} at {endpoint.url}>"

    async def __aenter__(self) -> Self:
        self._open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _open(self) -> Parts:
        if self._closed:
            raise ClientStateError("the session is closed; make a new one")
        self._loop = self._check_loop()
        if self._parts is None:
            self._parts = self._assemble(
                self._transport or self._connector(),
                endpoint=self.endpoint,
                subscription_id=self._subscription_id,
                api_version=self.api_version,
                options=self.options,
                thumbprint=self.certificate.thumbprint if self.certificate else None,
                tally=self._tally,
                events=self.events,
            )
        return self._parts

    def _check_loop(self) -> asyncio.AbstractEventLoop:
        """Return the running event loop; refuse another one than the session's."""
        loop = asyncio.get_running_loop()
        if self._loop not in {None, loop}:
            raise ClientStateError(
                "the session belongs to another event loop; make one session in each asyncio.run()"
            )
        return loop

    def _connector(self) -> Transport:
        if self.certificate is None:
            raise ClientStateError("the session has neither a certificate nor a transport")
        from asyncsm.engine.transport import AiohttpTransport

        return AiohttpTransport(
            self.certificate.ssl_context(self.options.ca_file),
            timeout=self.options.timeout,
            proxy=self.options.proxy,
            trust_env=self.options.trust_env,
        )

    async def close(self) -> None:
        """Close all connections; harmless when repeated, and when the session's event loop has ended.

        Waits for pending operations end with `ClientStateError`; the operations themselves go
        on, and their tokens remain valid.

        Raises:
            ClientStateError: the session belongs to another event loop, which has not ended.
        """
        if self._closed:
            return
        outlived = self._loop is not None and self._loop.is_closed()  # all who waited ended with it
        if not outlived:
            self._check_loop()
        self._closed = True
        transport = self._parts.transport if self._parts else self._transport
        try:
            if self._parts is not None and outlived:
                self._parts.tracker.closed = True
            elif self._parts is not None:
                self._parts.sender.close()
                self._parts.lanes.close()
                await self._parts.tracker.close()
        finally:  # also if this is cancelled
            if transport is not None:
                await transport.close()

    @property
    def closed(self) -> bool:
        """Return whether `close` was called."""
        return self._closed

    @property
    def subscription_id(self) -> str:
        """The subscription requests are for."""
        return self._subscription_id

    @property
    def session(self) -> Self:
        """The session itself, as what calls go through; see `Caller.session`."""
        return self

    @property
    def retry(self) -> RetryPolicy:
        """The policy by which requests are sent again."""
        return self.options.retry

    @property
    def api_version(self) -> str:
        """``x-ms-version`` of operations that do not need a later one."""
        return self.options.api_version or config.API_VERSION

    @property
    def service_time(self) -> datetime | None:
        """The service's time, going by its last answer; ``None`` before the first."""
        return self._parts.sender.service_time if self._parts else None

    @property
    def polling(self) -> PollingPolicy:
        """How often pending operations are asked for."""
        return self.options.polling

    @property
    def pending(self) -> int:
        """How many operations are being polled for."""
        return self._parts.tracker.pending if self._parts else 0

    @property
    def statistics(self) -> SessionStatistics:
        """Counts of what the session has sent, retried and waited for so far."""
        from asyncsm.engine.statistics import SessionStatistics

        parts, tally = self._parts, self._tally
        return SessionStatistics(
            requests=dict(tally.requests),
            changes=dict(tally.changes),
            retries=dict(tally.retries),
            throttled=tally.throttled,
            redirects=tally.redirects,
            reconciled=dict(tally.reconciled),
            surveys=parts.tracker.surveys if parts else 0,
            seconds_throttled=parts.throttle.waited if parts else 0.0,
            seconds_in_lanes=tally.seconds_in_lanes,
            pending=self.pending,
            waiting_in_lanes=parts.lanes.waiting if parts else 0,
            waiting_for_turn=sum(parts.throttle.waiting) if parts else 0,
            budget=self.options.throttle.calls,
            budget_used=parts.throttle.used if parts else 0,
            rate=parts.throttle.rate if parts else None,
            retry_budget=parts.sender.retry_budget if parts else self.options.retry.budget,
        )

    async def send(self, request: Request) -> HttpResponse:
        """Send `request`, again where that is harmless, and return the reply to it; see `Caller.send`."""
        if not request.is_change:
            return await self._open().send(request)
        handle = await self.start(request)
        handle.detach()
        return cast("HttpResponse", handle.response)

    async def fetch(self, model: type[M], request: Request) -> M:
        """Send `request` and read the reply into `model`; see `Caller.fetch`."""
        return await self._decoded(model, await self._open().send(request), request)

    async def start(self, request: Request) -> OperationHandle:
        """Send a change and return its handle; see `Caller.start`."""
        if request.is_change and request.lane is None:
            request = replace(request, lane=lane_of(request.path) or lane_of(request.target))
        return await self._open().start(request)

    def exclusively(self, *segments: str) -> AbstractAsyncContextManager[None]:
        """Keep other changes of a resource away while a block runs; see `Caller.exclusively`."""
        path = protocol.path_of(segments)
        return self._open().starter.exclusively(lane_of(path), path)

    async def past_others(self, resource: str, attempt: Callable[[], Awaitable[R]]) -> R:
        """Make a change by `attempt`, past the operations of others; see `Caller.past_others`."""
        return await self._open().starter.past_others(resource, attempt)

    def charge(self, calls: Iterable[float], polls: Iterable[float] = ()) -> None:
        """Count requests that another process has made in the same budget, where one is known.

        Args:
            calls: how many seconds ago each was made that was no poll.
            polls: how many seconds ago each was made that asked for the status of an operation; they have
                a share of the budget.
        """
        self._open().throttle.charge(calls, polls)

    def charges(self) -> tuple[list[float], list[float]]:
        """Return how many seconds ago each request was made that still counts against the budget: calls, and polls.

        Another process that goes on in this one's place hands them to `charge`, after adding the
        seconds since. Nothing counts where no budget is known.
        """
        return self._open().throttle.charges()

    def in_doubt(self, since: datetime | None) -> AbstractContextManager[None]:
        """Look before sending: a process that died may have sent the changes of this block already.

        Each change made in the block that is not harmless to repeat is looked for first, as if its
        reply had just been lost; it is adopted if it happened, and sent if it did not.

        Args:
            since: when it can have been sent at the earliest, by the service's clock; see `service_time`.
                ``None`` for a block within another one whose changes have certainly not been sent.

        Raises:
            OutcomeUnknown: by a change in the block, when nothing can tell.
        """
        from asyncsm.engine.lost_replies import in_doubt

        return in_doubt(since)

    def completed(self, reply: Document, operation: str) -> OperationHandle:
        """A handle that is done; see `Caller.completed`."""
        return self._open().starter.finished(reply.request_id or "", operation, "nothing had to be changed")

    def resume(self, token_or_request_id: str) -> OperationHandle:
        """A handle for an operation started earlier; see `Caller.resume`."""
        from asyncsm.operations import arguments  # which the operation resumed has loaded, or will

        parts = self._open()
        tracker = parts.tracker
        text = arguments.text("token_or_request_id", token_or_request_id).strip()
        if not text.startswith("{"):
            request_id = arguments.request_id("token_or_request_id", text)
            parts.starter.resumed(request_id)
            known = tracker.find(request_id)
            return known or OperationHandle(tracker, request_id, operation="", resource="an earlier call")
        token = OperationToken.parse(text)
        if token.subscription_id.lower() != self._subscription_id.lower():
            raise InvalidArgument("token", f"is for subscription {token.subscription_id}")
        if not tracker.knows(token.source):
            raise InvalidArgument("token", f"names {token.source!r}, which this asyncsm cannot ask")
        parts.starter.resumed(token.request_id)
        return tracker.find(token.request_id) or OperationHandle(
            tracker,
            token.request_id,
            operation=token.operation,
            resource=token.resource,
            submitted=datetime.fromisoformat(token.submitted),
            usual=token.usual,
            source=token.source,
        )

    def watch(self, handle: OperationHandle, interval: float | None = None) -> None:
        """Poll for `handle`; see `Caller.watch`."""
        self._open().tracker.watch(handle, interval)

    async def wait_for(self, model: type[M], request: Request, goal: Goal[M]) -> M:
        """Read a document until `goal` is reached; see `Caller.wait_for`."""
        parts = self._open()
        return await parts.tracker.resources.until(
            request.resource.lower(), lambda: parts.history.document(model, request), goal
        )
