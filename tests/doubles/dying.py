"""Runs that die when a record is written."""

from contextlib import contextmanager
from unittest import mock

from asyncsm.provisioning.record import Phase
from asyncsm.provisioning.store import Records


@contextmanager
def dying(when, *, written=False, error=ZeroDivisionError):
    """Let the runs of the block die at each record that matches, before that is written or just after.

    Args:
        when: tells by the key and the record.
        written: whether the record is written before.
        error: what they die of.
    """
    put = Records.put

    async def dies(self, key, record):
        if when(key, record) and not written:
            raise error
        await put(self, key, record)
        if when(key, record):
            raise error

    with mock.patch.object(Records, "put", dies):
        yield


def accepted(part=""):
    """Match the records of changes that the service has accepted, of resources with `part` in their keys."""
    return lambda key, record: record.phase is Phase.ACCEPTED and part in key
