"""Recorded requests, damaged by chance and sent to the emulator: it refuses or carries out what arrives, and never fails.

``python tests/fuzz.py --rounds N --from SEED`` replays each recording N times, some of its bodies and paths damaged;
``--seed SEED --recording AREA/NAME`` does one again and prints what was sent. Ends with 1 if the emulator failed: by an
answer that is no answer of the service, by a state that it cannot read again, or by what it could not show on its
control port.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from random import Random
from typing import Final
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree as ET

import aiohttp
from doubles.bare_client import Answer, Management, connected
from doubles.comparing import names_here
from doubles.preparing import STAGES, prepare
from doubles.recordings import CORPORA, RECORDED_SUBSCRIPTION, Exchange, exchanges, recorded

from asyncsm.emulator import Emulator, ManualClock
from asyncsm.emulator.control.routes import ROUTES as CONTROL
from asyncsm.emulator.routes import ROUTES

DAMAGED_OFTEN: Final = (0.08, 0.4)
"""How many of a recording's requests are damaged; the others make what the damaged ones are about."""
TEXTS: Final = (
    "", " ", "x", "0", "-1", "1", "true", "TRUE", "None", "9" * 30, str(2**31), str(2**63), "1e400", "NaN", "1.5",
    "0001-01-01T00:00:00", "9999-12-31T23:59:59.9999999Z", "2014-02-30T00:00:00Z", "P1Y", "PT-1S", "10.0.0.0/8",
    "10.0.0.0/33", "256.1.1.1", "::1", "AA==", "====", "%00", "..", "../..", "a/b", "a" * 5000, "\u00e9\U0001f600", "\r\n",
    "http://", "https://store.blob.core.windows.net/vhds/x.vhd", "<x/>", "&amp;", "{}", "[]", "null",
    "00000000-0000-0000-0000-000000000000",
)  # fmt: skip
SHOWN: Final = [
    route.path
    for route in CONTROL
    if route.method == "GET" and "{" not in route.path and route.path != "/events"
]
"""What the control port shows of everything."""
LISTED: Final = [
    route.path.strip("/") + (f"?{urlencode(route.query)}" if route.query else "")
    for route in ROUTES
    if route.method == "GET" and "{" not in route.path
]
"""What the management port lists."""


@dataclass
class Findings:
    """What was sent, and where the emulator failed."""

    answers: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def damaged(body: bytes, chance: Random) -> bytes:
    """Change a document at one to three places; one that is none is cut or overwritten."""
    try:
        root = ET.fromstring(body.decode("utf-8-sig"))
    except (ET.ParseError, UnicodeDecodeError):
        try:
            document = json.loads(body)
        except ValueError:
            return cut(body, chance)
        for _ in range(chance.randint(1, 3)):
            document = with_json_damaged(document, chance)
        return json.dumps(document).encode()
    if chance.random() < 0.05:
        return cut(body, chance)
    for _ in range(chance.randint(1, 3)):
        damage_tree(root, chance)
    return ET.tostring(root, encoding="utf-8")


def cut(body: bytes, chance: Random) -> bytes:
    """Leave out or overwrite a part of some bytes."""
    start = chance.randrange(len(body) + 1)
    end = min(len(body), start + chance.choice([1, 10, len(body)]))
    return body[:start] + chance.choice([b"", b"<", b"\x00", b"\xff", b"]]>"]) + body[end:]


def damage_tree(root: ET.Element, chance: Random) -> None:
    """Change a document at one place: text, number, order, name or kind of its elements."""
    parents = {child: parent for parent in root.iter() for child in parent}
    if not parents:
        root.text = chance.choice(TEXTS)
        return
    child = chance.choice(list(parents))
    parent = parents[child]
    texts = [one for one in parents if not len(one)] or [child]
    match chance.choice(["text", "text", "text", "drop", "repeat", "nil", "move", "rename", "empty", "nest"]):
        case "text":
            chance.choice(texts).text = chance.choice([*TEXTS, *(one.text for one in texts)])
        case "drop":
            parent.remove(child)
        case "repeat":
            parent.insert(chance.randrange(len(parent) + 1), child)
        case "nil":
            child.set("{http://www.w3.org/2001/XMLSchema-instance}nil", chance.choice(["true", "false", "x"]))
        case "move":
            parent.remove(child)
            chance.choice([root, *(one for one in root.iter() if len(one))]).append(child)
        case "rename":
            child.tag = chance.choice(list(parents)).tag
        case "empty":
            child.clear()
        case "nest":
            child.append(ET.fromstring(ET.tostring(parent)))


def with_json_damaged(document: object, chance: Random) -> object:
    """Return a JSON document with a change at one place."""
    if isinstance(document, dict) and document and chance.random() < 0.9:
        key = chance.choice(list(document))
        left = {name: value for name, value in document.items() if name != key}
        return left if chance.random() < 0.2 else left | {key: with_json_damaged(document[key], chance)}
    if isinstance(document, list) and document and chance.random() < 0.9:
        place = chance.randrange(len(document))
        return [
            *document[:place],
            with_json_damaged(document[place], chance),
            *document[place + chance.choice([0, 1]) :],
        ]
    return chance.choice([*TEXTS, None, True, 0, -1, 2**63, 1.5, [], {}, [[]], {"x": {}}])


def damaged_path(path: str, chance: Random) -> str:
    """Return a path with another part."""
    parts = path.split("/")
    place = chance.randrange(2, len(parts)) if len(parts) > 2 else 0
    parts[place] = chance.choice(
        ["x", "", "0", "a" * 300, "%00", "%C3%A9", "..", parts[place].upper(), parts[-1]]
    )
    return "/".join(parts)


def damaged_query(query: str, chance: Random) -> str:
    """Return a query with another value; an empty one has none to change."""
    pairs = parse_qsl(query.lstrip("?"), keep_blank_values=True)
    if not pairs:
        return query
    place = chance.randrange(len(pairs))
    pairs[place] = (pairs[place][0], chance.choice(TEXTS))
    return f"?{urlencode(pairs)}"


def is_answer(answer: Answer, then: Exchange) -> bool:
    """Whether something is an answer of the service: of a failure if the service itself failed, and a document if any."""
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return answer.status in {HTTPStatus.NOT_IMPLEMENTED, then.status}
    if answer.status < HTTPStatus.BAD_REQUEST:
        return True
    kinds: list[Callable[[str], object]] = [ET.fromstring, json.loads]
    for read in kinds:
        try:
            read(answer.text)
        except (ET.ParseError, ValueError):
            continue
        return True
    return False


class Errors(logging.Handler):
    """Keeps what the emulator logs of its failures; effects of operations fail nowhere else."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self.messages.append(f"{record.getMessage()}: {error!r}")


class Fuzz:
    """An emulator to which damaged recordings are sent.

    Attributes:
        findings: what came of them.
    """

    def __init__(
        self, emulator: Emulator, management: Management, errors: Errors, *, told: bool = False
    ) -> None:
        self.findings = Findings()
        self._errors = errors
        self._emulator = emulator
        self._management = management
        self._told = told

    async def replay(self, recording: Path, seed: int) -> None:
        """Send a recording's requests, damaged as a seed has it, and see whether the emulator is well."""
        name = f"{recording.parent.name}/{recording.stem}"
        chance = Random(f"{seed} {name}")
        self._emulator.reset()
        self._emulator.seed({"publisher": True})
        await prepare(self._management, recording)
        often = chance.choice(DAMAGED_OFTEN)
        names = STAGES | {RECORDED_SUBSCRIPTION: self._management.subscription_id}
        for then in exchanges(recording):
            answer = await self._send(then, names, chance, often)
            self.findings.answers[answer.status] += 1
            if not is_answer(answer, then):
                self._fail(name, seed, f"{then}: {answer.status} {answer.text[:200]!r}")
            self._emulator.clock.advance(chance.choice([0, 1, 30, 600, 3600]))
        for failure in [*[one async for one in self._unwell()], *self._errors.messages]:
            self._fail(name, seed, failure)
        self._errors.messages.clear()

    async def _send(self, then: Exchange, names: dict[str, str], chance: Random, often: float) -> Answer:
        """Send a request, damaged as often as that, and learn what is called otherwise here."""
        path, query, body = then.path, f"?{then.query}" if then.query else "", then.request_body
        for old, new in names.items():
            path, body = path.replace(old, new), body.replace(old.encode(), new.encode())
        whole = path
        if chance.random() < often:
            if body and chance.random() < 0.8:
                body = damaged(body, chance)
            elif chance.random() < 0.5:
                path = damaged_path(path, chance)
            else:
                query = damaged_query(query, chance)
        if self._told:
            print(f"{then.method} {path}{query}\n    {body.decode(errors='replace')}")
        answer = await self._management.send(then.method, path + query, body, **then.request_headers)
        if path == whole and "x-ms-request-id" in then.response_headers:
            names |= names_here(then, answer)
        return answer

    async def _unwell(self) -> AsyncIterator[str]:
        self._emulator.clock.advance(24 * 3600)
        for path in LISTED:
            answer = await self._management.get(path)
            if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR:
                yield f"GET {path}: {answer.status}"
        async with aiohttp.ClientSession(self._emulator.admin_url) as http:
            for path in SHOWN:
                async with http.get(path) as reply:
                    if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                        yield f"GET {path} of the control port: {reply.status}"
            async with http.get("/state") as reply:
                state = await reply.json()
            async with http.put("/state", json=state) as reply:
                if reply.status != HTTPStatus.NO_CONTENT:
                    yield f"its own state is refused: {(await reply.text())[:200]}"
                    return
            async with http.get("/state") as reply:
                if await reply.json() != state:
                    yield "its state is another after it was read again"

    def _fail(self, name: str, seed: int, what: str) -> None:
        failure = f"--recording {name} --seed {seed}: {what}"
        print(failure)
        self.findings.failures.append(failure)


async def fuzz(recordings: Sequence[Path], seeds: Sequence[int], *, told: bool = False) -> Findings:
    """Replay recordings with each of some seeds."""
    errors, log = Errors(), logging.getLogger("asyncsm.emulator")
    log.addHandler(errors)
    try:
        async with (
            Emulator(clock=ManualClock(), tail=False, seed=1) as emulator,
            connected(emulator) as management,
        ):
            running = Fuzz(emulator, management, errors, told=told)
            for seed in seeds:
                for recording in recordings:
                    await running.replay(recording, seed)
    finally:
        log.removeHandler(errors)
    return running.findings


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="fuzz", description="Send damaged recordings to the emulator.")
    parser.add_argument("--rounds", type=int, default=1, help="how often each recording is replayed")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first seed")
    parser.add_argument("--seed", type=int, help="only this seed, and print what is sent")
    parser.add_argument(
        "--recording", default="", metavar="AREA/NAME", help="only recordings with this in their name"
    )
    chosen = parser.parse_args(arguments)
    found = recorded()
    if not found:
        print(f"skipped: recordings not found in {CORPORA[0]}; ASYNCSM_RECORDINGS says where they are")
        return 0
    wanted = [one for one in found if chosen.recording in f"{one.parent.name}/{one.stem}"]
    seeds = [chosen.seed] if chosen.seed is not None else range(chosen.first, chosen.first + chosen.rounds)
    findings = asyncio.run(fuzz(wanted, seeds, told=chosen.seed is not None))
    answers = ", ".join(f"{count} x {status}" for status, count in sorted(findings.answers.items()))
    print(
        f"{len(wanted)} recordings, {len(seeds)} rounds: {len(findings.failures)} failures; answers: {answers}"
    )
    return 1 if findings.failures else 0


if __name__ == "__main__":
    sys.exit(main())
