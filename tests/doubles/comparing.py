"""What is different in two answers, the recorded one and the emulator's: status, headers, each element."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from xml.etree import ElementTree as ET

from doubles.bare_client import Answer
from doubles.exceptions import (
    INSTANCES_ORDER,
    NOT_COMPARED,
    NOT_THE_SERVICES_SHAPE,
    ON_PURPOSE,
    OTHERS_ENTRIES,
    OUT_OF_ORDER,
    SELECTIONS,
)
from doubles.recordings import RECORDED_SUBSCRIPTION, Exchange

MADE_UP = re.compile(
    r"(?P<build>^1\.0\.\d{4}\.\d+( \(rd_rdfe_stable\.\d{6}-\d{4}\))?( Microsoft-HTTPAPI/2\.0)*$)"
    r"|(?P<front_end>^us(north|south|west)\d?$)"
    r"|(?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?|(?<=-os-)\d{4}-\d\d-\d\d|(?<=-datadisk-\d-)\d{4}-\d\d-\d\d)"
    r"|(?P<tag>(?<=-)[0-9A-F]{8}(?=(\.vhd)?$))"
    r"|(?P<id>(?<![0-9a-fA-F])[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}(?![0-9a-fA-F]))"
    r"|(?P<thumbprint>\b[0-9a-fA-F]{40}\b)"
    r"|(?P<key>[A-Za-z0-9+/]{86}==)"
    r"|(?P<bus_key>(?<![A-Za-z0-9+/])(?!FAKE)[A-Za-z0-9+/]{43}=(?![A-Za-z0-9+/=]))"
    r"|(?P<entry>(?<=;id=)\d+$)"
    r"|(?P<address>\b\d{1,3}(\.\d{1,3}){3}\b)"
    r"|(?P<blob>\b[a-z0-9]{8}\.[a-z0-9]{3}\d{18}(?=\.vhd\b))"
    r"|(?P<serial>\b\d{18}\b)"
    r"|(?P<cluster>\b[a-z]\d+(?=\.internal\.cloudapp\.net))"
    r"|(?P<port>^(49[2-9]\d\d|5\d{4}|6[0-5]\d{3})$)"
    r"|(?P<etag>\"[0-9A-F]{15}\")"
    r"|(?P<stamp>(?<=waws-prod-)\w{3}-\d{3})"
    r"|(?P<password>^[A-Za-z0-9]{60}$)"
)
"""What the service made up anew each time. Other values there are fine, if they have this form and,
unless they are `PASSING`, always stand for the same value of a recording."""

PASSING = {"build", "entry", "front_end", "moment", "cluster"}
"""Of `MADE_UP`, what is another one each time it is asked for, or one of a few by chance."""

KEYS = (
    "InstanceName",
    "Name",
    "Publisher",
    "ServiceName",
    "Version",
    "SubscriptionCertificateThumbprint",
    "Thumbprint",
    "Code",
    "title",
    "GatewayName",
    "CircuitName",
)
"""Elements by which entries of a list are known."""

_INSTANCE_NAME = KEYS.index("InstanceName")

FRONT_END = "Microsoft-HTTPAPI/2.0"
"""What a front end called itself that passed on a refusal of another service, or made one."""

NAMED_BY = {"x-ms-request-id", "x-ms-servedbyregion"}
"""Headers that such refusals lack, and other answers have."""

MISSING = "(missing)"

EXCERPT = 80
"""Characters of a value that are shown."""


@dataclass(frozen=True)
class Difference:
    """A place where two answers are not the same; on purpose, if there is a reason."""

    where: str
    recorded: str
    emulated: str
    reason: str | None = None

    def __str__(self) -> str:
        return f"{self.where}: {_shortened(self.recorded)} / {_shortened(self.emulated)}"


@dataclass
class Comparison:
    """Compares the answers to one recording's requests, in their order.

    Args:
        their_url: how the service's address stands in recorded texts.
        our_url: the address that stands there instead.
        renamed: what is called otherwise here: parts of the recording's texts, and what to read instead.
    """

    their_url: re.Pattern[str]
    our_url: str
    renamed: dict[str, str] = field(default_factory=dict)
    _now: dict[str, str] = field(default_factory=dict)
    _then: dict[str, str] = field(default_factory=dict)
    _requested: str = ""

    def differences(self, then: Exchange, now: Answer) -> Iterator[Difference]:
        """Where `now` is not what `then` was; after parts that do not line up, nothing more."""
        if then.may_be_later:
            aside = replace(self, _now=dict(self._now), _then=dict(self._then))
            found = aside.differences(replace(then, may_be_later=False), now)
            yield from (replace(one, reason=one.reason or OUT_OF_ORDER) for one in found)
            return
        self._requested += self._translated(f"{then.path} {then.request_body.decode('utf-8', 'replace')}\n")
        if then.status != now.status:
            said = now.text if now.status >= 400 else ""
            yield _different("status", str(then.status), f"{now.status} {said}".strip())
            return
        yield from self._headers(then, now.headers)
        if not then.response_body and not now.text:
            return
        if not then.response_body or not now.text:
            yield Difference("body", then.response_body.decode() or MISSING, now.text or MISSING)
            return
        self.renamed |= made_names(then, now)
        recorded = tree(self._translated(then.response_body.decode("utf-8-sig")))
        yield from self._element(recorded, tree(now.text), _name(recorded), is_root=True)

    def _headers(self, then: Exchange, now: Mapping[str, str]) -> Iterator[Difference]:
        found = {name.lower(): value for name, value in now.items()}
        # Some recordings lack the type of what they have; nothing has one that is empty.
        if not then.response_body and then.response_headers and "content-type" in found:
            yield Difference("header content-type", MISSING, found["content-type"])
        for name in NAMED_BY & found.keys() if then.response_headers.get("server") == FRONT_END else ():
            if name not in then.response_headers:
                yield Difference(f"header {name}", MISSING, found[name])
        for name, value in then.response_headers.items():
            if name in NOT_COMPARED:
                continue
            wanted = self._translated(value)
            if not self._alike(wanted, found.get(name, MISSING)):
                yield _different(f"header {name}", wanted, found.get(name, MISSING))

    def _element(
        self, then: ET.Element, now: ET.Element, path: str, *, is_root: bool = False
    ) -> Iterator[Difference]:
        if then.tag != now.tag:
            yield _different(path, then.tag, now.tag)
            return
        if then.attrib.keys() != now.attrib.keys() or not all(
            self._alike(value, now.attrib[name]) for name, value in then.attrib.items()
        ):
            yield _different(path, f"{then.attrib or 'no attributes'}", f"{now.attrib or 'no attributes'}")
        texts = (then.text or "").strip(), (now.text or "").strip()
        if not self._alike(*texts):
            yield _different(path, *texts)
        yield from self._children(then, now, path, is_root=is_root)

    def _children(
        self, then: ET.Element, now: ET.Element, path: str, *, is_root: bool
    ) -> Iterator[Difference]:
        theirs, ours = _comparable(then), _comparable(now)
        if _name(then) == "RoleInstanceList":
            yield from _other_order(theirs, ours, path)
            path = f"{path} of several" if len(theirs) > 1 else path
        for name in {_name(child) for side in (then, now) for child in side} & {*NOT_THE_SERVICES_SHAPE}:
            counts = [sum(_name(child) == name for child in side) for side in (then, now)]
            if counts[0] != counts[1]:
                yield Difference(f"{path}/{name}", *map(str, counts), NOT_THE_SERVICES_SHAPE[name])
        if is_root and _name(then) == "feed":
            yield from self._feed(theirs, ours, path)
            return
        is_list = is_root or path == "json/Value"
        if is_list and _is_list(theirs, ours) and [*map(_identity, theirs)] != [*map(_identity, ours)]:
            yield from self._other_entries(theirs, ours, path)
            theirs, ours = _in_both(theirs, ours)
        while theirs and ours:
            one, other = theirs[0], ours[0]
            in_place = one.tag == other.tag and _called(one) == _called(other)
            is_gone = not in_place and _is_missing(one, theirs, ours)
            is_new = not in_place and _is_missing(other, ours, theirs)
            if one.tag == other.tag and (
                in_place or (is_gone and is_new) or not _are_several(one.tag, theirs, ours)
            ):
                yield from self._element(theirs.pop(0), ours.pop(0), f"{path}/{_name(one)}")
            elif is_gone:
                yield _lacking(path, theirs.pop(0))
            elif is_new:
                yield _surplus(path, ours.pop(0))
            else:
                yield _different(
                    f"{path}/{_name(one)}", "before " + (_called(other) or _name(other)), "after it"
                )
                return
        yield from (_lacking(path, child) for child in theirs)
        yield from (_surplus(path, child) for child in ours)

    def _feed(self, then: list[ET.Element], now: list[ET.Element], path: str) -> Iterator[Difference]:
        """Compare the entries of feeds as those of other lists, and what stands around them by itself."""
        around, entries = (
            [[one for one in side if (_name(one) == "entry") is wanted] for side in (then, now)]
            for wanted in (False, True)
        )
        if [*map(_identity, entries[0])] != [*map(_identity, entries[1])]:
            yield from self._other_entries(*entries, path)
            entries = _in_both(*entries)
        for theirs, ours in (around, entries):
            if [one.tag for one in theirs] != [one.tag for one in ours]:
                yield Difference(path, *(" ".join(map(_name, side)) for side in (theirs, ours)))
                continue
            for one, other in zip(theirs, ours, strict=True):
                yield from self._element(one, other, f"{path}/{_name(one)}")

    def _other_entries(
        self, theirs: list[ET.Element], ours: list[ET.Element], path: str
    ) -> Iterator[Difference]:
        """An entry that the recording itself made has to be there; others do not."""
        known = {_identity(entry) for entry in ours}
        for entry in theirs:
            key = next(filter(None, _identity(entry)), "")
            if _identity(entry) not in known and self._asked_for(key):
                yield Difference(f"{path}/{_name(entry)}", key, MISSING)
        reason = SELECTIONS.get(path, OTHERS_ENTRIES)
        yield Difference(path, f"{len(theirs)} entries", f"{len(ours)} entries", reason)

    def _alike(self, then: str, now: str) -> bool:
        if then == now:
            return True
        if MADE_UP.sub(_kind, then) != MADE_UP.sub(_kind, now):
            return False
        for old, new in zip(MADE_UP.finditer(then), MADE_UP.finditer(now), strict=True):
            if old.lastgroup in PASSING:
                continue
            # An id may be written with hyphens or without, and a thumbprint in either case.
            known, found = (one[0].replace("-", "").lower() for one in (old, new))
            if self._asked_for(old[0]) and found not in {known, self._now.get(known)}:
                return False
            if (self._now.setdefault(known, found), self._then.setdefault(found, known)) != (found, known):
                return False
        return True

    def _asked_for(self, value: str) -> bool:
        """Whether a request named it, so that the answer may not have another."""
        if not value or value not in self._requested:  # which is quickly said
            return False
        return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", self._requested) is not None

    def _translated(self, text: str) -> str:
        for old, new in self.renamed.items():
            text = text.replace(old, new)
        return self.their_url.sub(self.our_url, text)


_MOMENT = re.compile(r"-(?:\d{18}\b|\d{4}-\d\d-\d\d)|-os|-datadisk-")
"""Without any, a text has neither names of disks that were made up, nor of parts of images."""

_DISKS = re.compile(r"(?<![\w.-])[\w.-]+-\d{18}\b")
_PARTS_OF_IMAGES = re.compile(r"(?<![\w.-])([\w.-]+-(?:os|datadisk-\d+))-\d{4}-\d\d-\d\d(?:-[0-9A-F]{8})?")


def made_names(then: Exchange, now: Answer) -> dict[str, str]:
    """Recorded names that the service made up and told in an answer, each with the one it has here."""
    if now.status >= 300:
        return {}
    if then.response_body.startswith(b"<ServerName "):
        return {ET.fromstring(then.response_body).text or "": now.root.text or ""}
    recorded = then.response_body.decode("utf-8", "replace")
    if ".DatabaseOperation<" in recorded:
        ids = [re.findall("<Id>([^<]+)</Id>", text) for text in (recorded, now.text)]
        return dict(zip(*ids, strict=False))
    if not _MOMENT.search(recorded):  # most have none, which is quickly said
        return {}
    disks, own = _DISKS.findall(recorded), _DISKS.findall(now.text)
    parts = {each[1]: each[0] for each in _PARTS_OF_IMAGES.finditer(now.text)}
    return {
        **(dict(zip(disks, own, strict=True)) if len(disks) == len(own) else {}),
        **{one[0]: parts[one[1]] for one in _PARTS_OF_IMAGES.finditer(recorded) if one[1] in parts},
    }


def names_here(then: Exchange, now: Answer) -> dict[str, str]:
    """Everything recorded in an answer that later requests may name, each with what it is called here."""
    names = made_names(then, now) | _made_ids(then, now)
    if "x-ms-request-id" in then.response_headers and "x-ms-request-id" in now.headers:
        names[then.response_headers["x-ms-request-id"]] = now.request_id
    return names


_GATEWAYS = re.compile(r"<GatewayId>([^<]+)</GatewayId>\s*<GatewayName>([^<]+)")
_ONE_ID = re.compile(
    r"<GatewayOperationAsyncResponse [^>]*>\s*<ID>([^<]+)|^<string [^>]*>([0-9a-f-]{36})<|<Data>([0-9a-f-]{36})<"
)


def _made_ids(then: Exchange, now: Answer) -> dict[str, str]:
    """Recorded ids of gateways, circuits and their operations, which requests name, each with the one it has here."""

    def ids(text: str) -> dict[str, str]:
        one = _ONE_ID.search(text)
        return ({"": one[one.lastindex]} if one else {}) | {
            name: id_ for id_, name in _GATEWAYS.findall(text)
        }

    theirs, ours = ids(then.response_body.decode("utf-8", "replace")), ids(now.text)
    shared = theirs.keys() & ours.keys()
    return {theirs[key]: ours[key] for key in shared if theirs[key] != RECORDED_SUBSCRIPTION}


def tree(text: str) -> ET.Element:
    """A document as elements; members of JSON in the order of their names, as they have none of their own."""
    if not text.lstrip().startswith(("{", "[")):
        return ET.fromstring(text)

    def element(name: str, value: object) -> ET.Element:
        made = ET.Element(name)
        if isinstance(value, dict):
            made.extend(element(key, value[key]) for key in sorted(value))
        elif isinstance(value, list):
            made.extend(element("item", each) for each in value)
        else:
            made.text = json.dumps(value) if not isinstance(value, str) else value
        return made

    return element("json", json.loads(text))


def shape(xml: bytes | str) -> list[tuple[int, str]]:
    """The elements of a document in order, each with its depth."""

    def walk(element: ET.Element, depth: int) -> Iterator[tuple[int, str]]:
        yield depth, element.tag
        for child in _comparable(element):
            yield from walk(child, depth + 1)

    return list(walk(ET.fromstring(xml), 0))


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _kind(found: re.Match[str]) -> str:
    return f"<{found.lastgroup}>"


def _comparable(element: ET.Element) -> list[ET.Element]:
    return [child for child in element if _name(child) not in NOT_THE_SERVICES_SHAPE]


def _different(where: str, recorded: str, emulated: str) -> Difference:
    """With its reason, if `ON_PURPOSE` has one."""
    found = f"{where}: {recorded} / {emulated}"
    reason = next((why for what, why in ON_PURPOSE.items() if re.fullmatch(what, found, re.DOTALL)), None)
    return Difference(where, recorded, emulated, reason)


def _lacking(path: str, child: ET.Element) -> Difference:
    return _different(f"{path}/{_name(child)}", _called(child) or "(empty)", MISSING)


def _surplus(path: str, child: ET.Element) -> Difference:
    return _different(f"{path}/{_name(child)}", MISSING, _called(child) or "(empty)")


def _identity(entry: ET.Element) -> tuple[str, ...]:
    description = entry.find("{*}content/*") if _name(entry) == "entry" else None  # of a feed
    inside = [] if description is None else [*description]
    texts = {_name(child): child.text or "" for child in [*entry, *inside]}
    return tuple(texts.get(key, "") for key in KEYS)


def _is_missing(one: ET.Element, beside: list[ET.Element], others: list[ET.Element]) -> bool:
    """Whether `one`, which stands `beside` some, is not among `others`.

    Entries of a list are told apart by what they are called, so that one that is missing does not set
    all that follow against each other.
    """
    alike = [other for other in others if other.tag == one.tag]
    if not alike or not _are_several(one.tag, beside, others):
        return not alike
    return bool(_called(one)) and _called(one) not in map(_called, alike)


def _are_several(tag: str, *sides: list[ET.Element]) -> bool:
    return any(sum(one.tag == tag for one in side) > 1 for side in sides)


def _called(entry: ET.Element) -> str:
    """The text of an entry without parts, or those of `KEYS` that it has."""
    texts = _identity(entry) if len(entry) else [(entry.text or "").strip()]
    return " ".join(filter(None, texts))


def _is_list(theirs: list[ET.Element], ours: list[ET.Element]) -> bool:
    entries = [*theirs, *ours]
    return len({entry.tag for entry in entries}) == 1 and all(any(_identity(entry)) for entry in entries)


def _in_both(theirs: list[ET.Element], ours: list[ET.Element]) -> tuple[list[ET.Element], list[ET.Element]]:
    found: dict[tuple[str, ...], list[ET.Element]] = {}
    for entry in ours:
        found.setdefault(_identity(entry), []).append(entry)
    pairs = [(entry, left.pop(0)) for entry in theirs if (left := found.get(_identity(entry)))]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _other_order(theirs: list[ET.Element], ours: list[ET.Element], path: str) -> Iterator[Difference]:
    """Bring role instances into the order of their names, in which they need not be."""
    names = [[_identity(one)[_INSTANCE_NAME] for one in side] for side in (theirs, ours)]
    if names[0] != names[1] and sorted(names[0]) == sorted(names[1]):
        for side in (theirs, ours):
            side.sort(key=lambda one: _identity(one)[_INSTANCE_NAME])
        yield Difference(path, *map(", ".join, names), INSTANCES_ORDER)


def _shortened(text: str) -> str:
    return text if len(text) <= EXCERPT else f"{text[: EXCERPT - 3]}..."
