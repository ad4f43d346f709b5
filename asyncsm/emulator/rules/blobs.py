"""Blobs as requests name them. Their accounts are known; they themselves where there is a blob service."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from urllib.parse import SplitResult, parse_qs, urlsplit

from asyncsm.emulator import refusals
from asyncsm.emulator.blob_service.facts import BlobFacts, Endpoint
from asyncsm.emulator.call import Call
from asyncsm.emulator.state import StorageAccount
from asyncsm.wire.blob_addresses import address_of


def require_account(call: Call, url: str, what: str, region: str | None = None) -> StorageAccount:
    """The storage account that has the blob at `url`.

    Args:
        call: the request.
        url: ``http(s)://{account}.blob.core.windows.net/{container}/{blob}``.
        what: what `url` is called in the refusal.
        region: where the account has to be, if that matters.

    Raises:
        Refusal: not the address of a blob, or not of a finished account of this subscription that stays in it.
    """
    account = _account(call, url, what)
    # [guess]: its commit would leave new media alone
    refusals.require_unmoved(account.migration, account.moved_as)
    if region is not None and account.region != region:
        raise refusals.bad_request(  # [protocol 4.14]
            f"The storage account {account.name} of the {what} is in {account.region}, but has to be in {region}."
        )
    return account


def _account(call: Call, url: str, what: str) -> StorageAccount:
    """The finished account of this subscription that has the blob at `url`."""
    parts = _taken_apart(url, what)
    account = next((one for one in call.subscription.storage_accounts.values() if one.holds(url)), None)
    if account is None:
        raise refusals.bad_request(  # [guess]
            f"The {what} must be the address of a blob in a storage account of this subscription; "
            f"{parts.hostname} is none."
        )
    if account.status != "Created":
        raise refusals.bad_request(f"The storage account {account.name} is not yet created.")  # [guess]
    return account


def require_package(call: Call, url: str) -> None:
    """Refuse a package that the service could not read.

    It is in an account of this subscription, or in any if its address is signed.
    """
    if "sig" not in parse_qs(_taken_apart(url, "package URL").query):
        _account(call, url, "package URL")  # which only is read, as it can be while the account is migrated
    facts = _facts(call, url, "package URL")
    if facts is not None and facts.flaw is not None:
        raise refusals.bad_request(f"The package {url} cannot be used: {facts.flaw}.")  # [guess]


def roles_of_package(call: Call, url: str) -> Mapping[str, Sequence[Endpoint]]:
    """The roles a package defines, with their endpoints, where it can be opened and says so."""
    facts = call.blobs.get(url)
    return facts.package.roles if facts is not None and facts.package is not None else {}


def require_disk(call: Call, url: str, what: str) -> int | None:
    """The gigabytes of the disk in the blob at `url`, where blobs can be looked at.

    Raises:
        Refusal: there is no such blob, or no disk in it.
    """
    facts = _facts(call, url, what)
    if facts is None:
        return None
    flaw = facts.disk_flaw(name_of(url))
    if flaw is not None:
        raise refusals.bad_request(f"The {what} has no disk: {flaw}.")  # [guess]
    return facts.disk_gb


def require_absent(call: Call, url: str) -> None:
    """Refuse to make a blob where there is one already."""
    if call.blobs.get(url) is not None:
        raise refusals.conflict(f"There is a blob at {url} already.")  # [guess]


def _facts(call: Call, url: str, what: str) -> BlobFacts | None:
    """Facts about a blob that has to be there; ``None`` where blobs cannot be looked at."""
    if url not in call.blobs:
        return None
    facts = call.blobs[url]
    if facts is None:
        raise refusals.bad_request(f"The {what} {url} names a blob that does not exist.")  # [guess]
    return facts


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


def new_in(container: str, call: Call, original: str | None) -> str:
    """The URL of a blob in `container` as the service makes names for copies.

    Args:
        container: its URL.
        call: the request.
        original: URL of the blob it is a copy of.
    """
    letters = "".join(call.random.choices(string.ascii_lowercase + string.digits, k=11))
    url = f"{container.rstrip('/')}/{letters[:8]}.{letters[8:]}{next(serials(call))}.vhd"
    copied(call, original, url)
    return url


def copied(call: Call, original: str | None, url: str) -> None:
    """Note that the blob at `url` is a copy of another."""
    source, target = address_of(original), address_of(url)
    if source is not None and target is not None:
        call.copies[target] = source


def serials(call: Call) -> Iterator[str]:
    """Yield ends of names that the service makes up: the time to the second and four digits, by chance, then the next."""
    for number in count(call.random.randint(0, 999)):
        yield f"{call.now:%Y%m%d%H%M%S}{number:04}"


def same(one: str, other: str) -> bool:
    """Tell whether two URLs mean one blob."""
    return address_of(one) == address_of(other)
