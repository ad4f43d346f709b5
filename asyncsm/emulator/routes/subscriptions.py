"""Subscriptions, and what every one of them is offered: locations, role sizes, guest operating systems."""

from __future__ import annotations

import uuid
from typing import Final

from asyncsm.emulator import catalogue
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import service_documents, versions
from asyncsm.emulator.state import Subscription
from asyncsm.wire import subscription as wire

OFFER_CATEGORIES: Final = "Azure_Platform_All;Azure_Paid;Azure_Consumption"

routes: RouteTable = RouteTable()


@routes.get("", "GetSubscription")
def get(call: Call) -> Reply:
    """Get Subscription: its limits, and how much of them is used."""
    return Reply(document=_shown(call, call.subscription))


@routes.get("subscriptions", "ListSubscriptions", scoped=False)
def list_subscriptions(call: Call) -> Reply:
    """List Subscriptions: those the caller's certificate manages.

    The service took only a token of Azure Active Directory here. There are none in the
    emulator, and a certificate says just as well whose subscriptions are meant.
    """
    managed = call.gate.managed_by(call.thumbprint)
    return Reply(document=wire.Subscriptions(subscriptions=[_shown(call, one) for one in managed]))


@routes.get("locations", "ListLocations")
def list_locations(call: Call) -> Reply:
    """List Locations of the service."""
    with_capabilities = call.version >= service_documents.SECURE_SINCE
    return Reply(document=catalogue.locations_document(with_capabilities=with_capabilities))


@routes.get("rolesizes", "ListRoleSizes")
def list_role_sizes(_call: Call) -> Reply:
    """List Role Sizes."""
    return Reply(document=catalogue.role_sizes_document())


@routes.get("operatingsystems", "ListOperatingSystems")
def list_operating_systems(_call: Call) -> Reply:
    """List Operating Systems of web and worker roles."""
    return Reply(document=catalogue.operating_systems_document())


@routes.get("operatingsystemfamilies", "ListOperatingSystemFamilies")
def list_operating_system_families(_call: Call) -> Reply:
    """List Operating System Families."""
    return Reply(document=catalogue.operating_system_families_document())


def _shown(call: Call, subscription: Subscription) -> wire.Subscription:
    quotas, plan = subscription.quotas, subscription.networks.plan
    shown = wire.Subscription(
        subscription_id=subscription.id,
        subscription_name=subscription.name,
        subscription_status=wire.SubscriptionStatus(subscription.status),
        account_admin_live_email_id=subscription.account_admin,
        service_admin_live_email_id=subscription.service_admin,
        max_core_count=quotas.cores,
        max_storage_accounts=quotas.storage_accounts,
        max_hosted_services=quotas.hosted_services,
        current_core_count=subscription.cores_in_use,
        current_hosted_services=len(subscription.hosted_services),
        current_storage_accounts=len(subscription.storage_accounts),
        max_virtual_network_sites=quotas.virtual_network_sites,
        max_local_network_sites=quotas.local_network_sites,
        max_dns_servers=quotas.dns_servers,
        offer_categories=OFFER_CATEGORIES,
        aad_tenant_id=str(uuid.uuid5(uuid.NAMESPACE_URL, subscription.id)),
        created_time=subscription.created,
        max_reserved_ips=quotas.reserved_ips,
        current_reserved_ips=len(subscription.reserved_ips),
        max_public_ip_count=quotas.public_ips,
        current_network_security_groups=len(subscription.network_security_groups),
        max_network_security_groups=quotas.network_security_groups,
        max_network_security_rules_per_group=quotas.network_security_rules_per_group,
        max_route_tables=quotas.route_tables,
        max_routes_per_route_table=quotas.routes_per_route_table,
    )
    counters = {
        "current_virtual_network_sites": subscription.networks.sites,
        "current_local_network_sites": plan.local_sites if plan is not None else (),
        "current_dns_servers": plan.dns_servers if plan is not None else (),
    }
    for counter, counted in counters.items():
        if counted:  # left out where they are 0, as no other counters are [rec subscription, java/management]
            setattr(shown, counter, len(counted))
    return versions.known(shown, versions.SUBSCRIPTION, call.version)
