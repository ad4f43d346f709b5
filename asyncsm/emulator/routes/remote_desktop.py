"""Files with which remote desktop clients connect to machines."""

from __future__ import annotations

from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.compute import Deployment, HostedService, RoleInstance
from asyncsm.emulator.routes.role_instances import NAMED, find
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import path_resources, service_extensions
from asyncsm.wire.extensions import ExtensionConfiguration

PORT: Final = 3389
"""On which Windows listens for remote desktops."""

NO_ENDPOINT: Final = (
    f"An external endpoint to the Remote Desktop port ({PORT}) must first be added to the role."
)

EXTENSION: Final = "RDP"
"""The extension that opens web and worker roles to them."""

routes: RouteTable = RouteTable()


@routes.get(f"{NAMED}/ModelFile", "GetRemoteDesktopFile", query={"filetype": "RDP"})
def get_file(call: Call) -> Reply:
    """Download RDP File: for a Windows machine with an endpoint for it, or a role with the extension for it."""
    service, deployment = path_resources.deployment(call)
    instance = find(deployment, call.parameters["roleInstanceName"])
    lines = (
        _of_machine(deployment, instance)
        if deployment.has_virtual_machines
        else _of_role(service, deployment, instance)
    )
    if not lines and deployment.has_virtual_machines:
        raise refusals.bad_request(NO_ENDPOINT)  # [protocol 3.4]
    if not lines or deployment.vip is None:
        raise refusals.bad_request(  # [guess]
            f"The role instance {instance.name} cannot be reached by remote desktop."
        )
    text = "\r\n".join((*lines, "prompt for credentials:i:1", ""))
    return Reply(document=text.encode(), content_type="application/x-rdp")


def _of_machine(deployment: Deployment, instance: RoleInstance) -> list[str]:
    """The public address and port of a machine."""
    role = deployment.roles[instance.role_name]
    is_windows = role.os_disk is not None and role.os_disk.os == "Windows"
    ports = [each.port for each in role.network.input_endpoints if is_windows and each.local_port == PORT]
    return [f"full address:s:{deployment.vip}:{port}" for port in ports[:1]]


def _of_role(service: HostedService, deployment: Deployment, instance: RoleInstance) -> list[str]:
    """The address of a service, and which of the instances behind it is meant."""
    held = deployment.extensions or ExtensionConfiguration()
    found = service_extensions.of_role(service, held, instance.role_name)
    if all(each.type != EXTENSION for each in found):
        return []
    meant = f"{instance.role_name}#{instance.name}"
    return [f"full address:s:{service.name}.cloudapp.net", f"LoadBalanceInfo:s:Cookie: mstshash={meant}"]
