"""Reports on deployments: the restarts of their instances, and copies of their packages."""

from __future__ import annotations

from functools import partial
from itertools import islice

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.compute import Deployment
from asyncsm.emulator.routes import deployments
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import blobs, path_resources, periods
from asyncsm.emulator.rules.path_resources import BY_NAME, BY_SLOT
from asyncsm.emulator.saved_names import effect
from asyncsm.wire.deployments import DeploymentEventCollection, RebootEvent

routes: RouteTable = RouteTable()


@routes.get(f"{BY_NAME}/events", "ListDeploymentEvents")
@routes.get(f"{BY_SLOT}/events", "ListDeploymentEvents")
def list_events(call: Call) -> Reply:
    """List Deployment Events: the restarts that began in a period, page by page."""
    begin, end = periods.moment(call, "starttime"), periods.moment(call, "endtime")
    after = periods.place(call)
    _, deployment = path_resources.deployment(call)
    found = (one for one in deployment.reboots.values() if begin <= one.started <= end and one.number > after)
    page = list(islice(found, periods.PAGE_SIZE + 1))
    more = len(page) > periods.PAGE_SIZE
    del page[periods.PAGE_SIZE :]
    events = [
        RebootEvent(
            role_name=one.role_name,
            instance_name=one.instance_name,
            reboot_reason=one.reason,
            reboot_start_time=one.started,
        )
        for one in page
    ]
    token = periods.token(page[-1].number) if more else None
    return Reply(document=DeploymentEventCollection(reboot_events=events, continuation_token=token))


@routes.post(f"{BY_NAME}/package", "GetPackage")
@routes.post(f"{BY_SLOT}/package", "GetPackageBySlot")
def get_package(call: Call) -> Reply:
    """Get Package: copy package and configuration into a container, where they may be there only if so wanted."""
    _, deployment = path_resources.deployment(call)
    deployments.require_roles(deployment)
    # The .NET library writes a blank and a plus behind the address.
    container = call.query.get("containeruri", "").rstrip(" +/")
    if not container:
        raise refusals.missing_query_parameter("containerUri")  # [protocol 3.3]
    blobs.require_account(call, container, "container URI")
    if call.query.get("overwriteexisting", "").lower() != "true" and container in deployment.packages_in:
        raise refusals.conflict(  # [guess]
            f"The package of deployment {deployment.name} already exists in the container."
        )
    return call.accept(then=partial(_copy, deployment, container))


@effect("deployments/copy-package")
def _copy(deployment: Deployment, container: str) -> None:
    deployment.packages_in = (*(one for one in deployment.packages_in if one != container), container)
