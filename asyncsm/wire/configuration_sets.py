"""Configuration sets of a virtual machine: its network with endpoints, and the settings of its first start.

All of them are ``ConfigurationSet`` elements; ``ConfigurationSetType`` tells them apart.
"""

from typing import Annotated, ClassVar, TypeAlias

from pydantic import Field, SecretStr

from asyncsm.wire.base import Thumbprint, XmlList, XmlModel, positional, repeated, wrapped
from asyncsm.wire.element_order import FreelyOrdered
from asyncsm.wire.endpoints import ConfigurationSetInputEndpoints, NetworkInterfaces
from asyncsm.wire.networks import PublicIPs
from asyncsm.wire.rules import fragment, words
from asyncsm.wire.types import HiddenBinary, HiddenStr
from asyncsm.wire.xml import Node


class _AnyConfigurationSet(XmlModel):
    """The common beginning of all configuration sets."""

    xml_root: ClassVar[str] = "ConfigurationSet"

    xsi_type: Annotated[str | None, Field(alias="@i:type")] = None
    """Only in replies."""
    configuration_set_type: str

    @classmethod
    def variant_for(cls, node: Node) -> type[XmlModel]:
        kind = node.get("ConfigurationSetType") if isinstance(node, dict) else None
        return _BY_TYPE.get(kind.strip(), cls) if isinstance(kind, str) else cls


class ConfigurationSet(_AnyConfigurationSet):
    """The network configuration of a virtual machine."""

    configuration_set_type: str = "NetworkConfiguration"
    input_endpoints: ConfigurationSetInputEndpoints = Field(default_factory=ConfigurationSetInputEndpoints)
    subnet_names: list[str] = wrapped(str, item="SubnetName")
    static_virtual_network_ip_address: Annotated[str | None, Field(alias="StaticVirtualNetworkIPAddress")] = (
        None
    )
    """Requires exactly one subnet."""
    public_ips: Annotated[PublicIPs, Field(alias="PublicIPs")] = Field(default_factory=PublicIPs)
    network_interfaces: NetworkInterfaces = Field(default_factory=NetworkInterfaces)
    network_security_group: str | None = None
    ip_forwarding: Annotated[str | None, Field(alias="IPForwarding"), words("Enabled", "Disabled")] = (
        None  # [protocol 4.14]
    )
    """``Enabled`` or ``Disabled``."""


class PublicKey(XmlModel):
    """A service certificate whose public key is put into a file of a Linux machine."""

    fingerprint: Annotated[str | None, Thumbprint] = None
    path: str | None = None

    @positional
    def __init__(self, fingerprint: str | None = None, path: str | None = None) -> None: ...


class PublicKeys(XmlList[PublicKey]):
    """Public keys for a Linux machine."""

    public_keys: list[PublicKey] = repeated(PublicKey)


class KeyPair(XmlModel):
    """A service certificate whose both keys are put into a file of a Linux machine."""

    fingerprint: Annotated[str | None, Thumbprint] = None
    path: str | None = None

    @positional
    def __init__(self, fingerprint: str | None = None, path: str | None = None) -> None: ...


class KeyPairs(XmlList[KeyPair]):
    """Key pairs for a Linux machine."""

    key_pairs: list[KeyPair] = repeated(KeyPair)


class SSH(XmlModel):
    """The keys of a Linux machine."""

    public_keys: PublicKeys = Field(default_factory=PublicKeys)
    key_pairs: KeyPairs = Field(default_factory=KeyPairs)


class LinuxConfigurationSet(_AnyConfigurationSet):
    """The settings of a new Linux machine."""

    configuration_set_type: str = "LinuxProvisioningConfiguration"
    host_name: str | None = None
    """1 to 64 characters."""
    user_name: str | None = None
    """1 to 32 ASCII characters."""
    user_password: SecretStr | None = None
    """6 to 72 ASCII characters."""
    disable_ssh_password_authentication: bool | None = None
    """The service's default is true: only keys can log in."""
    ssh: Annotated[SSH, Field(alias="SSH")] = Field(default_factory=SSH)
    custom_data: Annotated[HiddenBinary | None, Field(repr=False)] = None
    """Given as text or bytes; the encoding for the wire is done here."""

    @positional
    def __init__(
        self,
        host_name: str | None = None,
        user_name: str | None = None,
        user_password: str | SecretStr | None = None,
        disable_ssh_password_authentication: bool | None = None,
        custom_data: str | bytes | None = None,
        *,
        ssh: SSH | None = None,
    ) -> None: ...


class Credentials(XmlModel):
    """The account that joins a machine to a domain."""

    domain: str | None = None
    username: str | None = None
    password: SecretStr | None = None


class Provisioning(XmlModel):
    """A domain join that was prepared beforehand."""

    account_data: SecretStr | None = None


class DomainJoin(FreelyOrdered):
    """The domain that a Windows machine joins."""

    xml_in_any_order: ClassVar[tuple[frozenset[str], ...]] = (
        frozenset({"Provisioning", "JoinDomain"}),
        frozenset({"Provisioning", "MachineObjectOU"}),
    )

    credentials: Credentials = Field(default_factory=Credentials)
    provisioning: Provisioning = Field(default_factory=Provisioning)
    join_domain: str | None = None
    machine_object_ou: Annotated[str | None, Field(alias="MachineObjectOU")] = None


class CertificateSetting(XmlModel):
    """A service certificate that is put into a Windows machine's store."""

    store_location: Annotated[str | None, words("LocalMachine")] = None  # [protocol 4.14]
    """Only ``LocalMachine``."""
    store_name: Annotated[str | None, words("My")] = None  # [protocol 4.14]
    """Only ``My``."""
    thumbprint: Annotated[str | None, Thumbprint] = None

    @positional
    def __init__(
        self, thumbprint: str | None = None, store_name: str | None = None, store_location: str | None = None
    ) -> None: ...


class StoredCertificateSettings(XmlList[CertificateSetting]):
    """Certificates for a Windows machine."""

    stored_certificate_settings: list[CertificateSetting] = repeated(CertificateSetting)


class Listener(FreelyOrdered):
    """A listener of Windows Remote Management."""

    xml_in_any_order: ClassVar[tuple[frozenset[str], ...]] = (
        frozenset({"Protocol", "CertificateThumbprint"}),
    )

    # Recorded requests have the protocol first; the published contract has it last.
    protocol: Annotated[str | None, words("Http", "Https")] = None  # [protocol 4.14]
    """``Http`` or ``Https``."""
    certificate_thumbprint: Annotated[str | None, Thumbprint] = None

    @positional
    def __init__(self, protocol: str | None = None, certificate_thumbprint: str | None = None) -> None: ...


class Listeners(XmlList[Listener]):
    """The listeners of Windows Remote Management."""

    listeners: list[Listener] = repeated(Listener)


class WinRM(XmlModel):
    """The configuration of Windows Remote Management."""

    listeners: Listeners = Field(default_factory=Listeners)


class ComponentSetting(XmlModel):
    """A part of an unattended setup."""

    setting_name: Annotated[str | None, words("FirstLogonCommands", "AutoLogon")] = None  # [protocol 4.14]
    """``FirstLogonCommands`` or ``AutoLogon``."""
    content: Annotated[HiddenStr | None, Field(repr=False), fragment(4096)] = None  # [protocol 4.14]
    """Base64 of an XML fragment under 4 KB; encoded by the caller, as in the old SDK."""


class ComponentSettings(XmlList[ComponentSetting]):
    """The parts of an unattended setup."""

    component_settings: list[ComponentSetting] = repeated(ComponentSetting)


class UnattendComponent(XmlModel):
    """The component of Windows that is set up."""

    component_name: Annotated[str | None, words("Microsoft-Windows-Shell-Setup")] = None  # [protocol 4.14]
    """Only ``Microsoft-Windows-Shell-Setup``."""
    component_settings: ComponentSettings = Field(default_factory=ComponentSettings)


class Components(XmlList[UnattendComponent]):
    """The components of Windows that are set up."""

    components: list[UnattendComponent] = repeated(UnattendComponent)


class UnattendPass(XmlModel):
    """A phase of an unattended setup."""

    pass_name: Annotated[str | None, words("oobeSystem")] = None  # [protocol 4.14]
    """Only ``oobeSystem``."""
    components: Components = Field(default_factory=Components)


class Passes(XmlList[UnattendPass]):
    """The phases of an unattended setup."""

    passes: list[UnattendPass] = repeated(UnattendPass)


class AdditionalUnattendContent(XmlModel):
    """Additions to the unattended setup of a Windows machine."""

    passes: Passes = Field(default_factory=Passes)


class WindowsConfigurationSet(FreelyOrdered, _AnyConfigurationSet):
    """The settings of a new Windows machine."""

    xml_in_any_order: ClassVar[tuple[frozenset[str], ...]] = (
        frozenset({"CustomData", "AdditionalUnattendContent"}),
    )

    configuration_set_type: str = "WindowsProvisioningConfiguration"
    computer_name: str | None = None
    """1 to 15 characters; by default the role's name."""
    admin_password: SecretStr | None = None
    reset_password_on_first_logon: bool | None = None
    enable_automatic_updates: bool | None = None
    time_zone: str | None = None
    """By its name in Windows: ``Pacific Standard Time``."""
    domain_join: DomainJoin = Field(default_factory=DomainJoin)
    stored_certificate_settings: StoredCertificateSettings = Field(default_factory=StoredCertificateSettings)
    win_rm: Annotated[WinRM, Field(alias="WinRM")] = Field(default_factory=WinRM)
    admin_username: str | None = None
    custom_data: Annotated[HiddenBinary | None, Field(repr=False)] = None
    """Given as text or bytes; the encoding for the wire is done here."""
    additional_unattend_content: AdditionalUnattendContent = Field(default_factory=AdditionalUnattendContent)

    @positional
    def __init__(
        self,
        computer_name: str | None = None,
        admin_password: str | SecretStr | None = None,
        reset_password_on_first_logon: bool | None = None,
        enable_automatic_updates: bool | None = None,
        time_zone: str | None = None,
        admin_username: str | None = None,
        custom_data: str | bytes | None = None,
        *,
        domain_join: DomainJoin | None = None,
        stored_certificate_settings: StoredCertificateSettings | None = None,
        win_rm: WinRM | None = None,
        additional_unattend_content: AdditionalUnattendContent | None = None,
    ) -> None: ...


AnyConfigurationSet: TypeAlias = ConfigurationSet | LinuxConfigurationSet | WindowsConfigurationSet
"""A configuration set of a role."""

ProvisioningSet: TypeAlias = LinuxConfigurationSet | WindowsConfigurationSet
"""The settings of a new machine, for either operating system."""

_BY_TYPE: dict[str, type[XmlModel]] = {
    "NetworkConfiguration": ConfigurationSet,
    "LinuxProvisioningConfiguration": LinuxConfigurationSet,
    "WindowsProvisioningConfiguration": WindowsConfigurationSet,
}


class ConfigurationSets(XmlList[AnyConfigurationSet]):
    """The configuration sets of a role; replies have only the network configuration."""

    configuration_sets: Annotated[list[AnyConfigurationSet], Field(alias="ConfigurationSet")] = Field(
        default_factory=list
    )
