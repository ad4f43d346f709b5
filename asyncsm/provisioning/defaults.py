"""Sections of a plan, one for each kind of entry, the defaults of what their entries leave out, and what they name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, Final, get_args

from pydantic import Field, JsonValue, create_model

from asyncsm.provisioning import network_specs, sibling_specs, specs
from asyncsm.provisioning.machine_specs import VirtualMachineSpec
from asyncsm.provisioning.network_specs import VirtualNetworkSpec
from asyncsm.provisioning.problems import Path_
from asyncsm.provisioning.specs import Part, Spec


class Sections(Part):
    """The sections of a plan: entries of one kind in each; a section is called as the kind, in the plural."""

    affinity_groups: tuple[specs.AffinityGroupSpec, ...] = ()
    """Affinity groups."""
    storage_accounts: tuple[specs.StorageAccountSpec, ...] = ()
    """Storage accounts."""
    reserved_ips: tuple[specs.ReservedIPSpec, ...] = ()
    """Reserved IP addresses."""
    network_security_groups: tuple[network_specs.NetworkSecurityGroupSpec, ...] = ()
    """Network security groups, with their rules."""
    route_tables: tuple[network_specs.RouteTableSpec, ...] = ()
    """Route tables, with their routes."""
    dns_servers: tuple[network_specs.DnsServerSpec, ...] = ()
    """DNS servers that virtual networks can use."""
    local_network_sites: tuple[network_specs.LocalNetworkSiteSpec, ...] = ()
    """Networks outside, which gateways can connect to."""
    virtual_networks: tuple[network_specs.VirtualNetworkSpec, ...] = ()
    """Virtual networks, with their subnets."""
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
    sql_servers: tuple[sibling_specs.SqlServerSpec, ...] = ()
    """SQL Database servers, with their firewall rules."""
    sql_databases: tuple[sibling_specs.SqlDatabaseSpec, ...] = ()
    """Databases of SQL servers."""
    service_bus_namespaces: tuple[sibling_specs.ServiceBusNamespaceSpec, ...] = ()
    """Service Bus namespaces, with their queues and topics."""
    web_sites: tuple[sibling_specs.WebSiteSpec, ...] = ()
    """Web sites, with their web hosting plans."""
    cloud_services: tuple[sibling_specs.CloudServiceSpec, ...] = ()
    """Cloud services, which job collections are in."""
    job_collections: tuple[sibling_specs.JobCollectionSpec, ...] = ()
    """Job collections, with their jobs."""

    @classmethod
    def kinds(cls) -> dict[str, type[Spec]]:
        """Return what the entries of each kind are, by the name of the kind."""
        listed = {name: get_args(field.annotation)[:1] for name, field in cls.model_fields.items()}
        return {
            name.removesuffix("s"): entry
            for name, of in listed.items()
            for entry in of
            if isinstance(entry, type) and issubclass(entry, Spec)
        }

    @classmethod
    def sections(cls) -> list[str]:
        """Return the names of all sections; a seed has more than a plan."""
        return [f"{kind}s" for kind in cls.kinds()]


SECTIONS: Final = tuple(Sections.model_fields)
KINDS: Final = Sections.kinds()

if TYPE_CHECKING:

    class Defaults(Part):
        """Values for fields that the entries of a kind leave out; objects are merged, lists are replaced."""

        def __getattr__(self, kind: str) -> dict[str, JsonValue]: ...

else:
    _FIELDS = {
        kind: (
            dict[str, JsonValue],
            Field(default_factory=dict, description=f"Defaults of the entries of `{kind}s`."),
        )
        for kind in KINDS
    }
    _DOC = "Values for fields that the entries of a kind leave out; objects are merged, lists are replaced."
    Defaults = create_model("Defaults", __base__=Part, __doc__=_DOC, __module__=__name__, **_FIELDS)


def merged(default: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    """Add the defaults to an entry that does not replace them."""
    result = dict(default)
    for key, value in entry.items():
        before = result.get(key)
        both = isinstance(before, dict) and isinstance(value, dict)
        result[key] = merged(before, value) if both else value  # type: ignore[arg-type]
    return result


def placed(spec: Spec, location: str | None) -> Spec:
    """Give an entry the plan's location, if it has neither one nor an affinity group."""
    nowhere = "location" in type(spec).model_fields and getattr(spec, "location") is None  # noqa: B009
    if location is None or not nowhere or getattr(spec, "affinity_group", None) is not None:
        return spec
    return spec.model_copy(update={"location": location})


_NAMING: Final = {
    "service_name": "hosted_service",
    "storage_account": "storage_account",
    "server_name": "sql_server",
    "cloud_service_id": "cloud_service",
    "affinity_group": "affinity_group",
    "virtual_network_name": "virtual_network",
    "reserved_ip_name": "reserved_ip",
    "network_security_group": "network_security_group",
    "route_table_name": "route_table",
    "dns_servers": "dns_server",
    "connections": "local_network_site",
    "connected_to": "local_network_gateway",
}
"""Kinds of the resources that others name, by the field that has the name or the names."""


@cache
def _naming(entry: type[Part]) -> list[tuple[str, str]]:
    fields = {*entry.model_fields, *vars(entry)}
    return [(field, kind) for field, kind in _NAMING.items() if field in fields]


def names_in(spec: Part, path: Path_ = ()) -> Iterator[tuple[Path_, str, str]]:
    """Yield the names of other resources in an entry: where they are, and the kind of what they name."""
    for field, kind in _naming(type(spec)):
        named = getattr(spec, field, None) or ()
        if isinstance(named, str):
            yield (*path, field), named, kind
            continue
        for place, one in enumerate(named):
            where = (*path, field, place)
            yield (where, one, kind) if isinstance(one, str) else ((*where, "name"), one.name, kind)
    match spec:
        case VirtualNetworkSpec():
            for place, subnet in enumerate(spec.subnets):
                yield from names_in(subnet, (*path, "subnets", place))
        case VirtualMachineSpec():
            yield from names_in(spec.network_parts, (*path, "network_config"))
