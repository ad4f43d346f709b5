"""Arguments and options of commands that name what the service has; a press of Tab lists it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from asyncsm.cli.completion import completer
from asyncsm.cli.descriptions import LOOKUPS


def argument(name: str, told: str, metavar: str | None = None) -> Any:
    """Return an argument that is one of the names of `LOOKUPS`."""
    metavar = metavar or name.upper()
    return typer.Argument(metavar=metavar, help=told, autocompletion=completer(LOOKUPS[name]))


def option(name: str, told: str) -> Any:
    """Return an option that is one of the names of `LOOKUPS`."""
    return typer.Option(metavar="NAME", help=told, autocompletion=completer(LOOKUPS[name]))


ServiceName = Annotated[str, argument("service_name", "Hosted service.")]
DeploymentName = Annotated[str, argument("deployment_name", "Deployment in the hosted service.")]
RoleName = Annotated[str, argument("role_name", "Virtual machine in the deployment.")]
