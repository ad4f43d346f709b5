"""What a session tells about itself."""

import dataclasses
import json

import pytest

from asyncsm.engine.statistics import SessionStatistics, Tally

STATISTICS = SessionStatistics(
    requests={"read": 2, "change": 5, "poll": 9},
    changes={"AddRole": 1, "CreateDeployment": 4},
    retries={},
    throttled=3,
    redirects=1,
    reconciled={"adopted": 2},
    surveys=6,
    seconds_throttled=12.34,
    seconds_in_lanes=0.0,
    pending=7,
    waiting_in_lanes=8,
    waiting_for_turn=10,
    budget=300,
    budget_used=250,
    rate=1.5,
    retry_budget=495,
)


def test_it_reads_as_a_table():
    """Printed, the numbers stand in lines by topic, the most frequent first."""
    assert str(STATISTICS).splitlines() == [
        "requests    9 poll, 5 change, 2 read",
        "changes     4 CreateDeployment, 1 AddRole",
        "retries     none; 495 tokens left",
        "refused     3 throttled, 1 redirected",
        "reconciled  2 adopted",
        "throttle    1.50 a second, 250 of 300 places used, 10 waiting, 12.3 s waited",
        "lanes       8 waiting, 0.0 s waited",
        "operations  7 pending, 6 surveys",
    ]


def test_without_a_known_budget_none_is_claimed():
    """A session that knows of no limit says so."""
    unlimited = dataclasses.replace(STATISTICS, budget=None, budget_used=4, rate=None)
    assert "throttle    no limit, 4 places used, 10 waiting" in str(unlimited)


def test_it_goes_through_json():
    """As a dictionary it consists of plain values under the names of its fields."""
    plain = STATISTICS.as_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert SessionStatistics(**plain) == STATISTICS


def test_it_does_not_change():
    """What was handed out stays as it was."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        STATISTICS.throttled = 0


def test_a_tally_starts_at_nothing_and_adds_up():
    """Sessions do not share their counts."""
    tally = Tally()
    tally.waited_in_lane(1.5)
    tally.waited_in_lane(2.0)
    tally.requests["read"] += 1
    assert tally.seconds_in_lanes == 3.5
    assert not Tally().requests
