"""Running jobs on the emulator's clock: their turns, their actions, and what is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from asyncsm.emulator import errands
from asyncsm.emulator.clock import Clock, perpetual
from asyncsm.emulator.errands import Errand
from asyncsm.emulator.rules import recurrence
from asyncsm.emulator.saved_names import effect
from asyncsm.emulator.scheduler import REMEMBERED, JobRun, ScheduledJob
from asyncsm.wire.jobs import Job, JobErrorAction, JobRecurrence

MAIN: Final = "MainAction"
ERROR: Final = "ErrorAction"


def moment(clock: Clock) -> datetime:
    """Return the virtual moment with its fraction of a second, as jobs are told it."""
    return datetime.fromtimestamp(clock.timestamp(), UTC)


def defined(job: ScheduledJob) -> Job:
    """Return what a job was told to do."""
    return Job.from_body(job.definition)


def enable(clock: Clock, job: ScheduledJob) -> None:
    """Let a job run at its next moment: at once, if it does not recur."""
    job.state, job.turn = "enabled", job.turn + 1
    told = defined(job).recurrence
    now = moment(clock)
    job.next = max(job.begun, now) if told is None else recurrence.following(told, job.begun, now)
    _await_turn(clock, job)


def stop(job: ScheduledJob, state: str) -> None:
    """Let a job not run any more."""
    job.state, job.next, job.turn = state, None, job.turn + 1


def _await_turn(clock: Clock, job: ScheduledJob) -> None:
    if job.next is not None:
        clock.at(job.next, partial(_take_turn, clock, job, job.turn))


@perpetual
@effect("scheduler/take-turn")
def _take_turn(clock: Clock, job: ScheduledJob, turn: int) -> None:
    """Run a job, unless it has changed since."""
    if job.turn != turn or job.state != "enabled":
        return
    told = defined(job)
    now = moment(clock)
    job.executions, job.last = job.executions + 1, now
    left = told.recurrence is not None and job.executions < (told.recurrence.count or job.executions + 1)
    job.next = recurrence.following(told.recurrence, job.begun, now) if left and told.recurrence else None
    if job.is_running:
        message = "The run before has not ended."
        _remember(clock, job, now, "postponed", message, MAIN, job.executions, 0)
    else:
        _act(clock, job, MAIN, job.executions, 0)
    if job.next is None:
        job.state = "completed" if job.state == "enabled" else job.state
    elif told.recurrence is not None:
        _leap(clock, job, told.recurrence)
    _await_turn(clock, job)


def _leap(clock: Clock, job: ScheduledJob, told: JobRecurrence) -> None:
    """Only count the runs that no history would show once time has come to where it has leapt.

    One that begins while another has not ended is postponed, and none ends within a leap.
    """
    step = recurrence.step_of(told)
    if step is None or job.next is None:
        return
    until = moment(clock) + timedelta(seconds=clock.ahead)
    if told.end_time is not None:
        until = min(until, told.end_time)
    runs = (until - job.next) // step - REMEMBERED
    if told.count is not None:
        runs = min(runs, told.count - job.executions - REMEMBERED)
    if runs > 0:
        job.executions += runs
        job.next += runs * step


@perpetual
@effect("scheduler/try-again")
def _try_again(clock: Clock, job: ScheduledJob, repeat: int, retry: int) -> None:
    _act(clock, job, MAIN, repeat, retry)


def _act(clock: Clock, job: ScheduledJob, name: str, repeat: int, retry: int) -> None:
    """Carry out an action, of which there is nothing to carry out but requests to this machine."""
    told = defined(job).action
    action = told if name == MAIN or told is None else told.error_action
    ended = partial(_ended, clock, job, name, repeat, retry, moment(clock))
    request = action.request if isinstance(action, JobErrorAction) else None
    if request is None or not request.uri:
        ended(
            False, "asyncsm's emulator carries out http and https actions only: it has no queues or topics."
        )
        return
    job.is_running = True
    errands.run(
        clock,
        Errand((request.method or "GET").upper(), request.uri, request.headers or {}, request.body),
        ended,
    )


def _ended(
    clock: Clock,
    job: ScheduledJob,
    name: str,
    repeat: int,
    retry: int,
    started: datetime,
    succeeded: bool,
    message: str,
) -> None:
    job.is_running = False
    _remember(clock, job, started, "completed" if succeeded else "failed", message, name, repeat, retry)
    action = defined(job).action
    if succeeded or name == ERROR or action is None:
        return
    job.failures += 1
    policy = action.retry_policy
    if (
        policy is not None
        and (policy.retry_type or "").lower() == "fixed"
        and retry < (policy.retry_count or 4)
    ):
        again = partial(_try_again, clock, job, repeat, retry + 1)
        clock.after(recurrence.span(policy.retry_interval).total_seconds(), again)
        return
    job.faults += 1
    if job.next is None:
        job.state = "faulted"
    if action.error_action is not None:
        _act(clock, job, ERROR, repeat, 0)


def _remember(
    clock: Clock,
    job: ScheduledJob,
    started: datetime,
    status: str,
    message: str,
    name: str,
    repeat: int,
    retry: int,
) -> None:
    job.remember(JobRun(started, moment(clock), job.state, status, message, name, repeat, retry))
