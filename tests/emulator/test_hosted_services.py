"""Hosted services, asked as any HTTP client would."""

from dataclasses import replace

import pytest
from doubles import compute
from doubles.bare_client import Management, document
from doubles.compute import SERVICES, SHOP, encoded, hosted_service

from asyncsm.emulator import Emulator, ManualClock


@pytest.fixture(autouse=True)
def store(emulator: Emulator) -> None:
    compute.add_store(emulator)


async def test_creation(management: Management):
    """A service is there at once: 201, a Location, and properties as they were given."""
    created = await management.post(SERVICES, hosted_service(description="sells"))
    assert (created.status, created.text) == (201, "")
    assert created.headers["Location"].endswith(f"/subscriptions/{management.subscription_id}/compute/shop")
    shown = await management.get(SHOP)
    assert shown.find("Label") == encoded("the shop")
    assert shown.find("Description") == "sells"
    assert shown.find("Location") == "West US"
    assert shown.find("Status") == "Created"
    assert shown.find("Url").endswith(f"/{management.subscription_id}/{SHOP}")
    assert shown.find("ComputeCapabilities") is None


@pytest.mark.parametrize("name", ["a_b", "-shop", "shop-", "1shop", "shöp", "s" * 64, "shop.one"])
async def test_bad_names(management: Management, name: str):
    """A name that is no DNS label is refused, and told so by the availability check."""
    refused = await management.post(SERVICES, hosted_service(name))
    assert (refused.status, refused.code) == (400, "BadRequest")
    assert refused.message == "The hosted service name is invalid."
    checked = await management.get(f"{SERVICES}/operations/isavailable/{name}")
    assert checked.find("Result") == "false"


async def test_names_are_unique_everywhere(management: Management, neighbour: Management):
    """A DNS name can be had once, in whatever case and by whatever subscription, until it is free again."""
    await management.post(SERVICES, hosted_service())
    for client in (management, neighbour):
        refused = await client.post(SERVICES, hosted_service("SHOP"))
        assert (refused.status, refused.code) == (409, "ConflictError")
        assert refused.message == "The specified DNS name is already taken."
        checked = await client.get(f"{SERVICES}/operations/isavailable/shop")
        assert checked.find("Result") == "false"
    await management.delete(SHOP)
    assert (await neighbour.post(SERVICES, hosted_service())).status == 201


@pytest.mark.parametrize(
    "place",
    [
        "",
        "<Location>Atlantis</Location>",
        "<AffinityGroup>none</AffinityGroup>",
        "<Location>West US</Location><AffinityGroup>none</AffinityGroup>",
    ],
)
async def test_place(management: Management, place: str):
    """A service needs exactly one of location and affinity group, and it must exist."""
    refused = await management.post(SERVICES, hosted_service(place=place))
    assert (refused.status, refused.code) == (400, "BadRequest")


async def test_affinity_group_in_use(management: Management):
    """A service in an affinity group shows it instead of a location, and keeps it from being deleted."""
    group = document(
        "CreateAffinityGroup",
        f"<Name>near</Name><Label>{encoded('near')}</Label><Location>West US</Location>",
    )
    assert (await management.post("affinitygroups", group)).status == 201
    await management.post(SERVICES, hosted_service(place="<AffinityGroup>near</AffinityGroup>"))
    shown = await management.get(SHOP)
    assert (shown.find("AffinityGroup"), shown.find("Location")) == ("near", None)
    refused = await management.delete("affinitygroups/near")
    assert (refused.status, refused.code) == (400, "BadRequest")
    await management.delete(SHOP)
    assert (await management.delete("affinitygroups/near")).status == 200


async def test_quota(management: Management, emulator: Emulator):
    """One service more than the quota is refused at once, with the numbers."""
    subscription = emulator.state.subscriptions[emulator.subscription_id]
    subscription.quotas = replace(subscription.quotas, hosted_services=1)
    await management.post(SERVICES, hosted_service())
    refused = await management.post(SERVICES, hosted_service("second"))
    assert (refused.status, refused.code) == (400, "BadRequest")
    assert refused.message == (
        "The subscription policy limit for resource type 'hosted service count' was exceeded. The limit for "
        "resource type 'hosted service count' is 1 per subscription, the current count is 1, and the "
        "requested increment is 1."
    )


async def test_list(management: Management):
    """The list has every service with the role sizes of its region."""
    assert (await management.get(SERVICES)).find_all("HostedService") == []
    await management.post(SERVICES, hosted_service())
    await management.post(SERVICES, hosted_service("second", "<Location>Japan East</Location>"))
    listed = await management.get(SERVICES)
    assert listed.find_all("ServiceName") == ["second", "shop"]
    assert "Small" in listed.find_all("RoleSize")


async def test_update(management: Management, clock: ManualClock):
    """An update changes what it names: a property without value goes, the rest stays."""
    properties = "<ExtendedProperty><Name>{}</Name>{}</ExtendedProperty>"
    await management.post(SERVICES, hosted_service(description="sells"))
    clock.advance(5)
    for given in (
        properties.format("a", "<Value>1</Value>") + properties.format("b", "<Value>2</Value>"),
        properties.format("a", ""),
    ):
        body = f"<Label>{encoded('new')}</Label><ExtendedProperties>{given}</ExtendedProperties>"
        changed = await management.put(SHOP, document("UpdateHostedService", body))
        assert (changed.status, changed.text) == (200, "")
    shown = await management.get(SHOP)
    assert (shown.find("Label"), shown.find("Description")) == (encoded("new"), "sells")
    grouped = ["ResourceGroup", "ResourceLocation"]
    assert (shown.find_all("Name"), shown.find_all("Value")) == ([*grouped, "b"], ["shop", "West US", "2"])
    assert shown.find("DateLastModified") > shown.find("DateCreated")


@pytest.mark.parametrize(
    "given",
    [
        "<ReverseDnsFqdn>shop.cloudapp.net.</ReverseDnsFqdn>",
        "<ExtendedProperties><ExtendedProperty><Name>a</Name><Value>1</Value></ExtendedProperty></ExtendedProperties>",
    ],
    ids=["reverse DNS", "properties"],
)
async def test_update_of_one_thing(management: Management, given: str):
    """An update may name nothing but the reverse DNS name, or nothing but properties."""
    await management.post(SERVICES, hosted_service(description="sells"))
    assert (await management.put(SHOP, document("UpdateHostedService", given))).status == 200
    shown = await management.get(SHOP)
    assert shown.find("ReverseDnsFqdn") == ("shop.cloudapp.net." if "Dns" in given else None)
    assert shown.find("Description") == "sells"


async def test_resource_group(management: Management, clock: ManualClock):
    """A few seconds after it was made, a service is put into a group of its own, unless it says which."""
    await management.post(SERVICES, hosted_service())
    own = "<ExtendedProperty><Name>ResourceGroup</Name><Value>ours</Value></ExtendedProperty>"
    place = f"<Location>West US</Location><ExtendedProperties>{own}</ExtendedProperties>"
    await management.post(SERVICES, hosted_service("other", place))
    assert (await management.get(SHOP)).find_all("Value") == []
    clock.advance(6)
    assert (await management.get(SHOP)).find_all("Value") == ["shop", "West US"]
    assert (await management.get(f"{SERVICES}/other")).find_all("Value") == ["ours", "West US"]


async def test_empty_update(management: Management):
    """An update has to have a label or a description."""
    await management.post(SERVICES, hosted_service())
    refused = await management.put(SHOP, document("UpdateHostedService"))
    assert (refused.status, refused.code) == (400, "BadRequest")


async def test_impossible_names(management: Management):
    """A name that no service can have is refused, and is not merely unknown."""
    refused = await management.get(f"{SERVICES}/a_b")
    assert (refused.status, refused.message) == (400, "The hosted service name is invalid.")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_unknown(management: Management, method: str):
    """What does not exist is 404 in the service's words."""
    body = document("UpdateHostedService", f"<Label>{encoded('x')}</Label>") if method == "PUT" else None
    refused = await management.send(method, SHOP, body)
    assert (refused.status, refused.code) == (404, "ResourceNotFound")
    assert refused.message == "The hosted service does not exist."


async def test_embedded_deployments(management: Management):
    """Deployments are shown only to those who ask, as Get Deployment shows them."""
    await management.post(SERVICES, hosted_service())
    await compute.deploy(management)
    assert (await management.get(SHOP)).find("Deployments") is None
    detailed = await management.get(f"{SHOP}?embed-detail=true")
    alone = await management.get(f"{SHOP}/deployments/first")
    assert detailed.find("PrivateID") == alone.find("PrivateID")
    assert detailed.find_all("InstanceName") == ["WebRole_IN_0", "WebRole_IN_1"]


async def test_delete_needs_it_empty(management: Management):
    """A service with a deployment is not deleted without comp=media."""
    await management.post(SERVICES, hosted_service())
    await compute.deploy(management)
    refused = await management.delete(SHOP)
    assert (refused.status, refused.code) == (400, "BadRequest")
    assert refused.message == "A hosted service cannot be deleted while it still contains deployments."
    await management.finished(await management.delete(f"{SHOP}/deployments/first"))
    assert (await management.delete(SHOP)).status == 200


async def test_delete_with_media(management: Management, emulator: Emulator):
    """With comp=media deployments, disks and cores go too, as an operation."""
    await management.post(SERVICES, hosted_service())
    await compute.deploy_machines(management)
    await compute.deploy(management, "staging")
    subscription = emulator.state.subscriptions[emulator.subscription_id]
    assert (len(subscription.disks), subscription.cores_in_use) == (1, 3)
    accepted = await management.delete(f"{SHOP}?comp=media")
    shown = await management.get(f"{SHOP}?embed-detail=true")
    assert shown.find_all("Status") == ["Deleting", *["Deleting", "PersistentVMUpdateScheduled"] * 2]
    assert (await management.finished(accepted)).find("Status") == "Succeeded"
    assert (await management.get(SHOP)).status == 404
    assert (len(subscription.disks), subscription.cores_in_use) == (0, 0)


async def test_lock(management: Management):
    """While a deployment is made, changes of its service are refused with the operation's id."""
    await management.post(SERVICES, hosted_service())
    accepted = await management.post(f"{SHOP}/deploymentslots/production", compute.deployment())
    body = document("UpdateHostedService", f"<Label>{encoded('new')}</Label>")
    for refused in (
        await management.put(SHOP, body),
        await management.delete(SHOP),
        await management.delete(f"{SHOP}?comp=media"),
        await management.post(f"{SHOP}/deploymentslots/staging", compute.deployment("second")),
    ):
        assert (refused.status, refused.code) == (409, "ConflictError")
        assert accepted.request_id in refused.message
    await management.finished(accepted)
    assert (await management.put(SHOP, body)).status == 200
