"""Check of the arguments of an emulator, when they are given."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Final

from pydantic import JsonValue

from asyncsm.clouds import to_be_looked_up
from asyncsm.emulator.arguments import check_number, check_type
from asyncsm.emulator.clock import Clock
from asyncsm.emulator.limits import Limits
from asyncsm.emulator.listening import is_address
from asyncsm.emulator.state import Quotas
from asyncsm.emulator.throttling import Throttle

if TYPE_CHECKING:
    from asyncsm.emulator.seeding import SeedDocument

KINDS: Final[Mapping[str, tuple[type[object], ...]]] = {
    "host": (str,),
    "port": (int,),
    "directory": (str, os.PathLike, NoneType),
    "clock": (str, float, int, Clock),
    "subscriptions": (int, Sequence),
    "seed": (int, NoneType),
    "quotas": (Quotas, Mapping, NoneType),
    "throttle": (str, Throttle, NoneType),
    "admin_port": (int, NoneType),
    "database": (str, os.PathLike, NoneType),
    "contents": (object,),
    "strict": (bool,),
    "tail": (bool,),
    "limits": (Limits,),
    "hostnames": (Sequence,),
    "admin_host": (str,),
    "azurite": (str, NoneType),
}
"""Types of the arguments of `Emulator`."""

_HOSTNAME: Final = re.compile(
    r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", re.IGNORECASE
)

MOST_SUBSCRIPTIONS: Final = 100_000


def check_arguments(given: Mapping[str, object]) -> None:
    """Refuse arguments that `Emulator` cannot take.

    Raises:
        TypeError: one is of another type.
        ValueError: one is a number, a host or a list that cannot be.
    """
    for name, value in given.items():
        check_type(name, value, *KINDS[name])
    _check_contents(given["contents"])
    for name in ("port", "admin_port"):
        if given[name] is not None:
            check_number(name, given[name], 0, 65_535)
    for name in ("host", "admin_host"):
        check_host(name, str(given[name]))
    database = given["database"]
    if isinstance(database, str | os.PathLike) and not Path(database).name:
        raise ValueError(f"database is {os.fspath(database)!r}, which names no file")
    check_hostnames(given["hostnames"])
    _check_subscriptions(given["subscriptions"])


def read_contents(given: SeedDocument | Mapping[str, JsonValue]) -> SeedDocument:
    """Read what there is to be, which is a plan: all that plans can have is imported only here."""
    from asyncsm.emulator.seeding import SeedDocument

    return SeedDocument.read(given)


def _check_contents(wanted: object) -> None:
    if wanted is not None and not isinstance(wanted, Mapping):
        from asyncsm.emulator.seeding import SeedDocument  # as above

        check_type("contents", wanted, SeedDocument, Mapping, NoneType)


def check_host(name: str, host: str) -> None:
    """Refuse what cannot be listened on, or what no client would find.

    Raises:
        ValueError: it is empty, or neither a name nor an address.
    """
    if not host:
        raise ValueError(f"{name} is empty: what shall the emulator listen on?")
    if not _is_of_a_computer(host):
        raise ValueError(f"{name} is {host!r}, which is neither the name of a computer nor an address")


def _is_of_a_computer(name: str) -> bool:
    return is_address(name) or (_HOSTNAME.fullmatch(name) is not None and to_be_looked_up(name) is not None)


def check_hostnames(wanted: object) -> None:
    """Refuse what are no names of a computer.

    Raises:
        TypeError: it is no list of texts.
        ValueError: one is neither a name nor an address.
    """
    if isinstance(wanted, str | bytes) or not isinstance(wanted, Sequence):
        raise TypeError(f"hostnames is a list of names and addresses, not {wanted!r}")
    for each in wanted:
        check_type("a name of hostnames", each, str)
        if not _is_of_a_computer(each):
            raise ValueError(
                f"hostnames has {each!r}, which is neither the name of a computer nor an address"
            )


def _check_subscriptions(wanted: object) -> None:
    if isinstance(wanted, int):
        check_number("subscriptions", wanted, 1, MOST_SUBSCRIPTIONS)
    elif isinstance(wanted, str | bytes) or not isinstance(wanted, Sequence):
        raise TypeError(f"subscriptions is a number, or a list of ids or names, not {wanted!r}")
    elif not wanted:
        raise ValueError("an emulator has at least one subscription")
    else:
        for each in wanted:
            check_type("an id or name of subscriptions", each, str)
        named = all(each.strip() and each.isprintable() for each in wanted)
        if len({each.lower() for each in wanted}) < len(wanted) or not named:
            raise ValueError(f"subscriptions has an empty id or name, or one twice: {list(wanted)!r}")
