"""Migration to Resource Manager: of each resource the validation, the preparation, the commit and the abort.

Until the commit both APIs show what is prepared, and neither changes it. `asyncsm.resource_manager` goes
through a whole subscription with these operations.
"""

from __future__ import annotations

from typing import Annotated, Final

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.operations.declaring import Family
from asyncsm.operations.deployments import DEPLOYMENT
from asyncsm.operations.kinds import one_of
from asyncsm.operations.network_security_groups import GROUP
from asyncsm.operations.networks import ADDRESS, FILE
from asyncsm.operations.route_tables import TABLE
from asyncsm.operations.storage import ACCOUNT
from asyncsm.polling import OperationHandle

compute: Final = Family("migration of deployments", evidence="[lifecycles 10]", version="2016-06-01")
storage: Final = Family("migration of storage accounts", evidence="[lifecycles 10]", version="2016-03-01")
networks: Final = Family(
    "migration of networks",
    service="NetworkManagementService",
    evidence="[lifecycles 10]",
    version="2016-07-01",
)

NETWORK: Final = "services/networking/virtualnetwork/{virtual_network_name}"
_BODY: Final = {"sub_net_name": "subnet_name"}
Destination = Annotated[str, one_of(("Default", "New", "Existing"))]


class DeploymentMigrationOperations(Caller):
    """Operations that migrate deployments of virtual machines, and storage accounts."""

    @compute.reads(
        DEPLOYMENT + "/migration?comp=validate",
        method="POST",
        version="2016-03-01",
        body=lambda: wire.migration.DeploymentNetworkResource,
        fields=_BODY,
    )
    async def validate_deployment_migration(
        self,
        service_name: str,
        deployment_name: str,
        destination_virtual_network: Destination = "New",
        resource_group_name: str = "",
        virtual_network_name: str = "",
        subnet_name: str = "",
    ) -> wire.migration.ValidationMessages:
        """Ask what hinders the migration of a deployment of virtual machines; nothing is changed.

        These are a virtual network that has it, web or worker roles, a second deployment in the service, and
        machines in different availability sets. That there is no
        such deployment is told as a message, too.

        Args:
            destination_virtual_network: ``Default``, ``New`` or ``Existing``: where the machines will be.
            resource_group_name: of an existing network.
            virtual_network_name: its name.
            subnet_name: its subnet for them.
        """
        ...

    @compute.acts(
        DEPLOYMENT + "/migration?comp=prepare",
        body=lambda: wire.migration.DeploymentNetworkResource,
        fields=_BODY,
    )
    async def prepare_deployment_migration(
        self,
        service_name: str,
        deployment_name: str,
        destination_virtual_network: Destination = "New",
        resource_group_name: str = "",
        virtual_network_name: str = "",
        subnet_name: str = "",
    ) -> OperationHandle:
        """Prepare the migration of a deployment of virtual machines; from then on nothing changes it.

        Args:
            destination_virtual_network: ``Default``, ``New`` or ``Existing``: where the machines will be.
            resource_group_name: of an existing network.
            virtual_network_name: its name.
            subnet_name: its subnet for them.

        Raises:
            ResourceNotFound: there is no such deployment.
            BadRequest: something hinders it (raised when the handle is awaited), or it is prepared.
        """
        ...

    @compute.acts(DEPLOYMENT + "/migration?comp=commit", destructive=True)
    async def commit_deployment_migration(self, service_name: str, deployment_name: str) -> OperationHandle:
        """Commit the migration of a deployment of virtual machines: this API does not know it any more.

        Raises:
            ResourceNotFound: there is no such deployment.
            BadRequest: it is not prepared.
        """
        ...

    @compute.acts(DEPLOYMENT + "/migration?comp=abort")
    async def abort_deployment_migration(self, service_name: str, deployment_name: str) -> OperationHandle:
        """Abort the migration of a deployment of virtual machines: all is as before its preparation.

        Raises:
            ResourceNotFound: there is no such deployment.
            BadRequest: it is not prepared.
        """
        ...

    @storage.reads(ACCOUNT + "/migration?comp=validate", method="POST")
    async def validate_storage_account_migration(
        self, service_name: str
    ) -> wire.migration.ValidationMessages:
        """Ask what hinders the migration of a storage account; nothing is changed.

        These are disks and images in it. That there is no
        such storage account is told as a message, too.
        """
        ...

    @storage.acts(ACCOUNT + "/migration?comp=prepare")
    async def prepare_storage_account_migration(self, service_name: str) -> OperationHandle:
        """Prepare the migration of a storage account; from then on nothing changes it.

        Raises:
            ResourceNotFound: there is no such storage account.
            BadRequest: something hinders it (raised when the handle is awaited), or it is prepared.
        """
        ...

    @storage.acts(ACCOUNT + "/migration?comp=commit", destructive=True)
    async def commit_storage_account_migration(self, service_name: str) -> OperationHandle:
        """Commit the migration of a storage account: this API does not know it any more.

        Raises:
            ResourceNotFound: there is no such storage account.
            BadRequest: it is not prepared.
        """
        ...

    @storage.acts(ACCOUNT + "/migration?comp=abort")
    async def abort_storage_account_migration(self, service_name: str) -> OperationHandle:
        """Abort the migration of a storage account: all is as before its preparation.

        Raises:
            ResourceNotFound: there is no such storage account.
            BadRequest: it is not prepared.
        """
        ...


class NetworkMigrationOperations(Caller):
    """Operations that migrate virtual networks, reserved addresses, security groups and route tables."""

    @networks.reads(NETWORK + "/migration?comp=validate", method="POST")
    async def validate_virtual_network_migration(
        self, virtual_network_name: str
    ) -> wire.migration.ValidationMessages:
        """Ask what hinders the migration of a virtual network, with the deployments in it; nothing is changed.

        These are web and worker roles, and what hinders the deployments in it. That there is no
        such network is told as a message, too.
        """
        ...

    @networks.acts(NETWORK + "/migration?comp=prepare", lane=FILE)
    async def prepare_virtual_network_migration(self, virtual_network_name: str) -> OperationHandle:
        """Prepare the migration of a virtual network, with the deployments in it; from then on nothing changes it.

        Raises:
            ResourceNotFound: there is no such network.
            BadRequest: something hinders it (raised when the handle is awaited), or it is prepared.
        """
        ...

    @networks.acts(NETWORK + "/migration?comp=commit", lane=FILE, destructive=True)
    async def commit_virtual_network_migration(self, virtual_network_name: str) -> OperationHandle:
        """Commit the migration of a virtual network, with the deployments in it: this API does not know it any more.

        Raises:
            ResourceNotFound: there is no such network.
            BadRequest: it is not prepared.
        """
        ...

    @networks.acts(NETWORK + "/migration?comp=abort", lane=FILE)
    async def abort_virtual_network_migration(self, virtual_network_name: str) -> OperationHandle:
        """Abort the migration of a virtual network, with the deployments in it: all is as before its preparation.

        Raises:
            ResourceNotFound: there is no such network.
            BadRequest: it is not prepared.
        """
        ...

    @networks.reads(ADDRESS + "/migration?comp=validate", method="POST")
    async def validate_reserved_ip_address_migration(self, name: str) -> wire.migration.ValidationMessages:
        """Ask what hinders the migration of a reserved IP address; nothing is changed.

        These are a deployment that has it, with which it is migrated. That there is no
        such address is told as a message, too.
        """
        ...

    @networks.acts(ADDRESS + "/migration?comp=prepare")
    async def prepare_reserved_ip_address_migration(self, name: str) -> OperationHandle:
        """Prepare the migration of a reserved IP address; from then on nothing changes it.

        Raises:
            ResourceNotFound: there is no such address.
            BadRequest: something hinders it (raised when the handle is awaited), or it is prepared.
        """
        ...

    @networks.acts(ADDRESS + "/migration?comp=commit", destructive=True)
    async def commit_reserved_ip_address_migration(self, name: str) -> OperationHandle:
        """Commit the migration of a reserved IP address: this API does not know it any more.

        Raises:
            ResourceNotFound: there is no such address.
            BadRequest: it is not prepared.
        """
        ...

    @networks.acts(ADDRESS + "/migration?comp=abort")
    async def abort_reserved_ip_address_migration(self, name: str) -> OperationHandle:
        """Abort the migration of a reserved IP address: all is as before its preparation.

        Raises:
            ResourceNotFound: there is no such address.
            BadRequest: it is not prepared.
        """
        ...

    @networks.reads(GROUP + "/migration?comp=validate", method="POST")
    async def validate_network_security_group_migration(
        self, group_name: str
    ) -> wire.migration.ValidationMessages:
        """Ask what hinders the migration of a network security group; nothing is changed.

        These are a subnet, role or network interface that has it. That there is no
        such group is told as a message, too.
        """
        ...

    @networks.acts(GROUP + "/migration?comp=prepare")
    async def prepare_network_security_group_migration(self, group_name: str) -> OperationHandle:
        """Prepare the migration of a network security group; from then on nothing changes it.

        Raises:
            ResourceNotFound: there is no such group.
            BadRequest: something hinders it (raised when the handle is awaited), or it is prepared.
        """
        ...

    @networks.acts(GROUP + "/migration?comp=commit", destructive=True)
    async def commit_network_security_group_migration(self, group_name: str) -> OperationHandle:
        """Commit the migration of a network security group: this API does not know it any more.

        Raises:
            ResourceNotFound: there is no such group.
            BadRequest: it is not prepared.
        """
        ...

    @networks.acts(GROUP + "/migration?comp=abort")
    async def abort_network_security_group_migration(self, group_name: str) -> OperationHandle:
        """Abort the migration of a network security group: all is as before its preparation.

        Raises:
            ResourceNotFound: there is no such group.
            BadRequest: it is not prepared.
        """
        ...

    @networks.reads(TABLE + "/migration?comp=validate", method="POST")
    async def validate_route_table_migration(
        self, route_table_name: str
    ) -> wire.migration.ValidationMessages:
        """Ask what hinders the migration of a route table; nothing is changed.

        These are a subnet that has it. That there is no
        such table is told as a message, too.
        """
        ...

    @networks.acts(TABLE + "/migration?comp=prepare")
    async def prepare_route_table_migration(self, route_table_name: str) -> OperationHandle:
        """Prepare the migration of a route table; from then on nothing changes it.

        Raises:
            ResourceNotFound: there is no such table.
            BadRequest: something hinders it (raised when the handle is awaited), or it is prepared.
        """
        ...

    @networks.acts(TABLE + "/migration?comp=commit", destructive=True)
    async def commit_route_table_migration(self, route_table_name: str) -> OperationHandle:
        """Commit the migration of a route table: this API does not know it any more.

        Raises:
            ResourceNotFound: there is no such table.
            BadRequest: it is not prepared.
        """
        ...

    @networks.acts(TABLE + "/migration?comp=abort")
    async def abort_route_table_migration(self, route_table_name: str) -> OperationHandle:
        """Abort the migration of a route table: all is as before its preparation.

        Raises:
            ResourceNotFound: there is no such table.
            BadRequest: it is not prepared.
        """
        ...
