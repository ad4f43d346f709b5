"""Many virtual machines and deployments at once, in one TaskGroup, with their progress shown.

    python examples/parallel_deployments.py --machines 20 --deployments 10

Each has a hosted service of its own, for the service lets only one change at a time into a hosted
service, but any number of hosted services change side by side. All of them share one client: one
pool of connections, and one poller that asks for everything in flight.

Without AZURE_MANAGEMENT_CERTFILE and its companions in the environment it starts an emulator. A real
service also wants a real package: give `--storage-account` one that has `packages/shop.cspkg`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from asyncsm import (
    AsyncsmError,
    ExclusiveAccess,
    LinuxConfigurationSet,
    OperationFailed,
    OperationHandle,
    OSVirtualHardDisk,
    ResourceNotFound,
    ServiceManagementService,
)
from asyncsm.emulator import Emulator, Quotas

LOCATION = "West US"
DEADLINE = 1800.0
CONFIGURATION = """\
<ServiceConfiguration serviceName="Shop" osFamily="4" osVersion="*"
    xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceConfiguration">
  <Role name="WebRole1"><Instances count="1" /></Role>
</ServiceConfiguration>
"""


@asynccontextmanager
async def connected(cores: int) -> AsyncIterator[ServiceManagementService]:
    """A client of the service the environment names, or of an emulator with room for `cores`."""
    if os.environ.get("AZURE_MANAGEMENT_CERTFILE"):
        async with ServiceManagementService() as sms:
            yield sms
    else:
        quotas = Quotas(cores=cores, hosted_services=cores)
        async with Emulator(quotas=quotas) as emulator, emulator.service() as sms:
            yield sms


@dataclass
class Progress:
    """How far everything is: one line that is rewritten on a terminal, else a line for each that is ready."""

    total: int
    stages: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    begun: float = field(default_factory=time.monotonic)

    def reached(self, name: str, stage: str) -> None:
        """`name` has come to `stage`; `ready` is the last."""
        self.stages[name] = stage
        if stage == "ready":
            self.seconds[name] = time.monotonic() - self.begun
        if sys.stdout.isatty():
            print(f"\r\033[K{self.line()}", end="", flush=True)
        elif stage == "ready":
            print(f"{self.seconds[name]:6.2f} s  {name:22} {self.line()}")

    def line(self) -> str:
        """A bar, and how many are in which stage."""
        counts = Counter(self.stages.values())
        done = 20 * counts["ready"] // self.total
        stages = ", ".join(f"{count} {stage}" for stage, count in sorted(counts.items()))
        return f"[{'#' * done:.<20}] {stages}"

    def summary(self) -> str:
        """What doing it all at once has saved."""
        if sys.stdout.isatty():
            print()
        slowest, one_by_one = max(self.seconds.values()), sum(self.seconds.values())
        return f"{self.total} ready after {slowest:.1f} s; one after the other: about {one_by_one:.0f} s"


@dataclass
class Fleet:
    """What is deployed where.

    Attributes:
        sms: the client that all tasks share.
        storage: the storage account with the package, and for the disks.
        progress: is told of everything.
    """

    sms: ServiceManagementService
    storage: str
    progress: Progress

    async def machine(self, name: str, image: str) -> None:
        """A virtual machine in a hosted service of its own, until it is ready."""
        self.progress.reached(name, "asked for")
        await self.sms.create_hosted_service(name, name, location=LOCATION)
        system = LinuxConfigurationSet(name, "guide", f"Aa1-{secrets.token_urlsafe(12)}", False)
        disk = OSVirtualHardDisk(image, self.blob(f"vhds/{name}.vhd"))
        await self.follow(
            name,
            self.sms.create_virtual_machine_deployment(name, name, "production", name, name, system, disk),
        )

    async def deployment(self, name: str) -> None:
        """A deployment of web roles in a hosted service of its own, until its instances are ready."""
        self.progress.reached(name, "asked for")
        await self.sms.create_hosted_service(name, name, location=LOCATION)
        package = self.blob("packages/shop.cspkg")
        await self.follow(
            name,
            self.sms.create_deployment(
                name, "production", name, package, name, CONFIGURATION, start_deployment=True
            ),
        )

    async def follow(self, name: str, request: Awaitable[OperationHandle]) -> None:
        """The operation to its end, and then the instances until they are ready."""
        operation = await request
        self.progress.reached(name, "creating")
        await operation.wait(DEADLINE)
        self.progress.reached(name, "booting")
        await self.sms.wait_for_deployment(name, name, until="ReadyRole", deadline=DEADLINE)
        self.progress.reached(name, "ready")

    async def remove(self, name: str) -> None:
        """A hosted service with all that is in it, if it came into being."""
        try:
            await (await self.sms.delete_hosted_service(name, complete=True))
        except ResourceNotFound:
            return
        except ExclusiveAccess as error:
            # After a failure elsewhere this one's creation was abandoned, and still goes on.
            if error.conflicting_operation_id is None:
                raise
            with suppress(OperationFailed):
                await self.sms.resume(error.conflicting_operation_id)
            await self.remove(name)

    def blob(self, path: str) -> str:
        return f"https://{self.storage}.blob.core.windows.net/{path}"


async def deploy(
    sms: ServiceManagementService, machines: int, deployments: int, storage: str = ""
) -> Progress:
    """Bring everything up at once, show how it goes, and remove it again.

    Args:
        sms: the client.
        machines: how many virtual machines.
        deployments: how many deployments of web roles.
        storage: the storage account to use and keep; a new one if empty.

    Raises:
        ExceptionGroup: what went wrong; as soon as one fails, the others are not waited for.
    """
    suffix = secrets.token_hex(3)
    account = storage or f"fleet{suffix}"
    if not storage:
        await (await sms.create_storage_account(account, None, "Fleet", location=LOCATION))
    image = next(i.name for i in await sms.list_os_images() if i.os == "Linux" and i.category == "Public")
    fleet = Fleet(sms, account, Progress(machines + deployments))
    works = {f"vm-{n:02}-{suffix}": image for n in range(machines)}
    works |= {f"web-{n:02}-{suffix}": None for n in range(deployments)}
    try:
        async with asyncio.TaskGroup() as group:
            for name, image_name in works.items():
                group.create_task(fleet.machine(name, image_name) if image_name else fleet.deployment(name))
        print(fleet.progress.summary())
    finally:
        print("Removing everything")
        await asyncio.gather(*map(fleet.remove, works))
        if not storage:
            await sms.delete_storage_account(account)
    return fleet.progress


async def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--machines", type=int, default=20, help="how many virtual machines")
    options.add_argument("--deployments", type=int, default=10, help="how many deployments of web roles")
    options.add_argument("--storage-account", default="", help="use this one instead of a new one")
    given = options.parse_args()
    failed = False
    async with connected(cores=given.machines + given.deployments) as sms:
        print(f"Connected: {sms!r}")
        try:
            await deploy(sms, given.machines, given.deployments, given.storage_account)
        except* AsyncsmError as errors:
            failed = True
            for error in errors.exceptions:
                print(f"{type(error).__name__}: {error}", file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
