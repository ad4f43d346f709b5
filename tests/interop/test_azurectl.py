"""SUSE's azurectl from PyPI, unchanged, against an emulator: all its commands that need no blobs.

It knows no port but 443, and names blobs after the service's host; so a proxy leads it to the emulator.
"""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from doubles.emulator_thread import emulator_in_thread
from doubles.foreign import Unavailable, python_with
from doubles.samples import blob
from doubles.tunnel import tunnel_to

HERE = Path(__file__).parent / "azurectl"
SPEED = 800
HOST = "management.core.windows.net"
CONTENTS = {
    "storage_accounts": [{"name": "suse"}],
    "os_images": [{"name": "suseimage", "os": "Linux", "media_link": blob("suse", "vhds/suse.vhdfixed")}],
    "disks": [{"name": "rescued", "os": "Linux", "media_link": blob("suse", "vhds/rescued.vhd")}],
}

pytestmark = [
    pytest.mark.timeout(300),  # installing it takes longer than any test
    pytest.mark.skipif(
        not hasattr(os, "fork") or not shutil.which("openssl"), reason="azurectl is for Linux"
    ),
]


class Azurectl:
    """The program with its own home, which is the user's in all commands.

    Attributes:
        home: where it keeps its configuration.
    """

    def __init__(self, process, home):
        self._process = process
        self.home = home

    def run(self, command, *globally, **options):
        """Run a command, and give what it prints; its options are as ``cloud_service_name="shop"`` or ``wait=True``."""
        arguments = [*globally, *command.split()]
        for name, value in options.items():
            option = "--" + name.replace("_", "-")
            arguments.append(option if value is True else f"{option}={value}")
        self._process.stdin.write(json.dumps(arguments) + "\n")
        self._process.stdin.flush()
        status, printed = json.loads(self._process.stdout.readline())
        assert status == 0, f"{arguments}: {printed}"
        return printed

    def ask(self, command, *globally, **options):
        """Run a command that prints JSON, which has one key, and give the value of that."""
        printed = self.run(command, *globally, **options)
        document, _ = json.JSONDecoder().raw_decode(printed[printed.index("{") :])
        (answer,) = document.values()
        return answer


@pytest.fixture(scope="module")
def emulator():
    with emulator_in_thread(clock=SPEED, contents=CONTENTS, hostnames=["localhost", HOST]) as running:
        yield running


@pytest.fixture(scope="module")
def azurectl(emulator, tmp_path_factory):
    """Azurectl with an account of the certificate and a region."""
    home = tmp_path_factory.mktemp("azurectl")
    try:
        python = python_with(HERE / "requirements.txt")
    except Unavailable as error:
        pytest.skip(f"no azurectl: {error}")
    with tunnel_to(emulator) as proxy:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "HTTPS_PROXY": proxy,
            "REQUESTS_CA_BUNDLE": str(emulator.ca_path),
        }
        command = [python, "-W", "ignore", HERE / "driver.py", str(SPEED)]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True) as process:
            program = Azurectl(process, home)
            program.run(
                "setup account configure",
                name="tests",
                management_pem_file=emulator.certificate_path,
                management_url=f"https://{HOST}",
                subscription_id=emulator.subscription_id,
                region="West US",
                storage_account_name="suse",
                container_name="vhds",
            )
            program.run("setup account default", name="tests")
            yield program
            process.stdin.close()


@pytest.fixture(scope="module")
def machine(azurectl):
    """A machine whose service has the same name."""
    key = azurectl.home / "ssh.key"
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], capture_output=True, check=True)
    azurectl.run("compute reserved-ip create", name="suseip", wait=True)
    created = azurectl.ask(
        "compute vm create",
        cloud_service_name="susevm",
        image_name="suseimage",
        label="first",
        reserved_ip_name="suseip",
        ssh_private_key_file=key,
        ssh_port=2222,
        user="someone",
        instance_type="Medium",
        custom_data="hello",
        wait=True,
    )
    assert created["cloud_service_name"] == "susevm"
    return "susevm"


def state_of(azurectl, machine):
    return azurectl.ask("compute vm status", cloud_service_name=machine)


def until(condition, seconds=30):
    """Ask until it holds; the emulator's clock runs by itself here."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"


def test_an_account_is_made_from_the_emulator_s_publishsettings_file(azurectl, emulator):
    """The key and the certificate in it open the subscription."""
    (settings,) = emulator.ca_path.parent.glob("*.publishsettings")
    azurectl.run("setup account configure", name="published", publish_settings_file=settings)
    assert "account:published" in azurectl.run("setup account list")
    assert "suse" in azurectl.run("storage account list", "--account=published")
    azurectl.run("setup account remove", name="published")


def test_a_storage_account_of_a_configured_region(azurectl):
    """It is created where the region says, listed, and deleted; addresses signed with its key are made."""
    azurectl.run(
        "setup account region add",
        region="East US",
        storage_account_name="eastern",
        container_name="vhds",
    )
    east = ["--region=East US"]
    assert "East US" in azurectl.ask("storage account regions")
    azurectl.run(
        "storage account create",
        *east,
        name="eastern",
        label="in the east",
        locally_redundant=True,
        wait=True,
    )
    listed = {account["name"]: account for account in azurectl.ask("storage account list")}
    assert listed["eastern"]["label"] == "in the east"
    assert listed["eastern"]["region"] == "East US"
    assert listed["eastern"]["backup-strategy"] == "--locally-redundant"
    assert "sig=" in azurectl.ask("storage container sas", *east, name="vhds")
    assert "sig=" in azurectl.ask("storage disk sas", *east, blob_name="a.vhd")
    azurectl.run("storage account delete", name="eastern", wait=True)
    assert "eastern" not in {account["name"] for account in azurectl.ask("storage account list")}


def test_regions_and_sizes_of_machines(azurectl):
    """Those of the service are listed."""
    assert "West US" in azurectl.ask("compute vm regions")
    (small,) = [size["Small"] for size in azurectl.ask("compute vm types") if "Small" in size]
    assert (small["cores"], small["memory"]) == (1, "1792MB")


def test_an_image_is_described_replicated_published_and_deleted(azurectl, emulator):
    """Whatever azurectl does with images but upload them."""
    emulator.seed(
        {"os_images": [{"name": "mine", "os": "Linux", "media_link": blob("suse", "vhds/mine.vhd")}]}
    )
    assert "mine" in {image["name"] for image in azurectl.ask("compute image list")}
    described = {
        "description": "words",
        "eula": "http://example.com/eula",
        "image_family": "family",
        "icon_uri": "icon.png",
        "label": "a label",
        "language": "en-us",
        "privacy_uri": "http://example.com/privacy",
        "recommended_vm_size": "Small",
        "small_icon_uri": "small.png",
    }
    azurectl.run("compute image update", name="mine", published_date="2016-01-02", **described)
    image = azurectl.ask("compute image show", name="mine")
    assert {name: image[name] for name in described} == described
    assert image["published_date"] == "2016-01-02T00:00:00Z"
    regions = "West US,East US"
    azurectl.run(
        "compute image replicate", name="mine", regions=regions, offer="o", sku="s", image_version="1.0.0"
    )
    replicated = azurectl.ask("compute image replication-status", name="mine")
    assert [each["region"] for each in replicated] == ["West US", "East US"]
    azurectl.run("compute image publish", name="mine", private=True, wait=True)
    azurectl.run("compute image publish", name="mine", msdn=True, wait=True)
    azurectl.run("compute image publish", name="mine", wait=True)
    azurectl.run("compute image unreplicate", name="mine")
    azurectl.run("compute image delete", name="mine", delete_disk=True, wait=True)
    assert "mine" not in {image["name"] for image in azurectl.ask("compute image list")}


def test_a_machine_is_created_with_its_service_and_its_key(azurectl, machine):
    """It is shown with its endpoint, at the reserved address."""
    shown = azurectl.ask("compute vm show", cloud_service_name=machine)
    address = azurectl.ask("compute reserved-ip show", name="suseip")["address"]
    (deployment,), (role,) = shown["deployments"], shown["roles"]
    assert [ip["address"] for ip in deployment["virtual_ips"]] == [address]
    assert (role["instance_name"], role["instance_size"]) == ("susevm", "Medium")
    (endpoint,) = [each for each in role["instance_endpoints"] if each["name"] == "SSH"]
    assert (endpoint["public_port"], endpoint["local_port"], endpoint["virtual_ip"]) == (
        "2222",
        "22",
        address,
    )


def test_a_machine_is_restarted_stopped_and_started(azurectl, machine):
    """Azurectl waits for the state it wants, and can ask about a request."""
    request = azurectl.ask("compute vm reboot", cloud_service_name=machine)
    azurectl.run("compute request wait", id=request)
    assert azurectl.ask("compute request status", id=request) == {"result": "Succeeded"}
    azurectl.run("compute vm shutdown", cloud_service_name=machine)
    until(lambda: state_of(azurectl, machine) == "StoppedVM")
    azurectl.run("compute vm start", cloud_service_name=machine, wait=True)
    azurectl.run("compute vm shutdown", cloud_service_name=machine, deallocate_resources=True, wait=True)
    azurectl.run("compute vm start", cloud_service_name=machine, wait=True)
    assert state_of(azurectl, machine) == "ReadyRole"


def test_endpoints_of_a_machine(azurectl, machine):
    """They are created, changed and deleted; the others and the data disks stay."""
    on = {"cloud_service_name": machine}
    azurectl.run(
        "compute endpoint create", name="web", port=80, instance_port=8080, idle_timeout=10, wait=True, **on
    )
    azurectl.run("compute endpoint create", name="names", port=53, udp=True, wait=True, **on)
    azurectl.run(
        "compute endpoint update", name="web", port=81, instance_port=8081, idle_timeout=20, wait=True, **on
    )
    assert azurectl.ask("compute endpoint show", name="web", **on) == {
        "idle-timeout": "20 minutes",
        "instance-port": "8081",
        "name": "web",
        "port": "81",
        "protocol": "tcp",
    }
    azurectl.run("compute endpoint delete", name="names", wait=True, **on)
    left = {each["name"]: each["port"] for each in azurectl.ask("compute endpoint list", **on)}
    assert left == {"SSH": "2222", "web": "81"}
    azurectl.run("compute endpoint delete", name="web", wait=True, **on)


def test_data_disks_of_a_machine(azurectl, machine):
    """A blob becomes a disk when it is attached; the disk can be detached, attached again and deleted."""
    on = {"cloud_service_name": machine}
    azurectl.run(
        "compute data-disk attach", blob_name="data.vhd", label="data", no_cache=True, wait=True, **on
    )
    (disk,) = azurectl.ask("compute data-disk show attached", **on)
    assert (disk["lun"], disk["label"], disk["host-caching"]) == (0, "data", "None")
    assert disk["disk-url"] == blob("suse", "vhds/data.vhd")
    shown = azurectl.ask("compute data-disk show", disk_name="data")
    assert shown["attached_to"]["role_name"] == machine
    azurectl.run("compute data-disk detach", lun=0, **on)
    until(lambda: not attached(azurectl, "data"))
    azurectl.run("compute data-disk attach", disk_name="data", lun=3, read_write_cache=True, wait=True, **on)
    (disk,) = azurectl.ask("compute data-disk show attached", lun=3, **on)
    assert disk["host-caching"] == "ReadWrite"
    azurectl.run("compute data-disk detach", lun=3, **on)
    until(lambda: not attached(azurectl, "data"))
    azurectl.run("compute data-disk delete", disk_name="data")
    assert "data" not in {each["name"] for each in azurectl.ask("compute data-disk list")}


def attached(azurectl, disk):
    (listed,) = [each for each in azurectl.ask("compute data-disk list") if each["name"] == disk]
    return listed["is_attached"]


def test_reserved_addresses(azurectl, machine):
    """One is taken from a machine's service and given back; another is created and deleted."""
    azurectl.run("compute reserved-ip disassociate", name="suseip", cloud_service_name=machine, wait=True)
    assert not azurectl.ask("compute reserved-ip show", name="suseip")["in_use"]
    azurectl.run("compute reserved-ip associate", name="suseip", cloud_service_name=machine, wait=True)
    assert azurectl.ask("compute reserved-ip show", name="suseip")["cloud_service_name"] == machine
    azurectl.run("compute reserved-ip create", name="another", wait=True)
    assert {each["name"] for each in azurectl.ask("compute reserved-ip list")} == {"suseip", "another"}
    azurectl.run("compute reserved-ip delete", name="another", wait=True)


def test_a_service_is_deleted_with_its_machine(azurectl):
    """Its disks and their blobs go, too."""
    on = {"cloud_service_name": "susegone"}
    azurectl.run("compute vm create", image_name="suseimage", password="Passw0rd!", wait=True, **on)
    azurectl.run("compute vm delete", wait=True, **on)
    assert not [
        each for each in azurectl.ask("compute data-disk list") if each["name"].startswith("susegone")
    ]
