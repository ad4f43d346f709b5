"""Specs of virtual machines, and the client's arguments that are built from them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from asyncsm import models, texts
from asyncsm.operations.roles import MachineParts
from asyncsm.provisioning.secrets import SecretReference
from asyncsm.provisioning.specs import Name, Part, Spec
from asyncsm.wire.configuration_sets import ProvisioningSet
from asyncsm.wire.encoding import encode_base64


class PublicKeySpec(Part):
    """A service certificate whose public key a Linux machine gets."""

    fingerprint: Name
    """SHA-1 of a certificate of the hosted service."""
    path: Name
    """Such as ``/home/ops/.ssh/authorized_keys``."""


class LinuxSpec(Part):
    """The settings of a new Linux machine."""

    host_name: str | None = None
    """1 to 64 characters; the machine's name if absent."""
    user_name: Name
    """1 to 32 ASCII characters."""
    user_password: SecretReference | None = None
    """6 to 72 ASCII characters."""
    disable_ssh_password_authentication: bool | None = None
    """Allow logins with keys only; if absent, that is so where there is no password."""
    public_keys: tuple[PublicKeySpec, ...] = ()
    """Keys of those who can log in."""
    custom_data: str | None = Field(default=None, repr=False)
    """Given to the machine: text, or ``file:PATH`` from the plan's directory."""


class WindowsSpec(Part):
    """The settings of a new Windows machine."""

    computer_name: str | None = None
    """1 to 15 characters; the machine's name if absent."""
    admin_username: Name
    """Not ``administrator``."""
    admin_password: SecretReference
    """8 to 123 characters of three kinds."""
    reset_password_on_first_logon: bool | None = None
    """Require a new password at the first logon."""
    enable_automatic_updates: bool | None = None
    """Let Windows update itself."""
    time_zone: str | None = None
    """By its name in Windows: ``Pacific Standard Time``."""
    custom_data: str | None = Field(default=None, repr=False)
    """Given to the machine: text, or ``file:PATH`` from the plan's directory."""


class SystemSpec(Part):
    """The settings of the operating system: either Linux or Windows."""

    linux: LinuxSpec | None = None
    """A Linux machine."""
    windows: WindowsSpec | None = None
    """A Windows machine."""

    @model_validator(mode="after")
    def _one_of_them(self) -> SystemSpec:
        if (self.linux is None) == (self.windows is None):
            raise ValueError("give either linux or windows")
        return self


Caching = Literal["None", "ReadOnly", "ReadWrite"]


class _DiskSpec(Part):
    """The fields of all disks of a machine."""

    storage_account: str | None = None
    """The account its blob is put in if there is no `media_link`: ``vhds/{service}-{machine}-os.vhd``, ``-data{lun}``."""
    media_link: str | None = None
    """The address of its blob."""
    disk_name: str | None = None
    """A registered disk, or the name of the new one."""
    disk_label: str | None = None
    """A name for people."""
    host_caching: Caching | None = None
    """The host's caching of the disk."""


class OSDiskSpec(_DiskSpec):
    """The disk a machine starts from."""

    source_image_name: str | None = None
    """The image it is made from."""
    os: Literal["Linux", "Windows"] | None = None
    """The operating system on it, if it is neither an image nor a registered disk."""
    remote_source_image_link: str | None = None
    """A blob elsewhere, to be copied to `media_link`."""


class DataDiskSpec(_DiskSpec):
    """A further disk of a machine."""

    lun: int | None = Field(default=None, ge=0, le=31)
    """Its number; its place in the list if absent."""
    logical_disk_size_in_gb: int | None = Field(default=None, ge=1, le=1023)
    """The size of a new, empty disk."""
    source_media_link: str | None = None
    """A VHD that is there and not registered yet."""


class EndpointSpec(Part):
    """A port of a machine that is open to the internet."""

    name: Name
    """Unique in the machine."""
    protocol: Literal["tcp", "udp"] = "tcp"
    """The protocol of the port."""
    local_port: int = Field(ge=1, le=65535)
    """The port on the machine."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """The public port; the service chooses one if absent."""
    load_balanced_endpoint_set_name: str | None = None
    """Endpoints of one set share the public port."""


class NetworkSpec(Part):
    """Endpoints and subnets of a machine."""

    endpoints: tuple[EndpointSpec, ...] = ()
    """Ports open to the internet."""
    subnet_names: tuple[str, ...] = ()
    """Subnets of the deployment's virtual network."""
    static_virtual_network_ip_address: str | None = None
    """Needs exactly one subnet."""
    network_security_group: str | None = None
    """The group that says which traffic it gets."""


class ExtensionSpec(Part):
    """An extension that is installed on a machine."""

    reference_name: Name
    """Its name on the machine."""
    publisher: Name
    """The publisher of the extension."""
    name: Name
    """The name the publisher gave it."""
    version: str = "*"
    """``1.2``, ``1.*`` or ``*``."""
    public: str | None = None
    """Its public parameters, as JSON."""
    private: SecretReference | None = None
    """Its private parameters, as JSON."""


class VirtualMachineSpec(Spec):
    """A virtual machine. The first of a hosted service brings the deployment, the others join it."""

    owner_field: ClassVar[str] = "service_name"

    service_name: Name
    """The hosted service."""
    deployment_name: str | None = None
    """The service's name if absent."""
    label: str | None = None
    """Used for the deployment, if this machine brings it."""
    role_size: str = "Small"
    """A name from `list_role_sizes`."""
    availability_set_name: str | None = None
    """Machines of one set are kept apart."""
    virtual_network_name: str | None = None
    """Used for the deployment, if this machine brings it."""
    reserved_ip_name: str | None = None
    """Used for the deployment, if this machine brings it."""
    system_config: SystemSpec | None = None
    """The settings of the system; absent for a machine that starts from a disk or a specialised VM image."""
    os_virtual_hard_disk: OSDiskSpec | None = None
    """The disk it starts from; or give `vm_image_name`."""
    data_virtual_hard_disks: tuple[DataDiskSpec, ...] = ()
    """The further disks."""
    network_config: NetworkSpec | None = None
    """Endpoints and subnets."""
    resource_extension_references: tuple[ExtensionSpec, ...] = ()
    """Extensions to install."""
    provision_guest_agent: bool | None = None
    """Install the guest agent, which extensions need."""
    vm_image_name: str | None = None
    """A VM image to start from."""
    media_location: str | None = None
    """Container URL for the disks of a platform VM image."""

    @property
    def network_parts(self) -> NetworkSpec:
        """Its endpoints and subnets, of which there may be none."""
        return self.network_config or NetworkSpec()

    def system_configuration(self, base: Path) -> ProvisioningSet | None:
        """Build the client's argument for the settings of the system.

        Args:
            base: the plan's directory, for secrets and custom data in files.

        Raises:
            InvalidArgument: a secret cannot be read.
            OSError: the custom data cannot be read.
        """
        system = self.system_config
        if system is None:
            return None
        if system.windows is not None:
            return self._windows(system.windows, base)
        return None if system.linux is None else self._linux(system.linux, base)

    def _linux(self, linux: LinuxSpec, base: Path) -> models.LinuxConfigurationSet:
        keys = [models.PublicKey(one.fingerprint, one.path) for one in linux.public_keys]
        disabled = linux.disable_ssh_password_authentication
        return models.LinuxConfigurationSet(
            linux.host_name or self.name,
            linux.user_name,
            linux.user_password.reveal(base) if linux.user_password else None,
            linux.user_password is None if disabled is None else disabled,
            _script(linux.custom_data, base),
            ssh=models.SSH(public_keys=models.PublicKeys(public_keys=keys)) if keys else None,
        )

    def _windows(self, windows: WindowsSpec, base: Path) -> models.WindowsConfigurationSet:
        return models.WindowsConfigurationSet(
            windows.computer_name or self.name[:15],
            windows.admin_password.reveal(base),
            windows.reset_password_on_first_logon,
            windows.enable_automatic_updates,
            windows.time_zone,
            windows.admin_username,
            _custom_data(windows.custom_data, base),
        )

    def os_disk(self) -> models.OSVirtualHardDisk | None:
        """Build the client's argument for the disk it starts from."""
        spec = self.os_virtual_hard_disk
        return None if spec is None else models.OSVirtualHardDisk(**self._disk(spec, "os"))

    def data_disks(self) -> list[models.DataVirtualHardDisk]:
        """Build the client's argument for the further disks."""
        return [
            models.DataVirtualHardDisk(**{**self._disk(spec, f"data{lun}"), "lun": lun})
            for lun, spec in self.numbered_disks
        ]

    @property
    def numbered_disks(self) -> list[tuple[int, DataDiskSpec]]:
        """The further disks, each with its LUN."""
        disks = self.data_virtual_hard_disks
        return [(place if one.lun is None else one.lun, one) for place, one in enumerate(disks)]

    def _disk(self, spec: OSDiskSpec | DataDiskSpec, what: str) -> dict[str, Any]:
        fields = spec.model_dump(exclude={"storage_account"})
        if spec.storage_account and not spec.media_link:
            blob = f"vhds/{self.service_name}-{self.name}-{what}.vhd"
            fields["media_link"] = f"https://{spec.storage_account}.blob.core.windows.net/{blob}"
        return fields

    def on_disks(self, disks: Mapping[str, str]) -> VirtualMachineSpec:
        """Return the same machine on disks that exist, by place: ``os``, or a LUN; what is set up on them stays."""
        update: dict[str, object] = {}
        system = self.os_virtual_hard_disk or OSDiskSpec()
        if "os" in disks:
            kept = OSDiskSpec(disk_name=disks["os"], host_caching=system.host_caching)
            update = {"os_virtual_hard_disk": kept, "system_config": None, "vm_image_name": None}
            update["media_location"] = None
        data = []
        for lun, spec in self.numbered_disks:
            name = disks.get(str(lun))
            data.append(
                spec.model_copy(update={"lun": lun})
                if name is None
                else DataDiskSpec(lun=lun, disk_name=name, host_caching=spec.host_caching)
            )
        return self.model_copy(update={**update, "data_virtual_hard_disks": tuple(data)})

    def parts(self, base: Path) -> MachineParts:
        """Build the client's arguments for the parts of the machine.

        Args:
            base: the plan's directory, for secrets and custom data in files.

        Raises:
            InvalidArgument: a secret, or private parameters of an extension, cannot be read.
            OSError: the custom data cannot be read.
        """
        return {
            "system_config": self.system_configuration(base),
            "os_virtual_hard_disk": self.os_disk(),
            "network_config": self.network(),
            "availability_set_name": self.availability_set_name,
            "data_virtual_hard_disks": self.data_disks() or None,
            "role_size": self.role_size,
            "resource_extension_references": self.extensions(base) or None,
            "provision_guest_agent": self.provision_guest_agent,
            "vm_image_name": self.vm_image_name,
            "media_location": self.media_location,
        }

    def network(self) -> models.ConfigurationSet | None:
        """Build the client's argument for endpoints and subnets."""
        spec = self.network_config
        if spec is None:
            return None
        endpoints = [models.ConfigurationSetInputEndpoint(**one.model_dump()) for one in spec.endpoints]
        return models.ConfigurationSet(
            input_endpoints=models.ConfigurationSetInputEndpoints(input_endpoints=endpoints),
            subnet_names=list(spec.subnet_names),
            static_virtual_network_ip_address=spec.static_virtual_network_ip_address,
            network_security_group=spec.network_security_group,
        )

    def extensions(self, base: Path) -> list[models.ResourceExtensionReference]:
        """Build the client's argument for the extensions.

        Raises:
            InvalidArgument: private parameters cannot be read.
        """
        return [
            models.ResourceExtensionReference(
                one.reference_name,
                one.publisher,
                one.name,
                one.version,
                resource_extension_parameter_values=models.ResourceExtensionParameterValues(
                    resource_extension_parameter_values=_parameters(one, base)
                ),
            )
            for one in self.resource_extension_references
        ]


def _parameters(spec: ExtensionSpec, base: Path) -> list[models.ResourceExtensionParameterValue]:
    private = spec.private.reveal(base).get_secret_value() if spec.private is not None else None
    return [
        models.ResourceExtensionParameterValue(key=kind.lower(), value=encode_base64(value), type=kind)
        for kind, value in (("Public", spec.public), ("Private", private))
        if value is not None
    ]


def _script(text: str | None, base: Path) -> bytes | None:
    """Return custom data for Linux, where a byte order mark before ``#!`` keeps a script from being run."""
    content = _custom_data(text, base)
    return content and texts.unmarked(content)


def _custom_data(text: str | None, base: Path) -> bytes | None:
    if text is None:
        return None
    return (base / text.removeprefix("file:")).read_bytes() if text.startswith("file:") else text.encode()
