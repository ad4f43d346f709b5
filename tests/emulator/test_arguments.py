"""Arguments of an emulator: what cannot be is refused when it is given, in words."""

from datetime import UTC, datetime

import pytest

from asyncsm.cli import main
from asyncsm.emulator import Emulator, EmulatorOptions, Limits, ManualClock, Quotas, Throttle

CENTURY = 100 * 365 * 86_400

WRONG = [
    ({"host": None}, TypeError, "host is str, not None"),
    ({"host": ""}, ValueError, "host is empty"),
    ({"host": "a b"}, ValueError, "host is 'a b', which is neither"),
    ({"host": "0"}, ValueError, "host is '0', which is neither"),
    ({"host": "bücher.example"}, ValueError, "host is 'bücher.example', which is neither"),
    ({"port": "8443"}, TypeError, "port is int, not '8443'"),
    ({"port": True}, TypeError, "port is int, not True"),
    ({"port": -1}, ValueError, "port is a number from 0 to 65,535"),
    ({"admin_port": 65_536}, ValueError, "admin_port is a number from 0 to 65,535"),
    ({"directory": 5}, TypeError, "directory is str or PathLike or None"),
    ({"database": ""}, ValueError, "database is '', which names no file"),
    ({"database": b"x"}, TypeError, "database is str or PathLike or None"),
    ({"clock": None}, TypeError, "clock is str or float or int or Clock, not None"),
    ({"clock": float("nan")}, ValueError, "factor"),
    ({"clock": "1e300"}, ValueError, "factor"),
    ({"subscriptions": 0}, ValueError, "subscriptions is a number from 1"),
    ({"subscriptions": "mine"}, TypeError, "subscriptions is a number, or a list of ids or names"),
    ({"subscriptions": []}, ValueError, "at least one subscription"),
    ({"subscriptions": [1]}, TypeError, "id or name of subscriptions is str"),
    ({"subscriptions": ["a", "A"]}, ValueError, "one twice"),
    ({"subscriptions": ["a", ""]}, ValueError, "an empty id or name"),
    ({"subscriptions": [" "]}, ValueError, "an empty id or name"),
    ({"subscriptions": ["\ud800"]}, ValueError, "an empty id or name"),
    ({"seed": "x"}, TypeError, "seed is int or None"),
    ({"quotas": 20}, TypeError, "quotas is Quotas or Mapping or None"),
    ({"quotas": {"core": 20}}, ValueError, "there is no quota core, only affinity_groups, .*, cores, "),
    ({"quotas": {"cores": "20"}}, TypeError, "quota cores is int"),
    ({"quotas": {"cores": -1}}, ValueError, "quota cores is a number from 0"),
    ({"quotas": {"cores": 2**31}}, ValueError, "quota cores is a number from 0 to 2,147,483,647"),
    ({"throttle": 300}, TypeError, "throttle is str or Throttle or None"),
    ({"contents": []}, TypeError, "contents is SeedDocument or Mapping or None"),
    ({"strict": "yes"}, TypeError, "strict is bool"),
    ({"limits": {"connections": 5}}, TypeError, "limits is Limits"),
    ({"hostnames": "build"}, TypeError, "hostnames is a list"),
    ({"hostnames": [5]}, TypeError, "a name of hostnames is str"),
    ({"hostnames": ["https://build"]}, ValueError, "'https://build', which is neither"),
    ({"hostnames": ["build:8443"]}, ValueError, "'build:8443', which is neither"),
    ({"hostnames": ["256.1.1.1"]}, ValueError, "'256.1.1.1', which is neither"),
    ({"hostnames": ["a" * 64]}, ValueError, "a', which is neither"),
    ({"admin_host": ""}, ValueError, "admin_host is empty"),
    ({"admin_host": "*"}, ValueError, "admin_host is '.', which is neither"),
]


@pytest.mark.parametrize("make", [Emulator, EmulatorOptions])
@pytest.mark.parametrize(("given", "error", "said"), WRONG)
def test_what_cannot_be_is_refused_at_once(make, given, error, said):
    """By the emulator and by its options, before anything is opened."""
    with pytest.raises(error, match=said):
        make(**given)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Quotas(cores=1.5),
        lambda: Quotas(cores=True),
        lambda: Throttle("3", 10),
        lambda: Throttle(3, "10"),
        lambda: Limits(connections=1.5),
        lambda: Limits(head_seconds="1"),
    ],
)
def test_values_are_checked_too(make):
    """So are what they are made of."""
    with pytest.raises(TypeError):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Throttle(1_000_001, 10),
        lambda: Throttle(3, CENTURY * 2),
        lambda: Throttle(3, float("nan")),
        lambda: Limits(head_seconds=float("nan")),
        lambda: Limits(head_seconds=float("inf")),
        lambda: Limits(connections=-1),
        lambda: Quotas(cores=-1),
        lambda: ManualClock(datetime(9500, 1, 1, tzinfo=UTC)),
        lambda: ManualClock(datetime(10, 1, 1, tzinfo=UTC)),
    ],
)
def test_numbers_that_cannot_be(make):
    """Negative, too large, infinite, or none at all."""
    with pytest.raises(ValueError, match=r"throttle|limits|quota|calendar"):
        make()


async def test_quotas_may_be_a_mapping(directory):
    """Those that are not named are the usual ones."""
    async with Emulator(directory=directory, quotas={"cores": 7}) as emulator:
        (subscription,) = emulator.state.subscriptions.values()
        assert subscription.quotas == Quotas(cores=7)


def test_each_option_may_stand_in_the_environment(monkeypatch):
    """A container has no command line of its own; the command line goes before the environment."""
    started = []

    async def serve(options, _):
        started.append(options)

    monkeypatch.setattr("asyncsm.emulator.serve", serve)
    for name, value in {
        "HOST": "0.0.0.0",
        "HOSTNAME": "build build.example.test",
        "PORT": "9443",
        "ADMIN_HOST": "::",
        "ADMIN_PORT": "9444",
        "CLOCK": "real",
        "STRICT": "1",
        "QUOTA": "cores=5 dns_servers=6",
        "SUBSCRIPTIONS": "3",
    }.items():
        monkeypatch.setenv(f"ASYNCSM_EMULATOR_{name}", value)
    assert main(["emulator", "start", "--clock", "instant"]) == 0
    (options,) = started
    assert (options.host, options.port, options.admin_host, options.admin_port) == (
        "0.0.0.0",
        9443,
        "::",
        9444,
    )
    assert options.hostnames == ["build", "build.example.test"]
    assert (options.clock, options.strict, options.subscriptions) == ("instant", True, 3)
    assert options.quotas == Quotas(cores=5, dns_servers=6)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--clock", "1e300"], "--clock: a clock's factor is greater than 0, and 1,000,000,000 at the most"),
        (["--clock", "nan"], "--clock"),
        (["--clock=-1"], "--clock"),
        (["--throttle", "3/1e300"], "--throttle"),
        (["--quota", "cores=99999999999"], "--quota"),
        (["--host", ""], "--host: it is empty"),
        (["--admin-host", ""], "--admin-host: it is empty"),
        (["--database", "/"], "--database: '/' names no file"),
        (["--host", "bücher.example"], "--host: it is 'bücher.example', which is neither"),
        (["--admin-host", "a b"], "--admin-host: it is 'a b', which is neither"),
        (["--hostname", "build", "--hostname", "a b"], "--hostname: hostnames has 'a b', which is neither"),
    ],
)
def test_the_command_line_says_so(options, said, capsys):
    """In one line, with the option."""
    assert main(["emulator", "start", "--port", "0", *options]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert len(told.splitlines()) == 1


def test_a_damaged_file_of_subscriptions_is_told_by_the_command_line(tmp_path, capsys):
    """With its path, and with the option that named its folder."""
    (tmp_path / "emulator.json").write_text("[" * 100_000)
    assert main(["emulator", "start", "--port", "0", "--directory", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert told.startswith(
        f"asyncsm: --directory: {tmp_path / 'emulator.json'}: is not what the emulator wrote"
    )
    assert len(told.splitlines()) == 1
