"""Kernel of families whose resources are listed, read, made and removed by name; see also `places`.

A family is a subclass of `Collection`: its attributes say what it is called, its methods are its
rules. The kernel finds names in any case, answers 404 for what is not there and 409 for what is,
looks at quotas, lets changes take their time under locks, and puts them into the operations list.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Final, Generic, Literal, Protocol, TypeAlias, TypeVar, cast

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Handler, Reply
from asyncsm.emulator.clock import Effect
from asyncsm.emulator.naming import ByName
from asyncsm.emulator.progress import Lockable
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.saved_names import effect
from asyncsm.emulator.state import Subscription
from asyncsm.wire.document import Document

ThingT = TypeVar("ThingT")
RequestT = TypeVar("RequestT", bound=Document)
UpdateT = TypeVar("UpdateT", bound=Document)
ANYTHING: Final = re.compile(".*", re.DOTALL)
"""Pattern of names that are no more than words for people."""
Verb: TypeAlias = Literal["list", "read", "create", "put", "patch", "remove"]
Parameters: TypeAlias = Mapping[str, str]


class Whole(Protocol):
    """A family whose resources have others as their parts."""

    parameter: str

    def named(self, subscription: Subscription, parameters: Parameters, name: str) -> object:
        """Return the one called `name`, or refuse."""


class Collection(ABC, Generic[ThingT, RequestT]):
    """Resources of a subscription, or of another resource, that have names.

    Sentences have ``{name}`` and ``{noun}``; a family with words of its own gives whole sentences.

    Attributes:
        resource: in the service's names of operations: ``Create{resource}``.
        noun: in sentences, and with ``count`` behind it in that of the quota.
        verbs: the operations there are.
        path: where they are listed.
        one: path of one: ``{path}/{parameter}``.
        parameter: what stands for a name in paths.
        request: the body that makes one.
        kept_in: the field that has them, of the subscription or of one of `whole`.
        whole: the family of which they are parts, if any; a change of a part holds the whole.
        listing: the document of a list.
        by_id: whether the service names new ones, by UUIDs, which the operation tells that makes one.
        putting: in the name of the operation that puts or patches one.
        late: whether a change of what does not exist is accepted, and fails in the end.
        name_pattern: names that are valid.
        quota: the field of `Quotas`, if there is one.
        missing, taken, invalid: sentences of refusals.
        used: likewise, with ``{user}``.
    """

    resource: str
    noun: str
    verbs: Sequence[Verb]
    path: str
    parameter: str
    request: type[RequestT]
    kept_in: str = ""
    whole: Whole | None = None
    listing: type[Document]
    by_id: bool = False
    putting: str = "Set"
    late: bool = False
    name_pattern: re.Pattern[str] = re.compile(r"\w([\w .-]{0,78}\w)?", re.ASCII)  # [guess]
    quota: str = ""
    missing: str = "The {noun} {name} does not exist."
    taken: str = "A {noun} with the name '{name}' already exists."
    invalid: str = "The name '{name}' of the {noun} is invalid."
    used: str = "The {noun} {name} is in use by {user}."

    def __init__(self, routes: RouteTable) -> None:
        self.one: str = f"{self.path}/{{{self.parameter}}}"
        table: Mapping[Verb, tuple[Callable[[str, str], Callable[[Handler], Handler]], str, str, Handler]] = {
            "list": (routes.get, self.path, f"List{self.resource}s", self.list_all),
            "read": (routes.get, self.one, f"Get{self.resource}", self.read),
            "create": (routes.post, self.path, f"Create{self.resource}", self.create),
            "put": (routes.put, self.one, f"{self.putting}{self.resource}", self.put),
            "patch": (routes.patch, self.one, f"{self.putting}{self.resource}", self.put),
            "remove": (routes.delete, self.one, f"Delete{self.resource}", self.remove),
        }
        for register, path, operation, handler in map(table.__getitem__, self.verbs):
            register(path, operation)(told_late(handler) if self.late and register != routes.get else handler)
        _REMOVALS[self.resource] = self.drop

    def held(self, subscription: Subscription, parameters: Parameters) -> ByName[ThingT]:
        """Return all there are; refuse if what has them does not exist."""
        return cast("ByName[ThingT]", getattr(self._holder(subscription, parameters), self.kept_in))

    def _holder(self, subscription: Subscription, parameters: Parameters) -> object:
        if self.whole is None:
            return subscription
        return self.whole.named(subscription, parameters, parameters[self.whole.parameter])

    @abstractmethod
    def make(self, call: Call, name: str, wanted: RequestT) -> ThingT:
        """Return a new one, or refuse."""

    def check(self, name: str, wanted: RequestT) -> None:
        """Refuse a request that cannot be meant, whatever there is, before the rules of its fields."""

    def shown(self, call: Call, thing: ThingT) -> Document:
        """Return one as it is read: by default as it is held."""
        return cast("Document", thing)

    def listed(self, call: Call, things: Sequence[ThingT]) -> Document:
        """Return all as they are listed: by default as each is read."""
        return cast("Document", self.listing.of([self.shown(call, one) for one in things]))

    def name_in(self, wanted: RequestT) -> str:
        """Return the name that a request gives to what it makes."""
        return str(getattr(wanted, "name", None) or "")

    def users(self, subscription: Subscription, thing: ThingT) -> Iterable[str]:
        """Return what uses one, which therefore cannot be removed."""
        return ()

    def locks(self, call: Call, thing: ThingT) -> Sequence[Lockable]:
        """Return what a change of one holds: by default itself, or the whole of which it is a part."""
        held = thing if self.whole is None else self._holder(call.subscription, call.parameters)
        return [held] if isinstance(held, Lockable) else []

    def named(self, subscription: Subscription, parameters: Parameters, name: str) -> ThingT:
        """Return the one called `name`, in any case; refuse with 404 if there is none, or not any more."""
        thing = self.held(subscription, parameters).get(name)
        if thing is None or self._is_going(subscription, thing):
            raise refusals.not_found(self.missing.format(noun=self.noun, name=name))  # [protocol 3.4]
        return thing

    def find(self, call: Call) -> ThingT:
        """Return the one of the path."""
        return self.named(call.subscription, call.parameters, call.parameters[self.parameter])

    def answered(self, document: Document | None = None, status: int = 200) -> Reply:
        """Return an answer that is not an operation's beginning."""
        return Reply(status, document)

    def list_all(self, call: Call) -> Reply:
        """Answer a request for the list."""
        things = self.held(call.subscription, call.parameters).values()
        left = [one for one in things if not self._is_going(call.subscription, one)]
        return self.answered(self.listed(call, left))

    def read(self, call: Call) -> Reply:
        """Answer a request for one."""
        return self.answered(self.shown(call, self.find(call)))

    def create(self, call: Call) -> Reply:
        """Answer a POST: one is there at once, and locked until the operation ends."""
        wanted = call.body(self.request, lambda given: self.check(self.name_in(given), given))
        held, name, thing = self._new(call, wanted)
        reply = self.begin(call, thing, data=name if self.by_id else "")
        held[name] = thing
        return reply

    def _new(self, call: Call, wanted: RequestT) -> tuple[ByName[ThingT], str, ThingT]:
        """Return what a POST makes, its name, and where it is to be kept; refuse what there cannot be."""
        name = self.name_in(wanted)
        held = self.held(call.subscription, call.parameters)
        self.require_new(call, held, name)
        if self.by_id:
            name = call.new_uuid()
        else:
            call.acts_on(*call.path.split("/"), name)
        thing = self.make(call, name, wanted)
        return held, name, thing

    def put(self, call: Call) -> Reply:
        """Answer a PUT: at the end of the operation one is there, or is what the request says."""
        name = call.parameters[self.parameter]
        wanted = call.body(self.request, partial(self.check, name))
        held = self.held(call.subscription, call.parameters)
        if name not in held:
            self._require_room(call, held, name)
        thing = self.make(call, name, wanted)
        return self.keep(call, held, name, thing)

    def remove(self, call: Call) -> Reply:
        """Answer a DELETE, which fails at its end if something uses the resource."""
        thing = self.find(call)
        then = partial(_remove, self.resource, call.subscription, dict(call.parameters))
        return self.begin(call, thing, then)

    def keep(self, call: Call, held: ByName[ThingT], name: str, thing: ThingT) -> Reply:
        """Let one be there, or be another, at the end of an operation."""
        return self.begin(call, thing, keeping(held, name, thing))

    def begin(self, call: Call, thing: ThingT, then: Effect | None = None, data: str = "") -> Reply:
        """Let a change of one take its time, with an effect at its end, and what its operation tells then."""
        return call.accept(locks=self.locks(call, thing), then=then, data=data)

    def drop(self, subscription: Subscription, parameters: Parameters) -> None:
        """Take one out at the end of its removal, or refuse."""
        held, name = self.held(subscription, parameters), parameters[self.parameter]
        for user in self.users(subscription, held[name]):
            raise refusals.bad_request(self.used.format(noun=self.noun, name=name, user=user))  # [guess]
        del held[name]

    def require_new(self, call: Call, held: ByName[ThingT], name: str) -> None:
        """Refuse a name that is taken or invalid, and one more than the quota allows."""
        if name in held:
            raise refusals.conflict(self.taken.format(noun=self.noun, name=name))  # [protocol 3.4]
        self._require_room(call, held, name)

    def _require_room(self, call: Call, held: ByName[ThingT], name: str) -> None:
        if self.name_pattern.fullmatch(name) is None:
            raise refusals.bad_request(self.invalid.format(noun=self.noun, name=name))  # [guess]
        if self.quota:
            limit = getattr(call.subscription.quotas, self.quota)
            refusals.require_quota(f"{self.noun.lower()} count", limit, len(held))  # [protocol 3.4]

    def _is_going(self, subscription: Subscription, thing: ThingT) -> bool:
        """Tell whether a removal has begun that will succeed: reads do not show the resource any more."""
        lock = thing.lock if isinstance(thing, Lockable) else None
        going = lock is not None and lock.name == f"Delete{self.resource}"
        return going and not any(True for _ in self.users(subscription, thing))


class Updated(Collection[ThingT, RequestT], Generic[ThingT, RequestT, UpdateT]):
    """A family whose PUT or PATCH changes what there is, as a document of its own says.

    Attributes:
        update: that document.
    """

    putting: str = "Update"
    update: type[UpdateT]

    @abstractmethod
    def change(self, call: Call, thing: ThingT, wanted: UpdateT) -> Reply:
        """Change one, or refuse; what the request does not name stays."""

    def put(self, call: Call) -> Reply:
        """Answer a PUT or PATCH."""
        return self.change(call, self.find(call), call.body(self.update))


class AtOnce(Collection[ThingT, RequestT]):
    """A family that is made and removed with the answer, which shows what was made."""

    def made(self, call: Call, thing: ThingT) -> Reply:
        """Return what the POST is answered that has made one."""
        return self.answered(self.shown(call, thing), 201)

    def create(self, call: Call) -> Reply:
        """Answer a POST: one is there."""
        wanted = call.body(self.request)
        held, name, thing = self._new(call, wanted)
        held[name] = thing
        return self.made(call, thing)

    def remove(self, call: Call) -> Reply:
        """Answer a DELETE: one is gone."""
        self.find(call)
        self.drop(call.subscription, call.parameters)
        return self.answered()


class Immediate(AtOnce[ThingT, RequestT]):
    """A family whose changes, too, are done with the answer, and have the document that makes one."""

    putting: str = "Update"

    @abstractmethod
    def change(self, call: Call, thing: ThingT, wanted: RequestT) -> Document | None:
        """Change one as a PUT says, or refuse; return what that is answered."""

    def put(self, call: Call) -> Reply:
        """Answer a PUT: one is what the request says."""
        return self.answered(self.change(call, self.find(call), call.body(self.request)))


def changing(thing: object, **changes: object) -> Effect:
    """Return the effect that lets fields of `thing` have other values."""
    return partial(_change, thing, changes)


def keeping(held: ByName[ThingT], name: str, thing: ThingT) -> Effect:
    """Return the effect that lets `thing` be there, or be another."""
    return partial(_put, held, name, thing)


def dropping(held: ByName[ThingT], name: str) -> Effect:
    """Return the effect that takes one out."""
    return partial(_drop, held, name)


@effect("collections/change", "application-gateways/change")
def _change(thing: object, changes: Mapping[str, object]) -> None:
    for name, value in changes.items():
        setattr(thing, name, value)


def told_late(handler: Handler) -> Handler:
    """Let a change of what does not exist be accepted, and fail with 404 in the end."""

    def answer(call: Call) -> Reply:
        try:
            return handler(call)
        except Refusal as refusal:
            if refusal.status != HTTPStatus.NOT_FOUND:
                raise
            return call.accept(then=partial(_fail, refusal))

    return answer


_REMOVALS: Final[dict[str, Callable[[Subscription, Parameters], None]]] = {}
"""How a resource is taken out, by the families' `resource`, which stands in saved states and stays."""


@effect("collections/fail")
def _fail(refusal: Refusal) -> None:
    raise refusal


@effect("collections/put")
def _put(held: ByName[ThingT], name: str, thing: ThingT) -> None:
    held[name] = thing


@effect("collections/drop")
def _drop(held: ByName[ThingT], name: str) -> None:
    del held[name]


@effect("collections/remove")
def _remove(resource: str, subscription: Subscription, parameters: Parameters) -> None:
    _REMOVALS[resource](subscription, parameters)
