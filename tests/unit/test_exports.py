"""What `import asyncsm` offers, and what it does not load."""

import ast
import inspect
import pkgutil
import subprocess
import sys
import typing
from importlib import import_module
from pathlib import Path

import pytest

import asyncsm
from asyncsm import models, wire
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


def fresh(code):
    """What a new process prints that has run `code`, in which ``loaded`` lists modules of the package."""
    begin = "import sys\nloaded = lambda part: sorted(n for n in sys.modules if n.startswith('asyncsm.' + part))\n"
    done = subprocess.run([sys.executable, "-c", begin + code], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_a_service_is_imported_without_documents_and_engine():
    """No model is made and pydantic not loaded, nor what only a session needs."""
    wire, engine, foreign = fresh(
        "from asyncsm import ServiceManagementService, NetworkManagementService\n"
        "print(*loaded('wire.'))\n"
        "print(*loaded('engine.'))\n"
        "print([name for name in ('pydantic.main', 'pydantic.types', 'cryptography', 'xmltodict') if name in sys.modules])"
    )
    assert (
        wire
        == "asyncsm.wire.encoding asyncsm.wire.figures asyncsm.wire.http asyncsm.wire.refusals asyncsm.wire.thumbprints"
    )
    assert engine == "asyncsm.engine.caller asyncsm.engine.protocol"
    assert foreign == "[]"


def test_an_emulator_without_a_seed_is_made_without_plans():
    """All that a plan can have is imported for a seed only; and nothing of the client."""
    plans, client = fresh(
        "from asyncsm.emulator import Emulator\n"
        "Emulator()\n"
        "print(*loaded('provisioning.'))\n"
        "print(loaded('operations') + loaded('services') + loaded('session'))"
    )
    assert plans == "asyncsm.provisioning.problems"
    assert client == "[]"


def test_each_module_of_documents_can_be_named():
    """The package's stub lists all of them, for type checkers and for who names them as attributes."""
    assert wire.__all__ == sorted(module.name for module in pkgutil.iter_modules(wire.__path__))


def test_a_call_loads_the_documents_of_its_family():
    """A session loads the engine, and a call the models that it needs: those of machines are the most."""
    made, locations, machines = fresh(
        "import asyncio\n"
        "from asyncsm import ServiceManagementService, ManagementSession\n"
        "session = ManagementSession('0' * 32, transport=object())\n"
        "families = {'deployments', 'roles', 'subscription', 'storage'}\n"
        "shown = lambda: print(*sorted(families & {name.split('.')[-1] for name in loaded('wire.')}), len(loaded('engine.parts')))\n"
        "shown()\n"
        "for name in ('list_locations', 'get_role'):\n"
        "    getattr(ServiceManagementService, name).__declaration__.binder\n"
        "    shown()\n"
    )
    assert made == "1"
    assert locations == "subscription 1"
    assert machines == "roles subscription 1"


def test_preloading_builds_all():
    """Nothing is left for the first call: each model is complete, and no module is loaded later."""
    (left,) = fresh(
        "import asyncsm\n"
        "asyncsm.preload()\n"
        "from asyncsm import models\n"
        "all_of_them = [getattr(models, name) for name in models.__all__]\n"
        "print([one.__name__ for one in all_of_them if not getattr(one, '__pydantic_complete__', True)])"
    )
    assert left == "[]"


def test_annotations_of_declared_methods_can_be_read():
    """They are text, as the models they name are not loaded yet; whoever reads them loads those."""
    hints = typing.get_type_hints(ServiceManagementService.get_role)
    assert hints["return"] is models.PersistentVMRole
    signature = inspect.signature(ServiceManagementService.update_disk, eval_str=True)
    assert signature.return_annotation is asyncsm.OperationHandle
    hints = typing.get_type_hints(ServiceManagementService.add_role)
    assert hints["network_config"] == models.ConfigurationSet | None


def test_every_public_method_is_documented():
    """Each operation says what it does and, where there is one, which REST operation it is."""
    for name, method in inspect.getmembers(ServiceManagementService, inspect.iscoroutinefunction):
        if not name.startswith("_"):
            assert inspect.getdoc(method), name
