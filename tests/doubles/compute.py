"""Requests for hosted services, deployments and virtual machines, as bare XML."""

import base64
import math
from collections.abc import Iterator
from datetime import UTC, datetime

from doubles.bare_client import Answer, Management, document

from asyncsm.emulator import Emulator, ManualClock, catalogue
from asyncsm.emulator.state import StorageAccount

SERVICES = "services/hostedservices"
SHOP = f"{SERVICES}/shop"
PACKAGE = "https://store.blob.core.windows.net/packages/shop.cspkg"
LINUX_IMAGE = next(one.name for one in catalogue.platform_images().values() if one.os == "Linux")
WINDOWS_IMAGE = next(one.name for one in catalogue.platform_images().values() if one.os == "Windows")

BLOB = "https://store.blob.core.windows.net/vhds/old.vhd"
"""The blob of a disk that is there already."""

LINUX_SET = (
    "<ConfigurationSet><ConfigurationSetType>LinuxProvisioningConfiguration</ConfigurationSetType>"
    "<HostName>host1</HostName><UserName>someone</UserName><UserPassword>Hidden-1</UserPassword>"
    "</ConfigurationSet>"
)
WINDOWS_SET = (
    "<ConfigurationSet><ConfigurationSetType>WindowsProvisioningConfiguration</ConfigurationSetType>"
    "<ComputerName>host1</ComputerName><AdminPassword>Hidden-1</AdminPassword>"
    "<AdminUsername>someone</AdminUsername></ConfigurationSet>"
)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def decoded(text: str | None) -> str:
    return base64.b64decode(text or "").decode()


def tag(name: str, content: object | None) -> str:
    return "" if content is None else f"<{name}>{content}</{name}>"


def add_store(
    emulator: Emulator, name: str = "store", region: str = "West US", status: str = "Created"
) -> None:
    """A storage account of the first subscription, without waiting for it."""
    subscription = emulator.state.subscriptions[emulator.subscription_id]
    account = StorageAccount(
        name=name,
        label=name,
        region=region,
        location=region,
        created=datetime(2015, 7, 1, tzinfo=UTC),
        primary_key="",
        secondary_key="",
        status=status,
    )
    subscription.storage_accounts[name] = account


def hosted_service(
    name: str = "shop",
    place: str = "<Location>West US</Location>",
    label: str = "the shop",
    description: str | None = None,
) -> str:
    """Request of Create Hosted Service."""
    return document(
        "CreateHostedService",
        f"<ServiceName>{name}</ServiceName><Label>{encoded(label)}</Label>"
        f"{tag('Description', description)}{place}",
    )


def cscfg(*, family: str = "2", version: str = "*", certificate: str = "", **counts: int) -> str:
    """A service configuration file with these roles and numbers of instances."""
    roles = "".join(
        f'<Role name="{name}"><Instances count="{count}"/>{certificate}</Role>'
        for name, count in counts.items()
    )
    namespace = "http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceConfiguration"
    return (
        f'<ServiceConfiguration serviceName="Shop" osFamily="{family}" osVersion="{version}" '
        f'xmlns="{namespace}">{roles}</ServiceConfiguration>'
    )


def deployment(
    name: str = "first",
    configuration: str | None = None,
    package: str = PACKAGE,
    started: bool = True,
    rest: str = "",
) -> str:
    """Request of Create Deployment; two instances of WebRole unless told otherwise."""
    return document(
        "CreateDeployment",
        f"<Name>{name}</Name><PackageUrl>{package}</PackageUrl><Label>{encoded(name)}</Label>"
        f"<Configuration>{encoded(configuration or cscfg(WebRole=2))}</Configuration>"
        f"<StartDeployment>{'true' if started else 'false'}</StartDeployment>{rest}",
    )


def configuration_change(configuration: str, rest: str = "") -> str:
    return document("ChangeConfiguration", f"<Configuration>{encoded(configuration)}</Configuration>{rest}")


def status_change(status: str) -> str:
    return document("UpdateDeploymentStatus", f"<Status>{status}</Status>")


def swapping(source: str, production: str | None) -> str:
    return document("Swap", f"{tag('Production', production)}<SourceDeployment>{source}</SourceDeployment>")


def endpoint(name: str, local: int, port: int | None = None, protocol: str = "tcp", group: str = "") -> str:
    return (
        f"<InputEndpoint>{tag('LoadBalancedEndpointSetName', group)}<LocalPort>{local}</LocalPort>"
        f"<Name>{name}</Name>{tag('Port', port)}<Protocol>{protocol}</Protocol></InputEndpoint>"
    )


def network(*endpoints: str) -> str:
    return (
        "<ConfigurationSet><ConfigurationSetType>NetworkConfiguration</ConfigurationSetType>"
        f"<InputEndpoints>{''.join(endpoints)}</InputEndpoints></ConfigurationSet>"
    )


def image_disk(image: str = LINUX_IMAGE, blob: str = "vm1.vhd", store: str = "store", rest: str = "") -> str:
    return (
        f"<OSVirtualHardDisk>{rest}<MediaLink>https://{store}.blob.core.windows.net/vhds/{blob}</MediaLink>"
        f"<SourceImageName>{image}</SourceImageName></OSVirtualHardDisk>"
    )


def machine(
    name: str = "vm1",
    sets: str = LINUX_SET,
    disk: str | None = None,
    data_disks: str = "",
    size: str | None = "Small",
    before: str = "",
) -> str:
    """A virtual machine; of a Linux image with a disk called like it, unless told otherwise."""
    return (
        f"<Role><RoleName>{name}</RoleName><RoleType>PersistentVMRole</RoleType>"
        f"<ConfigurationSets>{sets}</ConfigurationSets>{before}"
        f"<DataVirtualHardDisks>{data_disks}</DataVirtualHardDisks>"
        f"{image_disk(blob=f'{name}.vhd') if disk is None else disk}{tag('RoleSize', size)}</Role>"
    )


def machines(*roles: str, name: str = "vms", slot: str = "Production", rest: str = "") -> str:
    """Request of Create Virtual Machine Deployment; one Linux machine unless told otherwise."""
    return document(
        "Deployment",
        f"<Name>{name}</Name><DeploymentSlot>{slot}</DeploymentSlot><Label>machines</Label>"
        f"<RoleList>{''.join(roles or (machine(),))}</RoleList>{rest}",
    )


def os_disk(**members: str) -> str:
    content = "".join(f"<{name}>{text}</{name}>" for name, text in members.items())
    return f"<OSVirtualHardDisk>{content}</OSVirtualHardDisk>"


def data_disk(**members: object) -> str:
    content = "".join(f"<{name}>{text}</{name}>" for name, text in members.items())
    return f"<DataVirtualHardDisk>{content}</DataVirtualHardDisk>"


def empty_disk(blob: str = "data.vhd", **members: object) -> str:
    link = f"https://store.blob.core.windows.net/vhds/{blob}"
    return data_disk(**members, LogicalDiskSizeInGB=10, MediaLink=link)


async def refused(management: Management, body: str, status: int = 400) -> str:
    """The message of a refusal, after which nothing may be there."""
    answer = await management.post(f"{SHOP}/deployments", body)
    assert answer.status == status, answer.text
    assert (await management.get(f"{SHOP}/deployments/vms")).status == 404
    return answer.message


async def failed(management: Management, body: str) -> str:
    """The message of an operation's failure, after which nothing may be there."""
    ended = await management.finished(await management.post(f"{SHOP}/deployments", body))
    assert (ended.find("Status"), ended.find("HttpStatusCode")) == ("Failed", "400")
    assert ended.find("Code") == "BadRequest"
    assert (await management.get(f"{SHOP}/deployments/vms")).status == 404
    return ended.find("Message")


def passing(clock: ManualClock, seconds: int) -> Iterator[None]:
    """Let `seconds` pass; yields at the beginning, after each second that brought something, and at the end."""
    yield
    end = clock.timestamp() + seconds
    while agenda := clock.agenda:
        idle = max(math.ceil(agenda[0].moment - clock.timestamp()), 1)
        if clock.timestamp() + idle > end:
            break
        clock.advance(idle)
        yield
    clock.advance(end - clock.timestamp())
    yield


async def walked(management: Management, clock: ManualClock) -> list[tuple[str, str]]:
    """The states through which the first instance goes in ten minutes."""
    seen = instance_states(await management.get(f"{SHOP}/deployments/vms"))[:1]
    for _ in passing(clock, 600):
        state = instance_states(await management.get(f"{SHOP}/deployments/vms"))[0]
        if state != seen[-1]:
            seen.append(state)
    return seen


async def deploy(management: Management, slot: str = "production", **arguments: object) -> Answer:
    """A finished deployment of web roles in the service ``shop``."""
    accepted = await management.post(f"{SHOP}/deploymentslots/{slot}", deployment(**arguments))
    ended = await management.finished(accepted)
    assert ended.find("Status") == "Succeeded", ended.text
    return ended


async def deploy_machines(management: Management, *roles: str) -> Answer:
    """A finished deployment of virtual machines in the service ``shop``."""
    ended = await management.finished(await management.post(f"{SHOP}/deployments", machines(*roles)))
    assert ended.find("Status") == "Succeeded", ended.text
    return ended


def instance_states(answer: Answer) -> list[tuple[str, str]]:
    """Status and power state of the instances in a deployment document."""
    return list(zip(answer.find_all("InstanceStatus"), answer.find_all("PowerState"), strict=True))


def cores_in_use(emulator: Emulator) -> int:
    return emulator.state.subscriptions[emulator.subscription_id].cores_in_use
