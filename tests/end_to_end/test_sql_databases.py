"""A journey through all operations on SQL Database, beside and over the session of the core service."""

import asyncio

import pytest
from doubles.sibling_journeys import doing, operations_of, travel
from doubles.virtual_time import virtual_time

from asyncsm import ResourceNotFound, SqlDatabaseManagementService
from asyncsm.emulator import Fault
from asyncsm.engine.protocol import Reconcile

OPERATIONS = operations_of(SqlDatabaseManagementService)
ADMIN = ("admin1", "Passw0rd!")
P1, S0 = "7203483a-c4fb-4304-9e9f-17c71c904f5d", "f1173c43-91bd-4aaa-973c-54e79e15235b"
BLOB = "https://store.blob.core.windows.net/backups/orders.bacpac"
EVENTS = ("2015-07-01", 60, "connection_failed")


async def journey(do, pass_time):
    """Do everything; `do` makes a call by its name and waits for its end."""
    made = await do("create_server", *ADMIN, "West US")
    (listed,) = await do("list_servers")
    name = listed.name
    assert made is None or made.server_name == name
    domain = listed.fully_qualified_domain_name
    await do("set_server_admin_password", name, "Another-1")
    assert [each.value for each in await do("list_quotas", name)] == [2000]
    assert (await do("get_quota", name, "server_dtu_quota")).value == 2000
    assert len(await do("get_server_event_logs", name, *EVENTS)) == 0
    names = {each.name: each.id for each in await do("list_service_level_objectives", name)}
    assert (await do("get_service_level_objective", name, names["S0"])).id == S0
    await firewall(do, name)
    await databases(do, name)
    await copies(do, name, pass_time)
    await backups(do, name, pass_time)
    await transfers(do, name, domain, pass_time)
    await do("delete_server", name)


async def firewall(do, name):
    await do("create_firewall_rule", name, "office", "10.0.0.1", "10.0.0.9")
    await do("update_firewall_rule", name, "office", "10.0.1.1", "10.0.1.9")
    assert (await do("get_firewall_rule", name, "office")).end_ip_address == "10.0.1.9"
    assert [each.name for each in await do("list_firewall_rules", name)] == ["office"]
    await do("delete_firewall_rule", name, "office")


async def databases(do, name):
    await do("create_database", name, "orders", P1, "Premium")
    await do("update_database", name, "orders", max_size_bytes=5 * 1024**3)
    await do("update_database", name, "orders", "sales")
    found = await do("get_database", name, "sales")
    assert (found.edition, found.max_size_gb, found.is_system_object) == ("Premium", 5, False)
    assert [each.name for each in await do("list_databases", name)] == ["master", "sales"]
    assert len(await do("get_database_event_logs", name, "sales", *EVENTS)) == 0
    changes = await do("list_operations_of_database", name, "sales")
    assert {each.database_name for each in changes} == {"sales"}
    latest = (await do("list_database_operations", name))[-1]
    assert (await do("get_database_operation", name, latest.id)).percent_complete == 100


async def copies(do, name, pass_time):
    await do("create_database_copy", name, "sales", name, "twin", is_continuous=True)
    await pass_time(100)
    (copy,) = await do("list_database_copies", name, "sales")
    assert copy.replication_state_description == "CATCH_UP"
    await do("update_database_copy", name, "sales", copy.name, is_forced_terminate=True)
    assert (await do("get_database_copy", name, "sales", copy.name)).is_termination_allowed
    await do("delete_database_copy", name, "sales", copy.name)


async def backups(do, name, pass_time):
    assert {each.name for each in await do("list_recoverable_databases", name)} == {"sales", "twin"}
    assert (await do("get_recoverable_database", name, "sales")).server_name == name
    await do("recover_database", name, "sales", target_database_name="recovered")
    await do("delete_database", name, "twin")
    (dropped,) = await do("list_restorable_dropped_databases", name)
    again = await do("get_restorable_dropped_database", name, dropped.entity_id)
    assert again.deletion_date == dropped.deletion_date
    await do("restore_database", name, "twin", "restored", source_database_deletion_date=again.deletion_date)
    await pass_time(400)
    assert (await do("get_database", name, "restored")).state == "Normal"


async def transfers(do, name, domain, pass_time):
    account = (domain, "sales", "admin1", "Another-1", BLOB, "a2V5")
    export = await do("export_database", name, *account)
    await do("import_database", name, domain, "imported", *account[2:], 1, "Web")
    await pass_time(100)
    assert (await do("get_database", name, "imported")).state == "Normal"
    for question in ("get_import_export_status", "post_import_export_status"):
        asked = export.guid if export else "unknown"
        found = await do(question, name, domain, "admin1", "Another-1", asked)
        assert [each.status for each in found] == (["Completed"] if export else [])


@pytest.mark.parametrize("how", [None, "after", "before"])
@virtual_time
async def test_lost_replies(how):
    """With the first reply to each change lost, each is made once, or reported; all methods are called."""

    async def whole(do):
        await journey(do, asyncio.sleep)

    unknown = await travel(SqlDatabaseManagementService, whole, how)
    told = {name for name, each in OPERATIONS.items() if each.changes and each.reply is not None}
    actions = {name for name, each in OPERATIONS.items() if each.reconcile is Reconcile.UNLISTED}
    renaming = {"update_database"}
    assert unknown == {None: set(), "after": told, "before": actions | renaming}[how]


async def test_over_tls(emulator, sms):
    """The same to a strict emulator over TLS, where the reply to a creation is lost on its way."""
    emulator.faults.add(Fault(kind="reset-after", operation="CreateDatabase", count=1))
    service = SqlDatabaseManagementService(session=sms.session)

    async def pass_time(seconds):
        emulator.clock.advance(seconds)

    await journey(doing(service), pass_time)
    assert [fault.struck for fault in emulator.faults] == [1]
    with pytest.raises(ResourceNotFound, match="does not have the server 'gone'") as caught:
        await service.delete_server("gone")
    assert (caught.value.status, caught.value.code) == (400, "40647")
