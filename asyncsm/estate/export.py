"""A subscription as a plan: `export_plan` reads it, `Export.write` writes the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import JsonValue, ValidationError

from asyncsm import texts
from asyncsm.errors import InvalidArgument
from asyncsm.estate.folding import Entry, folded
from asyncsm.estate.inventory import Inventory, take_inventory
from asyncsm.estate.machines import Machines
from asyncsm.estate.networks import network_entries
from asyncsm.estate.saying import Unsaid
from asyncsm.estate.sections import Sections
from asyncsm.estate.siblings import Siblings
from asyncsm.provisioning.defaults import KINDS, SECTIONS
from asyncsm.provisioning.plan import VERSION, Plan
from asyncsm.provisioning.resources import Site
from asyncsm.services import ServiceManagementService
from asyncsm.wire.document import first_of
from asyncsm.wire.vm_images import VMImage

SHORT: Final = 90
"""The most characters of an object that is written in one line."""


@dataclass(frozen=True, slots=True)
class Export:
    """A plan of what a subscription has.

    Attributes:
        plan: the plan.
        document: the plan as it is written.
        files: content of the files that it refers to, by path from its directory.
        unsaid: what a plan cannot say, with the keys of the resources of which that is so.
        remarks: the same, a line for each.
    """

    plan: Plan
    document: Mapping[str, JsonValue]
    files: Mapping[str, bytes]
    unsaid: Mapping[str, list[str]]
    remarks: tuple[str, ...]

    def text(self) -> str:
        """Return the plan in YAML, with the remarks in front of it.

        Raises:
            InvalidArgument: YAML needs a further package.
        """
        try:
            import yaml
        except ImportError as error:
            raise InvalidArgument("plan", "YAML needs pip install 'asyncsm[plans]'") from error
        heading = ["Not in this plan:", *(f"- {one}" for one in self.remarks)] if self.remarks else []
        comments = "".join(f"# {' '.join(line.split())}\n" for line in heading)

        class Dumper(texts.yaml_dumper()):  # type: ignore[misc]  # a base made here
            """Writes an object in one line if it fits and has no others in it."""

            def represent_mapping(self, *args: Any, **more: Any) -> yaml.MappingNode:
                node: yaml.MappingNode = super().represent_mapping(*args, **more)
                length = sum(len(str(one.value)) + 2 for pair in node.value for one in pair)
                node.flow_style = node.flow_style and length <= SHORT
                return node

        dumped = yaml.dump(
            dict(self.document),
            Dumper=Dumper,
            sort_keys=False,
            allow_unicode=True,
            width=999,
            default_flow_style=None,
        )
        return comments + str(dumped)

    def write(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the plan, and its files beside it; those may have secrets, so only the user can read them.

        Args:
            path: the plan's file, in YAML.
            overwrite: replace files that are there.

        Raises:
            InvalidArgument: a file is there already, or the name does not end as that of a YAML file.
            OSError: a file cannot be written.
        """
        path = Path(path)
        contents = {path: self.text().encode()}
        contents |= {path.parent / name: content for name, content in self.files.items()}
        check_target(path, *contents, overwrite=overwrite)
        for file, content in contents.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.unlink(missing_ok=True)
            file.touch(0o600, exist_ok=False)
            file.write_bytes(content)


def check_target(path: Path, *files: Path, overwrite: bool) -> None:
    """See whether a plan, and the files beside it, can be written there.

    Raises:
        InvalidArgument: a file is there already, or the name does not end as that of a YAML file.
    """
    if path.suffix.lower() not in {".yaml", ".yml"}:
        raise InvalidArgument("plan", f"{path}: an exported plan is a .yaml file")
    for file in (path, *files):
        if file.is_dir() or (file.exists() and not overwrite):
            raise InvalidArgument("plan", f"{file} is there already")


async def export_plan(
    services: ServiceManagementService | Mapping[str, ServiceManagementService], name: str = "export"
) -> Export:
    """Read a subscription, and return a plan of what it has; secrets are references in it.

    Args:
        services: a client of the subscription; of several, a client of each, by the name that the plan is to have
            for it. Then each entry says where it is, unless that is where what it is in is.
        name: the plan's name.

    Raises:
        AsyncsmError: a subscription cannot be read.
    """
    unsaid = Unsaid()
    document: dict[str, JsonValue] = {"version": VERSION, "name": name}
    found: dict[str, list[Entry]] = {section: [] for section in SECTIONS}
    files: dict[str, bytes] = {}
    if isinstance(services, Mapping):
        document["subscriptions"] = [*services]
        for where, sms in services.items():
            entries, own = await _read(sms, unsaid)
            files |= own
            for section in SECTIONS:
                _placed(where, section, entries[section], found[section], unsaid)
    else:
        found, files = await _read(services, unsaid)
    location = _usual_location(found)
    if location is not None:
        document["location"] = location
    document |= {section: [*folded(entries)] for section, entries in found.items() if entries}
    plan = Plan.model_validate(document)
    for problem in plan.problems():
        unsaid.note(f"a plan may not have this: {problem}")
    return Export(plan, document, files, unsaid.all(), tuple(unsaid.lines()))


async def _read(
    sms: ServiceManagementService, unsaid: Unsaid
) -> tuple[dict[str, list[Entry]], dict[str, bytes]]:
    """Read a subscription; return entries by section, and files by path."""
    inventory = await take_inventory(sms)
    sections = Sections(inventory, unsaid)
    found = _of_the_core(sections, Machines(inventory, await _vm_images(sms, inventory), unsaid))
    found |= await network_entries(sms, inventory, unsaid)
    found |= await Siblings(Site(sms, Path()), unsaid).entries()
    sections.others()
    return {section: [*_possible(section, found[section], unsaid)] for section in SECTIONS}, sections.files


def _placed(where: str, section: str, entries: list[Entry], before: list[Entry], unsaid: Unsaid) -> None:
    """Add the entries of a subscription to those of others; a name can be there once, in one or where it is needed."""
    kind = section.removesuffix("s")
    owner = KINDS[kind].owner_field
    known = {_identity(one, owner): one for one in before}
    for one in entries:
        other = known.get(_identity(one, owner))
        if other is None:
            before.append(one if owner else {**one, "subscription": where})
        elif {**other, "subscription": where} == {**one, "subscription": where}:
            other.pop("subscription", None)
        else:
            unsaid.note(
                "what has the name of something in another subscription", f"{kind}/{one['name']} in {where}"
            )


def _identity(entry: Entry, owner: str) -> str:
    return f"{entry.get(owner, '')}/{entry['name']}".lower()


async def _vm_images(sms: ServiceManagementService, inventory: Inventory) -> dict[str, VMImage]:
    """Return the VM images of which machines are made; the list of all is read only if need be."""
    own = {(one.name or "").lower(): one for one in inventory.vm_images}
    names = {
        role.vm_image_name.lower()
        for _, deployment in inventory.deployments()
        for role in deployment.role_list
        if role.vm_image_name
    }
    listed = await sms.list_vm_images() if names - own.keys() else ()
    return {(one.name or "").lower(): one for one in listed} | own


def _of_the_core(sections: Sections, machines: Machines) -> dict[str, list[Entry]]:
    return {
        "virtual_machines": machines.entries(),
        "disks": [*sections.disks(machines.had, machines.named)],
        "affinity_groups": [*sections.affinity_groups()],
        "storage_accounts": [*sections.storage_accounts()],
        "reserved_ips": [*sections.reserved_ips()],
        "os_images": [*sections.os_images()],
        "hosted_services": [*sections.hosted_services()],
        "deployments": [*sections.deployments()],
    }


def _possible(section: str, entries: list[Entry], unsaid: Unsaid) -> Iterator[Entry]:
    """Yield the entries that a plan can have."""
    kind = section.removesuffix("s")
    for one in entries:
        try:
            KINDS[kind].model_validate(one)
        except ValidationError as error:
            unsaid.note(f"a plan cannot have it: {first_of(error).message}", f"{kind}/{one['name']}")
        else:
            yield one


def _usual_location(found: dict[str, list[Entry]]) -> str | None:
    """Return the location that most entries have, and leave it out of them."""
    located = [one for entries in found.values() for one in entries if "location" in one]
    usual = next((name for name, _ in Counter(str(one["location"]) for one in located).most_common(1)), None)
    for one in located:
        if one["location"] == usual:
            del one["location"]
    return usual
