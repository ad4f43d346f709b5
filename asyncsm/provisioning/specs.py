"""What a plan says of each resource.

A resource's own name is ``name``; all other fields have the names and meanings of the
client's parameters, where their rules are said. Every text may be a template when an entry
has a ``count``; see `expansion`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from asyncsm.credentials import service_certificate_from_pfx
from asyncsm.errors import CredentialError
from asyncsm.provisioning.secrets import SecretReference
from asyncsm.wire.configuration_sets import (
    SSH,
    ConfigurationSet,
    LinuxConfigurationSet,
    PublicKey,
    PublicKeys,
    WindowsConfigurationSet,
)
from asyncsm.wire.disks import DataVirtualHardDisk, OSVirtualHardDisk
from asyncsm.wire.endpoints import ConfigurationSetInputEndpoint, ConfigurationSetInputEndpoints
from asyncsm.wire.extensions import (
    ResourceExtensionParameterValue,
    ResourceExtensionParameterValues,
    ResourceExtensionReference,
)
from asyncsm.wire.types import encode_base64

MOST: int = 100_000
"""Copies an entry may have."""


def _not_empty(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    return text


Name = Annotated[str, AfterValidator(_not_empty)]


class Part(BaseModel):
    """What belongs to a resource."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, hide_input_in_errors=True
    )


class Spec(Part):
    """What every entry of a plan has."""

    name: Name
    """Its name, or a template for the names of all copies: ``web-{index:03}``."""
    count: int = Field(default=1, ge=1, le=MOST)
    """How many of them there are."""
    start: int = Field(default=1, ge=0)
    """The ``index`` of the first."""
    group_size: int | None = Field(default=None, ge=1)
    """How many copies one ``group`` has; ``group`` counts from 1."""


class AffinityGroupSpec(Spec):
    """An affinity group."""

    label: str | None = None
    """At most 100 characters; the name if absent."""
    location: str | None = None
    """Where it is; the plan's if absent."""
    description: str | None = None
    """At most 1,024 characters."""


class StorageAccountSpec(Spec):
    """A storage account; its name has 3 to 24 lower-case letters and digits, and is unique in the world."""

    label: str | None = None
    """At most 100 characters; the name if absent."""
    description: str | None = None
    """At most 1,024 characters."""
    location: str | None = None
    """Where it is; or give `affinity_group`; the plan's if both are absent."""
    affinity_group: str | None = None
    """Where it is."""
    account_type: str | None = None
    """``Standard_LRS``, ``Standard_GRS`` (if absent), ``Standard_RAGRS``, ``Standard_ZRS``, ``Premium_LRS``."""


class ReservedIPSpec(Spec):
    """A reserved IP address."""

    label: str | None = None
    """At most 100 characters."""
    location: str | None = None
    """Where it is; the plan's if absent."""


class OSImageSpec(Spec):
    """An operating system image, whose blob is there already."""

    label: str | None = None
    """At most 100 characters; the name if absent."""
    media_link: Name
    """The VHD, a blob in a storage account of the subscription."""
    os: Literal["Linux", "Windows"]
    """What is on it."""


class DiskSpec(Spec):
    """A disk, whose blob is there already."""

    label: str | None = None
    """At most 100 characters; the name if absent."""
    media_link: Name
    """The VHD, a blob in a storage account of the subscription."""
    os: Literal["Linux", "Windows"] | None = None
    """What is on it, if machines can start from it."""


class CertificateSpec(Part):
    """A certificate for a hosted service."""

    file: Name
    """Path of the file, from the plan's directory."""
    certificate_format: Literal["pfx", "cer"] | None = None
    """By the file's name, if absent."""
    password: SecretReference | None = None
    """Of a pfx."""

    @property
    def name(self) -> str:
        """Its file."""
        return self.file

    @property
    def format(self) -> Literal["pfx", "cer"]:
        """``pfx`` with the private key, or ``cer`` without."""
        by_name: Literal["pfx", "cer"] = "pfx" if self.file.lower().endswith((".pfx", ".p12")) else "cer"
        return self.certificate_format or by_name

    def thumbprint(self, base: Path) -> str:
        """SHA-1 of the certificate, by which the service knows it.

        Raises:
            CredentialError: the file cannot be read.
        """
        path = base / self.file
        if self.format == "pfx":
            return service_certificate_from_pfx(
                path, self.password.reveal(base).get_secret_value() if self.password else None
            ).thumbprint
        from cryptography import x509

        try:
            content = path.read_bytes()
            pem = content.lstrip().startswith(b"-----")
            certificate = (
                x509.load_pem_x509_certificate(content) if pem else x509.load_der_x509_certificate(content)
            )
        except (OSError, ValueError) as error:
            raise CredentialError(f"{path}: not a certificate: {error}") from error
        from cryptography.hazmat.primitives.serialization import Encoding

        return hashlib.sha1(certificate.public_bytes(Encoding.DER), usedforsecurity=False).hexdigest().upper()


class HostedServiceSpec(Spec):
    """A hosted service; its name becomes ``{name}.cloudapp.net``."""

    label: str | None = None
    """At most 100 characters; the name if absent."""
    description: str | None = None
    """At most 1,024 characters."""
    location: str | None = None
    """Where it is; or give `affinity_group`; the plan's if both are absent."""
    affinity_group: str | None = None
    """Where it is."""
    extended_properties: dict[str, str] = Field(default_factory=dict)
    """These are set, others stay."""
    certificates: tuple[CertificateSpec, ...] = ()
    """What its machines may use."""


class DeploymentSpec(Spec):
    """A deployment of web and worker roles."""

    service_name: Name
    """The hosted service."""
    deployment_slot: Literal["Production", "Staging"] = "Production"
    """Which of the two slots."""
    package_url: Name = Field(repr=False)
    """The ``.cspkg``, a blob in a storage account of the subscription."""
    label: str | None = None
    """At most 100 characters; the name if absent."""
    configuration: Name
    """Path of the ``.cscfg``, from the plan's directory."""
    start_deployment: bool = True
    """Start the instances, instead of leaving them suspended."""
    treat_warnings_as_error: bool = False
    """Fail when the package has warnings."""
    extended_properties: dict[str, str] = Field(default_factory=dict)
    """At most 25."""


class PublicKeySpec(Part):
    """A service certificate whose public key a Linux machine gets."""

    fingerprint: Name
    """SHA-1 of a certificate of the hosted service."""
    path: Name
    """Such as ``/home/ops/.ssh/authorized_keys``."""


class LinuxSpec(Part):
    """How a Linux machine is set up."""

    host_name: str | None = None
    """1 to 64 characters; the machine's name if absent."""
    user_name: Name
    """1 to 32 ASCII characters."""
    user_password: SecretReference | None = None
    """6 to 72 ASCII characters."""
    disable_ssh_password_authentication: bool | None = None
    """Whether only keys can log in; if absent, whether there is no password."""
    public_keys: tuple[PublicKeySpec, ...] = ()
    """Who can log in."""
    custom_data: str | None = Field(default=None, repr=False)
    """Given to the machine: text, or ``file:PATH`` from the plan's directory."""


class WindowsSpec(Part):
    """How a Windows machine is set up."""

    computer_name: str | None = None
    """1 to 15 characters; the machine's name if absent."""
    admin_username: Name
    """Not ``administrator``."""
    admin_password: SecretReference
    """8 to 123 characters of three kinds."""
    reset_password_on_first_logon: bool | None = None
    """Whether it has to be changed at once."""
    enable_automatic_updates: bool | None = None
    """Whether Windows updates itself."""
    time_zone: str | None = None
    """As Windows names it: ``Pacific Standard Time``."""
    custom_data: str | None = Field(default=None, repr=False)
    """Given to the machine: text, or ``file:PATH`` from the plan's directory."""


class SystemSpec(Part):
    """The operating system: one of the two."""

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


class OSDiskSpec(Part):
    """The disk a machine starts from."""

    source_image_name: str | None = None
    """The image it is made from."""
    storage_account: str | None = None
    """Where its blob is put, as ``vhds/{service}-{machine}-os.vhd``, if there is no `media_link`."""
    media_link: str | None = None
    """Where its blob is put, or is."""
    disk_name: str | None = None
    """A registered disk to start from, or the name of the new one."""
    disk_label: str | None = None
    """Shown to people."""
    host_caching: Caching | None = None
    """How the host caches it."""
    os: Literal["Linux", "Windows"] | None = None
    """What is on it, if it is neither an image nor a registered disk."""
    remote_source_image_link: str | None = None
    """A blob elsewhere, to be copied to `media_link`."""


class DataDiskSpec(Part):
    """A further disk of a machine."""

    lun: int | None = Field(default=None, ge=0, le=31)
    """Its number; its place in the list if absent."""
    logical_disk_size_in_gb: int | None = Field(default=None, ge=1, le=1023)
    """Of a new, empty one."""
    storage_account: str | None = None
    """Where its blob is put, as ``vhds/{service}-{machine}-data{lun}.vhd``, if there is no `media_link`."""
    media_link: str | None = None
    """Where its blob is put."""
    disk_name: str | None = None
    """A registered disk."""
    disk_label: str | None = None
    """Shown to people."""
    host_caching: Caching | None = None
    """How the host caches it."""
    source_media_link: str | None = None
    """A VHD that is there and not registered yet."""


class EndpointSpec(Part):
    """A port of a machine that is open to the internet."""

    name: Name
    """Unique in the machine."""
    protocol: Literal["tcp", "udp"] = "tcp"
    """Of the port."""
    local_port: int = Field(ge=1, le=65535)
    """On the machine."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """The public one; the service picks one if absent."""
    load_balanced_endpoint_set_name: str | None = None
    """Endpoints of one set share the public port."""


class NetworkSpec(Part):
    """Endpoints and subnets of a machine."""

    endpoints: tuple[EndpointSpec, ...] = ()
    """Ports open to the internet."""
    subnet_names: tuple[str, ...] = ()
    """Of the deployment's virtual network."""
    static_virtual_network_ip_address: str | None = None
    """Needs exactly one subnet."""


class ExtensionSpec(Part):
    """An extension that is installed on a machine."""

    reference_name: Name
    """Its name on the machine."""
    publisher: Name
    """Who made it."""
    name: Name
    """Its name there."""
    version: str = "*"
    """``1.2``, ``1.*`` or ``*``."""
    public: str | None = None
    """Its public parameters, as JSON."""
    private: SecretReference | None = None
    """Its private parameters, as JSON."""


class VirtualMachineSpec(Spec):
    """A virtual machine. The first of a hosted service brings the deployment, the others join it."""

    service_name: Name
    """The hosted service."""
    deployment_name: str | None = None
    """The service's name if absent."""
    label: str | None = None
    """Of the deployment, if this machine brings it."""
    role_size: str = "Small"
    """Name of one of `list_role_sizes`."""
    availability_set_name: str | None = None
    """Machines of one set are kept apart."""
    virtual_network_name: str | None = None
    """Of the deployment, if this machine brings it."""
    reserved_ip_name: str | None = None
    """Of the deployment, if this machine brings it."""
    system_config: SystemSpec | None = None
    """How the system is set up; absent when it starts from a disk or a specialised VM image."""
    os_virtual_hard_disk: OSDiskSpec | None = None
    """What it starts from; or give `vm_image_name`."""
    data_virtual_hard_disks: tuple[DataDiskSpec, ...] = ()
    """Further disks."""
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

    # What the client is given.

    def system_configuration(self, base: Path) -> LinuxConfigurationSet | WindowsConfigurationSet | None:
        """How the system is set up.

        Args:
            base: the plan's directory, for secrets and custom data in files.

        Raises:
            InvalidArgument: a secret cannot be had.
            OSError: the custom data cannot be read.
        """
        system = self.system_config
        if system is None:
            return None
        if system.windows is not None:
            return self._windows(system.windows, base)
        return None if system.linux is None else self._linux(system.linux, base)

    def _linux(self, linux: LinuxSpec, base: Path) -> LinuxConfigurationSet:
        keys = [PublicKey(one.fingerprint, one.path) for one in linux.public_keys]
        disabled = linux.disable_ssh_password_authentication
        return LinuxConfigurationSet(
            linux.host_name or self.name,
            linux.user_name,
            linux.user_password.reveal(base) if linux.user_password else None,
            linux.user_password is None if disabled is None else disabled,
            _custom_data(linux.custom_data, base),
            ssh=SSH(public_keys=PublicKeys(public_keys=keys)) if keys else None,
        )

    def _windows(self, windows: WindowsSpec, base: Path) -> WindowsConfigurationSet:
        return WindowsConfigurationSet(
            windows.computer_name or self.name[:15],
            windows.admin_password.reveal(base),
            windows.reset_password_on_first_logon,
            windows.enable_automatic_updates,
            windows.time_zone,
            windows.admin_username,
            _custom_data(windows.custom_data, base),
        )

    def os_disk(self) -> OSVirtualHardDisk | None:
        """What it starts from."""
        spec = self.os_virtual_hard_disk
        if spec is None:
            return None
        return OSVirtualHardDisk(
            source_image_name=spec.source_image_name,
            media_link=spec.media_link or self._blob(spec.storage_account, "os"),
            host_caching=spec.host_caching,
            disk_label=spec.disk_label,
            disk_name=spec.disk_name,
            os=spec.os,
            remote_source_image_link=spec.remote_source_image_link,
        )

    def data_disks(self) -> list[DataVirtualHardDisk]:
        """Further disks."""
        return [
            DataVirtualHardDisk(
                media_link=spec.media_link
                or self._blob(spec.storage_account, f"data{place if spec.lun is None else spec.lun}"),
                host_caching=spec.host_caching,
                disk_label=spec.disk_label,
                disk_name=spec.disk_name,
                lun=place if spec.lun is None else spec.lun,
                logical_disk_size_in_gb=spec.logical_disk_size_in_gb,
                source_media_link=spec.source_media_link,
            )
            for place, spec in enumerate(self.data_virtual_hard_disks)
        ]

    def _blob(self, account: str | None, what: str) -> str | None:
        if account is None:
            return None
        return f"https://{account}.blob.core.windows.net/vhds/{self.service_name}-{self.name}-{what}.vhd"

    def network(self) -> ConfigurationSet | None:
        """Endpoints and subnets."""
        spec = self.network_config
        if spec is None:
            return None
        endpoints = [
            ConfigurationSetInputEndpoint(
                name=one.name,
                protocol=one.protocol,
                port=one.port,
                local_port=one.local_port,
                load_balanced_endpoint_set_name=one.load_balanced_endpoint_set_name,
            )
            for one in spec.endpoints
        ]
        return ConfigurationSet(
            input_endpoints=ConfigurationSetInputEndpoints(input_endpoints=endpoints),
            subnet_names=list(spec.subnet_names),
            static_virtual_network_ip_address=spec.static_virtual_network_ip_address,
        )

    def extensions(self, base: Path) -> list[ResourceExtensionReference]:
        """Extensions to install.

        Raises:
            InvalidArgument: private parameters cannot be had.
        """
        return [
            ResourceExtensionReference(
                one.reference_name,
                one.publisher,
                one.name,
                one.version,
                resource_extension_parameter_values=ResourceExtensionParameterValues(
                    resource_extension_parameter_values=_parameters(one, base)
                ),
            )
            for one in self.resource_extension_references
        ]


def _parameters(spec: ExtensionSpec, base: Path) -> list[ResourceExtensionParameterValue]:
    values = []
    if spec.public is not None:
        values.append(
            ResourceExtensionParameterValue(key="public", value=encode_base64(spec.public), type="Public")
        )
    if spec.private is not None:
        private = spec.private.reveal(base).get_secret_value()
        values.append(
            ResourceExtensionParameterValue(key="private", value=encode_base64(private), type="Private")
        )
    return values


def _custom_data(text: str | None, base: Path) -> bytes | None:
    if text is None:
        return None
    return (base / text.removeprefix("file:")).read_bytes() if text.startswith("file:") else text.encode()
