"""Resources as documents show them, where several families do."""

from __future__ import annotations

from asyncsm.emulator import catalogue
from asyncsm.emulator.call import Call
from asyncsm.emulator.compute import HostedService
from asyncsm.emulator.rules import versions
from asyncsm.emulator.state import StorageAccount
from asyncsm.wire import hosted_services, storage
from asyncsm.wire.affinity_groups import AffinityGroup
from asyncsm.wire.properties import ExtendedProperties

GEO_REPLICATED = frozenset({"Standard_GRS", "Standard_RAGRS"})

SECURE_SINCE = "2014-06-01"
"""The version from which accounts have an ``AccountType`` in place of ``GeoReplicationEnabled``, ``https`` endpoints
and `NOT_BEFORE`. [rec monitoring, 1 of 1]"""

NOT_BEFORE = (
    "status_of_primary",
    "status_of_secondary",
    "custom_domains",
    "secondary_endpoints",
    "account_type",
)
"""Properties of storage accounts that versions before `SECURE_SINCE` do not show."""


def hosted_service(call: Call, service: HostedService) -> hosted_services.HostedService:
    """A hosted service without its deployments."""
    properties = hosted_services.HostedServiceProperties(
        description=service.description,
        location=service.location if service.affinity_group is None else None,
        affinity_group=service.affinity_group,
        label=service.label,
        status=hosted_services.HostedServiceStatus(service.status),
        date_created=service.created,
        date_last_modified=service.modified,
        extended_properties=ExtendedProperties.from_dict(service.extended_properties),
        reverse_dns_fqdn=service.reverse_dns_fqdn,
    )
    shown = hosted_services.HostedService(
        url=call.url("services", "hostedservices", service.name),
        service_name=service.name,
        hosted_service_properties=versions.known(properties, versions.SERVICE_PROPERTIES, call.version),
        default_win_rm_certificate_thumbprint=service.default_winrm_thumbprint,
    )
    return versions.known(shown, versions.SERVICE, call.version)


def tell_sizes(call: Call, shown: hosted_services.HostedService | AffinityGroup, region: str) -> None:
    """Add to an entry of a list the role sizes of its region, which older versions do not tell either of regions."""
    location = catalogue.location(region)
    if location is not None and call.version >= SECURE_SINCE:
        shown.compute_capabilities = location.compute_capabilities


def storage_account(call: Call, account: StorageAccount) -> storage.StorageService:
    """A storage account without its keys."""
    replicated = account.account_type in GEO_REPLICATED
    properties = storage.StorageAccountProperties(
        description=account.description,
        location=account.location if account.affinity_group is None else None,
        affinity_group=account.affinity_group,
        label=account.label,
        status=storage.StorageAccountStatus(account.status),
        endpoints=_real_blobs(call, _endpoints(account.name, "blob", "queue", "table", "file"), account.name),
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
        account_type=storage.StorageAccountType(account.account_type),
    )
    if account.account_type == "Standard_RAGRS":
        # Without SecondaryReadEnabled, which the kind of account tells. [rec storage, 1 of 1]
        properties.secondary_endpoints = _endpoints(f"{account.name}-secondary", "blob", "queue", "table")
    if call.version < SECURE_SINCE:
        properties = _as_before(properties, is_replicated=replicated)
    shown = storage.StorageService(
        url=call.url("services", "storageservices", account.name),
        service_name=account.name,
        storage_service_properties=properties,
        extended_properties=ExtendedProperties.from_dict(account.extended_properties),
        migration_state=account.migration,
    )
    return versions.known(shown, versions.STORAGE_ACCOUNT, call.version)


def _as_before(
    properties: storage.StorageAccountProperties, *, is_replicated: bool
) -> storage.StorageAccountProperties:
    endpoints = [one.replace("https:", "http:") for one in properties.endpoints if ".file." not in one]
    replaced = {"endpoints": endpoints, "geo_replication_enabled": is_replicated}
    return properties.model_copy(update={**dict.fromkeys(NOT_BEFORE), **replaced})


def _real_blobs(call: Call, endpoints: list[str], name: str) -> list[str]:
    """The endpoints with that of a real blob service, if the account is known there."""
    real = None if call.azurite is None else call.azurite.endpoint(name)
    return endpoints if real is None else [real, *endpoints[1:]]


def _endpoints(name: str, *services: str) -> list[str]:
    return [f"https://{name}.{service}.core.windows.net/" for service in services]
