"""Traffic Manager: profiles, and the definitions that say which endpoint their names lead to. [protocol 4.26]"""

from typing import Annotated

from asyncsm.wire import figures, rules
from asyncsm.wire.base import OpenEnum, XmlList, XmlModel, repeated, wrapped
from asyncsm.wire.rules import at_most, begins, between, exactly, known, needed, one_of


class LoadBalancingMethod(OpenEnum):
    """The way in which one of several endpoints is chosen."""

    PERFORMANCE = "Performance"
    FAILOVER = "Failover"
    ROUND_ROBIN = "RoundRobin"


class TrafficEndpointType(OpenEnum):
    """The kind of thing that an endpoint is; ``Any`` is outside the cloud."""

    CLOUD_SERVICE = "CloudService"
    AZURE_WEBSITE = "AzureWebsite"
    ANY = "Any"
    TRAFFIC_MANAGER = "TrafficManager"


class TrafficStatus(OpenEnum):
    """The status of a profile, definition or endpoint, by which it is used or not."""

    ENABLED = "Enabled"
    DISABLED = "Disabled"


class TrafficDnsOptions(XmlModel):
    """The way in which the name of a profile is told."""

    time_to_live_in_seconds: Annotated[int, between(30, 999_999)]  # [protocol 4.26] [guess]


class TrafficHttpOptions(XmlModel):
    """The request that is sent to each endpoint."""

    verb: Annotated[str, one_of("GET")] = "GET"  # [protocol 4.26]
    relative_path: Annotated[str | None, begins("/")] = None  # [guess]
    expected_status_code: Annotated[int, one_of(200)] = 200  # [protocol 4.26]


class TrafficMonitor(XmlModel):
    """How endpoints are watched; the service takes one value only of what has a default."""

    interval_in_seconds: Annotated[int, one_of(30)] = 30  # [protocol 4.26]
    timeout_in_seconds: Annotated[int, one_of(10)] = 10  # [protocol 4.26]
    tolerated_number_of_failures: Annotated[int, one_of(3)] = 3  # [protocol 4.26]
    protocol: Annotated[str, one_of("HTTP", "HTTPS")]  # [protocol 4.26] [guess]
    port: Annotated[int, between(1, figures.HIGHEST_PORT)]  # [guess]
    http_options: TrafficHttpOptions | None = None


class TrafficEndpoint(XmlModel):
    """A place to which the name of a profile can lead."""

    domain_name: str
    status: Annotated[TrafficStatus | None, known()] = None  # [guess]
    type: Annotated[TrafficEndpointType | None, known()] = None  # [guess]
    """``CloudService`` if absent."""
    location: str | None = None
    """Of an endpoint outside the subscription; the service knows where the others are."""
    monitor_status: str | None = None
    """In replies: ``CheckingEndpoint``, ``Online``, ``Degraded``, ``Inactive``, ``Disabled`` or ``Stopped``."""
    weight: Annotated[int | None, between(1, 1000)] = None  # [protocol 4.26] [guess]
    """Its share of round robin; 1 if absent."""
    min_child_endpoints: int | None = None
    """Of a nested profile: as long as fewer of its endpoints are there, it is not."""


class TrafficPolicy(XmlModel):
    """The endpoints of a definition, and how one of them is chosen."""

    load_balancing_method: Annotated[LoadBalancingMethod, known()]  # [guess]
    # [lifecycles 16]
    endpoints: list[TrafficEndpoint] = wrapped(TrafficEndpoint, at_most(100), item="Endpoint")
    monitor_status: str | None = None
    """In replies: that of all endpoints together, such as ``CheckingEndpoints``."""


class TrafficDefinition(XmlModel):
    """A definition of a profile: with its status and version only, where the profile is read."""

    xml_root = "Definition"

    dns_options: Annotated[TrafficDnsOptions | None, needed()] = None  # [guess]
    status: TrafficStatus | None = None
    version: int | None = None
    # one, as only one is ever shown [guess]
    monitors: list[TrafficMonitor] = wrapped(TrafficMonitor, exactly(1), item="Monitor")
    policy: Annotated[TrafficPolicy | None, needed()] = None  # [guess]


class TrafficDefinitions(XmlList[TrafficDefinition]):
    """A list of the definitions of a profile, of which there is one at most."""

    xml_root = "Definitions"

    definitions: list[TrafficDefinition] = repeated(TrafficDefinition)


class TrafficStatusDetails(XmlModel):
    """The version of the definition that is used."""

    enabled_version: Annotated[int, one_of(1)] = 1  # [guess]


class TrafficProfile(XmlModel):
    """A profile, whose name leads to one of the endpoints of its definition; also the request of its changes."""

    xml_root = "Profile"

    domain_name: str | None = None
    name: str | None = None
    status: Annotated[TrafficStatus | None, known()] = None  # [guess]
    status_details: TrafficStatusDetails | None = None
    """Present only while the profile is enabled."""
    definitions: list[TrafficDefinition] = wrapped(TrafficDefinition, rules.UNCHECKED, item="Definition")


class TrafficProfiles(XmlList[TrafficProfile]):
    """A list of profiles."""

    xml_root = "Profiles"

    profiles: list[TrafficProfile] = repeated(TrafficProfile)
