"""Kinds of values: as much as has to be known of what an expression in a script is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, Union

if TYPE_CHECKING:
    import libcst as cst

    from asyncsm.migrating.script import Class, Scope


@dataclass(frozen=True)
class Client:
    """A client of the service; `kind` is asyncsm's class of it."""

    kind: type


@dataclass(frozen=True)
class ClientClass:
    """The class of a client, to be called."""

    kind: type


@dataclass(frozen=True)
class ClientMethod:
    """A method of a client, to be called; without a name where the script does not have it."""

    kind: type
    name: str


@dataclass(frozen=True)
class Model:
    """A document of the service, or a part of one."""

    kind: type


@dataclass(frozen=True)
class Handle:
    """The result of a change; `ended` tells that the service is done when it answers."""

    ended: bool = False


@dataclass(frozen=True)
class RequestId:
    """The request id of a handle, as text."""


@dataclass(frozen=True)
class Secret:
    """Text that the client hands out as a ``SecretStr``."""


@dataclass(frozen=True)
class Items:
    """A list, tuple, set or iterator of values of one kind."""

    of: Kind | None


@dataclass(frozen=True)
class Table:
    """A dictionary whose values are of one kind."""

    of: Kind | None


@dataclass(frozen=True)
class Pair:
    """Two values, as ``enumerate`` and ``items`` hand them out; the second one matters."""

    second: Kind | None


@dataclass(frozen=True)
class Instance:
    """An object of a class of the script."""

    of: Class


@dataclass(frozen=True)
class OwnClass:
    """A class of the script, to be called."""

    of: Class


@dataclass(frozen=True)
class OwnFunction:
    """A function of the script, to be called."""

    of: Scope


@dataclass(frozen=True)
class Thread:
    """A ``threading.Thread`` that runs a coroutine function of the script."""

    made: cst.Call


@dataclass(frozen=True)
class Pool:
    """A pool of threads."""

    made: cst.Call


@dataclass(frozen=True)
class Future:
    """The result of a call that a pool of threads carries out."""

    made: cst.Call


@dataclass(frozen=True)
class Blocking:
    """A lock, an event or a queue for threads; `name` is what stands for it between tasks."""

    name: str
    made: cst.Call


@dataclass(frozen=True)
class Imported:
    """A function, class or module of a library, by its dotted name."""

    name: str


@dataclass(frozen=True)
class Other:
    """Something that is certainly none of the others."""


Kind: TypeAlias = Union[
    "Client",
    "ClientClass",
    "ClientMethod",
    "Model",
    "Handle",
    "RequestId",
    "Secret",
    "Items",
    "Table",
    "Pair",
    "Instance",
    "OwnClass",
    "OwnFunction",
    "Thread",
    "Pool",
    "Future",
    "Blocking",
    "Imported",
    "Other",
]
