"""Plans: the resources wanted in a subscription, as data, and the checks of a plan."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, JsonValue, ValidationError, model_validator

from asyncsm.errors import AsyncsmError, InvalidArgument
from asyncsm.operations import arguments
from asyncsm.provisioning import specs
from asyncsm.provisioning.defaults import KINDS, Defaults, merged
from asyncsm.provisioning.expansion import TemplateError, expand
from asyncsm.provisioning.machine_specs import VirtualMachineSpec
from asyncsm.provisioning.specs import Part, Spec

VERSION: Final = 1
SCHEMA_ID: Final = "urn:asyncsm:plan:1"

MACHINES_OF_A_DEPLOYMENT: Final = 50
"""The most virtual machines one deployment can have."""

SECTIONS: Final = tuple(f"{kind}s" for kind in KINDS)

Path_ = tuple[str | int, ...]


class Problem(BaseModel):
    """Something wrong with a plan.

    Attributes:
        path: names and indices that lead to the field.
        message: what is wrong with it.
        file: the plan's file, if it came from one.
        line: the line in the file, from 1.
        column: the column in the line, from 1.
    """

    path: tuple[str | int, ...]
    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        where = ":".join(str(each) for each in (self.file, self.line, self.column) if each is not None)
        return ": ".join(each for each in (where, dotted(self.path), self.message) if each)


def dotted(path: Path_) -> str:
    """Write a path for people: ``virtual_machines[0].role_size``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


class PlanError(InvalidArgument):
    """Raised for a plan that is not valid.

    Attributes:
        problems: all that is wrong with it.
        plan: the plan, if its fields are what they should be, and it contradicts itself.
    """

    def __init__(self, problems: list[Problem], plan: Plan | None = None) -> None:
        super().__init__("plan", "\n".join(str(one) for one in problems))
        self.problems: list[Problem] = problems
        self.plan: Plan | None = plan

    def __str__(self) -> str:
        return "\n".join(str(one) for one in self.problems)


class Plan(Part):
    """A plan: the resources wanted in a subscription.

    Raises:
        ValidationError: it is not valid; `load_plan` also says where in the file.
    """

    version: Literal[1] = VERSION
    """The version of the form of plans."""
    name: str = Field(min_length=1, max_length=100)
    """The plan's name, for its journal and reports."""
    location: str | None = None
    """The location of all entries that have neither a location nor an affinity group."""
    defaults: Defaults = Field(default_factory=Defaults)
    """Values for fields that the entries of a kind leave out."""
    affinity_groups: tuple[specs.AffinityGroupSpec, ...] = ()
    """Affinity groups."""
    storage_accounts: tuple[specs.StorageAccountSpec, ...] = ()
    """Storage accounts."""
    reserved_ips: tuple[specs.ReservedIPSpec, ...] = ()
    """Reserved IP addresses."""
    os_images: tuple[specs.OSImageSpec, ...] = ()
    """Operating system images, whose blobs are there already."""
    disks: tuple[specs.DiskSpec, ...] = ()
    """Disks, whose blobs are there already."""
    hosted_services: tuple[specs.HostedServiceSpec, ...] = ()
    """Hosted services, with their certificates."""
    deployments: tuple[specs.DeploymentSpec, ...] = ()
    """Deployments of web and worker roles."""
    virtual_machines: tuple[VirtualMachineSpec, ...] = ()
    """Virtual machines."""

    @model_validator(mode="before")
    @classmethod
    def _with_defaults(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not isinstance(data.get("defaults"), dict):
            return data
        filled = dict(data)
        for section in SECTIONS:
            default = data["defaults"].get(section.removesuffix("s"))
            entries = data.get(section)
            if isinstance(default, dict) and isinstance(entries, (list, tuple)):
                filled[section] = [
                    merged(default, entry) if isinstance(entry, dict) else entry for entry in entries
                ]
        return filled

    def problems(self, base: str | Path | None = None) -> list[Problem]:
        """Check what the types of the fields cannot say: names, references and files.

        Args:
            base: the directory of its files; ``None`` to leave files unchecked.
        """
        return list(_Checks(self, None if base is None else Path(base)).all())

    def copies(self) -> Mapping[str, list[tuple[Path_, Any]]]:
        """Return what `expanded` has, by section, each with the place of its entry in the plan.

        Raises:
            PlanError: a template cannot be filled in.
        """
        copies, problems = _expand(self)
        if problems:
            raise PlanError(problems)
        return copies

    def expanded(self) -> Plan:
        """Return the plan with all counts expanded, and templates and locations filled in.

        Raises:
            PlanError: a template cannot be filled in.
        """
        return self.model_copy(
            update={section: tuple(one for _, one in found) for section, found in self.copies().items()}
        )

    def digest(self) -> str:
        """Return a hash of the plan's content."""
        document = self.model_dump_json(exclude_defaults=True)
        return hashlib.sha256(document.encode()).hexdigest()[:16]

    @classmethod
    def json_schema(cls) -> dict[str, JsonValue]:
        """Return the JSON Schema of plans, for editors."""
        schema: dict[str, JsonValue] = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": SCHEMA_ID,
            **cls.model_json_schema(),
        }
        schema["title"] = "asyncsm plan"
        return schema


_Copies = dict[str, list[tuple[Path_, Any]]]


def _expand(plan: Plan) -> tuple[_Copies, list[Problem]]:
    """Expand all entries; each copy comes with the path of its entry."""
    problems: list[Problem] = []
    copies: _Copies = {section: [] for section in SECTIONS}
    for section, expanded in copies.items():
        for place, entry in enumerate(getattr(plan, section)):
            try:
                expanded.extend(((section, place), _placed(one, plan.location)) for one in expand(entry))
            except TemplateError as error:
                problems.append(_problem((section, place, *error.path), str(error)))
            except ValidationError as error:
                first = error.errors(include_input=False, include_url=False, include_context=False)[0]
                problems.append(_problem((section, place, *first["loc"]), first["msg"]))
    return copies, problems


def _placed(spec: Spec, location: str | None) -> Spec:
    nowhere = "location" in type(spec).model_fields and getattr(spec, "location") is None  # noqa: B009
    if location is None or not nowhere or getattr(spec, "affinity_group", None) is not None:
        return spec
    return spec.model_copy(update={"location": location})


class _Checks:
    """The checks of a plan that need no answer of the service."""

    def __init__(self, plan: Plan, base: Path | None) -> None:
        self._plan = plan
        self._base = base
        self._copies, self._unexpanded = _expand(plan)

    def all(self) -> Iterator[Problem]:
        if self._unexpanded:
            yield from self._unexpanded
            return
        yield from self._names()
        yield from self._places()
        yield from self._slots()
        yield from self._machines()
        yield from self._ports()
        yield from self._regions()
        if self._base is not None:
            yield from self._files(self._base)

    def _names(self) -> Iterator[Problem]:
        rules = {
            "hosted_services": arguments.hosted_service_name,
            "storage_accounts": arguments.storage_account_name,
        }
        for section in SECTIONS:
            seen: dict[str, Path_] = {}
            told: set[Path_] = set()  # the mistake of an entry with many copies is reported once
            for path, one in self._copies[section]:
                service = f"{one.service_name}/" if section == "virtual_machines" else ""
                name = f"{service}{one.name}".lower()
                if section == "deployments" or path in told:
                    continue
                if name in seen:
                    hint = "; a count wants a name with {index}" if seen[name] == path else ""
                    yield _problem((*path, "name"), f"{name} is there twice{hint}")
                    told.add(path)
                    continue
                seen[name] = path
                try:
                    rules.get(section, lambda text: text)(one.name)
                except AsyncsmError as error:
                    yield _problem((*path, "name"), f"{one.name!r}: {error}")
                    told.add(path)

    def _places(self) -> Iterator[Problem]:
        groups = {one.name.lower() for _, one in self._copies["affinity_groups"]}
        for section in ("affinity_groups", "storage_accounts", "reserved_ips", "hosted_services"):
            for place, entry in enumerate(getattr(self._plan, section)):
                one = _placed(entry, self._plan.location)
                group = getattr(one, "affinity_group", None)
                if one.location is None and group is None:  # type: ignore[attr-defined]
                    wanted = "location or affinity_group" if hasattr(one, "affinity_group") else "location"
                    yield _problem((section, place), f"needs a {wanted}, or the plan a location")
                elif entry.location is not None and group is not None:
                    yield _problem((section, place), "has a location and an affinity_group")
                elif group is not None and "{" not in group:
                    yield from _misspelt((section, place, "affinity_group"), group, groups)

    def _slots(self) -> Iterator[Problem]:
        taken: dict[tuple[str, str], str] = {}
        names: set[tuple[str, str]] = set()
        for path, one in self._copies["deployments"]:
            slot = (one.service_name.lower(), one.deployment_slot)
            if slot in taken:
                yield _problem(path, f"the {slot[1]} slot of {one.service_name} has {taken[slot]} already")
            elif (slot[0], one.name.lower()) in names:
                yield _problem(
                    (*path, "name"), f"{one.service_name} has a deployment {one.name.lower()} already"
                )
            taken.setdefault(slot, one.name)
            names.add((slot[0], one.name.lower()))
        for path, one in self._copies["virtual_machines"]:
            other = taken.get((one.service_name.lower(), "Production"))
            if other is not None:
                yield _problem(
                    (*path, "service_name"),
                    f"the Production slot of {one.service_name} has the deployment {other}",
                )
                break
        services = {one.name.lower() for _, one in self._copies["hosted_services"]}
        for section in ("deployments", "virtual_machines"):
            for path, one in self._copies[section]:
                misspelt = _misspelt((*path, "service_name"), one.service_name, services)
                if misspelt:
                    yield from misspelt
                    break

    def _machines(self) -> Iterator[Problem]:
        names: dict[str, str] = {}
        counts: dict[str, int] = {}
        for path, one in self._copies["virtual_machines"]:
            service = one.service_name.lower()
            deployment = (one.deployment_name or one.service_name).lower()
            if names.setdefault(service, deployment) != deployment:
                yield _problem(
                    (*path, "deployment_name"),
                    f"machines of {one.service_name} are in the deployment {names[service]} already",
                )
            counts[service] = counts.get(service, 0) + 1
            if counts[service] == MACHINES_OF_A_DEPLOYMENT + 1:
                yield _problem(
                    (*path, "service_name"),
                    f"{one.service_name} has more than {MACHINES_OF_A_DEPLOYMENT} machines;"
                    " group_size and {group} spread them over several services",
                )
        for place, entry in enumerate(self._plan.virtual_machines):
            if (entry.os_virtual_hard_disk is None) == (entry.vm_image_name is None):
                yield _problem(
                    ("virtual_machines", place), "give either os_virtual_hard_disk or vm_image_name"
                )
            luns = [
                number if one.lun is None else one.lun
                for number, one in enumerate(entry.data_virtual_hard_disks)
            ]
            for number, lun in enumerate(luns):
                if lun in luns[:number]:
                    where = ("virtual_machines", place, "data_virtual_hard_disks", number)
                    yield _problem(where, f"is at LUN {lun}, where another one is already")
            disk = entry.os_virtual_hard_disk
            origins = ("source_image_name", "disk_name", "media_link", "remote_source_image_link", "os")
            if disk is not None and not any(getattr(disk, origin) for origin in origins):
                yield _problem(
                    ("virtual_machines", place, "os_virtual_hard_disk"),
                    "needs a source_image_name, disk_name, media_link or remote_source_image_link",
                )

    def _ports(self) -> Iterator[Problem]:
        """Machines of a deployment have one address, so that each public port is one machine's, or one set's."""
        taken: dict[tuple[str, str, int], tuple[str, str | None]] = {}
        told: set[Path_] = set()
        for path, one in self._copies["virtual_machines"]:
            for place, endpoint in enumerate(one.network_config.endpoints if one.network_config else ()):
                where = (*path, "network_config", "endpoints", place, "port")
                if endpoint.port is None or where in told:
                    continue
                port = (one.service_name.lower(), endpoint.protocol, endpoint.port)
                owner, shared = taken.setdefault(port, (one.name, endpoint.load_balanced_endpoint_set_name))
                same_set = shared is not None and shared == endpoint.load_balanced_endpoint_set_name
                if owner != one.name and not same_set:
                    told.add(where)
                    yield _problem(
                        where,
                        f"{one.service_name} has one port {endpoint.port}, which is {owner}'s; leave it out, and the"
                        " service chooses one for each, or share it by a load_balanced_endpoint_set_name",
                    )

    def _regions(self) -> Iterator[Problem]:
        """Disks must be in the region of their machine."""
        groups = {one.name.lower(): one.location for _, one in self._copies["affinity_groups"]}

        def region(one: Any) -> str | None:
            return one.location or groups.get((one.affinity_group or "").lower())

        accounts = {one.name.lower(): region(one) for _, one in self._copies["storage_accounts"]}
        services = {one.name.lower(): region(one) for _, one in self._copies["hosted_services"]}
        told: set[Path_] = set()
        for path, one in self._copies["virtual_machines"]:
            here = services.get(one.service_name.lower())
            disks = [one.os_disk(), *one.data_disks()]
            for account in dict.fromkeys(_account(disk.media_link) for disk in disks if disk is not None):
                there = accounts.get(account)
                if here and there and here.lower() != there.lower() and path not in told:
                    told.add(path)
                    yield _problem(
                        path, f"{one.service_name} is in {here}, and its disks' account {account} in {there}"
                    )

    def _files(self, base: Path) -> Iterator[Problem]:
        opened: set[specs.CertificateSpec] = set()
        for path, one in self._copies["hosted_services"]:
            for place, certificate in enumerate(one.certificates):
                if certificate in opened:
                    continue
                opened.add(certificate)
                where = (*path, "certificates", place)
                if not (base / certificate.file).is_file():
                    yield _problem((*where, "file"), f"there is no {certificate.file}")
                    continue
                try:
                    certificate.thumbprint(base)
                except AsyncsmError as error:
                    field = "file" if certificate.password is None else "password"
                    yield _problem((*where, field), str(error))
        for path, one in self._copies["deployments"]:
            if not (base / one.configuration).is_file():
                yield _problem((*path, "configuration"), f"there is no {one.configuration}")


def _account(url: str | None) -> str:
    return (urlsplit(url or "").hostname or "").partition(".blob.")[0]


def _problem(path: Path_, message: str) -> Problem:
    return Problem(path=path, message=message)


def _misspelt(path: Path_, name: str, known: set[str]) -> list[Problem]:
    """Return the problem of a name that is not `known`, but close to one that is."""
    from difflib import get_close_matches

    found = [] if name.lower() in known else get_close_matches(name.lower(), known, n=1, cutoff=0.8)
    return [_problem(path, f"{name!r} is not in the plan; did you mean {close!r}?") for close in found]
