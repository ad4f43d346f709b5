"""Roles: virtual machines, web and worker roles, and the operations on their instances."""

from typing import Annotated, ClassVar

from pydantic import Field

from asyncsm.wire.base import Implied, Nillable, OpenEnum, Wrapped, XmlList, XmlModel, repeated
from asyncsm.wire.configuration_sets import ConfigurationSets, ProvisioningSet
from asyncsm.wire.disks import DataVirtualHardDisks, OSVirtualHardDisk
from asyncsm.wire.extensions import ResourceExtensionReferences
from asyncsm.wire.rules import words
from asyncsm.wire.vm_images import VMImageInput


class DebugSettings(XmlModel):
    """Addresses of a virtual machine's console output."""

    boot_diagnostics_enabled: Annotated[bool, Implied] = False
    console_screenshot_blob_uri: str | None = None
    serial_output_blob_uri: str | None = None


class Role(XmlModel):
    """A role of a deployment: a virtual machine, or a web or worker role (without a type)."""

    xsi_type: Annotated[str | None, Field(alias="@i:type")] = None
    """``PersistentVMRole`` in replies."""
    role_name: str | None = None
    os_version: Annotated[str | None, Nillable] = None
    role_type: str | None = None
    configuration_sets: ConfigurationSets = Field(default_factory=ConfigurationSets)
    resource_extension_references: ResourceExtensionReferences = Field(
        default_factory=ResourceExtensionReferences
    )
    vm_image_name: Annotated[str | None, Field(alias="VMImageName")] = None
    media_location: str | None = None
    """The container that the disks of a platform's VM image are copied to."""
    availability_set_name: str | None = None
    data_virtual_hard_disks: DataVirtualHardDisks = Field(default_factory=DataVirtualHardDisks)
    label: str | None = None
    os_virtual_hard_disk: Annotated[OSVirtualHardDisk, Field(alias="OSVirtualHardDisk")] = Field(
        default_factory=OSVirtualHardDisk
    )
    role_size: str | None = None
    default_win_rm_certificate_thumbprint: str | None = None
    """Only in replies."""
    provision_guest_agent: bool | None = None
    vm_image_input: Annotated[VMImageInput | None, Field(alias="VMImageInput")] = None
    debug_settings: DebugSettings | None = None
    license_type: Annotated[str | None, words("Windows_Server", "Windows_Client", "None")] = (
        None  # [protocol 4.14]
    )
    """``Windows_Server`` or ``Windows_Client``."""
    migration_state: str | None = None


class PersistentVMRole(Role):
    """A virtual machine: reply of Get Role, request of Add Role and of Update Role."""

    role_type: str | None = "PersistentVMRole"


class RoleList(XmlList[Role]):
    """The roles of a deployment."""

    roles: list[Role] = repeated(Role)


class PostShutdownAction(OpenEnum):
    """The state that a machine is shut down to."""

    STOPPED = "Stopped"
    """The machine keeps its host and its address, and is charged."""
    STOPPED_DEALLOCATED = "StoppedDeallocated"


class PostCaptureAction(OpenEnum):
    """The fate of a machine after it was captured."""

    DELETE = "Delete"
    REPROVISION = "Reprovision"


class StartRoleOperation(XmlModel):
    """Request of Start Role."""

    operation_type: str = "StartRoleOperation"


class RestartRoleOperation(XmlModel):
    """Request of Restart Role."""

    operation_type: str = "RestartRoleOperation"


class RedeployRoleOperation(XmlModel):
    """Request of Redeploy Role."""

    operation_type: str = "RedeployRoleOperation"


class PerformMaintenanceOnRoleOperation(XmlModel):
    """Request of Perform Maintenance on Role."""

    operation_type: str = "PerformMaintenanceOnRoleOperation"


class ShutdownRoleOperation(XmlModel):
    """Request of Shutdown Role."""

    operation_type: str = "ShutdownRoleOperation"
    post_shutdown_action: PostShutdownAction | None = None


class StartRolesOperation(XmlModel):
    """Request of Start Roles."""

    operation_type: str = "StartRolesOperation"
    roles: Annotated[list[str], Wrapped("Name")]


class ShutdownRolesOperation(XmlModel):
    """Request of Shutdown Roles."""

    operation_type: str = "ShutdownRolesOperation"
    roles: Annotated[list[str], Wrapped("Name")]
    post_shutdown_action: PostShutdownAction | None = None


class CaptureRoleOperation(XmlModel):
    """Request of Capture Role: makes an OS image of a machine that is stopped."""

    operation_type: str = "CaptureRoleOperation"
    post_capture_action: PostCaptureAction
    provisioning_configuration: ProvisioningSet | None = None
    """Settings to set the machine up again, for `PostCaptureAction.REPROVISION`."""
    target_image_label: str
    target_image_name: str


class RoleInstanceNames(XmlList[str]):
    """Request of Delete Role Instances."""

    xml_root: ClassVar[str] = "RoleInstances"

    names: Annotated[list[str], Field(alias="Name")] = Field(default_factory=list)
