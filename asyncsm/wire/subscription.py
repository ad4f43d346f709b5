"""Subscriptions with their limits, and the locations, role sizes and guest operating systems on offer."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from asyncsm.wire.base import Base64, Implied, OpenEnum, XmlList, XmlModel, repeated, wrapped


class SubscriptionStatus(OpenEnum):
    """The state of a subscription."""

    ACTIVE = "Active"
    WARNED = "Warned"
    DISABLED = "Disabled"
    DELETING = "Deleting"
    DELETED = "Deleted"


class ComputeCapabilities(XmlModel):
    """The role sizes available at a location or in an affinity group."""

    web_worker_role_sizes: list[str] = wrapped(str, item="RoleSize")
    virtual_machines_role_sizes: list[str] = wrapped(str, item="RoleSize")


class StorageCapabilities(XmlModel):
    """The kinds of storage account available at a location."""

    storage_account_types: list[str] = wrapped(str, item="StorageAccountType")


class Location(XmlModel):
    """A region of the service."""

    name: str
    display_name: str | None = None
    available_services: list[str] = wrapped(str, item="AvailableService")
    """``Compute``, ``Storage``, ``PersistentVMRole``, ``HighMemory``."""
    compute_capabilities: ComputeCapabilities = Field(default_factory=ComputeCapabilities)
    storage_capabilities: StorageCapabilities = Field(default_factory=StorageCapabilities)


class Locations(XmlList[Location]):
    """Reply of List Locations."""

    locations: list[Location] = repeated(Location)


class RoleSize(XmlModel):
    """The cores, memory and disks of a machine of one size."""

    name: str
    label: str | None = None
    cores: int | None = None
    memory_in_mb: int | None = None
    supported_by_web_worker_roles: bool | None = None
    supported_by_virtual_machines: bool | None = None
    max_data_disk_count: int | None = None
    web_worker_resource_disk_size_in_mb: int | None = None
    virtual_machine_resource_disk_size_in_mb: int | None = None


class RoleSizes(XmlList[RoleSize]):
    """Reply of List Role Sizes."""

    role_sizes: list[RoleSize] = repeated(RoleSize)


class Subscription(XmlModel):
    """Reply of Get Subscription."""

    subscription_id: Annotated[str, Field(alias="SubscriptionID")]
    subscription_name: str | None = None
    subscription_status: SubscriptionStatus | None = None
    account_admin_live_email_id: str | None = None
    service_admin_live_email_id: str | None = None
    max_core_count: int | None = None
    max_storage_accounts: int | None = None
    max_hosted_services: int | None = None
    current_core_count: int | None = None
    current_hosted_services: int | None = None
    current_storage_accounts: int | None = None
    max_virtual_network_sites: int | None = None
    current_virtual_network_sites: Annotated[int, Implied] = 0
    max_local_network_sites: int | None = None
    current_local_network_sites: Annotated[int, Implied] = 0
    max_dns_servers: int | None = None
    current_dns_servers: Annotated[int, Implied] = 0
    offer_categories: str | None = None
    """Separated by semicolons."""
    aad_tenant_id: Annotated[str | None, Field(alias="AADTenantID")] = None
    created_time: datetime | None = None
    max_reserved_ips: Annotated[int | None, Field(alias="MaxReservedIPs")] = None
    current_reserved_ips: Annotated[int, Field(alias="CurrentReservedIPs"), Implied] = 0
    max_public_ip_count: Annotated[int | None, Field(alias="MaxPublicIPCount")] = None
    current_network_security_groups: int | None = None
    max_network_security_groups: int | None = None
    max_network_security_rules_per_group: int | None = None
    max_route_tables: int | None = None
    max_routes_per_route_table: int | None = None


class Subscriptions(XmlList[Subscription]):
    """Reply of List Subscriptions."""

    subscriptions: list[Subscription] = repeated(Subscription)


class OperatingSystem(XmlModel):
    """A release of the guest operating system of web and worker roles."""

    version: str
    """As ``osVersion`` in a service configuration has it."""
    label: Annotated[str | None, Base64] = None
    is_default: bool | None = None
    is_active: bool | None = None
    family: int | None = None
    family_label: Annotated[str | None, Base64] = None


class OperatingSystems(XmlList[OperatingSystem]):
    """Reply of List Operating Systems."""

    operating_systems: list[OperatingSystem] = repeated(OperatingSystem)


class OperatingSystemFamily(XmlModel):
    """A family of guest operating systems and its releases."""

    name: str
    """A number: ``osFamily`` in a service configuration."""
    label: Annotated[str | None, Base64] = None
    operating_systems: OperatingSystems = Field(default_factory=OperatingSystems)


class OperatingSystemFamilies(XmlList[OperatingSystemFamily]):
    """Reply of List Operating System Families."""

    operating_system_families: list[OperatingSystemFamily] = repeated(OperatingSystemFamily)
