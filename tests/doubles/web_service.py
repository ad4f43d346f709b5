"""The web service of the examples as a program of its own, which can be killed."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from contextlib import asynccontextmanager

import aiohttp
from doubles import mortal, web_service_program


class WebService:
    """The program, at the same port each time it is started.

    Args:
        directory: of its plans.
        environment: which service it uses, and what its plans refer to.
        options: of its command line.
    """

    def __init__(self, directory, environment, *options):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._options = ("--port", str(self.port), *options)
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AZURE_MANAGEMENT_")},
            "PLANS_DIRECTORY": str(directory),
            **environment,
        }
        self._process = None
        self.log = []

    async def start(self):
        """Start it, and wait until it listens."""
        self.log.clear()
        errors, told = mortal.pipe()
        self._process = mortal.forked(web_service_program.run, told, self._environment, self._options)
        told.close()
        listening = asyncio.Event()
        self._reading = asyncio.create_task(self._read(errors, listening))
        await listening.wait()
        assert "Uvicorn running" in self.log[-1], "\n".join(self.log)

    async def stop(self):
        """End it as the system does."""
        self._process.terminate()
        await self._ended()

    @property
    def ended_in_order(self):
        """Whether it had the time to close what it had open."""
        return any("Application shutdown complete" in line for line in self.log)

    async def kill(self):
        """End it as a power failure does."""
        self._process.kill()
        await self._ended()

    async def _read(self, errors, listening):
        with errors, open(errors.fileno(), encoding="utf-8", closefd=False) as lines:
            while line := await asyncio.to_thread(lines.readline):
                self.log.append(line.rstrip())
                if "Uvicorn running" in self.log[-1]:
                    listening.set()
        listening.set()

    async def _ended(self):
        await self._reading
        await asyncio.to_thread(self._process.join)


class Plans:
    """What a program asks of it."""

    def __init__(self, http):
        self.http = http

    async def post(self, document, content_type="application/json"):
        body = document if isinstance(document, str) else json.dumps(document)
        async with self.http.post("/plans", data=body, headers={"Content-Type": content_type}) as reply:
            return reply.status, reply.headers, await reply.json()

    async def get(self, path):
        async with self.http.get(path) as reply:
            assert reply.status == 200, await reply.text()
            return await reply.json()

    @asynccontextmanager
    async def events(self, plan_id):
        """The plan's events, as pairs of name and data."""
        async with self.http.get(f"/plans/{plan_id}/events") as reply:
            assert (reply.status, reply.content_type) == (200, "text/event-stream")
            yield events_of(reply.content)

    async def until(self, plan_id, *states):
        """Wait until the plan is in one of `states`; everything about it."""
        async with self.events(plan_id) as events:
            async for name, data in events:
                if name == "snapshot" and data["state"] in states:
                    return data
        raise AssertionError("the stream has ended before")

    async def until_resource(self, plan_id, state, key=""):
        """Wait until a resource, or that of `key`, is in a state."""
        async with self.events(plan_id) as events:
            async for name, data in events:
                for one in data["resources"] if name == "snapshot" else [data]:
                    if one["state"] == state and one["key"].startswith(key):
                        return
        raise AssertionError("the stream has ended before")


async def events_of(stream):
    """Server-sent events; comments are left out."""
    name = ""
    async for line in stream:
        field, _, value = line.decode().rstrip("\n").partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)


@asynccontextmanager
async def running(service):
    """A client of the service, which runs until the block ends."""
    await service.start()
    try:
        async with aiohttp.ClientSession(service.url) as http:
            yield Plans(http)
    finally:
        await service.stop()
