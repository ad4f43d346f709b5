"""The kinds of resources a plan may have, one class each; `resources_of` makes them from a plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

from asyncsm.provisioning.checks import Copies
from asyncsm.provisioning.plan import Plan
from asyncsm.provisioning.resources.base import Resource
from asyncsm.provisioning.resources.difference import Difference
from asyncsm.provisioning.resources.machines import VirtualMachineResource
from asyncsm.provisioning.resources.networks import (
    DnsServerResource,
    LocalNetworkSiteResource,
    VirtualNetworkResource,
)
from asyncsm.provisioning.resources.places import AffinityGroupResource, ReservedIPResource
from asyncsm.provisioning.resources.scheduler import (
    CloudServiceResource,
    JobCollectionResource,
    JobResource,
)
from asyncsm.provisioning.resources.service_bus import (
    QueueResource,
    ServiceBusNamespaceResource,
    TopicResource,
)
from asyncsm.provisioning.resources.services import (
    CertificateResource,
    DeploymentResource,
    HostedServiceResource,
)
from asyncsm.provisioning.resources.site import Site
from asyncsm.provisioning.resources.sql import FirewallRuleResource, SqlDatabaseResource, SqlServerResource
from asyncsm.provisioning.resources.storage import DiskResource, OSImageResource, StorageAccountResource
from asyncsm.provisioning.resources.traffic_rules import (
    NetworkSecurityGroupResource,
    NetworkSecurityRuleResource,
    RouteResource,
    RouteTableResource,
)
from asyncsm.provisioning.resources.web_sites import WebSiteResource
from asyncsm.provisioning.specs import DeploymentSpec, Spec

__all__ = ["KINDS", "AnyResource", "Difference", "Resource", "Site", "alone", "left_over", "resources_of"]

AnyResource: TypeAlias = Resource[Any, Any]

KINDS: Final[tuple[type[AnyResource], ...]] = (
    AffinityGroupResource,
    StorageAccountResource,
    ReservedIPResource,
    NetworkSecurityGroupResource,
    NetworkSecurityRuleResource,
    RouteTableResource,
    RouteResource,
    DnsServerResource,
    LocalNetworkSiteResource,
    VirtualNetworkResource,
    OSImageResource,
    DiskResource,
    HostedServiceResource,
    CertificateResource,
    DeploymentResource,
    VirtualMachineResource,
    SqlServerResource,
    FirewallRuleResource,
    SqlDatabaseResource,
    ServiceBusNamespaceResource,
    QueueResource,
    TopicResource,
    WebSiteResource,
    CloudServiceResource,
    JobCollectionResource,
    JobResource,
)

_BY_KIND: Final[dict[str, type[AnyResource]]] = {kind.kind: kind for kind in KINDS}

_PARTS: Final[dict[str, type[AnyResource]]] = {
    "rules": NetworkSecurityRuleResource,
    "routes": RouteResource,
    "firewall_rules": FirewallRuleResource,
    "queues": QueueResource,
    "topics": TopicResource,
    "jobs": JobResource,
}
"""Parts of entries that are resources of their own, by the field that has them."""


def resources_of(plan: Plan, base: Path) -> list[AnyResource]:
    """Make the resources of a plan, in the order in which a person would create them.

    Args:
        plan: the plan.
        base: the directory of its files.

    Raises:
        CredentialError: a certificate's file cannot be read.
    """
    return list(_all(plan, base))


def alone(kind: str, spec: Spec, base: Path = Path()) -> AnyResource:
    """Make the resource of an entry, regardless of the rest of its plan."""
    made = _BY_KIND[kind]
    return DeploymentResource(spec, base) if isinstance(spec, DeploymentSpec) else made(spec)


def left_over(keys: Iterable[str]) -> list[AnyResource]:
    """Make resources that a plan had once, by their keys in its journal; others have no removal."""
    parts = [(*key.partition("/")[::2],) for key in keys]
    return [_BY_KIND[kind].left_over(name) for kind, name in parts if kind in _BY_KIND]


def _all(plan: Plan, base: Path) -> Iterator[AnyResource]:
    wanted = plan.copies()
    for kind in KINDS[: KINDS.index(HostedServiceResource)]:
        yield from _with_parts(kind, wanted)
    certificates: dict[str, list[CertificateResource]] = {}
    for path, service in wanted["hosted_services"]:
        yield HostedServiceResource(service).at(path)
        for place, spec in enumerate(service.certificates):
            certificate = CertificateResource(spec, service.name, spec.thumbprint(base))
            certificates.setdefault(service.name.lower(), []).append(certificate)
            yield certificate.at((*path, "certificates", place))
    for path, deployment in wanted["deployments"]:
        keys = [one.key for one in certificates.get(deployment.service_name.lower(), ())]
        yield DeploymentResource(deployment, base, keys).at(path)
    first: dict[str, VirtualMachineResource] = {}
    for path, machine in wanted["virtual_machines"]:
        service_name = machine.service_name.lower()
        keys = [one.key for one in certificates.get(service_name, ())]
        resource = VirtualMachineResource(machine, certificates=keys, joins=first.get(service_name))
        first.setdefault(service_name, resource)
        yield resource.at(path)
    for kind in KINDS[KINDS.index(VirtualMachineResource) + 1 :]:
        yield from _with_parts(kind, wanted)


def _with_parts(kind: type[AnyResource], wanted: Copies) -> Iterator[AnyResource]:
    """Make the resources of a kind, each with what is in it; parts of others have no section."""
    for path, spec in wanted.get(f"{kind.kind}s", ()):
        made = kind(spec).at(path)
        yield made
        for field, part in _PARTS.items():
            for place, one in enumerate(getattr(spec, field, ()) if part.inside == kind.kind else ()):
                yield part(one, made.name).at((*path, field, place))
