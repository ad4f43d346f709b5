"""Entities and entries of registers as rows of a database, which refer to each other by numbers."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from typing import Any

from pydantic import JsonValue

from asyncsm import texts
from asyncsm.emulator.call import World
from asyncsm.emulator.change_tracking import Entity, Register
from asyncsm.emulator.clock import Due
from asyncsm.emulator.naming import ByName
from asyncsm.emulator.persistence.values import (
    REGISTERS,
    Decoder,
    Encoder,
    UnreadableState,
    field_names,
    tag_of,
)


class RowEncoder(Encoder):
    """Writes entities and registers as numbers.

    Args:
        number_of: the number of an entity or register; it may be a new one.
        world: whose parts are only mentioned.
    """

    def __init__(self, number_of: Callable[[Entity | Register], int], world: World) -> None:
        super().__init__(world)
        self._number_of = number_of

    def entity(self, entity: Entity) -> JsonValue:
        """Mention an entity."""
        return {"$ref": self._number_of(entity)}

    def register(self, register: Register) -> JsonValue:
        """Mention a register."""
        return {tag_of(register): self._number_of(register)}

    def text(self, value: object) -> str:
        """The JSON text of a value."""
        return json.dumps(self.encode(value), separators=(",", ":"))

    def content_of(self, entity: Entity) -> str:
        """The JSON text of what is in an entity."""
        return json.dumps(self.fields(entity, field_names(entity)), separators=(",", ":"))


class RowDecoder(Decoder):
    """Reads all that can be reached from the roots.

    Attributes:
        made: what has been read, by number.
        numbers: all numbers there are.
        last_place: the place of the newest entry of a register.
    """

    def __init__(self, connection: sqlite3.Connection, world: World) -> None:
        super().__init__(world)
        self._connection = connection
        self._entities: dict[int, str] = dict(connection.execute("SELECT number, content FROM entities"))
        self._entries: dict[int, list[tuple[str, str]]] = {}
        self.last_place: int = 0
        rows = connection.execute("SELECT register, place, name, content FROM entries ORDER BY place")
        for register, place, name, content in rows:
            self._entries.setdefault(register, []).append((name, content))
            self.last_place = place
        self.made: dict[int, Entity | Register] = {}
        self.numbers: set[int] = self._entities.keys() | self._entries.keys()

    def root(self, number: str | None) -> ByName[Any]:
        """A register that nothing refers to."""
        found = self.register("$names", int(number or 0))
        if not isinstance(found, ByName):
            raise UnreadableState(f"/entries/{number}", "is of another type")
        return found

    def agenda(self) -> Iterable[Due]:
        """Read the effects to come."""
        rows = self._connection.execute(
            "SELECT moment, number, effect FROM agenda ORDER BY number"
        ).fetchall()
        for moment, number, effect in rows:
            self.path[:] = ["agenda", str(number)]
            yield Due(moment, number, self.decode(texts.read_json(effect)))

    def entity(self, kind: type[Entity], node: dict[str, JsonValue]) -> Entity:
        """Read the entity whose row is being read."""
        number = int(self.path[-1])
        made = self.made[number] = kind.__new__(kind)
        self.fill(made, node)
        return made

    def register(self, tag: str, content: JsonValue) -> Register:
        """Read the register with the number `content`, unless it has been."""
        number = int(str(content))
        made = self.made.get(number)
        if made is None:
            register = self.made[number] = REGISTERS[tag]()
            before = self.path.copy()
            self.path[:] = ["entries", str(number)]
            for name, text in self._entries.get(number, []):
                register.take_in(name, self.at(name, texts.read_json(text)))
            self.path[:] = before
            return register
        if not isinstance(made, Register):
            raise TypeError(f"{number} is no register")
        return made

    def reference(self, target: JsonValue) -> Entity | Register:
        """Read the entity with the number `target`, unless it has been."""
        number = int(str(target))
        if number not in self.made:
            before = self.path.copy()
            self.path[:] = ["entities", str(number)]
            self.decode(texts.read_json(self._entities[number]))
            self.path[:] = before
        return self.made[number]
