"""The kinds of resources a plan may have, one class each; `resources_of` makes them from a plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

from asyncsm.provisioning.plan import Plan
from asyncsm.provisioning.resources.base import Difference, Resource, Site
from asyncsm.provisioning.resources.machines import VirtualMachineResource
from asyncsm.provisioning.resources.places import AffinityGroupResource, ReservedIPResource
from asyncsm.provisioning.resources.services import (
    CertificateResource,
    DeploymentResource,
    HostedServiceResource,
)
from asyncsm.provisioning.resources.storage import DiskResource, OSImageResource, StorageAccountResource

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
            certificate = CertificateResource(service.name, spec, spec.thumbprint(base))
            certificates.setdefault(service.name.lower(), []).append(certificate)
            yield certificate
    for deployment in wanted.deployments:
        keys = [one.key for one in certificates.get(deployment.service_name.lower(), ())]
        yield DeploymentResource(deployment, base, keys)
    first: dict[str, VirtualMachineResource] = {}
    for machine in wanted.virtual_machines:
        service_name = machine.service_name.lower()
        keys = [one.key for one in certificates.get(service_name, ())]
        resource = VirtualMachineResource(machine, keys, joins=first.get(service_name))
        first.setdefault(service_name, resource)
        yield resource
