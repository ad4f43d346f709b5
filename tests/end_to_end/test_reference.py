"""The site's reference: every operation has an example, and each of them is a call that has just worked."""

import re
from pathlib import Path

import pytest
from doubles.examples import examples

from asyncsm import services
from asyncsm.engine.caller import Caller
from asyncsm.operations import catalogue
from asyncsm.operations.declaring import declared

ROOT = Path(__file__).parents[2]


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


def others():
    """Public methods of the services that are no single operation, but for what the families make requests with."""
    return sorted(
        {
            name
            for service in {one.service for one in catalogue()}
            for name in dir(getattr(services, service))
            if not name.startswith("_")
            and not hasattr(Caller, name)
            and callable(method := getattr(getattr(services, service), name))
            and declared(method) is None
        }
    )


@pytest.mark.skipif(not (ROOT / "docs").is_dir(), reason="an installed package has no pages")
@pytest.mark.parametrize("name", others())
def test_every_other_method_is_in_a_block_of_a_page(name):
    """Blocks of pages are run by tests, too."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    code = [
        block
        for page in pages
        for block in re.findall(r"```python[^\n]*\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    ]
    assert any(f".{name}(" in block for block in code)
