"""The program of a worker of the durable engine that may be killed; see `mortal`."""

from functools import partial
from pathlib import Path

from doubles.impatient import DEAD_AFTER, impatient
from doubles.plan_process import client, said

from asyncsm.provisioning import load_plan
from asyncsm.provisioning.durable import DurableEngine


async def main(tell, file, database, facts, factor, name):
    """Ask for the plan to be applied, or take up the run that was asked for before, and work until its end."""
    plan, subscription = load_plan(file), facts["subscription_id"]
    connect = partial(client, facts, factor)
    with impatient():
        async with DurableEngine(database, connect, name=name, dead_after=DEAD_AFTER) as engine:
            engine.work([subscription])
            run = await engine.submit("apply", {subscription: plan}, Path(file).parent)
            tell("ready")
            report = await engine.follow(run)
    tell(said(report))
