"""Migration to Resource Manager: what is asked for deployments, and what validation says. [lifecycles 10]"""

from typing import Annotated

from pydantic import Field

from asyncsm.wire.base import OpenEnum, XmlList, XmlModel, repeated


class MigrationState(OpenEnum):
    """How the migration of a resource stands; a resource that nobody migrates has none."""

    PREPARING = "Preparing"
    PREPARED = "Prepared"
    PREPARE_FAILED = "PrepareFailed"
    COMMITTING = "Committing"
    COMMITTED = "Committed"
    COMMIT_FAILED = "CommitFailed"
    ABORTING = "Aborting"
    ABORT_FAILED = "AbortFailed"


class DestinationVirtualNetwork(OpenEnum):
    """The virtual network in which a deployment will be."""

    DEFAULT = "Default"
    NEW = "New"
    EXISTING = "Existing"


class DeploymentNetworkResource(XmlModel):
    """Request of Prepare and Validate Migration of a deployment; the names are empty unless a network is there."""

    resource_group_name: str = ""
    virtual_network_name: str = ""
    sub_net_name: str = ""
    destination_virtual_network: DestinationVirtualNetwork


class ValidationMessage(XmlModel):
    """One finding of a validation."""

    resource_type: str | None = None
    resource_name: str | None = None
    category: str | None = None
    """``Information``, ``Warning`` or ``Error``."""
    message: str | None = None
    virtual_machine_name: Annotated[str | None, Field(alias="VirtualMachine")] = None


class ValidationMessages(XmlList[ValidationMessage]):
    """The findings of a validation; without any the resource can be migrated."""

    validation_messages: list[ValidationMessage] = repeated(ValidationMessage)
