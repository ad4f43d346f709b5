"""Migration to Resource Manager: what hinders it, its states and what shows them, and what is refused meanwhile."""

import pytest
from doubles.bare_client import document
from doubles.certificates import management_certificate
from doubles.compute import deployment, hosted_service, tag
from doubles.contents import CIRCUIT_KEY, EVERYTHING, NETWORK, circuit
from doubles.security_groups import GROUPS, HAS, ROLE, group

from asyncsm.emulator.traffic import ApplicationGateway

GATEWAY_SUBNET = '<Subnet name="GatewaySubnet">'
BACK = '<Subnet name="back"><AddressPrefix>10.0.3.0/24</AddressPrefix></Subnet>'
FILE = NETWORK.replace(GATEWAY_SUBNET, BACK + GATEWAY_SUBNET)
SITES = "services/networking/virtualnetwork"
INSIDE = f"{SITES}/inside"
SHOP = "services/hostedservices/shop/deployments/production"
STORE = "services/storageservices/near1"
ADDRESS = "services/networking/reservedips/spare"
GUARD = f"{GROUPS}/guard"
OUT = "services/networking/routetables/out"
NEW = document("DeploymentNetworkResource", tag("DestinationVirtualNetwork", "New"))
UPDATE = document("UpdateStorageServiceInput", tag("Description", "changed"))
TABLE = document("RouteTableAssociation", tag("RouteTableName", "out"))
DOOR = "services/networking/virtualnetworkgateways/{door}"
ANOTHER = document("CreateVirtualNetworkGatewayParameters", tag("GatewayName", "another"))
RESET = document("UpdateGatewayParameters", tag("Operation", "Reset"))
KEY = document("SharedKey", tag("Value", "Ours1"))
PLACE = tag("Name", "other") + tag("Subnets", tag("Subnet", "back")) + tag("VnetName", "inside")
SPREAD = document("CreateApplicationGatewayParameters", tag("InstanceCount", 0) + PLACE)
LINK = f"services/networking/dedicatedcircuits/{CIRCUIT_KEY}/vnets/inside"
ROOT = management_certificate("root").data_base64
MEDIA = tag("Label", "new") + tag("MediaLink", "https://near1.blob.core.windows.net/vhds/new.vhd")
DISK = document("Disk", MEDIA + tag("Name", "new"))
IMAGE = document("OSImage", MEDIA + tag("Name", "new") + tag("OS", "Linux"))
SECOND = ("services/hostedservices/shop/deploymentslots/Staging", deployment("second"))
CONNECTED = [
    ("POST", "services/networking/inside/virtualnetworkgateways", ANOTHER),
    ("PATCH", DOOR, RESET),
    ("POST", f"{DOOR}/connectedentity/{{office}}/sharedkey", KEY),
    ("POST", "services/networking/inside/gateway/clientrootcertificates", ROOT),
    ("POST", "services/networking/applicationgateways", SPREAD),
    ("DELETE", LINK, ""),
]
MISSING = [
    ("services/hostedservices/none/deployments/none", "The deployment name 'none' does not exist."),
    (f"{SITES}/none", "The virtual network none does not exist."),
    ("services/storageservices/none", "The storage account 'none' was not found."),
    ("services/networking/reservedips/none", "The reserved IP 'none' was not found."),
    (f"{GROUPS}/none", "The Network Security Group none does not exist."),
    ("services/networking/routetables/none", "The Route Table none does not exist."),
]
HINDERED = [
    (SHOP, "is in the virtual network inside and is migrated with it."),
    ("services/storageservices/store", "is in use by the disk or image"),
    (GUARD, "is in use by subnet inside/web"),
    ("services/networking/reservedips/front", "is in use by deployment production of hosted service shop"),
]
FREE = [
    (STORE, "PUT", STORE, UPDATE, "Storage account near1"),
    (ADDRESS, "DELETE", ADDRESS, "", "Reserved IP spare"),
    (GUARD, "POST", f"{ROLE}/{HAS}", group("guard"), "Network Security Group guard"),
    (OUT, "POST", f"{INSIDE}/subnets/web/routetables", TABLE, "Route Table out"),
]


@pytest.fixture(autouse=True)
async def seeded(emulator, management):
    """Machines in a network, and what they do not use; a version that shows states."""
    changed = {"network_configuration": FILE, "reserved_ips": [{"name": "front"}, {"name": "spare"}]}
    emulator.seed({**EVERYTHING, "application_gateways": [], **changed})
    management.headers["x-ms-version"] = "2016-07-01"


async def step(management, verb, path):
    """Take a step of the migration to its end, and return the last answer."""
    answer = await management.post(f"{path}/migration?comp={verb}", NEW if "deployments" in path else "")
    return await management.finished(answer) if answer.status == 202 else answer


@pytest.mark.parametrize(("path", "message"), MISSING)
async def test_what_is_not_there(management, path, message):
    """A validation tells it in a message; all else is refused."""
    assert (await step(management, "validate", path)).find_all("Message") == [message]
    for verb in ("prepare", "commit", "abort"):
        answer = await step(management, verb, path)
        assert (answer.status, answer.message) == (404, message)


@pytest.mark.parametrize(("path", "words"), HINDERED)
async def test_hindrances(management, path, words):
    """What a validation says makes a preparation fail, after which the resource is as before."""
    if path == GUARD:
        await management.finished(await management.post(f"{INSIDE}/subnets/web/{HAS}", group("guard")))
    told = await step(management, "validate", path)
    assert words in told.find("Message")
    assert told.find("Category") == "Error"
    failed = await step(management, "prepare", path)
    assert failed.find_all("Message") == told.find_all("Message")[:1]
    assert (await step(management, "commit", path)).status == 400
    assert (await step(management, "abort", path)).find("Status") == "Succeeded"


@pytest.mark.parametrize(("path", "method", "target", "body", "called"), FREE)
async def test_prepared(management, path, method, target, body, called):
    """What is prepared refuses changes until the abort, and has gone after the commit."""
    assert (await step(management, "validate", path)).find_all("Message") == []
    for last in ("abort", "commit"):
        assert (await step(management, "prepare", path)).find("Status") == "Succeeded"
        assert (await step(management, "prepare", path)).status == 400
        refused = await management.send(method, target, body)
        if refused.status == 202:
            refused = await management.finished(refused)
        message = f"{called} is in the process of being migrated and hence cannot be changed."
        assert refused.find("Message") == message
        assert (await step(management, last, path)).find("Status") == "Succeeded"
    assert (await management.get(path)).status == 404


async def test_a_network_with_its_machines(management):
    """They are prepared together, look as if shut down, and leave together with their disks and service."""
    assert (await step(management, "validate", INSIDE)).find_all("Message") == []
    await step(management, "prepare", INSIDE)
    shown = await management.get(SHOP)
    assert (shown.find("Status"), shown.find("InstanceStatus")) == ("Suspended", "StoppedDeallocated")
    assert shown.find_all("MigrationState") == ["Prepared"] * len(shown.find_all("RoleName")[::2])
    assert (await management.get(SITES)).find("MigrationState") == "2"
    assert (await management.get(ROLE)).find("MigrationState") == "Prepared"
    refused = await management.delete(SHOP)
    assert "Virtual Network inside is in the process of being migrated" in refused.message
    other = FILE.replace("10.0.1.0/24", "10.0.2.0/24")
    assert "being migrated" in (await management.put("services/networking/media", other)).message
    kept = await management.finished(await management.put("services/networking/media", FILE))
    assert kept.find("Status") == "Succeeded"
    assert (await step(management, "commit", INSIDE)).find("Status") == "Succeeded"
    assert (await management.get("services/hostedservices/shop")).status == 404
    assert (await management.get(SITES)).find_all("VirtualNetworkSite") == []
    assert "inside" not in (await management.get("services/networking/media")).text


async def test_what_leaves_with_a_network(emulator, management):
    """Nothing that stays knows it any more: gateways, connections and links have gone, and nobody uses the rest."""
    owner = emulator.state.subscriptions[emulator.subscription_id]
    owner.dedicated_circuits[CIRCUIT_KEY] = line = circuit(owner)
    (office,) = owner.local_network_gateways
    gateway = next(iter(owner.gateways.values()))
    await step(management, "prepare", INSIDE)
    assert gateway.lock is None
    await step(management, "commit", INSIDE)
    left = owner.gateways, owner.gateway_connections, owner.client_root_certificates, line.links
    assert not any(left)
    assert (owner.cores_in_use, [*owner.reserved_ips]) == (0, ["spare"])
    for free in (f"services/networking/localnetworkgateways/{office}", GUARD, OUT, STORE):
        gone = await management.delete(free)
        assert gone.status == 200 or (await management.finished(gone)).find("Status") == "Succeeded"


async def test_what_does_not_leave_with_a_network(emulator, management):
    """An application gateway, and a link to the circuit of another subscription, are to be taken away before."""
    owner, other = (emulator.state.subscriptions[one] for one in emulator.subscription_ids[:2])
    other.dedicated_circuits[CIRCUIT_KEY] = line = circuit(owner)
    owner.application_gateways["spread"] = ApplicationGateway("spread", "inside", ("web",), "Small", 2)
    told = await step(management, "validate", INSIDE)
    assert [text.split(" because it ")[1] for text in told.find_all("Message")] == [
        "has the application gateway spread.",
        "is linked to the circuit line of another subscription.",
    ]
    assert (await step(management, "prepare", INSIDE)).find("Message") == told.find("Message")
    assert (await step(management, "abort", INSIDE)).find("Status") == "Succeeded"
    owner.application_gateways.clear()
    line.links.clear()
    assert (await step(management, "prepare", INSIDE)).find("Status") == "Succeeded"


async def test_a_gateway_under_way(management, emulator):
    """Its network waits with its migration, as it is made or taken away in it."""
    owner = emulator.state.subscriptions[emulator.subscription_id]
    owner.gateway_connections.clear()
    (door,) = owner.gateways
    going = await management.delete(DOOR.format(door=door))
    assert (await management.post(f"{INSIDE}/migration?comp=prepare")).status == 409
    await management.finished(going)
    assert (await step(management, "prepare", INSIDE)).find("Status") == "Succeeded"


@pytest.mark.parametrize(("method", "path", "body"), CONNECTED)
async def test_what_stands_in_a_network(emulator, management, method, path, body):
    """Gateways of a network that is prepared, their connections and clients, and its links stay as they are."""
    owner = emulator.state.subscriptions[emulator.subscription_id]
    owner.dedicated_circuits[CIRCUIT_KEY] = circuit(owner)
    (door,) = owner.gateways
    (office,) = owner.local_network_gateways
    await step(management, "prepare", INSIDE)
    answer = await management.send(method, path.format(door=door, office=office), body.format(door=door))
    assert answer.status == 400
    assert "Virtual Network inside is in the process of being migrated" in answer.message


async def test_a_state_is_left_again(emulator, management):
    """A step that fails for another reason leaves a state from which there is a way."""
    from asyncsm.emulator import Fault

    await step(management, "prepare", STORE)
    with emulator.faults.active(Fault(kind="fail", operation="CommitStorageAccountMigration")):
        assert (await step(management, "commit", STORE)).find("Status") == "Failed"
    assert (await management.get(STORE)).find("MigrationState") == "CommitFailed"
    assert (await step(management, "commit", STORE)).find("Status") == "Succeeded"


@pytest.mark.parametrize(
    ("path", "target", "body", "called"),
    [
        (STORE, "services/disks", DISK, "Storage account near1"),
        (STORE, "services/images", IMAGE, "Storage account near1"),
        (INSIDE, *SECOND, "Virtual Network inside"),
    ],
)
async def test_what_a_commit_would_take_along(management, path, target, body, called):
    """What is being migrated takes nothing new, which would go with it or be left alone."""
    await step(management, "prepare", path)
    refused = await management.post(target, body)
    assert (refused.status, refused.message) == (
        400,
        f"{called} is in the process of being migrated and hence cannot be changed.",
    )
    packaged = deployment("second", package="https://near1.blob.core.windows.net/packages/shop.cspkg")
    await management.post("services/hostedservices", hosted_service("other"))
    beside = await management.post("services/hostedservices/other/deploymentslots/Staging", packaged)
    assert (await management.finished(beside)).find("Status") == "Succeeded"  # it only reads the package
