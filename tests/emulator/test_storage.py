"""Storage accounts, asked as any HTTP client would."""

import base64
from dataclasses import replace

import pytest
from doubles.bare_client import Answer, Management, document

from asyncsm.emulator import Emulator, ManualClock
from asyncsm.emulator.compute import Disk

ACCOUNTS = "services/storageservices"


def creation(
    name: str = "shop01", label: str = "shop", place: str = "<Location>West US</Location>", rest: str = ""
) -> str:
    encoded = base64.b64encode(label.encode()).decode()
    return document(
        "CreateStorageServiceInput",
        f"<ServiceName>{name}</ServiceName><Label>{encoded}</Label>{place}{rest}",
    )


def properties(**values: str | None) -> str:
    entries = (
        f"<ExtendedProperty><Name>{name}</Name>"
        + (f"<Value>{value}</Value>" if value is not None else "")
        + "</ExtendedProperty>"
        for name, value in values.items()
    )
    return f"<ExtendedProperties>{''.join(entries)}</ExtendedProperties>"


async def created(management: Management, **arguments: str) -> Answer:
    accepted = await management.post(ACCOUNTS, creation(**arguments))
    assert (await management.finished(accepted)).find("Status") == "Succeeded"
    return await management.get(f"{ACCOUNTS}/{arguments.get('name', 'shop01')}")


async def test_creation_takes_its_time(management: Management, clock: ManualClock):
    """An account is accepted with 202 and a Location, and goes through its states to Created."""
    accepted = await management.post(ACCOUNTS, creation())
    assert accepted.status == 202
    assert accepted.text == ""
    assert accepted.headers["Location"].endswith(
        f"/subscriptions/{management.subscription_id}/storage/shop01"
    )
    refused = await management.get(f"{ACCOUNTS}/shop01/keys")
    assert (refused.status, refused.code) == (409, "ConflictError")
    seen = []
    for _ in range(8):
        seen.append((await management.get(f"{ACCOUNTS}/shop01")).find("Status"))
        clock.advance(5)
    assert list(dict.fromkeys(seen)) == ["Creating", "ResolvingDns", "Created"]
    assert (await management.status_of(accepted)).find("HttpStatusCode") == "200"
    assert (await management.get(f"{ACCOUNTS}/shop01/keys")).find("Primary")


async def test_a_new_account(management: Management):
    """A finished account shows what was asked for, its endpoints, and the portal's own properties."""
    account = await created(management, rest=properties(owner="ops"))
    assert account.find("Label") == base64.b64encode(b"shop").decode()
    assert account.find("AccountType") == "Standard_GRS"
    assert account.find("GeoSecondaryRegion") == "East US"
    assert account.find_all("Endpoint") == [
        f"https://shop01.{service}.core.windows.net/" for service in ("blob", "queue", "table", "file")
    ]
    assert account.find_all("Name") == ["owner", "ResourceGroup", "ResourceLocation"]
    assert account.find_all("Value") == ["ops", "Default-Storage-WestUS", "West US"]


async def test_an_empty_affinity_group_is_none(management: Management):
    """An empty element beside the other of the two places says nothing, as for hosted services."""
    account = await created(management, place="<AffinityGroup/><Location>West US</Location>")
    assert (account.find("Location"), account.find("AffinityGroup")) == ("West US", None)


async def test_older_versions_speak_of_geo_replication(management: Management):
    """Before 2014-06-01 an account says GeoReplicationEnabled where later it says AccountType."""
    await created(management, rest="<GeoReplicationEnabled>false</GeoReplicationEnabled>")
    older = await management.send("GET", f"{ACCOUNTS}/shop01", x_ms_version="2013-08-01")
    assert older.find("GeoReplicationEnabled") == "false"
    assert older.find("AccountType") is None
    assert (await management.get(f"{ACCOUNTS}/shop01")).find("AccountType") == "Standard_LRS"


async def test_read_access_to_the_copy(management: Management):
    """A RAGRS account has secondary endpoints."""
    account = await created(management, rest="<AccountType>Standard_RAGRS</AccountType>")
    assert "https://shop01-secondary.blob.core.windows.net/" in account.find_all("Endpoint")


@pytest.mark.parametrize("name", ["ab", "a" * 25, "Shop01", "shop-1", "sh\u00f6p", ""])
async def test_bad_names(management: Management, name: str):
    """A name is 3 to 24 lower-case letters and digits, and the refusal says so."""
    refused = await management.post(ACCOUNTS, creation(name=name))
    assert (refused.status, refused.code) == (400, "BadRequest")
    assert refused.message == (
        "The name is not a valid storage account name. Storage account names must be between 3 and 24 "
        "characters in length and use numbers and lower-case letters only."
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"place": ""},
        {"place": "<Location>Atlantis</Location>"},
        {"place": "<AffinityGroup>nobody</AffinityGroup>"},
        {"place": "<AffinityGroup>group</AffinityGroup><Location>West US</Location>"},
        {"label": ""},
        {"label": "x" * 101},
        {"rest": "<AccountType>Premium_LRS</AccountType>", "place": "<Location>Brazil South</Location>"},
        {"rest": "<AccountType>Standard_XYZ</AccountType>"},
        {
            "rest": "<GeoReplicationEnabled>true</GeoReplicationEnabled>"
            "<AccountType>Standard_LRS</AccountType>"
        },
        {"rest": properties(**{"1st": "value"})},
        {"rest": properties(owner="x" * 256)},
    ],
    ids=repr,
)
async def test_bad_creations(management: Management, wrong: dict[str, str]):
    """What breaks a rule is refused with 400, and nothing is made."""
    refused = await management.post(ACCOUNTS, creation(**wrong))
    assert (refused.status, refused.code) == (400, "BadRequest"), refused.text
    assert (await management.get(ACCOUNTS)).find_all("StorageService") == []


async def test_names_are_taken_everywhere(management: Management, neighbour: Management):
    """A name belongs to one subscription; the other hears that it is taken, the owner that it exists."""
    await created(management)
    mine = await management.post(ACCOUNTS, creation())
    theirs = await neighbour.post(ACCOUNTS, creation())
    assert (mine.status, mine.code) == (theirs.status, theirs.code) == (409, "ConflictError")
    assert mine.message == "A storage account named 'shop01' already exists in the subscription."
    assert theirs.message == "The storage account named 'shop01' is already taken."


async def test_availability(management: Management, neighbour: Management):
    """Checking a name tells whether it is free, whose it is, and refuses impossible ones."""
    path = f"{ACCOUNTS}/operations/isavailable"
    free = await management.get(f"{path}/shop01")
    assert free.find("Result") == "true"
    assert '<Reason i:nil="true"/>' in free.text
    await created(management)
    assert (await management.get(f"{path}/shop01")).find("Reason").startswith("A storage account named")
    assert (await neighbour.get(f"{path}/shop01")).find("Reason").endswith("is already taken.")
    assert (await management.get(f"{path}/NO")).status == 400


async def test_an_account_called_operations(management: Management):
    """An account may be called like a fixed part of a path and is still found."""
    await created(management, name="operations")
    assert (await management.get(f"{ACCOUNTS}/operations")).find("ServiceName") == "operations"
    assert (await management.get(f"{ACCOUNTS}/operations/keys")).find("Primary")


@pytest.mark.parametrize("key", ["Secondary", "secondary"])
async def test_keys(management: Management, key: str):
    """Keys are 64 bytes in base64; regenerating changes the named one and answers both."""
    await created(management)
    before = await management.get(f"{ACCOUNTS}/shop01/keys")
    assert {len(base64.b64decode(before.find(key))) for key in ("Primary", "Secondary")} == {64}
    after = await management.post(
        f"{ACCOUNTS}/shop01/keys?action=regenerate",
        document("RegenerateKeys", f"<KeyType>{key}</KeyType>"),
    )
    assert after.status == 200
    assert after.find("Primary") == before.find("Primary")
    assert after.find("Secondary") != before.find("Secondary")
    assert (await management.get(f"{ACCOUNTS}/shop01/keys")).text == after.text


async def test_old_versions(management: Management):
    """Versions before the middle of 2014 know neither kinds of accounts, nor file shares, nor TLS."""
    await created(management)
    shown = await management.send("GET", f"{ACCOUNTS}/shop01", x_ms_version="2013-03-01")
    assert (shown.find("GeoReplicationEnabled"), shown.find("AccountType")) == ("true", None)
    assert (shown.find("StatusOfPrimary"), shown.find("CustomDomains")) == (None, None)
    assert shown.find_all("Endpoint") == [
        f"http://shop01.{service}.core.windows.net/" for service in ("blob", "queue", "table")
    ]
    regions = await management.send("GET", "locations", x_ms_version="2013-03-01")
    assert (regions.find("DisplayName"), regions.find("RoleSize")) == ("East US", None)


@pytest.mark.parametrize(("number", "status"), [(50, 200), (51, 400)])
async def test_most_properties(management: Management, number: int, status: int):
    """An account has up to 50 properties of its user's, besides those of the service."""
    await created(management, rest=properties(**{f"p{n}": "old" for n in range(50)}))
    change = document(
        "UpdateStorageServiceInput", properties(**{f"p{n}": "new" for n in range(number - 1, -1, -1)})
    )
    assert (await management.put(f"{ACCOUNTS}/shop01", change)).status == status


@pytest.mark.parametrize(
    ("name", "value", "status"), [("n" * 64, "v" * 255, 202), ("n" * 65, "v", 400), ("n", "v" * 256, 400)]
)
async def test_the_longest_property(management: Management, name: str, value: str, status: int):
    """The name of a property has up to 64 characters, and its value up to 255."""
    made = await management.post(ACCOUNTS, creation(rest=properties(**{name: value})))
    assert made.status == status, made.text


async def test_keys_of_nobody(management: Management):
    """Asking for the keys of an unknown account has words of its own."""
    refused = await management.get(f"{ACCOUNTS}/nobody/keys")
    assert (refused.status, refused.message) == (404, "The requested storage account was not found.")


@pytest.mark.parametrize("change", ["update", "delete", "regenerate"])
async def test_a_new_account_is_locked(management: Management, change: str):
    """While it is made, an account takes no change; the refusal names the request in the way."""
    accepted = await management.post(ACCOUNTS, creation())
    match change:
        case "update":
            refused = await management.put(f"{ACCOUNTS}/shop01", document("UpdateStorageServiceInput"))
        case "delete":
            refused = await management.delete(f"{ACCOUNTS}/shop01")
        case _:
            body = document("RegenerateKeys", "<KeyType>Primary</KeyType>")
            refused = await management.post(f"{ACCOUNTS}/shop01/keys?action=regenerate", body)
    assert (refused.status, refused.code) == (409, "ConflictError")
    assert f"with x-ms-requestid {accepted.request_id} on this storage account" in refused.message
    assert refused.find("ConflictingOperationId") == accepted.request_id


async def test_update(management: Management):
    """An update changes what it gives, keeps the rest, and takes away properties without value."""
    await created(management, rest=properties(keep="1", change="2", drop="3"))
    body = document("UpdateStorageServiceInput", properties(change="two", drop=None, new="4"))
    assert (await management.put(f"{ACCOUNTS}/shop01", body)).status == 200
    account = await management.get(f"{ACCOUNTS}/shop01")
    assert account.find("Label") == base64.b64encode(b"shop").decode()
    assert account.find_all("Name") == ["keep", "change", "ResourceGroup", "ResourceLocation", "new"]
    assert account.find_all("Value")[:2] == ["1", "two"]


async def test_custom_domain(management: Management):
    """An account can have one domain of the user's."""
    await created(management)
    domain = (
        "<CustomDomain><Name>www.example.com</Name><UseSubDomainName>true</UseSubDomainName></CustomDomain>"
    )
    for domains, status in ((domain, 200), (domain * 2, 400)):
        body = document("UpdateStorageServiceInput", f"<CustomDomains>{domains}</CustomDomains>")
        assert (await management.put(f"{ACCOUNTS}/shop01", body)).status == status
    assert (await management.get(f"{ACCOUNTS}/shop01")).find_all("Name")[0] == "www.example.com"


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ("<AccountType>Standard_LRS</AccountType>", 200),
        ("<GeoReplicationEnabled>false</GeoReplicationEnabled>", 200),
        ("<AccountType>Standard_ZRS</AccountType>", 400),
        ("<AccountType>Premium_LRS</AccountType>", 400),
    ],
)
async def test_changing_the_type(management: Management, given: str, status: int):
    """The kind of replication can be changed, but not to or from ZRS and Premium."""
    await created(management)
    answer = await management.put(f"{ACCOUNTS}/shop01", document("UpdateStorageServiceInput", given))
    assert answer.status == status
    expected = "Standard_LRS" if status == 200 else "Standard_GRS"
    assert (await management.get(f"{ACCOUNTS}/shop01")).find("AccountType") == expected


async def test_disks_keep_an_account(management: Management, emulator: Emulator, clock: ManualClock):
    """An account with a registered disk in it cannot be deleted; without, its name is free at once."""
    await created(management)
    disks = emulator.state.subscriptions[management.subscription_id].disks
    disks["os"] = Disk("os", "https://shop01.blob.core.windows.net/vhds/os.vhd", 30, clock.now())
    disks["other"] = Disk("other", "https://shop012.blob.core.windows.net/vhds/os.vhd", 30, clock.now())
    refused = await management.delete(f"{ACCOUNTS}/shop01")
    assert (refused.status, refused.code) == (400, "BadRequest")
    assert "active image and/or disk artifacts" in refused.message
    del disks["os"]
    assert (await management.delete(f"{ACCOUNTS}/shop01")).status == 200
    assert (await management.get(f"{ACCOUNTS}/operations/isavailable/shop01")).find("Result") == "true"


async def test_quota(management: Management, emulator: Emulator):
    """One account more than the subscription may have is refused, in the service's words."""
    subscription = emulator.state.subscriptions[management.subscription_id]
    subscription.quotas = replace(subscription.quotas, storage_accounts=1)
    await created(management)
    refused = await management.post(ACCOUNTS, creation(name="shop02"))
    assert (refused.status, refused.code) == (400, "BadRequest")
    assert refused.message == (
        "The subscription policy limit for resource type 'storage account count' was exceeded. The limit for "
        "resource type 'storage account count' is 1 per subscription, the current count is 1, and the "
        "requested increment is 1."
    )


async def test_list_and_count(management: Management):
    """The list is in order of names, and the subscription counts along."""
    for name in ("zebra", "apple"):
        await created(management, name=name)
    assert (await management.get(ACCOUNTS)).find_all("ServiceName") == ["apple", "zebra"]
    assert (await management.get("")).find("CurrentStorageAccounts") == "2"
