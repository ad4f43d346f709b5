"""Addresses of blobs: with the account in the name of the host, or first in the path, as Azurite has it."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple
from urllib.parse import unquote, urlsplit


class BlobAddress(NamedTuple):
    """Account and path of a blob, however its address is written.

    Attributes:
        account: the storage account.
        path: container and blob, decoded, without slashes around them.
    """

    account: str
    path: str


def address_of(url: str | None) -> BlobAddress | None:
    """Take the address of a blob apart; ``None`` if it is that of something else.

    Scheme and signature do not matter, the case of the path does.
    """
    try:
        parts = urlsplit(url or "")
        host = parts.hostname or ""
    except ValueError:
        return None
    path = unquote(parts.path).strip("/")
    if _is_bare(host):
        account, _, path = path.partition("/")
        return BlobAddress(account, path) if account else None
    account, _, rest = host.partition(".")
    return BlobAddress(account, path) if rest.partition(".")[0] == "blob" else None


def _is_bare(host: str) -> bool:
    """Tell whether a host is no account's, as Azurite does: an address, or a name that stands alone."""
    if host == "host.docker.internal" or (host and "." not in host and ":" not in host):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
