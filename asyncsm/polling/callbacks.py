"""Functions of the caller's that are called and not awaited."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from asyncsm.errors import InvalidArgument

Function = TypeVar("Function", bound="Callable[..., object] | None")
T = TypeVar("T")

_log = logging.getLogger("asyncsm.events")


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


class Registrations(Generic[T]):
    """Functions that are there until they are taken out, one of them as often as it was put in."""

    def __init__(self) -> None:
        self._functions: dict[object, T] = {}

    def __bool__(self) -> bool:
        return bool(self._functions)

    def __iter__(self) -> Iterator[T]:
        return iter(tuple(self._functions.values()))  # which may take themselves out

    def add(self, function: T) -> Callable[[], None]:
        """Put `function` in; return what takes it out."""
        registration = object()
        self._functions[registration] = function

        def remove() -> None:
            self._functions.pop(registration, None)

        return remove


class Listeners(Registrations[Callable[[T], object]], Generic[T]):
    """Functions that are told of each event; what one raises is logged, and goes no further."""

    def subscribe(self, listener: Callable[[T], object]) -> Callable[[], None]:
        """Call `listener` with each event, until the function that is returned is called."""
        return self.add(plain("listener", listener))

    def tell(self, event: T) -> None:
        """Call all listeners with `event`."""
        for listener in self:
            try:
                listener(event)
            except Exception:  # noqa: BLE001 - a listener is not part of what it looks at
                _log.exception("a listener failed on %s", type(event).__name__)
