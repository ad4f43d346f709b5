"""Affinity groups, asked as any HTTP client would."""

import base64

import pytest
from doubles.bare_client import Management, document

from asyncsm.emulator import Emulator, ManualClock
from asyncsm.emulator.compute import HostedService


def text(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


def creation(name: str = "near", location: str = "West US", label: str = "Near", more: str = "") -> str:
    return document(
        "CreateAffinityGroup",
        f"<Name>{name}</Name><Label>{text(label)}</Label>{more}<Location>{location}</Location>",
    )


async def test_creation(management: Management):
    """A group is there at once: 201 with a Location, an empty body, and then what was asked for."""
    created = await management.post("affinitygroups", creation(more="<Description>close</Description>"))
    assert (created.status, created.text) == (201, "")
    assert created.headers["Location"].endswith(
        f"/subscriptions/{management.subscription_id}/affinitygroup/near"
    )
    group = await management.get("affinitygroups/NEAR")
    assert [group.find(name) for name in ("Name", "Label", "Description", "Location")] == [
        "near",
        text("Near"),
        "close",
        "West US",
    ]
    assert group.find_all("Capability") == ["PersistentVMRole", "HighMemory"]


async def test_no_description_is_nil(management: Management):
    """A group without description says so explicitly."""
    await management.post("affinitygroups", creation())
    assert '<Description i:nil="true"/>' in (await management.get("affinitygroups/near")).text


async def test_the_list_knows_the_sizes(management: Management):
    """In the list each group tells the role sizes of its region, and not what is in it."""
    await management.post("affinitygroups", creation())
    listed = await management.get("affinitygroups")
    assert "Standard_G5" in listed.find_all("RoleSize")
    assert listed.find("HostedServices") is None


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": "no!"}, "The affinity group name is invalid."),
        ({"name": "$money"}, "The affinity group name is invalid."),
        ({"name": "ab"}, "The affinity group name is invalid."),
        ({"location": "Atlantis"}, "The location constraint is not valid."),
        ({"label": "x" * 101}, "The label must have between 1 and 100 characters."),
        (
            {"more": f"<Description>{'x' * 1025}</Description>"},
            "The description must have at most 1024 characters.",
        ),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_bad_creations(management: Management, wrong: dict[str, str], message: str):
    """What breaks a rule is refused with 400, and nothing is made."""
    refused = await management.post("affinitygroups", creation(**wrong))
    assert (refused.status, refused.code, refused.message) == (400, "BadRequest", message)
    assert (await management.get("affinitygroups")).find("Name") is None


async def test_the_longest_label_and_description(management: Management):
    """A label of 100 characters and a description of 1024 are taken."""
    longest = creation(label="x" * 100, more=f"<Description>{'x' * 1024}</Description>")
    assert (await management.post("affinitygroups", longest)).status == 201


async def test_names_are_unique_in_a_subscription(management: Management, neighbour: Management):
    """The same name again, in any case, is a conflict; in another subscription it is not."""
    await management.post("affinitygroups", creation())
    again = await management.post("affinitygroups", creation(name="Near"))
    assert (again.status, again.code) == (409, "ConflictError")
    assert (await neighbour.post("affinitygroups", creation())).status == 201


async def test_update(management: Management):
    """Label and description can change; a description that is not given stays."""
    await management.post("affinitygroups", creation(more="<Description>close</Description>"))
    body = document("UpdateAffinityGroup", f"<Label>{text('Nearer')}</Label>")
    assert (await management.put("affinitygroups/near", body)).status == 200
    group = await management.get("affinitygroups/near")
    assert (group.find("Label"), group.find("Description")) == (text("Nearer"), "close")


async def test_residents_keep_a_group(management: Management, emulator: Emulator, clock: ManualClock):
    """A group shows the services in it, and is not deleted before they are."""
    await management.post("affinitygroups", creation())
    subscription = emulator.state.subscriptions[management.subscription_id]
    service = HostedService("shop", "Shop", clock.now(), clock.now(), affinity_group="NEAR")
    subscription.hosted_services[service.name] = service
    assert (await management.get("affinitygroups/near")).find("ServiceName") == "shop"
    refused = await management.delete("affinitygroups/near")
    assert (refused.status, refused.code) == (400, "BadRequest")
    del subscription.hosted_services[service.name]
    assert (await management.delete("affinitygroups/near")).status == 200
    assert (await management.get("affinitygroups/near")).message == "The affinity group does not exist."


async def test_storage_accounts_are_placed_by_it(management: Management):
    """An account made in a group stands in its region, names the group, and shows in it once it is made."""
    await management.post("affinitygroups", creation())
    label = f"<Label>{text('x')}</Label>"
    body = document(
        "CreateStorageServiceInput",
        f"<ServiceName>shop01</ServiceName>{label}<AffinityGroup>near</AffinityGroup>",
    )
    accepted = await management.post("services/storageservices", body)
    assert (await management.get("affinitygroups/near")).find("StorageService") is None
    await management.finished(accepted)
    account = await management.get("services/storageservices/shop01")
    assert (account.find("AffinityGroup"), account.find("Location")) == ("near", None)
    assert account.find("GeoPrimaryRegion") == "West US"
    assert (await management.get("affinitygroups/near")).find("ServiceName") == "shop01"
    assert (await management.delete("affinitygroups/near")).status == 400


@pytest.mark.parametrize(
    ("name", "status", "message"),
    [
        ("nobody", 404, "The affinity group does not exist."),
        ("no!", 400, "The affinity group name is invalid."),
    ],
)
async def test_unknown_groups(management: Management, name: str, status: int, message: str):
    """An unknown group is not found; a deletion refuses a name that no group can have, and a read does not."""
    assert (await management.get(f"affinitygroups/{name}")).status == 404
    refused = await management.delete(f"affinitygroups/{name}")
    assert (refused.status, refused.message) == (status, message)
