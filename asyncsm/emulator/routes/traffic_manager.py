"""Traffic Manager: profiles, and definitions, whose endpoints are as the clock and their targets have them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.collections import Immediate, Parameters, Verb
from asyncsm.emulator.dialects import ASP_NET, Dialect
from asyncsm.emulator.naming import ByName
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import common_fields
from asyncsm.emulator.state import Subscription
from asyncsm.emulator.traffic import TrafficProfile
from asyncsm.emulator.websites import DNS_SUFFIX as SITES
from asyncsm.wire import traffic_manager as wire
from asyncsm.wire.document import Document
from asyncsm.wire.hosted_services import AvailabilityResponse

HEADERS: Final = {**ASP_NET, "X-Content-Type-Options": "nosniff"}
DOMAIN: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.trafficmanager\.net", re.ASCII)
SERVICES: Final = ".cloudapp.net"
CHECKED_AFTER: Final = timedelta(seconds=30)
MOST_ENDPOINTS: Final = 100
MOST_WEIGHT: Final = 1000
CHECKING: Final = "CheckingEndpoint"
ENABLED, DISABLED = wire.TrafficStatus.ENABLED, wire.TrafficStatus.DISABLED
Kind = wire.TrafficEndpointType
OWNED: Final = frozenset({Kind.CLOUD_SERVICE, Kind.AZURE_WEBSITE})
"""Kinds of endpoints that are the subscription's own."""

routes: RouteTable = RouteTable(Dialect(headers=HEADERS))


class _Profiles(Immediate[TrafficProfile, wire.TrafficProfile]):
    resource, noun = "Profile", "profile"
    verbs: Sequence[Verb] = ("list", "read", "create", "put", "remove")
    path = "services/watm/profiles"
    parameter = "profileName"
    request = wire.TrafficProfile
    quota = "traffic_manager_profiles"

    def held(self, subscription: Subscription, parameters: Parameters) -> ByName[TrafficProfile]:
        return subscription.traffic_profiles

    def named(self, subscription: Subscription, parameters: Parameters, name: str) -> TrafficProfile:
        if not subscription.traffic_profiles:  # [rec traffic_manager/profile_test]
            raise refusals.not_found(f"The specified subscription {subscription.id} does not exist")
        return super().named(subscription, parameters, name)

    def make(self, call: Call, name: str, wanted: wire.TrafficProfile) -> TrafficProfile:
        domain = wanted.domain_name or ""
        if DOMAIN.fullmatch(domain.lower()) is None:  # [protocol 4.26]
            raise refusals.bad_request(f"The domain name '{domain}' must end with '.trafficmanager.net'.")
        if call.state.owner_of_traffic_domain(domain) is not None:  # [lifecycles 16]
            raise refusals.conflict(f"The domain name '{domain}' is already in use.")
        return TrafficProfile(name, domain)

    def change(self, call: Call, thing: TrafficProfile, wanted: wire.TrafficProfile) -> None:
        version = wanted.status_details.enabled_version if wanted.status_details else 1
        if wanted.status is None or wanted.status not in {ENABLED, DISABLED} or version != 1:
            raise refusals.bad_request("The status or version of the profile is not valid.")  # [guess]
        if wanted.status == ENABLED and thing.definition is None:
            raise refusals.bad_request(f"The profile {thing.name} has no definition.")  # [guess]
        thing.status = wanted.status

    def made(self, call: Call, thing: TrafficProfile) -> Reply:
        return self.answered()

    def answered(self, document: Document | None = None, status: int = HTTPStatus.OK) -> Reply:
        return Reply(status, document, headers=HEADERS)

    def shown(self, call: Call, thing: TrafficProfile) -> wire.TrafficProfile:
        definition = wire.TrafficDefinition(status=thing.status, version=1)
        return wire.TrafficProfile(
            domain_name=thing.domain_name,
            name=thing.name,
            status=thing.status,
            status_details=wire.TrafficStatusDetails(enabled_version=1) if thing.status == ENABLED else None,
            definitions=[] if thing.definition is None else [definition],
        )

    def listed(self, call: Call, things: Sequence[TrafficProfile]) -> wire.TrafficProfiles:
        return wire.TrafficProfiles(profiles=[self.shown(call, one) for one in things])

    def users(self, subscription: Subscription, thing: TrafficProfile) -> Iterator[str]:
        for other in subscription.traffic_profiles.values():
            if thing.domain_name.lower() in {one.domain_name for one in endpoints_of(other)}:
                yield f"the profile {other.name}"


profiles: _Profiles = _Profiles(routes)
DEFINITIONS: Final = f"{profiles.path}/{{{profiles.parameter}}}/definitions"


@routes.get("services/watm/operations/isavailable/{domainName}", "CheckDnsPrefixAvailability")
def check_domain(call: Call) -> Reply:
    """Check Dns Prefix Availability."""
    domain = call.parameters["domainName"].lower()
    free = call.state.owner_of_traffic_domain(domain) is None and DOMAIN.fullmatch(domain) is not None
    return profiles.answered(AvailabilityResponse(result=free))


@routes.get(DEFINITIONS, "ListDefinitions")
def list_definitions(call: Call) -> Reply:
    """List Definitions: one at most."""
    found = _shown(call, profiles.find(call))
    return profiles.answered(wire.TrafficDefinitions(definitions=[] if found is None else [found]))


@routes.get(f"{DEFINITIONS}/1", "GetDefinition")
def get_definition(call: Call) -> Reply:
    """Get Definition, of which version 1 is the only one."""
    found = _shown(call, profiles.find(call))
    return profiles.answered(refusals.required(found, "The profile has no definition."))  # [guess]


@routes.post(DEFINITIONS, "CreateDefinition")
def create_definition(call: Call) -> Reply:
    """Create Definition, which takes the place of the one before and enables the profile."""
    profile, wanted = profiles.find(call), call.body(wire.TrafficDefinition)
    _require_monitor(wanted)
    policy = wanted.policy
    if policy is None or policy.load_balancing_method not in {*wire.LoadBalancingMethod}:
        raise refusals.bad_request("The load balancing method is not valid.")  # [guess]
    if len(policy.endpoints) > MOST_ENDPOINTS:  # [lifecycles 16]
        raise refusals.bad_request(f"A definition has at most {MOST_ENDPOINTS} endpoints.")
    policy.endpoints = list(_settled(call, profile, policy))
    profile.definition, profile.defined, profile.status = wanted, call.now, ENABLED
    return profiles.answered(wire.TrafficDefinition(version=1))


def _require_monitor(wanted: wire.TrafficDefinition) -> None:
    seconds = wanted.dns_options.time_to_live_in_seconds if wanted.dns_options else 0
    if not 30 <= seconds <= 999_999:
        raise refusals.bad_request("The time to live must be from 30 to 999999 seconds.")  # [guess]
    for one in wanted.monitors:
        http = one.http_options or wire.TrafficHttpOptions()
        times = one.interval_in_seconds, one.timeout_in_seconds, one.tolerated_number_of_failures
        if (*times, http.verb, http.expected_status_code) != (30, 10, 3, "GET", 200):  # [protocol 4.26]
            raise refusals.bad_request("The monitor must have 30, 10, 3, GET and 200.")
        path = http.relative_path or "/"
        if one.protocol not in {*wire.MonitorProtocol} or not 1 <= one.port <= 65535 or path[0] != "/":
            raise refusals.bad_request("The protocol, port or path of the monitor is not valid.")  # [guess]
    if len(wanted.monitors) != 1:
        raise refusals.bad_request("A definition has one monitor.")  # [guess]


def _settled(
    call: Call, profile: TrafficProfile, policy: wire.TrafficPolicy
) -> Iterator[wire.TrafficEndpoint]:
    """Yield the endpoints of a request with what they have by default, or refuse one."""
    sites: set[str] = set()
    for one in policy.endpoints:
        domain, kind = one.domain_name.lower(), one.type or Kind.CLOUD_SERVICE
        status, weight = one.status or ENABLED, 1 if one.weight is None else one.weight
        if kind not in {*Kind} or status not in {ENABLED, DISABLED} or not 1 <= weight <= MOST_WEIGHT:
            raise refusals.bad_request(f"The endpoint {domain} is not valid.")  # [guess]
        if kind == Kind.ANY and domain.endswith(f".{SITES}"):  # [lifecycles 16]
            raise refusals.bad_request(f"The endpoint {domain} must be of the type {Kind.AZURE_WEBSITE}.")
        if domain == profile.domain_name.lower():
            raise refusals.bad_request(f"The profile {profile.name} cannot be its own endpoint.")  # [guess]
        location = common_fields.known_location(one.location) if one.location else None
        if kind in OWNED:
            found = _target(call.subscription, kind, domain)
            if found is None:
                raise refusals.bad_request(f"The subscription has no {kind} {domain}.")  # [guess]
            if kind == Kind.AZURE_WEBSITE and found[0] in sites:  # [lifecycles 16]
                raise refusals.bad_request(f"The definition has two web sites in {found[0]}.")
            sites |= {found[0]} if kind == Kind.AZURE_WEBSITE else set()
        elif policy.load_balancing_method == wire.LoadBalancingMethod.PERFORMANCE and location is None:
            raise refusals.bad_request(f"The endpoint {domain} needs a location.")  # [lifecycles 16]
        # The number of child endpoints is not shown [rec traffic_manager/definition_test].
        yield wire.TrafficEndpoint(
            domain_name=domain, status=status, type=kind, location=location, weight=weight
        )


def _target(subscription: Subscription, kind: str, domain: str) -> tuple[str, bool] | None:
    """Return the region of a service or site of the subscription, and whether it runs."""
    if kind == Kind.CLOUD_SERVICE:
        name, suffix, _ = domain.partition(SERVICES)
        service = subscription.hosted_services.get(name) if suffix else None
        if service is None:
            return None
        running = {one.slot for one in service.deployments.values() if one.status == "Running"}
        return subscription.region_of(service), "Production" in running
    for space in subscription.web_spaces.values():
        for site in space.sites.values():
            if domain in {one.lower() for one in site.host_names}:
                return space.region, site.state == "Running"
    return None


def endpoints_of(profile: TrafficProfile) -> list[wire.TrafficEndpoint]:
    """Return the endpoints of a profile."""
    policy = profile.definition.policy if profile.definition is not None else None
    return policy.endpoints if policy is not None else []


def _shown(call: Call, profile: TrafficProfile) -> wire.TrafficDefinition | None:
    """Return the definition as it is read: how its endpoints are is found out half a minute later [guess]."""
    if profile.definition is None or profile.definition.policy is None or profile.defined is None:
        return None
    policy = profile.definition.policy.model_copy(deep=True)
    states = set()
    for one in policy.endpoints:
        one.monitor_status = _state_of(call, profile, one)
        states.add(one.monitor_status)
    states.discard("Disabled")
    if len(states) != 1:
        policy.monitor_status = "Degraded" if states else "Inactive"
    else:
        (state,) = states
        policy.monitor_status = "CheckingEndpoints" if state == CHECKING else state
    return profile.definition.model_copy(update={"status": profile.status, "version": 1, "policy": policy})


def _state_of(call: Call, profile: TrafficProfile, endpoint: wire.TrafficEndpoint) -> str:
    """Return how an endpoint is, as far as the emulator has it; others are there [guess]."""
    if profile.status == DISABLED:
        return "Inactive"
    if endpoint.status == DISABLED:
        return "Disabled"
    if profile.defined is None or call.now - profile.defined < CHECKED_AFTER:
        return CHECKING
    if endpoint.type is None or endpoint.type not in OWNED:
        return "Online"
    found = _target(call.subscription, endpoint.type, endpoint.domain_name)
    return "Online" if found is not None and found[1] else "Stopped"
