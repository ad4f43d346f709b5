"""The whole state as one JSON document, which says the same again when it is read and written.

What belongs together stands together: deployments in their hosted services, instances in
their deployments, each under its name, so that two documents can be compared line by
line. What is mentioned again (a disk by its machine, a service by the operation that
holds it) is a ``$ref``: a JSON pointer to where it stands. The document has the keys of
storage accounts, as the state has; private keys of certificates are in neither.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from pydantic import JsonValue

from asyncsm.emulator.call import World
from asyncsm.emulator.change_tracking import Entity, Register
from asyncsm.emulator.clock import EARLIEST, Due, Effect, require_moment
from asyncsm.emulator.faults import ActiveFault
from asyncsm.emulator.fitting import check_contents
from asyncsm.emulator.naming import ByName
from asyncsm.emulator.persistence.values import (
    REGISTERS,
    VERSION,
    Decoder,
    Encoder,
    UnreadableState,
    field_names,
    pointer_to,
    require_version,
    tag_of,
)
from asyncsm.emulator.state import Subscription

FORMAT: Final = "asyncsm emulator state"


@dataclass(frozen=True, slots=True)
class Contents:
    """Content of a saved state.

    Attributes:
        subscriptions: all of them, with all they have.
        faults: what was set to go wrong.
        agenda: what is to happen.
        now: the virtual moment, in seconds since 1970.
        manager: thumbprint of the certificate that managed the emulator's subscriptions.
        random: where the source of made-up data was; `None` to leave it where it is.
    """

    subscriptions: ByName[Subscription]
    faults: ByName[ActiveFault]
    agenda: list[Due]
    now: float
    manager: str | None = None
    random: str | None = None


def write(contents: Contents, world: World) -> dict[str, JsonValue]:
    """The document that says `contents`."""
    encoder = _Nesting(world)
    return {
        "format": FORMAT,
        "version": VERSION,
        "now": contents.now,
        "manager": contents.manager,
        "random": contents.random,
        "subscriptions": encoder.at("subscriptions", contents.subscriptions),
        "faults": encoder.at("faults", contents.faults),
        "agenda": encoder.at(
            "agenda", [{"due": due.moment, "effect": due.effect} for due in contents.agenda]
        ),
    }


def read(document: Mapping[str, JsonValue], world: World) -> Contents:
    """Read the state in `document`.

    Raises:
        UnreadableState: it is none that `write` made, or has been damaged.
    """
    try:
        return _read(document, world)
    except RecursionError:
        raise UnreadableState("", "too much stands in each other") from None


def _read(document: Mapping[str, JsonValue], world: World) -> Contents:
    if document.get("format") != FORMAT:
        raise UnreadableState("/format", f"is not {FORMAT!r}")
    try:
        require_version(document.get("version"))
    except ValueError as error:
        raise UnreadableState("/version", str(error)) from error
    now = _typed(document, "now", int | float)
    try:
        require_moment(now)
    except ValueError as error:
        raise UnreadableState("/now", str(error)) from error
    decoder = _Unnesting(document, world)
    subscriptions = decoder.register_of(Subscription, "subscriptions")
    faults = decoder.register_of(ActiveFault, "faults")
    agenda = decoder.agenda()
    decoder.check()
    return Contents(
        subscriptions,
        faults,
        agenda,
        now,
        _typed(document, "manager", str | None),
        _typed(document, "random", str | None),
    )


def _typed(document: Mapping[str, JsonValue], name: str, kind: Any) -> Any:
    value = document.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise UnreadableState(f"/{name}", "is missing or of another type")
    return value


class _Nesting(Encoder):
    """Writes each entity where it is met first, and a pointer to there from everywhere else."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._pointers: dict[int, str] = {}

    def entity(self, entity: Entity) -> JsonValue:
        return self._known(entity) or self.fields(entity, field_names(entity))

    def register(self, register: Register) -> JsonValue:
        known = self._known(register)
        if known is not None:
            return known
        tag = tag_of(register)
        self.path.append(tag)
        written: dict[str, JsonValue] = {
            name: self.at(name, content) for _, name, content in register.entries()
        }
        self.path.pop()
        return {tag: written}

    def _known(self, thing: object) -> dict[str, JsonValue] | None:
        pointer = self._pointers.get(id(thing))
        if pointer is not None:
            return {"$ref": pointer}
        self._pointers[id(thing)] = pointer_to(self.path)
        return None


class _Unnesting(Decoder):
    """Reads each entity once, from wherever it is met first."""

    def __init__(self, document: Mapping[str, JsonValue], world: World) -> None:
        super().__init__(world)
        self._document = document
        self._made: dict[str, Entity | Register] = {}

    def register_of(self, kind: type[Any], name: str) -> ByName[Any]:
        """The register `name` of the document, all of whose entries are of the class `kind`."""
        found = self.at(name, self._document.get(name))
        if not isinstance(found, ByName):
            raise UnreadableState(f"/{name}", "is missing or of another type")
        for each, content in found.items():
            if not isinstance(content, kind):
                raise UnreadableState(pointer_to([name, "$names", each]), f"is no {kind.__name__}")
        return found

    def check(self) -> None:
        """Refuse entities in which there is anything of another type, once all of them have been read."""
        for pointer, made in self._made.items():
            if isinstance(made, Entity):
                try:
                    check_contents(made)
                except (ValueError, TypeError, AttributeError) as error:
                    raise UnreadableState(pointer, str(error)) from error

    def agenda(self) -> list[Due]:
        """Read the effects to come."""
        entries = self.at("agenda", self._document.get("agenda"))
        if not isinstance(entries, list):
            raise UnreadableState("/agenda", "is missing or not a list")
        agenda = []
        for number, entry in enumerate(entries, start=1):
            moment, effect = (
                (entry.get("due"), entry.get("effect")) if isinstance(entry, dict) else (None, None)
            )
            if (
                not isinstance(moment, int | float)
                or isinstance(moment, bool)
                or not EARLIEST <= moment < math.inf
                or not callable(effect)
            ):
                raise UnreadableState(f"/agenda/{number - 1}", "has no 'due' or no 'effect'")
            agenda.append(Due(moment, number, cast("Effect", effect)))
        return agenda

    def entity(self, kind: type[Entity], node: dict[str, JsonValue]) -> Entity:
        made = self._made.get(self.pointer)
        if made is None:
            made = self._made[self.pointer] = kind.__new__(kind)
            self.fill(made, node)
        if not isinstance(made, kind):
            raise TypeError(f"this is no {kind.__name__}")
        return made

    def register(self, tag: str, content: JsonValue) -> Register:
        made = self._made.get(self.pointer)
        if made is None:
            register = self._made[self.pointer] = REGISTERS[tag]()
            if not isinstance(content, dict):
                raise TypeError(f"{tag!r} is not an object")
            self.path.append(tag)
            for name, each in content.items():
                register.take_in(name, self.at(name, each))
            self.path.pop()
            return register
        if not isinstance(made, Register):
            raise TypeError("this is no register")
        return made

    def reference(self, target: JsonValue) -> Entity | Register:
        pointer = str(target)
        if pointer not in self._made:
            path = [_unescaped(part) for part in pointer.split("/")[1:]]
            node = self._node(path)
            if not isinstance(node, dict) or not {"$type", *REGISTERS} & node.keys():
                raise ValueError(f"nothing stands at {target!r} that could be referred to")
            before, self.path = self.path, path
            self.decode(node)
            self.path = before
        return self._made[pointer]

    def _node(self, path: list[str]) -> JsonValue:
        node: Any = self._document
        for part in path:
            node = node[int(part)] if isinstance(node, list) else node[part]
        found: JsonValue = node
        return found


def _unescaped(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")
