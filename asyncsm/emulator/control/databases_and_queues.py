"""SQL Database and Service Bus as the control port and the portal show them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pydantic import Field

from asyncsm.emulator.control.resources import Column, Inside, ResourceFacts, resource_kind
from asyncsm.emulator.control.schemas import Shown
from asyncsm.emulator.rules.service_bus import HUBS, KINDS, QUEUES, RELAYS, TOPICS, Kind
from asyncsm.emulator.service_bus import ServiceBusNamespace
from asyncsm.emulator.sql import SqlServer
from asyncsm.emulator.state import Subscription


class SqlDatabaseFacts(Shown):
    """A database of a SQL server."""

    name: str
    edition: str
    state: str
    max_size: int = Field(description="In bytes.")
    created: datetime


class SqlFirewallRuleFacts(Shown):
    """Addresses that may connect to a SQL server."""

    name: str
    start: str
    end: str


class SqlServerSummary(ResourceFacts):
    """A SQL Database server, in short."""

    location: str
    login: str
    version: str
    state: str
    number: int = Field(description="Number of databases besides master.")


def _of_sql_server(_: Subscription, server: SqlServer) -> dict[str, object]:
    return {
        "number": len(server.databases) - 1,
        "databases": list(server.databases.values()),
        "firewall_rules": list(server.firewall_rules.values()),
    }


@resource_kind(
    "SQL server",
    lambda owner: owner.sql_servers.values(),
    Column("{name}", "{location}"),
    Column("{number} databases", "{login}", title="Databases"),
    Column("{state}", style="state"),
    group="SQL Database",
    at="services/sqlservers/servers/{name}",
    read_at="services/sqlservers/servers",
    empty="They have databases and firewall rules: create_server(…)",
    row=SqlServerSummary,
    searched=("name", "databases"),
    more=_of_sql_server,
    example="ledger",
)
class SqlServerFacts(SqlServerSummary):
    """A SQL Database server with its databases and firewall rules."""

    databases: list[SqlDatabaseFacts]
    firewall_rules: list[SqlFirewallRuleFacts]


@resource_kind(
    "SQL database",
    lambda owner: [
        Inside(database, server=server.name)
        for server in owner.sql_servers.values()
        for database in server.databases.values()
    ],
    Column("{name}", "{server}"),
    Column("{edition}", "{max_size} bytes"),
    Column("{state}", style="state"),
    group="SQL Database",
    at="services/sqlservers/servers/{server}/databases/{name}",
    empty="Each server has at least master: create_database(…)",
    searched=("name", "server"),
)
class DatabaseFacts(ResourceFacts):
    """A database, with the server it is on."""

    server: str
    edition: str
    max_size: int = Field(description="In bytes.")
    collation: str
    state: str
    created: datetime
    recoverable_since: datetime | None


class ServiceBusEntityFacts(Shown):
    """A queue, topic, notification hub or relay."""

    name: str
    kind: str
    created: datetime


class ServiceBusNamespaceSummary(ResourceFacts):
    """A Service Bus namespace, in short."""

    region: str
    purpose: str
    status: str
    queues: int = Field(description="Number of queues.")
    topics: int = Field(description="Number of topics.")


def _of_namespace(_: Subscription, namespace: ServiceBusNamespace) -> dict[str, object]:
    return {
        "queues": len(namespace.queues),
        "topics": len(namespace.topics),
        "rules": list(namespace.rules),
        "contents": [
            {"name": one.name, "kind": kind.noun, "created": one.created}
            for kind in KINDS
            for one in kind.held(namespace).values()
        ],
    }


@resource_kind(
    "Service Bus namespace",
    lambda owner: owner.service_bus_namespaces.values(),
    Column("{name}", "{region}"),
    Column("{queues} queues", "{topics} topics"),
    Column("{status}", style="state"),
    group="Service Bus",
    at="services/servicebus/namespaces/{name}",
    empty="They have queues, topics, hubs and relays: create_namespace(…)",
    row=ServiceBusNamespaceSummary,
    searched=("name", "queues", "topics", "hubs", "relays"),
    more=_of_namespace,
    example="messages",
)
class ServiceBusNamespaceFacts(ServiceBusNamespaceSummary):
    """A Service Bus namespace with what is in it, and the names of its keys."""

    created: datetime
    rules: list[str]
    contents: list[ServiceBusEntityFacts]


class InNamespace(ResourceFacts):
    """Facts of what is in a Service Bus namespace."""

    namespace: str
    created: datetime
    updated: datetime


def _in_namespaces(
    noun: str, kind: Kind, method: str, *, read_alone: bool = True
) -> Callable[[type[InNamespace]], type[InNamespace]]:
    """Declare what namespaces have of a kind."""

    def found(owner: Subscription) -> list[Inside]:
        spaces = owner.service_bus_namespaces.values()
        return [Inside(one, namespace=space.name) for space in spaces for one in kind.held(space).values()]

    everything = f"services/servicebus/namespaces/{{namespace}}/{kind.noun}s"
    return resource_kind(
        noun,
        found,
        Column("{name}", "{namespace}"),
        Column("{created}"),
        group="Service Bus",
        at=f"{everything}/{{name}}",
        read_at="" if read_alone else everything,
        empty=f"They are in namespaces: {method}(…)",
        searched=("name", "namespace"),
    )


@_in_namespaces("queue", QUEUES, "ServiceBusManagementService.create_queue")
class QueueFacts(InNamespace):
    """A queue of Service Bus."""


@_in_namespaces("topic", TOPICS, "ServiceBusManagementService.create_topic")
class TopicFacts(InNamespace):
    """A topic of Service Bus."""


@_in_namespaces("notification hub", HUBS, "ServiceBusManagementService.create_notification_hub")
class NotificationHubFacts(InNamespace):
    """A notification hub."""


@_in_namespaces("relay", RELAYS, "", read_alone=False)
class RelayFacts(InNamespace):
    """A relay of Service Bus."""
