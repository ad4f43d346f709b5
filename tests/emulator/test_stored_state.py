"""States that were stored by earlier releases; see `data/make_state.py` for what is in them."""

import gzip
import json
import re
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from emulator.data.make_state import LONG_ENOUGH, PATHS, answers

from asyncsm.emulator import Emulator, ManualClock
from asyncsm.emulator.change_tracking import Entity
from asyncsm.emulator.persistence.values import VERSION
from asyncsm.emulator.progress import Lockable, Movable
from asyncsm.emulator.saved_names import EFFECTS, NAMES, TYPES, effect

DATA = Path(__file__).parent / "data"
RELEASES = ("0.1.0",)

WITHDRAWN = {
    ("AffinityGroup", "DefaultAffinity-1"),
    ("IsCorrupted", "false"),
    *(("Name", f"{service}ContractContract") for service in ("m-give", "m-network", "m-still")),
    *(("InstanceUpgradeDomain", "1"), ("InstanceFaultDomain", "1"), ("UpgradeDomainCount", "2")),
}
"""Answers of earlier releases that no recording of the service has: a network with a location has no group,
only of a disk that is corrupted it is said whether it is, the name of an address is made of the deployment's,
not of the hosted service's, and instances stay in their domains when another is deleted."""

DRAWN = {"IpAddress", "LastModifiedTime"}
"""What is drawn by lot on the way of machines from state to state, which is not the same in all releases."""


@pytest.fixture(params=RELEASES)
def release(request):
    return request.param


@pytest.fixture
def said(release):
    """The JSON file of a release."""
    with gzip.open(DATA / f"state-{release}.json.gz", "rt", encoding="utf-8") as packed:
        return json.load(packed)


def assert_same(found, expected, drawn=frozenset()):
    """All that was answered is answered now; elements that have come since do not count, nor values that are `drawn`."""
    found, expected = (
        {
            path: [(name, None if name in drawn else text) for name, text in said]
            for path, said in side.items()
        }
        for side in (found, expected)
    )
    missing = {path: Counter(map(tuple, expected[path])) - Counter(map(tuple, found[path])) for path in found}
    assert {path: lost for path, lost in missing.items() if lost.keys() - WITHDRAWN} == {}


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
        Emulator(
            directory=directory, clock=ManualClock(), tail=False, database=file, admin_port=None
        ) as emulator,
        emulator.service() as sms,
    ):
        assert under_way(emulator) == said["operations"]
        assert_same(await answers(sms, PATHS), said["now"])
        emulator.faults.clear()
        emulator.clock.advance(LONG_ENOUGH)
        assert all(not left for left in under_way(emulator).values())
        assert failed(emulator) == []
        assert emulator.clock.agenda == []
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (VERSION,)


async def test_snapshot(said, directory):
    """A stored document shows the same resources, then and when all has come to its end."""
    async with (
        Emulator(directory=directory, clock=ManualClock(), tail=False, admin_port=None) as emulator,
        emulator.service(next(iter(said["operations"]))) as sms,
    ):
        emulator.restore(said["snapshot"])
        assert under_way(emulator) == said["operations"]
        assert_same(await answers(sms, PATHS), said["now"])
        emulator.clock.advance(LONG_ENOUGH)
        assert_same(await answers(sms, PATHS), said["later"], DRAWN)
        assert failed(emulator) == []


async def test_names_of_their_own(said, directory):
    """What is saved now names effects and types by their own names, not by where they stand."""
    async with Emulator(directory=directory, clock=ManualClock(), tail=False, admin_port=None) as emulator:
        emulator.restore(said["snapshot"])
        again = emulator.snapshot()
    names = [
        set(re.findall(r'"\$(?:call|type|of)": "([^"]*)"', json.dumps(each)))
        for each in (said["snapshot"], again)
    ]
    before, now = ({name for name in each if not name.startswith("wire.")} for each in names)
    assert len(now) == len(before)
    assert now <= set(NAMES.values())
    assert not any(":" in name or "." in name for name in now)
    # Whatever can be saved and was not there then had no earlier name.
    assert before == {name for name in {*EFFECTS, *TYPES} if ":" in name or "." in name}


def test_every_entity_has_a_name():
    """No kind of entity can be forgotten."""

    def kinds(base):
        for kind in base.__subclasses__():
            yield kind
            yield from kinds(kind)

    # A dataclass with slots is made of another class of the same name, which stays for a while.
    named = {kind.__qualname__ for kind in TYPES.values()}
    assert {kind.__qualname__ for kind in kinds(Entity)} - named == {
        Lockable.__qualname__,
        Movable.__qualname__,
    }


def test_a_name_belongs_to_one():
    """Two effects of one name are a mistake that is told when the module is imported."""
    with pytest.raises(ValueError, match="two things are called 'disks/release'"):
        effect("disks/release")(print)
