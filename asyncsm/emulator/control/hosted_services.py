"""Hosted services as the control port and the portal show them, with their deployments and instances."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Annotated, TypeAlias

from pydantic import AliasChoices, BeforeValidator, Field

from asyncsm.emulator.compute import Deployment, HostedService, Slot
from asyncsm.emulator.control.resources import Column, ResourceFacts, resource_kind
from asyncsm.emulator.control.schemas import Shown
from asyncsm.emulator.naming import ByName


def _by_slot(service: HostedService) -> list[Deployment]:
    return sorted(service.deployments.values(), key=lambda deployment: deployment.slot)


def _values(given: object) -> object:
    return list(given.values()) if isinstance(given, ByName) else given


def _names(given: object) -> object:
    return [getattr(each, "name", each) for each in given] if isinstance(given, list) else given


def _counted(given: object) -> object:
    return Counter(each.status for each in given.values()) if isinstance(given, ByName) else given


LockedBy: TypeAlias = Annotated[str | None, Field(description="Id of the operation that holds it.")]


class SlotSummary(Shown):
    """A deployment, in short."""

    slot: Slot
    deployment: str = Field(validation_alias=AliasChoices("deployment", "name"))
    status: str
    instances: Annotated[dict[str, int], BeforeValidator(_counted)] = Field(
        description="Number of instances by InstanceStatus."
    )


class HostedServiceSummary(ResourceFacts):
    """A hosted service, in short: its slots, and how many instances are in which state."""

    label: str
    location: str | None
    affinity_group: str | None
    status: str
    slots: list[SlotSummary]
    locked_by: LockedBy = None


class InstanceFacts(Shown):
    """A role instance or virtual machine."""

    name: str
    role: str = Field(validation_alias=AliasChoices("role", "role_name"))
    size: str
    status: str = Field(description="InstanceStatus.")
    power_state: str = Field(description="PowerState.")
    ip_address: str | None
    upgrade_domain: int
    fault_domain: int


class FurtherVirtualIPFacts(Shown):
    """A public address of a deployment besides its first."""

    name: str
    address: str | None = Field(description="While an endpoint is reached there, or it is reserved.")
    reserved_ip_name: str | None


class DeploymentFacts(Shown):
    """The deployment in a slot."""

    slot: Slot
    name: str
    label: str
    status: str
    url: str | None
    vip: str | None
    virtual_machines: bool = Field(
        validation_alias=AliasChoices("virtual_machines", "has_virtual_machines"),
        description="Virtual machines; else web and worker roles.",
    )
    created: datetime
    further_vips: Annotated[list[FurtherVirtualIPFacts], BeforeValidator(_values)]
    load_balancers: Annotated[list[str], BeforeValidator(_names)] = Field(description="Internal ones.")
    internal_vip: str | None = Field(description="The address of the internal load balancer.")
    instances: Annotated[list[InstanceFacts], BeforeValidator(_values)]
    locked_by: LockedBy = None


class ServiceExtensionFacts(Shown):
    """An extension that a hosted service has for its deployments."""

    id: str
    type: str
    version: str


@resource_kind(
    "hosted service",
    lambda owner: owner.hosted_services.values(),
    Column("{name}", "{location}"),
    Column("Production", style="slot"),
    Column("Staging", style="slot"),
    empty="Services will stand here, with their slots and how many instances are ready.",
    row=HostedServiceSummary,
    searched=("name", "label", "deployments"),
    more=lambda _, service: {"slots": _by_slot(service), "deployments": _by_slot(service)},
    example="shop",
)
class HostedServiceFacts(HostedServiceSummary):
    """A hosted service with its extensions, its deployments and their instances."""

    created: datetime
    extensions: Annotated[list[ServiceExtensionFacts], BeforeValidator(_values)]
    deployments: list[DeploymentFacts]
