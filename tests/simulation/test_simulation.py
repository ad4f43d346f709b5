"""Simulated worlds: a seed has one history; nothing that has to hold breaks; what breaks is shown in few lines."""

import gc
import os
import subprocess
import sys
from dataclasses import replace
from unittest import mock

import pytest
import xmltodict
from simulation import documents, running
from simulation.history import History
from simulation.mutants import MUTANTS, ROOT
from simulation.running import run, run_seed
from simulation.scenarios import draw
from simulation.shrinking import shrink
from simulation.simulate import SHOWN, fresh_seed, known_seeds, report, simulate

from asyncsm.engine import lanes

FRESH = 12
"""How many seeds that nobody has seen before each run of the tests looks at."""


@pytest.fixture(scope="module")
def first():
    return fresh_seed()


def test_a_seed_has_one_history():
    """To the byte, also in a process that orders sets of text otherwise."""
    script = "from simulation.running import run_seed; print(*(run_seed(one).history.digest() for one in (1, 2, 3)))"
    expected = " ".join(run_seed(one).history.digest() for one in (1, 2, 3))
    for seed in ("0", "1"):
        environment = os.environ | {
            "PYTHONHASHSEED": seed,
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]),
        }
        said = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        assert said.stdout.strip() == expected


def test_documents_are_those_of_the_library():
    """Worlds read and write XML by a stand-in; what it makes of each document, xmltodict makes, too."""
    read, written = documents.parse, documents.unparse

    def parse(document, **how):
        ours, theirs = read(document, **how), xmltodict.parse(document, **how)
        assert repr(ours) == repr(theirs)
        return theirs

    def unparse(tree, **how):
        ours, theirs = written(tree, **how), xmltodict.unparse(tree, **how)
        assert ours == theirs
        return theirs

    plain = run_seed(6)
    with mock.patch.multiple(documents, parse=parse, unparse=unparse):
        checked = run_seed(6)
    assert not checked.broken
    assert checked.history.digest() == plain.history.digest()


@pytest.mark.parametrize("number", range(FRESH))
def test_a_fresh_seed(number, first):
    """Whatever it draws, what has to hold does; if not, `nox -s simulate -- --replay SEED` shows it."""
    seed = first + number
    assert not run_seed(seed).broken, "\n".join(report(draw(seed)))


def test_seeds_that_once_failed():
    """What was found and mended stays mended."""
    assert [one for one in known_seeds() if run_seed(one).broken] == []


def test_a_broken_invariant_is_shown_in_a_small_history():
    """Without lanes changes run into each other: the seed is shrunk to few parts, and told of in few lines."""
    with mock.patch.object(lanes, "_exclude", return_value=False):
        scenario = next(one for one in map(draw, range(1, 50)) if run(one).broken)
        small = shrink(scenario)
        lines = list(report(scenario))
    assert small.size < scenario.size / 5
    assert len(lines) <= SHOWN
    assert "lanes" in lines[0]
    assert any("BROKEN" in line for line in lines)


def test_worlds_that_are_over_leave_nothing_behind():
    """As many objects of client, emulator and world are there after more of them; one that is kept is told of."""
    kept = []

    class Kept(History):
        def __init__(self):
            super().__init__()
            kept.append(self)

    seeds = [*range(20, 26)]
    thresholds = gc.get_threshold()
    try:
        assert not simulate(seeds).left
        with mock.patch.object(running, "History", Kept):
            assert simulate(seeds).left["ServiceWorld"] == len(seeds)
    finally:
        gc.unfreeze()
        gc.collect()
        gc.freeze()  # as when the tests began
        gc.set_threshold(*thresholds)


def test_what_is_left_out_leaves_the_rest_as_it_was():
    """A scenario without troubles and kills is a plain one: all its calls are told of, and few are in doubt."""
    scenario = draw(5)
    members = tuple(replace(one, kills=()) for one in scenario.members)
    result = run(replace(scenario, members=members, troubles=()))
    assert not result.broken
    assert result.history.ends["unknown"] == 0


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name)
def test_the_lines_of_the_breaks_are_still_there(mutant):
    """`nox -s mutants` breaks them; a line that was changed has to be changed in that list, too."""
    text = (ROOT / mutant.path).read_text(encoding="utf-8")
    assert text.count(mutant.line) == 1
