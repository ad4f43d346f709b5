"""Rules that the models of requests declare: each is kept up to its limits and broken past them, wherever it stands."""

from importlib import import_module
from pkgutil import iter_modules

import pytest

from asyncsm import wire
from asyncsm.wire import traffic_manager
from asyncsm.wire.application_gateways import ApplicationGatewayConfiguration, BackendHttpSettings
from asyncsm.wire.base import XmlModel
from asyncsm.wire.disks import DataVirtualHardDisk, HostCaching, OSVirtualHardDisk
from asyncsm.wire.rules import breaches, ruled
from asyncsm.wire.types import OpenEnum
from asyncsm.wire.vm_images import DataDiskConfiguration, OSDiskConfiguration

NOTHING = XmlModel()


def declared():
    """Each rule, with the words of its field if that has any."""
    for module in iter_modules(wire.__path__):
        models = vars(import_module(f"asyncsm.wire.{module.name}")).values()
        for model in {one for one in models if isinstance(one, type) and issubclass(one, XmlModel)}:
            for field, _, rules in ruled(model):
                kinds = str(model.model_fields[field].annotation)
                words = [one for one in OpenEnum.__subclasses__() if one.__name__ in kinds.replace(".", " ")]
                yield from (pytest.param(rule, words, id=f"{model.__name__}.{field}") for rule in rules)


@pytest.mark.parametrize(("rule", "words"), sorted(declared(), key=lambda one: one.id))
def test_limits(rule, words):
    """What is at a limit is taken, and what is past it is not; of words those that are listed."""
    kept, broken = list(rule.kept), list(rule.broken)
    if not kept and words:
        kept, broken = [*words[0]], [words[0]("Else")]
    assert [value for value in kept if not rule.keeps(value, NOTHING)] == []
    assert [value for value in broken if rule.keeps(value, NOTHING)] == []
    assert "{" not in rule.says.format(name="Port", value=0)


def test_where_they_are_looked_for():
    """They hold in parts at any depth; names in the document, in any case; what is absent breaks none."""
    settings = {"port": 0, "protocol": "Tcp"}
    twice = [BackendHttpSettings(name=name, probe="none", **settings) for name in ("one", "ONE")]
    assert list(breaches(ApplicationGatewayConfiguration(backend_http_settings_list=twice))) == [
        "A name occurs more than once in BackendHttpSettingsList.",
        *(
            2
            * [
                "The Port '0' is not valid.",
                "The Protocol 'Tcp' is not valid.",
                "The Probe none does not exist.",
            ]
        ),
    ]
    assert list(breaches(ApplicationGatewayConfiguration())) == []


def test_what_they_do_not_hold_for():
    """What a request needs is missed in itself, and not in a document that only mentions it."""
    short = traffic_manager.TrafficDefinition(version=1)
    assert next(iter(breaches(short))) == "The DnsOptions is missing."
    assert list(breaches(traffic_manager.TrafficProfile(definitions=[short]))) == []


@pytest.mark.parametrize(
    "model", [OSVirtualHardDisk, DataVirtualHardDisk, OSDiskConfiguration, DataDiskConfiguration]
)
@pytest.mark.parametrize("word", ["readonly", "Some", ""])
def test_words_of_caching(model, word):
    """Disks of machines and those of VM images refuse alike what the reference does not list, as it is spelt."""
    assert list(breaches(model(host_caching=HostCaching(word)))) == [
        f"The HostCaching '{word}' is not valid."
    ]
    assert all(list(breaches(model(host_caching=each))) == [] for each in HostCaching)
