"""Made-up arguments, from which tables of tests are made: every operation accepts its own."""

import contextlib

import pytest
from doubles.made_up import arguments_for
from doubles.scripted import SUBSCRIPTION, ScriptedTransport, reply

from asyncsm import ManagementSession, OutcomeUnknown, UnexpectedPayload, services
from asyncsm.operations import catalogue


@pytest.mark.parametrize("all_of_them", [False, True], ids=["required", "all"])
@pytest.mark.parametrize("operation", catalogue(), ids=lambda operation: operation.name)
async def test_an_operation_accepts_its_made_up_arguments(operation, all_of_them):
    """A request is sent, with the declared verb."""
    transport = ScriptedTransport(lambda _: reply(200))
    async with ManagementSession(SUBSCRIPTION, transport=transport) as session:
        service = getattr(services, operation.service)(session=session)
        arguments = arguments_for(operation, all_of_them=all_of_them)
        with contextlib.suppress(
            UnexpectedPayload, OutcomeUnknown
        ):  # a read has nothing to read in an empty reply
            await getattr(service, operation.name)(**arguments)
    request, *_ = transport.requests  # a change with a document in its reply is read again
    assert request.method == operation.method
