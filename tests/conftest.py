"""What tests of all folders have in common: keys are made once, and read once."""

import asyncio
import gc
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, settings

from asyncsm.credentials import decoding
from asyncsm.emulator.identity import Identity

# Reading a private key takes 30 ms, as its numbers are checked. An emulator reads its own at each start,
# a client of it reads the same file again, and both do so for thousands of tests.
decoding.load_pem_private_key = cache(decoding.load_pem_private_key)


settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")  # on which a busy processor is no failure


LONG = (
    *("test_plan_crashes", "test_web_service", "test_portal", "test_fidelity"),
    *("test_node", "test_simulation", "test_plans"),
)
"""Modules with tests of half a minute."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long: in the end, one process would be busy with it, and the others idle."""
    items.sort(key=lambda item: item.path.stem not in LONG)


def pytest_collection_finish() -> None:
    """Keep the garbage collector from looking at fifteen thousand tests and all modules while the tests run.

    It looks less often at the rest, too: tests make much that is soon gone.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(scope="session")
def identity_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates of an emulator, made once: making a key takes longer than most tests."""
    directory = tmp_path_factory.mktemp("identity")
    Identity.load_or_make(directory, 1, Random(1))
    return directory


if os.environ.get("ASYNCSM_TEST_LOOP") == "uvloop":

    def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
        """Have the tests that are coroutines run under uvloop; see noxfile.py."""
        import uvloop

        return {"uvloop": uvloop.new_event_loop}
