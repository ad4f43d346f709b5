"""The command line and those who look on at durable runs, looking for news more often: tests wait for little else."""

from __future__ import annotations

from contextlib import contextmanager
from unittest import mock

from asyncsm import PollingPolicy, ServiceManagementService

GLANCES = 0.05
"""Seconds between two looks, instead of a half."""
DEAD_AFTER = 1.5
"""Seconds after which a worker counts as dead, instead of ten."""


@contextmanager
def impatient():
    """Be impatient within the block; without the queue there is nothing to be impatient with."""
    try:
        from asyncsm.provisioning.durable import engine
    except ImportError:
        yield
        return
    with mock.patch.object(engine, "GLANCES", GLANCES):
        yield


def impatient_commands():
    """Let the commands of the block, in this process, ask often for the operations of an emulator that is fast."""
    often = PollingPolicy(first=GLANCES, least=GLANCES, most=1)

    def impatient(*args, session=None, **more):
        # What is seeded goes through a session of the emulator's own, which has its policies.
        return ServiceManagementService(
            *args, session=session, **(more if session else {"polling": often, **more})
        )

    return mock.patch("asyncsm.services.ServiceManagementService", impatient)
