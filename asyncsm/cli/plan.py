"""``asyncsm plan``: provisions many resources from one file."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from asyncsm.cli import plan_database, plan_export
from asyncsm.cli.commands import Commands
from asyncsm.cli.common import CallOptions, Yes, calling, confirm, running, say
from asyncsm.cli.exit_codes import UNEXPECTED
from asyncsm.cli.interrupts import stopping_at_interrupt
from asyncsm.cli.output import Columns, Output, show
from asyncsm.cli.plan_checks import looked, refuse, telling, together
from asyncsm.cli.plan_places import clients_of, connecting, provisioner_of, shares_for
from asyncsm.errors import InvalidArgument, PlanIncomplete

if TYPE_CHECKING:
    from asyncsm.config import ThrottlePolicy
    from asyncsm.provisioning import Plan, Problem, Report, RunOptions
    from asyncsm.provisioning.provisioner import Status
    from asyncsm.provisioning.runner import Verb

app: Commands = Commands("plan")
app.command("export")(plan_export.export)

WANTED: Final[Columns] = {"kind": "kind", "name": "name", "needs": "needs"}
PLANNED: Final[Columns] = {"kind": "kind", "name": "name", "action": "action", "changes": "changes"}
KNOWN: Final[Columns] = {
    "resource": "key",
    "phase": "phase",
    "last action": "action",
    "ours": "ours",
    "in plan": "in_plan",
    "error": "error",
}
ENDED: Final[Columns] = {
    "resource": "key",
    "outcome": "outcome",
    "seconds": "seconds",
    "retries": "retries",
    "request ids": "request_ids",
    "reason": "reason",
}

File = Annotated[Path, typer.Argument(metavar="PLAN", help="YAML, TOML or JSON file.")]
JournalFile = Annotated[
    Path | None,
    typer.Option("--journal", metavar="FILE", help="What the run has done; PLAN.journal if absent."),
]
MaxInFlight = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Work on so many resources at once; else on all.")
]
ReportFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--report",
        metavar="FILE",
        help="Write a report: .json, or .html or .svg for a timeline; may be repeated.",
    ),
]
Disks = Annotated[
    bool, typer.Option("--disks", help="Also delete disks and images with the blobs behind them.")
]
Database = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Use the durable engine: postgresql://... shared by many workers. sqlite:///FILE is --journal FILE.",
    ),
]
Prune = Annotated[
    bool, typer.Option("--prune", help="Also remove what the plan has made and does not have any more.")
]
Force = Annotated[bool, typer.Option("--force", help="Begin, too, if it is known that some of it will fail.")]
NeededDatabase = Annotated[
    str, typer.Option("--database", metavar="URL", help="postgresql://..., where the plan was applied.")
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Read the service, and show what apply would do and how long it takes."),
]
Budget = Annotated[
    str | None,
    typer.Option(metavar="N/SECONDS", help="Requests the subscription may make in a time, such as 300/300."),
]


@app.command("check")
def check(file: File) -> None:
    """Check a plan without asking anybody: whatever the client or the service would refuse of it."""
    from asyncsm.provisioning import check_plan
    from asyncsm.provisioning.feasibility import remarks

    plan, graph, problems = asyncio.run(check_plan(file))
    refuse(problems)
    told = remarks(plan, file.parent)
    for remark in told:
        say(f"{file}: {remark}")
    unusual = ", but what is said above is unusual" if told else ""
    say(f"{file}: {len(graph)} resources, no problems found{unusual}")


@app.command("schema")
def schema() -> None:
    """Print the JSON Schema of plans, for editors."""
    from asyncsm.provisioning import Plan

    sys.stdout.write(json.dumps(Plan.json_schema(), indent=2) + "\n")


@app.command("show")
@calling
async def show_(
    call: CallOptions, file: File, dry_run: DryRun = False, journal: JournalFile = None, budget: Budget = None
) -> None:
    """Show what a plan wants, with every count and name filled in; with --dry-run, what apply would do."""
    from asyncsm.provisioning import Graph, check_plan, load_plan, resources_of
    from asyncsm.provisioning.reading import located

    if not dry_run:
        graph = Graph(resources_of(load_plan(file), file.parent))
        call.show(
            [{"kind": one.kind, "name": one.name, "needs": list(graph.needs[one.key])} for one in graph],
            WANTED,
        )
        return
    plan, _, problems = await check_plan(file)
    with telling(problems):
        async with provisioner_of(call, plan, file, journal) as provisioner:
            preview = await provisioner.preview(throttle_of(budget))
    if problems:
        refuse(together(problems, located(preview.obstacles, file)))
    if call.output is not Output.TABLE:
        call.show(preview.model_dump(mode="json"), {})
        refuse(located(preview.obstacles, file))
        return
    call.show(
        [one.model_dump(mode="json") for one in preview.resources if one.action != "nothing" or one.changes],
        PLANNED,
    )
    counted = ", ".join(f"{count} {action}" for action, count in sorted(preview.actions.items()))
    say(f"{counted}; {preview.changes} changes, which take at least {preview.seconds:.0f} s")
    _tell_orphans(preview.orphans)
    refuse(located(preview.obstacles, file))


@app.command("apply")
@running
async def apply(
    call: CallOptions,
    file: File,
    journal: JournalFile = None,
    max_in_flight: MaxInFlight = None,
    budget: Budget = None,
    report: ReportFiles = None,
    database: Database = None,
    force: Force = False,
    prune: Prune = False,
) -> None:
    """Have everything as the plan has it; a second time, nothing is left to do.

    Whatever can be known to fail is told before the first change, and nothing is begun then. What
    the plan made and does not have any more is left alone and told, unless --prune removes it.

    Ctrl-C begins nothing more and waits for what has been sent; again, it leaves at once. The
    next apply takes up what is under way, also after a crash.
    """
    options = _options(call, max_in_flight)
    verb: Verb = "prune" if prune else "apply"
    task = _Task(verb, file, journal, options, throttle_of(budget), report or [], force)
    await _carry_out(call, task, database)


@app.command("destroy")
@running
async def destroy(
    call: CallOptions,
    file: File,
    journal: JournalFile = None,
    max_in_flight: MaxInFlight = None,
    disks: Disks = False,
    yes: Yes = False,
    budget: Budget = None,
    report: ReportFiles = None,
    database: Database = None,
) -> None:
    """Remove what apply has made, and nothing that was there before."""
    task = _Task(
        "destroy", file, journal, _options(call, max_in_flight, disks), throttle_of(budget), report or []
    )
    await _carry_out(call, task, database, yes=yes)


@app.command("status")
@calling
async def status(
    call: CallOptions, file: File, journal: JournalFile = None, database: Database = None
) -> None:
    """Show what the journal or the database knows, without asking the service."""
    from asyncsm.provisioning import load_plan

    plan = load_plan(file)
    journal, database = plan_database.journal_or_database(journal, database)
    if database is not None:
        async with clients_of(call, plan) as clients, plan_database.engine(call, database) as engine:
            shares = await shares_for(plan, clients, partial(engine.places, plan.name), anew=False)
            known = await engine.status(shares, file.parent)
    else:
        async with provisioner_of(call, plan, file, journal, anew=False) as provisioner:
            known = provisioner.status()
    call.show([one.model_dump(mode="json") for one in known], KNOWN)


@app.command("abandon")
@calling
async def abandon(call: CallOptions, file: File, database: NeededDatabase) -> None:
    """End the run of a plan in a database: nothing more is sent, and what is under way is left there.

    Everything that is known of the plan stays, so that a later apply or destroy takes it up.
    """
    from asyncsm.provisioning import load_plan

    name = load_plan(file).name
    async with plan_database.engine(call, database) as engine:
        ended = await engine.abandon(name, [call.subscription()])
    say(f"the run of {name} is abandoned" if ended else f"no run of {name} is going on")


def _options(call: CallOptions, max_in_flight: int | None, disks: bool = False) -> RunOptions:
    from asyncsm.provisioning import RunOptions

    return RunOptions(max_in_flight, call.deadline, disks)


def throttle_of(budget: str | None) -> ThrottlePolicy | None:
    """Parse the value of ``--budget``."""
    from asyncsm.config import ThrottlePolicy

    if budget is None:
        return None
    calls, _, seconds = budget.partition("/")
    try:
        return ThrottlePolicy(calls=int(calls), seconds=float(seconds))
    except ValueError as error:
        raise InvalidArgument("--budget", f"{budget!r} is not N/SECONDS, such as 300/300") from error


@dataclass(frozen=True, slots=True)
class _Task:
    """The arguments of `apply` or `destroy`."""

    verb: Verb
    file: Path
    journal: Path | None
    options: RunOptions
    throttle: ThrottlePolicy | None
    reports: list[Path]
    force: bool = False


async def _carry_out(call: CallOptions, task: _Task, database: str | None, *, yes: bool = False) -> None:
    from asyncsm.provisioning import check_plan, load_plan

    for path in task.reports:
        if path.suffix.lower() not in {".json", ".html", ".svg"}:
            raise InvalidArgument("--report", f"{path} ends neither in .json nor in .html or .svg")
        written = path if path.exists() else path.parent
        if not path.parent.is_dir() or path.is_dir() or not os.access(written, os.W_OK):
            raise InvalidArgument(
                "--report", f"{path} cannot be written: see that its folder is there and is no file"
            )
    journal, database = plan_database.journal_or_database(task.journal, database)
    task = replace(task, journal=journal)
    if task.verb != "destroy":
        plan, _, problems = await check_plan(task.file)
    else:
        plan, problems = load_plan(task.file), None
        confirm(f"Remove everything that {task.file} has made", yes=yes)
    report = await (
        _in_process(call, task, plan, problems)
        if database is None
        else _durably(call, task, plan, problems, database)
    )
    unwritten = [path for path in task.reports if not _is_written(report, path)]
    _conclude(call, report)
    if unwritten:
        raise typer.Exit(UNEXPECTED)


def _is_written(report: Report, path: Path) -> bool:
    """Write a report and tell where; if that fails, what came of the run is told all the same."""
    try:
        report.write(path)
    except OSError as error:
        say(f"asyncsm: the report {path} cannot be written: {error.strerror}")
        return False
    say(f"report in {path}")
    return True


async def _in_process(call: CallOptions, task: _Task, plan: Plan, problems: list[Problem] | None) -> Report:
    from asyncsm.cli.plan_display import display_for

    with telling(problems):
        place = (call, plan, task.file, task.journal, task.throttle)
        async with provisioner_of(*place, anew=problems is not None) as provisioner:
            display = display_for(call.output, plan.name, task.verb)
            with display, stopping_at_interrupt(lambda: provisioner.stop("interrupted")):
                if problems is None:
                    return await provisioner.destroy(task.options, display.watch)
                prune = task.verb == "prune"
                going = _orphans(provisioner.status()) if prune else []
                preview = await looked(provisioner, task.file, problems, force=task.force, going=going)
                if task.verb == "apply":
                    _tell_orphans(preview.orphans)
                return await provisioner.apply(task.options, display.watch, after=preview, prune=prune)


async def _durably(
    call: CallOptions, task: _Task, plan: Plan, problems: list[Problem] | None, database: str
) -> Report:
    from asyncsm.cli.plan_display import display_for
    from asyncsm.provisioning import Provisioner

    with plan_database.quiet():
        async with (
            clients_of(call, plan, task.throttle) as clients,
            plan_database.engine(
                call,
                database,
                task.throttle,
                connecting(call, clients),
                max_in_flight=task.options.max_in_flight,
            ) as engine,
        ):
            places = partial(engine.places, plan.name)
            shares = await shares_for(plan, clients, places, anew=problems is not None)
            known = [] if problems is None else _orphans(await engine.status(shares, task.file.parent))
            if problems is not None:
                with telling(problems):
                    by_id = dict(zip(shares, clients.values(), strict=True))
                    provisioner = Provisioner(plan, by_id, base=task.file.parent, shares=shares)
                    going = known if task.verb == "prune" else []
                    await looked(provisioner, task.file, problems, force=task.force, going=going)
            engine.work([*shares])
            if task.verb == "apply":
                _tell_orphans(known)
            run = await engine.submit(task.verb, shares, task.file.parent, disks=task.options.disks)
            display = display_for(call.output, plan.name, task.verb)
            with display, stopping_at_interrupt(engine.stop):
                report: Report = await engine.follow(run, display.watch, task.options.deadline)
                return report


def _orphans(known: Iterable[Status]) -> list[str]:
    return [one.key for one in known if one.orphan]


def _tell_orphans(keys: Iterable[str]) -> None:
    for key in keys:
        say(f"{key} was made by this plan, which does not have it any more; apply --prune removes it")


def _conclude(call: CallOptions, report: Report) -> None:
    if call.output is Output.TABLE:
        counted = (
            ", ".join(f"{count} {outcome}" for outcome, count in report.outcomes.items()) or "nothing to do"
        )
        say(f"{report.verb} {report.plan}: {counted} in {report.seconds:.1f} s")
        if report.bad:
            rows = [
                one.model_dump(mode="json")
                | {
                    "seconds": round(one.seconds, 1),
                    "reason": one.error or "; ".join(one.differences) or one.detail,
                }
                for one in report.bad
            ]
            show(rows, ENDED, call.output)
    else:
        call.show(report.model_dump(mode="json"), {})
    if not report.all_good:
        raise PlanIncomplete(
            f"{report.verb} {report.plan}: {len(report.bad)} of {len(report.resources)} resources are not as they"
            f" should be; {report.verb} again takes up what is left"
        )
