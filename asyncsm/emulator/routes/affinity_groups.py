"""Affinity groups: list, read, create, update, delete."""

from __future__ import annotations

import re

from asyncsm.emulator import catalogue, refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.naming import by_name
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import common_fields, service_documents
from asyncsm.emulator.state import AffinityGroup
from asyncsm.wire import affinity_groups as wire
from asyncsm.wire.hosted_services import HostedServices
from asyncsm.wire.storage import StorageServices

routes: RouteTable = RouteTable()

_NAME = re.compile(r"[A-Za-z0-9-]{3,63}", re.ASCII)


@routes.get("affinitygroups", "ListAffinityGroups")
def list_groups(call: Call) -> Reply:
    """List Affinity Groups, with what can be made in each."""
    groups = by_name(call.subscription.affinity_groups.values())
    return Reply(document=wire.AffinityGroups(affinity_groups=[_listed(call, group) for group in groups]))


@routes.get("affinitygroups/{name}", "GetAffinityGroup")
def get(call: Call) -> Reply:
    """Get Affinity Group Properties, with the services and accounts that stand in it."""
    group = _find(call)
    subscription = call.subscription
    shown = _shown(group)
    shown.hosted_services = HostedServices(
        hosted_services=[
            service_documents.hosted_service(call, service)
            for service in by_name(subscription.hosted_services.values())
            if _is_in(service.affinity_group, group)
        ]
    )
    shown.storage_services = StorageServices(
        storage_services=[
            service_documents.storage_account(call, account)
            for account in by_name(subscription.storage_accounts.values())
            if _is_in(account.affinity_group, group) and account.status == "Created"
        ]
    )
    return Reply(document=shown)


@routes.post("affinitygroups", "CreateAffinityGroup")
def create(call: Call) -> Reply:
    """Create Affinity Group."""
    wanted = call.body(wire.CreateAffinityGroup)
    groups = call.subscription.affinity_groups
    _check_name(wanted.name)
    if wanted.name in groups:
        # [protocol 1.8] [guess]
        raise refusals.conflict("An affinity group with the specified name already exists.")
    # [protocol 3.4]
    refusals.require_quota("affinity group count", call.subscription.quotas.affinity_groups, len(groups))
    groups[wanted.name] = AffinityGroup(
        name=wanted.name,
        label=common_fields.label(wanted.label),
        location=common_fields.known_location(wanted.location),
        created=call.now,
        description=common_fields.description(wanted.description),
    )
    call.acts_on("affinitygroups", wanted.name)
    return Reply(201, headers=call.created_at("affinitygroup", wanted.name))


@routes.put("affinitygroups/{name}", "UpdateAffinityGroup")
def update(call: Call) -> Reply:
    """Update Affinity Group; a description that is not given stays as it is."""
    group = _find(call)
    wanted = call.body(wire.UpdateAffinityGroup)
    label, description = common_fields.label(wanted.label), common_fields.description(wanted.description)
    group.label = label
    if "description" in wanted.model_fields_set:
        group.description = description
    return Reply()


@routes.delete("affinitygroups/{name}", "DeleteAffinityGroup")
def delete(call: Call) -> Reply:
    """Delete Affinity Group, unless something stands in it; a name that none can have is refused. [protocol 4.4]"""
    _check_name(call.parameters["name"])
    group = _find(call)
    subscription = call.subscription
    services = (one.affinity_group for one in subscription.hosted_services.values())
    accounts = (one.affinity_group for one in subscription.storage_accounts.values())
    networks = (one.affinity_group for one in subscription.networks.sites.values())
    if any(_is_in(wanted, group) for wanted in (*services, *accounts, *networks)):
        raise refusals.bad_request(  # [protocol 5.6] [guess]
            f"The affinity group {group.name} cannot be deleted while hosted services, storage "
            "accounts or virtual networks are in it."
        )
    del subscription.affinity_groups[group.name]
    return Reply()


def _find(call: Call) -> AffinityGroup:
    group = call.subscription.affinity_groups.get(call.parameters["name"])
    # [rec affinity_groups/delete_affinity_group]
    return refusals.required(group, "The affinity group does not exist.")


def _check_name(name: str) -> None:
    if _NAME.fullmatch(name) is None:
        raise refusals.bad_request("The affinity group name is invalid.")  # [protocol 1.8]


def _is_in(affinity_group: str | None, group: AffinityGroup) -> bool:
    return affinity_group is not None and affinity_group.lower() == group.name.lower()


def _shown(group: AffinityGroup) -> wire.AffinityGroup:
    return wire.AffinityGroup(
        name=group.name,
        label=group.label,
        description=group.description,
        location=group.location,
        capabilities=list(catalogue.CAPABILITIES),
        created_time=group.created,
    )


def _listed(call: Call, group: AffinityGroup) -> wire.AffinityGroup:
    listed = _shown(group)
    service_documents.tell_sizes(call, listed, group.location)
    return listed
