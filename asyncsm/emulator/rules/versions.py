"""Documents as versions of the service know them: elements that came later are left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

from asyncsm.wire.base import XmlModel

ModelT = TypeVar("ModelT", bound=XmlModel)

DEPLOYMENT: Final[Mapping[str, str]] = {
    "upgrade_domain_count": "2011-06-01",
    "sdk_version": "2011-06-01",
    "locked": "2011-06-01",
    "rollback_allowed": "2011-06-01",
    "created_time": "2012-03-01",
    "last_modified_time": "2012-03-01",
    "extended_properties": "2012-03-01",
    "virtual_network_name": "2012-03-01",
    "dns": "2012-03-01",
    "persistent_vm_downtime_info": "2012-03-01",
    "virtual_ips": "2012-03-01",
    "extension_configuration": "2013-03-01",
    "internal_dns_suffix": "2013-11-01",
    "load_balancers": "2014-05-01",
    "reserved_ip_name": "2014-05-01",
    "virtual_network_id": "2015-04-01",
}

SERVICE: Final[Mapping[str, str]] = {"default_win_rm_certificate_thumbprint": "2012-03-01"}

SERVICE_PROPERTIES: Final[Mapping[str, str]] = {
    "status": "2012-03-01",
    "date_created": "2012-03-01",
    "date_last_modified": "2012-03-01",
    "extended_properties": "2012-03-01",
    "reverse_dns_fqdn": "2014-06-01",
}

AVAILABILITY: Final[Mapping[str, str]] = {"reason": "2013-03-01"}

INSTANCE: Final[Mapping[str, str]] = {
    "instance_upgrade_domain": "2011-06-01",
    "instance_fault_domain": "2011-06-01",
    "instance_size": "2011-06-01",
    "instance_state_details": "2011-10-01",
    "instance_error_code": "2011-10-01",
    "ip_address": "2012-03-01",
    "instance_endpoints": "2012-03-01",
    "power_state": "2012-03-01",
    "host_name": "2012-03-01",
    "remote_access_certificate_thumbprint": "2012-08-01",
    "guest_agent_status": "2014-04-01",
    "resource_extension_status_list": "2014-04-01",
    "public_ips": "2014-05-01",
    "network_interfaces": "2014-08-01",
    "maintenance_status": "2017-01-01",
}

INSTANCE_ENDPOINT: Final[Mapping[str, str]] = {
    "vip": "2011-06-01",
    "idle_timeout_in_minutes": "2014-06-01",
}

ROLE: Final[Mapping[str, str]] = {
    "resource_extension_references": "2013-10-01",
    "provision_guest_agent": "2013-10-01",
    "vm_image_name": "2013-11-01",
    "debug_settings": "2015-09-01",
    "license_type": "2016-03-01",
}

NETWORK: Final[Mapping[str, str]] = {
    "subnet_names": "2012-03-01",
    "static_virtual_network_ip_address": "2013-11-01",
    "public_ips": "2014-05-01",
    "network_interfaces": "2014-08-01",
    "network_security_group": "2014-10-01",
}

ENDPOINT: Final[Mapping[str, str]] = {
    "vip": "2011-06-01",
    "load_balancer_name": "2014-05-01",
    "idle_timeout_in_minutes": "2014-06-01",
    "virtual_ip_name": "2015-04-01",
}

MIGRATING_SINCE: Final = "2016-03-01"
"""The version from which replies show how a migration to Resource Manager stands. [protocol 1.7]"""

IMAGE_DISKS_TAGGED_SINCE: Final = "2016-03-01"
"""The version from which disks of VM images have a number by chance in their names.

The service began with it between 5 and 18 February 2016, whichever version asked. [rec compute, 9 of 9] The emulator's
clock has no date of its own, so that it goes by the version. [guess]
"""

GATEWAYS_SINCE: Final = "2015-04-01"
"""A version after the last one that was recorded without ids and default sites of gateways, and results of operations."""

GATEWAY: Final[Mapping[str, str]] = {"gateway_id": GATEWAYS_SINCE, "default_sites": GATEWAYS_SINCE}

DISK: Final[Mapping[str, str]] = {"io_type": "2014-10-01"}

SYSTEM_DISK: Final[Mapping[str, str]] = {"remote_source_image_link": "2014-05-01", **DISK}

EXTENSION: Final[Mapping[str, str]] = {"sequence_number": "2014-06-01", "state": "2014-06-01"}

PUBLISHED: Final[Mapping[str, str]] = dict.fromkeys(
    ("replication_completed", "eula", "privacy_uri", "homepage_uri", "is_json_extension"), "2014-04-01"
)

STORAGE_ACCOUNT: Final[Mapping[str, str]] = {
    "extended_properties": "2012-03-01",
    "migration_state": MIGRATING_SINCE,
}

SUBSCRIPTION: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            f"{kind}_{counted}"
            for kind in ("max", "current")
            for counted in ("virtual_network_sites", "local_network_sites", "dns_servers")
        ),
        "2012-03-01",
    ),
    **dict.fromkeys(("max_reserved_ips", "current_reserved_ips", "max_public_ip_count"), "2014-05-01"),
    **dict.fromkeys(
        (
            "current_network_security_groups",
            "max_network_security_groups",
            "max_network_security_rules_per_group",
            "max_route_tables",
            "max_routes_per_route_table",
        ),
        "2014-10-01",
    ),
}
"""The versions from which a part of a reply has these elements; others it always had. [protocol 1.7]"""


WORDS_SINCE: Final = "2011-10-01"
"""The version from which the states of instances have the words they have now. [protocol 5.2]"""

_EARLIER_WORDS: Final[Mapping[str, str]] = {
    "ReadyRole": "Ready",
    "BusyRole": "Busy",
    "StoppingRole": "Stopping",
    "StoppingVM": "Stopping",
    "StoppingAndDeallocating": "Stopping",
    "DeletingVM": "Stopping",
    "StoppedVM": "Stopped",
    "StoppedDeallocated": "Stopped",
    "UnresponsiveRole": "Unresponsive",
    "FailedStartingRole": "Unresponsive",
    "FailedStartingVM": "Unresponsive",
}
"""The words for states before; all others were ``Initializing``. Which word stood for which is a [guess]."""


def instance_status(status: str, version: str) -> str:
    """The state of an instance in the words of `version`."""
    return status if version >= WORDS_SINCE else _EARLIER_WORDS.get(status, "Initializing")


def known(document: ModelT, since: Mapping[str, str], version: str) -> ModelT:
    """Return `document` as `version` knows it."""
    later = {name: None for name, first in since.items() if version < first}
    if not later:
        return document
    left = document.model_copy(update=later)
    left.model_fields_set.difference_update(later)  # what is set to nothing would be told as nil
    return left


def all_known(documents: Iterable[ModelT], since: Mapping[str, str], version: str) -> list[ModelT]:
    """Return `documents` as `version` knows each of them."""
    return [known(one, since, version) for one in documents]


def step(since: Mapping[str, str], version: str) -> str:
    """Return the first version that knows what `version` does, of documents with these elements."""
    return max((first for first in since.values() if first <= version), default="")
