"""Planting of a seed: its resources are made as those of a plan are, by the same requests and in no time.

They go to the emulator's routes through a client of its own, so that a seed is refused what a client would be. All
that comes of them is over when they are answered, while no time passes for the emulator; and they leave no history.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from asyncsm.config import LanePolicy
from asyncsm.emulator import catalogue, seeding
from asyncsm.emulator.call import World
from asyncsm.emulator.rules import jobs, service_bus, sql
from asyncsm.emulator.scheduler import ScheduledJob
from asyncsm.emulator.seeding import SeedDocument, SeedError, VirtualMachineSeed
from asyncsm.emulator.standing import LIMITLESS, StandingSubscription
from asyncsm.emulator.state import Quotas, Subscription, SubscriptionCertificate
from asyncsm.errors import AsyncsmError, InvalidArgument
from asyncsm.provisioning.machine_specs import DataDiskSpec, LinuxSpec, OSDiskSpec, SystemSpec, WindowsSpec
from asyncsm.provisioning.plan import PlanError
from asyncsm.provisioning.problems import Path_, problem
from asyncsm.provisioning.resources import KINDS, AnyResource, Site, resources_of
from asyncsm.provisioning.resources.networks import VirtualNetworkResource
from asyncsm.provisioning.secrets import MADE_UP
from asyncsm.provisioning.shares import shares
from asyncsm.provisioning.sibling_specs import JobSpec
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
from asyncsm.wire.traffic_manager import TrafficEndpoint, TrafficEndpointType

_PLACES: Final = frozenset({"affinity_group", "storage_account"})
_NETWORKS: Final = frozenset(
    one.kind for one in KINDS[: KINDS.index(VirtualNetworkResource) + 1] if one.kind not in _PLACES
)
_AFTER_NETWORKS: Final = (
    "local_network_gateways", "virtual_network_gateways", "application_gateways", "extensions"
)  # fmt: skip
_LAST: Final = ("hdinsight_clusters", "add_ons", "alert_rules", "traffic_profiles")
"""Sections that only a seed has, in the order in which they are made."""

_ENDPOINTS: Final = {
    ".cloudapp.net": TrafficEndpointType.CLOUD_SERVICE,
    ".azurewebsites.net": TrafficEndpointType.AZURE_WEBSITE,
    ".trafficmanager.net": TrafficEndpointType.TRAFFIC_MANAGER,
}
"""The end of a domain name tells what it is of."""


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
        parts = {name: share.expanded() for name, share in shares(document).items()}
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


@dataclass(slots=True)
class _Planter:
    """Makes the resources of one subscription; `waiting` are jobs that are to run."""

    document: SeedDocument
    subscription: Subscription
    transport: StandingSubscription
    waiting: list[ScheduledJob] = field(default_factory=list)

    async def plant(self) -> None:
        """Make all that the document has, whatever the quotas, which then are such that it fits in."""
        document, subscription = self.document, self.subscription
        if document.publisher is not None:
            subscription.is_publisher = document.publisher
        session = ManagementSession(
            subscription.id, trust_env=False, transport=self.transport, lanes=LanePolicy(enabled=False)
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
        resources = resources_of(self.document, site.base)
        await self._create([one for one in resources if one.kind in _PLACES], site)
        if self.document.network_configuration is not None:
            with _told_of(("network_configuration",)):
                await site.sms.set_network_configuration(self.document.network_configuration)
        await self._create([one for one in resources if one.kind in _NETWORKS], site)
        await self._create_others(_AFTER_NETWORKS, site)
        await self._create([one for one in resources if one.kind not in _PLACES | _NETWORKS], site)
        await self._create_others(_LAST, site)

    async def _create(self, resources: Iterable[AnyResource], site: Site) -> None:
        for one in resources:
            with _told_of(one.path):
                one.spec = one.spec.model_copy(update=self._left_out(one.spec))
                await one.create(site, doubtful=False)
                await self._pretend(one, site)

    async def _create_others(self, sections: Iterable[str], site: Site) -> None:
        """Make what a plan cannot have."""
        for section in sections:
            for one in getattr(self.document, section):
                with _told_of(one.origin):
                    await self._create_other(one, site)

    async def _create_other(self, spec: Any, site: Site) -> None:
        session, network, name = site.sms.session, site.network, spec.name
        match spec:
            case seeding.LocalNetworkGatewaySeed():
                await network.create_local_network_gateway(name, spec.ip_address, spec.address_space)
            case seeding.VirtualNetworkGatewaySeed():
                kind = (spec.gateway_size, spec.gateway_type)
                handle = await network.create_virtual_network_gateway(spec.virtual_network_name, name, *kind)
                handle.detach()  # it has ended, but its answer names an operation
                await self._connect([*self.subscription.gateways][-1], spec.connected_to, site)
            case seeding.ApplicationGatewaySeed():
                place = (spec.virtual_network_name, spec.subnets, spec.instance_count, spec.gateway_size)
                (await network.create_application_gateway(name, *place)).detach()
            case seeding.ExtensionSeed():
                for one in spec.versions:
                    image = ExtensionImage(provider_name_space=spec.provider, type=name, version=one)
                    await site.sms.register_extension_image(image)
            case seeding.ClusterSeed():
                location = await self._cloud_service(site, spec)
                account = f"{spec.storage_account}.blob.core.windows.net"
                await HDInsightManagementService(session=session).create_cluster(
                    *(spec.cloud_service_id, name, location, account, name, "-"),
                    *(spec.username, spec.password.reveal(site.base), spec.data_nodes),
                    version=spec.version,
                    head_node_size="Large",
                )
            case seeding.AddOnSeed():
                await self._cloud_service(site, spec)
                offer = (spec.cloud_service_id, spec.provider, spec.offer)
                await StoreManagementService(session=session).create_add_on(*offer, name, spec.plan)
            case seeding.AlertRuleSeed():
                condition = (spec.resource, spec.metric, spec.operator, spec.threshold, spec.window)
                monitoring = MonitoringManagementService(session=session)
                await monitoring.set_alert_rule(name, name, *condition, is_enabled=spec.enabled)
            case seeding.TrafficProfileSeed():
                await self._create_profile(spec, TrafficManagerManagementService(session=session))

    async def _connect(self, gateway: str, devices: Iterable[str], site: Site) -> None:
        known = {one.gateway_name: one.id for one in self.subscription.local_network_gateways.values()}
        for device in devices:
            ends = (gateway, known.get(device, device))
            (await site.network.create_gateway_connection(device, *ends)).detach()

    async def _create_profile(
        self, spec: seeding.TrafficProfileSeed, traffic: TrafficManagerManagementService
    ) -> None:
        name, location = spec.name, self.document.location
        await traffic.create_profile(name, spec.domain_name or f"{name}.trafficmanager.net")
        kinds = {one: _ENDPOINTS.get(one[one.find(".") :].lower()) for one in spec.endpoints}
        endpoints = [
            TrafficEndpoint(domain_name=one, type=kind or TrafficEndpointType.ANY, location=location)
            for one, kind in kinds.items()
        ]
        if endpoints:
            await traffic.create_definition(name, spec.load_balancing_method, endpoints)

    async def _cloud_service(self, site: Site, user: seeding.ClusterSeed | seeding.AddOnSeed) -> str:
        """Let there be the cloud service of a cluster or add-on, and return its region."""
        name, location = user.cloud_service_id, user.location or self.document.location or ""
        if name not in self.subscription.cloud_services:
            await site.scheduler.create_cloud_service(name, name, name, location)
        return location

    def _left_out(self, spec: Any) -> Mapping[str, object]:
        """Return the fields that an entry leaves out and nobody sees."""
        match spec:
            case seeding.OSImageSeed(media_link="") | seeding.DiskSeed(media_link=""):
                return {"media_link": self._blob(f"vhds/{spec.name}.vhd")}
            case seeding.DeploymentSeed():
                package = f"packages/{spec.service_name}.cspkg"
                return {
                    "package_url": spec.package_url
                    or self._blob(package, self._region_of(spec.service_name)),
                    "configuration": spec.configuration or _configuration(spec),
                }
            case VirtualMachineSeed():
                return self._of_machine(spec)
            case seeding.SqlDatabaseSeed(service_objective_id=""):
                return {"service_objective_id": sql.EDITIONS[spec.edition or "Web"].objective}
        return {}

    def _of_machine(self, spec: VirtualMachineSeed) -> Mapping[str, object]:
        system = spec.os_virtual_hard_disk or OSDiskSpec()
        update: dict[str, object] = {}

        def placed(disk: OSDiskSpec | DataDiskSpec) -> OSDiskSpec | DataDiskSpec:
            if disk.media_link or disk.storage_account or disk.disk_name:
                return disk
            account = system.storage_account or self._account(self._region_of(spec.service_name))
            return disk.model_copy(update={"storage_account": account})

        update["data_virtual_hard_disks"] = tuple(map(placed, spec.data_virtual_hard_disks))
        if spec.vm_image_name is None:
            origins = (system.source_image_name, system.disk_name, system.os, system.remote_source_image_link)
            if not any(origins):
                system = system.model_copy(update={"source_image_name": catalogue.usual_image(spec.os)})
            update["os_virtual_hard_disk"] = placed(system)
        if spec.system_config is None and (system.source_image_name or spec.vm_image_name):
            update["system_config"] = _SYSTEMS[spec.os]
        return update

    def _region_of(self, service: str) -> str | None:
        found = self.subscription.hosted_services.get(service)
        return None if found is None else self.subscription.region_of(found)

    def _blob(self, name: str, region: str | None = None) -> str:
        return f"https://{self._account(region)}.blob.core.windows.net/{name}"

    def _account(self, region: str | None) -> str:
        """Return the first storage account of `region`, or of any."""
        for account in self.subscription.storage_accounts.values():
            if region in {None, account.region} and account.status == "Created":
                return account.name
        where = "" if region is None else f" in {region}"
        raise InvalidArgument("storage_accounts", f"its blobs need one{where}: add it")

    async def _pretend(self, resource: AnyResource, site: Site) -> None:
        """Bring a resource to the state that its entry says, which requests would not bring it to."""
        spec = resource.spec
        match spec:
            case VirtualMachineSeed(status="Stopped" | "StoppedDeallocated"):
                deployment = site.deployments[spec.service_name.lower()]
                name = "" if deployment is None else deployment.name
                await site.sms.shutdown_role(spec.service_name, name, spec.name, spec.status)
            case seeding.SqlServerSeed(server_name=str()):
                site.sql_servers.clear()
                self._rename(spec)
            case seeding.ServiceBusNamespaceSeed():
                for rule in spec.rules:
                    await site.bus.create_authorization_rule(spec.name, rule.name, list(rule.rights))
                namespace = self.subscription.service_bus_namespaces[spec.name]
                random = self.transport.world.random
                service_bus.put_hubs_and_relays(namespace, spec.notification_hubs, spec.relays, random)
            case JobSpec(state="enabled"):
                service, _, collection = resource.owner.partition("/")
                held = self.subscription.cloud_services[service].collections[collection].jobs
                self.waiting.append(held[spec.name])

    def _rename(self, spec: seeding.SqlServerSeed) -> None:
        held = self.subscription.sql_servers
        server = list(held.values())[-1]
        del held[server.name]
        server.name = spec.server_name or ""
        server.password = sql.digest(server.name, spec.admin_password.reveal(Path()).get_secret_value())
        held[server.name] = server


@contextmanager
def _told_of(path: Path_) -> Iterator[None]:
    """Say of which entry of the seed it is that something cannot be."""
    try:
        yield
    except (AsyncsmError, OSError) as error:
        message = str(getattr(error, "message", "") or error)
        raise SeedError([problem(path, message)]) from error


def _in_use(subscription: Subscription) -> dict[str, int]:
    """Return what there is of everything that has a quota."""
    alike = {
        one.name: len(getattr(subscription, one.name))
        for one in fields(Quotas)
        if hasattr(subscription, one.name)
    }
    groups, tables = subscription.network_security_groups, subscription.route_tables
    plan = subscription.networks.plan
    servers, namespaces = subscription.sql_servers, subscription.service_bus_namespaces

    def most(counts: Iterable[int]) -> int:
        return max(counts, default=0)

    return {
        **alike,
        "certificates_per_hosted_service": most(
            len(one.certificates) for one in subscription.hosted_services.values()
        ),
        "network_security_rules_per_group": most(len(one.rules) for one in groups.values()),
        "routes_per_route_table": most(len(one.routes) for one in tables.values()),
        "sql_databases_per_server": most(len(one.databases) - 1 for one in servers.values()),
        "sql_firewall_rules_per_server": most(len(one.firewall_rules) for one in servers.values()),
        "sql_dtus_per_server": most(map(sql.dtus_of, servers.values())),
        "service_bus_rules_per_namespace": most(len(one.rules) for one in namespaces.values()),
        "service_bus_entities_per_namespace": most(
            sum(len(kind.held(one)) for kind in service_bus.KINDS) for one in namespaces.values()
        ),
        "cores": subscription.cores_in_use,
        "virtual_network_sites": len(subscription.networks.sites),
        "local_network_sites": max(
            len(subscription.local_network_gateways), len(plan.local_sites) if plan else 0
        ),
        "dns_servers": len(plan.dns_servers) if plan else 0,
        "traffic_manager_profiles": len(subscription.traffic_profiles),
        "web_sites": subscription.number_of_sites,
    }


_SYSTEMS: Final = {
    "Linux": SystemSpec.model_construct(
        linux=LinuxSpec.model_construct(user_name="seeded", user_password=MADE_UP)
    ),
    "Windows": SystemSpec.model_construct(
        windows=WindowsSpec.model_construct(admin_username="seeded", admin_password=MADE_UP)
    ),
}
"""Settings of machines whose seed has none."""


def _configuration(spec: seeding.DeploymentSeed) -> str:
    """Return a service configuration for the roles of a deployment."""
    if not spec.roles:
        raise InvalidArgument("configuration", "give it, or roles")
    roles = [
        RoleConfiguration(name=name, instances=Instances(count=count)) for name, count in spec.roles.items()
    ]
    document = ServiceConfiguration(
        service_name=spec.service_name, os_family="4", os_version="*", roles=roles
    )
    return document.to_xml().decode()
