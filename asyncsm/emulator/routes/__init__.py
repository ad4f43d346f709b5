"""Operations of the service, one module a family, and the table of them all."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from asyncsm.emulator.call import Route
from asyncsm.emulator.routing import Router

ROUTES: Final[tuple[Route, ...]] = tuple(
    route for module in iter_modules(__path__) for route in import_module(f"{__name__}.{module.name}").routes
)
"""All routes; which of several for one path answers does not depend on their order."""

ROUTER: Final = Router(ROUTES)
"""Finds them; all emulators of a process share it, as routes do not change."""
