"""Expansion of entries with a ``count`` into that many copies, with texts made from templates.

Every text of an entry may have ``{index}``, which counts from `start`; ``{group}``, which
counts groups of `group_size` from 1; ``{place}``, the number of the subscription it is in, if there are several; and,
elsewhere than in the name, ``{name}``. A format may follow: ``web-{index:03}``. Literal braces are doubled.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from string import Formatter
from typing import Final, TypeVar, cast

from asyncsm.provisioning.problems import Path_
from asyncsm.provisioning.specs import Spec

S = TypeVar("S", bound=Spec)

COUNTING: Final = ("count", "start", "group_size")
WIDEST: Final = 999
"""The largest width a format may ask for, so that a short plan cannot fill the memory."""


class TemplateError(ValueError):
    """Raised for a text that is no template, or has an unknown placeholder.

    Attributes:
        path: the path of the text in its entry.
    """

    def __init__(self, path: Path_, message: str) -> None:
        super().__init__(path, message)
        self.path: Path_ = path

    def __str__(self) -> str:
        return str(self.args[1])


def expand(entry: S, place: str = "") -> Iterator[S]:
    """Make the copies of an entry.

    Args:
        entry: the entry.
        place: the number of the subscription they are in; empty if there is only one.

    Raises:
        TemplateError: a text is no template.
        ValidationError: a field is not valid after its template was filled in.
    """
    document = entry.model_dump(exclude_unset=True, exclude=set(COUNTING))
    for index in range(entry.start, entry.start + entry.count):
        values: dict[str, object] = {"index": index}
        if place:
            values["place"] = place
        if entry.group_size is not None:
            values["group"] = (index - entry.start) // entry.group_size + 1
        name = _filled(values, entry.name, ("name",))
        fill = partial(_filled, {**values, "name": name})
        filled = mapped({**document, "name": ""}, fill)
        yield type(entry).model_validate({**cast("dict[str, object]", filled), "name": name})


def mapped(value: object, text: Callable[[str, Path_], str], path: Path_ = ()) -> object:
    """Return a document with all of its texts replaced by what `text` makes of them at their paths."""
    match value:
        case str():
            return text(value, path)
        case dict():
            return {key: mapped(one, text, (*path, key)) for key, one in value.items()}
        case list() | tuple():
            return [mapped(one, text, (*path, place)) for place, one in enumerate(value)]
        case _:
            return value


def _filled(values: Mapping[str, object], template: str, path: Path_) -> str:
    if "{" not in template and "}" not in template:
        return template
    try:
        return "".join(_pieces(template, values, path))
    except TemplateError:
        raise
    except (ValueError, OverflowError) as error:
        raise TemplateError(path, f"is no template: {error}; braces that are meant are doubled") from error


def _pieces(template: str, values: Mapping[str, object], path: Path_) -> Iterator[str]:
    for text, name, form, conversion in Formatter().parse(template):
        yield text
        if name is None:
            continue
        if name not in values:
            known = ", ".join(f"{{{each}}}" for each in values)
            hint = " (group needs group_size)" if name == "group" else ""
            raise TemplateError(path, f"has {{{name}}}, which nobody fills{hint}; there are {known}")
        if conversion or "{" in (form or ""):
            raise TemplateError(path, f"{{{name}}} may have a format after a colon, and nothing else")
        if any(len(number.lstrip("0")) > len(str(WIDEST)) for number in re.findall(r"\d+", form or "")):
            raise TemplateError(path, f"{{{name}}} may be at most {WIDEST} characters wide")
        yield format(values[name], form or "")
