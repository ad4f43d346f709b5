"""Requests and replies as values: built, encoded, checked, decoded."""

import pytest
from doubles.requests import delete, post, put
from doubles.scripted import NAMESPACE, REQUEST_ID, SUBSCRIPTION, refusal, reply

from asyncsm import config, errors
from asyncsm.clouds import Endpoint
from asyncsm.engine.protocol import check, decode, encode, get, path_of, query_of, raw
from asyncsm.errors import InvalidArgument, UnexpectedPayload
from asyncsm.models import Deployment, HostedService, Operation, StorageService, Swap
from asyncsm.wire.echoes import excerpt

ENDPOINT = Endpoint("management.core.windows.net")
READ = get("services", "hostedservices", "web")
SECRET = "c2VjcmV0IG9mIHRoZSBhY2NvdW50"


def encoded(request, version="2014-10-01"):
    return encode(request, ENDPOINT, SUBSCRIPTION, version)


@pytest.mark.parametrize(
    ("segments", "path"),
    [
        ((), ""),
        (("services", "hostedservices"), "services/hostedservices"),
        (("images", "a b"), "images/a%20b"),
        (("images", "a/b?c#d"), "images/a%2Fb%3Fc%23d"),
        (("images", "100%"), "images/100%25"),
        (("images", "日本"), "images/%E6%97%A5%E6%9C%AC"),
        (("images", "..."), "images/..."),
        (("images", "a..b~c-d_e"), "images/a..b~c-d_e"),
    ],
)
def test_paths_are_quoted_segment_by_segment(segments, path):
    """No name can reach out of its segment."""
    assert path_of(segments) == path


@pytest.mark.parametrize("segment", ["", " ", "\t", ".", "..", None, 7])
def test_segments_that_name_another_resource_are_refused(segment):
    """An empty name would turn one resource into the list of all."""
    with pytest.raises(InvalidArgument) as caught:
        get("services", "hostedservices", segment)
    assert caught.value.parameter == "name"


@pytest.mark.parametrize(
    ("given", "query"),
    [
        ({}, ""),
        ({"comp": None}, ""),
        ({"comp": "media", "n": None}, "comp=media"),
        ({"location": "West US"}, "location=West%20US"),
        ({"a": "x&y=z", "b": "1+1"}, "a=x%26y%3Dz&b=1%2B1"),
        (None, ""),
    ],
)
def test_queries_leave_out_what_is_not_given(given, query):
    """``None`` is not given; everything else is quoted, a space as ``%20``."""
    assert query_of(given) == query


def test_a_request_has_the_address_of_its_subscription():
    """Path and query follow the subscription id; without path there is no slash at the end."""
    root = f"https://management.core.windows.net/{SUBSCRIPTION}"
    assert encoded(get()).url == root
    assert encoded(READ).url == f"{root}/services/hostedservices/web"
    assert encoded(get("operations", query={"a": "b"})).url == f"{root}/operations?a=b"
    assert (
        encoded(get("subscriptions", scoped=False)).url == "https://management.core.windows.net/subscriptions"
    )


def test_the_version_is_that_of_the_operation_or_else_of_the_session():
    """An operation that needs a later version says so itself."""
    assert encoded(READ, "2012-03-01").headers == {"x-ms-version": "2012-03-01"}
    later = get("networking", version="2015-04-01")
    assert encoded(later, "2012-03-01").headers == {"x-ms-version": "2015-04-01"}


def test_a_model_is_sent_as_xml():
    """A body is the model's document, and says what it is."""
    body = Swap(production="old", source_deployment="new")
    sent = encoded(post("services", "hostedservices", "web", body=body, operation="SwapDeployment"))
    assert sent.method == "POST"
    assert sent.body == body.to_xml()
    assert sent.headers["content-type"] == config.XML_CONTENT_TYPE


def test_bytes_are_sent_as_they_are():
    """A body that is bytes is not touched."""
    assert encoded(put("x", body=b"<as it is/>", operation="X")).body == b"<as it is/>"


@pytest.mark.parametrize("request_", [post("x", operation="X"), put("x", operation="X")])
def test_a_change_without_body_says_that_it_has_none(request_):
    """The service wants ``Content-Length: 0`` of a POST without body."""
    sent = encoded(request_)
    assert sent.body is None
    assert sent.headers["content-length"] == "0"
    assert "content-type" not in sent.headers


@pytest.mark.parametrize("request_", [READ, delete("x", operation="X")])
def test_requests_that_never_have_a_body_do_not_speak_of_it(request_):
    """Reads and removals have no entity headers."""
    assert encoded(request_).headers.keys() == {"x-ms-version"}


def test_only_reads_and_replacements_may_be_repeated_blindly():
    """Creating or removing twice is something else than doing it once."""
    assert READ.repeatable
    assert put("x", operation="X").repeatable
    assert not post("x", operation="X").repeatable
    assert not delete("x", operation="X").repeatable


def test_a_body_does_not_show():
    """Requests are logged; what is in them is not."""
    request = post("x", body=SECRET.encode(), operation="X")
    assert SECRET not in repr(request)
    assert SECRET not in repr(encoded(request))
    assert SECRET not in repr(reply(200, SECRET))


@pytest.mark.parametrize(
    ("path", "url"),
    [
        (f"/{SUBSCRIPTION}/services/images", f"/{SUBSCRIPTION}/services/images"),
        (f"{SUBSCRIPTION}/services/images", f"/{SUBSCRIPTION}/services/images"),
        ("/services/images", f"/{SUBSCRIPTION}/services/images"),
        ("services/images?location=West%20US", f"/{SUBSCRIPTION}/services/images?location=West%20US"),
        (f"/{SUBSCRIPTION}", f"/{SUBSCRIPTION}"),
        (f"/{SUBSCRIPTION}?a=b", f"/{SUBSCRIPTION}?a=b"),
        ("/subscriptions", "/subscriptions"),
        ("/Subscriptions", "/Subscriptions"),
        ("/services/West US?a=b c", f"/{SUBSCRIPTION}/services/West%20US?a=b%20c"),
        ("/x\r\nHost: other", f"/{SUBSCRIPTION}/x%0D%0AHost:%20other"),
        ("/x#fragment", f"/{SUBSCRIPTION}/x%23fragment"),
    ],
)
def test_raw_paths_are_taken_with_and_without_subscription(path, url):
    """A raw path may be the old SDK's or a shorter one, and cannot break the request."""
    sent = encoded(raw("GET", path, SUBSCRIPTION))
    assert sent.url == "https://management.core.windows.net" + url


def test_a_raw_path_names_the_subscription_in_any_case():
    """A GUID is the same in capitals."""
    subscription = "abcdef00-0000-0000-0000-000000000001"
    assert raw("GET", f"/{subscription.upper()}/locations", subscription).path == "locations"


def test_a_raw_path_is_no_url():
    """A whole URL would be taken as the name of something below the subscription."""
    with pytest.raises(InvalidArgument, match=r"path: .* is a URL"):
        raw("GET", f"https://management.core.windows.net/{SUBSCRIPTION}/services", SUBSCRIPTION)


def test_raw_requests_say_what_they_are():
    """Only a raw GET is repeatable: what others do is not known."""
    assert raw("GET", "/x", SUBSCRIPTION).repeatable
    changed = raw("PUT", "/x", SUBSCRIPTION, b"<a/>", "2015-04-01")
    assert not changed.repeatable
    assert changed.operation == "PerformPut"
    assert (changed.body, changed.version) == (b"<a/>", "2015-04-01")


def refused(answer, request=READ):
    with pytest.raises(errors.ServiceError) as caught:
        check(answer, request)
    return caught.value


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "MissingOrIncorrectVersionHeader", errors.BadRequest),
        (400, "InvalidXmlRequest", errors.BadRequest),
        (400, "InvalidRequest", errors.BadRequest),
        (400, "InvalidContentType", errors.BadRequest),
        (400, "MissingOrInvalidRequiredQueryParameter", errors.BadRequest),
        (400, "InvalidHttpVerb", errors.BadRequest),
        (400, "BadRequest", errors.BadRequest),
        (400, "ConfigurationError", errors.BadRequest),
        (400, "StorageAccountNameNotValid", errors.BadRequest),
        (403, "AuthenticationFailed", errors.AuthenticationFailed),
        (403, "ForbiddenError", errors.Forbidden),
        (403, "SubscriptionDisabled", errors.Forbidden),
        (404, "ResourceNotFound", errors.ResourceNotFound),
        (404, "NotFound", errors.ResourceNotFound),
        (409, "ConflictError", errors.Conflict),
        (412, "PreconditionError", errors.PreconditionFailed),
        (429, "TooManyRequests", errors.Throttled),
        (503, "TooManyRequests", errors.Throttled),
        (503, "ServerBusy", errors.ServerBusy),
        (500, "InternalError", errors.InternalError),
        (500, "OperationTimedOut", errors.InternalError),
        (307, "TemporaryRedirect", errors.TemporaryRedirect),
        (400, "Compute.OverconstrainedAllocationRequest", errors.BadRequest),
        (502, "Unheard.Of", errors.InternalError),
        (501, "NotEmulated", errors.ServiceError),
        (418, "Unheard.Of", errors.ServiceError),
        (302, "Unheard.Of", errors.ServiceError),
    ],
)
def test_a_refusal_is_the_error_of_its_code(status, code, kind):
    """The class is that of the code, else that of the status; the service's words are kept."""
    error = refused(refusal(status, code, "the reason"))
    assert type(error) is kind
    assert (error.code, error.message, error.status) == (code, "the reason", status)
    assert error.request_id == REQUEST_ID
    assert error.resource == "GET /services/hostedservices/web"
    assert error.status_code == status


@pytest.mark.parametrize(
    ("message", "kind", "conflicting"),
    [
        (
            f"An operation with x-ms-requestid {REQUEST_ID.upper()} is under way that requires exclusive access.",
            errors.ExclusiveAccess,
            REQUEST_ID,
        ),
        ("A hosted service with the specified name already exists.", errors.AlreadyExists, None),
        ("The deployment slot Production is occupied.", errors.AlreadyExists, None),
        ("The specified deployments are not in the slots.", errors.Conflict, None),
    ],
)
def test_conflicts_are_told_apart_by_their_words(message, kind, conflicting):
    """All conflicts have one code; whether to wait or to choose another name is only in the message."""
    error = refused(refusal(409, "ConflictError", message))
    assert type(error) is kind
    assert error.conflicting_operation_id == conflicting


def test_refused_certificates_are_told_by_their_words():
    """The service gave one code to certificates it did not know and to calls it did not allow."""
    unknown = "The server failed to authenticate the request. Verify that the certificate is valid and is associated"
    assert type(refused(refusal(403, "ForbiddenError", unknown))) is errors.AuthenticationFailed
    forbidden = "This operation is not allowed for this subscription."
    assert type(refused(refusal(403, "ForbiddenError", forbidden))) is errors.Forbidden


def test_the_operation_in_the_way_may_be_named_by_an_element():
    """``ConflictingOperationId`` says it where it is given."""
    body = (
        f'<Error xmlns="{NAMESPACE}"><Code>ConflictError</Code><Message>busy</Message>'
        "<ConflictingOperationId>abc</ConflictingOperationId></Error>"
    )
    assert refused(reply(409, body)).conflicting_operation_id == "abc"


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_success_is_none(status):
    """What is below 300 is not an error."""
    check(reply(status), READ)


@pytest.mark.parametrize("status", [0, 101, 199, 300, 304, 600])
def test_anything_else_is_no_success(status):
    """Nor is what only begins one: nothing was done that anybody has told of."""
    with pytest.raises(errors.ServiceError, match=f"HTTP {status}"):
        check(reply(status), READ)


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (b"", "HTTP503", "the service gave no reason"),
        (b"<html><head><title>502</title></head><body><h1>Bad Gateway</h1></body></html>", "HTTP503", "502 Bad Gateway"),
        (b"\x00\xff\xfe not text", "HTTP503", "not text"),
        (b"<Error><Code>Cut", "HTTP503", "Cut"),
        (b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?><Error><Code>C</Code></Error>', "C", "gave no reason"),
        (b"<Error><Message>only words</Message></Error>", "HTTP503", "only words"),
        (b"<Error/>", "HTTP503", "gave no reason"),
        (b"<!DOCTYPE Error [<!ENTITY a 'b'>]><Error><Code>&a;</Code></Error>", "HTTP503", ""),
        (b'{"Code": "json"}', "HTTP503", '{"Code": "json"}'),
        (b'{"Code": "InvalidJob", "Message": "The job is bad."}', "InvalidJob", "The job is bad."),
        (b'{"error": {"code": 12, "message": {"lang": "en", "value": "Bad."}}}', "12", "Bad."),
        (
            b'<Error xmlns="http://schemas.microsoft.com/sqlazure/2010/12/"><Code>40640</Code><Message/></Error>',
            "40640",
            "gave no reason",
        ),
        (
            b'<string xmlns="http://schemas.microsoft.com/2003/10/Serialization/">Request failed.</string>',
            "HTTP503",
            "Request failed.",
        ),
    ],
    ids=[
        *("empty", "html", "garbage", "cut", "byte-order-mark", "no-code", "bare", "doctype", "json"),
        *("json-object", "odata", "sql", "service-bus"),
    ],
)  # fmt: skip
def test_a_refusal_may_have_any_body(body, code, message):
    """Gateways and load balancers answer what they like; the status always tells."""
    error = refused(reply(503, body))
    assert type(error) is errors.ServerBusy
    assert error.code == code
    assert message in error.message
    assert "<" not in error.message


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("0", 0.0), ("", None), ("soon", None), ("-1", None), ("²", None)]
)
def test_retry_after_is_seconds_or_nothing(header, seconds):
    """A header that is no number of seconds is as good as none."""
    assert (
        refused(refusal(503, "ServerBusy", Retry_After=header)).retry_after is None
    )  # headers are lower case
    assert refused(refusal(503, "ServerBusy", retry_after=header)).retry_after == seconds


@pytest.mark.parametrize(
    "body",
    [
        f"<StorageServiceKeys><Primary>{SECRET}</Primary></StorageServiceKeys>",
        f"<StorageServiceKeys><Secondary>{SECRET}</StorageServiceKeys>",
        f"<a:UserPassword xmlns:a='b'>{SECRET}",
        f"<CertificateFile><Data>{SECRET}</Data>",
        f"<Deployment><Configuration>{SECRET}</Configuration>",
        f"<ResourceExtensionParameterValue><Value>{SECRET}</Value>",
        f"<CustomData\n>{SECRET}",
        f"<Setting name='x' value='AccountKey={SECRET}'/>",
        "<a>" + " " * 3900 + f"<Setting name='x' value='{SECRET * 20}'/>",
    ],
)
def test_secrets_of_an_unreadable_reply_do_not_show(body):
    """An excerpt has neither the content of elements that may be secret nor attributes."""
    assert SECRET[:8] not in excerpt(body.encode())
    assert SECRET[:8] not in str(refused(reply(500, body)))
    with pytest.raises(UnexpectedPayload) as caught:
        decode(StorageService, reply(200, body), READ)
    assert SECRET[:8] not in str(caught.value)


def test_an_excerpt_is_one_short_line():
    """However long and broken a body is, it takes one line of a log."""
    shown = excerpt(b"<p>line\nline\r\n" * 100_000)
    assert "\n" not in shown
    assert 0 < len(shown) <= 200


def test_a_success_is_read_into_its_model():
    """The document becomes the model, which knows the request it answers."""
    body = f'<Operation xmlns="{NAMESPACE}"><ID>1-2</ID><Status>Succeeded</Status></Operation>'
    found = decode(Operation, reply(200, "\ufeff" + body), READ)
    assert (found.id, found.status, found.request_id) == ("1-2", "Succeeded", REQUEST_ID)


@pytest.mark.parametrize(
    ("model", "body", "said"),
    [
        (HostedService, b"", "no element found"),
        (HostedService, b"<html><p>a proxy's page", "a proxy's page"),
        (HostedService, b"plain words", "plain words"),
        (HostedService, b"\xff\xfe\x00", "HostedService"),
        (HostedService, b"<Error><Code>X</Code></Error>", "expected <HostedService>, found <Error>"),
        (HostedService, b"<HostedService><Url>u</Url></HostedService>", "ServiceName"),
        (Operation, b"<Operation><ID>1</ID><Status>InProgress</Status><HttpStatusCode>x</HttpStatusCode></Operation>", "HttpStatusCode"),
        (Deployment, b"<Deployment><Name>a</Name><CreatedTime>yesterday</CreatedTime></Deployment>", "created_time Input"),
        (Deployment, b"<Deployment><Name>a<b/></Name></Deployment>", "elements where text"),
    ],
)  # fmt: skip
def test_a_reply_of_another_shape_is_an_unexpected_payload(model, body, said):
    """The error says what was asked, what is wrong with the answer, and its request id."""
    with pytest.raises(UnexpectedPayload) as caught:
        decode(model, reply(200, body), READ)
    assert said in str(caught.value)
    assert f"readable {model.__name__} document" in str(caught.value)
    assert REQUEST_ID in str(caught.value)
    assert caught.value.request_id == REQUEST_ID
    assert caught.value.resource == "GET /services/hostedservices/web"
