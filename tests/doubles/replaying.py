"""Recordings, sent to the emulator again."""

import re
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

from doubles.bare_client import AZURE, Answer, Management
from doubles.comparing import Comparison, made_names, shape
from doubles.preparing import STAGES, prepare, staged
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

SETTLED = {"ReadyRole", "StoppedVM", "StoppedDeallocated"}
"""States in which instances stay."""


class State(NamedTuple):
    """How far an instance is."""

    status: str
    power: str
    details: str
    host_name: str


LOST_SIGHT = ("RoleStateUnknown", "Started")
"""What the service said of machines that ran while others in their deployment were added or stopped."""


def as_far(then: bytes, now: Answer) -> bool:
    """Whether the machines in a document are where they were; without machines, true.

    That is so when they have the same states, and as long as these are not final also the same
    elements and details, as those tell how far a machine is: its name comes with the first start
    of its system, its key with the end of provisioning.
    """
    if b"<RoleInstance>" not in then or now.status != HTTPStatus.OK:
        return True
    theirs, ours = _states(then.decode()), _states(now.text)
    if len(theirs) != len(ours):
        return False
    if {old.status for old in theirs} <= SETTLED:
        return theirs == ours
    return shape(then) == shape(now.text) and all(
        old == new or (old[:2] == LOST_SIGHT and new.status in SETTLED)
        for old, new in zip(theirs, ours, strict=True)
    )


def status_of_namespace(document: bytes) -> bytes | None:
    """The state of the Service Bus namespace that a document is about; nothing if it is about something else."""
    found = re.search(rb"<NamespaceDescription.*?<Status>(\w+)<", document, re.DOTALL)
    return found and found[1] if b"<feed" not in document else None


def has_settled(now: Answer) -> bool:
    """Whether all instances in a document are in states in which they stay."""
    instances = _states(now.text) if now.status == HTTPStatus.OK else []
    return bool(instances) and {one.status for one in instances} <= SETTLED


def _states(document: str) -> list[State]:
    instances = ET.fromstring(document).iter(f"{AZURE}RoleInstance")
    names = ("InstanceStatus", "PowerState", "InstanceStateDetails", "HostName")
    return [State(*(one.findtext(AZURE + name) or "" for name in names)) for one in instances]


async def replay(management: Management, recording: Path) -> AsyncIterator[tuple[Exchange, Answer]]:
    """Send a recording's requests again and yield what was answered then and now.

    An operation that was over is given the time to be over, a network configuration that to be taken
    over, and a reserved address that to change hands. A deployment is asked for again, with
    time passing in between, until its machines are as far as they were then (`as_far`): how long
    anything takes is no part of the promise.
    """
    ids = {RECORDED_SUBSCRIPTION: management.subscription_id}
    for then in exchanges(recording):
        target = then.path + (f"?{then.query}" if then.query else "")
        body = staged(then.request_body.decode())
        for old, new in ids.items():
            target, body = target.replace(old, new), body.replace(old, new)

        async def ask(then: Exchange = then, target: str = target, body: str = body) -> Answer:
            return await management.send(then.method, target, body.encode(), **then.request_headers)

        now = await ask()
        waited = still = 0
        while then.method == "GET" and not _is_time(then, now):
            still = still + STEP if has_settled(now) else 0
            if waited >= PATIENCE or still >= STILLNESS:
                break
            management.clock.advance(STEP)
            waited += STEP
            now = await ask()
        ids |= made_names(then, now)
        if "x-ms-request-id" in then.response_headers:
            ids[then.response_headers["x-ms-request-id"]] = now.request_id
        yield then, now


def _is_time(then: Exchange, now: Answer) -> bool:
    if then.path.endswith(NETWORK_FILE) and then.status != now.status:
        return False
    if status_of_namespace(then.response_body) != status_of_namespace(now.text.encode()):
        return False
    if ADDRESSES in then.path and (b"<InUse>" in then.response_body) is not ("<InUse>" in now.text):
        return False
    if _is_grouped(then.response_body.decode()) and now.status == HTTPStatus.OK and not _is_grouped(now.text):
        return False
    over = b"<Operation " in then.response_body and b"<Status>InProgress" not in then.response_body
    return as_far(then.response_body, now) and not (over and now.find("Status") == "InProgress")


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


async def assert_answered_as_recorded(management: Management, recording: Path) -> None:
    """Every answer to a recording's requests is the recorded one, but for what differs on purpose."""
    await prepare(management, recording)
    compared = comparison(management)
    async for then, now in replay(management, recording):
        found = [str(one) for one in compared.differences(then, now) if one.reason is None]
        assert not found, f"{then}: {found}"
