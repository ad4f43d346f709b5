"""Kernel of what can have one resource of a family: subnets, roles and network interfaces.

A family whose resources they can have, such as network security groups, is an `Associated`
collection. It names the field of the wire's models that has the resource's name; nothing else
knows of an association, so it goes with the subnet, role or interface that has it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Generic, Protocol, TypeVar, cast

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.change_tracking import Entity
from asyncsm.emulator.collections import Collection, Parameters, RequestT, told_late
from asyncsm.emulator.compute import Role
from asyncsm.emulator.naming import by_name
from asyncsm.emulator.networking import NetworkConfiguration
from asyncsm.emulator.progress import Lockable
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import common_fields, path_resources
from asyncsm.emulator.saved_names import effect
from asyncsm.emulator.state import Subscription
from asyncsm.wire.base import XmlModel
from asyncsm.wire.configuration_sets import ConfigurationSet
from asyncsm.wire.document import Document
from asyncsm.wire.endpoints import NetworkInterface
from asyncsm.wire.networks import Subnet, VirtualNetworkSite

HolderT = TypeVar("HolderT", bound=Entity)


class Located(Protocol):
    """A resource that belongs to a region."""

    name: str
    location: str
    label: str | None
    moved_as: str

    def __init__(self, name: str, location: str, label: str | None) -> None:
        """Make one that nothing has yet."""

    @property
    def migration(self) -> str | None:
        """How its migration to Resource Manager stands."""


LocatedT = TypeVar("LocatedT", bound=Located)


@dataclass(frozen=True, slots=True)
class Association:
    """A document that says which resource a place has.

    Attributes:
        document: its model.
        name: the field with the name of the resource.
        told: other fields of answers.
    """

    document: type[XmlModel]
    name: str = "name"
    told: Mapping[str, str] = field(default_factory=dict)

    def wanted(self, call: Call) -> str:
        """Return the name in a request."""
        return str(getattr(call.body(self.document), self.name, ""))

    def telling(self, name: str) -> XmlModel:
        """Return the answer to who asks which one a place has."""
        return self.document(**self.told, **{self.name: name})


class Associated(Collection[LocatedT, RequestT]):
    """A collection of which places can have one resource each.

    Attributes:
        entity: the class of one.
        levels: of details at which reads show the parts of one.
        field: of `Subnet`, `ConfigurationSet` and `NetworkInterface`: the name of what they have.
        association: the document that says so, by the one name in it.
        none: sentence, with ``{place}`` and ``{noun}``, where a place has none.
        names_removed: whether the path of a removal ends with the name of what a place has.
        elsewhere: sentence, with ``{noun}``, ``{name}``, ``{location}``, ``{region}`` and ``{place}``.
    """

    entity: type[LocatedT]
    levels: frozenset[str] = frozenset(("full",))
    field: str
    association: Association
    none: str = "The {place} does not have any {noun} assigned."
    names_removed: bool = True
    elsewhere: str = (
        "The region {location} specified for the {noun} {name} is different than the region {region} that "
        "{place} belongs to."
    )

    def make(self, call: Call, name: str, wanted: RequestT) -> LocatedT:
        """Return a new one in a region that there is."""
        location, label = getattr(wanted, "location", None) or "", getattr(wanted, "label", None)
        # An empty label was taken [rec network/create_route_table_tests].
        known = common_fields.label(label) if label else label
        return self.entity(name, common_fields.known_location(location), known)

    def shown(self, call: Call, thing: LocatedT) -> Document:
        """Return one, with its parts if those are asked for."""
        asked = call.query.get("detaillevel", "").lower() in self.levels
        told = {"name": thing.name, "label": thing.label, "location": thing.location}
        return self.request(**told, **(self.parts(thing) if asked else {}))

    @abstractmethod
    def parts(self, thing: LocatedT) -> Mapping[str, object]:
        """Return the parts of one, by the field of its document."""

    def listed(self, call: Call, things: Sequence[LocatedT]) -> Document:
        """Return all by their names."""
        return super().listed(call, by_name(things))

    def require(
        self, subscription: Subscription, name: str, region: str | None = None, place: str = "the deployment"
    ) -> str:
        """Return a name as it is spelt; refuse if there is no such resource, or none in the `region` of a place."""
        thing = self.named(subscription, {}, name)
        refusals.require_unmoved(thing.migration, thing.moved_as)  # [lifecycles 10]
        if region not in {None, thing.location}:
            said = {"noun": self.noun, "name": thing.name, "location": thing.location}
            raise refusals.bad_request(  # [protocol 3.4]
                self.elsewhere.format(**said, region=region, place=place)
            )
        return thing.name

    def settle(self, subscription: Subscription, network: ConfigurationSet, region: str) -> None:
        """Spell what a new machine and its interfaces have as it is called, or refuse it."""
        for each in (network, *network.network_interfaces):
            name = getattr(each, self.field, None)
            if name:
                setattr(each, self.field, self.require(subscription, name, region))

    def users(self, subscription: Subscription, thing: LocatedT) -> Iterator[str]:
        """Yield the places that have one."""
        for user, place in _places(subscription):
            if (getattr(place, self.field, None) or "").lower() == thing.name.lower():
                yield user


def _places(subscription: Subscription) -> Iterator[tuple[str, XmlModel]]:
    for site in subscription.networks.sites.values():
        for subnet in site.subnets:
            yield f"subnet {site.name}/{subnet.name}", subnet
    for service in subscription.hosted_services.values():
        for deployment in service.deployments.values():
            for role in deployment.roles.values():
                name = f"{service.name}/{deployment.name}/{role.name}"
                yield f"role {name}", role.network
                for each in role.network.network_interfaces:
                    yield f"network interface {name}/{each.name}", each


class Holders(ABC, Generic[HolderT]):
    """Places of a kind, and what the model of each says: which resource it has, or anything else.

    Attributes:
        noun: in the service's names of operations: ``Add{resource}To{noun}``.
        path: of the place.
        called: what it is called in sentences, with the parameters of the path.
        located: likewise, what a region is said of.
    """

    noun: str
    path: str
    called: str
    located: str = "Deployment {deploymentName}"

    @abstractmethod
    def holder(self, call: Call) -> tuple[HolderT, Lockable, str]:
        """Return the entity that has it, what a change locks, and the region; refuse if it does not exist."""

    @abstractmethod
    def part(self, holder: HolderT, parameters: Parameters) -> XmlModel:
        """Return the model that has the name."""

    @abstractmethod
    def replace(self, holder: HolderT, parameters: Parameters, field: str, value: str | None) -> None:
        """Let the model have `value`, in a copy, as values of the state are not changed."""

    def read(self, call: Call, field: str) -> str | None:
        """Return what the model has in a field."""
        return getattr(self.part(self.holder(call)[0], call.parameters), field, None) or None

    def change(self, call: Call, field: str, value: str) -> Reply:
        """Let the model have another value at the end of an operation."""
        holder, lock, _ = self.holder(call)
        then = partial(_replace, self.noun, holder, dict(call.parameters), field, value)
        return call.accept(locks=[lock], then=then)


class Subnets(Holders[NetworkConfiguration]):
    """The subnets of virtual networks."""

    noun = "Subnet"
    path = "services/networking/virtualnetwork/{virtualNetworkName}/subnets/{subnetName}"
    called = "virtual network name {virtualNetworkName} and subnet {subnetName}"
    located = "Virtual Network {virtualNetworkName}"

    def holder(self, call: Call) -> tuple[NetworkConfiguration, Lockable, str]:
        """Return the network configuration, which a change locks."""
        networks, name = call.subscription.networks, call.parameters["virtualNetworkName"]
        if networks.plan is None or name not in networks.sites:
            # [rec network/get_route_table_for_subnet_tests]
            raise refusals.not_found(f"The virtual network {name} does not exist.")
        self.part(networks, call.parameters)
        return networks, networks, networks.plan.regions[networks.sites[name].name]

    def part(self, holder: NetworkConfiguration, parameters: Parameters) -> Subnet:
        """Return the subnet."""
        return _subnet(holder.sites[parameters["virtualNetworkName"]], parameters["subnetName"])

    def replace(
        self, holder: NetworkConfiguration, parameters: Parameters, field: str, value: str | None
    ) -> None:
        """Let the subnet have `value`, in a copy of its network."""
        site = holder.sites[parameters["virtualNetworkName"]].model_copy(deep=True)
        refusals.require_unmoved(site.migration_state, f"Virtual Network {site.name}")  # [lifecycles 10]
        setattr(_subnet(site, parameters["subnetName"]), field, value)
        holder.sites[site.name] = site


def _subnet(site: VirtualNetworkSite, name: str) -> Subnet:
    found = next((each for each in site.subnets if each.name.lower() == name.lower()), None)
    # [rec network/get_route_table_for_subnet_tests]
    return refusals.required(found, f"Subnet name {name} was not found in Virtual Network {site.name}.")


class Roles(Holders[Role]):
    """The roles of deployments."""

    noun = "Role"
    path: str = f"{path_resources.BY_NAME}/roles/{{roleName}}"
    called = "role {roleName}"

    def holder(self, call: Call) -> tuple[Role, Lockable, str]:
        """Return the role; a change locks its deployment."""
        service, deployment = path_resources.deployment(call)
        role = path_resources.role_in(deployment, call.parameters["roleName"])
        self.part(role, call.parameters)
        return role, deployment, call.subscription.region_of(service)

    def part(self, holder: Role, parameters: Parameters) -> XmlModel:
        """Return what `within` finds in the role's network."""
        return self.within(holder.network, parameters)

    def replace(self, holder: Role, parameters: Parameters, field: str, value: str | None) -> None:
        """Let it have `value`, in a copy of the role's network."""
        network = holder.network.model_copy(deep=True)
        setattr(self.within(network, parameters), field, value)
        holder.network = network

    def within(
        self, network: ConfigurationSet, parameters: Parameters
    ) -> ConfigurationSet | NetworkInterface:
        """Return the model that has the name: for a role, its network."""
        return network


class Interfaces(Roles):
    """The network interfaces of roles."""

    noun = "NetworkInterface"
    path: str = f"{Roles.path}/networkinterfaces/{{networkInterfaceName}}"
    called = "network interface {networkInterfaceName}"

    def within(self, network: ConfigurationSet, parameters: Parameters) -> NetworkInterface:
        """Return the interface."""
        name = parameters["networkInterfaceName"]
        interfaces = network.network_interfaces
        found = next((each for each in interfaces if (each.name or "").lower() == name.lower()), None)
        return refusals.required(found, f"The network interface {name} does not exist.")  # [guess]


class Place(Generic[HolderT]):
    """Places that can have one: read which, add one, remove it."""

    def __init__(
        self, routes: RouteTable, family: Associated[LocatedT, RequestT], holders: Holders[HolderT]
    ) -> None:
        self._family = family
        self._holders = holders
        self._removal = f"Remove{family.resource}From{holders.noun}"
        path = f"{holders.path}/{family.path.rpartition('/')[2]}"
        routes.get(path, f"Get{family.resource}For{holders.noun}")(self.read)
        removed = f"{path}/{{{family.parameter}}}" if family.names_removed else path
        add, remove = (told_late(each) if family.late else each for each in (self.add, self.remove))
        routes.post(path, f"Add{family.resource}To{holders.noun}")(add)
        routes.delete(removed, self._removal)(remove)
        _PLACES[self._removal] = cast("Place[Entity]", self)

    def read(self, call: Call) -> Reply:
        """Answer which one it has."""
        holder, lock, _ = self._holders.holder(call)
        return Reply(document=self._family.association.telling(self._present(call, holder, lock)))

    def add(self, call: Call) -> Reply:
        """Answer a POST, which adds one where none is; whether it can be there is told in the end."""
        wanted = self._family.association.wanted(call)
        holder, lock, region = self._holders.holder(call)
        name = self._family.require(call.subscription, wanted)
        call.require_free(lock)
        return self._accept(call, holder, lock, name, region)

    def remove(self, call: Call) -> Reply:
        """Answer a DELETE, which may name the one it has."""
        holder, lock, _ = self._holders.holder(call)
        present = self._present(call, holder, lock)
        name = call.parameters.get(self._family.parameter, present)
        if present.lower() != name.lower():
            called = self._called(call.parameters)
            # [guess]: no source says so
            raise refusals.not_found(f"The {called} does not have the {self._noun} {name}.")
        return self._accept(call, holder, lock, None)

    def finish(
        self,
        subscription: Subscription,
        holder: HolderT,
        parameters: Parameters,
        name: str | None,
        region: str | None,
    ) -> None:
        """Let it have what is called `name`, or nothing; refuse what is elsewhere, or has gone, or is one too many."""
        if name is not None:
            located = self._holders.located.format(**parameters)
            self._family.require(subscription, name, region, located)
            if self._name_in(holder, parameters) is not None:
                of_network = self._called(parameters).partition(" and ")[0]
                # [protocol 3.4]
                raise refusals.bad_request(f"The {of_network} is already mapped to {self._noun}.")
        self._holders.replace(holder, parameters, self._family.field, name)

    def _accept(
        self, call: Call, holder: HolderT, lock: Lockable, name: str | None, region: str | None = None
    ) -> Reply:
        parameters = dict(call.parameters)
        then = partial(_associate, self._removal, call.subscription, holder, parameters, name, region)
        return call.accept(locks=[lock], then=then)

    def _present(self, call: Call, holder: HolderT, lock: Lockable) -> str:
        """Return what it has; refuse if there is nothing, or will not be after a removal under way."""
        name, change = self._name_in(holder, call.parameters), lock.lock
        if name is None or (
            change is not None
            and change.name == self._removal
            and call.parameters.items() <= change.parameters.items()
        ):
            none = self._family.none.format(place=self._called(call.parameters), noun=self._noun)
            raise refusals.not_found(none)  # [protocol 4.19]
        return name

    def _name_in(self, holder: HolderT, parameters: Parameters) -> str | None:
        return getattr(self._holders.part(holder, parameters), self._family.field, None) or None

    @property
    def _noun(self) -> str:
        return self._family.noun.lower()

    def _called(self, parameters: Parameters) -> str:
        return self._holders.called.format(**parameters)


_HOLDERS: Final = {one.noun: one for one in (Subnets(), Roles(), Interfaces())}
"""All kinds of places by their nouns, which stand in saved states and stay."""


@effect("places/replace")
def _replace(noun: str, holder: Entity, parameters: Parameters, field: str, value: str) -> None:
    cast("Holders[Entity]", _HOLDERS[noun]).replace(holder, parameters, field, value)


_PLACES: Final[dict[str, Place[Entity]]] = {}
"""All places by the names of their removals, which stand in saved states and stay."""


@effect("places/associate")
def _associate(
    place: str,
    subscription: Subscription,
    holder: Entity,
    parameters: Parameters,
    name: str | None,
    region: str | None = None,
) -> None:
    _PLACES[place].finish(subscription, holder, parameters, name, region)
