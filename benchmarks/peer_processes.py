"""Servers in processes of their own: the emulator's command, moto's server, and the floor beneath both.

A process is ready when it has written the line that says so; what it writes goes to a file.
"""

from __future__ import annotations

import os
import re
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

PATIENCE: Final = 300.0
LOCALHOST: Final = "127.0.0.1"

FLOOR: Final = """
import asyncio, ssl, sys
import aiohttp.web, cryptography.x509, pydantic
from cryptography.hazmat.primitives.asymmetric import ec

class Model(pydantic.BaseModel):
    name: str

async def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*sys.argv[1:])
    async def answer(request):
        return aiohttp.web.Response(text=Model(name="floor").model_dump_json())
    runner = aiohttp.web.ServerRunner(aiohttp.web.Server(answer))
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    print(f"Ready at https://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@dataclass(frozen=True)
class Process:
    """A server that is ready.

    Attributes:
        pid: of its process.
        line: the line by which it said so.
        seconds: how long that took, from before the process began.
    """

    pid: int
    line: str
    seconds: float

    @property
    def url(self) -> str:
        """Where it listens, if its line says so."""
        found = re.search(r"https?://[\w.:]+", self.line)
        if found is None:
            raise RuntimeError(f"there is no URL in {self.line!r}")
        return found[0]

    def cpu(self) -> float | None:
        """Seconds of CPU it has had; ``None`` where the system does not tell."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        except OSError:
            return None
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class ServerFiles:
    """Certificate and key of a TLS server on this computer; clients trust the certificate itself."""

    certificate_path: Path
    key_path: Path

    @classmethod
    def write(cls, directory: Path) -> ServerFiles:
        """Make them, with a key of the kind the emulator has: EC P-256."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, LOCALHOST)])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOCALHOST))]), critical=False
            )
            .sign(key, SHA256())
        )
        made = cls(directory / "peer.pem", directory / "peer.key")
        made.certificate_path.write_bytes(certificate.public_bytes(Encoding.PEM))
        made.key_path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return made

    def client_context(self) -> ssl.SSLContext:
        """What clients connect with."""
        return ssl.create_default_context(cafile=self.certificate_path)


@contextmanager
def running(
    command: Sequence[str], ready: str, log: Path, cores: set[int] | None = None
) -> Iterator[Process]:
    """Run a server for the block.

    Args:
        command: its program and arguments.
        ready: what is in the line that says that it is ready.
        log: where its output goes.
        cores: those it may use, if not all.
    """
    with log.open("wb") as output:
        began = time.perf_counter()
        with on_cores(cores):
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            line = _ready_line(process, ready, log)
            yield Process(process.pid, line, time.perf_counter() - began)
        finally:
            process.terminate()
            process.wait()


def _ready_line(process: subprocess.Popen[bytes], ready: str, log: Path) -> str:
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        written = log.read_text(encoding="utf-8", errors="replace")
        for line in written.splitlines(keepends=True):
            if ready in line and line.endswith("\n"):
                return line
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} has ended: {written}")
        time.sleep(0.001)
    raise RuntimeError(f"{process.args!r} is not ready after {PATIENCE:.0f} s")


@contextmanager
def on_cores(cores: set[int] | None) -> Iterator[None]:
    """Have this process, and those it starts, on `cores` only; ``None`` changes nothing."""
    if cores is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def two_cores() -> tuple[set[int], set[int]] | None:
    """A core for the server and another for its clients; ``None`` where there are no two, or no choice."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    first, *others = sorted(os.sched_getaffinity(0))
    return ({first}, {others[0]}) if others else None


# ---------------------------------------------------------------- what is run


def emulator_command(seed_file: Path | None = None) -> list[str]:
    """``asyncsm emulator start``, which writes a line of JSON when it is ready."""
    command = [sys.executable, "-m", "asyncsm", "emulator", "start", "--port", "0", "--json"]
    if seed_file is not None:
        command += ["--seed-file", str(seed_file)]
    return command


EMULATOR_READY: Final = '"url"'


def floor_command(files: ServerFiles) -> list[str]:
    """A server on the emulator's libraries that knows nothing."""
    return [sys.executable, "-c", FLOOR, str(files.certificate_path), str(files.key_path)]


FLOOR_READY: Final = "Ready at"


def moto_program(directory: Path) -> str | None:
    """Where ``moto_server`` is, beside this Python or on the path; ``None`` if there is none that starts."""
    beside = shutil.which("moto_server", path=str(Path(sys.executable).parent))
    program = beside or shutil.which("moto_server")
    if program is None:
        return None
    try:
        with running(moto_command(program, None), MOTO_READY, directory / "moto.log"):
            return program
    except RuntimeError as error:
        print(f"\n{error}")
        return None


def moto_command(program: str, files: ServerFiles | None) -> list[str]:
    """Moto's server; without `files`, it speaks plain HTTP."""
    command = [program, "-H", LOCALHOST, "-p", "0"]
    if files is not None:
        command += ["-c", str(files.certificate_path), "-k", str(files.key_path)]
    return command


MOTO_READY: Final = "Running on"
