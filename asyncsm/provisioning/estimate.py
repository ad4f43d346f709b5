"""Estimate of the least time a run takes, from usual durations, lanes and the budget of requests."""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass

from asyncsm import operations
from asyncsm.config import ThrottlePolicy
from asyncsm.operations.facts import Ends
from asyncsm.provisioning.graph import Graph
from asyncsm.provisioning.resources import AnyResource
from asyncsm.provisioning.steps import Decision


@dataclass(frozen=True, slots=True)
class Estimate:
    """The least effort of a run.

    Attributes:
        changes: the number of requests that change something.
        seconds: the least time for all of them.
        by_budget: the least time for sending them; 0 where no budget is known.
    """

    changes: int
    seconds: float
    by_budget: float


def estimate(graph: Graph, decisions: Mapping[str, Decision], throttle: ThrottlePolicy) -> Estimate:
    """Simulate a run, and return its least effort.

    Args:
        graph: the resources of the plan.
        decisions: the decision for each, by key.
        throttle: the budget, if it is known.
    """
    changes = sum(bool(one.action) for one in decisions.values())
    windows = 0 if throttle.calls is None else max(0, changes - 1) // throttle.calls
    return Estimate(changes, _play(graph, decisions, throttle), windows * throttle.seconds)


def _usual_seconds(resource: AnyResource, action: str) -> float:
    operation = resource.operation(action)
    return 0.0 if operation.ends is Ends.AT_ONCE else operations.usual_seconds(operation.operation)


def _play(graph: Graph, decisions: Mapping[str, Decision], throttle: ThrottlePolicy) -> float:
    """Return the end of the last operation, if each is sent as soon as possible."""
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
            if begin > at:  # others may be first by then
                heapq.heappush(ready, (begin, place, key))
                continue
            sent.append(begin)
            ended = lane_free[resource.lane] = begin + _usual_seconds(resource, decision.action)
        last = max(last, ended)
        for user in graph.needed_by[key]:
            begins[user] = max(begins[user], ended)
            missing[user] -= 1
            if not missing[user]:
                heapq.heappush(ready, (begins[user], places[user], user))
    return last
