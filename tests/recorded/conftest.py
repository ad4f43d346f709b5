"""Tests here ask for `recording` and are run once for every file of recorded traffic."""

import pytest
from doubles.recordings import FOLDER, recordings

AREAS = ("subscription", "affinity_groups", "management_certificates", "compute", "storage")


def pytest_generate_tests(metafunc):
    if "recording" not in metafunc.fixturenames:
        return
    areas = getattr(metafunc.module, "AREAS", AREAS)
    found = [pytest.param(path, id=f"{path.parent.name}/{path.stem}") for path in recordings(*areas)]
    absent = pytest.param(None, id="absent", marks=pytest.mark.skip(reason=f"no recordings in {FOLDER}"))
    metafunc.parametrize("recording", found or [absent])
