"""Documents that are no plain XML of the core: JSON objects and arrays, Atom entries and feeds."""

import json

import pytest
from pydantic import Field, SecretStr

from asyncsm import InvalidArgument
from asyncsm.clouds import Endpoint
from asyncsm.engine.protocol import Request, decode, encode
from asyncsm.errors import UnexpectedPayload
from asyncsm.wire.atom import AtomDescription, AtomFeed
from asyncsm.wire.echoes import excerpt, masked, secrets_in
from asyncsm.wire.http import HttpResponse
from asyncsm.wire.json_model import PASCAL, JsonList, JsonModel
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


class SiteConfig(JsonModel):
    """An object of a family that writes PascalCase."""

    model_config = PASCAL

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


def test_a_json_array_is_a_list():
    """It is iterable and sized, and its items are models."""
    jobs = Jobs.from_body(b'[{"id": "a"}, {"id": "b"}]')
    assert [job.id for job in jobs] == ["a", "b"]
    assert len(jobs) == 2
    assert jobs[-1].id == "b"


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
