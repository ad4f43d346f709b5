"""The facts of an operation as values: what its declaration says, read by engine, documents, commands and tests."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, get_args, get_type_hints

from asyncsm.durations import Usual
from asyncsm.engine.protocol import Reconcile
from asyncsm.errors import InvalidArgument

if TYPE_CHECKING:
    from asyncsm.wire.document import Document

PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
_REFERENCE: Final = re.compile(r"^REST: ([^(\n]+?)(?: \((\w+)\))?\.$", re.MULTILINE)


class Ends(StrEnum):
    """How the end of an operation is learned; the reply decides, this is what documents tell."""

    AT_ONCE = "at once"
    OPERATION = "/operations/{request id}"
    NETWORK_OPERATION = "/services/networking/operation/{id}"
    SITE_OPERATION = "/services/webspaces/{space}/sites/{site}/operations/{id}"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule for one argument, annotated beside its type: in words, as a check, and with an example.

    Attributes:
        says: the rule in words.
        check: gets the parameter's name and value, returns the form on the wire or raises
            `InvalidArgument`.
        example: a value that keeps the rule, for documents and tests.
        words: all values that keep it, where they are few.
    """

    says: str
    check: Callable[[str, object], object] = field(repr=False)
    example: object = field(default=None, repr=False, compare=False)
    words: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return self.says


class _OverSeveral:
    """A rule over several parameters."""

    def __init__(self, *names: str) -> None:
        self.names: tuple[str, ...] = names

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.names))})"


class ExactlyOne(_OverSeveral):
    """One of several parameters is given, and no other."""

    def check(self, values: Mapping[str, object]) -> None:
        """Refuse arguments of which none or several are given."""
        if sum(bool(values.get(name)) for name in self.names) != 1:
            either = " or ".join(self.names)
            raise InvalidArgument(self.names[0], f"give either {either}, and not both")


class AtLeastOne(_OverSeveral):
    """At least one of several parameters is given."""

    def check(self, values: Mapping[str, object]) -> None:
        """Refuse arguments of which none is given."""
        if all(values.get(name) is None for name in self.names):
            *others, last = self.names
            raise InvalidArgument(self.names[0], f"give {', '.join(others)} or {last}")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an operation's method.

    Attributes:
        name: as in the signature.
        type: its annotation without ``None`` and without rules.
        rule: what the service requires of it.
        required: it has no default.
        optional: it may be ``None``, which means "not given".
        keyword_only: it is an addition to the old SDK's parameters.
        default: what stands for it when it is not given.
    """

    name: str
    type: object
    rule: Rule | None
    required: bool
    optional: bool
    keyword_only: bool
    default: object


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the service, as its declaration says it.

    Attributes:
        name: of the Python method.
        service: the class that offers it.
        family: the operations it stands with.
        operation: the service's name of it.
        listed: the list of operations was seen to show that name.
        method: HTTP method.
        path: below the subscription, with ``{placeholders}`` named as the parameters.
        query: fixed values, and ``{placeholders}``.
        version: ``x-ms-version``, or ``None`` for the session's.
        headers: besides those that every request has.
        body: model of the document that is sent.
        fields: the body's fields, and the parameters that fill them.
        parts: fields of the body's parts, as ``route.next_hop``, and the parameters that fill them; ``monitors[].port``
            is a field of the only item of a list.
        made: the function that makes the body, where it takes more than filling its fields.
        reply: model of the document that is answered, or ``bytes``; ``None`` for a change.
        ends: how its end is learned.
        usual: how long it takes.
        reconcile: what is done if its reply is lost.
        target: path of what it creates or acts on, where that is not `path`.
        lane: path of what it needs for itself; empty for nothing.
        queues: whether it waits for changes under way that exclude it.
        scoped: whether `path` stands below the subscription.
        destructive: whether something is lost by it.
        needs: rules over several parameters.
        otherwise: path at which the reply of a change is read that was lost; "" if nowhere.
        changes: whether it changes anything; a question that is a POST does not.
        evidence: where these facts are from.
        parameters: in the order of the signature.
        doc: the method's docstring.
        plain: the declaration is all there is; else the method has a body of its own.
    """

    name: str
    service: str
    family: str
    operation: str
    listed: bool
    method: str
    path: str
    query: Mapping[str, str]
    version: str | None
    headers: Mapping[str, str]
    body: type[Document] | None
    fields: Mapping[str, str]
    parts: Mapping[str, str]
    made: Callable[..., Document] | None = field(repr=False)
    reply: type | None
    ends: Ends
    usual: Usual | None
    reconcile: Reconcile
    target: str
    lane: str
    queues: bool
    scoped: bool
    destructive: bool
    needs: tuple[ExactlyOne | AtLeastOne, ...]
    otherwise: str | None
    changes: bool
    evidence: str
    parameters: tuple[Parameter, ...]
    doc: str = field(repr=False)
    plain: bool

    @property
    def made_of(self) -> list[str]:
        """Parameters that `made` takes, by name or in a ``TypedDict`` it unpacks."""
        taken: set[str] = set()
        for one in inspect.signature(self.made).parameters.values() if self.made else ():
            if one.kind is one.VAR_KEYWORD:
                parts = get_args(get_type_hints(self.made)[one.name])[0]
                taken |= parts.__required_keys__ | parts.__optional_keys__
            else:
                taken.add(one.name)
        return [one.name for one in self.parameters if one.name in taken]

    @property
    def summary(self) -> str:
        """First line of the docstring."""
        return self.doc.partition("\n")[0]

    @property
    def title(self) -> str:
        """Name in the service's reference, such as ``List Hosted Services``."""
        return title_of(self.doc, self.operation)

    @property
    def page(self) -> str | None:
        """Page it had in Microsoft's reference, ``https://msdn.microsoft.com/library/azure/{page}.aspx``."""
        found = _REFERENCE.search(self.doc)
        return found[2] if found else None

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        # Rules hold functions that cannot be pickled; there is one of each operation anyway.
        return _named, (self.service, self.name)


def _named(service: str, name: str) -> Operation:
    from asyncsm.operations import catalogue

    return next(one for one in catalogue() if (one.service, one.name) == (service, name))


def title_of(doc: str, operation: str) -> str:
    """Name of an operation in the service's reference: the one in a docstring, else by the service's name."""
    found = _REFERENCE.search(doc)
    return found[1] if found else re.sub(r"(?<=[a-z])(?=[A-Z])", " ", operation)


def segments_of(template: str) -> list[str]:
    """Segments of a path template."""
    return [segment for segment in template.split("/") if segment]


def lane_of(path: str, target: str) -> str:
    """Path of what a change of `path` needs for itself.

    A deployment addressed by its name is a lane; anything else in a hosted service takes the service,
    and any other resource is a lane with all that is below it. A change of a collection takes what
    it makes.
    """
    segments = segments_of(path)
    if segments[1:2] == ["hostedservices"] and segments[3:4] == ["deployments"] and len(segments) >= 5:
        return "/".join(segments[:5])
    for index, segment in enumerate(segments):
        if PLACEHOLDER.search(segment):
            return "/".join(segments[: index + 1])
    return lane_of(target, "") if target else ""


def parts_of(template: str) -> Sequence[tuple[str, str]]:
    """The pieces of a template: literal text, and the name of the placeholder after it ("" after the last)."""
    pieces = PLACEHOLDER.split(template)
    return [(pieces[at], pieces[at + 1] if at + 1 < len(pieces) else "") for at in range(0, len(pieces), 2)]
