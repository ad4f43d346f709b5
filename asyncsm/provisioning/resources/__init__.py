"""The kinds of resources a plan may have, one class each; `resources_of` makes them from a plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias, get_args

from asyncsm.errors import InvalidArgument
from asyncsm.provisioning.defaults import KINDS as ENTRIES
from asyncsm.provisioning.plan import Plan
from asyncsm.provisioning.resources import (
    machines,
    networks,
    places,
    scheduler,
    service_bus,
    services,
    sql,
    storage,
    traffic_rules,
    web_sites,
)
from asyncsm.provisioning.resources.base import Resource
from asyncsm.provisioning.resources.difference import Difference
from asyncsm.provisioning.resources.machines import VirtualMachineResource
from asyncsm.provisioning.resources.site import Site
from asyncsm.provisioning.specs import CertificateSpec, Part, Spec

__all__ = ["KINDS", "AnyResource", "Difference", "Resource", "Site", "alone", "left_over", "resources_of"]

AnyResource: TypeAlias = Resource[Any, Any]

_BY_ENTRY: Final[dict[type[Part], type[AnyResource]]] = {
    one.entry: one
    for module in (
        machines, networks, places, scheduler, service_bus, services, sql, storage, traffic_rules, web_sites,
    )
    for one in vars(module).values()
    if isinstance(one, type) and issubclass(one, Resource) and hasattr(one, "kind")
}  # fmt: skip


def _parts_of(entry: type[Part]) -> dict[str, type[AnyResource]]:
    """Return the kinds of the parts of an entry that are resources of their own, by the field that has them."""
    listed = {name: get_args(field.annotation)[:1] for name, field in entry.model_fields.items()}
    return {name: _BY_ENTRY[one[0]] for name, one in listed.items() if one and one[0] in _BY_ENTRY}


_PARTS: Final = {kind: _parts_of(entry) for kind, entry in ENTRIES.items()}

KINDS: Final[tuple[type[AnyResource], ...]] = tuple(
    one for kind, entry in ENTRIES.items() for one in (_BY_ENTRY[entry], *_PARTS[kind].values())
)
"""All kinds, each after those that it can need."""

_BY_KIND: Final[dict[str, type[AnyResource]]] = {kind.kind: kind for kind in KINDS}


def resources_of(plan: Plan, base: Path) -> list[AnyResource]:
    """Make the resources of a plan, in the order in which a person would create them.

    Args:
        plan: the plan.
        base: the directory of its files.

    Raises:
        CredentialError: a certificate's file cannot be read.
        InvalidArgument: `plan` is none.
    """
    if not isinstance(plan, Plan):
        raise InvalidArgument("plan", f"must be a Plan, as load_plan reads it, not {type(plan).__name__}")
    return list(_all(plan, base))


def alone(kind: str, spec: Spec, base: Path = Path()) -> AnyResource:
    """Make the resource of an entry, regardless of the rest of its plan."""
    return _BY_KIND[kind](spec, base=base)


def left_over(keys: Iterable[str]) -> list[AnyResource]:
    """Make resources that a plan had once, by their keys in its journal; others have no removal."""
    parts = [(*key.partition("/")[::2],) for key in keys]
    return [_BY_KIND[kind].left_over(name) for kind, name in parts if kind in _BY_KIND]


def _all(plan: Plan, base: Path) -> Iterator[AnyResource]:
    certificates: dict[str, list[str]] = {}
    first: dict[str, VirtualMachineResource] = {}
    for section, entries in plan.copies().items():
        kind = section.removesuffix("s")
        for path, spec in entries if kind in ENTRIES else ():  # a seed has others, too
            made = alone(kind, spec, base)
            service = made.service_name.lower()
            made.after = certificates.get(service, ())
            if isinstance(made, VirtualMachineResource) and first.setdefault(service, made) is not made:
                made.join(first[service])
            yield made.at(path)
            for field, part in _PARTS[kind].items():
                for place, one in enumerate(getattr(spec, field)):
                    inside = part(one, made.name, base)
                    if isinstance(one, CertificateSpec):
                        certificates.setdefault(made.name.lower(), []).append(inside.key)
                    yield inside.at((*path, field, place))
