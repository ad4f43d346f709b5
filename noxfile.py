"""Every check of the project; `nox -l` lists them, plain `nox` runs the usual ones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nox

PROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PROJECT)

nox.options.default_venv_backend = "virtualenv"
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["lint", "types", "tests"]


def present() -> list[str]:
    """The Python versions of this machine that really start; the running one first."""
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    others = [interpreter(version) for version in PYTHONS if version != own]
    return [own, *(found for found in others if found)]


def interpreter(version: str) -> str | None:
    """A command for `version`, on the path or as pyenv keeps it."""
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    candidates = [shutil.which(f"python{version}"), *sorted(pyenv.glob(f"versions/{version}.*/bin/python"))]
    for command in filter(None, candidates):
        # A version manager's shim may be on the path for a version that is not switched on.
        if subprocess.run([command, "--version"], capture_output=True, check=False).returncode == 0:
            return str(command)
    return None


def dependencies(*groups: str) -> list[str]:
    """What the dependency groups list."""
    return nox.project.dependency_groups(PROJECT, *groups)


@nox.session(python=present())
def tests(session: nox.Session) -> None:
    """The whole test suite against the built wheel."""
    wheel = build_wheel(session)
    session.install(f"asyncsm[cli] @ {wheel.as_uri()}", *dependencies("test"))
    session.run("pytest", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, spelling, and which module may import which."""
    session.install("-e", ".[cli]", *dependencies("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run(
        "codespell", "asyncsm", "tests", "examples", "benchmarks", "docs", "README.md", "CHANGELOG.md"
    )
    session.run("lint-imports")


@nox.session
def types(session: nox.Session) -> None:
    """Mypy --strict and pyright, on the package and on its use."""
    session.install("-e", ".[cli,durable,storage,testing]", *dependencies("types"))
    session.run("mypy")
    session.run("pyright")
    session.run("pyright", "--verifytypes", "asyncsm", "--ignoreexternal")


@nox.session
def lowest(session: nox.Session) -> None:
    """The test suite with the oldest versions of what the package depends on."""
    lower = [each.replace(">=", "==") for each in PROJECT["project"]["dependencies"]]
    session.install("-e", ".[cli]", *lower, *dependencies("test"))
    session.run("pytest", *session.posargs)


@nox.session
def fidelity(session: nox.Session) -> None:
    """The emulator's answers beside recorded ones, by operation."""
    session.install("-e", ".[cli]", *dependencies("test"))
    session.run("python", "tests/fidelity.py", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """All benchmarks; each prints its peer or floor beside it."""
    session.install(".[cli,durable]", *dependencies("bench"))
    for script in sorted(Path("benchmarks").glob("bench_*.py")):
        session.run("python", str(script))


def build_wheel(session: nox.Session) -> Path:
    """The wheel of this checkout, built into the session's own folder."""
    folder = Path(session.create_tmp()) / "wheel"
    shutil.rmtree(folder, ignore_errors=True)
    session.run("pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), ".")
    (wheel,) = folder.resolve().glob("asyncsm-*.whl")
    return wheel
