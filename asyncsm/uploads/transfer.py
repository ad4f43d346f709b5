"""Sending of a file in chunks, several at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from os import PathLike
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Final, NamedTuple, Self, TypeAlias

from asyncsm.errors import InvalidArgument
from asyncsm.polling.callbacks import plain

CHUNK: Final = 4 * 1024 * 1024
"""Bytes of a chunk: the most that Put Page takes."""

WORKERS: Final = 4
"""Number of chunks that are under way, and in memory, at once."""

ProgressCallback: TypeAlias = Callable[[int, int], object]
"""Called with the number of bytes done so far, and the size of the file."""


class Chunk(NamedTuple):
    """A part of a file.

    Attributes:
        offset: where it begins, in bytes.
        length: how many bytes it has.
    """

    offset: int
    length: int


class SourceFile:
    """A file open for reading from several threads.

    Args:
        path: the file.

    Attributes:
        path: the file.
        size: its size in bytes when it was opened.
        changed: when its content last changed then, in nanoseconds.

    Raises:
        InvalidArgument: it cannot be read.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        if not isinstance(path, str | PathLike):
            raise InvalidArgument("source", f"must be the path of a file, not {type(path).__name__}")
        self.path: Path = Path(path)
        try:
            status = self.path.stat()
            # Nobody knows how long others are; that it is a folder, opening it tells.
            if not (S_ISREG(status.st_mode) or S_ISDIR(status.st_mode)):
                raise InvalidArgument("source", f"{self.path} is a pipe or a device; give a file")
            self._file = self.path.open("rb", buffering=0)
        except OSError as error:
            raise InvalidArgument("source", f"cannot read {self.path}: {error.strerror}") from error
        self.size: int = status.st_size
        self.changed: int = status.st_mtime_ns
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # A cancelled upload may leave a thread that still reads; closing waits for its chunk.
        with self._lock:
            self._file.close()

    def chunks(self) -> Iterator[Chunk]:
        """Divide the whole file into chunks, in order."""
        for offset in range(0, self.size, CHUNK):
            yield Chunk(offset, min(CHUNK, self.size - offset))

    def read(self, chunk: Chunk) -> bytes:
        """Read the bytes of `chunk`.

        Raises:
            InvalidArgument: the file has become shorter.
        """
        parts = bytearray()
        with self._lock:
            self._file.seek(chunk.offset)
            while len(parts) < chunk.length:
                part = self._file.read(chunk.length - len(parts))
                if not part:
                    raise InvalidArgument("source", f"{self.path} became shorter while it was read")
                parts += part
        return bytes(parts)


async def send_chunks(
    file: SourceFile, send: Callable[[Chunk], Awaitable[None]], progress: ProgressCallback | None
) -> None:
    """Call `send` for each chunk of `file`, up to `WORKERS` at a time.

    The first failure cancels the other calls, and is raised.
    """
    plain("progress", progress)
    remaining = file.chunks()
    done = 0

    async def work() -> None:
        nonlocal done
        for chunk in remaining:
            await send(chunk)
            done += chunk.length
            if progress is not None:
                progress(done, file.size)

    failure: BaseException | None = None
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(WORKERS):
                group.create_task(work())
    except BaseExceptionGroup as failures:
        failure = failures.exceptions[0]
    if failure is not None:  # raised outside the handler, so that its group does not become its context
        raise failure
