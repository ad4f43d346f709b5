"""Affinity groups and reserved IP addresses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from asyncsm.operations.affinity_groups import AffinityGroupOperations
from asyncsm.operations.networks import NetworkOperations
from asyncsm.provisioning.resources.base import Operations, Resource
from asyncsm.provisioning.specs import AffinityGroupSpec, ReservedIPSpec
from asyncsm.wire.affinity_groups import AffinityGroup
from asyncsm.wire.networks import ReservedIP


class AffinityGroupResource(Resource[AffinityGroup, AffinityGroupSpec]):
    """An affinity group."""

    kind: ClassVar[str] = "affinity_group"
    fixed: ClassVar[Sequence[str]] = ("location",)
    mended: ClassVar[Sequence[str]] = ("label", "description")
    kept: ClassVar[Sequence[str]] = ("label", "description")
    operations: Operations = Operations.named(AffinityGroupOperations, "affinity_group")


class ReservedIPResource(Resource[ReservedIP, ReservedIPSpec]):
    """A reserved IP address."""

    kind: ClassVar[str] = "reserved_ip"
    fixed: ClassVar[Sequence[str]] = ("location", "label")
    operations: Operations = Operations.named(NetworkOperations, "reserved_ip_address")
