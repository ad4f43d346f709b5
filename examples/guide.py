"""The guide, section by section: what a subscription is managed with, in the order you would do it.

    python examples/guide.py

needs no subscription: it starts an emulator and removes it at the end. With AZURE_MANAGEMENT_CERTFILE
and its companions set (`asyncsm emulator start` prints them), it works on the service they name
instead. A real one also wants real blobs: give `--storage-account` one of yours that has
`packages/guide.cspkg` (with the roles of `CONFIGURATION`) and the VHD `vhds/golden.vhd`.

Everything it makes has a random suffix, and is deleted in the last section.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from asyncsm import (
    AlreadyExists,
    ConfigurationSet,
    ConfigurationSetInputEndpoint,
    LinuxConfigurationSet,
    OperationTimeout,
    OSVirtualHardDisk,
    ResourceNotFound,
    ServiceManagementService,
    WindowsConfigurationSet,
)
from asyncsm.emulator import Emulator

LOCATION = "West US"
CONFIGURATION = """\
<ServiceConfiguration serviceName="Guide" osFamily="4" osVersion="*"
    xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceConfiguration">
  <Role name="WebRole1"><Instances count="{instances}" /></Role>
</ServiceConfiguration>
"""


@dataclass
class Names:
    """What everything is called; hosted services and storage accounts are unique in all of the cloud."""

    storage: str
    suffix: str = field(default_factory=lambda: secrets.token_hex(4))

    def __post_init__(self) -> None:
        self.shop = f"guide-shop-{self.suffix}"
        self.linux = f"guide-linux-{self.suffix}"
        self.windows = f"guide-windows-{self.suffix}"
        self.group = f"guide-{self.suffix}"
        self.image = f"guide-image-{self.suffix}"
        self.storage = self.storage or f"guide{self.suffix}"

    def blob(self, path: str) -> str:
        return f"https://{self.storage}.blob.core.windows.net/{path}"


@asynccontextmanager
async def connected() -> AsyncIterator[ServiceManagementService]:
    """A client of the service the environment names, or else of an emulator of our own."""
    if os.environ.get("AZURE_MANAGEMENT_CERTFILE"):
        async with ServiceManagementService() as sms:
            yield sms
    else:
        async with Emulator(clock=300) as emulator, emulator.service() as sms:
            yield sms


async def subscription(sms: ServiceManagementService, _: Names) -> None:
    """Who we are."""
    found = await sms.get_subscription()
    say(f"{found.subscription_name}: {found.current_core_count} of {found.max_core_count} cores in use")


async def locations(sms: ServiceManagementService, _: Names) -> None:
    """Where things can be, and in which sizes."""
    found = await sms.list_locations()
    for location in found[:5]:
        say(f"{location.name:16} {', '.join(location.available_services)}")
    say(f"and {len(found) - 5} more")
    sizes = await sms.list_role_sizes()
    say(f"{len(sizes)} sizes, the first: " + ", ".join(f"{size.name} ({size.cores})" for size in sizes[:4]))


async def affinity_group(sms: ServiceManagementService, names: Names) -> None:
    """Keep services and storage close to each other."""
    await sms.create_affinity_group(names.group, "Guide", LOCATION, "Things of the guide")
    await sms.update_affinity_group(names.group, "Guide, renamed")
    group = await sms.get_affinity_group_properties(names.group)
    say(f"{group.name} in {group.location} is labelled {group.label!r}")


async def storage_account(sms: ServiceManagementService, names: Names) -> None:
    """A home for packages and disks. It takes half a minute: the handle is awaited."""
    if (await sms.check_storage_account_name_availability(names.storage)).result:
        operation = await sms.create_storage_account(
            names.storage, "Things of the guide", "Guide", location=LOCATION, account_type="Standard_LRS"
        )
        say(f"{operation.operation} is {operation.status}, request {operation.request_id}")
        await operation
        say(f"{operation.operation} is {operation.status}")
    account = await sms.get_storage_account_properties(names.storage)
    say(f"blobs go to {account.storage_service_properties.endpoints[0]}")
    keys = (await sms.get_storage_account_keys(names.storage)).storage_service_keys
    say(f"its primary key prints as {keys.primary}; .get_secret_value() has it")


async def cloud_service(sms: ServiceManagementService, names: Names) -> None:
    """The container of deployments, with a DNS name."""
    available = await sms.check_hosted_service_name_availability(names.shop)
    say(f"{names.shop} is {'free' if available.result else available.reason}")
    await sms.create_hosted_service(names.shop, "My shop", "Of the guide", LOCATION)
    await sms.update_hosted_service(
        names.shop, description="It sells", extended_properties={"Owner": "guide"}
    )
    try:
        await sms.create_hosted_service(names.shop, "My shop again", location=LOCATION)
    except AlreadyExists as error:
        say(f"a second one: {error.code}, {error.message}")
    for service in await sms.list_hosted_services():
        properties = service.hosted_service_properties
        say(f"{service.service_name}: {properties.label}, {properties.location}, {properties.status}")


async def deployment(sms: ServiceManagementService, names: Names) -> None:
    """The package goes to staging, is tried there, and is swapped into production."""
    package = names.blob("packages/guide.cspkg")
    operation = await sms.create_deployment(
        names.shop, "staging", "v1", package, "Version 1", CONFIGURATION.format(instances=1)
    )
    print("      creating v1 ", end="", flush=True)
    async for _ in operation:  # one status for each time the service was asked
        print(".", end="", flush=True)
    print(f" {operation.result().status}")  # `result` raises what `await operation` would
    await (await sms.update_deployment_status(names.shop, "v1", "Running"))
    await sms.wait_for_deployment(names.shop, "v1", until="ReadyRole", deadline=1800)
    await (await sms.swap_deployment(names.shop, None, "v1"))

    more = CONFIGURATION.format(instances=3)
    await (await sms.change_deployment_configuration(names.shop, "v1", more))
    found = await sms.wait_for_deployment(names.shop, "v1", until="ReadyRole", deadline=1800)
    say(f"{found.name} is {found.status} in {found.deployment_slot}, at {found.url}")
    for instance in found.role_instance_list:
        say(f"  {instance.instance_name}: {instance.instance_status} on {instance.ip_address}")


async def operating_systems(sms: ServiceManagementService, _: Names) -> None:
    """What web and worker roles run on."""
    for family in await sms.list_operating_system_families():
        newest = family.operating_systems[-1]
        say(
            f"family {family.name}: {family.label}, {len(family.operating_systems)} releases, {newest.version}"
        )


async def images(sms: ServiceManagementService, names: Names) -> None:
    """What virtual machines start from: the platform's images, and your own."""
    await sms.add_os_image("My golden image", names.blob("vhds/golden.vhd"), names.image, "Linux")
    found = await sms.list_os_images()
    for image in [image for image in found if image.category == "Public"][:3]:
        say(f"{image.os:7} {image.label}")
    own = await sms.get_os_image(names.image)
    say(f"{own.os:7} {own.label} (one of {len(found)}, and our own)")


async def virtual_machines(sms: ServiceManagementService, names: Names) -> None:
    """A Linux and a Windows machine, side by side."""
    password = f"Aa1-{secrets.token_urlsafe(12)}"
    await asyncio.gather(
        machine(sms, names, names.linux, "Linux", LinuxConfigurationSet("linux1", "guide", password, False)),
        machine(
            sms,
            names,
            names.windows,
            "Windows",
            WindowsConfigurationSet("windows1", password, admin_username="guide"),
        ),
    )


async def machine(
    sms: ServiceManagementService,
    names: Names,
    service: str,
    os_name: str,
    system: LinuxConfigurationSet | WindowsConfigurationSet,
) -> None:
    """One machine in a hosted service of its own, until you can log in."""
    await sms.create_hosted_service(service, service, location=LOCATION)
    image = next(i.name for i in await sms.list_os_images() if i.os == os_name and i.category == "Public")
    login = "22" if os_name == "Linux" else "3389"
    network = ConfigurationSet()
    network.input_endpoints.append(ConfigurationSetInputEndpoint("login", "tcp", login, login))
    operation = await sms.create_virtual_machine_deployment(
        service_name=service,
        deployment_name=service,
        deployment_slot="production",
        label=service,
        role_name=service,
        system_config=system,
        os_virtual_hard_disk=OSVirtualHardDisk(image, names.blob(f"vhds/{service}.vhd")),
        network_config=network,
        role_size="Small",
    )
    await operation
    instance = await sms.wait_for_role_instance(service, service, service, deadline=1800)
    endpoint = instance.instance_endpoints[0]
    say(f"{service} is {instance.instance_status}: log in at {endpoint.vip}:{endpoint.public_port}")


async def operations(sms: ServiceManagementService, names: Names) -> None:
    """Deadlines, tokens, and what was done in the last 24 hours."""
    operation = await sms.delete_hosted_service(names.linux, complete=True)
    try:
        await operation.wait(deadline=0)
    except OperationTimeout as error:
        say(f"{error}")
    again = sms.resume(operation.token)  # as another process could, with the text of the token
    await again
    say(f"{again.operation} is {again.status}")
    page = await sms.list_subscription_operations()
    for done in page.subscription_operations[-3:]:
        say(f"{done.operation_started_time:%H:%M:%S} {done.operation_name}: {done.operation_status.status}")


async def delete_everything(sms: ServiceManagementService, names: Names, *, storage: bool = True) -> None:
    """What uses something goes before what it uses; what is not there is fine."""
    await asyncio.gather(
        *(
            gone(sms.delete_hosted_service(name, complete=True))
            for name in (names.shop, names.linux, names.windows)
        )
    )
    await gone(sms.delete_os_image(names.image))
    await gone(sms.delete_affinity_group(names.group))
    if storage:
        await gone(sms.delete_storage_account(names.storage))
    left = [each.service_name for each in await sms.list_hosted_services()]
    say(f"{sum(names.suffix in name for name in left)} of our hosted services left")


async def gone(deletion) -> None:
    """Delete something unless it is gone already, and wait until it is."""
    try:
        await (await deletion)
    except ResourceNotFound:
        return


SECTIONS = (
    subscription,
    locations,
    affinity_group,
    storage_account,
    cloud_service,
    deployment,
    operating_systems,
    images,
    virtual_machines,
    operations,
)


def say(text: str) -> None:
    print(f"      {text}")


def heading(number: int, section) -> None:
    print(f"\n{number:2}. {section.__name__.replace('_', ' ').capitalize()}")
    print(f"    {section.__doc__.strip()}")


async def tour(sms: ServiceManagementService, storage: str = "") -> None:
    """All sections; the last one also where one of them fails.

    Args:
        sms: the client.
        storage: a storage account to use and keep; a new one if empty.
    """
    names = Names(storage)
    try:
        for number, section in enumerate(SECTIONS, start=1):
            heading(number, section)
            await section(sms, names)
    finally:
        heading(len(SECTIONS) + 1, delete_everything)
        await delete_everything(sms, names, storage=not storage)


async def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--storage-account", default="", help="use this one instead of a new one")
    storage = options.parse_args().storage_account
    async with connected() as sms:
        print(f"Connected: {sms!r}")
        await tour(sms, storage)


if __name__ == "__main__":
    asyncio.run(main())
