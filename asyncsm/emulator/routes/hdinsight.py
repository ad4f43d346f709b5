"""HDInsight clusters, which are resources of cloud services."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Final

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.clock import Clock
from asyncsm.emulator.naming import ByName
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import hdinsight as rules
from asyncsm.emulator.rules.scheduler import SERVICE, cloud_service
from asyncsm.emulator.saved_names import effect
from asyncsm.emulator.scheduler import CloudService, Cluster
from asyncsm.wire import hdinsight as wire

routes: RouteTable = RouteTable()

CLUSTER: Final = f"{SERVICE}/resources/hdinsight/clusters/{{clusterName}}"


@routes.put(CLUSTER, "CreateCluster")
def create(call: Call) -> Reply:
    """Create Cluster: when that has been accepted, the cluster still takes its time."""
    service, name = cloud_service(call), call.parameters["clusterName"]
    wanted = call.body(wire.CreateCluster).intrinsic_settings.cluster_container
    rules.check(call, service, name, wanted)
    cluster = Cluster(
        name=name, wanted=wanted, tag=str(uuid.UUID(call.new_id())), created=call.now, updated=call.now
    )
    then = partial(_accepted, call.clock, cluster, call.progress.vary(rules.CREATING))
    reply = call.accept(locks=[cluster], then=then, headers={"ETag": cluster.tag})
    service.clusters[name] = cluster
    return reply


@routes.get(f"{SERVICE}/resources/hdinsight/~/clusters/{{clusterName}}", "GetCluster")
def get(call: Call) -> Reply:
    """Get Cluster, in whatever state it is."""
    service, cluster = _cluster_of(call)
    return Reply(document=wire.PassthroughResponse(cluster=rules.shown(service, cluster), error=None))


@routes.delete(CLUSTER, "DeleteCluster")
def delete(call: Call) -> Reply:
    """Delete Cluster [lifecycles 17]."""
    service, cluster = _cluster_of(call)
    reply = call.accept(
        locks=[cluster],
        steps=[(0.1, partial(_go, cluster))],
        then=partial(_drop, service.clusters, cluster.name),
    )
    cluster.state, cluster.updated = "DeletePending", call.now
    return reply


def _cluster_of(call: Call) -> tuple[CloudService, Cluster]:
    service, name = cloud_service(call), call.parameters["clusterName"]
    found = service.clusters.get(name)
    return service, refusals.required(found, f"The cluster {name} does not exist.")  # [guess]


@effect("hdinsight/accepted")
def _accepted(clock: Clock, cluster: Cluster, seconds: float) -> None:
    rules.begin(clock, cluster, seconds)


@effect("hdinsight/go")
def _go(cluster: Cluster) -> None:
    cluster.state = "Deleting"


@effect("hdinsight/drop")
def _drop(held: ByName[Cluster], name: str) -> None:
    held.pop(name, None)
