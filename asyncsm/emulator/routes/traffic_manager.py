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
from asyncsm.emulator.dialects import ASP_NET
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import common_fields
from asyncsm.emulator.state import Subscription
from asyncsm.emulator.traffic import TrafficProfile
from asyncsm.emulator.websites import DNS_SUFFIX as SITES
from asyncsm.wire import traffic_manager as wire
from asyncsm.wire.document import Document
from asyncsm.wire.hosted_services import AvailabilityResponse

HEADERS: Final = {**ASP_NET, "X-Content-Type-Options": "nosniff"}
"""Of answers that say yes; refusals are the front end's own. [rec traffic_manager/profile_test]"""
DOMAIN: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.trafficmanager\.net", re.ASCII)
SERVICES: Final = ".cloudapp.net"
CHECKED_AFTER: Final = timedelta(seconds=30)
CHECKING: Final = "CheckingEndpoint"
ENABLED, DISABLED = wire.TrafficStatus.ENABLED, wire.TrafficStatus.DISABLED
Kind = wire.TrafficEndpointType

routes: RouteTable = RouteTable()


class _Profiles(Immediate[TrafficProfile, wire.TrafficProfile]):
    resource: str = "Profile"
    noun: str = "profile"
    verbs: Sequence[Verb] = ("list", "read", "create", "put", "remove")
    path = "services/watm/profiles"
    parameter = "profileName"
    request = wire.TrafficProfile
    kept_in: str = "traffic_profiles"
    listing: type[Document] = wire.TrafficProfiles
    quota: str = "traffic_manager_profiles"

    def named(self, subscription: Subscription, parameters: Parameters, name: str) -> TrafficProfile:
        if not subscription.traffic_profiles:  # [rec traffic_manager/profile_test]
            raise refusals.not_found(f"The specified subscription {subscription.id} does not exist")
        return super().named(subscription, parameters, name)

    def make(self, call: Call, name: str, wanted: wire.TrafficProfile) -> TrafficProfile:
        domain = wanted.domain_name or ""
        sentence = f"The domain name '{domain}' must end with '.trafficmanager.net'."
        refusals.require(DOMAIN.fullmatch(domain.lower()), sentence)  # [protocol 4.26]
        if call.state.owner_of_traffic_domain(domain) is not None:  # [lifecycles 16]
            raise refusals.conflict(f"The domain name '{domain}' is already in use.")
        return TrafficProfile(name, domain)

    def change(self, call: Call, thing: TrafficProfile, wanted: wire.TrafficProfile) -> None:
        usable = wanted.status == DISABLED or thing.definition
        refusals.require(usable, f"The profile {thing.name} has no definition.")  # [guess]
        thing.status = wanted.status or thing.status

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
            status_details=wire.TrafficStatusDetails() if thing.status == ENABLED else None,
            definitions=[] if thing.definition is None else [definition],
        )

    def users(self, subscription: Subscription, thing: TrafficProfile) -> Iterator[str]:
        for other in subscription.traffic_profiles.values():
            if thing.domain_name.lower() in {one.domain_name for one in endpoints_of(other)}:
                yield f"the profile {other.name}"


profiles: _Profiles = _Profiles(routes)
DEFINITIONS: Final = f"{profiles.one}/definitions"


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


@routes.get(f"{DEFINITIONS}/{{version}}", "GetDefinition")
def get_definition(call: Call) -> Reply:
    """Get Definition, of which version 1 is the only one."""
    found, version = _shown(call, profiles.find(call)), call.parameters["version"]
    sentence = f"The profile has no definition {version}."
    return profiles.answered(refusals.required(found if version == "1" else None, sentence))  # [guess]


@routes.post(DEFINITIONS, "CreateDefinition")
def create_definition(call: Call) -> Reply:
    """Create Definition, which takes the place of the one before and enables the profile."""
    profile, wanted = profiles.find(call), call.body(wire.TrafficDefinition)
    policy = wanted.policy or wire.TrafficPolicy(load_balancing_method=wire.LoadBalancingMethod.FAILOVER)
    policy.endpoints = _settled(call, profile, policy)
    profile.definition, profile.defined, profile.status = wanted, call.now, ENABLED
    return profiles.answered(wire.TrafficDefinition(version=1))


def _settled(call: Call, profile: TrafficProfile, policy: wire.TrafficPolicy) -> list[wire.TrafficEndpoint]:
    """Return the endpoints of a request with what they have by default, or refuse one."""
    settled: list[wire.TrafficEndpoint] = []
    sites: list[str] = []
    for one in policy.endpoints:
        domain, kind = one.domain_name.lower(), one.type or Kind.CLOUD_SERVICE
        status, weight = one.status or ENABLED, 1 if one.weight is None else one.weight
        another = domain != profile.domain_name.lower()
        refusals.require(another, f"The endpoint {domain} is not valid.")  # [guess]
        strays = kind == Kind.ANY and domain.endswith(f".{SITES}")
        refusals.require(not strays, f"The endpoint {domain} must be an AzureWebsite.")  # [lifecycles 16]
        region, _ = _target(call.subscription, kind, domain) or (None, False)
        refusals.require(region is not None, f"The subscription has no {kind} {domain}.")  # [guess]
        location = common_fields.known_location(one.location) if one.location else None
        nearest = policy.load_balancing_method == wire.LoadBalancingMethod.PERFORMANCE
        known = location or region or not nearest
        refusals.require(known, f"The endpoint {domain} needs a location.")  # [lifecycles 16]
        sites += [region or ""] if kind == Kind.AZURE_WEBSITE else []
        # The number of child endpoints is not shown (recorded in traffic_manager/definition_test).
        made = wire.TrafficEndpoint(domain_name=domain, status=status, type=kind)
        made.location, made.weight = location, weight
        settled.append(made)
    refusals.require(len({*sites}) == len(sites), "Two web sites are in one region.")  # [lifecycles 16]
    return settled


def _target(subscription: Subscription, kind: str, domain: str) -> tuple[str, bool] | None:
    """Return the region of an endpoint, if that is the subscription's, and whether it is there [guess]."""
    if kind == Kind.CLOUD_SERVICE:
        service = subscription.hosted_services.get(domain.removesuffix(SERVICES))
        if service is None or not domain.endswith(SERVICES):
            return None
        running = {one.slot for one in service.deployments.values() if one.status == "Running"}
        return subscription.region_of(service), "Production" in running
    if kind != Kind.AZURE_WEBSITE:
        return "", True
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
    """Return the definition as it is read, with how its endpoints are."""
    if profile.definition is None or profile.definition.policy is None:
        return None
    policy = profile.definition.policy.model_copy(deep=True)
    for one in policy.endpoints:
        one.monitor_status = _state_of(call, profile, one)
    states = {one.monitor_status or "" for one in policy.endpoints} - {"Disabled"}
    alike = min(states, default="Inactive")
    policy.monitor_status = alike.replace(CHECKING, f"{CHECKING}s") if len(states) < 2 else "Degraded"
    return profile.definition.model_copy(update={"status": profile.status, "version": 1, "policy": policy})


def _state_of(call: Call, profile: TrafficProfile, endpoint: wire.TrafficEndpoint) -> str:
    """Return how an endpoint is: found out half a minute after the definition [guess]."""
    if DISABLED in {profile.status, endpoint.status}:
        return "Inactive" if profile.status == DISABLED else "Disabled"
    if profile.defined is None or call.now - profile.defined < CHECKED_AFTER:
        return CHECKING
    _, is_there = _target(call.subscription, endpoint.type or "", endpoint.domain_name) or ("", False)
    return "Online" if is_there else "Stopped"
