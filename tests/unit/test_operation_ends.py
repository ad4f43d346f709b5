"""How the end of a change is learned: the reply decides, whatever was declared."""

import asyncio
import json
from dataclasses import replace

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

from asyncsm import (
    Conflict,
    InvalidArgument,
    ManagementSession,
    OperationFailed,
    OutcomeUnknown,
    UnexpectedPayload,
    gather,
)

GATEWAY_ID = "bcd0411d-3e42-4169-b3c3-89453bcf6192"
CHANGE = post("services", "networking", "shop", "gateway", operation="CreateGateway")


def accepted(status=202, operation_id=GATEWAY_ID):
    """A reply to a change of a gateway, as it was recorded."""
    return reply(
        status,
        f'<GatewayOperationAsyncResponse xmlns="{NAMESPACE}"><ID>{operation_id}</ID>'
        "</GatewayOperationAsyncResponse>",
        date="Wed, 23 Dec 2015 22:11:13 GMT",
    )


def gateway_operation(status="InProgress", data="", http_status="", error="", operation_id=GATEWAY_ID):
    """A reply of Get Gateway Operation Status, as it was recorded."""
    http_status = f"<HttpStatusCode>{http_status}</HttpStatusCode>" if http_status else ""
    return reply(
        200,
        f'<GatewayOperation xmlns="{NAMESPACE}"><Data>{data}</Data>{http_status}<ID>{operation_id}</ID>'
        "<OperationName>CreateGateway</OperationName>"
        "<OperationStartedTime>2015-12-23T22:11:13.3989121</OperationStartedTime>"
        f"<Status>{status}</Status>{error}</GatewayOperation>",
    )


def session_with(*script):
    transport = ScriptedTransport(script if len(script) > 1 or not callable(script[0]) else script[0])
    return ManagementSession(SUBSCRIPTION, transport=transport), transport


@pytest.mark.parametrize("status", [201, 202])
@virtual_time
async def test_a_gateways_operation_is_followed_under_the_id_in_the_reply(status):
    """Its states and its status have other names, which a handle does not show; it may bring data."""
    session, transport = session_with(
        accepted(status), gateway_operation(), gateway_operation("Successful", "the key", "OK")
    )
    async with session:
        handle = await session.start(CHANGE)
        assert (handle.request_id, handle.source, handle.done) == (GATEWAY_ID, "networking", False)
        seen = [status async for status in handle]
        ended = await handle
    assert seen == ["InProgress", "InProgress", "Succeeded"]
    assert (ended.status, ended.http_status_code, ended.data, ended.id) == (
        "Succeeded",
        200,
        "the key",
        GATEWAY_ID,
    )
    assert {request.url.partition(SUBSCRIPTION)[2] for request in transport.requests[1:]} == {
        f"/services/networking/operation/{GATEWAY_ID}"
    }


@virtual_time
async def test_white_space_around_a_gateways_id_is_no_part_of_it():
    """As documents that are indented have it."""
    session, transport = session_with(
        accepted(operation_id=f"\n  {GATEWAY_ID}\n"), gateway_operation("Successful", "", "OK")
    )
    async with session:
        handle = await session.start(CHANGE)
        assert handle.request_id == GATEWAY_ID
        await handle
    assert transport.requests[-1].url.endswith(f"/{GATEWAY_ID}")


@virtual_time
async def test_a_gateways_operation_that_failed_is_the_error_of_its_code():
    """Its status is the name of a number."""
    error = "<Error><Code>ConflictError</Code><Message>The name is taken.</Message></Error>"
    session, _ = session_with(accepted(), gateway_operation("Failed", http_status="Conflict", error=error))
    async with session:
        with pytest.raises(OperationFailed, match="The name is taken") as caught:
            await (await session.start(CHANGE))
    assert isinstance(caught.value, Conflict)
    assert (caught.value.status, caught.value.request_id) == (409, GATEWAY_ID)


@pytest.mark.parametrize(
    ("answer", "source", "done"),
    [
        pytest.param(reply(200), "operations", True, id="at once"),
        pytest.param(reply(201, "<Gateway/>"), "operations", True, id="at once, with a body"),
        pytest.param(reply(202), "operations", False, id="operation"),
        pytest.param(reply(202, "<GatewayOperationAsyncResponse>"), "operations", False, id="unreadable"),
    ],
)
@virtual_time
async def test_a_reply_without_a_gateways_id_ends_like_any_other(answer, source, done):
    """Any status but 202 is final; a 202 is followed under its request id."""
    session, _ = session_with(answer, operation("Succeeded"))
    async with session:
        handle = await session.start(CHANGE)
        assert (handle.request_id, handle.source, handle.done) == (REQUEST_ID, source, done)
        assert (await handle).data is None


@virtual_time
async def test_a_token_names_the_source_of_its_operation():
    """Another process asks at the same place."""
    session, _ = session_with(accepted(), refusal(404, "ResourceNotFound"))
    async with session:
        handle = await session.start(replace(CHANGE, usual=900))
        handle.detach()
        token = handle.token
    assert json.loads(token)["source"] == "networking"
    other, transport = session_with(gateway_operation("Successful", "x", "OK"))
    async with other:
        assert (await other.resume(token)).data == "x"
    assert transport.requests[0].url.endswith(f"/services/networking/operation/{GATEWAY_ID}")


@virtual_time
async def test_a_token_of_a_source_that_is_not_known_is_refused():
    """To ask elsewhere would find nothing, or another operation."""
    session, _ = session_with(accepted())
    async with session:
        handle = await session.start(CHANGE)
        handle.detach()
        with pytest.raises(InvalidArgument, match="names 'sites'"):
            session.resume(handle.token.replace("networking", "sites"))


@virtual_time
async def test_operations_of_gateways_are_asked_for_singly_beside_lists():
    """No list shows them, however many of the others there are."""
    started = {}

    def answer(request):
        now = asyncio.get_running_loop().time()
        path = request.url.partition(SUBSCRIPTION)[2]
        if request.method == "POST":
            number = len(started)
            operation_id = f"{number:032x}"
            started[operation_id] = now
            if number % 10 == 0:
                return accepted(operation_id=operation_id)
            return reply(202, request_id=operation_id, date="Wed, 23 Dec 2015 22:11:13 GMT")
        if path.startswith("/operations?"):
            items = "".join(
                f"<SubscriptionOperation><OperationId>{one}</OperationId><OperationStatus><ID>{one}</ID>"
                f"<Status>{'Succeeded' if now >= begun + 40 else 'InProgress'}</Status></OperationStatus>"
                "</SubscriptionOperation>"
                for number, (one, begun) in enumerate(started.items())
                if number % 10
            )
            return reply(
                200,
                f'<SubscriptionOperationCollection xmlns="{NAMESPACE}"><SubscriptionOperations>{items}'
                "</SubscriptionOperations></SubscriptionOperationCollection>",
            )
        asked = path.rpartition("/")[2]
        begun = started[asked]
        gateway = path.startswith("/services/networking/operation/")
        assert gateway == (list(started).index(asked) % 10 == 0)
        if gateway:
            return gateway_operation("Successful" if now >= begun + 40 else "InProgress", operation_id=asked)
        return operation("Succeeded" if now >= begun + 40 else "InProgress", asked)

    session, _ = session_with(answer)
    async with session:
        changes = [session.start(replace(CHANGE, lane=())) for _ in range(50)]
        await gather(changes)
        assert session.statistics.surveys > 0


# ---------------------------------------------------------------- answers that make no sense


def told(status, rest="", operation_id=REQUEST_ID):
    """A reply of Get Operation Status in these words."""
    return reply(
        200,
        f'<Operation xmlns="{NAMESPACE}"><ID>{operation_id}</ID><Status>{status}</Status>{rest}</Operation>',
    )


ERROR = "<Error><Code>InternalError</Code><Message>It broke.</Message></Error>"
ODD = [
    pytest.param(told("Banana"), "'Banana', which is none of InProgress, Succeeded, Failed", id="unknown"),
    pytest.param(told("succeeded"), "'succeeded', which is none", id="lower case"),
    pytest.param(told("FAILED"), "'FAILED', which is none", id="upper case"),
    pytest.param(told("Succeeded", "<HttpStatusCode>500</HttpStatusCode>"), "HTTP status 500", id="500"),
    pytest.param(told("Succeeded", "<HttpStatusCode>400</HttpStatusCode>"), "HTTP status 400", id="400"),
    pytest.param(told("Succeeded", ERROR), "the error InternalError", id="error"),
    pytest.param(told("Succeeded", operation_id="f" * 32), f"is another one, {'f' * 32}", id="another"),
    pytest.param(
        gateway_operation("Successful", operation_id="f" * 32), "is another one", id="gateway, another"
    ),
    pytest.param(gateway_operation("Banana"), "'Banana', which is none", id="gateway, unknown"),
    pytest.param(gateway_operation("successful"), "'successful', which is none", id="gateway, lower case"),
    pytest.param(
        gateway_operation("Successful", http_status="Conflict"), "HTTP status 409", id="gateway, Conflict"
    ),
    pytest.param(
        gateway_operation("Successful", error=ERROR), "the error InternalError", id="gateway, error"
    ),
]


def accepted_as(answer):
    """The reply to a change whose operation is asked for where `answer` comes from."""
    return accepted() if b"GatewayOperation" in answer.body else reply(202)


@pytest.mark.parametrize(("odd", "says"), ODD)
@virtual_time
async def test_only_the_known_words_count(odd, says):
    """Anything else is asked for again, and then reported: it is neither a success nor a failure."""
    session, transport = session_with(accepted_as(odd), odd, odd, odd, odd, odd, odd)
    async with session:
        handle = await session.start(CHANGE)
        with pytest.raises(UnexpectedPayload, match=says):
            await handle
        assert not handle.done
        assert len(transport.requests) == 4
        with pytest.raises(UnexpectedPayload, match=says):
            await handle.refresh()


@pytest.mark.parametrize("odd", [one.values[0] for one in ODD], ids=[one.id for one in ODD])
@virtual_time
async def test_an_odd_answer_that_is_followed_by_a_sound_one_is_passed_over(odd):
    """One broken answer is no reason to lose sight of an operation."""
    gateway = b"GatewayOperation" in odd.body
    end = gateway_operation("Successful", "", "OK") if gateway else operation("Succeeded")
    session, _ = session_with(accepted_as(odd), odd, end)
    async with session:
        assert (await (await session.start(CHANGE))).status == "Succeeded"


@pytest.mark.parametrize(
    "rest", ["", "<HttpStatusCode>200</HttpStatusCode>", "<HttpStatusCode>399</HttpStatusCode>", "<Error/>"]
)
@virtual_time
async def test_a_plain_success_counts(rest):
    """An empty error is none."""
    session, _ = session_with(reply(202), told("Succeeded", rest))
    async with session:
        assert (await (await session.start(CHANGE))).status == "Succeeded"


@pytest.mark.parametrize(
    "listed",
    [
        "<Status>Banana</Status>",
        "<Status>succeeded</Status>",
        "<Status>Succeeded</Status><HttpStatusCode>500</HttpStatusCode>",
        f"<Status>Succeeded</Status>{ERROR}",
    ],
)
@virtual_time
async def test_a_list_that_makes_no_sense_is_not_believed(listed):
    """What it shows so is asked for by itself, and that answer counts."""
    started = []

    def answer(request):
        path = request.url.partition(SUBSCRIPTION)[2]
        if request.method == "POST":
            started.append(f"{len(started):032x}")
            return reply(202, request_id=started[-1], date="Wed, 23 Dec 2015 22:11:13 GMT")
        if path.startswith("/operations?"):
            items = "".join(
                f"<SubscriptionOperation><OperationId>{one}</OperationId>"
                f"<OperationStatus><ID>{one}</ID>{listed}</OperationStatus></SubscriptionOperation>"
                for one in started
            )
            return reply(
                200,
                f'<SubscriptionOperationCollection xmlns="{NAMESPACE}"><SubscriptionOperations>{items}'
                "</SubscriptionOperations></SubscriptionOperationCollection>",
            )
        asked = path.rpartition("/")[2]
        if int(asked, 16):
            return operation("Failed", asked, error=(409, "ConflictError", "no"))
        return operation("Succeeded", asked)

    session, _ = session_with(answer)
    async with session:
        handles = [await session.start(replace(CHANGE, lane=())) for _ in range(40)]
        ends = await asyncio.gather(*handles, return_exceptions=True)
        assert session.statistics.surveys > 0
    assert ends[0].status == "Succeeded"
    assert {type(end).__mro__[1] for end in ends[1:]} == {OperationFailed}


# ---------------------------------------------------------------- request ids that name nothing


@pytest.mark.parametrize("request_id", ["", "  ", ".", "..", "\udcff", "a/b", "a b", "\x1b[31m", "x" * 5000])
@virtual_time
async def test_an_accepted_change_without_an_id_says_so(request_id):
    """That is no mistake of the caller: something was sent, and cannot be followed."""
    session, transport = session_with(reply(202, request_id=request_id))
    async with session:
        with pytest.raises(UnexpectedPayload, match="202 without x-ms-request-id") as caught:
            await session.start(CHANGE)
    assert not isinstance(caught.value, InvalidArgument | OutcomeUnknown)
    assert len(transport.requests) == 1


@pytest.mark.parametrize("operation_id", ["", " ", "..", "a/b", "x" * 5000, "<b/>"])
@pytest.mark.parametrize("status", [200, 201])
@virtual_time
async def test_an_operation_without_an_id_of_its_own_says_so(status, operation_id):
    """The reply tells that there is one, so that the change has not ended with it."""
    session, transport = session_with(accepted(status, operation_id))
    async with session:
        with pytest.raises(UnexpectedPayload, match=f"answered {status} with an operation that has no id"):
            await session.start(CHANGE)
    assert len(transport.requests) == 1


@virtual_time
async def test_the_token_of_a_sites_operation_names_the_site():
    """One that does not is told to whoever waits, in our words."""
    session, _ = session_with([])
    async with session:
        token = {"v": 2, "request_id": "x", "subscription_id": SUBSCRIPTION, "operation": "SwapSlots"}
        more = {"resource": "POST /x", "submitted": "2016-01-01T00:00:00+00:00", "source": "websites"}
        with pytest.raises(InvalidArgument, match="token: x is no operation of a web site"):
            await session.resume(json.dumps(token | more))


@pytest.mark.parametrize(
    ("status", "ended"), [("Succeeded", None), ("Failed", "it is gone"), ("TimedOut", "it is gone")]
)
@virtual_time
async def test_a_sites_operation_is_followed_at_its_site(status, ended):
    """The site is that of the change's path, without its slot; states have other names, of which two are failures."""

    def operation_of_a_site(status, error=""):
        return reply(
            200 if error or status != "InProgress" else 202,
            f'<Operation xmlns="{NAMESPACE}"><Errors>{error}</Errors>'
            f"<GeoMasterOperationId>x</GeoMasterOperationId><Id>x</Id><Status>{status}</Status></Operation>",
        )

    error = f"<Error><Code>NotFound</Code><Message>{ended}</Message></Error>" if ended else ""
    session, transport = session_with(
        operation_of_a_site("InProgress"), operation_of_a_site("Created"), operation_of_a_site(status, error)
    )
    change = post(
        "services", "webspaces", "space", "sites", "pages(stage)", "slots", operation="SwapSiteSlots"
    )
    async with session:
        handle = await session.start(change)
        assert (handle.request_id, handle.source) == ("space/pages/x", "websites")
        if ended is None:
            assert (await handle).status == "Succeeded"
        else:
            with pytest.raises(OperationFailed, match=ended):
                await handle
    assert transport.requests[-1].url.endswith("/services/webspaces/space/sites/pages/operations/x")
