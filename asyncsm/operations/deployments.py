"""Deployments of web and worker roles, and reading deployments of any kind."""

from __future__ import annotations

from typing import Annotated, Final

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import Reconcile
from asyncsm.operations.declaring import Family
from asyncsm.operations.facts import Rule
from asyncsm.operations.hosted_services import SERVICE
from asyncsm.operations.kinds import (
    BlobUrl,
    Configuration,
    DeploymentProperties,
    Label,
    MediaToo,
    Name,
    Slot,
    one_of,
)
from asyncsm.polling import OperationHandle

family: Final = Family("deployments", evidence="[protocol 4.7]")

SLOT: Final = SERVICE + "/deploymentslots/{deployment_slot}"
DEPLOYMENTS: Final = SERVICE + "/deployments"
DEPLOYMENT: Final = DEPLOYMENTS + "/{deployment_name}"

_NAME_OR_NONE: Final = Rule("a name, or empty for none", lambda _, value: value or None, example="name")
SETTABLE: Final = ("Running", "Suspended")


class DeploymentOperations(Caller):
    """Operations on the deployments of a hosted service."""

    @family.reads(SLOT, operation="GetDeployment", evidence="[protocol 4.6]")
    async def get_deployment_by_slot(
        self, service_name: str, deployment_slot: Slot
    ) -> wire.deployments.Deployment:
        """Read the deployment in a slot.

        REST: Get Deployment (ee460804).

        Args:
            deployment_slot: ``Production`` or ``Staging``, in any case.

        Raises:
            ResourceNotFound: there is no such hosted service, or the slot is empty.
        """
        ...

    @family.reads(DEPLOYMENT, operation="GetDeployment", evidence="[protocol 4.6]")
    async def get_deployment_by_name(
        self, service_name: str, deployment_name: str
    ) -> wire.deployments.Deployment:
        """Read a deployment with its roles, instances, addresses and configuration.

        REST: Get Deployment (ee460804).

        Raises:
            ResourceNotFound: there is no such hosted service or deployment.
        """
        ...

    @family.creates(
        SLOT,
        at=DEPLOYMENTS + "/{name}",
        body=lambda: wire.deployments.CreateDeployment,
        listed="CreateDeployment",
    )
    async def create_deployment(
        self,
        service_name: str,
        deployment_slot: Slot,
        name: Name,
        package_url: BlobUrl,
        label: Label,
        configuration: Configuration,
        start_deployment: bool = False,
        treat_warnings_as_error: bool = False,
        extended_properties: DeploymentProperties | None = None,
        *,
        extension_configuration: wire.extensions.ExtensionConfiguration | None = None,
    ) -> OperationHandle:
        """Create a deployment of web and worker roles.

        REST: Create Deployment (ee460813).

        Args:
            deployment_slot: ``Production`` or ``Staging``, in any case.
            name: unique in the hosted service.
            package_url: the ``.cspkg``, a blob in a storage account of the subscription.
            configuration: the ``.cscfg``: text, bytes, a path or a binary file; text that is base64
                already, as the old SDK's guide passes it, is recognised.
            start_deployment: start the role instances, instead of leaving them suspended.
            treat_warnings_as_error: fail when the package has warnings.
            extension_configuration: which of the hosted service's extensions the roles have.

        Raises:
            InvalidArgument: an argument breaks a rule, or the configuration is not a ``.cscfg``.
            AlreadyExists: the slot is occupied.
            BadRequest: the package or the configuration does not do.
        """
        ...

    @family.removes(DEPLOYMENT + "?comp={delete_vhd}", listed="DeleteDeployment")
    async def delete_deployment(
        self, service_name: str, deployment_name: str, delete_vhd: MediaToo = False
    ) -> OperationHandle:
        """Delete a deployment, running or not; its reserved IP addresses stay reserved.

        REST: Delete Deployment (ee460815).

        Args:
            delete_vhd: also delete the disks of its virtual machines and the blobs behind them.

        Raises:
            ResourceNotFound: there is no such hosted service or deployment.
        """
        ...

    @family.acts(SERVICE, body=lambda: wire.deployments.Swap, listed="SwapDeployment")
    async def swap_deployment(
        self,
        service_name: str,
        production: Annotated[str, _NAME_OR_NONE] | None,
        source_deployment: Name,
    ) -> OperationHandle:
        """Exchange the virtual IP addresses of the staging and the production deployment.

        REST: Swap Deployment (ee460814).

        Args:
            production: name of the deployment now in production; ``None`` if there is none.
            source_deployment: name of the deployment now in staging.

        Raises:
            Conflict: the names are not those of the deployments in the slots.
        """
        ...

    @family.acts(
        DEPLOYMENT + "?comp=config",
        body=lambda: wire.deployments.ChangeConfiguration,
        listed="ChangeDeploymentConfiguration",
        evidence="[protocol 2.3, 4.7]",
    )
    async def change_deployment_configuration(
        self,
        service_name: str,
        deployment_name: str,
        configuration: Configuration,
        treat_warnings_as_error: bool = False,
        mode: Annotated[str, one_of(wire.deployments.UpgradeMode)] = "Auto",
        extended_properties: DeploymentProperties | None = None,
        *,
        extension_configuration: wire.extensions.ExtensionConfiguration | None = None,
    ) -> OperationHandle:
        """Give a deployment another configuration, for example another number of instances.

        REST: Change Deployment Configuration (ee460809).

        Args:
            configuration: the new ``.cscfg``, as for `create_deployment`.
            treat_warnings_as_error: fail when there are warnings.
            mode: ``Auto`` (one upgrade domain after another), ``Manual`` (each after a call of its
                own) or ``Simultaneous``.
            extension_configuration: the extensions that are to be had instead of the present ones.

        Raises:
            ResourceNotFound: there is no such hosted service or deployment.
        """
        ...

    @family.acts(
        DEPLOYMENT + "?comp=status",
        body=lambda: wire.deployments.UpdateDeploymentStatus,
        listed="UpdateDeploymentStatus",
        reconcile=Reconcile.REPEAT,
    )
    async def update_deployment_status(
        self, service_name: str, deployment_name: str, status: Annotated[str, one_of(SETTABLE)]
    ) -> OperationHandle:
        """Start or suspend all role instances of a deployment.

        REST: Update Deployment Status (ee460808).

        Args:
            status: ``Running`` or ``Suspended``.

        Raises:
            ResourceNotFound: there is no such hosted service or deployment.
        """
        ...
