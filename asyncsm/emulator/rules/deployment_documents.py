"""Deployments as documents show them."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Final

from asyncsm.emulator.call import Call
from asyncsm.emulator.compute import Deployment, HostedService
from asyncsm.emulator.rules import (
    deployment_lifecycle,
    instance_documents,
    role_documents,
    service_configurations,
    versions,
    virtual_ips,
)
from asyncsm.wire import deployments, extensions, networks, roles
from asyncsm.wire.properties import ExtendedProperties

MAINTENANCE_DAYS: Final = 7
"""How long the service has for a maintenance that it has announced."""


def deployment(call: Call, service: HostedService, shown: Deployment) -> deployments.Deployment:
    """A deployment as the version of the request knows it."""
    machines = shown.has_virtual_machines
    own = sorted(shown.roles.values(), key=lambda one: one.name.lower())
    document = deployments.Deployment(
        name=shown.name,
        deployment_slot=deployments.DeploymentSlot(shown.slot),
        private_id=shown.private_id,
        status=deployments.DeploymentStatus("Suspended" if shown.is_prepared else shown.status),
        label=shown.label,
        url=deployment_lifecycle.address_in(service, shown.slot, shown.private_id),
        configuration=service_configurations.of_machines(own) if machines else shown.configuration,
        role_instance_list=deployments.RoleInstanceList(
            role_instances=instance_documents.listed(call, service, shown)
        ),
        upgrade_status=_upgrade_status(shown),
        upgrade_domain_count=shown.upgrade_domain_count,
        role_list=roles.RoleList(roles=[role_documents.listed(call, service, shown, one) for one in own]),
        sdk_version=shown.sdk_version,
        locked=shown.lock is not None,
        rollback_allowed=shown.rollback_allowed,
        virtual_network_name=shown.virtual_network_name,
        created_time=shown.created,
        last_modified_time=shown.modified,
        extended_properties=ExtendedProperties.from_dict(shown.extended_properties),
        dns=_dns(shown),
        persistent_vm_downtime_info=_downtime(shown),
        extension_configuration=_extensions(call, shown),
        # [rec compute, 2 of 2]
        virtual_ips=networks.VirtualIPs() if shown.is_prepared else virtual_ips.shown(shown),
        reserved_ip_name=shown.reserved_ip_name,
        internal_dns_suffix=shown.internal_dns_suffix,
        load_balancers=networks.LoadBalancers(load_balancers=shown.load_balancers),
        virtual_network_id=_network_id(call, shown),
    )
    return versions.known(document, versions.DEPLOYMENT, call.version)


def _downtime(shown: Deployment) -> deployments.PersistentVMDowntimeInfo:
    """The latest maintenance of the place where the deployment is, which was announced before it came."""
    # Always the same one, although nobody has chosen or kept it. [rec compute and network, 175 of 241]
    before = timedelta(minutes=int(shown.private_id[:4], 16) % (MAINTENANCE_DAYS * 24 * 60))
    start = shown.created - before
    return deployments.PersistentVMDowntimeInfo(
        start_time=start,
        end_time=start + timedelta(days=MAINTENANCE_DAYS),
        status="PersistentVMUpdateScheduled",
    )


def _extensions(call: Call, shown: Deployment) -> extensions.ExtensionConfiguration | None:
    """The extensions of a deployment, each as the version of the request knows it."""
    held = shown.extensions
    if held is None:
        return None
    told = partial(versions.all_known, since=versions.EXTENSION, version=call.version)
    named = [one.model_copy(update={"extensions": told(one.extensions)}) for one in held.named_roles]
    every = {"all_roles": told(held.all_roles)} if held.all_roles else {}
    return held.model_copy(update={"named_roles": named, **every})


def _network_id(call: Call, shown: Deployment) -> str | None:
    site = call.subscription.networks.sites.get(shown.virtual_network_name or "")
    return None if site is None else site.id


def _upgrade_status(shown: Deployment) -> deployments.UpgradeStatus | None:
    update = shown.update
    if update is None:
        return None
    return deployments.UpgradeStatus(
        upgrade_type=deployments.UpgradeMode(update.mode),
        current_upgrade_domain_state=update.phase,
        current_upgrade_domain=update.domain,
    )


def _dns(shown: Deployment) -> networks.Dns | None:
    if not shown.dns_servers:
        return None
    servers = [networks.DnsServer(name=name, address=given) for name, given in shown.dns_servers.items()]
    return networks.Dns(dns_servers=networks.DnsServers(dns_servers=servers))
