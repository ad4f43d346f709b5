"""The site's reference: every operation has an example, and each of them is a call that has just worked."""

import pytest
from doubles.examples import examples

from asyncsm.operations import catalogue


@pytest.fixture(scope="module")
def found():
    return examples()


@pytest.mark.parametrize(
    "operation", [pytest.param(one, id=f"{one.service}-{one.name}") for one in catalogue()]
)
def test_every_operation_has_an_example(operation, found):
    """It is called by one of the journeys, with the arguments that the example shows."""
    code = found[operation.service, operation.name]
    assert f".{operation.name}(" in code
    compile(f"async def example():\n    {code}", operation.name, "exec")
