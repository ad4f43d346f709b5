"""HDInsight: what a cluster may be, the states that it goes through, and how it is told."""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call
from asyncsm.emulator.clock import Clock
from asyncsm.emulator.saved_names import effect
from asyncsm.emulator.scheduler import CloudService, Cluster
from asyncsm.wire import hdinsight as wire
from asyncsm.wire.scheduler import OperationStatus, OutputItem, Resource

CREATING: Final = 1200.0
"""Seconds until a cluster runs [lifecycles 17]."""
ON_THE_WAY: Final = {
    wire.ClusterState.READY_FOR_DEPLOYMENT: 0.02,
    wire.ClusterState.CLUSTER_STORAGE_PROVISIONED: 0.05,
    wire.ClusterState.AZURE_VM_CONFIGURATION: 0.1,
    wire.ClusterState.HDINSIGHT_CONFIGURATION: 0.6,
    wire.ClusterState.OPERATIONAL: 0.9,
    wire.ClusterState.RUNNING: 1.0,
}
"""States after the first one [lifecycles 17], and the fraction of `CREATING` after which they come [guess]."""

VERSION: Final = "3.1"
"""The one that is ``default`` [guess]."""
SIZES: Final = ("ExtraSmall", "Small", "Medium", "Large", "ExtraLarge")

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,57}[a-z0-9])", re.ASCII)
_NODES: Final = {"HeadNode": "HeadNodeRole", "DataNode": "WorkerNodeRole"}


def check(call: Call, service: CloudService, name: str, wanted: wire.ClusterContainer) -> None:
    """Refuse a cluster that is not whole, or cannot be where it is to be."""
    if _NAME.fullmatch(name) is None or (wanted.cluster_name or name) != name:
        raise refusals.bad_request(f"The cluster name {name} is not valid.")  # [lifecycles 17]
    owners = call.state.subscriptions.values()
    if any(name in one.clusters for owner in owners for one in owner.cloud_services.values()):
        raise refusals.conflict(f"A cluster with the name {name} already exists.")  # [lifecycles 17] [guess]
    if (wanted.region or service.region).lower() != service.region.lower():
        # [lifecycles 17] [guess]
        raise refusals.bad_request(f"The cloud service is not in {wanted.region}.")
    deployment = wanted.deployment
    if not deployment.cluster_username or deployment.cluster_password is None:
        raise refusals.bad_request("A cluster has a user and a password.")  # [guess]
    _check_nodes(deployment.roles or [])
    _check_storage(call, service, wanted.storage_accounts or [])


def _check_nodes(roles: list[wire.ClusterNodes]) -> None:
    counts = dict.fromkeys(_NODES, 0)
    for each in roles:
        if each.role_type not in counts or each.vm_size not in SIZES:
            # [lifecycles 17] [guess]
            raise refusals.bad_request(f"There are no nodes {each.role_type} of the size {each.vm_size}.")
        counts[each.role_type] += each.count or 0
    if min(counts.values()) < 1:
        raise refusals.bad_request("A cluster has a head node and a data node.")  # [lifecycles 17]


def _check_storage(call: Call, service: CloudService, containers: list[wire.BlobContainerReference]) -> None:
    if not containers or not containers[0].blob_container_name:
        raise refusals.bad_request("A cluster has a container for its files.")  # [guess]
    host = containers[0].account_name or ""
    account = host.partition(".")[0]
    owner = call.state.owner_of_storage_account(account)
    if owner is None or owner.storage_accounts[account].region != service.region:
        # [lifecycles 17] [guess]
        raise refusals.bad_request(f"There is no storage account {host} in {service.region}.")


def begin(clock: Clock, cluster: Cluster, seconds: float) -> None:
    """Let a cluster that has been accepted run after so many seconds."""
    for state, fraction in ON_THE_WAY.items():
        clock.after(seconds * fraction, partial(_advance, clock, cluster, str(state)))


@effect("hdinsight/advance")
def _advance(clock: Clock, cluster: Cluster, state: str) -> None:
    """Let a cluster have its next state, unless it is being deleted."""
    if not cluster.is_going:
        cluster.state, cluster.updated = state, clock.now()


def listed(cluster: Cluster) -> Resource:
    """Return a cluster as its cloud service lists it."""
    deployment = cluster.wanted.deployment
    workers = sum(each.count or 0 for each in deployment.roles or [] if each.role_type == "DataNode")
    facts = {
        "CreatedDate": f"{cluster.created:%Y-%m-%dT%H:%M:%SZ}",
        "ConnectionURL": f"https://{cluster.host_name}",
        "ClusterUsername": deployment.cluster_username,
        "Version": version_of(cluster),
        "NodesCount": str(workers),
    }
    return Resource(
        resource_provider_namespace="hdinsight",
        type="clusters",
        name=cluster.name,
        schema_version="2.0",
        e_tag=cluster.tag,
        state="Started",
        sub_state=cluster.state,
        output_items=[OutputItem(key=key, value=value) for key, value in facts.items()],
        operation_status=OperationStatus(type="Create", result="Succeeded"),
        label=cluster.name,
    )


def version_of(cluster: Cluster) -> str:
    """Return the version of HDInsight that a cluster has."""
    wanted = cluster.wanted.deployment.version
    return VERSION if wanted in {None, "", "default"} else str(wanted)


def shown(service: CloudService, cluster: Cluster) -> wire.Cluster:
    """Return a cluster as it is read."""
    deployment = cluster.wanted.deployment
    user = wire.ClusterCredential(username=deployment.cluster_username, password=deployment.cluster_password)
    roles = [
        wire.ClusterRole(
            friendly_name=_NODES[each.role_type or ""], instance_count=each.count, vm_size=each.vm_size
        )
        for each in deployment.roles or []
    ]
    head, workers = _NODES.values()
    files = (cluster.wanted.storage_accounts or [])[0]
    more = deployment.additional_storage_accounts or []
    application = wire.YarnApplication(
        # In which form the text names them is a [guess].
        additional_storage_containers=",".join(
            f"{one.blob_container_name}@{one.account_name}" for one in more
        )
        or None,
        default_storage_account_and_container=wire.ClusterStorage(
            account_dns_name=files.account_name, blob_container_name=files.blob_container_name, key=files.key
        ),
    )
    url = f"https://{cluster.host_name}"
    return wire.Cluster(
        type="a:Cluster",
        dns_name=cluster.name,
        location=service.region,
        version=version_of(cluster),
        cluster_role_collection=roles,
        components=wire.ClusterComponents(
            yarn=wire.Yarn(applications=[application], node_manager_role=workers, resource_manager_role=head),
            gateway=wire.ClusterGateway(is_enabled=True, rest_auth_credential=user, rest_uri=f"{url}/"),
            oozie=wire.Oozie(head_node_role=head),
            hive=wire.Hive(head_node_role=head),
            hdfs=wire.Hdfs(head_node_role=head, worker_node_role=workers),
            dashboard=wire.ClusterDashboard(authentication_credential=user, uri=f"{url}/"),
        ),
        created_time=cluster.created,
        fully_qualified_dns_name=cluster.host_name,
        state=wire.ClusterState(cluster.state),
        updated_time=f"{cluster.updated:%Y-%m-%dT%H:%M:%SZ}",
    )
