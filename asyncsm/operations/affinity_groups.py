"""Affinity groups: names for places in a data centre that keep services close together."""

from __future__ import annotations

from typing import Final

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.operations.declaring import Family
from asyncsm.operations.facts import Ends
from asyncsm.operations.kinds import Description, Label, Name
from asyncsm.polling import OperationHandle

family: Final = Family("affinity groups", evidence="[protocol 4.4]", ends=Ends.AT_ONCE)

GROUPS: Final = "affinitygroups"
GROUP: Final = GROUPS + "/{affinity_group_name}"


class AffinityGroupOperations(Caller):
    """Operations on affinity groups."""

    @family.reads(GROUPS)
    async def list_affinity_groups(self) -> wire.affinity_groups.AffinityGroups:
        """List the affinity groups of the subscription.

        REST: List Affinity Groups (ee460797).
        """
        ...

    @family.reads(GROUP, operation="GetAffinityGroup")
    async def get_affinity_group_properties(
        self, affinity_group_name: str
    ) -> wire.affinity_groups.AffinityGroup:
        """Read an affinity group with the hosted services and storage accounts in it.

        REST: Get Affinity Group Properties (ee460789).

        Raises:
            ResourceNotFound: there is no such affinity group.
        """
        ...

    @family.creates(
        GROUPS,
        at="/{name}",
        body=lambda: wire.affinity_groups.CreateAffinityGroup,
        listed="CreateAffinityGroup",
    )
    async def create_affinity_group(
        self, name: Name, label: Label, location: Name, description: Description | None = None
    ) -> OperationHandle:
        """Create an affinity group; it exists when this returns.

        REST: Create Affinity Group (gg715317).

        Args:
            name: unique in the subscription; letters, digits and hyphens.
            location: name of one of `list_locations`.

        Raises:
            InvalidArgument: a label or description is too long.
            AlreadyExists: the name is taken.
            BadRequest: the name or the location is not valid.
        """
        ...

    @family.replaces(
        GROUP, body=lambda: wire.affinity_groups.UpdateAffinityGroup, listed="UpdateAffinityGroup"
    )
    async def update_affinity_group(
        self, affinity_group_name: str, label: Label, description: Description | None = None
    ) -> OperationHandle:
        """Change label and description of an affinity group.

        REST: Update Affinity Group (gg715316).

        Args:
            affinity_group_name: the group to change.

        Raises:
            ResourceNotFound: there is no such affinity group.
        """
        ...

    @family.removes(GROUP, listed="DeleteAffinityGroup")
    async def delete_affinity_group(self, affinity_group_name: str) -> OperationHandle:
        """Delete an affinity group that nothing is in any more.

        REST: Delete Affinity Group (gg715314).

        Raises:
            ResourceNotFound: there is no such affinity group.
            BadRequest: a hosted service or a storage account is still in it.
        """
        ...
