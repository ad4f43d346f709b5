"""Displays of the demo: live on a terminal, line by line elsewhere, and its summary."""

from __future__ import annotations

import sys
from typing import Final, Self

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from asyncsm.cli.common import Lines, say
from asyncsm.cli.demo import SECTIONS
from asyncsm.cli.demo_tour import Done, Section, Summary
from asyncsm.cli.output import grid

TITLE_WIDTH: Final = max(len(section.title) for section in SECTIONS)
BAR_WIDTH: Final = 40
ROOMY: Final = 104
"""Width of a terminal, in columns, from which on operation and request id have columns of their own."""
FRAMES_PER_SECOND: Final = 12


class PlainTourDisplay(Lines):
    """Writes a line for each step, for files and pipes."""

    def opened(self, number: int, section: Section) -> None:
        """Show that a section begins."""
        say(f"{number:2}. {section.title}: {section.code}")

    def expecting(self, count: int) -> None:
        """Show that `count` steps follow, several at once."""
        say(f"    {count} to do, in parallel")

    def did(self, done: Done) -> None:
        """Show a step that was done."""
        say(f"    {_in_words(done)}, request {done.request_id}")

    def closed(self, note: str, seconds: float) -> None:
        """Show that the section is over."""
        say(f"    {note} ({seconds:.1f} s)")


class LiveTourDisplay:
    """Prints a line for each finished section, and updates the present one below them."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._number = 0
        self._section = SECTIONS[0]
        self._spinner = Spinner("dots", style="cyan")
        self._expected = 0
        self._arrived = 0
        self._latest = ""
        self._live = Live(
            console=console,
            refresh_per_second=FRAMES_PER_SECOND,
            transient=True,
            get_renderable=self._picture,
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._live.stop()
        if error is not None:
            self._console.print(self._line(Text("✗", "red"), "not finished", ""))

    def opened(self, number: int, section: Section) -> None:
        """Show that a section begins."""
        self._number, self._section = number, section
        self._expected = self._arrived = 0
        self._latest = ""

    def expecting(self, count: int) -> None:
        """Show that `count` steps follow, several at once."""
        self._expected, self._arrived = count, 0

    def did(self, done: Done) -> None:
        """Show a step that was done."""
        self._arrived = min(self._arrived + 1, self._expected)
        self._latest = _in_words(done)

    def closed(self, note: str, seconds: float) -> None:
        """Show that the section is over."""
        self._console.print(self._line(Text("✓", "green"), note, f"{seconds:.1f} s"))
        self._console.print(Text(f"      {self._section.code}", "dim", no_wrap=True, overflow="ellipsis"))

    def _picture(self) -> RenderableType:
        lines: list[RenderableType] = [self._line(self._spinner, self._section.code, "")]
        if self._expected:
            bar = Table.grid(padding=(0, 1, 0, 0))
            bar.add_row(
                "     ",
                ProgressBar(self._expected, self._arrived, width=BAR_WIDTH),
                f"{self._arrived}/{self._expected}",
            )
            lines.append(bar)
        lines.append(Text(f"      {self._latest}", "dim", no_wrap=True, overflow="ellipsis"))
        return Group(*lines)

    def _line(self, mark: RenderableType, note: str, time: str) -> Table:
        line = Table.grid(padding=(0, 1, 0, 0), expand=True)
        line.add_column(width=1)
        line.add_column(width=3, justify="right")
        line.add_column(width=TITLE_WIDTH)
        line.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        line.add_column(justify="right", min_width=6)
        line.add_row(
            mark, f"{self._number}.", Text(self._section.title, "bold"), Text(note), Text(time, "cyan")
        )
        return line


def _in_words(done: Done) -> str:
    return f"{done.operation} {done.resource} {done.status} in {done.seconds:.3f} s"


def summary_table(summary: Summary, console: Console) -> None:
    """Print a table of all steps, as wide as `console` allows."""
    if not console.is_terminal:
        rows = [
            [done.operation, done.resource, done.request_id, done.status, f"{done.seconds:.3f}"]
            for done in summary.done
        ]
        sys.stdout.write(grid(rows, ["operation", "resource", "request id", "status", "seconds"]) + "\n")
        return
    roomy = console.width >= ROOMY
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Operation" if roomy else "Operation, request id", overflow="fold")
    table.add_column("Resource", overflow="fold")
    if roomy:
        table.add_column("Request id", no_wrap=True)
    table.add_column("Status", no_wrap=True)
    table.add_column("Seconds", justify="right", no_wrap=True)
    for done in summary.done:
        request = Text(done.request_id, "dim")
        names: list[str | Text] = (
            [done.operation, done.resource, request]
            if roomy
            else [Text(f"{done.operation}\n  ").append(request), done.resource]
        )
        table.add_row(*names, Text(done.status, "green"), f"{done.seconds:.3f}")
    console.print(table)


def summary_in_words(summary: Summary, factor: float) -> str:
    """Describe the totals, and how much faster the parallel parts were."""
    return (
        f"{len(summary.done)} operations in {summary.seconds:.1f} s, emulated at {factor:g}x real speed.\n"
        f"In parallel: {summary.added_seconds:.1f} s of operations in {summary.parallel_seconds:.1f} s,"
        f" {summary.speed_up:.1f}x as fast as one by one."
    )
