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
    AzureException as AzureException,
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
from .preloading import (
    preload as preload,
)
from .services import (
    HDInsightManagementService as HDInsightManagementService,
    MonitoringManagementService as MonitoringManagementService,
    NetworkManagementService as NetworkManagementService,
    SchedulerManagementService as SchedulerManagementService,
    ServiceBusManagementService as ServiceBusManagementService,
    ServiceManagementService as ServiceManagementService,
    SqlDatabaseManagementService as SqlDatabaseManagementService,
    StoreManagementService as StoreManagementService,
    TrafficManagerManagementService as TrafficManagerManagementService,
    WebsiteManagementService as WebsiteManagementService,
)
from .session import (
    ManagementSession as ManagementSession,
)
from .wire.affinity_groups import (
    AffinityGroup as AffinityGroup,
    AffinityGroups as AffinityGroups,
)
from .wire.certificates import (
    Certificate as Certificate,
    Certificates as Certificates,
    SubscriptionCertificate as SubscriptionCertificate,
    SubscriptionCertificates as SubscriptionCertificates,
)
from .wire.configuration_sets import (
    SSH as SSH,
    AdditionalUnattendContent as AdditionalUnattendContent,
    CertificateSetting as CertificateSetting,
    Components as Components,
    ComponentSetting as ComponentSetting,
    ComponentSettings as ComponentSettings,
    ConfigurationSet as ConfigurationSet,
    ConfigurationSets as ConfigurationSets,
    Credentials as Credentials,
    DomainJoin as DomainJoin,
    KeyPair as KeyPair,
    KeyPairs as KeyPairs,
    LinuxConfigurationSet as LinuxConfigurationSet,
    Listener as Listener,
    Listeners as Listeners,
    Passes as Passes,
    PublicKey as PublicKey,
    PublicKeys as PublicKeys,
    StoredCertificateSettings as StoredCertificateSettings,
    UnattendComponent as UnattendComponent,
    UnattendPass as UnattendPass,
    WindowsConfigurationSet as WindowsConfigurationSet,
    WinRM as WinRM,
)
from .wire.deployments import (
    Deployment as Deployment,
    Deployments as Deployments,
    InputEndpoint as InputEndpoint,
    InputEndpoints as InputEndpoints,
    InstanceEndpoint as InstanceEndpoint,
    InstanceEndpoints as InstanceEndpoints,
    PersistentVMDowntimeInfo as PersistentVMDowntimeInfo,
    RoleInstance as RoleInstance,
    RoleInstanceList as RoleInstanceList,
    UpgradeStatus as UpgradeStatus,
)
from .wire.disks import (
    AttachedTo as AttachedTo,
    DataVirtualHardDisk as DataVirtualHardDisk,
    DataVirtualHardDisks as DataVirtualHardDisks,
    Disk as Disk,
    Disks as Disks,
    OSVirtualHardDisk as OSVirtualHardDisk,
)
from .wire.endpoints import (
    ConfigurationSetInputEndpoint as ConfigurationSetInputEndpoint,
    ConfigurationSetInputEndpoints as ConfigurationSetInputEndpoints,
    LoadBalancerProbe as LoadBalancerProbe,
)
from .wire.extensions import (
    ResourceExtension as ResourceExtension,
    ResourceExtensionParameterValue as ResourceExtensionParameterValue,
    ResourceExtensionParameterValues as ResourceExtensionParameterValues,
    ResourceExtensionReference as ResourceExtensionReference,
    ResourceExtensionReferences as ResourceExtensionReferences,
    ResourceExtensions as ResourceExtensions,
)
from .wire.hosted_services import (
    AvailabilityResponse as AvailabilityResponse,
    HostedService as HostedService,
    HostedServiceProperties as HostedServiceProperties,
    HostedServices as HostedServices,
)
from .wire.images import (
    Images as Images,
    OSImage as OSImage,
    OSImageDetails as OSImageDetails,
    ReplicationProgress as ReplicationProgress,
    ReplicationProgressElement as ReplicationProgressElement,
)
from .wire.network_configuration import (
    ConfiguredGateway as ConfiguredGateway,
    ConfiguredLocalSite as ConfiguredLocalSite,
    ConfiguredSite as ConfiguredSite,
    ConfiguredSubnet as ConfiguredSubnet,
    NetworkConfigurationFile as NetworkConfigurationFile,
)
from .wire.networks import (
    DnsServer as DnsServer,
    PublicIP as PublicIP,
    PublicIPs as PublicIPs,
    ReservedIP as ReservedIP,
    ReservedIPs as ReservedIPs,
    Subnet as Subnet,
    Subnets as Subnets,
    VirtualIP as VirtualIP,
    VirtualIPs as VirtualIPs,
    VirtualNetworkSite as VirtualNetworkSite,
    VirtualNetworkSites as VirtualNetworkSites,
)
from .wire.operations import (
    Operation as Operation,
    OperationCaller as OperationCaller,
    OperationError as OperationError,
    SubscriptionOperation as SubscriptionOperation,
    SubscriptionOperationCollection as SubscriptionOperationCollection,
    SubscriptionOperations as SubscriptionOperations,
    SubscriptionOperationStatus as SubscriptionOperationStatus,
)
from .wire.roles import (
    PersistentVMRole as PersistentVMRole,
    Role as Role,
    RoleList as RoleList,
)
from .wire.scheduler import (
    CloudService as CloudService,
    CloudServices as CloudServices,
    IntrinsicSettings as IntrinsicSettings,
    MaxRecurrence as MaxRecurrence,
    OperationStatus as OperationStatus,
    Quota as Quota,
    Resource as Resource,
    Resources as Resources,
)
from .wire.service_bus import (
    AuthorizationRule as AuthorizationRule,
    AuthorizationRules as AuthorizationRules,
    CountDetails as CountDetails,
    NotificationHubDescription as NotificationHubDescription,
    QueueDescription as QueueDescription,
    RelayDescription as RelayDescription,
    ServiceBusNamespace as ServiceBusNamespace,
    ServiceBusRegion as ServiceBusRegion,
    TopicDescription as TopicDescription,
)
from .wire.service_bus_metrics import (
    MetricProperties as MetricProperties,
    MetricRollups as MetricRollups,
    MetricValues as MetricValues,
)
from .wire.sql_databases import (
    CreateServerResponse as CreateServerResponse,
    Database as Database,
    EventLog as EventLog,
    FirewallRule as FirewallRule,
    Server as Server,
    ServerQuota as ServerQuota,
    Servers as Servers,
    ServiceObjective as ServiceObjective,
)
from .wire.storage import (
    StorageAccountProperties as StorageAccountProperties,
    StorageService as StorageService,
    StorageServiceKeys as StorageServiceKeys,
    StorageServices as StorageServices,
)
from .wire.subscription import (
    ComputeCapabilities as ComputeCapabilities,
    Location as Location,
    Locations as Locations,
    OperatingSystem as OperatingSystem,
    OperatingSystemFamilies as OperatingSystemFamilies,
    OperatingSystemFamily as OperatingSystemFamily,
    OperatingSystems as OperatingSystems,
    RoleSize as RoleSize,
    RoleSizes as RoleSizes,
    Subscription as Subscription,
    Subscriptions as Subscriptions,
)
from .wire.vm_images import (
    CaptureRoleAsVMImage as CaptureRoleAsVMImage,
    DataDiskConfiguration as DataDiskConfiguration,
    DataDiskConfigurations as DataDiskConfigurations,
    OSDiskConfiguration as OSDiskConfiguration,
    VMImage as VMImage,
    VMImages as VMImages,
)
from .wire.website_metrics import (
    Data as Data,
    MetricAvailabilities as MetricAvailabilities,
    MetricAvailability as MetricAvailability,
    MetricDefinition as MetricDefinition,
    MetricDefinitions as MetricDefinitions,
    MetricResponse as MetricResponse,
    MetricResponses as MetricResponses,
    MetricSample as MetricSample,
    Values as Values,
)
from .wire.websites import (
    HostNameSslState as HostNameSslState,
    HostNameSslStates as HostNameSslStates,
    PublishData as PublishData,
    PublishProfile as PublishProfile,
    Site as Site,
    Sites as Sites,
    WebSpace as WebSpace,
    WebSpaces as WebSpaces,
)

__version__: str
