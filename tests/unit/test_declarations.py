"""Declared operations: what a declaration makes of a call, and which mistakes it refuses when it is read."""

import inspect
import pickle
from typing import Annotated, TypedDict, Unpack

import pytest
from doubles.scripted import ScriptedTransport, reply

import asyncsm.operations
from asyncsm import InvalidArgument, ManagementSession
from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import Reconcile
from asyncsm.operations.affinity_groups import AffinityGroupOperations
from asyncsm.operations.binding import request_of, request_with
from asyncsm.operations.declaring import Family, MisdeclaredError, declared
from asyncsm.operations.facts import AtLeastOne, Ends, ExactlyOne, Usual, lane_of
from asyncsm.operations.kinds import Label, MediaToo, between, one_of
from asyncsm.polling import OperationHandle
from asyncsm.services import ServiceManagementService
from asyncsm.wire.affinity_groups import AffinityGroup, CreateAffinityGroup, UpdateAffinityGroup
from asyncsm.wire.traffic_manager import TrafficProfile

family = Family("things", evidence="[test]", version="2015-01-01", usual=Usual(30, samples=3))
DEEP = {
    "definitions[].dns_options.time_to_live_in_seconds": "port",
    "status_details.enabled_version": "version",
}
THING = "things/{name}"


class Sizes(TypedDict, total=False):
    """Arguments that several methods have in common."""

    size: str | None
    colour: str


def _parts(count: int, **sizes: Unpack[Sizes]) -> UpdateAffinityGroup:
    return UpdateAffinityGroup(label=f"{count} {sizes}")


class Things(Caller):
    """Operations that show what a declaration can say."""

    @family.reads(THING + "?detail={detail}&comp=all")
    async def get_thing(
        self, name: str, detail: Annotated[str, one_of(("Full",))] | None = None
    ) -> AffinityGroup:
        """Read a thing.

        REST: Get Thing (abc123).
        """
        ...

    @family.creates(
        "things",
        at="/{name}",
        body=CreateAffinityGroup,
        listed="CreateThing",
        needs=[AtLeastOne("label", "description")],
    )
    async def create_thing(
        self, name: str, label: Label, location: str = "West US", *, description: str | None = None
    ) -> OperationHandle:
        """Make a thing."""

    @family.acts(THING + "/parts/{lun}?comp=move", queues=False, usual=Usual(5))
    async def move_part(self, name: str, lun: Annotated[int, between(0, 31)]) -> OperationHandle:
        """Move a part."""
        ...

    @family.replaces(
        THING, body=UpdateAffinityGroup, fields={"label": "title", "description": ""}, ends=Ends.AT_ONCE
    )
    async def rename_thing(self, name: str, title: Label) -> OperationHandle:
        """Give a thing another label."""
        ...

    @family.removes(THING + "?comp={with_media}", version=None)
    async def delete_thing(self, name: str, with_media: MediaToo = False) -> OperationHandle:
        """Remove a thing."""
        ...

    @family.reads(THING + "/file")
    async def download_thing(self, name: str) -> bytes:
        """Read a thing's file."""
        ...

    @family.replaces(THING, body=UpdateAffinityGroup)
    async def set_thing(self, name: str, definition: UpdateAffinityGroup) -> OperationHandle:
        """Replace a thing."""
        ...

    @family.replaces(THING + "/parts", body=UpdateAffinityGroup, made=_parts)
    async def set_parts(self, name: str, count: int, size: str | None = None) -> OperationHandle:
        """Replace the parts of a thing."""
        ...

    @family.replaces(THING + "/profile", body=TrafficProfile, parts=DEEP)
    async def set_profile(self, name: str, port: int, version: int | None = None) -> OperationHandle:
        """Replace the profile of a thing."""
        ...

    @family.acts(THING + "/judge", body=UpdateAffinityGroup)
    async def judge_thing(self, name: str, harshly: bool) -> OperationHandle:
        """Do what needs more than a declaration."""
        body = UpdateAffinityGroup(label="harsh" if harshly else "mild")
        return await self.start(request_with(Things.judge_thing, body, name=name))


def test_a_read():
    """Path and query are filled from the parameters; what is not given is left out."""
    request = request_of(Things.get_thing, "a b", detail="Full")
    assert (request.method, request.path, request.query) == ("GET", "things/a%20b", "detail=Full&comp=all")
    assert request_of(Things.get_thing, "a").query == "comp=all"
    assert request.version == "2015-01-01"
    assert request.body is None


def test_a_creation():
    """The body's fields are filled from the parameters of their names, also from one that stands in `at` only."""
    request = request_of(Things.create_thing, "New", "label", description="why")
    assert (request.method, request.path, request.target) == ("POST", "things", "things/New")
    assert request.body == CreateAffinityGroup(
        name="New", label="label", location="West US", description="why"
    )
    assert request.reconcile is Reconcile.CREATED
    assert (request.operation, request.listed, request.usual) == ("CreateThing", True, 30)
    assert request.lane == ("things", "new")


def test_an_action():
    """Numbers may stand in a path; facts of the decorator go before the family's."""
    request = request_of(Things.move_part, "a", 31)
    assert (request.path, request.query) == ("things/a/parts/31", "comp=move")
    assert (request.reconcile, request.queues, request.usual) == (Reconcile.LISTED, False, 5)
    assert (request.operation, request.listed) == ("MovePart", False)


def test_an_action_of_a_family_that_nobody_has_seen_listed():
    """A list without it proves nothing; a way that the declaration names goes before that."""
    unseen = Family("unseen", actions_listed=False)

    class Unseen(Caller):
        @unseen.acts("things")
        async def shake(self) -> OperationHandle:
            """Shake."""
            ...

        @unseen.acts("things", reconcile=Reconcile.REPEAT)
        async def stroke(self) -> OperationHandle:
            """Stroke."""
            ...

    asked = [request_of(method).reconcile for method in (Unseen.shake, Unseen.stroke)]
    assert asked == [Reconcile.UNLISTED, Reconcile.REPEAT]


def test_a_replacement():
    """Fields can be filled by parameters of other names, or not at all."""
    request = request_of(Things.rename_thing, "a", "label")
    assert request.body == UpdateAffinityGroup(label="label")
    assert request.reconcile is Reconcile.REPEAT


def test_a_removal():
    """A switch becomes what the query wants; a fact can be taken back with None."""
    assert request_of(Things.delete_thing, "a", True).query == "comp=media"
    request = request_of(Things.delete_thing, "a")
    assert (request.query, request.version, request.reconcile) == ("", None, Reconcile.REMOVED)
    assert declared(Things.delete_thing).destructive
    assert not declared(Things.rename_thing).destructive


def test_a_model_as_argument_is_the_body():
    """Whoever gives the whole document has it sent as it is."""
    body = UpdateAffinityGroup(label="whole")
    assert request_of(Things.set_thing, "a", body).body is body


def test_a_body_that_is_made():
    """A function makes it of the parameters it names, also by a dictionary; those of the path are not among them."""
    assert request_of(Things.set_parts, "a", 2, "b").body.label == "2 {'size': 'b'}"
    assert request_of(Things.set_parts, "a", 2).body.label == "2 {'size': None}"


def test_parts_of_a_body():
    """Fields at any depth are filled, of the only items of lists too; a part of which nothing is given is not there."""
    body = request_of(Things.set_profile, "a", 80).body
    assert (body.definitions[0].dns_options.time_to_live_in_seconds, body.status_details) == (80, None)
    assert request_of(Things.set_profile, "a", 80, 2).body.status_details.enabled_version == 2


def test_none_is_not_given():
    """The old SDK's callers pass None for what they do not mean to say; the default stands then."""
    assert request_of(Things.create_thing, "a", "label", None).body.location == "West US"
    with pytest.raises(InvalidArgument, match=r"^label: must be given"):
        request_of(Things.create_thing, "a", None)


@pytest.mark.parametrize("name", ["", " ", ".", "..", None, 5.0, b"a", True])
def test_what_cannot_stand_in_a_path(name):
    """It would name another resource; the error names the parameter."""
    with pytest.raises(InvalidArgument, match=r"^name: "):
        request_of(Things.get_thing, name)


@pytest.mark.parametrize("name", ["a/b", "a?b", "a#b", "../b", "ä", "a%2Fb"])
def test_what_is_quoted_in_a_path(name):
    """A name is one segment, whatever is in it."""
    assert request_of(Things.get_thing, name).path.count("/") == 1


def test_rules_name_the_parameter():
    """Rules of kinds, rules over several parameters, and what the model refuses."""
    with pytest.raises(InvalidArgument, match=r"^lun: 32 is not in 0 to 31"):
        request_of(Things.move_part, "a", 32)
    with pytest.raises(InvalidArgument, match=r"^detail: 'Half' is none of Full"):
        request_of(Things.get_thing, "a", "Half")
    with pytest.raises(InvalidArgument, match=r"^title: must not be empty"):
        request_of(Things.rename_thing, "a", "")
    with pytest.raises(InvalidArgument, match=r"^description: must be text, not int"):
        request_of(Things.create_thing, "a", "b", description=5)


def test_rules_over_several_parameters():
    """Exactly one, or at least one of them."""
    with pytest.raises(InvalidArgument, match=r"^a: give either a or b"):
        ExactlyOne("a", "b").check({"a": "x", "b": "y"})
    with pytest.raises(InvalidArgument, match=r"^a: give either a or b"):
        ExactlyOne("a", "b").check({})
    ExactlyOne("a", "b").check({"a": None, "b": "y"})
    with pytest.raises(InvalidArgument, match=r"^a: give a, b or c"):
        AtLeastOne("a", "b", "c").check({"a": None})
    AtLeastOne("a", "b").check({"b": ""})


@pytest.mark.parametrize(
    ("args", "kwargs", "complaint"),
    [
        ((), {}, "missing 1 required positional argument: 'name'"),
        (("a", None, "c"), {}, "takes from 2 to 3 positional arguments but 4"),
        (("a",), {"name": "b"}, "multiple values for argument 'name'"),
        (("a",), {"detial": "Full"}, "unexpected keyword argument 'detial'"),
    ],
)
async def test_wrong_arguments_are_told_in_python_s_words(args, kwargs, complaint):
    """With class and method, as of any function."""
    with pytest.raises(TypeError, match=rf"Things\.get_thing\(\) .*{complaint}"):
        request_of(Things.get_thing, *args, **kwargs)


async def test_calls():
    """A declared method sends its request and reads the reply; so does one with a body of its own."""
    transport = ScriptedTransport(
        [
            reply(
                200,
                '<AffinityGroup xmlns="http://schemas.microsoft.com/windowsazure"><Name>a</Name></AffinityGroup>',
            ),
            reply(200, request_id="a" * 32),
            reply(200, b"file"),
        ]
    )

    class Service(Things, ServiceManagementService):
        pass

    async with ManagementSession("0" * 32, transport=transport) as session:
        service = Service(session=session)
        assert (await service.get_thing("a")).name == "a"
        assert (await service.judge_thing("a", harshly=True)).done
        assert await service.download_thing("a") == b"file"
    assert transport.requests[1].method == "POST"
    assert transport.requests[1].url.endswith("/things/a/judge")


def test_facts():
    """All that is known of an operation is a value."""
    operation = declared(Things.get_thing)
    assert (operation.title, operation.page, operation.summary) == ("Get Thing", "abc123", "Read a thing.")
    assert (operation.family, operation.evidence, operation.reply) == ("things", "[test]", AffinityGroup)
    assert [(one.name, one.required, one.optional) for one in operation.parameters] == [
        ("name", True, False),
        ("detail", False, True),
    ]
    assert operation.plain
    assert not declared(Things.judge_thing).plain
    assert declared(print) is None


def test_a_declaration_is_read_when_it_is_first_used():
    """Models that text names are looked up then, also that of the body."""
    own, asked = Family("late"), []

    class Late(Caller):
        @own.replaces(THING, body=lambda: asked.append("body") or UpdateAffinityGroup)
        async def set_thing(self, name: str, label: str) -> "OperationHandle":
            """Set a thing."""
            ...

    assert asked == []
    assert request_of(Late.set_thing, "a", "b").body == UpdateAffinityGroup(label="b")
    assert request_of(Late.set_thing, "a", "c").body == UpdateAffinityGroup(label="c")
    assert asked == ["body"]
    assert declared(Late.set_thing).body is UpdateAffinityGroup


def test_the_catalogue():
    """It has each operation once, is a tuple, and its values survive pickling."""
    found = asyncsm.operations.catalogue()
    assert isinstance(found, tuple)
    assert len({(one.service, one.name) for one in found}) == len(found)
    assert declared(AffinityGroupOperations.get_affinity_group_properties) in found
    assert pickle.loads(pickle.dumps(found[0])) is found[0]


def test_the_signature_stays_real():
    """Whoever inspects a declared method sees what was written."""
    assert inspect.iscoroutinefunction(Things.get_thing)
    assert list(inspect.signature(Things.get_thing).parameters) == ["self", "name", "detail"]
    assert Things.get_thing.__qualname__ == "Things.get_thing"


@pytest.mark.parametrize(
    ("path", "target", "lane"),
    [
        ("services/hostedservices", "services/hostedservices/{s}", "services/hostedservices/{s}"),
        ("services/hostedservices/{s}/deploymentslots/{x}", "", "services/hostedservices/{s}"),
        ("services/hostedservices/{s}/deployments", "", "services/hostedservices/{s}"),
        (
            "services/hostedservices/{s}/deployments/{d}/roles/{r}",
            "",
            "services/hostedservices/{s}/deployments/{d}",
        ),
        (
            "services/networking/reservedips/{n}/operations/associate",
            "",
            "services/networking/reservedips/{n}",
        ),
        ("certificates", "certificates/{t}", "certificates/{t}"),
        ("things", "", ""),
    ],
)
def test_lanes_follow_from_paths(path, target, lane):
    """A deployment named by its name, else the first thing that is named, else what is made."""
    assert lane_of(path, target) == lane


def misdeclared(make):
    """What importing the declaration says, or listing it with its family."""

    def listed():
        family = Family("wrong")
        make(family)
        return family.operations

    with pytest.raises(MisdeclaredError) as caught:
        listed()
    return str(caught.value)


def test_mistakes_show_when_a_declaration_is_read():
    """Each with a sentence that names the method; at import, if the annotations are no text."""

    def unknown_placeholder(family):
        @family.reads("things/{nam}")
        async def get_thing(self, name: str) -> AffinityGroup:
            """Read."""
            ...

    def unfilled(family):
        @family.replaces(THING, body=CreateAffinityGroup)
        async def set_thing(self, name: str, label: str) -> OperationHandle:
            """Set."""
            ...

    def unused(family):
        @family.reads(THING)
        async def get_thing(self, name: str, labl: str) -> AffinityGroup:
            """Read."""
            ...

    def no_field(family):
        @family.replaces(THING, body=UpdateAffinityGroup, fields={"lable": "name"})
        async def set_thing(self, name: str, label: str) -> OperationHandle:
            """Set."""
            ...

    def read_a_handle(family):
        @family.reads(THING)
        async def get_thing(self, name: str) -> OperationHandle:
            """Read."""
            ...

    def no_coroutine(family):
        @family.reads(THING)
        def get_thing(self, name: str) -> AffinityGroup:
            """Read."""
            ...

    def star(family):
        @family.reads(THING)
        async def get_thing(self, *name: str) -> AffinityGroup:
            """Read."""
            ...

    def no_docstring(family):
        @family.reads(THING)
        async def get_thing(self, name: str) -> AffinityGroup: ...

    def no_such_fact(family):
        @family.reads(THING, versoin="2015-01-01")
        async def get_thing(self, name: str) -> AffinityGroup:
            """Read."""
            ...

    def text(family):
        @family.reads(THING)
        async def get_thing(self, name: str) -> "AfinityGroup":  # noqa: F821
            """Read."""
            ...

    def unreadable(family):
        @family.reads(THING)
        async def get_thing(self, name: str) -> list[int]:
            """Read."""
            ...

    def unmade(family):
        @family.replaces(THING, body=UpdateAffinityGroup, made=_parts)
        async def set_thing(self, name: str, size: str) -> OperationHandle:
            """Set."""
            ...

    def not_made_of(family):
        @family.replaces(THING, body=UpdateAffinityGroup, made=_parts)
        async def set_thing(self, name: str, count: int, siz: str) -> OperationHandle:
            """Set."""
            ...

    def too_deep(family):
        @family.replaces(THING, body=TrafficProfile, parts={"status_details.versions": "size"})
        async def set_thing(self, name: str, size: int) -> OperationHandle:
            """Set."""
            ...

    def nowhere(family):
        @family.creates("things", body=CreateAffinityGroup)
        async def make(self, name: str, label: str, location: str) -> OperationHandle:
            """Make."""
            ...

    assert "get_thing: {nam} is no parameter" in misdeclared(unknown_placeholder)
    assert "set_thing: nothing fills CreateAffinityGroup.name" in misdeclared(unfilled)
    assert "get_thing: the parameter labl goes nowhere" in misdeclared(unused)
    assert "UpdateAffinityGroup has no field lable" in misdeclared(no_field)
    assert "get_thing reads, and returns an OperationHandle" in misdeclared(read_a_handle)
    assert "is not declared with async def" in misdeclared(no_coroutine)
    assert "*name cannot be declared" in misdeclared(star)
    assert "has no docstring" in misdeclared(no_docstring)
    assert "versoin is no fact of a declaration" in misdeclared(no_such_fact)
    assert "get_thing: name 'AfinityGroup' is not defined" in misdeclared(text)
    assert "returns neither an OperationHandle nor a model" in misdeclared(unreadable)
    assert "set_thing: _parts: missing a required argument: 'count'" in misdeclared(unmade)
    assert "set_thing: the parameter siz goes nowhere" in misdeclared(not_made_of)
    assert "the body has no status_details.versions" in misdeclared(too_deep)
    assert "does not say at= which path" in misdeclared(nowhere)


def test_a_plain_body_is_recognised_on_every_python():
    """A docstring with ``...``, ``pass`` or ``return None`` after it; anything else is a body of its own."""
    own = Family("bodies")

    @own.acts("a")
    async def dots(self) -> OperationHandle:
        """Act."""
        ...

    @own.acts("a")
    async def passing(self) -> OperationHandle:
        """Act."""
        ...

    @own.acts("a")
    async def working(self) -> OperationHandle:
        """Act."""
        return await self.start(request_of(working))

    assert [one.plain for one in own.operations] == [True, True, False]
