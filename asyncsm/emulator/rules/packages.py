"""Packages of web and worker roles. Where they cannot be opened, this is what their roles are taken to have."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.blob_service.facts import Endpoint
from asyncsm.emulator.compute import Deployment, HostedService, Role
from asyncsm.emulator.rules import service_extensions
from asyncsm.wire.endpoints import ConfigurationSetInputEndpoint
from asyncsm.wire.extensions import ExtensionConfiguration

_WEB: Final = "web"
"""What there is in the names of web roles, as the tools that make packages call them."""

_FIRST_PORT: Final = 80
_NEXT_PORTS: Final = 8080
_DESKTOP: Final = "RDP"
_DESKTOP_PORT: Final = 3389
_FORWARDER_PORT: Final = 20000
_FORWARDER: Final = "Microsoft.WindowsAzure.Plugins.RemoteForwarder.RdpInput"


def require_roles(names: Iterable[str], defined: Mapping[str, Sequence[Endpoint]]) -> None:
    """Refuse a configuration whose roles are not those a package defines, where that says which."""
    wanted = {name.lower() for name in names}
    if defined and wanted != {name.lower() for name in defined}:
        raise refusals.bad_request(  # [guess]
            f"The configuration is for the roles {', '.join(sorted(wanted))}, and the package defines "
            f"{', '.join(sorted(defined))}."
        )


def opened(
    names: Iterable[str],
    present: Mapping[str, Role],
    defined: Mapping[str, Sequence[Endpoint]] | None = None,
) -> dict[str, list[ConfigurationSetInputEndpoint]]:
    """The endpoints of roles that come with a package: every web role has one.

    The first one is reached at port 80. [rec compute and network, 44 of 44]

    Args:
        names: the roles.
        present: roles of the deployment that are there already, and keep their endpoints.
        defined: the endpoints the package defines, where it could be opened.
    """
    if defined:
        folded = {name.lower(): given for name, given in defined.items()}
        return {
            name: [
                _endpoint(one.name, one.port, one.local_port, one.protocol) for one in folded[name.lower()]
            ]
            for name in names
            if name not in present
        }
    taken = {one.port for role in present.values() for one in role.network.input_endpoints}
    free = (
        port for port in itertools.chain([_FIRST_PORT], itertools.count(_NEXT_PORTS)) if port not in taken
    )
    return {
        name: [_endpoint("Endpoint1", next(free), _FIRST_PORT, "http")] if _WEB in name.lower() else []
        for name in names
        if name not in present
    }


def endpoints_of(
    service: HostedService, deployment: Deployment, role: Role
) -> list[ConfigurationSetInputEndpoint]:
    """The endpoints of a role: its own, and for remote desktops one in the first role that has these."""
    own = list(role.network.input_endpoints)
    # What an update takes away is there until it is over.
    held = deployment.extensions if deployment.update is None else deployment.update.before.extensions
    reached = [] if held is None else [name for name in deployment.roles if _has_desktop(service, held, name)]
    if reached and role.name == min(reached, key=str.lower):
        own.append(_endpoint(_FORWARDER, _DESKTOP_PORT, _FORWARDER_PORT, "tcp"))
    return own


def _has_desktop(service: HostedService, held: ExtensionConfiguration, name: str) -> bool:
    return any(
        (one.type or "").upper() == _DESKTOP for one in service_extensions.of_role(service, held, name)
    )


def _endpoint(name: str, port: int, local_port: int, protocol: str) -> ConfigurationSetInputEndpoint:
    # Not called, because a caller's endpoint has more than a package's.
    given = {"name": name, "port": port, "local_port": local_port, "protocol": protocol}
    return ConfigurationSetInputEndpoint.model_validate(given)
