"""What can be in a cloud service besides job collections: HDInsight clusters and add-ons, over plain HTTP."""

import pytest
from doubles.bare_client import document
from doubles.compute import add_store
from doubles.contents import EVERYTHING

from asyncsm.wire.hdinsight import MAY_2014

SERVICE = "cloudservices/batch"
CLUSTER = f"{SERVICE}/resources/hdinsight/clusters/crunch"
READ = f"{SERVICE}/resources/hdinsight/~/clusters/crunch"
ADD_ON = f"{SERVICE}/resources/sendgrid_azure/sendgrid/mail"
USER = "<ClusterPassword>Passw0rd!</ClusterPassword><ClusterUsername>admin</ClusterUsername>"


def nodes(role, count=2, size="Large"):
    return (
        f"<ClusterRole><Count>{count}</Count><RoleType>{role}</RoleType><VMSize>{size}</VMSize></ClusterRole>"
    )


NODES = nodes("HeadNode") + nodes("DataNode", 4)


def cluster(
    *,
    name="crunch",
    region="West US",
    account="store.blob.core.windows.net",
    user=USER,
    roles=NODES,
):
    """Request of Create Cluster."""
    files = f"<AccountName>{account}</AccountName><BlobContainerName>files</BlobContainerName><Key>a2V5</Key>"
    container = (
        '<ClusterContainer xmlns="http://schemas.microsoft.com/hdinsight/2013/05/management">'
        f"<Deployment>{user}<Roles>{roles}</Roles></Deployment>"
        f"<ClusterName>{name}</ClusterName><Region>{region}</Region>"
        f"<StorageAccounts><BlobContainerReference>{files}</BlobContainerReference></StorageAccounts>"
        "</ClusterContainer>"
    )
    return document(
        "Resource", f"<SchemaVersion>2.0</SchemaVersion><IntrinsicSettings>{container}</IntrinsicSettings>"
    )


def add_on(plan="free", kind="sendgrid_azure"):
    """Request of Create Add-on, and of its update."""
    return document("Resource", f"<Type>{kind}</Type><Plan>{plan}</Plan>")


@pytest.fixture(autouse=True)
async def batch(emulator):
    """A cloud service and a storage account in the same region."""
    emulator.seed(EVERYTHING | {"hdinsight_clusters": []})
    add_store(emulator, "eastern", "East US")


async def state(management):
    found = await management.get(READ)
    return next((each.text for each in found.root.iter(f"{{{MAY_2014}}}State")), None)


async def test_states_of_a_cluster(management):
    """It is accepted soon and runs after some twenty minutes, its states on the way in order."""
    accepted = await management.put(CLUSTER, cluster())
    assert (accepted.status, await state(management)) == (202, "Accepted")
    await management.finished(accepted)
    seen = []
    for _ in range(150):
        management.clock.advance(10)
        now = await state(management)
        seen += [now] if now not in seen else []
    assert seen == [
        "Accepted",
        "ReadyForDeployment",
        "ClusterStorageProvisioned",
        "AzureVMConfiguration",
        "HdInsightConfiguration",
        "Operational",
        "Running",
    ]
    listed = await management.get(SERVICE)
    assert "Running" in listed.find_all("SubState")
    facts = dict(zip(listed.find_all("Key"), listed.find_all("Value"), strict=True))
    assert facts["NodesCount"] == "4"
    assert facts["ConnectionURL"] == "https://crunch.azurehdinsight.net"


async def test_a_cluster_is_deleted_whatever_it_does(management):
    """What was to come of it does not come any more."""
    await management.finished(await management.put(CLUSTER, cluster()))
    management.clock.advance(60)
    accepted = await management.delete(CLUSTER)
    assert await state(management) == "DeletePending"
    management.clock.advance(20)
    assert await state(management) == "Deleting"
    await management.finished(accepted)
    assert (await management.get(READ)).status == 404
    management.clock.advance(3600)
    assert (await management.get(READ)).status == 404


async def test_a_cluster_that_goes_comes_no_further(management):
    """Its next state falls due while it is deleted."""
    await management.finished(await management.put(CLUSTER, cluster(region="west us")))
    seen = set()
    accepted = await management.delete(CLUSTER)
    for _ in range(60):
        seen.add(await state(management))
        management.clock.advance(1)
    await management.finished(accepted)
    assert seen <= {"DeletePending", "Deleting", None}


async def test_names_of_clusters_are_unique_everywhere(management, neighbour):
    """Another subscription cannot have it either."""
    await management.finished(await management.put(CLUSTER, cluster()))
    made = document(
        "CloudService", "<Label>l</Label><Description>d</Description><GeoRegion>West US</GeoRegion>"
    )
    await neighbour.finished(await neighbour.put(SERVICE, made))
    refused = await neighbour.put(CLUSTER, cluster())
    assert (refused.status, refused.code) == (409, "ConflictError")


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        (CLUSTER, cluster(name="other"), 400, "name"),
        (CLUSTER.replace("crunch", "Crunch"), cluster(name="Crunch"), 400, "name"),
        (CLUSTER, cluster(region="East US"), 400, "East US"),
        (CLUSTER, cluster(user=""), 400, "user"),
        (CLUSTER, cluster(roles=nodes("HeadNode")), 400, "data node"),
        (CLUSTER, cluster(roles=nodes("HeadNode") + nodes("DataNode", 0)), 400, "data node"),
        (CLUSTER, cluster(roles=nodes("HeadNode") + nodes("Zoo")), 400, "Zoo"),
        (CLUSTER, cluster(roles=nodes("HeadNode") + nodes("DataNode", size="Huge")), 400, "Huge"),
        (CLUSTER, cluster(account="none.blob.core.windows.net"), 400, "storage account none"),
        (CLUSTER, cluster(account="eastern.blob.core.windows.net"), 400, "storage account eastern"),
        (CLUSTER.replace("batch", "none"), cluster(), 404, "cloud service none"),
        (ADD_ON, add_on(plan=""), 400, "plan"),
        (ADD_ON.replace("batch", "none"), add_on(), 404, "cloud service none"),
    ],
)
async def test_refusals(management, path, body, status, said):
    refused = await management.put(path, body)
    assert (refused.status, said in refused.message) == (status, True), refused.message


async def test_add_ons(management):
    """One is bought once, has its plan changed, is listed with its cloud service, and given up."""
    assert (await management.delete(ADD_ON)).status == 404
    assert (await management.send("PUT", ADD_ON, add_on(), If_Match="*")).status == 404
    await management.finished(await management.put(ADD_ON, add_on()))
    assert (await management.put(ADD_ON, add_on())).status == 409
    await management.finished(await management.send("PUT", ADD_ON, add_on("silver"), If_Match="*"))
    listed = await management.get(SERVICE)
    assert "silver" in listed.find_all("Plan")
    assert "sendgrid_azure" in listed.find_all("ResourceProviderNamespace")
    await management.finished(await management.delete(ADD_ON))
    assert "mail" not in (await management.get(SERVICE)).find_all("Name")


async def test_an_entitlement_registers(emulator, management):
    """The subscription is registered for what it is entitled to; a second time changes nothing."""
    inside = "<Type>JobCollections</Type><RegistrationDate>2015-01-01T00:00:00Z</RegistrationDate>"
    for provider in ("scheduler", "scheduler"):
        body = document(
            "EntitleResource", f"<ResourceProviderNameSpace>{provider}</ResourceProviderNameSpace>{inside}"
        )
        await management.finished(await management.post("EntitleResource", body))
    owner = emulator.state.subscriptions[emulator.subscription_id]
    assert owner.resource_providers == ("scheduler.JobCollections",)
    refused = await management.put("services?service=scheduler.JobCollections&action=register")
    assert refused.status == 409


async def test_a_cloud_service_takes_its_resources_along(management):
    """They are locked as long as one of them is changed."""
    await management.finished(await management.put(ADD_ON, add_on()))
    accepted = await management.put(CLUSTER, cluster())
    assert (await management.delete(SERVICE)).status == 409
    await management.finished(accepted)
    await management.finished(await management.delete(SERVICE))
    assert (await management.get(READ)).status == 404
    management.clock.advance(3600)
    assert (await management.get(SERVICE)).status == 404
