"""Requests that were never recorded, as the reference of the API has them."""

import contextlib
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from doubles.scripted import REQUEST_ID, SUBSCRIPTION, ScriptedTransport, reply

from asyncsm import InvalidArgument, ManagementSession, ServiceManagementService, UnexpectedPayload

REMOVED = '<ExtendedProperty><Name>gone</Name><Value i:nil="true"/></ExtendedProperty>'
SET = "<ExtendedProperty><Name>number</Name><Value>7</Value></ExtendedProperty>"


async def sent(method, *given, **by_name):
    """The only request of a call: method, address below the subscription, and body without its root."""
    transport = ScriptedTransport([reply(200)])
    async with ManagementSession(SUBSCRIPTION, transport=transport) as session:
        with contextlib.suppress(UnexpectedPayload):  # a read has nothing to read in an empty reply
            await getattr(ServiceManagementService(session=session), method)(*given, **by_name)
    (request,) = transport.requests
    address = request.url.removeprefix("https://management.core.windows.net").removeprefix(f"/{SUBSCRIPTION}")
    body = (request.body or b"").decode()
    return f"{request.method} {address}", re.sub(r"^<[^>]*>|</\w+>$", "", body)


@pytest.mark.parametrize(
    ("call", "line", "body"),
    [
        (("list_subscriptions",), "GET /subscriptions", ""),
        (("get_operation_status", "01234567-89AB-cdef-0123-456789abcdef"), f"GET /operations/{REQUEST_ID}", ""),
        (("delete_hosted_service", "web", True), "DELETE /services/hostedservices/web?comp=media", ""),
        (("delete_os_image", "image", True), "DELETE /services/images/image?comp=media", ""),
        (("delete_os_image", "a b"), "DELETE /services/images/a%20b", ""),
        (
            ("swap_deployment", "web", "old", "new"),
            "POST /services/hostedservices/web",
            "<Production>old</Production><SourceDeployment>new</SourceDeployment>",
        ),
        (
            ("swap_deployment", "web", None, "new"),
            "POST /services/hostedservices/web",
            "<SourceDeployment>new</SourceDeployment>",
        ),
        (
            ("update_deployment_status", "web", "web", "Suspended"),
            "POST /services/hostedservices/web/deployments/web?comp=status",
            "<Status>Suspended</Status>",
        ),
        (
            ("get_deployment_by_slot", "web", "staging"),
            "GET /services/hostedservices/web/deploymentslots/Staging",
            "",
        ),
        (
            ("update_storage_account", "account", "new words"),
            "PUT /services/storageservices/account",
            "<Description>new words</Description>",
        ),
        (
            ("update_storage_account", "account", None, None, True),
            "PUT /services/storageservices/account",
            "<AccountType>Standard_GRS</AccountType>",
        ),
        (
            ("update_storage_account", "account", None, None, False),
            "PUT /services/storageservices/account",
            "<AccountType>Standard_LRS</AccountType>",
        ),
        (
            ("update_hosted_service", "web", None, "d", {"gone": None, "number": 7}),
            "PUT /services/hostedservices/web",
            "<Description>d</Description><ExtendedProperties>" + REMOVED + SET + "</ExtendedProperties>",
        ),
        (
            ("update_hosted_service", "web", None, ""),
            "PUT /services/hostedservices/web",
            "<Description/>",
        ),
    ],
)  # fmt: skip
async def test_a_call_makes_one_request(call, line, body):
    """Path, query and body are those of the reference; what is not given is not sent."""
    assert await sent(*call) == (line, body)


async def test_operations_are_listed_for_a_period_in_utc():
    """Times in any zone are sent in UTC, text as it is; filters only where they are given."""
    line, _ = await sent(
        "list_subscription_operations",
        datetime(2015, 6, 1, 2, tzinfo=timezone(timedelta(hours=2))),
        "2015-06-30",
        operation_result_filter="Failed",
        continuation_token="a=b&c",
    )
    assert line == (
        "GET /operations?StartTime=2015-06-01T00%3A00%3A00Z&EndTime=2015-06-30"
        "&OperationResultFilter=Failed&ContinuationToken=a%3Db%26c"
    )


async def test_operations_of_the_last_day_are_listed_by_default():
    """The service requires a period; where none is given it is a day back and a day ahead."""
    line, _ = await sent("list_subscription_operations")
    found = re.fullmatch(r"GET /operations\?StartTime=(.*)&EndTime=(.*)", line.replace("%3A", ":"))
    start, end = (datetime.fromisoformat(moment) for moment in found.groups())
    assert end - start == timedelta(days=2)
    assert start < datetime.now(UTC) < end


async def test_a_time_without_zone_is_refused():
    """Nobody knows which moment it is."""
    with pytest.raises(InvalidArgument, match="start_time: a datetime needs a time zone"):
        await sent("list_subscription_operations", datetime(2015, 6, 1))  # noqa: DTZ001
