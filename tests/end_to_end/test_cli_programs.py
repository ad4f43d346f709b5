"""The command line as programs: processes, signals and pipes."""

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from asyncsm.cli import main

ASM = [sys.executable, "-c", "import sys; from asyncsm.cli import main; sys.exit(main())"]

posix_only = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")


@pytest.fixture(autouse=True)
def interruptible():
    """Ctrl-C reaches programs: they would inherit that it is ignored from tests that run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@contextmanager
def program(*argv, **options):
    """A command as a process of its own, which is gone afterwards."""
    with subprocess.Popen(
        [*ASM, *map(str, argv)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    ) as process:
        try:
            yield process
        finally:
            process.terminate()  # an emulator removes its directory then


@contextmanager
def emulator(*argv):
    """An emulator as a process, with what it said of itself."""
    with program("emulator", "start", "--port", "0", "--json", *argv) as process:
        yield process, json.loads(process.stdout.readline())


def environment(facts):
    return os.environ | {
        "AZURE_MANAGEMENT_SUBSCRIPTIONID": facts["subscription_id"],
        "AZURE_MANAGEMENT_CERTFILE": facts["certificate_path"],
        "AZURE_MANAGEMENT_HOST": facts["url"],
        "AZURE_MANAGEMENT_CA_FILE": facts["ca_path"],
    }


@posix_only
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_emulator_serves_until_it_is_told_to_stop(number, tmp_path):
    """`emulator start --json` prints one line, serves other programs, and stops cleanly on a signal."""
    with emulator("--directory", tmp_path, "--subscriptions", "2") as (process, facts):
        asked = subprocess.run(
            [*ASM, "location", "list", "-o", "json"],
            env=environment(facts),
            capture_output=True,
            text=True,
            check=False,
        )
        process.send_signal(number)
        out, err = process.communicate(timeout=20)

    assert (asked.returncode, asked.stderr) == (0, "")
    assert "West US" in {each["name"] for each in json.loads(asked.stdout)}
    assert len(facts["subscription_ids"]) == 2
    assert facts["pid"] == process.pid
    assert (process.returncode, out, err) == (0, "", "emulator stopped\n")


@posix_only
def test_the_emulator_tells_people_what_to_export():
    """Without `--json` it prints lines that can be copied into a shell."""
    with program("emulator", "start", "--port", "0") as process:
        lines = [process.stdout.readline() for _ in range(6)]
        process.terminate()
        process.communicate(timeout=20)

    exported = [line.split("=")[0] for line in lines if line.startswith("export ")]
    assert exported == [
        f"export AZURE_MANAGEMENT_{name}" for name in ("SUBSCRIPTIONID", "CERTFILE", "HOST", "CA_FILE")
    ]


@posix_only
def test_ctrl_c_ends_a_wait_without_a_traceback():
    """An interrupted wait exits with 130, and tells how to wait on; the operation goes on."""
    with emulator("--clock", "0.001") as (_, facts):
        subprocess.run(
            [*ASM, "service", "create", "slow", "--location", "West US"],
            env=environment(facts),
            check=True,
            capture_output=True,
        )
        with program("service", "delete", "slow", "--complete", "--yes", env=environment(facts)) as waiting:
            accepted = waiting.stderr.readline()
            waiting.send_signal(signal.SIGINT)
            out, err = waiting.communicate(timeout=20)

    request_id = re.search(r"request (\w+) accepted, waiting for it to end", accepted)[1]
    told, interrupted = err.splitlines()
    assert told.endswith(f"what was started goes on: asyncsm operation wait {request_id}")
    assert (waiting.returncode, out, interrupted) == (130, "", "asyncsm: interrupted")


@posix_only
def test_a_reader_that_has_seen_enough_is_no_error_to_tell_of(tmp_path):
    """Output into a pipe nobody reads any more, as with `| head`, ends quietly."""
    with program("certificate", "create", "x", "--directory", tmp_path) as process:
        process.stdout.close()
        process.wait(timeout=30)
        err = process.stderr.read()

    assert "Traceback" not in err
    assert "BrokenPipe" not in err


@posix_only
def test_closed_streams_are_nowhere_to_write_to(tmp_path):
    """Under a program that has closed all three a command does its work, and ends as otherwise."""
    plan = tmp_path / "one.yaml"
    plan.write_text("{name: one, location: West US, hosted_services: [{name: one}]}")
    closed = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *ASM]
    assert subprocess.run([*closed, "plan", "show", plan], check=False, timeout=60).returncode == 0
    assert subprocess.run([*closed, "plan", "show", tmp_path], check=False, timeout=60).returncode == 2


def test_a_missing_extra_is_named(monkeypatch, capsys):
    """Without what `asyncsm[cli]` installs, one line says how to get it."""
    monkeypatch.setitem(sys.modules, "typer", None)
    for name in [each for each in sys.modules if each.startswith("asyncsm.cli.")]:
        monkeypatch.delitem(sys.modules, name)

    assert main(["--version"]) == 1
    assert capsys.readouterr().err == "asyncsm: this needs typer: pip install 'asyncsm[cli]'\n"


def test_shells_get_their_completion():
    """Completion scripts can be had, and complete the names of commands."""
    asked = subprocess.run(
        ASM,
        env=os.environ
        | {"_ASYNCSM_COMPLETE": "complete_bash", "COMP_WORDS": "asyncsm loc", "COMP_CWORD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert asked.stdout.split() == ["location"]


def test_the_demo_ends_with_a_table_of_what_was_done(capsys):
    """Every section of the guide is done; each thing has its request id, status and seconds."""
    assert main(["demo", "--services", "2", "--clock", "2000"]) == 0

    captured = capsys.readouterr()
    table, _, totals = captured.out.partition(" operations in ")
    rows = [line.split() for line in table.splitlines()[1:-1]]
    assert {"CreateDeployment", "SwapDeployment", "CreateVirtualMachineDeployment"} <= {
        row[0] for row in rows
    }
    assert all(re.fullmatch("[0-9a-f]{32}", row[2]) for row in rows)
    assert {row[3] for row in rows} == {"OK", "Succeeded", "ReadyRole"}
    assert "emulated at 2000x real speed" in totals
    assert "x as fast as one by one" in totals
    assert "16. Delete everything" in captured.err
    assert "0 hosted services left" in captured.err
    assert captured.err.endswith("the same from Python, step by step\n")


def test_the_demo_can_end_with_json(capsys):
    """`--json` gives the same as data."""
    assert main(["demo", "--services", "1", "--clock", "2000", "--json"]) == 0

    summary = json.loads(capsys.readouterr().out)
    assert {"operation", "resource", "request_id", "status", "seconds"} == summary["done"][0].keys()
    assert summary["speed_up"] > 0


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii"])
def test_consoles_that_know_few_characters(encoding, tmp_path):
    """What cannot be shown is written in other words; nothing fails for it."""
    environment = os.environ | {
        "PYTHONIOENCODING": encoding,
        "AZURE_MANAGEMENT_CERTFILE": str(tmp_path / "none"),
    }
    done = subprocess.run([*ASM, "doctor"], env=environment, capture_output=True, check=False)
    text = done.stdout.decode(encoding)
    assert b"Traceback" not in done.stderr
    assert text.startswith("x certificate")
    assert "-> " in text
