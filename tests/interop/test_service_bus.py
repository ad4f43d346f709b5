"""Every method of the old SDK's ServiceBusManagementService, unchanged, against the emulator."""

import time

import pytest
from azure.common import AzureHttpError, AzureMissingResourceHttpError
from azure.servicemanagement import ServiceBusManagementService
from doubles.emulator_thread import emulator_in_thread
from interop.siblings import Witness, opened, own_methods

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning", "ignore:unclosed:ResourceWarning"),
]

SEED = {
    "service_bus_namespaces": [
        {
            "name": "seeded",
            "queues": [{"name": "orders", "lock_duration": "PT30S"}],
            "topics": [{"name": "news"}],
            "notification_hubs": ["phones"],
            "relays": ["door"],
        }
    ]
}
SINCE = "$filter=Timestamp gt datetime'2014-10-01T00:00:00Z'"


@pytest.fixture
def old():
    with emulator_in_thread(clock=3600) as emulator:
        emulator.seed(SEED)
        with opened(ServiceBusManagementService, emulator) as service:
            yield Witness(service)


def until(condition, seconds=30):
    """Ask until it holds; the emulator's clock runs by itself here."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def test_each_of_the_22_methods_works(old):
    """The old SDK, unchanged, can do everything it could against the service."""
    namespaces(old)
    contents(old)
    metrics(old)
    assert old.called == own_methods(ServiceBusManagementService)
    assert len(old.called) == 22


def namespaces(old):
    assert ("West US", "West US") in {(each.code, each.fullname) for each in old.get_regions()}
    assert old.check_namespace_availability("letters1").result is True
    old.create_namespace("letters1", "West US")
    assert old.check_namespace_availability("letters1").result is False
    until(lambda: old.get_namespace("letters1").status == "Active")
    made = old.get_namespace("letters1")
    assert made.enabled is True
    assert made.servicebus_endpoint == "https://letters1.servicebus.windows.net/"
    assert made.connection_string.endswith(f"SharedSecretValue={made.default_key}")
    assert [each.name for each in old.list_namespaces()] == ["seeded", "letters1"]
    old.delete_namespace("letters1")
    until(lambda: is_gone(old, "letters1"))
    with pytest.raises(AzureHttpError) as caught:
        old.create_namespace("seeded", "West US")
    assert caught.value.status_code == 403


def is_gone(old, name):
    try:
        return old.get_namespace(name).status not in {"Active", "Removing"}
    except AzureMissingResourceHttpError:
        return True


def contents(old):
    (queue,) = old.list_queues("seeded")
    assert (queue.name, queue.lock_duration, queue.author) == ("orders", "PT30S", "seeded")
    assert (queue.max_size_in_megabytes, queue.requires_session) == (1024, False)
    (topic,) = old.list_topics("seeded")
    assert (topic.name, topic.subscription_count) == ("news", 0)
    (hub,) = old.list_notification_hubs("seeded")
    assert [rule.key_name for rule in hub.authorization_rules] == [
        "DefaultListenSharedAccessSignature",
        "DefaultFullSharedAccessSignature",
    ]
    (relay,) = old.list_relays("seeded")
    assert (relay.path, relay.listener_count) == ("door", 1)


def metrics(old):
    places = {"queue": "orders", "topic": "news", "notification_hub": "phones", "relay": "door"}
    for kind, name in places.items():
        metric, *_ = getattr(old, f"get_supported_metrics_{kind}")("seeded", name)
        rollups = getattr(old, f"get_metrics_rollups_{kind}")("seeded", name, metric.name)
        assert [each.time_grain for each in rollups] == ["PT5M", "PT1H", "P1D"]
        read = getattr(old, f"get_metrics_data_{kind}")
        until(lambda read=read, name=name, metric=metric: read("seeded", name, metric.name, "PT5M", SINCE))
        value, *_ = read("seeded", name, metric.name, "PT5M", SINCE)
        assert (value.min, value.max, value.average, value.total) == (0, 0, 0.0, 0)
