"""How an update goes through a deployment of web and worker roles.

First the service accepts it, which keeps other changes out and can fail for lack of cores.
From then on the deployment shows its new configuration and takes further changes, although
the update still goes on: through one upgrade domain after the other, through each when it
is told to, or through all at once. The roles and the numbers of their instances change
when the last domain is done, so that until then everything can be rolled back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from random import Random
from typing import Final

from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.compute import Deployment, Role
from asyncsm.emulator.refusals import Refusal
from asyncsm.emulator.rules import instances, packages, service_configurations, service_extensions
from asyncsm.emulator.rules.instances import InstancePhase, Timing
from asyncsm.emulator.saved_names import effect, saved
from asyncsm.emulator.state import Subscription
from asyncsm.emulator.updates import Definition, Update
from asyncsm.wire.configuration_sets import ConfigurationSet
from asyncsm.wire.cscfg import ServiceConfiguration
from asyncsm.wire.endpoints import ConfigurationSetInputEndpoints

ACCEPTANCE: Final = 0.1
"""After which part of the operation an update has begun."""

MANUAL_SECONDS: Final = 15.0
"""How long a manual update takes until it waits for the first domain."""

LINGERING_SECONDS: Final = 20.0
"""How long an update is shown that has gone through all domains of a deployment that runs. [rec compute, 3 of 3]"""

DOMAIN_SECONDS: Final = 90.0
"""How long a domain takes when it is told to go on."""

ROLE_UPDATE: Final = (
    InstancePhase("StoppingRole", "Started", 10),
    InstancePhase("RoleStateUnknown", "Started", 10),
    InstancePhase("CreatingRole", "Started", 10),
    InstancePhase("StartingRole", "Started", 10),
    InstancePhase("BusyRole", "Started", 10),
    InstancePhase("ReadyRole", "Started"),
)
"""An instance that gets new code or another guest system."""


@saved("update-context", "emulator.handlers.updates:_Context")
@dataclass(frozen=True, slots=True)
class _Context:
    """Arguments that all effects of an update need."""

    pace: Timing
    random: Random
    subscription: Subscription
    deployment: Deployment


def definition(configuration: ServiceConfiguration, text: str, label: str) -> Definition:
    """Return the definition that a configuration file gives a deployment, without extended properties.

    Raises:
        Refusal: there is no such guest system.
    """
    return Definition(
        configuration=service_configurations.as_read(text),
        label=label,
        counts={role.name: role.instances.count for role in configuration},
        os_version=service_configurations.os_version(configuration),
        properties={},
    )


def present(deployment: Deployment) -> Definition:
    """Return the definition that holds now, or that held before the update under way."""
    update = deployment.update_under_way
    if update is not None:
        return update.after if update.rolling_back else update.before
    roles = deployment.roles.values()
    return Definition(
        configuration=deployment.configuration,
        label=deployment.label,
        counts={role.name: role.instance_count for role in roles},
        os_version=next((role.os_version for role in roles), ""),
        properties=dict(deployment.extended_properties),
        extensions=deployment.extensions,
    )


def begin(
    call: Call, deployment: Deployment, mode: str, after: Definition, restarted: frozenset[str]
) -> Reply:
    """Begin the operation that updates `deployment`; one under way is given up for it.

    Args:
        call: the request.
        deployment: what is updated.
        mode: ``Auto``, ``Manual`` or ``Simultaneous``.
        after: what is to hold.
        restarted: names of the roles whose instances are restarted, in lower case.
    """
    largest = max(role.instance_count for role in deployment.roles.values())
    update = Update(
        mode=mode,
        before=present(deployment),
        after=after,
        restarted=restarted,
        domains=1 if mode == "Simultaneous" else instances.domains_for(largest),
        seconds=0,
    )
    return _begin(call, deployment, update)


def roll_back(call: Call, deployment: Deployment, update: Update, mode: str) -> Reply:
    """Begin the operation that takes back `update`: through the domains it has reached."""
    reached = update.domain + (1 if update.phase == "During" else 0)
    return _begin(
        call,
        deployment,
        replace(
            update,
            mode=mode,
            before=update.after,
            after=update.before,
            domains=reached,
            domain=0,
            phase="Before",
            rolling_back=True,
        ),
    )


def walk(call: Call, deployment: Deployment, update: Update) -> Reply:
    """Begin the operation that takes a manual update through its next domain."""
    seconds = call.progress.vary(DOMAIN_SECONDS)
    update.seconds = seconds * (1 - ACCEPTANCE)
    context = _Context(Timing.of(call), call.random, call.subscription, deployment)
    return call.accept(
        locks=[deployment], steps=[(ACCEPTANCE, partial(_resume, context, update))], seconds=seconds
    )


def _begin(call: Call, deployment: Deployment, update: Update) -> Reply:
    manual = update.mode == "Manual"
    progress = call.progress
    seconds = progress.vary(MANUAL_SECONDS) if manual else progress.lasting(call.route.usual)
    update.seconds = seconds * (1 - ACCEPTANCE) / max(1, update.domains)
    context = _Context(Timing.of(call), call.random, call.subscription, deployment)
    reply = call.accept(
        locks=[deployment], steps=[(ACCEPTANCE, partial(_accept, context, update))], seconds=seconds
    )
    if deployment.update is not None and deployment.update.is_done:
        _close(context, deployment.update)
    deployment.changing = True
    if not deployment.status.endswith("Transitioning"):
        deployment.status = f"{deployment.status}Transitioning"
    return reply


@effect("updates/accept", "emulator.handlers.updates:_accept")
def _accept(context: _Context, update: Update) -> None:
    """Let the update begin if the subscription has the cores for it."""
    deployment = context.deployment
    try:
        _claim(context, update.after)
    except Refusal:
        deployment.changing = deployment.update is not None
        instances.settle(deployment)
        raise
    _open(deployment)
    deployment.update = update
    deployment.configuration, deployment.label = update.after.configuration, update.after.label
    deployment.extended_properties = dict(update.after.properties)
    deployment.extensions = update.after.extensions
    deployment.modified = context.pace.clock.now()
    _next(context, update)


@effect("updates/resume", "emulator.handlers.updates:_resume")
def _resume(context: _Context, update: Update) -> None:
    """Go into the domain for which a manual update waits."""
    _open(context.deployment)
    if context.deployment.update is update:
        _enter(context, update)


def _open(deployment: Deployment) -> None:
    """Let other changes in: the operation goes on without keeping the deployment for itself."""
    if deployment.lock is not None:
        deployment.lock.release()


def _claim(context: _Context, after: Definition) -> None:
    roles = context.deployment.roles
    sizes = {name: roles[name].size if name in roles else Role(name).size for name in after.counts}
    wanted = sum(instances.cores_of_size(sizes[name]) * count for name, count in after.counts.items())
    # Those that go are given back only when they have gone.
    instances.claim_cores(context.subscription, context.deployment, max(wanted, context.deployment.cores))


def _next(context: _Context, update: Update) -> None:
    if update.domain >= update.domains:
        _finish(context, update)
    elif update.mode == "Manual":
        update.phase = "Before"
    else:
        _enter(context, update)


def _enter(context: _Context, update: Update) -> None:
    update.phase = "During"
    deployment = context.deployment
    if deployment.status.startswith("Running"):
        for instance in deployment.instances.values():
            here = update.mode == "Simultaneous" or instance.upgrade_domain == update.domain
            if here and instance.role_name.lower() in update.restarted:
                instances.walk(context.pace, deployment, instance, ROLE_UPDATE)
    context.pace.clock.after(update.seconds, partial(_leave, context, update))


@effect("updates/leave-domain", "emulator.handlers.updates:_leave")
def _leave(context: _Context, update: Update) -> None:
    if context.deployment.update is not update:  # another update, or the end of the deployment, came first
        return
    update.domain += 1
    _next(context, update)


def _finish(context: _Context, update: Update) -> None:
    """Let the roles and the numbers of their instances be those of the new definition."""
    deployment, after = context.deployment, update.after
    for name in [one for one in deployment.roles if one.lower() not in {new.lower() for new in after.counts}]:
        for instance in instances.of_role(deployment, name):
            instances.drop(deployment, instance)
        del deployment.roles[name]
    phases = instances.ROLE_START if deployment.status.startswith("Running") else instances.ROLE_CREATION
    opened = packages.opened(after.counts, deployment.roles)
    for name, count in after.counts.items():
        if name not in deployment.roles:
            listed = ConfigurationSetInputEndpoints(input_endpoints=opened[name])
            network = ConfigurationSet(input_endpoints=listed)
            deployment.roles[name] = Role(name, instance_count=0, network=network)
        role = deployment.roles[name]
        role.os_version = after.os_version
        for instance in instances.scale(deployment, role, count, context.random):
            instances.walk(context.pace, deployment, instance, phases)
    instances.spread(deployment)
    instances.claim_cores(context.subscription, deployment, instances.cores_of(deployment))
    deployment.modified = context.pace.clock.now()
    if deployment.status.startswith("Running"):
        update.domain, update.phase, update.is_done = 0, "Before", True
        context.pace.clock.after(LINGERING_SECONDS, partial(_close, context, update))
    else:
        _close(context, update)


@effect("updates/close")
def _close(context: _Context, update: Update) -> None:
    """Forget an update that is done, unless another has begun in the meantime."""
    deployment = context.deployment
    if deployment.update is update:
        deployment.extensions = service_extensions.installed(deployment.extensions)
        deployment.update, deployment.changing = None, False
        instances.settle(deployment)
