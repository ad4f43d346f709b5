"""Affinity groups and reserved IP addresses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from asyncsm.polling import OperationHandle
from asyncsm.provisioning.resources.base import ALL, Resource, Site
from asyncsm.provisioning.resources.difference import Difference
from asyncsm.provisioning.specs import AffinityGroupSpec, Part, ReservedIPSpec
from asyncsm.wire.affinity_groups import AffinityGroup
from asyncsm.wire.networks import ReservedIP


class AffinityGroupResource(Resource[AffinityGroup, AffinityGroupSpec]):
    """An affinity group."""

    kind: ClassVar[str] = "affinity_group"
    entry: ClassVar[type[Part]] = AffinityGroupSpec
    creates: str = "CreateAffinityGroup"
    deletes: str = "DeleteAffinityGroup"
    at_once: ClassVar[frozenset[str]] = ALL
    fixed: ClassVar[Sequence[str]] = ("location",)
    mended: ClassVar[Sequence[str]] = ("label", "description")

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, AffinityGroup]]:
        return [(one.name, one) for one in await site.sms.list_affinity_groups()]

    async def _read(self, site: Site) -> AffinityGroup:
        return await site.sms.get_affinity_group_properties(self.name)

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Create the affinity group."""
        spec = self.spec
        return await site.sms.create_affinity_group(
            spec.name, spec.label or spec.name, spec.location or "", spec.description
        )

    async def change(
        self, site: Site, found: AffinityGroup, differences: Sequence[Difference]
    ) -> OperationHandle:
        """Set its label and description."""
        description = found.description if self.spec.description is None else self.spec.description
        return await site.sms.update_affinity_group(
            self.name, self.spec.label or found.label or self.name, description
        )

    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:
        return await site.sms.delete_affinity_group(self.name)


class ReservedIPResource(Resource[ReservedIP, ReservedIPSpec]):
    """A reserved IP address."""

    kind: ClassVar[str] = "reserved_ip"
    entry: ClassVar[type[Part]] = ReservedIPSpec
    creates: str = "CreateReservedIP"
    deletes: str = "DeleteReservedIP"
    fixed: ClassVar[Sequence[str]] = ("location", "label")

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, ReservedIP]]:
        return [(one.name, one) for one in await site.sms.list_reserved_ip_addresses()]

    async def _read(self, site: Site) -> ReservedIP:
        return await site.sms.get_reserved_ip_address(self.name)

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Reserve the address."""
        return await site.sms.create_reserved_ip_address(self.name, self.spec.label, self.spec.location)

    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:
        return await site.sms.delete_reserved_ip_address(self.name)
