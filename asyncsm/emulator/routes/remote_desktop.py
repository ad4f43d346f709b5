"""Files with which remote desktop clients connect to machines."""

from __future__ import annotations

from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.routes.role_instances import NAMED, find
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import path_resources

PORT: Final = 3389
"""On which Windows listens for remote desktops."""

routes: RouteTable = RouteTable()


@routes.get(f"{NAMED}/ModelFile", "GetRemoteDesktopFile", query={"filetype": "RDP"})
def get_file(call: Call) -> Reply:
    """Download RDP File: the public address of a Windows machine with an endpoint for remote desktops."""
    _, deployment = path_resources.deployment(call)
    instance = find(deployment, call.parameters["roleInstanceName"])
    role = deployment.roles[instance.role_name]
    ports = [each.port for each in role.network.input_endpoints if each.local_port == PORT]
    if role.os_disk is None or role.os_disk.os != "Windows" or not ports or deployment.vip is None:
        # [protocol 4.14]
        raise refusals.bad_request(f"The role instance {instance.name} cannot be reached by remote desktop.")
    lines = (f"full address:s:{deployment.vip}:{ports[0]}", "prompt for credentials:i:1", "")
    return Reply(document="\r\n".join(lines).encode(), content_type="application/x-rdp")
