"""Plans: the resources wanted in a subscription, as data, and the checks of a plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, JsonValue, ValidationError, model_validator

from asyncsm.errors import InvalidArgument
from asyncsm.provisioning import network_specs, sibling_specs, specs
from asyncsm.provisioning.checks import Checks, Copies
from asyncsm.provisioning.defaults import SECTIONS, Defaults, merged, placed
from asyncsm.provisioning.expansion import TemplateError, expand
from asyncsm.provisioning.machine_specs import VirtualMachineSpec
from asyncsm.provisioning.problems import Problem, problem
from asyncsm.provisioning.specs import Part

VERSION: Final = 1
SCHEMA_ID: Final = "urn:asyncsm:plan:1"


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
    subscriptions: tuple[str, ...] = ()
    """Names of the subscriptions in which its resources are, such as profiles; one that is not named if absent."""
    defaults: Defaults = Field(default_factory=Defaults)
    """Values for fields that the entries of a kind leave out."""
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
        copies, problems = expand_all(self, "1" if self.subscriptions else "")
        if problems:
            return problems
        entries = {section: getattr(self, section) for section in SECTIONS}
        return list(Checks(entries, copies, self.location, None if base is None else Path(base)).all())

    def copies(self) -> Copies:
        """Return what `expanded` has, by section, each with the place of its entry in the plan.

        Raises:
            PlanError: a template cannot be filled in.
        """
        copies, problems = expand_all(self, "1" if self.subscriptions else "")
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


def expand_all(plan: Plan, place: str) -> tuple[Copies, list[Problem]]:
    """Expand all entries; return the copies of each section with the paths of their entries, and what is wrong."""
    problems: list[Problem] = []
    copies: Copies = {section: [] for section in SECTIONS}
    for section, expanded in copies.items():
        for at, entry in enumerate(getattr(plan, section)):
            path = entry.origin or (section, at)
            try:
                made = [entry] if entry.origin else expand(entry, place)
                expanded.extend((path, placed(one, plan.location)) for one in made)
            except TemplateError as error:
                problems.append(problem((*path, *error.path), str(error)))
            except ValidationError as error:
                first = error.errors(include_input=False, include_url=False, include_context=False)[0]
                problems.append(problem((*path, *first["loc"]), first["msg"]))
    return copies, problems
