"""Operations: how far one is, and all of a subscription."""

from datetime import timedelta
from functools import partial

import pytest
from doubles.bare_client import Answer, Management, connected, document

from asyncsm.emulator import Emulator, InstantClock, ManualClock, refusals
from asyncsm.emulator.progress import Operation, OperationLog, OperationProgress
from asyncsm.emulator.routes import operations

ACCOUNTS = "services/storageservices"
WINDOW = "StartTime=2015-06-30&EndTime=2015-12-31"


def account(name: str) -> str:
    return document(
        "CreateStorageServiceInput",
        f"<ServiceName>{name}</ServiceName><Label>eA==</Label><Location>West US</Location>",
    )


def group(name: str) -> str:
    return document(
        "CreateAffinityGroup", f"<Name>{name}</Name><Label>eA==</Label><Location>West US</Location>"
    )


async def begun(management: Management, name: str = "shop01") -> Answer:
    return await management.post(ACCOUNTS, account(name))


async def test_an_operation_from_begin_to_end(management: Management, clock: ManualClock):
    """An accepted operation is InProgress with nothing else, then Succeeded with 200."""
    accepted = await begun(management)
    status = await management.status_of(accepted)
    assert [child.tag.rpartition("}")[2] for child in status.root] == ["ID", "Status"]
    assert status.find("ID").replace("-", "") == accepted.request_id
    assert status.find("Status") == "InProgress"
    clock.advance(60)
    over = await management.status_of(accepted)
    assert [child.text for child in over.root][1:] == ["Succeeded", "200"]


async def test_the_id_in_any_form(management: Management):
    """An id is known with dashes and in upper case too."""
    answer = await management.get("locations")
    dashed = (await management.status_of(answer)).find("ID")
    assert (await management.get(f"operations/{dashed.upper()}")).find("Status") == "Succeeded"


@pytest.mark.parametrize("method", ["read", "synchronous change"])
async def test_every_request_has_an_outcome(management: Management, method: str):
    """Whatever was answered at once can be asked for as well, and has succeeded."""
    answer = (
        await management.get("locations")
        if method == "read"
        else await management.post("affinitygroups", group("near"))
    )
    status = await management.status_of(answer)
    assert (status.find("Status"), status.find("HttpStatusCode")) == ("Succeeded", "200")


async def test_unknown_ids(management: Management, neighbour: Management):
    """An id nobody was given, a refused request's, and another subscription's are 400, not 404."""
    refused = await management.get(f"{ACCOUNTS}/nobody")
    accepted = await begun(management)
    for client, request_id in (
        (management, "0" * 32),
        (management, "nonsense"),
        (management, refused.request_id),
        (neighbour, accepted.request_id),
    ):
        answer = await client.get(f"operations/{request_id}")
        assert (answer.status, answer.code) == (400, "BadRequest")
        assert answer.message == "The operation request ID was not found."


def refuse() -> None:
    raise refusals.conflict("The name is gone.")


def crash() -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("effect", "status", "code", "message"),
    [
        (refuse, "409", "ConflictError", "The name is gone."),
        (
            crash,
            "500",
            "InternalError",
            "The server encountered an internal error. Please retry the request.",
        ),
    ],
)
async def test_failure(
    management: Management,
    emulator: Emulator,
    clock: ManualClock,
    effect,
    status: str,
    code: str,
    message: str,
):
    """An operation whose effect fails ends Failed, with the error it would have been as an answer."""
    subscription = emulator.state.subscriptions[management.subscription_id]
    operation = Operation("a" * 32, "CreateStorageService", "/x", clock.now())
    subscription.operations.add(operation)
    later = []
    OperationProgress(clock, emulator._random).begin(
        operation,
        seconds=10,
        steps=[(0.5, effect), (0.8, partial(later.append, "another step"))],
        then=partial(later.append, "the end"),
    )
    clock.advance(20)
    shown = await management.get(f"operations/{'a' * 32}")
    assert (shown.find("Status"), shown.find("HttpStatusCode")) == ("Failed", status)
    assert (shown.find("Code"), shown.find("Message")) == (code, message)
    assert later == []


async def test_the_list(management: Management, clock: ManualClock, emulator: Emulator):
    """The list has the changes, oldest first, each with what, who, when and how far; and no reads."""
    await management.post("affinitygroups", group("near"))
    clock.advance(5)
    accepted = await begun(management)
    await management.get("locations")
    await management.post("affinitygroups", group("near"))  # refused
    listed = await management.get(f"operations?{WINDOW}")
    assert listed.find_all("OperationName") == ["CreateAffinityGroup", "CreateStorageService"]
    assert listed.find_all("OperationObjectId") == [
        f"/{management.subscription_id}/affinitygroups/near",
        f"/{management.subscription_id}/{ACCOUNTS}/shop01",
    ]
    assert listed.find_all("OperationId")[1].replace("-", "") == accepted.request_id
    assert listed.find_all("Status") == ["Succeeded", "InProgress"]
    assert listed.find_all("OperationStartedTime") == ["2015-07-01T00:00:00Z", "2015-07-01T00:00:05Z"]
    assert len(listed.find_all("OperationCompletedTime")) == 1
    assert listed.find("UsedServiceManagementApi") == "true"
    assert listed.find("SubscriptionCertificateThumbprint") in {
        *emulator.state.subscriptions[management.subscription_id].certificates
    }
    assert listed.find("ContinuationToken") is None


async def test_parameters_stand_in_their_own_namespace(management: Management):
    """Names and values of a call's parameters are in the data contract's namespace."""
    await management.post("affinitygroups", group("near"))
    await management.put("affinitygroups/near", document("UpdateAffinityGroup", "<Label>eA==</Label>"))
    listed = await management.get(f"operations?{WINDOW}")
    contract = "{http://schemas.datacontract.org/2004/07/Microsoft.WindowsAzure.ServiceManagement}"
    assert [element.text for element in listed.root.iter(f"{contract}Name")] == [
        "subscriptionID",
        "subscriptionID",
        "name",
    ]
    assert [element.text for element in listed.root.iter(f"{contract}Value")][-1] == "near"


async def test_filters(management: Management, clock: ManualClock):
    """The list can be narrowed by result, by object (path or URL) and by window."""
    await management.post("affinitygroups", group("near"))
    clock.advance(5)
    await begun(management)

    async def names(more: str) -> list[str]:
        return (await management.get(f"operations?{more}")).find_all("OperationName")

    assert await names(f"{WINDOW}&OperationResultFilter=InProgress") == ["CreateStorageService"]
    assert await names(f"{WINDOW}&OperationResultFilter=Failed") == []
    path = f"/{management.subscription_id}/affinitygroups/near"
    assert await names(f"{WINDOW}&ObjectIdFilter={path}") == ["CreateAffinityGroup"]
    assert await names(f"{WINDOW}&ObjectIdFilter={management.url}{path}") == ["CreateAffinityGroup"]
    assert await names("starttime=2015-07-01T00:00:01Z&endtime=2016-01-01") == ["CreateStorageService"]
    assert await names("StartTime=2015-07-01&EndTime=2015-07-01T00:00:00.0000000Z") == ["CreateAffinityGroup"]


async def test_pages(management: Management, monkeypatch: pytest.MonkeyPatch):
    """A long list comes in pages; each but the last has the token of the next."""
    monkeypatch.setattr(operations, "PAGE_SIZE", 2)
    for number in range(5):
        await management.post("affinitygroups", group(f"near{number}"))
    seen, token = [], ""
    while token is not None:
        more = f"&ContinuationToken={token}" if token else ""
        page = await management.get(f"operations?{WINDOW}{more}")
        seen.append(page.find_all("OperationObjectId"))
        token = page.find("ContinuationToken")
    assert [len(page) for page in seen] == [2, 2, 1]
    assert [path[-5:] for page in seen for path in page] == [f"near{number}" for number in range(5)]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("", "StartTime"),
        ("StartTime=2015-07-01", "EndTime"),
        ("StartTime=yesterday&EndTime=2015-07-01", "StartTime"),
        ("StartTime=2015-07-01T00:00:00&EndTime=2015-07-02", "StartTime"),
        ("StartTime=2015-13-01&EndTime=2015-07-02", "StartTime"),
        ("StartTime=2015-01-01&EndTime=2015-07-02", "StartTime"),
        (f"{WINDOW}&OperationResultFilter=Perhaps", "OperationResultFilter"),
        (f"{WINDOW}&ContinuationToken=forged", "ContinuationToken"),
    ],
)
async def test_bad_windows(management: Management, query: str, name: str):
    """A window is required, well formed and at most 90 days old; what is wrong is named."""
    refused = await management.get(f"operations?{query}")
    assert (refused.status, refused.code) == (400, "MissingOrInvalidRequiredQueryParameter")
    assert name in refused.message


async def test_old_operations_are_forgotten(emulator: Emulator, clock: ManualClock, monkeypatch):
    """What began more than 90 days ago and is over is dropped from time to time."""
    monkeypatch.setattr("asyncsm.emulator.progress.PRUNE_EVERY", 2)
    log = emulator.state.subscriptions[emulator.subscription_id].operations
    old = Operation("a" * 32, "X", "/x", clock.now(), completed=clock.now())
    log.add(old)
    log.add(Operation("b" * 32, "X", "/x", clock.now() + timedelta(days=91)))
    assert not log.knows("a" * 32)
    assert log.knows("b" * 32)


async def test_old_operations_that_go_on_are_known(emulator: Emulator, clock: ManualClock, monkeypatch):
    """One that is stuck can be asked for however long ago it began."""
    monkeypatch.setattr("asyncsm.emulator.progress.PRUNE_EVERY", 2)
    log = emulator.state.subscriptions[emulator.subscription_id].operations
    log.add(Operation("a" * 32, "X", "/x", clock.now()))
    log.add(Operation("b" * 32, "X", "/x", clock.now() + timedelta(days=91)))
    assert log.find("a" * 32) is not None


def test_ids_of_the_latest_requests_are_known(monkeypatch):
    """Of those that began no operation at least half as many as can be remembered."""
    monkeypatch.setattr("asyncsm.emulator.progress.REMEMBERED_IDS", 4)
    log = OperationLog()
    for number in range(100):
        log.remember(str(number))
        assert all(log.knows(str(latest)) for latest in range(max(0, number - 2), number + 1))
    assert sum(log.knows(str(number)) for number in range(100)) <= 4


async def test_an_instant_clock_still_makes_one_ask_twice(directory):
    """With time that jumps, an operation is InProgress at the first question and over at the second."""
    async with (
        Emulator(directory=directory, clock=InstantClock()) as emulator,
        connected(emulator) as management,
    ):
        first, second = await begun(management, "first"), await begun(management, "second")
        for accepted in (first, second):
            asked = [(await management.status_of(accepted)).find("Status") for _ in range(2)]
            assert asked == ["InProgress", "Succeeded"]
