"""A service that is away for five minutes in the middle of a run."""

from __future__ import annotations

import asyncio

from doubles.loopback import SUBSCRIPTION

from asyncsm import ConnectionFailed, ManagementSession, ServiceManagementService


def cut_off(transport, at):
    """Return what makes a client, with the retries that it is given, of a service that goes away at a request's address."""
    cut = _CutOff(transport, at)

    def client(retry, **_):
        session = ManagementSession(SUBSCRIPTION, transport=cut, retry=retry)
        return ServiceManagementService(session=session)

    return client


class _CutOff:
    def __init__(self, transport, at):
        self._transport = transport
        self._at = at
        self._back = None

    async def send(self, request):
        now = asyncio.get_running_loop().time()
        if self._back is None and self._at in request.url:
            self._back = now + 300
        if self._back is not None and now < self._back:
            raise ConnectionFailed("cannot connect: refused")
        return await self._transport.send(request)

    async def close(self):
        await self._transport.close()
