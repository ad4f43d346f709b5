"""A client as fast as its emulator's clock, and the virtual machines benchmarks make with it."""

from __future__ import annotations

from dataclasses import replace

from emulator_control import ControlPort
from emulator_process import Running

from asyncsm import (
    LinuxConfigurationSet,
    OperationHandle,
    OSVirtualHardDisk,
    RetryPolicy,
    ServiceManagementService,
)
from asyncsm.config import ATTEMPT_TIMEOUT, DEFAULT_RETRY, MAX_CONNECTIONS
from asyncsm.emulator import Throttle
from asyncsm.emulator.catalogue import platform_images
from asyncsm.emulator.client_timings import ClientTimings

ACCOUNT = "disks"
LINUX = next(image.name for image in platform_images().values() if image.os == "Linux")
LOCATION = "West US"
LONG_PAST = 1_000.0
"""Virtual seconds after which no throttle counts a request any more."""


def client(
    running: Running,
    factor: float,
    *,
    budget: Throttle | None = None,
    lanes: bool = True,
    connections: int = MAX_CONNECTIONS,
    timeout: float = ATTEMPT_TIMEOUT,
    retry: RetryPolicy = DEFAULT_RETRY,
) -> ServiceManagementService:
    """A client of an emulator, with the defaults made `factor` times as fast.

    Args:
        running: the emulator.
        factor: virtual seconds in a real one.
        budget: what the client is told of the emulator's throttle.
        lanes: whether changes that exclude each other wait for one another.
        connections: exchanges under way at once.
        timeout: real seconds one request may take.
        retry: when a request is sent again, in real seconds.
    """
    pace = ClientTimings(factor)
    return ServiceManagementService(
        running.subscription_id,
        running.certificate_path,
        running.url,
        ca_file=running.ca_path,
        timeout=timeout,
        retry=retry,
        polling=pace.polling(),
        throttle=replace(pace.throttle(budget), connections=connections),
        lanes=replace(pace.lanes(), enabled=lanes),
        reconcile=pace.reconcile(),
    )


async def prepare(running: Running) -> None:
    """Have the storage account for all disks, long before anything is measured."""
    async with client(running, 1.0) as sms:
        operation = await sms.create_storage_account(ACCOUNT, "disks of machines", "disks", location=LOCATION)
        ControlPort(running.admin_url).advance(LONG_PAST)
        await operation


def system() -> LinuxConfigurationSet:
    """What is configured inside a machine."""
    return LinuxConfigurationSet("machine", "someone", "Pa55-word", disable_ssh_password_authentication=False)


def disk(name: str) -> OSVirtualHardDisk:
    """The disk of a machine, from a platform image."""
    return OSVirtualHardDisk(LINUX, f"https://{ACCOUNT}.blob.core.windows.net/vhds/{name}.vhd")


async def deploy(sms: ServiceManagementService, name: str) -> OperationHandle:
    """Begin a deployment `name` with one machine in the hosted service `name`."""
    return await sms.create_virtual_machine_deployment(
        name, name, "Production", name, name, system(), disk(name), role_size="Small"
    )


async def ensure(sms: ServiceManagementService, service_name: str, name: str) -> OperationHandle:
    """Have the machine `name` in the one deployment of a hosted service."""
    return await sms.ensure_virtual_machine(
        service_name, service_name, name, system(), disk(name), role_size="Small"
    )
