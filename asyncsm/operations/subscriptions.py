"""The subscription, and what the service offers it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import Reconcile
from asyncsm.operations.binding import request_of
from asyncsm.operations.declaring import Family
from asyncsm.operations.kinds import Moment, Name, one_of
from asyncsm.operations.paging import Entries
from asyncsm.polling import OperationHandle

family: Final = Family("subscription", evidence="[protocol 4.1]")

_PROVIDERS: Final = "services?service={resource_provider}&action="
_REGISTRATIONS: Final = "services/registrations"
"""Lane of no path of the service: one registration after the other, as lists do not tell them apart."""


class SubscriptionOperations(Caller):
    """Operations on the subscription and lists of what it may use."""

    @family.reads("")
    async def get_subscription(self) -> wire.subscription.Subscription:
        """Read name, state, quotas and present counts of the subscription.

        REST: Get Subscription (hh403995).
        """
        ...

    @family.reads("subscriptions", scoped=False)
    async def list_subscriptions(self) -> wire.subscription.Subscriptions:
        """List the subscriptions the caller can access.

        The live service answered this call only to Azure AD tokens, never to certificates.
        """
        ...

    @family.reads("locations")
    async def list_locations(self) -> wire.subscription.Locations:
        """List the data centre locations the subscription may use, with the services each offers.

        REST: List Locations (gg441293).
        """
        ...

    @family.reads("rolesizes")
    async def list_role_sizes(self) -> wire.subscription.RoleSizes:
        """List the sizes of virtual machines and of web and worker role instances.

        REST: List Role Sizes (dn469422).
        """
        ...

    @family.reads("operatingsystems", evidence="[protocol 4.10]")
    async def list_operating_systems(self) -> wire.subscription.OperatingSystems:
        """List the guest operating system versions for web and worker roles.

        REST: List Operating Systems (ff684168).
        """
        ...

    @family.reads("operatingsystemfamilies", evidence="[protocol 4.10]")
    async def list_operating_system_families(self) -> wire.subscription.OperatingSystemFamilies:
        """List the guest operating system versions, grouped by family.

        REST: List Operating System Families (gg441291).
        """
        ...

    @family.replaces(
        _PROVIDERS + "register",
        lane=_REGISTRATIONS,
        reconcile=Reconcile.LISTED,  # the service refuses a second one
    )
    async def register_resource_provider(self, resource_provider: Name) -> OperationHandle:
        """Register the subscription for resources of a provider, before the first of them is made.

        REST: Register Resource Provider.

        Args:
            resource_provider: such as ``website`` or ``scheduler.JobCollections``.

        Raises:
            ResourceNotFound: there is no such provider.
            Conflict: the subscription is registered for it.
        """
        ...

    @family.replaces(_PROVIDERS + "unregister", lane=_REGISTRATIONS, reconcile=Reconcile.LISTED)
    async def unregister_resource_provider(self, resource_provider: Name) -> OperationHandle:
        """Take a registration back.

        REST: Unregister Resource Provider.

        Raises:
            ResourceNotFound: there is no such provider, or the subscription is not registered for it.
        """
        ...

    @family.reads(
        "operations?StartTime={start_time}&EndTime={end_time}&ObjectIdFilter={object_id_filter}"
        "&OperationResultFilter={operation_result_filter}&ContinuationToken={continuation_token}",
        evidence="[protocol 2.5]",
    )
    async def list_subscription_operations(
        self,
        start_time: Moment | None = None,
        end_time: Moment | None = None,
        object_id_filter: str | None = None,
        operation_result_filter: Annotated[str, one_of(wire.operations.OperationState)] | None = None,
        continuation_token: str | None = None,
    ) -> wire.operations.SubscriptionOperationCollection:
        """List create, update and delete operations that were started in a period.

        REST: List Subscription Operations (gg715318).

        Args:
            start_time: begin of the period, at most 90 days ago; 24 hours ago if absent. Text is
                ``YYYY-MM-DD`` or ``YYYY-MM-DDThh:mm:ssZ``.
            end_time: its end, which may be in the future; tomorrow if absent.
            object_id_filter: only operations on this object, given as `operation_object_id` of an
                earlier answer.
            operation_result_filter: ``Succeeded``, ``Failed`` or ``InProgress``.
            continuation_token: `continuation_token` of the page before, with the other
                arguments as they were.

        Raises:
            InvalidArgument: an unknown result filter, or a time without a zone.
        """
        now = datetime.now(UTC)
        request = request_of(
            SubscriptionOperations.list_subscription_operations,
            start_time or now - timedelta(days=1),
            end_time or now + timedelta(days=1),
            object_id_filter,
            operation_result_filter,
            continuation_token,
        )
        return await self.fetch(wire.operations.SubscriptionOperationCollection, request)

    def iterate_subscription_operations(
        self,
        start_time: Moment | None = None,
        end_time: Moment | None = None,
        object_id_filter: str | None = None,
        operation_result_filter: Annotated[str, one_of(wire.operations.OperationState)] | None = None,
    ) -> AsyncIterator[wire.operations.SubscriptionOperation]:
        """Go through the operations of a period, whatever number of pages they fill.

        After an error ``async for`` over the same iterator goes on at the page that could not be read.

        Args:
            start_time, end_time, object_id_filter, operation_result_filter: as for
                `list_subscription_operations`.
        """
        now = datetime.now(UTC)  # once, as all pages have to be of one period
        return Entries(
            lambda token: self.list_subscription_operations(
                start_time or now - timedelta(days=1),
                end_time or now + timedelta(days=1),
                object_id_filter,
                operation_result_filter,
                token,
            ),
            lambda page: page.subscription_operations,
        )


async def operations_between(
    service: SubscriptionOperations, begin: datetime, end: datetime, status: str | None
) -> list[wire.operations.SubscriptionOperation]:
    """Return the operations of a period on all pages of the list."""
    listed = service.iterate_subscription_operations(begin, end, operation_result_filter=status)
    return [one async for one in listed]
