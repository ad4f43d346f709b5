"""The version with which an operation came; older ones do not know it. [protocol 4]"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_CAME: Final[Mapping[str, str]] = {
    "2010-10-28": """
        ListLocations CreateHostedService UpdateHostedService DeleteHostedService
        RebootDeploymentRoleInstance RebootDeploymentRoleInstanceBySlot
        ReimageDeploymentRoleInstance ReimageDeploymentRoleInstanceBySlot
    """,
    "2011-02-25": "CreateAffinityGroup UpdateAffinityGroup DeleteAffinityGroup",
    "2011-06-01": "ListSubscriptionOperations CreateStorageService UpdateStorageService DeleteStorageService",
    "2011-10-01": """
        GetSubscription RollbackDeploymentUpdateOrUpgrade RollbackDeploymentUpdateOrUpgradeBySlot
    """,
    # Where the reference is not sure, too, as of VM images and role sizes. [protocol 7]
    "2012-03-01": """
        ListSubscriptionCertificates GetSubscriptionCertificate AddSubscriptionCertificate
        RemoveSubscriptionCertificate IsHostedServiceAvailable IsStorageServiceAvailable
        GetPackage GetPackageBySlot ListRoleSizes
        ListOSImages GetOSImage CreateOSImage SetImageProperties DeleteOSImage
        ListVMImages CreateVMImage UpdateVMImage DeleteVMImage
        ListDisks GetDisk CreateDisk UpdateDisk DeleteDisk
        CreateVirtualMachineDeployment AddRole GetRole UpdateRole DeleteRole
        ExecuteRoleOperation
        AddDataDisk GetDataDisk UpdateDataDisk DeleteDataDisk GetRemoteDesktopFile
        UpdateLoadBalancedEndpointSet AddDnsServer UpdateDnsServer DeleteDnsServer
        ListResourceExtensions ListResourceExtensionVersions
        GetNetworkConfiguration SetNetworkConfiguration ListVirtualNetworkSites
        CheckStaticIPAddressAvailability
    """,
    "2013-03-01": """
        ListAvailableExtensions ListExtensionVersions ListExtensions GetExtension AddExtension DeleteExtension
    """,
    "2013-06-01": """
        RebuildDeploymentRoleInstance RebuildDeploymentRoleInstanceBySlot
        ExecuteRoleSetOperation
    """,
    "2013-08-01": "ListSubscriptions DeleteRoleInstances DeleteRoleInstancesBySlot",
    "2014-05-01": """
        ListReservedIPs GetReservedIP CreateReservedIP DeleteReservedIP AssociateReservedIP DisassociateReservedIP
        AddLoadBalancer UpdateLoadBalancer DeleteLoadBalancer
    """,
}

FIRST_VERSIONS: Final[Mapping[str, str]] = {
    operation: version for version, operations in _CAME.items() for operation in operations.split()
}
"""The first version of an operation, by its name; those of other operations nobody has told."""
