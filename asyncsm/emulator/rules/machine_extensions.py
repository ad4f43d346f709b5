"""Extensions of virtual machines: which a machine may have, and how its agent says they are doing."""

from __future__ import annotations

from collections.abc import Iterable

from asyncsm.emulator import catalogue, refusals
from asyncsm.emulator.call import Call
from asyncsm.emulator.compute import Role, RoleInstance
from asyncsm.wire import extensions as wire


def require_known(references: Iterable[wire.ResourceExtensionReference]) -> None:
    """Refuse references to extensions that do not exist, and two under one name.

    Raises:
        Refusal: something of them is missing, wrong or a duplicate.
    """
    names: set[str] = set()
    for one in references:
        if not (one.reference_name and one.publisher and one.name and one.version):
            raise refusals.bad_request(  # [protocol 4.14]
                "A resource extension reference must have a reference name, a publisher, a name and a version."
            )
        if one.reference_name.lower() in names:
            # [guess]: no source says so
            raise refusals.bad_request(f"The reference name {one.reference_name} occurs more than once.")
        names.add(one.reference_name.lower())
        if catalogue.matching_extension(one.publisher, one.name, one.version) is None:
            raise refusals.bad_request(  # [guess]
                f"The extension {one.name} of the publisher {one.publisher} does not exist in the version "
                f"{one.version}."
            )


def agent_status(call: Call, role: Role, instance: RoleInstance) -> wire.GuestAgentStatus | None:
    """Return the status of a machine's agent, once the agent runs."""
    if not _has_agent(role) or not instance.provisioned or instance.status != "ReadyRole":
        return None
    return wire.GuestAgentStatus(
        protocol_version="1.0",
        timestamp=call.now,
        guest_agent_version="2.0",
        status="Ready",
        formatted_message=wire.FormattedMessage(language="en-US", message="The agent is running."),
    )


def statuses(role: Role, instance: RoleInstance) -> list[wire.ResourceExtensionStatus]:
    """How the extensions of a machine are doing, as its agent reports."""
    if not _has_agent(role) or not instance.booted:
        return []
    ready = instance.status == "ReadyRole"
    return [_status(one, ready=ready) for one in role.extensions]


def _has_agent(role: Role) -> bool:
    # Who asks for extensions means to have the agent that runs them.
    return role.provision_guest_agent or (role.provision_guest_agent is None and bool(role.extensions))


def _status(reference: wire.ResourceExtensionReference, *, ready: bool) -> wire.ResourceExtensionStatus:
    publisher, name, version = reference.publisher or "", reference.name or "", reference.version or ""
    found = catalogue.matching_extension(publisher, name, version)
    if reference.state == wire.ExtensionState.DISABLE:
        status = "NotReady"
    else:
        status = "Ready" if ready else "Installing"
    return wire.ResourceExtensionStatus(
        handler_name=f"{publisher}.{name}",
        version=version if found is None else found.version,
        status=status,
        formatted_message=wire.FormattedMessage(language="en-US", message=f"{name} is {status.lower()}."),
    )
