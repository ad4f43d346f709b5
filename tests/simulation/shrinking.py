"""Small histories: what is left of a scenario that fails when all that can be left out is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from simulation.jobs import Job
from simulation.running import run
from simulation.scenarios import Member, Scenario

ATTEMPTS = 400
"""How many smaller scenarios are tried at the most."""


def kind_of(broken: list[str]) -> str:
    """The invariant that does not hold, without what it did not hold for."""
    return broken[0].partition(":")[0] if broken else ""


def shrink(scenario: Scenario, fails: Callable[[Scenario], bool] | None = None) -> Scenario:
    """Return a scenario with as few parts as possible, in which the same invariant does not hold."""
    if fails is None:
        wanted = kind_of(run(scenario).broken)

        def fails(one: Scenario) -> bool:
            return kind_of(run(one).broken) == wanted

    left = ATTEMPTS
    smaller = True
    while smaller and left > 0:
        smaller = False
        for candidate in _smaller(scenario):
            left -= 1
            if left < 0:
                break
            if candidate.size < scenario.size and fails(candidate):
                scenario, smaller = candidate, True
                break
    return scenario


def _smaller(scenario: Scenario) -> Iterator[Scenario]:
    """Scenarios with less in them: the greatest steps first."""
    members, troubles = scenario.members, scenario.troubles
    for one in members:
        yield replace(scenario, members=_without(members, one))
    for part in _halves(troubles):
        yield replace(scenario, troubles=part)
    for member in members:
        for jobs in _halves(member.jobs):
            yield _with(scenario, member, replace(member, jobs=jobs))
        if member.kills:
            yield _with(scenario, member, replace(member, kills=()))
            yield _with(scenario, member, replace(member, kills=member.kills[:-1]))
    for one in troubles:
        yield replace(scenario, troubles=_without(troubles, one))
    for member in members:
        for job in member.jobs:
            yield _with(scenario, member, replace(member, jobs=_without(member.jobs, job)))
        for job in member.jobs:
            for calls in (*_halves(job.calls), *(_without(job.calls, one) for one in job.calls)):
                smaller = replace(job, calls=calls)
                yield _with(scenario, member, replace(member, jobs=_exchanged(member.jobs, job, smaller)))
            if len(job.plans) > 1:
                smaller = replace(job, plans=job.plans[:-1])
                yield _with(scenario, member, replace(member, jobs=_exchanged(member.jobs, job, smaller)))


def _halves(parts: tuple) -> Iterator[tuple]:
    if len(parts) > 2:
        yield parts[: len(parts) // 2]
        yield parts[len(parts) // 2 :]


def _without(parts: tuple, one: object) -> tuple:
    return tuple(each for each in parts if each is not one)


def _exchanged(parts: tuple[Job, ...], one: Job, other: Job) -> tuple[Job, ...]:
    return tuple(other if each is one else each for each in parts)


def _with(scenario: Scenario, member: Member, other: Member) -> Scenario:
    return replace(scenario, members=tuple(other if each is member else each for each in scenario.members))
