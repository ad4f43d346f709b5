"""Starting, stopping and capturing virtual machines."""

from __future__ import annotations

from collections.abc import Sequence

from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import Reconcile, post
from asyncsm.operations import arguments
from asyncsm.operations.deployments import path_of_deployment
from asyncsm.operations.roles import SystemConfiguration, path_of_machine
from asyncsm.polling import OperationHandle
from asyncsm.wire.base import XmlModel
from asyncsm.wire.roles import (
    CaptureRoleOperation,
    PostCaptureAction,
    PostShutdownAction,
    RestartRoleOperation,
    ShutdownRoleOperation,
    ShutdownRolesOperation,
    StartRoleOperation,
    StartRolesOperation,
)

_NO_HARM = Reconcile.REPEAT  # a running machine stays running, a stopped one stopped


class PowerOperations(Caller):
    """Operations on the state of virtual machines.

    An operation succeeds when the machine has been told; `wait_for_role_instance` waits until it
    is there.
    """

    async def start_role(self, service_name: str, deployment_name: str, role_name: str) -> OperationHandle:
        """Start a virtual machine.

        REST: Start Role.

        Raises:
            ResourceNotFound: there is no such machine.
            ExclusiveAccess: somebody else's operation on the deployment has not ended in time.
        """
        return await self._tell(service_name, deployment_name, role_name, StartRoleOperation(), _NO_HARM)

    async def restart_role(self, service_name: str, deployment_name: str, role_name: str) -> OperationHandle:
        """Restart a virtual machine.

        REST: Restart Role.

        Raises:
            ResourceNotFound: there is no such machine.
            ExclusiveAccess: somebody else's operation on the deployment has not ended in time.
        """
        return await self._tell(service_name, deployment_name, role_name, RestartRoleOperation())

    async def shutdown_role(
        self,
        service_name: str,
        deployment_name: str,
        role_name: str,
        post_shutdown_action: str = "Stopped",
    ) -> OperationHandle:
        """Shut a virtual machine down.

        REST: Shutdown Role.

        Args:
            service_name: the hosted service.
            deployment_name: the deployment.
            role_name: the machine.
            post_shutdown_action: ``Stopped`` (it keeps its place and address, and is charged) or
                ``StoppedDeallocated``.

        Raises:
            ResourceNotFound: there is no such machine.
            ExclusiveAccess: somebody else's operation on the deployment has not ended in time.
        """
        body = ShutdownRoleOperation(post_shutdown_action=_after_shutdown(post_shutdown_action))
        return await self._tell(service_name, deployment_name, role_name, body, _NO_HARM)

    async def start_roles(
        self, service_name: str, deployment_name: str, role_names: Sequence[str]
    ) -> OperationHandle:
        """Start several virtual machines of a deployment at once.

        REST: Start Roles.

        Raises:
            ResourceNotFound: one of the machines does not exist.
            ExclusiveAccess: somebody else's operation on the deployment has not ended in time.
        """
        body = StartRolesOperation(roles=arguments.names("role_names", role_names))
        return await self._tell_all(service_name, deployment_name, body)

    async def shutdown_roles(
        self,
        service_name: str,
        deployment_name: str,
        role_names: Sequence[str],
        post_shutdown_action: str = "Stopped",
    ) -> OperationHandle:
        """Shut several virtual machines of a deployment down at once.

        REST: Shutdown Roles.

        Args:
            service_name: the hosted service.
            deployment_name: the deployment.
            role_names: the machines.
            post_shutdown_action: as for `shutdown_role`.

        Raises:
            ResourceNotFound: one of the machines does not exist.
            ExclusiveAccess: somebody else's operation on the deployment has not ended in time.
        """
        body = ShutdownRolesOperation(
            roles=arguments.names("role_names", role_names),
            post_shutdown_action=_after_shutdown(post_shutdown_action),
        )
        return await self._tell_all(service_name, deployment_name, body)

    async def capture_role(
        self,
        service_name: str,
        deployment_name: str,
        role_name: str,
        post_capture_action: str,
        target_image_name: str,
        target_image_label: str,
        provisioning_configuration: SystemConfiguration | None = None,
    ) -> OperationHandle:
        """Make an operating system image of a stopped, generalised virtual machine.

        REST: Capture Role.

        Args:
            service_name: the hosted service.
            deployment_name: the deployment.
            role_name: the machine.
            post_capture_action: ``Delete`` the machine, or ``Reprovision`` it.
            target_image_name: name of the image, unique in the subscription.
            target_image_label: at most 100 characters.
            provisioning_configuration: how the machine is set up again, for ``Reprovision``.

        Raises:
            ResourceNotFound: there is no such machine.
            BadRequest: it is not stopped.
            Conflict: the image's name is taken.
        """
        body = CaptureRoleOperation(
            post_capture_action=arguments.one_of(
                "post_capture_action", post_capture_action, PostCaptureAction
            ),
            provisioning_configuration=provisioning_configuration,
            target_image_label=arguments.label(target_image_label),
            target_image_name=arguments.text("target_image_name", target_image_name),
        )
        return await self._tell(service_name, deployment_name, role_name, body)

    async def _tell(
        self,
        service_name: str,
        deployment_name: str,
        role_name: str,
        body: XmlModel,
        reconcile: Reconcile = Reconcile.LISTED,
    ) -> OperationHandle:
        path = path_of_machine(service_name, deployment_name, role_name)
        return await self.start(post(*path, body=body, operation=body.root_name(), reconcile=reconcile))

    async def _tell_all(self, service_name: str, deployment_name: str, body: XmlModel) -> OperationHandle:
        path = path_of_deployment(service_name, deployment_name, "roles", "Operations")
        return await self.start(post(*path, body=body, operation=body.root_name(), reconcile=_NO_HARM))


def _after_shutdown(action: str) -> PostShutdownAction:
    return arguments.one_of("post_shutdown_action", action, PostShutdownAction)
