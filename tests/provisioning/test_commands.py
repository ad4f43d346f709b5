"""``asyncsm plan`` and ``asyncsm worker``, as they are typed."""

import asyncio
import io
import json
import shlex
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from doubles.emulator_thread import emulator_in_thread
from doubles.impatient import impatient_commands
from doubles.plans import farm
from doubles.postgres import postgres

from asyncsm.cli import main
from asyncsm.emulator import Fault, Quotas

PARTLY = 11


@pytest.fixture
def emulator(identity_files, monkeypatch):
    """In another thread, as commands have a loop of their own; the variables point to it."""
    quotas = Quotas(cores=1000, hosted_services=200)
    with (
        impatient_commands(),
        emulator_in_thread(directory=identity_files, clock=300, strict=True, quotas=quotas) as running,
    ):
        monkeypatch.setenv("AZURE_MANAGEMENT_SUBSCRIPTIONID", running.subscription_id)
        monkeypatch.setenv("AZURE_MANAGEMENT_CERTFILE", str(running.certificate_path))
        monkeypatch.setenv("AZURE_MANAGEMENT_HOST", running.url)
        monkeypatch.setenv("AZURE_MANAGEMENT_CA_FILE", str(running.ca_path))
        yield running


@pytest.fixture
def plan(tmp_path):
    """A plan's file."""
    file = tmp_path / "farm.yaml"
    file.write_text(yaml.safe_dump(farm(2, 1)))
    return file


def test_check(plan, capsys):
    """A plan is right, or everything that is wrong with it is told, a line each."""
    assert main(["plan", "check", str(plan)]) == 0
    assert capsys.readouterr().err == f"{plan}: 4 resources, no problems found\n"
    plan.write_text(plan.read_text().replace("- count:", "- cuont:"))
    assert main(["plan", "check", str(plan)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith(f"asyncsm: {plan}:") and "did you mean count?" in line for line in lines)


def test_what_would_fail_is_told_before_the_work(emulator, plan, capsys, monkeypatch):
    """A secret that is not set, by each command that needs it; what the subscription lacks, by a dry run."""
    monkeypatch.delenv("FARM_PASSWORD")
    for command in (["check"], ["show", "--dry-run"], ["apply"]):
        assert main(["plan", command[0], str(plan), *command[1:]]) == 2
        said = capsys.readouterr().err
        assert said == (
            f"asyncsm: {plan}:19:7: virtual_machines[0].system_config.linux.user_password:"
            " virtual_machine/farm-01/vm-001 and 1 more: env:FARM_PASSWORD:"
            " the environment variable is not set\n"
        )
    monkeypatch.setenv("FARM_PASSWORD", "Secret-12")
    plan.write_text(plan.read_text().replace("name: vm-", "role_size: Smalll\n  name: vm-"))
    for command in (["check"], ["show", "--dry-run"], ["apply"]):
        assert main(["plan", command[0], str(plan), *command[1:]]) == 2
        assert capsys.readouterr().err.endswith(
            f"asyncsm: {plan}:11:3: virtual_machines[0].role_size: virtual_machine/farm-01/vm-001 and 1 more:"
            " role_size: there is no size 'Smalll'; did you mean Small?\n"
        )
    assert main(["plan", "destroy", str(plan), "--yes", "--output", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["outcomes"] == {"absent": 4}


def test_force(emulator, plan, capsys):
    """What can be had is made, if that is wanted, and what stands in the way of the rest is told first."""
    plan.write_text(plan.read_text().replace("name: vm-", "role_size: Smalll\n  name: vm-"))
    assert main(["plan", "apply", str(plan), "--force"]) == PARTLY
    said = capsys.readouterr()
    assert "there is no size 'Smalll'; did you mean Small?; going on all the same" in said.err
    assert "2 created, 2 failed" in said.err


def test_schema(capsys):
    """For editors."""
    assert main(["plan", "schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "asyncsm plan"


def test_the_way_of_a_plan(emulator, plan, capsys, tmp_path):
    """Shown, tried dry, applied with a report, applied again, looked up, destroyed."""
    assert main(["plan", "show", str(plan)]) == 0
    assert "virtual_machine  farm-01/vm-002" in capsys.readouterr().out
    assert main(["plan", "show", str(plan), "--dry-run", "--budget", "2/300"]) == 0
    shown = capsys.readouterr()
    assert shown.out.count("create") == 4
    assert "4 create; 4 changes, which take at least" in shown.err
    page = tmp_path / "report.html"
    assert main(["plan", "apply", str(plan), "--report", str(page)]) == 0
    told = capsys.readouterr().err
    assert "[4/4] virtual_machine/farm-01/vm-002 created in" in told
    assert "apply farm: 4 created in" in told
    assert "<svg" in page.read_text()
    assert plan.with_name("farm.yaml.journal").exists()
    assert main(["plan", "apply", str(plan), "--output", "json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["outcomes"] == {"unchanged": 4}
    assert {json.loads(line).get("outcome") for line in said.err.splitlines()} == {None, "unchanged"}
    assert main(["plan", "status", str(plan), "--query", "[].phase"]) == 0
    assert capsys.readouterr().out.split() == ["done"] * 4
    assert main(["plan", "show", str(plan), "--dry-run", "--output", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["changes"] == 0
    assert main(["plan", "destroy", str(plan), "--yes", "--disks"]) == 0
    assert "destroy farm: 4 removed in" in capsys.readouterr().err


def test_export(emulator, plan, capsys, tmp_path, monkeypatch):
    """A subscription becomes a file, and what it cannot say is told; files that are there are kept."""
    monkeypatch.setenv("LINUX_PASSWORD", "Secret-12")
    assert main(["plan", "apply", str(plan)]) == 0
    file = tmp_path / "export.yaml"
    capsys.readouterr()
    assert main(["plan", "export", str(file)]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert f"{file}: not in the plan: what is in storage accounts: storage_account/farmdisks" in said.err
    assert said.err.endswith(f"{file}: 4 resources in 3 entries\n")
    assert main(["plan", "show", str(file), "--dry-run"]) == 0
    assert capsys.readouterr().err == "4 nothing; 0 changes, which take at least 0 s\n"
    asked = len(emulator.journal)
    for target, said in ((file, f"{file} is there already"), (tmp_path / "x.json", "is a .yaml file")):
        assert main(["plan", "export", str(target)]) == 2
        assert said in capsys.readouterr().err
    assert len(emulator.journal) == asked  # before anything is read
    assert main(["plan", "export", str(file), "--force", "--name", "mine", "--output", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["plan"] == str(file)
    assert yaml.safe_load(file.read_text())["name"] == "mine"
    one = emulator.subscription_id
    assert main(["plan", "export", str(file), "--force", "--subscription", one]) == 0
    assert yaml.safe_load(file.read_text())["subscriptions"] == [one]
    assert main(["plan", "export", str(file), "--force", "--subscription", "nobody"]) == 2


def test_prune(emulator, plan, capsys):
    """What the plan has no more is told by a dry run and by apply, and removed on wish."""
    assert main(["plan", "apply", str(plan)]) == 0
    plan.write_text(yaml.safe_dump(farm(1, 1)))
    for command in (["show", str(plan), "--dry-run"], ["apply", str(plan)]):
        capsys.readouterr()
        assert main(["plan", *command]) == 0
        told = "virtual_machine/farm-01/vm-002 was made by this plan, which does not have it any more; apply --prune"
        assert told in capsys.readouterr().err
    assert main(["plan", "apply", str(plan), "--prune"]) == 0
    said = capsys.readouterr().err
    assert "was made by this plan" not in said
    assert "prune farm: 1 removed, 3 unchanged in" in said or "prune farm: 3 unchanged, 1 removed in" in said
    assert main(["plan", "show", str(plan), "--dry-run"]) == 0
    assert "was made by this plan" not in capsys.readouterr().err


@pytest.mark.parametrize("store", ["journal", "database"])
def test_what_is_pruned_is_in_nobodys_way(emulator, plan, capsys, request, store):
    """A machine with another name can have its public port, also where quotas have room for one of them only."""
    stored = [] if store == "journal" else ["--database", request.getfixturevalue("database")]
    (owner,) = emulator.state.subscriptions.values()
    owner.quotas = Quotas(cores=1)
    document = farm(1, 1)
    (machine,) = document["virtual_machines"]
    machine["network_config"] = {"endpoints": [{"name": "web", "local_port": 80, "port": 80}]}
    plan.write_text(yaml.safe_dump(document))
    assert main(["plan", "apply", str(plan), *stored]) == 0
    machine["name"] = "renamed"
    plan.write_text(yaml.safe_dump(document))
    capsys.readouterr()
    assert main(["plan", "apply", str(plan), *stored]) == 2
    said = capsys.readouterr().err
    assert "the port 80 of farm-01 is vm-001's" in said
    assert "needs 1 more cores" in said
    assert main(["plan", "apply", str(plan), *stored, "--prune"]) == 0
    assert list(owner.hosted_services["farm-01"].deployments["farm-01"].roles) == ["renamed"]


SECOND = "6f1c2d3e-0000-4000-8000-1234567890ab"


@pytest.fixture
def wide(emulator, tmp_path):
    """The file of a plan for two subscriptions."""
    emulator.seed({"subscriptions": [SECOND]})
    document = farm(4, 4, subscriptions=[emulator.subscription_id, SECOND])
    document["storage_accounts"][0]["name"] += "{place}"
    document["virtual_machines"][0]["os_virtual_hard_disk"]["storage_account"] += "{place}"
    document["hosted_services"][0]["spread"] = "by_quota"
    file = tmp_path / "wide.yaml"
    file.write_text(yaml.safe_dump(document))
    return file


@pytest.mark.parametrize("store", ["journal", "database"])
def test_several_subscriptions(emulator, wide, capsys, request, store):
    """A plan names them by profiles or ids; what it has spread stays where it is, whatever the quotas."""
    stored = [] if store == "journal" else ["--database", request.getfixturevalue("database")]
    first, second = emulator.state.subscriptions.values()
    first.quotas, second.quotas = Quotas(hosted_services=3), Quotas(hosted_services=1)
    assert main(["plan", "apply", str(wide), *stored]) == 0
    assert "apply farm: 10 created in" in capsys.readouterr().err
    services = [list(one.hosted_services) for one in emulator.state.subscriptions.values()]
    assert list(map(len, services)) == [3, 1]
    second.quotas = Quotas(hosted_services=20)
    assert main(["plan", "apply", str(wide), *stored, "--output", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["outcomes"] == {"unchanged": 10}
    assert main(["plan", "status", str(wide), *stored, "--query", "[].phase"]) == 0
    assert capsys.readouterr().out.split() == ["done"] * 10
    assert main(["plan", "destroy", str(wide), *stored, "--yes", "--disks"]) == 0
    assert [list(one.hosted_services) for one in emulator.state.subscriptions.values()] == [[], []]
    wide.write_text(wide.read_text().replace(SECOND, "nowhere"))
    assert main(["plan", "apply", str(wide), *stored]) == 2
    assert "'nowhere' is no profile of asyncsm account list" in capsys.readouterr().err


def test_a_part_that_fails(emulator, plan, capsys):
    """What went wrong is shown with its request, and the exit code says so."""
    emulator.faults.add(Fault(kind="fail", operation="AddRole", count=1))
    assert main(["plan", "apply", str(plan)]) == PARTLY
    said = capsys.readouterr()
    assert "virtual_machine/farm-01/vm-002  failed" in said.out
    assert "1 of 4 resources are not as they should be; apply again takes up what is left" in said.err


def test_what_is_skipped_says_why(emulator, plan, capsys):
    """Because of what it needs; and a removal is not told to apply again."""
    emulator.faults.add(Fault(kind="fail", operation="CreateStorageService", count=1))
    assert main(["plan", "apply", str(plan)]) == PARTLY
    said = " ".join(capsys.readouterr().out.split())
    assert said.count("because of") == 2
    assert main(["plan", "apply", str(plan)]) == 0
    emulator.faults.add(Fault(kind="fail", operation="DeleteRole", count=1))
    assert main(["plan", "destroy", str(plan), "--yes"]) == PARTLY
    assert "destroy again takes up what is left" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["apply", "gone.yaml"], "gone.yaml: No such file"),
        (["apply", "{plan}", "--report", "x.pdf"], "--report: x.pdf ends neither in .json nor"),
        (["apply", "{plan}", "--budget", "many"], "'many' is not N/SECONDS"),
        (["apply", "{plan}", "--database", "mysql://x"], "must be sqlite:///FILE or postgresql://"),
        (
            ["apply", "{plan}", "--database", "sqlite:///x.db", "--journal", "y"],
            "--journal: is for runs in this",
        ),
        (["apply", "{plan}", "--database", "sqlite:///:memory:"], "must be sqlite:///FILE or postgresql://"),
    ],
)
def test_nonsense(emulator, plan, arguments, said, capsys):
    """One line, and the exit code for it."""
    assert main(["plan", *(each.format(plan=plan) for each in arguments)]) == 2
    assert said in capsys.readouterr().err


def test_destroy_asks_first(emulator, plan, capsys, monkeypatch):
    """Nothing is removed without a yes."""
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert main(["plan", "destroy", str(plan)]) != 0
    assert "Remove everything" in capsys.readouterr().err


def test_a_database_for_one_process_is_a_journal(emulator, plan, capsys, tmp_path):
    """There is nobody to share it with."""
    database = f"sqlite:///{tmp_path / 'plans.db'}"
    assert main(["plan", "apply", str(plan), "--database", database]) == 0
    assert "apply farm: 4 created in" in capsys.readouterr().err
    status = ["plan", "status", str(plan), "--query", "[].phase"]
    assert main([*status, "--journal", str(tmp_path / "plans.db")]) == 0
    assert capsys.readouterr().out.split() == ["done"] * 4
    assert main(["plan", "destroy", str(plan), "--database", database, "--yes", "--disks"]) == 0
    assert "destroy farm: 4 removed in" in capsys.readouterr().err


@pytest.fixture(scope="module")
def server():
    """A PostgreSQL server."""
    with postgres() as running:
        yield running.url


@pytest.fixture
def database(server):
    """A database with nothing of earlier tests."""
    psycopg = pytest.importorskip("psycopg", reason="procrastinate is not installed")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return server


def test_the_durable_engine(emulator, plan, capsys, database):
    """With PostgreSQL instead of a journal."""
    assert main(["plan", "apply", str(plan), "--database", database]) == 0
    assert "apply farm: 4 created in" in capsys.readouterr().err
    assert main(["plan", "status", str(plan), "--database", database, "--query", "[].phase"]) == 0
    assert capsys.readouterr().out.split() == ["done"] * 4
    assert main(["plan", "abandon", str(plan), "--database", database]) == 0
    assert capsys.readouterr().err == "no run of farm is going on\n"
    assert main(["plan", "destroy", str(plan), "--database", database, "--yes", "--disks"]) == 0
    assert "destroy farm: 4 removed in" in capsys.readouterr().err


@contextmanager
def command(*arguments):
    """A command in a process of its own, ended with the block."""
    with subprocess.Popen(
        [sys.executable, "-m", "asyncsm", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
@pytest.mark.parametrize("engine", ["journal", "database"])
def test_an_interrupt_stops_gently(emulator, plan, request, engine):
    """Ctrl-C begins nothing more and waits for what was sent; the next apply does the rest."""
    options = ["--database", request.getfixturevalue("database")] if engine == "database" else []
    emulator.faults.add(Fault(kind="stuck", operation="CreateVirtualMachineDeployment", seconds=900))
    with command("plan", "apply", plan, "--output", "json", *options) as process:
        for line in process.stderr:
            if json.loads(line).get("key") == "virtual_machine/farm-01/vm-001" and '"running"' in line:
                break
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        report = json.loads(process.stdout.read())
        assert process.wait() == PARTLY
    assert "stopping: waiting for what has been sent" in rest
    assert report["outcomes"] == {"created": 3, "stopped": 1}
    assert main(["plan", "apply", str(plan), *options]) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")
def test_a_report_for_which_there_is_no_room_is_told_with_what_came_of_the_run(
    emulator, plan, capsys, tmp_path
):
    """The run is over by then, and nobody else can tell."""
    page = tmp_path / "report.json"
    page.symlink_to("/dev/full")
    assert main(["plan", "apply", str(plan), "--report", str(page)]) == 1
    told = capsys.readouterr().err
    assert f"the report {page} cannot be written: No space left on device" in told
    assert "apply farm: 4 created" in told


@pytest.mark.parametrize("name", ["nowhere/report.json", "file/report.json", "folder.json"])
def test_a_report_that_cannot_be_written_is_told_before_the_work(emulator, plan, capsys, tmp_path, name):
    """Nothing is made by then."""
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder.json").mkdir()
    assert main(["plan", "apply", str(plan), "--report", str(tmp_path / name)]) == 2
    assert f"--report: {tmp_path / name} cannot be written" in capsys.readouterr().err
    assert main(["plan", "destroy", str(plan), "--yes", "--output", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["outcomes"] == {"absent": 4}


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
def test_a_worker(emulator, plan, capsys, database):
    """It says that it is ready, does what is asked for elsewhere, and stops when told to."""
    with command("worker", "--database", database, "--name", "one") as process:
        assert process.stderr.readline() == "worker one is ready\n"
        assert main(["plan", "apply", str(plan), "--database", database]) == 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert process.stderr.read() == "worker stopped\n"
    assert main(["worker", "--database", "sqlite:///plans.db"]) == 2
    assert "workers need the latter" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
def test_the_commands_of_the_page_on_plans(emulator, plan, database, monkeypatch, capsys):
    """Those that need a server, which the page shows and `test_readme.py` does not run."""
    page = Path(__file__).parents[2] / "docs" / "provisioning.md"
    shown = "postgresql://ops@db/plans"
    typed = [line.removeprefix("    $ asyncsm ") for line in page.read_text(encoding="utf-8").splitlines()]
    worker, *others = [shlex.split(line.replace(shown, database)) for line in typed if shown in line]
    monkeypatch.chdir(plan.parent)
    with command(*worker) as process:
        assert process.stderr.readline().endswith(" is ready\n")
        for line in others:
            assert main(line) == 0, capsys.readouterr().err
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert [one[1] for one in others] == ["apply", "status", "abandon", "destroy"]


def test_the_live_display(emulator, plan, tmp_path):
    """On a terminal: totals, kinds, and what is under way, without an error at any moment."""
    from rich.console import Console

    from asyncsm import ServiceManagementService
    from asyncsm.cli.plan_display import LiveDisplay
    from asyncsm.provisioning import Provisioner, load_plan

    console = Console(file=(tmp_path / "screen").open("w"), force_terminal=True, width=100, height=40)
    pictures = []

    async def run():
        display = LiveDisplay(console, "apply farm")
        async with ServiceManagementService() as sms:
            with display:
                provisioner = Provisioner(load_plan(plan), sms)

                def watch(progress):
                    display.watch(progress)
                    progress.subscribe(lambda _: pictures.append(drawn(console, display)))

                await provisioner.apply(watch=watch)

    asyncio.run(run())
    console.file.close()
    assert any("virtual machine" in one and "queued" in one for one in pictures)
    assert "4/4" in pictures[-1]


def test_the_live_display_of_many_lanes():
    """A row for each hosted service with what is going on there, and each reason of failures once."""
    from rich.console import Console

    from asyncsm.cli.plan_display import LiveDisplay
    from asyncsm.provisioning import Outcome, Progress, State

    names = [f"farm-{service}/vm-{number}" for service in (1, 2) for number in range(5)]
    progress = Progress((f"virtual_machine/{name}", "virtual_machine", name, ()) for name in names)
    for name in names[:9]:
        progress.tell(f"virtual_machine/{name}", State.QUEUED, "behind another one")
    progress.tell("virtual_machine/farm-1/vm-2", State.RUNNING)
    for name in ("farm-2/vm-0", "farm-2/vm-1"):
        progress.records[f"virtual_machine/{name}"].error = f"{name[-1]} cores are too many"
        progress.tell(f"virtual_machine/{name}", State.ENDED, outcome=Outcome.FAILED)
    console = Console(force_terminal=False, width=100)
    display = LiveDisplay(console, "apply farm")
    display.watch(progress)
    lines = [line.split() for line in drawn(console, display).splitlines()[-3:]]
    assert lines == [
        ["farm-1", "running", "0", "s", "vm-2,", "4", "queued"],
        ["farm-2", "queued", "0", "s", "vm-2", "behind", "another", "one,", "1", "queued"],
        ["failed", "2", "x", "0", "cores", "are", "too", "many"],
    ]


def drawn(console, display):
    """What the display shows now, as text."""
    with console.capture() as captured:
        console.print(display._picture())
    return captured.get()
