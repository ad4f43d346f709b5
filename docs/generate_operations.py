# ruff: noqa: INP001 - a script, not a package
"""Writes operations.md from the code: python docs/generate_operations.py

Every operation is called with made-up arguments; what it would have sent is caught, written
down, and looked up in the emulator, so that the table cannot say anything else than the code does.
"""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from asyncsm import models
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.routes import ROUTES
from asyncsm.emulator.routing import Router, parse_query
from asyncsm.services import ServiceManagementService
from asyncsm.session import ManagementSession
from asyncsm.wire import xml
from asyncsm.wire.http import HttpRequest, HttpResponse

TARGET: Final = Path(__file__).with_name("operations.md")
README: Final = TARGET.parents[1] / "README.md"
BEGIN: Final = "<!-- operations: made by docs/generate_operations.py -->"
END: Final = "<!-- end of operations -->"
EMULATOR: Final = Router(ROUTES)
SUBSCRIPTION: Final = "00000000-0000-0000-0000-000000000000"
BLOB: Final = "https://account.blob.core.windows.net/container/blob"
CONFIGURATION: Final = (
    '<ServiceConfiguration serviceName="s" '
    'xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceConfiguration"/>'
)

WORDS: Final = {
    "address": "10.0.0.4",
    "certificate_format": "cer",
    "data": "AAAA",
    "deployment_slot": "Production",
    "ip_address": "10.0.0.4",
    "key_type": "Primary",
    "location": "West US",
    "mode": "Auto",
    "os": "Linux",
    "permission": "Public",
    "post_capture_action": "Reprovision",
    "status": "Running",
    "test_ip_address": "10.0.0.4",
}
"""Arguments for parameters that do not take any word; the others get their own name."""

OBJECTS: Final[dict[str, object]] = {
    "bool": True,
    "int": 1,
    "Binary": CONFIGURATION,
    "Sequence[str]": ["name"],
    "SystemConfiguration": models.LinuxConfigurationSet("host", "user", "Passw0rd!", False),
    "OSVirtualHardDisk": models.OSVirtualHardDisk("image", BLOB),
    "OSImage": models.OSImage(label="label", name="name", media_link=BLOB, os="Linux"),
    "VMImage": models.VMImage(
        name="name",
        label="label",
        os_disk_configuration=models.OSDiskConfiguration(
            os_state=models.OSState.GENERALIZED, os="Linux", media_link=BLOB
        ),
    ),
    "CaptureRoleAsVMImage": models.CaptureRoleAsVMImage("Generalized", "name", "label"),
}
"""Arguments by annotation, for what is not text."""

NEEDED: Final = {
    "add_data_disk": {"disk_name": "disk"},
    "update_disk": {"label": "label"},
    "update_hosted_service": {"label": "label"},
    "update_storage_account": {"label": "label"},
}
"""Optional arguments of which an operation needs one."""

_REST: Final = re.compile(r"REST: ([^(.]+?)(?: \((\w+)\))?\.")

HEAD: Final = """\
# Operations

What `ServiceManagementService` can do, and the request each method sends. Made by
`python docs/generate_operations.py`; a test fails when this page is out of date.

- Paths stand below `https://{host}/{subscription_id}`, but for List Subscriptions, which stands at the host.
  Query parameters that an optional argument adds are left out.
- A method that changes something returns an `OperationHandle`: await it for the outcome. Where the service is
  done when it answers, the handle is done too.
- The code in parentheses is the operation's page in the service's reference, which was
  `https://msdn.microsoft.com/library/azure/{code}.aspx`.
- *emulated* says whether `asyncsm.emulator` answers the request.
"""


class _CaughtError(BaseException):
    """Carries the request an operation would have sent past everything that handles exceptions."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.request = request


class _Catching:
    """A transport that sends nothing."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        raise _CaughtError(request)

    async def close(self) -> None:
        """There is nothing to close."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A row of the table.

    Attributes:
        family: the mixin it is defined in.
        method: name of the method.
        summary: first line of the docstring.
        returns: the name of a class.
        rest: the service's name of the operation, if it is one, with the page that describes it.
        request: HTTP method and path below the subscription, with the parameters' names in braces.
        emulated: whether the emulator answers it.
    """

    family: str
    method: str
    summary: str
    returns: str
    rest: str = ""
    request: str = ""
    emulated: bool = False


async def operations() -> list[Operation]:
    """All operations, in the order of the families and of the methods in each."""
    session = ManagementSession(SUBSCRIPTION, transport=_Catching())
    found = []
    async with ServiceManagementService(session=session) as sms:
        for family, name in _methods():
            method = getattr(sms, name)
            described = inspect.getdoc(method) or ""
            rest = _REST.search(described)
            summary = described.partition("\n")[0]
            returns = str(inspect.signature(method).return_annotation)
            if rest is None:
                found.append(Operation(family, name, summary, returns))
            else:
                sent = await _request(method)
                title = rest[1] + (f" ({rest[2]})" if rest[2] else "")
                found.append(
                    Operation(family, name, summary, returns, title, _shown(sent, method), _emulated(sent))
                )
    await session.close()
    return found


def _methods() -> Iterator[tuple[str, str]]:
    for kind in ServiceManagementService.__mro__[1:]:
        if kind.__module__.startswith("asyncsm.operations."):
            for name, method in vars(kind).items():
                if not name.startswith("_") and inspect.iscoroutinefunction(method):
                    yield kind.__name__.removesuffix("Operations"), name


async def _request(method: Callable[..., Awaitable[object]]) -> HttpRequest:
    """What a call with made-up arguments sends."""
    parameters = inspect.signature(method).parameters
    given = {
        name: _argument(parameter)
        for name, parameter in parameters.items()
        if parameter.default is inspect.Parameter.empty or name == "location"
    }
    try:
        await method(**(given | NEEDED.get(method.__name__, {})))
    except _CaughtError as caught:
        return caught.request
    raise RuntimeError(f"{method.__name__} sends nothing")


def _shown(sent: HttpRequest, method: Callable[..., object]) -> str:
    """Verb and path, with the names of the parameters for what was made up."""
    names = {
        str(_argument(parameter)): name
        for name, parameter in inspect.signature(method).parameters.items()
        if parameter.default is inspect.Parameter.empty
    }
    url = urlsplit(sent.url)
    segments = [
        "-".join(f"{{{names[part]}}}" if part in names else part for part in segment.split("-"))
        for segment in _segments(url.path)
    ]
    fixed = [part for part in url.query.split("&") if part.startswith(("comp=", "action="))]
    return f"{sent.method} /{'/'.join(segments)}" + (f"?{'&'.join(fixed)}" if fixed else "")


def _segments(path: str) -> list[str]:
    """The segments below the subscription."""
    return [unquote(segment) for segment in path.removeprefix(f"/{SUBSCRIPTION}").split("/") if segment]


def _emulated(sent: HttpRequest) -> bool:
    """Whether the emulator has a handler for the request."""
    url = urlsplit(sent.url)
    segments = _segments(url.path)
    try:
        EMULATOR.find(
            sent.method,
            segments,
            parse_query(url.query),
            lambda: xml.parse(sent.body or b"")[0],
            scoped=url.path.startswith(f"/{SUBSCRIPTION}"),
        )
    except Refusal:
        return False
    return True


def _argument(parameter: inspect.Parameter) -> object:
    kind = str(parameter.annotation).removesuffix(" | None")
    if parameter.name in WORDS:
        return WORDS[parameter.name]
    if kind == "str":
        return BLOB if parameter.name.endswith(("_link", "_url")) else parameter.name.replace("_", "")
    return OBJECTS[kind]


def render(found: list[Operation]) -> str:
    """The whole document."""
    parts = [HEAD]
    for family in dict.fromkeys(each.family for each in found):
        rows = [each for each in found if each.family == family]
        parts.append(f"## {_spaced(family)}\n")
        if any(row.rest for row in rows):
            parts.append(
                _table(
                    ("method", "operation of the service", "request", "returns", "emulated"), _requests(rows)
                )
            )
        others = [(f"`{row.method}`", row.summary) for row in rows if not row.rest]
        if others:
            parts.append(_table(("method", "what it does"), others))
    return "\n".join(parts)


def in_readme(readme: str, found: list[Operation]) -> str:
    """The README with the names of all operations between its two marks."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    rows = []
    for family in dict.fromkeys(each.family for each in found):
        named = [
            f"`{each.method}` ({_bare(each.rest)})" for each in found if each.family == family and each.rest
        ]
        if named:
            rows.append((_spaced(family), ", ".join(named)))
    table = _table(("family", "methods, and what the service calls them"), rows)
    return f"{before}{BEGIN}\n\n{table}\n{END}{after}"


def _bare(rest: str) -> str:
    return rest.partition(" (")[0]


def _requests(rows: list[Operation]) -> list[tuple[str, ...]]:
    return [
        (
            f"`{row.method}`",
            row.rest,
            f"`{row.request}`",
            f"`{row.returns}`",
            "yes" if row.emulated else "no",
        )
        for row in rows
        if row.rest
    ]


def _spaced(family: str) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=OS|VM)(?=[A-Z])", " ", family).split()
    return " ".join([words[0], *(word.lower() for word in words[1:])])


def _table(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [headings, ("---",) * len(headings), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    FOUND = asyncio.run(operations())
    TARGET.write_text(render(FOUND), encoding="utf-8")
    README.write_text(in_readme(README.read_text(encoding="utf-8"), FOUND), encoding="utf-8")
