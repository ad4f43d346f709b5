"""The pytest plugin, in sessions of pytest as its users start them."""

import asyncio
import io
import subprocess
import sys
import textwrap
from contextlib import redirect_stdout
from importlib.metadata import entry_points
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "test_with_emulator.py"

PLUGIN = () if entry_points(group="pytest11", name="asyncsm") else ("-p", "asyncsm.testing.plugin")


def in_this_process(arguments):
    """Run pytest as it is imported here; return its exit code and what it wrote."""
    shown = io.StringIO()
    with redirect_stdout(shown):
        code = pytest.main([*arguments, "-p", "no:faulthandler"])  # which is the outer session's
    return code, shown.getvalue()


def in_a_process(arguments):
    """Run pytest in a process of its own, as its users do; return its exit code and what it wrote."""
    command = [sys.executable, "-m", "pytest", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    return done.returncode, done.stdout


@pytest.fixture
def session(tmp_path, monkeypatch):
    """Runs pytest on a test file, without this project's settings."""
    monkeypatch.chdir(tmp_path)

    def session(source, *options, ini="", run=in_this_process):
        # pytest-asyncio would have its loop scope set, which is an unknown option where it is absent.
        warnings = "\n    error\n    ignore:The configuration option:pytest.PytestDeprecationWarning"
        settings = f"filterwarnings = {warnings}\naddopts = --strict-markers --import-mode=importlib\n{ini}"
        Path("pytest.ini").write_text(f"[pytest]\n{settings}", encoding="utf-8")
        module = f"{tmp_path.name}.py"  # which no other test has imported
        Path(module).write_text(textwrap.dedent(source), encoding="utf-8")
        code, shown = run([*PLUGIN, "-p", "no:randomly", *options])
        sys.stdout.write(shown)
        return pytest.RunResult(code, shown.splitlines(), [], 0)

    return session


def test_the_example_passes(session):
    """What a user would copy runs as it is, in pytest-asyncio's strict mode and with warnings as errors."""
    session(EXAMPLE.read_text(encoding="utf-8"), run=in_a_process).assert_outcomes(passed=6)


def test_auto_mode_needs_no_marks(session):
    """Tests that are coroutines get an open client in pytest-asyncio's auto mode too."""
    session(
        """
        async def test_empty(asm_service):
            assert len(await asm_service.list_hosted_services()) == 0
        """,
        ini="asyncio_mode = auto\n",
    ).assert_outcomes(passed=1)


def test_each_test_has_its_own_emulator(session):
    """What one test makes, the next does not see."""
    session(
        """
        import pytest

        @pytest.mark.parametrize("time", [1, 2])
        async def test_first(asm_service, time):
            await asm_service.create_hosted_service("shop", label="shop", location="West US")
        """,
        ini="asyncio_mode = auto\n",
    ).assert_outcomes(passed=2)


def test_markers_add_up(session):
    """A test's own marker has the first word, then its class's, then the command line, then the ini file."""
    session(
        """
        import pytest

        @pytest.mark.asm(subscriptions=2, seed=1)
        class TestMarked:
            def test_class(self, asm_emulator):
                assert len(asm_emulator.subscription_ids) == 2

            @pytest.mark.asm(subscriptions=3, clock="fast")
            def test_own(self, asm_emulator):
                assert len(asm_emulator.subscription_ids) == 3
                assert asm_emulator.do(lambda emulator: emulator.clock.factor) == 100

        def test_options(asm_emulator):
            assert len(asm_emulator.subscription_ids) == 4
            assert asm_emulator.do(lambda emulator: emulator.clock.factor) == 50
        """,
        "--asm-subscriptions=4",
        ini="asm_subscriptions = 5\nasm_clock = 50\n",
    ).assert_outcomes(passed=3)


def test_a_seed_repeats(session):
    """The same seed gives the same ids in every test."""
    session(
        """
        import pytest
        seen = set()

        @pytest.mark.asm(seed=1)
        @pytest.mark.parametrize("time", [1, 2])
        def test_ids(asm_emulator, time):
            seen.add(asm_emulator.subscription_id)
            assert len(seen) == 1
        """
    ).assert_outcomes(passed=2)


def test_a_mistaken_marker_is_explained(session):
    """What the marker does not take is named, with what it takes."""
    result = session(
        """
        import pytest

        @pytest.mark.asm(clocks="fast")
        def test_marked(asm_emulator):
            pass
        """
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*the marker 'asm' takes clock=*not clocks*"])


def test_a_throttle_goes_by_the_clock_of_the_test(session):
    """What is too much is refused until the test has moved time on."""
    session(
        """
        import http.client, ssl
        import pytest

        @pytest.fixture
        def status(asm_emulator):
            context = ssl.create_default_context(cafile=str(asm_emulator.ca_path))
            context.load_cert_chain(asm_emulator.certificate_path)

            def status():
                connection = http.client.HTTPSConnection("127.0.0.1", asm_emulator.port, context=context)
                path = f"/{asm_emulator.subscription_id}/locations"
                connection.request("GET", path, headers={"x-ms-version": "2014-06-01"})
                try:
                    return connection.getresponse().status
                finally:
                    connection.close()

            return status

        @pytest.mark.asm(throttle="1/60")
        def test_throttle(status, asm_clock):
            assert [status(), status()] == [200, 503]
            asm_clock.advance(60)
            assert status() == 200
        """
    ).assert_outcomes(passed=1)


def test_an_emulator_can_go_away_and_come_back(session):
    """State and port survive `stop` and `start`; afterwards nothing is left open."""
    session(
        """
        import socket
        import pytest

        def test_stop(asm_emulator):
            address = "127.0.0.1", asm_emulator.port
            asm_emulator.stop()
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(address)
            asm_emulator.start()
            socket.create_connection(address).close()
        """
    ).assert_outcomes(passed=1)


def test_faults_end_with_the_test(session):
    """The faults fixture can be listed, and what is set for a block is taken back after it."""
    session(
        """
        from asyncsm.emulator import Fault

        def test_faults(asm_faults):
            with asm_faults.active(Fault(kind="503")) as fault:
                assert [each.id for each in asm_faults] == [fault.id]
            assert len(asm_faults) == 0
        """
    ).assert_outcomes(passed=1)


def test_without_pytest_asyncio_it_says_so(session):
    """`asm_service` names what it lacks; tests that need no such thing run."""
    result = session(
        """
        def test_service(asm_service):
            pass

        def test_emulator(asm_emulator):
            assert asm_emulator.url.startswith("https://127.0.0.1:")
        """,
        "-p",
        "no:asyncio",
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*asm_service needs pytest-asyncio: pip install pytest-asyncio*"])


def test_the_plugin_costs_nothing_until_it_is_used(session):
    """Sessions that ask for no emulator import none, nor what it is made of."""
    session(
        """
        import sys

        def test_nothing():
            heavy = {"aiohttp", "cryptography", "pydantic", "asyncsm.emulator", "asyncsm.services"}
            assert not heavy & set(sys.modules)
        """,
        run=in_a_process,
    ).assert_outcomes(passed=1)


def test_fixtures_and_options_are_documented(session):
    """`pytest --fixtures`, `--markers` and `--help` tell what there is."""
    shown = session("", "--fixtures").stdout.str()
    for name in ("asm_emulator", "asm_service", "asm_faults", "asm_clock"):
        assert f"{name} --" in shown
    assert "@pytest.mark.asm(clock, throttle" in session("", "--markers").stdout.str()
    assert "--asm-clock=CLOCK" in session("", "--help").stdout.str()


async def test_sessions_run_side_by_side(tmp_path):
    """Nothing is shared: processes that run the same tests at once, as xdist's, do not meet."""
    (tmp_path / "test_it.py").write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", *PLUGIN, "-q", "-p", "no:cacheprovider", str(tmp_path)]
    workers = [
        await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, cwd=tmp_path) for _ in range(2)
    ]
    printed = await asyncio.gather(*(worker.communicate() for worker in workers))
    assert [worker.returncode for worker in workers] == [0, 0], printed
