"""SessionCaller: a service over a session of its own, or over one that several share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

from asyncsm import config
from asyncsm.config import LanePolicy, PollingPolicy, ReconcilePolicy, RetryPolicy, ThrottlePolicy
from asyncsm.engine.caller import Caller
from asyncsm.errors import InvalidArgument
from asyncsm.session import ManagementSession

if TYPE_CHECKING:
    from types import TracebackType

    from pydantic import SecretStr

    from asyncsm.credentials import CertificateSource


class SessionCaller(Caller):
    """A service over a session, which it opens and closes if it made it itself."""

    def __init__(
        self,
        subscription_id: str | None = None,
        cert_file: CertificateSource | None = None,
        host: str | None = None,
        *,
        session: ManagementSession | None = None,
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
    ) -> None:
        options = config.SessionOptions(
            ca_file, proxy, trust_env, timeout, retry, polling, throttle, lanes, reconcile, api_version
        )
        self._owns_session = session is None
        if session is not None:
            _check_shared(session, options, (subscription_id, cert_file, host, cert_password))
        self._session = session or ManagementSession(
            subscription_id,
            cert_file,
            host,
            ca_file=ca_file,
            cert_password=cert_password,
            proxy=proxy,
            trust_env=trust_env,
            timeout=timeout,
            retry=retry,
            polling=polling,
            throttle=throttle,
            lanes=lanes,
            reconcile=reconcile,
            api_version=api_version,
        )

    def __repr__(self) -> str:
        session: ManagementSession | None = getattr(self, "_session", None)
        if session is None:
            return f"<{type(self).__name__}, not made>"
        return f"<{type(self).__name__} {self.subscription_id} at {session.endpoint.url}>"

    async def __aenter__(self) -> Self:
        if self._owns_session:
            await self._session.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the session, unless it was given; harmless when repeated."""
        if self._owns_session:
            await self._session.close()

    @property
    def session(self) -> ManagementSession:
        """The session, which other services may share."""
        return self._session


def _check_shared(session: object, options: config.SessionOptions, identity: tuple[object, ...]) -> None:
    """Refuse a session that is none, and what would be said of a session that is made already."""
    if not isinstance(session, ManagementSession):
        of_service = "; a service has it as its `session`" if isinstance(session, SessionCaller) else ""
        raise InvalidArgument(
            "session", f"must be a ManagementSession, not {type(session).__name__}{of_service}"
        )
    if any(one is not None for one in identity) or options != config.SessionOptions():
        raise InvalidArgument("session", "brings its own subscription, certificate, host and options")
