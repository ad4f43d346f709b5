"""Locks by which workers show that they are alive: each holds one, and others can test it.

The database or the operating system frees the lock when the process ends, in whatever way, so
that nobody has to guess from clocks.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from abc import ABC, abstractmethod
from contextlib import closing
from pathlib import Path
from typing import Final

import sqlalchemy
from sqlalchemy.exc import SQLAlchemyError

from asyncsm.errors import InvalidArgument
from asyncsm.provisioning.durable.database import explaining, is_postgres
from asyncsm.provisioning.journal_file import make_private

EMBEDDED_EXECUTOR: Final = "embedded"
"""The only worker of an SQLite database."""


class WorkerLock(ABC):
    """The lock of a worker, which also tests the locks of others."""

    def acquire(self) -> None:
        """Take this worker's lock.

        Raises:
            InvalidArgument: another process has the lock, or the database cannot be used.
        """
        try:
            with explaining():
                self._take()
        except BaseException:
            self.release()
            raise

    @abstractmethod
    def _take(self) -> None:
        """Take the lock; called once, by `acquire`."""

    @abstractmethod
    def is_held(self) -> bool:
        """Tell if this worker still has its lock."""

    @abstractmethod
    def is_dead(self, executor_id: str) -> bool:
        """Tell if the lock of another worker is free."""

    @abstractmethod
    def release(self) -> None:
        """Release the lock."""


class PostgresLock(WorkerLock):
    """An advisory lock, held by a connection of its own.

    Args:
        url: URL of the database.
        executor_id: id of this worker.
    """

    def __init__(self, url: str, executor_id: str) -> None:
        self._engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT", pool_size=1)
        self._executor_id = executor_id
        self._connection: sqlalchemy.Connection | None = None
        self._one_at_a_time = threading.Lock()

    def _take(self) -> None:
        """Take the advisory lock in the database."""
        self._connection = self._engine.connect()
        if not self._try(self._executor_id):
            raise InvalidArgument("--name", f"another worker is called {self._executor_id}")

    def is_held(self) -> bool:
        """Tell if the connection that holds the lock still works."""
        try:
            return self._connection is not None and self._ask("SELECT 1 = 1")
        except SQLAlchemyError:
            return False

    def is_dead(self, executor_id: str) -> bool:
        """Take the other worker's lock; if that succeeds, release it again, and call the worker dead."""
        free = self._try(executor_id)
        if free:
            self._do("SELECT pg_advisory_unlock(:number)", executor_id)
        return free

    def release(self) -> None:
        """Close the connection, and free the lock with it."""
        if self._connection is not None:
            self._connection.close()
        self._engine.dispose()

    def _try(self, executor_id: str) -> bool:
        return self._do("SELECT pg_try_advisory_lock(:number)", executor_id)

    def _do(self, statement: str, executor_id: str) -> bool:
        number = int.from_bytes(hashlib.sha256(f"asyncsm {executor_id}".encode()).digest()[:8], signed=True)
        return self._ask(statement, number=number)

    def _ask(self, statement: str, **values: int) -> bool:
        if self._connection is None:
            raise RuntimeError("this worker has no lock")
        with self._one_at_a_time:
            return bool(self._connection.execute(sqlalchemy.text(statement), values).scalar())


class SqliteLock(WorkerLock):
    """A lock on a file beside the database, which one process can hold.

    Args:
        url: URL of the database.
    """

    def __init__(self, url: str) -> None:
        self._path = Path(f"{sqlalchemy.make_url(url).database}.lock")
        self._lock: sqlite3.Connection | None = None

    def _take(self) -> None:
        """Lock the file, and switch the database to write-ahead logging."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        for path in (self._path, self._path.with_suffix("")):
            make_private(path)
        self._lock = sqlite3.connect(self._path, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            self._lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            raise InvalidArgument(
                "--database",
                f"another process works with {self._path.with_suffix('')}; PostgreSQL is for many",
            ) from error
        # In this mode readers and the writer do not wait for each other; the database file keeps it.
        with closing(sqlite3.connect(self._path.with_suffix(""))) as database:
            database.execute("PRAGMA journal_mode = WAL")

    def is_held(self) -> bool:
        """Tell if the file is locked; the operating system never takes the lock away."""
        return self._lock is not None

    def is_dead(self, executor_id: str) -> bool:
        """Call every other worker dead: an SQLite database has only one."""
        return executor_id != EMBEDDED_EXECUTOR

    def release(self) -> None:
        """Unlock the file."""
        if self._lock is not None:
            self._lock.close()


def lock_for(url: str, executor_id: str) -> WorkerLock:
    """Make the lock of a worker for a database."""
    return PostgresLock(url, executor_id) if is_postgres(url) else SqliteLock(url)
