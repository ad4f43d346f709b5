"""The common tasks, in one command each, against an emulator whose operations are done as soon as somebody looks."""

import io
import json
import re
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from doubles.emulator_thread import emulator_in_thread
from doubles.impatient import impatient_commands
from doubles.samples import blob, cscfg

from asyncsm.cli import columns, common, main, profiles
from asyncsm.cli.output import Output, show
from asyncsm.credentials import create_management_certificate, service_certificate
from asyncsm.emulator import Fault
from asyncsm.wire.monitoring import MeasuredMetric, MeasuredMetrics, MeasuredValue

PASSWORD = "Passw0rd!"
STORE = "tasksstore"


@pytest.fixture(scope="module")
def shared():
    with (
        impatient_commands(),
        emulator_in_thread(clock="instant", strict=True, quotas={"cores": 100}) as running,
    ):
        yield running


@pytest.fixture
def asm(shared, monkeypatch, capsys):
    """Runs a command; returns its data if it is done, else its code and what it says."""
    monkeypatch.setenv("AZURE_MANAGEMENT_SUBSCRIPTIONID", shared.subscription_id)
    monkeypatch.setenv("AZURE_MANAGEMENT_CERTFILE", str(shared.certificate_path))
    monkeypatch.setenv("AZURE_MANAGEMENT_HOST", shared.url)
    monkeypatch.setenv("AZURE_MANAGEMENT_CA_FILE", str(shared.ca_path))
    shared.reset()

    def run(*argv, form="json"):
        code = main([*map(str, argv), "-o", form])
        captured = capsys.readouterr()
        if code:
            return code, captured.err
        return json.loads(captured.out) if form == "json" else captured.out

    return run


@pytest.fixture
def images(asm):
    """Names of images of both systems."""
    found = asm("image", "list")
    return {one["os"]: one["name"] for one in found if one["category"] == "Public"}


@pytest.fixture
def store(asm):
    asm("storage", "account", "create", STORE, "--location", "West US")
    return STORE


@pytest.fixture
def machine(asm, store, images):
    """A Linux machine in a service and a deployment of the same name."""
    asm("vm", "create", "shop", "web1", "--image", images["Linux"], "--user", "ada", "--password", PASSWORD,
        "--location", "West US")  # fmt: skip
    return "shop", "shop", "web1"


def test_a_machine_with_all_it_needs(asm, machine, images):
    """Service and deployment are made with the first machine; a second one joins them."""
    asm("vm", "create", "shop", "web2", "--image", images["Windows"], "--user", "ada", "--password", PASSWORD,
        "--size", "Large", "--endpoint", "web:80:8080", "--endpoint", "dns:53/udp")  # fmt: skip
    assert [
        (one["service"], one["deployment"], one["name"], one["status"], one["size"])
        for one in asm("vm", "list")
    ] == [
        ("shop", "shop", "web1", "ReadyRole", "Small"),
        ("shop", "shop", "web2", "ReadyRole", "Large"),
    ]
    shown = asm("vm", "show", "shop", "shop", "web1")
    assert shown["os_virtual_hard_disk"]["media_link"].endswith(
        f"{STORE}.blob.core.windows.net/vhds/shop-web1-os.vhd"
    )
    ports = asm("vm", "endpoint", "list", "shop", "shop", "web2")
    assert {(one["name"], one["protocol"], one["port"], one["local_port"]) for one in ports} == {
        ("web", "tcp", 80, 8080),
        ("dns", "udp", 53, 53),
    }
    assert [one["local_port"] for one in asm("vm", "endpoint", "list", "shop", "shop", "web1")] == [22]


def test_a_machine_with_a_key_in_a_network(asm, store, images, tmp_path):
    """The key's certificate goes to the service; nothing else opens the machine."""
    key = tmp_path / "id_rsa"
    private = rsa.generate_private_key(65537, 2048)
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    asm("network", "vnet", "create", "inside", "--address-space", "10.0.0.0/16", "--subnet", "web=10.0.1.0/24",
        "--location", "West US")  # fmt: skip
    asm("vm", "create", "shop", "web1", "--image", images["Linux"], "--user", "ada", "--ssh-key", key,
        "--location", "West US", "--network", "inside", "--subnet", "web", "--storage-account", store)  # fmt: skip
    (listed,) = asm("vm", "list", "shop")
    assert listed["address"].startswith("10.0.1.")
    assert len(asm("service", "certificate", "list", "shop")) == 1


def test_the_life_of_a_machine(asm, machine):
    """Stopped, started, restarted, resized, and deleted with its deployment and disks."""
    asm("vm", "stop", *machine, "--post-shutdown-action", "StoppedDeallocated")
    assert asm("vm", "list", form="tsv").split("\t")[3:5] == ["StoppedDeallocated", "Stopped"]
    asm("vm", "start", *machine)
    asm("vm", "restart", *machine)
    asm("vm", "resize", *machine, "Medium")
    assert asm("vm", "show", *machine)["role_size"] == "Medium"
    code, said = asm("vm", "delete", *machine)
    assert (code, "give --yes" in said) == (2, True)
    asm("vm", "delete", *machine, "--disks", "--yes")
    assert (asm("vm", "list"), asm("disk", "list"), asm("deployment", "list", "shop")) == ([], [], [])


def test_ports_and_disks_of_a_machine(asm, machine):
    """Opened and closed, attached and listed."""
    asm("vm", "endpoint", "add", *machine, "web:80:8080")
    assert asm("vm", "endpoint", "add", *machine, "web:81")[0] == 5
    asm("vm", "endpoint", "delete", *machine, "SSH", "--yes")
    assert [one["name"] for one in asm("vm", "endpoint", "list", *machine)] == ["web"]
    assert asm("vm", "endpoint", "delete", *machine, "SSH", "--yes")[0] == 4
    link = blob(STORE, "vhds/data.vhd")
    asm("vm", "disk", "add", *machine, 3, "--logical-disk-size-in-gb", 10, "--media-link", link)
    assert [(one["lun"], one["media_link"]) for one in asm("vm", "disk", "list", *machine)] == [(3, link)]


def test_an_image_is_captured(asm, machine):
    """Of a machine that is stopped; a label is made of the name."""
    asm("vm", "stop", *machine)
    asm("vm", "capture", *machine, "--post-capture-action", "Delete", "--target-image-name", "mine", "--yes")
    assert asm("image", "show", "mine")["label"] == "mine"


def test_what_a_machine_cannot_do_without(asm, images):
    """Is told before anything is sent that changes something, but for the service."""
    linux = ["--image", images["Linux"], "--user", "ada", "--password", PASSWORD]
    assert asm("vm", "create", "shop", "web1", *linux)[0] == 4
    place = ["--location", "West US"]
    code, said = asm("vm", "create", "shop", "web1", *linux[:4], "--password", "short", *place)
    assert (code, said.splitlines()[-1]) == (2, "asyncsm: --password: has 5 characters; 6 to 72 are allowed")
    assert asm("service", "list") == []
    code, said = asm("vm", "create", "shop", "web1", *linux, *place)
    assert (code, "--storage-account: there is none where shop is" in said) == (2, True)
    assert asm("vm", "create", "shop", "web1", "--image", "none", "--user", "ada")[0] == 4
    assert asm("vm", "create", "shop", "web1", *linux, "--endpoint", "80")[0] == 2
    code, said = asm("vm", "create", "shop", "web1", *linux[:4])
    assert (code, said) == (2, "asyncsm: --password: has to be given, or set ASYNCSM_PASSWORD\n")


def test_the_latest_image_of_a_family(asm, store):
    """Nobody has to know the long names that images of the platform have."""
    family = next(one["image_family"] for one in asm("image", "list") if one["os"] == "Linux")
    of_family = [one for one in asm("image", "list") if one["image_family"] == family]
    asm("vm", "create", "shop", "web1", "--image", family, "--user", "ada", "--password", PASSWORD,
        "--location", "West US")  # fmt: skip
    source = asm("vm", "show", "shop", "shop", "web1")["os_virtual_hard_disk"]["source_image_name"]
    assert source == max(of_family, key=lambda one: one["published_date"])["name"]


def test_a_machine_is_not_made_twice(asm, machine, images):
    """A name that is taken is a conflict."""
    assert (
        asm(
            "vm", "create", "shop", "web1", "--image", images["Linux"], "--user", "a", "--password", PASSWORD
        )[0]
        == 5
    )


def test_deployments_are_scaled_and_swapped(asm, store, tmp_path):
    """Without saying what is in which slot."""
    file = tmp_path / "shop.cscfg"
    file.write_text(cscfg())
    asm("service", "create", "shop", "--location", "West US")
    for slot, name in (("production", "blue"), ("staging", "green")):
        asm("deployment", "create", "shop", slot, name, "--package-url", blob(store, "p.cspkg"),
            "--configuration", file, "--start-deployment")  # fmt: skip
    asm("service", "swap", "shop")
    listed = asm("deployment", "list", "shop")
    assert {one["deployment_slot"]: one["name"] for one in listed} == {
        "Production": "green",
        "Staging": "blue",
    }
    role = listed[0]["role_list"][0]["role_name"]
    asm("deployment", "scale", "shop", "green", role, 3)
    shown = asm("deployment", "show", "shop", "green")
    assert sum(one["role_name"] == role for one in shown["role_instance_list"]) == 3
    assert asm("deployment", "scale", "shop", "green", "nothing", 3)[0] == 4


def test_accounts_and_their_keys(asm, store):
    """A key is what one asks for, so it is shown; a new one is another."""
    before = asm("storage", "account", "keys", "list", store)["storage_service_keys"]
    after = asm("storage", "account", "keys", "regenerate", store, "--key-type", "primary", "--yes")
    assert len(before["primary"]) == 88
    assert before["primary"] != after["storage_service_keys"]["primary"]
    assert before["primary"] not in asm("storage", "account", "show", store, form="yaml")


def test_secrets_are_shown_when_asked_for(asm):
    """Settings of a site among them; otherwise stars stand in their place."""
    asm("site", "create", "westuswebspace", "pages", "pages.azurewebsites.net", "--geo-region", "West US")
    setting = '{"app_settings": [{"name": "COLOUR", "value": "blue"}]}'
    asm("site", "configuration", "update", "westuswebspace", "pages", "--configuration", setting)
    show = ("site", "configuration", "show", "westuswebspace", "pages", "--query", "app_settings[].value")
    assert (asm(*show), asm(*show, "--show-secrets")) == (["**********"], ["blue"])


def test_certificates(asm, tmp_path, monkeypatch):
    """Of a service from a .pfx, whose password is asked for; of the subscription from what was made here."""
    asm("service", "create", "shop", "--location", "West US")
    pfx = tmp_path / "shop.pfx"
    pfx.write_bytes(service_certificate("shop").pfx(PASSWORD))
    monkeypatch.setenv("ASYNCSM_PASSWORD", PASSWORD)
    asm("service", "certificate", "upload", "shop", pfx)
    assert len(asm("service", "certificate", "list", "shop")) == 1
    monkeypatch.delenv("ASYNCSM_PASSWORD")
    made = create_management_certificate("another", directory=tmp_path)
    asm("account", "certificate", "upload", made.pem_path)
    listed = {one["subscription_certificate_thumbprint"] for one in asm("account", "certificate", "list")}
    assert made.certificate.thumbprint in listed
    assert asm("service", "certificate", "upload", "shop", tmp_path / "shop.txt")[0] == 2


def test_networks_are_made_and_deleted(asm):
    """One by one, though they are parts of one file."""
    for name in ("inside", "outside"):
        asm("network", "vnet", "create", name, "--address-space", "10.0.0.0/16", "--location", "West US")
    asm("network", "vnet", "delete", "inside", "--yes")
    assert [one["name"] for one in asm("network", "vnet", "list")] == ["outside"]


def test_models_are_given_by_fields_as_json_or_in_files(asm, tmp_path):
    """Fields in options go before those of the document; a file may have it all."""
    asm("sb", "namespace", "create", "messages", "--region", "West US")
    while asm("sb", "namespace", "show", "messages")["status"] != "Active":
        pass
    asm("sb", "queue", "create", "messages", "one", "--max-size-in-megabytes", 2048, "--requires-session")
    asm("sb", "queue", "create", "messages", "two", "--queue", '{"max_size_in_megabytes": 1024, "lock_duration": "PT30S"}',
        "--max-size-in-megabytes", 3072)  # fmt: skip
    file = tmp_path / "three.yaml"
    file.write_text("queue: {max_size_in_megabytes: 4096}\nrequires-session: true\n")
    asm("sb", "queue", "create", "messages", "three", "--from-file", file)
    found = {one["name"]: one for one in asm("sb", "queue", "list", "messages")}
    sizes = {name: one["max_size_in_megabytes"] for name, one in found.items()}
    assert sizes == {"one": 2048, "two": 3072, "three": 4096}
    assert (found["one"]["requires_session"], found["three"]["requires_session"]) == (True, True)


def test_a_long_list_is_shown_whole(asm, shared):
    """However many pages it fills; parts of it are shown when they are asked for."""
    relays = [f"relay{number}" for number in range(120)]
    shared.reset()
    shared.seed({"service_bus_namespaces": [{"name": "messages", "relays": relays}]})
    assert [one["name"] for one in asm("sb", "relay", "list", "messages")] == relays
    assert [one["name"] for one in asm("sb", "relay", "list", "messages", "--top", 2)] == relays[:2]
    assert len(asm("sb", "relay", "list", "messages", "--skip", 10)) == 100


@pytest.mark.parametrize("kind", ["queue", "topic"])
def test_what_is_shown_can_be_given_back(asm, tmp_path, kind):
    """A new one needs nothing but a name; what a read shows is read again, changed or not."""
    asm("sb", "namespace", "create", "messages", "--region", "West US")
    while asm("sb", "namespace", "show", "messages")["status"] != "Active":
        pass
    asm("sb", kind, "create", "messages", "one")
    shown = asm("sb", kind, "show", "messages", "one")
    file = tmp_path / "one.json"
    file.write_text(json.dumps(shown))
    changed = asm(
        "sb", kind, "update", "messages", "one", f"--{kind}", f"@{file}", "--max-size-in-megabytes", 2048
    )
    assert (shown["name"], shown["max_size_in_megabytes"], changed["max_size_in_megabytes"]) == (
        "one",
        1024,
        2048,
    )


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["sb", "queue", "create", "n", "q", "--queue", "{"], "--queue: is neither JSON nor @FILE"),
        (["sb", "queue", "create", "n", "q", "--queue", "[1]"], "--queue: must be an object with fields"),
        (["sb", "queue", "create", "n", "q", "--queue", '{"size": 1}'], "--queue.size: there is no such field among lock_duration,"),
        (["sb", "queue", "create", "n", "q", "--queue", '{"lock_durations": 1}'], "did you mean lock_duration?"),
        (["sb", "queue", "create", "n", "q", "--queue", '"text"'], "--queue: must be an object with fields, not str"),
        (["scheduler", "job", "create", "a", "b", "c", "--job", "<Job/>"], "--job: Job: is JSON, not XML"),
        (["scheduler", "job", "create", "a", "b", "c", "--job", '{"startTime": "never"}'], "--job: Job.startTime: must be"),
        (["site", "configuration", "update", "a", "b", "--configuration", '{"publishing_password": "**********"}'],
         "--configuration: has ********** in place of a secret; --show-secrets shows it"),
        (["scheduler", "job", "add", "a", "b", "--job", '{"action": {"request": {"headers": ["**********"]}}}'], "--show-secrets"),
        (["monitoring", "alert-rule", "set", "a", "b", "--resource-id", "/c", "--metric-name", "d", "--operator", "LessThan",
          "--threshold", "nan"], "--threshold: must be a finite number"),
        (["sb", "queue", "create", "n", "q", "--queue", "@gone.json"], "--queue: cannot read gone.json"),
        (["sb", "queue", "create", "n", "q", "--from-file", "gone.json"], "--from-file: cannot read"),
        (["sb", "queue", "create", "n", "q", "--queue", f"@{__file__}"], f"{__file__} is neither JSON nor YAML"),
        (["sb", "queue", "update", "n", "q"], "--queue: has to be given, as JSON, in a @FILE or by the options"),
        (["service", "create", "shop", "--affinity-group", "a", "--location", "b"], "--location: give either --location"),
        (["circuit", "update", "a"], "--bandwidth: give --bandwidth, --billing-type or --sku"),
        (["vm", "disk", "add", "a", "b", "c", "77", "--disk-name", "d"], "LUN: 77 is not in 0 to 31"),
        (["vm", "disk", "add", "a", "b", "c", "7"], "--disk-name: give --disk-name, --logical-disk-size-in-gb or"),
        (["sql", "server", "create", "--admin-login", "a", "--location", "b"], "ASYNCSM_ADMIN_PASSWORD"),
        (["deployment", "show", "shop"], "Missing argument 'DEPLOYMENT_NAME'"),
        (["certificate", "create", "a/b"], "NAME: names the files"),
        (["certificate", "create", "--days", "99999999"], "--days: is 1 to 36500"),
        (["certificate", "create", "--key-size", "99999999"], "--key-size: is 2048 to 16384 bits"),
        (["service", "create", "x" * 70, "--location", "b"], "SERVICE_NAME: "),
    ],
)  # fmt: skip
def test_errors_name_options_and_arguments(asm, argv, said):
    """And no parameters of Python."""
    code, err = asm(*argv)
    assert (code, said in err, err.count("\n")) == (2, True, 1), err


def test_no_is_an_answer(asm, machine, monkeypatch):
    """Nothing is done then, and that is what is said."""
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    code, said = asm("vm", "delete", *machine)
    assert code == 1, said
    assert said.endswith("asyncsm: nothing was done\n")
    assert len(asm("vm", "list")) == 1


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_table_fits_the_terminal(asm, machine, monkeypatch):
    """Long cells are cut, and columns on the right left out; a file gets it all."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    lines = asm("image", "list", form="table").splitlines()
    assert max(map(len, lines)) <= 60
    assert lines[0].split()[:2] == ["NAME", "SYSTEM"]
    assert any("…" in line for line in lines)


def test_data_for_other_programs(asm, machine):
    """One row a line without headings, or nothing at all."""
    assert asm("vm", "list", form="tsv").split("\t")[:3] == ["shop", "shop", "web1"]
    assert asm("service", "list", "--query", "[].service_name", form="tsv") == "shop\n"
    assert asm("vm", "list", form="none") == ""
    nothing = "[0].[{a: '', b: `null`, c: `[]`, d: `0`, e: `[1, null]`}]"
    assert asm("vm", "list", "--query", nothing, form="tsv") == "\t\t\t0\t1, -\n"


def test_settings_that_stay_with_their_slot(asm):
    """Names of settings may be told alone, and taken back."""
    asm("site", "create", "westuswebspace", "pages", "pages.azurewebsites.net", "--geo-region", "West US")
    site = ("westuswebspace", "pages")
    asm("site", "slot-configuration", "update", *site, "--app-setting-name", "PLACE")
    assert asm("site", "slot-configuration", "show", *site)["app_setting_names"] == ["PLACE"]
    asm("site", "slot-configuration", "update", *site)
    assert asm("site", "slot-configuration", "show", *site)["app_setting_names"] == []


def test_what_was_measured_is_in_the_table(capsys):
    """One line a metric, with times and values in the same order."""
    values = [
        MeasuredValue(timestamp=datetime(2016, 1, 1, hour, tzinfo=UTC), total=hour / 2) for hour in (1, 2)
    ]
    measured = MeasuredMetrics(value=[MeasuredMetric(name="Requests", unit="Count", metric_values=values)])
    show(measured, columns.of("list_metric_values"), Output.TSV)
    name, unit, times, _, _, _, totals, _ = capsys.readouterr().out.strip("\n").split("\t")
    assert (name, unit, totals) == ("Requests", "Count", "0.5, 1.0")
    assert times == "2016-01-01T01:00:00Z, 2016-01-01T02:00:00Z"


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("asyncsm vm start sh", ["shop"]),
        ("asyncsm vm start shop s", ["shop"]),
        ("asyncsm vm start shop shop ", ["web1"]),
        ("asyncsm vm start nowhere ", []),
        ("asyncsm vm disk show shop shop web1 ", []),
        ("asyncsm vm create shop web2 --size Ex", ["ExtraLarge", "ExtraSmall"]),
        ("asyncsm service create pages --location West", ["West Europe", "West US"]),
        ("asyncsm storage account show task", [STORE]),
        ("asyncsm storage account create other --account-type Premium", ["Premium_LRS"]),
        ("asyncsm account use ", []),
    ],
)
def test_names_are_completed(asm, machine, monkeypatch, capsys, tmp_path, typed, found):
    """Those that the service has, given what was typed before; where it has none, nothing is said."""
    monkeypatch.setattr(profiles, "folder", lambda: tmp_path / "settings")
    capsys.readouterr()
    monkeypatch.setenv("_ASYNCSM_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", str(typed.count(" ")))
    with pytest.raises(SystemExit):
        main([])
    out, err = capsys.readouterr()
    assert (sorted(set(found) & set(out.splitlines())), err) == (found, "")
    assert found or not out.strip()


def test_a_word_for_each_retry(asm, shared, capsys):
    """Whoever waits is told why."""
    shared.faults.add(Fault(kind="503", operation="reads", count=1))
    assert main(["service", "list", "-o", "none"]) == 0
    said = capsys.readouterr().err
    assert re.fullmatch(r"GET /services/hostedservices: .+, trying again in \d\.\d s\n", said), said


def test_a_host_that_cannot_be_reached(asm, monkeypatch):
    """It is tried for a while, which is told once, and not for minutes: its name may have been mistyped."""
    monkeypatch.setattr(common, "PATIENCE", 0.5)
    code, said = asm("location", "list", "--host", "127.0.0.1:1")
    again, error = said.splitlines()
    assert code == 7
    assert again == "GET /locations: ConnectionFailed, trying again"
    assert error.startswith("asyncsm: cannot connect to 127.0.0.1:1: ")


def test_a_read_that_takes_too_long_starts_nothing(asm, monkeypatch):
    """So nothing is said of what goes on."""
    code, said = asm("vm", "list", "--deadline", "0")
    assert (code, said) == (9, "asyncsm: not done within 0 s\n")
