"""Hundreds of machines, each in a hosted service of its own, with `asyncsm.gather`.

    python examples/fan_out.py --machines 200 --in-flight 50

`gather` makes a call only when there is a place for it, waits until all operations have ended, and
shows how far it is. The session underneath keeps to what the subscription can bear, and polls for
everything in flight together.

Without AZURE_MANAGEMENT_CERTFILE and its companions in the environment it starts an emulator.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import asyncsm
from asyncsm import LinuxConfigurationSet, OperationHandle, OSVirtualHardDisk, ServiceManagementService
from asyncsm.emulator import Emulator, Quotas

LOCATION = "West US"


@asynccontextmanager
async def connected(machines: int) -> AsyncIterator[ServiceManagementService]:
    """A client of the service the environment names, or of an emulator with room for `machines`."""
    if os.environ.get("AZURE_MANAGEMENT_CERTFILE"):
        async with ServiceManagementService() as sms:
            yield sms
    else:
        quotas = Quotas(cores=machines, hosted_services=machines)
        async with Emulator(quotas=quotas) as emulator, emulator.service() as sms:
            yield sms


async def machine(sms: ServiceManagementService, name: str, image: str, storage: str) -> OperationHandle:
    """A hosted service, and the deployment in it on its way."""
    await sms.create_hosted_service(name, name, location=LOCATION)
    return await sms.create_virtual_machine_deployment(
        service_name=name,
        deployment_name=name,
        deployment_slot="production",
        label=name,
        role_name=name,
        system_config=LinuxConfigurationSet(name, "guide", f"Aa1-{secrets.token_urlsafe(12)}", False),
        os_virtual_hard_disk=OSVirtualHardDisk(image, f"https://{storage}.blob.core.windows.net/vhds/{name}"),
    )


async def remove(sms: ServiceManagementService, name: str) -> OperationHandle | None:
    """A hosted service with all that is in it, unless it never came into being."""
    try:
        return await sms.delete_hosted_service(name, complete=True)
    except asyncsm.ResourceNotFound:
        return None


def line(what: str) -> Callable[[asyncsm.Progress], None]:
    """Shows progress: in one line on a terminal, elsewhere a line for each tenth."""
    begun = time.monotonic()

    def show(progress: asyncsm.Progress) -> None:
        total = progress.total or progress.done
        text = (
            f"{what}: {progress.done} of {total}, {progress.failed} failed,"
            f" {progress.in_flight} in flight, {time.monotonic() - begun:.1f} s"
        )
        last = progress.done == total
        if sys.stdout.isatty():
            print(f"\r\033[K{text}", end="\n" if last else "", flush=True)
        elif last or progress.done % max(total // 10, 1) == 0:
            print(text)

    return show


async def fan_out(sms: ServiceManagementService, machines: int, in_flight: int, storage: str = "") -> None:
    """Create them all, and remove them again.

    Args:
        sms: the client.
        machines: how many.
        in_flight: how many are being created at any time.
        storage: the storage account for their disks; a new one if empty.

    Raises:
        OperationsFailed: some could not be created; everything is removed all the same.
    """
    suffix = secrets.token_hex(3)
    account = storage or f"fan{suffix}"
    if not storage:
        await (await sms.create_storage_account(account, None, "Fan-out", location=LOCATION))
    image = next(i.name for i in await sms.list_os_images() if i.os == "Linux" and i.category == "Public")
    names = [f"fan-{n:03}-{suffix}" for n in range(machines)]
    try:
        done = await asyncsm.gather(
            [machine(sms, name, image, account) for name in names],
            max_in_flight=in_flight,
            on_progress=line("created"),
        )
        print(f"{len(done)} deployments, the last with request {done[-1].id}")
    finally:
        await asyncsm.gather(
            [remove(sms, name) for name in names], max_in_flight=in_flight, on_progress=line("removed")
        )
        if not storage:
            await sms.delete_storage_account(account)


async def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--machines", type=int, default=200, help="how many virtual machines")
    options.add_argument("--in-flight", type=int, default=50, help="how many are created at any time")
    options.add_argument("--storage-account", default="", help="use this one instead of a new one")
    given = options.parse_args()
    async with connected(given.machines) as sms:
        try:
            await fan_out(sms, given.machines, given.in_flight, given.storage_account)
        except asyncsm.OperationsFailed as failed:
            for error in failed.exceptions:
                print(f"{', '.join(error.__notes__)}: {type(error).__name__}: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
