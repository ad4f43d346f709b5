"""A world of the emulator with a database, and the worlds that come out of what it saved."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from unittest import mock

from asyncsm.emulator.authentication import Gate
from asyncsm.emulator.call import World
from asyncsm.emulator.clock import ManualClock
from asyncsm.emulator.faults import Faults
from asyncsm.emulator.persistence import database
from asyncsm.emulator.persistence.state_store import StateStore
from asyncsm.emulator.progress import OperationProgress
from asyncsm.emulator.state import ServiceState


class Kept:
    """A keeper of `world`, which is a new and empty one if not given.

    Args:
        world: a world without a keeper.
        path: its database, if it has one.
    """

    _copies = count(1)

    def __init__(self, world=None, path=None):
        if world is None:
            clock, random, state = ManualClock(), Random(2), ServiceState()
            clock.replace([], 0.0)
            world = World(state, clock, OperationProgress(clock, random), Gate(state), random)
        self.world = world
        self.path = path
        self.keeper = StateStore(world, Faults(world.clock, world.progress))
        if path is not None and not self.keeper.open(path):
            self.keeper.begin(world.state.subscriptions)
            self.keeper.save()

    def document(self):
        return self.keeper.snapshot()

    def told(self):
        """Another world, which has been told this one's snapshot."""
        other = Kept()
        other.keeper.restore(self.document())
        return other

    @contextmanager
    def after_crash(self):
        """A world that finds the files as they are at this moment."""
        copy = self.path.with_name(f"{next(self._copies)}.db")
        for end in ("", "-wal"):
            shutil.copy(f"{self.path}{end}", f"{copy}{end}")
        other = Kept(path=copy)
        try:
            yield other
        finally:
            other.keeper.close()
            copy.unlink()


@contextmanager
def kept(world):
    """A keeper of `world` with a database that goes with the block."""
    # In memory, where there is such a place: closing a database waits for the disk.
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with TemporaryDirectory(prefix="asyncsm-kept-", dir=place) as directory:
        one = Kept(world, Path(directory) / "state.db")
        try:
            yield one
        finally:
            one.keeper.close()


@contextmanager
def in_memory():
    """Within the block, databases are in memory; yields them by the paths of the files they would be in."""
    connections = {}

    def opened(path):
        connections[path] = sqlite3.connect(":memory:", isolation_level=None)
        return connections[path]

    with mock.patch.object(database, "_open", opened):
        yield connections


def assert_kept(emulator, connection):
    """All that `emulator` knows is in the database behind `connection`."""
    emulator.save()
    with sqlite3.connect(":memory:", isolation_level=None) as copy:
        connection.backup(copy)
    with mock.patch.object(database, "_open", return_value=copy):
        other = Kept(path=Path("copy"))
    try:
        assert lasting(other.document()) == lasting(emulator.snapshot())
    finally:
        other.keeper.close()


def lasting(document):
    """A snapshot without what a database does not have: how far the source of made-up data is."""
    return {name: value for name, value in document.items() if name != "random"}
