"""The inventory of a subscription: all that its lists show, read once for whatever is made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from asyncsm.errors import ResourceNotFound
from asyncsm.provisioning.resources.networks import VirtualNetworkResource
from asyncsm.provisioning.resources.places import AffinityGroupResource, ReservedIPResource
from asyncsm.provisioning.resources.services import CertificateResource, HostedServiceResource
from asyncsm.provisioning.resources.site import Site, together, unless_missing
from asyncsm.provisioning.resources.storage import DiskResource, OSImageResource, StorageAccountResource
from asyncsm.provisioning.resources.traffic_rules import NetworkSecurityGroupResource
from asyncsm.services import HDInsightManagementService, SchedulerManagementService, ServiceManagementService
from asyncsm.texts import natural_key
from asyncsm.wire.affinity_groups import AffinityGroup
from asyncsm.wire.certificates import Certificate
from asyncsm.wire.deployments import Deployment
from asyncsm.wire.disks import Disk
from asyncsm.wire.hdinsight import Cluster
from asyncsm.wire.hosted_services import HostedService
from asyncsm.wire.images import OSImage
from asyncsm.wire.network_security_groups import NetworkSecurityGroup
from asyncsm.wire.networks import ReservedIP, VirtualNetworkSite
from asyncsm.wire.service_extensions import HostedServiceExtension
from asyncsm.wire.storage import StorageService
from asyncsm.wire.vm_images import VMImage

T = TypeVar("T")

OWN = "User"
"""The category of a subscription's own images."""


@dataclass(frozen=True, slots=True)
class ServiceContents:
    """A hosted service with all that is in it.

    Attributes:
        service: it, with its deployments.
        certificates: its certificates.
        extensions: its extensions.
    """

    service: HostedService
    certificates: list[Certificate]
    extensions: list[HostedServiceExtension]

    @property
    def name(self) -> str:
        """The service's name."""
        return self.service.service_name

    @property
    def deployments(self) -> list[Deployment]:
        """The deployments in both slots."""
        return list(self.service.deployments)


@dataclass(frozen=True, slots=True)
class Inventory:
    """All resources of a subscription, each kind by name, in which numbers count as such.

    Of images only the subscription's own are here, and virtual machines are in the deployments.
    """

    affinity_groups: list[AffinityGroup]
    storage_accounts: list[StorageService]
    reserved_ips: list[ReservedIP]
    networks: list[VirtualNetworkSite]
    security_groups: list[NetworkSecurityGroup]
    os_images: list[OSImage]
    vm_images: list[VMImage]
    disks: list[Disk]
    services: list[ServiceContents]
    clusters: list[Cluster]

    def deployments(self) -> list[tuple[ServiceContents, Deployment]]:
        """All deployments, each with its service."""
        return [(one, deployment) for one in self.services for deployment in one.deployments]


async def take_inventory(sms: ServiceManagementService) -> Inventory:
    """Read a subscription: a request for each kind, three for each hosted service, and one for each cluster.

    Raises:
        AsyncsmError: something of it cannot be read.
    """
    site = Site(sms, Path())
    names = [one.service_name for one in await HostedServiceResource.all(site)]
    return Inventory(
        affinity_groups=await AffinityGroupResource.all(site),
        storage_accounts=await StorageAccountResource.all(site),
        reserved_ips=await ReservedIPResource.all(site),
        networks=await VirtualNetworkResource.all(site),
        security_groups=await _groups(site),
        os_images=[one for one in await OSImageResource.all(site) if one.category == OWN],
        vm_images=natural(await sms.list_vm_images(category=OWN), lambda one: one.name),
        disks=await DiskResource.all(site),
        services=[one for one in await together(_contents(site, name) for name in names) if one is not None],
        clusters=await _clusters(sms),
    )


async def _groups(site: Site) -> list[NetworkSecurityGroup]:
    groups = await NetworkSecurityGroupResource.all(site)
    return await together(site.network.get_network_security_group(one.name, "Full") for one in groups)


async def _clusters(sms: ServiceManagementService) -> list[Cluster]:
    """Read the HDInsight clusters; those that go meanwhile are left out."""
    scheduler = SchedulerManagementService(session=sms.session)
    hdinsight = HDInsightManagementService(session=sms.session)
    replies = await together(
        unless_missing(hdinsight.get_cluster(service.name or "", one.name or ""))
        for service in await scheduler.list_cloud_services()
        for one in service.resources
        if (one.resource_provider_namespace or "").lower() == "hdinsight"
    )
    return [one.cluster for one in replies if one is not None and one.cluster is not None]


async def _contents(site: Site, name: str) -> ServiceContents | None:
    """Read a hosted service; return ``None`` if it has gone meanwhile."""
    try:
        service = await site.sms.get_hosted_service_properties(name, embed_detail=True)
        certificates = await CertificateResource.all(site, name)
        extensions = await site.sms.list_service_extensions(name)
    except ResourceNotFound:
        return None
    return ServiceContents(service, certificates, natural(extensions, lambda one: one.id))


def natural(things: Iterable[T], name: Callable[[T], str | None]) -> list[T]:
    """Sort things by their names, in which numbers count as such: ``web-9`` comes before ``web-10``."""
    return sorted(things, key=lambda one: natural_key(name(one) or ""))
