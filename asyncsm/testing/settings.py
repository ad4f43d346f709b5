"""Wishes of a test about its emulator: its marker first, then the command line, then the ini file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from asyncsm.emulator import Clock, Quotas, SeedDocument, Throttle
    from asyncsm.testing.background import EmulatorArguments

MARKER: Final = "asm"

OPTIONS: Final[Mapping[str, str]] = {
    "clock": "clock of the emulators whose tests do not say: instant, fast, real, manual or a factor",
    "throttle": "how many requests of a subscription they admit, as N/SECONDS, such as 300/300",
    "subscriptions": "how many subscriptions they have",
    "seed": "number that makes their ids, keys and durations repeatable",
}
"""Wishes that can be given for all tests: ``--asm-clock`` on the command line, ``asm_clock`` in the ini file."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """Arguments of the marker ``asm``; what is ``None`` has not been said.

    Attributes:
        clock: ``instant``, ``fast``, ``real``, ``manual``, a factor, or a `Clock`. If nobody says:
            ``manual`` for tests that use `asm_clock`, ``fast`` with a throttle, else ``instant``.
        throttle: how many requests of a subscription are admitted, as ``N/SECONDS``.
        subscriptions: how many there are, or their ids or names; 1, if nobody says.
        seed: makes ids, keys and durations repeatable.
        quotas: what each subscription may have.
        contents: what there is from the beginning, as a seed document.
    """

    clock: str | float | Clock | None = None
    throttle: str | Throttle | None = None
    subscriptions: int | Sequence[str] | None = None
    seed: int | None = None
    quotas: Quotas | Mapping[str, int] | None = None
    contents: SeedDocument | Mapping[str, object] | None = None

    def or_else(self, others: Wishes) -> Wishes:
        """Return these wishes, completed by `others`."""
        missing = {each.name: getattr(others, each.name) for each in fields(self) if self._lacks(each.name)}
        return replace(self, **missing)

    def arguments(self, *, moves_clock: bool) -> EmulatorArguments:
        """Return arguments for `Emulator`; `moves_clock` says whether the test uses `asm_clock`."""
        if self.clock is not None:
            clock = self.clock
        elif moves_clock:
            clock = "manual"
        else:
            clock = "instant" if self.throttle is None else "fast"
        wanted = {each.name: getattr(self, each.name) for each in fields(self) if not self._lacks(each.name)}
        arguments: EmulatorArguments = {**wanted, "clock": clock}  # type: ignore[typeddict-item]
        return arguments

    def _lacks(self, name: str) -> bool:
        return getattr(self, name) is None


def add_options(parser: pytest.Parser) -> None:
    """Make known what can be said for all tests."""
    group = parser.getgroup("asm", "Azure Service Management emulator (asyncsm)")
    for name, help_ in OPTIONS.items():
        group.addoption(f"--asm-{name}", default=None, metavar=name.upper(), help=help_)
        parser.addini(f"asm_{name}", help=help_, default="")


def wishes_of(node: pytest.Item, config: pytest.Config) -> Wishes:
    """Return the wishes of the test `node`: of several markers the nearest comes first.

    Raises:
        pytest.UsageError: a marker or an option is not what it can be.
    """
    wishes = Wishes()
    for marker in node.iter_markers(MARKER):
        wishes = wishes.or_else(_marked(marker, node))
    return wishes.or_else(_configured(config))


def _marked(marker: pytest.Mark, node: pytest.Item) -> Wishes:
    names = [each.name for each in fields(Wishes)]
    unknown = [str(argument) for argument in marker.args] + [
        name for name in marker.kwargs if name not in names
    ]
    if unknown:
        raise pytest.UsageError(
            f"{node.nodeid}: the marker {MARKER!r} takes {', '.join(f'{name}=' for name in names)} "
            f"not {', '.join(unknown)}"
        )
    return Wishes(**marker.kwargs)


def _configured(config: pytest.Config) -> Wishes:
    said = {name: _option(config, name) for name in OPTIONS}
    return Wishes(
        clock=said["clock"],
        throttle=said["throttle"],
        subscriptions=_number("subscriptions", said["subscriptions"]),
        seed=_number("seed", said["seed"]),
    )


def _option(config: pytest.Config, name: str) -> str | None:
    value = config.getoption(f"--asm-{name}") or config.getini(f"asm_{name}")
    return str(value) if value else None


def _number(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return int(text)
    except ValueError:
        raise pytest.UsageError(f"asm_{name} is a whole number, not {text!r}") from None
