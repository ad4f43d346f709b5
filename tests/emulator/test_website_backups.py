"""Backups of web sites over plain HTTP: states, schedules, what is restored, and what is refused."""

import json

import pytest
from doubles.bare_client import AZURE
from emulator.test_websites import NAMESPACE, SITES, SPACE, new_site, plan

CONTAINER = "https://store.blob.core.windows.net/backups"
SIGNED = f"{CONTAINER}?sv=2014-02-14&amp;sp=rw&amp;sig=c2VjcmV0"


@pytest.fixture
async def shop(management):
    """A site on a plan that has backups, with a host name and a connection string."""
    await management.post(SITES, new_site("other"))
    await management.post(f"{SPACE}/serverfarms", plan("paid"))
    await management.post(SITES, new_site("shop", hosts=["www.example.com"], farm="paid"))
    strings = [{"Name": "db", "ConnectionString": "old", "Type": 1}]
    await configure(management, "shop", PhpVersion="5.5", ConnectionStrings=strings)
    return f"{SITES}/shop"


async def configure(management, site, **members):
    assert (await management.put(f"{SITES}/{site}/config", json.dumps(members))).status == 200


async def configuration(management, site):
    return json.loads((await management.get(f"{SITES}/{site}/config")).text)


def backup(url=SIGNED, schedule="", databases=(), **elements):
    """Request of Backup Web Site, and of Update Backup Configuration."""
    names = "".join(
        f"<DatabaseBackupSetting><ConnectionStringName>{each}</ConnectionStringName>"
        f"<Name>{each}</Name></DatabaseBackupSetting>"
        for each in databases
    )
    inside = "".join(f"<{name}>{text}</{name}>" for name, text in elements.items())
    return (
        f"<BackupRequest {NAMESPACE}>{schedule and f'<BackupSchedule>{schedule}</BackupSchedule>'}"
        f"{names and f'<Databases>{names}</Databases>'}{inside}"
        f"<StorageAccountUrl>{url}</StorageAccountUrl></BackupRequest>"
    )


def each(interval, unit, days=30, start="2015-07-01T02:00:00Z"):
    """Content of a BackupSchedule."""
    return (
        f"<FrequencyInterval>{interval}</FrequencyInterval><FrequencyUnit>{unit}</FrequencyUnit>"
        f"<KeepAtLeastOneBackup>true</KeepAtLeastOneBackup>"
        f"<RetentionPeriodInDays>{days}</RetentionPeriodInDays><StartTime>{start}</StartTime>"
    )


def restore(blob, *, overwrite=False, ignore=False, databases="", adjust=False, url=SIGNED):
    """Request of Restore Web Site, and of Discover Backup."""
    words = [str(word).lower() for word in (adjust, ignore, overwrite)]
    return (
        f"<RestoreRequest {NAMESPACE}><AdjustConnectionStrings>{words[0]}</AdjustConnectionStrings>"
        f"<BlobName>{blob}</BlobName>{databases}"
        f"<IgnoreConflictingHostNames>{words[1]}</IgnoreConflictingHostNames>"
        f"<Overwrite>{words[2]}</Overwrite><StorageAccountUrl>{url}</StorageAccountUrl></RestoreRequest>"
    )


async def listed(management, path, *names):
    """Elements of the backups that are listed."""
    root = (await management.get(f"{path}/restore")).root
    return [tuple(item.findtext(f"{AZURE}{name}") for name in names) for item in root]


async def made(management, clock, path, **request):
    """Back a site up; return the blob's name."""
    begun = await management.put(f"{path}/backup", backup(**request))
    clock.advance(60)
    return begun.find("BlobName")


async def ended(management, clock, reply):
    """Status and error's number of the operation that a restore has begun."""
    clock.advance(70)
    status = await management.get(f"{SITES}/shop/operations/{reply.find('OperationId')}")
    return status.find("Status"), status.find("Code")


async def test_a_backup_takes_its_time(management, clock, shop):
    """It is listed from its request on, and nothing can be restored from it before it has ended."""
    begun = await management.put(f"{shop}/backup", backup(Name="first"))
    assert (begun.status, begun.find("Status"), begun.find("Scheduled")) == (200, "Created", "false")
    assert begun.find("BlobName") == "first_20150701000000.zip"
    assert begun.find("FinishedTimeStamp") is None
    clock.advance(10)
    assert await listed(management, shop, "Status", "SizeInBytes") == [("InProgress", "0")]
    again = await management.put(f"{shop}/backup", backup())
    assert (again.status, again.find("ExtendedCode")) == (409, "01020")
    early = await management.put(f"{shop}/restore", restore("first_20150701000000.zip", overwrite=True))
    assert early.status == 404
    clock.advance(50)
    ((status, size, end),) = await listed(management, shop, "Status", "SizeInBytes", "FinishedTimeStamp")
    assert (status, int(size) > 0, end) == ("Succeeded", True, "2015-07-01T00:01:00Z")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"databases": ["db"]}, "Succeeded"),
        ({"databases": ["db", "lost"]}, "PartiallySucceeded"),
        ({"url": f"{CONTAINER}?sp=r&amp;sig=c2VjcmV0"}, "Failed"),
        ({"url": f"{CONTAINER}?se=2015-07-01T00:00:30Z&amp;sig=c2VjcmV0"}, "Failed"),
        ({"url": f"{CONTAINER}?se=2015-07-01T00:01:00Z&amp;sig=c2VjcmV0"}, "Failed"),
        ({"url": f"{CONTAINER}?se=2015-07-01T00:01:01Z&amp;sig=c2VjcmV0"}, "Succeeded"),
        ({"url": f"{CONTAINER}?se=2015-07-02&amp;sig=c2VjcmV0"}, "Succeeded"),
        ({"url": f"{CONTAINER}?se=never&amp;sig=c2VjcmV0"}, "Failed"),
    ],
)
async def test_how_a_backup_ends(management, clock, shop, request_, status):
    """Its databases have to be known, and its signature has to hold until its end and let write."""
    await made(management, clock, shop, **request_)
    ((found, log),) = await listed(management, shop, "Status", "Log")
    assert (found, log is None) == (status, status == "Succeeded")


async def test_a_site_is_overwritten(management, clock, shop):
    """It is as it was when it was backed up; connection strings are adjusted where that is asked for."""
    blob = await made(management, clock, shop, databases=["db"])
    await configure(management, "shop", PhpVersion="5.6", ConnectionStrings=[])
    found = await management.put(f"{shop}/restore/discover", restore(blob))
    assert (found.find("Name"), found.find("AdjustConnectionStrings")) == ("db", "true")
    databases = (
        "<Databases><DatabaseBackupSetting><ConnectionString>new</ConnectionString>"
        "<ConnectionStringName>db</ConnectionStringName></DatabaseBackupSetting></Databases>"
    )
    request = restore(blob, overwrite=True, adjust=True, databases=databases)
    begun = await management.put(f"{shop}/restore", request)
    assert (await configuration(management, "shop"))["PhpVersion"] == "5.6"
    for busy in (
        await management.put(f"{shop}/restore", request),
        await management.put(f"{shop}/backup", backup()),
        await management.post(f"{shop}/resetSlotConfig", ""),
    ):
        assert (busy.status, busy.find("ExtendedCode")) == (409, "01020")
    assert await ended(management, clock, begun) == ("Succeeded", None)
    after = await configuration(management, "shop")
    assert after["PhpVersion"] == "5.5"
    assert after["ConnectionStrings"] == [{"Name": "db", "ConnectionString": "new", "Type": 1}]
    ((restored,),) = await listed(management, shop, "LastRestoreTimeStamp")
    assert restored > "2015-07-01T00:01:00Z"


async def test_a_site_is_made_of_a_backup(management, clock, shop):
    """Its host names are those of the other one, so one of the two has to do without."""
    blob = await made(management, clock, shop)
    begun = await management.put(f"{SITES}/copy/restore", restore(blob))
    assert await ended(management, clock, begun) == ("Failed", "Conflict")
    assert (await configuration(management, "copy"))["PhpVersion"] == "5.4"
    begun = await management.put(f"{SITES}/copy/restore", restore(blob, overwrite=True, ignore=True))
    assert await ended(management, clock, begun) == ("Succeeded", None)
    copy = await management.get(f"{SITES}/copy")
    assert ("www.example.com" in copy.text, copy.find("ServerFarm")) == (False, "paid")
    assert (await configuration(management, "copy"))["PhpVersion"] == "5.5"
    assert await listed(management, f"{SITES}/copy", "BlobName") == []


async def test_a_backup_outlives_its_site(management, clock, shop):
    """The site is made again of it, and has no backups of its own yet."""
    blob = await made(management, clock, shop)
    clock.advance(1)
    await management.delete(shop)
    begun = await management.put(f"{shop}/restore", restore(blob))
    assert await ended(management, clock, begun) == ("Succeeded", None)
    assert "www.example.com" in (await management.get(shop)).text
    assert await listed(management, shop, "BlobName") == []


async def test_backups_by_a_schedule(management, clock, shop):
    """One is made each time, old ones are forgotten, and the configuration tells of the last."""
    assert (await management.get(f"{shop}/backup/config")).status == 404
    await management.put(f"{shop}/backup/config", backup(schedule=each(12, "Hour", days=1), Enabled="true"))
    clock.advance(2 * 3600 + 60)
    assert await listed(management, shop, "Scheduled", "Status") == [("true", "Succeeded")]
    clock.advance(3 * 86_400)
    blobs = [blob for (blob,) in await listed(management, shop, "BlobName")]
    assert blobs == [f"shop_2015070{day}{hour}0000.zip" for day, hour in ((3, "02"), (3, "14"), (4, "02"))]
    known = await management.get(f"{shop}/backup/config")
    assert known.find("LastExecutionTime") == "2015-07-04T02:00:00Z"
    await management.put(f"{shop}/backup/config", backup(schedule=each(12, "Hour"), Enabled="false"))
    clock.advance(86_400)
    assert len(await listed(management, shop, "BlobName")) == 3


async def test_a_schedule_forgets_its_own_backups_only(management, clock, shop):
    """One that somebody has asked for stays, however old it is."""
    own = await made(management, clock, shop, Name="own")
    await management.put(f"{shop}/backup/config", backup(schedule=each(1, "Day", days=1), Enabled="true"))
    clock.advance(10 * 86_400)
    blobs = [blob for (blob,) in await listed(management, shop, "BlobName")]
    assert own in blobs
    assert len(blobs) <= 4


async def test_a_schedule_that_began_long_ago(management, clock, shop):
    """Its start tells the time of day; one backup is left, however old it is."""
    schedule = each(1, "Day", days=1, start="2014-01-01T06:00:00Z")
    await management.put(f"{shop}/backup/config", backup(schedule=schedule, Enabled="true"))
    clock.advance(6 * 3600 + 60)
    assert await listed(management, shop, "Created") == [("2015-07-01T06:00:00Z",)]
    await management.put(f"{SPACE}/serverfarms/paid", plan("paid", sku="Basic"))
    clock.advance(5 * 86_400)
    assert await listed(management, shop, "Created") == [("2015-07-01T06:00:00Z",)]


async def test_a_schedule_makes_up_for_nothing(management, clock, shop):
    """What its start would have had done before it was set is not done later."""
    clock.advance(3 * 86_400)
    schedule = each(1, "Day", start="2014-01-01T06:00:00Z")
    await management.put(f"{shop}/backup/config", backup(schedule=schedule, Enabled="true"))
    clock.advance(3600)
    assert await listed(management, shop, "Created") == []
    clock.advance(6 * 3600)
    assert await listed(management, shop, "Created") == [("2015-07-04T06:00:00Z",)]


@pytest.mark.parametrize(
    ("path", "body", "status", "extended"),
    [
        ("none/backup", backup(), 404, "04009"),
        ("other/backup", backup(), 409, "01020"),
        ("shop/backup", backup(url=CONTAINER), 400, "01007"),
        ("shop/backup", backup(url="https://example.com/x?sig=A"), 400, "01007"),
        ("shop/backup", backup(url="https://[/x?sig=A"), 400, "01007"),
        ("other/backup/config", backup(), 409, "01020"),
        ("shop/backup/config", backup(schedule=each(0, "Day")), 400, "01007"),
        ("shop/backup/config", backup(schedule=each(10**9, "Day")), 400, "01007"),
        ("shop/backup/config", backup(schedule=each(1, "Week")), 400, "01007"),
        ("shop/backup/config", backup(schedule=each(1, "Day", days=10**9)), 400, "01007"),
        ("shop/backup/config", backup(schedule=each(1, "Day", days=-1)), 400, "01007"),
        ("shop/restore", restore("none.zip", overwrite=True), 404, "51004"),
        ("shop/restore", restore("{blob}"), 409, "04008"),
        ("none/restore", restore("{blob}", overwrite=True), 404, "04009"),
        ("-none/restore", restore("{blob}"), 400, "01003"),
        ("other/restore", restore("{blob}", overwrite=True), 409, "01020"),
        ("other(stage)/restore", restore("{blob}"), 409, "01020"),
        ("new/restore", restore("{blob}", url=f"{CONTAINER}?sp=w&amp;sig=A"), 400, "01007"),
        ("none/restore/discover", restore("{blob}"), 404, "04009"),
        ("shop/restore/discover", restore("none.zip"), 404, "51004"),
    ],
)
async def test_refusals(management, clock, shop, path, body, status, extended):
    """An error has a number of its own."""
    blob = await made(management, clock, shop)
    refused = await management.put(f"{SITES}/{path}", body.replace("{blob}", blob))
    assert (refused.status, refused.find("ExtendedCode")) == (status, extended)


async def test_what_is_under_way_survives_in_a_saved_state(emulator, management, clock, shop):
    """A backup, a restore and a schedule go on where the state is loaded."""
    blob = await made(management, clock, shop)
    begun = await management.put(f"{SITES}/copy/restore", restore(blob, ignore=True))
    schedule = backup(schedule=each(1, "Hour"), Enabled="true")
    await management.put(f"{SITES}/shop/backup/config", schedule)
    await management.put(f"{shop}/backup", backup(Name="second"))
    said = json.loads(json.dumps(emulator.snapshot()))
    clock.advance(3 * 3600)
    emulator.restore(said)
    assert await listed(management, shop, "Status") == [("Succeeded",), ("Created",)]
    assert await ended(management, clock, begun) == ("Succeeded", None)
    clock.advance(2 * 3600)
    assert await listed(management, shop, "Status", "Scheduled") == [
        ("Succeeded", "false"),
        ("Succeeded", "false"),
        ("Succeeded", "true"),
    ]


async def test_without_a_plan_that_has_backups_no_site_is_made(management, clock, shop):
    """A web space may have no such plan any more."""
    blob = await made(management, clock, shop)
    await management.put(f"{SPACE}/serverfarms/paid", plan("paid", sku="Basic"))
    refused = await management.put(f"{SITES}/copy/restore", restore(blob))
    assert (refused.status, refused.find("ExtendedCode")) == (409, "01020")
    assert (await management.get(f"{SITES}/copy")).status == 404
