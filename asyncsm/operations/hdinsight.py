"""HDInsight clusters, which are resources of cloud services."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, TypeAlias

import pydantic

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import Reconcile
from asyncsm.operations.declaring import Family
from asyncsm.operations.kinds import SECRET, Name, between, one_of
from asyncsm.operations.scheduler import CLOUD_SERVICE
from asyncsm.polling import OperationHandle

RESOURCES: Final = CLOUD_SERVICE + "/resources/hdinsight"
CLUSTER: Final = RESOURCES + "/clusters/{cluster_name}"
READ_CLUSTER: Final = RESOURCES + "/~/clusters/{cluster_name}"

NodeSize: TypeAlias = Annotated[str, one_of(("ExtraSmall", "Small", "Medium", "Large", "ExtraLarge"))]

family: Final = Family(
    "HDInsight clusters",
    service="HDInsightManagementService",
    evidence="[operations/hdinsight] [lifecycles 17]",
    version="2012-08-01",
)


def _cluster(
    cluster_name: str,
    region: str,
    storage_account: str,
    storage_container: str,
    storage_key: pydantic.SecretStr,
    username: str,
    password: pydantic.SecretStr,
    data_nodes: int,
    version: str,
    head_node_size: str,
    data_node_size: str,
    additional_storage: Sequence[wire.hdinsight.BlobContainerReference],
    settings: wire.hdinsight.ClusterSettings | None,
) -> wire.hdinsight.CreateCluster:
    models = wire.hdinsight
    # The service took one of the largest size for two of the next one.
    head_nodes = 1 if head_node_size == "ExtraLarge" else 2
    files = models.BlobContainerReference(
        account_name=storage_account, blob_container_name=storage_container, key=storage_key
    )
    deployment = models.ClusterDeployment(
        additional_storage_accounts=list(additional_storage),
        cluster_password=password,
        cluster_username=username,
        roles=[
            models.ClusterNodes(count=head_nodes, role_type="HeadNode", vm_size=head_node_size),
            models.ClusterNodes(count=data_nodes, role_type="DataNode", vm_size=data_node_size),
        ],
        version=version,
    )
    container = models.ClusterContainer(
        deployment=deployment,
        deployment_action="Create",
        cluster_name=cluster_name,
        region=region,
        storage_accounts=[files],
        settings=settings,
    )
    passed_on = models.ClusterIntrinsicSettings(cluster_container=container)
    return models.CreateCluster(schema_version="2.0", intrinsic_settings=passed_on)


class HDInsightOperations(Caller):
    """Operations on HDInsight clusters."""

    @family.replaces(
        CLUSTER,
        body=lambda: wire.hdinsight.CreateCluster,
        made=_cluster,
        at=READ_CLUSTER,
        reconcile=Reconcile.CREATED,  # the service refuses a second one
    )
    async def create_cluster(
        self,
        cloud_service_id: str,
        cluster_name: Name,
        region: Name,
        storage_account: Name,
        storage_container: Name,
        storage_key: Annotated[str | pydantic.SecretStr, SECRET],
        username: Name,
        password: Annotated[str | pydantic.SecretStr, SECRET],
        data_nodes: Annotated[int, between(1)],
        *,
        version: Name = "default",
        head_node_size: NodeSize = "ExtraLarge",
        data_node_size: NodeSize = "Large",
        additional_storage: Sequence[wire.hdinsight.BlobContainerReference] = (),
        settings: wire.hdinsight.ClusterSettings | None = None,
    ) -> OperationHandle:
        """Make a cluster; when that has been accepted it takes some twenty minutes more, as its `state` tells.

        Args:
            cloud_service_id: its cloud service, which `SchedulerManagementService.create_cloud_service` makes.
            cluster_name: in lower case, and unique everywhere: it becomes ``NAME.azurehdinsight.net``.
            region: that of the cloud service.
            storage_account: host of the account with the cluster's files, such as
                ``store.blob.core.windows.net``; it is in the same region.
            storage_container: the container of the files.
            storage_key: a key of the account.
            username: of who may use the cluster.
            password: that user's.
            data_nodes: how many nodes there are besides the head nodes.
            version: of HDInsight, such as ``3.1``.
            head_node_size: size of the head nodes.
            data_node_size: size of the others.
            additional_storage: containers that the cluster can read besides.
            settings: configuration of its components.

        Raises:
            ResourceNotFound: no such cloud service.
            Conflict: the name is taken.
        """
        ...

    @family.reads(READ_CLUSTER)
    async def get_cluster(
        self, cloud_service_id: str, cluster_name: str
    ) -> wire.hdinsight.PassthroughResponse:
        """Read a cluster.

        Raises:
            ResourceNotFound: no such cluster.
        """
        ...

    @family.removes(CLUSTER)
    async def delete_cluster(self, cloud_service_id: str, cluster_name: str) -> OperationHandle:
        """Delete a cluster; its files stay in the storage account.

        Raises:
            ResourceNotFound: no such cluster.
        """
        ...
