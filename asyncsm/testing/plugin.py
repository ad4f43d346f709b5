"""Hooks and fixtures that pytest loads.

`asm_service` is registered apart, as how a coroutine can be a fixture is another plugin's business.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from asyncsm.testing.settings import MARKER, add_options, wishes_of

if TYPE_CHECKING:
    from asyncsm.testing.background import BackgroundClock, BackgroundEmulator, BackgroundFaults

ASYNCIO_PLUGINS: Final = ("asyncio", "pytest_asyncio", "pytest_asyncio.plugin")
"""Names pytest-asyncio goes by, found by pytest itself or named by the user."""

IDENTITY: Final = ("ca.pem", "ca-key.pem", "management.pem", "management.cer")
"""Files all emulators of a session have in common; the ids of subscriptions are not in them."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Make the options known."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, and the fixture `asm_service` that fits."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(clock, throttle, subscriptions, seed, quotas, contents): "
        "what emulator the fixture asm_emulator makes for the test",
    )
    able = any(config.pluginmanager.hasplugin(name) for name in ASYNCIO_PLUGINS)
    module = import_module(f"asyncsm.testing.{'with_asyncio' if able else 'without_asyncio'}")
    config.pluginmanager.register(module, "asm_service")


@pytest.fixture(scope="session")
def _asm_identity(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Certificates made once, as making a key takes longer than starting an emulator."""
    from random import Random

    from asyncsm.emulator.identity import Identity

    directory = tmp_path_factory.mktemp("asm-identity")
    Identity.load_or_make(directory, 1, Random())  # noqa: S311 - its ids are not used
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def asm_emulator(
    request: pytest.FixtureRequest, _asm_identity: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BackgroundEmulator]:
    """An Azure Service Management emulator of the test's own (asyncsm.testing.BackgroundEmulator).

    It listens on a free port with real HTTPS and client certificates, whatever the test is,
    function or coroutine; ``@pytest.mark.asm(...)`` says what kind of emulator it is.
    """
    from asyncsm.testing.background import BackgroundEmulator

    arguments = wishes_of(request.node, request.config).arguments(
        moves_clock="asm_clock" in request.fixturenames
    )
    directory = tmp_path_factory.mktemp("asm-emulator")
    for name in IDENTITY:
        shutil.copy2(_asm_identity / name, directory)
    arguments["directory"] = directory
    try:
        with BackgroundEmulator(**arguments) as emulator:
            yield emulator
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def asm_faults(asm_emulator: BackgroundEmulator) -> Iterator[BackgroundFaults]:
    """The faults of asm_emulator; they are cleared before clients are closed."""
    yield asm_emulator.faults
    asm_emulator.faults.clear()


@pytest.fixture
def asm_clock(asm_emulator: BackgroundEmulator) -> BackgroundClock:
    """The time of asm_emulator. Unless a marker or an option says otherwise, only the test moves it."""
    return asm_emulator.clock
