"""Containerfile and compose.yaml: their steps are done on this machine, without a container engine."""

import json
import os
import re
import shlex
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import yaml

from asyncsm import ServiceManagementService

ROOT = Path(__file__).parents[2]
CONTAINERFILE = ROOT / "Containerfile"
COMPOSE = ROOT / "compose.yaml"

pytestmark = pytest.mark.skipif(
    not CONTAINERFILE.exists(), reason="an installed package has no Containerfile"
)


def steps():
    """The instructions of the Containerfile, and what each is given."""
    text = re.sub(r"^#.*\n", "", CONTAINERFILE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [tuple(line.split(maxsplit=1)) for line in lines if line.strip()]


def given(instruction):
    return [rest for name, rest in steps() if name == instruction]


def variables():
    """What the image has in its environment."""
    pairs = (pair.split("=", 1) for rest in given("ENV") for pair in shlex.split(rest))
    return dict(pairs)


def test_the_containerfile_is_sound():
    """It begins with a pinned image, runs as nobody in particular, and starts its program without a shell."""
    names = [name for name, _ in steps()]
    known = {"FROM", "WORKDIR", "COPY", "RUN", "USER", "VOLUME", "ENV", "EXPOSE", "HEALTHCHECK", "CMD"}
    assert set(names) <= known
    assert names[0] == "FROM"
    assert re.fullmatch(r"[\w./-]+:[\w.-]*\d[\w.-]*", given("FROM")[0]), "its tag names a version"
    assert "latest" not in given("FROM")[0]
    assert names.count("CMD") == names.count("HEALTHCHECK") == 1
    assert names[-1] == "CMD"
    assert names.index("USER") > max(at for at, name in enumerate(names) if name == "RUN")
    assert given("USER") == ["10001"]
    assert all(rest.startswith("/") for rest in given("WORKDIR"))
    assert isinstance(json.loads(given("CMD")[0]), list)
    assert "--no-cache-dir" in given("RUN")[0]
    assert given("EXPOSE") == [
        f"{variables()['ASYNCSM_EMULATOR_PORT']} {variables()['ASYNCSM_EMULATOR_ADMIN_PORT']}"
    ]


def test_what_is_copied_is_all_that_is_built():
    """The files are there, the engine is not told to leave them out, and a wheel can be made of them."""
    copied = [name for rest in given("COPY") for name in rest.split()[:-1]]
    kept = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert all((ROOT / name).exists() and f"!{name}" in kept for name in copied)
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for needed in re.findall(r'^(?:readme|license-files) = \[?"([^"]+)"', project, re.MULTILINE):
        assert needed in copied


def test_every_variable_is_an_option():
    """Those of the image and of compose.yaml are known to `asyncsm emulator start`."""
    service = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]["emulator"]
    asked = subprocess.run(
        [sys.executable, "-m", "asyncsm", "emulator", "start", "--help"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"COLUMNS": "200"},
    )
    for name in {*variables(), *service["environment"]}:
        option = name.removeprefix("ASYNCSM_EMULATOR_").lower().replace("_", "-")
        assert name.startswith("ASYNCSM_EMULATOR_")
        assert f"--{option}" in asked.stdout


def test_the_compose_file_is_sound():
    """It builds this image, publishes both ports to this computer only, and keeps its volume."""
    content = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    (service,) = content["services"].values()
    assert (ROOT / service["build"]["context"] / service["build"]["dockerfile"]).resolve() == CONTAINERFILE
    ports = [variables()[f"ASYNCSM_EMULATOR_{name}PORT"] for name in ("", "ADMIN_")]
    assert service["ports"] == [f"127.0.0.1:{port}:{port}" for port in ports]
    volumes = dict(volume.split(":") for volume in service["volumes"])
    assert volumes.keys() == content["volumes"].keys()
    assert list(volumes.values()) == given("VOLUME")
    assert list(content["services"]) == [variables()["ASYNCSM_EMULATOR_HOSTNAME"].split()[-1]]


@pytest.mark.skipif(os.name != "posix", reason="stopped by a signal")
async def test_its_program_serves(tmp_path):
    """The command runs with the image's variables, below another folder: healthy, and known by its names."""
    (tmp_path / "data").mkdir()
    values = {name: value.replace("/data", str(tmp_path / "data")) for name, value in variables().items()}
    values |= {f"ASYNCSM_EMULATOR_{name}PORT": "0" for name in ("", "ADMIN_")}
    program, *arguments = json.loads(given("CMD")[0])
    assert program == "asyncsm"
    command = [sys.executable, "-m", "asyncsm", *arguments, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | values) as process:
        try:
            facts = json.loads(process.stdout.readline())
            check = re.search(r"CMD (\[.*\])", given("HEALTHCHECK")[0])[1]
            code = json.loads(check)[2].replace("http://127.0.0.1:8444", facts["admin_url"].rstrip("/"))
            done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            with urllib.request.urlopen(f"{facts['admin_url'].rstrip('/')}/health") as answer:
                assert answer.status == 200
            identity = tmp_path / "data" / "identity"
            port = facts["url"].rpartition(":")[2].strip("/")
            async with ServiceManagementService(
                facts["subscription_id"],
                facts["certificate_path"],
                f"https://localhost:{port}",
                ca_file=identity / "ca.pem",
            ) as sms:
                assert len(await sms.list_locations()) > 0
        finally:
            process.terminate()
            process.communicate(timeout=20)
    assert (tmp_path / "data" / "state.db").exists()
