"""A journey through all operations on Service Bus, beside and over the session of the core service."""

import asyncio

import pytest
from doubles.lossy import LossyLoopback
from doubles.virtual_time import virtual_time

from asyncsm import (
    AlreadyExists,
    Forbidden,
    QueueDescription,
    ResourceNotFound,
    ServiceBusManagementService,
    TopicDescription,
)
from asyncsm.emulator import Fault
from asyncsm.emulator.seeding import SeedDocument
from asyncsm.emulator.state import Quotas
from asyncsm.engine.protocol import Reconcile
from asyncsm.operations import catalogue
from asyncsm.polling import OperationHandle
from asyncsm.provisioning.planting import plant

OPERATIONS = {each.name: each for each in catalogue() if each.service == "ServiceBusManagementService"}
SEED = {"service_bus_namespaces": [{"name": "seeded", "notification_hubs": ["phones"], "relays": ["door"]}]}
SINCE = "$filter=Timestamp gt datetime'2014-10-01T00:00:00Z'"
HOUR = ("requests.total", "PT1H")


async def journey(do, pass_time):
    """Do everything; `do` makes a call by its name and waits for its end."""
    assert "West US" in [each.code for each in await do("get_regions")]
    assert (await do("check_namespace_availability", "letters1")).result is True
    made = await do("create_namespace", "letters1", "West US")
    assert made.status == "Activating"
    assert not (await do("check_namespace_availability", "letters1")).result
    await pass_time(60)
    found = await do("get_namespace", "letters1")
    assert (found.status, found.namespace_type, found.enabled) == ("Active", "Messaging", True)
    assert found.default_key.get_secret_value() in found.connection_string.get_secret_value()
    assert [each.name for each in await do("list_namespaces")] == ["seeded", "letters1"]
    await keys(do)
    await queues(do)
    await topics(do)
    await hubs_and_relays(do)
    await metrics(do, pass_time)
    await do("delete_namespace", "letters1")
    assert (await do("get_namespace", "letters1")).status == "Removing"
    await pass_time(60)
    with pytest.raises(ResourceNotFound):
        await do("get_namespace", "letters1")


async def keys(do):
    made = await do("create_authorization_rule", "letters1", "sender", ["Send"])
    changed = await do("update_authorization_rule", "letters1", "sender", ["Listen", "Send"])
    assert (made.primary_key, changed.rights) == (changed.primary_key, ["Listen", "Send"])
    assert (await do("get_authorization_rule", "letters1", "sender")).revision >= 1
    details = await do("get_namespace_connection_details", "letters1")
    assert made.primary_key.get_secret_value() in details[-1].connection_string.get_secret_value()
    await do("delete_authorization_rule", "letters1", "sender")
    rules = await do("list_authorization_rules", "letters1")
    assert [each.key_name for each in rules] == ["RootManageSharedAccessKey"]


async def queues(do):
    wanted = QueueDescription(
        lock_duration="PT30S", authorization_rules=[{"key_name": "reader", "rights": ["Listen"]}]
    )
    made = await do("create_queue", "letters1", "orders", wanted)
    assert (made.name, made.lock_duration) == ("orders", "PT30S")
    made.max_delivery_count = 3
    await do("update_queue", "letters1", "orders", made)
    read = await do("get_queue", "letters1", "orders")
    assert (read.max_delivery_count, read.lock_duration, read.count_details.active_message_count) == (
        3,
        "PT30S",
        0,
    )
    assert [each.name for each in await do("list_queues", "letters1")] == ["orders"]
    (details,) = await do("get_queue_connection_details", "letters1", "orders")
    assert details.rights == ["Listen"]
    await do("create_queue", "letters1", "spare", QueueDescription())
    await do("delete_queue", "letters1", "spare")


async def topics(do):
    await do("create_topic", "letters1", "news", TopicDescription(default_message_time_to_live="P14D"))
    await do("update_topic", "letters1", "news", TopicDescription(max_size_in_megabytes=2048))
    assert (await do("get_topic", "letters1", "news")).max_size_in_megabytes == 2048
    assert [each.name for each in await do("list_topics", "letters1")] == ["news"]
    assert len(await do("get_topic_connection_details", "letters1", "news")) == 0
    await do("create_topic", "letters1", "spare", TopicDescription())
    await do("delete_topic", "letters1", "spare")


async def hubs_and_relays(do):
    assert (await do("get_notification_hub", "seeded", "phones")).registration_ttl == "P90D"
    assert [each.name for each in await do("list_notification_hubs", "seeded")] == ["phones"]
    assert len(await do("get_notification_hub_connection_details", "seeded", "phones")) == 2
    assert [each.path for each in await do("list_relays", "seeded")] == ["door"]
    assert len(await do("get_relay_connection_details", "seeded", "door")) == 0


async def metrics(do, pass_time):
    await pass_time(3600 * 2)
    for kind, place in (
        ("queue", ("letters1", "orders")),
        ("topic", ("letters1", "news")),
        ("relay", ("seeded", "door")),
    ):
        assert "requests.total" in [each.name for each in await do(f"get_supported_metrics_{kind}", *place)]
        rollups = await do(f"get_metrics_rollups_{kind}", *place, "requests.total")
        assert [each.time_grain for each in rollups] == ["PT5M", "PT1H", "P1D"]
        values = await do(f"get_metrics_data_{kind}", *place, *HOUR, SINCE)
        assert {each.total for each in values} == {0}
    hub = ("seeded", "phones")
    assert await do("get_supported_metrics_notification_hub", *hub)
    assert await do("get_metrics_rollups_notification_hub", *hub, "incoming")
    assert await do("get_metrics_data_notification_hub", *hub, "incoming", "PT1H", SINCE)
    await do("delete_notification_hub", *hub)


@pytest.mark.parametrize("how", [None, "after", "before"])
@virtual_time
async def test_lost_replies(how):
    """With the first reply to each change lost, each is made once; all methods are called."""
    world, called = LossyLoopback(how), set()
    plant(SeedDocument.model_validate(SEED), world._world, Quotas(), None)
    async with world.client as sms:
        service = ServiceBusManagementService(session=sms.session)
        assert service.session is sms.session

        async def do(name, *arguments):
            called.add(name)
            operation, before = OPERATIONS[name], len(world.history())
            world.lose = operation.changes and how is not None
            result = await getattr(service, name)(*arguments)
            if operation.changes:
                assert {done for done, _ in world.history()[before:]} == {operation.operation}
                assert len(world.history()) == before + 1 or operation.reconcile is Reconcile.REPEAT
            if isinstance(result, OperationHandle):
                assert (await result).status == "Succeeded"
            return result

        await journey(do, asyncio.sleep)
    assert called == OPERATIONS.keys()


async def test_over_tls(emulator, sms):
    """The same to a strict emulator over TLS, where the reply to a creation is lost on its way."""
    emulator.seed(SEED)
    emulator.faults.add(Fault(kind="reset-after", operation="CreateQueue", count=1))
    service = ServiceBusManagementService(session=sms.session)

    async def do(name, *arguments):
        result = await getattr(service, name)(*arguments)
        if isinstance(result, OperationHandle):
            assert (await result).status == "Succeeded"
        return result

    async def pass_time(seconds):
        emulator.clock.advance(seconds)

    await journey(do, pass_time)
    assert [fault.struck for fault in emulator.faults] == [1]
    with pytest.raises(Forbidden, match="downlevel"):
        await service.create_namespace("SEEDED", "West US")
    await service.create_queue("seeded", "orders", QueueDescription())
    with pytest.raises(AlreadyExists, match="'Orders'"):
        await service.create_queue("seeded", "Orders", QueueDescription())


async def test_what_a_namespace_is_for(emulator, sms):
    """It is said in a later version, and so is that the access control service is not to know it."""
    service = ServiceBusManagementService(session=sms.session)
    made = await service.create_namespace(
        "hubs-of-mine", "West US", namespace_type="notificationhub", create_acs_namespace=False
    )
    assert (made.namespace_type, made.default_key) == ("NotificationHub", None)


async def test_pages_are_read_as_one(emulator, sms):
    """An iterator goes from page to page."""
    emulator.seed(
        {
            "service_bus_namespaces": [
                {
                    "name": "seeded",
                    "queues": [{"name": f"q{number:03}"} for number in range(1, 204)],
                    "relays": ["door"],
                }
            ]
        }
    )
    service = ServiceBusManagementService(session=sms.session)
    names = [each.name async for each in service.iterate_queues("seeded")]
    assert names == [f"q{number:03}" for number in range(1, 204)]
    assert [each.name for each in await service.list_queues("seeded", skip=200, top=2)] == ["q201", "q202"]
    assert [each.name async for each in service.iterate_relays("seeded")] == ["door"]
    assert [each.name async for each in service.iterate_topics("seeded")] == []
    assert [each.name async for each in service.iterate_notification_hubs("seeded")] == []
