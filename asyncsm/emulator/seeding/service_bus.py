"""Service Bus namespaces of a seed document, with what they have."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from pydantic import SecretStr

from asyncsm.emulator.rules import service_bus as bus
from asyncsm.emulator.rules.service_bus import NAMESPACES
from asyncsm.emulator.seeding.document import SubscriptionContents
from asyncsm.emulator.seeding.places import Place, Send, each_of
from asyncsm.emulator.seeding.service_bus_document import ServiceBusNamespaceSeed
from asyncsm.emulator.service_bus import Description, ServiceBusEntity, ServiceBusNamespace
from asyncsm.emulator.state import Quotas, Subscription
from asyncsm.wire import service_bus as wire


def plant_namespaces(
    subscription: Subscription,
    send: Send,
    path: str,
    contents: SubscriptionContents,
    random: Random,
) -> None:
    """Make the namespaces; hubs and relays, for which the service has no request, are put there.

    Args:
        subscription: which gets them.
        send: makes a request.
        path: what precedes the names of the document's fields.
        contents: what the subscription is to have.
        random: for keys.
    """
    for place, seed, name in each_of(f"{path}service_bus_namespaces", contents.service_bus_namespaces):
        kind = None if seed.type is None else wire.NamespaceType(seed.type)
        body = wire.ServiceBusNamespace(region=seed.location or contents.location, namespace_type=kind)
        send(place, "PUT", f"{NAMESPACES}/{name}", body)
        for number, rule in enumerate(seed.rules):
            made = wire.SharedAccessAuthorizationRule(
                key_name=place.text(rule.name), rights=[wire.AccessRight(right) for right in rule.rights]
            )
            inside = replace(place, field=f"{place.field}.rules[{number}]")
            send(inside, "POST", f"{NAMESPACES}/{name}/authorizationrules", made)
        for inside, queue, called in each_of(f"{place.field}.queues", seed.queues, place.index):
            wanted = queue.model_dump(exclude={"name", "count"}, exclude_none=True)
            send(inside, "PUT", f"{NAMESPACES}/{name}/queues/{called}", wire.QueueDescription(**wanted))
        for inside, topic, called in each_of(f"{place.field}.topics", seed.topics, place.index):
            wanted = topic.model_dump(exclude={"name", "count"}, exclude_none=True)
            send(inside, "PUT", f"{NAMESPACES}/{name}/topics/{called}", wire.TopicDescription(**wanted))
        _put_there(subscription.service_bus_namespaces[name], place, seed, random)


def _put_there(
    namespace: ServiceBusNamespace, place: Place, seed: ServiceBusNamespaceSeed, random: Random
) -> None:
    def entity(name: str, description: Description) -> ServiceBusEntity:
        return ServiceBusEntity(name, description, namespace.updated, namespace.updated)

    for _, _, name in each_of("", seed.notification_hubs, place.index):
        rules = [
            _rule("DefaultListenSharedAccessSignature", bus.ALL_RIGHTS[:1], namespace, random),
            _rule("DefaultFullSharedAccessSignature", bus.ALL_RIGHTS, namespace, random),
        ]
        hub = wire.NotificationHubDescription(
            registration_ttl="P90D", authorization_rules=wire.AuthorizationRules(authorization_rule=rules)
        )
        namespace.hubs[name] = entity(name, hub)
    for _, listener, name in each_of("", seed.relays, place.index):
        relay = wire.RelayDescription(
            path=name,
            listener_type=listener.listener_type,
            listener_count=1,
            created_at=namespace.updated,
            updated_at=namespace.updated,
        )
        namespace.relays[name] = entity(name, relay)


def _rule(
    name: str, rights: tuple[wire.AccessRight, ...], namespace: ServiceBusNamespace, random: Random
) -> wire.AuthorizationRule:
    return wire.AuthorizationRule(
        claim_type="SharedAccessKey",
        claim_value="None",
        rights=list(rights),
        created_time=namespace.updated,
        key_name=name,
        modified_time=namespace.updated,
        primary_key=SecretStr(bus.new_key(random)),
        secondary_key=SecretStr(bus.new_key(random)),
    )


def service_bus_quotas(wanted: Quotas, subscription: Subscription) -> dict[str, int]:
    """Return the quotas that are wanted, or those that what there is needs."""
    namespaces = subscription.service_bus_namespaces.values()
    rules = max((len(one.rules) for one in namespaces), default=0)
    entities = max((sum(len(kind.held(one)) for kind in bus.KINDS) for one in namespaces), default=0)
    return {
        "service_bus_namespaces": max(wanted.service_bus_namespaces, len(namespaces)),
        "service_bus_rules_per_namespace": max(wanted.service_bus_rules_per_namespace, rules),
        "service_bus_entities_per_namespace": max(wanted.service_bus_entities_per_namespace, entities),
    }
