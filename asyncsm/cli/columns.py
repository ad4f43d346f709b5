"""Columns of tables: what of a reply a person wants to see, by the method that was called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from asyncsm.cli.output import Columns

_HOSTED: Final[Columns] = {
    "name": "service_name",
    "label": "hosted_service_properties.label",
    "location": "hosted_service_properties.location",
    "affinity group": "hosted_service_properties.affinity_group",
    "status": "hosted_service_properties.status",
}
_STORED: Final[Columns] = {
    "name": "service_name",
    "type": "storage_service_properties.account_type",
    "location": "storage_service_properties.location",
    "affinity group": "storage_service_properties.affinity_group",
    "status": "storage_service_properties.status",
}
_DEPLOYMENT: Final[Columns] = {
    "name": "name",
    "slot": "deployment_slot",
    "status": "status",
    "label": "label",
    "url": "url",
    "roles": "role_list.role_name",
    "instances": "role_instance_list.instance_name",
    "instance status": "role_instance_list.instance_status",
    "addresses": "virtual_ips.address",
    "network": "virtual_network_name",
    "upgrade domains": "upgrade_domain_count",
    "created": "created_time",
}
_MACHINE: Final[Columns] = {
    "name": "role_name",
    "size": "role_size",
    "system": "os_virtual_hard_disk.os",
    "image": "os_virtual_hard_disk.source_image_name",
    "disk": "os_virtual_hard_disk.disk_name",
    "data disks": "data_virtual_hard_disks.disk_name",
    "availability set": "availability_set_name",
    "subnets": "configuration_sets.subnet_names",
    "endpoints": "configuration_sets.input_endpoints.name",
    "ports": "configuration_sets.input_endpoints.port",
}
_KEYS: Final[Columns] = {
    "primary": "storage_service_keys.primary",
    "secondary": "storage_service_keys.secondary",
}
_DATABASE_OPERATION: Final[Columns] = {
    "operation": "name",
    "database": "database_name",
    "state": "state",
    "percent": "percent_complete",
    "error": "error",
    "started": "start_time",
    "id": "id",
}
_ALERT_RULE: Final[Columns] = {
    "id": "id",
    "name": "name",
    "enabled": "is_enabled",
    "resource": "condition.data_source.resource_id",
    "metric": "condition.data_source.metric_name",
    "operator": "condition.operator",
    "threshold": "condition.threshold",
    "window": "condition.window_size",
}


def _named(names: str) -> Columns:
    """Return columns that are called as the fields they show."""
    return {name.replace("_", " "): name for name in names.split()}


COLUMNS: Final[Mapping[str, Columns]] = {
    "list_hosted_services": _HOSTED,
    "get_hosted_service_properties": {
        **_HOSTED,
        "description": "hosted_service_properties.description",
        "created": "hosted_service_properties.date_created",
        "modified": "hosted_service_properties.date_last_modified",
        "properties": "hosted_service_properties.extended_properties",
        "url": "url",
        "deployments": "deployments.name",
        "slots": "deployments.deployment_slot",
        "deployment status": "deployments.status",
    },
    "list_storage_accounts": _STORED,
    "get_storage_account_properties": {
        **_STORED,
        "label": "storage_service_properties.label",
        "description": "storage_service_properties.description",
        "endpoints": "storage_service_properties.endpoints",
        "created": "storage_service_properties.creation_time",
        "properties": "extended_properties",
    },
    "get_storage_account_keys": _KEYS,
    "regenerate_storage_account_keys": _KEYS,
    "get_deployment_by_name": _DEPLOYMENT,
    "get_deployment_by_slot": _DEPLOYMENT,
    "get_role": _MACHINE,
    "list_locations": _named("name display_name available_services"),
    "list_role_sizes": _named("name cores memory_in_mb max_data_disk_count label"),
    "list_affinity_groups": _named("name location label description"),
    "list_management_certificates": {
        "thumbprint": "subscription_certificate_thumbprint",
        "created": "created",
    },
    "list_subscriptions": _named("subscription_id subscription_name subscription_status"),
    "list_operating_systems": _named("version label family_label is_default is_active"),
    "list_disks": {
        "name": "name",
        "system": "os",
        "gb": "logical_disk_size_in_gb",
        "service": "attached_to.hosted_service_name",
        "machine": "attached_to.role_name",
        "location": "location",
        "label": "label",
    },
    "list_os_images": {
        "name": "name",
        "system": "os",
        "gb": "logical_size_in_gb",
        "category": "category",
        "label": "label",
    },
    "list_vm_images": {
        "name": "name",
        "system": "os_disk_configuration.os",
        "state": "os_disk_configuration.os_state",
        "category": "category",
        "location": "location",
        "label": "label",
    },
    "list_resource_extensions": _named("publisher name version label"),
    "list_resource_extension_versions": _named("publisher name version label"),
    "list_service_certificates": _named("thumbprint thumbprint_algorithm certificate_url"),
    "list_service_extensions": _named("id type version provider_name_space thumbprint"),
    "list_available_extensions": _named("type version provider_name_space label"),
    "list_extension_versions": _named("type version provider_name_space label"),
    "list_publisher_extensions": _named("type version provider_name_space label"),
    "list_network_security_groups": _named("name location label state"),
    "list_route_tables": _named("name location label"),
    "list_virtual_network_gateways": _named(
        "gateway_name gateway_id gateway_type gateway_size state vip_address"
    ),
    "list_dedicated_circuits": _named(
        "circuit_name service_key service_provider_name location bandwidth service_provider_provisioning_state"
    ),
    "list_dedicated_circuit_service_providers": _named("name type dedicated_circuit_locations"),
    "list_dedicated_circuit_links": _named("vnet_name state"),
    "list_local_network_gateways": _named("gateway_name id ip_address"),
    "list_gateway_connections": _named("gateway_connection_name connected_entity_id gateway_connection_type"),
    "list_gateway_site_connections": _named("local_network_site_name connectivity_state"),
    "list_client_root_certificates": _named("thumbprint subject expiration_time"),
    "list_application_gateways": _named("name vnet_name gateway_size instance_count state"),
    "list_application_gateway_certificates": _named("name state"),
    "list_definitions": {
        "version": "version",
        "method": "policy.load_balancing_method",
        "endpoints": "policy.endpoints.domain_name",
        "state": "policy.monitor_status",
    },
    "list_profiles": _named("name domain_name status"),
    "list_reserved_ip_addresses": _named("name address location in_use service_name deployment_name"),
    "list_virtual_network_sites": {
        "name": "name",
        "location": "location",
        "affinity group": "affinity_group",
        "address space": "address_space.address_prefixes",
        "subnets": "subnets.name",
        "state": "state",
        "in use": "in_use",
    },
    "list_namespaces": _named("name region status namespace_type servicebus_endpoint created_at"),
    "list_queues": _named("name status max_size_in_megabytes message_count lock_duration created_at"),
    "list_topics": _named("name status max_size_in_megabytes subscription_count created_at"),
    "list_notification_hubs": _named("name registration_ttl"),
    "list_authorization_rules": _named("key_name rights claim_type created_time modified_time"),
    "list_servers": _named("name location version administrator_login fully_qualified_domain_name state"),
    "list_databases": _named("name edition state max_size_gb collation_name creation_date"),
    "list_firewall_rules": _named("name start_ip_address end_ip_address"),
    "list_quotas": _named("name value"),
    "list_service_level_objectives": _named("id name is_default enabled description"),
    "list_recoverable_databases": _named("name edition last_available_backup_date entity_id"),
    "list_restorable_dropped_databases": _named("name edition deletion_date entity_id"),
    "list_sites": _named("name state host_names sku web_space server_farm"),
    "list_webspaces": _named("name geo_region plan status availability_state"),
    "list_web_hosting_plans": _named("name sku status number_of_workers worker_size web_space"),
    "list_metric_definitions": {
        "name": "name",
        "display name": "display_name",
        "unit": "unit",
        "aggregation": "primary_aggregation",
        "time grains": "metric_availabilities.time_grain",
        "alertable": "is_alertable",
    },
    "list_metric_values": {
        "name": "name",
        "unit": "unit",
        "times": "metric_values.timestamp",
        "average": "metric_values.average",
        "minimum": "metric_values.minimum",
        "maximum": "metric_values.maximum",
        "total": "metric_values.total",
        "count": "metric_values.count",
    },
    "list_metric_settings": {
        "resource": "resource_id",
        "endpoints": "value.endpoints.url",
        "places": "value.available_locations.name",
    },
    "list_alert_rules": _ALERT_RULE,
    "get_alert_rule": {
        **_ALERT_RULE,
        "description": "description",
        "mail to owners": "actions.send_to_service_owners",
        "mail to": "actions.custom_emails",
        "updated": "last_updated_time",
    },
    "get_cluster": {
        "name": "cluster.dns_name",
        "state": "cluster.state",
        "location": "cluster.location",
        "version": "cluster.version",
        "nodes": "cluster.cluster_role_collection.friendly_name",
        "counts": "cluster.cluster_role_collection.instance_count",
        "sizes": "cluster.cluster_role_collection.vm_size",
        "address": "cluster.fully_qualified_dns_name",
        "created": "cluster.created_time",
        "error": "error.error_message",
    },
    "get_cloud_service": {
        "name": "name",
        "region": "geo_region",
        "label": "label",
        "description": "description",
        "resources": "resources.name",
        "types": "resources.type",
        "states": "resources.state",
    },
    "list_cloud_services": _named("name geo_region label description"),
    "get_all_jobs": {
        "id": "id",
        "state": "state",
        "action": "action.type",
        "url": "action.request.uri",
        "every": "recurrence.interval",
        "of": "recurrence.frequency",
        "next": "status.next_execution_time",
    },
    "list_database_operations": _DATABASE_OPERATION,
    "list_operations_of_database": _DATABASE_OPERATION,
}

SECRETS: Final = frozenset(
    {
        "get_storage_account_keys",
        "regenerate_storage_account_keys",
        "get_namespace_connection_details",
        "get_queue_connection_details",
        "get_topic_connection_details",
        "get_notification_hub_connection_details",
        "get_relay_connection_details",
        "get_authorization_rule",
        "get_publish_profile",
        "get_gateway_shared_key",
        "get_gateway_connection_shared_key",
    }
)
"""Methods that are called for the keys and passwords they return."""


def of(method: str) -> Columns:
    """Return the columns for what a method returns; without any, the plain values are shown."""
    return COLUMNS.get(method, {})
