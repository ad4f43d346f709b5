"""Finding what a path names, or saying in the service's words that it is not there."""

from __future__ import annotations

import re
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call
from asyncsm.emulator.compute import Deployment, HostedService, Role, Slot
from asyncsm.emulator.state import Subscription

SERVICE: Final = "services/hostedservices/{serviceName}"
BY_NAME: Final = f"{SERVICE}/deployments/{{deploymentName}}"
BY_SLOT: Final = f"{SERVICE}/deploymentslots/{{deploymentSlot}}"
"""Paths that `hosted_service` and `deployment` understand; most operations have both of the latter."""

NO_DEPLOYMENT: Final = "No deployments were found."
INVALID_SERVICE_NAME: Final = "The hosted service name is invalid."
_SERVICE_NAME: Final = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII | re.IGNORECASE)

NO_ROLE: Final = "Role {} was not found in the currently deployed service."


def can_name_a_service(name: str) -> bool:
    """Tell whether a hosted service can have this name, which is part of a DNS name."""
    return _SERVICE_NAME.fullmatch(name) is not None


def hosted_service(call: Call) -> HostedService:
    """The hosted service of the path."""
    return hosted_service_named(call.subscription, call.parameters["serviceName"])


def hosted_service_named(subscription: Subscription, name: str) -> HostedService:
    """The hosted service called `name`.

    Raises:
        Refusal: there is none, or none can have that name.
    """
    if not can_name_a_service(name):
        raise refusals.bad_request(INVALID_SERVICE_NAME)  # [protocol 3.4]
    # [rec compute/create_update_delete_hosted_service]
    return refusals.required(subscription.hosted_services.get(name), "The hosted service does not exist.")


def slot(name: str) -> Slot:
    """The slot called `name`, in any case.

    Raises:
        Refusal: 400, there are only two.
    """
    match name.lower():
        case "production":
            return "Production"
        case "staging":
            return "Staging"
    # [protocol 4.6]
    raise refusals.bad_request(f"The deployment slot '{name}' is neither Production nor Staging.")


def deployment(call: Call) -> tuple[HostedService, Deployment]:
    """The deployment of the path, which has its name or its slot, and the service it is in."""
    if "deploymentSlot" in call.parameters:
        service = _service_of_slot(call)
        found = service.in_slot(slot(call.parameters["deploymentSlot"]))
    else:
        service = hosted_service(call)
        found = service.deployments.get(call.parameters["deploymentName"])
    return service, refusals.required(found, NO_DEPLOYMENT)  # [rec compute/create_get_delete_deployment]


def _service_of_slot(call: Call) -> HostedService:
    """As `hosted_service`; by a slot the service looks for deployments at once, and for no service."""
    name = call.parameters["serviceName"]
    if can_name_a_service(name) and name not in call.subscription.hosted_services:
        raise refusals.not_found(NO_DEPLOYMENT)  # [protocol 4.6]
    return hosted_service(call)


def path_of(service: HostedService, deployment: Deployment) -> tuple[str, ...]:
    """Where `deployment` is read, below the subscription."""
    return ("services", "hostedservices", service.name, "deployments", deployment.name)


def machine(call: Call) -> tuple[HostedService, Deployment, Role]:
    """The virtual machine of the path, and what it is in.

    Raises:
        Refusal: there is none, or it is a web or worker role.
    """
    service, holder = deployment(call)
    return service, holder, machine_in(holder, call.parameters["roleName"])


def machine_in(holder: Deployment, name: str) -> Role:
    """The virtual machine called `name`; as `machine`."""
    found = role_in(holder, name)
    if not found.is_virtual_machine:
        raise refusals.bad_request(f"Role {found.name} is not a virtual machine.")  # [guess]
    return found


def role_in(holder: Deployment, name: str) -> Role:
    """Return the role called `name`; refuse if there is none."""
    # [rec compute/add_update_delete_role_windows]
    return refusals.required(holder.roles.get(name), NO_ROLE.format(name))
