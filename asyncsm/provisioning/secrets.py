"""References to secrets; a plan never holds a secret itself."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, SecretStr
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from asyncsm import texts
from asyncsm.errors import InvalidArgument

PATTERN: Final = r"^(env:[A-Za-z_{][^\s=]*|file:.+)$"
_REFERENCE: Final = re.compile(PATTERN)


class SecretReference(str):
    """``env:NAME`` for a variable of the environment, or ``file:PATH`` for a file's content.

    A path is relative to the plan's directory. A byte order mark and one
    line break at the end are dropped, whatever the encoding and line ends of the file.
    """

    __slots__ = ()

    def reveal(self, base: Path) -> SecretStr:
        """Read the secret.

        Args:
            base: the plan's directory.

        Raises:
            InvalidArgument: the variable is not set, or the file cannot be read.
        """
        kind, _, where = self.partition(":")
        if kind == "env":
            value = os.environ.get(where)
            if not value:
                raise InvalidArgument(str(self), "the environment variable is not set")
            return SecretStr(texts.line(value))
        try:
            text = texts.decode((base / where).read_bytes())
        except OSError as error:
            raise InvalidArgument(str(self), f"cannot be read: {error}") from error
        except UnicodeDecodeError:  # whose message has a byte of the secret
            raise InvalidArgument(str(self), texts.NOT_TEXT) from None
        return SecretStr(texts.line(text))

    @classmethod
    def __get_pydantic_core_schema__(cls, _: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(
            cls._checked, handler(str), serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, _: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core_schema.str_schema(pattern=PATTERN))
        return schema | {"examples": ["env:ADMIN_PASSWORD", "file:secrets/admin.txt"]}

    @classmethod
    def _checked(cls, text: str) -> SecretReference:
        if _REFERENCE.fullmatch(text) is None:
            # The message leaves out the text, which may be the secret itself.
            raise ValueError("a secret stands in a plan as env:NAME or file:PATH only, never itself")
        return cls(text)


class _MadeUp(SecretReference):
    __slots__ = ()

    def reveal(self, base: Path) -> SecretStr:  # noqa: ARG002 - it stands nowhere
        return SecretStr("Seeded-1")


MADE_UP: Final[SecretReference] = _MadeUp("made up")
"""A password of what nobody can log in to, such as a machine of the emulator."""
