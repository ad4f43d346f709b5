"""Affinity groups and reserved IP addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Self

from asyncsm.polling import OperationHandle
from asyncsm.provisioning.resources.base import Difference, Resource, Site, Wanted, differ, unless_missing
from asyncsm.provisioning.specs import AffinityGroupSpec, ReservedIPSpec
from asyncsm.wire.affinity_groups import AffinityGroup
from asyncsm.wire.networks import ReservedIP


class AffinityGroupResource(Resource[AffinityGroup, AffinityGroupSpec]):
    """An affinity group."""

    kind: ClassVar[str] = "affinity_group"
    creates: str = "CreateAffinityGroup"
    deletes: str = "DeleteAffinityGroup"
    at_once: ClassVar[frozenset[str]] = frozenset({"create", "change", "remove"})

    @classmethod
    def left_over(cls, name: str) -> Self:
        """Make one that a plan had once."""
        return cls(AffinityGroupSpec.model_construct(name=name))

    @classmethod
    async def survey(cls, site: Site, wanted: Wanted[AffinityGroup]) -> Mapping[str, AffinityGroup]:
        """List all affinity groups."""
        return cls.named(((one.name, one) for one in await site.sms.list_affinity_groups()), wanted)

    async def find(self, site: Site) -> AffinityGroup | None:
        """Read the affinity group."""
        return await unless_missing(site.sms.get_affinity_group_properties(self.name))

    def compare(self, found: AffinityGroup) -> Iterator[Difference]:
        """Yield differences; the location cannot be changed."""
        yield from differ("location", found.location, self.spec.location, mends=False)
        yield from differ("label", found.label, self.spec.label)
        yield from differ("description", found.description, self.spec.description)

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Create the affinity group."""
        spec = self.spec
        return await site.sms.create_affinity_group(
            spec.name, spec.label or spec.name, _place(spec.location), spec.description
        )

    async def change(
        self, site: Site, found: AffinityGroup, differences: Sequence[Difference]
    ) -> OperationHandle:
        """Set its label and description."""
        description = found.description if self.spec.description is None else self.spec.description
        return await site.sms.update_affinity_group(
            self.name, self.spec.label or found.label or self.name, description
        )

    async def remove(self, site: Site, *, disks: bool) -> OperationHandle | None:
        """Delete the affinity group."""
        return await unless_missing(site.sms.delete_affinity_group(self.name))


class ReservedIPResource(Resource[ReservedIP, ReservedIPSpec]):
    """A reserved IP address."""

    kind: ClassVar[str] = "reserved_ip"
    creates: str = "CreateReservedIP"
    deletes: str = "DeleteReservedIP"

    @classmethod
    def left_over(cls, name: str) -> Self:
        """Make one that a plan had once."""
        return cls(ReservedIPSpec.model_construct(name=name))

    @classmethod
    async def survey(cls, site: Site, wanted: Wanted[ReservedIP]) -> Mapping[str, ReservedIP]:
        """List all reserved addresses."""
        return cls.named(((one.name, one) for one in await site.sms.list_reserved_ip_addresses()), wanted)

    async def find(self, site: Site) -> ReservedIP | None:
        """Read the address."""
        return await unless_missing(site.sms.get_reserved_ip_address(self.name))

    def compare(self, found: ReservedIP) -> Iterator[Difference]:
        """Yield differences, none of which can be changed."""
        yield from differ("location", found.location, self.spec.location, mends=False)
        yield from differ("label", found.label, self.spec.label, mends=False)

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Reserve the address."""
        return await site.sms.create_reserved_ip_address(self.name, self.spec.label, self.spec.location)

    async def remove(self, site: Site, *, disks: bool) -> OperationHandle | None:
        """Release the address."""
        return await unless_missing(site.sms.delete_reserved_ip_address(self.name))


def _place(location: str | None) -> str:
    if location is None:
        raise AssertionError("a plan gives every affinity group a location")
    return location
