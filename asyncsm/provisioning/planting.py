"""Planting of a seed: its resources are made as those of a plan are, by the same requests and in no time.

They go to the emulator's routes through a client of its own, so that a seed is refused what a client would be. All
that comes of them is over when they are answered, while no time passes for the emulator; and they leave no history.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID

from asyncsm.config import LanePolicy
from asyncsm.emulator import catalogue
from asyncsm.emulator.call import World
from asyncsm.emulator.rules import jobs, service_bus, sql
from asyncsm.emulator.scheduler import ScheduledJob
from asyncsm.emulator.seeding import (
    AddOnSeed,
    ClusterSeed,
    DeploymentSeed,
    DiskSeed,
    OSImageSeed,
    SeedDocument,
    SeedError,
    ServiceBusNamespaceSeed,
    SqlDatabaseSeed,
    SqlServerSeed,
    VirtualMachineSeed,
)
from asyncsm.emulator.standing import LIMITLESS, StandingSubscription
from asyncsm.emulator.state import Quotas, Subscription, SubscriptionCertificate
from asyncsm.errors import InvalidArgument
from asyncsm.provisioning.machine_specs import LinuxSpec, OSDiskSpec, SystemSpec, WindowsSpec
from asyncsm.provisioning.plan import PlanError
from asyncsm.provisioning.planted_networks import copies, plant_gateways, plant_profiles, told_of
from asyncsm.provisioning.resources import KINDS, AnyResource, Site, resources_of
from asyncsm.provisioning.resources.networks import VirtualNetworkResource
from asyncsm.provisioning.secrets import MADE_UP
from asyncsm.provisioning.shares import shares
from asyncsm.provisioning.sibling_specs import JobSpec
from asyncsm.provisioning.specs import Spec
from asyncsm.services import (
    HDInsightManagementService,
    MonitoringManagementService,
    ServiceManagementService,
    StoreManagementService,
    TrafficManagerManagementService,
)
from asyncsm.session import ManagementSession
from asyncsm.wire.cscfg import Instances, RoleConfiguration, ServiceConfiguration
from asyncsm.wire.service_extensions import ExtensionImage

S = TypeVar("S", bound=Spec)

_PLACES: Final = frozenset({"affinity_group", "storage_account"})
_NETWORKS: Final = frozenset(
    one.kind for one in KINDS[: KINDS.index(VirtualNetworkResource) + 1] if one.kind not in _PLACES
)

_USER: Final = "seeded"


def plant(document: SeedDocument, world: World, quotas: Quotas, certificate: SubscriptionCertificate) -> None:
    """Add what `document` describes to the state of `world`.

    Args:
        document: what there is to be.
        world: where.
        quotas: of subscriptions that are made for it.
        certificate: that manages them.

    Raises:
        SeedError: something of it cannot be. What came before that is there.
    """
    try:
        parts = shares(document)
    except PlanError as error:
        raise SeedError(error.problems) from None
    # Whoever calls may be in an event loop, in which no other can run.
    with ThreadPoolExecutor(1) as thread:
        for name, share in parts.items():
            subscription = _subscription(name, world, quotas, certificate)
            planter = _Planter(share, subscription, StandingSubscription(subscription, world))
            thread.submit(asyncio.run, planter.plant()).result()
            for job in planter.waiting:  # for the clock that goes on
                jobs.enable(world.clock, job)


def _subscription(
    name: str, world: World, quotas: Quotas, certificate: SubscriptionCertificate
) -> Subscription:
    """Return the subscription with this id or name, which is made if there is none; the first without one."""
    present = world.state.subscriptions
    if not name:
        return next(iter(present.values()))
    found = present.get(name) or next((one for one in present.values() if one.name == name), None)
    if found is not None:
        return found
    try:
        id_ = str(UUID(name))
        name = f"Emulated subscription {len(present) + 1}"
    except ValueError:
        id_ = str(UUID(int=world.random.getrandbits(128), version=4))
    made = Subscription(id_, name, world.clock.now(), quotas)
    made.certificates[certificate.thumbprint] = replace(certificate)
    present[made.id] = made
    return made


class _Planter:
    """Makes the resources of one subscription.

    Attributes:
        waiting: jobs that are to run.
    """

    def __init__(
        self, document: SeedDocument, subscription: Subscription, transport: StandingSubscription
    ) -> None:
        self._document = document
        self._subscription = subscription
        self._transport = transport
        self.waiting: list[ScheduledJob] = []

    async def plant(self) -> None:
        """Make all that the document has, whatever the quotas, which then are such that it fits in."""
        document, subscription = self._document, self._subscription
        if document.publisher is not None:
            subscription.is_publisher = document.publisher
        session = ManagementSession(
            subscription.id, trust_env=False, transport=self._transport, lanes=LanePolicy(enabled=False)
        )
        wanted = replace(subscription.quotas, **document.quotas)
        subscription.quotas = LIMITLESS
        try:
            async with session, ServiceManagementService(session=session) as sms:
                await self._make(Site(sms, Path()))
        finally:
            needed = {
                name: max(number, getattr(wanted, name)) for name, number in _in_use(subscription).items()
            }
            subscription.quotas = replace(wanted, **needed)

    async def _make(self, site: Site) -> None:
        resources = resources_of(self._document, site.base)
        places = [one for one in resources if one.kind in _PLACES]
        await self._create(places, site)
        await self._configure_networks(site)
        networks = [one for one in resources if one.kind in _NETWORKS]
        await self._create(networks, site)
        await self._gateways_and_extensions(site)
        await self._create([one for one in resources if one.kind not in _PLACES | _NETWORKS], site)
        await self._clusters_and_add_ons(site)
        await plant_profiles(TrafficManagerManagementService(session=site.sms.session), self._document)

    async def _create(self, resources: Iterable[AnyResource], site: Site) -> None:
        for one in resources:
            with told_of(one.path):
                self._complete(one, site)
                await one.create(site, doubtful=False)
                await self._pretend(one, site)

    async def _configure_networks(self, site: Site) -> None:
        """Set the network configuration that the seed has as a file."""
        file = self._document.network_configuration
        if file is not None:
            with told_of(("network_configuration",)):
                await site.sms.set_network_configuration(file)

    async def _gateways_and_extensions(self, site: Site) -> None:
        """Make what a plan cannot have."""
        document = self._document
        await plant_gateways(site.network, document, self._subscription)
        for path, extension in copies("extensions", document.extensions):
            for version in extension.versions:
                with told_of(path):
                    image = ExtensionImage(
                        provider_name_space=extension.provider, type=extension.name, version=version
                    )
                    await site.sms.register_extension_image(image)

    async def _clusters_and_add_ons(self, site: Site) -> None:
        """Make what a plan cannot have, either, of what other resources are there for."""
        document, session = self._document, site.sms.session
        for path, cluster in copies("hdinsight_clusters", document.hdinsight_clusters):
            with told_of(path):
                location = await self._cloud_service(site, cluster)
                account = f"{cluster.storage_account}.blob.core.windows.net"
                user = (cluster.username, cluster.password.reveal(site.base), cluster.data_nodes)
                await HDInsightManagementService(session=session).create_cluster(
                    *(cluster.cloud_service_id, cluster.name, location, account, cluster.name, "-"),
                    *user,
                    version=cluster.version,
                    head_node_size="Large",
                )
        for path, add_on in copies("add_ons", document.add_ons):
            with told_of(path):
                await self._cloud_service(site, add_on)
                offer = (add_on.cloud_service_id, add_on.provider, add_on.offer)
                await StoreManagementService(session=session).create_add_on(*offer, add_on.name, add_on.plan)
        for path, rule in copies("alert_rules", document.alert_rules):
            with told_of(path):
                condition = (rule.resource, rule.metric, rule.operator, rule.threshold, rule.window)
                await MonitoringManagementService(session=session).set_alert_rule(
                    rule.name, rule.name, *condition, is_enabled=rule.enabled
                )

    async def _cloud_service(self, site: Site, user: ClusterSeed | AddOnSeed) -> str:
        """Let there be the cloud service of a cluster or add-on, and return its region."""
        name, location = user.cloud_service_id, user.location or self._document.location or ""
        if name not in self._subscription.cloud_services:
            await site.scheduler.create_cloud_service(name, name, name, location)
        return location

    # What a seed leaves out.

    def _complete(self, resource: AnyResource, site: Site) -> None:
        """Give a resource what its entry leaves out and nobody sees."""
        spec = resource.spec
        match spec:
            case OSImageSeed(media_link="") | DiskSeed(media_link=""):
                update: dict[str, object] = {"media_link": self._blob(f"vhds/{spec.name}.vhd")}
            case DeploymentSeed():
                package = spec.package_url or self._blob(
                    f"packages/{spec.service_name}.cspkg", self._region_of(spec.service_name)
                )
                configuration = spec.configuration or _configuration(spec)
                update = {"package_url": package, "configuration": configuration}
            case VirtualMachineSeed():
                update = self._completed(spec)
                service = self._subscription.hosted_services.get(spec.service_name)
                if service is not None and service.in_slot("Production") is None:
                    site.deployments[spec.service_name.lower()] = None
            case SqlDatabaseSeed(service_objective_id=""):
                update = {"service_objective_id": sql.EDITIONS[spec.edition or "Web"].objective}
            case _:
                return
        resource.spec = spec.model_copy(update=update)

    def _completed(self, spec: VirtualMachineSeed) -> dict[str, object]:
        disk = spec.os_virtual_hard_disk or OSDiskSpec()
        origin = disk.source_image_name or disk.disk_name or disk.os or disk.remote_source_image_link
        account = None
        if not (disk.media_link or disk.storage_account or disk.disk_name):
            account = self._account(self._region_of(spec.service_name))
        image = disk.source_image_name if origin else catalogue.usual_image(spec.os)
        update: dict[str, object] = {}
        if spec.vm_image_name is None:
            put = {"source_image_name": image, "storage_account": account or disk.storage_account}
            update["os_virtual_hard_disk"] = disk.model_copy(update=put)
        update["data_virtual_hard_disks"] = tuple(
            one
            if one.media_link or one.storage_account or one.disk_name
            else one.model_copy(update={"storage_account": account or disk.storage_account})
            for one in spec.data_virtual_hard_disks
        )
        if spec.system_config is None and (image or spec.vm_image_name):
            update["system_config"] = _SYSTEMS[spec.os]
        return update

    def _region_of(self, service: str) -> str | None:
        found = self._subscription.hosted_services.get(service)
        return None if found is None else self._subscription.region_of(found)

    def _blob(self, name: str, region: str | None = None) -> str:
        return f"https://{self._account(region)}.blob.core.windows.net/{name}"

    def _account(self, region: str | None = None) -> str:
        """Return the first storage account of `region`, or of any."""
        for account in self._subscription.storage_accounts.values():
            if region in {None, account.region} and account.status == "Created":
                return account.name
        where = "" if region is None else f" in {region}"
        raise InvalidArgument("storage_accounts", f"its blobs need one{where}: add it")

    # What a seed pretends.

    async def _pretend(self, resource: AnyResource, site: Site) -> None:
        """Bring a resource to the state that its entry says, which requests would not bring it to."""
        spec = resource.spec
        match spec:
            case VirtualMachineSeed(status="Stopped" | "StoppedDeallocated"):
                deployment = site.deployments[spec.service_name.lower()]
                name = "" if deployment is None else deployment.name
                await site.sms.shutdown_role(spec.service_name, name, spec.name, spec.status)
            case SqlServerSeed(server_name=str()):
                site.sql_servers.clear()
                self._rename(spec)
            case ServiceBusNamespaceSeed():
                for rule in spec.rules:
                    await site.bus.create_authorization_rule(spec.name, rule.name, list(rule.rights))
                namespace = self._subscription.service_bus_namespaces[spec.name]
                random = self._transport.world.random
                service_bus.put_hubs_and_relays(namespace, spec.notification_hubs, spec.relays, random)
            case JobSpec(state="enabled"):
                service, _, collection = resource.owner.partition("/")
                held = self._subscription.cloud_services[service].collections[collection].jobs
                self.waiting.append(held[spec.name])
            case _:
                pass

    def _rename(self, spec: SqlServerSeed) -> None:
        held = self._subscription.sql_servers
        server = list(held.values())[-1]
        del held[server.name]
        server.name = spec.server_name or ""
        server.password = sql.digest(server.name, spec.admin_password.reveal(Path()).get_secret_value())
        held[server.name] = server


def _in_use(subscription: Subscription) -> dict[str, int]:
    """Return what there is of everything that has a quota."""
    groups = subscription.network_security_groups
    servers, namespaces = subscription.sql_servers, subscription.service_bus_namespaces

    def most(counts: Iterable[int]) -> int:
        return max(counts, default=0)

    return {
        "cores": subscription.cores_in_use,
        "hosted_services": len(subscription.hosted_services),
        "storage_accounts": len(subscription.storage_accounts),
        "affinity_groups": len(subscription.affinity_groups),
        "reserved_ips": len(subscription.reserved_ips),
        "network_security_groups": len(groups),
        "network_security_rules_per_group": most(len(one.rules) for one in groups.values()),
        "route_tables": len(subscription.route_tables),
        "routes_per_route_table": most(len(one.routes) for one in subscription.route_tables.values()),
        "local_network_sites": len(subscription.local_network_gateways),
        "application_gateways": len(subscription.application_gateways),
        "traffic_manager_profiles": len(subscription.traffic_profiles),
        "sql_servers": len(servers),
        "sql_databases_per_server": most(len(one.databases) - 1 for one in servers.values()),
        "sql_firewall_rules_per_server": most(len(one.firewall_rules) for one in servers.values()),
        "sql_dtus_per_server": most(map(sql.dtus_of, servers.values())),
        "service_bus_namespaces": len(namespaces),
        "service_bus_rules_per_namespace": most(len(one.rules) for one in namespaces.values()),
        "service_bus_entities_per_namespace": most(
            sum(len(kind.held(one)) for kind in service_bus.KINDS) for one in namespaces.values()
        ),
        "web_sites": subscription.number_of_sites,
    }


_SYSTEMS: Final = {
    "Linux": SystemSpec.model_construct(
        linux=LinuxSpec.model_construct(user_name=_USER, user_password=MADE_UP)
    ),
    "Windows": SystemSpec.model_construct(
        windows=WindowsSpec.model_construct(admin_username=_USER, admin_password=MADE_UP)
    ),
}
"""Settings of machines whose seed has none."""


def _configuration(spec: DeploymentSeed) -> str:
    """Return a service configuration for the roles of a deployment."""
    roles = [
        RoleConfiguration(name=name, instances=Instances(count=count)) for name, count in spec.roles.items()
    ]
    if not roles:
        raise InvalidArgument("configuration", "give it, or roles")
    document = ServiceConfiguration(
        service_name=spec.service_name, os_family="4", os_version="*", roles=roles
    )
    return document.to_xml().decode()
