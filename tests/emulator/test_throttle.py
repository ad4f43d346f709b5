"""The limit of requests a subscription has in a time."""

import pytest
from doubles.bare_client import Management, connected

from asyncsm.cli import main
from asyncsm.emulator import Emulator, EmulatorOptions, ManualClock, Throttle


@pytest.fixture
async def emulator(directory, clock: ManualClock):
    """One that admits three requests in ten seconds."""
    async with Emulator(
        directory=directory, clock=clock, tail=False, subscriptions=2, throttle="3/10"
    ) as running:
        yield running


async def statuses(management: Management, number: int) -> list[int]:
    return [(await management.get("locations")).status for _ in range(number)]


async def test_too_many(management: Management):
    """What is more than the limit gets 503 TooManyRequests in the service's words, and no Retry-After."""
    assert await statuses(management, 3) == [200, 200, 200]
    refused = await management.get("locations")
    assert (refused.status, refused.code) == (503, "TooManyRequests")
    assert refused.message == "Too many requests received. Retry after some time."
    assert "Retry-After" not in refused.headers


async def test_any_period(management: Management, clock: ManualClock):
    """The limit holds for every period of the length, not only for those that begin at round moments."""
    seen = []
    for _ in range(5):
        seen.append(await statuses(management, 1))
        clock.advance(3)
    assert seen == [[200], [200], [200], [503], [200]]


async def test_refused_requests_do_not_count(management: Management, clock: ManualClock):
    """Asking again while refused costs nothing: the next period begins with the full number."""
    await statuses(management, 20)
    clock.advance(10)
    assert await statuses(management, 4) == [200, 200, 200, 503]


async def test_each_subscription_has_its_own(management: Management, neighbour: Management):
    """What one subscription uses up, the other still has."""
    await statuses(management, 4)
    assert await statuses(neighbour, 3) == [200, 200, 200]


async def test_changes_and_polls_count(management: Management):
    """Every kind of request counts, also those that are refused for another reason."""
    await management.delete("affinitygroups/nobody")
    await management.get("operations/" + "0" * 32)
    await management.get("affinitygroups/nobody")
    assert await statuses(management, 1) == [503]


async def test_nothing_is_done(management: Management, emulator: Emulator):
    """A throttled change does not happen."""
    await statuses(management, 3)
    assert (await management.post("affinitygroups", "no matter")).status == 503


async def test_strangers_do_not_count(management: Management, emulator: Emulator):
    """Requests that are not let in use nothing up."""
    async with connected(emulator, anonymous=True) as stranger:
        assert await statuses(stranger, 5) == [403] * 5
    assert await statuses(management, 3) == [200] * 3


def test_an_instant_clock_cannot_throttle():
    """Where no time passes there is no rate, and the emulator says so before it starts."""
    with pytest.raises(ValueError, match="instant clock cannot throttle"):
        Emulator(clock="instant", throttle="300/300")


@pytest.mark.parametrize(
    "text", ["300", "300/", "/300", "0/10", "3/0", "3/-1", "x/y", "3/inf", "3/nan", "1.5/3"]
)
def test_what_is_no_throttle(text: str):
    """A throttle is a number of requests and a number of seconds, both more than nothing."""
    with pytest.raises(ValueError, match="throttle"):
        Throttle.parse(text)


@pytest.mark.parametrize("options", [["--throttle", "3"], ["--throttle", "3/10", "--clock", "instant"]])
def test_the_command_line_names_the_option(options: list[str], capsys: pytest.CaptureFixture[str]):
    """`emulator start` refuses a bad throttle, or one that does not go with the clock, in one line."""
    assert main(["emulator", "start", "--port", "0", *options]) == 2
    assert "--throttle" in capsys.readouterr().err


def test_options_are_handed_on(directory):
    """The program's options make the emulator they describe."""
    with pytest.raises(ValueError, match="throttle"):
        EmulatorOptions(directory=directory, throttle="never").emulator()
    assert (
        EmulatorOptions(directory=directory, throttle=Throttle(1, 1), admin_port=None).emulator().admin_url
        is None
    )


def test_throttles_are_written_shortly():
    """``N/SECONDS``; seconds may have a fraction."""
    assert Throttle.parse("300/300") == Throttle(300, 300)
    assert Throttle.parse("2/0.5") == Throttle(2, 0.5)
