"""Service Bus: its refusals, its entries and feeds, its keys, and what can be connected with them."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any, Final, TypeVar, cast
from urllib.parse import quote

from pydantic import SecretStr

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.collections import Parameters
from asyncsm.emulator.dialects import TEXT_IN_ATOM
from asyncsm.emulator.naming import ByName
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.service_bus import ServiceBusEntity, ServiceBusNamespace
from asyncsm.emulator.state import Subscription
from asyncsm.wire import atom, service_bus as wire
from asyncsm.wire.document import Document

NAMESPACES: Final = "services/servicebus/namespaces"
NAMESPACE: Final = f"{NAMESPACES}/{{namespaceName}}"

DIALECT: Final = TEXT_IN_ATOM
DOWNLEVEL: Final = "Request to a downlevel service failed."
"""All that was seen to be said of a refusal [rec service_bus/get_namespace_with_non_existing_namespace]."""
PAGE_SIZE: Final = 100
"""Entries of a feed [lifecycles 13]."""
DATA_VERSION: Final = "2012-03"
"""Of the namespaces' own API, in whose words their contents are told (recorded in service_bus/list_queues)."""

ALL_SHOWN: Final = "2013-08-01"
"""Version since which namespaces keep their keys to `ConnectionDetails`, and queues and topics show all [guess]."""

INSTANCE: Final = "0c5e2a4e-9c1b-4f5f-8d0e-6a1c7d3b52f9"
"""Id of the provider's process, which its entries have in common (recorded in service_bus/get_regions)."""

NEVER: Final = datetime(1, 1, 1, tzinfo=UTC)
"""When nobody has accessed something (recorded in service_bus/list_queues); no state can have such a time."""

REGIONS: Final = (
    "Australia East",
    "Australia Southeast",
    "Central US",
    "East US",
    "East US 2",
    "North Central US",
    "South Central US",
    "West US",
    "North Europe",
    "West Europe",
    "East Asia",
    "Southeast Asia",
    "Brazil South",
    "Japan East",
    "Japan West",
)
"""Regions, in the order of the service (recorded in service_bus/get_regions)."""

ROOT_RULE: Final = "RootManageSharedAccessKey"
"""The rule that a namespace has from the beginning [lifecycles 13]."""
ALL_RIGHTS: Final = (wire.AccessRight.LISTEN, wire.AccessRight.MANAGE, wire.AccessRight.SEND)

_NAME: Final = re.compile(r"[A-Za-z](?!.*(?:-sb|-mgmt)\Z)[A-Za-z0-9-]{4,48}[A-Za-z0-9]", re.ASCII)
_KEY_NAME: Final = re.compile(r"[\w.-]{1,256}", re.ASCII)

D = TypeVar("D", bound=atom.AtomDescription)
F = TypeVar("F", bound=atom.AtomFeed[Any])


def answered(document: Document | None = None, status: int = 200) -> Reply:
    """Answer as the provider of Service Bus does (recorded in service_bus/get_namespace)."""
    return Reply(status, document, headers={"server-sb": "Service-Bus-Resource-Provider/SN1"})


def forbidden() -> Refusal:
    """403: a namespace cannot have that name."""
    # [rec service_bus/create_namespace_with_existing_namespace]
    return Refusal(403, "Forbidden", DOWNLEVEL)


def missing() -> Refusal:
    """404: there is no such thing."""
    # [rec service_bus/get_namespace_with_non_existing_namespace]
    return refusals.not_found(DOWNLEVEL)


def is_available(call: Call, name: str) -> bool:
    """Tell whether a namespace may be called so."""
    # [lifecycles 13]
    taken = any(name in owner.service_bus_namespaces for owner in call.state.subscriptions.values())
    return not taken and _NAME.fullmatch(name) is not None


def namespace_named(subscription: Subscription, parameters: Parameters) -> ServiceBusNamespace:
    """Return the namespace of the path, whatever state it is in."""
    found = subscription.service_bus_namespaces.get(parameters["namespaceName"])
    if found is None:
        raise missing()
    return found


def working(subscription: Subscription, parameters: Parameters) -> ServiceBusNamespace:
    """Return the namespace of the path, which nobody answers for unless it is ``Active``."""
    found = namespace_named(subscription, parameters)
    if found.status != "Active":
        raise missing()  # [guess]
    return found


# Entries and feeds.


def entry_of(call: Call, description: D) -> D:
    """Return a description in an entry as the provider makes them (recorded in service_bus/create_namespace)."""
    shown = description.model_copy()
    shown.entry = atom.AtomEntry(
        id=_new_id(call), title=atom.AtomText(type="text", text=""), updated=call.now
    )
    return shown


def feed_of(call: Call, kind: type[F], descriptions: Iterable[atom.AtomDescription]) -> F:
    """Return a feed as the provider makes them (recorded in service_bus/list_namespaces)."""
    (items,) = kind.model_fields
    feed = kind(**{items: [entry_of(call, one) for one in descriptions]})
    feed.around = atom.AtomAround(
        id=_new_id(call), title=atom.AtomText(type="text", text=""), updated=call.now
    )
    return feed


def _new_id(call: Call) -> str:
    return f"uuid:{INSTANCE};id={call.random.getrandbits(24)}"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of what a namespace has.

    Attributes:
        field: of `ServiceBusNamespace`.
        noun: in names of operations.
        feed: the reply of the operation that lists them.
    """

    field: str
    noun: str
    feed: type[atom.AtomFeed[Any]]

    @property
    def path(self) -> str:
        """Path of all of a namespace."""
        return f"{NAMESPACE}/{self.noun}s"

    @property
    def parameter(self) -> str:
        """Name of what stands for one of them in paths."""
        return f"{self.noun[0].lower()}{self.noun[1:]}Name"

    def held(self, namespace: ServiceBusNamespace) -> ByName[ServiceBusEntity]:
        """Return all of a namespace."""
        return cast("ByName[ServiceBusEntity]", getattr(namespace, self.field))

    def named(self, call: Call) -> tuple[ServiceBusNamespace, ServiceBusEntity]:
        """Return the namespace and the thing of the path; refuse if one of them is not there."""
        namespace = working(call.subscription, call.parameters)
        found = self.held(namespace).get(call.parameters[self.parameter])
        if found is None:
            raise missing()  # [guess]
        return namespace, found


QUEUES: Final = Kind("queues", "Queue", wire.Queues)
TOPICS: Final = Kind("topics", "Topic", wire.Topics)
HUBS: Final = Kind("hubs", "NotificationHub", wire.NotificationHubs)
RELAYS: Final = Kind("relays", "Relay", wire.Relays)
KINDS: Final = (QUEUES, TOPICS, HUBS, RELAYS)


def shown(
    call: Call, namespace: ServiceBusNamespace, thing: ServiceBusEntity, base: str | None = None
) -> wire.NamedDescription:
    """Return a queue, topic, hub or relay as it is read (recorded in service_bus/list_queues).

    Args:
        call: the request, whose version tells what there is to be shown.
        namespace: which has it.
        thing: the queue, topic, hub or relay.
        base: URL of the feed that it stands in.
    """
    told: dict[str, object] = {"accessed_at": NEVER, "entity_availability_status": "Available"}
    if call.version < ALL_SHOWN:
        told |= {"entity_availability_status": None, "auto_delete_on_idle": None}
    known = type(thing.description).model_fields
    update = {name: value for name, value in told.items() if name in known}
    description = thing.description.model_copy(update=update)
    own = f"{quote(thing.name)}?api-version={DATA_VERSION}"
    url = f"https://{namespace.domain_name}/{own}"
    description.entry = atom.AtomEntry(
        base=base,
        id=url,
        title=atom.AtomText(type="text", text=thing.name),
        published=thing.created,
        updated=thing.updated,
        author=atom.AtomAuthor(name=namespace.name),
        links=[atom.AtomLink(rel="self", href=f"../{own}" if base else url)],
    )
    return description


def listed(call: Call, kind: Kind) -> atom.AtomFeed[Any]:
    """Return a page of all of a kind (recorded in service_bus/list_queues, but for its being one of several)."""
    namespace = working(call.subscription, call.parameters)
    everything = list(kind.held(namespace).values())
    skipped, most = _number(call, "$skip", 0), min(_number(call, "$top", PAGE_SIZE) or 1, PAGE_SIZE)
    url = f"https://{namespace.domain_name}/$Resources/{kind.noun}s?api-version={DATA_VERSION}"
    links = [atom.AtomLink(rel="self", href=url)]
    if len(everything) > skipped + most:
        links.append(atom.AtomLink(rel="next", href=f"{url}&$skip={skipped + most}&$top={most}"))  # [guess]
    (items,) = kind.feed.model_fields
    page = [shown(call, namespace, one, url) for one in everything[skipped : skipped + most]]
    feed = kind.feed(**{items: page})
    feed.around = atom.AtomAround(
        title=atom.AtomText(type="text", text=f"{kind.noun}s"), id=url, updated=call.now, links=links
    )
    return feed


def _number(call: Call, name: str, usual: int) -> int:
    text = call.query.get(name, "")
    if text and not (text.isascii() and text.isdigit()):
        raise refusals.bad_request(f"The query parameter {name} is no number.")  # [guess]
    return int(text) if text else usual


# Keys.


def new_key(random: Random) -> str:
    """Return a key: 32 bytes in base64."""
    return base64.b64encode(random.randbytes(32)).decode()


def checked_key(call: Call, given: SecretStr | None) -> SecretStr:
    """Return a key as it was given, or a new one."""
    if given is None or not given.get_secret_value():
        return SecretStr(new_key(call.random))
    try:
        length = len(base64.b64decode(given.get_secret_value(), validate=True))
    except ValueError:
        length = 0
    if length != 32:
        raise refusals.bad_request("A key is 32 bytes in base64.")  # [guess]
    return given


def checked_rights(given: Sequence[wire.AccessRight]) -> list[wire.AccessRight]:
    """Return what a key is good for: everything, if it is for managing."""
    if not given or not {*given} <= {*ALL_RIGHTS}:
        raise refusals.bad_request("The rights are Listen, Manage and Send.")  # [guess]
    return list(ALL_RIGHTS) if wire.AccessRight.MANAGE in given else sorted({*given})  # [lifecycles 13]


def checked_key_name(given: str | None) -> str:
    """Return the name of a rule."""
    if _KEY_NAME.fullmatch(given or "") is None:
        raise refusals.bad_request(f"'{given}' is no name of a key.")  # [guess]
    return given or ""


def new_rule(
    call: Call, name: str, rights: Sequence[wire.AccessRight], *, primary: SecretStr | None = None
) -> wire.SharedAccessAuthorizationRule:
    """Return a rule with new keys, or with the primary one that is given."""
    return wire.SharedAccessAuthorizationRule(
        claim_type="SharedAccessKey",
        claim_value="None",
        rights=checked_rights(rights),
        created_time=call.now,
        modified_time=call.now,
        revision=0,
        key_name=checked_key_name(name),
        primary_key=checked_key(call, primary),
        secondary_key=checked_key(call, None),
    )


def owner_connection(namespace: ServiceBusNamespace) -> str:
    """Return how the owner connects (recorded in service_bus/create_namespace)."""
    issuer = "SharedSecretIssuer=owner;SharedSecretValue="
    return f"Endpoint=sb://{namespace.domain_name}/;{issuer}{namespace.key}"


def connections(
    namespace: ServiceBusNamespace,
    rules: Iterable[wire.SharedAccessAuthorizationRule | wire.AuthorizationRule],
    entity: str = "",
) -> Iterator[wire.ConnectionDetail]:
    """Yield a way to connect for each of `rules`, to the namespace or to what it has of that name."""
    behind = f";EntityPath={entity}" if entity else ""  # [guess]
    for rule in rules:
        front = f"Endpoint=sb://{namespace.domain_name}/;SharedAccessKeyName={rule.key_name};SharedAccessKey="
        primary, secondary = (
            SecretStr(f"{front}{key.get_secret_value()}{behind}")
            for key in (rule.primary_key, rule.secondary_key)
            if key is not None
        )
        yield wire.ConnectionDetail(
            key_name=rule.key_name,
            connection_string=primary,
            authorization_type="SharedAccessAuthorization",  # [guess]
            rights=rule.rights,
            secondary_connection_string=secondary if not entity else None,
        )


def put_hubs_and_relays(
    namespace: ServiceBusNamespace, hubs: Iterable[str], relays: Iterable[str], random: Random
) -> None:
    """Let there be hubs and relays, for which the service has no request.

    Args:
        namespace: what gets them.
        hubs: names of hubs, each with a key to listen and a key for everything.
        relays: names of relays, at each of which somebody listens.
        random: for keys.
    """
    now = namespace.updated
    for name in hubs:
        rules = [
            _rule("DefaultListenSharedAccessSignature", ALL_RIGHTS[:1], namespace, random),
            _rule("DefaultFullSharedAccessSignature", ALL_RIGHTS, namespace, random),
        ]
        hub = wire.NotificationHubDescription(
            registration_ttl="P90D", authorization_rules=wire.AuthorizationRules(authorization_rule=rules)
        )
        namespace.hubs[name] = ServiceBusEntity(name, hub, now, now)
    for name in relays:
        relay = wire.RelayDescription(
            path=name, listener_type="Http", listener_count=1, created_at=now, updated_at=now
        )
        namespace.relays[name] = ServiceBusEntity(name, relay, now, now)


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
        primary_key=SecretStr(new_key(random)),
        secondary_key=SecretStr(new_key(random)),
    )
