"""How far role instances are, in a recorded document and in the emulator's."""

import re
from http import HTTPStatus
from typing import NamedTuple
from xml.etree import ElementTree as ET

from doubles.bare_client import AZURE, Answer
from doubles.comparing import shape

STEADY = {
    ("ReadyRole", "Started"),
    ("StoppedVM", "Stopped"),
    ("StoppedDeallocated", "Stopped"),
}
"""States in which instances stay, with their power states."""

START = {
    ("RoleStateUnknown", "Starting"): 0,
    ("StoppedVM", "Starting"): 0,
    ("CreatingVM", "Starting"): 1,
    ("StartingVM", "Starting"): 2,
    ("RoleStateUnknown", "Started"): 3,
    ("Provisioning", "Started"): 4,
    ("BusyRole", "Started"): 5,
    ("ReadyRole", "Started"): 6,
}
"""States on the way of an instance that starts, and how far it has come with each."""

LOST_SIGHT = ("RoleStateUnknown", "Started")
"""What the service said of machines that ran while others in their deployment were added or stopped."""

IMAGES_NAME = "WIN-5CU3EUBGJ92"
"""What Windows calls itself in the emulator before it is set up; in the recordings images had names of their own."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


class State(NamedTuple):
    """How far an instance is."""

    name: str
    status: str
    power: str
    details: str
    host_name: str

    @property
    def place(self) -> tuple[str, str]:
        """Its state and power state."""
        return self.status, self.power


def as_far(then: bytes, now: Answer, asked: str) -> bool:
    """Whether the machines in a document are where they were; without machines, true.

    That is so when they have the same states, and as long as these are not final also the same
    elements and details, as those tell how far a machine is: its name comes with the first start
    of its system, its key with the end of provisioning. No machine goes back: one that is farther
    will not be there again. Several that start at once, each at its own pace, are as far when all
    of them together have come as far.

    Args:
        then: the recorded document.
        now: the emulator's.
        asked: what was requested so far, in small letters.
    """
    if b"<RoleInstance>" not in then or now.status != HTTPStatus.OK:
        return True
    theirs, ours = _states(then.decode()), _states(now.text)
    if len(theirs) != len(ours):
        return False
    if {old.place for old in theirs} <= STEADY:
        return theirs == ours
    same = all(_alike(old, new, asked) for old, new in zip(theirs, ours, strict=True))
    if same and shape(then) == shape(now.text):
        return True
    if not {one.place for one in (*theirs, *ours)} <= START.keys():
        return False
    if len(theirs) == 1:
        return _progress(ours[0], asked) > _progress(theirs[0], asked)
    return sum(START[new.place] for new in ours) >= sum(START[old.place] for old in theirs)


def has_settled(now: Answer) -> bool:
    """Whether all instances in a document are in states in which they stay."""
    instances = _states(now.text) if now.status == HTTPStatus.OK else []
    return bool(instances) and {one.place for one in instances} <= STEADY


def _progress(one: State, asked: str) -> tuple[int, int, bool]:
    """How far an instance is that starts, so that it can be compared."""
    named = 0 if not one.host_name else 2 if one.host_name.lower() in asked else 1
    return START[one.place], named, bool(one.details)


def _alike(old: State, new: State, asked: str) -> bool:
    if old.place == LOST_SIGHT and new.place in STEADY:
        return True
    not_yet_named = new.host_name == IMAGES_NAME and old.host_name and old.host_name.lower() not in asked
    return old[:4] == new[:4] and (old.host_name == new.host_name or bool(not_yet_named))


def _states(document: str) -> list[State]:
    """By name, as the service listed them in no order."""
    instances = ET.fromstring(document).iter(f"{AZURE}RoleInstance")
    names = ("InstanceName", "InstanceStatus", "PowerState", "InstanceStateDetails", "HostName")
    texts = ([_MOMENT.sub("then", one.findtext(AZURE + name) or "") for name in names] for one in instances)
    return sorted(State(*each) for each in texts)


def state_of_namespace(document: bytes) -> bytes | None:
    """The state of the Service Bus namespace that a document is about; nothing if it is about something else."""
    found = re.search(rb"<NamespaceDescription.*?<Status>(\w+)<", document, re.DOTALL)
    return found and found[1] if b"<feed" not in document else None
