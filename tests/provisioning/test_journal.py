"""The journal: what it remembers of each resource, and whose it is."""

import sqlite3
import stat
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from asyncsm.provisioning import Journal, JournalError, Phase

NOW = datetime(2026, 1, 2, tzinfo=UTC)
KEY = "hosted_service/shop"


def opened(path, plan="farm", subscription="one"):
    return Journal(path, plan, subscription)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "farm.journal"


def test_what_nobody_has_heard_of(path):
    """There is nothing known of it."""
    with opened(path) as journal:
        assert journal[KEY].phase is Phase.NOTHING
        assert not journal[KEY].ours


def test_each_step_survives(path):
    """Whoever opens it next finds the last step of each resource."""
    steps = [
        (lambda journal: journal.intend(KEY, "create", NOW), Phase.INTENDED),
        (lambda journal: journal.accept(KEY, "token"), Phase.ACCEPTED),
        (lambda journal: journal.fail(KEY, "broken"), Phase.FAILED),
        (lambda journal: journal.intend(KEY, "create", NOW), Phase.INTENDED),
        (lambda journal: journal.done(KEY), Phase.DONE),
    ]
    for step, phase in steps:
        with opened(path) as journal:
            journal.begin("apply", "digest")
            step(journal)
        with opened(path) as journal:
            assert journal[KEY].phase is phase
            assert journal[KEY].ours
    with opened(path) as journal:
        assert journal.unfinished == []
        journal.forget(KEY)
    with opened(path) as journal:
        assert dict(journal) == {}


def test_a_refusal_leaves_everything_as_it_was(path):
    """With the reason."""
    with opened(path) as journal:
        before = journal[KEY]
        journal.intend(KEY, "create", NOW)
        assert journal.unfinished == [KEY]
        journal.refuse(KEY, "taken", before=before)
        assert journal.unfinished == []
        assert (journal[KEY].ours, journal[KEY].error) == (False, "taken")


def test_a_history_is_kept(path):
    """Of each run, in order."""
    with opened(path) as journal:
        journal.begin("apply", "one")
        journal.intend(KEY, "create", NOW)
        journal.done(KEY)
        journal.begin("destroy", "two")
        journal.intend(KEY, "remove", NOW)
        journal.end()
        assert [document["phase"] for _, _, document in journal.history()] == ["intended"]
        assert [document["phase"] for _, _, document in journal.history(1)] == ["intended", "done"]


def test_one_run_at_a_time(path):
    """Another process is told who is in the way; when that dies, the journal is free."""
    code = (
        "import sys, time, pathlib; from asyncsm.provisioning import Journal;"
        f"j = Journal(pathlib.Path({str(path)!r}), 'farm', 'one'); print('open', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"open\n"
        with pytest.raises(JournalError, match="another run has this journal open"):
            opened(path)
        holder.kill()
        holder.wait()
    opened(path).close()


@pytest.mark.parametrize(
    ("plan", "subscription", "said"),
    [
        ("other", "one", "the journal of the plan 'farm', not of 'other'"),
        ("farm", "two", "the journal of the subscription one, not of two"),
    ],
)
def test_it_belongs_to_a_plan_and_a_subscription(path, plan, subscription, said):
    """A mix-up would remove what another plan has made."""
    opened(path).close()
    with pytest.raises(JournalError, match=said):
        opened(path, plan, subscription)


def test_what_is_no_journal_is_left_alone(tmp_path):
    """Another file, another database, a folder."""
    text = tmp_path / "text"
    text.write_text("nothing of the kind " * 100)
    database = tmp_path / "database"
    other = sqlite3.connect(database)
    other.execute("CREATE TABLE mine (x)")
    other.commit()
    other.close()
    (tmp_path / "folder").mkdir()
    for path in (text, database, tmp_path / "folder"):
        with pytest.raises(JournalError, match="journal"):
            opened(path)
    assert text.read_text().startswith("nothing of the kind")


def test_in_memory():
    """Without a file it works, and survives nothing."""
    with opened(None) as journal:
        journal.intend(KEY, "create", NOW)
        assert journal.unfinished == [KEY]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such file modes")
def test_nobody_else_reads_it(path):
    """It has errors of the service and tokens of operations; the files beside it are as private."""
    with opened(path) as journal:
        journal.intend(KEY, "create", NOW)
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    assert {"farm.journal", "farm.journal.lock", "farm.journal-wal"} <= modes.keys()
    assert set(modes.values()) == {0o600}
