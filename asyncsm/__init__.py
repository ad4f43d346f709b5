"""The asyncio client for the Azure Service Management (classic) REST API."""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from asyncsm.config import LanePolicy, PollingPolicy, ReconcilePolicy, RetryPolicy, ThrottlePolicy
    from asyncsm.credentials import (
        ManagementCertificate,
        ServiceCertificate,
        create_management_certificate,
        get_certificate_from_publish_settings,
        service_certificate,
        service_certificate_for_ssh_key,
        service_certificate_from_pem,
        service_certificate_from_pfx,
    )
    from asyncsm.errors import (
        AlreadyExists,
        AsyncsmError,
        AttemptTimeout,
        AuthenticationFailed,
        AzureAsyncOperationHttpError,
        AzureConflictHttpError,
        AzureHttpError,
        AzureMissingResourceHttpError,
        BadRequest,
        CertificateRejected,
        ClientStateError,
        Conflict,
        ConnectionFailed,
        ConnectionLost,
        CredentialError,
        ExclusiveAccess,
        Forbidden,
        InternalError,
        InvalidArgument,
        OperationFailed,
        OperationTimeout,
        OutcomeUnknown,
        PreconditionFailed,
        ResourceNotFound,
        ServerBusy,
        ServiceError,
        StateUnreachable,
        TemporaryRedirect,
        Throttled,
        TransportError,
        UnexpectedPayload,
    )
    from asyncsm.gathering import Completed, OperationsFailed, Progress, as_completed, gather
    from asyncsm.machine_setup import linux_ssh, stored_certificate, winrm_https
    from asyncsm.polling import OperationHandle
    from asyncsm.services import ServiceManagementService
    from asyncsm.session import ManagementSession
    from asyncsm.statistics import SessionStatistics
    from asyncsm.wire.configuration_sets import (
        ConfigurationSet,
        LinuxConfigurationSet,
        PublicKey,
        WindowsConfigurationSet,
    )
    from asyncsm.wire.disks import DataVirtualHardDisk, OSVirtualHardDisk
    from asyncsm.wire.endpoints import ConfigurationSetInputEndpoint
    from asyncsm.wire.operations import Operation

__version__ = "0.1.0"
__all__ = [
    "AlreadyExists",
    "AsyncsmError",
    "AttemptTimeout",
    "AuthenticationFailed",
    "AzureAsyncOperationHttpError",
    "AzureConflictHttpError",
    "AzureHttpError",
    "AzureMissingResourceHttpError",
    "BadRequest",
    "CertificateRejected",
    "ClientStateError",
    "Completed",
    "ConfigurationSet",
    "ConfigurationSetInputEndpoint",
    "Conflict",
    "ConnectionFailed",
    "ConnectionLost",
    "CredentialError",
    "DataVirtualHardDisk",
    "ExclusiveAccess",
    "Forbidden",
    "InternalError",
    "InvalidArgument",
    "LanePolicy",
    "LinuxConfigurationSet",
    "ManagementCertificate",
    "ManagementSession",
    "OSVirtualHardDisk",
    "Operation",
    "OperationFailed",
    "OperationHandle",
    "OperationTimeout",
    "OperationsFailed",
    "OutcomeUnknown",
    "PollingPolicy",
    "PreconditionFailed",
    "Progress",
    "PublicKey",
    "ReconcilePolicy",
    "ResourceNotFound",
    "RetryPolicy",
    "ServerBusy",
    "ServiceCertificate",
    "ServiceError",
    "ServiceManagementService",
    "SessionStatistics",
    "StateUnreachable",
    "TemporaryRedirect",
    "ThrottlePolicy",
    "Throttled",
    "TransportError",
    "UnexpectedPayload",
    "WindowsConfigurationSet",
    "as_completed",
    "create_management_certificate",
    "gather",
    "get_certificate_from_publish_settings",
    "linux_ssh",
    "service_certificate",
    "service_certificate_for_ssh_key",
    "service_certificate_from_pem",
    "service_certificate_from_pfx",
    "stored_certificate",
    "winrm_https",
]

_WHERE: Final = {
    "AlreadyExists": "asyncsm.errors",
    "AsyncsmError": "asyncsm.errors",
    "AttemptTimeout": "asyncsm.errors",
    "AuthenticationFailed": "asyncsm.errors",
    "AzureAsyncOperationHttpError": "asyncsm.errors",
    "AzureConflictHttpError": "asyncsm.errors",
    "AzureHttpError": "asyncsm.errors",
    "AzureMissingResourceHttpError": "asyncsm.errors",
    "BadRequest": "asyncsm.errors",
    "CertificateRejected": "asyncsm.errors",
    "ClientStateError": "asyncsm.errors",
    "Completed": "asyncsm.gathering",
    "ConfigurationSet": "asyncsm.wire.configuration_sets",
    "ConfigurationSetInputEndpoint": "asyncsm.wire.endpoints",
    "Conflict": "asyncsm.errors",
    "ConnectionFailed": "asyncsm.errors",
    "ConnectionLost": "asyncsm.errors",
    "CredentialError": "asyncsm.errors",
    "DataVirtualHardDisk": "asyncsm.wire.disks",
    "ExclusiveAccess": "asyncsm.errors",
    "Forbidden": "asyncsm.errors",
    "InternalError": "asyncsm.errors",
    "InvalidArgument": "asyncsm.errors",
    "LanePolicy": "asyncsm.config",
    "LinuxConfigurationSet": "asyncsm.wire.configuration_sets",
    "ManagementCertificate": "asyncsm.credentials",
    "ManagementSession": "asyncsm.session",
    "OSVirtualHardDisk": "asyncsm.wire.disks",
    "Operation": "asyncsm.wire.operations",
    "OperationFailed": "asyncsm.errors",
    "OperationHandle": "asyncsm.polling",
    "OperationTimeout": "asyncsm.errors",
    "OperationsFailed": "asyncsm.gathering",
    "OutcomeUnknown": "asyncsm.errors",
    "PollingPolicy": "asyncsm.config",
    "PreconditionFailed": "asyncsm.errors",
    "Progress": "asyncsm.gathering",
    "PublicKey": "asyncsm.wire.configuration_sets",
    "ReconcilePolicy": "asyncsm.config",
    "ResourceNotFound": "asyncsm.errors",
    "RetryPolicy": "asyncsm.config",
    "ServerBusy": "asyncsm.errors",
    "ServiceCertificate": "asyncsm.credentials",
    "ServiceError": "asyncsm.errors",
    "ServiceManagementService": "asyncsm.services",
    "SessionStatistics": "asyncsm.statistics",
    "StateUnreachable": "asyncsm.errors",
    "TemporaryRedirect": "asyncsm.errors",
    "ThrottlePolicy": "asyncsm.config",
    "Throttled": "asyncsm.errors",
    "TransportError": "asyncsm.errors",
    "UnexpectedPayload": "asyncsm.errors",
    "WindowsConfigurationSet": "asyncsm.wire.configuration_sets",
    "as_completed": "asyncsm.gathering",
    "create_management_certificate": "asyncsm.credentials",
    "gather": "asyncsm.gathering",
    "get_certificate_from_publish_settings": "asyncsm.credentials",
    "linux_ssh": "asyncsm.machine_setup",
    "service_certificate": "asyncsm.credentials",
    "service_certificate_for_ssh_key": "asyncsm.credentials",
    "service_certificate_from_pem": "asyncsm.credentials",
    "service_certificate_from_pfx": "asyncsm.credentials",
    "stored_certificate": "asyncsm.machine_setup",
    "winrm_https": "asyncsm.machine_setup",
}
"""The module of each name, which is imported when the name is first used.

Two hundred models take a while to make; whoever only wants an error class, or ``--help``,
need not wait for them.
"""


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_WHERE[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
