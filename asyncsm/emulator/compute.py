"""Entities of compute: hosted services, deployments, roles, instances, disks, images."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal, TypeAlias

from asyncsm.emulator.change_tracking import Entity
from asyncsm.emulator.naming import ByName
from asyncsm.emulator.networking import FurtherVirtualIP
from asyncsm.emulator.progress import Lockable, Movable
from asyncsm.emulator.saved_names import saved
from asyncsm.emulator.updates import Update
from asyncsm.wire.base import ExtraElement
from asyncsm.wire.configuration_sets import ConfigurationSet
from asyncsm.wire.extensions import ExtensionConfiguration, ResourceExtensionReference
from asyncsm.wire.networks import LoadBalancer
from asyncsm.wire.roles import DebugSettings
from asyncsm.wire.service_extensions import HostedServiceExtension

Slot: TypeAlias = Literal["Production", "Staging"]


@saved("service-certificate", "emulator.compute:ServiceCertificate")
@dataclass(slots=True, eq=False)
class ServiceCertificate(Entity):
    """A certificate of a hosted service.

    Attributes:
        thumbprint: SHA-1 of `data`, 40 upper-case hexadecimal digits.
        data: the DER certificate, without a private key.
    """

    thumbprint: str
    data: bytes


@saved("network-interface")
@dataclass(frozen=True, slots=True)
class InterfaceAddresses:
    """Addresses of a further network interface of a virtual machine.

    Attributes:
        mac: twelve hexadecimal digits.
        ip_addresses: one for each of its configurations, in their order.
    """

    mac: str
    ip_addresses: tuple[str, ...]


@saved("role-instance", "emulator.compute:RoleInstance")
@dataclass(slots=True, eq=False)
class RoleInstance(Entity):
    """One running copy of a role: a machine.

    Attributes:
        name: ``Role_IN_0`` for web and worker roles, the role's name for virtual machines.
        role_name: its role.
        size: role size.
        status: ``InstanceStatus``.
        power_state: ``PowerState``.
        upgrade_domain, fault_domain: its places.
        state_details, error_code: the service's words about it.
        ip_address: its internal address, while it has one.
        public_ip: a public address of its own, likewise.
        interfaces: addresses of its further network interfaces, by their names.
        host_name: the machine's own name, shown once it has `booted`.
        first_name: what it calls itself before it has taken that name; empty if it does not tell.
        remote_access_thumbprint: certificate for remote access, made at the first start.
        booted: whether its system has come up since it got its place.
        provisioned: whether its system has been set up, which is done once.
        maintenance_result: how the latest maintenance the user asked for ended.
        agent_seen: when its guest agent was last known to run.
        walk: number of its latest walk from state to state; the steps of older ones are void.
        settled: whether that walk has come to its end.
    """

    name: str
    role_name: str
    size: str
    status: str = "StoppedVM"
    power_state: str = "Stopped"
    upgrade_domain: int = 0
    fault_domain: int = 0
    state_details: str = ""
    error_code: str | None = None
    ip_address: str | None = None
    public_ip: str | None = None
    interfaces: dict[str, InterfaceAddresses] = field(default_factory=dict)
    host_name: str | None = None
    first_name: str | None = None
    remote_access_thumbprint: str | None = None
    booted: bool = False
    provisioned: bool = False
    maintenance_result: str | None = None
    agent_seen: datetime | None = None
    walk: int = 0
    settled: bool = True

    @property
    def deallocated(self) -> bool:
        """True when the instance has given up its place, and with it its cores and its address."""
        return self.status == "StoppedDeallocated"

    @property
    def number(self) -> int:
        """The number among the instances of a web or worker role; 0 for a virtual machine."""
        text = self.name.rpartition("_IN_")[2]
        return int(text) if text.isdecimal() and text != self.name else 0

    @property
    def internal_addresses(self) -> list[str]:
        """Its own address and those of its further interfaces, as far as it has any."""
        own = [self.ip_address] if self.ip_address is not None else []
        return own + [address for one in self.interfaces.values() for address in one.ip_addresses]

    @property
    def stopped(self) -> bool:
        """True when the instance is off, with a place or without."""
        return self.status in {"StoppedVM", "StoppedDeallocated"}


@saved("disk", "emulator.compute:Disk")
@dataclass(slots=True, eq=False)
class Disk(Entity):
    """A virtual hard disk that is registered.

    Attributes:
        name: unique in the subscription.
        media_link: URL of the blob.
        size_gb: logical size in GB.
        os: ``Linux`` or ``Windows`` for an OS disk, ``None`` for a data disk.
        source_image: the image it was made from.
        remote_source: where it was copied from, for an image outside the subscription.
        attached_to: the machine that has it: hosted service, deployment, role.
        host_caching, lun: how it is attached.
    """

    name: str
    media_link: str
    size_gb: int
    created: datetime
    label: str | None = None
    os: str | None = None
    location: str | None = None
    affinity_group: str | None = None
    source_image: str | None = None
    remote_source: str | None = None
    attached_to: tuple[str, str, str] | None = None
    host_caching: str | None = None
    lun: int = 0
    io_type: str = "Standard"


@saved("role", "emulator.compute:Role")
@dataclass(slots=True, eq=False)
class Role(Entity):
    """A web or worker role, or a virtual machine.

    Attributes:
        name: unique in its deployment.
        size: role size.
        instance_count: how many instances it should have; 1 for a virtual machine.
        os_version: guest OS release; empty for a virtual machine.
        network: endpoints and subnets. What sets up the system, passwords above all, is not kept.
        os_disk, data_disks: of a virtual machine.
        availability_set, label: of a virtual machine.
        extensions: of a virtual machine, without their private configuration.
        lists_extensions: whether a list of them was ever sent, be it empty.
        certificates: thumbprints of the service's certificates that went into a virtual machine.
        provision_guest_agent: whether a virtual machine has an agent; ``None`` if nobody said.
        vm_image: the VM image a virtual machine was made from.
        winrm_thumbprint: the service's certificate for remote management, of a Windows machine.
        debug_settings, license_type: of a virtual machine.
        extra_elements: what a request said of a virtual machine that nobody here understands.
    """

    name: str
    size: str = "Small"
    instance_count: int = 1
    os_version: str = ""
    network: ConfigurationSet = field(default_factory=ConfigurationSet)
    os_disk: Disk | None = None
    data_disks: list[Disk] = field(default_factory=list)
    availability_set: str | None = None
    label: str | None = None
    extensions: list[ResourceExtensionReference] = field(default_factory=list)
    lists_extensions: bool = False
    certificates: tuple[str, ...] = ()
    provision_guest_agent: bool | None = None
    vm_image: str | None = None
    winrm_thumbprint: str | None = None
    debug_settings: DebugSettings | None = None
    license_type: str | None = None
    extra_elements: tuple[ExtraElement, ...] = ()

    @property
    def is_virtual_machine(self) -> bool:
        """True when the role has a system disk, as virtual machines have."""
        return self.os_disk is not None

    @property
    def disks(self) -> list[Disk]:
        """All disks of a virtual machine, that of the system first."""
        return [*([self.os_disk] if self.os_disk is not None else []), *self.data_disks]


@saved("reboot")
@dataclass(frozen=True, slots=True)
class Reboot:
    """A restart of a role instance.

    Attributes:
        number: by which events are told apart, from 1 on.
        reason: the service's words.
    """

    number: int
    role_name: str
    instance_name: str
    reason: str
    started: datetime


@saved("deployment", "emulator.compute:Deployment")
@dataclass(slots=True, eq=False)
class Deployment(Movable):
    """Deployment in a slot of a hosted service.

    Attributes:
        name: unique in its hosted service.
        slot: ``Production`` or ``Staging``.
        private_id: 32 hexadecimal digits.
        status: ``Deploying``, ``Running``, ``Suspended``, ...
        label: in plain text.
        configuration: the ``.cscfg`` file in plain text, of web and worker roles.
        roles, instances: by name.
        vip: the public address, while it has one.
        vip_name: how that is called, if not after what is reachable there.
        had_endpoints: whether anything ever was.
        internal_dns_suffix: under which virtual machines find each other.
        further_vips: further public addresses, by name.
        load_balancers: internal ones; there can be one.
        internal_vip: the address of the internal load balancer.
        extensions: which of the hosted service's extensions the roles have.
        cores: how many of the subscription's are counted for it.
        reboots: the latest restarts of its instances, by their numbers.
        packages_in: containers into which its package was copied.
        changing: whether an update has been asked for and is not over.
        update: the update under way, once it has begun.
    """

    kind: ClassVar[str] = "deployment"

    name: str
    slot: Slot
    private_id: str
    label: str
    created: datetime
    modified: datetime
    status: str = "Deploying"
    url: str | None = None
    configuration: str = field(default="", repr=False)
    roles: ByName[Role] = field(default_factory=ByName)
    instances: ByName[RoleInstance] = field(default_factory=ByName)
    vip: str | None = None
    vip_name: str | None = None
    had_endpoints: bool = False
    virtual_network_name: str | None = None
    reserved_ip_name: str | None = None
    internal_dns_suffix: str | None = None
    dns_servers: dict[str, str] = field(default_factory=dict)
    further_vips: ByName[FurtherVirtualIP] = field(default_factory=ByName)
    load_balancers: list[LoadBalancer] = field(default_factory=list)
    internal_vip: str | None = None
    extended_properties: dict[str, str] = field(default_factory=dict)
    extensions: ExtensionConfiguration | None = None
    upgrade_domain_count: int = 1
    update: Update | None = None
    sdk_version: str = ""
    cores: int = 0
    reboots: ByName[Reboot] = field(default_factory=ByName)
    packages_in: tuple[str, ...] = ()
    changing: bool = False

    @property
    def update_under_way(self) -> Update | None:
        """The update that has not gone through all domains yet."""
        return None if self.update is None or self.update.is_done else self.update

    @property
    def rollback_allowed(self) -> bool:
        """True when the update under way can be rolled back."""
        return self.update_under_way is not None and not self.update_under_way.rolling_back

    @property
    def has_virtual_machines(self) -> bool:
        """True when the deployment consists of virtual machines, not of web and worker roles."""
        return any(role.is_virtual_machine for role in self.roles.values())

    @property
    def is_prepared(self) -> bool:
        """True when Resource Manager has its machines already, and they are here for show."""
        return self.migration in {"Prepared", "Committing", "CommitFailed"}


@saved("hosted-service", "emulator.compute:HostedService")
@dataclass(slots=True, eq=False)
class HostedService(Lockable):
    """A hosted (cloud) service: a DNS name with up to two deployments.

    Attributes:
        name: unique everywhere; ``{name}.cloudapp.net``.
        label: in plain text.
        location: the region, or ``None`` where `affinity_group` says it.
        deployments: by name; at most one a slot.
        certificates: by thumbprint.
        extensions: by id, without their private configuration.
    """

    kind: ClassVar[str] = "hosted service"

    name: str
    label: str
    created: datetime
    modified: datetime
    description: str | None = None
    location: str | None = None
    affinity_group: str | None = None
    status: str = "Created"
    reverse_dns_fqdn: str | None = None
    extended_properties: dict[str, str] = field(default_factory=dict)
    deployments: ByName[Deployment] = field(default_factory=ByName)
    certificates: ByName[ServiceCertificate] = field(default_factory=ByName)
    extensions: ByName[HostedServiceExtension] = field(default_factory=ByName)
    default_winrm_thumbprint: str | None = None

    def in_slot(self, slot: str) -> Deployment | None:
        """The deployment in `slot`, whose name may be in any case."""
        wanted = slot.lower()
        return next((one for one in self.deployments.values() if one.slot.lower() == wanted), None)


@saved("os-image", "emulator.compute:OSImage")
@dataclass(slots=True, eq=False)
class OSImage(Entity):
    """An operating system image, of the platform or of the user.

    Attributes:
        name: unique among all images the subscription sees.
        os: ``Linux`` or ``Windows``.
        category: ``Public`` for platform images, else ``User``.
        media_link: URL of the blob; ``None`` for platform images.
        location: the region, or several joined by ``;``.
    """

    name: str
    label: str
    os: str
    category: str = "User"
    media_link: str | None = None
    location: str | None = None
    affinity_group: str | None = None
    size_gb: int = 30
    description: str | None = None
    eula: str | None = None
    image_family: str | None = None
    published_date: datetime | None = None
    publisher: str | None = None
    recommended_vm_size: str | None = None
    icon_uri: str | None = None
    small_icon_uri: str | None = None
    privacy_uri: str | None = None
    pricing_detail_link: str | None = None
    language: str | None = None
    show_in_gui: bool | None = None
    is_premium: bool | None = None
    io_type: str = "Standard"
