"""Names that deployments and machines use or only mention, by which it shows what serves somebody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from asyncsm.estate.inventory import Inventory, ServiceContents
from asyncsm.wire.encoding import decode_base64
from asyncsm.wire.hdinsight import Cluster
from asyncsm.wire.roles import Role

_ACCOUNT = re.compile(
    r"account(?:name)?\W{1,4}([a-z0-9]{3,24})\b|\b([a-z0-9]{3,24})\.(?:blob|table|queue|file)\."
)
_THUMBPRINT = re.compile(r"\b[0-9a-f]{40}\b")


class Mentions:
    """Names in what is known of deployments, in lower case.

    Attributes:
        machines: pairs of a hosted service and a machine in it, as they are spelt.
        images: images of which machines are made.
        accounts: storage accounts in configurations, in settings of extensions, where consoles are copied to,
            and where HDInsight clusters have their files.
        addresses: reserved addresses of deployments.
    """

    def __init__(self, inventory: Inventory) -> None:
        self.machines: set[tuple[str, str]] = set()
        self.images: set[str] = set()
        self.accounts: set[str] = set()
        self.addresses: set[str] = set()
        for contents, deployment in inventory.deployments():
            self.addresses.add((deployment.reserved_ip_name or "").lower())
            for role in deployment.role_list:
                self.machines.add((contents.name, role.role_name or ""))
                names = (role.vm_image_name, role.os_virtual_hard_disk.source_image_name)
                self.images |= {name.lower() for name in names if name}
        texts = [*chain.from_iterable(map(_texts, inventory.services))]
        texts += chain.from_iterable(map(_texts_of_cluster, inventory.clusters))
        for text in texts:
            self.accounts |= {name or other for name, other in _ACCOUNT.findall(text.lower())}


def thumbprints(contents: ServiceContents) -> set[str]:
    """Return the thumbprints, in lower case, in what is known of a hosted service's deployments and extensions."""
    return {found for text in _texts(contents) for found in _THUMBPRINT.findall(text.lower())}


def _texts(contents: ServiceContents) -> Iterator[str]:
    yield contents.service.default_win_rm_certificate_thumbprint or ""
    for extension in contents.extensions:
        yield from (extension.thumbprint or "", extension.public_configuration or "")
    for deployment in contents.deployments:
        yield deployment.configuration or ""
        for instance in deployment.role_instance_list:
            yield instance.remote_access_certificate_thumbprint or ""
        for role in deployment.role_list:
            yield from _texts_of(role)


def _texts_of_cluster(cluster: Cluster) -> Iterator[str]:
    yarn = cluster.components.yarn
    applications = yarn.applications if yarn is not None else None
    for application in applications or []:
        files = application.default_storage_account_and_container
        yield (files.account_dns_name or "") if files is not None else ""
        yield application.additional_storage_containers or ""


def _texts_of(role: Role) -> Iterator[str]:
    yield role.default_win_rm_certificate_thumbprint or ""
    if role.debug_settings is not None:
        yield role.debug_settings.console_screenshot_blob_uri or ""
    for reference in role.resource_extension_references:
        yield from (one.thumbprint or "" for one in reference.certificates)
        yield from (decode_base64(one.value or "") for one in reference.resource_extension_parameter_values)
