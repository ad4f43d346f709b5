"""An example of a call of every operation, taken from the journeys through all of them.

Each call of a journey is written down as code, and made with the arguments that the code gives: what is
shown has worked.
"""

from __future__ import annotations

import asyncio
import functools
import importlib.util
import inspect
import itertools
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from unittest import mock

from doubles.certificates import management_certificate
from doubles.contents import NETWORK
from doubles.journey import ACCOUNT, PACKAGE
from doubles.lossy import LossyLoopback
from doubles.samples import blob, cscfg
from doubles.virtual_time import virtual_time
from pydantic import BaseModel, SecretStr

import asyncsm
from asyncsm import models, services
from asyncsm.emulator import Emulator
from asyncsm.operations import catalogue
from asyncsm.operations.facts import Ends
from asyncsm.wire.types import OpenEnum

TESTS = Path(__file__).parents[1]
LONG = 72
"""Characters of a text that an example reads from a file."""

CLIENTS = {
    "ServiceManagementService": "sms",
    "NetworkManagementService": "networks",
    "SqlDatabaseManagementService": "databases",
    "ServiceBusManagementService": "bus",
    "WebsiteManagementService": "sites",
    "SchedulerManagementService": "jobs",
    "TrafficManagerManagementService": "traffic",
}
"""Names of clients in examples, where they are not the beginning of their class's name."""

SUFFIXES = {"configuration": "cscfg", "data": "pfx", "network_configuration": "netcfg"}
"""Ends of the names of files that examples read, by the parameters."""


def client_name(service):
    """Return what examples call the client of a service's class."""
    return CLIENTS.get(service, service.removesuffix("ManagementService").lower())


@functools.cache
def examples():
    """Return the code of a call of every operation, by class and method, as far as there is one."""
    found = {}
    with recording(found):
        for test, arguments in journeys():
            test(**arguments)
        remaining_reads()
        asyncio.run(read_with_a_certificate())
        known = loaded(TESTS / "emulator" / "test_catalogue.py")
        for operation in catalogue():
            if (operation.service, operation.name) not in found:
                known.virtual_time(known.outcome)(operation, known.existing(operation), planted=True)
    return found


@virtual_time
async def remaining_reads():
    """Read what the journeys make and do not look at."""
    async with LossyLoopback(cores=100).client as sms:
        mine = management_certificate("journey")
        await sms.add_management_certificate(mine.public_key_base64, mine.thumbprint, mine.data_base64)
        await sms.get_management_certificate(mine.thumbprint)
        await (await sms.set_network_configuration(NETWORK))
        await sms.check_static_ip_address_availability("inside", "10.0.1.5")
        made = await sms.create_storage_account(ACCOUNT, "d", "l", location="West US")
        await made
        await sms.get_operation_status(made.request_id)
        await sms.create_hosted_service("web", label="web", location="West US")
        await (await sms.add_service_certificate("web", mine.to_pfx("secret"), "pfx", "secret"))
        await sms.get_service_certificate("web", "sha1", mine.thumbprint)
        secret = "<PrivateConfig><Password>Hidden-1</Password></PrivateConfig>"
        await (await sms.add_service_extension("web", "desktop", "RDP", private_configuration=secret))
        await sms.get_service_extension("web", "desktop")
        has = models.ExtensionConfiguration(all_roles=[models.ExtensionReference(id="desktop")])
        deployment = ("web", "staging", "v1", PACKAGE, "v1", cscfg(), True)
        await (await sms.create_deployment(*deployment, extension_configuration=has))
        await sms.get_remote_desktop_file("web", "v1", "WebRole_IN_0")
        image = models.VMImage("image", "label", "words")
        image.os_disk_configuration.os_state, image.os_disk_configuration.os = "Generalized", "Linux"
        image.os_disk_configuration.media_link = blob(ACCOUNT, "vhds/image.vhd")
        await (await sms.create_vm_image(image))
        await sms.replicate_vm_image_with_disks("image", ["West US"], "offer", "sku", "1.0.0")
        await sms.get_vm_image_details("image")


async def read_with_a_certificate():
    """Read what the service tells by the certificate of a client."""
    async with Emulator(clock="instant") as emulator, emulator.service() as sms:
        await sms.list_subscriptions()


def journeys():
    """Yield the tests that make the journeys, with the arguments by which no reply is lost."""
    yield loaded(TESTS / "end_to_end" / "test_lost_replies.py").test_the_journey_makes_every_change, {}
    yield loaded(TESTS / "end_to_end" / "test_gateways.py").test_the_journey, {}
    for path in sorted((TESTS / "end_to_end").glob("test_*.py")):
        if "def test_lost_replies(" not in path.read_text(encoding="utf-8"):
            continue
        test = loaded(path).test_lost_replies
        marks = [mark for mark in test.pytestmark if mark.name == "parametrize"]
        for values in itertools.product(*(mark.args[1] for mark in marks)):
            arguments = {}
            for mark, value in zip(marks, values, strict=True):
                names = mark.args[0]
                names = [one.strip() for one in names.split(",")] if isinstance(names, str) else names
                given = getattr(value, "values", value)
                arguments |= dict(zip(names, given if len(names) > 1 else [given], strict=True))
            if arguments["how"] is None:
                yield test, arguments


@functools.cache
def loaded(path):
    """Import a module of tests by its path."""
    spec = importlib.util.spec_from_file_location(f"journeys_of_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def recording(found):
    """Write down the first call of each operation that succeeds in the block."""
    with contextmanager(_patched)(found):
        yield


def _patched(found):
    patches = []
    for operation in catalogue():
        kind = getattr(services, operation.service)
        method = getattr(kind, operation.name)
        patches.append(mock.patch.object(kind, operation.name, _recorded(operation, method, found)))
    for each in patches:
        each.start()
    try:
        yield
    finally:
        for each in patches:
            each.stop()


def _recorded(operation, method, found):
    key = operation.service, operation.name

    @functools.wraps(method)
    async def recorded(self, *arguments, **named):
        if key in found:
            return await method(self, *arguments, **named)
        files = {}
        code = written(operation, arguments, named, files)
        arguments, named = read(code, files)
        result = await method(self, *arguments, **named)
        found[key] = shown(operation, code)
        return result

    return recorded


def shown(operation, code):
    """Return the code of a call with what waits for it."""
    call = f"await {client_name(operation.service)}.{operation.name}({code})"
    if operation.reply is None:
        return f"await ({call})" if operation.ends is not Ends.AT_ONCE else call
    return f"found = {call}"


def read(code, files):
    """Return the arguments that the code of a call gives."""
    names = {name: getattr(models, name) for name in dir(models)} | vars(asyncsm)
    names |= {"Path": functools.partial(_File, files), "datetime": datetime, "timedelta": timedelta}
    return eval(f"(lambda *arguments, **named: (arguments, named))({code})", names)


class _File:
    """A file of which there is only what an example reads."""

    def __init__(self, files, name):
        self._content = files[name]

    def read_text(self):
        return self._content

    read_bytes = read_text


def written(operation, arguments, named, files):
    """Return the arguments of a call as code; what is long stands in `files`.

    Arguments with a default are written with their names.
    """
    parameters = operation.parameters
    given = dict(zip((one.name for one in parameters), arguments, strict=False)) | named
    parts = []
    by_name = False
    for one in parameters:
        if one.name not in given:
            by_name = True
            continue
        value = given[one.name]
        by_name = by_name or one.keyword_only or not one.required
        if by_name and one.default is not inspect.Parameter.empty and value == one.default:
            continue
        code = value_written(value, one.name, files)
        parts.append(f"{one.name}={code}" if by_name else code)
    return ", ".join(parts)


def value_written(value, name, files):
    """Return the code of a value."""
    if isinstance(value, SecretStr):
        return value_written(value.get_secret_value(), name, files)
    if isinstance(value, OpenEnum):
        return _quoted(str(value))
    if isinstance(value, datetime):
        return f"datetime.fromisoformat({_quoted(value.isoformat())})"
    if isinstance(value, timedelta):
        return f"timedelta(seconds={value.total_seconds():g})"
    if isinstance(value, BaseModel):
        return _model_written(value, files)
    if isinstance(value, dict):
        inside = (f"{_quoted(key)}: {value_written(each, str(key), files)}" for key, each in value.items())
        return f"{{{', '.join(inside)}}}"
    if isinstance(value, list | tuple):
        inside = ", ".join(value_written(each, name, files) for each in value)
        return f"[{inside}]" if isinstance(value, list) else f"({inside},)"
    if isinstance(value, bytes) or (isinstance(value, str) and (len(value) > LONG or "\n" in value)):
        if isinstance(value, str) and value.startswith("https://"):
            return _quoted(value)
        file = f"{name}.{SUFFIXES.get(name, 'txt' if isinstance(value, str) else 'bin')}"
        files[file] = value
        return f"Path({_quoted(file)}).{'read_text' if isinstance(value, str) else 'read_bytes'}()"
    return _quoted(value) if isinstance(value, str) else repr(value)


def _quoted(text):
    code = repr(str(text))
    return f'"{code[1:-1]}"' if code[0] == "'" and '"' not in code else code


def _model_written(value, files):
    fields = []
    for name, field in type(value).model_fields.items():
        part = getattr(value, name)
        if part is not None and part != field.get_default(call_default_factory=True) and not field.exclude:
            fields.append(f"{name}={value_written(part, name, files)}")
    return f"{type(value).__name__}({', '.join(fields)})"
