"""The operations of the service, one mixin a family.

A method builds its model, if it has one, and makes one request; what a document's fields
mean is said on its model. "REST" in a docstring gives the operation's name in Microsoft's
reference and, where it is known, the page it had there:
``https://msdn.microsoft.com/library/azure/{page}.aspx``.

Every method may raise `ServiceError` (the service refused), `TransportError` (no reply) and
`UnexpectedPayload` (no readable reply); a change also `OutcomeUnknown` (its reply was lost).
A docstring names what is particular to its operation.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from asyncsm.operations.declaring import Family
from asyncsm.operations.facts import Operation


def catalogue() -> tuple[Operation, ...]:
    """All operations there are, family by family, as their declarations say them."""
    families: dict[Family, None] = {}
    for module in iter_modules(__path__, f"{__name__}."):
        for value in vars(import_module(module.name)).values():
            if isinstance(value, Family):
                families[value] = None
    return tuple(operation for family in families for operation in family.operations)
