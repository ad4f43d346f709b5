"""The session between a scripted transport and the operations: lifecycle, retries, redirects, handles."""

import asyncio
import copy
import gc
import inspect
import json
import pickle
import warnings
from dataclasses import fields, replace

import pytest
from doubles.certificates import management_certificate
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
from pydantic import SecretStr

from asyncsm import (
    AsyncsmError,
    ClientStateError,
    ConnectionFailed,
    CredentialError,
    InvalidArgument,
    ManagementSession,
    NetworkManagementService,
    OperationFailed,
    RetryPolicy,
    ServerBusy,
    ServiceManagementService,
    TemporaryRedirect,
    Throttled,
    ThrottlePolicy,
    UnexpectedPayload,
    config,
    errors,
    models,
)
from asyncsm.config import SessionOptions
from asyncsm.credentials import UncheckedSubscriptionId, write_publishsettings
from asyncsm.engine.budget import Kind
from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import get
from asyncsm.models import Images, Operation
from asyncsm.wire.http import HttpResponse

CREATION = post("services", "hostedservices", body=b"<Create/>", operation="CreateHostedService")
READ = get("locations")
REGION = "usnorth.management.core.windows.net"
OTHER_SUBSCRIPTION = "00000000-0000-0000-0000-000000000002"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in ("SUBSCRIPTIONID", "CERTFILE", "CERTPASSWORD", "HOST", "CA_FILE"):
        monkeypatch.delenv(f"AZURE_MANAGEMENT_{name}", raising=False)


def session_with(*script, **options):
    transport = ScriptedTransport(script[0] if script and callable(script[0]) else script)
    return ManagementSession(SUBSCRIPTION, transport=transport, **options), transport


def redirect(location):
    return refusal(307, "TemporaryRedirect", "elsewhere", location=location)


# ---------------------------------------------------------------- retries


@virtual_time
async def test_a_busy_service_is_asked_again():
    """A refusal that passes is waited out, with pauses, and the caller sees only the answer."""
    session, transport = session_with(
        refusal(503, "ServerBusy"), refusal(500, "InternalError"), refusal(503, "ServerBusy"), reply(200)
    )
    async with session:
        assert (await session.send(READ)).status == 200
    assert len(transport.requests) == 4
    pauses = [later - earlier for earlier, later in zip(transport.times, transport.times[1:], strict=False)]
    assert all(0 <= pause <= most for pause, most in zip(pauses, (0.5, 1.0, 2.0), strict=True))


@virtual_time
async def test_retry_after_is_the_least_pause():
    """Where the service says how long to wait, that is waited."""
    session, transport = session_with(refusal(503, "ServerBusy", retry_after="20"), reply(200))
    async with session:
        await session.send(READ)
    assert 20 <= transport.times[1] - transport.times[0] <= 30


@virtual_time
async def test_patience_ends():
    """After the policy's attempts the last refusal is raised."""
    session, transport = session_with(
        *(refusal(503, "ServerBusy") for _ in range(3)), retry=RetryPolicy(attempts=3)
    )
    async with session:
        with pytest.raises(ServerBusy):
            await session.send(READ)
    assert len(transport.requests) == 3


@virtual_time
async def test_a_creation_that_was_not_sent_is_sent_again():
    """Where no connection was made, nothing can have happened."""
    session, transport = session_with(ConnectionFailed("refused"), refusal(503, "ServerBusy"), reply(201))
    async with session:
        assert (await session.start(CREATION)).done
    assert [request.body for request in transport.requests] == [b"<Create/>"] * 3


@virtual_time
async def test_a_session_closed_during_a_pause_sends_nothing_more():
    """Whoever is in a pause between two attempts is told that the session was closed."""
    session, transport = session_with(refusal(503, "ServerBusy", retry_after="60"))
    waiting = asyncio.create_task(session.send(READ))
    await asyncio.sleep(1)
    await session.close()
    with pytest.raises(ClientStateError, match="closed"):
        await waiting
    assert len(transport.requests) == 1


def test_what_is_empty_counts_as_absent():
    """Programs hand on variables that are not set as empty text."""
    with pytest.raises(CredentialError, match="no management certificate: give cert_file"):
        ManagementSession(SUBSCRIPTION, "", ca_file="")


# ---------------------------------------------------------------- redirects


@virtual_time
async def test_a_redirect_within_the_cloud_is_followed_with_the_same_request():
    """A region's own front end gets method, path, headers and body again; the next call starts anew."""
    session, transport = session_with(
        redirect(f"https://{REGION}/{SUBSCRIPTION}/services/hostedservices"), reply(201), reply(200)
    )
    async with session:
        await session.start(CREATION)
        await session.send(READ)
    first, second, third = transport.requests
    assert second.url == first.url.replace("management.core.windows.net", REGION)
    assert (second.method, second.headers, second.body) == (first.method, first.headers, first.body)
    assert third.url == f"https://management.core.windows.net/{SUBSCRIPTION}/locations"


@pytest.mark.parametrize(
    "location",
    [
        "https://management.core.windows.net.evil.example/x",
        "https://evil.example/x",
        "https://evilmanagement.core.windows.net/x",
        "https://management.core.chinacloudapi.cn/x",
        f"http://{REGION}/x",
        f"//{REGION}/x",
        "/relative",
        f"https://{REGION}:99999/x",
        "https://[broken",
        "",
    ],
)
@virtual_time
async def test_a_redirect_out_of_the_cloud_is_refused(location):
    """The client certificate is shown to no other host, and never without TLS."""
    session, transport = session_with(redirect(location))
    async with session:
        with pytest.raises(TemporaryRedirect):
            await session.start(CREATION)
    assert len(transport.requests) == 1


@virtual_time
async def test_a_private_host_may_redirect_to_itself_only():
    """Nothing is known of the cloud that an unknown host belongs to."""
    session, transport = session_with(
        redirect("https://azure.example:8443/x"), redirect(f"https://{REGION}/x"), host="azure.example"
    )
    async with session:
        with pytest.raises(TemporaryRedirect):
            await session.send(READ)
    assert transport.requests[1].url == f"https://azure.example:8443/{SUBSCRIPTION}/locations"


@virtual_time
async def test_redirects_end():
    """A loop of redirects is an error after a few rounds."""
    session, transport = session_with(lambda _: redirect(f"https://{REGION}/x"))
    async with session:
        with pytest.raises(TemporaryRedirect):
            await session.send(READ)
    assert len(transport.requests) == 1 + config.REDIRECT_LIMIT


# ---------------------------------------------------------------- lifecycle


@virtual_time
async def test_a_session_opens_with_its_first_request():
    """``async with`` is not needed to open it, only to close it."""
    session, transport = session_with(reply(200))
    assert not transport.requests
    await session.send(READ)
    await session.close()
    assert transport.closed


@virtual_time
async def test_closing_is_final_and_may_be_repeated():
    """A closed session says so, whatever is wanted of it."""
    session, transport = session_with(reply(200))
    await session.close()
    await session.close()
    assert session.closed
    assert transport.closed
    with pytest.raises(ClientStateError, match="closed"):
        await session.send(READ)
    with pytest.raises(ClientStateError, match="closed"):
        session.resume(REQUEST_ID)
    with pytest.raises(ClientStateError, match="closed"):
        async with session:
            pass
    assert not transport.requests


@virtual_time
async def test_closing_ends_waits_but_not_operations():
    """A wait is told that the session was closed; the token goes on."""
    session, _ = session_with(reply(202))
    handle = await session.start(CREATION)
    waiting = asyncio.ensure_future(handle.wait())
    await asyncio.sleep(0)
    assert session.pending == 1
    await session.close()
    with pytest.raises(ClientStateError, match="token resumes"):
        await waiting
    assert json.loads(handle.token)["request_id"] == REQUEST_ID


def test_a_session_belongs_to_one_event_loop():
    """Use in another ``asyncio.run`` says what is wrong, before anything hangs."""
    session, transport = session_with(reply(200))
    asyncio.run(session.send(READ))
    with pytest.raises(ClientStateError, match="another event loop"):
        asyncio.run(session.send(READ))
    assert len(transport.requests) == 1


def test_a_handle_belongs_to_one_event_loop():
    """Awaiting it in another one, which no answer would ever reach, is refused; its token goes anywhere."""
    session, _ = session_with(lambda _: reply(202))

    async def start():
        return await session.start(CREATION)

    handle = asyncio.run(start())
    for use in (handle.wait, handle.refresh, lambda: anext(aiter(after_first(handle)))):
        with pytest.raises(ClientStateError, match="another event loop; resume it with its token"):
            asyncio.run(use())
    handle.detach()
    asyncio.run(session.close())  # its connections went with its loop
    assert session.closed


async def after_first(handle):
    """Leave out the status that is known without a question."""
    statuses = aiter(handle)
    await anext(statuses)
    async for status in statuses:
        yield status


def test_a_session_is_closed_in_its_own_event_loop():
    """Closing it from another one is refused, and leaves it as it is."""
    session, _ = session_with(lambda _: reply(200))

    async def use():
        await session.send(READ)
        with pytest.raises(ClientStateError, match="another event loop"):
            await asyncio.to_thread(asyncio.run, session.close())
        await session.send(READ)
        await session.close()

    asyncio.run(use())
    assert session.closed


@virtual_time
async def test_closing_that_is_cancelled_closes_all_the_same():
    """Connections are gone, and whoever waited is told, however long the tasks of the session take to end."""
    session, transport = session_with(lambda _: reply(202))
    handle = await session.start(CREATION)
    waiting = asyncio.create_task(handle.wait())
    await asyncio.sleep(0)
    closing = asyncio.create_task(session.close())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert transport.closed
    with pytest.raises(ClientStateError, match="was closed while operation"):
        await waiting


@virtual_time
async def test_what_belongs_to_an_event_loop_stays_in_its_process():
    """A copy of a session, a service or a handle is the same; pickling says what to do instead."""
    session, _ = session_with(lambda _: reply(202))
    async with session:
        handle = await session.start(CREATION)
        handle.detach()
        for one in (session, handle):
            assert copy.copy(one) is one
            assert copy.deepcopy([one]) == [one]
            with pytest.raises(TypeError, match=r"belongs to .* is not pickled: "):
                pickle.dumps(one)
        with pytest.raises(TypeError, match="is not pickled"):
            pickle.dumps(ServiceManagementService(session=session))


@virtual_time
async def test_a_wait_that_was_left_makes_no_noise():
    """Who leaves a loop over a handle is not told of a failure, and the event loop does not complain of that."""
    complaints = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    session, _ = session_with(
        lambda request: reply(202) if request.method == "POST" else operation("InProgress")
    )
    handle = await session.start(CREATION)
    statuses = aiter(handle)
    await anext(statuses)
    await anext(statuses)
    await session.close()
    del statuses, handle
    gc.collect()
    await asyncio.sleep(1)
    assert complaints == []


@virtual_time
async def test_a_service_closes_the_session_it_made_and_no_other():
    """A shared session outlives the services that use it."""
    session, transport = session_with(reply(200))
    async with ServiceManagementService(session=session) as sms:
        assert sms.session is session
    assert not session.closed
    await session.send(READ)
    await session.close()
    async with ServiceManagementService(SUBSCRIPTION, management_certificate()) as own:
        pass
    assert own.session.closed
    assert transport.closed


def test_a_shared_session_brings_its_own_subscription():
    """Arguments that contradict the session are refused rather than ignored, and so is what is no session."""
    session, _ = session_with()
    for argument in (
        {"subscription_id": OTHER_SUBSCRIPTION},
        {"cert_password": "secret"},
        {"timeout": 5},
        {"retry": RetryPolicy(attempts=1)},
        {"proxy": "http://proxy:3128"},
    ):
        with pytest.raises(InvalidArgument, match="brings its own"):
            ServiceManagementService(session=session, **argument)
    with pytest.raises(InvalidArgument, match="a service has it as its `session`"):
        NetworkManagementService(session=ServiceManagementService(session=session))


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("retry", None, "RetryPolicy, not None"),
        ("retry", RetryPolicy, "RetryPolicy, not <class"),
        ("throttle", 300, "ThrottlePolicy, not 300"),
        ("lanes", False, "LanePolicy, not False"),
        ("polling", RetryPolicy(), "PollingPolicy, not RetryPolicy"),
    ],
)
def test_a_policy_is_of_its_class(name, value, says):
    """Numbers and switches in place of a policy are refused when the session is made, not by its first call."""
    with pytest.raises(InvalidArgument, match=rf"^{name}: must be a {says}"):
        session_with(**{name: value})


@pytest.mark.parametrize("value", ["5", True, None, [5]])
def test_the_numbers_of_a_policy_are_numbers(value):
    """What is no number is named, and not compared with one."""
    with pytest.raises(TypeError, match=r"RetryPolicy\.attempts is a number, not "):
        RetryPolicy(attempts=value)


async def test_long_replies_are_read_beside_the_event_loop():
    """A list of half a megabyte does not stop other tasks; the result is the same."""
    image = "<OSImage><Label>" + "x" * 1000 + "</Label></OSImage>"
    body = f'<Images xmlns="{NAMESPACE}">{image * 200}</Images>'
    session, _ = session_with(reply(200, body))
    async with session:
        images = await session.fetch(Images, get("services", "images"))
    assert len(images) == 200
    assert images.request_id == REQUEST_ID


# ---------------------------------------------------------------- arguments and environment


def test_a_session_needs_a_certificate():
    """The error says where one could be given."""
    with pytest.raises(CredentialError, match=r"cert_file.*AZURE_MANAGEMENT_CERTFILE"):
        ManagementSession(SUBSCRIPTION)


def test_a_session_needs_a_subscription():
    """A PEM file does not name one."""
    with pytest.raises(CredentialError, match=r"subscription_id.*AZURE_MANAGEMENT_SUBSCRIPTIONID"):
        ManagementSession(None, management_certificate())


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), "5"])
def test_an_attempt_needs_time(timeout):
    """No time at all is a mistake, not "without limit"."""
    with pytest.raises(InvalidArgument, match="timeout"):
        ManagementSession(SUBSCRIPTION, management_certificate(), timeout=timeout)


def test_the_environment_fills_in_what_is_not_given(monkeypatch, tmp_path):
    """Subscription, certificate and host may come from the environment; arguments go before it."""
    pem = tmp_path / "management.pem"
    management_certificate().write_pem(pem)
    monkeypatch.setenv("AZURE_MANAGEMENT_SUBSCRIPTIONID", SUBSCRIPTION)
    monkeypatch.setenv("AZURE_MANAGEMENT_CERTFILE", str(pem))
    monkeypatch.setenv("AZURE_MANAGEMENT_HOST", "localhost:8443")
    session = ManagementSession()
    assert session.subscription_id == SUBSCRIPTION
    assert session.certificate.thumbprint == management_certificate().thumbprint
    assert session.endpoint.url == "https://localhost:8443"
    given = ManagementSession(OTHER_SUBSCRIPTION, management_certificate("other"), "azure.example")
    assert given.subscription_id == OTHER_SUBSCRIPTION
    assert given.certificate.thumbprint == management_certificate("other").thumbprint
    assert given.endpoint.url == "https://azure.example"


def test_the_host_of_the_environment_goes_before_that_of_a_file(monkeypatch, tmp_path):
    """A publishsettings file names the cloud it was made for; whoever names another one wants that."""
    file = tmp_path / "my.publishsettings"
    write_publishsettings(
        file, management_certificate(), [(SUBSCRIPTION, "mine")], "https://management.core.chinacloudapi.cn"
    )
    assert ManagementSession(None, file).endpoint.host == "management.core.chinacloudapi.cn"
    monkeypatch.setenv("AZURE_MANAGEMENT_HOST", "localhost:8443")
    assert ManagementSession(None, file).endpoint.host == "localhost"
    assert ManagementSession(None, file, "azure.example").endpoint.host == "azure.example"


async def test_the_environment_may_name_the_only_trusted_authorities(monkeypatch, tmp_path):
    """``AZURE_MANAGEMENT_CA_FILE`` is read where no ``ca_file`` is given."""
    monkeypatch.setenv("AZURE_MANAGEMENT_CA_FILE", str(tmp_path / "absent.pem"))
    session = ManagementSession(SUBSCRIPTION, management_certificate())
    with pytest.raises(CredentialError, match=r"absent\.pem"):
        async with session:
            pass


@pytest.mark.parametrize(
    "form",
    ["{%s}", " %s\r\n", "\ufeff%s", "\u200e%s", '"%s"', "/subscriptions/%s", "subscriptions/%s/", "(%s)"],
)
def test_an_id_as_people_paste_it(form):
    """What surrounds the GUID is left out; its case is kept."""
    session = ManagementSession(form % SUBSCRIPTION, management_certificate())
    assert session.subscription_id == SUBSCRIPTION
    assert (
        ManagementSession(SUBSCRIPTION.replace("-", ""), management_certificate()).subscription_id
        == SUBSCRIPTION
    )


@pytest.mark.parametrize(
    "wrong", ["My Subscription", "#1", "1234", "a/../b", f"{SUBSCRIPTION}0", "\udce4", "%20"]
)
def test_an_id_that_is_no_guid(wrong, tmp_path):
    """It is refused before anything is sent; a publishsettings file says which there are."""
    with pytest.raises(InvalidArgument, match=r"subscription_id: .* is not a GUID"):
        ManagementSession(wrong, management_certificate())
    file = tmp_path / "my.publishsettings"
    write_publishsettings(file, management_certificate(), [(f"{{{SUBSCRIPTION}}}", "mine"), ("#2", "odd")])
    with pytest.raises(
        InvalidArgument, match=rf"my\.publishsettings has .{SUBSCRIPTION}. \(mine\), #2 \(odd\)"
    ):
        ManagementSession(wrong, file)
    assert ManagementSession(None, file).subscription_id == SUBSCRIPTION
    assert ManagementSession(SUBSCRIPTION, file).subscription_id == SUBSCRIPTION
    write_publishsettings(file, management_certificate(), [("#2", "odd")], overwrite=True)
    with pytest.raises(CredentialError, match="subscription id '#2', which is not a GUID"):
        ManagementSession(None, file)


def test_an_id_that_is_no_guid_on_purpose():
    """Whoever says so may use other ids, as long as they can stand in a URL."""
    odd = UncheckedSubscriptionId("sub.scription_1")
    assert ManagementSession(odd, management_certificate()).subscription_id == "sub.scription_1"
    for wrong in ("..", "a b", "a#b", "", "\n"):
        with pytest.raises((InvalidArgument, CredentialError)):
            ManagementSession(UncheckedSubscriptionId(wrong), management_certificate())


def test_values_of_the_environment_as_shells_leave_them(monkeypatch, tmp_path):
    """Carriage returns, quotes and marks around a value are not part of it; a password's blanks are."""
    pfx = tmp_path / "my certificate.pfx"
    management_certificate().write_pfx(pfx, " secret ")
    monkeypatch.setenv("AZURE_MANAGEMENT_SUBSCRIPTIONID", f'"{SUBSCRIPTION}"\r')
    monkeypatch.setenv("AZURE_MANAGEMENT_CERTFILE", f"'{pfx}'\r")
    monkeypatch.setenv("AZURE_MANAGEMENT_CERTPASSWORD", " secret \r\n")
    monkeypatch.setenv("AZURE_MANAGEMENT_HOST", "\ufefflocalhost:8443\r")
    session = ManagementSession()
    assert (session.subscription_id, session.endpoint.url) == (SUBSCRIPTION, "https://localhost:8443")
    assert session.certificate == management_certificate()


@pytest.mark.parametrize("password", ["secret", SecretStr("secret")])
def test_the_password_of_a_pfx(password, tmp_path):
    """It can be given; without it the message says how."""
    management_certificate().write_pfx(tmp_path / "my.pfx", "secret")
    assert ManagementSession(SUBSCRIPTION, tmp_path / "my.pfx", cert_password=password).certificate
    assert ServiceManagementService(
        SUBSCRIPTION, tmp_path / "my.pfx", cert_password=password
    ).session.certificate
    with pytest.raises(CredentialError, match="cert_password or AZURE_MANAGEMENT_CERTPASSWORD"):
        ManagementSession(SUBSCRIPTION, tmp_path / "my.pfx")


@pytest.mark.parametrize(
    "url",
    [
        "user:hunter2@proxy.example:3128",
        "proxy.example:3128",
        "socks5://u:hunter2@proxy.example",
        "http://",
        "x",
    ],
)
def test_a_proxy_that_is_no_url(url, monkeypatch):
    """It is refused when the session is made, without its user and password, wherever it comes from."""
    with pytest.raises(InvalidArgument, match=r"^proxy: ") as given:
        ManagementSession(SUBSCRIPTION, management_certificate(), proxy=url)
    monkeypatch.setenv("https_proxy", url)
    with pytest.raises(InvalidArgument, match=r"^proxy: ") as named:
        ManagementSession(SUBSCRIPTION, management_certificate())
    assert "hunter2" not in str(given.value) + str(named.value)
    ManagementSession(SUBSCRIPTION, management_certificate(), trust_env=False)
    ManagementSession(SUBSCRIPTION, management_certificate(), proxy="http://u:hunter2@proxy.example:3128")
    monkeypatch.setenv("no_proxy", "*")
    ManagementSession(SUBSCRIPTION, management_certificate())


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (ManagementSession, {"subscription_id": SUBSCRIPTION}),
        (ManagementSession, {"host": "http://x"}),
        (ManagementSession, {"timeout": 0}),
        (ServiceManagementService, {"subscription_id": SUBSCRIPTION}),
        (NetworkManagementService, {"host": "http://x"}),
        (models.Location, {"nothing": 1}),
    ],
)
def test_what_could_not_be_made_has_a_repr(kind, arguments):
    """Reporters of errors show the locals of all frames, ``self`` of a constructor that raised among them."""
    with pytest.raises(AsyncsmError) as caught:
        kind(**arguments)
    shown = [repr(frame.frame.f_locals) for frame in inspect.getinnerframes(caught.value.__traceback__)]
    assert any(kind.__name__ in each for each in shown)


def test_empty_variables_are_not_set(monkeypatch):
    """``VARIABLE=`` in a shell means nothing, not an empty name."""
    monkeypatch.setenv("AZURE_MANAGEMENT_HOST", "")
    monkeypatch.setenv("AZURE_MANAGEMENT_SUBSCRIPTIONID", "")
    session, _ = session_with()
    assert session.endpoint.url == "https://management.core.windows.net"
    with pytest.raises(CredentialError):
        ManagementSession(None, management_certificate())


def test_a_session_shows_neither_certificate_nor_proxy():
    """What is logged of a session is where it goes."""
    session = ManagementSession(
        SUBSCRIPTION, management_certificate(), proxy="http://user:hunter2@proxy.example:3128"
    )
    assert repr(session) == f"<ManagementSession {SUBSCRIPTION} at https://management.core.windows.net>"


@pytest.mark.parametrize("constructor", [ManagementSession, ServiceManagementService])
def test_constructors_take_each_option_of_a_session_and_say_what_it_is(constructor):
    """Names and defaults are those of `SessionOptions`; each is described where a user looks."""
    given = inspect.signature(constructor).parameters
    for option in fields(SessionOptions):
        assert (given[option.name].default, given[option.name].annotation) == (option.default, option.type)
        assert f"    {option.name}: " in constructor.__doc__


def test_a_session_does_itself_what_callers_leave_to_it():
    """Whatever `Caller` hands on to its session would else be handed on for ever."""
    handed_on = {
        name
        for name, value in vars(Caller).items()
        if "session" in getattr(getattr(value, "fget", value), "__code__", Caller.change.__code__).co_names
    }
    assert {"subscription_id", "send", "start"} <= handed_on
    assert handed_on <= set(vars(ManagementSession))


@virtual_time
async def test_the_api_version_is_the_sessions():
    """Another default version is for all calls that need no later one."""
    session, transport = session_with(reply(200), api_version="2013-08-01")
    async with session:
        await session.send(READ)
    assert transport.requests[0].headers["x-ms-version"] == "2013-08-01"


# ---------------------------------------------------------------- handles


@pytest.mark.parametrize("status", [200, 201])
@virtual_time
async def test_a_synchronous_answer_gives_a_handle_that_is_done(status):
    """Whatever the service answers, the caller gets a handle; this one needs no polling."""
    session, transport = session_with(reply(status))
    async with session:
        handle = await session.start(CREATION)
        assert (handle.done, handle.status, handle.request_id) == (True, "Succeeded", REQUEST_ID)
        assert (await handle).http_status_code == status
        assert session.pending == 0
    assert len(transport.requests) == 1


@virtual_time
async def test_an_accepted_change_is_followed_to_its_end():
    """A 202 is not a success yet: awaiting the handle asks until there is one."""
    session, transport = session_with(reply(202), operation(), operation(), operation("Succeeded"))
    async with session:
        handle = await session.start(CREATION)
        assert not handle.done
        assert handle.operation == "CreateHostedService"
        assert handle.resource == "POST /services/hostedservices"
        assert (await handle).status == "Succeeded"
    assert {request.url.rpartition("/")[2] for request in transport.requests[1:]} == {REQUEST_ID}


@virtual_time
async def test_a_failed_operation_is_also_the_error_of_its_code():
    """``except Conflict`` works the same for what is refused at once and for what fails later."""
    failure = operation("Failed", error=(409, "ConflictError", "the name is already taken"))
    session, _ = session_with(reply(202), failure)
    async with session:
        handle = await session.start(CREATION)
        with pytest.raises(errors.AlreadyExists) as caught:
            await handle
    assert isinstance(caught.value, OperationFailed)
    assert caught.value.handle is handle


@virtual_time
async def test_an_accepted_change_must_have_a_request_id():
    """Without one its outcome cannot be found out, so that is an error now and not later."""
    session, _ = session_with(HttpResponse(202))
    async with session:
        with pytest.raises(UnexpectedPayload, match="without x-ms-request-id") as caught:
            await session.start(CREATION)
    assert caught.value.resource == "POST /services/hostedservices"


@pytest.mark.parametrize(
    "text", [REQUEST_ID, REQUEST_ID.upper(), f"  {REQUEST_ID} ", "01234567-89ab-cdef-0123-456789abcdef"]
)
@virtual_time
async def test_a_request_id_resumes_a_wait(text):
    """An id from a log, in either form, is enough to go on waiting."""
    session, transport = session_with(operation("Succeeded"))
    async with session:
        handle = session.resume(text)
        assert isinstance(await handle, Operation)
    assert transport.requests[0].url.endswith(f"/operations/{REQUEST_ID}")


@virtual_time
async def test_the_service_may_write_the_id_in_its_answer_otherwise():
    """With dashes and in capitals it is the same operation."""
    session, _ = session_with(reply(202), operation("Succeeded", "01234567-89AB-CDEF-0123-456789ABCDEF"))
    async with session:
        assert (await (await session.start(CREATION))).status == "Succeeded"


@virtual_time
async def test_a_token_resumes_a_wait_in_another_session():
    """The token carries what the handle knew, and its age."""
    first, _ = session_with(reply(202))
    handle = await first.start(CREATION)
    await first.close()
    second, _ = session_with(operation("Succeeded"))
    async with second:
        again = second.resume(handle.token)
        assert (again.operation, again.resource) == (handle.operation, handle.resource)
        assert again.submitted == handle.submitted
        assert (await again).status == "Succeeded"


@virtual_time
async def test_a_token_names_its_subscription_in_any_case():
    """A GUID is the same in capitals."""
    subscription = "abcdef00-0000-0000-0000-000000000001"
    transport = ScriptedTransport([operation("Succeeded")])
    async with ManagementSession(subscription, transport=transport) as session:
        await session.resume(tampered(subscription_id=subscription.upper()))


@virtual_time
async def test_who_wants_the_reply_only_is_not_reminded_of_the_operation():
    """`send` gives no handle, so that there is none that could have been awaited."""
    session, _ = session_with(reply(202))
    async with session:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert (await session.send(CREATION)).status == 202
            gc.collect()
    assert [one for one in caught if one.category is ResourceWarning] == []


def test_a_handle_that_outlives_its_event_loop_and_session_may_be_dropped():
    """Nobody can wait for it any more."""
    session, _ = session_with(lambda _: reply(202))

    async def start():
        return await session.start(CREATION)

    handle = asyncio.run(start())
    asyncio.run(session.close())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del handle
        gc.collect()
    assert [one for one in caught if one.category is ResourceWarning] == []


@virtual_time
async def test_resuming_what_is_watched_gives_the_same_handle():
    """Two waits for one operation cost one question."""
    session, _ = session_with(reply(202), operation("Succeeded"))
    async with session:
        handle = await session.start(CREATION)
        assert session.resume(REQUEST_ID) is handle
        assert session.resume(handle.token) is handle
        await handle


def tampered(**changes):
    token = {
        "v": 1,
        "request_id": REQUEST_ID,
        "subscription_id": SUBSCRIPTION,
        "operation": "CreateDeployment",
        "resource": "POST /x",
        "submitted": "2015-06-22T00:00:00+00:00",
    }
    return json.dumps({name: value for name, value in (token | changes).items() if value is not None})


@pytest.mark.parametrize(
    "token",
    [
        "",
        "  ",
        "-",
        "{",
        "{}",
        tampered(subscription_id=OTHER_SUBSCRIPTION),
        tampered(v=3),
        tampered(v=None),
        tampered(request_id=None),
        tampered(request_id=7),
        tampered(v=2, usual="soon"),
        tampered(v=2, usual=True),
        tampered(submitted="yesterday"),
        tampered(submitted="2015-06-22T00:00:00"),
        tampered(more="than is known"),
    ],
)
@virtual_time
async def test_a_token_that_is_none_or_of_another_subscription_is_refused(token):
    """Waiting for the wrong operation is worse than an error."""
    session, _ = session_with()
    async with session:
        with pytest.raises(InvalidArgument, match="token"):
            session.resume(token)


@virtual_time
async def test_a_good_token_is_one():
    """The tokens above are refused for what was changed in them."""
    session, _ = session_with(operation("Succeeded"), operation("Succeeded"))
    async with session:
        await session.resume(tampered())
        await session.resume(tampered(v=2, usual=38))


@virtual_time
async def test_a_resumed_operation_is_expected_to_take_as_long_as_its_token_says():
    """The seconds an operation was declared with travel in the request, the handle and the token."""
    session, _ = session_with(reply(202))
    async with session:
        handle = await session.start(replace(CREATION, usual=38.5))
        handle.detach()
        token = handle.token
        assert handle.usual == 38.5
    other, _ = session_with()
    async with other:
        resumed = other.resume(token)
        resumed.detach()
        assert resumed.usual == 38.5


# ---------------------------------------------------------------- the throttle


@virtual_time
async def test_connections_are_bounded():
    """However many calls there are, no more are under way at once than connections may be open."""
    under_way = most = 0

    async def answer(request):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(1)
        under_way -= 1
        return reply(200)

    session = ManagementSession(SUBSCRIPTION, transport=ScriptedTransport(answer))
    async with session:
        await asyncio.gather(*(session.send(READ) for _ in range(200)))
    assert 20 < most <= config.MAX_CONNECTIONS


@virtual_time
async def test_a_throttled_call_is_tried_until_patience_ends():
    """`TooManyRequests` is no attempt: the call goes on for as long as it was told to, and then says why."""
    busy = ScriptedTransport(lambda request: refusal(503, "TooManyRequests"))
    policy = ThrottlePolicy(patience=100)
    async with ManagementSession(SUBSCRIPTION, transport=busy, throttle=policy) as session:
        with pytest.raises(Throttled):
            await session.send(READ)
        assert session.statistics.throttled == len(busy.requests)
    assert 100 <= busy.times[-1] - busy.times[0] <= 120
    assert len(busy.requests) > session.retry.attempts


@virtual_time
async def test_a_service_that_is_away_refuses_nothing():
    """Statistics count refusals with `TooManyRequests`, and not connections that could not be made."""
    session, _ = session_with(ConnectionFailed("refused"), refusal(503, "TooManyRequests"), reply(200))
    async with session:
        await session.send(READ)
        assert session.statistics.throttled == 1


@virtual_time
async def test_whoever_waits_for_a_turn_is_counted():
    """Calls, and questions about operations."""
    session, _ = session_with(throttle=ThrottlePolicy(calls=2, seconds=60))
    async with session:
        throttle = session._open().throttle
        for kind in Kind:
            await throttle.enter(kind)
        waiting = [asyncio.create_task(throttle.enter(kind)) for kind in (*Kind, Kind.POLL)]
        await asyncio.sleep(0)
        assert session.statistics.waiting_for_turn == 3
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


@virtual_time
async def test_a_hook_may_be_taken_back_twice():
    """Whoever cleans up need not know whether that was done; other hooks stay."""
    session, _ = session_with(reply(200))
    asked = []

    async def hook(request):
        asked.append(request)

    unhook = session.events.before_send(hook)
    session.events.before_send(hook)
    unsubscribe = session.events.subscribe(asked.append)
    for undo in (unhook, unhook, unsubscribe, unsubscribe):
        undo()
    async with session:
        await session.send(READ)
    assert len(asked) == 1


@virtual_time
async def test_patience_counts_from_the_first_refusal():
    """Time a call waits for its turn before the service has seen it does not count."""
    replies = iter([reply(200)] * 2 + [refusal(503, "TooManyRequests"), reply(200)])
    policy = ThrottlePolicy(calls=3, seconds=300, patience=100)
    transport = ScriptedTransport(lambda request: next(replies))
    async with ManagementSession(SUBSCRIPTION, transport=transport, throttle=policy) as session:
        answers = await asyncio.gather(*(session.send(READ) for _ in range(3)))
    assert [answer.status for answer in answers] == [200] * 3


@virtual_time
async def test_an_unreadable_status_is_asked_for_again():
    """One broken answer does not end the wait for an operation that goes on."""
    session, transport = session_with(reply(202), reply(200, b"Gateway status: OK"), operation("Succeeded"))
    async with session:
        assert (await (await session.start(CREATION))).status == "Succeeded"
    assert len(transport.requests) == 3
