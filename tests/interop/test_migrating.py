"""What docs/migrating.md shows as code before the move is what the old SDK takes, unchanged."""

import os
import re
import textwrap
import time
from functools import partial
from pathlib import Path
from unittest import mock

import pytest
from azure import servicemanagement
from doubles.emulator_thread import emulator_in_thread
from parity.freeze import SERVICES

PAGE = Path(__file__).parents[2] / "docs/migrating.md"
JOB = {
    "action": {"type": "http", "request": {"uri": "http://127.0.0.1:8000/report", "method": "GET"}},
    "recurrence": {"frequency": "day", "interval": 1},
}

pytestmark = [
    pytest.mark.skipif(not PAGE.exists(), reason="an installed package has no docs beside it"),
    pytest.mark.filterwarnings(
        "ignore:.*:DeprecationWarning", "ignore:.*:SyntaxWarning", "ignore:unclosed:ResourceWarning"
    ),
]


def before():
    """The blocks of old code, by the service each begins with."""
    text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    blocks = [textwrap.dedent(each) for each in re.findall(r"Before:\n\n((?:    .*\n|\n)+)", text)]
    return {re.search(r"= (\w+Service)\(", each)[1]: each for each in blocks}


def test_every_class_has_its_code():
    """Nobody is left to guess how a service is moved."""
    assert before().keys() == set(SERVICES)


@pytest.mark.parametrize("name", SERVICES)
def test_code_before_the_move(name, monkeypatch):
    """It runs to its end, names and arguments and all."""
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda _: sleep(0.02))
    with (
        emulator_in_thread(clock=3600) as emulator,
        mock.patch.dict(os.environ, {"REQUESTS_CA_BUNDLE": str(emulator.ca_path)}),
    ):
        service = partial(getattr(servicemanagement, name), host=f"127.0.0.1:{emulator.port}")
        subscription_id, certificate = emulator.subscription_id, str(emulator.certificate_path)
        given = {"subscription_id": subscription_id, "certificate": certificate, "job": JOB, "time": time}
        exec(before()[name], given | {name: service})
