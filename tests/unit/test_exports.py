"""What `import asyncsm` offers, and what it does not load."""

import ast
import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import asyncsm
from asyncsm import models
from asyncsm.services import ServiceManagementService


def test_exports_are_sorted_and_complete():
    """`__all__` names every public thing of the package, in order."""
    assert asyncsm.__all__ == sorted(asyncsm.__all__)
    assert set(asyncsm.__all__) <= set(dir(asyncsm))


def test_names_are_what_their_modules_have():
    """A name is loaded when it is first used, and is the one that type checkers see."""
    stub = ast.parse(Path(asyncsm.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    lists = [node for node in stub.body if isinstance(node, ast.ImportFrom)]
    seen = {alias.name: f"asyncsm.{node.module}" for node in lists for alias in node.names}
    assert sorted(seen) == asyncsm.__all__
    for name, module in seen.items():
        assert getattr(asyncsm, name) is getattr(import_module(module), name)


def test_an_unknown_name_is_an_attribute_error():
    """A misspelt name says so."""
    with pytest.raises(AttributeError, match="ServiceManagmentService"):
        _ = asyncsm.ServiceManagmentService


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
