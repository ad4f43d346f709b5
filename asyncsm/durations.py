"""How long operations of the service take, from recorded traffic: one table for the client and the emulator.

Recordings tell when a client asked and found an operation in progress, and when it asked again and found
it at an end; the truth is in between. Most clients asked every 30 seconds, the old Python SDK every 5; of
an operation that both recorded, the closer questions count. [protocol 2.3] Of operations on gateways and
circuits the service itself told when they began and ended. [lifecycles 4, 5, 6, 11]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

OTHERWISE: Final = 30.0
"""Seconds that an operation takes of which nothing is known."""


@dataclass(frozen=True, slots=True)
class Usual:
    """How long an operation usually takes.

    Attributes:
        seconds: median from acceptance to the question that showed its end, or of what the service itself told.
        samples: recorded operations it is the median of; 0 where others measured, or for a guess.
        resolution: seconds between two questions of those recordings, by which it may be too long; none where the
            service itself told.
        has_tail: whether some take two to four times as long, as most do; of those that were recorded ten
            times without such a one, and end within a minute, it is false.
    """

    seconds: float
    samples: int = 0
    resolution: float = 0.0
    has_tail: bool = True

    @property
    def likely(self) -> float:
        """The median of what it takes itself, half-way between the two questions."""
        return self.seconds - self.resolution / 2


USUAL: Final[Mapping[str, Usual]] = {
    "AbortDeploymentMigration": Usual(181, 1, 29),
    "AbortStorageAccountMigration": Usual(120, 1, 30),
    "AbortVirtualNetworkMigration": Usual(120, 1, 30),
    "AddCertificates": Usual(6, 14, 5, has_tail=False),
    "AddDnsServer": Usual(20, 1, 5),
    "AddExtension": Usual(30, 4, 30),
    "AddNetworkSecurityGroupToNetworkInterface": Usual(31, 1, 31),
    "AddNetworkSecurityGroupToRole": Usual(31, 1, 31),
    "AddNetworkSecurityGroupToSubnet": Usual(32, 1, 32),
    "AddRole": Usual(32, 3, 5),
    "AddRouteTableToSubnet": Usual(32, 2, 31),
    "AddVirtualIP": Usual(31, 9, 31),
    "AssociateReservedIP": Usual(58, 2, 6),
    "CaptureRole": Usual(16, 1, 6),
    "CaptureRoleAsVMImage": Usual(6, 1, 6),
    "ChangeDeploymentConfiguration": Usual(151, resolution=30),
    "CommitDeploymentMigration": Usual(332, 1, 31),
    "CommitStorageAccountMigration": Usual(61, 1, 30),
    "CommitVirtualNetworkMigration": Usual(60, 1, 30),
    "CreateAddOn": Usual(6),
    "CreateApplicationGateway": Usual(37, 1),
    "CreateBgpPeering": Usual(41, 3),
    "CreateCloudService": Usual(6),
    "CreateCluster": Usual(6),
    "CreateDedicatedCircuit": Usual(18, 8),
    "CreateDeployment": Usual(45, 6, 5),
    "CreateGateway": Usual(890, 32),
    "CreateGatewayConnection": Usual(48, 4),
    "CreateJobCollection": Usual(6),
    "CreateNetworkSecurityGroup": Usual(31, 10, 31, has_tail=False),
    "CreateReservedIP": Usual(6, 6, 6, has_tail=False),
    "CreateRouteTable": Usual(31, 21, 31, has_tail=False),
    "CreateStorageService": Usual(22, 10, 5, has_tail=False),
    "CreateVMImage": Usual(6, 3, 5),
    "CreateVirtualMachineDeployment": Usual(68, 9, 5),
    "CreateVirtualNetworkGateway": Usual(2409, 7),
    "DeleteAddOn": Usual(6),
    "DeleteApplicationGateway": Usual(36, 1),
    "DeleteBgpPeering": Usual(48, 2),
    "DeleteCertificate": Usual(6, 1, 5),
    "DeleteCloudService": Usual(6),
    "DeleteCluster": Usual(60),
    "DeleteDedicatedCircuit": Usual(15, 1),
    "DeleteDeployment": Usual(8, 2, 6),
    "DeleteDnsServer": Usual(21, 1, 5),
    "DeleteGateway": Usual(58, 32),
    "DeleteGatewayConnection": Usual(32, 4),
    "DeleteHostedService": Usual(31, 23, 31),
    "DeleteJobCollection": Usual(6),
    "DeleteNetworkSecurityGroup": Usual(31, 10, 31, has_tail=False),
    "DeleteNetworkSecurityRule": Usual(31, 1, 31),
    "DeleteReservedIP": Usual(16, 1, 5),
    "DeleteRole": Usual(37, 1, 5),
    "DeleteRoleInstances": Usual(198, 2, 30),
    "DeleteRoute": Usual(31, 7, 31),
    "DeleteRouteTable": Usual(31, 20, 31, has_tail=False),
    "DeleteVMImage": Usual(5, 1, 5),
    "DeleteVirtualNetworkGateway": Usual(158, 7),
    "DisassociateReservedIP": Usual(57, 1, 5),
    "EntitleResource": Usual(6),
    "FailoverGateway": Usual(31),
    "GetPackage": Usual(31, 1, 31),
    "PerformMaintenanceOnRole": Usual(151, resolution=30),
    "PrepareDeploymentMigration": Usual(226, 2, 30),
    "PrepareStorageAccountMigration": Usual(60, 2, 30),
    "PrepareVirtualNetworkMigration": Usual(60, 2, 31),
    "ProvisionCrossConnection": Usual(2, 1),
    "RebootDeploymentRoleInstance": Usual(60),
    "RebuildDeploymentRoleInstance": Usual(122, 2, 30),
    "RedeployRole": Usual(151, 1, 30),
    "ReimageDeploymentRoleInstance": Usual(90),
    "RemoveGatewayDefaultSites": Usual(48, 3),
    "RemoveNetworkSecurityGroupFromNetworkInterface": Usual(31, 1, 31),
    "RemoveNetworkSecurityGroupFromRole": Usual(32, 1, 32),
    "RemoveNetworkSecurityGroupFromSubnet": Usual(31, 1, 31),
    "RemoveRouteTableFromSubnet": Usual(31, 1, 31),
    "RemoveVirtualIP": Usual(30, 4, 30),
    "ResetGateway": Usual(4, 1),
    "ResetGatewayConnectionSharedKey": Usual(58, 1),
    "ResetGatewaySharedKey": Usual(20, 2),
    "ResetVirtualNetworkGateway": Usual(47, 1),
    "ResizeGateway": Usual(2957, 2),
    "ResizeVirtualNetworkGateway": Usual(4233, 3),
    "RestartRole": Usual(68, 1, 5),
    "RestoreSite": Usual(60),
    "RollbackDeploymentUpdateOrUpgrade": Usual(400),
    "SetApplicationGatewayConfiguration": Usual(4, 1),
    "SetGatewayConnectionIpsecParameters": Usual(44, 1),
    "SetGatewayConnectionSharedKey": Usual(58, 1),
    "SetGatewayDefaultSites": Usual(29, 2),
    "SetGatewayIpsecParameters": Usual(60, 2),
    "SetGatewaySharedKey": Usual(10, 4),
    "SetIPForwardingOnNetworkInterface": Usual(31, 1, 31),
    "SetIPForwardingOnRole": Usual(31, 1, 31),
    "SetNetworkConfiguration": Usual(31, 176, 31),
    "SetNetworkSecurityRule": Usual(33, 1, 31),
    "SetRoute": Usual(31, 10, 31, has_tail=False),
    "ShareImage": Usual(32, 2, 32),
    "ShareVMImage": Usual(32, 2, 32),
    "ShutdownRole": Usual(27, 3, 6),
    "ShutdownRoles": Usual(7, 1, 6),
    "StartApplicationGateway": Usual(985, 1),
    "StartGatewayDiagnostics": Usual(3),
    "StartRole": Usual(37, 1, 6),
    "StartRoles": Usual(89, 1, 4),
    "StartVirtualNetworkGatewayDiagnostics": Usual(3, 1),
    "StopApplicationGateway": Usual(66, 1),
    "SwapDeployment": Usual(30, resolution=30),
    "UpdateAddOn": Usual(6),
    "UpdateBgpPeering": Usual(37, 2),
    "UpdateCrossConnection": Usual(2, 1),
    "UpdateDedicatedCircuit": Usual(13, 1),
    "UpdateDeploymentStatus": Usual(5, 3, 5),
    "UpdateDisk": Usual(30, 2, 30),
    "UpdateDnsServer": Usual(22, 1, 6),
    "UpdateGatewayConnection": Usual(3, 1),
    "UpdateLoadBalancedEndpointSet": Usual(30, 1, 30),
    "UpdateRole": Usual(32, 1, 6),
    "UpgradeDeployment": Usual(546, 3, 30),
}
"""By the service's name of an operation, without what `usual` leaves out."""


def usual(*names: str) -> Usual | None:
    """Return what is known of an operation by the first of its names that the table has.

    Args:
        names: the service's name of it, or the root element of its request; it makes no difference whether
            a deployment was named or found by its slot.
    """
    for name in names:
        known = USUAL.get(name.removesuffix("BySlot").removesuffix("Operation"))
        if known is not None:
            return known
    return None
