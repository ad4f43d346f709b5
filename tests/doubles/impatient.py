"""The command line, the durable engine and DBOS beneath it looking for news more often: tests wait for little else."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from unittest import mock

from asyncsm import PollingPolicy, ServiceManagementService

GLANCES = 0.05
"""Seconds between two looks, instead of a third, a half or a whole one."""


class Impatient:
    """An event that is waited for no longer than `GLANCES` at a time."""

    def __init__(self, event):
        self._event = event

    def is_set(self):
        return self._event.is_set()

    def wait(self, timeout):
        return self._event.wait(min(timeout, GLANCES))


@contextmanager
def impatient():
    """Be impatient within the block; where DBOS is not installed, there is nothing to be impatient with."""
    try:
        from dbos import _dbos, _queue, _sys_db

        from asyncsm.provisioning.durable import engine, workflows
    except ImportError:
        yield
        return

    def queue_thread(stop_event, dbos):
        # It starts to look into a new queue in its next round, of which there is one a second.
        _queue.queue_thread(Impatient(stop_event), dbos)

    # Whoever ends the engine waits for the thread that looks for news in SQLite.
    interval = property(lambda _: GLANCES, lambda *_: None)
    name = "_notification_listener_polling_interval_sec"
    with (
        mock.patch.object(_sys_db.SystemDatabase, name, interval, create=True),
        mock.patch.object(_dbos, "queue_thread", queue_thread),
        mock.patch.object(engine, "GLANCES", GLANCES),
        mock.patch.object(workflows, "GLANCES", GLANCES),
    ):
        yield


def impatient_commands():
    """Let the commands of the block, in this process, ask often for the operations of an emulator that is fast."""
    often = PollingPolicy(first=GLANCES, least=GLANCES, most=1)
    return mock.patch(
        "asyncsm.services.ServiceManagementService", partial(ServiceManagementService, polling=often)
    )
