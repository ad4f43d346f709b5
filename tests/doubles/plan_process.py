"""The program of a process that applies a plan and may be killed; see `mortal`."""

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


def said(report):
    """What became of the plan."""
    bad = [f"{one.key}: {one.error}" for one in report.bad]
    return {"outcomes": {str(outcome): count for outcome, count in report.outcomes.items()}, "bad": bad}


async def main(tell, file, journal, facts, factor):
    """Apply the plan; tells when it begins, and what became of it."""
    plan = load_plan(file)
    async with client(facts, factor) as sms:
        provisioner = Provisioner(plan, sms, base=Path(file).parent, journal=Path(journal))
        tell("ready")
        report = await provisioner.apply()
    tell(said(report))
