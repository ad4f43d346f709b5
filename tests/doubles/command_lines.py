"""Command lines for operations: arguments of a method as a command takes them, and commands run in this process."""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack
from enum import Enum
from unittest import mock

from doubles.virtual_time import VirtualLoop
from pydantic import SecretStr

from asyncsm.cli import main
from asyncsm.cli.profiles import Connection
from asyncsm.wire.document import Document


class Recorder:
    """A transport that remembers what goes through it."""

    def __init__(self, transport):
        self._transport = transport
        self.requests = []

    async def send(self, request):
        self.requests.append((request.method, request.url, request.body))
        return await self._transport.send(request)

    async def close(self):
        await self._transport.close()


def argv_of(command, arguments, directory):
    """Return the part of a command line that gives `arguments`; files are made in `directory`."""
    placed, options = [], []
    for one in command["parameters"]:
        value = arguments.get(one["name"])
        if value is None or "of" in one:
            continue
        texts = [*written(one, value, directory)]
        if "option" not in one:
            placed += texts
        elif one["kind"] == "truth":
            options += [one["option"]] if value else []
        else:
            options += [part for text in texts for part in (one["option"], text)]
    return [*options, "--", *placed]


def written(one, value, directory):
    """Yield the texts that stand for a value."""
    kind = one["kind"]
    if kind == "file":
        file = directory / one["name"]
        content = value if isinstance(value, str | bytes) else value.to_body()
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        yield str(file)
    elif kind == "properties":
        yield from (f"{name}={item}" for name, item in value.items())
    elif kind == "texts":
        yield from value
    elif kind == "models":
        yield json.dumps([structure(item) for item in value])
    elif kind == "model":
        yield json.dumps(structure(value))
    else:
        yield str(structure(value))


def structure(value):
    """Return a model as the JSON that makes it."""
    match value:
        case Document():
            return {name: structure(getattr(value, name)) for name in value.model_fields_set}
        case SecretStr():
            return value.get_secret_value()
        case Enum():
            return value.value
        case list() | tuple():
            return [structure(item) for item in value]
        case dict():
            return {name: structure(item) for name, item in value.items()}
        case _:
            return value


def run_with(service, argv):
    """Run a command whose client is `service`, or what that returns for its policies, in virtual time; return its exit code."""

    def made(**policies):
        client = service(**policies) if callable(service) else service
        client._owns_session = True
        return client

    with ExitStack() as changed:
        changed.enter_context(mock.patch.object(Connection, "service", side_effect=made))
        changed.enter_context(mock.patch("asyncio.run", virtually))
        return main(argv)


def virtually(coroutine):
    """Run a coroutine on a loop of its own, whose time jumps."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(coroutine)
