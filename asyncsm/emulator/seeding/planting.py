"""Planting of a seed document: the requests that would make its resources are made.

They go to the routes that answer clients, so that a seed is refused what a client would
be. Their operations run by a clock of their own, to their ends and on until nothing is on
its way any more, while no time passes for the emulator; and they leave no history.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final
from uuid import UUID

from asyncsm.emulator import catalogue
from asyncsm.emulator.call import Incoming, World
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.seeding import requests
from asyncsm.emulator.seeding.document import (
    DeploymentSeed,
    DiskSeed,
    HostedServiceSeed,
    OSImageSeed,
    SeedDocument,
    SeedError,
    SubscriptionContents,
    SubscriptionSeed,
)
from asyncsm.emulator.seeding.monitoring import plant_add_ons, plant_alert_rules, plant_clusters
from asyncsm.emulator.seeding.networking import networking_quotas, plant_gateways, plant_route_tables
from asyncsm.emulator.seeding.places import Place, each_of
from asyncsm.emulator.seeding.scheduler import plant_job_collections
from asyncsm.emulator.seeding.service_bus import plant_namespaces, service_bus_quotas
from asyncsm.emulator.seeding.sql import plant_sql_servers, sql_quotas
from asyncsm.emulator.seeding.websites import plant_web_sites
from asyncsm.emulator.standing import LIMITLESS, StandingSubscription
from asyncsm.emulator.state import Quotas, Subscription, SubscriptionCertificate
from asyncsm.wire import deployments, disks, hosted_services, images, networks, roles, storage
from asyncsm.wire.affinity_groups import CreateAffinityGroup
from asyncsm.wire.document import Document
from asyncsm.wire.network_security_groups import NetworkSecurityGroup, NetworkSecurityRule
from asyncsm.wire.service_extensions import ExtensionImage

VERSION: Final = "2016-06-01"
"""Of the API that is used; the newest there was."""


def plant(document: SeedDocument, world: World, quotas: Quotas, certificate: SubscriptionCertificate) -> None:
    """Add what `document` describes to the state of `world`.

    Args:
        document: what there is to be.
        world: where.
        quotas: of subscriptions that are made for it.
        certificate: that manages them.

    Raises:
        SeedError: a request was refused, and for which field. What came before it is there.
    """
    own = document.model_dump(exclude={"subscriptions"}, exclude_unset=True)
    if own:
        first = next(iter(world.state.subscriptions.values()))
        _Planter(world, first).plant("", document)
    for place, seed in enumerate(document.subscriptions):
        path = f"subscriptions[{place}]"
        _Planter(world, _subscription(path, place, seed, world, quotas, certificate)).plant(f"{path}.", seed)


def _subscription(
    path: str,
    place: int,
    seed: SubscriptionSeed,
    world: World,
    quotas: Quotas,
    certificate: SubscriptionCertificate,
) -> Subscription:
    present = list(world.state.subscriptions.values())
    if seed.id is not None:
        found = world.state.subscriptions.get(seed.id)
    elif seed.name is not None:
        found = next((one for one in present if one.name == seed.name), None)
    elif place < len(present):
        return present[place]
    else:
        raise SeedError((path, f"there are only {len(present)} subscriptions: give this one a name or an id"))
    if found is not None:
        return found
    id_ = (seed.id or str(UUID(int=world.random.getrandbits(128), version=4))).lower()
    name = seed.name or f"Emulated subscription {len(present) + 1}"
    made = Subscription(id_, name, world.clock.now(), quotas)
    made.certificates[certificate.thumbprint] = replace(certificate)
    world.state.subscriptions[made.id] = made
    return made


class _Planter:
    """Makes the resources of one subscription."""

    def __init__(self, world: World, subscription: Subscription) -> None:
        self._standing = StandingSubscription(subscription, world)
        self._world = self._standing.world
        self._lasting = world.clock
        self._subscription = subscription
        self._location = ""

    def plant(self, path: str, seed: SubscriptionContents) -> None:
        """Make all its resources.

        Args:
            path: what precedes the names of its fields.
            seed: what the subscription is to have.
        """
        self._location = seed.location
        if seed.publisher is not None:
            self._subscription.is_publisher = seed.publisher
        with self._quotas(seed):
            self._affinity_groups(path, seed)
            self._storage_accounts(path, seed)
            if seed.network_configuration is not None:
                self._send(
                    Place(f"{path}network_configuration"),
                    "PUT",
                    "services/networking/media",
                    seed.network_configuration.encode(),
                )
            self._reserved_ips(path, seed)
            self._network_security_groups(path, seed)
            plant_route_tables(self._send, path, seed)
            plant_gateways(self._subscription, self._send, path, seed)
            self._extensions(path, seed)
            self._media(f"{path}os_images", seed.os_images, "services/images", images.OSImage)
            self._media(f"{path}disks", seed.disks, "services/disks", disks.Disk)
            for place, service, name in each_of(f"{path}hosted_services", seed.hosted_services):
                self._hosted_service(place, service, name)
            plant_sql_servers(self._subscription, self._send, path, seed)
            plant_namespaces(self._subscription, self._send, path, seed, self._world.random)
            plant_web_sites(self._send, path, seed)
            plant_job_collections(self._subscription, self._lasting, self._send, path, seed)
            plant_clusters(self._subscription, self._send, path, seed)
            plant_add_ons(self._subscription, self._send, path, seed)
            plant_alert_rules(self._send, path, seed)

    @contextmanager
    def _quotas(self, seed: SubscriptionContents) -> Iterator[None]:
        """Lift the quotas meanwhile, and then set them so that all resources fit in."""
        subscription = self._subscription
        wanted = replace(subscription.quotas, **seed.quotas.model_dump(exclude_none=True))
        subscription.quotas = LIMITLESS
        try:
            yield
        finally:
            groups = subscription.network_security_groups
            subscription.quotas = replace(
                wanted,
                cores=max(wanted.cores, subscription.cores_in_use),
                hosted_services=max(wanted.hosted_services, len(subscription.hosted_services)),
                storage_accounts=max(wanted.storage_accounts, len(subscription.storage_accounts)),
                affinity_groups=max(wanted.affinity_groups, len(subscription.affinity_groups)),
                reserved_ips=max(wanted.reserved_ips, len(subscription.reserved_ips)),
                network_security_groups=max(wanted.network_security_groups, len(groups)),
                network_security_rules_per_group=max(
                    wanted.network_security_rules_per_group, *(len(one.rules) for one in groups.values()), 0
                ),
                **networking_quotas(wanted, subscription),
                **sql_quotas(wanted, subscription),
                **service_bus_quotas(wanted, subscription),
                web_sites=max(wanted.web_sites, subscription.number_of_sites),
            )

    def _affinity_groups(self, path: str, contents: SubscriptionContents) -> None:
        for place, seed, name in each_of(f"{path}affinity_groups", contents.affinity_groups):
            body = CreateAffinityGroup(
                name=name,
                label=place.label(seed.label, name),
                description=place.description(seed.description),
                location=seed.location or self._location,
            )
            self._send(place, "POST", "affinitygroups", body)

    def _storage_accounts(self, path: str, contents: SubscriptionContents) -> None:
        for place, seed, name in each_of(f"{path}storage_accounts", contents.storage_accounts):
            body = storage.CreateStorageServiceInput(
                service_name=name,
                label=place.label(seed.label, name),
                description=place.description(seed.description),
                affinity_group=seed.affinity_group,
                location=self._own_location(seed.location, seed.affinity_group),
                account_type=None
                if seed.account_type is None
                else storage.StorageAccountType(seed.account_type),
            )
            self._send(place, "POST", "services/storageservices", body)

    def _reserved_ips(self, path: str, contents: SubscriptionContents) -> None:
        for place, seed, name in each_of(f"{path}reserved_ips", contents.reserved_ips):
            body = networks.ReservedIP(
                name=name,
                label=place.label(seed.label, name),
                location=seed.location or self._location,
            )
            self._send(place, "POST", "services/networking/reservedips", body)

    def _network_security_groups(self, path: str, contents: SubscriptionContents) -> None:
        for place, seed, name in each_of(f"{path}network_security_groups", contents.network_security_groups):
            location = seed.location or self._location
            body = NetworkSecurityGroup(name=name, label=place.label(seed.label, name), location=location)
            self._send(place, "POST", "services/networking/networksecuritygroups", body)
            for number, rule in enumerate(seed.rules):
                inside = replace(place, field=f"{place.field}.rules[{number}]")
                made = NetworkSecurityRule.model_validate(rule.model_dump(exclude={"name"}))
                target = f"services/networking/networksecuritygroups/{name}/rules/{place.text(rule.name)}"
                self._send(inside, "PUT", target, made)

    def _extensions(self, path: str, contents: SubscriptionContents) -> None:
        for place, seed, name in each_of(f"{path}extensions", contents.extensions):
            for version in seed.versions:
                body = ExtensionImage(
                    provider_name_space=place.text(seed.provider), type=name, version=version
                )
                self._send(place, "POST", "services/extensions", body)

    def _media(
        self,
        path: str,
        seeds: Sequence[OSImageSeed | DiskSeed],
        resources: str,
        model: type[images.OSImage | disks.Disk],
    ) -> None:
        for place, seed, name in each_of(path, seeds):
            link = self._blob(place, seed.media_link, f"vhds/{name}.vhd")
            body = model(name=name, label=place.label(seed.label, name), os=seed.os, media_link=link)
            self._send(place, "POST", resources, body)

    def _hosted_service(self, place: Place, seed: HostedServiceSeed, name: str) -> None:
        body = hosted_services.CreateHostedService(
            service_name=name,
            label=place.label(seed.label, name),
            description=place.description(seed.description),
            location=self._own_location(seed.location, seed.affinity_group),
            affinity_group=seed.affinity_group,
        )
        self._send(place, "POST", "services/hostedservices", body)
        for number, deployment in enumerate(seed.deployments):
            inside = replace(place, field=f"{place.field}.deployments[{number}]")
            if deployment.virtual_machines:
                self._machines(inside, name, deployment)
            else:
                self._roles(inside, name, deployment)

    def _roles(self, place: Place, service: str, seed: DeploymentSeed) -> None:
        name = place.text(seed.name or seed.slot.lower())
        found = each_of(f"{place.field}.roles", seed.roles, place.index)
        counts = [(role_name, role.instances) for _, role, role_name in found]
        body = deployments.CreateDeployment(
            name=name,
            package_url=self._blob(place, None, f"packages/{service}.cspkg", self._region_of(service)),
            label=place.label(seed.label, name),
            configuration=seed.configuration or requests.configuration(service, counts),
            start_deployment=seed.status == "Running",
        )
        path = f"services/hostedservices/{service}/deploymentslots/{seed.slot.lower()}"
        self._send(place, "POST", path, body)

    def _machines(self, place: Place, service: str, seed: DeploymentSeed) -> None:
        name = place.text(seed.name or seed.slot.lower())
        container = self._blob(place, None, "vhds", self._region_of(service))
        made = []
        off: dict[str, list[str]] = {}
        for inside, machine, role_name in each_of(
            f"{place.field}.virtual_machines", seed.virtual_machines, place.index
        ):
            image = machine.image or catalogue.usual_image(machine.os)
            made.append(requests.machine(role_name, machine, image, f"{container}/{service}"))
            if machine.status != "Running":
                off.setdefault(machine.status, []).append(inside.text(machine.name))
        body = requests.machines(name, place.label(seed.label, name), seed, made)
        path = f"services/hostedservices/{service}/deployments"
        self._send(place, "POST", path, body)
        for status, names in off.items():
            stopping = roles.ShutdownRolesOperation(
                roles=names, post_shutdown_action=roles.PostShutdownAction(status)
            )
            self._send(place, "POST", f"{path}/{name}/roles/Operations", stopping)

    def _own_location(self, given: str | None, affinity_group: str | None) -> str | None:
        return given if affinity_group is not None else given or self._location

    def _region_of(self, service: str) -> str:
        return self._subscription.region_of(self._subscription.hosted_services[service])

    def _blob(self, place: Place, given: str | None, name: str, region: str | None = None) -> str:
        """Return the URL that is given, or of the blob `name` in the first account of `region`, or of any."""
        if given is not None:
            return place.text(given)
        for account in self._subscription.storage_accounts.values():
            if region in {None, account.region} and account.status == "Created":
                return f"https://{account.name}.blob.core.windows.net/{name}"
        where = "" if region is None else f" in {region}"
        raise SeedError(
            (place.field, f"its blobs need a storage account{where}: add one to storage_accounts")
        )

    def _send(self, place: Place, method: str, path: str, body: Document | bytes) -> None:
        """Make a request, and wait until nothing that comes of it is on its way any more.

        Raises:
            SeedError: it was refused, or its operation failed.
        """
        incoming = Incoming(
            method=method,
            segments=path.split("/"),
            query=_NO_QUERY,
            host="localhost",
            version=VERSION,
            thumbprint="",
            client_address=None,
            content=body if isinstance(body, bytes) else body.to_body(),
        )
        try:
            self._standing.answer(incoming)
        except Refusal as refusal:
            raise SeedError((place.field, refusal.message)) from refusal


_NO_QUERY: Final[Mapping[str, str]] = {}
