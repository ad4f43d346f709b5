"""Updates of web and worker deployments, and their role instances one by one."""

from __future__ import annotations

from typing import Annotated, Final

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.operations.declaring import Family
from asyncsm.operations.deployments import DEPLOYMENT
from asyncsm.operations.kinds import (
    BlobUrl,
    Configuration,
    DeploymentProperties,
    Label,
    Names,
    between,
    one_of,
)
from asyncsm.polling import OperationHandle

updates: Final = Family("updates", evidence="[protocol 4.7, 5.5]")
instances: Final = Family("role instances", evidence="[protocol 4.7]")

INSTANCES: Final = DEPLOYMENT + "/roleinstances"
INSTANCE: Final = INSTANCES + "/{role_instance_name}"
ROLLBACK_MODES: Final = ("Auto", "Manual")


class UpgradeOperations(Caller):
    """Operations that update a deployment in place, and that act on its role instances."""

    @updates.acts(
        DEPLOYMENT + "?comp=upgrade",
        body=lambda: wire.deployments.UpgradeDeployment,
        listed="UpgradeDeployment",
    )
    async def upgrade_deployment(
        self,
        service_name: str,
        deployment_name: str,
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
        """Give a deployment another package, in place.

        Args:
            mode: ``Auto`` (one upgrade domain after another), ``Manual`` (each after
                `walk_upgrade_domain`) or ``Simultaneous`` (all at once).
            package_url: the ``.cspkg``, a blob in a storage account of the subscription.
            configuration: the ``.cscfg``, as for `create_deployment`.
            force: also where data stored locally on the instances is lost.
            role_to_upgrade: only this role.
            extension_configuration: the extensions that are to be had instead of the present ones.

        Raises:
            ResourceNotFound: there is no such hosted service or deployment.
            BadRequest: data would be lost and `force` is not set, or the package does not do.
        """
        ...

    @updates.acts(
        DEPLOYMENT + "?comp=walkupgradedomain",
        body=lambda: wire.deployments.WalkUpgradeDomain,
        listed="WalkUpgradeDomain",
        queues=False,  # it is about the update under way
    )
    async def walk_upgrade_domain(
        self, service_name: str, deployment_name: str, upgrade_domain: Annotated[int, between(0)]
    ) -> OperationHandle:
        """Update the next upgrade domain of a manual upgrade or change of configuration.

        Args:
            upgrade_domain: its number, counted from 0, one after another.

        Raises:
            Conflict: no manual update is going on, or another domain is next.
        """
        ...

    @updates.acts(
        DEPLOYMENT + "?comp=rollback",
        body=lambda: wire.deployments.RollbackUpdateOrUpgrade,
        listed="RollbackDeploymentUpdateOrUpgrade",
        queues=False,  # it is about the update under way
    )
    async def rollback_update_or_upgrade(
        self,
        service_name: str,
        deployment_name: str,
        mode: Annotated[str, one_of(ROLLBACK_MODES)],
        force: bool,
    ) -> OperationHandle:
        """Take an update or upgrade back that has not come to its end.

        REST: Rollback Update Or Upgrade.

        Args:
            mode: ``Auto`` or ``Manual``.
            force: also where data stored locally on the instances is lost.

        Raises:
            Conflict: no update is going on that could be taken back.
        """
        ...

    @instances.acts(INSTANCE + "?comp=reboot", listed="RebootDeploymentRoleInstance")
    async def reboot_role_instance(
        self, service_name: str, deployment_name: str, role_instance_name: str
    ) -> OperationHandle:
        """Restart a role instance; its disks keep what is on them.

        REST: Reboot Role Instance.

        Raises:
            ResourceNotFound: there is no such instance.
        """
        ...

    @instances.acts(
        INSTANCE + "?comp=reimage",
        listed="ReimageDeploymentRoleInstance",
        destructive=True,
    )
    async def reimage_role_instance(
        self, service_name: str, deployment_name: str, role_instance_name: str
    ) -> OperationHandle:
        """Install the operating system of a web or worker role instance anew.

        REST: Reimage Role Instance.

        Raises:
            ResourceNotFound: there is no such instance.
        """
        ...

    @instances.acts(
        INSTANCE + "?comp=rebuild&resources=allLocalDrives",
        operation="RebuildDeploymentRoleInstance",
        destructive=True,
    )
    async def rebuild_role_instance(
        self, service_name: str, deployment_name: str, role_instance_name: str
    ) -> OperationHandle:
        """Install the operating system of a role instance anew and empty its local drives.

        REST: Rebuild Role Instance.

        Raises:
            ResourceNotFound: there is no such instance.
        """
        ...

    @instances.acts(
        INSTANCES + "?comp=delete",
        body=lambda: wire.roles.RoleInstanceNames,
        fields={"names": "role_instance_names"},
        destructive=True,
    )
    async def delete_role_instances(
        self, service_name: str, deployment_name: str, role_instance_names: Names
    ) -> OperationHandle:
        """Delete some instances of web or worker roles; the configuration's counts follow.

        Args:
            role_instance_names: such as ``WebRole_IN_3``.

        Raises:
            ResourceNotFound: there is no such instance.
            BadRequest: no instance of a role would be left.
        """
        ...
