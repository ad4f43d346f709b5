"""Whole programs for the old SDK: converted, they do and print what they did before."""

import asyncio
import contextlib
import functools
import os
import runpy
import sys
import time
import warnings
from pathlib import Path
from unittest import mock

import pytest
from doubles.emulator_thread import emulator_in_thread

import asyncsm
from asyncsm.migrating import migrate
from asyncsm.migrating.knowledge import clients

OLD = Path(__file__).parent / "old"
SCRIPTS = sorted(OLD.glob("*.py"))
GLANCE = 0.02
"""Seconds that a wait of a script takes here at most."""

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*:DeprecationWarning",
    "ignore:.*:SyntaxWarning",
    "ignore:unclosed:ResourceWarning",
    "ignore:.*was dropped while pending:ResourceWarning",  # what is asked for by its request id
)


@pytest.fixture
def impatient(monkeypatch):
    """Let neither SDK wait longer than `GLANCE` between two questions."""
    often = asyncsm.PollingPolicy(first=GLANCE, least=GLANCE, most=GLANCE)
    for name, kind in clients().items():
        monkeypatch.setattr(asyncsm, name, functools.partial(kind, polling=often))
    sleep, pause = time.sleep, asyncio.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(min(seconds, GLANCE)))
    monkeypatch.setattr(asyncio, "sleep", lambda seconds, *result: pause(min(seconds, GLANCE), *result))


def run(path, capsys):
    """Run a script against an emulator of its own, and return what it prints, but for dots."""
    with emulator_in_thread(clock=3000) as emulator:
        arguments = [
            str(path),
            emulator.subscription_id,
            str(emulator.certificate_path),
            f"127.0.0.1:{emulator.port}",
        ]
        authority = str(emulator.ca_path)
        environment = {"REQUESTS_CA_BUNDLE": authority, "AZURE_MANAGEMENT_CA_FILE": authority}
        with (
            mock.patch.object(sys, "argv", arguments),
            mock.patch.dict(os.environ, environment),
            contextlib.suppress(SystemExit),
        ):
            runpy.run_path(str(path), run_name="__main__")
    lines = (line.lstrip(".") for line in capsys.readouterr().out.splitlines())
    return [line for line in lines if line]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_it_does_what_it_did(script, tmp_path, impatient, capsys):
    """The old SDK runs the old program, asyncsm the converted one, each on an emulator."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of an SDK of 2015
        before = run(script, capsys)
    converted = tmp_path / script.name
    migration = migrate(script.read_text(encoding="utf-8"))
    converted.write_text(migration.code, encoding="utf-8")
    assert len(before) >= 5
    assert run(converted, capsys) == before
    assert "azure" not in migration.code.replace(".core.windows.net", "").replace("azurewebsites", "")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_converted_script_stays_as_it_is(script):
    """What has nothing of the old SDK any more is not touched."""
    once = migrate(script.read_text(encoding="utf-8")).code
    again = migrate(once)
    assert (again.code, again.notes) == (once, ())
