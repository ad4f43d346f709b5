"""What goes wrong on purpose: which requests a fault strikes, and what it does to them."""

import asyncio

import aiohttp
import pytest
from doubles.bare_client import Answer, Management, connected, document

from asyncsm.emulator import Emulator, Fault, InstantClock, ManualClock
from asyncsm.errors import InvalidArgument

ACCOUNTS = "services/storageservices"
GROUPS = "affinitygroups"


def account(name: str) -> str:
    return document(
        "CreateStorageServiceInput",
        f"<ServiceName>{name}</ServiceName><Label>eA==</Label><Location>West US</Location>",
    )


def group(name: str) -> str:
    return document(
        "CreateAffinityGroup", f"<Name>{name}</Name><Label>eA==</Label><Location>West US</Location>"
    )


async def create_group(management: Management, name: str = "near") -> Answer:
    return await management.post(GROUPS, group(name))


async def has_group(management: Management, name: str = "near") -> bool:
    return (await management.get(f"{GROUPS}/{name}")).status == 200


def exists(emulator: Emulator, name: str = "near") -> bool:
    """Whether the group is in the state, without asking for it."""
    return name in emulator.state.subscriptions[emulator.subscription_id].affinity_groups


class TestInsteadOfTheOperation:
    """Faults after which nothing has happened."""

    @pytest.mark.parametrize(
        ("kind", "status", "code"),
        [
            ("500", 500, "InternalError"),
            ("503", 503, "ServerBusy"),
            ("throttled", 503, "TooManyRequests"),
            ("409", 409, "ConflictError"),
            ("307", 307, "TemporaryRedirect"),
        ],
    )
    async def test_refusals(
        self, emulator: Emulator, management: Management, kind: str, status: int, code: str
    ):
        """The answer is the service's, the change is not made, and the next request passes."""
        emulator.faults.add(Fault(kind=kind, count=1))
        refused = await create_group(management)
        assert (refused.status, refused.code) == (status, code)
        assert "Retry-After" not in refused.headers
        assert not exists(emulator)
        assert (await create_group(management)).status == 201

    async def test_redirect_to_the_same_place(self, emulator: Emulator, management: Management):
        """A 307 repeats path and query, on the same host unless the fault names another."""
        target = f"/{management.subscription_id}/locations?x=1"
        elsewhere = "https://elsewhere.example:444"
        for location, host in ((None, emulator.url), (f"{elsewhere}/", elsewhere)):
            with emulator.faults.active(Fault(kind="307", location=location)):
                answer = await management.get("locations?x=1")
            assert answer.headers["Location"] == host + target

    async def test_conflict_names_an_operation_that_ends(
        self, emulator: Emulator, management: Management, clock: ManualClock
    ):
        """The operation a 409 names is under way for everyone to see, and then has succeeded."""
        with emulator.faults.active(Fault(kind="409", seconds=20)):
            refused = await management.delete("services/hostedservices/shop/deployments/web")
        holder = refused.find("ConflictingOperationId")
        assert holder in refused.message
        assert "on this deployment that requires exclusive access" in refused.message
        assert (await management.get(f"operations/{holder}")).find("Status") == "InProgress"
        listed = await management.get("operations?StartTime=2015-06-30&EndTime=2015-12-31")
        assert listed.find("OperationName") == "UpdateDeployment"
        clock.advance(20)
        assert (await management.get(f"operations/{holder}")).find("Status") == "Succeeded"

    @pytest.mark.parametrize(
        ("path", "holder"),
        [
            (
                "services/hostedservices/shop/deployments/web/roles/one",
                "services/hostedservices/shop/deployments/web",
            ),
            ("services/hostedservices/shop/certificates/sha1-00", "services/hostedservices/shop"),
            ("services/storageservices/shop", "services/storageservices/shop"),
        ],
    )
    async def test_conflict_is_with_an_operation_on_what_is_held(
        self, emulator: Emulator, management: Management, path: str, holder: str
    ):
        """The operation in the way is one on the whole deployment or service, not on the part of it that was asked for."""
        with emulator.faults.active(Fault(kind="409", seconds=20)):
            await management.delete(path)
        listed = await management.get("operations?StartTime=2015-06-30&EndTime=2015-12-31")
        assert (listed.find("OperationObjectId") or "").endswith(f"/{holder}")

    async def test_conflict_under_an_instant_clock(self, directory):
        """With an instant clock the operation in the way is seen once, and is over by then."""
        async with Emulator(directory=directory, clock=InstantClock()) as emulator:
            emulator.faults.add(Fault(kind="409", count=1))
            async with connected(emulator) as management:
                holder = (await create_group(management)).find("ConflictingOperationId")
                seen = [(await management.get(f"operations/{holder}")).find("Status") for _ in range(2)]
        assert seen == ["InProgress", "Succeeded"]

    async def test_reads_meet_no_conflict(self, emulator: Emulator, management: Management):
        """Reads need no exclusive access and never get 409."""
        emulator.faults.add(Fault(kind="409"))
        assert (await management.get("locations")).status == 200

    async def test_reset_before(self, emulator: Emulator, management: Management):
        """The connection is reset, and nothing was done."""
        with emulator.faults.active(Fault(kind="reset-before")), pytest.raises(aiohttp.ClientOSError):
            await create_group(management)
        assert not exists(emulator)


class TestTheWayBack:
    """Faults after which the change is made, whatever the client thinks."""

    async def test_error_after_the_change(self, emulator: Emulator, management: Management):
        """500 does not mean that nothing happened."""
        emulator.faults.add(Fault(kind="500-after", count=1))
        answer = await create_group(management)
        assert (answer.status, answer.code) == (500, "InternalError")
        assert await has_group(management)

    async def test_reset_after(self, emulator: Emulator, management: Management):
        """The connection is reset before a byte of the answer, and the change stands."""
        emulator.faults.add(Fault(kind="reset-after", count=1))
        with pytest.raises(aiohttp.ClientOSError):
            await create_group(management)
        assert await has_group(management)

    async def test_silence_that_ends(self, emulator: Emulator, management: Management):
        """After a lost reply's seconds the connection is closed without a word."""
        emulator.faults.add(Fault(kind="lost-reply", seconds=0, count=1))
        with pytest.raises(aiohttp.ClientConnectionError):
            await create_group(management)
        assert await has_group(management)

    async def test_silence_until_the_client_goes(self, emulator: Emulator, management: Management):
        """A lost reply is silence, and nothing remains of it when the client gives up."""
        lost = emulator.faults.add(Fault(kind="lost-reply", operation="changes"))
        waiting = asyncio.create_task(create_group(management))
        while not lost.struck:
            await management.get("locations")
        assert exists(emulator)
        assert not waiting.done()
        waiting.cancel()
        while emulator._app._delivery._kept_waiting:
            await management.get("locations")

    async def test_stopping_does_not_wait_for_the_silent(self, emulator: Emulator, management: Management):
        """An emulator that stops drops whom a fault keeps waiting."""
        lost = emulator.faults.add(Fault(kind="lost-reply", operation="changes"))
        waiting = asyncio.create_task(create_group(management))
        while not lost.struck:
            await management.get("locations")
        await emulator.stop()
        with pytest.raises(aiohttp.ClientConnectionError):
            await waiting

    async def test_truncated(self, emulator: Emulator, management: Management):
        """A truncated body is shorter than it was said to be."""
        emulator.faults.add(Fault(kind="truncated", count=1))
        with pytest.raises(aiohttp.ClientPayloadError):
            await management.get("locations")

    async def test_garbage(self, emulator: Emulator, management: Management):
        """Garbage comes with 200 and is no XML."""
        emulator.faults.add(Fault(kind="garbage", count=1))
        async with management.http.get(
            f"{emulator.url}/{management.subscription_id}/locations", headers=management.headers
        ) as reply:
            assert (reply.status, reply.content_type) == (200, "text/html")
            assert b"<Locations" not in await reply.read()

    @pytest.mark.parametrize("kind", ["truncated", "garbage"])
    async def test_answers_without_a_body(self, emulator: Emulator, management: Management, kind: str):
        """Where there is no body to spoil, the fault waits for one."""
        spoiled = emulator.faults.add(Fault(kind=kind))
        assert (await create_group(management)).status == 201
        assert spoiled.struck == 0

    async def test_slow(self, emulator: Emulator, management: Management, clock: ManualClock):
        """A slow answer comes when its virtual seconds have passed; the change was made before."""
        slow = emulator.faults.add(Fault(kind="slow", seconds=5, operation="changes"))
        waiting = asyncio.create_task(create_group(management))
        while not slow.struck:
            await management.get("locations")
        assert exists(emulator)
        clock.advance(4)
        await management.get("locations")
        assert not waiting.done()
        clock.advance(1)
        assert (await waiting).status == 201

    async def test_slow_until_the_client_goes(
        self, emulator: Emulator, management: Management, clock: ManualClock
    ):
        """A client that does not want to wait takes its request along."""
        slow = emulator.faults.add(Fault(kind="slow", seconds=5, operation="changes"))
        waiting = asyncio.create_task(create_group(management))
        while not slow.struck:
            await management.get("locations")
        waiting.cancel()
        while clock._waiters:
            await management.get("locations")


class TestTheCourse:
    """Faults of operations that were accepted."""

    async def begun(self, management: Management) -> Answer:
        return await management.post(ACCOUNTS, account("shop01"))

    async def status(self, management: Management, accepted: Answer) -> str | None:
        return (await management.status_of(accepted)).find("Status")

    async def test_stuck_for_a_while(self, emulator: Emulator, management: Management, clock: ManualClock):
        """A stuck operation takes so much longer, and then ends as it would have."""
        emulator.faults.add(Fault(kind="stuck", seconds=600, count=1))
        accepted = await self.begun(management)
        clock.advance(60)
        assert await self.status(management, accepted) == "InProgress"
        clock.advance(580)
        assert await self.status(management, accepted) == "Succeeded"

    @pytest.mark.parametrize("early", [True, False], ids=["before its usual end", "long after it"])
    async def test_stuck_until_removed(
        self, emulator: Emulator, management: Management, clock: ManualClock, early: bool
    ):
        """Without seconds an operation is stuck for ever, or until the fault is taken back."""
        stuck = emulator.faults.add(Fault(kind="stuck", count=1))
        accepted = await self.begun(management)
        clock.advance(0 if early else 100_000)
        assert await self.status(management, accepted) == "InProgress"
        assert (await management.delete(f"{ACCOUNTS}/shop01")).status == 409
        emulator.faults.remove(stuck.id)
        clock.advance(60 if early else 0)
        assert await self.status(management, accepted) == "Succeeded"

    async def test_fail(self, emulator: Emulator, management: Management, clock: ManualClock):
        """An operation that is to fail does so at its end, with the error given, and gives its locks back."""
        emulator.faults.add(Fault(kind="fail", code="BadRequest", message="No room.", status=400, count=1))
        accepted = await self.begun(management)
        assert await self.status(management, accepted) == "InProgress"
        over = await management.finished(accepted)
        assert [over.find(name) for name in ("Status", "HttpStatusCode", "Message")] == [
            "Failed",
            "400",
            "No room.",
        ]
        assert over.find_all("Code") == ["BadRequest"]
        assert (await management.delete(f"{ACCOUNTS}/shop01")).status in {200, 202}

    async def test_fail_without_details(self, emulator: Emulator, management: Management):
        """The error is InternalError unless another is given."""
        emulator.faults.add(Fault(kind="fail", count=1))
        over = await management.finished(await self.begun(management))
        assert (over.find("HttpStatusCode"), over.find("Code")) == ("500", "InternalError")

    async def test_changes_done_at_once(self, emulator: Emulator, management: Management):
        """What is done with the answer has no course that could change."""
        stuck = emulator.faults.add(Fault(kind="stuck"))
        answer = await create_group(management)
        assert await self.status(management, answer) == "Succeeded"
        assert stuck.struck == 0

    async def test_a_lost_reply_to_an_operation_that_fails(self, emulator: Emulator, management: Management):
        """A request may meet one fault of its course and one on the way back."""
        emulator.faults.add(Fault(kind="fail", count=1))
        emulator.faults.add(Fault(kind="500-after", count=1))
        assert (await self.begun(management)).status == 500
        assert [fault.struck for fault in emulator.faults] == [1, 1]


class TestWhichRequests:
    """What a fault applies to."""

    @pytest.mark.parametrize(
        ("given", "read", "change"),
        [
            ({}, True, True),
            ({"operation": "changes"}, False, True),
            ({"operation": "Reads"}, True, False),
            ({"operation": "createaffinitygroup"}, False, True),
            ({"operation": "*AffinityGroup*"}, True, True),
            ({"path": "AffinityGroups"}, True, True),
            ({"path": "/affinitygroups/near/"}, False, False),
            ({"path": "affinity"}, False, False),
            ({"path": "aff*"}, True, True),
            ({"path": "services"}, False, False),
            ({"subscription": "other"}, False, False),
            ({"operation": "reads", "path": "affinitygroups"}, True, False),
        ],
    )
    async def test_what_it_applies_to(
        self, emulator: Emulator, management: Management, given: dict[str, str], read: bool, change: bool
    ):
        """A fault strikes what matches all it says: operation, path and subscription, in any case."""
        fault = emulator.faults.add(Fault(kind="503", **given))
        await management.get(GROUPS)
        assert fault.struck == read
        await create_group(management)
        assert fault.struck == read + change

    async def test_names_in_paths_are_the_same_in_any_case(self, emulator: Emulator, management: Management):
        """A fault for a resource strikes requests that spell it otherwise."""
        fault = emulator.faults.add(Fault(kind="503", path="affinitygroups/near"))
        assert (await management.get(f"{GROUPS}/NEAR")).status == 503
        assert fault.struck == 1

    async def test_one_subscription(self, emulator: Emulator, management: Management, neighbour: Management):
        """A fault of one subscription leaves the other alone."""
        emulator.faults.add(Fault(kind="503", subscription=management.subscription_id.upper()))
        assert (await management.get("locations")).status == 503
        assert (await neighbour.get("locations")).status == 200

    async def test_count(self, emulator: Emulator, management: Management):
        """A fault strikes as often as its count says, then stays listed as spent."""
        fault = emulator.faults.add(Fault(kind="503", count=2))
        assert [(await management.get("locations")).status for _ in range(4)] == [503, 503, 200, 200]
        assert fault.spent
        assert list(emulator.faults) == [fault]

    async def test_window(self, emulator: Emulator, management: Management, clock: ManualClock):
        """A fault with a window of time strikes within it only."""
        emulator.faults.add(Fault(kind="503", after=10, until=20))
        seen = []
        for _ in range(5):
            seen.append((await management.get("locations")).status)
            clock.advance(5)
        assert seen == [200, 200, 503, 503, 200]

    async def test_the_first_that_matches(self, emulator: Emulator, management: Management):
        """Of several faults the one that was set first strikes, then, once spent, the next."""
        emulator.faults.add(Fault(kind="500", operation="ListLocations", count=1))
        emulator.faults.add(Fault(kind="503", count=1))
        assert [(await management.get("locations")).status for _ in range(3)] == [500, 503, 200]

    async def test_probability_is_repeatable(self, directory):
        """With a seed the same requests are struck, and about as many as the probability says."""
        seen = []
        for _ in range(2):
            async with (
                Emulator(directory=directory, clock=ManualClock(), tail=False, seed=5) as emulator,
                connected(emulator) as management,
            ):
                emulator.faults.add(Fault(kind="503", probability=0.3))
                seen.append([(await management.get("locations")).status for _ in range(100)])
        assert seen[0] == seen[1]
        assert 15 < seen[0].count(503) < 45

    async def test_ids_do_not_depend_on_draws(self, directory):
        """Faults draw from a source of their own: ids stay those of the seed."""
        ids = []
        for probability in (0.0, 0.5):
            async with (
                Emulator(directory=directory, clock=ManualClock(), tail=False, seed=5) as emulator,
                connected(emulator) as management,
            ):
                emulator.faults.add(Fault(kind="503", probability=probability))
                ids.append([(await management.get("locations")).request_id for _ in range(5)])
        assert ids[0] == ids[1]

    async def test_strangers_are_refused_first(self, emulator: Emulator):
        """Who may not come in does not use up faults."""
        fault = emulator.faults.add(Fault(kind="503"))
        async with connected(emulator, anonymous=True) as stranger:
            assert (await stranger.get("locations")).status == 403
        assert fault.struck == 0


class TestSetting:
    """Setting faults and taking them back."""

    async def test_within_a_block(self, emulator: Emulator, management: Management):
        """A fault set for a block is gone after it, also if all were cleared within."""
        with emulator.faults.active(Fault(kind="503")) as fault:
            await management.get("locations")
            assert fault.struck == 1
            emulator.faults.clear()
        with pytest.raises(ZeroDivisionError), emulator.faults.active(Fault(kind="503")):
            raise ZeroDivisionError
        assert len(emulator.faults) == 0
        assert (await management.get("locations")).status == 200

    async def test_ids_are_used_once(self, emulator: Emulator):
        """Also after a state without faults was loaded: who holds an id takes nobody else's fault back."""
        said = emulator.snapshot()
        before = emulator.faults.add(Fault(kind="503"))
        emulator.restore(said)
        assert len(emulator.faults) == 0
        assert emulator.faults.add(Fault(kind="503")).id > before.id

    async def test_faults_outlive_a_restart(self, emulator: Emulator):
        """Stopping and starting is no way out."""
        emulator.faults.add(Fault(kind="503"))
        await emulator.stop()
        await emulator.start()
        async with connected(emulator) as management:
            assert (await management.get("locations")).status == 503

    @pytest.mark.parametrize(
        ("given", "complaint"),
        [
            ({"kind": "504"}, "kind"),
            ({"kind": "503", "probability": 1.5}, "probability"),
            ({"kind": "503", "count": 0}, "count"),
            ({"kind": "503", "after": 5, "until": 5}, "not later than 'after'"),
            ({"kind": "503", "seconds": 5}, "'seconds' is no parameter"),
            ({"kind": "stuck", "code": "X"}, "'code' is no parameter"),
            ({"kind": "slow"}, "'seconds' is missing"),
            ({"kind": "slow", "seconds": float("inf")}, "finite"),
            ({"kind": "stuck", "seconds": 1e300}, "less than or equal to"),
            ({"kind": "stuck", "seconds": -1}, "seconds"),
            ({"kind": "503", "after": 1e300}, "after"),
            ({"kind": "503", "until": float("nan")}, "until"),
            ({"kind": "503", "probability": float("nan")}, "probability"),
            ({"kind": "307", "location": "http://plain.example"}, "https URL"),
            ({"kind": "307", "location": "https://one.example\r\n"}, "https URL"),
            ({"kind": "307", "location": "https://zwölf.example"}, "https URL"),
            ({"kind": "307", "location": "https://one.example:99999"}, "Port out of range"),
            ({"kind": "fail", "message": "a\0b"}, "contains U.0000, which XML cannot carry"),
            ({"kind": "fail", "code": "\ud800"}, "code"),
            ({"kind": "fail", "status": 200}, "status"),
            ({"kind": "503", "operations": "X"}, "operations"),
        ],
    )
    def test_what_cannot_be(self, given: dict[str, object], complaint: str):
        """A fault that makes no sense is refused, and the complaint names what is wrong."""
        with pytest.raises(InvalidArgument, match=rf"^Fault.*{complaint}"):
            Fault(**given)

    async def test_operations_there_are_not(self, emulator: Emulator):
        """A misspelt operation is refused with those it may have meant."""
        with pytest.raises(ValueError, match="did you mean CreateHostedService"):
            emulator.faults.add(Fault(kind="503", operation="CreateHostedServise"))
        with pytest.raises(ValueError, match=r"no operation 'Xyzzy'$"):
            emulator.faults.add(Fault(kind="503", operation="Xyzzy"))
