"""Who is alive: a worker holds a lock as long as it lives, and others can see whether it is held.

The database or the operating system lets go of the lock when the process is gone, however that
happened, so nothing has to be guessed from clocks.
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

EMBEDDED_EXECUTOR: Final = "embedded"
"""The only worker of an SQLite database."""


class Watch(ABC):
    """A worker's sign of life, and its look at those of others."""

    def hold(self) -> None:
        """Be alive.

        Raises:
            InvalidArgument: another process is this worker, or the database cannot be worked with.
        """
        try:
            with explaining():
                self._take()
        except BaseException:
            self.let_go()
            raise

    @abstractmethod
    def _take(self) -> None:
        """Take the lock of this worker."""

    @abstractmethod
    def is_held(self) -> bool:
        """Whether this worker still counts as alive."""

    @abstractmethod
    def is_dead(self, executor_id: str) -> bool:
        """Whether nobody is this worker any more."""

    @abstractmethod
    def let_go(self) -> None:
        """Be gone."""


class PostgresWatch(Watch):
    """Advisory locks, held by a connection of their own.

    Args:
        url: of the database.
        executor_id: of this worker.
    """

    def __init__(self, url: str, executor_id: str) -> None:
        self._engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT", pool_size=1)
        self._executor_id = executor_id
        self._connection: sqlalchemy.Connection | None = None
        self._one_at_a_time = threading.Lock()

    def _take(self) -> None:
        """In the database."""
        self._connection = self._engine.connect()
        if not self._try(self._executor_id):
            raise InvalidArgument("--name", f"another worker is called {self._executor_id}")

    def is_held(self) -> bool:
        """Whether the connection that holds the lock still stands."""
        try:
            return self._connection is not None and self._ask("SELECT 1 = 1")
        except SQLAlchemyError:
            return False

    def is_dead(self, executor_id: str) -> bool:
        """Whether its lock is free."""
        free = self._try(executor_id)
        if free:
            self._do("SELECT pg_advisory_unlock(:number)", executor_id)
        return free

    def let_go(self) -> None:
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
            raise RuntimeError("this worker is not alive")
        with self._one_at_a_time:
            return bool(self._connection.execute(sqlalchemy.text(statement), values).scalar())


class SqliteWatch(Watch):
    """A file beside the database, which one process can hold.

    Args:
        url: of the database.
    """

    def __init__(self, url: str) -> None:
        self._path = Path(f"{sqlalchemy.make_url(url).database}.lock")
        self._lock: sqlite3.Connection | None = None

    def _take(self) -> None:
        """Be the only process that works with the database."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
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
        # Readers and the writer do not wait for each other then; the file remembers it.
        with closing(sqlite3.connect(self._path.with_suffix(""))) as database:
            database.execute("PRAGMA journal_mode = WAL")

    def is_held(self) -> bool:
        """The operating system does not take it away."""
        return self._lock is not None

    def is_dead(self, executor_id: str) -> bool:
        """Nobody else ever is."""
        return executor_id != EMBEDDED_EXECUTOR

    def let_go(self) -> None:
        """Free the file."""
        if self._lock is not None:
            self._lock.close()


def watch_of(url: str, executor_id: str) -> Watch:
    """The watch for a database."""
    return PostgresWatch(url, executor_id) if is_postgres(url) else SqliteWatch(url)
