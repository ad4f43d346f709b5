"""Starting, stopping and capturing virtual machines."""

from __future__ import annotations

from typing import Annotated, Final

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import Reconcile
from asyncsm.operations.declaring import Family
from asyncsm.operations.deployments import DEPLOYMENT
from asyncsm.operations.kinds import Label, Name, Names, one_of
from asyncsm.operations.roles import MACHINE, SystemConfiguration
from asyncsm.operations.upgrades import INSTANCE
from asyncsm.polling import OperationHandle

family: Final = Family("power", evidence="[protocol 4.14]")

MACHINES: Final = DEPLOYMENT + "/roles/Operations"
_NO_HARM: Final = Reconcile.REPEAT  # a running machine stays running, a stopped one stopped


class PowerOperations(Caller):
    """Operations on the state of virtual machines.

    An operation succeeds when the machine has been told; `wait_for_role_instance` waits until it
    is there.
    """

    @family.acts(
        MACHINE,
        body=lambda: wire.roles.StartRoleOperation,
        operation="StartRoleOperation",
        reconcile=_NO_HARM,
    )
    async def start_role(self, service_name: str, deployment_name: str, role_name: str) -> OperationHandle:
        """Start a virtual machine.

        REST: Start Role.

        Raises:
            ResourceNotFound: there is no such machine.
        """
        ...

    @family.acts(
        MACHINE,
        body=lambda: wire.roles.RestartRoleOperation,
        operation="RestartRoleOperation",
    )
    async def restart_role(self, service_name: str, deployment_name: str, role_name: str) -> OperationHandle:
        """Restart a virtual machine.

        REST: Restart Role.

        Raises:
            ResourceNotFound: there is no such machine.
        """
        ...

    @family.acts(
        MACHINE,
        body=lambda: wire.roles.RedeployRoleOperation,
        operation="RedeployRoleOperation",
        version="2016-06-01",
    )
    async def redeploy_role(self, service_name: str, deployment_name: str, role_name: str) -> OperationHandle:
        """Move a virtual machine to another host, where it restarts; what is on its temporary disk is lost.

        REST: Redeploy Role.

        Raises:
            ResourceNotFound: there is no such machine.
            Conflict: it is stopped.
        """
        ...

    @family.acts(
        MACHINE,
        body=lambda: wire.roles.PerformMaintenanceOnRoleOperation,
        operation="PerformMaintenanceOnRoleOperation",
        version="2017-01-01",
    )
    async def perform_maintenance_on_role(
        self, service_name: str, deployment_name: str, role_name: str
    ) -> OperationHandle:
        """Have the maintenance of a virtual machine's host now, in which it restarts.

        REST: Perform Maintenance on Role.

        Raises:
            ResourceNotFound: there is no such machine.
            Conflict: it is stopped, or no maintenance is due (`RoleInstance.maintenance_status`).
        """
        ...

    @family.reads(
        INSTANCE + "/ModelFile?FileType=RDP", operation="GetRemoteDesktopFile", version="2016-06-01"
    )
    async def get_remote_desktop_file(
        self, service_name: str, deployment_name: str, role_instance_name: str
    ) -> bytes:
        """Read the file with which a remote desktop client connects to a Windows machine.

        REST: Download RDP File.

        Raises:
            ResourceNotFound: there is no such instance.
            BadRequest: remote desktops cannot reach it.
        """
        ...

    @family.acts(
        MACHINE,
        body=lambda: wire.roles.ShutdownRoleOperation,
        operation="ShutdownRoleOperation",
        reconcile=_NO_HARM,
    )
    async def shutdown_role(
        self,
        service_name: str,
        deployment_name: str,
        role_name: str,
        post_shutdown_action: Annotated[str, one_of(wire.roles.PostShutdownAction)] = "Stopped",
    ) -> OperationHandle:
        """Shut a virtual machine down.

        REST: Shutdown Role.

        Args:
            post_shutdown_action: ``Stopped`` (it keeps its place and address, and is charged) or
                ``StoppedDeallocated``.

        Raises:
            ResourceNotFound: there is no such machine.
        """
        ...

    @family.acts(
        MACHINES,
        body=lambda: wire.roles.StartRolesOperation,
        fields={"roles": "role_names"},
        operation="StartRolesOperation",
        reconcile=_NO_HARM,
    )
    async def start_roles(
        self, service_name: str, deployment_name: str, role_names: Names
    ) -> OperationHandle:
        """Start several virtual machines of a deployment at once.

        REST: Start Roles.

        Raises:
            ResourceNotFound: one of the machines does not exist.
        """
        ...

    @family.acts(
        MACHINES,
        body=lambda: wire.roles.ShutdownRolesOperation,
        fields={"roles": "role_names"},
        operation="ShutdownRolesOperation",
        reconcile=_NO_HARM,
    )
    async def shutdown_roles(
        self,
        service_name: str,
        deployment_name: str,
        role_names: Names,
        post_shutdown_action: Annotated[str, one_of(wire.roles.PostShutdownAction)] = "Stopped",
    ) -> OperationHandle:
        """Shut several virtual machines of a deployment down at once.

        REST: Shutdown Roles.

        Args:
            role_names: the machines.
            post_shutdown_action: as for `shutdown_role`.

        Raises:
            ResourceNotFound: one of the machines does not exist.
        """
        ...

    @family.acts(
        MACHINE,
        body=lambda: wire.roles.CaptureRoleOperation,
        operation="CaptureRoleOperation",
        destructive=True,
    )
    async def capture_role(
        self,
        service_name: str,
        deployment_name: str,
        role_name: str,
        post_capture_action: Annotated[str, one_of(wire.roles.PostCaptureAction)],
        target_image_name: Name,
        target_image_label: Label,
        provisioning_configuration: SystemConfiguration | None = None,
    ) -> OperationHandle:
        """Make an operating system image of a stopped, generalised virtual machine.

        REST: Capture Role.

        Args:
            post_capture_action: ``Delete`` the machine, or ``Reprovision`` it.
            target_image_name: name of the image, unique in the subscription.
            target_image_label: at most 100 characters.
            provisioning_configuration: how the machine is set up again, for ``Reprovision``.

        Raises:
            ResourceNotFound: there is no such machine.
            BadRequest: it is not stopped.
            Conflict: the image's name is taken.
        """
        ...
