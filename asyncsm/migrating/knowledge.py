"""Facts about the client that a conversion needs, as its classes, declarations and models tell them."""

from __future__ import annotations

import inspect
from collections.abc import Set as AbstractSet
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Final, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, SecretStr

import asyncsm
from asyncsm import errors, models, services
from asyncsm.migrating.kinds import Handle, Items, Kind, Model, Other, Pair, Secret
from asyncsm.operations.declaring import declared
from asyncsm.operations.facts import Ends
from asyncsm.polling import OperationHandle

OLD_PACKAGE: Final = "azure.servicemanagement"
ERROR_PACKAGES: Final = ("azure.common", "azure")
"""Packages from which programs imported the errors of all libraries for Azure."""

OLDER_ERRORS: Final = {
    "WindowsAzureError": "AzureException",
    "WindowsAzureConflictError": "AzureConflictHttpError",
    "WindowsAzureMissingResourceError": "AzureMissingResourceHttpError",
}
"""Names of errors before 2015, and those that replaced them."""

ASYNCHRONOUS: Final = "AzureAsyncOperationHttpError"
TOO_LATE: Final = "OperationTimeout"
"""The error of a wait that took too long, which was `AzureAsyncOperationHttpError` before."""

ITERATING: Final = {
    **dict.fromkeys(("list", "tuple", "set", "sorted", "reversed", "iter", "frozenset"), 0),
    **dict.fromkeys(("enumerate", "next", "min", "max"), 0),
    **dict.fromkeys(("zip", "filter"), 1),
}
"""Functions that give the items of an argument, and the place of that."""

THREADS: Final = frozenset({"threading.Thread"})
POOLS: Final = frozenset(
    {
        "concurrent.futures.ThreadPoolExecutor",
        "concurrent.futures.thread.ThreadPoolExecutor",
        "multiprocessing.pool.ThreadPool",
        "multiprocessing.dummy.Pool",
    }
)
BLOCKING: Final = {
    "threading.Lock": "asyncio.Lock",
    "threading.Semaphore": "asyncio.Semaphore",
    "threading.BoundedSemaphore": "asyncio.BoundedSemaphore",
    "threading.Event": "asyncio.Event",
    "queue.Queue": "asyncio.Queue",
    "queue.LifoQueue": "asyncio.LifoQueue",
    "queue.PriorityQueue": "asyncio.PriorityQueue",
}
"""What keeps threads waiting, and what does the same for tasks."""

OWN_OF_OLD: Final = ("request_session",)
"""Parameters of the old constructor that have gone, in their place after `host`."""


@cache
def clients() -> dict[str, type]:
    """Return the classes of clients, by their names."""
    return {name: getattr(services, name) for name in dir(services) if name.endswith("Service")}


@cache
def error_names() -> dict[str, str]:
    """Return what the errors of the old SDK are called now, by their old names."""
    aliases = {
        name: value.__name__
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.AsyncsmError) and value.__name__ != name
    }
    return aliases | {older: aliases[old] for older, old in OLDER_ERRORS.items()}


def home_of(name: str) -> str | None:
    """Return the module that has a name of the old SDK now, ``None`` if none has."""
    name = error_names().get(name, name)
    for module in (asyncsm, models):
        if not name.startswith("_") and callable(getattr(module, name, None)):
            return module.__name__
    return None


def class_of(name: str) -> type | None:
    """Return the model that a name of the old SDK stands for."""
    found = getattr(models, name, None)
    return found if isinstance(found, type) and issubclass(found, BaseModel) else None


def has_method(kind: type, name: str) -> bool:
    """Tell whether a client has a public method of this name."""
    return not name.startswith("_") and callable(getattr(kind, name, None))


@cache
def is_awaited(kind: type, name: str) -> bool:
    """Tell whether a call of a client's method has to be awaited; the one without a name is any of them."""
    return not name or (has_method(kind, name) and inspect.iscoroutinefunction(getattr(kind, name)))


@cache
def result_of(kind: type, name: str) -> Kind:
    """Return the kind of what a client's method gives when it has been awaited."""
    if not name:
        return Other()
    method = getattr(kind, name)
    operation = declared(method)
    if operation is not None:
        if operation.reply is None:
            return Handle(ended=operation.ends is Ends.AT_ONCE)
        return _kind_of(operation.reply)
    try:
        hints = get_type_hints(method, localns={"OperationHandle": OperationHandle})
    except NameError:  # a name that is imported for type checkers only; no old method has one
        return Other()
    return _kind_of(hints.get("return"))


@cache
def attribute_of(kind: type, name: str) -> Kind | None:
    """Return the kind of a model's attribute, ``None`` if it has no such field."""
    found = getattr(kind, "model_fields", {}).get(name)
    if found is not None:
        return _kind_of(found.annotation)
    attribute = getattr(kind, name, None)
    if isinstance(attribute, property) and attribute.fget is not None:
        try:
            return _kind_of(get_type_hints(attribute.fget).get("return"))
        except NameError:  # as above
            return None
    return None


def client_with(names: AbstractSet[str]) -> type | None:
    """Return the client that has all these methods, one of which at least has to be awaited."""
    return next(
        (
            kind
            for kind in clients().values()
            if any(is_awaited(kind, each) for each in names) and all(hasattr(kind, each) for each in names)
        ),
        None,
    )


def item_of(kind: Kind | None) -> Kind | None:
    """Return the kind of what iterating over a value gives."""
    match kind:
        case Items(of=item):
            return item
        case Model(kind=model):
            return _item_of_model(model)
        case _:
            return None


def iterated(function: str, kind: Kind | None) -> Kind | None:
    """Return the kind of what one of `ITERATING` gives for an argument of a kind."""
    item = item_of(kind)
    match function:
        case "next" | "min" | "max":
            return item
        case "enumerate" | "zip":
            return Items(Pair(item))
        case _:
            return Items(item)


@cache
def _item_of_model(kind: type) -> Kind | None:
    found = (_kind_of(field.annotation) for field in getattr(kind, "model_fields", {}).values())
    return next((each.of for each in found if isinstance(each, Items)), None)


def _kind_of(annotation: object) -> Kind:
    if get_origin(annotation) is Annotated:
        return _kind_of(get_args(annotation)[0])
    if get_origin(annotation) in {Union, UnionType}:
        (first, *_) = [each for each in get_args(annotation) if each is not NoneType]
        return _kind_of(first)
    if get_origin(annotation) is list:
        return Items(_kind_of(get_args(annotation)[0]))
    if not isinstance(annotation, type):
        return Other()
    if issubclass(annotation, SecretStr):
        return Secret()
    if issubclass(annotation, OperationHandle):
        return Handle()
    return Model(annotation) if issubclass(annotation, BaseModel) else Other()
