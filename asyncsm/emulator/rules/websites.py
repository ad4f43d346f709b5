"""Web Sites: its refusals, the headers of its answers, and what several of its families look up."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypeAlias, cast

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.dialects import ASP_NET, ATOM_TYPES, FRONT_END, Dialect
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.state import ServiceState, Subscription
from asyncsm.emulator.websites import DNS_SUFFIX, WebHostingPlan, WebSite, WebSpace
from asyncsm.wire import websites as wire
from asyncsm.wire.document import Document

SPACES: Final = "services/webspaces"
SPACE: Final = f"{SPACES}/{{webspaceName}}"
SITE: Final = f"{SPACE}/sites/{{siteName}}"
PLAN: Final = f"{SPACE}/serverfarms/{{planName}}"

Setting: TypeAlias = "dict[str, str | None]"

_NAME: Final = re.compile(
    r"[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?(\([a-z0-9-]{1,59}\))?", re.ASCII | re.IGNORECASE
)

STAMPS: Final = {
    "Brazil South": "cq1",
    "Central US": "dm1",
    "East Asia": "hk1",
    "East US": "BLU",
    "East US 2": "bn1",
    "Japan West": "os1",
    "North Central US": "CH1",
    "North Europe": "DB3",
    "South Central US": "sn1",
    "West Europe": "AM2",
    "West US": "bay",
}
"""Places by the regions they are in (recorded in web_sites/list_web_spaces)."""


class SiteRefusal(Refusal):
    """An error in the words of Web Sites: a template, and what stands in it.

    Attributes:
        extended: number of the template.
        template: with ``{0}``, ``{1}``, ...
        parameters: what stands there.
    """

    def __init__(self, status: int, code: str, extended: str, template: str, *parameters: str) -> None:
        super().__init__(status, code, template.format(*parameters))
        self.extended = extended
        self.template = template
        self.parameters = parameters


def _in_sites(refusal: Refusal) -> Document:
    if not isinstance(refusal, SiteRefusal):
        return refusal.document()
    return wire.WebSiteError(  # as recorded in web_sites/delete_site
        code=refusal.code,
        message=refusal.message,
        extended_code=refusal.extended,
        message_template=refusal.template,
        parameters=list(refusal.parameters),
        inner_errors=None,
    )


SITES: Final = Dialect(_in_sites, ATOM_TYPES, headers=FRONT_END, echoes=True)
"""Bodies of answers are called as the request's (recorded in web_sites/create_site)."""


def site_missing(name: str) -> Refusal:
    """404: there is no such site."""
    # [rec web_sites/delete_site]
    return SiteRefusal(404, "NotFound", "04009", "The web site {0} cannot be found.", name)


def missing(kind: str, name: str) -> Refusal:
    """404: there is no such web space or plan."""
    return SiteRefusal(
        404, "NotFound", "51004", "Cannot find {0} with name {1}.", kind, name
    )  # [lifecycles 14]


def conflict(extended: str, template: str, *parameters: str) -> Refusal:
    """409: something is taken or in use."""
    return SiteRefusal(409, "Conflict", extended, template, *parameters)  # [lifecycles 14]


def taken(name: str) -> Refusal:
    """409: there is a site of this name."""
    return conflict("04008", "Site with name {0} already exists.", name)


def host_name_taken(name: str) -> Refusal:
    """409: another site is reached by this name."""
    return conflict("54003", "Specified Host Name {0} is already taken by another site.", name)


def busy(why: str) -> Refusal:
    """409: something else is in the way."""
    return conflict("01020", "There was a conflict. {0}", why)  # [lifecycles 14] [guess]


def required(parameter: str) -> Refusal:
    """400: a parameter is missing."""
    # [lifecycles 14] [guess]
    return SiteRefusal(400, "BadRequest", "01010", "Required parameter {0} is missing.", parameter)


def wrong(parameter: str) -> Refusal:
    """400: a parameter has a value that it cannot have."""
    # [lifecycles 14] [guess]
    return SiteRefusal(400, "BadRequest", "01007", "Parameter {0} has invalid value.", parameter)


def space_named(subscription: Subscription, name: str) -> WebSpace:
    """Return the web space called `name`, in any case; refuse if there is none."""
    found = subscription.web_spaces.get(name)
    if found is None:
        raise missing("WebSpace", name)
    return found


def space_of(call: Call) -> WebSpace:
    """Return the web space of the path."""
    return space_named(call.subscription, call.parameters["webspaceName"])


def site_named(space: WebSpace, name: str) -> WebSite:
    """Return the site called `name`, in any case; refuse if there is none."""
    found = space.sites.get(name)
    if found is None:
        raise site_missing(name)
    return found


def site_of(call: Call) -> tuple[WebSpace, WebSite]:
    """Return the site of the path, and its web space."""
    space = space_of(call)
    return space, site_named(space, call.parameters["siteName"])


def require_idle(*sites: WebSite) -> None:
    """Refuse what does not go together with an operation on a site."""
    for site in sites:
        if site.lock is not None:
            raise busy(f"Another operation on the site {site.name} is in progress.")


def require_new(call: Call, space: WebSpace, name: str) -> None:
    """Refuse a name that a new site, or slot of one, cannot have, and one more than the quota allows."""
    if _NAME.fullmatch(name) is None:
        # [lifecycles 14] [guess]
        raise SiteRefusal(400, "BadRequest", "01003", "Invalid name {0}.", name)
    site_name, _, slot = name.partition("(")
    if slot:
        site_named(space, site_name)
    if name in space.sites:
        raise taken(name)
    limit = call.subscription.quotas.web_sites
    refusals.require_quota("web site count", limit, call.subscription.number_of_sites)  # [guess]


def new_site(call: Call, name: str, plan: str) -> WebSite:
    """Return a site with nothing in it."""
    return WebSite(
        name=name,
        plan=plan,
        host_names=(),
        password=new_password(call),
        created=call.now,
        modified=call.now,
    )


def host_names(call: Call, site: WebSite, wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the host names of a site, its own first; refuse those of others."""
    own = site.default_host_name
    names = (own, *(one for one in wanted if one.lower() != own.lower()))
    for name in names:
        owner = owner_of_host_name(call.state, name)
        if owner is not None and owner is not site:
            raise host_name_taken(name)
        if name.lower().endswith(f".{DNS_SUFFIX}") and name.lower() != own.lower():
            raise SiteRefusal(400, "BadRequest", "04003", "Invalid host name {0}.", name)  # [guess]
    return names


def entries(configuration: str, member: str) -> list[Setting]:
    """Return the settings, or connection strings, that have been set in a site's configuration."""
    return cast("list[Setting]", json.loads(configuration).get(member) or [])


def plan_named(space: WebSpace, name: str) -> WebHostingPlan:
    """Return the web hosting plan called `name`, in any case; refuse if there is none."""
    found = space.plans.get(name)
    if found is None:
        raise missing("ServerFarm", name)
    return found


def owner_of_host_name(state: ServiceState, name: str) -> WebSite | None:
    """Return the site of any subscription that is reached by a host name."""
    return next(
        (
            site
            for owner in state.subscriptions.values()
            for space in owner.web_spaces.values()
            for site in space.sites.values()
            if name.lower() in {one.lower() for one in (*site.host_names, site.default_host_name)}
        ),
        None,
    )


def stamp(space: WebSpace) -> str:
    """Return the name of the machines that a web space is on."""
    return f"waws-prod-{STAMPS.get(space.region, 'am2').lower()}-003"  # (recorded in web_sites/get_publish_profile)


def new_password(call: Call) -> str:
    """Return 60 letters and digits, as a site's password has."""
    return "".join(call.random.choices(string.ascii_letters + string.digits, k=60))


def answered(document: Document | None = None, status: int = 200, changed: datetime | None = None) -> Reply:
    """Answer as Web Sites does; what was read or changed of a site has the moment of its last change.

    Args:
        document: the body.
        status: HTTP status.
        changed: moment of the last change of the site that the request is about.
    """
    headers = dict(ASP_NET)
    if changed is not None:
        headers["ETag"] = f'"{int(changed.timestamp() * 10**7) + 116_444_736_000_000_000:X}"'
    return Reply(status, document, headers=headers)
