"""Turns of a throttle, taken as the sender of a session takes them."""

from contextlib import asynccontextmanager
from math import inf


@asynccontextmanager
async def turn(throttle, kind, *, give_up=inf):
    """One exchange's turn; the block raises what went wrong with the exchange."""
    epoch = throttle.enter_at_once(kind)
    if epoch is None:
        epoch = await throttle.enter(kind, give_up)
    try:
        yield
    except BaseException as error:
        throttle.leave(kind, epoch, error)
        raise
    throttle.leave(kind, epoch, None)
