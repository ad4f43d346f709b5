"""What `import asyncsm` offers, and what it does not load."""

import inspect
import subprocess
import sys

import asyncsm
from asyncsm import models
from asyncsm.services import ServiceManagementService


def test_exports_are_sorted_and_complete():
    """`__all__` names every public thing of the package, in order."""
    public = {
        name
        for name, value in vars(asyncsm).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert asyncsm.__all__ == sorted(asyncsm.__all__)
    assert set(asyncsm.__all__) == public


def test_models_are_there():
    """`asyncsm.models` has what it lists."""
    assert all(hasattr(models, name) for name in models.__all__)


def test_the_client_loads_neither_emulator_nor_command_line():
    """Who only calls the service pays for nothing else."""
    code = (
        "import sys, asyncsm; "
        "print([name for name in sys.modules if name.startswith(('asyncsm.emulator', 'asyncsm.cli', 'typer', 'rich'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_method_is_documented():
    """Each operation says what it does and, where there is one, which REST operation it is."""
    for name, method in inspect.getmembers(ServiceManagementService, inspect.iscoroutinefunction):
        if not name.startswith("_"):
            assert inspect.getdoc(method), name
