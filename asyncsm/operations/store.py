"""Add-ons of the store, which are resources of cloud services."""

from __future__ import annotations

from typing import Final

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import Reconcile
from asyncsm.operations.declaring import Family
from asyncsm.operations.kinds import Moment, Name
from asyncsm.operations.scheduler import CLOUD_SERVICE
from asyncsm.polling import OperationHandle

ADD_ON: Final = CLOUD_SERVICE + "/resources/{provider}/{add_on}/{name}"

family: Final = Family(
    "store",
    service="StoreManagementService",
    evidence="[protocol 4.25] [operations/store]",
    version="2013-06-01",
)


class StoreOperations(Caller):
    """Operations on add-ons."""

    @family.replaces(
        ADD_ON,
        body=lambda: wire.store.AddOnInput,
        fields={"type": "provider"},
        reconcile=Reconcile.LISTED,  # the service refuses a second one
    )
    async def create_add_on(
        self,
        cloud_service_id: str,
        provider: Name,
        add_on: Name,
        name: Name,
        plan: Name,
        *,
        promotion_code: str | None = None,
    ) -> OperationHandle:
        """Buy an add-on.

        Args:
            cloud_service_id: the cloud service it is to be in, which
                `SchedulerManagementService.create_cloud_service` makes; `list_cloud_services` tells of add-ons.
            provider: who offers it, such as ``sendgrid_azure``.
            add_on: the offer.
            name: unique among the cloud service's add-ons of that offer.
            plan: one of the offer's plans.
            promotion_code: lowers the price.

        Raises:
            ResourceNotFound: no such cloud service.
            Conflict: there is an add-on of that name.
        """
        ...

    @family.replaces(
        ADD_ON, body=lambda: wire.store.AddOnInput, fields={"type": "provider"}, headers={"If-Match": "*"}
    )
    async def update_add_on(
        self,
        cloud_service_id: str,
        provider: Name,
        add_on: Name,
        name: Name,
        plan: Name,
        *,
        promotion_code: str | None = None,
    ) -> OperationHandle:
        """Change the plan of an add-on.

        Args:
            cloud_service_id, provider, add_on, name: as for `create_add_on`.
            plan: the plan it is to have.
            promotion_code: lowers the price.

        Raises:
            ResourceNotFound: no such add-on.
        """
        ...

    @family.removes(ADD_ON)
    async def delete_add_on(
        self, cloud_service_id: str, provider: str, add_on: str, name: str
    ) -> OperationHandle:
        """Give an add-on up.

        Args:
            cloud_service_id, provider, add_on, name: as for `create_add_on`.

        Raises:
            ResourceNotFound: no such add-on.
        """
        ...

    @family.acts("EntitleResource", body=lambda: wire.store.EntitleResource, version="2013-03-01")
    async def entitle_resource(
        self,
        resource_provider_name_space: Name,
        type: Name,
        registration_date: Moment,
    ) -> OperationHandle:
        """Let the subscription have resources of a kind.

        Args:
            resource_provider_name_space: who offers them.
            type: their kind.
            registration_date: since when.
        """
        ...
