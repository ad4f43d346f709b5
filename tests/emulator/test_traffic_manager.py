"""Traffic Manager: profiles, their definitions, and how their endpoints are."""

import pytest
from doubles.contents import EVERYTHING
from doubles.refusing import refusals

from asyncsm.wire import traffic_manager as wire

PROFILES = "services/WATM/profiles"
SHOP = f"{PROFILES}/Shop"
DEFINITIONS = f"{SHOP}/definitions"
DOMAIN = ".trafficmanager.net"
SITE = "pages.azurewebsites.net"


def profile(name="new", domain=f"new{DOMAIN}"):
    return body_of(wire.TrafficProfile(domain_name=domain, name=name))


def switched(status, version=1):
    details = wire.TrafficStatusDetails(enabled_version=version)
    return body_of(wire.TrafficProfile(status=status, status_details=details))


def endpoint(domain="WWW.example.com", kind="Any", **fields):
    return wire.TrafficEndpoint(domain_name=domain, type=kind, **fields)


def definition(*endpoints, method="RoundRobin", ttl=30, monitors=1):
    made = wire.TrafficDefinition(
        dns_options=wire.TrafficDnsOptions(time_to_live_in_seconds=ttl),
        monitors=monitors * [wire.TrafficMonitor(protocol="HTTP", port=80)],
        policy=wire.TrafficPolicy(load_balancing_method=method, endpoints=list(endpoints)),
    )
    return body_of(made)


def body_of(model):
    return model.to_xml().decode()


WRONG = [
    (definition(ttl=29), "The TimeToLiveInSeconds '29' is not valid."),
    (definition(monitors=2), "There must be 1 in Monitors."),
    (definition(*[endpoint()] * 101), "more than 100 in Endpoints"),
    (definition(endpoint(location="Atlantis")), "location"),
    (definition(endpoint(), method="Performance"), "www.example.com needs a location"),
    (definition(endpoint(SITE)), "must be an AzureWebsite"),
    (definition(*[endpoint(SITE, kind="AzureWebsite")] * 2), "Two web sites"),
    (definition(endpoint("none.cloudapp.net", kind="CloudService")), "no CloudService none.cloudapp.net"),
    (definition(endpoint(f"shop{DOMAIN}", kind="TrafficManager")), "not valid"),
]
REFUSED = [
    ("GET", f"{PROFILES}/none", "", 404, "The profile none does not exist."),
    *(("GET", f"{DEFINITIONS}/{each}", "", 404, f"no definition {each}") for each in (1, 2)),
    ("POST", PROFILES, profile("SHOP"), 409, "'SHOP' already exists"),
    ("POST", PROFILES, profile(domain=f"SHOP{DOMAIN}"), 409, "already in use"),
    ("POST", PROFILES, profile(domain="new.example.com"), 400, f"must end with '{DOMAIN}'"),
    ("PUT", SHOP, switched("Enabled"), 400, "Shop has no definition"),
    ("PUT", SHOP, switched("Off"), 400, "The Status 'Off' is not valid."),
    ("PUT", SHOP, switched("Disabled", 2), 400, "EnabledVersion '2'"),
    *(("POST", DEFINITIONS, body, 400, words) for body, words in WRONG),
]


@pytest.fixture(autouse=True)
async def shop(emulator, management):
    """A profile without a definition, and machines and sites that it can lead to."""
    emulator.seed({**EVERYTHING, "traffic_profiles": []})
    await management.post(PROFILES, profile("Shop", f"Shop{DOMAIN}"))


test_refusals = refusals(REFUSED, unchanged=SHOP)


async def test_names(management, neighbour):
    """The name of a profile is unique everywhere; of nothing it is told that there is no subscription."""
    await neighbour.post(PROFILES, profile(domain=f"theirs{DOMAIN}"))
    check = "services/WATM/operations/isavailable/{}".format
    told = {name: (await management.get(check(name))).find("Result") for name in ("free", "THEIRS", "shop")}
    assert told == {"free": "false", "THEIRS": "false", "shop": "false"}
    for name, free in ((f"free{DOMAIN}", "true"), (f"THEIRS{DOMAIN}", "false"), (f"shop{DOMAIN}", "false")):
        assert (await management.get(check(name))).find("Result") == free
    deleted, missed = await management.delete(SHOP), await management.delete(SHOP)
    assert missed.message == f"The specified subscription {management.subscription_id} does not exist"
    by_aspnet = ["X-AspNet-Version" in answer.headers for answer in (deleted, missed)]
    assert by_aspnet == [True, False]  # a refusal is the front end's


async def test_how_endpoints_are(management, clock):
    """They are checked for half a minute; then a service that does not run is stopped, and a disabled one is not asked."""
    endpoints = [
        endpoint("SHOP.cloudapp.net", kind="CloudService"),
        endpoint(weight=7),
        endpoint("old.example.com", status="Disabled"),
        endpoint(SITE, kind="AzureWebsite"),
    ]
    answer = await management.post(DEFINITIONS, definition(*endpoints))
    assert (answer.status, answer.find("Version")) == (200, "1")
    new = await management.get(f"{DEFINITIONS}/1")
    assert new.find_all("DomainName") == ["shop.cloudapp.net", "www.example.com", "old.example.com", SITE]
    assert new.find_all("Weight") == ["1", "7", "1", "1"]
    checking = "CheckingEndpoint"
    assert new.find_all("MonitorStatus") == [checking, checking, "Disabled", checking, f"{checking}s"]
    clock.advance(30)
    assert (await management.get(DEFINITIONS)).find_all("MonitorStatus")[-1] == "Online"
    await management.finished(
        await management.delete("services/hostedservices/shop/deploymentslots/production")
    )
    states = (await management.get(DEFINITIONS)).find_all("MonitorStatus")
    assert states == ["Stopped", "Online", "Disabled", "Online", "Degraded"]
    await management.put(SHOP, switched("Disabled"))
    assert (await management.get(DEFINITIONS)).find_all("MonitorStatus") == ["Inactive"] * 5
    assert (await management.get(SHOP)).find_all("Status") == ["Disabled", "Disabled"]


async def test_nested_profiles(management):
    """A profile that another one leads to stays; a definition takes the place of the one before."""
    await management.post(PROFILES, profile())
    nested = definition(endpoint(f"SHOP{DOMAIN}", kind="TrafficManager", min_child_endpoints=2))
    await management.post(f"{PROFILES}/new/definitions", nested)
    refused = await management.delete(SHOP)
    assert (refused.status, "in use by the profile new" in refused.message) == (400, True)
    await management.post(f"{PROFILES}/new/definitions", definition(endpoint()))
    assert (await management.get(f"{PROFILES}/new/definitions")).find_all("DomainName") == ["www.example.com"]
    assert (await management.delete(SHOP)).status == 200
