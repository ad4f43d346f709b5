"""Endpoints of virtual machines: what is allowed, and the ports that nobody named."""

from __future__ import annotations

from random import Random
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.compute import Deployment, Role as StateRole
from asyncsm.wire.base import ExtraElement, XmlModel
from asyncsm.wire.configuration_sets import ConfigurationSet
from asyncsm.wire.endpoints import (
    AclRule,
    ConfigurationSetInputEndpoint,
    ConfigurationSetInputEndpoints,
    EndpointAcl,
    LoadBalancerProbe,
)
from asyncsm.wire.figures import HIGHEST_PORT
from asyncsm.wire.roles import Role
from asyncsm.wire.values import is_nil

LOWEST_FREE_PORT: Final = 49152
"""From here on the service picks public ports."""

MOST_ENDPOINTS: Final = 150
"""The most that the machines of one hosted service can have together."""

IDLE_MINUTES: Final = range(4, 31)
SHORTEST_PROBE_INTERVAL: Final = 5
SHORTEST_PROBE_TIMEOUT: Final = 11
USUAL_PROBE_INTERVAL: Final = 15
USUAL_PROBE_TIMEOUT: Final = 31


def network_of(given: Role, virtual_network: str | None) -> ConfigurationSet:
    """The network configuration of a machine with the service's defaults filled in.

    Args:
        given: the machine as in the request.
        virtual_network: where its deployment is, if it is in one.

    Raises:
        Refusal: an endpoint is wrong, or there are subnets without a network.
    """
    sets = [one for one in given.configuration_sets if isinstance(one, ConfigurationSet)]
    if len(sets) > 1:
        raise refusals.bad_request(f"Role {given.role_name} has several network configurations.")  # [guess]
    if not sets:
        return ConfigurationSet()
    if (sets[0].subnet_names or len(sets[0].network_interfaces)) and not virtual_network:
        raise refusals.bad_request("Subnets must not be specified without a virtual network.")  # [guess]
    if sets[0].static_virtual_network_ip_address and len(sets[0].subnet_names) != 1:
        # [protocol 4.14]
        raise refusals.bad_request("A static address must be specified together with exactly one subnet.")
    names: set[str] = set()
    listed = []
    for endpoint in sets[0].input_endpoints:
        listed.append(checked(endpoint))
        if endpoint.name in names:
            raise refusals.bad_request(f"The endpoint name {endpoint.name} occurs more than once.")  # [guess]
        names.add(endpoint.name or "")
    return _without_empty(
        sets[0].model_copy(
            update={
                "input_endpoints": ConfigurationSetInputEndpoints(input_endpoints=listed),
                "extra_elements": _filled(sets[0].extra_elements),
                **_unsaid(
                    sets[0], "static_virtual_network_ip_address", "network_security_group", "ip_forwarding"
                ),
            }
        )
    )


def _without_empty(network: ConfigurationSet) -> ConfigurationSet:
    """Forget the parts in which nothing is: the service shows none of them, whoever sends them."""
    for name in ("public_ips", "network_interfaces", "subnet_names", "input_endpoints"):
        if not getattr(network, name):
            network.model_fields_set.discard(name)
    return network


def _unsaid(given: XmlModel, *names: str) -> dict[str, None]:
    """Of these fields, those in which there is an empty text: the service shows none of them, either."""
    return {name: None for name in names if getattr(given, name) == ""}


def _filled(elements: tuple[ExtraElement, ...]) -> tuple[ExtraElement, ...]:
    """Of what nobody here understands, that in which something is."""
    return tuple(
        one for one in elements if one.value and not (isinstance(one.value, dict) and is_nil(one.value))
    )


def checked(endpoint: ConfigurationSetInputEndpoint) -> ConfigurationSetInputEndpoint:
    """Return an endpoint of a request with the service's defaults filled in; refuse one that is wrong."""
    protocol = (endpoint.protocol or "").lower()
    if not endpoint.name or protocol not in {"tcp", "udp"}:
        # [protocol 4.14]
        raise refusals.bad_request("An endpoint must have a name, and tcp or udp as its protocol.")
    for port in (endpoint.local_port, 1 if endpoint.port is None else endpoint.port):
        if port is None or not 1 <= port <= HIGHEST_PORT:
            # [guess]: no source says so
            raise refusals.bad_request(f"The endpoint {endpoint.name} must have valid port numbers.")
    given = "idle_timeout_in_minutes" in endpoint.model_fields_set
    minutes = endpoint.idle_timeout_in_minutes if given else None
    if minutes is not None and minutes not in IDLE_MINUTES:
        raise refusals.bad_request(  # [protocol 1.8]
            f"The idle timeout of the endpoint {endpoint.name} must be from {IDLE_MINUTES[0]} to "
            f"{IDLE_MINUTES[-1]} minutes."
        )
    changes: dict[str, object] = {
        "load_balanced_endpoint_set_name": endpoint.load_balanced_endpoint_set_name or None,
        "protocol": protocol,
        "vip": None,
        "enable_direct_server_return": endpoint.enable_direct_server_return,
        "idle_timeout_in_minutes": minutes,
        "extra_elements": _filled(endpoint.extra_elements),
        **_unsaid(endpoint, "virtual_ip_name", "load_balancer_name", "load_balancer_distribution"),
    }
    if endpoint.load_balancer_probe.model_fields_set:
        changes["load_balancer_probe"] = _probe(endpoint.name, endpoint.load_balancer_probe)
    if endpoint.endpoint_acl.rules:
        changes["endpoint_acl"] = _acl(endpoint.endpoint_acl)
    # As of a network, parts in which nothing is are not shown. [guess]
    nothing = {"load_balancer_probe": LoadBalancerProbe(), "endpoint_acl": EndpointAcl()}
    made = endpoint.model_copy(update={**nothing, **changes})
    made.model_fields_set.difference_update(nothing.keys() - changes.keys())
    return made


def _acl(given: EndpointAcl) -> EndpointAcl:
    rules = [one.model_copy(update={"action": (one.action or "").lower() or None}) for one in given.rules]
    return EndpointAcl(rules=rules)


def _probe(name: str, probe: LoadBalancerProbe) -> LoadBalancerProbe:
    """The probe of an endpoint with the usual times for those that nobody said."""
    protocol = (probe.protocol or "").lower()
    if protocol not in {"http", "tcp"} or bool(probe.path) != (protocol == "http"):
        raise refusals.bad_request(  # [protocol 1.8]
            f"The probe of the endpoint {name} must be http with a path, or tcp without."
        )
    interval, timeout = probe.interval_in_seconds, probe.timeout_in_seconds
    if (interval is not None and interval < SHORTEST_PROBE_INTERVAL) or (
        timeout is not None and timeout < SHORTEST_PROBE_TIMEOUT
    ):
        raise refusals.bad_request(  # [protocol 1.8]
            f"The probe of the endpoint {name} must have an interval of at least {SHORTEST_PROBE_INTERVAL} "
            f"and a timeout of at least {SHORTEST_PROBE_TIMEOUT} seconds."
        )
    return probe.model_copy(
        update={
            "protocol": protocol,
            "interval_in_seconds": USUAL_PROBE_INTERVAL if interval is None else interval,
            "timeout_in_seconds": USUAL_PROBE_TIMEOUT if timeout is None else timeout,
        }
    )


def all_of(deployment: Deployment, changed: StateRole | None = None) -> list[ConfigurationSetInputEndpoint]:
    """The endpoints of all machines of `deployment`, or as they will be when one has `changed`."""
    roles = {role.name: role for role in deployment.roles.values()}
    if changed is not None:
        roles[changed.name] = changed
    return [endpoint for role in roles.values() for endpoint in role.network.input_endpoints]


def fill_ports(deployment: Deployment, random: Random, changed: StateRole | None = None) -> None:
    """Give every endpoint that has none the public port of its set, or one which is free in `deployment`; see `all_of`.

    Raises:
        Refusal: there are more endpoints than a hosted service can have.
    """
    present = all_of(deployment, changed)
    if len(present) > MOST_ENDPOINTS:  # [protocol 1.8] [guess]
        raise refusals.bad_request(
            f"The machines of a hosted service have at most {MOST_ENDPOINTS} input endpoints."
        )
    deployment.had_endpoints = deployment.had_endpoints or bool(present)
    taken = {endpoint.port for endpoint in present}
    sets = {_set_of(endpoint): endpoint.port for endpoint in present if endpoint.port is not None}
    for endpoint in present:
        if (name := _set_of(endpoint)) and endpoint.port is None:
            endpoint.port = sets.get(name)
        while endpoint.port is None:
            port = random.randint(LOWEST_FREE_PORT, HIGHEST_PORT)
            if port not in taken:
                endpoint.port = sets[name] = port
                taken.add(port)


def _set_of(endpoint: ConfigurationSetInputEndpoint) -> str:
    """Return the load-balanced set of an endpoint, in lower case; empty for none."""
    return (endpoint.load_balanced_endpoint_set_name or "").lower()


def require_equal_members(deployment: Deployment, changed: StateRole | None = None) -> None:
    """Refuse if the members of a load-balanced set differ in anything but their names; see `all_of`."""
    sets: dict[str, ConfigurationSetInputEndpoint] = {}
    present = [role for role in deployment.roles.values() if changed is None or role.name != changed.name]
    for role in [*present, *([] if changed is None else [changed])]:
        for endpoint in role.network.input_endpoints:
            if name := _set_of(endpoint):
                _require_equal(endpoint, sets.setdefault(name, endpoint))


def _require_equal(endpoint: ConfigurationSetInputEndpoint, member: ConfigurationSetInputEndpoint) -> None:
    for (what, new), (_, present) in zip(_shared(endpoint), _shared(member), strict=True):
        if new != present and not (what == "Port" and None in {new, present}):
            raise refusals.bad_request(  # [guess]: only for the port of a probe is the text known
                f"Endpoint name '{endpoint.name}', property '{what}'. The value '{_shown(new)}' does not match "
                f"'{_shown(present)}' for LB set '{endpoint.load_balanced_endpoint_set_name}'."
            )


def _shared(endpoint: ConfigurationSetInputEndpoint) -> list[tuple[str, object]]:
    """The properties that all members of a load-balanced set have in common."""
    probe = endpoint.load_balancer_probe
    return [
        ("LocalPort", endpoint.local_port),
        ("Port", endpoint.port),
        ("Protocol", endpoint.protocol),
        ("LoadBalancerProbe.Path", probe.path),
        ("LoadBalancerProbe.Port", probe.port),
        ("LoadBalancerProbe.Protocol", probe.protocol),
        ("LoadBalancerProbe.IntervalInSeconds", probe.interval_in_seconds),
        ("LoadBalancerProbe.TimeoutInSeconds", probe.timeout_in_seconds),
        ("EnableDirectServerReturn", endpoint.enable_direct_server_return),
        ("LoadBalancerName", endpoint.load_balancer_name),
        ("EndpointAcl", "; ".join(map(_told, endpoint.endpoint_acl.rules))),
        ("IdleTimeoutInMinutes", endpoint.idle_timeout_in_minutes or IDLE_MINUTES[0]),
        ("LoadBalancerDistribution", endpoint.load_balancer_distribution),
    ]


def _told(rule: AclRule) -> str:
    described = f" ({rule.description})" if rule.description else ""
    return f"{rule.order} {rule.action} {rule.remote_subnet}{described}"


def _shown(value: object) -> str:
    return "" if value is None else str(value)


def require_distinct_ports(deployment: Deployment, changed: StateRole | None = None) -> None:
    """Refuse if two endpoints have one public port, unless they share the load; see `all_of`."""
    owners: dict[tuple[int | None, str | None], str] = {}
    for endpoint in all_of(deployment, changed):
        key = endpoint.port, endpoint.protocol
        shared = _set_of(endpoint)
        if key in owners and (not shared or owners[key] != shared):
            raise refusals.bad_request(  # [protocol 3.4]
                f"Port {endpoint.port} is already in use by one of the endpoints in this deployment. Ensure "
                "that the port numbers are unique across endpoints within a deployment."
            )
        owners[key] = shared
