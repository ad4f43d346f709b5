"""Every default, every option as a frozen value with its unit, and the environment.

This is the one place that reads environment variables.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields
from math import inf
from typing import TYPE_CHECKING, Final
from urllib.request import getproxies, getproxies_environment, proxy_bypass

from asyncsm import texts
from asyncsm.secrecy import StaysInProcess

if TYPE_CHECKING:
    from pathlib import Path

API_VERSION: Final = "2014-10-01"
"""``x-ms-version`` sent where an operation does not need a later one."""

XML_CONTENT_TYPE: Final = "application/xml; charset=utf-8"
JSON_CONTENT_TYPE: Final = "application/json; charset=utf-8"

ATTEMPT_TIMEOUT: Final = 65.0
"""Seconds one HTTP attempt may take, as in the old SDK."""

CONNECT_TIMEOUT: Final = 20.0
"""Seconds of an attempt that may pass before the connection stands."""

MAX_CONNECTIONS: Final = 32
"""Connections a session opens at most; further requests wait for one."""

MAX_REPLY_BYTES: Final = 64 * 1024 * 1024
"""A longer reply is refused; the largest recorded one has 0.66 MB."""

DECODE_IN_THREAD_BYTES: Final = 128 * 1024
"""Replies longer than this are decoded in a thread, so that the event loop never stalls."""

VERY_LONG_BYTES: Final = 1024 * 1024
"""Replies longer than this are decoded while the garbage collector waits, which would stall all threads."""

REDIRECT_LIMIT: Final = 5
"""How many 307 in a row are followed."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A value whose parts are of the types that their defaults have."""

    def __post_init__(self) -> None:
        for one in fields(self):
            value, switch = getattr(self, one.name), isinstance(one.default, bool)
            fits = isinstance(value, bool) if switch else type(value) in {int, float}
            if not fits and value is not one.default:
                wanted = "True or False" if switch else "a number"
                raise TypeError(f"{type(self).__name__}.{one.name} is {wanted}, not {value!r:.50}")
        self._check()

    def _check(self) -> None:
        """Refuse what contradicts itself, or is of no use."""


@dataclass(frozen=True, slots=True)
class RetryPolicy(Policy):
    """When one request is sent again.

    The pause before the n-th retry is chosen at random between 0 and
    ``min(most, first * 2**n)`` seconds ("full jitter"); a ``Retry-After`` sets the least, up to `most`.

    Attributes:
        attempts: how often a request is sent at most; 1 switches retries off. A refusal with
            ``TooManyRequests`` is no attempt (see `ThrottlePolicy.patience`), nor is a connection
            that cannot be made (see `patience`).
        first: seconds, upper bound of the first pause.
        most: seconds, upper bound of any pause, whatever the service says.
        budget: tokens all calls of a session have together for being sent again. A retry costs
            5 (10 after a time-out) and success gives them back, so that a service in trouble is
            not asked five times as much.
        patience: seconds for which a request waits for a service that cannot be reached, together
            with all others of the session; 0, or a single attempt, gives up at once.
    """

    attempts: int = 5
    first: float = 0.5
    most: float = 30.0
    budget: int = 500
    patience: float = 600.0

    def _check(self) -> None:
        # Here and below in the positive, as each comparison with a NaN is false.
        if not (
            self.attempts >= 1
            and 0 <= self.first <= self.most < inf
            and self.budget >= 0
            and self.patience >= 0
        ):
            raise ValueError(
                "a retry policy needs attempts >= 1, 0 <= first <= most, budget >= 0 and patience >= 0"
            )

    @property
    def outage_patience(self) -> float:
        """The patience, if anything is sent again at all."""
        return self.patience if self.attempts > 1 else 0.0


@dataclass(frozen=True, slots=True)
class PollingPolicy(Policy):
    """How often a pending operation is asked for its status.

    The first question waits until such an operation usually ends, which is learned from
    the operations of the session; as long as nothing is known of a kind, one operation of
    it is asked early and often, and teaches the rest.

    Attributes:
        first: seconds before the first question about a kind nothing is known of.
        least: seconds between two questions at the least.
        most: seconds between two questions at the most.
        factor: growth of the interval from one question to the next.
        jitter: fraction by which an interval varies at random.
        concurrency: status requests under way at once.
        batch: whether one List Subscription Operations may stand for many single questions,
            where that takes fewer requests.
    """

    first: float = 1.0
    least: float = 0.5
    most: float = 30.0
    factor: float = 1.5
    jitter: float = 0.1
    concurrency: int = 8
    batch: bool = True

    def _check(self) -> None:
        rhythm = 0 < self.least <= self.most < inf and 0 <= self.first < inf
        if not (rhythm and self.factor >= 1 and self.concurrency >= 1):
            raise ValueError(
                "a polling policy needs 0 < least <= most, first >= 0, factor >= 1 and concurrency >= 1"
            )
        if not 0 <= self.jitter < 1:
            raise ValueError("jitter is a fraction: 0 <= jitter < 1")


@dataclass(frozen=True, slots=True)
class ThrottlePolicy(Policy):
    """How many requests a subscription is asked to bear; calls and status questions share it.

    Without a known budget a session sends as fast as it can until the service first answers
    ``TooManyRequests``; from then on it slows down and speeds up by itself. The service never
    published a budget; 300 calls in 300 seconds is what its engineers advised.

    Attributes:
        calls: requests the subscription may make within `seconds`; ``None`` if not known.
        seconds: the window they are counted in.
        poll_share: fraction of the budget kept for status questions.
        decrease: what a refusal multiplies the rate by.
        increase: calls a second by which the rate grows in each second without a refusal.
        slowest: calls a second the rate never falls below.
        patience: seconds for which a call waits while the service refuses everything with
            ``TooManyRequests``, or after its own first refusal is tried again; 0 gives up at once.
        connections: exchanges under way at once, at least 2; each has a connection, of half a megabyte.
    """

    calls: int | None = None
    seconds: float = 300.0
    poll_share: float = 0.04
    decrease: float = 0.5
    increase: float = 0.1
    slowest: float = 0.1
    patience: float = 900.0
    connections: int = MAX_CONNECTIONS

    def _check(self) -> None:
        if not self.connections >= 2:
            raise ValueError("calls and polls have a connection each, at the least")
        if not ((self.calls is None or self.calls >= 2) and 0 < self.seconds < inf):
            raise ValueError("a budget has at least 2 calls in more than 0 seconds")
        if not (0 < self.poll_share < 1 and 0 < self.decrease < 1):
            raise ValueError("poll_share and decrease are fractions between 0 and 1")
        if not (0 < self.increase < inf and 0 < self.slowest < inf and self.patience >= 0):
            raise ValueError("increase and slowest are greater than 0, patience is not negative")


@dataclass(frozen=True, slots=True)
class LanePolicy(Policy):
    """The rule for changes that exclude each other: they wait for one another, or not.

    Attributes:
        enabled: changes of one deployment, hosted service, storage account or of the network
            configuration queue in the order of their calls; otherwise all are sent at once, and
            the service refuses those that come too early.
        patience: seconds for which a change is tried again that somebody else's operation holds
            up (409 "requires exclusive access").
        interval: seconds before the next try where the service does not name that operation; each further
            pause is half as long again as the one before.
    """

    enabled: bool = True
    patience: float = 1800.0
    interval: float = 15.0

    def _check(self) -> None:
        if not (self.patience >= 0 and 0 < self.interval < inf):
            raise ValueError("patience is not negative, and interval is greater than 0")


@dataclass(frozen=True, slots=True)
class ReconcilePolicy(Policy):
    """How the outcome of a change is found out whose reply was lost.

    Attributes:
        looks: how often the service is looked at before a change counts as not happened.
        first: seconds before the first look; each further one waits twice as long.
        most: seconds before any look at the most.
    """

    looks: int = 4
    first: float = 1.0
    most: float = 15.0

    def _check(self) -> None:
        if not (self.looks >= 1 and 0 <= self.first <= self.most < inf):
            raise ValueError("reconciling needs looks >= 1 and 0 <= first <= most")


DEFAULT_RETRY: Final = RetryPolicy()
DEFAULT_POLLING: Final = PollingPolicy()
DEFAULT_THROTTLE: Final = ThrottlePolicy()
DEFAULT_LANES: Final = LanePolicy()
DEFAULT_RECONCILE: Final = ReconcilePolicy()


@dataclass(frozen=True, slots=True)
class SessionOptions(StaysInProcess):
    """The options of a session, which the constructors of sessions and services take one by one.

    They are described at `asyncsm.ManagementSession`, whose arguments have the same names.
    """

    ca_file: str | Path | bytes | None = field(default=None, repr=False)
    proxy: str | None = field(default=None, repr=False)
    trust_env: bool = True
    timeout: float = ATTEMPT_TIMEOUT
    retry: RetryPolicy = DEFAULT_RETRY
    polling: PollingPolicy = DEFAULT_POLLING
    throttle: ThrottlePolicy = DEFAULT_THROTTLE
    lanes: LanePolicy = DEFAULT_LANES
    reconcile: ReconcilePolicy = DEFAULT_RECONCILE
    api_version: str | None = None

    def __reduce__(self) -> tuple[object, ...]:
        if "@" in (self.proxy or ""):  # behind a user and a password
            return StaysInProcess.__reduce__(self)
        return SessionOptions, tuple(getattr(self, one.name) for one in fields(self))


@dataclass(frozen=True, slots=True)
class Environment(StaysInProcess):
    """Values of the environment, for arguments that were not given."""

    subscription_id: str | None
    cert_file: str | None
    cert_password: str | None = field(repr=False)
    host: str | None
    ca_file: str | None


def environment() -> Environment:
    """Read ``AZURE_MANAGEMENT_{SUBSCRIPTIONID,CERTFILE,CERTPASSWORD,HOST,CA_FILE}``; empty counts as not set."""
    return Environment(
        subscription_id=_variable("SUBSCRIPTIONID"),
        cert_file=_variable("CERTFILE"),
        cert_password=texts.line(os.environ.get("AZURE_MANAGEMENT_CERTPASSWORD", "")) or None,
        host=_variable("HOST"),
        ca_file=_variable("CA_FILE"),
    )


def _variable(name: str) -> str | None:
    # Files of variables with Windows' line ends leave a carriage return, and those of Docker the quotes.
    value = os.environ.get(f"AZURE_MANAGEMENT_{name}", "").strip("\ufeff\u200b\u200e\u200f \t\r\n")
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return (value[1:-1] if quoted else value) or None


def proxy_for(host: str, port: int) -> str | None:
    """URL of the proxy for ``https://host:port``; Windows and macOS also ask the system, which may take a while."""
    return None if _is_passed_by(host, port) else getproxies().get("https")


def environment_proxy_for(host: str, port: int) -> str | None:
    """URL of the proxy that the environment's variables name for ``https://host:port``; takes no time."""
    url = getproxies_environment().get("https")
    return url if url and not _is_passed_by(host, port) else None


def _is_passed_by(host: str, port: int) -> bool:
    """Return whether ``NO_PROXY`` has the host, with or without the port."""
    named = f"[{host}]" if ":" in host else host
    return bool(proxy_bypass(host) or proxy_bypass(f"{named}:{port}"))
