"""Recordings, sent to the emulator again."""

import re
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path

from doubles.bare_client import Answer, Management
from doubles.comparing import Comparison, names_here
from doubles.pacing import as_far, has_settled, state_of_namespace
from doubles.preparing import STAGES, staged
from doubles.recordings import RECORDED_SUBSCRIPTION, Exchange, exchanges

RECORDED_URL = re.compile(
    r"https://(?:\w+\.)?management[\w-]*\.(?:core\.windows(?:-int)?\.net|rdfetest\.dnsdemo4\.com)(?::8443)?"
)
"""The service's address in replies, with a front end's region or without, and those of its tests."""

PATIENCE = 900
"""Virtual seconds that machines are given to come as far as they were in a recording."""

NETWORK_FILE = "/services/networking/media"
ADDRESSES = "/services/networking/reservedips/"

STILLNESS = 60
"""Virtual seconds after which machines that have settled will not move any more."""

STEP = 2
"""Virtual seconds between two looks."""

GATEWAY_PATIENCE, GATEWAY_STEP = 3 * 3600, 30
"""The same for gateways, which take hours."""


async def replay(management: Management, recording: Path) -> AsyncIterator[tuple[Exchange, Answer]]:
    """Send a recording's requests again and yield what was answered then and now.

    An operation that was over is given the time to be over, a network configuration that to be taken
    over, and a reserved address that to change hands; a change waits until nothing is in its way. A deployment is asked for again, with
    time passing in between, until its machines are as far as they were then (`as_far`): how long
    anything takes is no part of the promise.
    """
    ids = {RECORDED_SUBSCRIPTION: management.subscription_id}
    asked = ""
    for then in exchanges(recording):
        target = then.path + (f"?{then.query}" if then.query else "")
        body = staged(then.request_body.decode())
        for old, new in ids.items():
            target, body = target.replace(old, new), body.replace(old, new)
        asked += body.lower()

        async def ask(then: Exchange = then, target: str = target, body: str = body) -> Answer:
            return await management.send(then.method, target, body.encode(), **then.request_headers)

        now = await ask()
        waited = still = 0
        while _is_in_the_way(then, now) or (then.method == "GET" and not _is_time(then, now, asked)):
            still = still + STEP if has_settled(now) else 0
            of_gateway = "/networking/operation/" in then.path or "/publicdiagnostics" in then.path
            step = GATEWAY_STEP if of_gateway else STEP
            if waited >= (GATEWAY_PATIENCE if of_gateway else PATIENCE) or still >= STILLNESS:
                break
            before = management.clock.happened
            management.clock.advance(step)
            waited += step
            if management.clock.happened > before:  # else the answer is what it was
                now = await ask()
        ids |= names_here(then, now)
        yield then, now


_OPERATION = re.compile(rb"<(Gateway)?Operation ")


def _is_in_the_way(then: Exchange, now: Answer) -> bool:
    """Whether a change waits for an operation whose end nobody had asked for."""
    return (
        (now.status == HTTPStatus.CONFLICT) and then.status < HTTPStatus.BAD_REQUEST and then.method != "GET"
    )


def _is_time(then: Exchange, now: Answer, asked: str) -> bool:
    if then.path.endswith(NETWORK_FILE) and then.status != now.status:
        return False
    if state_of_namespace(then.response_body) != state_of_namespace(now.text.encode()):
        return False
    if ADDRESSES in then.path and (b"<InUse>" in then.response_body) is not ("<InUse>" in now.text):
        return False
    if _is_grouped(then.response_body.decode()) and now.status == HTTPStatus.OK and not _is_grouped(now.text):
        return False
    if b"<State>Ready" in then.response_body and "<State>Ready" not in now.text:
        return False
    over = _OPERATION.search(then.response_body) and b"<Status>InProgress" not in then.response_body
    return as_far(then.response_body, now, asked) and not (over and now.find("Status") == "InProgress")


def _is_grouped(document: str) -> bool:
    """Whether it is a hosted service that has been put into its resource group, which comes seconds after it."""
    return "<HostedService " in document and "<Name>ResourceGroup</Name>" in document


def comparison(management: Management) -> Comparison:
    """For the answers to one recording."""
    return Comparison(
        RECORDED_URL,
        management.url,
        {
            **STAGES,
            RECORDED_SUBSCRIPTION: management.subscription_id,
            RECORDED_SUBSCRIPTION.replace("-", ""): management.subscription_id.replace("-", ""),
        },
    )
