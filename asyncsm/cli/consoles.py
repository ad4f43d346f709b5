"""Consoles that cannot show every character: those of Windows above all, whose encodings have few."""

from __future__ import annotations

import codecs
import io
import os
import sys
from typing import Final

LEGIBLE: Final = {"✓": "+", "✗": "x", "→": "->", "…": "...", "·": "-"}
"""What stands for characters of our own where they are unknown; a question mark does for all others."""


def be_legible() -> None:
    """Have standard output and errors write what they cannot encode in other words, instead of failing.

    Python has no objects for those that the caller has closed (``>&-``): they become the null device, which
    also keeps their numbers from the files and connections that are opened next.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, _nowhere("w" if number else "r"))
    codecs.register_error("asyncsm", _in_other_words)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="asyncsm")


def _nowhere(mode: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.FileIO(os.devnull, mode), encoding="utf-8", write_through=True)


def _in_other_words(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    unknown = error.object[error.start : error.end]
    return "".join(LEGIBLE.get(each, "?") for each in unknown), error.end
