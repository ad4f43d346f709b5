"""Web sites of a seed document."""

from __future__ import annotations

from asyncsm.emulator.rules.websites import SPACES
from asyncsm.emulator.seeding.document import SubscriptionContents
from asyncsm.emulator.seeding.places import Send, each_of
from asyncsm.wire import websites as wire


def plant_web_sites(send: Send, path: str, contents: SubscriptionContents) -> None:
    """Make the sites.

    Args:
        send: makes a request.
        path: what precedes the names of the document's fields.
        contents: what the subscription is to have.
    """
    for place, seed, name in each_of(f"{path}web_sites", contents.web_sites):
        region = seed.location or contents.location
        space = f"{region.replace(' ', '').lower()}webspace"
        new = wire.WebSpaceToCreate(geo_region=region, name=space)
        sites = f"{SPACES}/{space}/sites"
        body = wire.CreateSite(name=name, compute_mode="Shared", web_space_to_create=new)
        send(place, "POST", sites, body)
        if seed.state != "Running":
            send(place, "PUT", f"{sites}/{name}", wire.UpdateSite(state=wire.SiteState(seed.state)))
