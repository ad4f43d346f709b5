"""Plans in a directory, carried out in the background until they are done.

Every plan has a directory with three files: `plan.json` says what is wanted, so that a process that
is started again knows what to go on with; `journal` is the provisioner's, so that nothing is made twice;
`report.json` is what the last run has done.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

from pydantic import ValidationError

from asyncsm import AsyncsmError, OperationsFailed, ServiceManagementService
from asyncsm.provisioning import (
    Plan,
    PlanError,
    Progress,
    Provisioner,
    Report,
    ResourceRecord,
    RunOptions,
    Step,
    loads_plan,
)
from asyncsm.provisioning.reading import Form

from .feed import Feed
from .models import Details, Resource, State, Summary, Wanted

log = logging.getLogger("web_service")


class Busy(Exception):
    """The plan is being carried out: stop it first, or wait."""


class KeptPlan:
    """A plan that is carried out.

    Args:
        place: its own directory.
        files: where the plan's files are.
        sms: a client of the subscription.
        wanted: what is to be done with it.
        plan: the document, read.
    """

    def __init__(
        self, place: Path, files: Path, sms: ServiceManagementService, wanted: Wanted, plan: Plan
    ) -> None:
        self.id = place.name
        self._place = place
        self._files = files
        self._sms = sms
        self._wanted = wanted
        self._plan = plan
        self._provisioner: Provisioner | None = None
        self._progress: Progress | None = None
        self._task: asyncio.Task[None] | None = None
        self._due = False
        self.feed: Feed[Details, Step] = Feed(self.details)
        self.report = self._last_report()

    @property
    def busy(self) -> bool:
        """Whether something is being done."""
        return self._task is not None and not self._task.done()

    @property
    def unfinished(self) -> bool:
        """Whether an earlier process has left it before it had ended."""
        return self._wanted.state in {State.RUNNING, State.INTERRUPTED}

    @property
    def removed(self) -> bool:
        """Whether nothing of it is left to look after."""
        return (self._wanted.verb, self._wanted.state, self._wanted.leftovers) == ("destroy", State.DONE, [])

    def replace(self, plan: Plan, wanted: Wanted) -> None:
        """Take another document of the same name.

        Raises:
            Busy: the present one is being carried out.
        """
        if self.busy:
            raise Busy(self.id)
        self._plan = plan
        self._remember(**{name: getattr(wanted, name) for name in ("form", "document", "posted")})

    def start(self, verb: Literal["apply", "destroy"], *, disks: bool = False) -> None:
        """Have it carried out, or removed; what is going on and is not that, is stopped first."""
        present = (self._wanted.state, self._wanted.verb, self._wanted.disks)
        if self.busy and present == (State.RUNNING, verb, disks):
            return
        self._remember(verb=verb, disks=disks, state=State.RUNNING, error=None)
        self._due = True
        if self.busy:
            self._stop_run(f"{verb} was asked for")
        else:
            self._task = asyncio.create_task(self._work(), name=f"plan-{self.id}")

    def resume(self) -> None:
        """Go on where an earlier process was ended."""
        self.start(self._wanted.verb, disks=self._wanted.disks)

    def stop(self) -> None:
        """Begin nothing more."""
        if self.busy:
            self._due = False
            self._remember(state=State.STOPPING)
            self._stop_run("somebody has stopped it")
        elif self.unfinished:
            self._remember(state=State.STOPPED)

    async def leave(self) -> None:
        """Let go of it, as it is: what has been sent goes on, and the next process takes it up."""
        self.feed.end()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    # What there is to see.

    def summary(self) -> Summary:
        """It in a few words."""
        return Summary(**self._facts())

    def details(self) -> Details:
        """Everything about it."""
        return Details(**self._facts(), resources=[Resource.model_validate(one) for one in self._records()])

    def _facts(self) -> dict[str, object]:
        run = self._progress or self.report
        records = self._records()
        return {
            **self._wanted.model_dump(exclude={"form", "document", "disks"}),
            "id": self.id,
            "begun": run and run.begun,
            "ended": run and run.ended,
            "total": len(records),
            "counts": dict(Counter(str(one.outcome or one.state) for one in records)),
        }

    def _records(self) -> list[ResourceRecord]:
        if self._progress is not None:
            return list(self._progress.records.values())
        return self.report.resources if self.report is not None else []

    # The work.

    async def _work(self) -> None:
        while self._due:
            self._due = False
            try:
                await self._run()
            except Exception as error:  # whatever it is, the page has to say so
                expected = isinstance(error, (AsyncsmError, OperationsFailed))
                log.log(
                    logging.WARNING if expected else logging.ERROR,
                    "%s: %r",
                    self.id,
                    error,
                    exc_info=not expected,
                )
                self._conclude(State.INTERRUPTED, error=told(error))
        if self._wanted.state is State.STOPPING:  # before it had begun
            self._conclude(State.STOPPED)

    async def _run(self) -> None:
        options = RunOptions(disks=self._wanted.disks)
        verb = self._wanted.verb
        try:
            self._provisioner = provisioner = Provisioner(
                self._plan, self._sms, base=self._files, journal=self._place / "journal"
            )
            act = provisioner.apply if verb == "apply" else provisioner.destroy
            self.report = await act(options, self._look_on)
        finally:
            self._provisioner = self._progress = None
        self._write("report.json", self.report.model_dump_json(exclude={"seconds", "outcomes"}))
        leftovers = [
            one.key for one in provisioner.status() if one.ours and not (verb == "apply" and one.in_plan)
        ]
        self._conclude(State.DONE if self.report.all_good else State.FAILED, leftovers=leftovers)

    def _conclude(self, state: State, **found: object) -> None:
        """A run has ended; what somebody has asked for meanwhile counts for more."""
        if self._due:
            state = self._wanted.state
        elif self._wanted.state is State.STOPPING:
            state = State.STOPPED
        self._remember(state=state, **found)
        log.info("%s: %s: %s", self.id, self._wanted.verb, self._wanted.state)

    def _look_on(self, progress: Progress) -> None:
        self._progress = progress
        progress.subscribe(self.feed.tell)
        self.feed.renew()

    def _stop_run(self, reason: str) -> None:
        if self._provisioner is not None:
            self._provisioner.stop(reason)

    # What is kept.

    def save(self) -> None:
        """Write down what is wanted, before anything is done about it."""
        make_directory(self._place)
        self._write("plan.json", self._wanted.model_dump_json(indent=2))

    def forget(self) -> None:
        """Remove all that is kept of it."""
        self.feed.end()
        shutil.rmtree(self._place)

    def _remember(self, **changed: object) -> None:
        self._wanted = self._wanted.model_copy(update=changed)
        self.save()
        self.feed.renew()

    def _write(self, name: str, text: str) -> None:
        """All of it, or nothing: a process may be killed while it writes."""
        beside = self._place / f"{name}.new"
        with beside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._place / name)

    def _last_report(self) -> Report | None:
        path = self._place / "report.json"
        return Report.model_validate_json(path.read_bytes()) if path.exists() else None


class Plans:
    """All plans of a directory; as a context manager it goes on with what is unfinished.

    Args:
        directory: where they are kept; `files` in it has the files that plans name.
        sms: a client of the subscription.
    """

    def __init__(self, directory: Path, sms: ServiceManagementService) -> None:
        self._directory = directory / "plans"
        self._files = directory / "files"
        self._sms = sms
        self._plans: dict[str, KeptPlan] = {}

    async def __aenter__(self) -> Self:
        make_directory(self._directory)
        make_directory(self._files)
        for kept in self._found():
            self._plans[kept.id] = kept
            if kept.unfinished:
                log.info("%s: going on", kept.id)
                kept.resume()
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(kept.leave() for kept in self))

    def __iter__(self) -> Iterator[KeptPlan]:
        """Those posted last come first."""
        return iter(sorted(self._plans.values(), key=lambda one: one.summary().posted, reverse=True))

    def __getitem__(self, plan_id: str) -> KeptPlan:
        return self._plans[plan_id]

    async def post(self, content: bytes, form: Form) -> KeptPlan:
        """Begin to carry out a document.

        Raises:
            PlanError: it is no plan.
            Busy: the plan of this name is being carried out.
            AsyncsmError: a file it names cannot be used.
        """
        plan = await asyncio.to_thread(loads_plan, content, form, base=self._files)
        await asyncio.to_thread(Provisioner, plan, self._sms, base=self._files)  # can its files be used?
        text = content.decode("utf-8-sig")
        wanted = Wanted(name=plan.name, form=form, document=text, posted=datetime.now(UTC))
        place = self._directory / id_of(plan.name)
        kept = self._plans.get(place.name)
        if kept is None:
            kept = self._plans[place.name] = KeptPlan(place, self._files, self._sms, wanted, plan)
        else:
            kept.replace(plan, wanted)
        kept.start("apply")
        return kept

    def forget(self, kept: KeptPlan) -> None:
        """Remove a plan of which nothing is left."""
        del self._plans[kept.id]
        kept.forget()

    def end_streams(self) -> None:
        """Let nobody who looks on keep the server from shutting down."""
        for kept in self:
            kept.feed.end()

    def _found(self) -> Iterator[KeptPlan]:
        for path in sorted(self._directory.glob("*/plan.json")):
            try:
                wanted = Wanted.model_validate_json(path.read_bytes())
                plan = loads_plan(wanted.document, wanted.form)
                if wanted.state is State.STOPPING:
                    wanted.state = State.STOPPED
                yield KeptPlan(path.parent, self._files, self._sms, wanted, plan)
            except (OSError, ValidationError, PlanError) as error:
                log.error("%s is left alone: %s", path, error)  # noqa: TRY400 - the others go on


def make_directory(path: Path) -> None:
    """One that only we can read, if there is none."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def told(error: Exception) -> str:
    """What went wrong, for people; where it was several things, all of them."""
    if isinstance(error, ExceptionGroup):
        return "; ".join(dict.fromkeys(told(one) for one in error.exceptions))
    return f"{type(error).__name__}: {error}".removesuffix(": ")


def id_of(name: str) -> str:
    """What stands for a name in URLs and directories; two names never share one."""
    short = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]
    return short if short == name else f"{short or 'plan'}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
