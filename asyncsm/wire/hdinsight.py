"""HDInsight: clusters as they are asked for, in the form of 2013, and as they are read, in that of 2014.

A cluster is a resource of a cloud service, which passes on what is asked of it; what it answers stands in a
`PassthroughResponse`.
"""

from datetime import datetime
from typing import Annotated, ClassVar, Final

from pydantic import ConfigDict, Field, SecretStr

from asyncsm.wire.base import Nillable, OpenEnum, Wrapped, XmlModel
from asyncsm.wire.types import HiddenStr

MAY_2013: Final = "http://schemas.microsoft.com/hdinsight/2013/05/management"
MAY_2014: Final = "http://schemas.microsoft.com/hdinsight/2014/05/management"


class ClusterState(OpenEnum):
    """How far a cluster is, in the order in which these follow each other."""

    ACCEPTED = "Accepted"
    READY_FOR_DEPLOYMENT = "ReadyForDeployment"
    CLUSTER_STORAGE_PROVISIONED = "ClusterStorageProvisioned"
    AZURE_VM_CONFIGURATION = "AzureVMConfiguration"
    HDINSIGHT_CONFIGURATION = "HdInsightConfiguration"
    OPERATIONAL = "Operational"
    """Nine of ten nodes run."""
    RUNNING = "Running"
    PATCH_QUEUED = "PatchQueued"
    DELETE_PENDING = "DeletePending"
    DELETING = "Deleting"
    ERROR = "Error"
    UNKNOWN = "Unknown"


class BlobContainerReference(XmlModel):
    """A container of blobs, and a key of its storage account."""

    account_name: str | None = None
    """The host of the account's blobs, such as ``store.blob.core.windows.net``."""
    blob_container_name: str | None = None
    key: SecretStr | None = None


class ClusterNodes(XmlModel):
    """The nodes of a cluster that have the same role, as they are asked for."""

    xml_root: ClassVar[str] = "ClusterRole"

    count: int | None = None
    role_type: str | None = None
    """``HeadNode`` or ``DataNode``."""
    vm_size: Annotated[str | None, Field(alias="VMSize")] = None


class ClusterDeployment(XmlModel):
    """The nodes of a cluster, and who may use it."""

    xml_root: ClassVar[str] = "Deployment"

    additional_storage_accounts: Annotated[
        list[BlobContainerReference] | None, Wrapped("BlobContainerReference")
    ] = None
    cluster_password: SecretStr | None = None
    cluster_username: str | None = None
    created_date: datetime | None = None
    roles: Annotated[list[ClusterNodes] | None, Wrapped("ClusterRole")] = None
    version: str | None = None
    """Such as ``3.1``, or ``default``."""


class ClusterProperty(XmlModel):
    """A property of a file of configuration."""

    xml_root: ClassVar[str] = "Property"

    name: str | None = None
    value: HiddenStr | None = None
    """Perhaps a key, as of a further storage account."""


class ClusterDatabase(XmlModel):
    """The SQL database in which Hive or Oozie keep what they know."""

    xml_root: ClassVar[str] = "Catalog"

    database_name: str | None = None
    password: SecretStr | None = None
    server: str | None = None
    username: str | None = None


class ClusterComponentSettings(XmlModel):
    """The settings of a component; each has some of these."""

    configuration: Annotated[list[ClusterProperty] | None, Wrapped("Property")] = None
    capacity_scheduler_configuration: Annotated[list[ClusterProperty] | None, Wrapped("Property")] = None
    """Of MapReduce and Yarn."""
    additional_libraries: BlobContainerReference | None = None
    """Of Hive."""
    additional_shared_libraries: BlobContainerReference | None = None
    """Of Oozie, as the next one."""
    additional_action_executor_libraries: BlobContainerReference | None = None
    catalog: ClusterDatabase | None = None
    """Of Hive and Oozie."""


class ClusterSettings(XmlModel):
    """The settings of a cluster's components."""

    xml_root: ClassVar[str] = "Settings"

    core: ClusterComponentSettings | None = None
    hdfs: ClusterComponentSettings | None = None
    map_reduce: ClusterComponentSettings | None = None
    hive: ClusterComponentSettings | None = None
    oozie: ClusterComponentSettings | None = None
    yarn: ClusterComponentSettings | None = None


class ContainerError(XmlModel):
    """A reason why a cluster failed."""

    error_code: int | None = None
    error_description: str | None = None


class ClusterContainer(XmlModel):
    """A cluster as it is asked for."""

    xml_own_namespace: ClassVar[str | None] = MAY_2013

    cluster_state: ClusterState | None = None
    container_error: Annotated[list[ContainerError] | None, Wrapped("ContainerError")] = None
    deployment: ClusterDeployment = Field(default_factory=ClusterDeployment)
    created_date: datetime | None = None
    updated_date: datetime | None = None
    deployment_action: str | None = None
    """``Create``."""
    cluster_name: str | None = None
    region: str | None = None
    storage_accounts: Annotated[list[BlobContainerReference] | None, Wrapped("BlobContainerReference")] = None
    """The container in which the cluster has its files, and then others."""
    cluster_uri: str | None = None
    settings: ClusterSettings | None = None


class ClusterIntrinsicSettings(XmlModel):
    """The part of a request that the cloud service passes on."""

    xml_root: ClassVar[str] = "IntrinsicSettings"

    cluster_container: ClusterContainer


class CreateCluster(XmlModel):
    """Request of Create Cluster."""

    xml_root: ClassVar[str] = "Resource"

    schema_version: str | None = None
    intrinsic_settings: ClusterIntrinsicSettings


def _in_2014(name: str) -> str:
    """Return the wire name of a field of what is read."""
    return f"a:{''.join(part.capitalize() for part in name.split('_'))}"


class _Part(XmlModel):
    """A part of a cluster as it is read."""

    model_config: ClassVar[ConfigDict] = ConfigDict(alias_generator=_in_2014)


class ClusterCredential(_Part):
    """A name and its password."""

    password: SecretStr | None = None
    username: Annotated[str | None, Field(alias="a:username")] = None


class ClusterRemoteDesktop(_Part):
    """The remote desktop of nodes: until when it is open, and for whom."""

    authentication_credential: ClusterCredential | None = None
    is_enabled: bool | None = None
    remote_access_expiry: str | None = None


class ClusterRole(_Part):
    """The nodes of a cluster that have the same role."""

    friendly_name: str | None = None
    instance_count: int | None = None
    remote_desktop_settings: ClusterRemoteDesktop | None = None
    vm_size: Annotated[str | None, Field(alias="a:VMSize")] = None


class ClusterStorage(_Part):
    """The container of blobs in which a cluster has its files."""

    account_dns_name: str | None = None
    blob_container_name: str | None = None
    key: SecretStr | None = None


class YarnApplication(_Part):
    """An application of Yarn, such as MapReduce."""

    additional_storage_containers: str | None = None
    capacity_scheduler_configuration: str | None = None
    default_storage_account_and_container: ClusterStorage | None = None
    map_red_site_xml_properties: str | None = None


class Yarn(_Part):
    """Yarn, which gives nodes to applications."""

    applications: Annotated[list[YarnApplication] | None, Wrapped("a:YarnApplication")] = None
    capacity_scheduler_configuration: str | None = None
    configuration: str | None = None
    node_manager_role: str | None = None
    resource_manager_role: str | None = None


class ClusterGateway(_Part):
    """The gateway through which a cluster is used, at its own host and with basic authentication."""

    is_enabled: bool | None = None
    rest_auth_credential: ClusterCredential | None = None
    rest_uri: str | None = None


class Oozie(_Part):
    """Oozie, which runs workflows."""

    configuration: bool | None = None
    head_node_role: str | None = None


class Hive(_Part):
    """Hive, which answers queries."""

    head_node_role: str | None = None
    hive_site_xml_properties: str | None = None


class Hdfs(_Part):
    """The file system of the nodes."""

    hdfs_site_xml_properties: str | None = None
    head_node_role: str | None = None
    worker_node_role: str | None = None


class HadoopCore(_Part):
    """The core that all components build on."""

    core_site_xml_properties: str | None = None


class Zookeeper(_Part):
    """Zookeeper, which keeps the nodes together."""

    zookeeper_role: str | None = None


class ClusterDashboard(_Part):
    """The page of a cluster."""

    authentication_credential: ClusterCredential | None = None
    uri: Annotated[str | None, Field(alias="a:uri")] = None


class ClusterComponents(_Part):
    """The components of a cluster."""

    yarn: Yarn | None = None
    gateway: ClusterGateway | None = None
    oozie: Oozie | None = None
    hive: Hive | None = None
    hdfs: Hdfs | None = None
    hadoop_core: Annotated[HadoopCore | None, Field(alias="a:Hadoopcore")] = None
    zookeeper: Zookeeper | None = None
    dashboard: ClusterDashboard | None = None


class Cluster(_Part):
    """A cluster as it is read."""

    xml_root: ClassVar[str] = "Data"
    xml_prefixes: ClassVar[dict[str, str]] = {"a": MAY_2014}

    type: Annotated[str | None, Field(alias="@i:type")] = None
    dns_name: str | None = None
    location: str | None = None
    version: str | None = None
    cluster_role_collection: Annotated[list[ClusterRole] | None, Wrapped("a:ClusterRole")] = None
    components: ClusterComponents = Field(default_factory=ClusterComponents)
    created_time: datetime | None = None
    fully_qualified_dns_name: str | None = None
    state: ClusterState | None = None
    updated_time: str | None = None


class PassthroughError(XmlModel):
    """The reason why HDInsight could not answer."""

    xml_root: ClassVar[str] = "Error"

    status_code: str | None = None
    error_id: str | None = None
    error_message: str | None = None


class PassthroughResponse(XmlModel):
    """Reply of Get Cluster: the cluster, or why there is none."""

    xml_namespace: ClassVar[str | None] = MAY_2013

    cluster: Annotated[Cluster | None, Nillable, Field(alias="Data")] = None
    error: Annotated[PassthroughError | None, Nillable] = None
