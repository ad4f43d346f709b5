"""Traffic Manager profiles and application gateways, as the control port and the portal show them."""

from __future__ import annotations

from asyncsm.emulator.control.hosted_services import LockedBy
from asyncsm.emulator.control.resources import Column, ResourceFacts, resource_kind
from asyncsm.emulator.routes.traffic_manager import endpoints_of


@resource_kind(
    "Traffic Manager profile",
    lambda owner: owner.traffic_profiles.values(),
    Column("{name}", "{domain_name}"),
    Column("{endpoints}", otherwise="leads nowhere"),
    Column("{status}", style="state"),
    group="Network",
    at="services/watm/profiles/{name}",
    empty="Their names lead to one of several endpoints: TrafficManagerManagementService.create_profile(…)",
    searched=("name", "domain_name"),
    more=lambda _, profile: {"endpoints": [one.domain_name for one in endpoints_of(profile)] or None},
)
class TrafficProfileFacts(ResourceFacts):
    """A Traffic Manager profile, and the domain names it leads to."""

    domain_name: str
    status: str
    endpoints: list[str] | None


@resource_kind(
    "application gateway",
    lambda owner: owner.application_gateways.values(),
    Column("{name}", "{network}"),
    Column("{instances} of {size}"),
    Column("{state}", "{address}", style="state"),
    group="Network",
    at="services/networking/applicationgateways/{name}",
    empty="They spread web requests over machines of a network: create_application_gateway(…)",
    searched=("name", "network"),
)
class ApplicationGatewayFacts(ResourceFacts):
    """An application gateway, without what it has been told."""

    network: str
    size: str
    instances: int
    state: str
    address: str | None
    locked_by: LockedBy = None
