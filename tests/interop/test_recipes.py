"""The portal's recipes, run as they are shown, by the clients that they are for."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from doubles.emulator_thread import emulator_in_thread
from doubles.foreign import Unavailable, node_modules

from asyncsm.emulator.control.recipes import recipes

REGION = "West US"

pytestmark = pytest.mark.timeout(300)  # installing the libraries for Node takes longer than any test


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    """Running in a directory whose name needs quoting, which was given as a relative path."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        with emulator_in_thread(clock="instant", directory="it's mine") as running:
            running.seed({"hosted_services": [{"name": "shop"}]})
            yield running


@pytest.fixture(scope="module")
def shown(emulator):
    return {each.name: each for each in recipes(emulator.facts(), emulator.subscription_id)}


@pytest.fixture
def run(tmp_path):
    """Run a text with a program, elsewhere and with nothing in the environment that leads to the emulator."""

    def run(*command, text="", **variables):
        (tmp_path / "bin").mkdir()
        script = tmp_path / "bin" / "asyncsm"
        script.write_text(f"#!{sys.executable}\nimport sys\nfrom asyncsm.cli import main\nsys.exit(main())\n")
        script.chmod(0o755)
        path = os.pathsep.join((str(script.parent), os.environ["PATH"]))
        keep = {name: os.environ[name] for name in ("HOME", "PYTHONPATH", "SYSTEMROOT") if name in os.environ}
        done = subprocess.run(
            command,
            input=text,
            env={**keep, "PATH": path, **variables},
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_paths_are_absolute(shown):
    """A recipe works wherever the reader stands."""
    for recipe in shown.values():
        assert "mine/ca.pem" in recipe.text.replace(os.sep, "/")
        assert "='it" not in recipe.text


def test_asyncsm(shown, run):
    """A Python program lists the locations."""
    assert REGION in run(sys.executable, "-c", shown["asyncsm"].text).splitlines()


def test_the_old_sdk(shown, run):
    """Likewise with the old SDK, unchanged."""
    pytest.importorskip("azure.servicemanagement")
    assert REGION in run(sys.executable, "-W", "ignore", "-c", shown["old-sdk"].text).splitlines()


needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")


@needs_bash
@pytest.mark.skipif(os.name != "posix", reason="asyncsm is a script with a first line")
def test_the_shell(shown, run):
    """With the variables set, the command line lists what the emulator has."""
    assert "shop" in run("bash", text=shown["shell"].text)


@pytest.mark.skipif(shutil.which("pwsh") is None, reason="no PowerShell")
def test_powershell(shown, run):
    """Likewise in PowerShell."""
    assert "shop" in run("pwsh", "-NoProfile", "-Command", shown["powershell"].text)


@needs_bash
@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
def test_curl(shown, run):
    """The answer to List Locations comes by curl."""
    assert f"<Name>{REGION}</Name>" in run("bash", text=shown["curl"].text)


@needs_bash
def test_node(shown, run):
    """Azure's library for Node lists the locations."""
    try:
        modules = node_modules(Path(__file__).parent / "node")
    except Unavailable as error:
        pytest.skip(f"no libraries for Node: {error}")
    assert REGION in run("bash", text=shown["node"].text, NODE_PATH=str(modules)).splitlines()
