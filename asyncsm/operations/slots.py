"""Deployments of web and worker roles by the slot they are in, for those who do not know their names.

A change by slot takes the whole hosted service for itself, as a swap does: which deployment it is about
is known to the service only, and may be one that another change names.
"""

from __future__ import annotations

from typing import Annotated, Final

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import Reconcile
from asyncsm.operations.declaring import Family
from asyncsm.operations.deployments import SETTABLE, SLOT
from asyncsm.operations.kinds import (
    BlobUrl,
    Configuration,
    DeploymentProperties,
    Label,
    Names,
    Slot,
    between,
    one_of,
)
from asyncsm.operations.upgrades import ROLLBACK_MODES
from asyncsm.polling import OperationHandle

family: Final = Family("deployments by slot", evidence="[protocol 4.7]", version="2016-06-01")

INSTANCES: Final = SLOT + "/roleinstances"
INSTANCE: Final = INSTANCES + "/{role_instance_name}"


class SlotOperations(Caller):
    """Operations on the deployment in a slot: what the methods without ``_by_slot`` do to one they name.

    `deployment_slot` is ``Production`` or ``Staging``, in any case; an empty slot is a `ResourceNotFound`.
    """

    @family.removes(SLOT, listed="DeleteDeploymentBySlot")
    async def delete_deployment_by_slot(self, service_name: str, deployment_slot: Slot) -> OperationHandle:
        """Delete the deployment in a slot, running or not.

        REST: Delete Deployment (ee460815).
        """
        ...

    @family.acts(
        SLOT + "?comp=config",
        body=lambda: wire.deployments.ChangeConfiguration,
        listed="ChangeDeploymentConfigurationBySlot",
    )
    async def change_deployment_configuration_by_slot(
        self,
        service_name: str,
        deployment_slot: Slot,
        configuration: Configuration,
        treat_warnings_as_error: bool = False,
        mode: Annotated[str, one_of(wire.deployments.UpgradeMode)] = "Auto",
        extended_properties: DeploymentProperties | None = None,
        *,
        extension_configuration: wire.extensions.ExtensionConfiguration | None = None,
    ) -> OperationHandle:
        """Give the deployment in a slot another configuration, as `change_deployment_configuration`.

        REST: Change Deployment Configuration (ee460809).
        """
        ...

    @family.acts(
        SLOT + "?comp=status",
        body=lambda: wire.deployments.UpdateDeploymentStatus,
        listed="UpdateDeploymentStatusBySlot",
        reconcile=Reconcile.REPEAT,
    )
    async def update_deployment_status_by_slot(
        self, service_name: str, deployment_slot: Slot, status: Annotated[str, one_of(SETTABLE)]
    ) -> OperationHandle:
        """Start or suspend all role instances of the deployment in a slot.

        REST: Update Deployment Status (ee460808).

        Args:
            status: ``Running`` or ``Suspended``.
        """
        ...

    @family.acts(
        SLOT + "?comp=upgrade",
        body=lambda: wire.deployments.UpgradeDeployment,
        listed="UpgradeDeploymentBySlot",
    )
    async def upgrade_deployment_by_slot(
        self,
        service_name: str,
        deployment_slot: Slot,
        mode: Annotated[str, one_of(wire.deployments.UpgradeMode)],
        package_url: BlobUrl,
        configuration: Configuration,
        label: Label,
        force: bool,
        role_to_upgrade: str | None = None,
        extended_properties: DeploymentProperties | None = None,
        *,
        extension_configuration: wire.extensions.ExtensionConfiguration | None = None,
    ) -> OperationHandle:
        """Give the deployment in a slot another package, in place, as `upgrade_deployment`.

        REST: Upgrade Deployment.

        Raises:
            BadRequest: data would be lost and `force` is not set, or the package does not do.
        """
        ...

    @family.acts(
        SLOT + "?comp=walkupgradedomain",
        body=lambda: wire.deployments.WalkUpgradeDomain,
        listed="WalkUpgradeDomainBySlot",
        queues=False,  # it is about the update under way
    )
    async def walk_upgrade_domain_by_slot(
        self, service_name: str, deployment_slot: Slot, upgrade_domain: Annotated[int, between(0)]
    ) -> OperationHandle:
        """Update the next upgrade domain of the deployment in a slot, as `walk_upgrade_domain`.

        REST: Walk Upgrade Domain.

        Raises:
            Conflict: no manual update is going on, or another domain is next.
        """
        ...

    @family.acts(
        SLOT + "?comp=rollback",
        body=lambda: wire.deployments.RollbackUpdateOrUpgrade,
        listed="RollbackDeploymentUpdateOrUpgradeBySlot",
        queues=False,  # it is about the update under way
    )
    async def rollback_update_or_upgrade_by_slot(
        self,
        service_name: str,
        deployment_slot: Slot,
        mode: Annotated[str, one_of(ROLLBACK_MODES)],
        force: bool,
    ) -> OperationHandle:
        """Take back the update under way of the deployment in a slot, as `rollback_update_or_upgrade`.

        REST: Rollback Update Or Upgrade.

        Raises:
            Conflict: no update is going on that could be taken back.
        """
        ...

    @family.acts(INSTANCE + "?comp=reboot", listed="RebootDeploymentRoleInstanceBySlot")
    async def reboot_role_instance_by_slot(
        self, service_name: str, deployment_slot: Slot, role_instance_name: str
    ) -> OperationHandle:
        """Restart a role instance of the deployment in a slot.

        REST: Reboot Role Instance.
        """
        ...

    @family.acts(
        INSTANCE + "?comp=reimage",
        listed="ReimageDeploymentRoleInstanceBySlot",
        destructive=True,
    )
    async def reimage_role_instance_by_slot(
        self, service_name: str, deployment_slot: Slot, role_instance_name: str
    ) -> OperationHandle:
        """Install the operating system of a role instance of the deployment in a slot anew.

        REST: Reimage Role Instance.
        """
        ...

    @family.acts(
        INSTANCE + "?comp=rebuild&resources=allLocalDrives",
        operation="RebuildDeploymentRoleInstanceBySlot",
        destructive=True,
    )
    async def rebuild_role_instance_by_slot(
        self, service_name: str, deployment_slot: Slot, role_instance_name: str
    ) -> OperationHandle:
        """Install a role instance of the deployment in a slot anew and empty its local drives.

        REST: Rebuild Role Instance.
        """
        ...

    @family.acts(
        INSTANCES + "?comp=delete",
        body=lambda: wire.roles.RoleInstanceNames,
        fields={"names": "role_instance_names"},
        operation="DeleteRoleInstancesBySlot",
        destructive=True,
    )
    async def delete_role_instances_by_slot(
        self, service_name: str, deployment_slot: Slot, role_instance_names: Names
    ) -> OperationHandle:
        """Delete some instances of the deployment in a slot, as `delete_role_instances`.

        REST: Delete Role Instances.

        Raises:
            BadRequest: no instance of a role would be left.
        """
        ...
