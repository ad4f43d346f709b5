"""Web hosting plans, regions, and the names and users that all sites share."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

import pydantic

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.operations.declaring import Family
from asyncsm.operations.facts import Ends
from asyncsm.operations.kinds import SECRET, JoinedNames, Moment, Name, between, flag, one_of
from asyncsm.operations.websites import EVIDENCE, SERVICE, SPACE, SPACES, TimeGrain
from asyncsm.polling import OperationHandle

PLANS: Final = SPACE + "/serverfarms"
PLAN: Final = PLANS + "/{plan_name}"

Sku: TypeAlias = Annotated[str, one_of(("Free", "Shared", "Basic", "Standard", "Premium", "Dynamic"))]
WorkerSize: TypeAlias = Annotated[str, one_of(("Small", "Medium", "Large"))]

family: Final = Family("web hosting plans", service=SERVICE, evidence=EVIDENCE, ends=Ends.AT_ONCE)


class WebHostingPlanOperations(Caller):
    """Operations on web hosting plans, and on what is no site's own."""

    @family.reads(SPACES + "?properties=georegions")
    async def list_geo_regions(self) -> wire.websites.GeoRegions:
        """List the regions in which sites can be."""
        ...

    @family.reads(SPACES + "?properties=dnssuffix")
    async def get_dns_suffix(self) -> wire.websites.DnsSuffix:
        """Read what stands behind the names of sites in their host names.

        REST: Get DNS Suffix.
        """
        ...

    @family.reads(SPACES + "?ishostnameavailable={website_name}")
    async def check_site_name_availability(self, website_name: Name) -> wire.websites.HostNameAvailability:
        """Tell whether a new site can have a name.

        REST: Is Hostname Available.
        """
        ...

    @family.reads(SPACES + "?properties=publishingUsers")
    async def list_publishing_users(self) -> wire.websites.ListedNames:
        """List the names that sites can be published with, besides those of the sites."""
        ...

    @family.replaces(SPACES + "?properties=publishingCredentials", body=lambda: wire.websites.PublishingUser)
    async def create_publishing_user(
        self, publishing_user_name: Name, publishing_password: Annotated[str | pydantic.SecretStr, SECRET]
    ) -> OperationHandle:
        """Set the name and password that all sites can be published with.

        Args:
            publishing_user_name: unique in Azure.
            publishing_password: that person's; not empty.

        Raises:
            AlreadyExists: somebody else has the name.
        """
        ...

    @family.reads(PLANS)
    async def list_web_hosting_plans(self, webspace_name: str) -> wire.websites.ServerFarms:
        """List the web hosting plans of a web space.

        Raises:
            ResourceNotFound: no such web space.
        """
        ...

    @family.reads(PLAN)
    async def get_web_hosting_plan(self, webspace_name: str, plan_name: str) -> wire.websites.ServerFarm:
        """Read a web hosting plan.

        Raises:
            ResourceNotFound: no such plan.
        """
        ...

    @family.creates(
        PLANS,
        at="/{plan_name}",
        body=lambda: wire.websites.ServerFarmInput,
        fields={"name": "plan_name"},
        otherwise=PLAN,
    )
    async def create_web_hosting_plan(
        self,
        webspace_name: str,
        plan_name: Name,
        sku: Sku,
        number_of_workers: Annotated[int, between(0, 10)] | None = None,
        worker_size: WorkerSize | None = None,
        admin_site_name: Name | None = None,
    ) -> wire.websites.ServerFarm:
        """Make a web hosting plan.

        Args:
            webspace_name: its web space.
            plan_name: unique in the web space.
            sku: ``Free``, ``Shared``, ``Basic``, ``Standard``, ``Premium`` or ``Dynamic``.
            number_of_workers: 1 to 10; none for ``Free`` and ``Shared``.
            worker_size: ``Small``, ``Medium`` or ``Large``.
            admin_site_name: the site that administers the others.

        Raises:
            ResourceNotFound: no such web space.
            AlreadyExists: there is such a plan.
        """
        ...

    @family.replaces(PLAN, body=lambda: wire.websites.ServerFarmInput)
    async def update_web_hosting_plan(
        self,
        webspace_name: str,
        plan_name: str,
        sku: Sku,
        number_of_workers: Annotated[int, between(0, 10)] | None = None,
        worker_size: WorkerSize | None = None,
        admin_site_name: Name | None = None,
    ) -> OperationHandle:
        """Give a web hosting plan other workers; see `create_web_hosting_plan`.

        Raises:
            ResourceNotFound: no such plan.
        """
        ...

    @family.removes(PLAN)
    async def delete_web_hosting_plan(self, webspace_name: str, plan_name: str) -> OperationHandle:
        """Delete a web hosting plan.

        Raises:
            ResourceNotFound: no such plan.
            Conflict: it has sites.
        """
        ...

    @family.reads(
        PLAN
        + "/metrics?names={metrics}&StartTime={start_time}&EndTime={end_time}&timeGrain={time_grain}"
        + "&details={details}"
    )
    async def get_web_hosting_plan_metrics(
        self,
        webspace_name: str,
        plan_name: str,
        metrics: JoinedNames | None = None,
        start_time: Moment | None = None,
        end_time: Moment | None = None,
        time_grain: TimeGrain | None = None,
        *,
        details: Annotated[bool, flag("true")] = False,
    ) -> wire.website_metrics.MetricResponses:
        """Read what was measured of a plan's workers; arguments as of `get_historical_usage_metrics`.

        REST: Get Historical Usage Metrics.

        Raises:
            ResourceNotFound: no such plan.
        """
        ...
