"""`asyncsm migrate`: shows a difference, writes a file, says what has to be looked at."""

import errno
import os
import sys

import pytest

from asyncsm.cli import main

OLD = """\
from azure.servicemanagement import ServiceManagementService

sms = ServiceManagementService()
print(sms.list_locations()[0].name)
print(sorted([], key=lambda one: sms.get_disk(one).name))
"""
NOTE = "5: a lambda cannot await: make it a function\n"


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(OLD, encoding="utf-8")
    return path


def test_it_shows_the_difference(script, capsys):
    """The file stays; what is left to do is on stderr."""
    assert main(["migrate", str(script)]) == 0
    told = capsys.readouterr()
    assert f"--- {script} (old)\n+++ {script} (new)\n" in told.out
    assert "-print(sms.list_locations()[0].name)\n" in told.out
    assert "+        print((await sms.list_locations())[0].name)\n" in told.out
    assert told.err == f"{script}:{NOTE}"
    assert script.read_text(encoding="utf-8") == OLD


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_it_replaces_the_file(script, ends, capsys):
    """Its line ends and its encoding stay what they were; a second time changes nothing."""
    old = "# -*- coding: latin-1 -*-\n# Größe\n" + OLD
    script.write_bytes(old.replace("\n", ends).encode("latin-1"))
    assert main(["migrate", str(script), "--write"]) == 0
    first = script.read_bytes()
    assert "# Größe".encode("latin-1") in first
    assert first.count(b"\r\n") == (first.count(b"\n") if ends == "\r\n" else 0)
    assert b"asyncio.run(main())" in first
    capsys.readouterr()
    assert main(["migrate", str(script), "--write"]) == 0
    assert capsys.readouterr().err == f"{script}: does not use azure.servicemanagement\n"
    assert script.read_bytes() == first


def test_it_writes_another_file(script, tmp_path):
    """The old one stays."""
    target = tmp_path / "new.py"
    assert main(["migrate", str(script), "--output", str(target)]) == 0
    assert "async def main():" in target.read_text(encoding="utf-8")
    assert script.read_text(encoding="utf-8") == OLD


def test_what_cannot_be_done(script, capsys):
    """Two targets, no file, and no LibCST: a line each."""
    assert main(["migrate", str(script), "--write", "--output", "x"]) == 2
    assert "not both" in capsys.readouterr().err
    assert main(["migrate", "nothing.py"]) != 0
    assert "nothing.py" in capsys.readouterr().err


def test_without_the_extra(script, monkeypatch, capsys):
    """One line says how to get it."""
    for name in [
        each for each in sys.modules if each.partition(".")[0] == "libcst" or "asyncsm.migrating" in each
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "libcst", None)
    assert main(["migrate", str(script)]) == 1
    assert capsys.readouterr().err == "asyncsm: this needs libcst: pip install 'asyncsm[migrate]'\n"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\x80\x81", "is not in the encoding that it says"),
        (b"# -*- coding: ascii -*-\n# \xc3\xb6\n", "is not in the encoding that it says"),
        (b"# -*- coding: nonsense -*-\n", "is not in the encoding that it says"),
        ("x = 1\n".encode("utf-16"), "is not in the encoding that it says"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_a_file_that_is_no_script(script, content, told, capsys):
    """The reason is a line, and a file that is there stays."""
    script.unlink() if content is None else script.write_bytes(content)
    assert main(["migrate", str(script), "--write"]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert len(said.splitlines()) == 1
    assert content is None or script.read_bytes() == content


def test_a_folder_is_no_script(tmp_path, capsys):
    """Nor can a script be written over one."""
    assert main(["migrate", str(tmp_path)]) == 2
    assert "cannot be read: Is a directory" in capsys.readouterr().err


def test_a_script_keeps_its_mode_and_is_never_half_written(script, monkeypatch, capsys):
    """A program that can be run still can; where the disk is full, the old one is there."""
    script.chmod(0o750)
    assert main(["migrate", str(script), "--write"]) == 0
    assert script.stat().st_mode & 0o777 == 0o750
    script.write_text(OLD, encoding="utf-8")
    monkeypatch.setattr("pathlib.Path.replace", full)
    assert main(["migrate", str(script), "--write"]) == 2
    assert "cannot be written: No space left on device" in capsys.readouterr().err
    assert script.read_text(encoding="utf-8") == OLD
    assert [each.name for each in script.parent.iterdir()] == ["script.py"]


def full(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
