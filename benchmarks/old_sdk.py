"""The old SDK against an emulator process."""

from __future__ import annotations

import os
from typing import Any

from azure.servicemanagement import LinuxConfigurationSet, OSVirtualHardDisk, ServiceManagementService
from emulator_process import Running
from machines import LINUX, disk

from asyncsm.config import ATTEMPT_TIMEOUT


def old_client(running: Running, timeout: float = ATTEMPT_TIMEOUT) -> ServiceManagementService:
    """A client of its own for one thread; close its `request_session` in the end."""
    # `requests` looks here before it looks at its session's own setting, which the old SDK leaves alone.
    os.environ["REQUESTS_CA_BUNDLE"] = running.ca_path
    authority = running.url.removeprefix("https://")
    return ServiceManagementService(
        running.subscription_id, running.certificate_path, authority, timeout=timeout
    )


def old_deploy(sms: ServiceManagementService, name: str) -> Any:
    """The counterpart of `machines.deploy`."""
    system = LinuxConfigurationSet(
        "machine", "someone", "Pa55-word", disable_ssh_password_authentication=False
    )
    hard_disk = OSVirtualHardDisk(LINUX, disk(name).media_link)
    return sms.create_virtual_machine_deployment(
        name, name, "production", name, name, system, hard_disk, role_size="Small"
    )
