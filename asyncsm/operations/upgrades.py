"""Updates of web and worker deployments, and their role instances one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import post
from asyncsm.errors import InvalidArgument
from asyncsm.operations import arguments
from asyncsm.operations.arguments import Binary
from asyncsm.operations.deployments import DEPLOYMENT_PROPERTIES, path_of_deployment
from asyncsm.polling import OperationHandle
from asyncsm.wire.deployments import (
    RollbackUpdateOrUpgrade,
    UpgradeDeployment,
    UpgradeMode,
    WalkUpgradeDomain,
)
from asyncsm.wire.roles import RoleInstanceNames


class UpgradeOperations(Caller):
    """Operations that update a deployment in place, and that act on its role instances."""

    async def upgrade_deployment(
        self,
        service_name: str,
        deployment_name: str,
        mode: str,
        package_url: str,
        configuration: Binary,
        label: str,
        force: bool,
        role_to_upgrade: str | None = None,
        extended_properties: Mapping[str, str | int | None] | None = None,
    ) -> OperationHandle:
        """Give a deployment another package, in place.

        REST: Upgrade Deployment.

        Args:
            service_name: the hosted service.
            deployment_name: the deployment.
            mode: ``Auto`` (one upgrade domain after another), ``Manual`` (each after
                `walk_upgrade_domain`) or ``Simultaneous`` (all at once).
            package_url: the ``.cspkg``, a blob in a storage account of the subscription.
            configuration: the ``.cscfg``, as for `create_deployment`.
            label: at most 100 characters.
            force: also where data stored locally on the instances is lost.
            role_to_upgrade: only this role.
            extended_properties: at most 25.

        Raises:
            InvalidArgument: an argument breaks a rule.
            ResourceNotFound: there is no such hosted service or deployment.
            ExclusiveAccess: somebody else's operation on the deployment has not ended in time.
            BadRequest: data would be lost and `force` is not set, or the package does not do.
        """
        body = UpgradeDeployment(
            mode=arguments.one_of("mode", mode, UpgradeMode),
            package_url=arguments.blob_url("package_url", package_url),
            configuration=arguments.service_configuration(configuration),
            label=arguments.label(label),
            role_to_upgrade=role_to_upgrade,
            force=force,
            extended_properties=arguments.extended_properties(
                extended_properties, limit=DEPLOYMENT_PROPERTIES
            ),
        )
        return await self.start(
            post(
                *path_of_deployment(service_name, deployment_name),
                query={"comp": "upgrade"},
                body=body,
                operation="UpgradeDeployment",
            )
        )

    async def walk_upgrade_domain(
        self, service_name: str, deployment_name: str, upgrade_domain: int
    ) -> OperationHandle:
        """Update the next upgrade domain of a manual upgrade or change of configuration.

        REST: Walk Upgrade Domain.

        Args:
            service_name: the hosted service.
            deployment_name: the deployment.
            upgrade_domain: its number, counted from 0, one after another.

        Raises:
            Conflict: no manual update is going on, or another domain is next.
        """
        if upgrade_domain < 0:
            raise InvalidArgument("upgrade_domain", "is counted from 0")
        return await self.start(
            post(
                *path_of_deployment(service_name, deployment_name),
                query={"comp": "walkupgradedomain"},
                body=WalkUpgradeDomain(upgrade_domain=upgrade_domain),
                operation="WalkUpgradeDomain",
                queues=False,  # it is about the update under way
            )
        )

    async def rollback_update_or_upgrade(
        self, service_name: str, deployment_name: str, mode: str, force: bool
    ) -> OperationHandle:
        """Take an update or upgrade back that has not come to its end.

        REST: Rollback Update Or Upgrade.

        Args:
            service_name: the hosted service.
            deployment_name: the deployment.
            mode: ``Auto`` or ``Manual``.
            force: also where data stored locally on the instances is lost.

        Raises:
            Conflict: no update is going on that could be taken back.
        """
        modes = (UpgradeMode.AUTO, UpgradeMode.MANUAL)
        return await self.start(
            post(
                *path_of_deployment(service_name, deployment_name),
                query={"comp": "rollback"},
                body=RollbackUpdateOrUpgrade(mode=arguments.one_of("mode", mode, modes), force=force),
                operation="RollbackDeploymentUpdateOrUpgrade",
                queues=False,  # it is about the update under way
            )
        )

    async def reboot_role_instance(
        self, service_name: str, deployment_name: str, role_instance_name: str
    ) -> OperationHandle:
        """Restart a role instance; its disks keep what is on them.

        REST: Reboot Role Instance.

        Raises:
            ResourceNotFound: there is no such instance.
        """
        return await self._act(service_name, deployment_name, role_instance_name, "reboot")

    async def reimage_role_instance(
        self, service_name: str, deployment_name: str, role_instance_name: str
    ) -> OperationHandle:
        """Install the operating system of a web or worker role instance anew.

        REST: Reimage Role Instance.

        Raises:
            ResourceNotFound: there is no such instance.
        """
        return await self._act(service_name, deployment_name, role_instance_name, "reimage")

    async def rebuild_role_instance(
        self, service_name: str, deployment_name: str, role_instance_name: str
    ) -> OperationHandle:
        """Install the operating system of a role instance anew and empty its local drives.

        REST: Rebuild Role Instance.

        Raises:
            ResourceNotFound: there is no such instance.
        """
        return await self._act(
            service_name, deployment_name, role_instance_name, "rebuild", resources="allLocalDrives"
        )

    async def _act(
        self, service_name: str, deployment_name: str, instance: str, action: str, **query: str
    ) -> OperationHandle:
        path = path_of_deployment(service_name, deployment_name, "roleinstances", instance)
        return await self.start(
            post(*path, query={"comp": action, **query}, operation=f"{action.title()}DeploymentRoleInstance")
        )

    async def delete_role_instances(
        self, service_name: str, deployment_name: str, role_instance_names: Sequence[str]
    ) -> OperationHandle:
        """Delete some instances of web or worker roles; the configuration's counts follow.

        REST: Delete Role Instances.

        Args:
            service_name: the hosted service.
            deployment_name: the deployment.
            role_instance_names: such as ``WebRole_IN_3``.

        Raises:
            ResourceNotFound: there is no such instance.
            BadRequest: no instance of a role would be left.
        """
        names = arguments.names("role_instance_names", role_instance_names)
        return await self.start(
            post(
                *path_of_deployment(service_name, deployment_name, "roleinstances"),
                query={"comp": "delete"},
                body=RoleInstanceNames(names=names),
                operation="DeleteRoleInstances",
            )
        )
