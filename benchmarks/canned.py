"""A TLS server of canned replies: the client's cost is what remains.

It demands a client certificate and knows three requests, all answered without thought:

- ``GET .../operations/{id}`` is `Get Operation Status`. An id tells itself when its operation
  ends: its first sixteen hexadecimal digits are that moment in milliseconds since 1970.
- ``POST .../pending/{milliseconds}`` starts an operation that takes so long.
- anything else is answered with an empty document.

Run by `support.canned_server`: it writes the files a client needs to the folder named as
its argument, prints where everything is as one line of JSON, and ends with its standard input.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
import time
from itertools import count
from pathlib import Path
from typing import Final

from asyncsm.credentials import CertificateAuthority, generate_management_certificate

SUBSCRIPTION: Final = "00000000-0000-0000-0000-000000000001"
FINISHED: Final = f"{0:032x}"
"""The id of an operation that ended long ago."""

_AZURE: Final = "http://schemas.microsoft.com/windowsazure"
_HEAD: Final = (
    "HTTP/1.1 {status}\r\n"
    "Content-Type: application/xml; charset=utf-8\r\n"
    "Server: 1.0.6198.243 (rd_rdfe_stable.150618-1025) Microsoft-HTTPAPI/2.0\r\n"
    "x-ms-servedbyregion: ussouth3\r\n"
    "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n"
    "x-ms-request-id: {request_id}\r\n"
    "Cache-Control: no-cache\r\n"
    "Date: Wed, 01 Jul 2015 00:00:00 GMT\r\n"
    "Content-Length: {length}\r\n\r\n"
)


def canned(status: str, body: str = "", request_id: str = FINISHED) -> bytes:
    """A whole reply."""
    return (_HEAD.format(status=status, request_id=request_id, length=len(body)) + body).encode()


def operation_status(request_id: str, status: str) -> bytes:
    """The reply of Get Operation Status."""
    code = "<HttpStatusCode>200</HttpStatusCode>" if status == "Succeeded" else ""
    return canned(
        "200 OK",
        f'<Operation xmlns="{_AZURE}" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">'
        f"<ID>{request_id}</ID><Status>{status}</Status>{code}</Operation>",
    )


class CannedReplies(asyncio.Protocol):
    """One connection; knows just enough HTTP to find where a request ends."""

    _numbers = count()
    _finished = operation_status(FINISHED, "Succeeded")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            # No client here sends a body.
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            *_, collection, name = path.split("/")
            self._transport.write(self._reply(method, collection, name))

    def _reply(self, method: str, collection: str, name: str) -> bytes:
        now = int(time.time() * 1000)
        if (method, collection) == ("POST", "pending"):
            return canned("202 Accepted", request_id=f"{now + int(name):016x}{next(self._numbers):016x}")
        if collection != "operations":
            return canned("200 OK", f'<Empty xmlns="{_AZURE}"/>')
        if name == FINISHED:
            return self._finished
        return operation_status(name, "Succeeded" if int(name[:16], 16) <= now else "InProgress")


async def serve(folder: Path) -> None:
    certificate = generate_management_certificate("benchmarks")
    authority = CertificateAuthority.create("the benchmarks' authority")
    certificate_path, ca_path = folder / "client.pem", folder / "ca.pem"
    certificate.write_pem(certificate_path)
    ca_path.write_bytes(authority.certificate_pem)
    context = authority.issue(["127.0.0.1"]).ssl_context([certificate.certificate_der])
    context.verify_mode = ssl.CERT_REQUIRED

    loop = asyncio.get_running_loop()
    server = await loop.create_server(CannedReplies, "127.0.0.1", 0, ssl=context, backlog=1024)
    facts = {
        "url": f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}",
        "subscription_id": SUBSCRIPTION,
        "certificate_path": str(certificate_path),
        "ca_path": str(ca_path),
    }
    print(json.dumps(facts), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
