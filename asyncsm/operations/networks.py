"""Addresses and names: reserved IP addresses, DNS servers, virtual networks."""

from __future__ import annotations

from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import delete, get, post, put
from asyncsm.operations import arguments
from asyncsm.operations.deployments import path_of_deployment
from asyncsm.polling import OperationHandle
from asyncsm.wire.networks import (
    DnsServer,
    ReservedIP,
    ReservedIPAssociation,
    ReservedIPs,
    VirtualNetworkSites,
)

_RESERVED = ("services", "networking", "reservedips")
_ASSOCIATION_VERSION = "2015-02-01"


class NetworkOperations(Caller):
    """Operations on reserved IP addresses, deployments' DNS servers and virtual networks."""

    async def list_reserved_ip_addresses(self) -> ReservedIPs:
        """List the reserved IP addresses of the subscription.

        REST: List Reserved IP Addresses.
        """
        return await self.fetch(ReservedIPs, get(*_RESERVED))

    async def get_reserved_ip_address(self, name: str) -> ReservedIP:
        """Read a reserved IP address, and what uses it.

        REST: Get Reserved IP Address.

        Raises:
            ResourceNotFound: there is no such reserved address.
        """
        return await self.fetch(ReservedIP, get(*_RESERVED, name))

    async def create_reserved_ip_address(
        self, name: str, label: str | None = None, location: str | None = None
    ) -> OperationHandle:
        """Reserve an IP address, which stays the same whatever is deployed behind it.

        REST: Create Reserved IP Address.

        Args:
            name: unique in the subscription.
            label: at most 100 characters.
            location: name of one of `list_locations`.

        Raises:
            AlreadyExists: the name is taken.
            BadRequest: the location does not exist, or the quota is used up.
        """
        body = ReservedIP(
            name=arguments.text("name", name),
            label=None if label is None else arguments.label(label),
            location=location,
        )
        return await self.start(
            post(*_RESERVED, body=body, creates=(*_RESERVED, name), operation="CreateReservedIP")
        )

    async def delete_reserved_ip_address(self, name: str) -> OperationHandle:
        """Give a reserved IP address back.

        REST: Delete Reserved IP Address.

        Raises:
            ResourceNotFound: there is no such reserved address.
            BadRequest: a deployment uses it.
        """
        return await self.start(delete(*_RESERVED, name, operation="DeleteReservedIP"))

    async def associate_reserved_ip_address(
        self, name: str, service_name: str, deployment_name: str, virtual_ip_name: str | None = None
    ) -> OperationHandle:
        """Give a running deployment a reserved IP address.

        REST: Associate Reserved IP Address.

        Args:
            name: the reserved address.
            service_name: the hosted service.
            deployment_name: the deployment.
            virtual_ip_name: which of its virtual IP addresses, if it has several.

        Raises:
            ResourceNotFound: there is no such address, hosted service or deployment.
            BadRequest: the address is in use.
        """
        return await self._associate("associate", name, service_name, deployment_name, virtual_ip_name)

    async def disassociate_reserved_ip_address(
        self, name: str, service_name: str, deployment_name: str, virtual_ip_name: str | None = None
    ) -> OperationHandle:
        """Take a reserved IP address away from a deployment, which gets another one.

        REST: Disassociate Reserved IP Address.

        Args:
            name: the reserved address.
            service_name: the hosted service.
            deployment_name: the deployment.
            virtual_ip_name: which of its virtual IP addresses, if it has several.

        Raises:
            ResourceNotFound: there is no such address, hosted service or deployment.
            BadRequest: the deployment does not have it.
        """
        return await self._associate("disassociate", name, service_name, deployment_name, virtual_ip_name)

    async def _associate(
        self, action: str, name: str, service_name: str, deployment_name: str, virtual_ip_name: str | None
    ) -> OperationHandle:
        body = ReservedIPAssociation(
            service_name=arguments.text("service_name", service_name),
            deployment_name=arguments.text("deployment_name", deployment_name),
            virtual_ip_name=virtual_ip_name,
        )
        return await self.start(
            post(
                *_RESERVED,
                name,
                "operations",
                action,
                body=body,
                operation=f"{action.title()}ReservedIP",
                version=_ASSOCIATION_VERSION,
            )
        )

    async def add_dns_server(
        self, service_name: str, deployment_name: str, dns_server_name: str, address: str
    ) -> OperationHandle:
        """Add a DNS server to a deployment of virtual machines.

        REST: Add DNS Server.

        Args:
            service_name: the hosted service.
            deployment_name: the deployment.
            dns_server_name: unique in the deployment.
            address: IP address of the server.

        Raises:
            ResourceNotFound: there is no such hosted service or deployment.
            AlreadyExists: the name is taken.
        """
        body = _dns_server(dns_server_name, address)
        path = path_of_deployment(service_name, deployment_name, "dnsservers")
        added = (*path, dns_server_name)
        return await self.start(post(*path, body=body, creates=added, operation="AddDnsServer"))

    async def update_dns_server(
        self, service_name: str, deployment_name: str, dns_server_name: str, address: str
    ) -> OperationHandle:
        """Change the address of a deployment's DNS server.

        REST: Update DNS Server.

        Raises:
            ResourceNotFound: there is no such hosted service, deployment or DNS server.
        """
        body = _dns_server(dns_server_name, address)
        path = path_of_deployment(service_name, deployment_name, "dnsservers", dns_server_name)
        return await self.start(put(*path, body=body, operation="UpdateDnsServer"))

    async def delete_dns_server(
        self, service_name: str, deployment_name: str, dns_server_name: str
    ) -> OperationHandle:
        """Remove a DNS server from a deployment.

        REST: Delete DNS Server.

        Raises:
            ResourceNotFound: there is no such hosted service, deployment or DNS server.
        """
        path = path_of_deployment(service_name, deployment_name, "dnsservers", dns_server_name)
        return await self.start(delete(*path, operation="DeleteDnsServer"))

    async def list_virtual_network_sites(self) -> VirtualNetworkSites:
        """List the virtual networks of the subscription.

        REST: List Virtual Network Sites.
        """
        return await self.fetch(VirtualNetworkSites, get("services", "networking", "virtualnetwork"))


def _dns_server(name: str, address: str) -> DnsServer:
    return DnsServer(
        name=arguments.text("dns_server_name", name), address=arguments.ip_address("address", address)
    )
