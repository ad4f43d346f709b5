"""A process that applies a plan and may be killed: ``python plan_process.py PLAN JOURNAL FACTS FACTOR``."""

import asyncio
import json
import sys
from pathlib import Path

from asyncsm import ServiceManagementService
from asyncsm.emulator.client_timings import ClientTimings
from asyncsm.emulator.clock import make_clock
from asyncsm.provisioning import Provisioner, load_plan


def client(facts, factor, subscription_id=None):
    """A client of an emulator in another process, as patient as its clock is fast."""
    pace = ClientTimings.of(make_clock(factor))
    return ServiceManagementService(
        subscription_id or facts["subscription_id"],
        facts["certificate_path"],
        facts["url"],
        ca_file=facts["ca_path"],
        trust_env=False,
        timeout=5,
        polling=pace.polling(),
        throttle=pace.throttle(None),
        lanes=pace.lanes(),
        reconcile=pace.reconcile(),
    )


def say(line):
    """Tell the process that has started this one."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def conclude(report):
    """Tell what became of the plan."""
    bad = [f"{one.key}: {one.error}" for one in report.bad]
    say(json.dumps({"outcomes": report.outcomes, "bad": bad}))


async def main(file, journal, facts, factor):
    plan = load_plan(file)
    async with client(json.loads(facts), float(factor)) as sms:
        provisioner = Provisioner(plan, sms, base=Path(file).parent, journal=Path(journal))
        say("ready")
        report = await provisioner.apply()
    conclude(report)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
