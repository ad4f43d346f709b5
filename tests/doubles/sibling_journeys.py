"""A journey through all operations of a sibling service, with the reply to each change lost or not."""

from doubles.lossy import LossyLoopback

from asyncsm import OutcomeUnknown
from asyncsm.emulator import Quotas
from asyncsm.emulator.seeding import SeedDocument
from asyncsm.engine.protocol import Reconcile
from asyncsm.operations import catalogue
from asyncsm.polling import OperationHandle
from asyncsm.provisioning.planting import plant


def operations_of(service):
    """All operations of a service's class, by their names."""
    return {each.name: each for each in catalogue() if each.service == service.__name__}


def doing(service):
    """Return what makes a call by its name and waits for its end."""

    async def do(name, *arguments, **named):
        result = await getattr(service, name)(*arguments, **named)
        if isinstance(result, OperationHandle):
            assert (await result).status == "Succeeded"
        return result

    return do


async def travel(kind, journey, how, contents=None, prepare=None):
    """Make a journey with the first reply to each change lost `how`; each change is made once, or reported.

    Args:
        kind: class of the service.
        journey: does everything, by what it is given to make calls with.
        how: as for `LossyLoopback`.
        contents: what is there before, as a seed document.
        prepare: is called with the emulator, for what no seed says.

    Returns:
        Names of the methods that were called, and of those whose outcome was unknown.
    """
    world, called, unknown, known = LossyLoopback(how), set(), set(), operations_of(kind)
    plant(SeedDocument.model_validate(contents or {}), world._world, Quotas(), None)
    if prepare is not None:
        prepare(world)
    async with world.client as sms:
        service = kind(session=sms.session)
        assert service.session is sms.session
        again = doing(service)

        async def do(name, *arguments, **named):
            called.add(name)
            before, changes = len(world.history()), known[name].changes
            world.lose = changes and how is not None
            try:
                result = await again(name, *arguments, **named)
            except OutcomeUnknown as error:
                unknown.add(name)
                happened = len(world.history()) > before
                if happened is not ("happened, but" in str(error)):
                    raise
                result = None if happened else await again(name, *arguments, **named)
            if changes:
                made = {operation for operation, _ in world.history()[before:]}
                assert made == {known[name].operation}
                assert len(world.history()) == before + 1 or known[name].reconcile is Reconcile.REPEAT
            return result

        await journey(do)
    assert called == known.keys()
    return unknown
