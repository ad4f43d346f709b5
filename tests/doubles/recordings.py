"""Recorded traffic of the real service, where the machine has it."""

import base64
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from doubles.implied_bodies import implied

CHECKOUT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("ASYNCSM_RECORDINGS", CHECKOUT.parent / "shared/wire/recordings"))

CORPORA = (FOLDER, FOLDER.parent / "sdk_recordings/dotnet", FOLDER.parent / "sdk_recordings/java")
"""Traffic of the old Python SDK, and of the .NET and Java libraries; each folder has one for each area."""

RECORDED_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Exchange:
    """A request and the answer to it.

    Attributes:
        seq: its place in the recording.
        may_be_later: whether it is a read that a change of the same second may have preceded: the .NET library's
            recordings have lost the order of such.
    """

    seq: int
    method: str
    path: str
    query: str
    status: int
    request_headers: dict[str, str]
    response_headers: dict[str, str]
    request_body: bytes
    response_body: bytes
    may_be_later: bool = False

    def __str__(self) -> str:
        return f"{self.seq}: {self.method} {self.path} -> {self.status}"


def has_bodies(recording: Path) -> bool:
    """Whether its requests were recorded whole; the Java library's lack what was sent."""
    return recording.parent.parent != CORPORA[2]


def recorded(files: str = "*/*.json", folders: Iterable[Path] = CORPORA) -> list[Path]:
    """The recordings whose files are called so, of each corpus in turn; none where the machine has no recordings."""
    return [path for folder in folders for path in sorted(folder.glob(files))]


def recordings(*areas: str) -> list[Path]:
    """The recordings of some areas of the old SDK; none where the machine has no recordings."""
    return [path for area in areas for path in sorted((FOLDER / area).glob("*.json"))]


def exchanges(recording: Path) -> Iterator[Exchange]:
    """What was said in a recording, in order."""
    everything = _in_order(json.loads(recording.read_text(encoding="utf-8"))["exchanges"])
    for said in everything:
        yield Exchange(
            seq=said["seq"],
            method=said["method"],
            path=said["path"],
            query=said["query"],
            status=said["status"],
            request_headers=said.get("request_headers") or {},
            response_headers=said.get("response_headers") or {},
            request_body=_content(said["request_body"]) or _implied(said),
            response_body=_content(said["response_body"]),
            may_be_later=recording.parent.parent == CORPORA[1]
            and said["method"] == "GET"
            and any(_changes(other, said) for other in everything),
        )


def _in_order(said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put questions that learn the end of an operation in front of what was read or changed in the same second.

    Recordings are in order of their seconds, and clients went on when an operation had ended.
    """
    ordered: list[dict[str, Any]] = []
    for each in said:
        place = len(ordered)
        while place and _ends(each) and _stands_beside(ordered[place - 1], each):
            place -= 1
        ordered.insert(place, each)
    return ordered


def _ends(said: dict[str, Any]) -> bool:
    return _asks_for_end(said) and "<Status>InProgress" not in str(said["response_body"])


def _asks_for_end(said: dict[str, Any]) -> bool:
    return "/operations/" in said["path"] or "/networking/operation/" in said["path"]


def _stands_beside(before: dict[str, Any], said: dict[str, Any]) -> bool:
    operation = said["path"].rpartition("/")[2]
    began = operation in f"{before.get('response_headers')} {before['response_body']}"
    beside = before.get("t") == said.get("t") is not None
    return beside and said["method"] == "GET" and not began and not _asks_for_end(before)


def _changes(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return (
        one["method"] != "GET"
        and one.get("t", -1) == other.get("t")
        and (
            (one["seq"] > other["seq"] and one["path"] == other["path"])
            or (one["seq"] > other["seq"] and one["path"].startswith(f"{other['path']}/"))
            or (other["status"] == HTTPStatus.NOT_FOUND and other["path"].startswith(f"{one['path']}/"))
        )
    )


def _implied(said: dict[str, Any]) -> bytes:
    """A body that was not recorded, as the answer has it; else an empty one."""
    if said.get("request_body_recorded", True):
        return b""
    return (implied(said["method"], said["path"], said["response_body"]) or "").encode()


def _content(body: str | dict[str, str] | None) -> bytes:
    if isinstance(body, dict):
        return base64.b64decode(body["base64"])
    return (body or "").encode()
