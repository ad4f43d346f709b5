"""Building of millions of objects without the garbage collector's passes over all of them."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_lock = Lock()
_under_way = 0
_was_enabled = False


@contextmanager
def without_collections() -> Iterator[None]:
    """Keep the collector from running while a block builds what has no cycles; several threads may do so at once.

    On a heap that grows by a million objects it looks at all of them again and again, and holds up every thread
    for as long as a second. Afterwards the new objects count as old ones, which it looks at once in a while.
    """
    global _under_way, _was_enabled  # noqa: PLW0603 - there is one collector in a process
    with _lock:
        if not _under_way:
            _was_enabled = gc.isenabled()
            gc.disable()
        _under_way += 1
    try:
        yield
    finally:
        with _lock:
            _under_way -= 1
            if not _under_way and _was_enabled:
                if not gc.get_freeze_count():  # else the program has frozen objects itself
                    gc.freeze()
                    gc.unfreeze()
                gc.enable()
