"""Blobs as requests name them. The blobs themselves are not here: only their accounts are known."""

from __future__ import annotations

import re
import string
from urllib.parse import SplitResult, parse_qs, urlsplit

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call
from asyncsm.emulator.state import StorageAccount


def require_account(call: Call, url: str, what: str, region: str | None = None) -> StorageAccount:
    """The storage account that has the blob at `url`.

    Args:
        call: the request.
        url: ``http(s)://{account}.blob.core.windows.net/{container}/{blob}``.
        what: what `url` is called in the refusal.
        region: where the account has to be, if that matters.

    Raises:
        Refusal: not the address of a blob, or not of a finished account of this subscription.
    """
    parts = _taken_apart(url, what)
    account = next((one for one in call.subscription.storage_accounts.values() if one.holds(url)), None)
    if account is None:
        raise refusals.bad_request(  # [guess]
            f"The {what} must be the address of a blob in a storage account of this subscription; "
            f"{parts.hostname} is none."
        )
    if account.status != "Created":
        raise refusals.bad_request(f"The storage account {account.name} is not yet created.")  # [guess]
    if region is not None and account.region != region:
        raise refusals.bad_request(  # [protocol 4.14]
            f"The storage account {account.name} of the {what} is in {account.region}, but has to be in {region}."
        )
    return account


def require_package(call: Call, url: str) -> None:
    """Refuse a package that the service could not read.

    It is in an account of this subscription, or in any if its address is signed.
    """
    if "sig" not in parse_qs(_taken_apart(url, "package URL").query):
        require_account(call, url, "package URL")


def _taken_apart(url: str, what: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise refusals.bad_request(f"The {what} is not the address of a blob.") from None  # [guess]
    path = [part for part in parts.path.split("/") if part]
    if parts.scheme not in {"http", "https"} or not parts.hostname or not path:
        raise refusals.bad_request(f"The {what} is not the address of a blob.")  # [guess]
    return parts


def secured(url: str) -> str:
    """The URL with ``https``, which the service gives the blobs of data disks whatever came.

    [rec compute, 36 of 36]
    """
    return re.sub("^http:", "https:", url, flags=re.IGNORECASE)


def container_of(url: str) -> str:
    """The URL of what the blob at `url` is in."""
    return url.rpartition("/")[0]


def name_of(url: str) -> str:
    """The name of the blob at `url` in its container."""
    return urlsplit(url).path.rpartition("/")[2]


def io_type(account: StorageAccount) -> str:
    """Return the ``IOType`` of disks in `account`."""
    return "Provisioned" if account.account_type == "Premium_LRS" else "Standard"


def new_in(container: str, call: Call) -> str:
    """The URL of a blob in `container` as the service makes names for copies."""
    letters = "".join(call.random.choices(string.ascii_lowercase + string.digits, k=11))
    return f"{container.rstrip('/')}/{letters[:8]}.{letters[8:]}{serial(call)}.vhd"


def serial(call: Call) -> str:
    """The time to the second and four digits more, with which the service ends names it makes up."""
    return f"{call.now:%Y%m%d%H%M%S}0{call.random.randint(0, 999):03}"


def path_of(url: str) -> str:
    """Container and name of the blob at `url`."""
    return urlsplit(url).path.strip("/")


def same(one: str, other: str) -> bool:
    """Tell whether two URLs mean one blob: scheme and signature do not matter, the path's case does."""
    return (urlsplit(one).hostname, path_of(one)) == (urlsplit(other).hostname, path_of(other))
