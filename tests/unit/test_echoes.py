"""Secrets of a request that the service repeats in its answers, at once or when the operation ends."""

import asyncio
from dataclasses import replace
from urllib.parse import quote

import pytest
from doubles.requests import post
from doubles.scripted import (
    NAMESPACE,
    REQUEST_ID,
    SUBSCRIPTION,
    ScriptedTransport,
    operation,
    refusal,
    reply,
)
from doubles.virtual_time import virtual_time

from asyncsm import BadRequest, ManagementSession, OperationFailed, ServiceManagementService
from asyncsm.models import (
    CertificateFile,
    LinuxConfigurationSet,
    ResourceExtensionParameterValue,
    Role,
    WindowsConfigurationSet,
)
from asyncsm.wire.echoes import masked, secrets_in
from asyncsm.wire.encoding import encode_base64

SECRET = "Corréct & horse <battery>"
BODIES = [
    pytest.param(LinuxConfigurationSet("web", "admin", SECRET), id="a password"),
    pytest.param(WindowsConfigurationSet("web", custom_data=SECRET), id="custom data"),
    pytest.param(
        CertificateFile(data="cGZ4", certificate_format="pfx", password=SECRET), id="a certificate's password"
    ),
    pytest.param(
        ResourceExtensionParameterValue(key="PrivateConfig", value=SECRET, type="Private"), id="an extension"
    ),
    pytest.param(
        f"<a><AdminPassword>{SECRET.replace('&', '&amp;').replace('<', '&lt;')}</AdminPassword></a>".encode(),
        id="bytes",
    ),
]


@pytest.mark.parametrize("body", BODIES)
def test_the_secrets_of_a_body_are_known_plain_and_in_base64(body):
    """Some services decode them, and others do not."""
    text = f"the value {SECRET} ({encode_base64(SECRET)}) is refused"
    assert masked(text, secrets_in(body)) == "the value ... (...) is refused"


def test_a_password_in_a_query_is_known_plain_and_quoted():
    """SQL Database takes one there."""
    query = f"servername=shop&password={quote(SECRET)}&reqId=1"
    text = f"?password={quote(SECRET)}: {SECRET} is wrong for shop"
    assert masked(text, secrets_in(None, query)) == "?password=...: ... is wrong for shop"


def test_a_body_without_secrets_hides_nothing():
    """Texts that anybody may read stay as they are, and so do words that are too short to be searched for."""
    assert secrets_in(None) == secrets_in(Role(role_name="web")) == secrets_in(b"<Name>web</Name>") == ()
    assert "ab" not in secrets_in(LinuxConfigurationSet("web", "admin", "ab"))


def test_of_two_secrets_the_longer_one_goes_first():
    """Nothing of a secret is left that another begins with."""
    body = b"<AdminPassword>horse</AdminPassword><UserPassword>horse and battery</UserPassword>"
    assert masked("horse and battery, horse", secrets_in(body)) == "..., ..."


CHANGE = post(
    "services", "x", operation="AddRole", body=LinuxConfigurationSet("web", "admin", "horse-battery")
)
SAID = "The password horse-battery is too weak."


def failed(request_id=REQUEST_ID):
    return operation("Failed", request_id, error=(400, "BadRequest", SAID))


@virtual_time
async def test_a_refusal_does_not_show_them():
    """Neither in the error's text nor in the service's words."""
    async with ManagementSession(
        SUBSCRIPTION, transport=ScriptedTransport([refusal(400, "BadRequest", SAID)])
    ) as session:
        with pytest.raises(BadRequest) as caught:
            await session.start(CHANGE)
    assert caught.value.message == "The password ... is too weak."


@virtual_time
async def test_a_failure_that_comes_later_does_not_show_them():
    """The error, the document of the handle, and those who find the handle by its id see the same."""
    transport = ScriptedTransport([reply(202), operation("InProgress"), failed()])
    async with ManagementSession(SUBSCRIPTION, transport=transport) as session:
        handle = await session.start(CHANGE)
        with pytest.raises(OperationFailed) as caught:
            await ServiceManagementService(session=session).wait_for_operation_status(REQUEST_ID)
        assert "horse" not in f"{caught.value!r} {caught.value.message}"
        with pytest.raises(OperationFailed, match=r"The password \.\.\. is too weak"):
            await handle
    assert handle.document.error.message == "The password ... is too weak."


@virtual_time
async def test_a_failure_that_a_list_shows_does_not_show_them():
    """Many operations are asked for together."""
    started = []

    def answer(request):
        if request.method == "POST":
            started.append(f"{len(started):032x}")
            return reply(202, request_id=started[-1], date="Wed, 23 Dec 2015 22:11:13 GMT")
        if "/operations?" not in request.url:
            return failed(request.url.rpartition("/")[2])
        items = "".join(
            f"<SubscriptionOperation><OperationId>{one}</OperationId><OperationStatus><ID>{one}</ID>"
            f"<Status>Failed</Status><HttpStatusCode>400</HttpStatusCode><Error><Code>BadRequest</Code>"
            f"<Message>{SAID}</Message></Error></OperationStatus></SubscriptionOperation>"
            for one in started
        )
        return reply(
            200,
            f'<SubscriptionOperationCollection xmlns="{NAMESPACE}"><SubscriptionOperations>{items}'
            "</SubscriptionOperations></SubscriptionOperationCollection>",
        )

    async with ManagementSession(SUBSCRIPTION, transport=ScriptedTransport(answer)) as session:
        handles = [await session.start(replace(CHANGE, lane=())) for _ in range(40)]
        ends = await asyncio.gather(*handles, return_exceptions=True)
        assert session.statistics.surveys > 0
    assert {end.message for end in ends} == {"The password ... is too weak."}


@virtual_time
async def test_a_handle_resumed_in_another_process_can_be_told_of_them():
    """No token has them, so that whoever resumes it says what they are."""
    transport = ScriptedTransport([failed()])
    async with ManagementSession(SUBSCRIPTION, transport=transport) as session:
        handle = session.resume(REQUEST_ID)
        handle.mask(secrets_in(CHANGE.body))
        with pytest.raises(OperationFailed, match=r"The password \.\.\. is too weak"):
            await handle


@virtual_time
async def test_a_long_text_of_a_failure_is_one_line_of_bounded_length():
    """Logs cannot be forged by what a service repeats, whenever it does so."""
    transport = ScriptedTransport(
        [reply(202), operation("Failed", error=(400, "BadRequest", "no\nyes " * 5000))]
    )
    async with ManagementSession(SUBSCRIPTION, transport=transport) as session:
        with pytest.raises(OperationFailed) as caught:
            await (await session.start(CHANGE))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1200
