"""Resources as the service answers them, for people who look at the portal."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Final
from urllib.parse import urlsplit

from asyncsm.config import API_VERSION
from asyncsm.emulator.call import Call, Incoming, Reply, World
from asyncsm.emulator.control.schemas import DocumentFacts
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.routes import ROUTER
from asyncsm.emulator.routing import parse_query, split
from asyncsm.emulator.state import Subscription
from asyncsm.wire.echoes import masked, secrets_in

NO_REQUEST: Final = "0" * 32
"""Id of the request that nobody sends."""


def document_at(world: World, owner: Subscription, target: str, url: str) -> DocumentFacts:
    """Return what a client gets that reads `target`; no such request is sent, logged or counted.

    Args:
        world: that of the emulator.
        owner: whose resource it is.
        target: path below the subscription, and query.
        url: of the management port.
    """
    path, _, query = target.partition("?")
    incoming = Incoming(
        method="GET",
        segments=split(path),
        query=parse_query(query),
        host=urlsplit(url).netloc,
        version=API_VERSION,
        thumbprint="",
        client_address=None,
        content=b"",
    )
    route, parameters = ROUTER.find("GET", incoming.segments, incoming.query, str)
    # What a reader gets made up must not change what is made up for others.
    world = replace(world, random=Random(0))  # noqa: S311
    try:
        reply = route.handler(Call(world, owner, incoming, route, parameters, NO_REQUEST))
    except Refusal as refusal:
        reply = Reply.refusing(refusal, route.dialect)
    body, kind = reply.content() or (b"", "")
    text = masked(body.decode(errors="replace"), secrets_in(reply.document))
    return DocumentFacts(path=target, status=reply.status, content_type=kind, text=text)
