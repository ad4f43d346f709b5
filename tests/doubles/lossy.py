"""An emulator without sockets whose replies can be lost, and a client that tells what it started."""

from __future__ import annotations

import asyncio
import re
from copy import copy
from datetime import UTC, datetime

from doubles.loopback import SUBSCRIPTION, Loopback, LoopClock

from asyncsm import ConnectionLost, ManagementSession, ServiceManagementService


class _Witness(ManagementSession):
    """Remembers the changes it was asked for."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.started = []

    async def start(self, request):
        self.started.append(request)
        return await super().start(request)


class LossyLoopback(Loopback):
    """Loses the reply to the next change whenever it is told to.

    Attributes:
        lose: whether to lose the next one.
        how: ``after`` the change was made, or ``before``; ``None`` loses nothing.
        error: what the client sees instead of the reply: an exception, or a reply.
        latency: seconds a request takes on its way, and a reply.
        conflicts: how many requests were refused with 409.
    """

    def __init__(self, how=None, error=None, *, latency=0.0, **quotas):
        super().__init__(LoopClock(), **quotas)
        self.how = how
        self.latency = latency
        self.conflicts = 0
        self.error = error or ConnectionLost("reset by peer")
        self.lose = False
        self.client = ServiceManagementService(session=_Witness(SUBSCRIPTION, transport=self))

    @property
    def started(self):
        """The changes the client was asked for."""
        return self.client.session.started

    def history(self):
        """Name and object of every change that was made, in order; without the moments in disks' names."""
        return [(each.name, re.sub(r"-\d{18}$", "", each.object_path)) for each in self.operations()]

    def operations(self):
        """Every change that was made, in order."""
        return self.subscription.operations.since(datetime.fromtimestamp(0, UTC))

    async def send(self, request):
        await self._travel()
        lost = request.method != "GET" and self.lose and self.how is not None
        if not lost:
            response = await super().send(request)
            self.conflicts += response.status == 409
            await self._travel()
            return response
        self.lose = False
        if self.how == "after":
            await super().send(request)
        await self._travel()
        if isinstance(self.error, BaseException):
            raise copy(self.error)
        return self.error

    async def _travel(self):
        if self.latency:
            await asyncio.sleep(self.latency)
