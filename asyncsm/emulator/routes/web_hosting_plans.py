"""Web hosting plans, and what all sites share: regions, host names and publishing users."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from asyncsm.emulator import catalogue
from asyncsm.emulator.call import ANY, Call, Reply
from asyncsm.emulator.collections import Immediate, Parameters, Verb
from asyncsm.emulator.naming import ByName
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import websites
from asyncsm.emulator.rules.websites import PLAN, SITES, SPACES, answered, space_of
from asyncsm.emulator.state import Subscription
from asyncsm.emulator.websites import DNS_SUFFIX, WebHostingPlan
from asyncsm.wire import websites as wire
from asyncsm.wire.document import Document

routes: RouteTable = RouteTable(SITES)

SHARED: Final = ("Free", "Shared")
"""Kinds of plans without workers of their own [lifecycles 14]."""
SKUS: Final = (*SHARED, "Basic", "Standard", "Premium", "Dynamic")
SIZES: Final = ("Small", "Medium", "Large")
MOST_WORKERS: Final = 10

REGIONS: Final = (
    "East US 2",
    "East US",
    "West US",
    "North Europe",
    "West Europe",
    "North Central US",
    "South Central US",
    "Central US",
    "East Asia",
    "Southeast Asia",
    "Japan West",
    "Japan East",
    "Brazil South",
    "Australia Southeast",
    "Australia East",
)
"""In the service's order (recorded in websites/list_geo_regions_success)."""


LATEST: Final = ("Australia Southeast", "Australia East")
"""Those that have no place in it, and a description (recorded in the same)."""


@routes.get(SPACES, "ListGeoRegions", query={"properties": "georegions"})
def list_regions(call: Call) -> Reply:  # noqa: ARG001 - the same for everybody
    """List Geo Regions."""
    known = [name for name in REGIONS if catalogue.location(name) is not None]
    found = [
        wire.GeoRegion(
            description=name if name in LATEST else None,
            display_name=name,
            name=name,
            sort_order=2**31 - 1 if name in LATEST else place,
        )
        for place, name in enumerate(known)
    ]
    return answered(wire.GeoRegions(geo_region=found))


@routes.get(SPACES, "GetDnsSuffix", query={"properties": "dnssuffix"})
def dns_suffix(call: Call) -> Reply:  # noqa: ARG001 - the same for everybody
    """Get DNS Suffix."""
    return answered(wire.DnsSuffix(dns_suffix=DNS_SUFFIX))


@routes.get(SPACES, "CheckSiteNameAvailability", query={"ishostnameavailable": ANY})
def is_available(call: Call) -> Reply:
    """Is Hostname Available: a name is taken if a site of anybody has it."""
    name = call.query["ishostnameavailable"]
    owner = websites.owner_of_host_name(call.state, f"{name}.{DNS_SUFFIX}")
    return answered(wire.HostNameAvailability(is_available=owner is None))


@routes.get(SPACES, "ListPublishingUsers", query={"properties": "publishingUsers"})
def list_users(call: Call) -> Reply:
    """List Publishing Users."""
    user = call.subscription.publishing_user
    names = [wire.ListedName(name=user)] if user else []
    return answered(wire.ListedNames(names=names))


@routes.put(SPACES, "CreatePublishingUser", query={"properties": "publishingCredentials"})
def create_user(call: Call) -> Reply:
    """Create Publishing User; the emulator keeps no password, as nobody can publish anything."""
    wanted = call.body(wire.PublishingUser)
    name, password = wanted.publishing_user_name or "", wanted.publishing_password
    if not name:
        # [lifecycles 14]
        raise _refused("06009", "Publishing user name cannot be empty.")
    if password is None:
        raise _refused("06007", "Publishing password must be specified.")  # [lifecycles 14]
    words = (name, password.get_secret_value())
    if not all(words):
        raise _refused("06006", "Publishing password cannot be empty.")  # [lifecycles 14]
    if any(word != word.strip() for word in words):
        # [lifecycles 14]
        raise _refused("06005", "Publishing credentials have to be trimmed from white characters.")
    others = (
        one.publishing_user for one in call.state.subscriptions.values() if one is not call.subscription
    )
    if name.lower() in {one.lower() for one in others if one}:
        template = "Publishing username {0} is already used. Specify a different publishing username."
        raise websites.conflict("06008", template, name)
    call.subscription.publishing_user = name
    return answered(wire.PublishingUser(name=name, publishing_user_name=name))


def _refused(number: str, message: str) -> websites.SiteRefusal:
    return websites.SiteRefusal(400, "BadRequest", number, message)


class _Plans(Immediate[WebHostingPlan, wire.ServerFarmInput]):
    resource: str = "WebHostingPlan"
    noun: str = "ServerFarm"
    verbs: Sequence[Verb] = ("list", "read", "create", "put", "remove")
    path: str = PLAN.rpartition("/")[0]
    parameter: str = PLAN.rpartition("/")[2].strip("{}")
    request = wire.ServerFarmInput

    def held(self, subscription: Subscription, parameters: Parameters) -> ByName[WebHostingPlan]:
        return websites.space_named(subscription, parameters["webspaceName"]).plans

    def named(self, subscription: Subscription, parameters: Parameters, name: str) -> WebHostingPlan:
        return websites.plan_named(websites.space_named(subscription, parameters["webspaceName"]), name)

    def require_new(self, call: Call, held: ByName[WebHostingPlan], name: str) -> None:
        if not name or len(name) > 40:
            raise websites.wrong("Name")
        if name in held:
            raise websites.busy(f"Server farm {name} already exists.")

    def make(self, call: Call, name: str, wanted: wire.ServerFarmInput) -> WebHostingPlan:
        size = wanted.worker_size or "Small"
        given = 1 if wanted.number_of_workers is None else wanted.number_of_workers
        number = 0 if wanted.sku in SHARED else given
        if wanted.sku not in SKUS:
            raise websites.wrong("SKU")
        if size not in SIZES:
            raise websites.wrong("WorkerSize")
        if wanted.sku not in SHARED and number <= 0:
            # [lifecycles 14]
            raise _refused("04004", "NumberOfWorkers value must be more than zero.")
        if number > MOST_WORKERS:
            # [lifecycles 14]
            raise websites.SiteRefusal(
                409, "Conflict", "03002", "Number of workers exceeds the maximum allowed."
            )
        return WebHostingPlan(name, wanted.sku, number, size, wanted.admin_site_name)

    def change(self, call: Call, thing: WebHostingPlan, wanted: wire.ServerFarmInput) -> wire.ServerFarm:
        changed = self.make(call, thing.name, wanted)
        thing.sku, thing.number, thing.worker_size = changed.sku, changed.number, changed.worker_size
        thing.admin_site = changed.admin_site or thing.admin_site
        return self.shown(call, thing)

    def drop(self, subscription: Subscription, parameters: Parameters) -> None:
        space = websites.space_named(subscription, parameters["webspaceName"])
        plan = space.plans[parameters[self.parameter]]
        if any(space.on(plan)):
            # as recorded in websites/server_farm_operations_tests
            template = "Server farm '{0}' cannot be deleted because it has sites assigned to it."
            raise websites.conflict("11003", template, plan.name)
        del space.plans[plan.name]

    def shown(self, call: Call, thing: WebHostingPlan) -> wire.ServerFarm:
        shown = wire.ServerFarm(  # as recorded in websites/create_server_farm_success
            current_number_of_workers=thing.number,
            current_worker_size=thing.worker_size,
            name=thing.name,
            number_of_workers=thing.number,
            sku=thing.sku,
            status="Ready",
            web_space=space_of(call).name,
            worker_size=thing.worker_size,
        )
        if call.version >= "2014-04-01":  # as recorded in websites/web_site_operations_tests
            size = SIZES.index(thing.worker_size)
            shown.admin_site_name, shown.hosting_environment, shown.plan_name = thing.admin_site, None, None
            shown.current_worker_size_id = shown.worker_size_id = size
            shown.maximum_number_of_workers = thing.number
            shown.subscription = call.subscription.id
        return shown

    def listed(self, call: Call, things: Sequence[WebHostingPlan]) -> wire.ServerFarms:
        return wire.ServerFarms(server_farm=[self.shown(call, one) for one in things])

    def answered(self, document: Document | None = None, status: int = 200) -> Reply:
        return answered(document)


plans: Final = _Plans(routes)
