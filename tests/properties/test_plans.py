"""Whatever plan, wherever its runs crash and whatever goes wrong: in the end there is the plan, once."""

import asyncio
import os
import shutil
import tempfile
from pathlib import Path
from random import Random
from unittest import mock

from doubles.plans import farm_plan, things, wanted
from hypothesis import HealthCheck, given, settings, strategies as st

from asyncsm import RetryPolicy
from asyncsm.emulator import Emulator, Fault, Quotas
from asyncsm.emulator.identity import Identity
from asyncsm.provisioning import Provisioner, RunOptions
from asyncsm.provisioning.store import Records

RUNS = 8
"""After so many runs without a crash everything is as it should be: each repairs what a fault has failed."""


class Crash(BaseException):
    """The process is gone: nothing catches this."""


class Mortal:
    """Lets a process die at its n-th record, before that is written or just after."""

    def __init__(self, records, *, written):
        self._left = records
        self._written = written
        self._put = Records.put

    async def __call__(self, records, key, record):
        self._left -= 1
        if self._left > 0 or (self._left == 0 and self._written):
            await self._put(records, key, record)
        if self._left <= 0:
            raise Crash


PLANS = st.builds(farm_plan, machines=st.integers(1, 5), services=st.integers(1, 3))
CRASHES = st.lists(st.tuples(st.integers(1, 25), st.booleans()), max_size=4)
FAULTS = st.lists(
    st.builds(
        Fault,
        kind=st.sampled_from(["500", "503", "reset-before", "reset-after", "500-after", "fail", "409"]),
        operation=st.just("changes"),
        probability=st.sampled_from([0.1, 0.5]),
        count=st.integers(1, 3),
    ),
    max_size=4,
)


SOON = RetryPolicy(first=0.01, most=0.1)
"""An emulator that has failed a request takes the next one."""


async def apply(plan, emulator, journal):
    async with emulator.service(retry=SOON) as sms:
        return await Provisioner(plan, sms, journal=journal).apply()


async def scenario(plan, crashes, faults, folder):
    os.environ["FARM_PASSWORD"] = "Secret-12"
    journal = folder / "journal"
    async with Emulator(
        directory=folder, clock="instant", seed=1, quotas=Quotas(cores=100), admin_port=None
    ) as emulator:
        for fault in faults:
            emulator.faults.add(fault)
        for count, written in crashes:
            mortal = Mortal(count, written=written)
            with mock.patch.object(Records, "put", lambda *args, mortal=mortal: mortal(*args)):
                try:
                    await apply(plan, emulator, journal)
                except* Crash:
                    pass
        for _ in range(RUNS):
            report = await apply(plan, emulator, journal)
            if report.all_good:
                break
        assert report.all_good, [f"{one.key}: {one.error}" for one in report.bad]
        emulator.faults.clear()
        async with emulator.service() as sms:
            assert await things(sms) == wanted(plan)
            again = await Provisioner(plan, sms, journal=journal).apply()
            assert set(again.outcomes) == {"unchanged"}
            await Provisioner(plan, sms, journal=journal).destroy(RunOptions(disks=True))
            assert await things(sms) == {"accounts": [], "services": {}, "disks": []}


IDENTITY = Path(tempfile.mkdtemp(prefix="asyncsm-plans-"))
"""Certificates for all examples, as making them takes longer than the rest."""


def teardown_module():
    shutil.rmtree(IDENTITY, ignore_errors=True)


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(plan=PLANS, crashes=CRASHES, faults=FAULTS)
def test_the_end_is_the_plan(plan, crashes, faults):
    """Nothing is missing, twice or left over; a further run changes nothing; destroy leaves nothing."""
    if not any(IDENTITY.iterdir()):
        Identity.load_or_make(IDENTITY, 1, Random(1))
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(IDENTITY, folder, dirs_exist_ok=True)
        asyncio.run(scenario(plan, crashes, faults, Path(folder)))
