"""The command line against an emulator that runs in another thread."""

import inspect
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from doubles.emulator_thread import emulator_in_thread

from asyncsm.cli import main
from asyncsm.cli.common import CallOptions, calling
from asyncsm.credentials import ManagementCertificate, generate_management_certificate
from asyncsm.emulator import ManualClock

ELSEWHERE = "11111111-1111-1111-1111-111111111111"


@pytest.fixture(scope="module")
def shared_emulator():
    with emulator_in_thread(clock="instant") as emulator:
        yield emulator


@pytest.fixture
def emulator(shared_emulator, monkeypatch):
    """An emulator the environment points to; operations are done as soon as somebody looks."""
    point_to(shared_emulator, monkeypatch)
    return shared_emulator


def point_to(emulator, monkeypatch):
    monkeypatch.setenv("AZURE_MANAGEMENT_SUBSCRIPTIONID", emulator.subscription_id)
    monkeypatch.setenv("AZURE_MANAGEMENT_CERTFILE", str(emulator.certificate_path))
    monkeypatch.setenv("AZURE_MANAGEMENT_HOST", emulator.url)
    monkeypatch.setenv("AZURE_MANAGEMENT_CA_FILE", str(emulator.ca_path))


@dataclass
class Result:
    code: int
    out: str
    err: str

    @property
    def data(self):
        return json.loads(self.out)


@pytest.fixture
def asm(capsys, monkeypatch):
    """Runs a command in this process."""
    for name in ("SUBSCRIPTIONID", "CERTFILE", "HOST", "CA_FILE"):
        monkeypatch.delenv(f"AZURE_MANAGEMENT_{name}", raising=False)

    def run(*argv):
        code = main([str(each) for each in argv])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Result(code, captured.out, captured.err)

    return run


@pytest.fixture
def service(asm, emulator, request):
    """A hosted service of this test's own."""
    name = request.node.originalname.replace("_", "-")[:60].strip("-")
    assert asm("service", "create", name, "--location", "West US").code == 0
    return name


def one_line(text):
    return text.startswith("asyncsm: ") and text.count("\n") == 1


def test_it_tells_its_version(asm):
    """`asyncsm --version` names program and version on stdout."""
    result = asm("--version")

    assert (result.code, result.out.split()[0]) == (0, "asyncsm")


def test_help_documents_the_exit_codes(asm):
    """`asyncsm --help` lists what the exit codes mean."""
    result = asm("--help")

    assert result.code == 0
    assert "130 interrupted" in " ".join(result.out.split())


def test_data_is_a_table_by_default(asm, emulator):
    """Without options data is a table with headings, never broken when it is no terminal's."""
    lines = asm("location", "list").out.splitlines()

    assert lines[0].split() == ["NAME", "DISPLAY", "NAME", "AVAILABLE", "SERVICES"]
    assert any(line.startswith("West US ") for line in lines)
    assert all(line == line.rstrip() for line in lines)


def test_data_can_be_json(asm, emulator):
    """`--output json` prints one document with the models' Python names."""
    first = asm("location", "list", "--output", "json").data[0]

    assert {"name", "display_name", "available_services"} <= first.keys()


def test_data_can_be_yaml(asm, emulator):
    """`--output yaml` prints YAML."""
    assert "- West US\n" in asm("location", "list", "-o", "yaml", "--query", "[].name").out


def test_a_query_chooses_from_the_data(asm, emulator):
    """`--query` shows what a JMESPath expression finds, one value a line in a table."""
    names = asm("location", "list", "--query", "[].name").out.splitlines()

    assert "West US" in names


@pytest.mark.parametrize("query", ["[[", "nothing(@)", "length(@, @)"])
def test_a_bad_query_is_told_before_the_work(asm, emulator, query):
    """Or the same command again would find what it has made already."""
    result = asm("service", "create", "queried", "--location", "West US", "--query", query)

    assert (result.code, "--query" in result.err) == (2, True)
    assert asm("service", "show", "queried").code == 4


@pytest.mark.parametrize("query", ["[?name=='Mars']", "[0].nothing", "`{}`"])
def test_a_query_may_find_nothing(asm, emulator, query):
    """Where nothing is found, nothing is shown, and that is no error."""
    result = asm("location", "list", "--query", query)

    assert (result.code, result.out.strip(" -\n")) == (0, "")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ('[{"a": 1, "b": [2, 3]}, {"a": 4, "b": []}]', "a=1, b=(2, 3); a=4, b=-"),
        ('{"a": {"b": 1, "c": null}, "d": true}', "a=(b=1, c=-), d=yes"),
        ('["x", null, ""]', "x, -, -"),
        ("[[1, 2], [3]]", "1, 2; 3"),
    ],
)
def test_parts_of_a_cell_are_told_apart(asm, emulator, value, shown):
    """What stands in parts of a value is not taken for what stands beside them."""
    assert asm("location", "list", "--query", f"{{one: `{value}`}}").out == f"one  {shown}\n"


@pytest.mark.parametrize(("query", "shown"), [("`false`", "no"), ("length(@) == `0`", "no"), ("`0`", "0")])
def test_what_is_false_is_shown(asm, emulator, query, shown):
    """False and zero are no absence."""
    assert asm("location", "list", "--query", query).out == f"{shown}\n"


def test_verbose_shows_exchanges_on_stderr_only(asm, emulator):
    """`--verbose` tells method, path, status and request id, without the subscription id."""
    result = asm("location", "list", "--verbose", "-o", "json")

    assert result.data
    assert "GET /locations -> 200, request " in result.err
    assert emulator.subscription_id not in result.err


def test_a_service_is_created_shown_listed_and_deleted(asm, emulator):
    """The life of a hosted service, each step telling its operation and request id."""
    created = asm(
        "service", "create", "shop", "--location", "West US", "--property", "team=web", "-o", "json"
    )
    shown = asm("service", "show", "shop", "-o", "json").data
    upright = asm("service", "show", "shop").out
    listed = asm("service", "list").out
    deleted = asm("service", "delete", "shop", "-o", "json", "--yes").data

    assert created.data["operation"] == "CreateHostedService"
    assert len(created.data["request_id"]) == 32
    assert shown["hosted_service_properties"]["extended_properties"] == {"team": "web"}
    assert shown["hosted_service_properties"]["label"] == "shop"
    assert re.search(r"^properties +team=web\b", upright, re.MULTILINE)
    assert re.search(r"^shop +shop +West US +- +Created$", listed, re.MULTILINE)
    assert (deleted["operation"], deleted["status"]) == ("DeleteHostedService", "Succeeded")
    assert asm("service", "show", "shop").code == 4


def test_a_change_can_be_left_and_awaited_later(asm, service):
    """`--no-wait` returns an operation in progress, which `operation wait` sees to its end."""
    left = asm("service", "delete", service, "--complete", "--no-wait", "-o", "json", "--yes").data
    ended = asm("operation", "wait", left["request_id"], "-o", "json")

    assert left["status"] == "InProgress"
    assert (ended.code, ended.data["status"]) == (0, "Succeeded")
    assert asm("operation", "show", left["request_id"], "-o", "json").data["status"] == "Succeeded"


@pytest.mark.parametrize("form", [str, lambda one: one.replace("-", ""), lambda one: f" {one} "])
def test_a_circuit_is_awaited_by_the_id_of_its_operation(asm, emulator, form):
    """Operations of gateways and circuits are told of elsewhere, and what they result in is shown with them."""
    new = ("--circuit-name", "c", "--service-provider-name", "Equinix", "--location", "Silicon Valley")
    left = asm("circuit", "create", *new, "--bandwidth", "200", "--no-wait", "-o", "json").data

    ended = asm("operation", "wait", form(left["request_id"]), "-o", "json")

    (circuit,) = asm("circuit", "list", "-o", "json").data
    shown = asm("operation", "show", left["request_id"], "--query", "data", "-o", "tsv")
    told = asm("operation", "show", left["request_id"]).out
    assert (ended.code, ended.data["status"]) == (0, "Succeeded")
    assert ended.data["data"] == shown.out.strip() == circuit["service_key"]
    assert re.search(rf"^data +{circuit['service_key']}$", told, re.MULTILINE)
    assert asm("circuit", "delete", circuit["service_key"], "--yes").code == 0


def test_what_an_operation_results_in_is_shown(asm, emulator):
    """As the key of a new circuit, which names it from then on."""
    new = ("--circuit-name", "c", "--service-provider-name", "Equinix", "--location", "Silicon Valley")

    made = asm("circuit", "create", *new, "--bandwidth", "200").out

    key = asm("circuit", "list", "--query", "[0].service_key", "-o", "tsv").out.strip()
    assert re.search(rf"^data +{key}$", made, re.MULTILINE)
    deleted = asm("circuit", "delete", key, "--yes", "-o", "json").data
    assert "data" not in deleted


def test_a_swap_of_slots_is_awaited_by_the_id_of_its_operation(asm, emulator):
    """The id of a site's operation has the site before it."""
    space = ("westuswebspace", "pages")
    asm("site", "create", *space, "pages.azurewebsites.net", "--geo-region", "West US")
    slot = ("westuswebspace", "pages(staging)")
    asm("site", "create", *slot, "pages-staging.azurewebsites.net", "--geo-region", "West US")
    left = asm("site", "swap-slots", *slot, "--target-slot", "Production", "--no-wait", "-o", "json").data

    ended = asm("operation", "wait", left["request_id"], "-o", "json")

    assert (ended.code, ended.data["status"]) == (0, "Succeeded")


@pytest.mark.parametrize("given", ["0" * 32, "nothing/of/that", "nothing"])
def test_an_operation_that_there_is_not_is_told(asm, emulator, given):
    """Wherever it was asked for, the line is of the list that has most of them, or of the site."""
    refused = asm("operation", "wait", given)

    assert refused.code in {2, 4}
    assert refused.err.count("\n") == 1


def test_operations_are_listed_the_latest_last(asm, service):
    """`operation list` names what was done to what, and never the arguments, which may be secret."""
    asm("service", "delete", service, "--yes")

    listed = asm("operation", "list", "-o", "json")

    assert listed.data[-1]["operation_name"] == "DeleteHostedService"
    assert listed.data[-1]["operation_object_id"].endswith(service)
    assert '"value"' not in listed.out


def test_a_passed_deadline_has_an_exit_code(asm, monkeypatch):
    """`--deadline` ends a wait with code 9; the operation is named, and the command that waits on."""
    with emulator_in_thread(clock=ManualClock()) as emulator:
        point_to(emulator, monkeypatch)
        asm("service", "create", "slow", "--location", "West US")
        result = asm("service", "delete", "slow", "--complete", "--deadline", "0.2", "--yes")

    assert result.code == 9
    accepted, ended = result.err.splitlines()
    request_id = re.match(r"DeleteHostedService: request (\w+) accepted", accepted)[1]
    assert ended.endswith(f"what was started goes on: asyncsm operation wait {request_id}")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (True, "asyncsm: not waited for any more; what was started goes on: see asyncsm operation list\n"),
        (False, ""),
    ],
)
def test_ctrl_c_tells_of_what_was_sent(capsys, changed, told):
    """Whatever the command was about to do with it; of what only reads there is nothing to tell."""

    async def interrupted(call: CallOptions) -> None:
        call.changed = changed
        raise KeyboardInterrupt

    command = calling(interrupted)
    with pytest.raises(KeyboardInterrupt):
        command(**{one.name: one.default for one in inspect.signature(command).parameters.values()})
    assert capsys.readouterr().err == told


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (["location", "list", "--nonsense"], 2, "--nonsense"),
        (["location", "lisst"], 2, "lisst"),
        (["service", "show"], 2, "Missing argument"),
        (["location", "list", "--query"], 2, "requires an argument (see asyncsm location list --help)"),
        (["sb", "queue", "--nonsense"], 2, "(see asyncsm sb queue --help)"),
        (["location", "list", "--output", "xml"], 2, "'-o': 'xml' is not one of"),
        (["location", "list", "--query", "[["], 2, "--query"),
        (["location", "list", "--query", "(" * 5000], 2, "--query"),
        (["location", "list", "--host", "http://example.com"], 2, "HTTPS"),
        (["service", "create", "a_b", "--location", "West US"], 2, "a_b"),
        (["service", "create", "ab"], 2, "location"),
        (["service", "create", "ab", "--location", "Mars"], 2, "location constraint"),
        (["service", "create", "ab", "--location", "West US", "--property", "x"], 2, "NAME=VALUE"),
        (["operation", "list", "--status", "Done"], 2, "Done"),
        (["operation", "show", "0" * 32], 2, "not found"),
        (["operation", "show", "{}"], 2, "token"),
        (["operation", "show", " "], 2, "empty"),
        (["location", "list", "--cert-file", "/does/not/exist.pem"], 3, "/does/not/exist.pem"),
        (["location", "list", "--subscription-id", ELSEWHERE], 3, "associated with this subscription"),
        (["certificate", "show", "/does/not/exist.pem"], 3, "/does/not/exist.pem"),
        (["service", "show", "nowhere"], 4, "ResourceNotFound"),
        (["emulator", "start", "--clock", "soon"], 2, "soon"),
        (["emulator", "start", "--port", "-1"], 2, "--port"),
        (["emulator", "start", "--database", f"{__file__}/x.db"], 2, f"--database: {__file__}/x.db"),
        (["emulator", "start", "--seed-file", "nothing"], 2, "--seed-file: nothing"),
        (["demo", "--clock", "0"], 2, "--clock"),
    ],
)
def test_bad_input_is_one_line_and_a_code(asm, emulator, argv, code, said):
    """What cannot work is told in one line on stderr, with the exit code of its class."""
    result = asm(*argv)

    assert result.code == code
    assert one_line(result.err), result.err
    assert said in result.err
    assert result.out == ""


def test_a_taken_name_is_a_conflict(asm, service):
    """Creating what exists ends with code 5."""
    result = asm("service", "create", service, "--location", "West US")

    assert result.code == 5
    assert one_line(result.err)


def test_a_server_that_is_not_trusted_is_a_transport_error(asm, emulator, monkeypatch):
    """A server whose certificate nobody vouches for ends with code 7 and names the remedy."""
    monkeypatch.delenv("AZURE_MANAGEMENT_CA_FILE")

    result = asm("location", "list")

    assert result.code == 7
    assert one_line(result.err)
    assert "--ca-file" in result.err


def test_a_taken_port_is_told(asm, emulator):
    """An emulator that cannot listen says where and why."""
    result = asm("emulator", "start", "--port", emulator.port)

    assert result.code == 2
    assert one_line(result.err)
    assert str(emulator.port) in result.err


@pytest.mark.parametrize("option", ["--host", "--admin-host"])
@pytest.mark.parametrize("name", ["nobody..example", "x" * 64 + ".example", "no host"])
def test_a_host_that_cannot_be_is_told(asm, option, name):
    """So is a name that no host can have."""
    result = asm("emulator", "start", "--port", 0, option, name)

    assert result.code == 2
    said = result.err.splitlines()[-1]
    assert (
        said == f"asyncsm: {option}: it is {name!r}, which is neither the name of a computer nor an address"
    )


def test_without_arguments_credentials_are_asked_for(asm):
    """Without options and environment the first thing missing is named."""
    result = asm("location", "list")

    assert result.code == 3
    assert "AZURE_MANAGEMENT_CERTFILE" in result.err


class TestCertificate:
    """`asyncsm certificate`."""

    def test_it_makes_one_that_it_can_show(self, asm, tmp_path):
        """`create` writes the files and `show` reads them; the key itself is never shown."""
        made = asm("certificate", "create", "mine", "--directory", tmp_path, "-o", "json").data
        shown = asm("certificate", "show", tmp_path / "mine.pem", "-o", "json")

        assert (tmp_path / "mine.cer").read_bytes()
        assert made["pem"] == str(tmp_path / "mine.pem")
        assert shown.data["thumbprint"] == made["thumbprint"]
        assert shown.data["days_left"] == 364
        assert "PRIVATE" not in shown.out

    def test_it_does_not_overwrite(self, asm, tmp_path):
        """An existing certificate is kept unless `--overwrite` is given."""
        create = ["certificate", "create", "mine", "--directory", tmp_path]
        asm(*create)

        assert asm(*create).code == 3
        assert asm(*create, "--overwrite").code == 0

    def test_it_is_shown_what_to_do_next(self, asm, tmp_path):
        """What to upload, and what to set, is told on stderr."""
        result = asm("certificate", "create", "mine", "--directory", tmp_path)

        assert "mine.cer" in result.err
        assert "AZURE_MANAGEMENT_CERTFILE" in result.err


class TestPasswords:
    """Certificates in a PFX with a password."""

    @pytest.fixture
    def pfx(self, emulator, tmp_path):
        file = tmp_path / "mine.pfx"
        ManagementCertificate.load(emulator.certificate_path).write_pfx(file, "Pässw0rd")
        return file

    @pytest.fixture
    def asked(self, monkeypatch):
        """What was asked for; every answer is the password."""
        questions = []
        monkeypatch.setattr("typer.prompt", lambda text, **_: questions.append(text) or "Pässw0rd")
        return questions

    @pytest.mark.parametrize("command", [("service", "list"), ("doctor",), ("certificate", "show")])
    def test_from_the_environment(self, asm, pfx, monkeypatch, command):
        """The variable has it; a line break at its end is not part of it."""
        monkeypatch.setenv("AZURE_MANAGEMENT_CERTFILE", str(pfx))
        refused = asm(*command)
        assert refused.code == 3
        assert "AZURE_MANAGEMENT_CERTPASSWORD" in refused.out + refused.err
        monkeypatch.setenv("AZURE_MANAGEMENT_CERTPASSWORD", "Pässw0rd\r")
        assert asm(*command).code == 0

    def test_asked_for(self, asm, pfx, asked):
        """``--ask-password`` asks once."""
        assert asm("service", "list", "--cert-file", pfx, "--ask-password").code == 0
        assert asked == ["Password"]

    def test_a_wrong_one(self, asm, pfx, monkeypatch):
        """The message names the file, and not the password."""
        monkeypatch.setenv("AZURE_MANAGEMENT_CERTPASSWORD", "hunter2")
        refused = asm("service", "list", "--cert-file", pfx)
        assert refused.code == 3
        assert "mine.pfx: wrong password" in refused.err
        assert "hunter2" not in refused.err

    def test_not_needed(self, asm, emulator, monkeypatch):
        """A file without a password is read whatever the variable says."""
        monkeypatch.setenv("AZURE_MANAGEMENT_CERTPASSWORD", "hunter2")
        assert asm("service", "list").code == 0

    def test_conversions(self, asm, emulator, pfx, tmp_path, asked):
        """Every form becomes every other, and what was not asked for stays as it is."""
        same = ManagementCertificate.load(emulator.certificate_path)
        made = asm("certificate", "convert", pfx, tmp_path / "a.pem", "--ask-password")
        assert made.code == 0
        assert same.thumbprint in made.err
        assert asm("service", "list", "--cert-file", tmp_path / "a.pem").code == 0
        assert asm("certificate", "convert", tmp_path / "a.pem", tmp_path / "b.p12").code == 0
        assert ManagementCertificate.load(tmp_path / "b.p12", "Pässw0rd") == same
        assert asm("certificate", "convert", emulator.publishsettings_path, tmp_path / "c.cer").code == 0
        assert (tmp_path / "c.cer").read_bytes() == same.certificate_der
        (tmp_path / "key.pem").write_bytes((tmp_path / "a.pem").read_bytes().partition(b"-----BEGIN CERT")[0])
        pair = asm(
            "certificate", "convert", tmp_path / "c.cer", tmp_path / "d.pem", "--key", tmp_path / "key.pem"
        )
        assert pair.code == 0
        assert ManagementCertificate.load(tmp_path / "d.pem") == same
        assert asm("certificate", "convert", pfx, tmp_path / "a.pem", "--ask-password").code == 3
        assert asm("certificate", "convert", pfx, tmp_path / "a.txt").code == 2
        assert asked == ["Password", "Password of b.p12", "Password"]


class TestDoctor:
    """`asyncsm doctor`."""

    def test_all_is_well(self, asm, emulator):
        """Every check of a working configuration passes."""
        result = asm("doctor", "--output", "json")

        assert (result.code, result.data["ok"]) == (0, True)
        assert {check["status"] for check in result.data["checks"]} <= {"ok", "warning"}

    def test_checks_are_lines_with_marks(self, asm, emulator):
        """For people each check is a line that begins with a mark."""
        lines = asm("doctor").out.splitlines()

        assert lines[0].startswith("✓ certificate")

    @pytest.mark.parametrize(
        ("argv", "check", "code"),
        [
            (["--cert-file", "/does/not/exist.pem"], "certificate", 3),
            (["--subscription-id", "mine"], "subscription", 2),
            (["--subscription-id", ELSEWHERE], "permission", 3),
            (["--host", "https://host/path"], "host", 2),
            (["--host", "127.0.0.1:1"], "connection", 7),
            (["--ca-file", "/does/not/exist.pem"], "TLS", 3),
        ],
    )
    def test_the_first_failure_is_explained(self, asm, emulator, argv, check, code):
        """What is wrong comes with advice and the exit code of its class; the rest is skipped."""
        result = asm("doctor", *argv, "-o", "json")

        failed = [each for each in result.data["checks"] if each["status"] == "failed"]
        assert result.code == code
        assert [each["check"] for each in failed] == [check]
        assert failed[0]["advice"]

    def test_a_server_nobody_vouches_for(self, asm, emulator, monkeypatch):
        """An untrusted server is told from a refused certificate."""
        monkeypatch.delenv("AZURE_MANAGEMENT_CA_FILE")

        result = asm("doctor")

        assert result.code == 7
        assert "✗ TLS" in result.out
        assert "--ca-file" in result.out

    def test_a_port_that_speaks_no_tls(self, asm, emulator):
        """A web server without TLS, such as the emulator's control port, is no matter of certificates."""
        port = emulator.admin_url.removeprefix("http://")
        for result in (asm("doctor", "--host", port), asm("service", "list", "--host", port)):
            assert result.code == 7
            assert f"{port} does not speak TLS" in result.out + result.err
            assert "refuse" not in result.out + result.err

    @pytest.mark.parametrize(
        ("begun_days_ago", "days", "status", "said"),
        [(400, 365, "failed", "expired"), (360, 365, "warning", "expires in")],
    )
    def test_dates_are_checked(self, asm, emulator, tmp_path, begun_days_ago, days, status, said):
        """An expired certificate fails; one that expires soon is a warning."""
        begun = datetime.now(UTC) - timedelta(days=begun_days_ago)
        generate_management_certificate("old", days, now=begun).write_pem(tmp_path / "old.pem")

        checks = asm("doctor", "--cert-file", tmp_path / "old.pem", "-o", "json").data["checks"]

        validity = next(each for each in checks if each["check"] == "validity")
        assert validity["status"] == status
        assert said in validity["detail"]

    def test_a_certificate_nobody_uploaded(self, asm, emulator, tmp_path):
        """A good certificate the service does not know fails with advice to upload it."""
        asm("certificate", "create", "new", "--directory", tmp_path)

        result = asm("doctor", "--cert-file", tmp_path / "new.pem")

        assert result.code in {3, 7}  # refused by the service, or by its TLS already
        assert "upload" in result.out
        assert "✓ TLS" not in result.out
        assert "None" not in result.out

    def test_ids_as_people_paste_them(self, asm, emulator, monkeypatch):
        """Braces, blanks and a carriage return around an id are left out, also by the calls that follow."""
        monkeypatch.setenv("AZURE_MANAGEMENT_SUBSCRIPTIONID", f" {{{emulator.subscription_id}}}\r")
        assert f"✓ subscription {emulator.subscription_id}" in asm("doctor").out
        assert asm("service", "list").code == 0

    def test_a_proxy_without_a_scheme(self, asm, emulator, monkeypatch):
        """The message has no password, and the calls that follow are refused in the same words."""
        monkeypatch.setenv("HTTPS_PROXY", "ada:hunter2@proxy.example:3128")
        monkeypatch.setenv("NO_PROXY", "")
        for result in (asm("doctor"), asm("service", "list")):
            assert result.code == 2
            assert "proxy.example:3128' is not of the form http://" in result.out + result.err
            assert "hunter2" not in result.out + result.err
