"""The claim of an emulator to the names of files in its directory, which two of them may share."""

from __future__ import annotations

import os
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where the later emulator's address is what the file has
    fcntl = None  # type: ignore[assignment]


class DirectoryUse:
    """Held from an emulator's start to its end.

    Args:
        file: which every emulator has in its directory, and only one of them can lock.

    Attributes:
        is_first: no other emulator that runs uses the directory.
    """

    def __init__(self, file: Path) -> None:
        self._file: int | None = os.open(file, os.O_RDWR)
        self.is_first: bool = True
        if fcntl is not None:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                self.is_first = False

    def end(self) -> None:
        """Leave the names to others; harmless when that has been done."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
