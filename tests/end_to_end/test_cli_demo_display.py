"""The live display of the demo, on a terminal made of memory."""

import io
import re

import pytest
from rich.console import Console

from asyncsm.cli.demo import SECTIONS
from asyncsm.cli.demo_display import LiveTourDisplay, summary_table
from asyncsm.cli.demo_tour import Done, Summary

DONE = Done("CreateVirtualMachineDeployment", "demo-vm-1", "0123456789abcdef" * 2, "Succeeded", 0.5)


def terminal(width):
    return Console(file=io.StringIO(), force_terminal=True, width=width, highlight=False, color_system=None)


def lines_of(console):
    """What stays on the terminal: text without the sequences that move the cursor."""
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", console.file.getvalue())
    return [line.rpartition("\r")[2] for line in text.splitlines()]


@pytest.mark.parametrize("width", [80, 120])
def test_finished_sections_stay_and_fit(width):
    """Each finished section leaves its title, what it found and how long it took, in one line."""
    console = terminal(width)
    with LiveTourDisplay(console) as display:
        for number, section in enumerate(SECTIONS, start=1):
            display.opened(number, section)
            display.expecting(3)
            display.did(DONE)
            display.closed("found " + "much " * 30, 1.25)

    lines = lines_of(console)
    assert all(len(line) <= width for line in lines)
    assert len([line for line in lines if "✓" in line and "1.2 s" in line]) == len(SECTIONS)


def test_a_section_that_fails_is_marked():
    """What was under way when the demo ended early can be seen."""
    console = terminal(80)
    display = LiveTourDisplay(console)
    display.opened(9, SECTIONS[8])
    display.__enter__()
    display.__exit__(RuntimeError, RuntimeError(), None)

    assert any(re.match(r"✗ +9\. Create deployments +not finished", line) for line in lines_of(console))


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_shows_whole_request_ids(width):
    """Names and request ids are never cut or broken, however narrow the terminal."""
    console = terminal(width)

    summary_table(Summary([DONE], 1.0, 0.5, 1.0), console)

    text = "\n".join(lines_of(console))
    assert DONE.request_id in text
    assert DONE.operation in text
    assert max(map(len, lines_of(console))) <= width
