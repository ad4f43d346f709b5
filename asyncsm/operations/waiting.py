"""Waiting for resources to reach a state."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import TypeAlias, TypeVar, Union, cast

from asyncsm import wire
from asyncsm.errors import StateUnreachable
from asyncsm.operations.arguments import one_of, same_name
from asyncsm.operations.binding import request_of
from asyncsm.operations.deployments import DeploymentOperations
from asyncsm.operations.signatures import composed
from asyncsm.operations.storage import StorageAccountOperations
from asyncsm.polling import Goal
from asyncsm.polling.callbacks import plain

Resource = TypeVar("Resource")
DeploymentGoal: TypeAlias = Union[str, Callable[["wire.deployments.Deployment"], bool]]  # noqa: UP007 - of texts
InstanceGoal: TypeAlias = Union[str, Callable[["wire.deployments.RoleInstance"], bool]]  # noqa: UP007 - of texts


class WaitingOperations(DeploymentOperations, StorageAccountOperations):
    """Questions for the state of resources, repeated until it is reached."""

    @composed
    async def wait_for_deployment(
        self,
        service_name: str,
        deployment_name: str,
        until: DeploymentGoal = "ReadyRole",
        *,
        deadline: float | None = None,
    ) -> wire.deployments.Deployment:
        """Wait until a deployment has reached a state.

        Args:
            until: a deployment status such as ``Running`` or ``Suspended``; an instance status such
                as ``ReadyRole`` or ``StoppedDeallocated``, which all instances must have; or a
                function of the `Deployment` that says whether it will do. Words in any case.
            deadline: seconds to wait at most; ``None`` waits for ever.

        Returns:
            The deployment as it was when the goal was reached.

        Raises:
            InvalidArgument: `until` is a word, and none of those.
            StateUnreachable: an instance failed, and will not get there by itself.
            OperationTimeout: the deadline passed.
            ResourceNotFound: there is no such hosted service or deployment.
        """
        what = f"deployment {deployment_name} of hosted service {service_name}"
        goal = _goal(until, wire.deployments.DeploymentStatus, wire.deployments.InstanceStatus)

        def reached(deployment: wire.deployments.Deployment) -> bool:
            if callable(goal):
                return goal(deployment)
            instances = deployment.role_instance_list
            if goal == deployment.status or (
                len(instances) > 0 and all(instance.instance_status == goal for instance in instances)
            ):
                return True
            for instance in instances:
                _refuse_failed(instance, what)
            return False

        request = request_of(DeploymentOperations.get_deployment_by_name, service_name, deployment_name)
        return await self.wait_for(
            wire.deployments.Deployment, request, Goal(what, reached, _deployment_in_words, deadline)
        )

    @composed
    async def wait_for_role_instance(
        self,
        service_name: str,
        deployment_name: str,
        role_instance_name: str,
        until: InstanceGoal = "ReadyRole",
        *,
        deadline: float | None = None,
    ) -> wire.deployments.RoleInstance:
        """Wait until one role instance has reached a state.

        Args:
            role_instance_name: the instance; that of a virtual machine has the role's name. It may
                not exist yet.
            until: an instance status such as ``ReadyRole``, a power state such as ``Started``, or a
                function of the `RoleInstance` that says whether it will do.
            deadline: seconds to wait at most; ``None`` waits for ever.

        Raises:
            InvalidArgument: `until` is a word, and none of those.
            StateUnreachable: the instance failed, and will not get there by itself.
            OperationTimeout: the deadline passed.
            ResourceNotFound: there is no such hosted service or deployment.
        """
        what = f"role instance {role_instance_name} of {service_name}/{deployment_name}"
        goal = _goal(until, wire.deployments.InstanceStatus, wire.deployments.PowerState)

        def named(deployment: wire.deployments.Deployment) -> wire.deployments.RoleInstance | None:
            instances = deployment.role_instance_list
            return next(
                (each for each in instances if same_name(each.instance_name, role_instance_name)), None
            )

        def reached(deployment: wire.deployments.Deployment) -> bool:
            instance = named(deployment)
            if instance is None:
                return False
            if callable(goal):
                return goal(instance)
            if goal in {instance.instance_status, instance.power_state}:
                return True
            _refuse_failed(instance, what)
            return False

        def seen(deployment: wire.deployments.Deployment) -> str:
            instance = named(deployment)
            return "absent" if instance is None else str(instance.instance_status)

        request = request_of(DeploymentOperations.get_deployment_by_name, service_name, deployment_name)
        deployment = await self.wait_for(
            wire.deployments.Deployment, request, Goal(what, reached, seen, deadline)
        )
        # `reached` lets no absent instance through.
        return cast("wire.deployments.RoleInstance", named(deployment))

    @composed
    async def wait_for_storage_account(
        self,
        service_name: str,
        until: str | Callable[[wire.storage.StorageService], bool] = "Created",
        *,
        deadline: float | None = None,
    ) -> wire.storage.StorageService:
        """Wait until a storage account has reached a state.

        Args:
            until: a status such as ``Created``, or a function of the `StorageService`.
            deadline: seconds to wait at most; ``None`` waits for ever.

        Raises:
            OperationTimeout: the deadline passed.
            ResourceNotFound: there is no such storage account.
        """
        goal = _goal(until, wire.storage.StorageAccountStatus)

        def reached(account: wire.storage.StorageService) -> bool:
            return goal(account) if callable(goal) else _status(account) == goal

        request = request_of(StorageAccountOperations.get_storage_account_properties, service_name)
        wait = Goal(f"storage account {service_name}", reached, _status, deadline)
        return await self.wait_for(wire.storage.StorageService, request, wait)


def _goal(
    until: str | Callable[[Resource], bool], *states: type[wire.types.OpenEnum]
) -> str | Callable[[Resource], bool]:
    """Return a goal with its word as the service spells it; a word that no state has would wait for ever."""
    return plain("until", until) if callable(until) else one_of("until", until, dict.fromkeys(chain(*states)))


def _refuse_failed(instance: wire.deployments.RoleInstance, what: str) -> None:
    states = wire.deployments.InstanceStatus
    failed = {
        states.PROVISIONING_FAILED,
        states.PROVISIONING_TIMEOUT,
        states.FAILED_STARTING_VM,
        states.FAILED_STARTING_ROLE,
    }
    if instance.instance_status in failed:
        detail = instance.instance_error_code or instance.instance_state_details
        raise StateUnreachable(
            f"{what}: instance {instance.instance_name} is {instance.instance_status}"
            + (f" ({detail})" if detail else ""),
            str(instance.instance_status),
        )


def _deployment_in_words(deployment: wire.deployments.Deployment) -> str:
    instances = ", ".join(
        f"{instance.instance_name} {instance.instance_status}"
        for instance in deployment.role_instance_list[:5]
    )
    return f"{deployment.status} ({instances or 'no instances'})"


def _status(account: wire.storage.StorageService) -> str:
    return str(account.storage_service_properties.status)
