"""How long operations of each kind take, learned from those of the session."""

from __future__ import annotations

from typing import Final

from asyncsm import durations

_WEIGHT_OF_LATEST: Final = 0.3

_TOO_LATE_TO_TELL: Final = 0.9
"""What is left of the expectation after an end nobody watched.

An operation that had ended by the first question may have ended long before. Taking that
moment for its end would only ever lengthen the expectation, so it is shortened a little,
until a question comes early enough to tell.
"""


class Durations:
    """Seconds from acceptance to end, by kind of operation."""

    def __init__(self) -> None:
        self._learned: dict[str, float] = {}
        self._expected: dict[str, float] = {}

    def expect(self, kind: str, seconds: float | None) -> None:
        """Expect that operations of `kind` take `seconds`, until one has ended; ``None`` tells nothing."""
        if seconds is not None:
            self._expected[kind] = seconds

    def learn(self, kind: str, in_progress: float | None, ended: float) -> None:
        """Take in one operation.

        Args:
            kind: the service's name for the call.
            in_progress: its age in seconds when it was last seen in progress; ``None`` for never.
            ended: its age when it was first seen to have ended.
        """
        unwatched = _TOO_LATE_TO_TELL * min(ended, self.usual(kind))
        watched = in_progress is not None and in_progress >= unwatched
        seconds = ((in_progress or 0.0) + ended) / 2 if watched else unwatched
        known = self._learned.get(kind)
        self._learned[kind] = seconds if known is None else known + _WEIGHT_OF_LATEST * (seconds - known)

    def learned(self, kind: str) -> float | None:
        """Return what this session's operations of `kind` taught; ``None`` before the first has ended."""
        return self._learned.get(kind)

    def usual(self, kind: str) -> float:
        """Return what to expect of an operation of `kind`."""
        expected = self._expected.get(kind, durations.OTHERWISE)
        return self._learned.get(kind, expected)
