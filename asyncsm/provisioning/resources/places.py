"""Affinity groups and reserved IP addresses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from asyncsm.operations.affinity_groups import AffinityGroupOperations
from asyncsm.operations.networks import NetworkOperations
from asyncsm.provisioning.resources.base import Operations, Resource
from asyncsm.provisioning.specs import AffinityGroupSpec, Part, ReservedIPSpec
from asyncsm.wire.affinity_groups import AffinityGroup
from asyncsm.wire.networks import ReservedIP


class AffinityGroupResource(Resource[AffinityGroup, AffinityGroupSpec]):
    """An affinity group."""

    kind: ClassVar[str] = "affinity_group"
    entry: ClassVar[type[Part]] = AffinityGroupSpec
    fixed: ClassVar[Sequence[str]] = ("location",)
    mended: ClassVar[Sequence[str]] = ("label", "description")
    kept: ClassVar[Sequence[str]] = ("label", "description")
    operations: Operations = Operations(
        lists=AffinityGroupOperations.list_affinity_groups,
        reads=AffinityGroupOperations.get_affinity_group_properties,
        creates=AffinityGroupOperations.create_affinity_group,
        changes=AffinityGroupOperations.update_affinity_group,
        deletes=AffinityGroupOperations.delete_affinity_group,
    )


class ReservedIPResource(Resource[ReservedIP, ReservedIPSpec]):
    """A reserved IP address."""

    kind: ClassVar[str] = "reserved_ip"
    entry: ClassVar[type[Part]] = ReservedIPSpec
    fixed: ClassVar[Sequence[str]] = ("location", "label")
    operations: Operations = Operations(
        lists=NetworkOperations.list_reserved_ip_addresses,
        reads=NetworkOperations.get_reserved_ip_address,
        creates=NetworkOperations.create_reserved_ip_address,
        deletes=NetworkOperations.delete_reserved_ip_address,
    )
