"""Strict mode: a request that a lenient reader would take is refused, and told why.

Without it, as with the service, elements that are misspelt or come too late are passed over
and whatever follows from that comes later. With it the 400 says what is wrong, all at once.
What recordings show that the service took is taken here, too: every request of theirs passes.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Final

from pydantic import ValidationError

from asyncsm.emulator import refusals
from asyncsm.emulator.dialects import XML_TYPES, Dialect
from asyncsm.emulator.refusals import Refusal
from asyncsm.wire import inspection, xml
from asyncsm.wire.base import XmlModel, is_plain_xml
from asyncsm.wire.document import Document

FILE_TYPES: Final = frozenset({"text/plain", "application/octet-stream"}) | XML_TYPES
"""What a network configuration may be called, too."""

TAKES_FILES: Final = frozenset({"SetNetworkConfiguration"})
"""Operations whose body is a file."""

MOST_TOLD: Final = 8
"""How many offences of a document are told at once."""


def version_refusal(version: str) -> Refusal:
    """400: ``x-ms-version`` is not what it should be."""
    found = f"is {version!r}, which is no version" if version else "is missing"
    return refusals.missing_version(
        f"The header x-ms-version {found}: it is a date such as 2014-10-01, and says how requests and "
        "replies look."
    )


def check_content_type(operation: str, dialect: Dialect, content_type: str | None) -> None:
    """Refuse a body that does not say what it is, or says the wrong thing.

    Args:
        operation: the service's name of what was asked.
        dialect: of its family.
        content_type: the header's value.

    Raises:
        Refusal: 400 ``BadRequest``.
    """
    allowed = FILE_TYPES if operation in TAKES_FILES else dialect.takes
    if content_type is None:
        raise refusals.bad_request(
            f"The header Content-Type is missing: {operation} takes a body of {dialect.usual}."
        )
    kind, _, parameters = content_type.lower().partition(";")
    if kind.strip() not in allowed:
        raise refusals.bad_request(
            f"The header Content-Type is {content_type}: the body of {operation} may be "
            f"{', '.join(sorted(allowed))}."
        )
    charset = parameters.partition("charset=")[2].partition(";")[0].strip(' "')
    if charset not in {"", "utf-8", "utf8"}:
        raise refusals.bad_request(f"The header Content-Type says charset={charset}: bodies are UTF-8.")


def check_body(model: type[Document], content: bytes) -> None:
    """Refuse a document that is not exactly what `model` says.

    Raises:
        Refusal: 400 ``InvalidXmlRequest``, with everything that is wrong.
    """
    if not content:
        raise refusals.invalid_xml(f"There is no body; {model.root_name()} was expected.")
    if is_plain_xml(model):
        _check_elements(model, content)
    try:
        model.from_body(content, strict=not is_plain_xml(model))
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False, include_context=False)
        _refuse(f"{'/'.join(map(str, one['loc']))}: {one['msg']}." for one in wrong)
    except ValueError as error:
        raise refusals.invalid_xml(f"{error}.") from error


def _check_elements(model: type[XmlModel], content: bytes) -> None:
    try:
        root, _ = xml.parse(content)
    except ValueError as error:
        raise refusals.invalid_xml(f"The body is not well formed: {error}.") from error
    if root.rpartition(":")[2] != model.root_name():
        raise refusals.invalid_xml(f"Expected the element {model.root_name()}, found {root}.")
    _refuse(inspection.offences(model, content))


def _refuse(offences: Iterable[str]) -> None:
    told = list(islice(offences, MOST_TOLD))
    if told:
        raise refusals.invalid_xml(" ".join(told))
