"""Rules of requests, as marks of the fields of their models.

    port: Annotated[int, between(1, 65535)]

The service refused what broke one, and so does the emulator, which asks `breaches` of each body
that it reads. Replies may break them, and the client does not look at them. A rule is kept by what
is absent, unless that is `needed`.
"""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import Final

from pydantic import BaseModel, SecretStr

from asyncsm.wire import xml
from asyncsm.wire.codec import layout_of
from asyncsm.wire.encoding import base64_content
from asyncsm.wire.figures import HIGHEST_PORT
from asyncsm.wire.types import OpenEnum

INVALID: Final = "The {name} '{value}' is not valid."
UNCHECKED: Final = object()
"""Mark of a field that no rule holds for, nor for its parts: the service passed over it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a field.

    Attributes:
        keeps: tells whether a value keeps it in a document, whose other parts it may name.
        says: sentence of the refusal, with ``{name}`` of the element and ``{value}``.
        kept, broken: values at the limits of the rule, and past them.
        needed: whether what is absent breaks it.
        each: whether the values are the items of a list.
    """

    keeps: Callable[[object, BaseModel], bool]
    says: str = INVALID
    kept: tuple[object, ...] = ()
    broken: tuple[object, ...] = ()
    needed: bool = False
    each: bool = False


def needed(says: str = "The {name} is missing.") -> Rule:
    """Refuse what is absent or empty."""
    return Rule(lambda value, _: value not in ("", None), says, ("x",), ("", None), needed=True)


def known(says: str = INVALID) -> Rule:
    """Refuse all but the words that the field's enumeration lists."""
    return Rule(lambda value, _: value in {*type(value)} if isinstance(value, OpenEnum) else False, says)


def one_of(*values: object, says: str = INVALID) -> Rule:
    """Refuse all but some values."""
    return Rule(lambda value, _: value in values, says, values, (f"{values[0]}0",))


def words(*values: str) -> Rule:
    """Refuse all but some words, in any case; an empty element says nothing."""
    known = {"", *(value.lower() for value in values)}
    kept = ("", *values, *(value.upper() for value in values))
    return Rule(lambda value, _: str(value).lower() in known, kept=kept, broken=(f"{values[0]}0",))


def fragment(size: int) -> Rule:
    """Refuse all but the base64 of well-formed XML of less than `size` bytes; the sentence does not repeat it."""

    def keeps(value: object, _: BaseModel) -> bool:
        try:
            data = base64_content(str(value))
            xml.parse(data)
        except ValueError:
            return False
        return len(data) < size

    says = f"The {{name}} is not the base64 of an XML fragment of less than {size} bytes."
    return Rule(
        keeps, says, ("PGEvPg==",), ("<a/>", "YQ==", base64.b64encode(b"<a>%b</a>" % (b"x" * size)).decode())
    )


def begins(start: str) -> Rule:
    """Refuse what does not begin like this."""
    return Rule(lambda value, _: str(value).startswith(start), kept=(start, f"{start}x"), broken=("x", ""))


def between(least: int, most: int, says: str = INVALID) -> Rule:
    """Refuse all but a whole number in a range, or the digits of one."""

    def keeps(value: object, _: BaseModel) -> bool:
        text = str(value)
        return text.isascii() and text.isdecimal() and least <= int(text) <= most

    return Rule(keeps, says, (least, most, str(most)), (least - 1, most + 1, "", "x"))


def no_longer(most: int) -> Rule:
    """Refuse a text of more characters."""
    says = f"The {{name}} '{{value}}' has more than {most} characters."
    return Rule(lambda value, _: len(str(value)) <= most, says, ("x" * most,), ("x" * (most + 1),))


def at_most(count: int) -> Rule:
    """Refuse more items than so many."""
    says = f"There are more than {count} in {{name}}."
    return Rule(lambda value, _: len(_items(value)) <= count, says, ([0] * count,), ([0] * (count + 1),))


def exactly(count: int) -> Rule:
    """Refuse another number of items."""
    says = f"There must be {count} in {{name}}."
    lengths = tuple([0] * number for number in (count - 1, count + 1))
    return Rule(lambda value, _: len(_items(value)) == count, says, ([0] * count,), lengths)


def distinct(says: str = "A name occurs more than once in {name}.") -> Rule:
    """Refuse items of one name, in any case."""

    def keeps(value: object, _: BaseModel) -> bool:
        names = _names(value)
        return len({*names}) == len(names)

    return Rule(keeps, says)


def names(part: str, says: str = "The {name} {value} does not exist.") -> Rule:
    """Refuse what is not the name of an item in a list of the document."""
    return Rule(lambda value, document: str(value).lower() in _names(getattr(document, part)), says)


def address(says: str = INVALID) -> Rule:
    """Refuse all but an IPv4 address."""

    def keeps(value: object, _: BaseModel) -> bool:
        from ipaddress import IPv4Address

        try:
            IPv4Address(str(value))
        except ValueError:
            return False
        return True

    return Rule(keeps, says, ("10.0.0.4",), ("10.0.0", "10.0.0.4/32", ""))


def block(length: int | None = None, says: str = INVALID, tags: Collection[str] = ()) -> Rule:
    """Refuse all but a block of addresses in CIDR form, or one of some words for blocks in any case.

    If a `length` is given the block has that, and no bits behind it.
    """

    def keeps(value: object, _: BaseModel) -> bool:
        from ipaddress import IPv4Network

        if str(value).upper() in tags:
            return True
        try:
            return IPv4Network(str(value), strict=length is not None).prefixlen == length or length is None
        except ValueError:
            return False

    return Rule(
        keeps, says, (f"10.0.0.0/{length or 32}",), ("10.0.0.0/33", "10.0.0", f"10.0.0.1/{length or 33}")
    )


def ports() -> Rule:
    """Refuse all but a port, a range of ports, or ``*``."""

    def keeps(value: object, _: BaseModel) -> bool:
        ends = [int(end) if end.isascii() and end.isdecimal() else -1 for end in str(value).split("-")]
        return value == "*" or (len(ends) <= 2 and 0 <= ends[0] <= ends[-1] <= HIGHEST_PORT)

    return Rule(
        keeps,
        kept=("*", "0", "80-80", f"0-{HIGHEST_PORT}"),
        broken=("", f"{HIGHEST_PORT + 1}", "90-80", "1-2-3"),
    )


def each(rule: Rule) -> Rule:
    """Refuse a list of which an item breaks a rule."""
    return replace(rule, each=True)


def breaches(document: BaseModel) -> Iterator[str]:
    """Yield the sentences for what breaks a rule in a document, in the order of its fields."""
    return _breaches(document, document)


def _breaches(model: BaseModel, document: BaseModel) -> Iterator[str]:
    for field, name, rules in ruled(type(model)):
        value = getattr(model, field)
        told = value.get_secret_value() if isinstance(value, SecretStr) else value
        for rule in rules:
            for one in _items(told) if rule.each else [told]:
                if (rule.needed or one is not None) and not rule.keeps(one, document):
                    yield rule.says.format(name=name, value=value if one is told else one)
        for part in _items(value):
            if isinstance(part, BaseModel):
                yield from _breaches(part, document)


@functools.cache
def ruled(model: type[BaseModel]) -> tuple[tuple[str, str, tuple[Rule, ...]], ...]:
    """Return the fields of which there are rules, or of whose parts: each with its element's name and its rules."""
    found: list[tuple[str, str, tuple[Rule, ...]]] = []
    for field in layout_of(model).fields:
        marks = model.model_fields[field.name].metadata
        rules = tuple(one for one in marks if isinstance(one, Rule))
        if UNCHECKED not in marks and (rules or any(one is not model and ruled(one) for one in field.models)):
            found.append((field.name, field.wire.removeprefix("@"), rules))
    return tuple(found)


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _names(value: object) -> list[str]:
    return [str(getattr(one, "name", "")).lower() for one in _items(value)]
