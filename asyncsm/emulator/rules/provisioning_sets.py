"""How the system of a new virtual machine is set up: checked, and then forgotten.

Of a provisioning set only the machine's name is kept. Passwords, keys and custom data
went into the machine, and nobody can ask for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.compute import HostedService
from asyncsm.wire.configuration_sets import (
    ConfigurationSet,
    LinuxConfigurationSet,
    ProvisioningSet,
    WindowsConfigurationSet,
)
from asyncsm.wire.roles import Role

MOST_CUSTOM_DATA: Final = 64 * 1024
LONGEST_COMPUTER_NAME: Final = 15
LONGEST_HOST_NAME: Final = 64
LONGEST_LINUX_USER: Final = 32
LINUX_PASSWORD: Final = range(6, 73)
SHORTEST_WINDOWS_PASSWORD: Final = 8
PASSWORD_CLASSES: Final = 3
"""How many of lower-case letters, upper-case letters, digits and others a Windows password has."""


def host_name(given: Role, service: HostedService, os: str) -> str:
    """The name of a machine that is set up from an image with the system `os`.

    Raises:
        Refusal: its provisioning set is missing, is for another system, or is wrong.
    """
    wanted = _only_set(given)
    if wanted is None:
        raise refusals.bad_request(  # [protocol 4.14]
            f"The {os}ProvisioningConfiguration of role {given.role_name} must be specified for an image."
        )
    if len(wanted.custom_data or b"") > MOST_CUSTOM_DATA:
        raise refusals.bad_request(f"The custom data has more than {MOST_CUSTOM_DATA} bytes.")  # [guess]
    require_certificates(service, certificates_of(given))
    match wanted:
        case LinuxConfigurationSet() if os == "Linux":
            return _linux_name(wanted)
        case WindowsConfigurationSet() if os == "Windows":
            return _windows_name(wanted, given.role_name or "")
    raise refusals.bad_request(  # [protocol 4.14]
        f"The {wanted.configuration_set_type} of role {given.role_name} is not for the operating system {os}."
    )


def system_of(given: Role) -> str | None:
    """Return the system that the provisioning set is for; nothing without such a set."""
    match _only_set(given):
        case LinuxConfigurationSet():
            return "Linux"
        case WindowsConfigurationSet():
            return "Windows"
        case _:
            return None


def require_none(given: Role) -> None:
    """Refuse a provisioning set of a machine whose system is set up already."""
    if _only_set(given) is not None:
        raise refusals.bad_request(  # [protocol 4.14]
            f"A provisioning configuration must not be specified for role {given.role_name}, whose system is "
            "set up already."
        )


def certificates_of(given: Role) -> tuple[str, ...]:
    """The certificates of the hosted service that go into a machine."""
    match _only_set(given):
        case LinuxConfigurationSet(ssh=ssh):
            named = [key.fingerprint for key in (*ssh.public_keys, *ssh.key_pairs)]
        case WindowsConfigurationSet(win_rm=win_rm, stored_certificate_settings=stored):
            named = [one.thumbprint for one in stored]
            named += [one.certificate_thumbprint for one in win_rm.listeners]
        case _:
            named = []
    return tuple(one for one in named if one)


def wants_remote_management(given: Role) -> bool:
    """Tell whether a Windows machine is to listen for WinRM over HTTPS."""
    wanted = _only_set(given)
    return isinstance(wanted, WindowsConfigurationSet) and any(
        (one.protocol or "").lower() == "https" for one in wanted.win_rm.listeners
    )


def require_certificates(service: HostedService, thumbprints: Iterable[str]) -> None:
    """Refuse thumbprints of which `service` has no certificate."""
    for thumbprint in thumbprints:
        if thumbprint not in service.certificates:
            raise refusals.bad_request(  # [protocol 4.8]
                f"The certificate with thumbprint {thumbprint} was not found in the hosted service "
                f"{service.name}. It must be added there first."
            )


def _only_set(given: Role) -> ProvisioningSet | None:
    sets = [one for one in given.configuration_sets if not isinstance(one, ConfigurationSet)]
    if len(sets) > 1:
        # [guess]: no source says so
        raise refusals.bad_request(f"Role {given.role_name} has several provisioning configurations.")
    return sets[0] if sets else None


def _linux_name(wanted: LinuxConfigurationSet) -> str:
    if not 1 <= len(wanted.host_name or "") <= LONGEST_HOST_NAME:
        # [protocol 1.8]
        raise refusals.bad_request(f"The HostName must have from 1 to {LONGEST_HOST_NAME} characters.")
    user = wanted.user_name or ""
    if not 1 <= len(user) <= LONGEST_LINUX_USER or not user.isascii():
        # [protocol 1.8]
        raise refusals.bad_request(f"The UserName must have from 1 to {LONGEST_LINUX_USER} ASCII characters.")
    password = wanted.user_password.get_secret_value() if wanted.user_password else ""
    if not password and not wanted.ssh.public_keys.public_keys:
        # [protocol 4.14]
        raise refusals.bad_request("A UserPassword or an SSH public key must be specified.")
    if password and not (len(password) in LINUX_PASSWORD and password.isascii()):
        raise refusals.bad_request(  # [protocol 1.8]
            f"The UserPassword must have from {LINUX_PASSWORD[0]} to {LINUX_PASSWORD[-1]} ASCII characters."
        )
    # The system's own name is without its domain. [rec compute, 1 of 1]
    return (wanted.host_name or "").partition(".")[0]


def _windows_name(wanted: WindowsConfigurationSet, role_name: str) -> str:
    name = wanted.computer_name or role_name
    if len(name) > LONGEST_COMPUTER_NAME:
        raise refusals.bad_request(  # [protocol 1.8]
            f"The ComputerName {name} is longer than {LONGEST_COMPUTER_NAME} characters."
        )
    password = wanted.admin_password.get_secret_value() if wanted.admin_password else ""
    classes = sum(
        re.search(pattern, password) is not None for pattern in ("[a-z]", "[A-Z]", "[0-9]", "[^a-zA-Z0-9]")
    )
    if len(password) < SHORTEST_WINDOWS_PASSWORD or classes < PASSWORD_CLASSES:
        raise refusals.bad_request(  # [guess]
            f"The AdminPassword must have at least {SHORTEST_WINDOWS_PASSWORD} characters of at least "
            f"{PASSWORD_CLASSES} kinds."
        )
    return name
