"""Cloud services and the job collections in them."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import Reconcile
from asyncsm.operations.declaring import Family
from asyncsm.operations.kinds import Name, one_of
from asyncsm.polling import OperationHandle

SERVICE: Final = "SchedulerManagementService"
EVIDENCE: Final = "[protocol 4.25] [lifecycles 15]"
SERVICES: Final = "cloudservices"
CLOUD_SERVICE: Final = SERVICES + "/{cloud_service_id}"
RESOURCES: Final = CLOUD_SERVICE + "/resources/scheduler"
COLLECTION: Final = RESOURCES + "/jobCollections/{job_collection_id}"
READ_COLLECTION: Final = RESOURCES + "/~/jobCollections/{job_collection_id}"
VERSION: Final = "api-version=2014-04-01"

Plan: TypeAlias = Annotated[str, one_of(("Free", "Standard", "Premium"))]

family: Final = Family("job collections", service=SERVICE, evidence=EVIDENCE)


def _collection(
    plan: str, quota: wire.scheduler.Quota | None = None, e_tag: str | None = None
) -> wire.scheduler.JobCollectionInput:
    settings = wire.scheduler.NewSettings(plan_name=wire.scheduler.JobCollectionPlan(plan), quota=quota)
    return wire.scheduler.JobCollectionInput(e_tag=e_tag, intrinsic_settings=settings)


class SchedulerOperations(Caller):
    """Operations on cloud services and job collections."""

    @family.reads(SERVICES)
    async def list_cloud_services(self) -> wire.scheduler.CloudServices:
        """List the cloud services of the subscription, with their job collections and other resources."""
        ...

    @family.replaces(CLOUD_SERVICE, body=lambda: wire.scheduler.CreateCloudService)
    async def create_cloud_service(
        self, cloud_service_id: Name, label: Name, description: Name, geo_region: Name
    ) -> OperationHandle:
        """Make a cloud service, which job collections can be in; it is no hosted service.

        Args:
            cloud_service_id: unique in the subscription.
            label: for people.
            description: for people.
            geo_region: the region; nothing of this can be changed.
        """
        ...

    @family.reads(CLOUD_SERVICE)
    async def get_cloud_service(self, cloud_service_id: str) -> wire.scheduler.CloudService:
        """Read a cloud service with its job collections and other resources.

        Raises:
            ResourceNotFound: no such cloud service.
        """
        ...

    @family.removes(CLOUD_SERVICE)
    async def delete_cloud_service(self, cloud_service_id: str) -> OperationHandle:
        """Delete a cloud service with all that is in it.

        Raises:
            ResourceNotFound: no such cloud service.
        """
        ...

    @family.reads(
        RESOURCES + "/jobCollections?op=checknameavailability&resourceName={job_collection_id}", method="POST"
    )
    async def check_job_collection_name(
        self, cloud_service_id: str, job_collection_id: Name
    ) -> wire.hosted_services.AvailabilityResponse:
        """Tell whether a new job collection can have a name; the old SDK's way to ask.

        Raises:
            ResourceNotFound: no such cloud service.
        """
        ...

    @family.reads(RESOURCES + "/jobCollections?op=checknameavailability&resourceName={job_collection_id}")
    async def check_job_collection_name_availability(
        self, cloud_service_id: str, job_collection_id: Name
    ) -> wire.scheduler.ResourceNameAvailability:
        """Tell whether a new job collection can have a name, as other clients ask.

        Raises:
            ResourceNotFound: no such cloud service.
        """
        ...

    @family.replaces(COLLECTION, body=lambda: wire.scheduler.JobCollectionInput, made=_collection)
    async def create_job_collection(
        self,
        cloud_service_id: str,
        job_collection_id: Name,
        plan: Plan = "Standard",
        *,
        quota: wire.scheduler.Quota | None = None,
    ) -> OperationHandle:
        """Make a job collection.

        Args:
            cloud_service_id: its cloud service.
            job_collection_id: unique in the cloud service.
            plan: ``Free``, ``Standard`` or ``Premium``: how many jobs it may have, and how often they may run.
            quota: less than the plan allows.

        Raises:
            ResourceNotFound: no such cloud service.
        """
        ...

    @family.replaces(
        COLLECTION,
        body=lambda: wire.scheduler.JobCollectionInput,
        made=_collection,
        operation="CreateJobCollection",
        reconcile=Reconcile.UNLISTED,  # sent again, it would not match the tag any more
    )
    async def update_job_collection(
        self,
        cloud_service_id: str,
        job_collection_id: Name,
        plan: Plan,
        e_tag: Name,
        *,
        quota: wire.scheduler.Quota | None = None,
    ) -> OperationHandle:
        """Give a job collection another plan or quota.

        REST: Update Job Collection.

        Args:
            cloud_service_id: its cloud service.
            job_collection_id: its name.
            plan: ``Free``, ``Standard`` or ``Premium``.
            e_tag: that of the collection as it was read; with another one nothing is changed.
            quota: less than the plan allows.

        Raises:
            ResourceNotFound: no such job collection.
            PreconditionFailed: it has been changed since.
        """
        ...

    @family.removes(COLLECTION)
    async def delete_job_collection(self, cloud_service_id: str, job_collection_id: str) -> OperationHandle:
        """Delete a job collection with its jobs.

        Raises:
            ResourceNotFound: no such job collection.
        """
        ...

    @family.reads(READ_COLLECTION + "?" + VERSION)
    async def get_job_collection(
        self, cloud_service_id: str, job_collection_id: str
    ) -> wire.scheduler.JobCollection:
        """Read a job collection.

        Raises:
            ResourceNotFound: no such job collection.
        """
        ...

    @family.reads("resourceproviders/scheduler/Properties?resourceType=JobCollections")
    async def get_scheduler_properties(self) -> wire.scheduler.ResourceProviderProperties:
        """Read where job collections can be, and which plans there are.

        REST: Get Resource Provider Properties.
        """
        ...
