"""Long computations in a thread that hold up the event loop, and what else runs, as little as possible."""

from __future__ import annotations

import gc
import sys
from abc import ABC, abstractmethod
from threading import Lock
from typing import Final

TURN: Final = 0.001
"""Seconds after which a thread that computes lets a waiting one run; Python's own are five times as many."""


class _Setting(ABC):
    """A setting of the process that is another one while a block runs; several threads may be in one at once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._under_way = 0

    def __enter__(self) -> None:
        with self._lock:
            if not self._under_way:
                self._change()
            self._under_way += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._under_way -= 1
            if not self._under_way:
                self._restore()

    @abstractmethod
    def _change(self) -> None: ...

    @abstractmethod
    def _restore(self) -> None: ...


class _WithoutCollections(_Setting):
    """Keeps the collector from running while millions of objects are built that have no cycles.

    On a heap that grows by a million objects it looks at all of them again and again, and holds up every thread
    for as long as a second. Afterwards the new objects count as old ones, which it looks at once in a while.
    """

    def _change(self) -> None:
        self._was_enabled = gc.isenabled()
        gc.disable()

    def _restore(self) -> None:
        if self._was_enabled:
            if not gc.get_freeze_count():  # else the program has frozen objects itself
                gc.freeze()
                gc.unfreeze()
            gc.enable()


class _ShortTurns(_Setting):
    """Lets a waiting thread have the interpreter soon; an event loop waits for it after every look at its sockets."""

    def _change(self) -> None:
        self._before = sys.getswitchinterval()
        sys.setswitchinterval(min(self._before, TURN))

    def _restore(self) -> None:
        sys.setswitchinterval(self._before)


_without_collections: Final = _WithoutCollections()
_short_turns: Final = _ShortTurns()


def without_collections() -> _Setting:
    """Keep the garbage collector from running while a block runs."""
    return _without_collections


def short_turns() -> _Setting:
    """Let other threads run soon while a block computes."""
    return _short_turns
