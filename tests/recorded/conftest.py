"""Tests here ask for `recording`, or `conversation`, and are run once for every file of recorded traffic."""

import pytest
from doubles.recordings import FOLDER, recordings

AREAS = ("subscription", "affinity_groups", "management_certificates", "compute", "storage")


def pytest_generate_tests(metafunc):
    """Give `recording` the old SDK's recordings of the module's `AREAS`, and `conversation` its `RECORDINGS`."""
    if "recording" in metafunc.fixturenames:
        found = recordings(*getattr(metafunc.module, "AREAS", AREAS))
        _parametrize(metafunc, "recording", found, lambda path: f"{path.parent.name}/{path.stem}")
    if "conversation" in metafunc.fixturenames and hasattr(metafunc.module, "RECORDINGS"):
        found = metafunc.module.RECORDINGS
        _parametrize(metafunc, "conversation", found, lambda path: f"{path.parents[1].name}/{path.stem}")


def _parametrize(metafunc, name, found, id_of):
    absent = pytest.param(None, id="absent", marks=pytest.mark.skip(reason=f"no recordings in {FOLDER}"))
    metafunc.parametrize(name, [pytest.param(path, id=id_of(path)) for path in found] or [absent])
