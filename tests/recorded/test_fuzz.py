"""Damaged recordings: a seed says what is sent, and a failure of the emulator is told with what shows it again."""

from random import Random

import fuzz
import pytest
from doubles.recordings import FOLDER

from asyncsm.emulator import call

NAMES = ("reserved_ip_address", "create_get_delete_deployment", "add_role_linux", "create_vm_image")


@pytest.fixture(scope="module")
def some():
    found = [path for path in sorted((FOLDER / "compute").glob("*.json")) if path.stem.endswith(NAMES)]
    if not found:
        pytest.skip(f"no recordings in {FOLDER}")
    return found


async def test_the_emulator_is_well(some):
    """A part of what `nox -s fuzz` does; most of what is sent is carried out."""
    findings = await fuzz.fuzz(some, [1, 2])
    assert findings.failures == []
    assert min(findings.answers[status] for status in (200, 202, 400)) > 0


async def test_failures_are_told(some, monkeypatch):
    """What answers with a failure of its own is told with its recording, seed, request and error."""

    def broken(*_):
        raise RuntimeError("broken")

    monkeypatch.setattr(call, "check_contents", broken)
    findings = await fuzz.fuzz(some[:1], [7])
    assert findings.failures
    assert findings.failures[0].startswith(f"--recording compute/{some[0].stem} --seed 7: ")
    assert "500" in findings.failures[0]
    assert findings.failures[-1].endswith("RuntimeError('broken')")


@pytest.mark.parametrize(
    "body", [b"<a><b>1</b><c i='x'/></a>", b"<a/>", b'{"a": [1, {"b": null}]}', b"[]", b"PK\x03"]
)
def test_damage(body):
    """It is the same for a seed, and changes most bodies somewhere."""
    made = [[fuzz.damaged(body, Random(seed)) for seed in range(100)] for _ in range(2)]
    assert made[0] == made[1]
    assert len(set(made[0])) > 10
