"""Checks of arguments that a program gives, before anything is done with them."""

from __future__ import annotations

from types import NoneType


def check_type(name: str, value: object, *kinds: type[object]) -> None:
    """Refuse a value that is none of `kinds`; a truth value is no number.

    Raises:
        TypeError: it is of another type; the message has `name`.
    """
    if isinstance(value, kinds) and (not isinstance(value, bool) or bool in kinds):
        return
    words = " or ".join("None" if kind is NoneType else kind.__name__ for kind in kinds)
    raise TypeError(f"{name} is {words}, not {value!r}")


def check_number(name: str, value: object, least: int, most: int) -> None:
    """Refuse what is no whole number between `least` and `most`.

    Raises:
        TypeError: it is of another type.
        ValueError: it is below or above.
    """
    check_type(name, value, int)
    if isinstance(value, int) and not least <= value <= most:
        raise ValueError(f"{name} is a number from {least:,} to {most:,}, not {value:,}")
