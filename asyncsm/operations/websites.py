"""Web sites and the web spaces they are in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, TypeAlias

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import Reconcile
from asyncsm.operations.binding import request_of
from asyncsm.operations.declaring import Family
from asyncsm.operations.facts import Ends
from asyncsm.operations.kinds import JoinedNames, Moment, Name, Names, flag, one_of
from asyncsm.polling import OperationHandle

SERVICE: Final = "WebsiteManagementService"
EVIDENCE: Final = "[protocol 4.24] [lifecycles 14]"
SPACES: Final = "services/webspaces"
SPACE: Final = SPACES + "/{webspace_name}"
SITES: Final = SPACE + "/sites"
SITE: Final = SITES + "/{website_name}"
INCLUDED: Final = "?propertiesToInclude={properties_to_include}"

TimeGrain: TypeAlias = Annotated[str, one_of(("PT1M", "PT1H", "P1D"))]

family: Final = Family(
    "web sites", service=SERVICE, evidence=EVIDENCE, ends=Ends.AT_ONCE, actions_listed=False
)


def _new_site(
    webspace_name: str,
    website_name: str,
    geo_region: str,
    host_names: list[str],
    plan: str | None,
    compute_mode: str | None,
    server_farm: str | None,
    site_mode: str | None,
) -> wire.websites.CreateSite:
    return wire.websites.CreateSite(
        host_names=host_names,
        name=website_name,
        compute_mode=compute_mode,
        server_farm=server_farm,
        site_mode=site_mode,
        web_space_to_create=wire.websites.WebSpaceToCreate(
            geo_region=geo_region, name=webspace_name, plan=plan
        ),
    )


class WebsiteOperations(Caller):
    """Operations on sites, and what is measured of them."""

    @family.reads(SPACES)
    async def list_webspaces(self) -> wire.websites.WebSpaces:
        """List the web spaces of the subscription.

        REST: List Web Spaces.
        """
        ...

    @family.reads(SPACE)
    async def get_webspace(self, webspace_name: str) -> wire.websites.WebSpace:
        """Read a web space, such as ``eastuswebspace``.

        REST: Get Web Space.

        Raises:
            ResourceNotFound: no such web space.
        """
        ...

    @family.reads(SITES + INCLUDED)
    async def list_sites(
        self, webspace_name: str, *, properties_to_include: JoinedNames | None = None
    ) -> wire.websites.Sites:
        """List the sites of a web space.

        REST: List Web Sites.

        Args:
            webspace_name: the web space.
            properties_to_include: parts that are left out otherwise, such as ``SiteConfig``.

        Raises:
            ResourceNotFound: no such web space.
        """
        ...

    @family.reads(SITE + INCLUDED)
    async def get_site(
        self, webspace_name: str, website_name: str, *, properties_to_include: JoinedNames | None = None
    ) -> wire.websites.Site:
        """Read a site.

        REST: Get Web Site.

        Args:
            webspace_name: its web space.
            website_name: its name; ``name(slot)`` for one of its slots.
            properties_to_include: parts that are left out otherwise, such as ``SiteConfig``.

        Raises:
            ResourceNotFound: no such site.
        """
        ...

    @family.creates(
        SITES,
        at="/{website_name}",
        body=lambda: wire.websites.CreateSite,
        fields={"name": "website_name", "site_mode": ""},
        made=_new_site,
        otherwise=SITE,
    )
    async def create_site(
        self,
        webspace_name: str,
        website_name: Name,
        geo_region: Name,
        host_names: Names,
        plan: Name = "VirtualDedicatedPlan",
        compute_mode: Annotated[str, one_of(("Shared", "Dedicated"))] = "Shared",
        server_farm: Name | None = None,
        site_mode: Annotated[str, one_of(("Limited", "Basic"))] | None = None,
    ) -> wire.websites.Site:
        """Make a site, and its web space if there is none.

        REST: Create Web Site.

        Args:
            webspace_name: the web space: the region in lower case without blanks, and ``webspace``.
            website_name: unique in Azure, as it becomes a host name; ``name(slot)`` for a slot.
            geo_region: the region.
            host_names: names to reach it by, such as ``name.azurewebsites.net``.
            plan: of the web space; there is only this one.
            compute_mode: ``Shared`` or ``Dedicated``.
            server_farm: its web hosting plan; the service makes one if absent.
            site_mode: ``Limited`` (free) or ``Basic`` (shared).

        Raises:
            AlreadyExists: there is such a site, or another has one of the host names.
        """
        ...

    @family.removes(
        SITE
        + "?deleteEmptyServerFarm={delete_empty_server_farm}&deleteMetrics={delete_metrics}"
        + "&deleteAllSlots={delete_all_slots}"
    )
    async def delete_site(
        self,
        webspace_name: str,
        website_name: str,
        delete_empty_server_farm: Annotated[bool, flag("true")] = False,
        delete_metrics: Annotated[bool, flag("true")] = False,
        *,
        delete_all_slots: Annotated[bool, flag("true")] = False,
    ) -> OperationHandle:
        """Delete a site.

        REST: Delete Web Site.

        Args:
            webspace_name: its web space.
            website_name: its name; ``name(slot)`` for one of its slots.
            delete_empty_server_farm: delete its web hosting plan, too, if that has no other sites.
            delete_metrics: delete what was measured, too.
            delete_all_slots: delete its slots, too.

        Raises:
            ResourceNotFound: no such site.
            Conflict: it has slots.
        """
        ...

    @family.replaces(SITE, body=lambda: wire.websites.UpdateSite)
    async def update_site(
        self,
        webspace_name: str,
        website_name: str,
        state: Annotated[str, one_of(("Running", "Stopped"))] | None = None,
        *,
        host_names: Names | None = None,
        server_farm: Name | None = None,
        host_name_ssl_states: Sequence[wire.websites.WebSiteHostNameSslState] | None = None,
    ) -> OperationHandle:
        """Stop or start a site, or give it other host names, certificates or another plan.

        REST: Update Web Site.

        Args:
            webspace_name: its web space.
            website_name: its name.
            state: ``Running`` or ``Stopped``.
            host_names: all names to reach it by from now on.
            server_farm: its web hosting plan from now on.
            host_name_ssl_states: certificates for host names.

        Raises:
            ResourceNotFound: no such site or plan.
        """
        ...

    @family.acts(SITE + "/restart")
    async def restart_site(self, webspace_name: str, website_name: str) -> OperationHandle:
        """Restart a site.

        REST: Restart Web Site.

        Raises:
            ResourceNotFound: no such site.
        """
        ...

    @family.reads(
        SITE
        + "/metrics?names={metrics}&StartTime={start_time}&EndTime={end_time}&TimeGrain={time_grain}"
        + "&details={details}&slotView={slot_view}"
    )
    async def get_historical_usage_metrics(
        self,
        webspace_name: str,
        website_name: str,
        metrics: JoinedNames | None = None,
        start_time: Moment | None = None,
        end_time: Moment | None = None,
        time_grain: TimeGrain | None = None,
        *,
        details: Annotated[bool, flag("true")] = False,
        slot_view: Annotated[bool, flag("true")] = False,
    ) -> wire.website_metrics.MetricResponses:
        """Read what was measured of a site.

        REST: Get Historical Usage Metrics.

        Args:
            webspace_name: its web space.
            website_name: its name.
            metrics: names of metrics, such as ``Requests``; all if absent.
            start_time: the beginning.
            end_time: the end, now if absent.
            time_grain: ``PT1M``, ``PT1H`` or ``P1D``.
            details: tell instances apart.
            slot_view: tell slots apart.

        Raises:
            ResourceNotFound: no such site.
        """
        ...

    @family.reads(SITE + "/metricdefinitions")
    async def get_metric_definitions(
        self, webspace_name: str, website_name: str
    ) -> wire.website_metrics.MetricDefinitions:
        """List the metrics that a site has.

        REST: Get Metric Definitions.

        Raises:
            ResourceNotFound: no such site.
        """
        ...

    @family.reads(SITE + "/usages")
    async def get_usage_metrics(self, webspace_name: str, website_name: str) -> wire.website_metrics.Usages:
        """Read how much of its quotas a site has used.

        REST: Get Usage Metrics.

        Raises:
            ResourceNotFound: no such site.
        """
        ...

    @family.reads(SITE + "/publishxml")
    async def get_publish_profile(self, webspace_name: str, website_name: str) -> wire.websites.PublishData:
        """Read how to publish a site, with its password.

        REST: Get Publish Profile.

        Raises:
            ResourceNotFound: no such site.
        """
        ...

    @family.reads(SITE + "/publishxml")
    async def get_publish_profile_xml(self, webspace_name: str, website_name: str) -> str:
        """Read how to publish a site, with its password, as text for a ``.PublishSettings`` file.

        REST: Get Publish Profile.

        Raises:
            ResourceNotFound: no such site.
        """
        request = request_of(WebsiteOperations.get_publish_profile_xml, webspace_name, website_name)
        return (await self.send(request)).body.decode()

    @family.reads(SITE + "/instanceids")
    async def get_instance_ids(self, webspace_name: str, website_name: str) -> wire.websites.ListedNames:
        """List the ids of the instances that a site runs on.

        REST: Get Instance Ids.

        Raises:
            ResourceNotFound: no such site.
        """
        ...

    @family.acts(SITE + "/newpassword", reconcile=Reconcile.REPEAT)
    async def generate_site_password(self, webspace_name: str, website_name: str) -> OperationHandle:
        """Give a site another password to publish it with.

        REST: Generate Password.

        Raises:
            ResourceNotFound: no such site.
        """
        ...

    @family.acts(SITE + "/repository", reconcile=Reconcile.REPEAT)
    async def create_site_repository(self, webspace_name: str, website_name: str) -> OperationHandle:
        """Give a site a Git repository.

        REST: Create Repository.

        Raises:
            ResourceNotFound: no such site.
        """
        ...

    @family.reads(SITE + "/repository")
    async def get_site_repository(self, webspace_name: str, website_name: str) -> wire.websites.RepositoryUri:
        """Read where the repository of a site is.

        REST: Get Repository.

        Raises:
            ResourceNotFound: no such site, or it has no repository.
        """
        ...

    @family.removes(SITE + "/repository")
    async def delete_site_repository(self, webspace_name: str, website_name: str) -> OperationHandle:
        """Delete the repository of a site.

        REST: Delete Repository.

        Raises:
            ResourceNotFound: no such site, or it has no repository.
        """
        ...

    @family.acts(SITE + "/repository?action=sync", reconcile=Reconcile.REPEAT)
    async def sync_site_repository(self, webspace_name: str, website_name: str) -> OperationHandle:
        """Deploy what is in the repository of a site.

        REST: Sync Repository.

        Raises:
            ResourceNotFound: no such site, or it has no repository.
        """
        ...
