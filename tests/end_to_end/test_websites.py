"""A journey through all operations on web sites and their plans, over the session of the core service."""

import asyncio

import pytest
from doubles.lossy import LossyLoopback
from doubles.sibling_journeys import doing, operations_of, travel
from doubles.virtual_time import virtual_time

from asyncsm import Conflict, ResourceNotFound, WebsiteManagementService
from asyncsm.emulator import Fault
from asyncsm.engine.protocol import Reconcile
from asyncsm.models import NameAndValue, SiteConfiguration

CONTAINER = "https://store.blob.core.windows.net/backups?sv=2014-02-14&sp=rw&sig=c2VjcmV0"
OPERATIONS = operations_of(WebsiteManagementService)
SPACE, SITE = "eastuswebspace", "pages"
HERE = (SPACE, SITE)


async def journey(do):
    """Do everything; `do` makes a call by its name and waits for its end."""
    assert (await do("check_site_name_availability", SITE)).is_available
    made = await do("create_site", *HERE, "East US", ["pages.azurewebsites.net", "www.example.com"])
    assert (made.name, made.state, made.enabled_host_names[1]) == (SITE, "Running", "www.example.com")
    assert [each.name for each in await do("list_webspaces")] == [SPACE]
    assert (await do("get_webspace", SPACE)).geo_region == "East US"
    assert [each.name for each in await do("list_sites", SPACE)] == [SITE]
    await do("update_site", *HERE, "Stopped")
    assert (await do("get_site", *HERE)).state == "Stopped"
    await do("update_site", *HERE, "Running", server_farm="Default0")
    await do("restart_site", *HERE)
    await publishing(do)
    await measuring(do)
    await plans(do)
    await slots(do)
    await hybrid_connections(do)
    await backups(do)
    await do("delete_site", *HERE, delete_empty_server_farm=True)


async def publishing(do):
    xml = await do("get_publish_profile_xml", *HERE)
    before = await do("get_publish_profile", *HERE)
    assert before[0].user_pwd.get_secret_value() in xml
    await do("generate_site_password", *HERE)
    assert (await do("get_publish_profile", *HERE))[0].user_pwd != before[0].user_pwd
    await do("create_publishing_user", "me", "secret")
    assert [each.name for each in await do("list_publishing_users")] == ["me"]
    await do("create_site_repository", *HERE)
    assert (await do("get_site_repository", *HERE)).uri == "https://pages.scm.azurewebsites.net/"
    await do("sync_site_repository", *HERE)
    await do("delete_site_repository", *HERE)


async def measuring(do):
    assert len(await do("get_metric_definitions", *HERE)) == 15
    (found,) = await do(
        "get_historical_usage_metrics", *HERE, ["Requests"], "2015-06-30", "2015-07-01", "PT1H"
    )
    assert (found.code, found.data.unit, len(found.data.values)) == ("Success", "Count", 0)
    assert [each.current_value for each in await do("get_usage_metrics", *HERE)] == [0, 0, 0, 0]
    assert len(await do("get_instance_ids", *HERE)) == 1


async def slots(do):
    stage, host = f"{SITE}(stage)", "pages-stage.azurewebsites.net"
    await do("create_site", SPACE, stage, "East US", [host])
    for name, color in ((SITE, "blue"), (stage, "green")):
        settings = [NameAndValue(name="color", value=color), NameAndValue(name="place", value=name)]
        changed = SiteConfiguration(app_settings=settings, php_version="5.5" if name == stage else None)
        await do("update_site_configuration", SPACE, name, changed)
    await do("update_slot_configuration_names", *HERE, ["place"], [])
    assert (await do("get_slot_configuration_names", *HERE)).app_setting_names == ["place"]
    await do("apply_slot_configuration", SPACE, stage, "Production")
    assert (await do("get_site", SPACE, stage)).target_swap_slot == "Production"
    await do("reset_slot_configuration", SPACE, stage)
    await do("swap_site_slots", SPACE, stage, "Production")
    found = await do("get_site_configuration", *HERE)
    assert {each.name: each.value for each in found.app_settings} == {"color": "green", "place": SITE}
    assert (found.php_version, found.publishing_username, found.load_balancing) == ("5.5", "$pages", 1)
    await do("delete_site", SPACE, stage)


async def hybrid_connections(do):
    keys = ("Endpoint=sb://r/;key=send", "SqlServer", "Endpoint=sb://r/;key=listen")
    made = await do("create_hybrid_connection", *HERE, "db", *keys, "db.corp", 1433, "https://biz/")
    assert made.entity_connection_string.get_secret_value() == keys[0]
    await do("update_hybrid_connection", *HERE, "db", 1434)
    found = await do("get_hybrid_connection", *HERE, "db")
    assert (found.hostname, found.port) == ("db.corp", 1434)
    (listed,) = await do("list_hybrid_connections", *HERE)
    assert listed.resource_connection_string.get_secret_value() == keys[2]
    await do("delete_hybrid_connection", *HERE, "db")


async def backups(do):
    await do("create_web_hosting_plan", SPACE, "paid", "Standard")
    await do("update_site", *HERE, server_farm="paid")
    await do("update_backup_configuration", *HERE, CONTAINER, frequency_unit="Hour", start_time="2100-01-01")
    schedule = (await do("get_backup_configuration", *HERE)).backup_schedule
    assert (schedule.frequency_unit, schedule.retention_period_in_days) == ("Hour", 30)
    begun = await do("backup_site", *HERE, CONTAINER)
    if begun is None:  # the reply was lost
        (begun,) = await do("list_site_backups", *HERE)
    while (ended := (await do("list_site_backups", *HERE))[0]).status != "Succeeded":
        await asyncio.sleep(5)
    assert (ended.blob_name, ended.scheduled) == (begun.blob_name, False)
    found = await do("discover_backup", *HERE, CONTAINER, ended.blob_name)
    assert found.blob_name == ended.blob_name
    await do("restore_site", *HERE, CONTAINER, ended.blob_name, True)
    await do("restore_site", SPACE, "again", CONTAINER, ended.blob_name, ignore_conflicting_host_names=True)
    assert (await do("get_site_configuration", SPACE, "again")).php_version == "5.5"
    await do("delete_site", SPACE, "again")


async def plans(do):
    assert (await do("get_dns_suffix")).dns_suffix == "azurewebsites.net"
    assert "East US" in {each.name for each in await do("list_geo_regions")}
    made = await do("create_web_hosting_plan", SPACE, "big", "Standard", 2, "Small")
    assert (made.status, made.number_of_workers) == ("Ready", 2)
    await do("update_web_hosting_plan", SPACE, "big", "Standard", 3, "Medium")
    assert (await do("get_web_hosting_plan", SPACE, "big")).worker_size == "Medium"
    assert {each.name for each in await do("list_web_hosting_plans", SPACE)} == {"Default0", "big"}
    assert len(await do("get_web_hosting_plan_metrics", SPACE, "big")) == 23
    await do("delete_web_hosting_plan", SPACE, "big")


@pytest.mark.parametrize("how", [None, "after", "before"])
@virtual_time
async def test_lost_replies(how):
    """Sites and plans are looked for by their names, and what leaves nothing to look at is reported."""
    unlisted = {name for name, each in OPERATIONS.items() if each.reconcile is Reconcile.UNLISTED}
    told = {"before": unlisted, "after": {"backup_site"}}.get(how, set())
    assert await travel(WebsiteManagementService, journey, how) == told


async def test_over_tls(emulator, sms):
    """The same to a strict emulator over TLS, where the reply to a creation is lost on its way."""
    emulator.faults.add(Fault(kind="reset-after", operation="CreateSite", count=1))
    service = WebsiteManagementService(session=sms.session)
    await journey(doing(service))
    assert [fault.struck for fault in emulator.faults] == [1]
    with pytest.raises(ResourceNotFound, match="The web site gone cannot be found") as caught:
        await service.delete_site(SPACE, "gone")
    assert (caught.value.status, caught.value.code) == (404, "NotFound")
    await service.create_site(*HERE, "East US", ["pages.azurewebsites.net"])
    with pytest.raises(Conflict, match="it has sites assigned to it"):
        await service.delete_web_hosting_plan(SPACE, "Default0")


@virtual_time
async def test_a_swap_is_followed_where_its_site_is():
    """Its handle is like any other, and can be resumed by its token."""
    world = LossyLoopback(None)
    async with world.client as sms:
        service = WebsiteManagementService(session=sms.session)
        for name in (SITE, f"{SITE}(stage)"):
            await service.create_site(
                SPACE, name, "East US", [f"{name.rstrip(')').replace('(', '-')}.azurewebsites.net"]
            )
        handle = await service.swap_site_slots(SPACE, f"{SITE}(stage)", "Production")
        assert (handle.source, handle.done) == ("websites", False)
        assert handle.request_id.startswith("eastuswebspace/pages/")
        assert (await sms.resume(handle.token)).status == "Succeeded"
