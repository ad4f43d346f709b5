"""Operations of the service, one module a family, and the table of them all."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from asyncsm.emulator.call import Route

ROUTES: Final[tuple[Route, ...]] = tuple(
    route for module in iter_modules(__path__) for route in import_module(f"{__name__}.{module.name}").routes
)
"""All routes; which of several for one path answers does not depend on their order."""
