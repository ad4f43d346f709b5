"""Configuration of web sites, and the swap of their slots."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Final

from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.dialects import ATOM_TYPES, JSON_TYPES
from asyncsm.emulator.progress import Operation
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import website_slots as slots, websites
from asyncsm.emulator.rules.websites import SITE, SITES, answered, site_of
from asyncsm.wire import site_configuration as wire, websites as documents

routes: RouteTable = RouteTable(replace(SITES, takes=ATOM_TYPES | JSON_TYPES))

EXPIRY: Final = timedelta(days=1)
"""How long an operation can be asked for, as it says itself [guess]."""
_NEW: Final = wire.SiteConfiguration.from_body(
    """{"AlwaysOn": false, "AppSettings": [], "AutoHealEnabled": false, "AutoHealRules": null,
    "AutoSwapSlotName": null, "ConnectionStrings": [], "CustomAppPoolIdentityAdminState": true,
    "CustomAppPoolIdentityTenantState": false, "DefaultDocuments": ["Default.htm", "Default.html",
    "Default.asp", "index.htm", "index.html", "iisstart.htm", "default.aspx", "index.php", "hostingstart.html"],
    "DetailedErrorLoggingEnabled": false, "DocumentRoot": null, "Experiments": null, "HandlerMappings": null,
    "HttpLoggingEnabled": false, "JavaContainer": null, "JavaContainerVersion": null, "JavaVersion": null,
    "Limits": null, "LoadBalancing": 1, "LogsDirectorySizeLimit": 35, "ManagedPipelineMode": 0, "Metadata": [],
    "NetFrameworkVersion": "v4.0", "NumberOfWorkers": 1, "PhpVersion": "5.4", "PythonVersion": "",
    "RemoteDebuggingEnabled": false, "RemoteDebuggingVersion": null, "RequestTracingEnabled": false,
    "RequestTracingExpirationTime": null, "RoutingRules": [], "RuntimeADUser": null,
    "RuntimeADUserPassword": null, "ScmType": "None", "SiteAuthEnabled": false, "SiteAuthSettings": null,
    "TracingOptions": null, "Use32BitWorkerProcess": true, "VirtualApplications": [{"PhysicalPath":
    "site\\\\wwwroot", "PreloadEnabled": false, "VirtualDirectories": null, "VirtualPath": "/"}],
    "VnetName": "", "WebSocketsEnabled": false, "WinAuthAdminState": 0, "WinAuthTenantState": 0}"""
)
"""A new site's (recorded in websites/get_configuration_success)."""


@routes.get(f"{SITE}/config", "GetSiteConfiguration")
def get(call: Call) -> Reply:
    """Get Web Site Configuration."""
    _, site = site_of(call)
    own = {"PublishingPassword": site.password, "PublishingUsername": site.user}
    known = json.loads(_NEW.to_body()) | json.loads(site.configuration) | own
    return answered(wire.SiteConfiguration.model_validate(dict(sorted(known.items()))))


@routes.put(f"{SITE}/config", "UpdateSiteConfiguration")
def update(call: Call) -> Reply:
    """Update Web Site Configuration: what is not in the request stays."""
    _, site = site_of(call)
    wanted = call.body(wire.SiteConfiguration)
    site.configuration = json.dumps(json.loads(site.configuration) | json.loads(wanted.to_body()))
    site.changes(call.now)
    return answered()


@routes.get(f"{SITE}/slotConfigNames", "GetSlotConfigurationNames")
def get_names(call: Call) -> Reply:
    """Get Slot Config Names, which are those of the site whichever slot is asked."""
    site = slots.whole(*site_of(call))
    settings, strings = list(site.slot_settings), list(site.slot_connections)
    return answered(wire.SlotConfigurationNames(app_setting_names=settings, connection_string_names=strings))


@routes.post(f"{SITE}/slotConfigNames", "UpdateSlotConfigurationNames")
def update_names(call: Call) -> Reply:
    """Update Slot Config Names."""
    site = slots.whole(*site_of(call))
    wanted = call.body(wire.SlotConfigurationNames)
    site.slot_settings = tuple(wanted.app_setting_names or ())
    site.slot_connections = tuple(wanted.connection_string_names or ())
    return answered()


@routes.post(f"{SITE}/slots", "SwapSiteSlots", query={"command": "swap"})
def swap(call: Call) -> Reply:
    """Swap Slots: what two slots have changes places when the operation ends [lifecycles 14]."""
    space, site = site_of(call)
    other = slots.other(space, site, call.query.get("targetslot", ""))
    websites.require_idle(site, other)
    call.accept(locks=[site, other], then=partial(slots.swap, space, site.name, other.name))
    assert call.operation is not None  # noqa: S101 - which accepting has set
    return answered(_operation(call.operation), 202)


@routes.post(f"{SITE}/applySlotConfig", "ApplySlotConfiguration")
def apply(call: Call) -> Reply:
    """Apply Slot Configuration: a slot runs with what stays with the other one [lifecycles 14] [guess]."""
    space, site = site_of(call)
    target = call.query.get("targetswapslot", "")
    if not target:
        raise websites.required("targetSwapSlot")
    other = slots.other(space, site, target)
    websites.require_idle(site, other)
    name = slots.name_of(other)
    if site.target_slot not in {None, name}:
        raise websites.busy(f"The slot {site.name} is to be swapped with {site.target_slot}.")
    slots.apply(space, site, other)
    site.changes(call.now)
    return answered()


@routes.post(f"{SITE}/resetSlotConfig", "ResetSlotConfiguration")
def reset(call: Call) -> Reply:
    """Reset Slot Configuration: a slot has its own settings again [lifecycles 14] [guess]."""
    space, site = site_of(call)
    websites.require_idle(site)
    slots.reset(space, site)
    site.changes(call.now)
    return answered()


@routes.get(f"{SITE}/operations/{{operationId}}", "GetSiteOperation")
def operation(call: Call) -> Reply:
    """Get Operation Status of a site."""
    site_of(call)
    found = call.subscription.operations.find(call.parameters["operationId"].replace("-", "").lower())
    if found is None:
        raise websites.missing("Operation", call.parameters["operationId"])
    return answered(_operation(found))


def _operation(found: Operation) -> documents.WebSiteOperation:
    name = str(uuid.UUID(found.request_id))
    failure = found.failure
    errors = [] if failure is None else [documents.WebSiteError(code=failure.code, message=failure.message)]
    return documents.WebSiteOperation(
        created_time=found.started,
        errors=documents.WebSiteErrors(errors=errors),
        expiration_time=found.started + EXPIRY,
        geo_master_operation_id=name,
        id=name,
        modified_time=found.completed or found.started,
        name=found.name,
        status=found.status,
    )
