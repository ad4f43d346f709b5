from .config import (
    LanePolicy as LanePolicy,
    PollingPolicy as PollingPolicy,
    ReconcilePolicy as ReconcilePolicy,
    RetryPolicy as RetryPolicy,
    ThrottlePolicy as ThrottlePolicy,
)
from .credentials import (
    ManagementCertificate as ManagementCertificate,
    ServiceCertificate as ServiceCertificate,
    create_management_certificate as create_management_certificate,
    get_certificate_from_publish_settings as get_certificate_from_publish_settings,
    service_certificate as service_certificate,
    service_certificate_for_ssh_key as service_certificate_for_ssh_key,
    service_certificate_from_pem as service_certificate_from_pem,
    service_certificate_from_pfx as service_certificate_from_pfx,
)
from .credentials.machine_configuration import (
    linux_ssh as linux_ssh,
    stored_certificate as stored_certificate,
    winrm_https as winrm_https,
)
from .engine.statistics import (
    SessionStatistics as SessionStatistics,
)
from .errors import (
    AlreadyExists as AlreadyExists,
    AsyncsmError as AsyncsmError,
    AttemptTimeout as AttemptTimeout,
    AuthenticationFailed as AuthenticationFailed,
    AzureAsyncOperationHttpError as AzureAsyncOperationHttpError,
    AzureConflictHttpError as AzureConflictHttpError,
    AzureHttpError as AzureHttpError,
    AzureMissingResourceHttpError as AzureMissingResourceHttpError,
    BadRequest as BadRequest,
    CertificateRejected as CertificateRejected,
    ClientStateError as ClientStateError,
    Conflict as Conflict,
    ConnectionFailed as ConnectionFailed,
    ConnectionLost as ConnectionLost,
    CredentialError as CredentialError,
    ExclusiveAccess as ExclusiveAccess,
    Forbidden as Forbidden,
    InternalError as InternalError,
    InvalidArgument as InvalidArgument,
    OperationFailed as OperationFailed,
    OperationTimeout as OperationTimeout,
    OutcomeUnknown as OutcomeUnknown,
    PreconditionFailed as PreconditionFailed,
    ResourceNotFound as ResourceNotFound,
    ServerBusy as ServerBusy,
    ServiceError as ServiceError,
    StateUnreachable as StateUnreachable,
    TemporaryRedirect as TemporaryRedirect,
    Throttled as Throttled,
    TransportError as TransportError,
    UnexpectedPayload as UnexpectedPayload,
)
from .polling import (
    OperationHandle as OperationHandle,
)
from .polling.gather import (
    Completed as Completed,
    OperationsFailed as OperationsFailed,
    Progress as Progress,
    as_completed as as_completed,
    gather as gather,
)
from .services import (
    NetworkManagementService as NetworkManagementService,
    ServiceManagementService as ServiceManagementService,
)
from .session import (
    ManagementSession as ManagementSession,
)
from .wire.configuration_sets import (
    ConfigurationSet as ConfigurationSet,
    LinuxConfigurationSet as LinuxConfigurationSet,
    PublicKey as PublicKey,
    WindowsConfigurationSet as WindowsConfigurationSet,
)
from .wire.disks import (
    DataVirtualHardDisk as DataVirtualHardDisk,
    OSVirtualHardDisk as OSVirtualHardDisk,
)
from .wire.endpoints import (
    ConfigurationSetInputEndpoint as ConfigurationSetInputEndpoint,
)
from .wire.operations import (
    Operation as Operation,
)

__version__: str
