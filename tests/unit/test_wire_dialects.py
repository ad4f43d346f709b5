"""Documents that are no plain XML of the core: JSON objects and arrays, Atom entries and feeds."""

import json

import pytest
from pydantic import Field, SecretStr

from asyncsm import InvalidArgument, errors
from asyncsm.clouds import Endpoint
from asyncsm.emulator import refusals
from asyncsm.emulator.call import Reply
from asyncsm.emulator.dialects import CORE, JSON, JSON_IN_TEXT, TEXT_IN_ATOM
from asyncsm.emulator.rules.sql import SQL
from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import Request, decode, encode, service_error
from asyncsm.errors import UnexpectedPayload
from asyncsm.operations.binding import request_of
from asyncsm.operations.declaring import Family, declared
from asyncsm.polling import OperationHandle
from asyncsm.wire.atom import AtomDescription, AtomFeed
from asyncsm.wire.echoes import excerpt, masked, secrets_in
from asyncsm.wire.http import HttpResponse
from asyncsm.wire.json_model import JsonList, JsonModel, PascalModel
from asyncsm.wire.refusals import read_refusal
from asyncsm.wire.types import UnknownElement

CONNECT = "http://schemas.microsoft.com/netservices/2010/10/servicebus/connect"


class Action(JsonModel):
    """A part of a job."""

    type: str | None = None
    retry_count: int | None = None


class Job(JsonModel):
    """A JSON object."""

    id: str | None = None
    start_time: str | None = None
    action: Action | None = None
    password: SecretStr | None = None


class Jobs(JsonList[Job]):
    """A JSON array."""

    items: list[Job] = Field(default_factory=list)


class SiteConfig(PascalModel):
    """An object of a family that writes PascalCase."""

    php_version: str | None = None


class Region(AtomDescription):
    """What stands in an Atom entry."""

    xml_namespace = CONNECT

    code: str | None = None


class Regions(AtomFeed[Region]):
    """A feed."""

    regions: list[Region] = Field(default_factory=list)


@pytest.mark.parametrize(
    ("model", "text"),
    [
        (Job, '{"id": "a", "startTime": null, "action": {"type": "http", "retryCount": 3}}'),
        (Job, '{"id": "a", "status": {"executionCount": 0}, "action": {"request": {"uri": "http://x/"}}}'),
        (Job, "{}"),
        (Jobs, '[{"id": "a"}, {"id": "b", "tags": ["x", null, 1.5]}]'),
        (Jobs, "[]"),
        (SiteConfig, '{"PhpVersion": "5.4", "AppSettings": [{"Name": "a"}]}'),
    ],
)
def test_json_is_written_as_it_was_read(model, text):
    """Neither what a model does not know is lost, nor that a member was null, nor that one was absent."""
    assert json.loads(model.from_body(text.encode()).to_body()) == json.loads(text)


@pytest.mark.parametrize("text", ["NaN", "-Infinity", "1e999", r'"\ud800"', r'"\uDfFf x"', '"\ud800"'])
def test_what_json_cannot_carry_is_not_read(text):
    """Numbers without an end and halves of characters could not be written again."""
    with pytest.raises(ValueError, match=r"JSON|large|surrogates|no character"):
        Job.from_body(f'{{"id": {text}}}')


def test_characters_that_json_escapes_are_read():
    """Both halves are one character."""
    assert Job.from_body(r'{"id": "\ud83d\ude00"}').to_body() == '{"id": "😀"}'.encode()


def test_half_a_character_is_not_written():
    """As in other forms, the caller is told."""
    with pytest.raises(InvalidArgument, match=r"U\+D800"):
        Job(id="\ud800").to_body()


def test_a_json_array_is_a_list():
    """It is iterable and sized, and its items are models."""
    jobs = Jobs.from_body(b'[{"id": "a"}, {"id": "b"}]')
    assert [job.id for job in jobs] == ["a", "b"]
    assert len(jobs) == 2
    assert jobs[-1].id == "b"


@pytest.mark.parametrize("body", ["{}", '{"items": []}', '{"id": "a"}', "null", "1", '"x"'])
def test_a_list_is_read_from_an_array_only(body):
    """Anything else is another document, and no empty list."""
    with pytest.raises(ValueError, match="Jobs are an array"):
        Jobs.from_body(body)


def test_json_of_a_caller():
    """Python names become members; None is not given."""
    job = Job(start_time="now", action={"retry_count": 2}, id=None)
    assert json.loads(job.to_body()) == {"startTime": "now", "action": {"retryCount": 2}}
    job.id = "c"
    assert json.loads(job.to_body())["id"] == "c"


@pytest.mark.parametrize("body", ['{"idd": 1}', '{"action": {"typ": "http"}}'])
def test_strictly_read_json_has_no_unknown_members(body):
    """The emulator's strict mode says what is misspelt."""
    with pytest.raises(ValueError, match="unknown members"):
        Job.from_body(body, strict=True)


def test_misspelt_and_mistyped_fields_are_refused():
    """A caller's mistakes are told by their names."""
    with pytest.raises(InvalidArgument, match=r"Job\.startTme"):
        Job(startTme="now")
    with pytest.raises(InvalidArgument, match="start_time"):
        Job().start_tme = "now"
    with pytest.raises(InvalidArgument, match=r"action\.retryCount"):
        Job(action={"retryCount": "often"})


def test_a_request_says_what_its_body_is():
    """The content type is the document's."""
    endpoint = Endpoint("management.example")

    def sent(body):
        return encode(Request("PUT", "x", body=body), endpoint, "sub", "2014-10-01")

    assert sent(Job(id="a")).headers["content-type"] == "application/json; charset=utf-8"
    assert sent(Job(id="a")).body == b'{"id": "a"}'
    assert sent(Region(code="West")).headers["content-type"].startswith("application/atom+xml; type=entry")


def test_an_unreadable_reply_says_so():
    """A gateway's page in place of JSON is the same error as in place of XML."""
    with pytest.raises(UnexpectedPayload, match="not a readable Job"):
        decode(Job, HttpResponse(200, {}, b"<html>"), Request("GET", "jobs"))


def test_secrets_of_json_bodies_are_masked():
    """A message that repeats what was sent does not show it."""
    assert masked('wrong: pass"word', secrets_in(Job(password='pass"word'))) == "wrong: ..."
    assert "secret" not in excerpt(b'{"clientCertPassword": "secret", "id": "a"}')


def test_a_password_in_a_query_is_not_shown():
    """Errors, events and logs name a request without it."""
    request = Request("GET", "status", "username=me&password=Passw0rd%21&reqId=1")
    assert request.resource == "GET /status?username=me&password=...&reqId=1"


family = Family("jobs of a test")


class JobOperations(Caller):
    """Operations whose documents are JSON."""

    @family.replaces("jobs/{job_id}", body=Job, fields={"id": "job_id"})
    async def put_job(self, job_id: str, start_time: str | None = None) -> OperationHandle:
        """Make a job, or change it."""

    @family.reads("jobs?state={state}")
    async def list_jobs(self, state: str | None = None) -> Jobs:
        """List jobs in a state."""


def test_an_operation_is_declared_with_json_as_with_xml():
    """Parameters fill the members; a wrong one is told by the parameter's name."""
    request = request_of(JobOperations.put_job, "a b", "now")
    assert (request.resource, request.body.to_body()) == (
        "PUT /jobs/a%20b",
        b'{"id": "a b", "startTime": "now"}',
    )
    assert declared(JobOperations.list_jobs).reply is Jobs
    with pytest.raises(InvalidArgument, match="start_time"):
        request_of(JobOperations.put_job, "a", 7)


@pytest.mark.parametrize(
    ("dialect", "content", "kind"),
    [
        (CORE, b"<Error ", "application/xml; charset=utf-8"),
        (
            SQL,
            b'<Error xmlns="http://schemas.microsoft.com/sqlazure/2010/12/"',
            "application/xml; charset=utf-8",
        ),
        (
            TEXT_IN_ATOM,
            b'<string xmlns="http://schemas.microsoft.com/2003/10/Serialization/"',
            "application/xml; charset=utf-8",
        ),
        (JSON, b'{"code": "ServerBusy", "message": "', "application/json; charset=utf-8"),
        (
            JSON_IN_TEXT,
            b'<string xmlns="http://schemas.microsoft.com/2003/10/Serialization/"',
            "application/xml; charset=utf-8",
        ),
    ],
    ids=["core", "sql", "service bus", "json", "monitoring"],
)
def test_the_emulator_refuses_in_the_form_of_the_family(dialect, content, kind):
    """Body and type of a refusal are what the family's clients read."""
    body, said = Reply.refusing(refusals.server_busy(), dialect).content()
    assert (body.startswith(content), said) == (True, kind)
    code, message, _ = read_refusal(body) or (None, None, None)
    assert (code, bool(message)) in {("ServerBusy", True), ("40642", True), (None, False)}


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "40647", errors.ResourceNotFound),
        (400, "40614", errors.BadRequest),
        (403, "40644", errors.Forbidden),
        (500, "40640", errors.InternalError),
        (503, "40642", errors.ServerBusy),
        (503, "40648", errors.Throttled),
    ],
)
def test_numbers_of_sql_database_are_errors_of_ours(status, code, kind):
    """What a program has to tell apart has a class of its own; the rest goes by its status."""
    body = f'<Error xmlns="http://schemas.microsoft.com/sqlazure/2010/12/"><Code>{code}</Code></Error>'
    error = service_error(
        HttpResponse(status, {}, body.encode()), Request("GET", "services/sqlservers/servers")
    )
    assert (type(error), error.code) == (kind, code)


ENTRY = (
    '<entry xmlns="http://www.w3.org/2005/Atom"><id>uuid:1</id><title type="text">West</title>'
    '<updated>2015-07-01T00:02:44Z</updated><content type="application/xml">'
    f'<Region xmlns="{CONNECT}" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">'
    "<Code>West US</Code><New>1</New></Region></content></entry>"
)


def test_an_entry_is_its_description():
    """A caller sees the description; the entry stays around it."""
    region = Region.from_body(ENTRY)
    assert region.code == "West US"
    assert region.entry.title.text == "West"
    assert Region.from_body(region.to_body()).entry.id == "uuid:1"
    assert b"<New>1</New>" in region.to_body()


def test_a_description_of_ones_own_gets_an_entry():
    """A request needs no more than its description."""
    body = Region(code="West US").to_body()
    assert b'<entry xmlns="http://www.w3.org/2005/Atom"' in body
    assert f'<content type="application/xml"><Region xmlns="{CONNECT}"'.encode() in body
    assert Region.from_body(body, strict=True).code == "West US"


def test_a_feed_is_a_list_of_descriptions():
    """What stands around the entries is kept, too."""
    feed = f'<feed xmlns="http://www.w3.org/2005/Atom"><title type="text">All</title>{ENTRY}{ENTRY}</feed>'
    regions = Regions.from_body(feed)
    assert [region.code for region in regions] == ["West US", "West US"]
    again = Regions.from_body(regions.to_body())
    assert again.around.title.text == "All"
    assert [one.entry.id for one in again] == ["uuid:1", "uuid:1"]


@pytest.mark.parametrize("body", ["<feed/>", ENTRY.replace("Region", "Place"), "<entry/>"])
def test_another_document_is_refused(body):
    """Neither a feed nor another description is taken for the entry."""
    with pytest.raises(ValueError, match="expected"):
        Region.from_body(body)


def test_strictly_read_entries_have_no_unknown_elements():
    """The emulator's strict mode says what is misspelt."""
    with pytest.raises(UnknownElement):
        Region.from_body(ENTRY, strict=True)
