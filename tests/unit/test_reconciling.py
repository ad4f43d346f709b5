"""Changes whose reply is lost: looked for, adopted, sent again, or reported; never doubled."""

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from doubles.certificates import management_certificate
from doubles.requests import delete, post
from doubles.scripted import NAMESPACE, REQUEST_ID, SUBSCRIPTION, ScriptedTransport, operation, refusal, reply
from doubles.virtual_time import virtual_time

from asyncsm import (
    AlreadyExists,
    AttemptTimeout,
    ClientStateError,
    Conflict,
    ConnectionLost,
    InternalError,
    ManagementSession,
    OutcomeUnknown,
    ResourceNotFound,
    ServiceManagementService,
    config,
)
from asyncsm.engine.budget import Kind
from asyncsm.engine.operation_list import OperationList, Page
from asyncsm.engine.protocol import Reconcile, get
from asyncsm.engine.shared_list import SharedList
from asyncsm.models import Locations
from asyncsm.operations.subscriptions import operations_between

OTHER_ID = "f" * 32
SHOP = "services/hostedservices/shop"
CREATION = post(
    "services",
    "hostedservices",
    operation="CreateHostedService",
    body=b"<Create/>",
    creates=("services", "hostedservices", "shop"),
)
REMOVAL = delete("services", "hostedservices", "shop", operation="DeleteHostedService")
ACTION = post("services", "hostedservices", "shop", operation="SwapDeployment", body=b"<Swap/>")
LOST = [
    pytest.param(ConnectionLost("reset by peer"), id="reset"),
    pytest.param(AttemptTimeout("65 s"), id="timed out"),
    pytest.param(refusal(500, "OperationTimedOut"), id="OperationTimedOut"),
    pytest.param(refusal(500, "InternalError"), id="InternalError"),
]


def listed(*entries):
    """A reply of List Subscription Operations: name, path below the subscription, id, and when it began."""
    items = "".join(
        f"<SubscriptionOperation><OperationId>{request_id}</OperationId>"
        f"<OperationObjectId>/{SUBSCRIPTION}/{path}</OperationObjectId><OperationName>{name}</OperationName>"
        f"<OperationStatus><ID>{request_id}</ID><Status>InProgress</Status></OperationStatus>"
        f"<OperationStartedTime>{began}</OperationStartedTime></SubscriptionOperation>"
        for name, path, request_id, began in entries
    )
    return reply(
        200,
        f'<SubscriptionOperationCollection xmlns="{NAMESPACE}"><SubscriptionOperations>{items}'
        "</SubscriptionOperations></SubscriptionOperationCollection>",
        date="Wed, 01 Jul 2015 10:00:00 GMT",
    )


def listed_for(thumbprint, *entries):
    """The same, where a certificate made all of them."""
    caller = f"<OperationCaller><SubscriptionCertificateThumbprint>{thumbprint}</SubscriptionCertificateThumbprint></OperationCaller>"
    answer = listed(*entries)
    return replace(
        answer, body=answer.body.replace(b"<OperationStatus>", f"{caller}<OperationStatus>".encode())
    )


def entry(name, path=SHOP, request_id=OTHER_ID, began="2015-07-01T10:00:00Z"):
    return name, path, request_id, began


class Service:
    """Answers changes from a script, and looks at the list and the resource from what is set here."""

    def __init__(self, *changes, history=(), there=None):
        self.changes = list(changes)
        self.history = history
        self.there = there
        self.transport = ScriptedTransport(self._answer)
        self.sent = 0
        self.looks = 0

    def _answer(self, request):
        path = re.sub(r"^https://[^/]+/[^/]+/|\?.*$", "", request.url)
        if request.method != "GET":
            self.sent += 1
            return self.changes.pop(0)
        if path == "operations":
            self.looks += 1
            return self.history if not isinstance(self.history, list | tuple) else listed(*self.history)
        if path.startswith("operations/"):
            return operation("Succeeded", path.removeprefix("operations/"))
        there = self.there if isinstance(self.there, str) else "<HostedService/>"
        return reply(200, there) if self.there else refusal(404, "ResourceNotFound")

    def session(self):
        return ManagementSession(SUBSCRIPTION, transport=self.transport)


@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize(
    ("request_", "name"),
    [(CREATION, "CreateHostedService"), (REMOVAL, "DeleteHostedService"), (ACTION, "SwapDeployment")],
    ids=["creation", "removal", "action"],
)
@virtual_time
async def test_a_change_that_is_listed_is_adopted(request_, name, lost):
    """Its handle has the request id the lost reply would have had, and it is not sent again."""
    service = Service(lost, history=[entry(name)])
    async with service.session() as session:
        handle = await session.start(request_)
        assert (await handle).status == "Succeeded"
        assert handle.request_id == OTHER_ID
        assert session.statistics.reconciled == {"adopted": 1}
    assert service.sent == 1


@pytest.mark.parametrize("lost", LOST)
@virtual_time
async def test_a_creation_that_did_not_happen_is_sent_again(lost):
    """Neither the list nor the resource shows it."""
    service = Service(lost, reply(201), there=False)
    async with service.session() as session:
        handle = await session.start(CREATION)
        assert handle.request_id == REQUEST_ID
        assert session.statistics.reconciled == {"sent again": 1}
    assert service.sent == 2


@virtual_time
async def test_a_removal_that_did_not_happen_is_sent_again():
    """What was to be removed is still there."""
    service = Service(ConnectionLost("reset"), reply(200), there=True)
    async with service.session() as session:
        await session.start(REMOVAL)
    assert service.sent == 2


@virtual_time
async def test_an_action_that_is_not_listed_is_not_sent_again():
    """Nothing but the list could tell, and it may be late."""
    service = Service(ConnectionLost("reset by peer"))
    async with service.session() as session:
        with pytest.raises(OutcomeUnknown, match=r"reset by peer.*look at the resource") as caught:
            await session.start(ACTION)
        assert session.statistics.reconciled == {"unknown": 1}
    assert caught.value.resource == "POST /services/hostedservices/shop"
    assert service.sent == 1


@virtual_time
async def test_an_action_is_sent_again_when_the_list_shows_what_came_later():
    """A list that has newer changes and not this one proves that this one did not happen."""
    later = entry("CreateHostedService", "services/hostedservices/other", began="2015-07-01T10:00:05Z")
    service = Service(ConnectionLost("reset by peer"), reply(202, request_id=REQUEST_ID), history=[later])
    async with service.session() as session:
        await (await session.start(ACTION))
    assert service.sent == 2


@virtual_time
async def test_an_action_that_lists_may_not_show_is_not_sent_again():
    """Where nobody knows whether such actions are listed, a list without it proves nothing; one with it does."""
    later = entry("CreateHostedService", "services/hostedservices/other", began="2015-07-01T10:00:05Z")
    unlisted = replace(ACTION, reconcile=Reconcile.UNLISTED)
    service = Service(ConnectionLost("reset by peer"), history=[later])
    async with service.session() as session:
        with pytest.raises(OutcomeUnknown):
            await session.start(unlisted)
    assert service.sent == 1
    service = Service(ConnectionLost("reset by peer"), history=[later, entry(ACTION.operation)])
    async with service.session() as session:
        handle = await session.start(unlisted)
        handle.detach()
    assert handle.request_id == OTHER_ID


@virtual_time
async def test_a_list_that_comes_late_is_waited_for():
    """The change is looked for several times before it counts as not happened."""
    service = Service(ConnectionLost("reset by peer"))
    answers = iter([listed(), listed(), listed(entry("SwapDeployment"))])
    service.transport = ScriptedTransport(
        lambda request: next(answers) if "/operations?" in request.url else service._answer(request)
    )
    async with service.session() as session:
        handle = await session.start(ACTION)
        await handle
        assert handle.request_id == OTHER_ID
    assert service.sent == 1


@pytest.mark.parametrize(
    "others",
    [
        entry("CreateHostedService", "services/hostedservices/other"),
        entry("DeleteHostedService"),
    ],
    ids=["another resource", "another kind of change"],
)
@virtual_time
async def test_what_others_did_is_not_adopted(others):
    """Only an entry that can be this change is taken for it."""
    service = Service(ConnectionLost("reset by peer"), reply(201), history=[others], there=False)
    async with service.session() as session:
        assert (await session.start(CREATION)).request_id == REQUEST_ID
    assert service.sent == 2


@pytest.mark.parametrize(
    ("began", "adopted"), [("2015-07-01T09:59:30Z", True), ("2015-07-01T09:30:00Z", False)]
)
@virtual_time
async def test_the_first_change_of_a_session(began, adopted):
    """The service's clock is learned from the list, whatever ours shows; older entries are of others."""
    service = Service(
        ConnectionLost("reset"), reply(201), history=[entry("CreateHostedService", began=began)], there=False
    )
    async with service.session() as session:
        handle = await session.start(CREATION)
        await handle
        assert (handle.request_id == OTHER_ID) is adopted
    assert service.sent == (1 if adopted else 2)


@pytest.mark.parametrize(
    ("began", "adopted"), [("2015-07-01T09:59:00Z", True), ("2015-07-01T09:58:59Z", False)]
)
@virtual_time
async def test_answers_overtake_each_other(began, adopted):
    """A change may have begun a minute before the service's time that was last seen, and no earlier."""
    service = Service(
        ConnectionLost("reset"), reply(201), history=[entry("CreateHostedService", began=began)], there=False
    )
    async with service.session() as session:
        await session.send(get("operations"))
        await (await session.start(CREATION))
    assert service.sent == (1 if adopted else 2)


@virtual_time
async def test_of_many_operations_of_earlier_calls_the_latest_are_known(monkeypatch):
    """What is forgotten, once there are very many, are the oldest."""
    monkeypatch.setattr("asyncsm.engine.lost_replies.REMEMBERED", 2)
    ids = [f"{number:032x}" for number in range(3)]
    history = [entry("SwapDeployment", request_id=each) for each in ids[1:]]
    service = Service(
        *(reply(202, request_id=each) for each in ids), ConnectionLost("reset"), history=history
    )
    async with service.session() as session:
        for _ in ids:
            await (await session.start(ACTION))
        with pytest.raises(OutcomeUnknown):
            await session.start(ACTION)


@virtual_time
async def test_lists_may_spell_names_otherwise():
    """The service shows a resource as it was first called, and a request may name it in any case."""
    service = Service(
        ConnectionLost("reset"), history=[entry("SwapDeployment", "services/HostedServices/Shop")]
    )
    async with service.session() as session:
        assert (await (await session.start(ACTION))).id == OTHER_ID


@virtual_time
async def test_a_list_ends_in_the_services_future():
    """Its clock may be far ahead of ours; what began a moment ago must not be missing."""
    answer = replace(listed(), headers={"date": "Wed, 02 Jan 2080 10:00:00 GMT"})
    transport = ScriptedTransport(lambda _: answer)
    async with ManagementSession(SUBSCRIPTION, transport=transport) as session:
        await session.send(get("operations"))
        history = OperationList(session._open().sender, 1)
        assert [page async for page in history.pages(datetime(2015, 7, 1, tzinfo=UTC), Kind.POLL)]
    assert "EndTime=2080-01-03T10%3A00%3A00Z" in transport.requests[-1].url


@virtual_time
async def test_a_change_that_is_listed_as_done_is_not_asked_for():
    """The list has said all there is."""
    shown = listed(entry("CreateHostedService"))
    done = b"<Status>Succeeded</Status><HttpStatusCode>200</HttpStatusCode>"
    history = replace(shown, body=shown.body.replace(b"<Status>InProgress</Status>", done))
    service = Service(ConnectionLost("reset"), history=history)
    async with service.session() as session:
        handle = await session.start(CREATION)
        assert (handle.done, handle.request_id) == (True, OTHER_ID)
        await handle
    assert [request.method for request in service.transport.requests] == ["POST", "GET"]


@virtual_time
async def test_what_is_harmless_to_repeat_is_sent_in_doubt_too():
    """It need not be looked for."""
    service = Service(reply(200))
    async with service.session() as session:
        with session.in_doubt(datetime(2015, 7, 1, tzinfo=UTC)):
            await session.start(replace(ACTION, reconcile=Reconcile.REPEAT))
    assert (service.sent, service.looks) == (1, 0)


@virtual_time
async def test_what_happened_while_the_session_was_idle_is_not_adopted():
    """Time passes between the last answer, which showed the service's clock, and the change."""
    meanwhile = entry("SwapDeployment", began="2015-07-01T10:30:00Z")
    service = Service(ConnectionLost("reset"), history=[meanwhile])
    async with service.session() as session:
        await session.send(get("operations"))
        await asyncio.sleep(3600)
        with pytest.raises(OutcomeUnknown):
            await session.start(ACTION)


@virtual_time
async def test_another_action_on_the_same_object_is_not_adopted():
    """Two names the service is known to tell apart are two changes."""
    service = Service(ConnectionLost("reset"), history=[entry("UpdateHostedService")])
    async with service.session() as session:
        with pytest.raises(OutcomeUnknown):
            await session.start(ACTION)


@pytest.mark.parametrize(
    ("listed_as", "adopted"),
    [("CreateReservedIP", True), ("DeployReservedIP", False), ("DeleteReservedIP", False)],
)
@virtual_time
async def test_a_change_whose_listed_name_was_seen_is_adopted_under_that_name_only(listed_as, adopted):
    """Any other entry is another operation; sent again, the service refuses a second of the name."""
    path = ("services", "networking", "reservedips", "door")
    creation = replace(post(*path[:-1], operation="CreateReservedIP", creates=path), listed=True)
    service = Service(ConnectionLost("reset"), reply(202), history=[entry(listed_as, "/".join(path))])
    async with service.session() as session:
        handle = await session.start(creation)
        assert (handle.request_id == OTHER_ID) is adopted
        await handle
    assert service.sent == (1 if adopted else 2)


@virtual_time
async def test_a_change_whose_listed_name_is_not_known_is_adopted_under_any_of_its_sort():
    """What is created is found by its path; how the service spells its creation is not certain."""
    path = ("services", "networking", "reservedips", "door")
    creation = post(*path[:-1], operation="CreateReservedIP", creates=path)
    for listed_as, sent in (("DeployReservedIP", 1), ("DeleteReservedIP", 2)):
        service = Service(ConnectionLost("reset"), reply(202), history=[entry(listed_as, "/".join(path))])
        async with service.session() as session:
            await (await session.start(creation))
        assert service.sent == sent


@virtual_time
async def test_an_operation_of_an_earlier_call_is_not_adopted():
    """The same change was made before, with a reply; the second one is another."""
    service = Service(
        reply(202, request_id=OTHER_ID), ConnectionLost("reset"), history=[entry("SwapDeployment")]
    )
    async with service.session() as session:
        await (await session.start(ACTION))
        with pytest.raises(OutcomeUnknown):
            await session.start(ACTION)


@pytest.mark.parametrize("with_token", [True, False])
@virtual_time
async def test_an_operation_that_was_resumed_is_not_adopted(with_token):
    """A process that was started anew knows by its token what an earlier call has begun."""
    service = Service(
        ConnectionLost("reset"), history=[entry("SwapDeployment", began="2015-07-01T10:00:00Z")]
    )
    async with service.session() as earlier:
        known = earlier.resume(OTHER_ID)
        known.detach()
    async with service.session() as session:
        handle = session.resume(known.token if with_token else OTHER_ID)
        with pytest.raises(OutcomeUnknown):
            await session.start(ACTION)
        await handle


@virtual_time
async def test_a_refusal_after_a_lost_reply_is_looked_into():
    """The name is taken because the first one arrived after all: it is adopted."""
    service = Service(
        ConnectionLost("reset"), refusal(409, "ConflictError", "The name is already taken."), there=False
    )
    answers = iter([listed()] * 4 + [listed(entry("CreateHostedService"))])
    service.transport = ScriptedTransport(
        lambda request: next(answers) if "/operations?" in request.url else service._answer(request)
    )
    async with service.session() as session:
        handle = await session.start(CREATION)
        await handle
        assert handle.request_id == OTHER_ID


@pytest.mark.parametrize("named", ["", f" with x-ms-requestid {OTHER_ID}"], ids=["nameless", "named"])
@virtual_time
async def test_a_lost_reply_is_remembered_while_others_are_waited_for(named):
    """Sent again, it meets an operation in the way, perhaps its own; after that its name is taken, by itself."""
    text = f"Windows Azure is currently performing an operation{named} on this hosted service"
    in_the_way = refusal(409, "ConflictError", f"{text} that requires exclusive access.")
    taken = refusal(409, "ConflictError", "The name is already taken.")
    service = Service(ConnectionLost("reset"), in_the_way, taken, there=False)
    answers = iter([listed()] * 5 + [listed(entry("CreateHostedService"))])
    service.transport = ScriptedTransport(
        lambda request: next(answers) if "/operations?" in request.url else service._answer(request)
    )
    async with service.session() as session:
        handle = await session.start(CREATION)
        await handle
        assert handle.request_id == OTHER_ID
    assert service.sent == 3


@virtual_time
async def test_what_was_in_the_way_before_is_not_adopted():
    """An operation that held a change up before any reply was lost cannot be that change."""
    action = post("services", "hostedservices", "shop", operation="SomethingNew", body=b"<New/>")
    text = "Windows Azure is currently performing an operation with x-ms-requestid {} on this deployment"
    in_the_way = refusal(409, "ConflictError", text.format(OTHER_ID) + " that requires exclusive access.")
    service = Service(
        *(in_the_way, ConnectionLost("reset")), history=[entry("SomethingNew", request_id=OTHER_ID)]
    )
    async with service.session() as session:
        with pytest.raises(OutcomeUnknown):
            await session.start(action)


@virtual_time
async def test_what_was_in_the_way_of_another_before_is_not_adopted():
    """An operation that held up another call before a change was begun cannot be that change."""
    first, action = (
        post("services", "hostedservices", "shop", operation="SomethingNew", body=body)
        for body in (b"<First/>", b"<New/>")
    )
    text = "Windows Azure is currently performing an operation with x-ms-requestid {} on this deployment"
    in_the_way = refusal(409, "ConflictError", text.format(OTHER_ID) + " that requires exclusive access.")
    service = Service(
        *(in_the_way, reply(202, request_id=REQUEST_ID), ConnectionLost("reset")),
        history=[entry("SomethingNew", request_id=OTHER_ID)],
    )
    async with service.session() as session:
        (await session.start(first)).detach()
        with pytest.raises(OutcomeUnknown):
            await session.start(action)


@virtual_time
async def test_a_name_that_was_taken_before_is_reported_as_such():
    """After a lost reply the refusal stands, with a note that there was one."""
    taken = refusal(409, "ConflictError", "The name is already taken.")
    service = Service(ConnectionLost("reset"), taken, there=True)
    async with service.session() as session:
        with pytest.raises(AlreadyExists) as caught:
            await session.start(CREATION)
    assert "an earlier attempt was lost" in caught.value.__notes__[0]


@virtual_time
async def test_a_removal_of_what_never_was_is_reported_as_such():
    """It is neither there nor listed, so the service is asked, and says so."""
    service = Service(ConnectionLost("reset"), refusal(404, "ResourceNotFound"), there=False)
    async with service.session() as session:
        with pytest.raises(ResourceNotFound):
            await session.start(REMOVAL)


@pytest.mark.parametrize(
    ("request_", "there"), [(CREATION, True), (REMOVAL, False)], ids=["creation", "removal"]
)
@virtual_time
async def test_without_a_list_a_resource_as_wished_does_not_tell_who_did_it(request_, there):
    """The service refuses to list operations: who made or removed it cannot be known."""
    service = Service(ConnectionLost("reset"), history=refusal(403, "ForbiddenError"), there=there)
    async with service.session() as session:
        with pytest.raises(OutcomeUnknown):
            await session.start(request_)
    assert service.sent == 1


@virtual_time
async def test_without_a_list_a_resource_that_is_not_there_was_not_created():
    """The resource itself is enough to know that."""
    service = Service(
        ConnectionLost("reset"), reply(201), history=refusal(403, "ForbiddenError"), there=False
    )
    async with service.session() as session:
        await session.start(CREATION)
    assert service.sent == 2


@virtual_time
async def test_a_change_that_always_fails_is_given_up():
    """The error is the service's, and says that nothing has happened."""
    service = Service(*[refusal(500, "InternalError")] * 5, there=False)
    async with service.session() as session:
        with pytest.raises(InternalError) as caught:
            await session.start(CREATION)
    assert service.sent == session.retry.attempts == 5
    assert "did not happen" in caught.value.__notes__[0]


@virtual_time
async def test_a_change_of_the_whole_collection_is_not_taken_for_a_creation():
    """Creations have the collection's path in common, so that does not tell them apart."""
    others = entry("UpdateDeployment", "services/hostedservices")
    service = Service(ConnectionLost("reset"), reply(201), history=[others], there=False)
    async with service.session() as session:
        assert (await session.start(CREATION)).request_id == REQUEST_ID
    assert service.sent == 2


@virtual_time
async def test_another_action_on_the_same_thing_is_not_adopted():
    """A restart and somebody's update have the machine's path in common; the names differ."""
    path = "services/hostedservices/shop/deployments/d/roleinstances/r/Operations"
    restart = post(*path.split("/"), operation="RestartRoleOperation", body=b"<Restart/>")
    service = Service(ConnectionLost("reset"), history=[entry("UpdateDeployment", path)])
    async with service.session() as session:
        with pytest.raises(OutcomeUnknown):
            await session.start(restart)


@virtual_time
async def test_a_restart_is_adopted_under_the_name_the_service_gives_it():
    """The list has one name for all that is done to a machine."""
    path = "services/hostedservices/shop/deployments/d/roleinstances/r/Operations"
    restart = post(*path.split("/"), operation="RestartRoleOperation", body=b"<Restart/>")
    service = Service(ConnectionLost("reset"), history=[entry("ExecuteRoleOperation", path)])
    async with service.session() as session:
        handle = await session.start(restart)
        await handle
        assert handle.request_id == OTHER_ID


@pytest.mark.parametrize("lost", [False, True])
@virtual_time
async def test_a_change_that_answers_a_document_reads_it_if_the_reply_was_lost(lost):
    """The reply is the document; once it is lost and the change is adopted, another read gives it."""
    document = f'<Locations xmlns="{NAMESPACE}"/>'
    service = Service(
        ConnectionLost("reset") if lost else reply(200, document),
        history=[entry("SwapDeployment")],
        there=document,
    )
    async with service.session() as session:
        read = get("services", "hostedservices", "shop")
        assert await session.change(Locations, ACTION, otherwise=read) == Locations()
    last = service.transport.requests[-1]
    assert (last.method, last.url.endswith("/shop")) == ("GET" if lost else "POST", True)
    assert service.sent == 1


@virtual_time
async def test_a_change_that_happened_is_not_told_as_not_made_when_its_document_cannot_be_read():
    """A refusal of the other read would say that nothing has changed."""
    service = Service(ConnectionLost("reset"), history=[entry("SwapDeployment")], there=False)
    async with service.session() as session:
        with pytest.raises(OutcomeUnknown, match="happened") as told:
            await session.change(Locations, ACTION, otherwise=get("services", "hostedservices", "shop"))
    assert told.value.request_id == OTHER_ID


@pytest.mark.parametrize(
    ("caller", "adopted"), [("ours", True), ("OURS", True), ("theirs", False), ("", True)]
)
@virtual_time
async def test_what_another_certificate_did_is_not_adopted(caller, adopted):
    """Two who create the same at once must not both believe that it was they; a list may not say who."""
    ours = management_certificate()
    thumbprint = {
        "ours": ours.thumbprint.lower(),
        "OURS": ours.thumbprint.upper(),
        "theirs": "AB" * 20,
        "": "",
    }
    history = listed_for(thumbprint[caller], entry("CreateHostedService"))
    taken = refusal(409, "ConflictError", "The name is already taken.")
    service = Service(ConnectionLost("reset"), taken, history=history, there=False)
    session = service.session()
    session.certificate = ours
    async with session:
        if adopted:
            assert (await (await session.start(CREATION))).id == OTHER_ID
        else:
            with pytest.raises(AlreadyExists, match="the service does not list it"):
                await session.start(CREATION)
    assert service.sent == (1 if adopted else 2)


@virtual_time
async def test_a_404_after_a_lost_removal_is_looked_into():
    """There is nothing to remove, because the first removal arrived after all: it is adopted."""
    service = Service(ConnectionLost("reset"), refusal(404, "ResourceNotFound"), there=True)
    answers = iter([listed()] * 4 + [listed(entry("DeleteHostedService"))])
    service.transport = ScriptedTransport(
        lambda request: next(answers) if "/operations?" in request.url else service._answer(request)
    )
    async with service.session() as session:
        handle = await session.start(REMOVAL)
        await handle
        assert handle.request_id == OTHER_ID
    assert service.sent == 2


@virtual_time
async def test_a_session_closed_under_a_change_says_at_once_that_the_outcome_is_unknown():
    """A closed session cannot look; the caller need not wait for looks that cannot be made."""
    begun = asyncio.get_running_loop().time()

    async def never(_):
        while not transport.closed:
            await asyncio.sleep(0.1)
        return ConnectionLost("the session was closed")

    transport = ScriptedTransport(never)
    session = ManagementSession(SUBSCRIPTION, transport=transport)
    change = asyncio.create_task(session.start(CREATION))
    await asyncio.sleep(1)
    await session.close()
    with pytest.raises(OutcomeUnknown, match="the session was closed"):
        await change
    assert asyncio.get_running_loop().time() - begun < 1.5
    assert len(transport.requests) == 1


@virtual_time
async def test_a_list_whose_pages_repeat_has_an_end():
    """A token that comes again would be followed for ever."""
    page = listed(entry("SomethingElse", "services/disks/other"))
    token = b"<ContinuationToken>again</ContinuationToken></SubscriptionOperationCollection>"
    page = replace(page, body=page.body.replace(b"</SubscriptionOperationCollection>", token))
    service = Service(ConnectionLost("reset"), reply(201), history=page, there=False)
    async with service.session() as session:
        await session.start(CREATION)
    assert service.sent == 2
    assert service.looks == 8


@virtual_time
async def test_a_list_whose_tokens_go_round_has_an_end():
    """Two tokens in turn are no more pages either."""

    def page(request):
        token = "B" if "ContinuationToken=A" in request.url else "A"
        return replace(
            listed(entry("SomethingElse", "services/disks/other")),
            body=listed().body.replace(
                b"</SubscriptionOperationCollection>",
                f"<ContinuationToken>{token}</ContinuationToken></SubscriptionOperationCollection>".encode(),
            ),
        )

    transport = ScriptedTransport(page)
    async with ServiceManagementService(session=ManagementSession(SUBSCRIPTION, transport=transport)) as sms:
        begin = datetime(2015, 7, 1, tzinfo=UTC)
        assert await operations_between(sms, begin, begin, None) == []
        assert len(transport.requests) == 3
        history = OperationList(sms.session._open().sender, 1)
        assert len([page async for page in history.pages(begin, Kind.CALL)]) == 3


@pytest.mark.parametrize(("there", "sent", "seconds"), [(False, 2, 1), (True, 2, 15)])
@virtual_time
async def test_a_list_that_shows_what_came_later_spares_further_looks(there, sent, seconds):
    """If it lacks a creation, and the resource is not there either, it did not happen."""
    later = entry("CreateHostedService", "services/hostedservices/other", began="2015-07-01T10:00:30Z")
    service = Service(ConnectionLost("reset"), reply(201), history=[later], there=there)
    async with service.session() as session:
        await session.send(get("operations"))
        await session.start(CREATION)
    assert service.sent == sent
    assert asyncio.get_running_loop().time() == pytest.approx(seconds)


# ---------------------------------------------------------------- clocks


class FastService:
    """A service whose clock is `factor` times as fast as ours; the reply to its first change is lost.

    Attributes:
        began: by its clock, when the change that it lists began.
    """

    def __init__(self, factor, *, lost_after, began=None):
        self.factor = factor
        self.lost_after = lost_after
        self.began = began
        self.sent = 0

    def at(self, moment):
        return datetime(2015, 7, 1, 10, tzinfo=UTC) + timedelta(seconds=int(moment * self.factor))

    async def send(self, request):
        now = asyncio.get_running_loop().time()
        if request.method == "POST":
            self.sent += 1
            if self.sent == 1:
                self.began = self.began or self.at(now)
                await asyncio.sleep(self.lost_after)
                raise AttemptTimeout("slow")
            return refusal(409, "ConflictError", "The name is taken.")
        if "/operations?" in request.url:
            answer = listed(entry("CreateHostedService", began=self.began.strftime("%Y-%m-%dT%H:%M:%SZ")))
        else:
            answer = operation("Succeeded", OTHER_ID)
        return replace(answer, headers={**answer.headers, "date": format_datetime(self.at(now), usegmt=True)})

    async def close(self):
        pass


@pytest.mark.parametrize("factor", [1, 10, 60, 600, 36_000])
@pytest.mark.parametrize("lost_after", [0.1, 5, 65])
@virtual_time
async def test_the_first_change_is_found_whatever_the_services_clock(factor, lost_after):
    """How long ago it was sent is counted in the service's time."""
    service = FastService(factor, lost_after=lost_after)
    async with ManagementSession(SUBSCRIPTION, transport=service) as session:
        handle = await session.start(CREATION)
        await handle
    assert handle.request_id == OTHER_ID
    assert service.sent == 1


@pytest.mark.parametrize("factor", [1, 60])
@virtual_time
async def test_what_was_long_before_the_first_change_is_not_adopted(factor):
    """An operation of another day is another, by a fast clock too."""
    service = FastService(factor, lost_after=5, began=datetime(2015, 6, 30, tzinfo=UTC))
    async with ManagementSession(SUBSCRIPTION, transport=service) as session:
        with pytest.raises((AlreadyExists, Conflict)):
            await session.start(CREATION)
    assert service.sent == 2


# ---------------------------------------------------------------- closing


@pytest.mark.parametrize("after", [0.5, 1.5, 4.0, 10.0, 14.9])
@virtual_time
async def test_closing_during_the_looks_ends_them_at_once(after):
    """Nothing can be looked at any more, in a pause or in the middle of a question."""

    async def answer(request):
        if request.method == "POST":
            return ConnectionLost("reset")
        await asyncio.sleep(0.9)
        return listed()

    session = ManagementSession(SUBSCRIPTION, transport=ScriptedTransport(answer))
    change = asyncio.create_task(session.start(CREATION))
    await asyncio.sleep(after)
    await session.close()
    with pytest.raises(OutcomeUnknown, match="reset"):
        await change
    assert asyncio.get_running_loop().time() <= after + 0.9


@virtual_time
async def test_closing_while_the_resource_is_read_leaves_the_outcome_unknown():
    """A resource that could not be read is not one that is absent."""

    async def answer(request):
        if request.method == "POST":
            return ConnectionLost("reset")
        if "/operations?" in request.url:
            return listed()
        await session.close()
        return ConnectionLost("closed")

    session = ManagementSession(SUBSCRIPTION, transport=ScriptedTransport(answer))
    with pytest.raises(OutcomeUnknown, match="reset"):
        await session.start(CREATION)


@virtual_time
async def test_closing_ends_the_wait_for_somebody_elses_operation():
    """A change that was refused is not tried again."""
    busy = refusal(409, "ConflictError", "The operation requires exclusive access.")
    session = ManagementSession(SUBSCRIPTION, transport=ScriptedTransport(lambda request: busy))
    change = asyncio.create_task(session.start(CREATION))
    await asyncio.sleep(1)
    await session.close()
    with pytest.raises(ClientStateError):
        await change
    assert asyncio.get_running_loop().time() == 1


def several(number):
    """Creations of services, each with a name of its own, and the entries of a list that shows all of them."""
    names = [f"shop{each}" for each in range(number)]
    creations = [replace(CREATION, target=f"services/hostedservices/{name}") for name in names]
    shown = [
        entry("CreateHostedService", f"services/hostedservices/{name}", f"{each:032x}")
        for each, name in enumerate(names)
    ]
    return creations, shown


@virtual_time
async def test_changes_that_are_lost_together_are_looked_for_in_one_list():
    """Each finds its own operation in it; a list is many pages long, and a fan-out loses hundreds."""
    creations, shown = several(20)
    service = Service(*[ConnectionLost("reset by peer")] * 20, history=shown)
    async with service.session() as session:
        handles = await asyncio.gather(*map(session.start, creations))
        assert [handle.request_id for handle in handles] == [each[2] for each in shown]
    assert (service.sent, service.looks) == (20, 1)


@virtual_time
async def test_what_is_lost_while_a_list_is_read_is_looked_for_in_the_next():
    """A list need not show what happened after the service was asked for it."""
    (first, second), shown = several(2)
    service = Service(*[ConnectionLost("reset by peer")] * 2, history=shown)
    answer = service._answer

    async def slow_list(request):
        answered = answer(request)
        if "operations?" in request.url:
            await asyncio.sleep(10)
            return replace(answered, seconds=10)
        return answered

    service.transport = ScriptedTransport(slow_list)
    async with service.session() as session:

        async def later():
            await asyncio.sleep(5)
            return await session.start(second)

        await asyncio.gather(session.start(first), later())
    assert (service.sent, service.looks) == (2, 2)


@virtual_time
async def test_a_list_is_read_by_another_if_the_one_who_reads_it_is_cancelled():
    """Nobody loses the answer because somebody else does not want it any more."""
    (first, second), shown = several(2)
    service = Service(*[ConnectionLost("reset by peer")] * 2, history=shown)
    answer = service._answer
    stuck = asyncio.Event()

    async def first_list_hangs(request):
        answered = answer(request)
        if service.looks == 1 and "operations?" in request.url:
            stuck.set()
            await asyncio.sleep(3600)
        return answered

    service.transport = ScriptedTransport(first_list_hangs)
    async with service.session() as session:
        reader = asyncio.create_task(session.start(first))
        other = asyncio.create_task(session.start(second))
        await stuck.wait()
        reader.cancel()
        assert (await other).request_id == shown[1][2]


@virtual_time
async def test_what_was_lost_is_looked_for_before_others_are_sent():
    """The look, and the change that is sent again, do not wait behind hundreds that were not tried yet."""
    creations, _ = several(150)
    replies = [ConnectionLost("reset by peer"), *[reply(201)] * 150]
    service = Service(*replies, there=False)
    answer = service._answer

    async def slow(request):
        await asyncio.sleep(1)
        return answer(request)

    service.transport = ScriptedTransport(slow)
    async with service.session() as session:
        await asyncio.gather(*map(session.start, creations))
    look = next(at for at, request in enumerate(service.transport.requests) if "operations?" in request.url)
    assert look <= 3 * config.MAX_CONNECTIONS


@virtual_time
async def test_a_restart_is_not_taken_for_a_start_whose_reply_was_lost():
    """A start is sent again without a look, so that one is listed that nobody knows; restarts have the same name."""
    machine = (*SHOP.split("/"), "deployments", "shop", "roleinstances", "web", "Operations")
    start = replace(post(*machine, operation="StartRole", body=b"<Start/>"), reconcile=Reconcile.REPEAT)
    restart = post(*machine, operation="RestartRole", body=b"<Restart/>")
    lost = ConnectionLost("reset by peer")
    service = Service(lost, reply(202), lost, history=[entry("ExecuteRoleOperation", "/".join(machine))])
    async with service.session() as session:
        await (await session.start(start))
        with pytest.raises(OutcomeUnknown):
            await session.start(restart)
    assert service.sent == 3


@pytest.mark.parametrize(("seconds", "adopted"), [(55, False), (65, True)])
@virtual_time
async def test_a_restart_is_told_from_a_start_that_was_long_before(seconds, adopted):
    """A start whose reply was lost more than a minute ago is not the one that the list shows now."""
    machine = (*SHOP.split("/"), "deployments", "shop", "roleinstances", "web", "Operations")
    start = replace(post(*machine, operation="StartRole", body=b"<Start/>"), reconcile=Reconcile.REPEAT)
    restart = post(*machine, operation="RestartRole", body=b"<Restart/>")
    lost = ConnectionLost("reset by peer")
    shown = entry("ExecuteRoleOperation", "/".join(machine), began="2015-07-01T10:01:00Z")
    service = Service(lost, reply(202), lost, history=[shown])
    async with service.session() as session:
        await session.send(get("operations"))
        (await session.start(start)).detach()
        await asyncio.sleep(seconds - asyncio.get_running_loop().time())
        if adopted:
            assert (await (await session.start(restart))).id == OTHER_ID
        else:
            with pytest.raises(OutcomeUnknown):
                await session.start(restart)


@virtual_time
async def test_of_many_starts_whose_reply_was_lost_the_latest_are_known(monkeypatch):
    """What is forgotten is the machine whose last start was before that of all others."""
    monkeypatch.setattr("asyncsm.engine.sending.UNTOLD", 2)
    machines = {
        name: (*SHOP.split("/"), "deployments", "shop", "roleinstances", name, "Operations") for name in "abc"
    }
    lost = ConnectionLost("reset by peer")
    history = [entry("ExecuteRoleOperation", "/".join(path)) for path in machines.values()]
    service = Service(*[lost, reply(200)] * 4, *[lost] * 2, history=history)
    async with service.session() as session:
        for name in "abac":
            start = post(*machines[name], operation="StartRole", reconcile=Reconcile.REPEAT)
            await session.start(start)
        for name in "ac":
            with pytest.raises(OutcomeUnknown):
                await session.start(post(*machines[name], operation="RestartRole"))


class PagesThatWait:
    """Lists operations, each list ten seconds after it was asked for; remembers how far back they went."""

    def __init__(self):
        self.read = []

    async def pages(self, since, kind):
        self.read.append(since.minute)
        await asyncio.sleep(10)
        yield Page([], 0.0)


@virtual_time
async def test_a_list_that_does_not_go_back_far_enough_is_read_again():
    """Somebody may ask for what began earlier while the list waits for its turn; all others share the second."""
    pages = PagesThatWait()
    lists = SharedList(pages, str.lower)

    async def asked(after, minute):
        await asyncio.sleep(after)
        moment = datetime(2015, 7, 1, 10, minute, tzinfo=UTC)
        assert (await lists.since(moment)).since <= moment

    await asyncio.gather(asked(0, 5), asked(1, 3), asked(2, 0), asked(3, 4))
    assert pages.read == [5, 0]


@virtual_time
async def test_a_list_that_cannot_be_read_is_an_error_of_ones_own_for_each_who_asked():
    """What is added to the one, its traceback too, is not in the other's."""

    class NoPages:
        async def pages(self, since, kind):
            await asyncio.sleep(1)
            raise InternalError("InternalError", "no list", status=500)
            yield

    lists = SharedList(NoPages(), str.lower)
    moment = datetime(2015, 7, 1, 10, tzinfo=UTC)
    first, second = await asyncio.gather(*map(lists.since, [moment] * 2), return_exceptions=True)
    assert [str(first), type(second)] == [str(second), InternalError]
    assert first is not second
    assert first.__cause__ is second.__cause__


@virtual_time
async def test_a_second_that_begins_between_two_answers_makes_no_fast_clock():
    """Dates are whole seconds: two that differ may be those of one moment."""
    dates = iter(["Wed, 01 Jul 2015 10:00:00 GMT", "Wed, 01 Jul 2015 10:00:01 GMT"])
    transport = ScriptedTransport(lambda _: reply(200, date=next(dates)))
    async with ManagementSession(SUBSCRIPTION, transport=transport) as session:
        await session.send(get("locations"))
        await asyncio.sleep(0.1)
        await session.send(get("locations"))
        assert session._open().sender.clock_rate == 1


@pytest.mark.parametrize(
    "places",
    [("deploymentslots/production", "deployments/d"), ("deployments/d", "deploymentslots/production")],
)
@virtual_time
async def test_the_newest_of_several_that_can_be_the_change_is_adopted(places):
    """Lists show an object by its own path or by that of the request: the last entry counts, whichever it has."""
    creation = post(
        *SHOP.split("/"),
        "deploymentslots",
        "production",
        operation="CreateDeployment",
        body=b"<Create/>",
        creates=(*SHOP.split("/"), "deployments", "d"),
    )
    shown = [
        entry("CreateDeployment", f"{SHOP}/{place}", f"{each:032x}") for each, place in enumerate(places)
    ]
    service = Service(ConnectionLost("reset by peer"), history=shown)
    async with service.session() as session:
        handle = await session.start(creation)
        await handle
        assert handle.request_id == shown[-1][2]


@pytest.mark.parametrize("name", ["web", "WEB"])
@virtual_time
async def test_names_of_machines_are_the_same_in_any_case(name):
    """The restart may spell the machine otherwise than the start whose reply was lost."""
    machines = [
        (*SHOP.split("/"), "deployments", "shop", "roleinstances", one, "Operations") for one in ("Web", name)
    ]
    start = replace(post(*machines[0], operation="StartRole", body=b"<Start/>"), reconcile=Reconcile.REPEAT)
    restart = post(*machines[1], operation="RestartRole", body=b"<Restart/>")
    lost = ConnectionLost("reset by peer")
    service = Service(lost, reply(202), lost, history=[entry("ExecuteRoleOperation", "/".join(machines[0]))])
    async with service.session() as session:
        await (await session.start(start))
        with pytest.raises(OutcomeUnknown):
            await session.start(restart)
