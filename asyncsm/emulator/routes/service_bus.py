"""Service Bus namespaces: where they can be, how they come and go, and the keys to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

from pydantic import SecretStr

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.clock import Clock
from asyncsm.emulator.collections import Immediate, Parameters, Verb
from asyncsm.emulator.naming import ByName
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import service_bus as bus
from asyncsm.emulator.rules.service_bus import DIALECT, NAMESPACE, NAMESPACES, answered, entry_of, feed_of
from asyncsm.emulator.saved_names import effect
from asyncsm.emulator.service_bus import ServiceBusNamespace
from asyncsm.emulator.state import Subscription
from asyncsm.wire import service_bus as wire
from asyncsm.wire.document import Document

routes: RouteTable = RouteTable(DIALECT)

ACTIVATING: Final = 18.0
"""Virtual seconds until a namespace is ``Active`` [lifecycles 13]."""
REMOVING: Final = 10.0
"""Virtual seconds until a deleted one is gone [guess]."""


@routes.get("services/servicebus/regions", "GetRegions")
def list_regions(call: Call) -> Reply:
    """Get Service Bus Regions (recorded in service_bus/get_regions)."""
    regions = (wire.ServiceBusRegion(code=name, fullname=name) for name in bus.REGIONS)
    return answered(feed_of(call, wire.ServiceBusRegions, regions))


@routes.get("services/servicebus/checknamespaceavailability", "CheckNamespaceAvailability")
def check_availability(call: Call) -> Reply:
    """Check Namespace Availability (recorded in service_bus/check_namespace_availability_not_available)."""
    name = call.query.get("namespace")
    if not name:
        raise refusals.missing_query_parameter("namespace")  # [guess]
    free = bus.is_available(call, name)
    reason = None if free else "The specified service namespace is not available."
    return answered(entry_of(call, wire.NamespaceAvailability(result=free, reason_detail=reason)))


class _Namespaces(Immediate[ServiceBusNamespace, wire.ServiceBusNamespace]):
    resource: str = "Namespace"
    noun: str = "Service Bus namespace"
    verbs: Sequence[Verb] = ("list", "read", "remove")
    path: str = NAMESPACES
    parameter: str = "namespaceName"
    request = wire.ServiceBusNamespace
    quota = "service_bus_namespaces"

    def held(self, subscription: Subscription, parameters: Parameters) -> ByName[ServiceBusNamespace]:
        return subscription.service_bus_namespaces

    def named(self, subscription: Subscription, parameters: Parameters, name: str) -> ServiceBusNamespace:
        return bus.namespace_named(subscription, parameters)

    def require_new(self, call: Call, held: ByName[ServiceBusNamespace], name: str) -> None:
        if not bus.is_available(call, name):
            raise bus.forbidden()
        limit = call.subscription.quotas.service_bus_namespaces
        refusals.require_quota(f"{self.noun} count", limit, len(held))  # [guess]

    def make(self, call: Call, name: str, wanted: wire.ServiceBusNamespace) -> ServiceBusNamespace:
        region = next((one for one in bus.REGIONS if one.lower() == (wanted.region or "").lower()), None)
        if region is None:
            raise refusals.bad_request(f"The region '{wanted.region or ''}' is not valid.")  # [lifecycles 13]
        purpose = wanted.namespace_type or wire.NamespaceType.MESSAGING
        if purpose not in list(wire.NamespaceType):
            raise refusals.bad_request(f"The namespace type '{purpose}' is not valid.")  # [lifecycles 13]
        key = None if wanted.create_acs_namespace is False else bus.new_key(call.random)
        made = ServiceBusNamespace(name, region, str(purpose), key, created=call.now, updated=call.now)
        made.rules[bus.ROOT_RULE] = bus.new_rule(call, bus.ROOT_RULE, bus.ALL_RIGHTS)
        return made

    def put(self, call: Call) -> Reply:
        """Answer a PUT: there is a namespace, which nobody can use yet (recorded in service_bus/create_namespace)."""
        name, held = call.parameters[self.parameter], call.subscription.service_bus_namespaces
        wanted = call.body(self.request)
        self.require_new(call, held, name)
        held[name] = made = self.make(call, name, wanted)
        then = partial(_activate, call.clock, call.subscription, name, made.created)
        call.clock.after(call.progress.vary(ACTIVATING), then)
        unsaid: dict[str, object] = {"updated_at": None}
        if made.purpose != wire.NamespaceType.EVENT_HUB:
            unsaid["event_hub_enabled"] = None
        return answered(entry_of(call, _shown(call, made, with_keys=True).model_copy(update=unsaid)))

    def change(
        self, call: Call, thing: ServiceBusNamespace, wanted: wire.ServiceBusNamespace
    ) -> wire.ServiceBusNamespace:
        """Refuse a namespace that there is already: it cannot be changed."""
        raise bus.forbidden()

    def remove(self, call: Call) -> Reply:
        """Answer a DELETE: the namespace is going (recorded in service_bus/delete_namespace)."""
        thing = self.find(call)
        if thing.status != "Removing":
            thing.status, thing.updated = "Removing", call.now
            then = partial(_remove, call.subscription, thing.name)
            call.clock.after(call.progress.vary(REMOVING), then)
        return answered()

    def shown(self, call: Call, thing: ServiceBusNamespace) -> wire.ServiceBusNamespace:
        # As recorded in service_bus/get_namespace, and in the .NET library's with a later version.
        with_keys = thing.status == "Active" and call.version < bus.ALL_SHOWN
        return entry_of(call, _shown(call, thing, with_keys=with_keys))

    def listed(self, call: Call, things: Sequence[ServiceBusNamespace]) -> wire.ServiceBusNamespaces:
        return feed_of(call, wire.ServiceBusNamespaces, (self.shown(call, one) for one in things))

    def answered(self, document: Document | None = None, status: int = 200) -> Reply:
        return answered(document, status)


namespaces: Final = _Namespaces(routes)
routes.put(NAMESPACE, "CreateNamespace")(namespaces.put)


def _shown(call: Call, namespace: ServiceBusNamespace, *, with_keys: bool) -> wire.ServiceBusNamespace:
    known = namespace.key is not None
    told = known and with_keys
    return wire.ServiceBusNamespace(
        name=namespace.name,
        region=namespace.region,
        default_key=SecretStr(namespace.key or "") if told else None,
        status=namespace.status,
        created_at=namespace.created,
        acs_management_endpoint=(
            f"https://{namespace.name.lower()}-sb.accesscontrol.windows.net/" if known else None
        ),
        servicebus_endpoint=f"https://{namespace.domain_name}/",
        connection_string=SecretStr(bus.owner_connection(namespace)) if told else None,
        subscription_id=call.subscription.id.replace("-", ""),
        enabled=namespace.status != "Removing",
        critical=False,
        updated_at=namespace.updated,
        create_acs_namespace=True if known else None,
        event_hub_enabled=True,
        namespace_type=wire.NamespaceType(namespace.purpose),
        resource_group="",
    )


@effect("service-bus/activate")
def _activate(clock: Clock, subscription: Subscription, name: str, created: datetime) -> None:
    """A namespace can be used, if it is still the same."""
    found = subscription.service_bus_namespaces.get(name)
    if found is not None and found.created == created and found.status == "Activating":
        found.status, found.updated = "Active", clock.now()


@effect("service-bus/remove")
def _remove(subscription: Subscription, name: str) -> None:
    """A deleted namespace is gone."""
    subscription.service_bus_namespaces.pop(name, None)


class _Rules(Immediate[wire.SharedAccessAuthorizationRule, wire.SharedAccessAuthorizationRule]):
    resource: str = "AuthorizationRule"
    noun: str = "authorization rule"
    taken: str = "An {noun} with the name '{name}' already exists."
    verbs: Sequence[Verb] = ("list", "read", "create", "put", "remove")
    path: str = f"{NAMESPACE}/authorizationrules"
    parameter: str = "ruleName"
    request = wire.SharedAccessAuthorizationRule
    quota = "service_bus_rules_per_namespace"

    def held(
        self, subscription: Subscription, parameters: Parameters
    ) -> ByName[wire.SharedAccessAuthorizationRule]:
        return bus.working(subscription, parameters).rules

    def named(
        self, subscription: Subscription, parameters: Parameters, name: str
    ) -> wire.SharedAccessAuthorizationRule:
        found = self.held(subscription, parameters).get(name)
        if found is None:
            raise bus.missing()
        return found

    def name_in(self, wanted: wire.SharedAccessAuthorizationRule) -> str:
        return bus.checked_key_name(wanted.key_name)

    def make(
        self, call: Call, name: str, wanted: wire.SharedAccessAuthorizationRule
    ) -> wire.SharedAccessAuthorizationRule:
        made = bus.new_rule(call, name, wanted.rights, primary=wanted.primary_key)
        secondary = bus.checked_key(call, wanted.secondary_key)
        return made.model_copy(update={"secondary_key": secondary})

    def change(
        self,
        call: Call,
        thing: wire.SharedAccessAuthorizationRule,
        wanted: wire.SharedAccessAuthorizationRule,
    ) -> wire.SharedAccessAuthorizationRule:
        name = thing.key_name or ""
        # [guess] that keys stay of which nothing is said
        kept = {
            key: getattr(thing, key) for key in ("primary_key", "secondary_key") if not getattr(wanted, key)
        }
        changed = self.make(call, name, wanted.model_copy(update=kept)).model_copy(
            update={"created_time": thing.created_time, "revision": (thing.revision or 0) + 1}
        )
        self.held(call.subscription, call.parameters)[name] = changed
        return self.shown(call, changed)

    def put(self, call: Call) -> Reply:
        """Answer a PUT: the rule has other rights or keys."""
        return replace(super().put(call), status=201)

    def remove(self, call: Call) -> Reply:
        """Answer a DELETE: the rule is gone."""
        return replace(super().remove(call), status=204)

    def shown(
        self, call: Call, thing: wire.SharedAccessAuthorizationRule
    ) -> wire.SharedAccessAuthorizationRule:
        return entry_of(call, thing)

    def listed(
        self, call: Call, things: Sequence[wire.SharedAccessAuthorizationRule]
    ) -> wire.SharedAccessAuthorizationRules:
        return feed_of(call, wire.SharedAccessAuthorizationRules, things)

    def answered(self, document: Document | None = None, status: int = 200) -> Reply:
        return answered(document, status)


rules: Final = _Rules(routes)


@routes.get(f"{NAMESPACE}/connectiondetails", "GetNamespaceConnectionDetails")
def namespace_connections(call: Call) -> Reply:
    """Get Namespace Description, which tells how to connect."""
    namespace = bus.working(call.subscription, call.parameters)
    return answered(feed_of(call, wire.ConnectionDetails, _connections(namespace)))


def _connections(namespace: ServiceBusNamespace) -> Iterator[wire.ConnectionDetail]:
    if namespace.key is not None:  # [guess]
        yield wire.ConnectionDetail(
            key_name="ACSOwnerKey",
            connection_string=SecretStr(bus.owner_connection(namespace)),
            authorization_type="SharedSecret",
            rights=list(bus.ALL_RIGHTS),
        )
    yield from bus.connections(namespace, namespace.rules.values())
