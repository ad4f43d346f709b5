"""An emulator with a database is killed while it works, again and again, and nothing is lost."""

import asyncio
import json
import signal
import ssl
import sys
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from random import Random

import aiohttp
import pytest
from doubles import emulator_program, mortal
from doubles.bare_client import Management, document
from doubles.compute import hosted_service

from asyncsm.cli import main
from asyncsm.emulator.seeding import SeedDocument

SERVICES, ACCOUNTS = "services/hostedservices", "services/storageservices"

LIMITLESS = {"quotas": {"hosted_services": 10_000, "storage_accounts": 10_000}}

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a matter of POSIX")


@contextmanager
def emulator(*arguments):
    """An emulator in a process of its own, whose time hardly moves by itself, and its facts."""
    output, written = mortal.pipe()
    wanted = ["--port", "0", "--json", "--clock", "0.001", *map(str, arguments)]
    process = mortal.forked(emulator_program.run, written, wanted)
    written.close()
    try:
        with open(output.fileno(), encoding="utf-8", closefd=False) as lines:
            facts = json.loads(lines.readline())
        yield process, facts
    finally:
        process.kill()
        process.join()
        output.close()


@asynccontextmanager
async def client(facts):
    context = ssl.create_default_context(cafile=facts["ca_path"])
    context.load_cert_chain(facts["certificate_path"])
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as http:
        yield Management(http, facts["url"], facts["subscription_id"])
    await asyncio.sleep(0)  # aborted TLS transports go away in the next turn of the loop


def account(name):
    return document(
        "CreateStorageServiceInput",
        f"<ServiceName>{name}</ServiceName><Label>eA==</Label><Location>West US</Location>",
    )


class Witness:
    """Makes changes, and remembers those whose answer has come."""

    def __init__(self):
        self.services = set()
        self.doubtful = set()
        self.accounts = {}
        self._numbers = count(1)

    async def work(self, management, acknowledged):
        """Create and delete until the other side is gone; `acknowledged` hears of each answer."""
        try:
            while True:
                name = f"shop{next(self._numbers)}"
                self.doubtful.add(name)
                answer = await management.post(SERVICES, hosted_service(name))
                assert answer.status == 201, answer.text
                self.services.add(name)
                self.doubtful.discard(name)
                acknowledged()
                answer = await management.post(ACCOUNTS, account(name))
                assert answer.status == 202, answer.text
                self.accounts[name] = answer.request_id
                acknowledged()
                if name.endswith(("3", "6", "9")):
                    self.services.discard(name)
                    self.doubtful.add(name)
                    assert (await management.delete(f"{SERVICES}/{name}")).status == 200
                    self.doubtful.discard(name)
                    acknowledged()
        except aiohttp.ClientError:
            return


async def test_kill_minus_nine(tmp_path):
    """Killed at any moment and started again, it has all that was acknowledged, and operations end."""
    random, witness = Random(11), Witness()
    seeds = tmp_path / "seeds.json"
    seeds.write_text(json.dumps(LIMITLESS), encoding="utf-8")
    arguments = ("--database", tmp_path / "state.db", "--seed-file", seeds, "--seed", "5")
    for _ in range(4):
        with emulator(*arguments) as (process, facts):
            left = iter(range(random.randint(5, 60)))

            def acknowledged(left=left, process=process):
                if next(left, None) is None:
                    process.kill()

            async with client(facts) as management:
                await asyncio.gather(*(witness.work(management, acknowledged) for _ in range(6)))
            process.join(20)
            assert process.exitcode == -signal.SIGKILL

    with emulator(*arguments) as (_, facts):
        async with client(facts) as management:
            there = set((await management.get(SERVICES)).find_all("ServiceName"))
            assert there - witness.doubtful == witness.services - witness.doubtful
            assert set(witness.accounts) <= set((await management.get(ACCOUNTS)).find_all("ServiceName"))
            under_way = await management.get(f"operations/{list(witness.accounts.values())[-1]}")
            assert under_way.find("Status") == "InProgress"
            async with management.http.post(f"{facts['admin_url']}/clock", json={"advance": 60}) as advanced:
                assert advanced.status == 200
            for request_id in witness.accounts.values():
                assert (await management.get(f"operations/{request_id}")).find("Status") == "Succeeded"
    assert len(witness.accounts) > 40


async def test_clock_and_faults_are_kept_too(tmp_path):
    """What is set at the control port is there after a crash, like what clients did."""
    with emulator("--database", tmp_path / "state.db") as (_, facts):
        async with aiohttp.ClientSession() as http:
            fault = {"kind": "503", "operation": "changes"}
            async with http.post(f"{facts['admin_url']}/faults", json=fault) as set_:
                assert set_.status == 201
            async with http.post(f"{facts['admin_url']}/clock", json={"advance": 86400 * 365}) as advanced:
                before = await advanced.json()
    with emulator("--database", tmp_path / "state.db") as (_, facts):
        async with aiohttp.ClientSession() as http:
            async with http.get(f"{facts['admin_url']}/faults") as faults:
                assert [each["kind"] for each in (await faults.json())["faults"]] == ["503"]
            async with http.get(f"{facts['admin_url']}/clock") as clock:
                assert (await clock.json())["now"] >= before["now"]


def refusal_of(capsys, *arguments):
    """Have a start of an emulator refused; return what is said."""
    assert main(["emulator", "start", "--port", "0", *map(str, arguments)]) != 0
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return said


def test_two_at_once(tmp_path, capsys):
    """A database that another emulator has is left alone, and one line says so."""
    with emulator("--database", tmp_path / "state.db"):
        said = refusal_of(capsys, "--database", tmp_path / "state.db")
    assert "--database" in said
    assert "is in use by another emulator" in said


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("seeds.json", '{"hosted_services": [{"name": "a", "size": 3}]}', r"hosted_services[0].size"),
        ("seeds.yaml", "hosted_services: [{name: a b}]", r"hosted_services[0]: "),
        ("seeds.yaml", "a: [", "is no YAML"),
    ],
)
def test_a_wrong_seed_file(tmp_path, capsys, name, content, problem):
    """A seed file that is none, or describes what there cannot be, is refused with the field's path."""
    (tmp_path / name).write_text(content, encoding="utf-8")
    said = refusal_of(capsys, "--seed-file", tmp_path / name)
    assert "--seed-file" in said
    assert problem in said.replace("\n", " ")


def test_the_schema_is_documented():
    """The JSON Schema of seed documents describes every field that does not speak for itself."""
    schema = SeedDocument.model_json_schema()
    assert schema["properties"]["location"]["description"]
    assert "{index" in schema["$defs"]["HostedServiceSpec"]["properties"]["name"]["description"]
