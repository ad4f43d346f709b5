"""What the service does, one module a family, and the table of all its operations."""

from __future__ import annotations

from typing import Final

from asyncsm.emulator.handlers import (
    affinity_groups,
    capture,
    certificates,
    data_disks,
    deployments,
    disks,
    dns_servers,
    extensions,
    hosted_services,
    image_publishing,
    images,
    machines,
    networks,
    operating_systems,
    operations,
    power,
    reserved_ips,
    role_instances,
    roles,
    service_certificates,
    storage,
    subscriptions,
    upgrades,
    vm_images,
)
from asyncsm.emulator.routing import Route

ROUTES: Final[tuple[Route, ...]] = (
    *subscriptions.routes,
    *operations.routes,
    *certificates.routes,
    *affinity_groups.routes,
    *storage.routes,
    *operating_systems.routes,
    *hosted_services.routes,
    *service_certificates.routes,
    *deployments.routes,
    *upgrades.routes,
    *role_instances.routes,
    *roles.routes,
    *machines.routes,
    *power.routes,
    *extensions.routes,
    *dns_servers.routes,
    *reserved_ips.routes,
    *networks.routes,
    *capture.routes,
    *data_disks.routes,
    *disks.routes,
    *images.routes,
    *vm_images.routes,
    *image_publishing.routes,
)
