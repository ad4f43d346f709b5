"""Web sites, with the web hosting plans they are on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar, NamedTuple

from asyncsm.operations.websites import WebsiteOperations
from asyncsm.polling import OperationHandle
from asyncsm.provisioning.resources.base import Operations, Resource
from asyncsm.provisioning.resources.difference import Difference, differ
from asyncsm.provisioning.resources.site import Site, unless_missing
from asyncsm.provisioning.sibling_specs import WebSiteSpec
from asyncsm.wire import websites as wire

SUFFIX = "azurewebsites.net"


class Hosted(NamedTuple):
    """A site, and the web hosting plan it is on."""

    site: wire.Site
    plan: wire.ServerFarm | None


class WebSiteResource(Resource[Hosted, WebSiteSpec]):
    """A web site. The first of a region brings its web space, which a web hosting plan needs."""

    kind: ClassVar[str] = "web_site"
    operations: Operations = Operations.named(WebsiteOperations, "site")

    def __init__(self, spec: WebSiteSpec, owner: str = "", base: Path = Path()) -> None:
        super().__init__(spec, owner or spec.webspace_name, base)

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, Hosted]]:
        sites = await site.web.list_sites(owner)
        plans = {one.name: one for one in await site.web.list_web_hosting_plans(owner)}
        return [(one.name, Hosted(one, plans.get(one.server_farm))) for one in sites]

    async def _read(self, site: Site) -> Hosted:
        found = await site.web.get_site(self.owner, self.spec.name)
        return Hosted(found, await self._plan(site, found.server_farm))

    async def _plan(self, site: Site, name: str | None) -> wire.ServerFarm | None:
        return None if name is None else await unless_missing(site.web.get_web_hosting_plan(self.owner, name))

    def compare(self, found: Hosted) -> Iterator[Difference]:
        """Yield differences, all of which can be changed."""
        yield from differ("state", found.site.state, self.spec.state)
        missing = set(self._host_names()) - {one.lower() for one in found.site.host_names}
        if missing:
            yield Difference("host_names", ", ".join(found.site.host_names), f"{', '.join(missing)} too")
        wanted = self.spec.hosting_plan
        if wanted is not None:
            yield from differ("hosting_plan", found.site.server_farm, wanted.name)
            if found.site.server_farm == wanted.name:
                yield from self._compare_plan(found.plan)

    def _compare_plan(self, found: wire.ServerFarm | None) -> Iterator[Difference]:
        for name in ("sku", "number_of_workers", "worker_size"):
            yield from differ(
                f"hosting_plan.{name}", getattr(found, name, None), getattr(self.spec.hosting_plan, name)
            )

    def _host_names(self) -> list[str]:
        return [f"{self.spec.name}.{SUFFIX}".lower(), *(one.lower() for one in self.spec.host_names)]

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Make the site, on its web hosting plan if there can be one already, and see to what is not as wanted."""
        spec, wanted = self.spec, self.spec.hosting_plan
        # A plan does not say where it is to be, and so cannot bring the web space.
        has_space = False
        if wanted is not None:
            has_space = await unless_missing(site.web.get_webspace(self.owner)) is not None
        if has_space:
            await self._bring_plan(site)
        made = await site.web.create_site(
            self.owner,
            spec.name,
            spec.location or "",
            self._host_names(),
            server_farm=wanted.name if wanted and has_space else None,
        )
        found = Hosted(made, await self._plan(site, wanted.name) if wanted and has_space else None)
        rest = [*self.compare(found)]
        return await self.change(site, found, rest) if rest else site.sms.completed(made, "CreateSite")

    async def _bring_plan(self, site: Site) -> None:
        wanted = self.spec.hosting_plan
        if wanted is None:
            return
        given = (self.owner, wanted.name, wanted.sku, wanted.number_of_workers, wanted.worker_size)
        async with site.sms.exclusively("services", "webspaces", self.owner):  # sites share it
            there = await self._plan(site, wanted.name)
            if there is None:
                await site.web.create_web_hosting_plan(*given)
            elif [*self._compare_plan(there)]:
                await site.web.update_web_hosting_plan(*given)

    async def change(self, site: Site, found: Hosted, differences: Sequence[Difference]) -> OperationHandle:
        """See to its plan, then to its state, names and place."""
        await self._bring_plan(site)
        names = list(dict.fromkeys([*found.site.host_names, *self._host_names()]))
        farm = self.spec.hosting_plan.name if self.spec.hosting_plan else None
        return await site.web.update_site(
            self.owner, self.spec.name, self.spec.state, host_names=names, server_farm=farm
        )

    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:
        return await site.web.delete_site(
            self.owner, self.spec.name, delete_empty_server_farm=True, delete_all_slots=True
        )
