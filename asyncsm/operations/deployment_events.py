"""Reports on deployments: the restarts of their instances, and the packages they were made of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Final

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.operations.declaring import Family
from asyncsm.operations.deployments import DEPLOYMENT, SLOT
from asyncsm.operations.kinds import BlobUrl, Moment, Slot, flag
from asyncsm.operations.paging import Entries
from asyncsm.polling import OperationHandle

family: Final = Family(
    "reports on deployments",
    evidence="[protocol 4.6]",
    version="2016-06-01",
)

_PERIOD: Final = "/events?starttime={start_time}&endtime={end_time}&continuationtoken={continuation_token}"
_PACKAGE: Final = "/package?containerUri={container_url}&overwriteExisting={overwrite_existing}"
Overwriting = Annotated[bool, flag("true")]


class DeploymentEventOperations(Caller):
    """Operations that tell what happened to a deployment, or copy what it was made of."""

    @family.reads(DEPLOYMENT + _PERIOD)
    async def list_deployment_events(
        self,
        service_name: str,
        deployment_name: str,
        start_time: Moment,
        end_time: Moment,
        continuation_token: str | None = None,
    ) -> wire.deployments.DeploymentEventCollection:
        """List the restarts of a deployment's instances in a period; `iterate_deployment_events` reads all pages.

        Args:
            start_time: begin of the period.
            end_time: its end.
            continuation_token: `continuation_token` of the page before, with the other arguments as they were.

        Raises:
            InvalidArgument: a time without a zone.
            ResourceNotFound: there is no such hosted service or deployment.
        """
        ...

    @family.reads(SLOT + _PERIOD, operation="ListDeploymentEvents")
    async def list_deployment_events_by_slot(
        self,
        service_name: str,
        deployment_slot: Slot,
        start_time: Moment,
        end_time: Moment,
        continuation_token: str | None = None,
    ) -> wire.deployments.DeploymentEventCollection:
        """List the restarts of the deployment in a slot, as `list_deployment_events`.

        Raises:
            InvalidArgument: a time without a zone.
            ResourceNotFound: there is no such hosted service, or the slot is empty.
        """
        ...

    def iterate_deployment_events(
        self, service_name: str, deployment_name: str, start_time: Moment, end_time: Moment
    ) -> AsyncIterator[wire.deployments.RebootEvent]:
        """Go through the restarts of a deployment's instances, whatever number of pages they fill.

        After an error ``async for`` over the same iterator goes on at the page that could not be read.

        Args:
            start_time, end_time: the period.
        """
        return Entries(
            lambda token: self.list_deployment_events(
                service_name, deployment_name, start_time, end_time, token
            ),
            lambda page: page.reboot_events,
        )

    def iterate_deployment_events_by_slot(
        self, service_name: str, deployment_slot: Slot, start_time: Moment, end_time: Moment
    ) -> AsyncIterator[wire.deployments.RebootEvent]:
        """Go through the restarts of the deployment in a slot, as `iterate_deployment_events`.

        Args:
            start_time, end_time: the period.
        """
        return Entries(
            lambda token: self.list_deployment_events_by_slot(
                service_name, deployment_slot, start_time, end_time, token
            ),
            lambda page: page.reboot_events,
        )

    @family.acts(DEPLOYMENT + _PACKAGE)
    async def get_package(
        self,
        service_name: str,
        deployment_name: str,
        container_url: BlobUrl,
        overwrite_existing: Overwriting = False,
    ) -> OperationHandle:
        """Copy a deployment's package and configuration file into a container.

        Args:
            container_url: of a container in a storage account of the subscription.
            overwrite_existing: also where files of these names are there.

        Raises:
            ResourceNotFound: there is no such hosted service or deployment.
            BadRequest: the container is in no storage account of the subscription.
        """
        ...

    @family.acts(SLOT + _PACKAGE, operation="GetPackageBySlot")
    async def get_package_by_slot(
        self,
        service_name: str,
        deployment_slot: Slot,
        container_url: BlobUrl,
        overwrite_existing: Overwriting = False,
    ) -> OperationHandle:
        """Copy the package and configuration file of the deployment in a slot, as `get_package`.

        REST: Get Package.

        Raises:
            ResourceNotFound: there is no such hosted service, or the slot is empty.
            BadRequest: the container is in no storage account of the subscription.
        """
        ...
