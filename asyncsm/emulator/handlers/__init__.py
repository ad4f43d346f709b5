"""What the service does, one module a family, and the table of all its operations."""

from __future__ import annotations

from typing import Final

from asyncsm.emulator.handlers import (
    affinity_groups,
    certificates,
    deployments,
    hosted_services,
    images,
    operating_systems,
    operations,
    roles,
    storage,
    subscriptions,
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
    *deployments.routes,
    *roles.routes,
    *images.routes,
)
