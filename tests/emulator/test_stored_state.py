"""States that were stored by earlier releases; see `data/make_state.py` for what is in them."""

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest
from emulator.data.make_state import LONG_ENOUGH, PATHS, answers

from asyncsm.emulator import Emulator, ManualClock

DATA = Path(__file__).parent / "data"
RELEASES = ("0.1.0",)


@pytest.fixture(params=RELEASES)
def release(request):
    return request.param


@pytest.fixture
def said(release):
    """The JSON file of a release."""
    with gzip.open(DATA / f"state-{release}.json.gz", "rt", encoding="utf-8") as packed:
        return json.load(packed)


def assert_same(found, expected):
    """All that was answered is answered now; elements that have come since do not count."""
    missing = {path: Counter(map(tuple, expected[path])) - Counter(map(tuple, found[path])) for path in found}
    assert {path: lost for path, lost in missing.items() if lost} == {}


def under_way(emulator):
    return {
        each.id: [one.request_id for one in each.operations if one.completed is None]
        for each in emulator.state.subscriptions.values()
    }


def failed(emulator):
    return [
        (one.name, one.failure.message)
        for each in emulator.state.subscriptions.values()
        for one in each.operations
        if one.failure is not None
    ]


async def test_database(release, said, directory):
    """A stored database shows the same resources, and what was under way comes to its end."""
    file = directory / "state.db"
    with gzip.open(DATA / f"state-{release}.db.gz") as packed:
        file.write_bytes(packed.read())
    async with (
        Emulator(directory=directory, clock=ManualClock(), database=file, admin_port=None) as emulator,
        emulator.service() as sms,
    ):
        assert under_way(emulator) == said["operations"]
        assert_same(await answers(sms, PATHS), said["now"])
        emulator.faults.clear()
        emulator.clock.advance(LONG_ENOUGH)
        assert all(not left for left in under_way(emulator).values())
        assert failed(emulator) == []
        assert emulator.clock.agenda == []


async def test_snapshot(said, directory):
    """A stored document shows the same resources, then and when all has come to its end."""
    async with (
        Emulator(directory=directory, clock=ManualClock(), admin_port=None) as emulator,
        emulator.service(next(iter(said["operations"]))) as sms,
    ):
        emulator.restore(said["snapshot"])
        assert under_way(emulator) == said["operations"]
        assert_same(await answers(sms, PATHS), said["now"])
        emulator.clock.advance(LONG_ENOUGH)
        assert_same(await answers(sms, PATHS), said["later"])
        assert failed(emulator) == []
