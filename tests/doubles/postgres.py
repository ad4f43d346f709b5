"""A private PostgreSQL server for tests, where the machine has one installed."""

import os
import shutil
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


class PostgresServer:
    """A server that runs, and may be stopped and started again.

    Attributes:
        url: of its database.
    """

    def __init__(self, url, run, programs, data):
        self.url = url
        self._run, self._control, self._data = run, f"{programs}/pg_ctl", str(data)

    def start(self):
        """Start it, and wait until it answers."""
        folder = Path(self._data).parent
        # A port that is free now could be somebody else's by the time the server starts again.
        options = f"-k {folder} -c listen_addresses= -c fsync=off -c max_connections=200"
        self._run(self._control, "-D", self._data, "-o", options, "-l", f"{folder}/log", "-w", "start")

    def stop(self):
        """Cut all connections, and leave the data."""
        self._run(self._control, "-D", self._data, "-m", "immediate", "stop")


@contextmanager
def postgres() -> Iterator[PostgresServer]:
    """A server of its own with a new database; skips the test where there is none."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    # The server refuses to run as root, and long paths of sockets.
    runuser = shutil.which("runuser") or "/usr/sbin/runuser"  # which not every path has
    user = [runuser, "-u", "postgres", "--"] if os.geteuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    if user:
        shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"

    def run(*command: str) -> None:
        subprocess.run([*user, *command], check=True, capture_output=True, cwd="/tmp", timeout=120)

    try:
        run(f"{programs}/initdb", "-D", str(data), "-U", "asyncsm", "--auth=trust", "--no-sync", "-E", "UTF8")
        server = PostgresServer(f"postgresql://asyncsm@/plans?host={folder}", run, programs, data)
        server.start()
        try:
            run(f"{programs}/createdb", "-h", str(folder), "-U", "asyncsm", "plans")
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
