"""Specs of what the sibling services have: SQL servers, Service Bus namespaces, web sites, job collections."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import AwareDatetime, Field

from asyncsm.provisioning.secrets import SecretReference
from asyncsm.provisioning.specs import Labelled, Located, Name, Part, Spec


class FirewallRuleSpec(Part):
    """Addresses that may connect to a SQL server."""

    name: Name
    """Unique in the server."""
    start_ip_address: Name
    """The first address; ``0.0.0.0`` as first and last means Azure's own."""
    end_ip_address: Name
    """The last address."""


class SqlServerSpec(Located):
    """A SQL Database server. The service makes its name up, so a plan knows it by its administrator.

    Its `name` is the administrator's login: a server of the subscription with that administrator is the one.
    """

    admin_password: SecretReference
    """8 to 128 characters of three kinds."""
    version: Literal["2.0", "12.0"] | None = None
    """The service's default if absent."""
    firewall_rules: tuple[FirewallRuleSpec, ...] = ()
    """Addresses that may connect."""


class SqlDatabaseSpec(Spec):
    """A database of a SQL server."""

    owner_field: ClassVar[str] = "server_name"

    server_name: Name
    """The administrator of its server, by whom the plan knows it, or the name that the service gave it."""
    service_objective_id: Name
    """An id from `list_service_level_objectives`; they are the same in all subscriptions."""
    edition: Literal["Web", "Business", "Basic", "Standard", "Premium"] | None = None
    """The service tier; ``Web`` if absent."""
    collation_name: str | None = None
    """``SQL_Latin1_General_CP1_CI_AS`` if absent."""
    max_size_bytes: int | None = Field(default=None, ge=1)
    """One of the sizes of its edition; the smallest if absent."""


class TopicSpec(Part):
    """A topic of a Service Bus namespace."""

    name: Name
    """Unique in the namespace."""
    max_size_in_megabytes: int | None = None
    """1024 to 5120, by 1024."""
    requires_duplicate_detection: bool | None = None
    """Drop messages that come twice."""
    default_message_time_to_live: str | None = None
    """How long a message stays, such as ``P14D``; for ever if absent."""


class QueueSpec(TopicSpec):
    """A queue of a Service Bus namespace; times are durations such as ``PT30S``."""

    lock_duration: str | None = None
    """How long a message is held back for the one who reads it."""
    requires_session: bool | None = None
    """Take messages of sessions only."""
    dead_lettering_on_message_expiration: bool | None = None
    """Keep messages whose time is over."""
    max_delivery_count: int | None = Field(default=None, ge=1)
    """How often a message is delivered at most."""


class ServiceBusNamespaceSpec(Located):
    """A Service Bus namespace; its name has 6 to 50 letters, digits and hyphens, and is unique in the world."""

    namespace_type: Literal["Messaging", "NotificationHub", "EventHub"] | None = None
    """``Messaging`` if absent."""
    queues: tuple[QueueSpec, ...] = ()
    """Its queues."""
    topics: tuple[TopicSpec, ...] = ()
    """Its topics."""


class HostingPlanSpec(Part):
    """A web hosting plan, which sites of a region may share; it is made with the first, and goes with the last."""

    name: Name
    """Unique in the region."""
    sku: Literal["Free", "Shared", "Basic", "Standard", "Premium", "Dynamic"]
    """Its kind."""
    number_of_workers: int | None = Field(default=None, ge=0, le=10)
    """1 to 10; none for ``Free`` and ``Shared``."""
    worker_size: Literal["Small", "Medium", "Large"] | None = None
    """The size of its workers."""


class WebSiteSpec(Located):
    """A web site; its name is unique in the world. A region has one web space."""

    host_names: tuple[str, ...] = ()
    """Names to reach it by, besides ``{name}.azurewebsites.net``."""
    hosting_plan: HostingPlanSpec | None = None
    """Its web hosting plan; the service makes one for the region if absent."""
    state: Literal["Running", "Stopped"] = "Running"
    """Its state."""

    @property
    def webspace_name(self) -> str:
        """The web space of its region."""
        return f"{(self.location or '').replace(' ', '').lower()}webspace"


class CloudServiceSpec(Labelled, Located):
    """A cloud service, which job collections can be in; it is no hosted service."""

    description: str | None = None
    """The name if absent."""


class JobSpec(Part):
    """A job that makes an HTTP request."""

    name: Name
    """Unique in the collection."""
    uri: Name
    """The address it calls."""
    method: str = "GET"
    """The method of the request."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Headers of the request."""
    body: str | None = None
    """The content of the request."""
    start_time: AwareDatetime | None = None
    """When it runs first; at once if absent."""
    frequency: Literal["minute", "hour", "day", "week", "month", "year"] | None = None
    """How often it runs; once if absent."""
    interval: int = Field(default=1, ge=1)
    """It runs each time so many of `frequency` are over."""
    occurrences: int | None = Field(default=None, ge=1)
    """How often it runs at most; without end if absent."""
    state: Literal["enabled", "disabled"] = "enabled"
    """Disabled, it does not run."""


class JobCollectionSpec(Spec):
    """A job collection of the scheduler."""

    owner_field: ClassVar[str] = "cloud_service_id"

    cloud_service_id: Name
    """The cloud service it is in."""
    plan: Literal["Free", "Standard", "Premium"] = "Standard"
    """How many jobs it may have, and how often they may run."""
    jobs: tuple[JobSpec, ...] = ()
    """Its jobs."""
