"""Dialects: how a family of the service differs from its core in what it takes and how it refuses.

A family hands its dialect to its `RouteTable`. What it answers needs none, as each document knows
its own form. Refusals from before a route is found, for an unknown certificate, say, are the core's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from asyncsm.config import JSON_CONTENT_TYPE, XML_CONTENT_TYPE
from asyncsm.emulator.refusals import Refusal
from asyncsm.wire import xml
from asyncsm.wire.document import Document

XML_TYPES: Final = frozenset({"application/xml", "text/xml"})
ATOM_TYPES: Final = XML_TYPES | {"application/atom+xml"}
"""What the old SDK called all its XML, and the service took."""
JSON_TYPES: Final = frozenset({"application/json", "text/json"})


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a family speaks.

    Attributes:
        refused: makes the body of an answer that says no.
        takes: what strict mode lets a body be called.
        usual: what a body usually is called.
        refused_as: what a refusal is called that is ready bytes.
        headers: of an answer that says no, besides or instead of the usual ones; an empty one takes that away.
        accepted: makes the body of an answer that accepts a change, from the request's id; ``None`` for no body.
        echoes: whether an answer calls its body what the request called its own.
    """

    refused: Callable[[Refusal], Document | bytes] = Refusal.document
    takes: frozenset[str] = ATOM_TYPES
    usual: str = XML_CONTENT_TYPE
    refused_as: str = XML_CONTENT_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)
    accepted: Callable[[str], Document] | None = None
    echoes: bool = False


def _in_json(refusal: Refusal) -> bytes:
    return json.dumps({"code": refusal.code, "message": refusal.message}).encode()


def _as_text(refusal: Refusal) -> bytes:
    return xml.render("string", {"#text": refusal.message}, xml.SERIALIZATION)


def _json_as_text(refusal: Refusal) -> bytes:
    said = json.dumps({"Code": refusal.code, "Message": refusal.message}, separators=(",", ":"))
    return xml.render("string", {"#text": said}, xml.SERIALIZATION)


def _as_page(refusal: Refusal) -> bytes:
    body = f'<div id="content"><p class="heading1">Service</p><p>{refusal.message}</p></div>'
    page = f"<html><head><title>Service</title></head><body>{body}</body></html>"
    return xml.render("string", {"#text": page}, xml.SERIALIZATION)


FRONT_END: Final = {
    "Server": "Microsoft-HTTPAPI/2.0",
    **dict.fromkeys(("x-ms-request-id", "x-ms-servedbyregion", "Strict-Transport-Security"), ""),
}
"""Of refusals that the front end passed on or made: it left its release out, and named neither the request nor its
region (34 of 34 recorded)."""

CORE: Final = Dialect()
NO_SUCH_PATH: Final = Dialect(_as_page, headers=FRONT_END)
"""The web server refuses a path in which a name is empty, by a page in a ``string`` (recorded in network)."""
TEXT_IN_ATOM: Final = Dialect(
    _as_text,
    ATOM_TYPES,
    "application/atom+xml; type=entry; charset=utf-8",
    headers=FRONT_END,
)
"""Service Bus: a refusal is a ``string`` without a code [rec service_bus/get_namespace_with_non_existing_namespace]."""
JSON: Final = Dialect(_in_json, JSON_TYPES, JSON_CONTENT_TYPE, JSON_CONTENT_TYPE)
"""Bodies and refusals are JSON objects [guess]."""

JSON_IN_TEXT: Final = Dialect(_json_as_text, JSON_TYPES, JSON_CONTENT_TYPE, headers=FRONT_END)
"""Monitoring: bodies are JSON, and so is what is in the ``string`` of a refusal (recorded in monitoring)."""

ASP_NET: Final = {"X-AspNet-Version": "4.0.30319", "X-Powered-By": "ASP.NET"}
"""Headers of the answers of Web Sites, monitoring and the scheduler (recorded in web_sites/create_site, scheduler/get_job)."""
