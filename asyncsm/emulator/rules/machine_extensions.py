"""Extensions of virtual machines: which a machine may have, and how its agent says they are doing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from asyncsm.emulator import catalogue, refusals
from asyncsm.emulator.call import Call
from asyncsm.emulator.compute import Role, RoleInstance
from asyncsm.emulator.rules import service_extensions
from asyncsm.emulator.state import Subscription
from asyncsm.wire import extensions as wire

AGENT_VERSION: Final = "2.6.1198.718"
"""The release of the guest agent that machines got in the middle of 2015."""


def require_known(call: Call, references: Iterable[wire.ResourceExtensionReference]) -> None:
    """Refuse references without a name, two under one name, and those to what the user's own extensions do not offer.

    Of others the catalogue has what recordings list; there were more, and more came with time, so only
    strict mode refuses those that it does not know.

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
        is_own = service_extensions.is_registered(call.subscription, one.publisher, one.name)
        if call.is_strict or is_own:
            _require_offered(call.subscription, one.publisher, one.name, one.version)


def _require_offered(subscription: Subscription, publisher: str, name: str, version: str) -> None:
    own = service_extensions.for_machines(subscription, publisher, name)
    is_own = any(service_extensions.matches(each.version, version) for each in own)
    if not is_own and catalogue.matching_extension(publisher, name, version) is None:
        raise refusals.bad_request(  # [guess]
            f"The extension {name} of the publisher {publisher} does not exist in the version {version}."
        )


def agent_status(call: Call, role: Role, instance: RoleInstance) -> wire.GuestAgentStatus | None:
    """Return what is known of a machine's agent, if it has one.

    [rec compute, 81 of 81]
    """
    if not role.is_virtual_machine or not _has_agent(role):
        return None
    ready = _is_ready(instance)
    if ready:
        said = "GuestAgent is running and accepting new configurations."
    elif instance.agent_seen is not None:
        said = (
            f"VM Agent is unresponsive. Status was last reported at {instance.agent_seen:%Y-%m-%dT%H:%M:%SZ}."
        )
    else:
        said = f"Status not available for role {role.name}."
    return wire.GuestAgentStatus(
        protocol_version="1.0",
        timestamp=call.now,
        guest_agent_version=AGENT_VERSION if ready else "Unknown",
        status="Ready" if ready else "NotReady",
        formatted_message=wire.FormattedMessage(language="en-US", message=said),
    )


def statuses(role: Role, instance: RoleInstance) -> list[wire.ResourceExtensionStatus]:
    """How the extensions of a machine are doing, as long as its agent reports it."""
    if not _has_agent(role) or not _is_ready(instance):
        return []
    return [_status(one) for one in role.extensions]


def _has_agent(role: Role) -> bool:
    # Who asks for extensions means to have the agent that runs them.
    return role.provision_guest_agent or (role.provision_guest_agent is None and bool(role.extensions))


def _is_ready(instance: RoleInstance) -> bool:
    return instance.provisioned and instance.status == "ReadyRole"


def _status(reference: wire.ResourceExtensionReference) -> wire.ResourceExtensionStatus:
    publisher, name, version = reference.publisher or "", reference.name or "", reference.version or ""
    found = catalogue.matching_extension(publisher, name, version)
    handler, present = f"{publisher}.{name}", version.replace("*", "0") if found is None else found.version
    enabled = reference.state != wire.ExtensionState.DISABLE
    said = f"Plugin {'enabled' if enabled else 'disabled'} (name: {handler}, version: {present})."
    return wire.ResourceExtensionStatus(
        handler_name=handler,
        version=present,
        status="Ready" if enabled else "NotReady",
        formatted_message=wire.FormattedMessage(language="en-US", message=said),
    )
