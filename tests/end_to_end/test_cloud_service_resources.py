"""Journeys through all operations on HDInsight clusters and on add-ons, over the session of the core service."""

import pytest
from doubles.contents import EVERYTHING
from doubles.sibling_journeys import doing, travel
from doubles.virtual_time import virtual_time

from asyncsm import (
    Conflict,
    HDInsightManagementService,
    ResourceNotFound,
    SchedulerManagementService,
    StoreManagementService,
)
from asyncsm.models import BlobContainerReference, ClusterComponentSettings, ClusterProperty, ClusterSettings

HERE = ("hdinsight", "mine")
FILES = ("West US", "store.blob.core.windows.net", "files", "a2V5")
USER = ("admin", "Passw0rd!")
ADD_ON = ("store", "sendgrid_azure", "sendgrid", "letters")
CONTENTS = {
    name: EVERYTHING[name]
    for name in ("storage_accounts", "affinity_groups", "hdinsight_clusters", "add_ons")
}


async def clusters(do):
    """Do everything there is with clusters; `do` makes a call by its name and waits for its end."""
    more = BlobContainerReference(
        account_name="near1.blob.core.windows.net", blob_container_name="more", key="k"
    )
    hive = ClusterComponentSettings(configuration=[ClusterProperty(name="hive.exec.parallel", value="true")])
    await do(
        "create_cluster",
        *HERE,
        *FILES,
        *USER,
        3,
        version="3.1",
        additional_storage=[more],
        settings=ClusterSettings(hive=hive),
    )
    found = (await do("get_cluster", *HERE)).cluster
    assert (found.dns_name, found.version, found.location) == ("mine", "3.1", "West US")
    roles = [(each.friendly_name, each.instance_count) for each in found.cluster_role_collection]
    assert roles == [("HeadNodeRole", 1), ("WorkerNodeRole", 3)]
    assert found.components.gateway.rest_auth_credential.username == "admin"
    assert (await do("get_cluster", "hdinsight", "crunch")).cluster.state == "Running"
    await do("delete_cluster", *HERE)


async def add_ons(do):
    """Likewise with add-ons."""
    await do("entitle_resource", *ADD_ON[1:3], "2015-01-01")
    await do("create_add_on", *ADD_ON, "free")
    await do("update_add_on", *ADD_ON, "silver", promotion_code="HALF")
    await do("delete_add_on", *ADD_ON)


@pytest.mark.parametrize("how", [None, "after", "before"])
@pytest.mark.parametrize(
    ("kind", "journey"), [(HDInsightManagementService, clusters), (StoreManagementService, add_ons)]
)
@virtual_time
async def test_lost_replies(kind, journey, how):
    """All happens once; what did not happen cannot be told where nothing can be read."""
    unread = {"create_add_on", "entitle_resource"}
    told = unread if journey is add_ons and how == "before" else set()
    assert await travel(kind, journey, how, CONTENTS) == told


async def test_over_tls(emulator, sms):
    """The same to a strict emulator over TLS."""
    emulator.seed(CONTENTS)
    hdinsight = HDInsightManagementService(session=sms.session)
    store = StoreManagementService(session=sms.session)
    await clusters(doing(hdinsight))
    await add_ons(doing(store))
    listed = await SchedulerManagementService(session=sms.session).get_cloud_service("store")
    assert [(each.type, each.name, each.plan) for each in listed.resources] == [("sendgrid", "mail", "free")]
    with pytest.raises(ResourceNotFound, match="The cluster mine does not exist"):
        await hdinsight.get_cluster(*HERE)
    with pytest.raises(Conflict, match="already exists"):
        await hdinsight.create_cluster("hdinsight", "crunch", *FILES, *USER, 3)
