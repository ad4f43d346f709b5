"""Service Bus: namespaces, their keys, and the queues, topics, notification hubs and relays in them.

Each of these is the description in an entry, and a list of them a feed, under Atom's rules (`atom`).
"""

from datetime import datetime
from typing import Annotated, ClassVar, Final
from urllib.parse import parse_qs, urlsplit

from pydantic import Field, SecretStr

from asyncsm.wire.atom import AtomDescription, AtomFeed, ItemT
from asyncsm.wire.base import Nillable, OpenEnum, Wrapped, XmlList, XmlModel, repeated

CONNECT: Final = "http://schemas.microsoft.com/netservices/2010/10/servicebus/connect"
COUNTS: Final = "http://schemas.microsoft.com/netservices/2011/06/servicebus"


class NamespaceType(OpenEnum):
    """The purpose of a namespace."""

    MESSAGING = "Messaging"
    NOTIFICATION_HUB = "NotificationHub"
    EVENT_HUB = "EventHub"


class AccessRight(OpenEnum):
    """Something that a key lets its holder do."""

    LISTEN = "Listen"
    MANAGE = "Manage"
    SEND = "Send"


Rights = Annotated[list[AccessRight], Wrapped("AccessRights"), Field(default_factory=list)]


class ServiceBusRegion(AtomDescription):
    """A region that can have namespaces."""

    xml_root: ClassVar[str] = "RegionCodeDescription"
    xml_namespace: ClassVar[str | None] = CONNECT

    code: str | None = None
    fullname: Annotated[str | None, Field(alias="FullName")] = None


class ServiceBusRegions(AtomFeed[ServiceBusRegion]):
    """Reply of Get Regions."""

    regions: list[ServiceBusRegion] = Field(default_factory=list)


class NamespaceAvailability(AtomDescription):
    """Reply of Check Namespace Availability."""

    xml_namespace: ClassVar[str | None] = CONNECT

    result: bool | None = None
    reason_detail: Annotated[str | None, Nillable] = None

    @property
    def reason(self) -> str | None:
        """The old SDK's name of `reason_detail`."""
        return self.reason_detail


class ServiceBusNamespace(AtomDescription):
    """A namespace, as it is asked for and as it is read.

    Attributes:
        default_key, connection_string: in the reply to its creation, and as long as it is ``Active``.
    """

    xml_root: ClassVar[str] = "NamespaceDescription"
    xml_namespace: ClassVar[str | None] = CONNECT

    name: str | None = None
    region: str | None = None
    default_key: SecretStr | None = None
    status: str | None = None
    created_at: datetime | None = None
    acs_management_endpoint: str | None = None
    servicebus_endpoint: Annotated[str | None, Field(alias="ServiceBusEndpoint")] = None
    connection_string: SecretStr | None = None
    subscription_id: str | None = None
    enabled: bool | None = None
    critical: bool | None = None
    updated_at: datetime | None = None
    create_acs_namespace: Annotated[bool | None, Field(alias="CreateACSNamespace")] = None
    event_hub_enabled: bool | None = None
    namespace_type: NamespaceType | None = None
    messaging_sku: int | None = None
    resource_group: str | None = None


class ServiceBusNamespaces(AtomFeed[ServiceBusNamespace]):
    """Reply of List Namespaces."""

    namespaces: list[ServiceBusNamespace] = Field(default_factory=list)


class SharedAccessAuthorizationRule(AtomDescription):
    """A named pair of keys of a namespace, and what they are good for."""

    xml_namespace: ClassVar[str | None] = CONNECT

    claim_type: str | None = None
    claim_value: str | None = None
    rights: Rights
    created_time: datetime | None = None
    modified_time: datetime | None = None
    revision: int | None = None
    key_name: str | None = None
    primary_key: SecretStr | None = None
    secondary_key: SecretStr | None = None


class SharedAccessAuthorizationRules(AtomFeed[SharedAccessAuthorizationRule]):
    """Reply of List Authorization Rules."""

    rules: list[SharedAccessAuthorizationRule] = Field(default_factory=list)


class ConnectionDetail(AtomDescription):
    """A way to connect: with one of the keys of a namespace, or of what is in it."""

    xml_namespace: ClassVar[str | None] = CONNECT

    key_name: str | None = None
    connection_string: SecretStr | None = None
    authorization_type: str | None = None
    rights: Rights
    secondary_connection_string: SecretStr | None = None


class ConnectionDetails(AtomFeed[ConnectionDetail]):
    """Reply of the operations that ask for ways to connect."""

    details: list[ConnectionDetail] = Field(default_factory=list)


class AuthorizationRule(XmlModel):
    """A named pair of keys of a queue, topic or hub."""

    xml_namespace: ClassVar[str | None] = CONNECT

    type: Annotated[str, Field(alias="@i:type")] = "SharedAccessAuthorizationRule"
    claim_type: str | None = None
    claim_value: str | None = None
    rights: Rights
    created_time: datetime | None = None
    key_name: str | None = None
    modified_time: datetime | None = None
    primary_key: SecretStr | None = None
    secondary_key: SecretStr | None = None


class AuthorizationRules(XmlList[AuthorizationRule]):
    """The keys of a queue, topic or hub."""

    authorization_rule: list[AuthorizationRule] = repeated(AuthorizationRule)


class CountDetails(XmlModel):
    """Numbers of messages, by what will become of them."""

    xml_prefixes: ClassVar[dict[str, str]] = {"d2p1": COUNTS}

    active_message_count: Annotated[int | None, Field(alias="d2p1:ActiveMessageCount")] = None
    dead_letter_message_count: Annotated[int | None, Field(alias="d2p1:DeadLetterMessageCount")] = None
    scheduled_message_count: Annotated[int | None, Field(alias="d2p1:ScheduledMessageCount")] = None
    transfer_message_count: Annotated[int | None, Field(alias="d2p1:TransferMessageCount")] = None
    transfer_dead_letter_message_count: Annotated[
        int | None, Field(alias="d2p1:TransferDeadLetterMessageCount")
    ] = None


class NamedDescription(AtomDescription):
    """A description whose entry says what it is called."""

    xml_namespace: ClassVar[str | None] = CONNECT

    @property
    def name(self) -> str | None:
        """The title of the entry."""
        title = self.entry.title
        return None if title is None else title.text


class QueueDescription(NamedDescription):
    """A queue; times are durations such as ``PT30S``."""

    lock_duration: str | None = None
    max_size_in_megabytes: int | None = None
    requires_duplicate_detection: bool | None = None
    requires_session: bool | None = None
    default_message_time_to_live: str | None = None
    dead_lettering_on_message_expiration: bool | None = None
    duplicate_detection_history_time_window: str | None = None
    max_delivery_count: int | None = None
    enable_batched_operations: bool | None = None
    size_in_bytes: int | None = None
    message_count: int | None = None
    is_anonymous_accessible: bool | None = None
    authorization_rules: AuthorizationRules = Field(default_factory=AuthorizationRules)
    status: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    accessed_at: datetime | None = None
    support_ordering: bool | None = None
    count_details: CountDetails = Field(default_factory=CountDetails)
    auto_delete_on_idle: str | None = None
    entity_availability_status: str | None = None


class TopicDescription(NamedDescription):
    """A topic; times are durations such as ``P14D``."""

    default_message_time_to_live: str | None = None
    max_size_in_megabytes: int | None = None
    requires_duplicate_detection: bool | None = None
    duplicate_detection_history_time_window: str | None = None
    enable_batched_operations: bool | None = None
    size_in_bytes: int | None = None
    filtering_messages_before_publishing: bool | None = None
    is_anonymous_accessible: bool | None = None
    authorization_rules: AuthorizationRules = Field(default_factory=AuthorizationRules)
    status: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    accessed_at: datetime | None = None
    support_ordering: bool | None = None
    count_details: CountDetails = Field(default_factory=CountDetails)
    subscription_count: int | None = None
    auto_delete_on_idle: str | None = None
    entity_availability_status: str | None = None


class NotificationHubDescription(NamedDescription):
    """A notification hub."""

    registration_ttl: str | None = None
    authorization_rules: AuthorizationRules = Field(default_factory=AuthorizationRules)


class RelayDescription(NamedDescription):
    """A relay, which is there as long as somebody listens at it."""

    path: str | None = None
    listener_type: str | None = None
    listener_count: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class PagedFeed(AtomFeed[ItemT]):
    """A feed that may go on."""

    @property
    def continuation_token(self) -> str | None:
        """The number of entries before the next page, as a text; ``None`` on the last."""
        for link in self.around.links:
            if link.rel == "next":
                return parse_qs(urlsplit(link.href or "").query).get("$skip", [None])[0]
        return None


class Queues(PagedFeed[QueueDescription]):
    """Reply of List Queues."""

    queues: list[QueueDescription] = Field(default_factory=list)


class Topics(PagedFeed[TopicDescription]):
    """Reply of List Topics."""

    topics: list[TopicDescription] = Field(default_factory=list)


class NotificationHubs(PagedFeed[NotificationHubDescription]):
    """Reply of List Notification Hubs."""

    hubs: list[NotificationHubDescription] = Field(default_factory=list)


class Relays(PagedFeed[RelayDescription]):
    """Reply of List Relays."""

    relays: list[RelayDescription] = Field(default_factory=list)
