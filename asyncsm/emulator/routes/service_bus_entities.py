"""Queues and topics of a Service Bus namespace, and the hubs and relays that come by its own API."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from math import inf
from typing import Final, Generic, TypeVar, cast

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.collections import Immediate, Parameters, Verb
from asyncsm.emulator.naming import ByName
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import periods, service_bus as bus
from asyncsm.emulator.rules.service_bus import DIALECT, HUBS, KINDS, QUEUES, TOPICS, Kind, answered, feed_of
from asyncsm.emulator.service_bus import ServiceBusEntity
from asyncsm.emulator.state import Subscription
from asyncsm.wire import service_bus as wire
from asyncsm.wire.document import Document

routes: RouteTable = RouteTable(DIALECT)

NEVER: Final = "P10675199DT2H48M5.4775807S"
"""The longest time there is [lifecycles 13]."""
SIZES: Final = frozenset(1024 * part * size for part in (1, 16) for size in range(1, 6))
"""Megabytes that a queue or topic can hold [lifecycles 13]; sixteenfold, as recorded in service_bus/list_queues."""
STATES: Final = frozenset({"Active", "Disabled"})
"""States that one can ask for [lifecycles 13]."""

_LONGEST: Final[Mapping[str, float]] = {
    "lock_duration": 300,
    "duplicate_detection_history_time_window": 7 * 86_400,
    "default_message_time_to_live": inf,
    "auto_delete_on_idle": inf,
}
"""Seconds that times may have [guess]."""
_NAME: Final = re.compile(r"[A-Za-z0-9](?:[\w./-]{0,258}[A-Za-z0-9])?", re.ASCII)

_FIXED: Final = ("requires_duplicate_detection", "requires_session")
"""Properties that stay as they were made [guess]."""
_TOLD: Final = frozenset(
    {
        "size_in_bytes",
        "message_count",
        "created_at",
        "updated_at",
        "accessed_at",
        "count_details",
        "subscription_count",
        "entity_availability_status",
    }
)
"""Elements of requests that only the service knows."""

_NO_MESSAGES: Final = {
    "active_message_count": 0,
    "dead_letter_message_count": 0,
    "scheduled_message_count": 0,
    "transfer_message_count": 0,
    "transfer_dead_letter_message_count": 0,
}
_COMMON: Final[Mapping[str, object]] = {
    "max_size_in_megabytes": 1024,
    "requires_duplicate_detection": False,
    "default_message_time_to_live": NEVER,
    "duplicate_detection_history_time_window": "PT10M",
    "enable_batched_operations": True,
    "size_in_bytes": 0,
    "is_anonymous_accessible": False,
    "status": "Active",
    "support_ordering": True,
    "auto_delete_on_idle": NEVER,
    "count_details": _NO_MESSAGES,
}

DescriptionT = TypeVar("DescriptionT", wire.QueueDescription, wire.TopicDescription)


class _Entities(Immediate[ServiceBusEntity, DescriptionT], Generic[DescriptionT]):
    """Queues or topics.

    Attributes:
        kind: which of them.
        usual: what one is like of which nothing is said.
    """

    kind: Kind
    usual: Mapping[str, object]
    verbs: Sequence[Verb] = ("read", "remove")
    quota = "service_bus_entities_per_namespace"
    name_pattern = _NAME

    def __init__(self, table: RouteTable) -> None:
        self.resource: str = self.kind.noun
        self.noun: str = self.kind.noun.lower()
        self.path: str = self.kind.path
        self.parameter: str = self.kind.parameter
        super().__init__(table)
        one = f"{self.path}/{{{self.parameter}}}"
        table.put(one, f"Create{self.resource}")(self.put_new)
        table.put(one, f"Update{self.resource}", conditional=True)(self.put)

    def held(self, subscription: Subscription, parameters: Parameters) -> ByName[ServiceBusEntity]:
        return self.kind.held(bus.working(subscription, parameters))

    def named(self, subscription: Subscription, parameters: Parameters, name: str) -> ServiceBusEntity:
        found = self.held(subscription, parameters).get(name)
        if found is None:
            raise bus.missing()  # [guess]
        return found

    def put_new(self, call: Call) -> Reply:
        """Answer a PUT without a condition: a new one is there."""
        held, name = self.held(call.subscription, call.parameters), call.parameters[self.parameter]
        wanted = call.body(self.request)
        self.require_new(call, held, name)
        held[name] = thing = self.make(call, name, wanted)
        return answered(self.shown(call, thing), 201)

    def require_new(self, call: Call, held: ByName[ServiceBusEntity], name: str) -> None:
        namespace = bus.working(call.subscription, call.parameters)
        everything = [kind.held(namespace) for kind in KINDS]
        for other in everything:
            if name in other:
                raise refusals.conflict(self.taken.format(noun=self.noun, name=name))  # [lifecycles 13]
        super().require_new(call, held, name)
        limit = call.subscription.quotas.service_bus_entities_per_namespace
        refusals.require_quota("entity count", limit, sum(map(len, everything)))  # [guess]

    def make(self, call: Call, name: str, wanted: DescriptionT) -> ServiceBusEntity:
        description = self._description(call, wanted, {"created_at": call.now, "updated_at": call.now})
        return ServiceBusEntity(name, description, created=call.now, updated=call.now)

    def change(self, call: Call, thing: ServiceBusEntity, wanted: DescriptionT) -> wire.NamedDescription:
        before = cast("DescriptionT", thing.description)
        kept = {name: getattr(before, name) for name in _FIXED if hasattr(before, name)}
        for name, value in kept.items():
            if getattr(wanted, name) not in {None, value}:
                raise refusals.bad_request(f"The {name} of the {self.noun} cannot be changed.")  # [guess]
        told = {name: getattr(before, name) for name in _TOLD if hasattr(before, name)}
        thing.description = self._description(call, wanted, kept | told | {"updated_at": call.now})
        thing.updated = call.now
        return self.shown(call, thing)

    def shown(self, call: Call, thing: ServiceBusEntity) -> wire.NamedDescription:
        return bus.shown(call, bus.working(call.subscription, call.parameters), thing)

    def answered(self, document: Document | None = None, status: int = 200) -> Reply:
        return answered(document, status)

    def _description(self, call: Call, wanted: DescriptionT, told: Mapping[str, object]) -> DescriptionT:
        said = {
            name: value
            for name in wanted.model_fields_set - _TOLD - {"extra_elements"}
            if (value := getattr(wanted, name)) is not None
        }
        for name in _LONGEST.keys() & said.keys():
            _require_duration(name, said[name])
        made = self.request.model_validate({**self.usual, **said, **told})
        if made.max_size_in_megabytes not in SIZES:
            # [lifecycles 13]
            raise refusals.bad_request(f"{made.max_size_in_megabytes} is no size in megabytes.")
        if made.status not in STATES:
            raise refusals.bad_request(f"'{made.status}' is no status of a {self.noun}.")  # [lifecycles 13]
        if getattr(made, "max_delivery_count", 1) < 1:
            raise refusals.bad_request("A message is delivered at least once.")  # [guess]
        made.authorization_rules = _rules(call, made.authorization_rules)
        return made


def _require_duration(name: str, text: str) -> None:
    seconds = periods.duration(text)
    if seconds is None or not 0 < seconds <= _LONGEST[name]:
        raise refusals.bad_request(f"'{text}' is no {name}.")  # [guess]


def _rules(call: Call, wanted: wire.AuthorizationRules) -> wire.AuthorizationRules:
    names = [bus.checked_key_name(rule.key_name).lower() for rule in wanted]
    limit = call.subscription.quotas.service_bus_rules_per_namespace
    if len({*names}) < len(names) or len(names) > limit:
        raise refusals.bad_request(f"There are at most {limit} rules, each with its own name.")  # [guess]
    made = [
        rule.model_copy(
            update={
                "claim_type": "SharedAccessKey",
                "claim_value": "None",
                "rights": bus.checked_rights(rule.rights),
                "created_time": rule.created_time or call.now,
                "modified_time": call.now,
                "primary_key": bus.checked_key(call, rule.primary_key),
                "secondary_key": bus.checked_key(call, rule.secondary_key),
            }
        )
        for rule in wanted
    ]
    return wire.AuthorizationRules(authorization_rule=made)


class _Queues(_Entities[wire.QueueDescription]):
    kind: Kind = QUEUES
    request = wire.QueueDescription
    usual: Mapping[str, object] = {
        **_COMMON,
        "lock_duration": "PT1M",
        "requires_session": False,
        "dead_lettering_on_message_expiration": False,
        "max_delivery_count": 10,
        "message_count": 0,
    }


class _Topics(_Entities[wire.TopicDescription]):
    kind: Kind = TOPICS
    request = wire.TopicDescription
    usual: Mapping[str, object] = {
        **_COMMON,
        "filtering_messages_before_publishing": False,
        "subscription_count": 0,
    }


queues: Final = _Queues(routes)
topics: Final = _Topics(routes)


@routes.get(f"{HUBS.path}/{{{HUBS.parameter}}}", "GetNotificationHub")
def get_hub(call: Call) -> Reply:
    """Get Notification Hub."""
    return answered(bus.shown(call, *HUBS.named(call)))


@routes.delete(f"{HUBS.path}/{{{HUBS.parameter}}}", "DeleteNotificationHub")
def delete_hub(call: Call) -> Reply:
    """Delete Notification Hub."""
    namespace, hub = HUBS.named(call)
    del namespace.hubs[hub.name]
    return answered()


def _listed(kind: Kind, call: Call) -> Reply:
    return answered(bus.listed(call, kind))


def _connections(kind: Kind, call: Call) -> Reply:
    namespace, thing = kind.named(call)
    rules = getattr(thing.description, "authorization_rules", ())
    return answered(feed_of(call, wire.ConnectionDetails, bus.connections(namespace, rules, thing.name)))


for _kind in KINDS:
    routes.get(_kind.path, f"List{_kind.noun}s")(partial(_listed, _kind))
    routes.get(f"{_kind.path}/{{{_kind.parameter}}}/connectiondetails", f"Get{_kind.noun}ConnectionDetails")(
        partial(_connections, _kind)
    )
