"""Clocks that are changed while they run, and waiting by them."""

import asyncio

import pytest

from asyncsm.emulator import Clock, InstantClock, ManualClock


class RealTime:
    """Real time, held by the test."""

    def __init__(self) -> None:
        self.moment = 1000.0

    def __call__(self) -> float:
        return self.moment


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> RealTime:
    held = RealTime()
    monkeypatch.setattr("asyncsm.emulator.clock.time.monotonic", held)
    return held


def test_changing_the_speed(real: RealTime):
    """A new factor counts from now on; what time it is does not jump."""
    clock = Clock(10)
    begun = clock.timestamp()
    real.moment += 5
    clock.set_factor(2)
    assert clock.timestamp() == begun + 50
    real.moment += 5
    assert clock.timestamp() == begun + 60


def test_pausing(real: RealTime):
    """A paused clock stands still, however often it is paused, and goes on from there when resumed."""
    clock = Clock()
    begun = clock.timestamp()
    for _ in range(2):
        clock.pause()
        real.moment += 100
    assert clock.timestamp() == begun
    clock.set_factor(3)
    clock.resume()
    clock.resume()
    real.moment += 1
    assert clock.timestamp() == begun + 3


@pytest.mark.parametrize("make", [Clock, InstantClock, ManualClock])
def test_advancing(real: RealTime, make: type[Clock]):
    """Every clock can be advanced, and what falls due on the way happens at its own moment."""
    clock = make()
    seen: list[float] = []
    begun = clock.timestamp()
    clock.after(30, lambda: seen.append(clock.timestamp() - begun))
    clock.advance(20)
    assert seen == []
    clock.advance(20)
    assert seen == [30]
    assert clock.timestamp() == begun + 40


@pytest.mark.parametrize("seconds", [-1, float("inf"), float("nan")])
def test_never_backwards(seconds: float):
    """Time does not go back, nor to its end."""
    with pytest.raises(ValueError, match="advances by"):
        ManualClock().advance(seconds)


@pytest.mark.parametrize("seconds", [1_764_162_000_000, 1e300])
@pytest.mark.parametrize("make", [Clock, InstantClock, ManualClock])
def test_never_out_of_the_calendar(real: RealTime, make: type[Clock], seconds: float):
    """A step that no date could tell is refused before anything has moved or happened."""
    clock = make()
    begun, seen = clock.timestamp(), []
    clock.after(30, lambda: seen.append("happened"))
    with pytest.raises(ValueError, match="calendar"):
        clock.advance(seconds)
    assert (clock.timestamp(), seen) == (begun, [])
    clock.now()


@pytest.mark.parametrize("factor", [0, -1, 1e15, float("inf"), float("nan")])
def test_speeds_there_are_not(real: RealTime, factor: float):
    """A factor that is none, or so large that the calendar would end at once, is refused."""
    clock = Clock(10)
    with pytest.raises(ValueError, match="factor"):
        clock.set_factor(factor)
    assert clock.factor == 10
    with pytest.raises(ValueError, match="factor"):
        Clock(factor)


def test_the_end_of_the_calendar(real: RealTime):
    """A clock that runs so long stands still there, and can be asked."""
    clock = Clock(1e9)
    real.moment += 1e9
    assert clock.now().year == 9000
    clock.settle()


def test_what_is_due_after_the_end_never_happens():
    """An instant clock does not jump there."""
    clock = InstantClock()
    clock.after(1e300, lambda: pytest.fail("the calendar has ended"))
    clock.looked()
    assert clock.now().year < 9000


@pytest.mark.parametrize("moment", [1e300, -1e300, float("nan")])
def test_moments_there_are_not(moment: float):
    """Nor is a clock put there."""
    with pytest.raises(ValueError, match="calendar"):
        ManualClock().replace([], moment)


async def test_waiting_while_time_is_moved():
    """Who waits for a moment goes on once it has come, in however many steps."""
    clock = ManualClock()
    waiting = asyncio.create_task(clock.wait_until(clock.timestamp() + 0.3))
    for _ in range(2):
        clock.advance(0.1)
        await asyncio.sleep(0)
    assert not waiting.done()
    clock.advance(0.1)
    await waiting


async def test_waiting_while_the_speed_changes():
    """A waiter notices that time runs faster, or runs at all."""
    clock = Clock(1e-6)
    waiting = asyncio.create_task(clock.wait_until(clock.timestamp() + 1))
    await asyncio.sleep(0)
    clock.pause()
    await asyncio.sleep(0)
    clock.set_factor(1e9)
    await asyncio.sleep(0)
    assert not waiting.done()
    clock.resume()
    await waiting


async def test_waiting_for_the_past():
    """What has been is not waited for."""
    clock = ManualClock()
    await clock.wait_until(clock.timestamp())


async def test_waiting_across_a_replacement():
    """Whoever waits by a clock that is given another agenda and moment waits until its own has come."""
    clock = ManualClock()
    due = clock.timestamp() + 10
    waiting = asyncio.create_task(clock.wait_until(due))
    await asyncio.sleep(0)
    clock.replace([], due - 100)
    await asyncio.sleep(0)
    assert not waiting.done()
    clock.advance(100)
    await waiting
