"""What a type checker sees of the API. Never run: mypy and pyright pass over it.

A line with ``type: ignore`` is a misuse that must stay an error; a checker that sees
none there reports the comment as unused.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import assert_type

from pydantic import SecretStr

from asyncsm import (
    AzureHttpError,
    AzureMissingResourceHttpError,
    ConfigurationSet,
    ConfigurationSetInputEndpoint,
    Conflict,
    DataVirtualHardDisk,
    InvalidArgument,
    LinuxConfigurationSet,
    ManagementCertificate,
    ManagementSession,
    Operation,
    OperationFailed,
    OperationHandle,
    OperationTimeout,
    OSVirtualHardDisk,
    PollingPolicy,
    PublicKey,
    RetryPolicy,
    ServiceError,
    ServiceManagementService,
    SqlDatabaseManagementService,
    WindowsConfigurationSet,
)
from asyncsm.accepted import AcceptedOperation
from asyncsm.engine.protocol import get
from asyncsm.models import (
    AffinityGroup,
    Database,
    Deployment,
    HostedService,
    HostedServices,
    Images,
    Listener,
    Location,
    Locations,
    OSImage,
    PersistentVMRole,
    RebootEvent,
    RoleInstance,
    StorageService,
    StorageServiceKeys,
    Subscription,
    SubscriptionOperation,
    SubscriptionOperationCollection,
)
from asyncsm.wire.http import HttpResponse


async def clients(certificate: ManagementCertificate) -> None:
    """A client takes the old arguments by position, the rest by name, and may share a session."""
    async with ServiceManagementService("subscription", "management.pem", "localhost:8443") as sms:
        assert_type(sms, ServiceManagementService)
        assert_type(sms.session, ManagementSession)
        assert_type(sms.subscription_id, str)
    ServiceManagementService("subscription", Path("management.pem"), ca_file=b"", proxy=None, timeout=5)
    ServiceManagementService(cert_file=certificate, retry=RetryPolicy(attempts=1), polling=PollingPolicy())
    async with ManagementSession("subscription", certificate) as session:
        assert_type(session, ManagementSession)
        ServiceManagementService(session=session)
    ServiceManagementService("subscription", "management.pem", "host", 65)  # type: ignore[call-arg, arg-type]
    ServiceManagementService("subscription", cert_file=7)  # type: ignore[arg-type]
    ServiceManagementService(retry=5)  # type: ignore[arg-type]


async def reading(sms: ServiceManagementService) -> None:
    """A read gives its model; lists are iterable, sized and indexable."""
    assert_type(await sms.get_subscription(), Subscription)
    locations = await sms.list_locations()
    assert_type(locations, Locations)
    assert_type(locations[0], Location)
    assert_type(locations[:2], list[Location])
    assert_type(len(locations), int)
    for location in locations:
        assert_type(location, Location)
        assert_type(location.name, str)
    assert_type(await sms.list_hosted_services(), HostedServices)
    assert_type(await sms.get_hosted_service_properties("web", True), HostedService)
    assert_type(await sms.get_deployment_by_slot("web", "Production"), Deployment)
    assert_type(await sms.get_role("web", "web", "web"), PersistentVMRole)
    assert_type(await sms.get_affinity_group_properties("group"), AffinityGroup)
    images = await sms.list_os_images()
    assert_type(images, Images)
    assert_type([image for image in images if image.label == "label"], list[OSImage])
    operations = await sms.list_subscription_operations("2015-06-01", "2015-07-01")
    assert_type(operations, SubscriptionOperationCollection)
    assert_type(operations.continuation_token, str | None)
    assert_type(operations.request_id, str | None)
    async for operation in sms.iterate_subscription_operations():
        assert_type(operation, SubscriptionOperation)
    async for event in sms.iterate_deployment_events("web", "web", "2015-06-01", "2015-07-01"):
        assert_type(event, RebootEvent)
    assert_type(await sms.get_remote_desktop_file("web", "web", "web"), bytes)
    account = await sms.get_storage_account_keys("account")
    assert_type(account, StorageService)
    if account.storage_service_keys is not None:
        assert_type(account.storage_service_keys, StorageServiceKeys)
        assert_type(account.storage_service_keys.primary, SecretStr | None)
    await sms.get_hosted_service_properties()  # type: ignore[call-arg]
    await sms.get_hosted_service_properties(7)  # type: ignore[arg-type]
    await sms.list_nonsense()  # type: ignore[attr-defined]
    len(sms.list_locations())  # type: ignore[arg-type]


async def changing(sms: ServiceManagementService) -> None:
    """A change gives a handle, and the handle the operation."""
    handle = await sms.create_hosted_service("web", "label", location="West US", extended_properties={"a": 1})
    assert_type(handle, OperationHandle)
    assert_type(handle.request_id, str)
    assert_type(handle.status, str)
    assert_type(handle.done, bool)
    assert_type(handle.token, str)
    assert_type(await handle, Operation)
    assert_type(await handle.wait(deadline=600), Operation)
    assert_type(await handle.wait(None), Operation)
    assert_type(await handle.refresh(), str)
    assert_type(handle.result(), Operation)
    async for status in handle:
        assert_type(status, str)
    assert_type(sms.resume(handle.token), OperationHandle)
    await sms.create_deployment("web", "Production", "d", "http://a/b", "label", Path("service.cscfg"))
    await sms.create_deployment("web", "Production", "d", "http://a/b", "label", b"<cscfg/>", True, False)
    await sms.update_storage_account("account", account_type="Standard_LRS")
    await sms.create_hosted_service("web")  # type: ignore[call-arg]
    await sms.create_hosted_service("web", "label", extended_properties={"a": object()})  # type: ignore[dict-item]
    await sms.create_deployment("web", "Production", "d", "http://a/b", "label", 7)  # type: ignore[arg-type]
    handle.request_id.nonsense()  # type: ignore[attr-defined]


async def machines(sms: ServiceManagementService) -> None:
    """The guide's way of creating a virtual machine, with constructors by position."""
    linux = LinuxConfigurationSet("myhostname", "myuser", "mypassword", True)
    assert_type(linux, LinuxConfigurationSet)
    assert_type(linux.host_name, str | None)
    assert_type(linux.user_password, SecretStr | None)
    linux.ssh.public_keys.append(PublicKey("fingerprint", "/home/me/.ssh/authorized_keys"))
    windows = WindowsConfigurationSet("mycomputer", "mypassword", admin_username="me")
    windows.win_rm.listeners.append(Listener("Http"))
    network = ConfigurationSet()
    network.input_endpoints.append(ConfigurationSetInputEndpoint("ssh", "tcp", "22", "22"))
    disk = OSVirtualHardDisk("image", "http://account.blob.core.windows.net/vhds/a.vhd", disk_label="a.vhd")
    handle = await sms.create_virtual_machine_deployment(
        service_name="myvm",
        deployment_name="myvm",
        deployment_slot="production",
        label="myvm",
        role_name="myvm",
        system_config=linux,
        os_virtual_hard_disk=disk,
        network_config=network,
        data_virtual_hard_disks=[DataVirtualHardDisk(lun=0, logical_disk_size_in_gb=10)],
        role_size="Small",
    )
    assert_type(handle, OperationHandle)
    assert_type(await sms.wait_for_deployment("myvm", "myvm", "ReadyRole", deadline=600), Deployment)
    assert_type(
        await sms.wait_for_role_instance(
            "myvm", "myvm", "myvm", lambda found: found.power_state == "Started"
        ),
        RoleInstance,
    )
    await sms.create_virtual_machine_deployment("a", "a", "production", "a", "a", "linux", disk)  # type: ignore[arg-type]
    network.input_endpoints.append(disk)  # type: ignore[arg-type]
    LinuxConfigurationSet(7)  # type: ignore[arg-type]
    LinuxConfigurationSet("h", "u", "p", True, "data", "more")  # type: ignore[call-arg, arg-type]
    OSVirtualHardDisk(nonsense="x")  # type: ignore[call-arg]


async def waiting(sms: ServiceManagementService) -> None:
    """The old wait, and waits for resources."""
    done = await sms.wait_for_operation_status("id", "Succeeded", 30, 5, None, print)
    assert_type(done, Operation)
    assert_type(await sms.get_operation_status("id"), Operation)
    account = await sms.wait_for_storage_account("account", lambda found: found.service_name == "account")
    assert_type(account, StorageService)
    await sms.wait_for_deployment("web", "web", 7)  # type: ignore[arg-type]
    await sms.wait_for_deployment("web", "web", "ReadyRole", 600)  # type: ignore[call-arg]


async def sql(sms: ServiceManagementService) -> None:
    """A sibling service over the same session."""
    databases = SqlDatabaseManagementService(session=sms.session)
    made = await databases.create_server("admin1", SecretStr("Passw0rd!"), "West US")
    assert_type(made.server_name, str)
    assert_type(await databases.create_database("server", "orders", "objective", "Basic"), OperationHandle)
    for database in await databases.list_databases("server"):
        assert_type(database, Database)
        assert_type(database.creation_date, datetime | None)
    await databases.create_firewall_rule("server", "rule", "10.0.0.1")  # type: ignore[call-arg]


async def raw(sms: ServiceManagementService) -> None:
    """The way round the typed methods."""
    answer = await sms.perform_get("/services/hostedservices", x_ms_version="2014-10-01")
    assert_type(answer, HttpResponse)
    assert_type(answer.body, bytes)
    assert_type(await sms.perform_post("/path", "<Body/>"), OperationHandle)
    assert_type(await sms.send(get("locations")), HttpResponse)
    assert_type(await sms.fetch(Locations, get("locations")), Locations)
    await sms.perform_post("/path")  # type: ignore[call-arg]


async def failing(handle: OperationHandle) -> None:
    """Errors under their own and their old names."""
    try:
        await handle
    except AzureMissingResourceHttpError as missing:
        assert_type(missing.code, str)
    except Conflict as conflict:
        assert_type(conflict.conflicting_operation_id, str | None)
    except (ServiceError, AzureHttpError) as refused:
        assert_type(refused.status_code, int)
    except OperationFailed as failed:
        assert_type(failed.handle, AcceptedOperation | None)
    except OperationTimeout as late:
        assert_type(late.handle, AcceptedOperation | None)
    except InvalidArgument as wrong:
        assert_type(wrong.parameter, str)


def statuses(handle: OperationHandle) -> AsyncIterator[str]:
    """A handle is an asynchronous iterable of its statuses."""
    return handle.__aiter__()
