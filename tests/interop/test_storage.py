"""Old scripts that upload and deploy, unchanged: their storage libraries on Azurite, the rest on the emulator."""

import json
import os
import subprocess
import zipfile
from pathlib import Path

import pytest
from doubles.azurite import installed
from doubles.emulator_thread import emulator_in_thread
from doubles.foreign import Unavailable, node_modules, python_with
from doubles.samples import cscfg
from doubles.vhd import write_vhd

HERE = Path(__file__).parent / "storage"

DEFINITION = """<ServiceDefinition xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">
  <WebRole name="WebRole"><Endpoints><InputEndpoint name="Web" protocol="http" port="80" /></Endpoints></WebRole>
  <WorkerRole name="WorkerRole" />
</ServiceDefinition>"""

pytestmark = pytest.mark.timeout(300)  # installing them takes longer than any test


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A package and a disk, on this computer."""
    folder = tmp_path_factory.mktemp("files")
    with zipfile.ZipFile(folder / "shop.cspkg", "w") as archive:
        archive.writestr("ServiceDefinition/ServiceDefinition.csdef", DEFINITION)
    write_vhd(folder / "golden.vhd", 1, {0: b"golden"})
    return {
        "package": str(folder / "shop.cspkg"),
        "disk": str(folder / "golden.vhd"),
        "configuration": cscfg(),
    }


def answer_of(command, emulator, files, **variables):
    """What a program prints that is given the facts."""
    facts = {
        "url": emulator.url,
        "host": f"127.0.0.1:{emulator.port}",
        "subscription_id": emulator.subscription_id,
        "certificate": str(emulator.certificate_path),
        **files,
    }
    ca = str(emulator.ca_path)
    environment = {
        "PATH": os.environ["PATH"],
        "REQUESTS_CA_BUNDLE": ca,
        "NODE_EXTRA_CA_CERTS": ca,
        **variables,
    }
    done = subprocess.run(
        command,
        input=json.dumps(facts),
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def emulator(monkeypatch):
    """An emulator with an Azurite of its own."""
    try:
        monkeypatch.setenv("ASYNCSM_AZURITE", str(installed()))
    except Unavailable as error:
        pytest.skip(f"no Azurite: {error}")
    with emulator_in_thread(clock=800, azurite="start") as running:
        yield running


def test_the_old_sdk(emulator, files):
    """A package is uploaded and deployed; a disk is uploaded and becomes an image, then a machine."""
    try:
        python = python_with(HERE / "requirements.txt")
    except Unavailable as error:
        pytest.skip(f"no old libraries: {error}")
    told = answer_of([python, HERE / "old_sdk.py"], emulator, files)
    assert told == {
        "roles": ["WebRole", "WorkerRole"],
        "status": "Running",
        "blobs": ["golden.vhd", "web.vhd"],
        "copied": "golden",
    }


def test_the_libraries_for_node(emulator, files):
    """A package is uploaded with the key that the service tells, and deployed."""
    try:
        modules = node_modules(HERE)
    except Unavailable as error:
        pytest.skip(f"no libraries for Node: {error}")
    command = ["node", "--no-deprecation", HERE / "journey.js"]
    told = answer_of(command, emulator, files, NODE_PATH=str(modules))
    assert told == {"roles": ["WebRole", "WorkerRole"], "status": "Running"}
