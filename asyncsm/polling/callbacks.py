"""Functions of the caller's that are called and not awaited."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TypeVar

from asyncsm.errors import InvalidArgument

Function = TypeVar("Function", bound="Callable[..., object] | None")


def plain(parameter: str, function: Function) -> Function:
    """Return a function that is called; ``None`` is none.

    Raises:
        InvalidArgument: it cannot be called, or is declared with ``async def``: what it returns is true,
            does nothing, and is awaited by nobody.
    """
    if function is None:
        return function
    if not callable(function):
        raise InvalidArgument(parameter, f"must be a function, not {type(function).__name__}")
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__):
        raise InvalidArgument(parameter, "is called and not awaited: give a plain function, not an async one")
    return function
