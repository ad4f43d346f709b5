"""A picture of a run: resources by what they are in, the worst first, with a bar for each state they were in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Final

from asyncsm.provisioning.progress import ResourceRecord, State, grouped, reasons
from asyncsm.provisioning.steps import Outcome

COLOURS: Final = {
    State.WAITING: "#c9ced6",
    State.READY: "#b7a6d9",
    State.LOOKING: "#8fb8de",
    State.QUEUED: "#e6b94d",
    State.SENDING: "#4a90d9",
    State.RUNNING: "#46a06c",
}
"""The colours also differ in lightness, for people who see few colours."""

SIGNS: Final = {
    Outcome.FAILED: ("bad", "✕"),
    Outcome.DIFFERENT: ("warn", "≠"),
    Outcome.SKIPPED: ("warn", "↷"),
    Outcome.STOPPED: ("warn", "■"),
    Outcome.CREATED: ("good", "✓"),
    Outcome.CHANGED: ("good", "✓"),
    Outcome.REMOVED: ("good", "✓"),
    Outcome.KEPT: ("quiet", "="),
    Outcome.UNCHANGED: ("quiet", "="),
    Outcome.ABSENT: ("quiet", "="),
}
"""The tone and the sign of each outcome, the worst first; it is always written out beside them."""

_UNITS: Final = (
    (0.1, (1, 2, 5)),
    (1, (1, 2, 5, 10, 20, 30)),
    (60, (1, 2, 5, 10, 20, 30)),
    (3600, (1, 2, 4, 12, 24)),
)
STEPS: Final = tuple(unit * number for unit, numbers in _UNITS for number in numbers)
"""Seconds that may lie between two ticks of the axis."""
MOST_TICKS: Final = 8
OPEN_GROUPS: Final = 12
"""Of more groups, those in which all is good are closed."""

ROW: Final = 16
TOP: Final = 76
LEFT: Final = 340
WIDTH: Final = 860
"""The measures of the picture that is no page."""

SVG_STYLE: Final = """
svg { font: 11px system-ui, sans-serif; background: #fff; } text { fill: #1f2733; }
.title { font-size: 15px; font-weight: 600; } .group { font-weight: 600; } .good { fill: #1f6f42; }
.warn { fill: #8a5a00; } .bad { fill: #b32020; } .quiet { fill: #5d6878; }
@media (prefers-color-scheme: dark) { svg { background: #14181f; } text { fill: #e6e9ef; } .good { fill: #6fcf97; }
  .warn { fill: #f0b75a; } .bad { fill: #ff8a80; } .quiet { fill: #9aa5b5; } }
"""

STYLE: Final = Path(__file__).with_name("timeline.css").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Timeline:
    """The picture of a run.

    Attributes:
        title: verb and plan.
        begun: the beginning of the run.
        seconds: its duration.
        resources: all of them.
    """

    title: str
    begun: datetime
    seconds: float
    resources: Sequence[ResourceRecord]

    def page(self) -> str:
        """Draw the picture on an HTML page that needs no other file."""
        title = escape(f"{self.title}: {self._counted(self.resources)} in {_duration(self.seconds)}")
        groups = self._groups()
        ticks = "".join(
            f'<span{" class=end" if self._percent(at) > 94 else ""} style="left:{self._percent(at):.2f}%">'
            f"{_duration(at, exact=True)}</span>"
            for at in self._moments()
        )
        why = "".join(f"<li>{escape(one)}</li>" for one in reasons(self.resources))
        return "".join(
            (
                f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>',
                '<meta name="viewport" content="width=device-width, initial-scale=1">',
                f"<style>{STYLE}</style></head><body><h1>{title}</h1>",
                f'<ul class="why">{why}</ul>' if why else "",
                f'<ul class="key">{"".join(self._legend())}</ul>',
                f'<div class="row axis"><b></b><span></span><div class="bars">{ticks}</div></div>',
                *(part for name, those in groups for part in self._group(name, those, len(groups))),
                "</body></html>\n",
            )
        )

    def _groups(self) -> list[tuple[str, list[ResourceRecord]]]:
        """Return the resources by what they are in; the worst first in each, and the worst groups first."""
        groups = [(name, sorted(those, key=_badness)) for name, those in grouped(self.resources).items()]

        def worst(group: tuple[str, list[ResourceRecord]]) -> tuple[int, int]:
            badness = _badness(group[1][0])
            alike = sum(one.outcome is group[1][0].outcome for one in group[1])
            return (badness, -alike) if badness < _GOOD else (_GOOD, 0)

        return sorted(groups, key=worst)

    def _counted(self, resources: Sequence[ResourceRecord]) -> str:
        counted = Counter(one.outcome for one in resources)
        return ", ".join(f"{counted[one]} {one}" for one in SIGNS if counted[one]) or "nothing to do"

    def _legend(self) -> Iterator[str]:
        for state, colour in COLOURS.items():
            yield f'<li><i style="background:{colour}"></i>{state}</li>'

    def _moments(self) -> list[float]:
        """Return round numbers of seconds, as many as fit on the axis."""
        step = next((one for one in STEPS if self.seconds / one <= MOST_TICKS), self.seconds / MOST_TICKS)
        return [round(number * step, 1) for number in range(int(self.seconds / step + 1e-9) + 1)]

    def _group(self, name: str, resources: Sequence[ResourceRecord], groups: int) -> Iterator[str]:
        good = all(one.outcome is not None and one.outcome.is_good for one in resources)
        shown = "" if good and groups > OPEN_GROUPS else " open"
        counted = escape(self._counted(resources))
        yield f"<details{shown}><summary>{escape(name)}<span>{counted}</span></summary>"
        for one in resources:
            yield from self._row(one)
        yield "</details>"

    def _row(self, record: ResourceRecord) -> Iterator[str]:
        tone, sign = _sign(record)
        own, kind = record.name.rpartition("/")[2], record.kind.replace("_", " ")
        yield f'<div class="row"><b class="{tone}">{sign} {record.outcome or record.state}</b>'
        yield f'<span class="name">{escape(own)} <em>{escape(kind)}</em></span>'
        yield from self._bars(record)
        said = record.error or "; ".join(record.differences) or ("" if tone == "good" else record.detail)
        yield f"<small>{escape(said)}</small></div>" if said else "</div>"

    def _bars(self, record: ResourceRecord, place: str = "") -> Iterator[str]:
        """Yield an image with a bar for each state in which a resource was."""
        yield f'<svg class="bars" role="img"{place}><title>{escape(_told(record))}</title>'
        for span in record.spans:
            begun, ended = self._at(span.begun), self._at(span.ended)
            if span.state in COLOURS and ended - begun > 0.01:
                top, high = (5, 2) if span.state is State.WAITING else (1, 10)
                yield f'<rect x="{begun:.2f}%" y="{top}" width="{max(ended - begun, 0.1):.2f}%" height="{high}"'
                yield f' fill="{COLOURS[span.state]}"/>'
        yield "</svg>"

    def _at(self, moment: datetime) -> float:
        return self._percent((moment - self.begun).total_seconds())

    def _percent(self, seconds: float) -> float:
        return 100 * min(1.0, max(0.0, seconds / (self.seconds or 1.0)))

    def picture(self) -> str:
        """Draw the picture as SVG that needs no other file."""
        lines: list[tuple[str, ResourceRecord | None]] = [(one, None) for one in reasons(self.resources)]
        for name, those in self._groups():
            lines.append((f"{name}: {self._counted(those)}", None))
            lines += [("", one) for one in those]
        height = TOP + ROW * len(lines) + 10
        title = escape(f"{self.title}: {self._counted(self.resources)} in {_duration(self.seconds)}")
        return "".join(
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 60} {height}" role="img">',
                f"<title>{title}</title><style>{SVG_STYLE}</style>",
                f'<text class="title" x="10" y="22">{title}</text>',
                *(
                    f'<rect x="{10 + 90 * at}" y="32" width="10" height="10" fill="{colour}"/>'
                    f'<text x="{24 + 90 * at}" y="41">{state}</text>'
                    for at, (state, colour) in enumerate(COLOURS.items())
                ),
                *(
                    f'<text x="{LEFT + WIDTH * self._percent(at) / 100:.1f}" y="{TOP - 6}">{_duration(at, exact=True)}</text>'
                    for at in self._moments()
                ),
                *(
                    part
                    for number, line in enumerate(lines)
                    for part in self._line(TOP + ROW * number, *line)
                ),
                "</svg>",
            )
        )

    def _line(self, y: int, text: str, record: ResourceRecord | None) -> Iterator[str]:
        if record is None:
            yield f'<text class="group" x="10" y="{y + 11}">{escape(text)}</text>'
            return
        tone, sign = _sign(record)
        yield f'<text class="{tone}" x="10" y="{y + 11}">{sign} {record.outcome or record.state}</text>'
        yield f'<text x="100" y="{y + 11}">{escape(_shortened(record))}</text>'
        yield from self._bars(record, f' x="{LEFT}" y="{y + 1}" width="{WIDTH}" height="12"')


_GOOD: Final = list(SIGNS).index(Outcome.CREATED)


def _badness(record: ResourceRecord) -> int:
    return -1 if record.outcome is None else list(SIGNS).index(record.outcome)


def _sign(record: ResourceRecord) -> tuple[str, str]:
    """Return the tone and the sign of a resource."""
    return ("warn", "?") if record.outcome is None else SIGNS[record.outcome]


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


def _shortened(record: ResourceRecord, most: int = 34) -> str:
    own = record.name.rpartition("/")[2]
    return own if len(own) <= most else f"{own[: most // 2]}…{own[-most // 2 + 1 :]}"


def _duration(seconds: float, *, exact: bool = False) -> str:
    if seconds < 10:
        return f"{seconds:g} s" if exact else f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h" if exact and not minutes else f"{hours} h {minutes:02} min"
    if exact and not rest:
        return f"{minutes} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
