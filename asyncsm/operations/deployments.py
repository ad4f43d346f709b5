"""Deployments of web and worker roles, and reading deployments of any kind."""

from __future__ import annotations

from collections.abc import Mapping

from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import Reconcile, delete, get, post
from asyncsm.operations import arguments
from asyncsm.operations.arguments import Binary
from asyncsm.polling import OperationHandle
from asyncsm.wire.deployments import (
    ChangeConfiguration,
    CreateDeployment,
    Deployment,
    DeploymentStatus,
    Swap,
    UpdateDeploymentStatus,
    UpgradeMode,
)

_SETTABLE = (DeploymentStatus.RUNNING, DeploymentStatus.SUSPENDED)

DEPLOYMENT_PROPERTIES = 25
"""Extended properties a deployment may have."""


def path_of_deployment(service_name: str, deployment_name: str, *rest: str) -> tuple[str, ...]:
    """Segments of a deployment addressed by name."""
    return ("services", "hostedservices", service_name, "deployments", deployment_name, *rest)


class DeploymentOperations(Caller):
    """Operations on the deployments of a hosted service."""

    async def get_deployment_by_slot(self, service_name: str, deployment_slot: str) -> Deployment:
        """Read the deployment in a slot.

        REST: Get Deployment (ee460804).

        Args:
            service_name: the hosted service.
            deployment_slot: ``Production`` or ``Staging``, in any case.

        Raises:
            ResourceNotFound: there is no such hosted service, or the slot is empty.
        """
        slot = arguments.deployment_slot(deployment_slot)
        return await self.fetch(
            Deployment, get("services", "hostedservices", service_name, "deploymentslots", slot)
        )

    async def get_deployment_by_name(self, service_name: str, deployment_name: str) -> Deployment:
        """Read a deployment with its roles, instances, addresses and configuration.

        REST: Get Deployment (ee460804).

        Raises:
            ResourceNotFound: there is no such hosted service or deployment.
        """
        return await self.fetch(Deployment, get(*path_of_deployment(service_name, deployment_name)))

    async def create_deployment(
        self,
        service_name: str,
        deployment_slot: str,
        name: str,
        package_url: str,
        label: str,
        configuration: Binary,
        start_deployment: bool = False,
        treat_warnings_as_error: bool = False,
        extended_properties: Mapping[str, str | int | None] | None = None,
    ) -> OperationHandle:
        """Create a deployment of web and worker roles.

        REST: Create Deployment (ee460813).

        Args:
            service_name: the hosted service.
            deployment_slot: ``Production`` or ``Staging``, in any case.
            name: unique in the hosted service.
            package_url: the ``.cspkg``, a blob in a storage account of the subscription.
            label: at most 100 characters.
            configuration: the ``.cscfg``: text, bytes, a path or a binary file; text that is base64
                already, as the old SDK's guide passes it, is recognised.
            start_deployment: start the role instances, instead of leaving them suspended.
            treat_warnings_as_error: fail when the package has warnings.
            extended_properties: at most 25.

        Raises:
            InvalidArgument: an argument breaks a rule, or the configuration is not a ``.cscfg``.
            AlreadyExists: the slot is occupied.
            ExclusiveAccess: somebody else's operation on the hosted service has not ended in time.
            BadRequest: the package or the configuration does not do.
        """
        slot = arguments.deployment_slot(deployment_slot)
        body = CreateDeployment(
            name=arguments.text("name", name),
            package_url=arguments.blob_url("package_url", package_url),
            label=arguments.label(label),
            configuration=arguments.service_configuration(configuration),
            start_deployment=start_deployment,
            treat_warnings_as_error=treat_warnings_as_error,
            extended_properties=arguments.extended_properties(
                extended_properties, limit=DEPLOYMENT_PROPERTIES
            ),
        )
        path = ("services", "hostedservices", service_name, "deploymentslots", slot)
        created = path_of_deployment(service_name, name)
        return await self.start(post(*path, body=body, creates=created, operation="CreateDeployment"))

    async def delete_deployment(
        self, service_name: str, deployment_name: str, delete_vhd: bool = False
    ) -> OperationHandle:
        """Delete a deployment, running or not; its reserved IP addresses stay reserved.

        REST: Delete Deployment (ee460815).

        Args:
            service_name: the hosted service.
            deployment_name: the deployment.
            delete_vhd: also delete the disks of its virtual machines and the blobs behind them.

        Raises:
            ResourceNotFound: there is no such hosted service or deployment.
            ExclusiveAccess: somebody else's operation on the deployment has not ended in time.
        """
        query = {"comp": "media" if delete_vhd else None}
        path = path_of_deployment(service_name, deployment_name)
        return await self.start(delete(*path, query=query, operation="DeleteDeployment"))

    async def swap_deployment(
        self, service_name: str, production: str | None, source_deployment: str
    ) -> OperationHandle:
        """Exchange the virtual IP addresses of the staging and the production deployment.

        REST: Swap Deployment (ee460814).

        Args:
            service_name: the hosted service.
            production: name of the deployment now in production; ``None`` if there is none.
            source_deployment: name of the deployment now in staging.

        Raises:
            Conflict: the names are not those of the deployments in the slots.
        """
        body = Swap(
            production=production or None,
            source_deployment=arguments.text("source_deployment", source_deployment),
        )
        return await self.start(
            post("services", "hostedservices", service_name, body=body, operation="SwapDeployment")
        )

    async def change_deployment_configuration(
        self,
        service_name: str,
        deployment_name: str,
        configuration: Binary,
        treat_warnings_as_error: bool = False,
        mode: str = "Auto",
        extended_properties: Mapping[str, str | int | None] | None = None,
    ) -> OperationHandle:
        """Give a deployment another configuration, for example another number of instances.

        REST: Change Deployment Configuration (ee460809).

        Args:
            service_name: the hosted service.
            deployment_name: the deployment.
            configuration: the new ``.cscfg``, as for `create_deployment`.
            treat_warnings_as_error: fail when there are warnings.
            mode: ``Auto`` (one upgrade domain after another), ``Manual`` (each after a call of its
                own) or ``Simultaneous``.
            extended_properties: at most 25.

        Raises:
            InvalidArgument: an argument breaks a rule.
            ResourceNotFound: there is no such hosted service or deployment.
            ExclusiveAccess: somebody else's operation on the deployment has not ended in time.
        """
        body = ChangeConfiguration(
            configuration=arguments.service_configuration(configuration),
            treat_warnings_as_error=treat_warnings_as_error,
            mode=arguments.one_of("mode", mode, UpgradeMode),
            extended_properties=arguments.extended_properties(
                extended_properties, limit=DEPLOYMENT_PROPERTIES
            ),
        )
        return await self.start(
            post(
                *path_of_deployment(service_name, deployment_name),
                query={"comp": "config"},
                body=body,
                operation="ChangeDeploymentConfiguration",
            )
        )

    async def update_deployment_status(
        self, service_name: str, deployment_name: str, status: str
    ) -> OperationHandle:
        """Start or suspend all role instances of a deployment.

        REST: Update Deployment Status (ee460808).

        Args:
            service_name: the hosted service.
            deployment_name: the deployment.
            status: ``Running`` or ``Suspended``.

        Raises:
            ResourceNotFound: there is no such hosted service or deployment.
            ExclusiveAccess: somebody else's operation on the deployment has not ended in time.
        """
        body = UpdateDeploymentStatus(status=arguments.one_of("status", status, _SETTABLE))
        return await self.start(
            post(
                *path_of_deployment(service_name, deployment_name),
                query={"comp": "status"},
                body=body,
                operation="UpdateDeploymentStatus",
                reconcile=Reconcile.REPEAT,
            )
        )
