"""The kinds of resources a plan may have, one class each; `resources_of` makes them from a plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

from asyncsm.provisioning.plan import Plan
from asyncsm.provisioning.resources.base import Difference, Resource, Site
from asyncsm.provisioning.resources.machines import VirtualMachineResource
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
from asyncsm.provisioning.resources.sql import FirewallRuleResource, SqlDatabaseResource, SqlServerResource
from asyncsm.provisioning.resources.storage import DiskResource, OSImageResource, StorageAccountResource
from asyncsm.provisioning.resources.web_sites import WebSiteResource

__all__ = ["KINDS", "AnyResource", "Difference", "Resource", "Site", "left_over", "resources_of"]

AnyResource: TypeAlias = Resource[Any, Any]

KINDS: Final[tuple[type[AnyResource], ...]] = (
    AffinityGroupResource,
    StorageAccountResource,
    ReservedIPResource,
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


def resources_of(plan: Plan, base: Path) -> list[AnyResource]:
    """Make the resources of a plan, in the order in which a person would create them.

    Args:
        plan: the plan.
        base: the directory of its files.

    Raises:
        CredentialError: a certificate's file cannot be read.
    """
    return list(_all(plan, base))


def left_over(keys: Iterable[str]) -> list[AnyResource]:
    """Make resources that a plan had once, by their keys in its journal; others have no removal."""
    kinds = {kind.kind: kind for kind in KINDS}
    parts = [(*key.partition("/")[::2],) for key in keys]
    return [kinds[kind].left_over(name) for kind, name in parts if kind in kinds]


def _all(plan: Plan, base: Path) -> Iterator[AnyResource]:
    wanted = plan.expanded()
    yield from map(AffinityGroupResource, wanted.affinity_groups)
    yield from map(StorageAccountResource, wanted.storage_accounts)
    yield from map(ReservedIPResource, wanted.reserved_ips)
    yield from map(OSImageResource, wanted.os_images)
    yield from map(DiskResource, wanted.disks)
    certificates: dict[str, list[CertificateResource]] = {}
    for service in wanted.hosted_services:
        yield HostedServiceResource(service)
        for spec in service.certificates:
            certificate = CertificateResource(spec, service.name, spec.thumbprint(base))
            certificates.setdefault(service.name.lower(), []).append(certificate)
            yield certificate
    for deployment in wanted.deployments:
        keys = [one.key for one in certificates.get(deployment.service_name.lower(), ())]
        yield DeploymentResource(deployment, base, keys)
    inhabited: set[str] = set()
    for machine in wanted.virtual_machines:
        service_name = machine.service_name.lower()
        keys = [one.key for one in certificates.get(service_name, ())]
        yield VirtualMachineResource(machine, certificates=keys, joins=service_name in inhabited)
        inhabited.add(service_name)
    yield from _siblings(wanted)


def _siblings(wanted: Plan) -> Iterator[AnyResource]:
    for server in wanted.sql_servers:
        yield SqlServerResource(server)
        yield from (FirewallRuleResource(rule, server.name) for rule in server.firewall_rules)
    yield from map(SqlDatabaseResource, wanted.sql_databases)
    for namespace in wanted.service_bus_namespaces:
        yield ServiceBusNamespaceResource(namespace)
        yield from (QueueResource(queue, namespace.name) for queue in namespace.queues)
        yield from (TopicResource(topic, namespace.name) for topic in namespace.topics)
    yield from map(WebSiteResource, wanted.web_sites)
    yield from map(CloudServiceResource, wanted.cloud_services)
    for collection in wanted.job_collections:
        resource = JobCollectionResource(collection)
        yield resource
        yield from (JobResource(job, resource.name) for job in collection.jobs)
