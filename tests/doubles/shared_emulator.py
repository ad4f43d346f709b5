"""One emulator for many tests, each of which finds it as if it had been started for that test alone."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager

from doubles.kept import assert_kept, in_memory

from asyncsm.emulator import Emulator, ManualClock


class SharedEmulator:
    """An emulator that has been started, and what it takes to begin again with it.

    Args:
        emulator: running, and just started.
        connection: its database, if it has one in memory.
    """

    def __init__(self, emulator, connection=None):
        self.emulator = emulator
        self._connection = connection
        self._identity = emulator._identity
        clock = emulator.clock
        self._start = clock.timestamp() if isinstance(clock, ManualClock) else None
        self._pace = clock.factor, clock.paused
        self._trusted = self._handshakes_let_in()

    async def begin_again(self):
        """Be as after the start, which is more than `Emulator.reset` does; return the emulator."""
        emulator = self.emulator
        emulator._app.abandon()
        if self._handshakes_let_in() != self._trusted:
            # OpenSSL cannot be made to forget a certificate; a new listener does not know it.
            await emulator.stop()
        self._restart_clock(emulator.clock)
        emulator.faults.clear()
        emulator.faults._last_id = 0
        if emulator._seed is not None:
            emulator.faults._random.seed(f"faults of {emulator._seed}")
        emulator._identity = self._identity  # a test may have restored other subscriptions
        emulator.reset()
        if not emulator._listener.is_open:
            await emulator.start()
        return emulator

    def assert_kept(self):
        """What the test did is in the database."""
        assert_kept(self.emulator, self._connection)

    def _restart_clock(self, clock):
        clock.factor, clock.paused = self._pace
        clock.replace([], time.time() if self._start is None else self._start)
        clock.happened = 0

    def _handshakes_let_in(self):
        return self.emulator._gate._context.cert_store_stats()


@asynccontextmanager
async def shared_emulator(database=None, **options):
    """Start an emulator for many tests, whose operations take about as long as others of their kind.

    Args:
        database: where its database would be; it is in memory instead.
        options: those of `Emulator`.
    """
    emulator = Emulator(database=database, tail=False, **options)
    try:
        with in_memory() as connections:
            await emulator.start()
        yield SharedEmulator(emulator, connections.get(database))
    finally:
        await emulator.close()
