"""The sections of ``asyncsm demo``: the guide from end to end, against an emulator.

Each section is a function of a `Tour`, in the order of `SECTIONS`; read them as examples
of the client. The tour only measures: `Tour.ask` awaits a read, `Tour.change` a change
until it has ended, and `Tour.together` runs several coroutines at once.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from pathlib import Path
from typing import Final

from asyncsm import (
    ConfigurationSet,
    ConfigurationSetInputEndpoint,
    LinuxConfigurationSet,
    OSVirtualHardDisk,
    WindowsConfigurationSet,
    create_management_certificate,
)
from asyncsm.cli.demo_tour import Section, Summary, Tour, TourDisplay
from asyncsm.emulator import Emulator, Quotas
from asyncsm.wire.cscfg import ServiceConfiguration

LOCATION: Final = "West US"
STORAGE: Final = "demostorage"
AFFINITY_GROUP: Final = "demo-affinity"
IMAGE: Final = "demo-image"
PASSWORD: Final = "Demo-only-42!"  # noqa: S105 - for machines in an emulator only
PACKAGE: Final = f"https://{STORAGE}.blob.core.windows.net/packages/shop.cspkg"
CONFIGURATION: Final = """\
<ServiceConfiguration serviceName="Shop" osFamily="4" osVersion="*"
    xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceConfiguration">
  <Role name="WebRole1"><Instances count="1" /></Role>
</ServiceConfiguration>
"""


async def connect(tour: Tour) -> str:
    """Make a certificate and upload its public part, as people did in the portal."""
    made = create_management_certificate("mycert", directory=tour.directory)
    async with tour.emulator.service() as portal:
        await tour.change(
            made.cer_path.name,
            portal.add_management_certificate(
                made.certificate.public_key_base64, made.certificate.thumbprint, made.certificate.data_base64
            ),
        )
    tour.connect(made.pem_path)
    subscription = await tour.ask("GetSubscription", "-", tour.sms.get_subscription())
    return f"mycert.cer uploaded ({made.certificate.thumbprint[:8]}…), {subscription.subscription_name}"


async def locations(tour: Tour) -> str:
    """List the locations of the service."""
    found = await tour.ask("ListLocations", "-", tour.sms.list_locations())
    return f"{len(found)} locations, such as {found[0].name}"


async def affinity_groups(tour: Tour) -> str:
    """Create an affinity group, and change its label."""
    sms = tour.sms
    await tour.change(AFFINITY_GROUP, sms.create_affinity_group(AFFINITY_GROUP, "Demo", LOCATION))
    await tour.change(AFFINITY_GROUP, sms.update_affinity_group(AFFINITY_GROUP, "Demo, renamed"))
    group = await tour.ask(
        "GetAffinityGroupProperties", AFFINITY_GROUP, sms.get_affinity_group_properties(AFFINITY_GROUP)
    )
    groups = await tour.ask("ListAffinityGroups", "-", sms.list_affinity_groups())
    return f"{len(groups)} group, now labelled '{group.label}'"


async def storage_account(tour: Tour) -> str:
    """Create a storage account for packages and disks."""
    sms = tour.sms
    await tour.ask("CheckStorageAccountName", STORAGE, sms.check_storage_account_name_availability(STORAGE))
    await tour.change(STORAGE, sms.create_storage_account(STORAGE, "Of the demo", "Demo", location=LOCATION))
    account = await tour.ask(
        "GetStorageAccountProperties", STORAGE, sms.get_storage_account_properties(STORAGE)
    )
    return f"{account.service_name} is {account.storage_service_properties.status}"


async def create_services(tour: Tour) -> str:
    """Create all hosted services at once."""
    sms = tour.sms
    await tour.together(
        tour.change(name, sms.create_hosted_service(name, label=name, location=LOCATION))
        for name in tour.services
    )
    return f"{len(tour.services)} hosted services"


async def look_at_services(tour: Tour) -> str:
    """Check a name, list the hosted services, and change a label."""
    sms, first = tour.sms, tour.services[0]
    free = await tour.ask("CheckHostedServiceName", first, sms.check_hosted_service_name_availability(first))
    await tour.change(first, sms.update_hosted_service(first, label="Shop", description="The first"))
    service = await tour.ask("GetHostedServiceProperties", first, sms.get_hosted_service_properties(first))
    found = await tour.ask("ListHostedServices", "-", sms.list_hosted_services())
    label = service.hosted_service_properties.label
    return f"{len(found)} listed; {first} is {'free' if free.result else 'taken'} and labelled '{label}'"


async def operating_systems(tour: Tour) -> str:
    """List the guest operating systems of web and worker roles."""
    systems = await tour.ask("ListOperatingSystems", "-", tour.sms.list_operating_systems())
    families = await tour.ask("ListOperatingSystemFamilies", "-", tour.sms.list_operating_system_families())
    return f"{len(systems)} releases in {len(families)} families"


async def images(tour: Tour) -> str:
    """List the images for virtual machines, and add one."""
    sms = tour.sms
    offered = await tour.ask("ListOSImages", "-", sms.list_os_images())
    await tour.change(IMAGE, sms.add_os_image("Demo image", _vhd("golden"), IMAGE, "Linux"))
    own = await tour.ask("GetOSImage", IMAGE, sms.get_os_image(IMAGE))
    return f"{len(offered)} offered, and '{own.label}' of our own"


async def create_deployments(tour: Tour) -> str:
    """Deploy to production and staging of each service in turn, to all services at once."""
    sms = tour.sms

    async def deploy(service: str) -> None:
        for slot, name in (("production", "blue"), ("staging", "green")):
            resource = f"{service}/{name}"
            await tour.change(
                resource,
                sms.create_deployment(
                    service, slot, name, PACKAGE, f"Shop, {name}", CONFIGURATION, start_deployment=True
                ),
            )
            await tour.ask("GetDeployment", resource, sms.wait_for_deployment(service, name), "ReadyRole")

    await tour.together(map(deploy, tour.web), count=4 * len(tour.web))
    return f"{2 * len(tour.web)} deployments in {len(tour.web)} services, all ReadyRole"


async def change_configuration(tour: Tour) -> str:
    """Give each deployment in production one more instance."""
    sms = tour.sms
    configuration = ServiceConfiguration.from_xml(CONFIGURATION)
    configuration.role("WebRole1").instances.count = 2
    changed = configuration.to_xml()
    await tour.together(
        tour.change(f"{service}/blue", sms.change_deployment_configuration(service, "blue", changed))
        for service in tour.web
    )
    deployment = await tour.ask(
        "GetDeployment", f"{tour.web[0]}/blue", sms.get_deployment_by_name(tour.web[0], "blue")
    )
    return f"{len(deployment.role_instance_list)} instances each"


async def suspend_and_run(tour: Tour) -> str:
    """Suspend the deployments in staging, and run them again."""
    sms = tour.sms

    async def toggle(service: str) -> None:
        for status in ("Suspended", "Running"):
            await tour.change(f"{service}/green", sms.update_deployment_status(service, "green", status))

    await tour.together(map(toggle, tour.web), count=2 * len(tour.web))
    return f"{len(tour.web)} deployments suspended and running again"


async def swap(tour: Tour) -> str:
    """Swap staging and production of each service."""
    sms = tour.sms
    await tour.together(
        tour.change(service, sms.swap_deployment(service, "blue", "green")) for service in tour.web
    )
    deployment = await tour.ask(
        "GetDeploymentBySlot", tour.web[0], sms.get_deployment_by_slot(tour.web[0], "production")
    )
    return f"'{deployment.name}' is in production now"


async def virtual_machines(tour: Tour) -> str:
    """Create a machine in each service, Linux and Windows in turn, all at once, and wait until they are ready."""
    sms = tour.sms
    offered = await tour.ask("ListOSImages", "-", sms.list_os_images())
    platform = {image.os: image.name for image in offered if image.category == "Public"}

    async def create(service: str, system: str) -> None:
        await tour.change(
            service,
            sms.create_virtual_machine_deployment(
                service_name=service,
                deployment_name=service,
                deployment_slot="production",
                label=service,
                role_name=service,
                system_config=_linux(service) if system == "Linux" else _windows(service),
                os_virtual_hard_disk=OSVirtualHardDisk(platform[system], _vhd(service)),
                network_config=_open_port(22 if system == "Linux" else 3389),
                role_size="Small",
            ),
        )
        await tour.ask("GetDeployment", service, sms.wait_for_deployment(service, service), "ReadyRole")

    systems = itertools.cycle(("Linux", "Windows"))
    await tour.together(map(create, tour.machines, systems), count=2 * len(tour.machines))
    first = tour.machines[0]
    role = await tour.ask("GetRole", first, sms.get_role(first, first, first))
    return f"{len(tour.machines)} machines ReadyRole, {role.role_name} is {role.role_size}"


async def storage_keys(tour: Tour) -> str:
    """Read both keys, and replace one."""
    sms = tour.sms
    before = await tour.ask("GetStorageAccountKeys", STORAGE, sms.get_storage_account_keys(STORAGE))
    after = await tour.ask(
        "RegenerateStorageServiceKeys", STORAGE, sms.regenerate_storage_account_keys(STORAGE, "Primary")
    )
    kept = before.storage_service_keys.secondary == after.storage_service_keys.secondary
    return "primary key replaced" + (", secondary kept" if kept else "")


async def look_back(tour: Tour) -> str:
    """Ask for the status of an early operation, and for the list of all operations."""
    sms = tour.sms
    creation = next(done for done in tour.book if done.operation == "CreateStorageService")
    status = await tour.ask(
        "GetOperationStatus", creation.resource, sms.get_operation_status(creation.request_id)
    )
    page = await tour.ask("ListSubscriptionOperations", "-", sms.list_subscription_operations())
    return f"{creation.operation} {status.status}; {len(page.subscription_operations)} operations remembered"


async def delete_everything(tour: Tour) -> str:
    """Delete all resources; each goes before those it uses."""
    sms = tour.sms

    async def remove_web(service: str) -> None:
        for deployment in ("blue", "green"):
            await tour.change(f"{service}/{deployment}", sms.delete_deployment(service, deployment))
        await tour.change(service, sms.delete_hosted_service(service))

    async def remove_machine(service: str) -> None:
        await tour.change(service, sms.delete_hosted_service(service, complete=True))

    await tour.together(
        [*map(remove_web, tour.web), *map(remove_machine, tour.machines)],
        count=3 * len(tour.web) + len(tour.machines),
    )
    await tour.change(IMAGE, sms.delete_os_image(IMAGE))
    await tour.change(STORAGE, sms.delete_storage_account(STORAGE))
    await tour.change(AFFINITY_GROUP, sms.delete_affinity_group(AFFINITY_GROUP))
    left = await tour.ask("ListHostedServices", "-", sms.list_hosted_services())
    return f"{len(left)} hosted services left"


SECTIONS: Final = (
    Section("Connect", 'ServiceManagementService(subscription_id, "mycert.pem")', connect),
    Section("List locations", "await sms.list_locations()", locations),
    Section("Affinity group", "await sms.create_affinity_group(name, label, location)", affinity_groups),
    Section("Storage account", "await (await sms.create_storage_account(name, ...))", storage_account),
    Section("Create hosted services", "await sms.create_hosted_service(name, label, ...)", create_services),
    Section("Look at hosted services", "await sms.list_hosted_services()", look_at_services),
    Section("Operating systems", "await sms.list_operating_system_families()", operating_systems),
    Section("OS images", "await sms.add_os_image(label, media_link, name, 'Linux')", images),
    Section("Create deployments", "await sms.create_deployment(service, slot, ...)", create_deployments),
    Section(
        "Change configuration",
        "await sms.change_deployment_configuration(service, ...)",
        change_configuration,
    ),
    Section("Suspend and run", "await sms.update_deployment_status(service, ...)", suspend_and_run),
    Section("Swap", "await sms.swap_deployment(service, 'blue', 'green')", swap),
    Section("Virtual machines", "await sms.create_virtual_machine_deployment(...)", virtual_machines),
    Section("Storage keys", "await sms.regenerate_storage_account_keys(name, 'Primary')", storage_keys),
    Section("Look back", "await sms.list_subscription_operations()", look_back),
    Section(
        "Delete everything", "await sms.delete_hosted_service(service, complete=True)", delete_everything
    ),
)


async def run(services: int, factor: float, display: TourDisplay) -> Summary:
    """Run all sections, and return their summary.

    Args:
        services: the number of hosted services with web roles, and of those with virtual machines.
        factor: the speed of the emulator's time; 1 is real time.
        display: shows the progress.

    Raises:
        AsyncsmError: something did not work; several failures at once come as a group.
    """
    begun = time.monotonic()
    numbers = range(1, services + 1)
    # Small machines have one core, and so has each instance: two in production, one in staging.
    quotas = Quotas(cores=4 * services, hosted_services=2 * services)
    with tempfile.TemporaryDirectory(prefix="asyncsm-demo-") as directory:
        async with Emulator(clock=factor, tail=False, quotas=quotas) as emulator:
            tour = Tour(
                emulator,
                Path(directory),
                display,
                web=[f"demo-web-{number}" for number in numbers],
                machines=[f"demo-vm-{number}" for number in numbers],
            )
            try:
                for number, section in enumerate(SECTIONS, start=1):
                    await tour.visit(number, section)
            finally:
                await tour.close()
    return Summary(tour.book, time.monotonic() - begun, tour.parallel_seconds, tour.added_seconds)


def _vhd(name: str) -> str:
    return f"https://{STORAGE}.blob.core.windows.net/vhds/{name}.vhd"


def _linux(name: str) -> LinuxConfigurationSet:
    return LinuxConfigurationSet(name, "azureuser", PASSWORD, disable_ssh_password_authentication=False)


def _windows(name: str) -> WindowsConfigurationSet:
    return WindowsConfigurationSet(
        computer_name=name[:15], admin_password=PASSWORD, admin_username="azureuser"
    )


def _open_port(port: int) -> ConfigurationSet:
    endpoint = ConfigurationSetInputEndpoint(name="login", protocol="tcp", port=port, local_port=port)
    network = ConfigurationSet()
    network.input_endpoints.append(endpoint)
    return network
