"""The state in an SQLite file, in which every change is before the answer that acknowledges it.

Entities are a row each, as are the entries of registers and of the agenda. What has
changed reports itself (see `change_tracking`), so that saving costs what the change costs,
however much there is besides; and a request that changes nothing writes nothing.

The file is written ahead (WAL) without waiting for the disk: whatever happens to the
process, all that was answered is there, and a transaction is there as a whole or not at
all. Only when the whole computer loses power can the last changes be lost.
"""

from __future__ import annotations

import os
import sqlite3
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from asyncsm.emulator.call import World
from asyncsm.emulator.change_tracking import Entity, Mark, Register
from asyncsm.emulator.clock import EARLIEST, LATEST, Due
from asyncsm.emulator.persistence.rows import RowDecoder, RowEncoder
from asyncsm.emulator.persistence.snapshot import Contents
from asyncsm.emulator.persistence.values import VERSION, require_version

APPLICATION_ID: Final = 0x41534D45  # "ASME"

SCHEMA: Final = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE entities (number INTEGER PRIMARY KEY, content TEXT NOT NULL);
CREATE TABLE entries (
    register INTEGER NOT NULL, key TEXT NOT NULL, place INTEGER NOT NULL, name TEXT NOT NULL,
    content TEXT NOT NULL, PRIMARY KEY (register, key)
) WITHOUT ROWID;
CREATE TABLE agenda (number INTEGER PRIMARY KEY, moment REAL NOT NULL, effect TEXT NOT NULL);
"""

SUBSCRIPTIONS, FAULTS, NOW, MANAGER, STARTS = "subscriptions", "faults", "now", "manager", "starts"
"""What is known under these names: numbers of registers, a moment, a thumbprint, a count."""


class UnusableDatabase(OSError):
    """A file cannot be the database of an emulator."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(0, problem, str(path))

    def __str__(self) -> str:
        return f"{self.filename}: {self.strerror}"

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (Path(self.filename), self.strerror), self.__dict__


@dataclass(slots=True)
class _Notes:
    """Changes that are still to be written.

    Attributes:
        changed: entities by number.
        put: registers with new entries, by their numbers and the entries' keys.
        dropped: entries that have gone; those that were put again since are in `put` too.
        scheduled: new on the agenda, by number.
        happened: numbers of what is no longer on it.
        moved: whether the clock was set.
        gone: numbers of entities and registers that are no more.
    """

    changed: dict[int, Entity] = field(default_factory=dict)
    put: dict[tuple[int, str], Register] = field(default_factory=dict)
    dropped: set[tuple[int, str]] = field(default_factory=set)
    scheduled: dict[int, Due] = field(default_factory=dict)
    happened: set[int] = field(default_factory=set)
    moved: bool = False
    gone: list[int] = field(default_factory=list)

    def __bool__(self) -> bool:
        # Deleted rows alone do not justify a write; nothing refers to them.
        noted = (self.changed, self.put, self.dropped, self.scheduled, self.happened, self.moved)
        return any(noted)

    def clear(self) -> None:
        """All of it has been written; what is gone from now on has not."""
        for noted in (self.changed, self.put, self.dropped, self.scheduled, self.happened):
            noted.clear()
        self.moved = False


class Database:
    """An open file that is kept up to date with the state of one emulator.

    Args:
        path: the file; it is made if there is none, readable by its owner only.
        world: of that emulator.

    Attributes:
        path: the file.
        starts: how often it has been opened, this time included.

    Raises:
        UnusableDatabase: it is another program's, of another version, damaged, or in use.
    """

    def __init__(self, path: Path, world: World) -> None:
        self.path = path
        self._world = world
        self._encoder = RowEncoder(self.number_of, world)
        self._notes = _Notes()
        self._known: dict[int, weakref.ref[Entity | Register]] = {}
        self._last_number = 0
        self._last_place = 0
        with self._explaining():
            self._connection = _open(path)
            try:
                with self._reading():
                    self.starts: int = self._begin()
            except BaseException:
                self._connection.close()
                raise

    @property
    def is_new(self) -> bool:
        """True when the file has no state yet."""
        return self._fact(SUBSCRIPTIONS) is None

    def close(self, now: float) -> None:
        """Save what is left, and the virtual moment, and let go of the file."""
        try:
            with self._transaction():
                self._write(now)
        finally:
            self._unmark(self._known)
            self._connection.close()

    def abandon(self) -> None:
        """Let go of the file as it is."""
        self._connection.close()

    def load(self) -> Contents:
        """Read the state in the file, which is kept up to date with it from now on.

        Raises:
            UnusableDatabase: it has been damaged.
        """
        with self._explaining(), self._reading():
            reader = RowDecoder(self._connection, self._world)
            contents = Contents(
                reader.root(self._fact(SUBSCRIPTIONS)),
                reader.root(self._fact(FAULTS)),
                list(reader.agenda()),
                self._moment(),
                self._fact(MANAGER),
            )
            if not contents.subscriptions:  # all rows would count as left over
                raise ValueError("there is no subscription in it")
            # A register without entries has no row, only its number in that of its owner.
            self._last_number = max(reader.numbers | reader.made.keys())
            self._last_place = reader.last_place
            for number, thing in reader.made.items():
                self._mark(thing, number)
            self._sweep(reader)
        return contents

    def replace(self, contents: Contents) -> None:
        """Say `contents`, of which nothing is in the file, and nothing else any more, in one transaction.

        Raises:
            UnusableDatabase: it cannot be written; then it says what it said before.
        """
        before, self._notes, self._known = (self._notes, self._known), _Notes(), {}
        try:
            with self._transaction():
                for table in ("entities", "entries", "agenda"):
                    self._connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names from here
                self._set_fact(SUBSCRIPTIONS, str(self.number_of(contents.subscriptions)))
                self._set_fact(FAULTS, str(self.number_of(contents.faults)))
                self._set_fact(MANAGER, contents.manager)
                self._notes.scheduled.update({due.number: due for due in contents.agenda})
                self._write(contents.now)
        except BaseException:
            self._unmark(self._known)
            self._notes, self._known = before
            raise
        self._unmark(before[1])

    def set_manager(self, thumbprint: str) -> None:
        """Remember which certificate manages the subscriptions."""
        with self._transaction():
            self._set_fact(MANAGER, thumbprint)

    def save(self, now: float) -> None:
        """Write what has changed since the last time; without a change nothing is written.

        Raises:
            OSError: the file cannot be written; what has changed is kept for the next time.
        """
        if self._notes:
            with self._transaction():
                self._write(now)

    # What watches the state.

    def changed(self, entity: Entity) -> None:
        """Take note of a changed entity."""
        if entity.mark is not None:
            self._notes.changed[entity.mark.number] = entity

    def put(self, register: Register, key: str) -> None:
        """Take note of a new entry."""
        if register.mark is not None:
            self._notes.put[register.mark.number, key] = register

    def dropped(self, register: Register, key: str) -> None:
        """Take note of an entry that has gone; one put there later is at the end."""
        if register.mark is not None:
            self._notes.dropped.add((register.mark.number, key))
            self._notes.put.pop((register.mark.number, key), None)

    def scheduled(self, due: Due) -> None:
        """Take note of what is to happen."""
        self._notes.scheduled[due.number] = due

    def happened(self, due: Due) -> None:
        """Take note of what happens."""
        if self._notes.scheduled.pop(due.number, None) is None:
            self._notes.happened.add(due.number)

    def moved(self) -> None:
        """Take note of a leap of the clock."""
        self._notes.moved = True

    def number_of(self, thing: Entity | Register) -> int:
        """The number under which `thing` is in the file; new things are going to be written."""
        if thing.mark is not None and thing.mark.watcher is self:
            return thing.mark.number
        self._last_number += 1
        number = self._last_number
        self._mark(thing, number)
        if isinstance(thing, Entity):
            self._notes.changed[number] = thing
        else:
            self._notes.put.update({(number, key): thing for key, _, _ in thing.entries()})
        return number

    def _mark(self, thing: Entity | Register, number: int) -> None:
        thing.mark = Mark(self, number)
        self._known[number] = weakref.ref(thing, lambda _: self._forgotten(number))

    def _forgotten(self, number: int) -> None:
        """Let the row of what nothing refers to any more go with the next change."""
        if self._known.pop(number, None) is not None:
            self._notes.gone.append(number)

    @staticmethod
    def _unmark(known: Mapping[int, weakref.ref[Entity | Register]]) -> None:
        for reference in list(known.values()):
            thing = reference()
            if thing is not None:
                thing.mark = None

    # Writing.

    def _write(self, now: float) -> None:
        """Write all that was noted, which notes what it newly refers to, until there is nothing left."""
        many, notes = self._connection.executemany, self._notes
        many("DELETE FROM agenda WHERE number = ?", [(number,) for number in notes.happened])
        many("DELETE FROM entries WHERE register = ? AND key = ?", notes.dropped)
        agenda = [
            (due.number, due.moment, self._encoder.text(due.effect)) for due in notes.scheduled.values()
        ]
        many("INSERT INTO agenda VALUES (?, ?, ?)", agenda)
        entities: set[int] = set()
        entries: set[tuple[int, str]] = set()
        while True:
            changed = [(number, each) for number, each in notes.changed.items() if number not in entities]
            put = [(place, each) for place, each in notes.put.items() if place not in entries]
            if not changed and not put:
                break
            rows = [(number, self._encoder.content_of(entity)) for number, entity in changed]
            many("INSERT OR REPLACE INTO entities VALUES (?, ?)", rows)
            for (number, key), register in put:
                self._write_entry(number, key, register)
            entities.update(number for number, _ in changed)
            entries.update(place for place, _ in put)
        # Should this fail, they stay until the next start; meanwhile more of them come.
        gone, notes.gone = notes.gone, []
        self._delete_rows(gone)
        self._set_fact(NOW, repr(now))

    def _write_entry(self, number: int, key: str, register: Register) -> None:
        entry = register.entry(key)
        if entry is None:  # it was put in and has gone again
            return
        name, content = entry
        self._last_place += 1
        self._connection.execute(
            "INSERT INTO entries VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET name = excluded.name, content = excluded.content",
            (number, key, self._last_place, name, self._encoder.text(content)),
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._explaining():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # a full disk ends it, and the cause would be hidden
                    self._connection.execute("ROLLBACK")
                raise
        self._notes.clear()

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            problem = "is in use by another emulator" if "locked" in str(error) else str(error)
            raise UnusableDatabase(self.path, problem) from error
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from error

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Take what cannot be read for damage; where something is written, the same errors would be defects."""
        try:
            yield
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> UnusableDatabase:
        return UnusableDatabase(self.path, f"is damaged, or no database of an emulator: {error}")

    def _begin(self) -> int:
        """Make the tables if there are none, and count this start."""
        execute = self._connection.execute
        (application,) = execute("PRAGMA application_id").fetchone()
        (version,) = execute("PRAGMA user_version").fetchone()
        (tables,) = execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and application != APPLICATION_ID:
            raise UnusableDatabase(self.path, "is the database of another program")
        try:
            require_version(version if tables else VERSION)
        except ValueError as error:
            raise UnusableDatabase(self.path, str(error)) from error
        execute("BEGIN IMMEDIATE")
        if not tables:
            for statement in SCHEMA.split(";"):
                execute(statement)
            execute(f"PRAGMA application_id = {APPLICATION_ID}")
        execute(f"PRAGMA user_version = {VERSION}")  # as new rows may be what earlier releases cannot read
        starts = int(self._fact(STARTS) or 0) + 1
        self._set_fact(STARTS, str(starts))
        execute("COMMIT")
        return starts

    def _fact(self, name: str) -> str | None:
        row = self._connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else row[0]

    def _moment(self) -> float:
        """Return where time was; of one that earlier releases let leave the calendar, the beginning."""
        moment = float(self._fact(NOW) or 0)
        return moment if EARLIEST <= moment <= LATEST else 0.0

    def _set_fact(self, name: str, value: str | None) -> None:
        self._connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def _sweep(self, reader: RowDecoder) -> None:
        """Drop the rows nothing refers to, left when the process ended before its next change."""
        self._connection.execute("BEGIN IMMEDIATE")
        self._delete_rows(reader.numbers - reader.made.keys())
        self._connection.execute("COMMIT")

    def _delete_rows(self, numbers: Iterable[int]) -> None:
        rows = [(number,) for number in numbers]
        self._connection.executemany("DELETE FROM entities WHERE number = ?", rows)
        self._connection.executemany("DELETE FROM entries WHERE register = ?", rows)


def _open(path: Path) -> sqlite3.Connection:
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection
