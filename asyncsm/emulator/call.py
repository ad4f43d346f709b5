"""Routes, the requests that come to them, and their replies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from random import Random
from typing import Final, Self, TypeAlias, TypeVar, cast
from uuid import UUID

from asyncsm import durations
from asyncsm.config import XML_CONTENT_TYPE
from asyncsm.durations import Usual
from asyncsm.emulator import refusals, strict
from asyncsm.emulator.authentication import Gate
from asyncsm.emulator.blob_service.azurite import Azurite
from asyncsm.emulator.blob_service.facts import BlobFacts
from asyncsm.emulator.clock import Clock, Effect
from asyncsm.emulator.dialects import ATOM_TYPES, CORE, Dialect
from asyncsm.emulator.fitting import check_contents
from asyncsm.emulator.progress import Lockable, Operation, OperationProgress, require_free
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.state import ServiceState, Subscription
from asyncsm.wire import inspection, rules, xml
from asyncsm.wire.base import is_plain_xml
from asyncsm.wire.blob_addresses import BlobAddress
from asyncsm.wire.document import Document
from asyncsm.wire.xml import Node

Handler: TypeAlias = "Callable[[Call], Reply]"

ANY: Final = "*"
"""The value in a route's query of a parameter that has to be there with some value."""

M = TypeVar("M", bound=Document)


@dataclass(slots=True)
class Reply:
    """An answer.

    Attributes:
        status: HTTP status.
        document: the body, as a model or ready bytes; ``None`` for an empty one.
        headers: besides those every answer has, or instead of them; an empty one takes that away.
        content_type: of the body, where that is not what the document says.
    """

    status: int = 200
    document: Document | bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = ""

    @classmethod
    def refusing(cls, refusal: Refusal, dialect: Dialect = CORE) -> Self:
        """The answer that says no, in the words of a family."""
        document = dialect.refused(refusal)
        kind = dialect.refused_as if isinstance(document, bytes) else ""
        return cls(refusal.status, document, dialect.headers, kind)

    def headers_among(self, usual: Mapping[str, str]) -> dict[str, str]:
        """Return the headers that every answer has, with this one's own."""
        return {name: value for name, value in {**usual, **self.headers}.items() if value}

    def content(self) -> tuple[bytes, str] | None:
        """Return the body and what it is; ``None`` for an empty one."""
        if self.document is None:
            return None
        if isinstance(self.document, bytes):
            return self.document, self.content_type or XML_CONTENT_TYPE
        return self.document.to_body(), self.content_type or self.document.content_type


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of the service.

    Attributes:
        method: HTTP method.
        path: below the subscription, with ``{name}`` for what is captured.
        operation: the service's name of it.
        handler: what answers.
        query: parameters that must have these values, in any case of letters; "" for none, `ANY` for some.
        root: root element the body must have, where that tells operations apart.
        recorded: whether List Subscription Operations shows it: changes, not reads.
        scoped: whether the path stands below a subscription.
        dialect: how it speaks where that is not as the core does.
        only_with_query: whether its path without the query belongs to operations that are not emulated.
        conditional: whether only a request with ``If-Match``, which changes what is there, is meant.
    """

    method: str
    path: str
    operation: str
    handler: Handler
    query: Mapping[str, str] = field(default_factory=dict)
    root: str | None = None
    recorded: bool = True
    scoped: bool = True
    dialect: Dialect = CORE
    only_with_query: bool = False
    conditional: bool = False

    @property
    def usual(self) -> Usual:
        """How long it takes, if it is not done with the answer."""
        return durations.usual(self.root or "", self.operation) or Usual(durations.OTHERWISE)

    def wants(self, query: Mapping[str, str], root: Callable[[], str], *, conditional: bool) -> bool:
        """Tell whether a request's query and condition, and its body's root if that matters, are this route's."""
        if self.conditional and not conditional:
            return False
        for name, value in self.query.items():
            given = query.get(name, "")
            if not given if value is ANY else given.lower() != value.lower():
                return False
        return self.root is None or self.root == root()


@dataclass(frozen=True, slots=True)
class World:
    """Parts of an emulator that all requests share.

    Attributes:
        state: everything there is.
        clock: virtual time.
        progress: brings operations to their end.
        gate: knows whose certificates are good.
        random: for keys, ids and durations; repeatable when seeded.
        strict: whether requests must be exactly as they should be.
        azurite: has the blobs of storage accounts, if anything has.
    """

    state: ServiceState
    clock: Clock
    progress: OperationProgress
    gate: Gate
    random: Random
    strict: bool = False
    azurite: Azurite | None = None


@dataclass(frozen=True)
class Incoming:
    """The parts of an HTTP request that matter.

    Attributes:
        method: HTTP method.
        segments: of the path, decoded, below the subscription.
        query: parameters by lower-case name.
        host: the ``Host`` header.
        version: ``x-ms-version``.
        thumbprint: certificate of the caller.
        client_address: the caller's IP address.
        content: the body.
        conditional: whether it has the header ``If-Match``.
        content_type: how it calls its body.
    """

    method: str
    segments: Sequence[str]
    query: Mapping[str, str]
    host: str
    version: str
    thumbprint: str
    client_address: str | None
    content: bytes
    conditional: bool = False
    content_type: str = ""

    @cached_property
    def document(self) -> tuple[str, Node]:
        """Root element (without prefix) and content of the body.

        Raises:
            Refusal: 400 ``InvalidXmlRequest`` when it is malformed.
        """
        try:
            name, node = xml.parse(self.content)
        except ValueError as error:
            raise refusals.invalid_xml() from error  # [protocol 3.3]
        return name.rpartition(":")[2], node

    def root(self) -> str:
        """The root element's name of the body."""
        return self.document[0]


class Call:
    """One request to one operation.

    Attributes:
        state, clock, progress, gate, random: of the emulator, as in `World`.
        subscription: whose it is.
        route: what was asked for.
        parameters: what the ``{name}`` parts of the route's path stand for.
        query, thumbprint, content: of the request, as in `Incoming`.
        version: ``x-ms-version``; dates of this form compare as text.
        request_id: 32 hexadecimal digits; also the id of the operation, if it becomes one.
        object_path: path of what is changed, for the operations list; a handler sets it by
            `acts_on` where it is not the path of the request.
        operation: the operation it has become, once accepted.
        blobs: those it names, by their URL, where they could be looked at; ``None`` for one that is not there.
        copies: blobs that are copies, and of what.
        azurite: of the emulator, as in `World`.
    """

    def __init__(
        self,
        world: World,
        subscription: Subscription,
        incoming: Incoming,
        route: Route,
        parameters: Mapping[str, str],
        request_id: str,
    ) -> None:
        self.state: ServiceState = world.state
        self.clock: Clock = world.clock
        self.progress: OperationProgress = world.progress
        self.gate: Gate = world.gate
        self.random: Random = world.random
        self.query: Mapping[str, str] = incoming.query
        self.version: str = incoming.version
        self.thumbprint: str = incoming.thumbprint
        self.content: bytes = incoming.content
        self.subscription = subscription
        self.route = route
        self.parameters = parameters
        self.request_id = request_id
        self.operation: Operation | None = None
        self.blobs: Mapping[str, BlobFacts | None] = {}
        self.copies: dict[BlobAddress, BlobAddress] = {}
        self.azurite: Azurite | None = world.azurite
        self._world = world
        self._incoming = incoming
        self.acts_on(*incoming.segments)

    @property
    def path(self) -> str:
        """The request's path below the subscription, decoded, without slashes around it."""
        return "/".join(self._incoming.segments)

    @property
    def with_media(self) -> bool:
        """Tell if what is deleted takes its disks, and the blobs behind them, along."""
        return self.query.get("comp", "").lower() == "media"

    def echo(self, reply: Reply) -> Reply:
        """Call the body of an answer what the request called its own, where the family does so."""
        asked = self._incoming.content_type.partition(";")[0].strip().lower()
        if self.route.dialect.echoes and self.content and reply.document is not None and asked in ATOM_TYPES:
            reply.content_type = f"{asked}; charset=utf-8"
        return reply

    @property
    def is_strict(self) -> bool:
        """Tell if only what is known for certain is taken."""
        return self._world.strict

    @property
    def now(self) -> datetime:
        """The virtual moment."""
        return self.clock.now()

    def new_id(self) -> str:
        """Return an id for something new, such as a deployment: 32 hexadecimal digits."""
        return f"{self.random.getrandbits(128):032x}"

    def new_uuid(self) -> str:
        """Return an id for something new that the service calls by a random UUID, such as a gateway."""
        return str(UUID(int=self.random.getrandbits(128), version=4))

    @property
    def base_url(self) -> str:
        """``https://host:port``, as the caller knows it."""
        return f"https://{self._incoming.host}"

    def url(self, *segments: str) -> str:
        """The URL of a resource of this subscription."""
        return "/".join((self.base_url, self.subscription.id, *segments))

    def created_at(self, kind: str, name: str) -> dict[str, str]:
        """The ``Location`` header of a creation: an identifier, not a path that can be read.

        Args:
            kind: ``compute``, ``storage``, ``affinitygroup`` or ``certificates``.
            name: of the new resource.
        """
        return {"Location": f"{self.base_url}/subscriptions/{self.subscription.id}/{kind}/{name}"}

    def acts_on(self, *segments: str) -> None:
        """Say what is changed: the path below the subscription at which it can be read."""
        self.object_path: str = "/".join(("", self.subscription.id, *segments))

    def body(self, model: type[M], check: Callable[[M], None] | None = None) -> M:
        """The body, read as `model`; `check` refuses what the service refused before it looked at any field.

        Raises:
            Refusal: 400 ``InvalidXmlRequest`` when it is malformed or another document; in strict
                mode also when it is not exactly that document, with what is wrong. 400 ``BadRequest``
                when a rule of the model is broken.
        """
        if self._world.strict:
            strict.check_body(model, self._incoming.content)
        try:
            wanted = cast("M", self._read(model))
            # What is taken is kept, and saved, and read again: rules say nothing of a number of thirty digits.
            check_contents(wanted)
        except ValueError as error:
            raise refusals.invalid_xml() from error  # [protocol 3.3]
        if not is_plain_xml(model):
            return wanted
        if check is not None:
            check(wanted)
        for sentence in rules.breaches(wanted):
            raise refusals.bad_request(sentence)  # with its evidence at the rule
        return wanted

    def _read(self, model: type[Document]) -> Document:
        if not is_plain_xml(model):
            return model.from_body(self._incoming.content)
        root, node = self._incoming.document
        if root != model.root_name():
            # [protocol 3.3]
            raise refusals.invalid_xml(f"Expected the element {model.root_name()}, found {root}.")
        read = model.from_node(inspection.without_late(model, node))
        # A data contract does not tell what is nil from what is absent. [protocol 1.5]
        read.model_fields_set.difference_update([n for n, value in vars(read).items() if value is None])
        return read

    def require_free(self, *resources: Lockable) -> None:
        """Refuse with 409 if a change under way holds one of `resources`, and with 400 what is being migrated."""
        require_free(*resources)
        self.require_staying(*(one.stands_in for one in resources))

    def require_staying(self, *networks: str | None) -> None:
        """Refuse a change in one of `networks` that is being migrated to Resource Manager."""
        for name in networks:
            site = self.subscription.networks.sites.get(name) if name else None
            if site is not None:  # [lifecycles 10], and in gateways and links [guess]
                refusals.require_unmoved(site.migration_state, f"Virtual Network {site.name}")

    def accept(
        self,
        *,
        locks: Sequence[Lockable] = (),
        steps: Sequence[tuple[float, Effect]] = (),
        then: Effect | None = None,
        seconds: float | None = None,
        headers: Mapping[str, str] | None = None,
        migrating: bool = False,
        doom: refusals.Refusal | None = None,
        status: int = 202,
        data: str = "",
    ) -> Reply:
        """Answer 202 and let the change take its time; where the family's dialect says so, the answer names it.

        Args:
            locks: what it holds until its end; 409 if something else holds one of them.
            steps: effects on the way, each with the fraction of the duration after which it happens.
            then: the effect at the end; a `Refusal` from it (or a step) makes the operation fail.
            seconds: duration in virtual time instead of the usual one of the operation.
            headers: further headers of the answer.
            migrating: whether the change is part of a migration to Resource Manager.
            doom: what it will fail with at its end, where that is known.
            status: of the answer, where it is not 202.
            data: what the operation tells at its end.
        """
        if migrating:
            require_free(*locks, migrating=True)
        else:
            self.require_free(*locks)
        operation = self.record()
        operation.data, operation.doom = data, doom
        self.progress.begin(
            operation,
            seconds=self.progress.lasting(self.route.usual) if seconds is None else seconds,
            steps=steps,
            then=then,
            locks=locks,
        )
        name = self.route.dialect.accepted
        return Reply(status, name(self.request_id) if name is not None else None, headers or {})

    def record(self) -> Operation:
        """Enter this call into the subscription's operations; `accept` and the app do it."""
        self.operation = Operation(
            request_id=self.request_id,
            name=self.route.operation,
            object_path=self.object_path,
            started=self.now,
            parameters={"subscriptionID": self.subscription.id, **self.parameters},
            thumbprint=self.thumbprint,
            client_address=self._incoming.client_address,
        )
        self.subscription.operations.add(self.operation)
        return self.operation
