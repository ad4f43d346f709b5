"""Traffic Manager: profiles, whose names lead to one of several endpoints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.operations.declaring import Family
from asyncsm.operations.facts import Ends
from asyncsm.operations.kinds import Name, Text, between, one_of
from asyncsm.polling import OperationHandle
from asyncsm.wire.figures import HIGHEST_PORT

family: Final = Family(
    "Traffic Manager",
    service="TrafficManagerManagementService",
    evidence="[protocol 4.26]",
    version="2011-10-01",
    ends=Ends.AT_ONCE,
)

PROFILES: Final = "services/WATM/profiles"
PROFILE: Final = PROFILES + "/{profile_name}"
DEFINITIONS: Final = PROFILE + "/definitions"


def _switched(status: str) -> wire.traffic_manager.TrafficProfile:
    return wire.traffic_manager.TrafficProfile(
        status=wire.traffic_manager.TrafficStatus(status),
        status_details=wire.traffic_manager.TrafficStatusDetails(),
    )


class TrafficManagerOperations(Caller):
    """Operations on profiles and their definitions; changes are done with the answer."""

    @family.reads("services/WATM/operations/isavailable/{domain_name}")
    async def check_dns_prefix_availability(
        self, domain_name: str
    ) -> wire.hosted_services.AvailabilityResponse:
        """Tell whether no profile of any subscription has a name such as ``shop.trafficmanager.net``."""
        ...

    @family.reads(PROFILES)
    async def list_profiles(self) -> wire.traffic_manager.TrafficProfiles:
        """List the profiles of the subscription."""
        ...

    @family.reads(PROFILE)
    async def get_profile(self, profile_name: str) -> wire.traffic_manager.TrafficProfile:
        """Read a profile, with the status of its definition.

        Raises:
            ResourceNotFound: there is no such profile.
        """
        ...

    @family.creates(PROFILES, at="/{name}", body=lambda: wire.traffic_manager.TrafficProfile)
    async def create_profile(self, name: Name, domain_name: Name) -> OperationHandle:
        """Create a profile, which is disabled until it has a definition.

        Args:
            name: unique in the subscription.
            domain_name: unique everywhere; it ends in ``.trafficmanager.net``.

        Raises:
            AlreadyExists: one of the names is taken.
            BadRequest: the domain is another, or the quota is used up.
        """
        ...

    @family.replaces(PROFILE, body=lambda: wire.traffic_manager.TrafficProfile, made=_switched)
    async def update_profile(
        self, profile_name: str, status: Annotated[str, one_of(("Enabled", "Disabled"))]
    ) -> OperationHandle:
        """Let the name of a profile lead to its endpoints, or nowhere.

        Args:
            status: ``Enabled`` or ``Disabled``.

        Raises:
            ResourceNotFound: there is no such profile.
            BadRequest: it has no definition.
        """
        ...

    @family.removes(PROFILE)
    async def delete_profile(self, profile_name: str) -> OperationHandle:
        """Delete a profile with its definition.

        Raises:
            ResourceNotFound: there is no such profile.
            BadRequest: another profile has it as an endpoint.
        """
        ...

    @family.reads(DEFINITIONS)
    async def list_definitions(self, profile_name: str) -> wire.traffic_manager.TrafficDefinitions:
        """List the definitions of a profile: one, or none yet.

        Raises:
            ResourceNotFound: there is no such profile.
        """
        ...

    @family.replaces(
        DEFINITIONS,
        method="POST",
        body=lambda: wire.traffic_manager.TrafficDefinition,
        parts={
            "dns_options.time_to_live_in_seconds": "time_to_live_in_seconds",
            "monitors[].protocol": "monitor_protocol",
            "monitors[].port": "monitor_port",
            "monitors[].http_options.relative_path": "monitor_path",
            "policy.load_balancing_method": "load_balancing_method",
            "policy.endpoints": "endpoints",
        },
    )
    async def create_definition(
        self,
        profile_name: str,
        load_balancing_method: Annotated[str, one_of(wire.traffic_manager.LoadBalancingMethod)],
        endpoints: Sequence[wire.traffic_manager.TrafficEndpoint],
        time_to_live_in_seconds: Annotated[int, between(30, 999_999)] = 300,
        monitor_protocol: Annotated[str, one_of(("HTTP", "HTTPS"))] = "HTTP",
        monitor_port: Annotated[int, between(1, HIGHEST_PORT)] = 80,
        monitor_path: Text = "/",
    ) -> OperationHandle:
        """Say where the name of a profile leads, in place of what was said before, and enable it.

        Args:
            load_balancing_method: ``Performance``, for the nearest endpoint, ``Failover``, for the first that
                is there, or ``RoundRobin``.
            endpoints: at most 100; the first is preferred by ``Failover``.
            time_to_live_in_seconds: how long others may remember where the name leads.
            monitor_protocol: ``HTTP`` or ``HTTPS``: how endpoints are asked whether they are there.
            monitor_port: at which they are.
            monitor_path: for which they are; it has to be answered with 200.

        Raises:
            ResourceNotFound: there is no such profile.
            BadRequest: an endpoint is not the subscription's, or lacks a location.
        """
        ...

    @family.reads(DEFINITIONS + "/1")
    async def get_definition(self, profile_name: str) -> wire.traffic_manager.TrafficDefinition:
        """Read the definition of a profile, with how its endpoints are.

        Raises:
            ResourceNotFound: there is no such profile, or it has none.
        """
        ...
