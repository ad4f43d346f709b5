"""A private PostgreSQL server for tests, where the machine has one installed."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def _programs() -> Path | None:
    """Where the server's programs are: Debian does not have them in the path."""
    found = shutil.which("initdb")
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return Path(found).resolve().parent if found else installed[-1].parent if installed else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of a new database in a server of its own; skips the test where there is none."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    # The server refuses to run as root, and long paths of sockets.
    runuser = shutil.which("runuser") or "/usr/sbin/runuser"  # which not every path has
    user = [runuser, "-u", "postgres", "--"] if os.geteuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    if user:
        shutil.chown(folder, "postgres", "postgres")
    data, port = folder / "data", _free_port()

    def run(*command: str) -> None:
        subprocess.run([*user, *command], check=True, capture_output=True, cwd="/tmp", timeout=120)

    try:
        run(f"{programs}/initdb", "-D", str(data), "-U", "asyncsm", "--auth=trust", "--no-sync", "-E", "UTF8")
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200"
        run(f"{programs}/pg_ctl", "-D", str(data), "-o", options, "-l", f"{folder}/log", "-w", "start")
        try:
            run(f"{programs}/createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "asyncsm", "plans")
            yield f"postgresql://asyncsm@127.0.0.1:{port}/plans"
        finally:
            run(f"{programs}/pg_ctl", "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
