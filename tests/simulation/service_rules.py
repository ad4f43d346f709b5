"""What must hold of the service itself, whoever calls it and however."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from asyncsm.emulator.progress import Lockable, Operation
from asyncsm.emulator.state import Subscription

if TYPE_CHECKING:
    from simulation.world import ServiceWorld

MADE_BY = {
    "CreateAffinityGroup": "affinity_groups",
    "CreateHostedService": "hosted_services",
    "CreateNetworkSecurityGroup": "network_security_groups",
    "CreateStorageService": "storage_accounts",
}
"""Registers of a subscription, which have quotas, by what makes something in them."""


class ServiceRules:
    """Locks, quotas and the throttle of the service.

    Args:
        violated: told of what does not hold.

    Attributes:
        world: the service, once there is one.
    """

    def __init__(self, violated: Callable[[str], None]) -> None:
        self.world: ServiceWorld | None = None
        self._violated = violated
        self._lasting: defaultdict[str, list[Operation]] = defaultdict(list)
        self._locked: dict[int, Lockable] = {}
        self._admitted: defaultdict[str, deque[float]] = defaultdict(deque)
        self._limit: object = None

    def accepted(self, subscription: Subscription, change: Operation) -> None:
        """A change was accepted: nobody else has what it locks, and there is room for what it makes."""
        made = MADE_BY.get(change.name)
        if made is not None:
            there, most = len(getattr(subscription, made)), getattr(subscription.quotas, made)
            if there > most:
                self._violated(f"quotas: there are {there} {made} after {change.name}, and may be {most}")
        if change.completed is not None:
            return
        lasting = self._lasting[subscription.id]
        lasting[:] = [one for one in lasting if one.completed is None]
        held = {id(resource): one for one in lasting for resource in one.locked}
        for resource in change.locked:
            self._locked[id(resource)] = resource
            other = held.get(id(resource))
            if other is not None:
                self._violated(
                    f"locks: {change.name} {change.request_id[:8]} has the {resource.kind}"
                    f" that {other.name} {other.request_id[:8]} holds"
                )
        lasting.append(change)

    def admitted(self, subscription: Subscription) -> None:
        """A request was admitted: no more than the throttle's limit were lately."""
        if self.world is None or self.world.log.operation is None:  # that was not even looked at
            return
        throttle = self.world.limiter.throttle
        if throttle != self._limit:
            self._limit = throttle
            self._admitted.clear()
        if throttle.seconds < 2:  # there is none
            return
        now = self.world.clock.timestamp()
        moments = self._admitted[subscription.id]
        moments.append(now)
        while moments[0] <= now - throttle.seconds:
            moments.popleft()
        if len(moments) > throttle.limit:
            self._violated(
                f"throttle: {len(moments)} admitted in {throttle.seconds:g} s, and may be {throttle.limit}"
            )

    def at_rest(self) -> None:
        """Everything is over: nothing is locked by what has ended."""
        if self.world is None:
            return
        self.world.clock.settle()
        for resource in self._locked.values():
            if resource.lock is not None and resource.lock.completed is not None:
                self._violated(f"locks: a {resource.kind} is held by {resource.lock.name}, which has ended")
                return
