"""How true the emulator is: all recorded requests sent to it again, and its answers beside the recorded ones.

``python tests/fidelity.py`` prints a table by operation, and ends with 1 if an answer differs
without a reason. Recordings are looked for where the tests look for them (``ASYNCSM_RECORDINGS``,
and ``sdk_recordings`` beside it).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from doubles.bare_client import Management, connected
from doubles.comparing import Difference, made_names
from doubles.preparing import prepare
from doubles.recordings import CORPORA, Exchange, exchanges, has_bodies, recorded
from doubles.replaying import comparison, replay
from rich.console import Console
from rich.table import Table
from rich.text import Text

from asyncsm.emulator import Emulator, ManualClock
from asyncsm.emulator.call import Route
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.routes import ROUTER
from asyncsm.emulator.routing import lacks_name, parse_query, split
from asyncsm.wire import xml

FORBIDDEN = b"This operation is not allowed for this subscription."
"""What the service told all but publishers."""


@dataclass(frozen=True)
class Finding:
    """A difference, and where it was seen first."""

    recording: str
    seq: int
    where: str
    recorded: str
    emulated: str

    def __str__(self) -> str:
        return f"{Difference(self.where, self.recorded, self.emulated)} ({self.recording}, {self.seq})"


@dataclass
class Row:
    """What is known of an operation, or of all operations of a family that is not emulated.

    Each exchange counts once: as matched, on purpose, differing, not emulated, or not replayed. What is
    not replayed was recorded without its request's body, or is about something that such a request made.
    """

    operation: str
    matched: int = 0
    on_purpose: int = 0
    differing: int = 0
    not_emulated: int = 0
    not_replayed: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    differences: list[Finding] = field(default_factory=list)

    @property
    def exchanges(self) -> int:
        return self.matched + self.on_purpose + self.differing + self.not_emulated + self.not_replayed

    @property
    def first_difference(self) -> Finding | None:
        return self.differences[0] if self.differences else None

    def count(self, recording: str, then: Exchange, differences: Iterable[Difference]) -> None:
        """Add an answer that differs from the recorded one like this."""
        found = list(differences)
        for reason in {one.reason for one in found if one.reason is not None}:
            self.reasons[reason] = self.reasons.get(reason, 0) + 1
        unexplained = [one for one in found if one.reason is None]
        if unexplained:
            self.differing += 1
            self.differences += [
                Finding(recording, then.seq, one.where, one.recorded, one.emulated) for one in unexplained
            ]
        elif found:
            self.on_purpose += 1
        else:
            self.matched += 1


class Report:
    """Rows by operation."""

    def __init__(self) -> None:
        self.recordings = 0
        self._rows: dict[str, Row] = {}

    @property
    def rows(self) -> list[Row]:
        """By name; what is not emulated comes last."""
        known = ("matched", "on_purpose", "differing")
        return sorted(
            self._rows.values(),
            key=lambda row: (not any(getattr(row, name) for name in known), row.operation),
        )

    @property
    def total(self) -> Row:
        """The sum of all rows."""
        total = Row("total")
        for row in self._rows.values():
            total.matched += row.matched
            total.on_purpose += row.on_purpose
            total.differing += row.differing
            total.not_emulated += row.not_emulated
            total.not_replayed += row.not_replayed
        return total

    def row(self, operation: str) -> Row:
        return self._rows.setdefault(operation, Row(operation))


def operation_of(then: Exchange) -> str | None:
    """The service's name of what was asked, by the emulator's routes; nothing if it has none for it."""
    if lacks_name(then.path):
        return "(a path without a name)"
    route = route_of(then)
    return route.operation if route is not None else None


def route_of(then: Exchange) -> Route | None:
    """The emulator's route for what was asked; nothing if it has none."""
    try:
        route, _ = ROUTER.find(
            then.method,
            split(then.path)[1:],
            parse_query(then.query),
            lambda: xml.parse(then.request_body)[0].rpartition(":")[2] if then.request_body else "",
        )
    except Refusal:
        return None
    return route


async def measure(recordings: Iterable[Path]) -> Report:
    """Replay recordings, each against an emulator in which nothing is but what it needs."""
    report = Report()
    async with (
        Emulator(clock=ManualClock(), tail=False, seed=1) as emulator,
        connected(emulator) as management,
    ):
        for recording in recordings:
            emulator.reset()
            emulator.seed(
                {"publisher": not any(FORBIDDEN in each.response_body for each in exchanges(recording))}
            )
            await prepare(management, recording)
            report.recordings += 1
            await _measure_one(report, management, recording)
    return report


async def _measure_one(report: Report, management: Management, recording: Path) -> None:
    name = f"{recording.parent.name}/{recording.stem}"
    compared = comparison(management)
    unknown: set[str] = set()
    not_made: list[str] = []
    made: set[str] = set()
    async for then, now in replay(management, recording):
        operation = operation_of(then)
        made |= made_names(then, now).keys()
        is_change = then.method != "GET"
        # The end of an operation cannot be asked for where its beginning is unknown.
        if operation is None or split(then.path)[-1] in unknown:
            unknown |= {_request_id(then), *_named_operations(then)}
            report.row(f"all of {recording.parent.name}").not_emulated += 1
        elif not _is_whole(recording, then, made) or then.path.lower().startswith(tuple(not_made)):
            if is_change:
                not_made.append(then.path.lower())
                not_made.append(f"/{split(then.path)[0]}/operations/{_request_id(then)}")
            report.row(operation).not_replayed += 1
        else:
            report.row(operation).count(name, then, compared.differences(then, now))


def _is_whole(recording: Path, then: Exchange, made: Iterable[str]) -> bool:
    known = has_bodies(recording) or then.method == "GET" or then.request_body != b""
    return bool(then.request_headers) and (known or any(name in then.path for name in made))


def _named_operations(then: Exchange) -> list[str]:
    """The operation that an answer itself names, as those about gateways do."""
    if b"<GatewayOperationAsyncResponse" not in then.response_body:
        return []
    return re.findall("<ID>([^<]+)</ID>", then.response_body.decode())


def _request_id(then: Exchange) -> str:
    return then.response_headers.get("x-ms-request-id", "none")


def table(report: Report) -> Table:
    """For people."""
    shown = Table(
        title=f"{report.total.exchanges} exchanges of {report.recordings} recordings", show_footer=True
    )
    total = report.total
    shown.add_column("operation", "total", no_wrap=True)
    for name, value in (
        ("exchanges", total.exchanges),
        ("matched", total.matched),
        ("on purpose", total.on_purpose),
        ("differing", total.differing),
        ("not emulated", total.not_emulated),
        ("not replayed", total.not_replayed),
    ):
        shown.add_column(name, str(value), justify="right")
    shown.add_column("first difference: recorded / emulated; reasons")
    for row in report.rows:
        remarks = Text("\n").join(
            [
                *([Text(str(row.first_difference), style="bold red")] if row.first_difference else []),
                *(Text(f"{number} x {reason}") for reason, number in row.reasons.items()),
            ]
        )
        counts = (
            row.exchanges,
            row.matched,
            row.on_purpose,
            row.differing,
            row.not_emulated,
            row.not_replayed,
        )
        shown.add_row(row.operation, *(str(count or "") for count in counts), remarks)
    return shown


def document(report: Report) -> dict[str, object]:
    """For machines."""

    def numbers(row: Row) -> dict[str, object]:
        return {"exchanges": row.exchanges, **asdict(row)}

    total = numbers(report.total)
    for name in ("operation", "reasons", "differences"):
        del total[name]
    return {"recordings": report.recordings, "total": total, "operations": [*map(numbers, report.rows)]}


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="fidelity", description="Compare the emulator with recorded traffic."
    )
    parser.add_argument(
        "folders", type=Path, nargs="*", default=[*CORPORA], help="of recordings, by area; all that are there"
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write the report with all differences here"
    )
    chosen = parser.parse_args(arguments)
    console = Console(width=None if sys.stdout.isatty() else 160)
    recordings = recorded(folders=chosen.folders)
    if not recordings:
        console.print(
            f"skipped: recordings not found in {chosen.folders[0]}; ASYNCSM_RECORDINGS says where they are"
        )
        return 0
    report = asyncio.run(measure(recordings))
    console.print(table(report))
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(document(report), indent=2) + "\n", encoding="utf-8")
    return 1 if report.total.differing else 0


if __name__ == "__main__":
    sys.exit(main())
