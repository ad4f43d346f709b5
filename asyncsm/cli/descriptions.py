"""Descriptions of commands, as ``commands.json`` has them, and where names are listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NotRequired, Required, TypeAlias, TypedDict

Kind: TypeAlias = Literal[
    "text", "number", "decimal", "truth", "file", "secret", "properties", "texts", "model", "models"
]


class Names(TypedDict):
    """Where the values of a parameter can be looked up: a read, its arguments, and the way to the names."""

    service: str
    method: str
    given: Sequence[str]
    path: str
    detail: NotRequired[bool]
    """Whether the read is told to embed details."""


class Described(TypedDict, total=False):
    """A parameter of a command.

    Attributes:
        name: of the method's parameter, or of a model's field.
        of: the parameter whose model it is a field of.
        kind: how its text is read.
        option: how it is written; absent for an argument, which has only its place.
        help: in a line.
        required: it has to be given; absent where it has not.
        default: what holds if it is not given.
        like: argument whose value it has if it is not given.
        words: all values it may have.
        names: where its values are listed.
    """

    name: Required[str]
    of: str
    kind: Required[Kind]
    option: str
    help: Required[str]
    required: Literal[True]
    default: str | int | bool
    like: str
    words: Sequence[str]
    names: Names


class Command(TypedDict):
    """The command of an operation.

    Attributes:
        service: class of the method.
        method: its name.
        help: what it does, and the operation's name in the service's reference.
        changes: whether it changes anything.
        destroys: whether something is lost by it, so that it asks before.
        pages: whether its list comes in pages, which are all shown unless some are asked for.
        parameters: in order.
    """

    service: str
    method: str
    help: str
    changes: bool
    destroys: bool
    pages: NotRequired[Literal[True]]
    parameters: Sequence[Described]


def _named(method: str, path: str = "name", *given: str) -> Names:
    return {"service": "ServiceManagementService", "method": method, "given": given, "path": path}


def _in_service(path: str) -> Names:
    return {
        **_named("get_hosted_service_properties", f"deployments.{path}", "service_name"),
        "detail": True,
    }


LOOKUPS: Final[Mapping[str, Names]] = {
    "service_name": _named("list_hosted_services", "service_name"),
    "deployment_name": _in_service("name"),
    "role_name": _in_service("role_list.role_name"),
    "role_names": _in_service("role_list.role_name"),
    "role_instance_name": _in_service("role_instance_list.instance_name"),
    "location": _named("list_locations"),
    "affinity_group": _named("list_affinity_groups"),
    "role_size": _named("list_role_sizes"),
    "virtual_network_name": _named("list_virtual_network_sites"),
    "reserved_ip_name": _named("list_reserved_ip_addresses"),
}
"""Names that no list shows which stands at the path before them."""
