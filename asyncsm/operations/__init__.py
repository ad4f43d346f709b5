"""The operations of the service, one mixin a family.

A method is declared (see `declaring`) and makes one request; what a document's fields mean is
said on its model. "REST" in a docstring gives the operation's name in Microsoft's reference, where
that is not the method's, and the page it had there, where that is known:
``https://msdn.microsoft.com/library/azure/{page}.aspx``.

Every method may raise `ServiceError` (the service refused), `TransportError` (no reply) and
`UnexpectedPayload` (no readable reply); a change also `OutcomeUnknown` (its reply was lost) and
`ExclusiveAccess` (somebody else's operation on the resource has not ended in time). A docstring
names what is particular to its operation. Arguments that break a rule are refused with
`InvalidArgument`; labels have at most 100 characters, descriptions 1,024. `service_name` is everywhere
the hosted service (or the storage account), `deployment_name` the deployment, `role_name` the machine.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from asyncsm import durations
from asyncsm.operations.declaring import Family
from asyncsm.operations.facts import Operation


def catalogue() -> tuple[Operation, ...]:
    """All operations there are, family by family, as their declarations say them."""
    modules = {module.name for module in iter_modules(__path__, f"{__name__}.")}
    families = (value for name in sorted(modules) for value in vars(import_module(name)).values())
    return tuple(
        operation
        for family in dict.fromkeys(one for one in families if isinstance(one, Family))
        for operation in family.operations
    )


@cache
def usual_seconds(operation: str) -> float:
    """Return how long an operation of the service usually takes, by the service's name of it."""
    usual = next((one.usual for one in catalogue() if one.operation == operation and one.usual), None)
    return usual.likely if usual else durations.OTHERWISE
