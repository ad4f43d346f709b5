"""Slots of web sites: what changes places in a swap, and what stays with its slot."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from asyncsm.emulator.rules import websites
from asyncsm.emulator.saved_names import effect
from asyncsm.emulator.websites import WebSite, WebSpace

PRODUCTION: Final = "Production"


def whole(space: WebSpace, site: WebSite) -> WebSite:
    """Return the site that has a slot; it is its own one."""
    return space.sites.get(site.name.partition("(")[0]) or site


def name_of(site: WebSite) -> str:
    """Return what a slot is called without its site."""
    return site.name.partition("(")[2].rstrip(")") or PRODUCTION


def other(space: WebSpace, site: WebSite, slot: str) -> WebSite:
    """Return another slot of a site; refuse if there is none of the name."""
    name = site.name.partition("(")[0]
    found = space.sites.get(name if slot.lower() == PRODUCTION.lower() else f"{name}({slot})")
    if found is None or found is site:
        raise websites.site_missing(f"{name}({slot})")
    return found


def apply(space: WebSpace, site: WebSite, target: WebSite) -> None:
    """Let a slot run with the settings that stay with another one."""
    reset(space, site)
    site.target_slot, site.own_configuration = name_of(target), site.configuration
    site.configuration = _moved(site.configuration, target.configuration, _staying(space, site))


def reset(space: WebSpace, site: WebSite) -> None:
    """Let a slot run with its own settings; what else was set in it since stays as it is."""
    if site.own_configuration is not None:
        site.configuration = _moved(site.configuration, site.own_configuration, _staying(space, site))
    site.target_slot = site.own_configuration = None


@effect("web-sites/swap")
def swap(space: WebSpace, one: str, other: str) -> None:
    """Let two slots have each other's configuration, but for the settings that stay, and state."""
    first, second = websites.site_named(space, one), websites.site_named(space, other)
    for each in (first, second):
        reset(space, each)
    stays = _staying(space, first)
    first.configuration, second.configuration = (
        _moved(second.configuration, first.configuration, stays),
        _moved(first.configuration, second.configuration, stays),
    )
    first.has_repository, second.has_repository = second.has_repository, first.has_repository
    first.state, second.state = second.state, first.state


def _staying(space: WebSpace, site: WebSite) -> Mapping[str, frozenset[str]]:
    """Return the names of what stays with its slot, in lower case, by the member of the configuration."""
    names = whole(space, site)
    stays = {"AppSettings": names.slot_settings, "ConnectionStrings": names.slot_connections}
    return {member: frozenset(map(str.lower, each)) for member, each in stays.items()}


def _moved(coming: str, going: str, stays: Mapping[str, frozenset[str]]) -> str:
    """Return the configuration that comes into a slot, with what of the one before does not go."""
    moved = json.loads(coming)
    for member, names in stays.items():
        kept = [one for one in websites.entries(going, member) if (one.get("Name") or "").lower() in names]
        new = [
            one for one in websites.entries(coming, member) if (one.get("Name") or "").lower() not in names
        ]
        if kept or member in moved:
            moved[member] = new + kept
    return json.dumps(moved)
