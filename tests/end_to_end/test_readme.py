"""README.md and docs/: every block of code runs, every command exists, every page is up to date."""

import ast
import asyncio
import codeop
import importlib.util
import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
import tomllib
from contextlib import contextmanager
from pathlib import Path

import pytest
from doubles.emulator_thread import emulator_in_thread
from doubles.impatient import impatient, impatient_commands
from doubles.pages import PAGES, README, ROOT, TUTORIAL, blocks

from asyncsm.cli import main, profiles
from asyncsm.emulator import Quotas
from asyncsm.migrating.knowledge import clients
from asyncsm.provisioning import load_plan

RUN = ("asyncsm ", "python ", "curl --silent ")
"""Programs whose commands are run; others are those of two tests below, or of the reader's own."""

SERVES = "asyncsm emulator start"
"""The command that does not end by itself."""

UNTYPED = {
    "design": "it shows what is inside",
    "embedding": "FastAPI hands on what it is given without a type",
    "express_route": "service keys may be absent",
    "migrating": "it gives text where models have dates and secrets",
    "monitoring": "it gives text where models have words",
    "networks": "what it looks at may be absent",
    "provisioning": "it gives dictionaries where plans have specs",
    "traffic": "it gives text where models have words",
    "virtual_networks": "it gives lists where documents have elements of their own",
}
"""Pages that no type checker passes, who knows neither what models make of what they are given, nor what is there."""

UNTYPED_TOO = "allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls"
"""What mypy takes of pages, beyond the package's rules."""

pytestmark = pytest.mark.skipif(not README.exists(), reason="an installed package has no README.md beside it")


def commands(page):
    """The lines of the console blocks that are typed."""
    text = "\n".join(code for _, code in blocks(page, "console"))
    return [line.removeprefix("$ ") for line in text.splitlines() if line.startswith("$ ")]


def files(page):
    """The blocks that are files, by their names."""
    tags = re.findall(r'^```(python title="([^"]+)")$', page.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: code for tag, name in tags for _, code in blocks(page, tag)}


async def run(page):
    """Run the Python blocks of a page in order, as one program with `await` at its top level."""
    names = {"__name__": page.stem}
    for number, code in blocks(page, "python"):
        # Empty lines before it make line numbers in tracebacks those of the page.
        compiled = compile("\n" * number + code, str(page), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        result = eval(compiled, names)
        if inspect.isawaitable(result):
            await result
    return names


@pytest.fixture
def unset(monkeypatch, tmp_path):
    """No service is named by the environment, and files go to a directory of this test's own."""
    for name in ("SUBSCRIPTIONID", "CERTFILE", "HOST", "CA_FILE"):
        monkeypatch.delenv(f"AZURE_MANAGEMENT_{name}", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(profiles, "folder", lambda: tmp_path / "settings")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
async def test_every_python_block_runs(page, unset, capsys):
    """The blocks of a page, from the top, are one program that works against the emulator."""
    names = await run(page)
    await asyncio.sleep(0)
    if page == TUTORIAL:
        assert names["deployment"].deployment_slot == "Production"
        out = capsys.readouterr().out
        assert f"\n{' '.join(['Running'] * 8)}\n" in out
        assert out.endswith("\n404\n{'adopted': 1}\n"), (
            "the old SDK's error, and the fault that was coped with"
        )


def test_python_blocks_pass_a_type_checker(tmp_path):
    """The blocks of a page are a program without errors for mypy --strict, but for functions without annotations."""
    api = pytest.importorskip("mypy.api")
    typed = {
        page.stem.lower(): blocks(page, "python")
        for page in PAGES
        if blocks(page, "python") and page.stem not in UNTYPED
    }
    for name, found in typed.items():
        lines = []
        for number, code in found:
            lines += [""] * (number - len(lines)) + code.splitlines()
        # Line numbers are those of the page.
        function = textwrap.indent("\n".join(lines[1:]), "    ")
        program = f"async def page() -> None:\n{function}\n# mypy: {UNTYPED_TOO}\n"
        (tmp_path / f"{name}.py").write_text(program, encoding="utf-8")
    # As the package is checked, whose results are found in the cache then.
    same = [f"--config-file={ROOT / 'pyproject.toml'}", f"--cache-dir={ROOT / '.mypy_cache'}"]
    out, told, code = api.run([*same, *map(str, tmp_path.iterdir())])
    assert code == 0, out + told
    assert {"readme", "tutorial", "fan_out"} <= typed.keys()


@pytest.mark.parametrize(
    "page", [TUTORIAL, ROOT / "docs" / "how_to" / "jupyter.md"], ids=lambda page: page.name
)
def test_blocks_can_be_pasted(page):
    """The prompt of ``python -m asyncio`` takes them line by line, as it is until Python 3.12."""
    compiler = codeop.CommandCompiler()
    compiler.compiler.flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    for number, code in blocks(page, "python"):
        pending = []
        for line in code.splitlines():
            pending.append(line)
            try:
                if compiler("\n".join(pending), page.name) is not None:
                    pending.clear()
            except SyntaxError as error:
                pytest.fail(f"{page.name}:{number}: {error} after {line!r}")
        assert not pending or compiler("\n".join([*pending, ""]), page.name), f"{page.name}:{number}"


def test_the_guide_has_a_section_for_each_task():
    """Everything the old SDK's guide explains is explained here."""
    text = TUTORIAL.read_text(encoding="utf-8") + README.read_text(encoding="utf-8")
    headings = re.findall(r"^###? (.+)$", text, re.MULTILINE)
    assert {
        "Connect",
        "Locations",
        "Cloud services",
        "Deployments",
        "Storage accounts",
        "Affinity groups",
        "Operating systems and OS images",
        "Virtual machines",
        "Operations",
        "Many at once",
        "Errors",
        "Raw requests",
        "Moving from the old SDK",
        "The emulator",
        "What is not here",
    } <= set(headings)


@contextmanager
def environment_of(emulator, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("AZURE_MANAGEMENT_SUBSCRIPTIONID", emulator.subscription_id)
        patch.setenv("AZURE_MANAGEMENT_CERTFILE", str(emulator.certificate_path))
        patch.setenv("AZURE_MANAGEMENT_HOST", emulator.url)
        patch.setenv("AZURE_MANAGEMENT_CA_FILE", str(emulator.ca_path))
        yield


@pytest.mark.timeout(180)  # the plans of a page have 250 machines
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_works(page, unset, monkeypatch, capsys):
    """Each `asyncsm` line of a page, in order, exits with 0 against an emulator; its plans are plans."""
    typed = [line for line in commands(page) if line.startswith(RUN) and not line.startswith(SERVES)]
    for _, plan in blocks(page, "yaml"):
        name = plan.partition("\n")[0].removeprefix("# ")
        Path(name).write_text(plan, encoding="utf-8")
        assert load_plan(name).problems() == []
    for name, code in files(page).items():
        Path(name).write_text(code, encoding="utf-8")
    clients()  # as they are without the patience that is taken from them below
    quotas = Quotas(cores=300)
    with (
        impatient(),
        impatient_commands(),
        emulator_in_thread(
            clock="instant", quotas=quotas, subscriptions=3, directory=Path("emulator")
        ) as emulator,
        environment_of(emulator, monkeypatch),
    ):
        for line in commands(page):
            if line.startswith("export "):
                monkeypatch.setenv(*os.path.expandvars(line).removeprefix("export ").split("="))
        for line in typed:
            if line.startswith("asyncsm "):
                code = main(shlex.split(line)[1:])
                captured = capsys.readouterr()
                told = captured.out + captured.err
            else:
                code, told = ran(line)
            assert code == 0, f"{line}\n{told}"
        if Path("expected.py").exists():
            assert Path("new.py").read_text(encoding="utf-8") == Path("expected.py").read_text(
                encoding="utf-8"
            )


def ran(line):
    """Run another program than asyncsm, and return its exit code and what it wrote."""
    program, *arguments = shlex.split(os.path.expandvars(line))
    found = sys.executable if program == "python" else shutil.which(program)
    if found is None:
        pytest.skip(f"there is no {program} here")
    done = subprocess.run([found, *arguments], capture_output=True, text=True, timeout=50, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.skipif(os.name != "posix", reason="stopped by a signal")
def test_the_emulator_command_serves(tmp_path):
    """It prints the variables, and ends when it is told to."""
    (line,) = {line for line in commands(TUTORIAL) if line.startswith(SERVES)}
    program = [sys.executable, "-c", "import sys; from asyncsm.cli import main; sys.exit(main())"]
    ports = ["--port", "0", "--admin-port", "0"]  # not those of the page: others may have them
    arguments = [*shlex.split(line)[1:], *ports, "--directory", str(tmp_path / "emulator")]
    with subprocess.Popen([*program, *arguments], stdout=subprocess.PIPE, text=True) as process:
        try:
            printed = [process.stdout.readline() for _ in range(6)]
            process.terminate()
            process.communicate(timeout=20)
        finally:
            process.kill()
    assert sum(line.startswith("export AZURE_MANAGEMENT_") for line in printed) == 4
    assert process.returncode == 0


def test_the_two_commands_are_those_the_project_runs_by():
    """What they install and call is what pyproject.toml, noxfile.py and .ci/run have."""
    demo, tests = (line for line in commands(README) if line.startswith("python3 "))
    assert demo == 'python3 -m venv .venv && .venv/bin/pip install ".[cli]" && .venv/bin/asyncsm demo'
    assert tests == "python3 -m venv .venv && .venv/bin/pip install nox && .venv/bin/nox -s tests"

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "cli" in project["optional-dependencies"]
    assert project["scripts"]["asyncsm"] == f"{main.__module__}:{main.__name__}"
    sessions = re.findall(
        r"^@nox\.session.*\ndef (\w+)", (ROOT / "noxfile.py").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert "tests" in sessions
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.search(r"\.venv/bin/pip install .*nox$", ci, re.MULTILINE)
    assert re.search(r"\.venv/bin/nox (-s|--session) tests$", ci, re.MULTILINE)


def test_the_demo_is_a_command(capsys):
    """`asyncsm demo` exists; what it does is tested with the command line."""
    assert main(["demo", "--help"]) == 0
    assert "Do everything in the guide" in capsys.readouterr().out


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    """Relative links name files that are there."""
    targets = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_the_table_of_operations_is_up_to_date():
    """docs/operations.md, and the table in docs/commands.md, are what the code says; the script renews them."""
    path = ROOT / "docs" / "generate_operations.py"
    spec = importlib.util.spec_from_file_location("generate_operations", path)
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    assert (ROOT / "docs" / "operations.md").read_text(encoding="utf-8") == generator.page()
    commands_page = generator.COMMANDS.read_text(encoding="utf-8")
    assert commands_page == generator.with_commands(commands_page)


def test_a_block_in_an_unknown_language_is_refused(tmp_path):
    """Nothing can be shown that no test runs."""
    page = tmp_path / "page.md"
    page.write_text(
        textwrap.dedent(
            """\
            ```ruby
            puts 1
            ```
            """
        )
    )
    with pytest.raises(AssertionError, match="a block of 'ruby'"):
        blocks(page, "python")
