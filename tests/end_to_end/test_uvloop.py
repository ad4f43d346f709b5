"""Client, emulator and plugin under uvloop; `nox -s tests` runs more of the suite under it."""

import asyncio
import shutil
from importlib.metadata import entry_points

import pytest

from asyncsm.emulator import Emulator, Fault

uvloop = pytest.importorskip("uvloop", reason="uvloop is not installed")
pytest_plugins = ["pytester"]

PLUGIN = () if entry_points(group="pytest11", name="asyncsm") else ("-p", "asyncsm.testing.plugin")


@pytest.fixture
def directory(identity_files, tmp_path):
    return shutil.copytree(identity_files, tmp_path / "emulator")


def test_an_emulator_and_its_client(directory):
    """Changes, operations that take time, connections that are reset, a stop and a start."""

    async def journey():
        async with (
            Emulator(directory=directory, clock="instant", database=directory / "state.db") as emulator,
            emulator.service() as sms,
        ):
            assert type(asyncio.get_running_loop()).__module__ == "uvloop"
            await (await sms.create_storage_account("store", None, "store", location="West US"))
            with emulator.faults.active(Fault(kind="reset-after", count=1)) as fault:
                await sms.create_hosted_service("shop", label="shop", location="West US")
            assert fault.struck == 1
            for _ in range(2):
                await emulator.stop()
                await emulator.start()
                assert [each.service_name for each in await sms.list_hosted_services()] == ["shop"]

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(journey())


def test_the_plugin_after_an_installation_for_all(pytester):
    """Every loop is uvloop's then: that of the emulator's thread, and those of the tests."""
    pytester.makeconftest(
        """
        import warnings
        import uvloop

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            uvloop.install()
        """
    )
    pytester.makepyfile(
        """
        import asyncio

        def test_emulator(asm_emulator):
            async def loop():
                return type(asyncio.get_running_loop()).__module__

            assert asm_emulator.run(loop()) == "uvloop"

        async def test_service(asm_service):
            assert type(asyncio.get_running_loop()).__module__ == "uvloop"
            assert len(await asm_service.list_hosted_services()) == 0
        """
    )
    options = (*PLUGIN, "-p", "no:randomly", "--asyncio-mode=auto")
    pytester.runpytest_subprocess(*options, timeout=50).assert_outcomes(passed=2)
