"""Requests for any path, for what has no typed method."""

from __future__ import annotations

from asyncsm.engine import protocol
from asyncsm.engine.caller import Caller
from asyncsm.errors import InvalidArgument
from asyncsm.polling import OperationHandle
from asyncsm.wire.encoding import utf8
from asyncsm.wire.http import HttpResponse


class RawOperations(Caller):
    """Requests by path, which are authenticated, retried, checked and followed like those of typed methods.

    A path may begin with the subscription id, as the old SDK wanted it, or not, and may carry a
    query.
    """

    async def perform_get(self, path: str, x_ms_version: str | None = None) -> HttpResponse:
        """Read `path`; the document is the `body` of the answer.

        Args:
            path: below the management host.
            x_ms_version: version of the API, the session's if absent.
        """
        return await self.send(self._raw("GET", path, None, x_ms_version))

    async def perform_put(
        self, path: str, body: str | bytes, x_ms_version: str | None = None
    ) -> OperationHandle:
        """Send `body` with PUT; the reply is the handle's `response`."""
        return await self.start(self._raw("PUT", path, body, x_ms_version))

    async def perform_post(
        self, path: str, body: str | bytes, x_ms_version: str | None = None
    ) -> OperationHandle:
        """Send `body` with POST; the reply is the handle's `response`."""
        return await self.start(self._raw("POST", path, body, x_ms_version))

    async def perform_delete(self, path: str, x_ms_version: str | None = None) -> OperationHandle:
        """Delete `path`; the reply is the handle's `response`."""
        return await self.start(self._raw("DELETE", path, None, x_ms_version))

    def _raw(self, method: str, path: str, body: str | bytes | None, version: str | None) -> protocol.Request:
        content = utf8("body", body) if isinstance(body, str) else body
        if content is not None and not isinstance(content, bytes):
            raise InvalidArgument("body", f"must be text or bytes, not {type(content).__name__}")
        return protocol.raw(method, path, self.subscription_id, content or None, version)
