"""Displays of a plan's run: live on a terminal, line by line elsewhere, or as lines of JSON."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Protocol, Self

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from asyncsm.cli.common import Lines, say
from asyncsm.cli.output import Output
from asyncsm.provisioning import Progress, ResourceRecord, State, Step
from asyncsm.provisioning.progress import grouped, reasons

FRAMES_PER_SECOND: Final = 6
SHOWN: Final = 10
"""The number of lanes that are shown one by one."""
BAR_WIDTH: Final = 40

STYLES: Final = {
    State.WAITING: "dim",
    State.READY: "dim",
    State.LOOKING: "blue",
    State.QUEUED: "yellow",
    State.SENDING: "cyan",
    State.RUNNING: "green",
}


class Display(Protocol):
    """Shows the progress of a run."""

    def watch(self, progress: Progress) -> None:
        """Show `progress` from now on."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def display_for(output: Output, plan: str, verb: str) -> Display:
    """Choose the display by the form of output and by whether standard error is a terminal."""
    if output is not Output.TABLE:
        return JsonDisplay()
    console = Console(stderr=True)
    return LiveDisplay(console, f"{verb} {plan}") if console.is_terminal else PlainDisplay()


class JsonDisplay(Lines):
    """Writes each step as a line of JSON to standard error; the report follows on standard output."""

    def watch(self, progress: Progress) -> None:
        """Write each step as it happens."""
        progress.subscribe(lambda step: say(step.model_dump_json(exclude_defaults=True)))


class PlainDisplay(Lines):
    """Writes a line for each resource that has ended, and for each attempt that failed."""

    def __init__(self) -> None:
        self._ended = 0

    def watch(self, progress: Progress) -> None:
        """Write a line for each resource at its end."""
        whole = len(progress.records)

        def told(step: Step) -> None:
            if step.outcome is not None:
                self._ended += 1
                seconds = progress.records[step.key].seconds
                said = f": {step.detail}" if step.detail else ""
                say(f"[{self._ended}/{whole}] {step.key} {step.outcome} in {seconds:.1f} s{said}")
            elif step.retry:
                say(f"{step.key}: {step.detail}")

        progress.subscribe(told)


class LiveDisplay:
    """Shows totals, rates, and the resources under way, updated in place."""

    def __init__(self, console: Console, title: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._title = title
        self._clock = clock
        self._begun = clock()
        self._progress: Progress | None = None
        self._live = Live(
            console=console,
            refresh_per_second=FRAMES_PER_SECOND,
            transient=True,
            get_renderable=self._picture,
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def watch(self, progress: Progress) -> None:
        """Show `progress` from now on."""
        self._progress = progress
        self._begun = self._clock()

    def _picture(self) -> RenderableType:
        if self._progress is None:
            return Text(f"{self._title}: looking at what is there ...")
        return Group(
            self._totals(self._progress), self._kinds(self._progress), self._under_way(self._progress)
        )

    def _totals(self, progress: Progress) -> RenderableType:
        whole = len(progress.records)
        ended = progress.states()[State.ENDED]
        seconds = self._clock() - self._begun
        rate = f"{ended / seconds * 60:.0f} a minute" if ended and seconds > 1 else ""
        bar = Table.grid(padding=(0, 1))
        bar.add_row(
            Text(self._title, style="bold"),
            ProgressBar(max(whole, 1), ended, width=min(BAR_WIDTH, self._console.width // 3)),
            Text(f"{ended}/{whole}"),
            Text(f"{seconds:.0f} s"),
            Text(rate, style="dim"),
        )
        return bar

    def _kinds(self, progress: Progress) -> RenderableType:
        """Make a row for each kind, with the number of its resources in each state."""
        states = [state for state in State if state is not State.ENDED]
        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        for heading in ("", *states, "done", "not done"):
            table.add_column(heading, justify="right" if heading else "left")
        rows: dict[str, list[ResourceRecord]] = {}
        for record in progress.records.values():
            rows.setdefault(record.kind, []).append(record)
        for kind, records in rows.items():
            good = sum(one.outcome is not None and one.outcome.is_good for one in records)
            bad = sum(one.outcome is not None and not one.outcome.is_good for one in records)
            counts = [sum(one.state is state for one in records) for state in states]
            cells = [
                Text(str(count) if count else "", style=STYLES[state])
                for state, count in zip(states, counts, strict=True)
            ]
            table.add_row(
                kind.replace("_", " "),
                *cells,
                Text(str(good) if good else "", style="bold green"),
                Text(str(bad) if bad else "", style="bold red"),
            )
        return table

    def _under_way(self, progress: Progress) -> RenderableType:
        """Make a row for each lane in which something is under way, the longest first, and for each reason of failures."""
        now = datetime.now(UTC)
        busy = grouped(one for one in progress.records.values() if one.state.is_in_flight)
        lanes = sorted(busy.items(), key=lambda lane: min(one.since for one in lane[1]))
        table = Table.grid(padding=(0, 2, 0, 0))
        for name, those in lanes[:SHOWN]:
            first = min(those, key=lambda one: (one.state is State.QUEUED, one.since))
            queued = sum(one.state is State.QUEUED for one in those if one is not first)
            others = len(those) - queued - 1
            more = [f"{queued} queued"] * bool(queued) + [f"{others} more"] * bool(others)
            told = " ".join(filter(None, [first.name.rpartition("/")[2], first.detail]))
            table.add_row(
                Text(name, no_wrap=True, overflow="ellipsis"),
                Text(first.state, style=STYLES[first.state]),
                Text(f"{(now - first.since).total_seconds():.0f} s", justify="right"),
                Text(", ".join([told, *more]), style="dim", no_wrap=True, overflow="ellipsis"),
            )
        if len(lanes) > SHOWN:
            table.add_row(Text(f"and {len(lanes) - SHOWN} more", style="dim"))
        for reason in reasons(progress.records.values(), 3):
            table.add_row(
                Text("failed", style="red"), "", "", Text(reason, overflow="ellipsis", no_wrap=True)
            )
        return table
