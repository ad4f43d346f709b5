"""The picture of a run: what went wrong first, in words."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from doubles.browser import DESKTOP, PHONE, chromium_without_window

from asyncsm.provisioning import Outcome, ResourceRecord, Span, State
from asyncsm.provisioning.progress import grouped, reasons
from asyncsm.provisioning.timeline import Timeline

BEGUN = datetime(2015, 7, 1, tzinfo=UTC)


def record(kind, name, outcome=Outcome.CREATED, error=None, seconds=60):
    span = Span(state=State.RUNNING, begun=BEGUN, ended=BEGUN + timedelta(seconds=seconds))
    return ResourceRecord(
        key=f"{kind}/{name}", kind=kind, name=name, outcome=outcome, error=error, since=BEGUN, spans=[span]
    )


UNSET = "env:FARM_PASSWORD: the environment variable is not set"
RECORDS = [
    record("storage_account", "disks"),
    record("hosted_service", "one"),
    record("virtual_machine", "one/a"),
    record("hosted_service", "two"),
    record("virtual_machine", "two/c", Outcome.SKIPPED),
    record("virtual_machine", "two/b", Outcome.FAILED, UNSET),
    record("virtual_machine", "two/a", Outcome.FAILED, UNSET),
    record("virtual_machine", "two/d", Outcome.FAILED, "Busy: in 7 s. (HTTP 503, PUT /services/x)"),
]


def picture(seconds=100.0, records=RECORDS):
    return Timeline("apply farm", BEGUN, seconds, records)


def test_groups():
    """Machines are with their hosted service; what is in nothing is with its like."""
    assert {name: len(those) for name, those in grouped(RECORDS).items()} == {
        "storage accounts": 1,
        "one": 2,
        "two": 5,
    }


def test_reasons():
    """Counted, without what differs in all; what was skipped is no reason."""
    assert reasons(RECORDS) == [f"2 x {UNSET}", "Busy: in 7 s."]
    assert reasons(RECORDS[:4]) == []


def test_the_worst_is_first():
    """Of groups, and in each; outcomes are words."""
    page = picture().page()
    assert re.findall(r"<summary>([^<]*)<span>([^<]*)", page) == [
        ("two", "3 failed, 1 skipped, 1 created"),
        ("storage accounts", "1 created"),
        ("one", "2 created"),
    ]
    assert re.findall(r'<b class="\w+">(. \w+)</b><span class="name">(\w+)', page)[:5] == [
        ("✕ failed", "b"),
        ("✕ failed", "a"),
        ("✕ failed", "d"),
        ("↷ skipped", "c"),
        ("✓ created", "two"),
    ]
    assert f"<li>2 x {UNSET}</li>" in page


@pytest.mark.parametrize(
    ("seconds", "ticks"),
    [
        (0.7, ["0 s", "0.1 s", "0.2 s", "0.3 s", "0.4 s", "0.5 s", "0.6 s", "0.7 s"]),
        (100, ["0 s", "20 s", "40 s", "1 min", "1 min 20 s", "1 min 40 s"]),
        (2016, ["0 s", "5 min", "10 min", "15 min", "20 min", "25 min", "30 min"]),
        (30_000, ["0 s", "2 h", "4 h", "6 h", "8 h"]),
    ],
)
def test_ticks_are_round(seconds, ticks):
    """However long a run takes."""
    assert re.findall(r'<span[^>]* style="left:[^"]*">([^<]*)</span>', picture(seconds).page()) == ticks


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_it_fits(tmp_path, viewport):
    """On a phone, too; many groups in which all is good are closed."""
    many = [*RECORDS, *(record("virtual_machine", f"farm-{number}/vm") for number in range(20))]
    file = tmp_path / "farm.html"
    file.write_text(picture(records=many).page(), encoding="utf-8")
    async with chromium_without_window() as browser:
        page = await browser.new_page(viewport=viewport)
        await page.goto(file.as_uri())
        assert await page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
        assert await page.locator("details[open]").count() == 1
