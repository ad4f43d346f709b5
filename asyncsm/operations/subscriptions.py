"""The subscription, and what the service offers it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import get
from asyncsm.errors import InvalidArgument
from asyncsm.operations import arguments
from asyncsm.wire.operations import OperationState, SubscriptionOperation, SubscriptionOperationCollection
from asyncsm.wire.subscription import (
    Locations,
    OperatingSystemFamilies,
    OperatingSystems,
    RoleSizes,
    Subscription,
    Subscriptions,
)


class SubscriptionOperations(Caller):
    """Operations on the subscription and lists of what it may use."""

    async def get_subscription(self) -> Subscription:
        """Read name, state, quotas and present counts of the subscription.

        REST: Get Subscription (hh403995).
        """
        return await self.fetch(Subscription, get())

    async def list_subscriptions(self) -> Subscriptions:
        """List the subscriptions the caller can access.

        The live service answered this call only to Azure AD tokens, never to certificates.

        REST: List Subscriptions.
        """
        return await self.fetch(Subscriptions, get("subscriptions", scoped=False))

    async def list_locations(self) -> Locations:
        """List the data centre locations the subscription may use, with the services each offers.

        REST: List Locations (gg441293).
        """
        return await self.fetch(Locations, get("locations"))

    async def list_role_sizes(self) -> RoleSizes:
        """List the sizes of virtual machines and of web and worker role instances.

        REST: List Role Sizes (dn469422).
        """
        return await self.fetch(RoleSizes, get("rolesizes"))

    async def list_operating_systems(self) -> OperatingSystems:
        """List the guest operating system versions for web and worker roles.

        REST: List Operating Systems (ff684168).
        """
        return await self.fetch(OperatingSystems, get("operatingsystems"))

    async def list_operating_system_families(self) -> OperatingSystemFamilies:
        """List the guest operating system versions, grouped by family.

        REST: List Operating System Families (gg441291).
        """
        return await self.fetch(OperatingSystemFamilies, get("operatingsystemfamilies"))

    async def list_subscription_operations(
        self,
        start_time: str | datetime | None = None,
        end_time: str | datetime | None = None,
        object_id_filter: str | None = None,
        operation_result_filter: str | None = None,
        continuation_token: str | None = None,
    ) -> SubscriptionOperationCollection:
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
        if operation_result_filter is not None:
            arguments.one_of("operation_result_filter", operation_result_filter, OperationState)
        query = {
            "StartTime": _moment("start_time", start_time or now - timedelta(days=1)),
            "EndTime": _moment("end_time", end_time or now + timedelta(days=1)),
            "ObjectIdFilter": object_id_filter,
            "OperationResultFilter": operation_result_filter,
            "ContinuationToken": continuation_token,
        }
        return await self.fetch(SubscriptionOperationCollection, get("operations", query=query))


async def operations_between(
    service: SubscriptionOperations, begin: datetime, end: datetime, status: str | None
) -> list[SubscriptionOperation]:
    """What `SubscriptionOperations.list_subscription_operations` lists on all its pages."""
    found: list[SubscriptionOperation] = []
    token: str | None = None
    while True:
        page = await service.list_subscription_operations(
            begin, end, operation_result_filter=status, continuation_token=token
        )
        found += page.subscription_operations
        token = page.continuation_token
        if not token:
            return found


def _moment(parameter: str, value: str | datetime) -> str:
    if isinstance(value, str):
        return value
    if value.tzinfo is None:
        raise InvalidArgument(parameter, "a datetime needs a time zone; use datetime.now(UTC)")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
