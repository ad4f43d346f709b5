"""The inventory of a subscription: all that its lists show, read once for whatever is made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from asyncsm.errors import ResourceNotFound
from asyncsm.provisioning.resources.site import together
from asyncsm.services import NetworkManagementService, ServiceManagementService
from asyncsm.texts import natural_key
from asyncsm.wire.affinity_groups import AffinityGroup
from asyncsm.wire.certificates import Certificate
from asyncsm.wire.deployments import Deployment
from asyncsm.wire.disks import Disk
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

    def deployments(self) -> list[tuple[ServiceContents, Deployment]]:
        """All deployments, each with its service."""
        return [(one, deployment) for one in self.services for deployment in one.deployments]


async def take_inventory(sms: ServiceManagementService) -> Inventory:
    """Read a subscription: a request for each kind, and three for each hosted service.

    Raises:
        AsyncsmError: something of it cannot be read.
    """
    names = [one.service_name for one in await sms.list_hosted_services()]
    return Inventory(
        affinity_groups=natural(await sms.list_affinity_groups(), lambda one: one.name),
        storage_accounts=natural(await sms.list_storage_accounts(), lambda one: one.service_name),
        reserved_ips=natural(await sms.list_reserved_ip_addresses(), lambda one: one.name),
        networks=natural(await sms.list_virtual_network_sites(), lambda one: one.name),
        security_groups=natural(await _groups(sms), lambda one: one.name),
        os_images=natural(
            (one for one in await sms.list_os_images() if one.category == OWN), lambda one: one.name
        ),
        vm_images=natural(await sms.list_vm_images(category=OWN), lambda one: one.name),
        disks=natural(await sms.list_disks(), lambda one: one.name),
        services=natural(
            [one for one in await together(_contents(sms, name) for name in names) if one is not None],
            lambda one: one.name,
        ),
    )


async def _groups(sms: ServiceManagementService) -> list[NetworkSecurityGroup]:
    networks = NetworkManagementService(session=sms.session)
    listed = await networks.list_network_security_groups()
    return await together(networks.get_network_security_group(one.name, "Full") for one in listed)


async def _contents(sms: ServiceManagementService, name: str) -> ServiceContents | None:
    """Read a hosted service; return ``None`` if it has gone meanwhile."""
    try:
        service = await sms.get_hosted_service_properties(name, embed_detail=True)
        certificates = await sms.list_service_certificates(name)
        extensions = await sms.list_service_extensions(name)
    except ResourceNotFound:
        return None
    return ServiceContents(
        service, natural(certificates, lambda one: one.thumbprint), natural(extensions, lambda one: one.id)
    )


def natural(things: Iterable[T], name: Callable[[T], str | None]) -> list[T]:
    """Sort things by their names, in which numbers count as such: ``web-9`` comes before ``web-10``."""
    return sorted(things, key=lambda one: natural_key(name(one) or ""))
