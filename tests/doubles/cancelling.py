"""Cancels a scenario at each of its suspensions in turn, to see that it can bear that anywhere.

    def test_it_can_be_cancelled_anywhere():
        cancel_everywhere(scenario, check)

`scenario` is an ``async def`` without parameters, run on a virtual loop of its own each time: first
cancelled at its first suspension, then at its second, until it runs through. Each suspension is
cancelled in two ways: as soon as it begins, and when what it waits for has just come about but was not
yet received (where a result that is on its way gets lost, if anything does).
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import types

from doubles.virtual_time import VirtualLoop

MOST = 2000
"""Suspensions a scenario may have."""


class _Interrupted:
    """Awaits a coroutine and cancels the task it runs in at its n-th suspension."""

    def __init__(self, coroutine, number, late):
        self._coroutine = coroutine
        self._number = number
        self._late = late
        self.where = None

    def __await__(self):
        suspensions = 0
        resume, value = self._coroutine.send, None
        while True:
            try:
                waited_for = resume(value)
            except StopIteration as end:
                return end.value
            suspensions += 1
            if suspensions == self._number:
                self.where = " <- ".join(reversed(_lines(self._coroutine)))
                self._cancel_at(waited_for)
            try:
                resume, value = self._coroutine.send, (yield waited_for)
            except BaseException as error:  # noqa: BLE001 - the coroutine's to deal with
                resume, value = self._coroutine.throw, error

    def _cancel_at(self, waited_for):
        task = asyncio.current_task()
        if self._late and asyncio.isfuture(waited_for):
            # The task itself is told after this, so it is cancelled with the result on its way.
            waited_for.add_done_callback(lambda _: task.cancel())
        else:
            asyncio.get_running_loop().call_soon(task.cancel)


def _lines(coroutine):
    """Where a coroutine is suspended, outermost first."""
    lines = []
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "ag_frame", None)
        if frame is not None:
            lines.append(f"{frame.f_code.co_name}:{frame.f_lineno}")
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "ag_await", None)
    return lines


def cancel_everywhere(make_scenario, check=None):
    """Run a scenario until it runs through, cancelled at its n-th suspension for n = 1, 2, 3, ...

    A run that is cancelled must end with `CancelledError`, and leave no task behind; nothing may be
    reported to the loop's exception handler. What should outlive the cancellation (a session, a
    tracker) is made by a `make_scenario` that is no coroutine function but returns one's coroutine,
    and is closed by `check`.

    Args:
        make_scenario: called for each run, within its loop; gives the coroutine to cancel.
        check: called after each run, within its loop, before it is looked for tasks; may be
            ``async``.

    Returns:
        How many suspensions the scenario has.
    """
    for number in range(1, MOST):
        ways = [_run(make_scenario, check, number, late) for late in (False, True)]
        if not any(ways):
            gc.collect()  # what was dropped warns now
            return number - 1
    raise AssertionError(f"still not through after {MOST} suspensions")


def _run(make_scenario, check, number, late):
    """Whether the scenario was cancelled, rather than ended before that."""
    reported = []

    async def whole():
        asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
        interrupted = _Interrupted(make_scenario(), number, late)

        async def run():
            return await interrupted

        (outcome,) = await asyncio.gather(asyncio.ensure_future(run()), return_exceptions=True)
        how = f"cancelled {'late' if late else 'early'} at suspension {number} ({interrupted.where})"
        try:
            if interrupted.where is not None:
                cancelled = isinstance(outcome, asyncio.CancelledError)
                assert cancelled, f"{how}, it ended with {outcome!r}"
            elif isinstance(outcome, BaseException):
                raise outcome  # noqa: TRY301 - to be told where, as what is asserted
            if check is not None:
                checked = check()
                if inspect.isawaitable(checked):
                    await checked
            await asyncio.sleep(0)
            left = asyncio.all_tasks() - {asyncio.current_task()}
            assert not left, f"left behind: {left}"
        except BaseException as error:
            error.add_note(how)
            raise
        assert not reported, f"{how}: {reported}"
        return interrupted.where is not None

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(whole())


async def cancelled_at(number, work):
    """Run a coroutine on the present loop, and cancel it as it awaits for the n-th time; return whether it came to that.

    Here the awaits of the tasks that it starts count too.
    """
    loop = asyncio.get_running_loop()
    count = 0

    @types.coroutine
    def counting(coroutine):
        nonlocal count
        resume, value = coroutine.send, None
        while True:
            try:
                waited_for = resume(value)
            except StopIteration as end:
                return end.value
            count += 1
            if count == number:
                loop.call_soon(main.cancel)
            try:
                resume, value = coroutine.send, (yield waited_for)
            except BaseException as error:  # noqa: BLE001 - the coroutine's to deal with
                resume, value = coroutine.throw, error

    async def counted(coroutine):
        return await counting(coroutine)

    loop.set_task_factory(lambda loop, coroutine, **told: asyncio.Task(counted(coroutine), loop=loop, **told))
    try:
        main = loop.create_task(work)
        await asyncio.wait([main])
    finally:
        loop.set_task_factory(None)
    if not main.cancelled():
        main.result()
    return main.cancelled()
