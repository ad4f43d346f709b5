"""A worker of the durable engine that may be killed: ``python worker_process.py PLAN DATABASE FACTS FACTOR NAME``.

It asks for the plan to be applied, or takes up the run that was asked for before, and works until
that has ended.
"""

import asyncio
import json
import sys
from functools import partial
from pathlib import Path

from doubles.plan_process import client, conclude, say

from asyncsm.provisioning import load_plan
from asyncsm.provisioning.durable import DurableEngine


async def main(file, database, facts, factor, name):
    facts = json.loads(facts)
    plan = load_plan(file)
    connect = partial(client, facts, float(factor))
    async with DurableEngine(database, connect, name=name) as engine:
        run = await engine.submit("apply", plan, Path(file).parent, facts["subscription_id"])
        say("ready")
        report = await engine.follow(run)
    conclude(report)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
