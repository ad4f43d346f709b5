"""Addresses of the service: the public and sovereign clouds, and any other host."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final
from urllib.parse import urlsplit

from asyncsm.errors import InvalidArgument


@dataclass(frozen=True, slots=True)
class Cloud:
    """One cloud's management endpoint.

    Attributes:
        name: as users say it.
        management_host: host of the Service Management API. Regional front ends are
            below it: ``usnorth.management.core.windows.net``.
        publishsettings_url: where a `.publishsettings` file was downloaded.
        cloudapp_domain: domain of hosted services.
    """

    name: str
    management_host: str
    publishsettings_url: str
    cloudapp_domain: str


PUBLIC: Final = Cloud(
    "Azure", "management.core.windows.net", "https://go.microsoft.com/fwlink/?LinkId=254432", "cloudapp.net"
)
CHINA: Final = Cloud(
    "Azure China",
    "management.core.chinacloudapi.cn",
    "https://go.microsoft.com/fwlink/?LinkID=301774",
    "chinacloudapp.cn",
)
US_GOVERNMENT: Final = Cloud(
    "Azure US Government",
    "management.core.usgovcloudapi.net",
    "https://manage.windowsazure.us/publishsettings/index",
    "usgovcloudapp.net",
)
GERMANY: Final = Cloud(
    "Azure Germany",
    "management.core.cloudapi.de",
    "https://manage.microsoftazure.de/publishsettings/index",
    "azurecloudapp.de",
)
_HOST: Final = re.compile(r"[\w.-]+|[0-9a-f:.]+(?:%[\w.-]+)?", re.IGNORECASE)

CLOUDS: Final = (PUBLIC, CHINA, US_GOVERNMENT, GERMANY)


@dataclass(frozen=True)
class Endpoint:
    """The host and port that requests go to.

    Attributes:
        host: name or address, without port.
        port: TCP port.
    """

    host: str
    port: int = 443

    @classmethod
    def parse(cls, host: str) -> Endpoint:
        """Read ``name``, ``name:port``, ``[v6]:port`` or ``https://name[:port][/]``.

        Raises:
            InvalidArgument: it is none of these, or not HTTPS.
        """
        text = _text("host", host).strip()
        shown = text.rpartition("@")[2]  # before it stand a user and a password, if anything
        wrong = InvalidArgument("host", f"{shown!r} is not a host name, name:port or https URL")
        if text.split() != [text]:  # urlsplit silently drops some white space
            raise wrong
        try:
            parts = urlsplit(text if "://" in text else f"https://{text}")
            port = 443 if parts.port is None else parts.port
        except ValueError as error:
            raise InvalidArgument("host", f"{shown!r} has no valid address or port") from error
        if parts.scheme != "https":
            raise InvalidArgument("host", f"the service speaks HTTPS only, not {parts.scheme}://")
        beside = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc
        name = to_be_looked_up(parts.hostname or "")
        if name is None or beside or port == 0:
            raise wrong
        return cls(name, port)

    @functools.cached_property
    def url(self) -> str:
        """``https://host[:port]`` without a trailing slash."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"https://{host}" if self.port == 443 else f"https://{host}:{self.port}"

    def trusts(self, host: str) -> bool:
        """Tell if a redirect to `host` stays within this cloud, so that the certificate may be shown there."""
        other = host.lower()
        for cloud in CLOUDS:
            if _within(self.host.lower(), cloud.management_host):
                return _within(other, cloud.management_host)
        return other == self.host.lower()


def to_be_looked_up(host: str) -> str | None:
    """Return an address, or the name of a host as DNS has it; ``None`` for what is neither."""
    if not _HOST.fullmatch(host):
        return None
    if ":" in host:  # an address, perhaps with a zone
        return host
    try:
        name = host.removesuffix(".").encode("idna")
        name.decode("idna")  # or what is no name could be taken for one that was encoded already
        if name.rpartition(b".")[2].isdigit():
            IPv4Address(name.decode())
    except ValueError:
        return None
    return name.decode() + ("." if host.endswith(".") else "")


def _text(parameter: str, value: str) -> str:
    if not isinstance(value, str):
        raise InvalidArgument(parameter, f"must be text, not {type(value).__name__}")
    return value


def checked_proxy(url: str) -> str:
    """Return the URL of a proxy.

    Raises:
        InvalidArgument: it is not ``http://[user:password@]host[:port]``; the message has no user and password.
    """
    text = _text("proxy", url).strip()
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and bool(to_be_looked_up(parts.hostname or ""))
        # In a password, a slash ends the host, and the rest of it would be a path.
        usable = usable and parts.port != 0 and not (parts.path.strip("/") or parts.query or parts.fragment)
    except ValueError:
        usable = False
    if not usable or text.split() != [text] or not text.isprintable():
        shown = text.rpartition("@")[2].rpartition("//")[2]
        raise InvalidArgument(
            "proxy", f"the address that ends in {shown!r} is not of the form http://[user:password@]host:port"
        )
    return text


def _within(host: str, domain: str) -> bool:
    return host == domain or host.endswith("." + domain)
