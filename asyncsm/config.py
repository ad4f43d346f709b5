"""Every default, every option as a frozen value with its unit, and the environment.

This is the one place that reads environment variables.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from urllib.request import getproxies, proxy_bypass

if TYPE_CHECKING:
    from collections.abc import Mapping

API_VERSION: Final = "2014-10-01"
"""``x-ms-version`` sent where an operation does not need a later one."""

XML_CONTENT_TYPE: Final = "application/xml; charset=utf-8"

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

REDIRECT_LIMIT: Final = 5
"""How many 307 in a row are followed."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When one request is sent again.

    The pause before the n-th retry is chosen at random between 0 and
    ``min(most, first * 2**n)`` seconds ("full jitter"); a ``Retry-After`` sets the least.

    Attributes:
        attempts: how often a request is sent at most; 1 switches retries off.
        first: seconds, upper bound of the first pause.
        most: seconds, upper bound of any pause.
    """

    attempts: int = 5
    first: float = 0.5
    most: float = 30.0

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.first < 0 or self.most < self.first:
            raise ValueError("a retry policy needs attempts >= 1 and 0 <= first <= most")


@dataclass(frozen=True, slots=True)
class PollingPolicy:
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
    """

    first: float = 1.0
    least: float = 0.5
    most: float = 30.0
    factor: float = 1.5
    jitter: float = 0.1
    concurrency: int = 8

    def __post_init__(self) -> None:
        if not 0 < self.least <= self.most or self.first < 0 or self.factor < 1 or self.concurrency < 1:
            raise ValueError(
                "a polling policy needs 0 < least <= most, first >= 0, factor >= 1 and concurrency >= 1"
            )
        if not 0 <= self.jitter < 1:
            raise ValueError("jitter is a fraction: 0 <= jitter < 1")


DEFAULT_RETRY: Final = RetryPolicy()
DEFAULT_POLLING: Final = PollingPolicy()

USUAL_SECONDS: Final[Mapping[str, float]] = MappingProxyType(
    {
        "CreateStorageService": 30,
        "CreateDeployment": 52,
        "CreateVirtualMachineDeployment": 62,
        "AddRole": 32,
        "UpdateRole": 32,
        "DeleteRole": 30,
        "DeleteDeployment": 30,
        "DeleteHostedService": 31,
        "ChangeDeploymentConfiguration": 151,
        "UpdateDeploymentStatus": 60,
        "UpgradeDeployment": 500,
        "SwapDeployment": 30,
        "AddCertificates": 6,
    }
)
"""Seconds after which an operation of a kind is usually done, from recorded traffic."""

USUAL_SECONDS_OTHERWISE: Final = 31.0


@dataclass(frozen=True, slots=True)
class Environment:
    """What the environment says, for arguments that were not given."""

    subscription_id: str | None
    cert_file: str | None
    host: str | None
    ca_file: str | None


def environment() -> Environment:
    """Read ``AZURE_MANAGEMENT_{SUBSCRIPTIONID,CERTFILE,HOST,CA_FILE}``; empty counts as not set."""
    return Environment(
        subscription_id=os.environ.get("AZURE_MANAGEMENT_SUBSCRIPTIONID") or None,
        cert_file=os.environ.get("AZURE_MANAGEMENT_CERTFILE") or None,
        host=os.environ.get("AZURE_MANAGEMENT_HOST") or None,
        ca_file=os.environ.get("AZURE_MANAGEMENT_CA_FILE") or None,
    )


def proxy_for(host: str) -> str | None:
    """URL of the proxy for ``https://host``; Windows and macOS also ask the system, which may take a while."""
    return None if proxy_bypass(host) else getproxies().get("https")
