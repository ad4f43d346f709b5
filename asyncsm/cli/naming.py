"""Names of commands: each operation's group and verb, by rule from the name of its method.

The first word of a method is the verb, and the longest of `NOUNS` in the rest names the group; what is
left of the words stands behind the verb: ``add_network_security_group_to_subnet`` is
``network nsg add-to-subnet``. A noun that is not in the table makes a group of its own in the service's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from asyncsm.operations.facts import Operation

SERVICES: Final[Mapping[str, str]] = {
    "ServiceManagementService": "",
    "NetworkManagementService": "network",
    "SqlDatabaseManagementService": "sql",
    "ServiceBusManagementService": "sb",
    "WebsiteManagementService": "site",
    "ExpressRouteManagementService": "circuit",
    "SchedulerManagementService": "scheduler",
    "TrafficManagerManagementService": "network traffic-manager",
}
"""The group of a service's nouns that `NOUNS` does not have; of other services it is their name."""

NOUNS: Final[Mapping[str, str]] = {
    "affinity_group": "account affinity-group",
    "management_certificate": "account certificate",
    "resource_provider": "account provider",
    "subscription": "account subscription",
    "subscription_operation": "operation",
    "operation_status": "operation",
    "location": "location",
    "storage_account": "storage account",
    "storage_account_keys": "storage account keys",
    "hosted_service": "service",
    "service_certificate": "service certificate",
    "service_extension": "service extension",
    "extension": "service extension",
    "extension_image": "service extension image",
    "deployment": "deployment",
    "deployment_event": "deployment event",
    "package": "deployment package",
    "upgrade_domain": "deployment upgrade-domain",
    "role_instance": "deployment instance",
    "operating_system": "deployment os",
    "operating_system_family": "deployment os-family",
    "role": "vm",
    "virtual_machine": "vm",
    "role_size": "vm size",
    "data_disk": "vm disk",
    "resource_extension": "vm extension",
    "vm_image": "vm image",
    "os_image": "image",
    "disk": "disk",
    "network_security_group": "network nsg",
    "network_security_rule": "network nsg rule",
    "route_table": "network route-table",
    "route": "network route-table route",
    "effective_route_table": "network route-table effective",
    "ip_forwarding": "network ip-forwarding",
    "gateway": "network gateway",
    "gateway_site_connection": "network gateway connection",
    "gateway_shared_key": "network gateway key",
    "gateway_ipsec_parameters": "network gateway ipsec",
    "gateway_default_sites": "network gateway default-site",
    "gateway_diagnostics": "network gateway capture",
    "vpn_client_package": "network gateway client-package",
    "device_configuration_script": "network gateway device-script",
    "supported_devices": "network gateway device",
    "client_root_certificate": "network gateway root-certificate",
    "virtual_network_gateway": "network vnet-gateway",
    "virtual_network_gateway_diagnostics": "network vnet-gateway capture",
    "local_network_gateway": "network local-gateway",
    "gateway_connection": "network gateway-connection",
    "gateway_connection_shared_key": "network gateway-connection key",
    "gateway_connection_ipsec_parameters": "network gateway-connection ipsec",
    "dedicated_circuit": "circuit",
    "dedicated_circuit_service_provider": "circuit provider",
    "dedicated_circuit_stats": "circuit traffic",
    "authorized_dedicated_circuit": "circuit authorized",
    "bgp_peering": "circuit peering",
    "cross_connection": "circuit cross-connection",
    "dedicated_circuit_link": "circuit link",
    "dedicated_circuit_link_authorization": "circuit authorization",
    "link_authorization": "circuit authorization",
    "application_gateway": "network application-gateway",
    "application_gateway_configuration": "network application-gateway configuration",
    "application_gateway_certificate": "network application-gateway certificate",
    "reserved_ip_address": "network reserved-ip",
    "virtual_ip": "network virtual-ip",
    "static_ip_address": "network static-ip",
    "dns_server": "network dns-server",
    "internal_load_balancer": "network load-balancer",
    "load_balanced_endpoint_set": "network endpoint-set",
    "virtual_network": "network vnet",
    "virtual_network_site": "network vnet",
    "network_configuration": "network configuration",
    "server": "sql server",
    "database": "sql database",
    "database_copy": "sql database copy",
    "database_operation": "sql database operation",
    "namespace": "sb namespace",
    "queue": "sb queue",
    "topic": "sb topic",
    "notification_hub": "sb notification-hub",
    "relay": "sb relay",
    "site": "site",
    "publish_profile": "site publish-profile",
    "slot_configuration_names": "site slot-configuration",
    "backup": "site backup",
    "site_backup": "site backup",
    "backup_configuration": "site backup configuration",
    "web_hosting_plan": "site plan",
    "site_configuration": "site configuration",
    "site_repository": "site repository",
    "scheduler": "scheduler",
    "job": "scheduler job",
    "job_collection": "scheduler job-collection",
}
"""Words of methods, in the singular, with the groups they name; a plural means that it is meant."""

VERBS: Final[Mapping[str, str]] = {"get": "show", "shutdown": "stop"}

EXCEPTIONS: Final[Mapping[str, str]] = {
    "get_storage_account_keys": "storage account keys list",
    "create_virtual_machine_deployment": "vm create-deployment",
    "delete_role": "vm delete-role",
    "get_remote_desktop_file": "vm remote-desktop-file",
    "rollback_update_or_upgrade": "deployment rollback",
    "rollback_update_or_upgrade_by_slot": "deployment rollback-by-slot",
    # One that has disks is a "vm image"; the old SDK's methods without disks work on the others.
    "replicate_vm_image": "image replicate",
    "unreplicate_vm_image": "image unreplicate",
    "share_vm_image": "image share",
    "replicate_vm_image_with_disks": "vm image replicate",
    "unreplicate_vm_image_with_disks": "vm image unreplicate",
    "share_vm_image_with_disks": "vm image share",
    "check_dns_prefix_availability": "network traffic-manager profile check-name-availability",
    "backup_site": "site backup create",
    "restore_site": "site backup restore",
    "list_operations_of_database": "sql database operation list-of-database",
    "get_all_jobs": "scheduler job list",
    "update_state_of_all_jobs": "scheduler job update-state-of-all",
}


def path_of(operation: Operation) -> str:
    """Return the words of the operation's command, such as ``vm start``."""
    if operation.name in EXCEPTIONS:
        return EXCEPTIONS[operation.name]
    verb, *words = operation.name.split("_")
    group, plural, others = _group_of(words, _home(operation.service))
    if others in (["properties"], ["by", "name"]):
        others = []
    if plural and verb == "get":
        verb = "list"
    elif verb != "get" or not operation.changes:
        verb = VERBS.get(verb, verb)
    if plural and verb != "list":
        others = ["many", *others]
    return f"{group} {'-'.join([verb, *others])}"


def _home(service: str) -> str:
    plain = service.removesuffix("Service").removesuffix("Management")
    return SERVICES.get(service, re.sub(r"(?<=[a-z])(?=[A-Z])", "-", plain).lower())


def _group_of(words: Sequence[str], home: str) -> tuple[str, bool, list[str]]:
    """Return the group that words name, whether they do in the plural, and the words that are left."""
    for length in range(len(words), 0, -1):
        for begin in range(len(words) - length + 1):
            end = begin + length
            given = "_".join(words[begin:end])
            single = "_".join([*words[begin : end - 1], singular(words[end - 1])])
            if given in NOUNS or single in NOUNS:
                before = list(words[:begin])
                if before[-1:] == ["on"]:
                    before.pop()
                return NOUNS.get(given) or NOUNS[single], given not in NOUNS, [*before, *words[end:]]
    single = singular(words[-1]) if words else ""
    named = "-".join([*words[:-1], single])
    return f"{home} {named}".strip(), single != words[-1], []


def singular(word: str) -> str:
    """Return the singular of a plural; any other word as it is."""
    for plural, single in (("sses", "ss"), ("xes", "x"), ("ies", "y"), ("sites", "site"), ("copies", "copy")):
        if word.endswith(plural):
            return word.removesuffix(plural) + single
    if word.endswith(("ss", "us", "status", "properties", "details", "news")) or not word.endswith("s"):
        return word
    return word.removesuffix("s")
