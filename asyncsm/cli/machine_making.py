"""Parts of a new virtual machine: image, disk, user and ports, from few words."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from asyncsm.cli.common import say
from asyncsm.errors import InvalidArgument, ResourceNotFound

if TYPE_CHECKING:
    from asyncsm.credentials.service_certificates import ServiceCertificate
    from asyncsm.models import (
        ConfigurationSet,
        ConfigurationSetInputEndpoint,
        ConfigurationSetInputEndpoints,
        HostedService,
        LinuxConfigurationSet,
        OSVirtualHardDisk,
        PersistentVMRole,
        StorageService,
        WindowsConfigurationSet,
    )
    from asyncsm.services import ServiceManagementService

USUAL: Final = {"Linux": "SSH:22", "Windows": "RemoteDesktop:3389"}
"""Endpoints of a machine that nobody gave any, by its system."""

OPTIONS: Final[Mapping[str, str]] = {
    "system_config.user_name": "--user",
    "system_config.admin_username": "--user",
    "system_config.user_password": "--password",
    "system_config.admin_password": "--password",
    "system_config.host_name": "ROLE_NAME",
    "system_config.computer_name": "ROLE_NAME",
    "role_size": "--size",
    "virtual_network_name": "--network",
}
"""Options and arguments by what errors call their values."""

_ENDPOINT: Final = re.compile(
    r"(?P<name>[\w-]+)[:=](?:(?P<public>\d+):)?(?P<local>\d+)(?:/(?P<protocol>tcp|udp))?"
)


@contextmanager
def options_named() -> Iterator[None]:
    """Call values in errors of the block by the options of the command."""
    try:
        yield
    except InvalidArgument as error:
        raise InvalidArgument(OPTIONS.get(error.parameter, error.parameter), error.rule) from error


@dataclass(frozen=True, slots=True)
class Start:
    """An image that a machine starts from.

    Attributes:
        name: of the image.
        system: Linux or Windows.
        has_disks: it is of a machine with all its disks.
    """

    name: str
    system: str
    has_disks: bool


async def start_of(sms: ServiceManagementService, image: str) -> Start:
    """Return the image of a name, or the latest one of a family."""
    ours, machines = await asyncio.gather(sms.list_os_images(), sms.list_vm_images())
    wanted = image.lower()
    for one in machines:
        if (one.name or "").lower() == wanted:
            return Start(one.name or image, one.os_disk_configuration.os or "Linux", has_disks=True)
    found = [one for one in ours if (one.name or "").lower() == wanted]
    found += sorted(
        (one for one in ours if (one.image_family or "").lower() == wanted),
        key=lambda one: str(one.published_date or ""),
        reverse=True,
    )
    if not found:
        raise ResourceNotFound("ResourceNotFound", f"There is no image {image}.", status=404)
    return Start(found[0].name or image, found[0].os or "Linux", has_disks=False)


async def service_of(
    sms: ServiceManagementService, name: str, location: str | None, affinity_group: str | None
) -> HostedService:
    """Return a hosted service with its deployments; it is made if it is not there, and a place is given."""
    if location or affinity_group:
        await sms.ensure_hosted_service(name, location=location, affinity_group=affinity_group)
    return await sms.get_hosted_service_properties(name, embed_detail=True)


def setup_of(
    role_name: str, system: str, user: str, password: str | None, ssh_key: Path | None
) -> tuple[LinuxConfigurationSet | WindowsConfigurationSet, ServiceCertificate | None]:
    """Return how a machine is set up, and the certificate of a key that its hosted service has to have for that.

    Raises:
        InvalidArgument: a Windows machine without a password, or a name or password of a wrong length.
    """
    from asyncsm import linux_ssh, models, service_certificate_for_ssh_key
    from asyncsm.operations.roles import check_system

    config: LinuxConfigurationSet | WindowsConfigurationSet
    certificate = None
    if system == "Windows":
        if password is None:
            raise InvalidArgument("--password", "is what a Windows machine needs; it takes no --ssh-key")
        config = models.WindowsConfigurationSet(role_name[:15], password, admin_username=user)
    elif ssh_key is None:
        config = models.LinuxConfigurationSet(role_name, user, password, False)
    else:
        certificate = service_certificate_for_ssh_key(str(ssh_key))
        ssh = linux_ssh(user, certificate)
        config = models.LinuxConfigurationSet(role_name, user, password, password is None, ssh=ssh)
    check_system("system_config", config)
    return config, certificate


async def disk_of(
    sms: ServiceManagementService, service: HostedService, role_name: str, image: str, account: str | None
) -> OSVirtualHardDisk:
    """Return the disk that is made of an image: a blob in an account, or in one where the service is."""
    from asyncsm.models import OSVirtualHardDisk

    accounts = await sms.list_storage_accounts()
    chosen = next(
        (one for one in accounts if one.service_name == account or (account is None and _near(service, one))),
        None,
    )
    if chosen is None and account is not None:
        raise ResourceNotFound("ResourceNotFound", f"There is no storage account {account}.", status=404)
    if chosen is None:
        place = service.hosted_service_properties.location or service.hosted_service_properties.affinity_group
        advice = f"give one, or make one in {place}: asyncsm storage account create"
        raise InvalidArgument("--storage-account", f"there is none where {service.service_name} is; {advice}")
    if account is None:
        say(f"the disk goes to storage account {chosen.service_name}")
    blobs = (
        chosen.storage_service_properties.endpoints
        or [f"https://{chosen.service_name}.blob.core.windows.net"]
    )[0]
    return OSVirtualHardDisk(image, f"{blobs.rstrip('/')}/vhds/{service.service_name}-{role_name}-os.vhd")


def _near(service: HostedService, account: StorageService) -> bool:
    """Return whether an account is at the place of a hosted service."""
    here, there = service.hosted_service_properties, account.storage_service_properties
    if here.affinity_group:
        return here.affinity_group == there.affinity_group
    return here.location == (there.location or there.geo_primary_region)


def network_of(endpoints: list[ConfigurationSetInputEndpoint], subnets: list[str] | None) -> ConfigurationSet:
    """Return where a machine is in its network, and which of its ports are open."""
    from asyncsm.models import ConfigurationSet, ConfigurationSetInputEndpoints

    return ConfigurationSet(
        input_endpoints=ConfigurationSetInputEndpoints(input_endpoints=endpoints),
        subnet_names=subnets or [],
    )


def endpoint_of(text: str) -> ConfigurationSetInputEndpoint:
    """Return the endpoint that a text like ``web:80:8080/tcp`` means; without a public port any will do."""
    from asyncsm.models import ConfigurationSetInputEndpoint

    found = _ENDPOINT.fullmatch(text)
    if found is None:
        raise InvalidArgument("--endpoint", f"{text!r} is not NAME:[PUBLIC:]PORT[/udp], such as web:80:8080")
    # Ports for logging in are guessed by all the world; the service chooses one that is free.
    public = found["public"] or (None if text in USUAL.values() else found["local"])
    return ConfigurationSetInputEndpoint(
        found["name"],
        found["protocol"] or "tcp",
        public and int(public),
        int(found["local"]),
    )


def endpoints_of(role: PersistentVMRole) -> ConfigurationSetInputEndpoints:
    """Return the endpoints of a machine, to be read and to be changed."""
    from asyncsm.models import ConfigurationSet

    for one in role.configuration_sets:
        if isinstance(one, ConfigurationSet):
            return one.input_endpoints
    added = ConfigurationSet()
    role.configuration_sets.append(added)
    return added.input_endpoints
