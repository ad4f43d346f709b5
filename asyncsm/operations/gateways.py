"""VPN gateways of virtual networks, first generation: one a network, which connects it to sites of its network file."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final

import pydantic

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import Reconcile
from asyncsm.operations import arguments
from asyncsm.operations.binding import request_with
from asyncsm.operations.declaring import Family
from asyncsm.operations.facts import Ends
from asyncsm.operations.kinds import SECRET, Base64Content, IPAddress, Name, Text, Thumbprint, between, one_of
from asyncsm.polling import OperationHandle
from asyncsm.wire.figures import ENCRYPTIONS, MOST_CAPTURE, MOST_KEY, PFS_GROUPS

family: Final = Family(
    "VPN gateways",
    service="NetworkManagementService",
    evidence="[protocol 4.20]",
    version="2016-03-01",
    ends=Ends.NETWORK_OPERATION,
    actions_listed=False,
)

GATEWAY: Final = "services/networking/{virtual_network_name}/gateway"
CONNECTION: Final = GATEWAY + "/connection/{local_network_site_name}"
CERTIFICATES: Final = GATEWAY + "/clientrootcertificates"
CERTIFICATE: Final = CERTIFICATES + "/{thumbprint}"
KeyLength = Annotated[int, between(1, MOST_KEY)]
EncryptionType = Annotated[str, one_of(ENCRYPTIONS)]
PfsGroup = Annotated[str, one_of(PFS_GROUPS)]


class GatewayOperations(Caller):
    """Operations on the gateway of a virtual network, its connections, and those of VPN clients."""

    @family.reads(GATEWAY)
    async def get_gateway(self, virtual_network_name: str) -> wire.vpn_gateways.VpnGateway:
        """Read the gateway of a virtual network; its `state` is ``NotProvisioned`` where there is none.

        Raises:
            BadRequest: there is no such network.
        """
        ...

    @family.acts(GATEWAY, body=lambda: wire.vpn_gateways.CreateGatewayParameters)
    async def create_gateway(
        self,
        virtual_network_name: str,
        gateway_size: Annotated[str, one_of(wire.vpn_gateways.GatewaySize)] | None = None,
        gateway_type: Annotated[str, one_of(wire.vpn_gateways.GatewayType)] | None = None,
    ) -> OperationHandle:
        """Create the gateway of a virtual network, which takes a quarter of an hour, or half of one.

        Args:
            gateway_size: ``Default``, ``Standard`` or ``HighPerformance``.
            gateway_type: ``StaticRouting``, which is the default, or ``DynamicRouting``.

        Raises:
            AlreadyExists: the network has a gateway.
            BadRequest: its network file connects it to no site, or it has no ``GatewaySubnet``.
        """
        ...

    @family.removes(GATEWAY, reconcile=Reconcile.UNLISTED)
    async def delete_gateway(self, virtual_network_name: str) -> OperationHandle:
        """Delete the gateway of a virtual network.

        Raises:
            BadRequest: there is no such network, or its gateway is not provisioned.
        """
        ...

    @family.acts(GATEWAY, method="PATCH", body=lambda: wire.vpn_gateways.ResetGateway)
    async def reset_gateway(self, virtual_network_name: str) -> OperationHandle:
        """Start a gateway anew.

        Raises:
            BadRequest: there is no such network, or its gateway is not provisioned.
        """
        ...

    @family.acts(GATEWAY, method="PATCH", body=lambda: wire.vpn_gateways.ResizeGateway)
    async def resize_gateway(
        self, virtual_network_name: str, gateway_size: Annotated[str, one_of(wire.vpn_gateways.GatewaySize)]
    ) -> OperationHandle:
        """Give a gateway with dynamic routing another size, which takes an hour.

        Args:
            gateway_size: ``Default``, ``Standard`` or ``HighPerformance``.

        Raises:
            BadRequest: there is no such network, or its gateway is not provisioned.
        """
        ...

    @family.acts(GATEWAY, method="PATCH", body=lambda: wire.vpn_gateways.FailoverGateway)
    async def failover_gateway(self, virtual_network_name: str) -> OperationHandle:
        """Have the other machine of a gateway take over.

        Raises:
            BadRequest: there is no such network, or its gateway is not provisioned.
        """
        ...

    @family.reads(GATEWAY + "/connections")
    async def list_gateway_site_connections(
        self, virtual_network_name: str
    ) -> wire.vpn_gateways.GatewaySiteConnections:
        """List the connections of a gateway, one for each local network site of its network.

        Raises:
            BadRequest: there is no such network, or its gateway is not provisioned.
        """
        ...

    @family.replaces(CONNECTION, body=lambda: wire.vpn_gateways.UpdateConnection)
    async def update_gateway_site_connection(
        self,
        virtual_network_name: str,
        local_network_site_name: str,
        operation: Annotated[str, one_of(wire.vpn_gateways.ConnectionUpdate)],
        ip_address: IPAddress | None = None,
    ) -> OperationHandle:
        """Connect a gateway to a local network site, disconnect it, or test the connection.

        Args:
            operation: ``Connect``, ``Disconnect`` or ``Test``.
            ip_address: of the other end, for a test.

        Raises:
            BadRequest: there is no such network or site, or the gateway is not provisioned.
        """
        ...

    @family.reads(CONNECTION + "/sharedkey")
    async def get_gateway_shared_key(
        self, virtual_network_name: str, local_network_site_name: str
    ) -> wire.vpn_gateways.SharedKey:
        """Read the key that a gateway shares with a local network site.

        Raises:
            BadRequest: there is no such network or site, or the gateway is not provisioned.
        """
        ...

    @family.replaces(CONNECTION + "/sharedkey", method="POST", body=lambda: wire.vpn_gateways.SharedKey)
    async def set_gateway_shared_key(
        self,
        virtual_network_name: str,
        local_network_site_name: str,
        value: Annotated[str | pydantic.SecretStr, SECRET],
    ) -> OperationHandle:
        """Set the key that a gateway shares with a local network site.

        Args:
            value: 1 to 128 letters and digits.

        Raises:
            BadRequest: there is no such network or site, or the gateway is not provisioned.
        """
        ...

    @family.replaces(
        CONNECTION + "/sharedkey", body=lambda: wire.vpn_gateways.ResetSharedKey, destructive=True
    )
    async def reset_gateway_shared_key(
        self, virtual_network_name: str, local_network_site_name: str, key_length: KeyLength
    ) -> OperationHandle:
        """Have the service make a new key for a local network site.

        Raises:
            BadRequest: there is no such network or site, or the gateway is not provisioned.
        """
        ...

    @family.reads(CONNECTION + "/ipsecparameters")
    async def get_gateway_ipsec_parameters(
        self, virtual_network_name: str, local_network_site_name: str
    ) -> wire.vpn_gateways.IPsecParameters:
        """Read how the connection to a local network site is encrypted.

        Raises:
            BadRequest: there is no such network or site, or the gateway is not provisioned.
        """
        ...

    @family.replaces(
        CONNECTION + "/ipsecparameters", method="PATCH", body=lambda: wire.vpn_gateways.IPsecParameters
    )
    async def set_gateway_ipsec_parameters(
        self,
        virtual_network_name: str,
        local_network_site_name: str,
        encryption_type: EncryptionType,
        pfs_group: PfsGroup = "None",
        sa_data_size_kilobytes: Annotated[int, between(0)] = 0,
        sa_life_time_seconds: Annotated[int, between(0)] = 0,
        hash_algorithm: Name | None = None,
    ) -> OperationHandle:
        """Say how the connection to a local network site is encrypted; for dynamic routing.

        Args:
            encryption_type: ``RequireEncryption``, ``NoEncryption``, ``AES128``, ``AES256`` or ``DES3``.
            pfs_group: ``PFS1`` or ``None``.
            sa_data_size_kilobytes, sa_life_time_seconds: when keys are changed; 0 for the usual.
            hash_algorithm: such as ``SHA1``.

        Raises:
            BadRequest: there is no such network or site, or the gateway is not provisioned.
        """
        ...

    @family.replaces(GATEWAY + "/defaultsites", method="POST", body=lambda: wire.vpn_gateways.DefaultSiteList)
    async def set_gateway_default_sites(self, virtual_network_name: str, site: Name) -> OperationHandle:
        """Send all traffic that has no other route to a local network site; for dynamic routing.

        Raises:
            BadRequest: there is no such network or site, or the gateway is not provisioned.
        """
        ...

    @family.removes(GATEWAY + "/defaultsites", reconcile=Reconcile.REPEAT, destructive=False)
    async def remove_gateway_default_sites(self, virtual_network_name: str) -> OperationHandle:
        """Let traffic that has no other route go to the Internet again.

        Raises:
            BadRequest: there is no such network, or its gateway is not provisioned.
        """
        ...

    @family.reads(GATEWAY + "/publicdiagnostics")
    async def get_gateway_diagnostics(
        self, virtual_network_name: str
    ) -> wire.vpn_gateways.GatewayPublicDiagnosticsStatus:
        """Read how far a capture of a gateway's traffic is, and where its result is.

        Raises:
            BadRequest: there is no such network, or its gateway is not provisioned.
        """
        ...

    @family.replaces(
        GATEWAY + "/publicdiagnostics",
        body=lambda: wire.vpn_gateways.StartGatewayDiagnostics,
        reconcile=Reconcile.UNLISTED,
    )
    async def start_gateway_diagnostics(
        self,
        virtual_network_name: str,
        capture_duration_in_seconds: Annotated[int, between(1, MOST_CAPTURE)],
        container_name: Name,
        customer_storage_name: Name,
        customer_storage_key: Annotated[str | pydantic.SecretStr, SECRET],
    ) -> OperationHandle:
        """Capture a gateway's traffic for a while.

        Args:
            container_name: that the result is written to.
            customer_storage_name, customer_storage_key: of the storage account.

        Raises:
            BadRequest: there is no such network or storage account, or the gateway is not provisioned.
        """
        ...

    @family.replaces(GATEWAY + "/publicdiagnostics", body=lambda: wire.vpn_gateways.StopGatewayDiagnostics)
    async def stop_gateway_diagnostics(self, virtual_network_name: str) -> OperationHandle:
        """End a capture of a gateway's traffic before its time.

        Raises:
            BadRequest: there is no such network, or its gateway is not provisioned.
        """
        ...

    @family.replaces(
        GATEWAY + "/vpnclientpackage", method="POST", body=lambda: wire.vpn_gateways.VpnClientParameters
    )
    async def generate_vpn_client_package(
        self,
        virtual_network_name: str,
        processor_architecture: Annotated[str, one_of(wire.vpn_gateways.ProcessorArchitecture)],
    ) -> OperationHandle:
        """Make a package that sets a machine up as a VPN client; its URL is the operation's `data`.

        Args:
            processor_architecture: ``Amd64`` or ``X86``.

        Raises:
            ResourceNotFound: the gateway has no root certificate.
            BadRequest: there is no such network, or its gateway is not provisioned.
        """
        ...

    @family.reads(
        GATEWAY + "/vpndeviceconfigurationscript?vendor={vendor}&platform={platform}&OSfamily={os_family}"
    )
    async def get_device_configuration_script(
        self, virtual_network_name: str, vendor: Text, platform: Text, os_family: Text
    ) -> wire.vpn_gateways.PlainString:
        """Read the commands that set up a VPN device for a gateway.

        Args:
            vendor, platform, os_family: as in `list_supported_devices`.

        Raises:
            BadRequest: there is no such network, or its gateway is not provisioned.
        """
        ...

    @family.reads("services/networking/supporteddevices")
    async def list_supported_devices(self) -> wire.vpn_gateways.VpnDeviceList:
        """List the VPN devices for which there are configuration scripts."""
        ...

    @family.reads(CERTIFICATES)
    async def list_client_root_certificates(
        self, virtual_network_name: str
    ) -> wire.vpn_gateways.ClientRootCertificates:
        """List the root certificates of the VPN clients of a network.

        Raises:
            ResourceNotFound: there is none.
        """
        ...

    @family.reads(CERTIFICATE)
    async def get_client_root_certificate(self, virtual_network_name: str, thumbprint: Thumbprint) -> bytes:
        """Read a root certificate of VPN clients, in base64.

        Raises:
            ResourceNotFound: there is no such certificate.
        """
        ...

    @family.replaces(CERTIFICATES, method="POST")
    async def add_client_root_certificate(
        self, virtual_network_name: str, certificate: Base64Content
    ) -> OperationHandle:
        """Add a root certificate: who has a certificate of it can connect as a VPN client.

        Args:
            certificate: a DER file, or its content in base64.

        Raises:
            BadRequest: there is no such network.
            ServiceInternalError: it is no certificate.
        """
        text = arguments.base64_of("certificate", certificate)
        request = request_with(
            GatewayOperations.add_client_root_certificate, virtual_network_name=virtual_network_name
        )
        return await self.start(replace(request, body=text.encode()))

    @family.removes(CERTIFICATE)
    async def delete_client_root_certificate(
        self, virtual_network_name: str, thumbprint: Thumbprint
    ) -> OperationHandle:
        """Delete a root certificate of VPN clients.

        Raises:
            ResourceNotFound: there is no such certificate.
        """
        ...
