"""Storage accounts and their keys."""

from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import Field, SecretStr

from asyncsm.wire.base import Base64, Base64Text, Nillable, OpenEnum, XmlList, XmlModel, repeated, wrapped
from asyncsm.wire.properties import ExtendedProperties


class StorageAccountStatus(OpenEnum):
    """The state of a storage account."""

    CREATING = "Creating"
    CREATED = "Created"
    RESOLVING_DNS = "ResolvingDns"
    DELETING = "Deleting"
    DELETED = "Deleted"
    CHANGING = "Changing"


class StorageAccountType(OpenEnum):
    """The replication of an account's data, and the kind of its disks."""

    STANDARD_LRS = "Standard_LRS"
    STANDARD_ZRS = "Standard_ZRS"
    STANDARD_GRS = "Standard_GRS"
    STANDARD_RAGRS = "Standard_RAGRS"
    PREMIUM_LRS = "Premium_LRS"


class KeyType(OpenEnum):
    """The names of an account's two keys."""

    PRIMARY = "Primary"
    SECONDARY = "Secondary"


class CustomDomain(XmlModel):
    """A domain of the user's that points to an account."""

    name: str
    use_sub_domain_name: bool | None = None
    """Whether the domain is verified by the intermediate ``asverify`` name."""


class CustomDomains(XmlList[CustomDomain]):
    """The user's domains of an account."""

    custom_domains: list[CustomDomain] = repeated(CustomDomain)


class StorageAccountProperties(XmlModel):
    """The properties of a storage account."""

    description: Annotated[str | None, Nillable] = None
    affinity_group: str | None = None
    location: str | None = None
    """Absent where there is an affinity group."""
    label: Annotated[str | None, Base64] = None
    status: StorageAccountStatus | None = None
    endpoints: list[str] = wrapped(str, item="Endpoint")
    """Addresses of the blob, queue, table and, where there is one, file service."""
    geo_replication_enabled: bool | None = None
    geo_primary_region: str | None = None
    status_of_primary: str | None = None
    """``Available`` or ``Unavailable``."""
    last_geo_failover_time: datetime | None = None
    geo_secondary_region: str | None = None
    """Empty where the data is not replicated to another region."""
    status_of_secondary: str | None = None
    """``Available``, ``Unavailable`` or empty."""
    creation_time: datetime | None = None
    custom_domains: CustomDomains = Field(default_factory=CustomDomains)
    secondary_read_enabled: bool | None = None
    secondary_endpoints: list[str] = wrapped(str, item="Endpoint")
    account_type: StorageAccountType | None = None


class StorageServiceKeys(XmlModel):
    """The two keys of an account."""

    primary: SecretStr | None = None
    secondary: SecretStr | None = None


class StorageService(XmlModel):
    """Reply of Get Storage Account Properties, and with only an address and keys of Get Storage Account Keys."""

    url: str
    """The account's own address in this API."""
    service_name: str | None = None
    storage_service_properties: StorageAccountProperties = Field(default_factory=StorageAccountProperties)
    storage_service_keys: StorageServiceKeys = Field(default_factory=StorageServiceKeys)
    extended_properties: ExtendedProperties = Field(default_factory=ExtendedProperties)
    capabilities: list[str] = wrapped(str, item="Capability")
    migration_state: str | None = None


class StorageServices(XmlList[StorageService]):
    """Reply of List Storage Accounts."""

    storage_services: list[StorageService] = repeated(StorageService)


class CreateStorageServiceInput(XmlModel):
    """Request of Create Storage Account: either a location or an affinity group."""

    xml_lost_when_late: ClassVar[frozenset[str]] = frozenset({"Description"})

    service_name: str
    description: str | None = None
    label: Base64Text
    affinity_group: str | None = None
    location: str | None = None
    geo_replication_enabled: bool | None = None
    """Replaced by `account_type` in version 2014-06-01."""
    extended_properties: ExtendedProperties | None = None
    secondary_read_enabled: bool | None = None
    account_type: StorageAccountType | None = None


class UpdateStorageServiceInput(XmlModel):
    """Request of Update Storage Account."""

    description: str | None = None
    label: Annotated[str | None, Base64] = None
    geo_replication_enabled: bool | None = None
    """Replaced by `account_type` in version 2014-06-01."""
    extended_properties: ExtendedProperties | None = None
    custom_domains: CustomDomains = Field(default_factory=CustomDomains)
    account_type: StorageAccountType | None = None


class RegenerateKeys(XmlModel):
    """Request of Regenerate Storage Account Keys."""

    key_type: KeyType
