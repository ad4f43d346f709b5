"""Calls as programs for the old SDK make them: what the service took is sent as the service spells it."""

import base64
import contextlib
import json

import pytest
from doubles.scripted import REQUEST_ID, SUBSCRIPTION, ScriptedTransport, operation, reply
from parity import freeze

import asyncsm
from asyncsm import (
    ConfigurationSet,
    ConfigurationSetInputEndpoint,
    ConfigurationSetInputEndpoints,
    InvalidArgument,
    ManagementSession,
    OSVirtualHardDisk,
    ServiceManagementService,
    UnexpectedPayload,
    WindowsConfigurationSet,
    models,
)

LEGACY = json.loads(freeze.FROZEN.read_text(encoding="utf-8"))
BLOB = "http://account.blob.core.windows.net/container/disk.vhd"
MACHINE = ("shop", "shop", "web1")
THUMBPRINT = "D7FA2A61DE128E0C4712BB4E8B0B1B0FB4F4E3D8"
COPIED = "\u200e" + " ".join(THUMBPRINT[place : place + 2] for place in range(0, 40, 2))
CER = b"0\x82\x01\x00certificate"


async def sent(method, *given, **by_name):
    """Address and body of the first request of a call."""
    transport = ScriptedTransport([reply(200), reply(200)])
    async with ManagementSession(SUBSCRIPTION, transport=transport) as session:
        with contextlib.suppress(UnexpectedPayload):  # a read has nothing to read in an empty reply
            await getattr(ServiceManagementService(session=session), method)(*given, **by_name)
    request = transport.requests[0]
    return request.method, request.url, request.body


@pytest.mark.parametrize(
    ("method", "old", "spelt"),
    [
        ("add_disk", (None, "l", BLOB, "d", "Windows"), (True, "l", BLOB, "d", "Windows")),
        ("add_disk", (False, "l", BLOB, "d", "linux"), (True, "l", BLOB, "d", "Linux")),
        ("add_disk", (None, "l", BLOB, "d", None), (False, "l", BLOB, "d", None)),
        ("add_disk", ("false", "l", BLOB, "d", ""), (False, "l", BLOB, "d", None)),
        (
            "add_data_disk",
            (*MACHINE, "1", "readwrite", BLOB, None, None, "10"),
            (*MACHINE, 1, "ReadWrite", BLOB, None, None, 10),
        ),
        ("update_data_disk", (*MACHINE, "0", "none"), (*MACHINE, 0, "None")),
        ("delete_data_disk", (*MACHINE, "0", "true"), (*MACHINE, 0, True)),
        ("delete_data_disk", (*MACHINE, 0, "False"), (*MACHINE, 0, False)),
        ("get_data_disk", (*MACHINE, "31"), (*MACHINE, 31)),
        ("regenerate_storage_account_keys", ("account", "primary"), ("account", "Primary")),
        ("walk_upgrade_domain", ("shop", "shop", "0"), ("shop", "shop", 0)),
        ("rollback_update_or_upgrade", ("shop", "shop", "auto", "true"), ("shop", "shop", "Auto", True)),
        ("update_deployment_status", ("shop", "shop", "suspended"), ("shop", "shop", "Suspended")),
        ("add_os_image", ("l", BLOB, "i", "windows"), ("l", BLOB, "i", "Windows")),
        ("delete_disk", ("d", 1), ("d", True)),
        ("delete_hosted_service", ("shop", "false"), ("shop", False)),
        ("get_hosted_service_properties", ("shop", "TRUE"), ("shop", True)),
        ("shutdown_role", (*MACHINE, "stoppeddeallocated"), (*MACHINE, "StoppedDeallocated")),
        (
            "add_service_certificate",
            ("shop", base64.b64encode(CER), "PFX", "pass"),
            ("shop", CER, "pfx", "pass"),
        ),
        (
            "add_service_certificate",
            ("shop", base64.encodebytes(CER * 9).decode(), "cer"),
            ("shop", CER * 9, "cer"),
        ),
        ("get_service_certificate", ("shop", "SHA1", COPIED), ("shop", "sha1", THUMBPRINT)),
        ("delete_service_certificate", ("shop", "sha1", COPIED), ("shop", "sha1", THUMBPRINT)),
        ("get_management_certificate", (COPIED,), (THUMBPRINT,)),
        (
            "add_management_certificate",
            (base64.b64encode(CER), COPIED, base64.b64encode(CER)),
            (base64.b64encode(CER).decode(), THUMBPRINT, CER),
        ),
    ],
)
async def test_an_old_call_is_the_spelt_call(method, old, spelt):
    """Numbers and truth values as text, words in any case, thumbprints as they are copied."""
    assert await sent(method, *old) == await sent(method, *spelt)


@pytest.mark.parametrize(
    ("method", "given", "told"),
    [
        ("add_disk", (True, "l", BLOB, "d", None), "^os: is required"),
        ("add_disk", ("maybe", "l", BLOB, "d", None), "^has_operating_system: must be True or False"),
        ("add_disk", (None, "l", BLOB, "d", "BeOS"), "^os: 'BeOS' is none of Linux, Windows"),
        ("add_data_disk", (*MACHINE, "one", None, BLOB, None, None, 10), "^lun: must be a whole number"),
        ("add_data_disk", (*MACHINE, "32", None, BLOB, None, None, 10), "^lun: 32 is not in 0 to 31"),
        ("add_data_disk", (*MACHINE, None, None, BLOB, None, None, 10), "^lun: must be given"),
        ("update_data_disk", (*MACHINE, None), "^lun: must be given"),
        ("delete_disk", ("d", "please"), "^delete_vhd: must be True or False"),
        ("regenerate_storage_account_keys", ("account", "third"), "^key_type: 'third' is none of"),
        ("get_management_certificate", ("ab:cd",), "^thumbprint: 'ab:cd' is not the SHA-1 thumbprint"),
        ("get_service_certificate", ("shop", "md5", THUMBPRINT), "^thumbalgorithm"),
        ("rollback_update_or_upgrade", ("shop", "shop", "Auto", "perhaps"), "^force"),
    ],
)
async def test_what_the_service_cannot_take_is_told_of(method, given, told):
    """The error is ours and names the parameter."""
    with pytest.raises(InvalidArgument, match=told):
        await sent(method, *given)


async def test_endpoints_stand_for_a_network_configuration():
    """Ansible's module gave the other attributes of the configuration to its list of endpoints."""
    endpoint = ConfigurationSetInputEndpoint(name="TCP-22", protocol="TCP", port="22", local_port="22")
    old = ConfigurationSetInputEndpoints()
    old.configuration_set_type = "NetworkConfiguration"
    old.subnet_names = []
    old.public_ips = None
    old.input_endpoints.append(endpoint)
    new = ConfigurationSet(input_endpoints=[endpoint], subnet_names=[])
    windows = WindowsConfigurationSet("web1", "Passw0rd!", None, False, None, "ops")
    windows.domain_join = windows.win_rm = None
    calls = [
        await sent(
            "create_virtual_machine_deployment",
            *("shop", "shop", "production", "shop", "web1"),
            windows,
            OSVirtualHardDisk("image", BLOB),
            network,
            role_size="Small",
        )
        for network in (old, new)
    ]
    assert calls[0] == calls[1]
    old.subnet_names = ["front"]
    body = (await sent("add_role", *MACHINE, windows, OSVirtualHardDisk("image", BLOB), old))[2]
    assert b"<SubnetNames><SubnetName>front</SubnetName></SubnetNames>" in body


async def test_the_raw_reply_has_the_old_attributes():
    """Status, message, headers and body of a read; those of a change are in the handle's `response`."""
    transport = ScriptedTransport([reply(200, "<a/>"), reply(201)])
    async with ManagementSession(SUBSCRIPTION, transport=transport) as session:
        sms = ServiceManagementService(session=session)
        answer = await sms.perform_get("/services/hostedservices")
        assert (answer.status, answer.message, answer.body) == (200, "OK", b"<a/>")
        handle = await sms.perform_post("/services/hostedservices", "<b/>")
        assert (handle.response.status, handle.response.message) == (201, "Created")


def test_old_names_are_where_users_import_them_from():
    """``from azure.servicemanagement import X`` becomes ``from asyncsm import X``."""
    there = [name for name in LEGACY["models"] if hasattr(models, name)]
    assert len(there) > 100
    assert [name for name in there if getattr(asyncsm, name, None) is not getattr(models, name)] == []


def test_one_class_catches_all_errors():
    """Programs raise and catch ``azure.common.AzureException``."""
    assert asyncsm.AzureException is asyncsm.AsyncsmError
    assert issubclass(InvalidArgument, asyncsm.AzureException)
    with pytest.raises(asyncsm.AzureException, match=r"^timed out$"):
        raise asyncsm.AzureException("timed out")


async def test_what_returned_nothing_returns_a_handle():
    """Changes that are done at once, too: `if result:` is always true, and there is a request id."""
    transport = ScriptedTransport([reply(201)])
    async with ManagementSession(SUBSCRIPTION, transport=transport) as session:
        result = await ServiceManagementService(session=session).create_affinity_group("a", "l", "West US")
    assert isinstance(result, asyncsm.OperationHandle)
    assert result
    assert result.done
    assert result.request_id


def test_a_broken_rule_is_no_reply_of_the_service():
    """``except AzureHttpError`` does not catch it, ``except AzureException`` does."""
    assert not issubclass(InvalidArgument, asyncsm.AzureHttpError)
    assert issubclass(asyncsm.AzureHttpError, asyncsm.AzureException)


@pytest.mark.parametrize("name", freeze.SERVICES)
async def test_every_class_asks_and_waits_for_operations(name):
    """They are the subscription's, whichever class has begun them."""
    transport = ScriptedTransport([operation("InProgress"), operation("Succeeded")])
    async with ManagementSession(SUBSCRIPTION, transport=transport) as session:
        service = getattr(asyncsm, name)(session=session)
        assert (await service.get_operation_status(REQUEST_ID)).status == "InProgress"
        assert (await service.wait_for_operation_status(REQUEST_ID)).status == "Succeeded"
    assert {request.url.rpartition("/")[2] for request in transport.requests} == {REQUEST_ID}
