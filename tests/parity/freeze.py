"""Write down the public signatures of the old SDK, so that the tests do not need it installed.

Run ``python tests/parity/freeze.py`` with azure-servicemanagement-legacy installed to
write `legacy.json` again.
"""

import inspect
import json
import warnings
from pathlib import Path

FROZEN = Path(__file__).with_name("legacy.json")
SERVICES = (
    "ServiceManagementService",
    "ServiceBusManagementService",
    "SqlDatabaseManagementService",
    "WebsiteManagementService",
    "SchedulerManagementService",
)


def frozen():
    """Signatures of the installed SDK: methods of each service, constructors and attributes of models.

    A parameter is ``[name, required, default]``.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its imports and escapes are of 2016
        from azure import servicemanagement
        from azure.servicemanagement import models, servicemanagementclient

        base = servicemanagementclient._ServiceManagementClient
        services = {"_ServiceManagementClient": methods_of(base)}
        for name in SERVICES:
            service = getattr(servicemanagement, name)
            own = {method: given for method, given in methods_of(service).items() if method in vars(service)}
            services[name] = {"__init__": parameters_of(service.__init__), **own}
        return {"services": services, "models": dict(sorted(models_in(models)))}


def methods_of(service):
    return {
        name: parameters_of(method)
        for name, method in inspect.getmembers(service, inspect.isfunction)
        if not name.startswith("_")
    }


def models_in(module):
    for name, model in inspect.getmembers(module, inspect.isclass):
        public = not name.startswith("_") and model.__module__ == module.__name__
        if public and not issubclass(model, Exception):
            parameters = parameters_of(model.__init__) if "__init__" in vars(model) else []
            yield name, {"parameters": parameters, "attributes": attributes_of(model, parameters)}


def attributes_of(model, parameters):
    """What an instance has; these classes set every attribute in their constructor."""
    made = model(*("" for _, required, _ in parameters if required))
    return sorted(name for name in vars(made) if not name.startswith("_"))


def parameters_of(function):
    return [
        [parameter.name, parameter.default is parameter.empty, plain(parameter.default)]
        for parameter in inspect.signature(function).parameters.values()
        if parameter.name != "self"
    ]


def plain(default):
    """A default as JSON can say it: functions by their names."""
    if default is inspect.Parameter.empty:
        return None
    return default.__name__ if inspect.isfunction(default) else default


def document():
    """The text of `legacy.json`: one signature a line."""
    areas = []
    for area, classes in frozen().items():
        lines = []
        for name, content in classes.items():
            inner = ",\n".join(f"   {json.dumps(key)}: {json.dumps(value)}" for key, value in content.items())
            lines.append(f"  {json.dumps(name)}: {{\n{inner}\n  }}")
        areas.append(f" {json.dumps(area)}: {{\n" + ",\n".join(lines) + "\n }")
    return "{\n" + ",\n".join(areas) + "\n}\n"


if __name__ == "__main__":
    FROZEN.write_text(document(), encoding="utf-8")
