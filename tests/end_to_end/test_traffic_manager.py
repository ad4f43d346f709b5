"""A journey through all operations on Traffic Manager, over the session of the core service."""

import pytest
from doubles.contents import EVERYTHING
from doubles.sibling_journeys import doing, travel
from doubles.virtual_time import virtual_time

from asyncsm import AlreadyExists, ResourceNotFound, TrafficManagerManagementService
from asyncsm.models import TrafficEndpoint

SEED = {**EVERYTHING, "traffic_profiles": []}
ENDPOINTS = [
    TrafficEndpoint(domain_name="shop.cloudapp.net"),
    TrafficEndpoint(domain_name="www.example.com", type="Any", location="North Europe", weight=2),
]


async def journey(do):
    """Do everything; `do` makes a call by its name and waits for its end."""
    assert (await do("check_dns_prefix_availability", "shop.trafficmanager.net")).result
    await do("create_profile", "shop", "shop.trafficmanager.net")
    assert [one.name for one in await do("list_profiles")] == ["shop"]
    await do("create_definition", "shop", "Performance", ENDPOINTS, monitor_path="/health")
    profile = await do("get_profile", "shop")
    assert (profile.status, profile.status_details.enabled_version) == ("Enabled", 1)
    (definition,) = await do("list_definitions", "shop")
    assert await do("get_definition", "shop") == definition
    assert definition.monitors[0].http_options.relative_path == "/health"
    await do("update_profile", "shop", "Disabled")
    assert (await do("get_profile", "shop")).status == "Disabled"
    await do("delete_profile", "shop")


@pytest.mark.parametrize("how", [None, "after", "before"])
@virtual_time
async def test_lost_replies(how):
    """What a profile is told is told again; its name tells whether it was made or deleted."""
    assert await travel(TrafficManagerManagementService, journey, how, SEED) == set()


async def test_over_tls(emulator, sms):
    """The same to a strict emulator over TLS, whose refusals are errors of their own."""
    emulator.seed(SEED)
    service = TrafficManagerManagementService(session=sms.session)
    await journey(doing(service))
    with pytest.raises(ResourceNotFound, match="specified subscription"):
        await service.get_profile("shop")
    await service.create_profile("shop", "shop.trafficmanager.net")
    with pytest.raises(AlreadyExists, match="trafficmanager"):
        await service.create_profile("other", "SHOP.trafficmanager.net")
