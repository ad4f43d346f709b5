"""Web spaces and the sites in them."""

from __future__ import annotations

import hashlib
from typing import Final

from pydantic import SecretStr

from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import common_fields, websites
from asyncsm.emulator.rules.websites import SITE, SITES, SPACE, SPACES, STAMPS, answered, site_of, space_of
from asyncsm.emulator.websites import WebHostingPlan, WebSite, WebSpace
from asyncsm.wire import websites as wire

routes: RouteTable = RouteTable(SITES)

_STATES: Final = ("Running", "Stopped")


@routes.get(SPACES, "ListWebspaces")
def list_spaces(call: Call) -> Reply:
    """List Web Spaces."""
    found = [_space_shown(call, space) for space in call.subscription.web_spaces.values()]
    return answered(wire.WebSpaces(web_space=found))


@routes.get(SPACE, "GetWebspace")
def get_space(call: Call) -> Reply:
    """Get Web Space."""
    return answered(_space_shown(call, space_of(call)))


@routes.get(f"{SPACE}/sites", "ListSites")
def list_sites(call: Call) -> Reply:
    """List Web Sites."""
    space = space_of(call)
    return answered(wire.Sites(site=[_shown(call, space, site) for site in space.sites.values()]))


@routes.post(f"{SPACE}/sites", "CreateSite")
def create(call: Call) -> Reply:
    """Create Web Site, with its web space and its plan if there are none (recorded in web_sites/create_site)."""
    wanted = call.body(wire.CreateSite)
    name = wanted.name
    space = _space_for(call, wanted)
    websites.require_new(call, space, name)
    whole = space.sites.get(name.partition("(")[0])
    plan = _plan_for(space, wanted.server_farm if whole is None else whole.plan)
    site = websites.new_site(call, name, plan.name)
    site.compute_mode = wanted.compute_mode
    site.site_mode = wanted.site_mode or (wanted.compute_mode and "Limited")
    site.host_names = websites.host_names(call, site, wanted.host_names)
    call.subscription.web_spaces.setdefault(space.name, space)
    space.plans.setdefault(plan.name, plan)
    space.sites[name] = site
    call.acts_on(*call.path.split("/"), name)
    return answered(_shown(call, space, site))


@routes.get(SITE, "GetSite")
def get(call: Call) -> Reply:
    """Get Web Site."""
    space, site = site_of(call)
    return answered(_shown(call, space, site), changed=site.modified)


@routes.put(SITE, "UpdateSite")
def update(call: Call) -> Reply:
    """Update Web Site (recorded in web_sites/shutdown_start_site)."""
    space, site = site_of(call)
    wanted = call.body(wire.UpdateSite)
    if wanted.state is not None and wanted.state not in _STATES:
        raise websites.wrong("State")
    plan = None if wanted.server_farm is None else websites.plan_named(space, wanted.server_farm)
    names = None if wanted.host_names is None else websites.host_names(call, site, wanted.host_names)
    for each in wanted.host_name_ssl_states or ():
        if each.name.lower() not in map(str.lower, names or site.host_names):
            raise websites.SiteRefusal(
                400, "BadRequest", "04003", "Invalid host name {0}.", each.name
            )  # [guess]
        site.certificates = site.certificates | {each.name.lower(): (each.ssl_state, each.thumbprint)}
    site.state = wanted.state or site.state
    site.plan = plan.name if plan is not None else site.plan
    site.host_names = names or site.host_names
    site.changes(call.now)
    return answered(_shown(call, space, site), changed=site.modified)


@routes.delete(SITE, "DeleteSite")
def delete(call: Call) -> Reply:
    """Delete Web Site (recorded in web_sites/delete_site_with_empty_farm)."""
    space, site = site_of(call)
    slots = space.slots_of(site)
    if slots and call.query.get("deleteallslots", "").lower() != "true":
        raise websites.busy(f"The site {site.name} has slots.")
    for one in (site, *slots):
        del space.sites[one.name]
    plan = space.plans[site.plan]
    if call.query.get("deleteemptyserverfarm", "").lower() == "true" and not any(space.on(plan)):
        del space.plans[plan.name]
    return answered(changed=site.modified)


@routes.post(f"{SITE}/restart", "RestartSite")
def restart(call: Call) -> Reply:
    """Restart Web Site (recorded in web_sites/restart_site): nothing runs there, so nothing is seen of it."""
    site_of(call)
    return answered()


@routes.post(f"{SITE}/newpassword", "GenerateSitePassword")
def new_password(call: Call) -> Reply:
    """Generate Password of a site, which is no change of it (recorded in websites/generate_password_success)."""
    _, site = site_of(call)
    site.password = websites.new_password(call)
    return answered(changed=site.modified)


@routes.get(f"{SITE}/publishxml", "GetPublishProfile")
def publish_profile(call: Call) -> Reply:
    """Get Publish Profile (recorded in web_sites/get_publish_profile)."""
    space, site = site_of(call)
    stamp = websites.stamp(space)
    ftp = wire.PublishProfile(
        profile_name=f"{site.name} - FTP",
        publish_method="FTP",
        publish_url=f"ftp://{stamp}.ftp.azurewebsites.windows.net/site/wwwroot",
        ftp_passive_mode="True",
        user_name=rf"{site.name}\{site.user}",
        user_pwd=SecretStr(site.password),
        destination_app_url=f"http://{site.default_host_name}",
        sql_server_db_connection_string=SecretStr(""),
        my_sqldb_connection_string=SecretStr(""),
        hosting_provider_forum_link="",
        control_panel_link="",
        web_system="WebSites",
        databases=wire.ConnectionStrings(),
    )
    web_deploy = {
        "profile_name": f"{site.name} - Web Deploy",
        "publish_method": "MSDeploy",
        "publish_url": f"{site.repository_host_name}:443",
        "msdeploysite": site.name,
        "ftp_passive_mode": None,
        "user_name": site.user,
    }
    profiles = [ftp.model_copy(update=web_deploy), ftp]
    return answered(wire.PublishData(publish_profiles=profiles))


@routes.get(f"{SITE}/instanceids", "GetInstanceIds")
def instance_ids(call: Call) -> Reply:
    """Get Instance Ids: one for each worker while the site runs [guess]."""
    space, site = site_of(call)
    number = max(space.plans[site.plan].number, 1) if site.state == "Running" else 0
    ids = [hashlib.sha256(f"{site.name}/{one}".encode()).hexdigest() for one in range(number)]
    return answered(wire.ListedNames(names=[wire.ListedName(name=one) for one in ids]))


@routes.post(f"{SITE}/repository", "SyncSiteRepository", query={"action": "sync"})
def sync_repository(call: Call) -> Reply:
    """Sync Repository of a site."""
    _with_repository(call)
    return answered()


@routes.post(f"{SITE}/repository", "CreateSiteRepository", query={"action": ""})
def create_repository(call: Call) -> Reply:
    """Create Repository; a second one is none (recorded in websites/repositoryoperation_success)."""
    _, site = site_of(call)
    site.has_repository = True
    return answered()


@routes.get(f"{SITE}/repository", "GetSiteRepository")
def get_repository(call: Call) -> Reply:
    """Get Repository of a site."""
    site = _with_repository(call)
    uri = wire.RepositoryUri(uri=f"https://{site.repository_host_name}/")
    return answered(uri, changed=site.modified)


@routes.delete(f"{SITE}/repository", "DeleteSiteRepository")
def delete_repository(call: Call) -> Reply:
    """Delete Repository of a site."""
    _with_repository(call).has_repository = False
    return answered()


def _with_repository(call: Call) -> WebSite:
    _, site = site_of(call)
    if not site.has_repository:
        # [lifecycles 14]
        raise websites.SiteRefusal(
            404, "NotFound", "05005", "Repository does not exist for site {0}.", site.name
        )
    return site


def _space_for(call: Call, wanted: wire.CreateSite) -> WebSpace:
    """Return the web space of a new site, which may have to be made."""
    name, new = call.parameters["webspaceName"], wanted.web_space_to_create
    if new is None or name in call.subscription.web_spaces:
        return space_of(call)
    if new.name.lower() != name.lower():
        raise websites.wrong("WebSpaceToCreate")
    return WebSpace(name, common_fields.known_location(new.geo_region))


def _plan_for(space: WebSpace, name: str | None) -> WebHostingPlan:
    """Return the plan of a new site, which the service makes if none is named (recorded in web_sites/create_site)."""
    if name is not None:
        return websites.plan_named(space, name)
    return space.plans.get("Default0") or WebHostingPlan("Default0")


def _space_shown(call: Call, space: WebSpace) -> wire.WebSpace:
    shown = wire.WebSpace(  # (recorded in web_sites/get_web_space)
        availability_state="Normal",
        compute_mode=None,
        current_number_of_workers=None,
        current_worker_size=None,
        geo_location=STAMPS.get(space.region, "am2"),
        geo_region=space.region,
        name=space.name,
        number_of_workers=None,
        plan="VirtualDedicatedPlan",
        status="Ready",
        subscription=call.subscription.id,
        worker_size=None,
    )
    if call.version >= "2014-10-01":
        shown.hosting_environment = None
    return shown


def _shown(call: Call, space: WebSpace, site: WebSite) -> wire.Site:
    host_names = [(name, "Standard") for name in site.host_names] + [
        (site.repository_host_name, "Repository")
    ]
    is_later = call.version >= "2014-10-01"
    shown = wire.Site(  # (recorded in web_sites/create_site)
        admin_enabled=True,
        availability_state="Normal",
        compute_mode=site.compute_mode,
        content_availability_state="Normal",
        csrs="",
        deployment_id=site.name,
        enabled=True,
        enabled_host_names=[name for name, _ in host_names],
        host_name_ssl_states=wire.HostNameSslStates(
            host_name_ssl_state=[_ssl_state(site, *each) for each in host_names]
        ),
        host_names=list(site.host_names),
        last_modified_time_utc=site.modified,
        micro_service="WebSites",
        name=site.name,
        outbound_ip_addresses=_ADDRESSES if is_later else None,
        repository_site_name=site.name,
        runtime_availability_state="Normal",
        sku=space.plans[site.plan].sku,
        ssl_certificates="" if is_later else None,
        scm_site_also_stopped=False,
        self_link=f"https://{websites.stamp(space)}.api.azurewebsites.windows.net:454/{_LATER_PATH if is_later else ''}"
        f"subscriptions/{call.subscription.id}/webspaces/{space.name}/sites/{site.name}",
        server_farm=site.plan,
        site_mode=site.site_mode,
        site_properties=wire.SiteProperties(
            app_settings=None, metadata=None, properties=wire.NameValuePairs()
        ),
        state=wire.SiteState(site.state),
        storage_recovery_default_state="Running",
        target_swap_slot=site.target_slot,
        usage_state="Normal",
        web_space=space.name,
    )
    for name in _NOTHING if is_later else _NOTHING - _LATER:
        setattr(shown, name, None)
    return shown


_NOTHING: Final = frozenset(
    {
        "cers",
        "client_affinity_enabled",
        "client_cert_enabled",
        "cloning_info",
        "gateway_site_name",
        "hosting_environment",
        "hosting_environment_id",
        "kind",
        "owner",
        "premium_app_deployed",
        "server_farm_id",
        "site_config",
        "traffic_manager_host_names",
    }
)
"""Fields that a site has, and nothing in them (recorded in web_sites/create_site)."""
_LATER: Final = frozenset({"client_affinity_enabled", "client_cert_enabled", "hosting_environment_id"})
"""Of those, what answers in earlier versions do not have (recorded in websites/create_web_site_success)."""
_LATER_PATH: Final = "20130801/websystems/websites/web/"
_ADDRESSES: Final = "137.117.81.128,137.117.81.142,137.117.81.181,137.117.81.82"


def _ssl_state(site: WebSite, name: str, kind: str) -> wire.HostNameSslState:
    state, thumbprint = site.certificates.get(name.lower(), ("Disabled", None))
    return wire.HostNameSslState(
        host_type=kind,
        ip_based_ssl_state="NotConfigured",
        ip_based_ssl_result=None,
        name=name,
        ssl_state=state,
        thumbprint=thumbprint,
        to_update=None,
        to_update_ip_based_ssl=None,
        virtual_ip=None,
    )
