"""Every check of the project; `nox -l` lists them, plain `nox` runs the usual ones.

Daily: `nox -s tests`, or pytest itself in an environment that has the dependency group ``dev``.
Before a release: `nox -s matrix lowest`. Arguments after ``--`` are pytest's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import nox
from packaging.requirements import Requirement  # which nox itself needs
from packaging.version import Version

PROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PROJECT)
OWN = f"{sys.version_info.major}.{sys.version_info.minor}"

SIDE_BY_SIDE = ("--numprocesses", str(max(2, os.cpu_count() or 1) + 2), "--dist", "worksteal")
"""Two processes more than processors, as many tests wait for programs or for time to pass.

Modules begin as one piece each, for the emulator their tests share, and are divided when a process is idle."""

PART = (
    "tests/unit",  # the client: asyncio's cancellation, timeouts and groups, TLS, annotations read at run time
    "tests/parity",  # signatures, as inspect tells them
    "tests/recorded/test_requests.py",  # wire models and XML, all of them
    "tests/recorded/test_replies.py",
    "tests/emulator/test_kernel.py",  # its listener, its state with dataclasses and slots, its database
    "tests/emulator/test_snapshot.py",
    "tests/end_to_end/test_guide.py",  # everything together, once
    "tests/end_to_end/test_cli.py",  # typer reads annotations
    "tests/provisioning/test_expansion.py",
    "tests/provisioning/test_runs.py",
)
"""What can differ from Python to Python: the language and its library change there, not what the emulator knows.

The other tests, which take most of the time, ask what the emulator answers, or start programs that have been tested in
pieces. `matrix` runs them, too."""

LOWEST = (
    "tests/unit",  # the connections, the models, keys and certificates, spans
    "tests/recorded/test_requests.py",
    "tests/recorded/test_replies.py",
    "tests/end_to_end/test_guide.py",
    "tests/end_to_end/test_cli_programs.py",
    "tests/migrating/test_constructs.py",
    "tests/migrating/test_command.py",
    "tests/provisioning/test_reading.py",
)
"""What can differ from version to version of the libraries: each of them is used there."""

UNDER_UVLOOP = (
    "tests/emulator/test_kernel.py",
    "tests/emulator/test_limits.py",
    "tests/emulator/test_faults.py",
    "tests/end_to_end/test_guide.py",
)
"""What can differ from loop to loop: listening, connections that end, and everything together, once."""

BUILT: list[Path] = []
"""The wheel, as soon as a session has built it."""

# Where it is set, each of a suite's processes would compile all tests once more.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

nox.options.default_venv_backend = "virtualenv"
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["lint", "types", "tests"]


def present() -> list[str]:
    """The Python versions of this machine that really start; the running one first."""
    others = [interpreter(version) for version in PYTHONS if version != OWN]
    return [OWN, *(found for found in others if found)]


def interpreter(version: str) -> str | None:
    """A command for `version`, on the path or as pyenv keeps it."""
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    candidates = [shutil.which(f"python{version}"), *sorted(pyenv.glob(f"versions/{version}.*/bin/python"))]
    for command in filter(None, candidates):
        # A version manager's shim may be on the path for a version that is not switched on.
        if subprocess.run([command, "--version"], capture_output=True, check=False).returncode == 0:
            return str(command)
    return None


def run_suite(session: nox.Session, group: str, paths: Sequence[str] = ()) -> None:
    """Run tests against the built wheel."""
    wheel = build_wheel(session)
    session.install(f"asyncsm[cli] @ {wheel.as_uri()}", *dependencies(group))
    session.run("pytest", *SIDE_BY_SIDE, *(session.posargs or paths))


def oldest(requirement: Requirement) -> Version:
    """The oldest version that a requirement allows."""
    return max(Version(each.version) for each in requirement.specifier if each.operator in {">=", "=="})


def lowered(requirement: Requirement) -> str:
    """A requirement of the oldest version that another allows."""
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    return f"{requirement.name}{extras}=={oldest(requirement)}"


def dependencies(*groups: str) -> list[str]:
    """What the dependency groups list."""
    return nox.project.dependency_groups(PROJECT, *groups)


@nox.session(python=present())
def tests(session: nox.Session) -> None:
    """The whole suite on the running Python, some of it under uvloop, and on others what can differ there."""
    if session.python == OWN:
        run_suite(session, "test")
        if not session.posargs and sys.platform != "win32":
            session.run("pytest", *SIDE_BY_SIDE, *UNDER_UVLOOP, env={"ASYNCSM_TEST_LOOP": "uvloop"})
    else:
        run_suite(session, "test-part", PART)


@nox.session(python=present())
def matrix(session: nox.Session) -> None:
    """The whole suite on each Python present."""
    run_suite(session, "test")


@nox.session
def lint(session: nox.Session) -> None:
    """Style, spelling, and which module may import which."""
    session.install("-e", ".[cli]", *dependencies("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run(
        "codespell",
        "asyncsm",
        "tests",
        "examples",
        "benchmarks",
        "docs",
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
    )
    session.run("lint-imports")
    if shutil.which("hadolint", path=session.bin):  # which not every machine has a wheel of
        session.run("hadolint", "Containerfile")


@nox.session
def types(session: nox.Session) -> None:
    """Mypy --strict and pyright, on the package and on its use, and on the code of the documentation."""
    session.install("-e", ".[all]", *dependencies("types", "test-part"))
    session.run("mypy")
    session.run("pyright")
    session.run("pyright", "--verifytypes", "asyncsm", "--ignoreexternal")
    session.run("pytest", "tests/end_to_end/test_readme.py", "-k", "type_checker")


@nox.session
def docs(session: nox.Session) -> None:
    """The site, with its reference, in build/site; a warning is an error."""
    session.install("-e", ".[all]", *dependencies("docs"))
    session.run("mkdocs", "build", "--strict", *session.posargs, env={"NO_MKDOCS_2_WARNING": "1"})


@nox.session
def lowest(session: nox.Session) -> None:
    """A part of the suite with the oldest versions of what the package and its extras depend on."""
    extras = PROJECT["project"]["optional-dependencies"]
    of_package = [*PROJECT["project"]["dependencies"]]
    # Pytest and its plugins run the tests, which need what they need.
    of_package += [each for name, extra in extras.items() if name != "testing" for each in extra]
    known = {name for each in of_package if (name := Requirement(each).name) != "asyncsm"}
    lower: dict[str, Requirement] = {}
    for each in map(Requirement, (*of_package, *dependencies("test"))):
        # The tests may need a later version than the package does.
        if each.name in known and (each.name not in lower or oldest(each) > oldest(lower[each.name])):
            lower[each.name] = each
    others = [each for each in dependencies("test") if Requirement(each).name not in known]
    session.install("-e", ".[all]", *map(lowered, lower.values()), *others)
    session.run("pytest", *SIDE_BY_SIDE, *(session.posargs or LOWEST))


@nox.session
def fidelity(session: nox.Session) -> None:
    """The emulator's answers beside recorded ones, by operation."""
    session.install("-e", ".[cli]", *dependencies("test"))
    session.run("python", "tests/fidelity.py", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Recorded requests, damaged, sent to the emulator; arguments: --rounds N --from SEED, or --seed SEED."""
    session.install("-e", ".[cli]", *dependencies("test"))
    session.run("python", "tests/fuzz.py", *session.posargs)


@nox.session
def simulate(session: nox.Session) -> None:
    """Years of simulated time in minutes; arguments: --seeds N --from SEED, or --replay SEED."""
    session.install("-e", ".[cli]", *dependencies("test"))
    session.run("python", "tests/simulation/simulate.py", *session.posargs)


@nox.session
def mutants(session: nox.Session) -> None:
    """Single-line breaks, each to be noticed by the simulation or by tests; arguments are parts of their names."""
    session.install("-e", ".[cli]", *dependencies("test"))
    session.run("python", "tests/simulation/mutants.py", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """All benchmarks; each prints its peer or floor beside it."""
    session.install(".[cli,durable]", *dependencies("bench"))
    for script in sorted(Path("benchmarks").glob("bench_*.py")):
        session.run("python", str(script))


def build_wheel(session: nox.Session) -> Path:
    """The wheel of this checkout, which is the same for every Python: built once, into the first session's folder."""
    if not BUILT:
        folder = Path(session.create_tmp()) / "wheel"
        shutil.rmtree(folder, ignore_errors=True)
        session.run("pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), ".")
        BUILT.extend(folder.resolve().glob("asyncsm-*-py3-none-any.whl"))
    (wheel,) = BUILT
    return wheel
