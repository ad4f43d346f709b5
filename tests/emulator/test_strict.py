"""Strict mode: what a lenient service passes over is refused in the words a developer needs."""

import random
from collections import defaultdict

import fidelity
import pytest
from doubles.bare_client import connected, document
from doubles.recordings import CORPORA, exchanges, recorded

from asyncsm.emulator import Emulator
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.strict import TAKES_FILES, check_body, check_content_type
from asyncsm.operations import catalogue
from asyncsm.wire import inspection, xml
from asyncsm.wire.configuration_sets import Listener, WindowsConfigurationSet
from asyncsm.wire.deployments import VirtualMachineDeployment
from asyncsm.wire.hosted_services import CreateHostedService

XML = {"Content_Type": "application/xml; charset=utf-8"}
SHOP = ("<ServiceName>shop</ServiceName>", "<Label>c2hvcA==</Label>", "<Location>West US</Location>")


@pytest.fixture
async def strict(directory, clock):
    """A bare client of a strict emulator."""
    async with (
        Emulator(directory=directory, clock=clock, tail=False, strict=True) as emulator,
        connected(emulator) as client,
    ):
        yield client


async def create(client, *content, root="CreateHostedService", **headers):
    return await client.send("POST", "services/hostedservices", document(root, *content), **XML | headers)


async def test_what_is_right_is_accepted(strict):
    """Elements in the order of the reference, and a content type with or without a charset."""
    assert (await create(strict, *SHOP)).status == 201
    other = ("<ServiceName>other</ServiceName>", *SHOP[1:])
    assert (await create(strict, *other, Content_Type="text/xml")).status == 201


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(
            (SHOP[0], SHOP[2], SHOP[1]),
            "Label stands after Location in CreateHostedService. The order is: ServiceName, Label, "
            "Description, Location, AffinityGroup, ExtendedProperties, ReverseDnsFqdn.",
            id="order",
        ),
        pytest.param(
            (*SHOP, "<Descripton>mine</Descripton>"),
            "CreateHostedService has no element Descripton; did you mean Description?",
            id="misspelt",
        ),
        pytest.param(
            (*SHOP, "<Zone>1</Zone>"),
            "CreateHostedService has no element Zone. It has: ServiceName,",
            id="unknown",
        ),
        pytest.param(SHOP[::2], "CreateHostedService lacks Label.", id="missing"),
        pytest.param(
            (SHOP[0], *SHOP), "ServiceName stands more than once in CreateHostedService.", id="twice"
        ),
        pytest.param(
            (SHOP[0], '<Label xmlns="">c2hvcA==</Label>', SHOP[2]),
            "Label is in no namespace, not in http://schemas.microsoft.com/windowsazure.",
            id="namespace",
        ),
        pytest.param(
            ('<ServiceName kind="x">shop</ServiceName>', *SHOP[1:]),
            "CreateHostedService/ServiceName has no attribute kind.",
            id="attribute",
        ),
        pytest.param(
            (*SHOP, "<ExtendedProperties><Property/></ExtendedProperties>"),
            "CreateHostedService/ExtendedProperties has no element Property; did you mean ExtendedProperty?",
            id="inside",
        ),
        pytest.param(
            (*SHOP[:2], "<Location><Name>West US</Name></Location>"),
            "elements where text was expected",
            id="no text",
        ),
    ],
)
async def test_a_wrong_body_is_explained(strict, content, words):
    """The answer is a 400 that names the element and what was expected; nothing has been made."""
    answer = await create(strict, *content)
    assert (answer.status, answer.code) == (400, "InvalidXmlRequest")
    assert words in answer.message
    assert not (await strict.get("services/hostedservices")).find_all("ServiceName")


async def test_all_offences_are_told_at_once(strict):
    """Nobody has to mend a document one error at a time."""
    answer = await create(strict, SHOP[1], SHOP[0], "<Zone>1</Zone>")
    assert "ServiceName stands after Label" in answer.message
    assert "has no element Zone" in answer.message


async def test_the_same_bodies_pass_without_strict_mode(management):
    """Foreign clients go on working: by default the emulator is as lenient as the service was."""
    answer = await management.post(
        "services/hostedservices",
        document("CreateHostedService", SHOP[0], SHOP[2], SHOP[1], "<Zone>1</Zone>"),
    )
    assert answer.status == 201


async def test_a_body_that_is_none_is_explained(strict):
    """Not well formed, empty, or another document."""
    cut = await strict.send("POST", "services/hostedservices", "<CreateHostedService>", **XML)
    assert "not well formed: no element found: line 1, column 21" in cut.message
    empty = await strict.post("services/hostedservices")
    assert "There is no body; CreateHostedService was expected." in empty.message
    other = await create(strict, root="CreateStorageServiceInput")
    assert "Expected the element CreateHostedService, found CreateStorageServiceInput." in other.message


@pytest.mark.parametrize(
    ("content_type", "words"),
    [
        (
            "application/json",
            "The header Content-Type is application/json: the body of CreateHostedService may be",
        ),
        ("application/xml; charset=latin-1", "says charset=latin-1: bodies are UTF-8"),
        ("application/octet-stream", "may be application/atom+xml, application/xml, text/xml."),
    ],
)
async def test_a_wrong_content_type_is_explained(strict, content_type, words):
    """Bodies are XML in UTF-8, and say so."""
    answer = await create(strict, *SHOP, Content_Type=content_type)
    assert (answer.status, answer.code) == (400, "BadRequest")
    assert words in answer.message


async def test_a_missing_version_is_explained(strict):
    """The header that says how everything looks, with an example of it."""
    strict.headers = {}
    missing = await strict.get("locations")
    assert missing.code == "MissingOrIncorrectVersionHeader"
    assert "The header x-ms-version is missing: it is a date such as 2014-10-01" in missing.message
    strict.headers = {"x-ms-version": "v2"}
    assert "is 'v2', which is no version" in (await strict.get("locations")).message


async def test_a_network_configuration_may_be_plain_text(strict):
    """Its body is a file, and clients sent it as one."""
    file = (
        '<NetworkConfiguration xmlns="http://schemas.microsoft.com/ServiceHosting/2011/07/NetworkConfiguration">'
        "<VirtualNetworkConfiguration/></NetworkConfiguration>"
    )
    answer = await strict.send("PUT", "services/networking/media", file, Content_Type="text/plain")
    assert answer.status == 202


@pytest.mark.skipif(not CORPORA[0].is_dir(), reason="no recordings here: set ASYNCSM_RECORDINGS")
def test_what_recordings_show_the_service_took_passes():
    """No request that the service accepted is refused for its form: not for its document, nor for its type."""
    documents = defaultdict(list)
    for operation in catalogue():
        if operation.body is not None:
            documents[operation.body.root_name()].append(operation.body)
    refused, checked = [], 0
    for recording in recorded():
        for then in exchanges(recording):
            route = fidelity.route_of(then)
            if route is None or not then.request_body or then.status >= 300:
                continue
            try:
                given = then.request_headers.get("content-type")
                if given is not None:  # else the recording lacks it
                    check_content_type(route.operation, route.dialect, given)
                if route.operation in TAKES_FILES or then.request_body.lstrip()[:1] in b"{[":
                    continue
                root = xml.parse(then.request_body)[0].rpartition(":")[2]
                models = documents.get(root, [])
                checked += bool(models)
                _check_as_one_of(models, then.request_body)
            except Refusal as refusal:
                refused.append(f"{recording.stem}, {then}: {refusal.message}")
    assert refused == []
    assert checked > 300


def _check_as_one_of(models, content):
    """Check a document as the first of these that it can be."""
    for number, model in enumerate(models, start=1):
        try:
            return check_body(model, content)
        except Refusal:
            if number == len(models):
                raise
    return None


def test_orders_on_which_clients_differed_are_both_right():
    """Where two SDKs sent two orders and the service took both, neither is an offence."""
    listener = ("<Protocol>Https</Protocol>", "<CertificateThumbprint>AB</CertificateThumbprint>")
    for order in (listener, listener[::-1]):
        assert not [*inspection.offences(Listener, document("Listener", *order).encode())]
    late = document(
        "ConfigurationSet",
        "<ConfigurationSetType>WindowsProvisioningConfiguration</ConfigurationSetType>",
        "<AdditionalUnattendContent/>",
        "<CustomData/>",
        "<AdminUsername>ops</AdminUsername>",
    )
    (offence,) = inspection.offences(WindowsConfigurationSet, late.encode())
    assert offence.startswith("AdminUsername stands after AdditionalUnattendContent")


def test_what_a_kind_of_configuration_set_holds_is_known_by_its_type():
    """A path leads to the offender, through lists of different things."""
    sets = (
        "<ConfigurationSets><ConfigurationSet><ConfigurationSetType>LinuxProvisioningConfiguration"
        "</ConfigurationSetType><UserName>ops</UserName><HostName>web</HostName></ConfigurationSet></ConfigurationSets>"
    )
    body = document(
        "Deployment",
        "<Name>d</Name><DeploymentSlot>Production</DeploymentSlot><Label>d</Label><RoleList><Role>"
        f"<RoleName>web</RoleName>{sets}</Role></RoleList>",
    )
    (offence,) = inspection.offences(VirtualMachineDeployment, body.encode())
    assert (
        "HostName stands after UserName in Deployment/RoleList/Role/ConfigurationSets/ConfigurationSet."
        in offence
    )


def test_shuffled_elements_never_pass():
    """However the elements of a request are shuffled, what is out of order is found."""
    content = [
        f"<{name}>x</{name}>"
        for name in ("ServiceName", "Label", "Description", "Location", "AffinityGroup", "ReverseDnsFqdn")
    ]
    dice = random.Random(4)
    for _ in range(200):
        shuffled = dice.sample(content, len(content))
        found = [
            *inspection.offences(CreateHostedService, document("CreateHostedService", *shuffled).encode())
        ]
        assert bool(found) == (shuffled != content)
