"""Other people's programs and libraries, installed once into the user's cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SECONDS = 240
"""How long a package registry may take."""


class Unavailable(Exception):
    """A program cannot be installed here, because of what it needs or as its registry cannot be reached."""


def node_package(package: str) -> Path:
    """Install one package for Node, as ``name@version``, and give the folder it and what it needs are in.

    Raises:
        Unavailable: there is no Node, or no registry.
    """
    return _modules(f"node-{package.replace('@', '-')}", lambda home: _npm(home, "install", package))


def node_modules(locked: Path) -> Path:
    """Install what the package-lock.json of a folder lists, and give the folder it is in.

    Raises:
        Unavailable: there is no Node, or no registry.
    """

    def install(home: Path) -> None:
        home.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(locked / name, home)
        _npm(home, "ci")

    return _modules(f"node-{_key(locked / 'package-lock.json')}", install)


def python_with(requirements: Path) -> Path:
    """Install packages into an environment of their own, and give its Python.

    Args:
        requirements: all of them, those they need included, with their versions.

    Raises:
        Unavailable: one of them cannot be had.
    """

    def install(home: Path) -> None:
        _run(sys.executable, "-m", "venv", str(home))
        quiet = ["--quiet", "--disable-pip-version-check", "--retries", "1", "--no-deps"]
        _run(str(_python(home)), "-m", "pip", "install", *quiet, "--requirement", str(requirements))

    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return _python(_installed(f"python{version}-{_key(requirements)}", install))


def _modules(name: str, install) -> Path:
    return _installed(name, install) / "node_modules"


def _npm(home: Path, *command: str) -> None:
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise Unavailable("node and npm are not installed")
    _run(npm, *command, "--prefix", str(home), "--no-audit", "--no-fund", "--fetch-retries", "1")


def _python(home: Path) -> Path:
    return home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _key(*files: Path) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def _installed(name: str, install) -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "asyncsm-tests"
    home = cache / name
    if not home.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            install(Path(scratch) / "home")
            try:
                (Path(scratch) / "home").rename(home)
            except OSError:
                if not home.exists():  # else another run was faster
                    raise
    return home


def _run(*command: str) -> None:
    shown = " ".join([Path(command[0]).name, *command[1:4]])
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{shown} takes too long") from None
    if done.returncode:
        raise Unavailable(f"{shown} failed: {' '.join(done.stderr.split())[-300:]}")
