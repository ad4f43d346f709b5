"""States that recordings leave, as plans: with these nothing is to be done."""

import pytest
from doubles.bare_client import connected
from doubles.preparing import prepare
from doubles.recordings import FOLDER
from doubles.replaying import replay

from asyncsm.emulator import Emulator, ManualClock
from asyncsm.estate import export_plan
from asyncsm.provisioning import Provisioner, load_plan

RECORDINGS = (
    "add_role_linux",
    "add_service_certificate",
    "add_update_delete_role_windows",
    "associate_reserved_ip_address",
    "create_get_delete_deployment",
    "create_virtual_machine_deployment_windows_virtual_network",
)


@pytest.mark.parametrize("name", RECORDINGS)
async def test_with_the_exported_plan_nothing_is_to_be_done(name, tmp_path):
    """Whatever a client has made, with whatever options."""
    recording = FOLDER / "compute" / f"{name}.json"
    if not recording.exists():
        pytest.skip(f"no recordings in {FOLDER}")
    async with (
        Emulator(clock=ManualClock(), tail=False, seed=1) as emulator,
        connected(emulator) as management,
    ):
        await prepare(management, recording)
        async for _ in replay(management, recording):
            pass
        async with emulator.service() as sms:
            exported = await export_plan(sms)
            exported.write(tmp_path / "export.yaml")
            plan = load_plan(tmp_path / "export.yaml")
            preview = await Provisioner(plan, sms, base=tmp_path).preview()
    assert set(preview.actions) == {"nothing"}
    assert preview.problems == []
