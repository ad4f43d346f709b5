"""The way out of classic Azure: all of a subscription migrated to Resource Manager, in the right order.

Virtual networks come first, with the deployments in them, and deployments that are in no network; then what
they had in use: storage accounts, whose disks have gone with the machines, security groups, route tables and
reserved IPs. What does not depend on each other goes at the same time.

Where a migration stands is known by the service alone, so one that was interrupted is taken up by doing the
same again. It does not show that of security groups, route tables and reserved IPs; these are prepared and
committed in one go.

This is not `asyncsm.migrating`, which converts programs for the old SDK.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final, Literal, TypeAlias, TypeVar, cast

from asyncsm.errors import AsyncsmError, ResourceNotFound
from asyncsm.operations.binding import request_of
from asyncsm.operations.hosted_services import HostedServiceOperations
from asyncsm.operations.networks import NetworkOperations
from asyncsm.operations.storage import StorageAccountOperations
from asyncsm.polling import OperationHandle
from asyncsm.provisioning.resources.site import together
from asyncsm.services import NetworkManagementService, ServiceManagementService
from asyncsm.wire.document import Document
from asyncsm.wire.hosted_services import HostedService
from asyncsm.wire.migration import MigrationState, ValidationMessages
from asyncsm.wire.networks import VirtualNetworkSites
from asyncsm.wire.storage import StorageServices

T = TypeVar("T")
M = TypeVar("M", bound=Document)
Verb: TypeAlias = Literal["validate", "prepare", "commit", "abort"]

VERSION: Final = "2016-06-01"
"""A version in which the service shows how migrations stand."""

STATELESS: Final = frozenset({"network_security_group", "route_table", "reserved_ip_address"})
"""Kinds whose state the service does not show."""

PREPARED: Final = frozenset(
    {MigrationState.PREPARED, MigrationState.COMMIT_FAILED, MigrationState.COMMITTING}
)
"""States from which a commit leads on."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource that can be migrated on its own.

    Attributes:
        kind: ``virtual_network``, ``deployment``, ``storage_account``, ``network_security_group``,
            ``route_table`` or ``reserved_ip_address``.
        name: its name; of a deployment that of its service and its own, with a slash between.
        state: a `MigrationState`; ``None`` if nothing is prepared, or the service does not tell.
    """

    kind: str
    name: str
    state: str | None = None

    @property
    def stage(self) -> int:
        """1 for what is migrated first, 2 for what can be when that has gone."""
        return 1 if self.kind in {"virtual_network", "deployment"} else 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a step for a resource.

    Attributes:
        resource: as it was before.
        result: ``ready``, ``hindered``, ``prepared``, ``committed``, ``aborted`` or ``failed``; ``gone`` if
            somebody else has committed or removed it meanwhile.
        reasons: the service's words, where it did not go.
    """

    resource: Resource
    result: str
    reasons: tuple[str, ...] = ()


Watch: TypeAlias = Callable[[Outcome], object]


async def migration_status(sms: ServiceManagementService) -> list[Resource]:
    """Read what can be migrated, in the order in which it is, and how that stands.

    Deployments in a virtual network are part of it.

    Raises:
        AsyncsmError: something of the subscription cannot be read.
    """
    services = await sms.list_hosted_services()
    return [
        *await _networks(sms),
        *chain.from_iterable(await together(_deployments(sms, one.service_name) for one in services)),
        *await _accounts(sms),
        *await _groups(sms),
        *await _tables(sms),
        *await _addresses(sms),
    ]


async def _networks(sms: ServiceManagementService) -> list[Resource]:
    found = await _newer(sms, VirtualNetworkSites, NetworkOperations.list_virtual_network_sites)
    return [Resource("virtual_network", one.name, _word(one.migration_state)) for one in found]


async def _deployments(sms: ServiceManagementService, service: str) -> list[Resource]:
    """Return the deployments of a hosted service that are in no virtual network; none if it has gone meanwhile."""
    method = HostedServiceOperations.get_hosted_service_properties
    try:
        found = await _newer(sms, HostedService, method, service, True)
    except ResourceNotFound:
        return []
    return [
        Resource(
            "deployment",
            f"{found.service_name}/{one.name}",
            next((role.migration_state for role in one.role_list), None),
        )
        for one in found.deployments
        if not one.virtual_network_name
    ]


async def _accounts(sms: ServiceManagementService) -> list[Resource]:
    found = await _newer(sms, StorageServices, StorageAccountOperations.list_storage_accounts)
    return [Resource("storage_account", one.service_name or "", one.migration_state) for one in found]


async def _groups(sms: ServiceManagementService) -> list[Resource]:
    found = await NetworkManagementService(session=sms.session).list_network_security_groups()
    return [Resource("network_security_group", one.name or "") for one in found]


async def _tables(sms: ServiceManagementService) -> list[Resource]:
    found = await NetworkManagementService(session=sms.session).list_route_tables()
    return [Resource("route_table", one.name or "") for one in found]


async def _addresses(sms: ServiceManagementService) -> list[Resource]:
    return [Resource("reserved_ip_address", one.name) for one in await sms.list_reserved_ip_addresses()]


async def validate_migration(sms: ServiceManagementService) -> list[Outcome]:
    """Ask of each resource what hinders its migration, and change nothing.

    What is of the second stage may be hindered by what goes in the first.

    Raises:
        AsyncsmError: something of the subscription cannot be read.
    """
    return await together(_validated(sms, one) for one in await migration_status(sms))


async def prepare_migration(sms: ServiceManagementService, *, watch: Watch | None = None) -> list[Outcome]:
    """Prepare what can be: networks and deployments, and when there are none of these the storage accounts.

    Args:
        sms: whose subscription it is.
        watch: called with each outcome.

    Raises:
        AsyncsmError: something of the subscription cannot be read.
    """
    found = await migration_status(sms)
    first = min((one.stage for one in found), default=1)
    wanted = [one for one in found if one.stage == first and one.kind not in STATELESS]
    return await together(_told(_prepared(sms, one), watch) for one in wanted if one.state not in PREPARED)


async def commit_migration(sms: ServiceManagementService, *, watch: Watch | None = None) -> list[Outcome]:
    """Commit all that is prepared: this API does not know it any more.

    Args, errors: as of `prepare_migration`.
    """
    found = await migration_status(sms)
    return await together(_told(_committed(sms, one), watch) for one in found if one.state in PREPARED)


async def abort_migration(sms: ServiceManagementService, *, watch: Watch | None = None) -> list[Outcome]:
    """Take back all that is prepared and not committed, and all that could not be prepared.

    Args, errors: as of `prepare_migration`.
    """
    found = await migration_status(sms)
    return await together(
        _told(_stepped(sms, one, "abort", "aborted"), watch) for one in found if one.state is not None
    )


async def migrate(sms: ServiceManagementService, *, watch: Watch | None = None) -> list[Outcome]:
    """Migrate all of a subscription: prepare and commit each resource, and tell what cannot go and why.

    Interrupted, it is taken up by calling it again.

    Args:
        sms: whose subscription it is.
        watch: called with each outcome.

    Returns:
        the outcomes in their order: of each resource that it is committed, hindered, gone, or has failed.

    Raises:
        AsyncsmError: something of the subscription cannot be read.
    """
    ended: list[Outcome] = []
    for stage in (1, 2):
        found = [one for one in await migration_status(sms) if one.stage == stage]
        ended += await together(_moved(sms, one, watch) for one in found)
    return ended


async def _moved(sms: ServiceManagementService, resource: Resource, watch: Watch | None) -> Outcome:
    if resource.state not in PREPARED:
        outcome = await _prepared(sms, resource)
        if outcome.result == "failed" and resource.kind in STATELESS:
            outcome = await _taken_up(sms, outcome)
        if _tell(outcome, watch).result != "prepared":
            return outcome
    return await _told(_committed(sms, resource), watch)


async def _validated(sms: ServiceManagementService, resource: Resource) -> Outcome:
    if resource.state in PREPARED:
        return Outcome(resource, "prepared")
    try:
        found = await _validation(sms, resource)
    except AsyncsmError as error:
        return Outcome(resource, "failed", (str(error),))
    reasons = tuple(one.message or "" for one in found if one.category == "Error")
    return Outcome(resource, "hindered" if reasons else "ready", reasons)


async def _prepared(sms: ServiceManagementService, resource: Resource) -> Outcome:
    outcome = await _validated(sms, resource)
    if outcome.result == "ready":
        outcome = await _stepped(sms, resource, "prepare", "prepared")
    return outcome if outcome.result != "failed" else await _looked_at_again(sms, outcome)


async def _committed(sms: ServiceManagementService, resource: Resource) -> Outcome:
    return await _stepped(sms, resource, "commit", "committed")


async def _taken_up(sms: ServiceManagementService, outcome: Outcome) -> Outcome:
    """Commit what could not be prepared and may be so already, as its state is not shown."""
    later = await _committed(sms, outcome.resource)
    if later.result == "committed":
        return later
    return replace(outcome, reasons=(*outcome.reasons, *later.reasons))


async def _stepped(sms: ServiceManagementService, resource: Resource, verb: Verb, result: str) -> Outcome:
    try:
        handle = await _method(sms, resource, verb)(*resource.name.split("/"))
        await cast("OperationHandle", handle)
    except AsyncsmError as error:
        if verb != "commit" or not isinstance(error, ResourceNotFound):
            return Outcome(resource, "failed", (str(error),))
    return Outcome(resource, result)


async def _looked_at_again(sms: ServiceManagementService, outcome: Outcome) -> Outcome:
    """Return how what has failed stands now: somebody else may have moved it, such as a run that was interrupted."""
    resource = outcome.resource
    try:
        alike = await _alike(sms, resource)
    except AsyncsmError:
        return outcome  # which has the reason that came first
    now = next((one for one in alike if one.name == resource.name), None)
    if now is None:
        return Outcome(resource, "gone")
    return Outcome(resource, "prepared") if now.state in PREPARED else outcome


async def _alike(sms: ServiceManagementService, resource: Resource) -> list[Resource]:
    """Return the resources among which one is found; of deployments those in its service."""
    if resource.kind == "deployment":
        return await _deployments(sms, resource.name.partition("/")[0])
    readers = {
        "virtual_network": _networks,
        "storage_account": _accounts,
        "network_security_group": _groups,
        "route_table": _tables,
        "reserved_ip_address": _addresses,
    }
    return await readers[resource.kind](sms)


async def _told(step: Awaitable[Outcome], watch: Watch | None) -> Outcome:
    return _tell(await step, watch)


def _tell(outcome: Outcome, watch: Watch | None) -> Outcome:
    if watch is not None:
        watch(outcome)
    return outcome


def _method(
    sms: ServiceManagementService, resource: Resource, verb: Verb
) -> Callable[..., Awaitable[object]]:
    """Return the method that takes a step with such a resource."""
    networks = NetworkManagementService(session=sms.session)
    has = sms if resource.kind in {"deployment", "storage_account"} else networks
    return cast("Callable[..., Awaitable[object]]", getattr(has, f"{verb}_{resource.kind}_migration"))


async def _validation(sms: ServiceManagementService, resource: Resource) -> ValidationMessages:
    found = await _method(sms, resource, "validate")(*resource.name.split("/"))
    return cast("ValidationMessages", found)


async def _newer(
    sms: ServiceManagementService, model: type[M], method: Callable[..., Awaitable[M]], *given: object
) -> M:
    """Read what `method` reads, in a version that shows how migrations stand."""
    return await sms.fetch(model, replace(request_of(method, *given), version=VERSION))


def _word(number: str | None) -> str | None:
    """Return a network's state, which is told as a number, as that of other resources."""
    if number is None or not number.isdecimal():
        return number
    words = ["None", *MigrationState]
    return words[int(number)] if 0 < int(number) < len(words) else None
