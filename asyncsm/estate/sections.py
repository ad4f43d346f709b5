"""Entries of a plan for everything but virtual machines, from the inventory of a subscription."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Final

from asyncsm.estate.folding import Entry
from asyncsm.estate.inventory import Inventory, ServiceContents
from asyncsm.estate.saying import Said, Unsaid, named, said
from asyncsm.provisioning import specs
from asyncsm.provisioning.resources.storage import DEFAULT_ACCOUNT_TYPE
from asyncsm.wire.deployments import Deployment
from asyncsm.wire.properties import ExtendedProperties

GROUPING: Final = frozenset({"ResourceGroup", "ResourceLocation"})
"""Extended properties that the service sets by itself."""

CERTIFICATES: Final = "certificates"
CONFIGURATIONS: Final = "configurations"
"""Folders beside the plan, for its files."""

PACKAGE: Final = (
    "the package is not told, nor where it is; put it where the plan has it, or write where it is"
)
PRIVATE_KEY: Final = "private keys are not told: the file has the public part; replace it by the .pfx"


class Sections:
    """Makes the entries of a plan, without those of virtual machines.

    Args:
        inventory: what the subscription has.
        unsaid: takes what a plan cannot say.

    Attributes:
        files: content of the files that the entries refer to, by path.
    """

    def __init__(self, inventory: Inventory, unsaid: Unsaid) -> None:
        self._inventory = inventory
        self._unsaid = unsaid
        self.files: dict[str, bytes] = {}

    def affinity_groups(self) -> Iterator[Entry]:
        """Yield affinity groups."""
        for one in self._inventory.affinity_groups:
            yield named(one.name, said(one, specs.AffinityGroupSpec, "name"))

    def storage_accounts(self) -> Iterator[Entry]:
        """Yield storage accounts."""
        for one in self._inventory.storage_accounts:
            name, properties = one.service_name or "", one.storage_service_properties
            entry = named(name, _placed(said(properties, specs.StorageAccountSpec)))
            if entry.get("account_type") == DEFAULT_ACCOUNT_TYPE:
                del entry["account_type"]
            yield entry
            key = f"storage_account/{name}"
            self._unsaid.note("what is in storage accounts", key)
            self._own_properties(one.extended_properties, key)
            if properties.custom_domains:
                self._unsaid.note("custom_domains, which a plan has no word for", key)

    def reserved_ips(self) -> Iterator[Entry]:
        """Yield reserved addresses."""
        for one in self._inventory.reserved_ips:
            yield {"name": one.name, **said(one, specs.ReservedIPSpec, "name")}
            self._unsaid.note(
                "the addresses themselves, as others are reserved elsewhere", f"reserved_ip/{one.name}"
            )

    def os_images(self) -> Iterator[Entry]:
        """Yield images of the subscription's own."""
        for one in self._inventory.os_images:
            yield named(one.name or "", said(one, specs.OSImageSpec, "name"))
            derived = ("affinity_group", "category", "location", "logical_size_in_gb", "io_type", "os_state")
            told = ("published_date", "publisher_name", "is_premium", "show_in_gui")
            self._unsaid.rest(one, f"os_image/{one.name}", *specs.OSImageSpec.model_fields, *derived, *told)

    def disks(self, had: set[str], named_by: set[str]) -> Iterator[Entry]:
        """Yield the disks that no machine has, and those that machines have by their names.

        Args:
            had: names of the disks that machines have, in lower case.
            named_by: names of those that the entries of machines name.
        """
        for one in self._inventory.disks:
            name = one.name or ""
            if name.lower() not in had - named_by:
                yield named(name, said(one, specs.DiskSpec, "name"))

    def hosted_services(self) -> Iterator[Entry]:
        """Yield hosted services, with files of the public parts of their certificates."""
        for contents in self._inventory.services:
            properties, key = contents.service.hosted_service_properties, f"hosted_service/{contents.name}"
            own = self._own_properties(properties.extended_properties, "")
            entry = named(
                contents.name, _placed(said(properties, specs.HostedServiceSpec, "extended_properties"))
            )
            if own:
                entry["extended_properties"] = own
            certificates = [self._certificate(contents, one) for one in contents.certificates]
            if certificates:
                entry["certificates"] = [*certificates]
            yield entry
            if properties.reverse_dns_fqdn:
                self._unsaid.note("reverse_dns_fqdn, which a plan has no word for", key)
            for extension in contents.extensions:
                self._unsaid.note("extensions of hosted services", f"{key}: {extension.id}")

    def deployments(self) -> Iterator[Entry]:
        """Yield deployments of web and worker roles, with files of their configurations."""
        for contents, one in self._inventory.deployments():
            if has_machines(one):
                continue
            slot = one.deployment_slot or "Production"
            key = f"deployment/{contents.name}/{slot}".lower()
            stem = f"{contents.name}-{slot}".lower()
            path = f"{CONFIGURATIONS}/{stem}.cscfg"
            self.files[path] = (one.configuration or "").encode()
            entry: Said = {
                "service_name": contents.name,
                **({} if slot == "Production" else {"deployment_slot": str(slot)}),
                "package_url": f"{self._blobs_near(contents)}/packages/{stem}.cspkg",
                "configuration": path,
                **({} if one.label in {None, one.name} else {"label": one.label}),
                **({"start_deployment": False} if one.status == "Suspended" else {}),
            }
            properties = self._own_properties(one.extended_properties, "")
            yield {"name": one.name, **entry, **({"extended_properties": properties} if properties else {})}
            self._unsaid.note(PACKAGE, key)
            self._unsaid.note("settings in configurations may be secret: guard the files", key)
            if one.extension_configuration:
                self._unsaid.note("extension_configuration, which a plan has no word for", key)

    def others(self) -> None:
        """Note the kinds that plans do not have."""
        for image in self._inventory.vm_images:
            self._unsaid.note("VM images, which have to be there", image.name or "")

    def _certificate(self, contents: ServiceContents, one: object) -> Said:
        thumbprint, data = getattr(one, "thumbprint", "") or "", getattr(one, "data", "") or ""
        path = f"{CERTIFICATES}/{thumbprint}.cer"
        self.files[path] = base64.b64decode(data)
        self._unsaid.note(PRIVATE_KEY, f"certificate/{contents.name}/{thumbprint}")
        return {"file": path}

    def _own_properties(self, properties: ExtendedProperties, key: str) -> Said:
        """Return the properties that the service has not set by itself; note them if a `key` is given."""
        own: Said = {name: value for name, value in properties.items() if name not in GROUPING}
        if own and key:
            self._unsaid.note("extended_properties, which a plan has no word for", key)
        return own

    def _blobs_near(self, contents: ServiceContents) -> str:
        """Return the blob endpoint of an account for packages: in the service's region if there is one."""
        here = contents.service.hosted_service_properties.location
        accounts = [one.storage_service_properties for one in self._inventory.storage_accounts]
        for one in sorted(accounts, key=lambda each: each.location != here):
            for endpoint in one.endpoints[:1]:  # that of blobs comes first
                return endpoint.rstrip("/")
        return "https://packages.blob.core.windows.net"


def has_machines(deployment: Deployment) -> bool:
    """Return whether a deployment is one of virtual machines."""
    return any(role.role_type == "PersistentVMRole" for role in deployment.role_list)


def _placed(entry: Said) -> Said:
    """Leave out the location of what has an affinity group, which decides on it."""
    return {name: one for name, one in entry.items() if name != "location" or "affinity_group" not in entry}
