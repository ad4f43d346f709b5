"""Deployments of hosted services, and the requests that make and change them."""

from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import Field

from asyncsm.wire.base import Base64, Base64Text, OpenEnum, XmlList, XmlModel, repeated, wrapped
from asyncsm.wire.endpoints import NetworkInterfaces
from asyncsm.wire.extensions import ExtensionConfiguration, GuestAgentStatus, ResourceExtensionStatus
from asyncsm.wire.networks import Dns, LoadBalancers, PublicIPs, VirtualIPs
from asyncsm.wire.properties import ExtendedProperties
from asyncsm.wire.roles import RoleList
from asyncsm.wire.types import HiddenStr


class DeploymentSlot(OpenEnum):
    """The two places for a deployment in a hosted service."""

    PRODUCTION = "Production"
    STAGING = "Staging"


class DeploymentStatus(OpenEnum):
    """The state of a deployment."""

    RUNNING = "Running"
    SUSPENDED = "Suspended"
    RUNNING_TRANSITIONING = "RunningTransitioning"
    SUSPENDED_TRANSITIONING = "SuspendedTransitioning"
    STARTING = "Starting"
    SUSPENDING = "Suspending"
    DEPLOYING = "Deploying"
    DELETING = "Deleting"


class InstanceStatus(OpenEnum):
    """The state of a role instance."""

    ROLE_STATE_UNKNOWN = "RoleStateUnknown"
    UNKNOWN = "Unknown"
    CREATING_VM = "CreatingVM"
    STARTING_VM = "StartingVM"
    CREATING_ROLE = "CreatingRole"
    STARTING_ROLE = "StartingRole"
    READY_ROLE = "ReadyRole"
    BUSY_ROLE = "BusyRole"
    STOPPING_ROLE = "StoppingRole"
    STOPPING_VM = "StoppingVM"
    DELETING_VM = "DeletingVM"
    STOPPED_VM = "StoppedVM"
    RESTARTING_ROLE = "RestartingRole"
    CYCLING_ROLE = "CyclingRole"
    FAILED_STARTING_ROLE = "FailedStartingRole"
    FAILED_STARTING_VM = "FailedStartingVM"
    UNRESPONSIVE_ROLE = "UnresponsiveRole"
    STOPPED_DEALLOCATED = "StoppedDeallocated"
    STOPPING_AND_DEALLOCATING = "StoppingAndDeallocating"
    PREPARING = "Preparing"
    PROVISIONING = "Provisioning"
    PROVISIONING_FAILED = "ProvisioningFailed"
    PROVISIONING_TIMEOUT = "ProvisioningTimeout"


class PowerState(OpenEnum):
    """The power state of the machine of a role instance."""

    STARTING = "Starting"
    STARTED = "Started"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    UNKNOWN = "Unknown"


class UpgradeMode(OpenEnum):
    """The way an update goes through the upgrade domains."""

    AUTO = "Auto"
    """One after the other."""
    MANUAL = "Manual"
    """Each one at a call of Walk Upgrade Domain."""
    SIMULTANEOUS = "Simultaneous"
    """All at once."""


class InstanceEndpoint(XmlModel):
    """A port of a role instance."""

    name: str | None = None
    vip: str | None = None
    public_port: int | None = None
    local_port: int | None = None
    protocol: str | None = None
    idle_timeout_in_minutes: int | None = None


class InstanceEndpoints(XmlList[InstanceEndpoint]):
    """The ports of a role instance."""

    instance_endpoints: list[InstanceEndpoint] = repeated(InstanceEndpoint)


class MaintenanceStatus(XmlModel):
    """The maintenance windows of a virtual machine's host."""

    is_customer_initiated_maintenance_allowed: bool | None = None
    pre_maintenance_window_start_time: datetime | None = None
    pre_maintenance_window_end_time: datetime | None = None
    maintenance_window_start_time: datetime | None = None
    maintenance_window_end_time: datetime | None = None
    last_operation_result_code: str | None = None
    last_operation_result_string: str | None = None


class RoleInstance(XmlModel):
    """An instance of a role, or a virtual machine."""

    role_name: str | None = None
    instance_name: str | None = None
    instance_status: InstanceStatus | None = None
    extended_instance_status: str | None = None
    instance_upgrade_domain: int | None = None
    instance_fault_domain: int | None = None
    instance_size: str | None = None
    instance_state_details: str | None = None
    """Free text; mostly empty."""
    instance_error_code: str | None = None
    """``WaitTimeout``, ``VhdTooLarge``, ``AzureInternalError``; absent when all is well."""
    ip_address: str | None = None
    instance_endpoints: InstanceEndpoints = Field(default_factory=InstanceEndpoints)
    power_state: PowerState | None = None
    fqdn: Annotated[str | None, Field(alias="FQDN")] = None
    host_name: str | None = None
    remote_access_certificate_thumbprint: str | None = None
    guest_agent_status: GuestAgentStatus | None = None
    resource_extension_status_list: list[ResourceExtensionStatus] = wrapped(ResourceExtensionStatus)
    network_interfaces: NetworkInterfaces = Field(default_factory=NetworkInterfaces)
    public_ips: Annotated[PublicIPs, Field(alias="PublicIPs")] = Field(default_factory=PublicIPs)
    maintenance_status: MaintenanceStatus | None = None


class RoleInstanceList(XmlList[RoleInstance]):
    """The instances of a deployment's roles."""

    role_instances: list[RoleInstance] = repeated(RoleInstance)


class UpgradeStatus(XmlModel):
    """The progress of an update; present only while one is under way."""

    upgrade_type: UpgradeMode | None = None
    current_upgrade_domain_state: str | None = None
    """``Before`` or ``During``."""
    current_upgrade_domain: int | None = None


class InputEndpoint(XmlModel):
    """A public port of a deployment, as versions before 2012 listed them."""

    role_name: str | None = None
    vip: str | None = None
    port: int | None = None


class InputEndpoints(XmlList[InputEndpoint]):
    """The public ports of a deployment."""

    xml_root: ClassVar[str] = "InputEndpointList"

    input_endpoints: list[InputEndpoint] = repeated(InputEndpoint)


class PersistentVMDowntimeInfo(XmlModel):
    """The time when the virtual machines of a deployment are down for maintenance."""

    xml_root: ClassVar[str] = "PersistentVMDowntime"

    start_time: datetime | None = None
    end_time: datetime | None = None
    status: str | None = None


class Deployment(XmlModel):
    """Reply of Get Deployment."""

    name: str
    deployment_slot: DeploymentSlot | None = None
    private_id: Annotated[str | None, Field(alias="PrivateID")] = None
    status: DeploymentStatus | None = None
    label: Annotated[str | None, Base64] = None
    url: str | None = None
    configuration: Annotated[HiddenStr | None, Base64, Field(repr=False)] = None
    """The service configuration file; `ServiceConfiguration` reads it."""
    role_instance_list: RoleInstanceList = Field(default_factory=RoleInstanceList)
    upgrade_status: UpgradeStatus | None = None
    upgrade_domain_count: int | None = None
    role_list: RoleList = Field(default_factory=RoleList)
    sdk_version: str | None = None
    input_endpoint_list: InputEndpoints = Field(default_factory=InputEndpoints)
    locked: bool | None = None
    """Whether an update is under way that keeps others out."""
    rollback_allowed: bool | None = None
    virtual_network_name: str | None = None
    created_time: datetime | None = None
    last_modified_time: datetime | None = None
    extended_properties: ExtendedProperties = Field(default_factory=ExtendedProperties)
    dns: Dns | None = None
    persistent_vm_downtime_info: Annotated[
        PersistentVMDowntimeInfo | None, Field(alias="PersistentVMDowntime")
    ] = None
    extension_configuration: ExtensionConfiguration | None = None
    virtual_ips: Annotated[VirtualIPs, Field(alias="VirtualIPs")] = Field(default_factory=VirtualIPs)
    reserved_ip_name: Annotated[str | None, Field(alias="ReservedIPName")] = None
    internal_dns_suffix: str | None = None
    load_balancers: LoadBalancers = Field(default_factory=LoadBalancers)
    virtual_network_id: str | None = None


class Deployments(XmlList[Deployment]):
    """The deployments of a hosted service."""

    deployments: list[Deployment] = repeated(Deployment)


class VirtualMachineDeployment(XmlModel):
    """Request of Create Virtual Machine Deployment."""

    xml_root: ClassVar[str] = "Deployment"
    xml_in_any_order: ClassVar[tuple[frozenset[str], ...]] = (
        frozenset({"ReservedIPName", "VirtualNetworkName"}),
        frozenset({"ReservedIPName", "Dns"}),
    )

    name: str
    deployment_slot: DeploymentSlot
    label: str
    """Plain here, although the reply has it encoded."""
    role_list: RoleList
    virtual_network_name: str | None = None
    dns: Dns | None = None
    reserved_ip_name: Annotated[str | None, Field(alias="ReservedIPName")] = None
    load_balancers: LoadBalancers = Field(default_factory=LoadBalancers)


class CreateDeployment(XmlModel):
    """Request of Create Deployment."""

    name: str
    package_url: Annotated[HiddenStr, Field(repr=False)]
    """May be a signed address, which opens the package to whoever has it."""
    label: Base64Text
    configuration: Annotated[HiddenStr, Base64, Field(repr=False)]
    """The service configuration file."""
    start_deployment: bool | None = None
    treat_warnings_as_error: bool | None = None
    extended_properties: ExtendedProperties | None = None
    extension_configuration: ExtensionConfiguration | None = None


class ChangeConfiguration(XmlModel):
    """Request of Change Deployment Configuration."""

    configuration: Annotated[HiddenStr, Base64, Field(repr=False)]
    """The service configuration file."""
    treat_warnings_as_error: bool | None = None
    mode: UpgradeMode | None = None
    extended_properties: ExtendedProperties | None = None
    extension_configuration: ExtensionConfiguration | None = None


class UpgradeDeployment(XmlModel):
    """Request of Upgrade Deployment."""

    mode: UpgradeMode
    package_url: Annotated[HiddenStr, Field(repr=False)]
    """May be a signed address, which opens the package to whoever has it."""
    configuration: Annotated[HiddenStr, Base64, Field(repr=False)]
    """The service configuration file."""
    label: Base64Text
    role_to_upgrade: str | None = None
    """Only this role; otherwise all."""
    treat_warnings_as_error: bool | None = None
    force: bool | None = None
    """Whether local data of instances may be lost."""
    extended_properties: ExtendedProperties | None = None
    extension_configuration: ExtensionConfiguration | None = None


class UpdateDeploymentStatus(XmlModel):
    """Request of Update Deployment Status."""

    status: DeploymentStatus
    """``Running`` or ``Suspended``."""


class Swap(XmlModel):
    """Request of Swap Deployment."""

    production: str | None = None
    """The deployment in production; absent where there is none."""
    source_deployment: str
    """The deployment in staging."""


class WalkUpgradeDomain(XmlModel):
    """Request of Walk Upgrade Domain."""

    upgrade_domain: int
    """Counted from 0."""


class RollbackUpdateOrUpgrade(XmlModel):
    """Request of Rollback Update Or Upgrade."""

    mode: UpgradeMode
    """``Auto`` or ``Manual``."""
    force: bool | None = None
    """Whether local data of instances may be lost."""


class RebootEvent(XmlModel):
    """A restart of a role instance."""

    role_name: str | None = None
    instance_name: str | None = None
    reboot_reason: str | None = None
    reboot_start_time: datetime | None = None


class DeploymentEventCollection(XmlModel):
    """Reply of List Deployment Events."""

    reboot_events: list[RebootEvent] = wrapped(RebootEvent)
    continuation_token: str | None = None
    """Where the next page begins; absent on the last one."""
