"""The fidelity report: what it counts, what it says of a difference, and what it does without recordings."""

import json

import fidelity
import pytest
from doubles.exceptions import (
    INSTANCES_ORDER,
    NOT_THE_SERVICES_SHAPE,
    ON_PURPOSE,
    OTHERS_ENTRIES,
    OUT_OF_ORDER,
    SELECTIONS,
)
from doubles.recordings import FOLDER, recorded

from asyncsm.emulator.routing import Router

CAPABILITY = "AffinityGroup/Capabilities/Capability"
GROUP = "affinity_groups/get_affinity_group_properties"


@pytest.fixture
def some(tmp_path, monkeypatch):
    """Puts recordings into a folder of their own, doctored if need be, where the report looks for them."""

    def put(name, old="", new=""):
        source = FOLDER / f"{name}.json"
        if not source.exists():
            pytest.skip(f"no recordings in {FOLDER}")
        target = tmp_path / f"{name}.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        text = source.read_text(encoding="utf-8")
        assert old in text
        target.write_text(text.replace(old, new) if old else text, encoding="utf-8")
        return target

    monkeypatch.setattr(fidelity, "CORPORA", (tmp_path,))
    return put


def counts(report):
    return {
        row.operation: (row.matched, row.on_purpose, row.differing, row.not_emulated) for row in report.rows
    }


async def test_exchanges_are_counted_by_operation(some):
    """Each exchange of a recording counts once, for the operation that it was."""
    report = await fidelity.measure([some(GROUP)])
    assert counts(report) == {
        "CreateAffinityGroup": (1, 0, 0, 0),
        "CreateHostedService": (1, 0, 0, 0),
        "CreateStorageService": (1, 0, 0, 0),
        "GetAffinityGroup": (1, 0, 0, 0),
    }
    assert report.total.exchanges == sum(row.exchanges for row in report.rows)


async def test_what_differs_on_purpose_has_its_reason(some):
    """A list of the recorded subscription had more in it, which is no difference but is said."""
    report = await fidelity.measure([some("affinity_groups/list_affinity_groups")])
    (row,) = (row for row in report.rows if row.operation == "ListAffinityGroups")
    assert (row.on_purpose, row.differing, row.reasons[OTHERS_ENTRIES]) == (1, 0, 1)


async def test_what_the_emulator_lacks_is_not_emulated(some, monkeypatch):
    """Operations without a route have one row for their family, and so have questions how they went."""
    monkeypatch.setattr(fidelity, "ROUTER", Router([]))
    report = await fidelity.measure([some(GROUP)])
    assert counts(report) == {"all of affinity_groups": (0, 0, 0, 4)}


@pytest.mark.parametrize(
    ("old", "new", "place", "recorded", "emulated"),
    [
        ("<HostedServices/>", "", "AffinityGroup/HostedServices", "(missing)", "(empty)"),
        ("<HostedServices/>", "<Else>x</Else>", "AffinityGroup/Else", "x", "(missing)"),
        ("<Capability>HighMemory<", "<Capability>LowMemory<", CAPABILITY, "LowMemory", "HighMemory"),
        ("<CreatedTime>2015-06-30T23:59:00Z", "<CreatedTime>now", "AffinityGroup/CreatedTime", "now", None),
        ('"status": 200', '"status": 404', "status", "404", "200"),
        ('"content-type": "application/xml', '"content-type": "text/xml', "header content-type", None, None),
        ('"x-ms-servedbyregion"', '"x-ms-else"', "header x-ms-else", "ussouth3", "(missing)"),
    ],
)
async def test_a_doctored_recording_is_found_out(some, old, new, place, recorded, emulated):
    """An answer that was otherwise is reported with the first place where it was."""
    report = await fidelity.measure([some("affinity_groups/create_affinity_group", old, new)])
    (row,) = (row for row in report.rows if row.operation == "GetAffinityGroup")
    assert (row.matched, row.on_purpose, row.differing) == (0, 0, 1)
    found = row.first_difference
    assert (found.recording, found.seq, found.where) == ("affinity_groups/create_affinity_group", 2, place)
    assert recorded in {found.recorded, None}
    assert emulated in {found.emulated, None}


async def test_a_value_stands_for_one_other_value(some):
    """A made-up id may be another one, but the same wherever the recorded one was, and there only."""
    name = "storage/create_storage_account"
    path = some(name)
    operation = next(
        said for said in json.loads(path.read_text())["exchanges"] if "<ID>" in (said["response_body"] or "")
    )
    identity = operation["response_body"].partition("<ID>")[2].partition("<")[0]
    report = await fidelity.measure([some(name, identity, f"{identity[:-1]}{int(identity[-1], 16) ^ 1:x}")])
    (row,) = (row for row in report.rows if row.operation == "GetOperationStatus")
    assert row.differing
    assert row.first_difference.where == "Operation/ID"


def test_the_command_says_by_its_exit_code_whether_something_differs(some, tmp_path, capsys):
    """Zero if every difference has a reason, one otherwise; people read a table, machines JSON."""
    some("affinity_groups/list_affinity_groups")
    assert fidelity.main([]) == 0
    assert "ListAffinityGroups" in capsys.readouterr().out
    some("affinity_groups/create_affinity_group", "<HostedServices/>", "")
    assert fidelity.main(["--json", str(tmp_path / "report.json")]) == 1
    assert "AffinityGroup/HostedServices: (missing) / (empty)" in capsys.readouterr().out
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["recordings"] == 2
    assert report["total"]["differing"] == 1
    (row,) = (row for row in report["operations"] if row["differences"])
    assert row["differences"][0]["where"] == "AffinityGroup/HostedServices"


def test_without_recordings_it_says_so(tmp_path, monkeypatch, capsys):
    """Recordings are not in the checkout: without them nothing is measured, and nothing is wrong."""
    monkeypatch.setattr(fidelity, "CORPORA", (tmp_path,))
    assert fidelity.main([]) == 0
    assert "skipped: recordings not found" in capsys.readouterr().out


@pytest.mark.timeout(400)  # a thousand recordings
async def test_the_emulator_is_true_to_all_recordings():
    """All answers match or differ on purpose, by reasons that are all needed."""
    found = recorded(folders=fidelity.CORPORA)
    if not all(folder.is_dir() for folder in fidelity.CORPORA):
        pytest.skip(f"no recordings in {FOLDER}")
    everything = await fidelity.measure(found)
    rows = everything.rows
    assert [each for row in rows for each in row.differences] == []
    known = {*NOT_THE_SERVICES_SHAPE.values(), *SELECTIONS.values(), *ON_PURPOSE.values()}
    known |= {INSTANCES_ORDER, OTHERS_ENTRIES, OUT_OF_ORDER}
    assert {reason for row in rows for reason in row.reasons} == known
