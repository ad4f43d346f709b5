"""One look at a subscription before a plan is carried out: what it cannot have of the plan, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network
from typing import Any, Final

from asyncsm.provisioning import steps
from asyncsm.provisioning.checks import MACHINES_OF_A_DEPLOYMENT
from asyncsm.provisioning.feasibility import LIMITED
from asyncsm.provisioning.graph import Graph
from asyncsm.provisioning.handing_over import hand_over
from asyncsm.provisioning.problems import Problem
from asyncsm.provisioning.rehearsal import meant, some
from asyncsm.provisioning.resources import AnyResource, Site, left_over
from asyncsm.provisioning.resources.base import machine_key, service_key
from asyncsm.provisioning.resources.machines import VirtualMachineResource
from asyncsm.provisioning.resources.networks import VirtualNetworkResource
from asyncsm.provisioning.resources.site import each
from asyncsm.provisioning.resources.traffic_rules import NetworkSecurityRuleResource
from asyncsm.provisioning.steps import Decision
from asyncsm.provisioning.surroundings import configuration_of, thumbprints_of
from asyncsm.wire.hosted_services import AvailabilityResponse
from asyncsm.wire.networks import VirtualNetworkSite
from asyncsm.wire.subscription import Location, RoleSize

_LISTED: Final = ("os_image/", "virtual_network/")
"""Needs that are looked for in a list of their own."""

_SIZED: Final = ("role_size", "data_virtual_hard_disks[")
"""Beginnings of the fields on which it depends whether a size is enough."""


async def look(
    site: Site,
    graph: Graph,
    decisions: Mapping[str, Decision],
    *,
    begun: Container[str] = (),
    names: int | None = None,
    going: Collection[str] = (),
    free: Container[str] = (),
) -> list[Problem]:
    """Return why the subscription cannot have what a plan is going to make and to change.

    Args:
        site: the subscription, whose hosted services with machines of the plan have been read.
        graph: the resources of the plan.
        decisions: the decision for each, by key.
        begun: keys of those that an earlier run may have begun to make.
        names: the most names of which it is asked whether somebody has them: each costs a request; ``None`` for all.
        going: keys of what the run removes of it before anything is made there.
        free: keys of what the run removes anywhere, whose names somebody else can have then.
    """
    looking = _Look(site, graph, decisions, begun, going, free)
    return await looking.problems(names) if looking.new or looking.changed else []


class _Look:
    def __init__(
        self,
        site: Site,
        graph: Graph,
        decisions: Mapping[str, Decision],
        begun: Container[str],
        going: Collection[str],
        free: Container[str],
    ) -> None:
        self._site = site
        self._graph = graph
        self._decisions = decisions
        self._going = going
        self._free = free
        self._gone: Mapping[str, Any] = {}
        self.new: list[AnyResource] = [
            one for one in graph if decisions[one.key].action == "create" and one.key not in begun
        ]
        self.resized = [
            one
            for one in graph
            if isinstance(one, VirtualMachineResource)
            and any(each.field.startswith(_SIZED) for each in decisions[one.key].differences)
        ]
        self.changed = any(decisions[one.key].action == "change" for one in graph)
        self._machines = [one for one in self.new if isinstance(one, VirtualMachineResource)]
        self._found: dict[str, Any] = {
            key: one.found for key, one in decisions.items() if one.found is not None
        }
        # Problems by what is said, with those who have it.
        self._told: dict[str, list[AnyResource]] = {}

    def _tell(self, said: str, *users: AnyResource) -> None:
        self._told.setdefault(said, []).extend(users)

    async def problems(self, names: int | None) -> list[Problem]:
        """Look, and return what was found."""
        if self._going:
            self._gone = await steps.survey(self._site, left_over(self._going))
        await self._needs()
        await self._images()
        await self._networks()
        await self._certificates()
        await self._sizes_and_limits()
        self._neighbours()
        self._parts()
        for key, said in hand_over(self._graph, self._found, self._graph.needs).in_the_way.items():
            self._tell(said, self._graph[key])
        self._larger_disks()
        await self._names(names)
        part = ("role_size",)
        return [
            Problem(
                path=users[0].path + part * said.startswith("role_size: ") if users else (),
                message=f"{some([one.key for one in users])}: {said}" if users else said,
            )
            for said, users in self._told.items()
        ]

    async def _needs(self) -> None:
        """Tell which needs are neither in the plan nor in the subscription, are somebody else's, or are elsewhere."""
        wanted = [
            (need, one)
            for one in self.new
            for need in ({} if _is_signed(one) else dict.fromkeys(one.needs()))
            if need not in self._graph and not need.startswith(_LISTED)
        ]
        self._found |= await steps.survey(self._site, left_over(dict.fromkeys(need for need, _ in wanted)))
        for need, one in wanted:
            if need not in self._found:
                what = need.replace("/", " ")
                self._tell(f"there is no {what}, neither in the plan nor in the subscription", one)
        for machine in self._machines:
            self._uses(machine)

    def _uses(self, machine: VirtualMachineResource) -> None:
        service = machine.service_name
        here = self._region(service_key(service))
        for need in dict.fromkeys(machine.needs()):
            kind, _, name = need.partition("/")
            found, there = self._found.get(need), self._region(need)
            if (
                kind in {"storage_account", "reserved_ip", "network_security_group"}
                and here
                and there
                and here.lower() != there.lower()
            ):
                self._tell(f"{service} is in {here}, and {kind.replace('_', ' ')} {name} in {there}", machine)
            if kind == "disk" and found is not None and found.attached_to:
                use = found.attached_to
                if machine_key(use.hosted_service_name or "", use.role_name or "") not in self._going:
                    self._tell(f"the disk {name} is {use.hosted_service_name}/{use.role_name}'s", machine)
            owner = (
                found.service_name if kind == "reserved_ip" and found is not None and found.in_use else None
            )
            if owner and owner.lower() != service.lower() and service_key(owner) not in self._going:
                self._tell(f"the reserved IP {name} is {owner}'s", machine)

    def _region(self, key: str) -> str | None:
        """Return the region of something in the plan or in the subscription."""
        return self._located(self._found.get(key) or (self._graph[key].spec if key in self._graph else None))

    def _located(self, found: Any) -> str | None:
        for part in ("hosted_service_properties", "storage_service_properties"):
            found = getattr(found, part, found)
        location: str | None = getattr(found, "location", None)
        group = getattr(found, "affinity_group", None)
        return location or (self._region(f"affinity_group/{group}".lower()) if group else None)

    async def _images(self) -> None:
        """Tell which images there are not."""
        vm_images = [(one.spec.vm_image_name, one) for one in self._machines if one.spec.vm_image_name]
        os_images = [
            (disk.source_image_name, one)
            for one in self._machines
            if (disk := one.spec.os_virtual_hard_disk) is not None and disk.source_image_name
            if f"os_image/{disk.source_image_name}".lower() not in self._graph
        ]
        there = [one.name or "" for one in await self._site.sms.list_os_images()] if os_images else []
        there += [one.name or "" for one in await self._site.sms.list_vm_images()] if vm_images else []
        self._absent("image", os_images + vm_images, there)

    async def _networks(self) -> None:
        """Tell which virtual networks there are not, which are elsewhere, and what of them there is not."""
        networks: dict[str, str] = {}  # by hosted service, as its first machine says it for all
        for one in self._machines:
            deployment = self._site.deployments.get(one.owner.lower())
            there = (
                deployment.virtual_network_name if deployment is not None else one.spec.virtual_network_name
            )
            networks.setdefault(one.owner.lower(), there or "")
        if not any(networks.values()):
            return
        sites = {one.name.lower(): one for one in await self._site.sms.list_virtual_network_sites()}
        wanted = [(networks[one.owner.lower()], one) for one in self._machines]
        elsewhere = [
            (name, one)
            for name, one in wanted
            if name and f"virtual_network/{name}".lower() not in self._graph
        ]
        self._absent("virtual network", elsewhere, [one.name for one in sites.values()])
        for name, one in wanted:
            if name.lower() in sites:
                await self._in_network(one, sites[name.lower()])

    async def _in_network(self, machine: VirtualMachineResource, site: VirtualNetworkSite) -> None:
        here, place = self._region(service_key(machine.owner)), self._located(site)
        if here and place and here.lower() != place.lower():
            self._tell(
                f"{machine.owner} is in {here}, and the virtual network {site.name} in {place}", machine
            )
        config = machine.spec.network_parts
        subnets = {part.name.lower(): part for part in site.subnets}
        for name in config.subnet_names:
            subnet, address = subnets.get(name.lower()), config.static_virtual_network_ip_address
            if subnet is None and f"virtual_network/{site.name}".lower() in self._graph:
                continue  # the network's change brings it
            if subnet is None:
                self._tell(f"there is no subnet {site.name}/{name}{meant(name, subnets)}", machine)
            elif address and subnet.address_prefix:
                if IPv4Address(address) not in IPv4Network(subnet.address_prefix, strict=False):
                    self._tell(f"{address} is not in the subnet {name}, {subnet.address_prefix}", machine)
                elif not (
                    await self._site.sms.check_static_ip_address_availability(site.name, address)
                ).is_available:
                    self._tell(f"the address {address} of {site.name} cannot be had", machine)

    async def _certificates(self) -> None:
        """Tell which certificates that are named are not in their hosted service."""
        wanted = [
            (f"{one.service_name}/{thumbprint}", one)
            for one in self.new
            for thumbprint in thumbprints_of(one)
            if f"certificate/{one.service_name}/{thumbprint}".lower() not in self._graph
        ]
        services = {name.partition("/")[0] for name, _ in wanted}
        present = [name for name in services if service_key(name) in self._found]
        listed = await each(self._site.sms.list_service_certificates, present)
        there = [f"{name}/{one.thumbprint}" for name, those in listed.items() for one in those]
        self._absent("certificate", wanted, there)

    def _absent(self, what: str, wanted: Sequence[tuple[str, AnyResource]], there: Sequence[str]) -> None:
        """Tell which of the names that resources refer to are not `there`."""
        known = {name.lower() for name in there}
        gone = {name: meant(name, there) for name in dict(wanted) if name.lower() not in known}
        for name, one in wanted:
            if name in gone:
                self._tell(f"there is no {what} {name}{gone[name]}", one)

    async def _sizes_and_limits(self) -> None:
        """Tell sizes that the subscription or a region does not have, and limits that would be exceeded."""
        sms = self._site.sms
        at = await sms.get_subscription()
        machines = [*self._machines, *self.resized]
        sizes = {one.name.lower(): one for one in await sms.list_role_sizes()} if machines else {}
        spots = {one.name.lower(): one for one in await sms.list_locations()}
        for one in machines:
            self._size(one, sizes, spots)
        for resource in self.new:
            place = getattr(resource.spec, "location", None)
            if place and place.lower() not in spots:
                close = meant(place, [spot.name for spot in spots.values()])
                self._tell(f"there is no location {place!r}{close}", resource)
        kinds = Counter(one.kind for one in self.new)
        kinds.subtract(key.partition("/")[0] for key in self._gone)
        gone = [*self._gone.values(), *(self._found[one.key] for one in self.resized)]
        cores = sum(_cores(sizes, one.spec.role_size) for one in machines) + sum(map(_instances, self.new))
        cores -= sum(_cores(sizes, getattr(one, "role_size", None) or "") for one in gone)
        wanted = [("cores", "core_count", cores)]
        wanted += ((what, field, kinds[kind]) for kind, (what, field) in LIMITED.items())
        for what, field, more in wanted:
            current, most = getattr(at, f"current_{field}", None) or 0, getattr(at, f"max_{field}", None)
            if more > 0 and most is not None and current + more > most:
                self._tell(f"needs {more} more {what}; the subscription has {current} of {most}")

    def _size(
        self, machine: VirtualMachineResource, sizes: Mapping[str, RoleSize], spots: Mapping[str, Location]
    ) -> None:
        """Tell a machine's size that there is not, not in its region, or with too few data disks."""
        name, region = machine.spec.role_size, self._region(service_key(machine.service_name)) or ""
        spot, size = spots.get(region.lower()), sizes.get(name.lower())
        if size is None:
            close = meant(name, [one.name for one in sizes.values()])
            self._tell(f"role_size: there is no size {name!r}{close}", machine)
            return
        offered = (
            {one.lower() for one in spot.compute_capabilities.virtual_machines_role_sizes} if spot else ()
        )
        if offered and name.lower() not in offered:
            self._tell(f"{region} has no machines of size {name!r}", machine)
        given = "data_virtual_hard_disks" in machine.spec.model_fields_set
        having = machine.spec if given else self._found.get(machine.key, machine.spec)
        most = size.max_data_disk_count
        if most is not None and len(having.data_virtual_hard_disks) > most:
            self._tell(f"role_size: a machine of size {name!r} has at most {most} data disks", machine)

    def _larger_disks(self) -> None:
        """Tell where a machine is in the way of its disks' growth: the service wants it deallocated for that."""
        for one in self._graph:
            grown = [
                each for each in self._decisions[one.key].differences if each.field.endswith("_size_in_gb")
            ]
            deployment = self._site.deployments.get(one.service_name.lower())
            instances = deployment.role_instance_list if deployment is not None and grown else ()
            for instance in instances:
                mine = (instance.role_name or "").lower() == one.spec.name.lower()
                if mine and instance.instance_status != "StoppedDeallocated":
                    self._tell("its disks can become larger while it is stopped and deallocated only", one)

    def _neighbours(self) -> None:
        """Tell where machines that the plan does not have are in the way of new and changed ones."""
        joining = Counter(one.service_name.lower() for one in self._machines)
        changed = (
            one
            for one in self._graph
            if isinstance(one, VirtualMachineResource) and self._decisions[one.key].action == "change"
        )
        for machine in (*self._machines, *changed):
            service = machine.service_name.lower()
            deployment = self._site.deployments.get(service)
            if deployment is None:
                continue
            roles = [
                one
                for one in deployment.role_list
                if machine_key(service, one.role_name or "") not in self._going
            ]
            have = len(roles)
            comes = self._decisions[machine.key].action == "create"
            if comes and have + joining[service] > MACHINES_OF_A_DEPLOYMENT:
                self._tell(f"{service} has {have} of {MACHINES_OF_A_DEPLOYMENT} machines", machine)
            taken = {
                (endpoint.protocol, endpoint.port): (role.role_name, endpoint.load_balanced_endpoint_set_name)
                for role in roles
                for part in role.configuration_sets
                for endpoint in getattr(part, "input_endpoints", ())
                if (key := machine_key(service, role.role_name or "")) not in self._graph
                or (
                    endpoint.load_balanced_endpoint_set_name
                    and key != machine.key
                    and endpoint.port in {one.port for one in self._graph[key].spec.network_parts.endpoints}
                )
            }
            for endpoint in machine.spec.network_parts.endpoints:
                owner, shared = taken.get((endpoint.protocol, endpoint.port), ("", None))
                if owner and not (shared and shared == endpoint.load_balanced_endpoint_set_name):
                    self._tell(f"the port {endpoint.port} of {service} is {owner}'s", machine)

    def _parts(self) -> None:
        """Tell where rules that the plan does not have, and machines in subnets, are in the way."""
        for one in self._graph:
            if isinstance(one, VirtualNetworkResource) and one.key in self._found:
                for said in one.in_use(self._found[one.key], self._site.deployments, self._going):
                    self._tell(said, one)
            if isinstance(one, NetworkSecurityRuleResource) and self._decisions[one.key].action:
                for other in self._site.rules.get(one.owner.lower(), ()):
                    key = f"{one.kind}/{one.owner}/{other.name}".lower()
                    same = (other.priority, other.type) == (one.spec.priority, one.spec.type)
                    if same and key not in self._graph and key not in self._going:
                        rank = f"{other.priority} {other.type}"
                        self._tell(f"the priority {rank} of {one.owner} is {other.name}'s", one)

    async def _names(self, most: int | None) -> None:
        """Tell which of the names that must be unique in the world somebody else has."""
        sms = self._site.sms
        asked = {
            "hosted_service": sms.check_hosted_service_name_availability,
            "storage_account": sms.check_storage_account_name_availability,
        }
        wanted = [one for one in self.new if one.kind in asked and one.key not in self._free]
        if most is not None and len(wanted) > most:
            return

        async def ask(key: str) -> AvailabilityResponse:
            one = self._graph[key]
            return await asked[one.kind](one.spec.name)

        for key, answer in (await each(ask, [one.key for one in wanted])).items():
            if not answer.result:
                one = self._graph[key]
                self._tell(f"the name {one.spec.name} cannot be had: {answer.reason}", one)


def _cores(sizes: Mapping[str, RoleSize], name: str) -> int:
    size = sizes.get(name.lower())
    return (size.cores or 0) if size else 0


def _instances(resource: AnyResource) -> int:
    """Return the number of instances of a new deployment, each of which has at least one core."""
    configuration = configuration_of(resource)
    return 0 if configuration is None else sum(role.instances.count for role in configuration)


def _is_signed(resource: AnyResource) -> bool:
    """Return whether a deployment's package comes with a signature, and so from whatever account."""
    return "sig=" in getattr(resource.spec, "package_url", "")
