"""Reserved IPs, and the deployments that have them."""

from dataclasses import replace

import pytest
from doubles import compute
from doubles.bare_client import Answer, Management, document
from doubles.compute import (
    LINUX_SET,
    SERVICES,
    SHOP,
    cscfg,
    decoded,
    endpoint,
    machine,
    machines,
    network,
    swapping,
)

from asyncsm.emulator import Emulator

RESERVED = "services/networking/reservedips"
FRONT = f"{RESERVED}/front"
REACHABLE = machine(sets=LINUX_SET + network(endpoint("ssh", 22)))


def reservation(name: str = "front", location: str = "West US", before: str = "") -> str:
    return document("ReservedIP", f"<Name>{name}</Name>{before}<Location>{location}</Location>")


def association(service: str = "shop", deployment: str = "first") -> str:
    return document(
        "ReservedIPAssociation",
        f"<ServiceName>{service}</ServiceName><DeploymentName>{deployment}</DeploymentName>",
    )


@pytest.fixture(autouse=True)
async def shop(emulator: Emulator, management: Management) -> None:
    """An empty hosted service, and a storage account."""
    compute.add_store(emulator)
    await management.post(SERVICES, compute.hosted_service())


async def reserve(management: Management, **arguments: str) -> str:
    """A new reserved IP's address."""
    body = reservation(**arguments)
    ended = await management.finished(await management.post(RESERVED, body))
    assert ended.find("Status") == "Succeeded", ended.text
    return (await management.get(f"{RESERVED}/{arguments.get('name', 'front')}")).find("Address")


async def associate(management: Management, action: str = "associate") -> None:
    accepted = await management.post(f"{FRONT}/operations/{action}", association())
    assert (await management.finished(accepted)).find("Status") == "Succeeded"


def place(answer: Answer) -> tuple[str | None, ...]:
    """How a deployment document shows its address."""
    return tuple(answer.find(name) for name in ("Address", "IsReserved", "ReservedIPName"))


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("uswest", "West US"),
        ("USEAST2", "East US 2"),
        ("europenorth", "North Europe"),
        ("japanwest", "Japan West"),
        ("ussouth", "South Central US"),
        ("usnorthcentral", "North Central US"),
        ("west us", "West US"),
    ],
)
async def test_names_of_locations(management: Management, given: str, shown: str):
    """A region may be called as the service calls it itself, and is shown by the name of the list."""
    await reserve(management, location=given)
    assert (await management.get(FRONT)).find("Location") == shown


async def test_create_and_delete(management: Management):
    """An address is reserved, counted, shown and given back."""
    created = await management.post(RESERVED, reservation(before="<Label>the front</Label>"))
    assert (await management.get(FRONT)).find("State") == "Creating"
    await management.finished(created)
    shown = await management.get(FRONT)
    assert [shown.find(name) for name in ("State", "Label", "Location")] == [
        "Created",
        "the front",
        "West US",
    ]
    assert shown.find("InUse") is None
    assert (await management.get(RESERVED)).find_all("Address") == [shown.find("Address")]
    assert (await management.get("")).find("CurrentReservedIPs") == "1"
    await management.finished(await management.delete(FRONT))
    assert (await management.get(FRONT)).status == 404
    assert (await management.get("")).find("CurrentReservedIPs") == "0"


async def test_refusals(management: Management):
    """Names are there once and have to be valid, locations have to exist."""
    await reserve(management)
    again = await management.post(RESERVED, reservation("FRONT"))
    assert (again.status, again.code) == (409, "ConflictError")
    long = reservation("other", before=f"<Label>{'x' * 101}</Label>")
    for body in (reservation("-x"), reservation("other", "Atlantis"), long):
        assert (await management.post(RESERVED, body)).status == 400
    assert (await management.delete(f"{RESERVED}/other")).status == 404


async def test_quota(management: Management, emulator: Emulator):
    """Beyond the subscription's limit the operation fails, and nothing is left of it."""
    subscription = emulator.state.subscriptions[emulator.subscription_id]
    subscription.quotas = replace(subscription.quotas, reserved_ips=1)
    await reserve(management)
    failed = await management.finished(await management.post(RESERVED, reservation("other")))
    assert (failed.find("Status"), failed.find("HttpStatusCode")) == ("Failed", "400")
    assert "The limit for resource type 'reserved IP count' is 1" in failed.find("Message")
    assert (await management.get(RESERVED)).find_all("Name") == ["front"]


async def test_associate_and_disassociate(management: Management):
    """A deployment changes over to the reserved address, in its configuration too, and back to another."""
    address = await reserve(management)
    await compute.deploy(management)
    own = place(await management.get(f"{SHOP}/deployments/first"))
    assert own[1:] == (None, None)
    await associate(management)
    deployment = await management.get(f"{SHOP}/deployments/first")
    assert place(deployment) == (address, "true", "front")
    assert '<ReservedIP name="front"' in decoded(deployment.find("Configuration"))
    shown = await management.get(FRONT)
    assert [shown.find(name) for name in ("InUse", "ServiceName", "DeploymentName")] == [
        "true",
        "shop",
        "first",
    ]
    await associate(management, "disassociate")
    deployment = await management.get(f"{SHOP}/deployments/first")
    assert place(deployment)[1:] == (None, None)
    assert place(deployment)[0] not in {None, address}
    assert "front" not in decoded(deployment.find("Configuration"))
    assert (await management.get(FRONT)).find("Address") == address


async def test_in_use(management: Management):
    """What a deployment has can neither be deleted nor given to another one."""
    await reserve(management)
    await reserve(management, name="other")
    await compute.deploy(management)
    await associate(management)
    for answer in (
        await management.delete(FRONT),
        await management.post(f"{FRONT}/operations/associate", association()),
        await management.post(f"{RESERVED}/other/operations/associate", association()),
        await management.post(f"{RESERVED}/other/operations/disassociate", association()),
    ):
        assert (answer.status, answer.code) == (400, "BadRequest")


async def test_stays_when_the_deployment_goes(management: Management):
    """Deleting a deployment, with its disks too, leaves the address reserved and free to be used."""
    address = await reserve(management)
    rest = "<ReservedIPName>front</ReservedIPName>"
    await management.finished(await management.post(f"{SHOP}/deployments", machines(REACHABLE, rest=rest)))
    assert place(await management.get(f"{SHOP}/deployments/vms")) == (address, "true", "front")
    await management.finished(await management.delete(f"{SHOP}/deployments/vms?comp=media"))
    shown = await management.get(FRONT)
    assert (shown.find("Address"), shown.find("InUse")) == (address, None)
    assert (await management.delete(FRONT)).status == 202


async def test_machines_need_an_endpoint(management: Management):
    """Virtual machines get a reserved address only if something can be reached there."""
    await reserve(management)
    body = machines(rest="<ReservedIPName>front</ReservedIPName>")
    assert await compute.refused(management, body) == (
        "Deployment vms uses ReservedIP front but does not contain any endpoints. Deployment must contain at "
        "least one endpoint in order to use a ReservedIP."
    )


async def test_other_regions(management: Management):
    """An address is for services of its region."""
    await reserve(management, location="East US")
    await compute.deploy(management)
    assert (await management.post(f"{FRONT}/operations/associate", association())).status == 400


async def test_unknown_deployments(management: Management):
    """Only what exists can get an address."""
    await reserve(management)
    for body in (association(), association(service="other")):
        assert (await management.post(f"{FRONT}/operations/associate", body)).status == 404
    body = machines(REACHABLE, rest="<ReservedIPName>other</ReservedIPName>")
    assert await compute.refused(management, body) == "The reserved IP other does not exist."


async def test_reserve_the_present_address(management: Management):
    """The address a deployment happens to have can be reserved, and it keeps it."""
    await compute.deploy(management)
    present = place(await management.get(f"{SHOP}/deployments/first"))[0]
    holder = "<ServiceName>shop</ServiceName><DeploymentName>first</DeploymentName>"
    assert await reserve(management, before=holder) == present
    assert place(await management.get(f"{SHOP}/deployments/first")) == (present, "true", "front")


async def test_in_the_service_configuration(management: Management):
    """A service configuration can name the reserved IP of a new deployment, and not another one later."""
    address = await reserve(management)
    assigned = (
        '<NetworkConfiguration><AddressAssignments><ReservedIPs><ReservedIP name="front"/></ReservedIPs>'
        "</AddressAssignments></NetworkConfiguration></ServiceConfiguration>"
    )
    file = cscfg(WebRole=1).replace("</ServiceConfiguration>", assigned)
    await compute.deploy(management, configuration=file)
    assert place(await management.get(f"{SHOP}/deployments/first")) == (address, "true", "front")
    change = compute.configuration_change(cscfg(WebRole=1))
    assert (await management.post(f"{SHOP}/deployments/first?comp=config", change)).status == 400
    same = compute.configuration_change(file.replace('name="front"', 'name="FRONT"'))
    assert (await management.post(f"{SHOP}/deployments/first?comp=config", same)).status == 202


async def test_swap(management: Management):
    """A swap exchanges addresses, reserved or not."""
    address = await reserve(management)
    await compute.deploy(management)
    await compute.deploy(management, "staging", name="second")
    await associate(management)
    await management.finished(await management.post(SHOP, swapping("second", "first")))
    assert place(await management.get(f"{SHOP}/deployments/second")) == (address, "true", "front")
    assert place(await management.get(f"{SHOP}/deployments/first"))[1:] == (None, None)


async def test_locks(management: Management):
    """While an address changes over, neither it nor the deployment takes another change."""
    await reserve(management)
    await compute.deploy(management)
    await management.post(f"{FRONT}/operations/associate", association())
    assert (await management.delete(FRONT)).status == 409
    assert (await management.delete(f"{SHOP}/deployments/first")).status == 409
