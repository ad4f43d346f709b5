"""Addresses and names: reserved IP addresses, DNS servers, virtual networks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Final, cast

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.operations import network_files
from asyncsm.operations.arguments import Binary
from asyncsm.operations.binding import request_with
from asyncsm.operations.declaring import Family
from asyncsm.operations.deployments import DEPLOYMENT
from asyncsm.operations.facts import Rule
from asyncsm.operations.kinds import IPAddress, Label, Name
from asyncsm.polling import OperationHandle

if TYPE_CHECKING:
    from asyncsm.engine.protocol import Request

reserved: Final = Family("reserved IP addresses", evidence="[protocol 4.17]")
resolving: Final = Family("DNS servers", evidence="[protocol 4.16]")
networks: Final = Family("virtual networks", evidence="[protocol 4.18]")

ADDRESSES: Final = "services/networking/reservedips"
ADDRESS: Final = ADDRESSES + "/{name}"
DNS_SERVERS: Final = DEPLOYMENT + "/dnsservers"
DNS_SERVER: Final = DNS_SERVERS + "/{dns_server_name}"
_ASSOCIATION_VERSION: Final = "2015-02-01"
FILE: Final = "services/networking/media"
FILE_TYPE: Final = "application/octet-stream"
"""Content type with which all recorded files were set."""

_A_FILE: Final = Rule(
    "a `NetworkConfigurationFile`, or the XML file itself",
    lambda name, value: network_files.body_of(name, cast("network_files.File", value)),
    example='<NetworkConfiguration xmlns="http://schemas.microsoft.com/ServiceHosting/2011/07/NetworkConfiguration">'
    "<VirtualNetworkConfiguration/></NetworkConfiguration>",
)


class NetworkOperations(Caller):
    """Operations on reserved IP addresses, deployments' DNS servers and virtual networks."""

    @reserved.reads(ADDRESSES)
    async def list_reserved_ip_addresses(self) -> wire.networks.ReservedIPs:
        """List the reserved IP addresses of the subscription.

        REST: List Reserved IP Addresses.
        """
        ...

    @reserved.reads(ADDRESS)
    async def get_reserved_ip_address(self, name: str) -> wire.networks.ReservedIP:
        """Read a reserved IP address, and what uses it.

        REST: Get Reserved IP Address.

        Raises:
            ResourceNotFound: there is no such reserved address.
        """
        ...

    @reserved.creates(
        ADDRESSES, at="/{name}", body=lambda: wire.networks.ReservedIP, operation="CreateReservedIP"
    )
    async def create_reserved_ip_address(
        self, name: Name, label: Label | None = None, location: str | None = None
    ) -> OperationHandle:
        """Reserve an IP address, which stays the same whatever is deployed behind it.

        REST: Create Reserved IP Address.

        Args:
            name: unique in the subscription.
            location: name of one of `list_locations`.

        Raises:
            AlreadyExists: the name is taken.
            BadRequest: the location does not exist, or the quota is used up.
        """
        ...

    @reserved.removes(ADDRESS, operation="DeleteReservedIP")
    async def delete_reserved_ip_address(self, name: str) -> OperationHandle:
        """Delete a reserved IP address.

        REST: Delete Reserved IP Address.

        Raises:
            ResourceNotFound: there is no such reserved address.
            BadRequest: a deployment uses it.
        """
        ...

    @reserved.acts(
        ADDRESS + "/operations/associate",
        body=lambda: wire.networks.ReservedIPAssociation,
        operation="AssociateReservedIP",
        version=_ASSOCIATION_VERSION,
    )
    async def associate_reserved_ip_address(
        self, name: str, service_name: Name, deployment_name: Name, virtual_ip_name: str | None = None
    ) -> OperationHandle:
        """Give a running deployment a reserved IP address.

        REST: Associate Reserved IP Address.

        Args:
            virtual_ip_name: which of its virtual IP addresses, if it has several.

        Raises:
            ResourceNotFound: there is no such address, hosted service or deployment.
            BadRequest: the address is in use.
        """
        ...

    @reserved.acts(
        ADDRESS + "/operations/disassociate",
        body=lambda: wire.networks.ReservedIPAssociation,
        operation="DisassociateReservedIP",
        version=_ASSOCIATION_VERSION,
    )
    async def disassociate_reserved_ip_address(
        self, name: str, service_name: Name, deployment_name: Name, virtual_ip_name: str | None = None
    ) -> OperationHandle:
        """Take a reserved IP address away from a deployment, which gets another one.

        REST: Disassociate Reserved IP Address.

        Args:
            virtual_ip_name: which of its virtual IP addresses, if it has several.

        Raises:
            ResourceNotFound: there is no such address, hosted service or deployment.
            BadRequest: the deployment does not have it.
        """
        ...

    @resolving.creates(
        DNS_SERVERS,
        at="/{dns_server_name}",
        body=lambda: wire.networks.DnsServer,
        fields={"name": "dns_server_name"},
    )
    async def add_dns_server(
        self, service_name: str, deployment_name: str, dns_server_name: Name, address: IPAddress
    ) -> OperationHandle:
        """Add a DNS server to a deployment of virtual machines.

        REST: Add DNS Server.

        Args:
            dns_server_name: unique in the deployment.
            address: IP address of the server.

        Raises:
            ResourceNotFound: there is no such hosted service or deployment.
            AlreadyExists: the name is taken.
        """
        ...

    @resolving.replaces(DNS_SERVER, body=lambda: wire.networks.DnsServer, fields={"name": "dns_server_name"})
    async def update_dns_server(
        self, service_name: str, deployment_name: str, dns_server_name: Name, address: IPAddress
    ) -> OperationHandle:
        """Change the address of a deployment's DNS server.

        REST: Update DNS Server.

        Raises:
            ResourceNotFound: there is no such hosted service, deployment or DNS server.
        """
        ...

    @resolving.removes(DNS_SERVER)
    async def delete_dns_server(
        self, service_name: str, deployment_name: str, dns_server_name: str
    ) -> OperationHandle:
        """Remove a DNS server from a deployment.

        REST: Delete DNS Server.

        Raises:
            ResourceNotFound: there is no such hosted service, deployment or DNS server.
        """
        ...

    @networks.reads("services/networking/virtualnetwork")
    async def list_virtual_network_sites(self) -> wire.networks.VirtualNetworkSites:
        """List the virtual networks of the subscription."""
        ...

    @networks.reads(FILE, version="2014-10-01")
    async def get_network_configuration(self) -> wire.network_configuration.NetworkConfigurationFile:
        """Read the network configuration: all virtual networks, DNS servers and networks outside.

        Raises:
            ResourceNotFound: there is none, as before the first network and after the last one.
        """
        ...

    @networks.replaces(
        FILE,
        body=lambda: wire.network_configuration.NetworkConfigurationFile,
        version="2014-10-01",
        lane=FILE,
        destructive=True,
    )
    async def set_network_configuration(
        self, configuration: Annotated[wire.network_configuration.NetworkConfigurationFile | Binary, _A_FILE]
    ) -> OperationHandle:
        """Replace the network configuration of the subscription as a whole.

        Whatever the new one lacks is removed, so read it first and change what was read; or use
        `ensure_virtual_network` and `delete_virtual_network`, which do so without losing what others
        change at the same time.

        Args:
            configuration: a model, which is checked, or the XML file as text, bytes or path, which is sent
                as it is. An empty one takes all networks away.

        Raises:
            InvalidArgument: it is no such file, or a model of what the service refuses: names that occur
                twice, prefixes that overlap, subnets outside of their network, references to nothing.
            BadRequest: it breaks another rule, or a network that deployments use is missing.
        """
        return await self.start(setting(network_files.body_of("configuration", configuration)))

    @networks.reads(
        "services/networking/{virtual_network_name}?op=checkavailability&address={address}",
        version="2015-02-01",
    )
    async def check_static_ip_address_availability(
        self, virtual_network_name: str, address: IPAddress
    ) -> wire.networks.AddressAvailabilityResponse:
        """Ask whether a virtual machine can have an address of a virtual network.

        REST: Check Static IP Address Availability.

        Args:
            virtual_network_name: of the virtual network.
            address: one of its subnets'.

        Raises:
            BadRequest: the address is in none of its subnets.
        """
        ...


def setting(file: bytes) -> Request:
    """Return the request that sets a network configuration file."""
    request = request_with(NetworkOperations.set_network_configuration)
    return replace(request, body=file, content_type=FILE_TYPE)
