"""A picture of a run: a row for each resource, a bar for each state it was in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Final

from asyncsm.provisioning.progress import ResourceRecord, Span, State
from asyncsm.provisioning.steps import Outcome

ROW: Final = 14
BAR: Final = 9
NAMES: Final = 260
WIDTH: Final = 960
"""The width of the bars, in the picture's units."""
TOP: Final = 64
TICKS: Final = 8

COLOURS: Final = {
    State.WAITING: "#c9ced6",
    State.READY: "#b7a6d9",
    State.LOOKING: "#8fb8de",
    State.QUEUED: "#e6b94d",
    State.SENDING: "#4a90d9",
    State.RUNNING: "#46a06c",
}
"""The colours also differ in lightness, for people who see few colours."""

MARKS: Final = {
    Outcome.CREATED: "#2f7d4f",
    Outcome.CHANGED: "#2f7d4f",
    Outcome.REMOVED: "#2f7d4f",
    Outcome.UNCHANGED: "#7a8494",
    Outcome.KEPT: "#7a8494",
    Outcome.ABSENT: "#7a8494",
    Outcome.DIFFERENT: "#b7791f",
    Outcome.SKIPPED: "#b7791f",
    Outcome.STOPPED: "#b7791f",
    Outcome.FAILED: "#c53030",
}

STYLE: Final = """
svg { font: 10px system-ui, sans-serif; color: #1f2733; background: #ffffff; }
svg text { fill: currentColor; }
svg .title { font-size: 15px; font-weight: 600; }
svg .grid { stroke: currentColor; stroke-opacity: .15; }
svg .row:hover rect.back { fill: currentColor; fill-opacity: .08; }
svg rect.back { fill: transparent; }
@media (prefers-color-scheme: dark) { svg { color: #e6e9ef; background: #14181f; } }
"""

PAGE_STYLE: Final = """
body { margin: 0; background: #ffffff; }
svg { width: 100%; height: auto; min-width: 720px; }
@media (prefers-color-scheme: dark) { body { background: #14181f; } }
"""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The picture of a run.

    Attributes:
        title: verb and plan.
        outcomes: the number of resources for each outcome, in words.
        begun: the beginning of the run.
        seconds: its duration.
        resources: a row for each, from top to bottom.
    """

    title: str
    outcomes: str
    begun: datetime
    seconds: float
    resources: Sequence[ResourceRecord]

    def page(self) -> str:
        """Draw the picture on an HTML page that needs no other file."""
        title = escape(self.title)
        return (
            f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<style>{PAGE_STYLE}</style></head><body>{self.picture()}</body></html>\n"
        )

    def picture(self) -> str:
        """Draw the picture as SVG that needs no other file."""
        height = TOP + ROW * len(self.resources) + 24
        width = NAMES + WIDTH + 40
        summary = escape(f"{self.title}: {self.outcomes} in {_duration(self.seconds)}")
        return "".join(
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
                f"<title>{summary}</title><style>{STYLE}</style>",
                f'<text class="title" x="12" y="22">{summary}</text>',
                *_legend(),
                *self._ticks(height),
                *(part for number, one in enumerate(self.resources) for part in self._row(number, one)),
                "</svg>",
            )
        )

    def _ticks(self, height: int) -> Iterator[str]:
        for number in range(TICKS + 1):
            x = NAMES + WIDTH * number / TICKS
            yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{height - 20}"/>'
            label = _duration(self.seconds * number / TICKS)
            yield f'<text x="{x:.1f}" y="{TOP - 10}" text-anchor="middle">{label}</text>'

    def _row(self, number: int, record: ResourceRecord) -> Iterator[str]:
        y = TOP + ROW * number
        yield f'<g class="row"><title>{escape(_told(record))}</title>'
        yield f'<rect class="back" x="0" y="{y}" width="{NAMES + WIDTH + 40}" height="{ROW}"/>'
        yield f'<text x="{NAMES - 8}" y="{y + 10}" text-anchor="end">{escape(_shortened(record.key))}</text>'
        for span in record.spans:
            yield from self._bar(y, span)
        if record.outcome is not None and record.ended is not None:
            x = self._x(record.ended)
            yield f'<circle cx="{x:.1f}" cy="{y + ROW / 2}" r="3" fill="{MARKS[record.outcome]}"/>'
        yield "</g>"

    def _bar(self, y: int, span: Span) -> Iterator[str]:
        colour = COLOURS.get(span.state)
        begun, ended = self._x(span.begun), self._x(span.ended)
        if colour is None or ended - begun < 0.05:
            return
        high = BAR if span.state is not State.WAITING else 3
        yield (
            f'<rect x="{begun:.1f}" y="{y + (ROW - high) / 2:.1f}" width="{max(ended - begun, 0.5):.1f}"'
            f' height="{high}" rx="1" fill="{colour}"/>'
        )

    def _x(self, at: datetime) -> float:
        whole = self.seconds or 1.0
        return NAMES + WIDTH * min(1.0, max(0.0, (at - self.begun).total_seconds() / whole))


def _legend() -> Iterator[str]:
    x = 12
    for state, colour in COLOURS.items():
        yield f'<rect x="{x}" y="32" width="10" height="10" rx="2" fill="{colour}"/>'
        yield f'<text x="{x + 14}" y="41">{state}</text>'
        x += 24 + 6 * len(state) + 10


def _told(record: ResourceRecord) -> str:
    """Return the text shown while the pointer rests on a row."""
    lines = [f"{record.key}: {record.outcome or record.state}"]
    lines += [f"{span.state} {_duration(span.seconds)} {span.detail}".rstrip() for span in record.spans]
    if record.retries:
        lines.append(f"sent again {record.retries} times")
    if record.request_ids:
        lines.append(f"requests {', '.join(record.request_ids)}")
    lines += record.differences
    if record.error:
        lines.append(record.error)
    return "\n".join(lines)


def _shortened(key: str, most: int = 44) -> str:
    return key if len(key) <= most else f"{key[: most // 2]}…{key[-most // 2 + 1 :]}"


def _duration(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
