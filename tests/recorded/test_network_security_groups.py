"""Network security groups as tests of the .NET library were recorded: asked of the emulator, said by our client."""

import contextlib
import re
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree as ET

import pytest
from doubles.bare_client import AZURE, connected
from doubles.compute import WINDOWS_IMAGE
from doubles.recordings import FOLDER, RECORDED_SUBSCRIPTION, exchanges
from doubles.replaying import comparison, replay
from doubles.scripted import ScriptedTransport

from asyncsm import ManagementSession, NetworkManagementService, ServiceError
from asyncsm.emulator import Emulator, ManualClock
from asyncsm.operations import catalogue
from asyncsm.wire.http import HttpResponse

RECORDINGS = FOLDER.parent / "sdk_recordings/dotnet/network"
SCENARIOS = sorted(RECORDINGS.glob("network_security_group_integration_tests__*.json"))
GROUPS, FILE = "networksecuritygroups", "services/networking/media"

PREPARED = [
    (r"\.core\.test-cint\.azure-test\.net", ".core.windows.net"),
    (r"b9a55fa61dad4dd88bab1b26ca2ed075__Test-Windows[\w.-]+\.vhd", WINDOWS_IMAGE),
    # The service passed over the settings of the first start in an update, the emulator refuses them.
    (
        r"(?s)(<PersistentVMRole .*?)<ConfigurationSet>[\\rn ]+<ConfigurationSetType>Windows.*?</ConfigurationSet>",
        r"\1",
    ),
    (r"(?s)(<PersistentVMRole .*?)<OSVirtualHardDisk>.*?</OSVirtualHardDisk>", r"\1"),
]
"""The recorded service was one for tests, with images and hosts of its own."""

EXPECTED = {
    r"header server: .*": "another build",
}
"""Differences of replies, as ``where: recorded / emulated``, and why they are."""

scenarios = pytest.mark.parametrize(
    "scenario",
    SCENARIOS or [pytest.param(None, marks=pytest.mark.skip(reason=f"no recordings in {RECORDINGS}"))],
    ids=lambda path: path and path.stem.partition("__")[2],
)


@pytest.fixture(scope="module")
async def service():
    async with (
        Emulator(clock=ManualClock(), tail=False, seed=1) as emulator,
        connected(emulator) as management,
    ):
        yield emulator, management


def groups_of(deployment):
    """The groups in the list of roles of a deployment, in order."""
    root = ET.fromstring(deployment)
    return [
        each.text
        for roles in root.iter(f"{AZURE}RoleList")
        for each in roles.iter(f"{AZURE}NetworkSecurityGroup")
    ]


def unexpected(differences):
    return [
        str(each) for each in differences if not any(re.fullmatch(known, str(each)) for known in EXPECTED)
    ]


@scenarios
async def test_the_emulator_answers_as_recorded(service, scenario, tmp_path):
    """Replies about groups are the recorded ones by value, all others have their status; deployments name groups."""
    emulator, management = service
    emulator.reset()
    text = scenario.read_text("utf-8")
    for old, new in PREPARED:
        text = re.sub(old, new, text)
    prepared = tmp_path / scenario.name
    prepared.write_text(text, "utf-8")
    present = next((each for each in exchanges(prepared) if each.path.endswith(FILE)), None)
    if present is not None and present.status == 200:
        await management.finished(await management.put(FILE, present.response_body.decode()))
    compared, updated = comparison(management), False
    async for then, now in replay(management, prepared):
        found = [each for each in compared.differences(then, now) if each.reason is None]
        updated = updated or (then.method == "PUT" and "/roles/" in then.path)
        if GROUPS in then.path or "/operations/" in then.path or then.path.endswith("/virtualnetwork"):
            assert unexpected(found) == [], str(then)
        elif b"<Deployment " in then.response_body and not updated:
            assert groups_of(now.text) == groups_of(then.response_body)
        assert now.status == then.status, (str(then), now.text)


def call_of(exchange):
    """The operation that a request is, and the arguments that make it."""
    path = exchange.path.partition("/services/")[2]
    for operation in catalogue():
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", operation.path.removeprefix("services/"))
        found = re.fullmatch(pattern, path)
        if found and operation.method == exchange.method:
            arguments = found.groupdict()
            if operation.body is not None:
                body = operation.body.from_xml(exchange.request_body)
                told = {parameter: getattr(body, field) for field, parameter in operation.fields.items()}
                arguments |= {name: value for name, value in told.items() if value is not None}
            if exchange.query:
                arguments["detail_level"] = dict(parse_qsl(exchange.query))["detaillevel"].title()
            return operation, arguments
    raise AssertionError(f"no operation is {exchange}")


def canonical(body):
    return ET.canonicalize(body.decode("utf-8-sig"), strip_text=True) if body else ""


@scenarios
async def test_our_client_says_what_was_recorded(scenario):
    """Each recorded request about groups is a call, which sends the same path, version and document."""
    for exchange in exchanges(scenario):
        if GROUPS not in exchange.path:
            continue
        operation, arguments = call_of(exchange)
        reply = HttpResponse(exchange.status, exchange.response_headers, exchange.response_body)
        transport = ScriptedTransport(lambda _, reply=reply: reply)
        async with ManagementSession(RECORDED_SUBSCRIPTION, transport=transport) as session:
            method, result = getattr(NetworkManagementService(session=session), operation.name), None
            with contextlib.suppress(ServiceError):
                result = await method(**arguments)
            assert (result is None) == (exchange.status >= 300)
        (sent,) = transport.requests
        url = urlsplit(sent.url)
        assert (sent.method, url.path, url.query.lower()) == (exchange.method, exchange.path, exchange.query)
        assert sent.headers["x-ms-version"] == exchange.request_headers["x-ms-version"]
        assert canonical(sent.body) == canonical(exchange.request_body)


def test_every_operation_was_recorded():
    """The recordings have all operations there are."""
    if not SCENARIOS:
        pytest.skip(f"no recordings in {RECORDINGS}")
    said = [each for path in SCENARIOS for each in exchanges(path) if GROUPS in each.path]
    family = {each.name for each in catalogue() if each.family == "network security groups"}
    assert {call_of(each)[0].name for each in said} == family
    assert len(family) == 15
