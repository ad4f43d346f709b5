"""Profiles of the command line: subscriptions by name, kept where only their user can read them."""

import io
import json
import stat

import pytest
from doubles.emulator_thread import emulator_in_thread

from asyncsm.cli import main, profiles
from asyncsm.credentials import ManagementCertificate, write_publishsettings

PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def emulator():
    with emulator_in_thread(clock="instant", subscriptions=2) as running:
        yield running


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The folder of the profiles, and no variable that goes before them."""
    for name in profiles.VARIABLES.values():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(profiles, "folder", lambda: tmp_path / "settings")
    return tmp_path / "settings"


@pytest.fixture
def certificate(emulator):
    return ManagementCertificate.load(emulator.certificate_path)


@pytest.fixture
def settings(emulator, certificate, tmp_path):
    """A publishsettings file with both subscriptions of the emulator."""
    file = tmp_path / "mine.publishsettings"
    ids = list(emulator.state.subscriptions)
    named = [(ids[0], "Contoso Production"), (ids[1], "Contoso Tests")]
    write_publishsettings(file, certificate, named, emulator.url)
    return file


@pytest.fixture
def pfx(certificate, tmp_path):
    file = tmp_path / "mine.pfx"
    certificate.write_pfx(file, PASSWORD)
    return file


@pytest.fixture
def asm(capsys):
    """Runs a command; returns its data, or its exit code and the line it says."""

    def run(*argv):
        code = main([*map(str, argv)])
        captured = capsys.readouterr()
        if code:
            return code, captured.err
        return json.loads(captured.out) if "json" in argv else captured.out

    return run


def services(asm):
    return {line.split("\t")[0] for line in asm("service", "list", "-o", "tsv").splitlines()}


def imported(asm, emulator, *argv):
    return asm("account", "import", *argv, "--ca-file", emulator.ca_path, "-o", "json")


def test_each_subscription_of_a_file_becomes_a_profile(asm, emulator, settings, folder):
    """Named as it is called; the first one is used at once, the other by its name, or from now on."""
    made = imported(asm, emulator, settings)
    assert [one["name"] for one in made] == ["contoso-production", "contoso-tests"]
    assert [one["current"] for one in made] == [True, False]
    asm("service", "create", "first", "--location", "West US")
    asm("service", "create", "second", "--location", "West US", "--profile", "contoso-tests")
    assert services(asm) >= {"first"}
    asm("account", "use", "contoso-tests")
    assert services(asm) == {"second"}
    assert [one["current"] for one in asm("account", "list", "-o", "json")] == [False, True]


def test_doctor_examines_a_profile(asm, emulator, settings):
    """As any command would use it."""
    imported(asm, emulator, settings)
    examined = asm("doctor", "--profile", "contoso-tests", "-o", "json")
    assert examined["ok"] is True
    assert list(emulator.state.subscriptions)[1] in str(examined["checks"])


def test_only_the_user_can_read_what_is_kept(asm, emulator, settings, folder):
    """Profiles, and the copy of the file with the key."""
    imported(asm, emulator, settings)
    files = [one for one in folder.rglob("*") if one.is_file()]
    assert sorted(one.name for one in files) == ["contoso-production.publishsettings", "profiles.toml"]
    assert {stat.S_IMODE(one.stat().st_mode) for one in files} == {0o600}


def test_importing_again_replaces(asm, emulator, settings):
    """A subscription has one profile, whatever it is called by now."""
    imported(asm, emulator, settings)
    again = imported(asm, emulator, settings)
    assert [one["name"] for one in again] == ["contoso-production", "contoso-tests"]
    assert len(asm("account", "list", "-o", "json")) == 2


def test_a_profile_is_shown_without_its_key(asm, emulator, settings, certificate):
    """With subject and dates of its certificate."""
    imported(asm, emulator, settings)
    shown = asm("account", "show", "-o", "json")
    assert shown["thumbprint"] == certificate.thumbprint
    assert shown["subscription_name"] == "Contoso Production"
    assert "PRIVATE" not in str(shown)


def test_a_profile_is_removed_with_the_last_copy_of_its_certificate(asm, emulator, settings, folder):
    """While another profile has the copy, it stays."""
    imported(asm, emulator, settings)
    code, said = asm("account", "remove", "contoso-production")
    assert (code, "give --yes" in said) == (2, True)
    asm("account", "remove", "contoso-production", "--yes")
    assert list(folder.rglob("*.publishsettings"))
    asm("account", "remove", "contoso-tests", "--yes")
    assert not list(folder.rglob("*.publishsettings"))
    assert asm("account", "list", "-o", "json") == []


@pytest.mark.parametrize("store", [False, True])
def test_the_password_of_a_pfx_is_kept_only_if_that_is_wished(asm, emulator, pfx, folder, store, monkeypatch):
    """Else it comes from the variable, or is asked for."""
    monkeypatch.setenv("AZURE_MANAGEMENT_CERTPASSWORD", PASSWORD)
    options = ["--subscription-id", emulator.subscription_id, "--host", emulator.url, "--name", "box"]
    imported(asm, emulator, pfx, *options, *(["--store-password"] if store else []))
    kept = (folder / profiles.FILE).read_text(encoding="utf-8")
    assert (PASSWORD in kept, "ask_password = true" in kept) == (store, not store)
    assert "West US" in asm("location", "list")
    assert asm("account", "show", "-o", "json")["password"] == ("kept" if store else "asked for")
    monkeypatch.delenv("AZURE_MANAGEMENT_CERTPASSWORD")
    if store:
        assert "West US" in asm("location", "list")
        return
    assert asm("location", "list")[0] == 3
    asked = []
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("typer.prompt", lambda text, **_: asked.append(text) or PASSWORD)
    assert "West US" in asm("location", "list")
    assert asked == ["Password"]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_variables_go_before_a_profile(asm, emulator, settings, monkeypatch):
    """Also before one that is named, which is told then; an option goes before both."""
    imported(asm, emulator, settings)
    ids = list(emulator.state.subscriptions)
    monkeypatch.setenv("AZURE_MANAGEMENT_SUBSCRIPTIONID", ids[1])
    listed = ("account", "subscription", "show", "-o", "json")
    assert asm(*listed)["subscription_id"] == ids[1]
    assert asm(*listed, "--profile", "contoso-production")["subscription_id"] == ids[1]
    assert asm(*listed, "--subscription-id", ids[0])["subscription_id"] == ids[0]
    assert main(["location", "list", "-o", "none", "--profile", "contoso-production"]) == 0


def test_a_variable_that_goes_before_a_named_profile_is_told(emulator, settings, asm, monkeypatch, capsys):
    """On stderr, as the data is the variable's."""
    imported(asm, emulator, settings)
    monkeypatch.setenv("AZURE_MANAGEMENT_SUBSCRIPTIONID", list(emulator.state.subscriptions)[1])
    main(["location", "list", "-o", "none", "--profile", "contoso-production"])
    said = "AZURE_MANAGEMENT_SUBSCRIPTIONID of the environment goes before profile contoso-production"
    assert capsys.readouterr() == ("", f"asyncsm: {said}\n")


def test_a_certificate_from_elsewhere_has_no_part_in_the_current_profile(asm, emulator, settings, tmp_path):
    """Its subscription and host would be of no use for it."""
    imported(asm, emulator, settings)
    other = tmp_path / "other.publishsettings"
    other.write_bytes(settings.read_bytes())
    assert asm("location", "list", "--cert-file", other)[0] == 7, "nobody vouches for the emulator"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["location", "list", "--profile", "nobody"], "there is no profile 'nobody'"),
        (["account", "use", "nobody"], "NAME: there is no profile 'nobody'"),
        (["account", "show"], "there is no current profile"),
        (["account", "import", "{pfx}"], "--subscription-id: has to be given"),
        (["account", "import", "{settings}", "--name", "one"], "--name: "),
        (["account", "import", "{settings}", "--name", "a/b"], "--name: 'a/b'"),
    ],
)
def test_bad_input_is_one_line(asm, pfx, settings, argv, said):
    """It tells what would do."""
    code, err = asm(*(each.format(pfx=pfx, settings=settings) for each in argv))
    assert (code, said in err, err.count("\n")) == (2, True, 1), err


def test_a_certificate_without_a_key_is_named(asm, emulator):
    """Its file is, also where a profile was to be made of it."""
    code, err = asm("account", "import", emulator.ca_path, "--subscription-id", emulator.subscription_id)
    assert (code, err.count("\n")) == (3, 1)
    assert err.startswith(f"asyncsm: {emulator.ca_path}: has a certificate but no private key")


@pytest.mark.parametrize("content", ["current =", "[profiles.a]\nhots = 'x'", "[profiles.a]\nhost = 1"])
def test_a_damaged_file_is_told(asm, folder, content):
    """With its path; it is never overwritten."""
    folder.mkdir()
    (folder / profiles.FILE).write_text(content)
    code, err = asm("account", "list")
    assert (code, str(folder / profiles.FILE) in err) == (2, True)


def test_any_text_survives(folder):
    """Names and paths may have any characters."""
    odd = 'a "quoted" \\ back\tslash \x7f é 𝄞'
    kept = profiles.Profiles("x", {"x": profiles.Profile(subscription_name=odd, cert_file=odd)})
    profiles.save(kept)
    assert profiles.read() == kept


def test_names_are_completed_and_kept_for_a_while(asm, emulator, settings, monkeypatch, folder, capsys):
    """Of services and their deployments, also where the service is gone by then."""
    imported(asm, emulator, settings)
    asm("service", "create", "shop", "--location", "West US")
    monkeypatch.setenv("_ASYNCSM_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_CWORD", "3")
    monkeypatch.setenv("COMP_WORDS", "asyncsm service show sh")
    with pytest.raises(SystemExit):
        main([])
    assert capsys.readouterr().out.strip() == "shop"
    assert stat.S_IMODE((folder / "names.json").stat().st_mode) == 0o600
    monkeypatch.setattr("asyncsm.cli.profiles.Connection.service", None)
    with pytest.raises(SystemExit):
        main([])
    assert capsys.readouterr().out.strip() == "shop"
