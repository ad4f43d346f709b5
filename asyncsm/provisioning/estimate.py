"""How long a plan takes at the least: what its operations usually take, in their lanes, within the budget."""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from asyncsm import config
from asyncsm.config import ThrottlePolicy
from asyncsm.provisioning.graph import Graph
from asyncsm.provisioning.resources import AnyResource
from asyncsm.provisioning.steps import Decision


@dataclass(frozen=True, slots=True)
class Estimate:
    """What to expect of a run.

    Attributes:
        changes: requests that change something.
        seconds: how long they take at the least.
        by_budget: how long sending them takes at the least; 0 where no budget is known.
        by_lanes: how long their operations take at the least, however fast they are sent.
    """

    changes: int
    seconds: float
    by_budget: float
    by_lanes: float


def usual_seconds(resource: AnyResource, decision: Decision) -> float:
    """How long what was decided about a resource usually takes."""
    if not decision.action or decision.action in resource.at_once:
        return 0.0
    name = {"create": resource.creates, "remove": resource.deletes}.get(decision.action, "")
    return config.USUAL_SECONDS.get(name, config.USUAL_SECONDS_OTHERWISE)


def estimate(
    graph: Graph,
    decisions: Mapping[str, Decision],
    throttle: ThrottlePolicy,
    seconds_of: Callable[[AnyResource, Decision], float] = usual_seconds,
) -> Estimate:
    """Play a run through.

    Args:
        graph: the resources of the plan.
        decisions: what is done about each, by key.
        throttle: the budget, if it is known.
        seconds_of: how long each takes.
    """
    changes = sum(bool(one.action) for one in decisions.values())
    free = ThrottlePolicy()
    by_lanes = _play(graph, decisions, free, seconds_of)
    seconds = by_lanes if throttle.calls is None else _play(graph, decisions, throttle, seconds_of)
    windows = 0 if throttle.calls is None else max(0, changes - 1) // throttle.calls
    return Estimate(changes, seconds, windows * throttle.seconds, by_lanes)


def _play(
    graph: Graph,
    decisions: Mapping[str, Decision],
    throttle: ThrottlePolicy,
    seconds_of: Callable[[AnyResource, Decision], float],
) -> float:
    """When the last one ends, if each is sent as soon as it may be."""
    missing = {key: len(needs) for key, needs in graph.needs.items()}
    ready = [(0.0, place, key) for place, key in enumerate(graph.order) if not missing[key]]
    places = {key: place for place, key in enumerate(graph.order)}
    heapq.heapify(ready)
    lane_free: defaultdict[str, float] = defaultdict(float)
    sent: deque[float] = deque(maxlen=throttle.calls)
    last = 0.0
    begins: dict[str, float] = defaultdict(float)
    while ready:
        at, place, key = heapq.heappop(ready)
        resource, decision = graph[key], decisions[key]
        ended = at
        if decision.action:
            begin = max(at, lane_free[resource.lane])
            if throttle.calls is not None and len(sent) == throttle.calls:
                begin = max(begin, sent[0] + throttle.seconds)
            if begin > at:  # others may go first meanwhile
                heapq.heappush(ready, (begin, place, key))
                continue
            sent.append(begin)
            ended = lane_free[resource.lane] = begin + seconds_of(resource, decision)
        last = max(last, ended)
        for user in graph.needed_by[key]:
            begins[user] = max(begins[user], ended)
            missing[user] -= 1
            if not missing[user]:
                heapq.heappush(ready, (begins[user], places[user], user))
    return last
