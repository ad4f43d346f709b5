"""The journal: what it remembers of each resource, and whose it is."""

import asyncio
import contextlib
import itertools
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from asyncsm.provisioning import Journal, JournalError, journal as journal_module
from asyncsm.provisioning.record import Record

NOW = datetime(2026, 1, 2, tzinfo=UTC)
KEY = "hosted_service/shop"
CREATED = Record().intended("create", NOW)


def opened(path, plan="farm", *subscriptions):
    return Journal(path, plan, subscriptions or ("one",))


async def write(path, records, subscription="one"):
    """Write records into the journal, and close it."""
    with opened(path, "farm", subscription) as journal:
        for key, record in records.items():
            await journal.records(subscription).put(key, record)


def read(path, subscription="one"):
    with opened(path, "farm", subscription) as journal:
        return dict(journal.records(subscription))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "farm.journal"


def test_what_nobody_has_heard_of(path):
    """There is nothing known of it."""
    with opened(path) as journal:
        assert journal.records("one")[KEY] == Record()


async def test_each_record_survives(path):
    """Whoever opens it next finds the last record of each resource, and nothing of what was forgotten."""
    for record in (CREATED, CREATED.accepted("token"), CREATED.failed("broken"), CREATED.finished()):
        await write(path, {KEY: record})
        assert read(path) == {KEY: record}
    await write(path, {KEY: Record()})
    assert read(path) == {}


async def test_subscriptions_are_apart(path):
    """A plan in several has a resource of the same key in each, and one that is left out is not forgotten."""
    with opened(path, "farm", "one", "Two") as journal:
        await journal.records("one").put(KEY, CREATED)
        await journal.records("two").put(KEY, CREATED.finished())
    assert read(path, "TWO") == {KEY: CREATED.finished()}
    with opened(path, "farm", "one") as journal:
        assert journal.subscriptions == ["one", "two"]


async def test_what_waits_is_written_together(path, monkeypatch):
    """While one batch is on its way to the disk, the next gathers; a cancelled wait takes nothing back."""
    batches = []
    write_ = Journal._write

    def counted(self, entries):
        batches.append(len(entries))
        write_(self, entries)

    monkeypatch.setattr(Journal, "_write", counted)
    keys = [f"{KEY}-{number}" for number in range(100)]
    with opened(path) as journal:
        records = journal.records("one")
        tasks = [asyncio.create_task(records.put(key, CREATED)) for key in keys]
        await asyncio.sleep(0)
        tasks[-1].cancel()
        await asyncio.wait(tasks)
        await journal.drain()
    assert len(batches) <= 2
    assert set(read(path)) == set(keys)


def test_one_run_at_a_time(path):
    """Another process is told who is in the way; when that dies, the journal is free."""
    code = (
        "import sys, time, pathlib; from asyncsm.provisioning import Journal;"
        f"j = Journal(pathlib.Path({str(path)!r}), 'farm', ['one']); print('open', flush=True); time.sleep(60)"
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
            "later version of asyncsm .*hosted_service/shop: it has owner.*use that",
        ),
    ],
)
async def test_an_entry_that_nobody_has_written(path, document, said):
    """It is told, with the file and what to do; nothing is guessed."""
    await write(path, {KEY: CREATED})
    spoilt(path, "UPDATE resource SET document = ?", document)
    with pytest.raises(JournalError, match=said) as told:
        opened(path)
    assert str(path) in str(told.value)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM plan", "damaged: it is of 0 plans"),
        ("INSERT INTO plan VALUES ('a', 'b')", "damaged: it is of 2 plans"),
        ("DROP TABLE resource", "damaged: no such table"),
        ("PRAGMA user_version = 4", "later version of asyncsm .its version is 4"),
        ("UPDATE resource SET document = CAST(x'ff' AS TEXT)", "damaged"),
    ],
)
async def test_tables_that_nobody_has_made(path, statement, said):
    """Rows that are gone, or too many, are no reason for a traceback."""
    await write(path, {KEY: CREATED})
    spoilt(path, statement)
    with pytest.raises(JournalError, match=said):
        opened(path)


async def test_a_flipped_bit_is_harmless_or_told(path):
    """Wherever it is in the file."""
    await write(path, {f"{KEY}-{number}": CREATED.finished() for number in range(200)})
    whole = path.read_bytes()
    errors = []
    for place in range(0, len(whole), 331):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :])
        try:
            await write(path, {KEY: CREATED})
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
async def test_a_journal_that_cannot_be_written(path, pragma, reason):
    """A full disk, or a file that may only be read: the reason, and that a later run goes on."""
    with opened(path) as journal:
        journal._database.execute(f"PRAGMA {pragma}")

        async def fill():
            for number in range(100):
                await journal.records("one").put(f"{KEY}-{number}", CREATED)

        with pytest.raises(JournalError, match=f"cannot be opened or written: {reason}.*run again"):
            await fill()


@pytest.mark.skipif(sys.platform == "win32", reason="what is open cannot be removed")
@pytest.mark.parametrize("gone", ["file", "folder", "replaced"])
async def test_a_journal_that_vanishes_under_a_run(tmp_path, gone):
    """The system would go on writing it, where nobody finds it again; so nothing more is sent."""
    path = tmp_path / "plans" / "farm.journal"
    with opened(path) as journal:
        records = journal.records("one")
        await records.put(KEY, CREATED)
        if gone == "folder":
            shutil.rmtree(path.parent)
        else:
            path.unlink()
        if gone == "replaced":
            path.write_bytes(b"")
        with pytest.raises(JournalError, match=r"removed or replaced under the run.*nothing more is sent"):
            await records.put(KEY, CREATED.finished())


def test_a_journal_that_could_not_be_made_is_made_later(path, monkeypatch):
    """Wherever the disk was full: what is left of it is an empty file, and no damage."""
    connected = journal_module._connect
    ended = 0
    for steps in itertools.count():
        with monkeypatch.context() as patched:
            patched.setattr(
                journal_module, "_connect", lambda path, steps=steps: ending(connected(path), steps)
            )
            with contextlib.suppress(JournalError):
                opened(path).close()
                break
        ended += 1
        opened(path).close()
        path.unlink()
    assert ended > 10


def ending(database, steps):
    """Refuse whatever comes after so many steps of statements."""
    left = iter(range(steps))
    database.set_authorizer(
        lambda *_: sqlite3.SQLITE_OK if next(left, None) is not None else sqlite3.SQLITE_DENY
    )
    return database


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


EARLIER = """
CREATE TABLE plan (name TEXT NOT NULL, subscription_id TEXT NOT NULL, created TEXT NOT NULL) STRICT;
CREATE TABLE resource (key TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE run (
    id INTEGER PRIMARY KEY, verb TEXT NOT NULL, plan_digest TEXT NOT NULL, started TEXT NOT NULL, ended TEXT
) STRICT;
CREATE TABLE note (
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL, at TEXT NOT NULL, key TEXT NOT NULL, document TEXT NOT NULL
) STRICT;
INSERT INTO plan VALUES ('farm', 'ONE', '2026-01-02T00:00:00+00:00');
INSERT INTO resource VALUES (
    'hosted_service/shop',
    '{"phase": "intended", "action": "create", "ours": true, "since": "2026-01-02T00:00:00+00:00"}'
);
PRAGMA application_id = 0x41534D4A;
"""


@pytest.mark.parametrize("version", [1, 2])
async def test_a_journal_of_an_earlier_version_is_read(path, version):
    """Such a journal is of one subscription; nothing of it is lost, and another plan's is left as it is."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.executescript(f"{EARLIER} PRAGMA user_version = {version};")
    before = path.read_bytes()
    with pytest.raises(JournalError, match="the journal of the plan 'farm', not of 'other'"):
        opened(path, "other")
    assert path.read_bytes()[200:] == before[200:]
    assert read(path) == {KEY: CREATED}
    await write(path, {KEY: CREATED.intended("remove", NOW, {"os": "disk"}).removed(disks=False)})
    assert read(path)[KEY].disks == {"os": "disk"}
    with pytest.raises(JournalError, match="the journal of the subscription one, not of two"):
        opened(path, "farm", "two")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such file modes")
async def test_nobody_else_reads_it(path):
    """It has errors of the service and tokens of operations; the files beside it are as private."""
    with opened(path) as journal:
        await journal.records("one").put(KEY, CREATED)
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    assert {"farm.journal", "farm.journal.lock", "farm.journal-wal"} <= modes.keys()
    assert set(modes.values()) == {0o600}
