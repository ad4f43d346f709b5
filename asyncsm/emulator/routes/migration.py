"""Migration to Resource Manager: what can be validated, prepared, committed and aborted, and what hinders it.

All six kinds of resources go the same way: by a preparation to ``Prepared``, and from there out of this
API by a commit, or back by an abort. [lifecycles 10]
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Final, Generic, TypeVar, cast

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.collections import Collection, Parameters
from asyncsm.emulator.compute import Deployment, HostedService
from asyncsm.emulator.naming import ByName
from asyncsm.emulator.networking import ReservedIP
from asyncsm.emulator.progress import Lockable, Movable, standing_of
from asyncsm.emulator.routes.network_security_groups import groups
from asyncsm.emulator.routes.route_tables import tables
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import addresses, deployment_lifecycle, gateways, network_plan, path_resources
from asyncsm.emulator.rules.circuits import linked_to
from asyncsm.emulator.rules.instances import Timing
from asyncsm.emulator.saved_names import effect
from asyncsm.emulator.state import StorageAccount, Subscription
from asyncsm.wire import migration as wire
from asyncsm.wire.document import Document
from asyncsm.wire.networks import VirtualNetworkSite

routes: RouteTable = RouteTable()

ThingT = TypeVar("ThingT")
MovableT = TypeVar("MovableT", bound=Movable)
RequestT = TypeVar("RequestT", bound=Document)


class Kind(ABC, Generic[ThingT]):
    """A kind of resources that can be migrated.

    Attributes:
        resource: in the names of operations, such as ``PrepareDeploymentMigration``.
        told: in the messages of a validation.
        path: of one, with `parameter` for its name.
        missing: sentence with ``{name}`` where there is none.
        called: name of one in refusals while it is migrated, with the path's parameters.
    """

    resource: str
    told: str
    path: str
    parameter: str
    missing: str
    called: str

    def __init__(self) -> None:
        _KINDS[self.resource] = cast("Kind[object]", self)
        for step, answer in _STEPS.items():
            routes.post(
                f"{self.path}/migration",
                f"{step.capitalize()}{self.resource}Migration",
                query={"comp": step},
                recorded=step != "validate",
            )(partial(answer, self))

    @abstractmethod
    def find(self, subscription: Subscription, parameters: Parameters) -> ThingT | None:
        """Return the one that a path names, if it is there."""

    @abstractmethod
    def hindrances(self, call: Call, thing: ThingT) -> Iterable[str]:
        """Return why one of the caller's cannot be migrated."""

    @abstractmethod
    def leave(self, timing: Timing, subscription: Subscription, thing: ThingT) -> None:
        """Take one out of this API."""

    @abstractmethod
    def state(self, subscription: Subscription, thing: ThingT) -> str | None:
        """Return how its migration stands."""

    @abstractmethod
    def enter(self, subscription: Subscription, thing: ThingT, state: str | None, called: str) -> None:
        """Let its migration be in a state."""

    @abstractmethod
    def locks(self, subscription: Subscription, thing: ThingT) -> Sequence[Lockable]:
        """Return what its migration holds."""

    def check(self, call: Call) -> None:
        """Refuse a request that cannot be meant."""

    def messages(self, call: Call) -> list[wire.ValidationMessage]:
        """Return what keeps the one that a path names from being migrated."""
        thing, name = self.find(call.subscription, call.parameters), call.parameters[self.parameter]
        # The former: [rec network, 1 of 1]
        missing = [self.missing.format(name=name)]
        reasons: Iterable[str] = missing if thing is None else self.hindrances(call, thing)
        return [
            wire.ValidationMessage(
                resource_type=self.told, resource_name=name, category="Error", message=reason
            )
            for reason in reasons
        ]


class _Entities(Kind[MovableT]):
    """Kinds whose resources know their state themselves."""

    def state(self, subscription: Subscription, thing: MovableT) -> str | None:
        return thing.migration

    def enter(self, subscription: Subscription, thing: MovableT, state: str | None, called: str) -> None:
        thing.migration_state, thing.moved_as = state, called

    def locks(self, subscription: Subscription, thing: MovableT) -> Sequence[Lockable]:
        return [thing]


def _hindering(service: HostedService, deployment: Deployment) -> Iterator[str]:
    """Yield why a deployment cannot be migrated, in a virtual network or without one.

    The rules are those of public documentation of the migration; that they were told in these words is a [guess].
    """
    called = f"Deployment {deployment.name} in HostedService {service.name}"
    if not deployment.has_virtual_machines:
        yield f"Migration is not supported for {called} because it has web or worker roles."
    if len(service.deployments) > 1:
        yield f"Migration is not supported for {called} because the service has several deployments."
    sets = {role.availability_set for role in deployment.roles.values()}
    if len(sets - {None}) > 1:
        yield f"Migration is not supported for {called} because it has several availability sets."
    elif len(sets) > 1:
        yield f"Migration is not supported for {called} because some of its machines are in no availability set."


def _take_away(timing: Timing, subscription: Subscription, deployment: Deployment) -> None:
    """Let a deployment leave with its machines, disks, reserved IPs, and the service that has its name."""
    service = next(each for each, one in subscription.deployments() if one is deployment)
    held = [
        one.name
        for one in subscription.reserved_ips.values()
        if (user := addresses.user_of(subscription, one)) is not None and user[1] is deployment
    ]
    deployment_lifecycle.remove(timing, subscription, service, deployment, media=True)
    for name in held:
        del subscription.reserved_ips[name]
    del subscription.hosted_services[service.name]


class _Deployments(_Entities[Deployment]):
    resource = "Deployment"
    told = "Deployment"
    path = path_resources.BY_NAME
    parameter = "deploymentName"
    missing = "The deployment name '{name}' does not exist."  # [rec compute, 1 of 1]
    called = "Deployment {deploymentName} in HostedService {serviceName}"  # [lifecycles 10]

    def check(self, call: Call) -> None:
        wanted = call.body(wire.DeploymentNetworkResource)
        destination = wanted.destination_virtual_network
        if destination not in {*wire.DestinationVirtualNetwork}:
            # [guess]: no source says so
            raise refusals.bad_request(f"{destination} is no destination: Default, New or Existing.")
        named = bool(wanted.resource_group_name and wanted.virtual_network_name and wanted.sub_net_name)
        if destination == wire.DestinationVirtualNetwork.EXISTING and not named:
            # [guess]: no source says so
            raise refusals.bad_request("An existing network needs its resource group, its name and a subnet.")

    def find(self, subscription: Subscription, parameters: Parameters) -> Deployment | None:
        service = subscription.hosted_services.get(parameters["serviceName"])
        return None if service is None else service.deployments.get(parameters["deploymentName"])

    def hindrances(self, call: Call, thing: Deployment) -> Iterator[str]:
        (service,) = (each for each, one in call.subscription.deployments() if one is thing)
        if thing.virtual_network_name is not None:
            # [lifecycles 10] [guess]
            yield (
                f"Deployment {thing.name} in HostedService {service.name} is in the virtual network "
                f"{thing.virtual_network_name} and is migrated with it."
            )
        yield from _hindering(service, thing)

    def leave(self, timing: Timing, subscription: Subscription, thing: Deployment) -> None:
        _take_away(timing, subscription, thing)


class _Networks(Kind[VirtualNetworkSite]):
    """Virtual networks, with the deployments and gateways in them, and their links to own circuits.

    An application gateway and a link to another's circuit hinder, as public documentation has it; that they
    are told in these words is a [guess].
    """

    resource = "VirtualNetwork"
    told = "VirtualNetwork"
    path = "services/networking/virtualnetwork/{virtualNetworkName}"
    parameter = "virtualNetworkName"
    missing = "The virtual network {name} does not exist."  # [rec network, 1 of 1]
    called = "Virtual Network {virtualNetworkName}"

    def find(self, subscription: Subscription, parameters: Parameters) -> VirtualNetworkSite | None:
        return subscription.networks.sites.get(parameters["virtualNetworkName"])

    def hindrances(self, call: Call, thing: VirtualNetworkSite) -> Iterator[str]:
        subscription = call.subscription
        spreading = [one for one in subscription.application_gateways.values() if one.network == thing.name]
        abroad = [one for owner, one in linked_to(call, thing.name) if owner is not subscription]
        unsupported = [f"has the application gateway {one.name}" for one in spreading]
        unsupported += [f"is linked to the circuit {one.name} of another subscription" for one in abroad]
        called = f"Virtual Network {thing.name}"
        yield from (f"Migration is not supported for {called} because it {what}." for what in unsupported)
        for service, deployment in subscription.deployments():
            if deployment.virtual_network_name == thing.name:
                yield from _hindering(service, deployment)

    def leave(self, timing: Timing, subscription: Subscription, thing: VirtualNetworkSite) -> None:
        for deployment in list(addresses.deployments_in(subscription, thing.name)):
            _take_away(timing, subscription, deployment)
        networks = subscription.networks
        networks.plan = None if networks.plan is None else network_plan.without(networks.plan, thing.name)
        gateways.forget(subscription)
        for circuit in subscription.dedicated_circuits.values():
            circuit.links.pop(f"{subscription.id}/{thing.name}", None)

    def state(self, subscription: Subscription, thing: VirtualNetworkSite) -> str | None:
        return standing_of(thing.migration_state, subscription.networks)

    def enter(
        self, subscription: Subscription, thing: VirtualNetworkSite, state: str | None, called: str
    ) -> None:
        # In a copy, as values of the state are not changed.
        subscription.networks.sites[thing.name] = thing.model_copy(update={"migration_state": state})
        for deployment in addresses.deployments_in(subscription, thing.name):
            deployment.migration_state, deployment.moved_as = state, called

    def locks(self, subscription: Subscription, thing: VirtualNetworkSite) -> Sequence[Lockable]:
        return [
            subscription.networks,
            *addresses.deployments_in(subscription, thing.name),
            *(one for one in subscription.gateways.values() if one.network_id == thing.id),
        ]


class _Held(_Entities[MovableT]):
    """Kinds of resources that a subscription has by name, and that leave when nothing uses them."""

    used = "The {told} {name} is in use by {user}, and is migrated when that has gone."

    @abstractmethod
    def held(self, subscription: Subscription) -> ByName[MovableT]:
        """Return all there are."""

    @abstractmethod
    def users(self, subscription: Subscription, thing: MovableT) -> Iterable[str]:
        """Return what uses one."""

    def find(self, subscription: Subscription, parameters: Parameters) -> MovableT | None:
        return self.held(subscription).get(parameters[self.parameter])

    def hindrances(self, call: Call, thing: MovableT) -> Iterator[str]:
        name = next(name for name, one in self.held(call.subscription).items() if one is thing)
        for user in self.users(call.subscription, thing):
            yield self.used.format(told=self.told, name=name, user=user)  # [guess]

    def leave(self, timing: Timing, subscription: Subscription, thing: MovableT) -> None:
        held = self.held(subscription)
        del held[next(name for name, one in held.items() if one is thing)]


class _Accounts(_Held[StorageAccount]):
    resource = "StorageAccount"
    told = "Storage"
    path = "services/storageservices/{serviceName}"
    parameter = "serviceName"
    missing = "The storage account '{name}' was not found."  # [rec storage, 1 of 1]
    called = "Storage account {serviceName}"

    def held(self, subscription: Subscription) -> ByName[StorageAccount]:
        return subscription.storage_accounts

    def users(self, subscription: Subscription, thing: StorageAccount) -> Iterator[str]:
        return (f"the disk or image {name}" for name in subscription.media_in(thing))


class _ReservedIPs(_Held[ReservedIP]):
    resource = "ReservedIpAddress"
    told = "ReservedIP"
    path = "services/networking/reservedips/{reservedIPName}"
    parameter = "reservedIPName"
    missing = "The reserved IP '{name}' was not found."
    called = "Reserved IP {reservedIPName}"

    def held(self, subscription: Subscription) -> ByName[ReservedIP]:
        return subscription.reserved_ips

    def users(self, subscription: Subscription, thing: ReservedIP) -> Iterator[str]:
        user = addresses.user_of(subscription, thing)
        if user is not None:
            yield f"deployment {user[1].name} of hosted service {user[0].name}"


class _Collected(_Held[MovableT]):
    """Kinds of which there is a collection, whose resources subnets have."""

    def __init__(self, those: Collection[MovableT, RequestT]) -> None:
        self.resource = self.told = those.resource
        self.path, self.parameter = those.one, those.parameter
        self.missing = f"The {those.noun} {{name}} does not exist."
        self.called = f"{those.noun} {{{those.parameter}}}"
        self._held, self._users = those.held, those.users
        super().__init__()

    def held(self, subscription: Subscription) -> ByName[MovableT]:
        return self._held(subscription, {})

    def users(self, subscription: Subscription, thing: MovableT) -> Iterable[str]:
        return self._users(subscription, thing)


def _validate(kind: Kind[ThingT], call: Call) -> Reply:
    """Answer what keeps a resource from being migrated, also that there is none."""
    kind.check(call)
    return Reply(document=wire.ValidationMessages(validation_messages=kind.messages(call)))


def _prepare(kind: Kind[ThingT], call: Call) -> Reply:
    """Begin a preparation, which fails in the end if anything hinders it."""
    kind.check(call)
    hindering = (refusals.bad_request(one.message or "") for one in kind.messages(call))  # [guess]
    return _begin(kind, call, "Preparing", {None, "PrepareFailed"}, next(hindering, None))


def _commit(kind: Kind[ThingT], call: Call) -> Reply:
    """Begin to take out what is prepared."""
    return _begin(kind, call, "Committing", {"Prepared", "CommitFailed"})


def _abort(kind: Kind[ThingT], call: Call) -> Reply:
    """Begin to take back a preparation, also one that failed."""
    return _begin(kind, call, "Aborting", {"Prepared", "PrepareFailed", "CommitFailed", "AbortFailed"})


def _begin(
    kind: Kind[ThingT], call: Call, state: str, after: set[str | None], doom: refusals.Refusal | None = None
) -> Reply:
    subscription, parameters = call.subscription, dict(call.parameters)
    found = kind.find(subscription, parameters)
    # [guess]: of a preparation of what is not there nothing is recorded
    thing = refusals.required(found, kind.missing.format(name=parameters[kind.parameter]))
    locks = kind.locks(subscription, thing)
    call.require_free(*(one for one in locks if one.lock is not None))
    present = kind.state(subscription, thing)
    if present not in after:
        called = kind.called.format(**parameters)
        # [guess]: no source says so
        raise refusals.bad_request(f"The state of the migration of {called}, {present}, does not allow this.")
    then = partial(_finish, Timing.of(call), kind.resource, subscription, parameters)
    reply = call.accept(locks=locks, then=then, migrating=True, doom=doom)
    kind.enter(subscription, thing, state, kind.called.format(**parameters))
    return reply


@effect("migration/finish")
def _finish(timing: Timing, resource: str, subscription: Subscription, parameters: Parameters) -> None:
    _arrive(_KINDS[resource], timing, subscription, parameters)


def _arrive(kind: Kind[ThingT], timing: Timing, subscription: Subscription, parameters: Parameters) -> None:
    found = kind.find(subscription, parameters)
    thing = refusals.required(found, kind.missing.format(name=parameters[kind.parameter]))  # [guess]
    match kind.state(subscription, thing):
        case "Preparing":
            kind.enter(subscription, thing, "Prepared", kind.called.format(**parameters))
        case "Committing":
            kind.leave(timing, subscription, thing)
        case _:
            kind.enter(subscription, thing, None, "")


_STEPS: Final[dict[str, Callable[..., Reply]]] = {
    "validate": _validate,
    "prepare": _prepare,
    "commit": _commit,
    "abort": _abort,
}
_KINDS: Final[dict[str, Kind[object]]] = {}
"""All kinds by their `resource`, which stands in saved states and stays."""

for _kind in (_Deployments, _Networks, _Accounts, _ReservedIPs):
    _kind()
_Collected(groups)
_Collected(tables)
