"""Affinity groups: names for places in a data centre that keep services close together."""

from __future__ import annotations

from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import delete, get, post, put
from asyncsm.operations import arguments
from asyncsm.polling import OperationHandle
from asyncsm.wire.affinity_groups import (
    AffinityGroup,
    AffinityGroups,
    CreateAffinityGroup,
    UpdateAffinityGroup,
)


class AffinityGroupOperations(Caller):
    """Operations on affinity groups."""

    async def list_affinity_groups(self) -> AffinityGroups:
        """List the affinity groups of the subscription.

        REST: List Affinity Groups (ee460797).
        """
        return await self.fetch(AffinityGroups, get("affinitygroups"))

    async def get_affinity_group_properties(self, affinity_group_name: str) -> AffinityGroup:
        """Read an affinity group with the hosted services and storage accounts in it.

        REST: Get Affinity Group Properties (ee460789).

        Raises:
            ResourceNotFound: there is no such affinity group.
        """
        return await self.fetch(AffinityGroup, get("affinitygroups", affinity_group_name))

    async def create_affinity_group(
        self, name: str, label: str, location: str, description: str | None = None
    ) -> OperationHandle:
        """Create an affinity group; it exists when this returns.

        REST: Create Affinity Group (gg715317).

        Args:
            name: unique in the subscription; letters, digits and hyphens.
            label: at most 100 characters.
            location: name of one of `list_locations`.
            description: at most 1,024 characters.

        Raises:
            InvalidArgument: a label or description is too long.
            AlreadyExists: the name is taken.
            BadRequest: the name or the location is not valid.
        """
        body = CreateAffinityGroup(
            name=arguments.text("name", name),
            label=arguments.label(label),
            description=arguments.description(description),
            location=arguments.text("location", location),
        )
        return await self.run(
            post(
                "affinitygroups", body=body, creates=("affinitygroups", name), operation="CreateAffinityGroup"
            )
        )

    async def update_affinity_group(
        self, affinity_group_name: str, label: str, description: str | None = None
    ) -> OperationHandle:
        """Change label and description of an affinity group.

        REST: Update Affinity Group (gg715316).

        Args:
            affinity_group_name: the group to change.
            label: at most 100 characters.
            description: at most 1,024 characters.

        Raises:
            ResourceNotFound: there is no such affinity group.
        """
        body = UpdateAffinityGroup(
            label=arguments.label(label), description=arguments.description(description)
        )
        return await self.run(
            put("affinitygroups", affinity_group_name, body=body, operation="UpdateAffinityGroup")
        )

    async def delete_affinity_group(self, affinity_group_name: str) -> OperationHandle:
        """Delete an affinity group that nothing is in any more.

        REST: Delete Affinity Group (gg715314).

        Raises:
            ResourceNotFound: there is no such affinity group.
            BadRequest: a hosted service or a storage account is still in it.
        """
        return await self.run(delete("affinitygroups", affinity_group_name, operation="DeleteAffinityGroup"))
