"""Alert rules, HDInsight clusters and add-ons of a seed document."""

from __future__ import annotations

from pydantic import SecretStr

from asyncsm.emulator.seeding.document import SubscriptionContents
from asyncsm.emulator.seeding.places import Send, each_of
from asyncsm.emulator.seeding.scheduler import require_cloud_service
from asyncsm.emulator.state import Subscription
from asyncsm.wire import hdinsight, monitoring, store


def plant_clusters(subscription: Subscription, send: Send, path: str, contents: SubscriptionContents) -> None:
    """Make the HDInsight clusters.

    Args:
        subscription: which gets them.
        send: makes a request.
        path: what precedes the names of the document's fields.
        contents: what the subscription is to have.
    """
    for place, seed, name in each_of(f"{path}hdinsight_clusters", contents.hdinsight_clusters):
        region = seed.location or contents.location
        service = require_cloud_service(subscription, send, place, seed.cloud_service, region)
        account = f"{place.text(seed.storage_account)}.blob.core.windows.net"
        deployment = hdinsight.ClusterDeployment(
            cluster_password=SecretStr(seed.password),
            cluster_username=seed.username,
            roles=[
                hdinsight.ClusterNodes(count=2, role_type="HeadNode", vm_size="Large"),
                hdinsight.ClusterNodes(count=seed.data_nodes, role_type="DataNode", vm_size="Large"),
            ],
            version=seed.version,
        )
        files = hdinsight.BlobContainerReference(account_name=account, blob_container_name=name)
        container = hdinsight.ClusterContainer(
            deployment=deployment, cluster_name=name, region=region, storage_accounts=[files]
        )
        passed_on = hdinsight.ClusterIntrinsicSettings(cluster_container=container)
        body = hdinsight.CreateCluster(schema_version="2.0", intrinsic_settings=passed_on)
        send(place, "PUT", f"{service}/resources/hdinsight/clusters/{name}", body)


def plant_add_ons(subscription: Subscription, send: Send, path: str, contents: SubscriptionContents) -> None:
    """Make the add-ons; see `plant_clusters` for the arguments."""
    for place, seed, name in each_of(f"{path}add_ons", contents.add_ons):
        region = seed.location or contents.location
        service = require_cloud_service(subscription, send, place, seed.cloud_service, region)
        body = store.AddOnInput(type=seed.provider, plan=seed.plan)
        send(place, "PUT", f"{service}/resources/{seed.provider}/{seed.offer}/{name}", body)


def plant_alert_rules(send: Send, path: str, contents: SubscriptionContents) -> None:
    """Make the alert rules; see `plant_clusters` for the arguments."""
    for place, seed, name in each_of(f"{path}alert_rules", contents.alert_rules):
        source = monitoring.RuleMetricDataSource(
            resource_id=place.text(seed.resource), metric_name=seed.metric
        )
        condition = monitoring.ThresholdRuleCondition(
            data_source=source,
            operator=monitoring.ConditionOperator(seed.operator),
            threshold=seed.threshold,
            window_size=seed.window,
        )
        body = monitoring.AlertRule(id=name, name=name, is_enabled=seed.enabled, condition=condition)
        send(place, "PUT", f"services/monitoring/alertrules/{name}", body)
