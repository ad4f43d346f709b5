"""A transport that answers from a script and remembers what it was asked."""

from __future__ import annotations

import asyncio
import inspect

from asyncsm.wire.http import HttpResponse

REQUEST_ID = "0123456789abcdef0123456789abcdef"
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
NAMESPACE = "http://schemas.microsoft.com/windowsazure"


def reply(status=200, body=b"", request_id=REQUEST_ID, **headers):
    """A reply of the service."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    content = body.encode() if isinstance(body, str) else body
    return HttpResponse(status, {"x-ms-request-id": request_id, **named}, content)


def refusal(status, code, message="no", **headers):
    """A reply that is an error document."""
    body = f'<Error xmlns="{NAMESPACE}"><Code>{code}</Code><Message>{message}</Message></Error>'
    return reply(status, body, **headers)


def operation(status="InProgress", request_id=REQUEST_ID, error=None):
    """A reply of Get Operation Status."""
    rest = ""
    if status == "Succeeded":
        rest = "<HttpStatusCode>200</HttpStatusCode>"
    elif error is not None:
        http_status, code, message = error
        rest = (
            f"<HttpStatusCode>{http_status}</HttpStatusCode>"
            f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        )
    return reply(
        200,
        f'<Operation xmlns="{NAMESPACE}"><ID>{request_id}</ID><Status>{status}</Status>{rest}</Operation>',
    )


class ScriptedTransport:
    """Answers with `script`: a list of replies and exceptions in order, or a function of the request."""

    def __init__(self, script):
        self._script = script if callable(script) else list(script)
        self.requests = []
        self.times = []
        self.closed = False

    async def send(self, request):
        self.requests.append(request)
        self.times.append(asyncio.get_running_loop().time())
        await asyncio.sleep(0)
        answer = self._script(request) if callable(self._script) else self._script.pop(0)
        if inspect.isawaitable(answer):
            answer = await answer
        if isinstance(answer, BaseException):
            raise answer
        return answer

    async def close(self):
        self.closed = True
