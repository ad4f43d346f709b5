"""Defaults of a plan: values for fields that its entries leave out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from pydantic import Field, JsonValue, ValidationError, ValidationInfo, field_validator
from pydantic_core import InitErrorDetails

from asyncsm.provisioning import network_specs, sibling_specs, specs
from asyncsm.provisioning.machine_specs import VirtualMachineSpec
from asyncsm.provisioning.specs import Part, Spec

KINDS: Final[dict[str, type[Spec]]] = {
    "affinity_group": specs.AffinityGroupSpec,
    "storage_account": specs.StorageAccountSpec,
    "reserved_ip": specs.ReservedIPSpec,
    "network_security_group": network_specs.NetworkSecurityGroupSpec,
    "route_table": network_specs.RouteTableSpec,
    "dns_server": network_specs.DnsServerSpec,
    "local_network_site": network_specs.LocalNetworkSiteSpec,
    "virtual_network": network_specs.VirtualNetworkSpec,
    "os_image": specs.OSImageSpec,
    "disk": specs.DiskSpec,
    "hosted_service": specs.HostedServiceSpec,
    "deployment": specs.DeploymentSpec,
    "virtual_machine": VirtualMachineSpec,
    "sql_server": sibling_specs.SqlServerSpec,
    "sql_database": sibling_specs.SqlDatabaseSpec,
    "service_bus_namespace": sibling_specs.ServiceBusNamespaceSpec,
    "web_site": sibling_specs.WebSiteSpec,
    "cloud_service": sibling_specs.CloudServiceSpec,
    "job_collection": sibling_specs.JobCollectionSpec,
}

SECTIONS: Final = tuple(f"{kind}s" for kind in KINDS)


class Defaults(Part):
    """Values for fields that the entries of a kind leave out; objects are merged, lists are replaced."""

    kinds: ClassVar[Mapping[str, type[Spec]]] = KINDS
    """What the entries of each kind are."""

    affinity_group: dict[str, JsonValue] = Field(default_factory=dict)
    """Defaults of affinity groups."""
    storage_account: dict[str, JsonValue] = Field(default_factory=dict)
    """Defaults of storage accounts."""
    reserved_ip: dict[str, JsonValue] = Field(default_factory=dict)
    """Defaults of reserved IP addresses."""
    network_security_group: dict[str, JsonValue] = Field(default_factory=dict)
    """Defaults of network security groups."""
    route_table: dict[str, JsonValue] = Field(default_factory=dict)
    """Defaults of route tables."""
    dns_server: dict[str, JsonValue] = Field(default_factory=dict)
    """Defaults of DNS servers."""
    local_network_site: dict[str, JsonValue] = Field(default_factory=dict)
    """Defaults of networks outside."""
    virtual_network: dict[str, JsonValue] = Field(default_factory=dict)
    """Defaults of virtual networks."""
    os_image: dict[str, JsonValue] = Field(default_factory=dict)
    """Defaults of operating system images."""
    disk: dict[str, JsonValue] = Field(default_factory=dict)
    """Defaults of disks."""
    hosted_service: dict[str, JsonValue] = Field(default_factory=dict)
    """Defaults of hosted services."""
    deployment: dict[str, JsonValue] = Field(default_factory=dict)
    """Defaults of deployments of web and worker roles."""
    virtual_machine: dict[str, JsonValue] = Field(default_factory=dict)
    """Defaults of virtual machines."""
    sql_server: dict[str, JsonValue] = Field(default_factory=dict)
    """Defaults of SQL servers."""
    sql_database: dict[str, JsonValue] = Field(default_factory=dict)
    """Defaults of SQL databases."""
    service_bus_namespace: dict[str, JsonValue] = Field(default_factory=dict)
    """Defaults of Service Bus namespaces."""
    web_site: dict[str, JsonValue] = Field(default_factory=dict)
    """Defaults of web sites."""
    cloud_service: dict[str, JsonValue] = Field(default_factory=dict)
    """Defaults of cloud services."""
    job_collection: dict[str, JsonValue] = Field(default_factory=dict)
    """Defaults of job collections."""

    @field_validator("*", mode="after")
    @classmethod
    def _of_the_kind(cls, value: dict[str, JsonValue], info: ValidationInfo) -> dict[str, JsonValue]:
        """Refuse values that no entry could have, even if there is no entry: one may be a secret in clear."""
        try:
            cls.kinds[str(info.field_name)].model_validate(value)
        except ValidationError as error:
            # Pydantic would keep the values in its error; they are left out.
            wrong = [
                InitErrorDetails(type=one["type"], loc=one["loc"], input=None, ctx=one.get("ctx", {}))
                for one in error.errors(include_url=False, include_input=False)
                if one["type"] != "missing"
            ]
            if wrong:
                raise ValidationError.from_exception_data("Defaults", wrong, hide_input=True) from None
        return value


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
