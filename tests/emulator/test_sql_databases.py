"""SQL Database: servers, firewall rules, databases and their copies, backups, imports and exports."""

from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from doubles.bare_client import AZURE, document
from doubles.compute import tag

from asyncsm.wire.sql_backups import DAC
from asyncsm.wire.sql_databases import SQL_AZURE

SERVERS = "services/sqlservers/servers"
LEDGER = f"{SERVERS}/ledger"
ORDERS = f"{LEDGER}/databases/orders"
COPIES = f"{ORDERS}/databasecopies"
WEB, BASIC, S0, P1 = (
    "910b4fcb-8a29-4c3e-958f-f7ba794388b2",
    "dd6d99bb-f193-4ec1-86f2-43d3bccbc49c",
    "f1173c43-91bd-4aaa-973c-54e79e15235b",
    "7203483a-c4fb-4304-9e9f-17c71c904f5d",
)
PASSWORD = "Seeded-1"
SEED = {
    "storage_accounts": [{"name": "store"}],
    "sql_servers": [
        {
            "name": "seeded",
            "server_name": "ledger",
            "firewall_rules": [
                {"name": "office", "start_ip_address": "0.0.0.0", "end_ip_address": "0.0.0.9"}
            ],
        },
        {"name": "other", "server_name": "spare", "location": "East US"},
    ],
    "sql_databases": [{"name": "orders", "server_name": "seeded", "edition": "Premium"}],
}


def server(login="admin1", password="Passw0rd!", location="West US", version=None):
    return (
        f'<Server xmlns="{SQL_AZURE}">{tag("AdministratorLogin", login)}'
        f"{tag('AdministratorLoginPassword', password)}{tag('Location', location)}"
        f"{tag('Version', version) if version else ''}</Server>"
    )


def resource(**elements):
    return document("ServiceResource", *(tag(name, text) for name, text in elements.items()))


def rule(name="new", start="10.0.0.1", end="10.0.0.9"):
    return resource(Name=name, StartIPAddress=start, EndIPAddress=end)


def transfer(kind, password=PASSWORD, database="orders", key="", edition=""):
    edition = tag("AzureEdition", edition) if edition else ""
    size = tag("DatabaseSizeInGB", 1) if kind == "Import" else ""
    return (
        f'<{kind}Input xmlns="{DAC}" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">{edition}'
        f'<BlobCredentials i:type="BlobStorageAccessKeyCredentials">'
        f"{tag('Uri', 'https://store.blob.core.windows.net/backups/orders.bacpac')}{tag('StorageAccessKey', key)}"
        f"</BlobCredentials><ConnectionInfo>{tag('DatabaseName', database)}{tag('Password', password)}"
        f"{tag('ServerName', 'ledger.database.windows.net')}{tag('UserName', 'seeded@ledger')}</ConnectionInfo>"
        f"{size}</{kind}Input>"
    )


@pytest.fixture(autouse=True)
async def seeded(emulator):
    """A server with a rule and a database, and an empty one."""
    emulator.seed(SEED)
    return emulator.state.subscriptions[emulator.subscription_id]


def error(answer):
    """Code and message of a refusal, which is in SQL Database's own form."""
    root = answer.root
    assert root.tag == f"{{{SQL_AZURE}}}Error"
    assert [child.tag.rpartition("}")[2] for child in root] == ["Code", "Message", "Severity", "State"]
    return root[0].text, root[1].text


REFUSED = [
    ("DELETE", f"{SERVERS}/none", "", 400, "40647", "does not have the server 'none'"),
    ("GET", f"{SERVERS}/no_ne/databases", "", 400, "40645", "Servername 'no_ne' is null or empty."),
    ("GET", f"{SERVERS}/none/databases?contentview=generic", "", 400, "40647", "does not have the server"),
    ("POST", SERVERS, server(login="1st"), 400, "15006", "'1st' is not a valid name"),
    ("POST", SERVERS, server(login="sa"), 400, "15006", "'sa'"),
    ("POST", SERVERS, server(password="Pass-1"), 400, "40630", "too short"),
    ("POST", SERVERS, server(password="Aa-1" * 33), 400, "40631", "too long"),
    ("POST", SERVERS, server(password="password"), 400, "40632", "not complex enough"),
    ("POST", SERVERS, server(location="Atlantis"), 400, "BadRequest", "location"),
    ("POST", SERVERS, server(version="3.0"), 400, "40618", "version"),
    ("POST", f"{LEDGER}/firewallrules", rule(""), 400, "40618", "cannot be empty"),
    ("POST", f"{LEDGER}/firewallrules", rule("r" * 129), 400, "40617", "too long"),
    ("POST", f"{LEDGER}/firewallrules", rule("OFFICE"), 409, "40619", "already exists"),
    ("POST", f"{LEDGER}/firewallrules", rule(start="10.0.1.0"), 400, "40614", "cannot exceed"),
    ("POST", f"{LEDGER}/firewallrules", rule(end="10.0.0"), 400, "40613", "10.0.0"),
    ("PUT", f"{LEDGER}/firewallrules/none", rule(), 404, "ResourceNotFound", "'none' does not exist"),
    ("DELETE", f"{LEDGER}/firewallrules/none", "", 404, "ResourceNotFound", "'none'"),
    ("POST", f"{LEDGER}/databases", resource(Name="Orders"), 409, "1801", "already exists"),
    ("POST", f"{LEDGER}/databases", resource(Name="x", Edition="Gold"), 400, "InvalidXml|40607", ""),
    ("POST", f"{LEDGER}/databases", resource(Name="x", Edition="Basic", ServiceObjectiveId=S0), 400, "40804", ""),
    ("POST", f"{LEDGER}/databases", resource(Name="x", ServiceObjectiveId="0" * 36), 400, "40802", "invalid"),
    ("POST", f"{LEDGER}/databases", resource(Name="x", Edition="Web", MaxSizeGB=2), 400, "40608", "2147483648"),
    ("POST", f"{LEDGER}/databases", resource(Name="x", MaxSizeGB=1, MaxSizeBytes=5), 400, "40608", "the same"),
    ("PUT", f"{LEDGER}/databases/master", resource(Edition="Web"), 400, "40508", "master"),
    ("DELETE", f"{LEDGER}/databases/master", "", 400, "40508", "master"),
    ("GET", f"{LEDGER}/databases/none", "", 404, "ResourceNotFound", "'none'"),
    ("GET", f"{LEDGER}/databaseoperations/none", "", 404, "ResourceNotFound", "'none'"),
    ("GET", f"{LEDGER}/serverquotas/none", "", 404, "ResourceNotFound", "'none'"),
    ("GET", f"{LEDGER}/serviceobjectives/none", "", 404, "ResourceNotFound", "'none'"),
    ("GET", f"{LEDGER}/events", "", 400, "MissingOrInvalidRequiredQueryParameter", "startDate"),
    ("GET", f"{LEDGER}/events?startDate=2015-07-01&intervalSizeInMinutes=7", "", 400, "40622", "5, 60, 1440"),
    ("POST", COPIES, resource(PartnerServer="none", PartnerDatabase="x"), 400, "40647", "'none'"),
    ("POST", COPIES, resource(PartnerServer="ledger", PartnerDatabase="orders"), 409, "1801", "'orders'"),
    ("GET", f"{COPIES}/none", "", 404, "ResourceNotFound", "'none'"),
    ("POST", f"{LEDGER}/recoverdatabaseoperations", resource(SourceDatabaseName="none"), 404, "Resource", ""),
    ("GET", f"{LEDGER}/restorabledroppeddatabases/none", "", 404, "ResourceNotFound", "'none'"),
    (
        "POST",
        f"{LEDGER}/restoredatabaseoperations",
        resource(
            SourceDatabaseName="orders", TargetDatabaseName="old", TargetUtcPointInTime="2015-06-01T00:00:00Z"
        ),
        400,
        "40857",
        "point in time",
    ),
    ("POST", f"{LEDGER}?op=ResetPassword", f'<AdministratorLoginPassword xmlns="{SQL_AZURE}">x</AdministratorLoginPassword>', 400, "40630", "short"),
    ("GET", f"{LEDGER}/DacOperations/Status?servername=x&username=seeded&password=no&reqId=1", "", 403, "40644", "seeded"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "status", "code", "words"), REFUSED)
async def test_refusals(management, method, path, body, status, code, words):
    """What breaks a rule is refused at once, in the form of this service."""
    answer = await management.send(method, path, body)
    told, message = error(answer)
    assert answer.status == status, answer.text
    assert any(told.startswith(one) for one in code.split("|")), answer.text
    assert words in message, answer.text


async def test_servers(management):
    """A server has a name that the service made up, and ``master``; with it goes all it has."""
    made = await management.post(SERVERS, server(version="12.0"))
    name = made.root.text
    assert made.status == 201
    assert made.root.attrib == {"FullyQualifiedDomainName": f"{name}.database.windows.net"}
    assert (len(name), name.isalnum(), name.islower(), name[0].isalpha()) == (10, True, True, True)
    listed = ET.fromstring((await management.get(SERVERS)).text)
    found = {each[0].text: [part.text for part in each][1:] for each in listed}
    assert sorted(found) == list(found)
    assert found[name] == ["admin1", "West US", f"{name}.database.windows.net", "12.0", "Ready"]
    databases = await management.get(f"{SERVERS}/{name}/databases?contentview=generic")
    assert (databases.find("Name"), databases.find("Edition"), databases.find("Id")) == (
        "master",
        "System",
        "1",
    )
    assert (await management.delete(f"{SERVERS}/{name.upper()}")).status == 200
    assert (await management.get(f"{SERVERS}/{name}/serverquotas")).status == 400


async def test_firewall_rules(management):
    """Rules are listed by name; a PUT changes their addresses, and can rename them."""
    await management.post(f"{LEDGER}/firewallrules", rule("Home"))
    changed = await management.put(f"{LEDGER}/firewallrules/office", rule("warehouse", "0.0.0.0", "0.0.0.0"))
    assert changed.find("SelfLink").endswith("/sqlservers/servers/ledger/firewallrules/warehouse")
    listed = await management.get(f"{LEDGER}/firewallrules")
    assert listed.find_all("Name") == ["Home", "warehouse"]
    assert listed.find_all("StartIPAddress") == ["10.0.0.1", "0.0.0.0"]
    assert (await management.get(f"{LEDGER}/firewallrules/WAREHOUSE")).find("EndIPAddress") == "0.0.0.0"
    assert (await management.delete(f"{LEDGER}/firewallrules/warehouse")).status == 200
    assert (await management.get(f"{LEDGER}/firewallrules/warehouse")).status == 404


@pytest.mark.parametrize(
    ("said", "edition", "gigabytes", "objective"),
    [
        ({}, "Web", "1", WEB),
        ({"Edition": "Business"}, "Business", "10", WEB),
        ({"Edition": "Basic"}, "Basic", "2", BASIC),
        ({"Edition": "Standard"}, "Standard", "250", S0),
        ({"ServiceObjectiveId": P1}, "Premium", "500", P1),
        ({"Edition": "Web", "MaxSizeGB": 5}, "Web", "5", WEB),
        ({"MaxSizeGB": 1, "MaxSizeBytes": 1024**3}, "Web", "1", WEB),
        ({"MaxSizeBytes": 100 * 1024**2}, "Web", "1", WEB),
    ],
)
async def test_what_a_new_database_is_without_further_words(management, said, edition, gigabytes, objective):
    """An edition has its objective and size, and an objective its edition."""
    elements = {"Name": "new", **said}
    order = ["Name", "Edition", "MaxSizeGB", "MaxSizeBytes", "ServiceObjectiveId"]
    made = await management.post(
        f"{LEDGER}/databases", resource(**{name: elements[name] for name in order if name in elements})
    )
    assert made.status == 201, made.text
    assert (made.find("Edition"), made.find("MaxSizeGB")) == (edition, gigabytes)
    assert (made.find("ServiceObjectiveId"), made.find("State")) == (objective, "Normal")
    assert (made.find("Id"), made.find("IsSystemObject")) == ("5", "False")


async def test_changing_a_database(management, clock):
    """A rename takes the links along; another objective comes into force after a while; each is on record."""
    renamed = await management.put(ORDERS, resource(Name="sales", Edition="Standard", ServiceObjectiveId=S0))
    assert renamed.find("SelfLink").endswith("/databases/sales")
    assert (await management.get(ORDERS)).status == 404
    read = await management.get(f"{LEDGER}/databases/sales")
    state = "ServiceObjectiveAssignmentStateDescription"
    assert (read.find("AssignedServiceObjectiveId"), read.find(state)) == (P1, "Pending")
    clock.advance(100)
    read = await management.get(f"{LEDGER}/databases/sales")
    assert (read.find("AssignedServiceObjectiveId"), read.find(state)) == (S0, "Complete")
    changes = await management.get(f"{LEDGER}/databaseoperations?contentview=generic")
    assert changes.find_all("Name") == ["CREATE DATABASE", "ALTER DATABASE"]
    assert changes.find_all("DatabaseName") == ["orders", "sales"]
    one = await management.get(f"{LEDGER}/databaseoperations/{changes.find_all('Id')[1]}")
    assert (one.find("Name"), one.find("State"), one.find("PercentComplete")) == (
        "ALTER DATABASE",
        "COMPLETED",
        "100",
    )
    of_one = await management.get(f"{LEDGER}/databaseoperations?databaseName=SALES")
    assert of_one.find_all("DatabaseName") == ["sales"]


@pytest.mark.parametrize("path", ["databases", "firewallrules"])
async def test_the_longest_name(management, path):
    """Names of databases and rules have up to 128 characters."""
    for length, status in ((128, 201), (129, 400)):
        body = rule("n" * length) if path == "firewallrules" else resource(Name="n" * length)
        assert (await management.post(f"{LEDGER}/{path}", body)).status == status


async def test_the_quota_of_dtus(management):
    """Databases of a server share what it may use."""
    quota = await management.get(f"{LEDGER}/serverquotas/Server_DTU_Quota")
    assert quota.find("Value") == "2000"
    p3 = "a7c4c615-cfb1-464b-b252-925be0a19446"
    for number, objective in enumerate((p3, p3, P1, P1, P1)):  # 1900 besides the 100 of the first one
        body = resource(Name=f"more{number}", ServiceObjectiveId=objective)
        assert (await management.post(f"{LEDGER}/databases", body)).status == 201
    refused = await management.post(f"{LEDGER}/databases", resource(Name="fourth", ServiceObjectiveId=p3))
    assert error(refused)[0] == "40806"
    assert (await management.put(ORDERS, resource(ServiceObjectiveId=p3))).status == 400


async def test_a_copy(management, clock):
    """It is pending, then seeding, then over, and the database that came of it is on its own."""
    made = await management.post(COPIES, resource(PartnerServer="spare", PartnerDatabase="copy"))
    assert (made.status, made.find("ReplicationStateDescription")) == (201, "PENDING")
    path = f"{COPIES}/{made.find('Name')}"
    target = f"{SERVERS}/spare/databases/copy"
    assert (await management.get(target)).find("State") == "Copying"
    clock.advance(40)
    under_way = await management.get(path)
    assert (under_way.find("ReplicationStateDescription"), under_way.find("PercentComplete")) == (
        "SEEDING",
        "50.0",
    )
    from_there = await management.get(f"{target}/databasecopies")
    assert from_there.find("IsLocalDatabaseReplicationTarget") == "True"
    assert (from_there.find("SourceServerName"), from_there.find("DestinationDatabaseName")) == (
        "ledger",
        "copy",
    )
    clock.advance(60)
    assert (await management.get(path)).status == 404
    assert (await management.get(target)).find("State") == "Normal"


async def test_a_continuous_copy(management, clock):
    """It is for Premium, and goes on until it is ended; its target stays."""
    wanted = resource(PartnerServer="spare", PartnerDatabase="orders", IsContinuous="true")
    made = await management.post(COPIES, wanted)
    path = f"{COPIES}/{made.find('Name')}"
    assert made.find("IsTerminationAllowed") == "False"
    clock.advance(100)
    kept = await management.get(path)
    assert (kept.find("ReplicationState"), kept.find("ReplicationStateDescription")) == ("2", "CATCH_UP")
    forced = await management.put(path, resource(IsForcedTerminate="true"))
    assert forced.find("IsTerminationAllowed") == "True"
    assert (await management.delete(path)).status == 200
    assert (await management.get(f"{SERVERS}/spare/databases/orders")).find("State") == "Normal"
    await management.put(ORDERS, resource(Edition="Standard"))
    refused = await management.post(
        COPIES, resource(PartnerServer="spare", PartnerDatabase="b", IsContinuous="true")
    )
    assert error(refused)[0] == "40807"


async def test_a_copy_that_is_ended_early(management):
    """Nothing is left of a target that is not complete, be the copy ended or one of its databases deleted."""
    for end in ("copy", "source"):
        made = await management.post(COPIES, resource(PartnerServer="spare", PartnerDatabase="half"))
        path = f"{COPIES}/{made.find('Name')}"
        assert (await management.delete(path if end == "copy" else ORDERS)).status == 200
        assert (await management.get(f"{SERVERS}/spare/databases/half")).status == 404


async def test_recovering(management, clock):
    """A database is made of the last backup of another, and can be used after a while."""
    clock.advance(3 * 3600 + 60)
    found = await management.get(f"{LEDGER}/recoverabledatabases?contentview=generic")
    assert found.find_all("Name") == ["orders"]
    assert found.find("LastAvailableBackupDate") == "2015-07-01T03:00:00Z"
    one = await management.get(f"{LEDGER}/recoverabledatabases/ORDERS")
    assert (one.find("ServerName"), one.find("Edition")) == ("ledger", "Premium")
    wanted = resource(SourceDatabaseName="orders", TargetServerName="spare", TargetDatabaseName="again")
    made = await management.post(f"{LEDGER}/recoverdatabaseoperations", wanted)
    assert made.status == 201, made.text
    change = f"{SERVERS}/spare/databaseoperations/{made.find('RequestID')}"
    assert (await management.get(f"{SERVERS}/spare/databases/again")).find("State") == "Restoring"
    assert (await management.get(change)).find("State") == "IN_PROGRESS"
    clock.advance(400)
    assert (await management.get(f"{SERVERS}/spare/databases/again")).find("State") == "Normal"
    assert (await management.get(change)).find("PercentComplete") == "100"


async def test_restoring_what_was_dropped(management, clock):
    """A dropped database can be restored as long as its edition keeps it."""
    clock.advance(3600)
    await management.delete(ORDERS)
    found = await management.get(f"{LEDGER}/restorabledroppeddatabases?contentview=generic")
    entity, moment = found.find("EntityId"), found.find("DeletionDate")
    assert entity.startswith("orders,")
    assert (await management.get(f"{LEDGER}/restorabledroppeddatabases/{entity}")).find("Name") == "orders"
    made = await management.post(
        f"{LEDGER}/restoredatabaseoperations",
        resource(SourceDatabaseName="orders", SourceDatabaseDeletionDate=moment, TargetDatabaseName="back"),
    )
    assert (made.status, made.find("TargetDatabaseName")) == (201, "back")
    clock.advance(400)
    assert (await management.get(f"{LEDGER}/databases/back")).find("Edition") == "Premium"
    clock.advance(timedelta(days=35).total_seconds())
    assert (await management.get(f"{LEDGER}/restorabledroppeddatabases/{entity}")).status == 404


def status_request(id_, password=PASSWORD):
    return (
        f'<StatusInput xmlns="{DAC}">{tag("Password", password)}{tag("RequestId", id_)}'
        f"{tag('ServerName', 'ledger.database.windows.net')}{tag('UserName', 'seeded')}</StatusInput>"
    )


async def progress_of(management, id_, clock):
    """Words of the status before, during and after an import or export, and why it failed."""
    told = []
    for seconds in (0, 10, 60):
        clock.advance(seconds)
        answer = await management.post(f"{LEDGER}/DacOperations/Status", status_request(id_))
        told.append(answer.root[0].findtext(f"{{{DAC}}}Status"))
    query = f"servername=ledger.database.windows.net&username=seeded&password={PASSWORD}&reqId={id_}"
    again = await management.get(f"{LEDGER}/DacOperations/Status?{query}")
    assert ET.canonicalize(again.text) == ET.canonicalize(answer.text)
    return told, answer.root[0].findtext(f"{{{DAC}}}ErrorMessage")


async def test_exporting_and_importing(management, seeded, clock):
    """The answer has an id, by which the status is asked; an imported database can be used at the end."""
    key = seeded.storage_accounts["store"].secondary_key
    begun = await management.post(f"{LEDGER}/DacOperations/Export", transfer("Export", key=key))
    assert begun.status == 200, begun.text
    told, problem = await progress_of(management, begun.root.text, clock)
    assert told == ["Pending", "Running, Progress = 5%", "Completed"]
    assert not problem
    body = transfer("Import", key=key, database="twin", edition="Basic")
    begun = await management.post(f"{LEDGER}/DacOperations/Import", body)
    twin = f"{LEDGER}/databases/twin"
    assert (await management.get(twin)).find("State") == "Importing"
    assert (await progress_of(management, begun.root.text, clock))[0][2] == "Completed"
    made = await management.get(twin)
    assert (made.find("State"), made.find("Edition"), made.find("MaxSizeGB")) == ("Normal", "Basic", "1")
    assert len((await management.post(f"{LEDGER}/DacOperations/Status", status_request("none"))).root) == 0


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (transfer("Export", password="wrong"), "Login failed for user 'seeded@ledger'."),
        (transfer("Export", key="bm8="), "The remote server returned an error: (403) Forbidden."),
        (transfer("Import", database="orders", key="{key}"), "Database 'orders' already exists."),
        (transfer("Export", database="none", key="{key}"), "Resource with the name 'none' does not exist."),
    ],
)
async def test_imports_and_exports_that_fail(management, seeded, clock, body, problem):
    """What is wrong with them is told by their status only."""
    kind = body[1:7]
    body = body.replace("{key}", seeded.storage_accounts["store"].primary_key)
    begun = await management.post(f"{LEDGER}/DacOperations/{kind}", body)
    told, why = await progress_of(management, begun.root.text, clock)
    assert told[2] == "Failed"
    assert why.startswith(problem)


async def test_the_administrators_password(management, seeded):
    """It can be another; only a digest of it is kept."""
    body = f'<AdministratorLoginPassword xmlns="{SQL_AZURE}">Other-Pass1</AdministratorLoginPassword>'
    assert (await management.post(f"{LEDGER}?op=ResetPassword", body)).status == 200
    path = f"{LEDGER}/DacOperations/Status"
    assert (await management.post(path, status_request("x"))).status == 403
    assert (await management.post(path, status_request("x", "Other-Pass1"))).status == 200
    assert "Other-Pass1" not in seeded.sql_servers["ledger"].password


@pytest.mark.parametrize("user", ["Admin1", "admin1", "ADMIN1", "aDMIN1@{}"])
async def test_the_administrators_name_in_any_case(management, user):
    """As it was given, or otherwise; the server's may follow."""
    name = (await management.post(SERVERS, server(login="Admin1"))).root.text
    request = status_request("x", "Passw0rd!").replace(">seeded<", f">{user.format(name)}<")
    request = request.replace("ledger.database", f"{name}.database")
    assert (await management.post(f"{SERVERS}/{name}/DacOperations/Status", request)).status == 200


async def test_service_objectives(management):
    """They are the recorded ones, with links to their server."""
    found = await management.get(f"{LEDGER}/serviceobjectives")
    names = [each.findtext(f"{AZURE}Name") for each in found.root]
    assert {"Basic", "S0", "S1", "S2", "P1", "P2", "P3", "Shared", "System"} <= set(names)
    one = await management.get(f"{LEDGER}/serviceobjectives/{S0.upper()}")
    assert (one.find("Name"), one.find("Ordinal"), one.find("IsSystem")) == ("S0", "4", "False")


async def test_events(management):
    """Nobody can connect to a server of the emulator, so that no event is counted."""
    for path in (LEDGER, ORDERS):
        events = await management.get(
            f"{path}/events?startDate=2015-07-01&intervalSizeInMinutes=60&eventTypes="
        )
        assert (events.status, len(events.root)) == (200, 0)


async def test_what_goes_on_outlasts_a_restart(emulator, management, seeded, clock):
    """Copies, restores and imports come to their ends in an emulator that was loaded with their state."""
    await management.post(COPIES, resource(PartnerServer="spare", PartnerDatabase="copy"))
    await management.post(
        f"{LEDGER}/recoverdatabaseoperations",
        resource(SourceDatabaseName="orders", TargetDatabaseName="again"),
    )
    twin = transfer("Import", key=seeded.storage_accounts["store"].primary_key, database="twin")
    await management.post(f"{LEDGER}/DacOperations/Import", twin)
    emulator.restore(emulator.snapshot())
    clock.advance(1000)
    for path in ("spare/databases/copy", "ledger/databases/again", "ledger/databases/twin"):
        assert (await management.get(f"{SERVERS}/{path}")).find("State") == "Normal", path
