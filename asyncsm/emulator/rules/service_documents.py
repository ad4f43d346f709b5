"""Resources as documents show them, where several families do."""

from __future__ import annotations

from asyncsm.emulator import catalogue
from asyncsm.emulator.call import Call
from asyncsm.emulator.compute import HostedService
from asyncsm.emulator.state import StorageAccount
from asyncsm.wire import hosted_services, storage
from asyncsm.wire.properties import ExtendedProperties

GEO_REPLICATED = frozenset({"Standard_GRS", "Standard_RAGRS"})

ACCOUNT_TYPES_SINCE = "2014-06-01"
"""The version from which ``AccountType`` stands for ``GeoReplicationEnabled``."""


def hosted_service(call: Call, service: HostedService) -> hosted_services.HostedService:
    """A hosted service without its deployments."""
    return hosted_services.HostedService(
        url=call.url("services", "hostedservices", service.name),
        service_name=service.name,
        hosted_service_properties=hosted_services.HostedServiceProperties(
            description=service.description,
            location=service.location if service.affinity_group is None else None,
            affinity_group=service.affinity_group,
            label=service.label,
            status=hosted_services.HostedServiceStatus(service.status),
            date_created=service.created,
            date_last_modified=service.modified,
            extended_properties=ExtendedProperties.from_dict(service.extended_properties),
            reverse_dns_fqdn=service.reverse_dns_fqdn,
        ),
        default_win_rm_certificate_thumbprint=service.default_winrm_thumbprint,
    )


def storage_account(call: Call, account: StorageAccount) -> storage.StorageService:
    """A storage account without its keys."""
    replicated = account.account_type in GEO_REPLICATED
    has_types = call.version >= ACCOUNT_TYPES_SINCE
    properties = storage.StorageAccountProperties(
        description=account.description,
        location=account.location if account.affinity_group is None else None,
        affinity_group=account.affinity_group,
        label=account.label,
        status=storage.StorageAccountStatus(account.status),
        endpoints=_endpoints(account.name, "blob", "queue", "table", "file"),
        geo_primary_region=account.region,
        status_of_primary="Available",
        geo_secondary_region=catalogue.paired_regions()[account.region] if replicated else "",
        status_of_secondary="Available" if replicated else "",
        creation_time=account.created,
        custom_domains=storage.CustomDomains(
            custom_domains=[
                storage.CustomDomain(name=name, use_sub_domain_name=by_subdomain)
                for name, by_subdomain in account.custom_domains.items()
            ]
        ),
        account_type=storage.StorageAccountType(account.account_type) if has_types else None,
        geo_replication_enabled=None if has_types else replicated,
    )
    if account.account_type == "Standard_RAGRS":
        properties.secondary_read_enabled = True
        properties.secondary_endpoints = _endpoints(f"{account.name}-secondary", "blob", "queue", "table")
    return storage.StorageService(
        url=call.url("services", "storageservices", account.name),
        service_name=account.name,
        storage_service_properties=properties,
        extended_properties=ExtendedProperties.from_dict(account.extended_properties),
    )


def _endpoints(name: str, *services: str) -> list[str]:
    return [f"https://{name}.{service}.core.windows.net/" for service in services]
