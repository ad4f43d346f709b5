"""Code written for the old SDK's signatures runs after adding ``await``.

`legacy.json` holds the old signatures. `missing.txt` and `missing_attributes.txt` list
what is not there yet; they can only become shorter.
"""

import importlib.metadata
import inspect
import json
from pathlib import Path

import pytest
from parity import freeze

import asyncsm
from asyncsm import models, services

HERE = Path(__file__).parent
LEGACY = json.loads(freeze.FROZEN.read_text(encoding="utf-8"))
BASE = "_ServiceManagementClient"

NEVER = {
    f"{BASE}.set_proxy": "the parameter `proxy`",
    f"{BASE}.should_use_requests": "chose between two HTTP libraries; there is one",
    f"{BASE}.with_filter": "the parameters `retry`, `proxy` and `transport` do what filters were for",
    f"{BASE}.wait_for_operation_status_progress_default_callback": "printed; callbacks are the caller's",
    f"{BASE}.wait_for_operation_status_success_default_callback": "printed; callbacks are the caller's",
    f"{BASE}.wait_for_operation_status_failure_default_callback": "printed; callbacks are the caller's",
    "models.AsynchronousOperationResult": "`OperationHandle` has its attributes, and more",
}
"""What is left out for good, and what to use instead."""

NEVER_ATTRIBUTES = {
    "AuthorizationRule.secondary_keu": "a slip: it was always empty, and `secondary_key` has the key",
    "ConfigurationSet.role_type": "no configuration set has a role type, and the old SDK neither read nor sent it",
}

OTHER_DEFAULTS = {
    ("update_storage_account", "account_type"): (None, "the old default silently changed the replication"),
    ("wait_for_operation_status", "progress_callback"): (None, "the old default prints"),
    ("wait_for_operation_status", "success_callback"): (None, "the old default prints"),
    ("wait_for_operation_status", "failure_callback"): (None, "the old default prints and ends the process"),
}
"""Defaults that differ from the old ones, and why."""

OTHER_MODEL_DEFAULTS: dict[tuple[str, str], tuple[object, str]] = {}
"""Likewise in constructors."""


def there(name):
    """The class of ours with that name, if there is one."""
    return getattr(services if name in freeze.SERVICES else models, name, None)


def listed(name):
    return (HERE / name).read_text(encoding="utf-8").splitlines()


def old_methods():
    """Service, name and parameters of every old method; each service has those of the common base, too."""
    for service in freeze.SERVICES:
        for name, parameters in (LEGACY["services"][BASE] | LEGACY["services"][service]).items():
            if name != "__init__":
                yield service, name, parameters


METHODS = [
    pytest.param(getattr(there(service), name), old, id=f"{service}.{name}")
    for service, name, old in old_methods()
    if hasattr(there(service), name)
]
MODELS = [
    pytest.param(there(name), old, id=name)
    for name, old in LEGACY["models"].items()
    if there(name) is not None
]


def positional(function):
    return [
        parameter
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD and parameter.name != "self"
    ]


def plain(default):
    return None if default is inspect.Parameter.empty else default


@pytest.mark.parametrize(("method", "old"), METHODS)
def test_methods_take_the_old_arguments(method, old):
    """Every parameter has its old name, place and default; what is new can only be given by name."""
    new = positional(method)
    assert [parameter.name for parameter in new] == [name for name, _, _ in old]
    for parameter, (name, required, default) in zip(new, old, strict=True):
        assert (parameter.default is parameter.empty) == required, name
        expected = OTHER_DEFAULTS.get((method.__name__, name), (default,))[0]
        assert plain(parameter.default) == expected, name


@pytest.mark.parametrize(("model", "old"), MODELS)
def test_models_take_the_old_positional_arguments(model, old):
    """A constructor takes what the old one took, in the same places and with the same defaults."""
    new = positional(model.__init__)[: len(old["parameters"])]
    assert [parameter.name for parameter in new] == [name for name, _, _ in old["parameters"]]
    for parameter, (name, _, default) in zip(new, old["parameters"], strict=True):
        expected = OTHER_MODEL_DEFAULTS.get((model.__name__, name), (default,))[0]
        assert (plain(parameter.default) or None) == (expected or None), name


@pytest.mark.parametrize("name", [name for name in freeze.SERVICES if there(name) is not None])
def test_services_are_made_from_the_old_arguments(name):
    """Subscription, certificate and host come first; the old session object has no successor."""
    names = [parameter.name for parameter in positional(there(name).__init__)]
    assert names == [old for old, _, _ in LEGACY["services"][name]["__init__"]][:3]
    assert "timeout" in inspect.signature(there(name).__init__).parameters


def test_every_call_is_a_coroutine_function():
    """Adding ``await`` is all that a call needs."""
    later = [case.id for case in METHODS if not inspect.iscoroutinefunction(case.values[0])]
    assert not later


def test_other_defaults_are_really_different():
    """An exception that has no object any more is taken out of its list."""
    old = {
        (name, parameter): default
        for _, name, parameters in old_methods()
        for parameter, _, default in parameters
    }
    for place, (default, _) in OTHER_DEFAULTS.items():
        assert old[place] != default
    for (model, parameter), (default, _) in OTHER_MODEL_DEFAULTS.items():
        assert [parameter, False, default] not in LEGACY["models"][model]["parameters"]


def test_what_is_missing_is_listed():
    """`missing.txt` names exactly the methods and models that are not there."""
    methods = {f"{service}.{name}" for service, name, _ in old_methods() if not hasattr(there(service), name)}
    absent = methods | {f"models.{name}" for name in LEGACY["models"] if there(name) is None}
    never = {name.replace(BASE, service) for name in NEVER for service in freeze.SERVICES}
    assert never <= absent
    assert listed("missing.txt") == sorted(absent - never)


def test_attributes_that_are_missing_are_listed():
    """`missing_attributes.txt` names exactly the old models' attributes that ours do not have."""
    absent = [
        f"{name}.{attribute}"
        for name, old in LEGACY["models"].items()
        if (model := there(name)) is not None
        for attribute in old["attributes"]
        if attribute not in model.model_fields and not isinstance(getattr(model, attribute, None), property)
    ]
    assert NEVER_ATTRIBUTES.keys() <= set(absent)
    assert listed("missing_attributes.txt") == sorted(set(absent) - NEVER_ATTRIBUTES.keys())


def test_old_error_names_catch_our_errors():
    """``except`` clauses written for the old SDK keep their meaning."""
    assert asyncsm.AzureHttpError is asyncsm.ServiceError
    assert asyncsm.AzureMissingResourceHttpError is asyncsm.ResourceNotFound
    assert asyncsm.AzureConflictHttpError is asyncsm.Conflict
    assert asyncsm.AzureAsyncOperationHttpError is asyncsm.OperationFailed


def test_the_frozen_signatures_are_those_of_the_package():
    """`legacy.json` is what `freeze.py` writes where the old SDK is installed."""
    try:
        version = importlib.metadata.version("azure-servicemanagement-legacy")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("azure-servicemanagement-legacy is not installed")
    assert version == "0.20.8"
    assert freeze.FROZEN.read_text(encoding="utf-8") == freeze.document()
