"""The deadline of a wait is its own; time-outs inside it are what they are."""

import asyncio

import pytest
from doubles.virtual_time import virtual_time

from asyncsm import AttemptTimeout, OperationTimeout, PollingPolicy
from asyncsm.polling import until_state

POLICY = PollingPolicy(least=1.0, most=8.0, factor=2.0, jitter=0.0)


async def wait(read, deadline):
    return await until_state(
        read, lambda seen: seen == "there", policy=POLICY, what="it", seen=str, deadline=deadline
    )


@virtual_time
async def test_a_passed_deadline_says_what_was_last_seen():
    """The error has the resource, its last state and the seconds."""

    async def read():
        return "on its way"

    with pytest.raises(OperationTimeout, match="it is still on its way after 20 s") as caught:
        await wait(read, 20)
    assert caught.value.last == "on its way"


@pytest.mark.parametrize("deadline", [None, 20])
def test_a_read_that_times_out_is_no_passed_deadline(deadline):
    """An attempt's time-out reaches the caller as it is, with and without a deadline."""

    async def read():
        raise AttemptTimeout("no reply")

    with pytest.raises(AttemptTimeout, match="no reply"):
        asyncio.run(wait(read, deadline))


@virtual_time
async def test_reading_goes_on_at_growing_intervals_until_it_is_there():
    """Reads are 1, 2, 4 and then at most 8 seconds apart."""
    times = []

    async def read():
        times.append(asyncio.get_running_loop().time())
        return "there" if len(times) == 6 else "on its way"

    assert await wait(read, None) == "there"
    assert times == pytest.approx([0, 1, 3, 7, 15, 23])
