"""Slots of web sites over plain HTTP: what changes places in a swap, and what stays with its slot."""

import json

import pytest
from emulator.test_websites import SITES, change, new_site

SHOP, STAGE = f"{SITES}/shop", f"{SITES}/shop(stage)"


@pytest.fixture
async def slots(management):
    """A site and a slot of it, each with settings and connection strings of its own; of each one stays."""
    for path, place in ((SHOP, "shop"), (STAGE, "stage")):
        await management.post(SITES, new_site(path.rpartition("/")[2]))
        settings = [{"Name": "color", "Value": place}, {"Name": "Place", "Value": place}]
        strings = [{"Name": name, "ConnectionString": place, "Type": 1} for name in ("cache", "db")]
        await configure(management, path, AppSettings=settings, ConnectionStrings=strings)
    names = {"AppSettingNames": ["place"], "ConnectionStringNames": ["DB"]}
    assert (await management.post(f"{STAGE}/slotConfigNames", json.dumps(names))).status == 200


async def configure(management, path, **members):
    assert (await management.put(f"{path}/config", json.dumps(members))).status == 200


async def configured(management, path):
    """Where the settings and connection strings of a slot come from, by name."""
    members = json.loads((await management.get(f"{path}/config")).text)
    settings = {each["Name"].lower(): each["Value"] for each in members["AppSettings"]}
    return settings | {
        each["Name"].lower(): each["ConnectionString"] for each in members["ConnectionStrings"]
    }


def of(moving, staying):
    """What `configured` tells of a slot with what moves from one place, and what stays from another."""
    return {"color": moving, "cache": moving, "place": staying, "db": staying}


async def swap(management, clock, target="Production"):
    begun = await management.post(f"{STAGE}/slots?Command=swap&targetSlot={target}", "")
    assert begun.status == 202
    clock.advance(60)


async def test_names_are_those_of_the_site(management, slots):
    """Whichever slot they are asked of, and told to."""
    assert "DB" in (await management.get(f"{SHOP}/slotConfigNames")).text
    assert "DB" in (await management.get(f"{STAGE}/slotConfigNames")).text


async def test_named_settings_and_connection_strings_stay(management, clock, slots):
    """The others change places; names are compared without case."""
    await swap(management, clock)
    assert await configured(management, SHOP) == of("stage", "shop")
    assert await configured(management, STAGE) == of("shop", "stage")


async def test_a_slot_runs_with_what_stays_with_another(management, clock, slots):
    """It is as it would be there, and has its own again afterwards, but for what has been set meanwhile."""
    for _ in range(2):
        assert (await management.post(f"{STAGE}/applySlotConfig?targetSwapSlot=production", "")).status == 200
        assert await configured(management, STAGE) == of("stage", "shop")
    assert (await management.get(STAGE)).find("TargetSwapSlot") == "Production"
    await configure(management, STAGE, AppSettings=[{"Name": "color", "Value": "new"}])
    assert (await management.post(f"{STAGE}/resetSlotConfig", "")).status == 200
    assert await configured(management, STAGE) == of("stage", "stage") | {"color": "new"}
    assert (await management.get(STAGE)).find("TargetSwapSlot") in {None, ""}
    assert (await management.post(f"{STAGE}/resetSlotConfig", "")).status == 200
    assert await configured(management, STAGE) == of("stage", "stage") | {"color": "new"}


async def test_a_swap_ends_that(management, clock, slots):
    """Each slot has what stays with it."""
    await management.post(f"{STAGE}/applySlotConfig?targetSwapSlot=Production", "")
    await swap(management, clock)
    assert await configured(management, SHOP) == of("stage", "shop")
    assert await configured(management, STAGE) == of("shop", "stage")
    assert (await management.get(SHOP)).find("TargetSwapSlot") in {None, ""}


async def test_states_change_places(management, clock, slots):
    """What was stopped stays stopped, under its new name."""
    await management.put(STAGE, change(State="Stopped"))
    await swap(management, clock)
    states = [(await management.get(path)).find("State") for path in (SHOP, STAGE)]
    assert states == ["Stopped", "Running"]


@pytest.mark.parametrize(
    ("path", "status", "extended"),
    [
        (f"{STAGE}/applySlotConfig", 400, "01010"),
        (f"{STAGE}/applySlotConfig?targetSwapSlot=none", 404, "04009"),
        (f"{STAGE}/applySlotConfig?targetSwapSlot=stage", 404, "04009"),
        (f"{STAGE}/applySlotConfig?targetSwapSlot=third", 409, "01020"),
        (f"{SITES}/none/resetSlotConfig", 404, "04009"),
        (f"{STAGE}/slots?Command=swap&targetSlot=none", 404, "04009"),
    ],
)
async def test_refusals(management, slots, path, status, extended):
    """A slot can be let run with the settings of one other."""
    await management.post(SITES, new_site("shop(third)"))
    await management.post(f"{STAGE}/applySlotConfig?targetSwapSlot=Production", "")
    refused = await management.post(path, "")
    assert (refused.status, refused.find("ExtendedCode")) == (status, extended)


async def test_one_operation_at_a_time(management, clock, slots):
    """A second swap is refused until the first has ended."""
    await management.post(f"{STAGE}/slots?Command=swap&targetSlot=Production", "")
    refused = await management.post(f"{SHOP}/slots?Command=swap&targetSlot=stage", "")
    assert (refused.status, refused.find("ExtendedCode")) == (409, "01020")
    clock.advance(60)
    await swap(management, clock)
