"""The journal: what it remembers of each resource, and whose it is."""

import contextlib
import json
import os
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


def spoilt(path, statement, *values):
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute(statement, values)


TOKEN = '{"v": 2, "request_id": "1"}'


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("{", "damaged: the entry of hosted_service/shop"),
        ("[]", "damaged"),
        ("5", "damaged"),
        ("{}", "damaged"),
        ('{"phase": "dome"}', "damaged: .*'dome' is not a valid Phase"),
        ('{"phase": "done", "action": "crfate"}', "damaged: .*a value that cannot be"),
        ('{"phase": "done", "ours": "yes"}', "damaged"),
        ('{"phase": "done", "disks": ["web"]}', "damaged"),
        ('{"phase": "done", "disks": {"os": 5}}', "damaged: .*disks without names"),
        ('{"phase": "intended", "action": "create"}', "damaged"),
        ('{"phase": "intended", "since": "2026-01-02T00:00:00"}', "damaged: .*without a time zone"),
        ('{"phase": "accepted", "action": "create"}', "damaged: .*without a token"),
        (f'{{"phase": "accepted", "token": {json.dumps(TOKEN)}}}', "damaged: .*token"),
        (
            '{"phase": "done", "owner": "x"}',
            "later version of asyncsm .*hosted_service/shop has owner.*use that",
        ),
    ],
)
def test_an_entry_that_nobody_has_written(path, document, said):
    """It is told, with the file and what to do; nothing is guessed."""
    with opened(path) as journal:
        journal.intend(KEY, "create", NOW)
    spoilt(path, "UPDATE resource SET document = ?", document)
    with pytest.raises(JournalError, match=said) as told:
        opened(path)
    assert str(path) in str(told.value)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM plan", "damaged: it is of 0 plans"),
        ("INSERT INTO plan VALUES ('a', 'b', 'c')", "damaged: it is of 2 plans"),
        ("DROP TABLE resource", "damaged: no such table"),
        ("PRAGMA user_version = 3", "later version of asyncsm .its version is 3"),
        ("UPDATE note SET document = 'x'", ""),
        ("UPDATE resource SET document = CAST(x'ff' AS TEXT)", "damaged"),
    ],
)
def test_tables_that_nobody_has_made(path, statement, said):
    """Rows that are gone, or too many, are no reason for a traceback."""
    with opened(path) as journal:
        journal.begin("apply", "digest")
        journal.intend(KEY, "create", NOW)
    spoilt(path, statement)
    with pytest.raises(JournalError, match=said or "damaged: a note of"), opened(path) as journal:
        list(journal.history())


def test_a_flipped_bit_is_harmless_or_told(path):
    """Wherever it is in the file."""
    with opened(path) as journal:
        journal.begin("apply", "digest")
        for number in range(40):
            journal.intend(f"{KEY}-{number}", "create", NOW)
            journal.done(f"{KEY}-{number}")
    whole = path.read_bytes()
    errors = []
    for place in range(0, len(whole), 331):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :])
        try:
            with opened(path) as journal:
                journal.begin("apply", "digest")
                journal.done(KEY, ours=True)
                list(journal.history())
        except JournalError as error:
            errors.append(str(error))
        for beside in ("-wal", "-shm"):
            path.with_name(path.name + beside).unlink(missing_ok=True)
    assert len(errors) > 10
    assert all(str(path) in error for error in errors)


@pytest.mark.parametrize(
    ("pragma", "reason"),
    [("max_page_count = 1", "database or disk is full"), ("query_only = ON", "attempt to write a readonly")],
)
def test_a_journal_that_cannot_be_written(path, pragma, reason):
    """A full disk, or a file that may only be read: the reason, and that a later run goes on."""
    with opened(path) as journal:
        journal.begin("apply", "digest")
        journal._database.execute(f"PRAGMA {pragma}")

        def fill():
            for number in range(100):
                journal.intend(f"{KEY}-{number}", "create", NOW)

        with pytest.raises(JournalError, match=f"cannot be opened or written: {reason}.*run again"):
            fill()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_only_be_read(path):
    """It is told before anything is done."""
    path.parent.chmod(0o500)
    try:
        with pytest.raises(JournalError, match="cannot be opened or written: Permission denied"):
            opened(path)
    finally:
        path.parent.chmod(0o700)


def test_a_place_where_no_file_can_be(tmp_path):
    """Below a file, say."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(JournalError, match="cannot be opened or written: "):
        opened(tmp_path / "file" / "farm.journal")


def test_a_damaged_lock_is_no_other_run(path):
    """Whoever looks for another run would look for long."""
    path.with_name("farm.journal.lock").write_text("nothing of the kind " * 100)
    with pytest.raises(JournalError, match=r"farm\.journal\.lock: the journal is damaged"):
        opened(path)


def test_a_journal_of_the_first_version_is_read(path):
    """It has no disks that were kept."""
    with opened(path) as journal:
        journal.intend(KEY, "create", NOW)
    spoilt(path, "PRAGMA user_version = 1")
    with opened(path) as journal:
        assert journal[KEY].ours
        journal.intend(KEY, "remove", NOW, {"os": "disk"})
        journal.leave(KEY)
    with opened(path) as journal:
        assert journal[KEY].disks == {"os": "disk"}


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
