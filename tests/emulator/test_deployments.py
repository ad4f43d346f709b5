"""Deployments of web and worker roles, asked as any HTTP client would."""

from dataclasses import replace

import pytest
from doubles import compute
from doubles.bare_client import Management
from doubles.compute import (
    SERVICES,
    SHOP,
    configuration_change,
    cscfg,
    decoded,
    deployment,
    instance_states,
    status_change,
)

from asyncsm.emulator import Emulator, ManualClock

PRODUCTION = f"{SHOP}/deploymentslots/production"
STAGING = f"{SHOP}/deploymentslots/staging"
FIRST = f"{SHOP}/deployments/first"


@pytest.fixture(autouse=True)
async def shop(emulator: Emulator, management: Management) -> None:
    """An empty hosted service, and a storage account for its packages."""
    compute.add_store(emulator)
    await management.post(SERVICES, compute.hosted_service())


async def test_create_and_start(management: Management, clock: ManualClock):
    """A deployment is deploying, then starting, then runs, while its instances come up by themselves."""
    accepted = await management.post(PRODUCTION, deployment(started=True))
    assert (accepted.status, accepted.text) == (202, "")
    deploying = await management.get(PRODUCTION)
    assert deploying.find("Status") == "Deploying"
    assert deploying.find("Locked") == "true"
    assert instance_states(deploying) == [("StoppedVM", "Stopped")] * 2
    assert (await management.finished(accepted)).find("Status") == "Succeeded"
    running = await management.get(FIRST)
    assert running.find("Status") == "Running"
    assert running.find("Locked") == "false"
    seen = [instance_states(running)[0]]
    for _ in range(250):
        clock.advance(1)
        state = instance_states(await management.get(FIRST))[0]
        if state != seen[-1]:
            seen.append(state)
    assert seen == [
        ("CreatingVM", "Stopped"),
        ("CreatingVM", "Starting"),
        ("StartingVM", "Starting"),
        ("RoleStateUnknown", "Started"),
        ("BusyRole", "Started"),
        ("ReadyRole", "Started"),
    ]


async def test_create_suspended(management: Management, clock: ManualClock):
    """Without StartDeployment a deployment is suspended, and its instances stay off."""
    await compute.deploy(management, started=False)
    suspended = await management.get(FIRST)
    assert suspended.find("Status") == "Suspended"
    assert instance_states(suspended) == [("CreatingVM", "Stopped")] * 2
    clock.advance(200)
    assert instance_states(await management.get(FIRST)) == [("StoppedVM", "Stopped")] * 2


async def test_document(management: Management):
    """The configuration comes back as it was given; roles, releases, domains and addresses come from it."""
    file = cscfg(WebRole=3, WorkerRole=1)
    await compute.deploy(management, configuration=file)
    shown = await management.get(PRODUCTION)
    assert decoded(shown.find("Configuration")) == file
    assert decoded(shown.find("Label")) == "first"
    assert shown.find("Url") == "http://shop.cloudapp.net/"
    assert shown.find_all("InstanceName") == [
        "WebRole_IN_0",
        "WebRole_IN_1",
        "WebRole_IN_2",
        "WorkerRole_IN_0",
    ]
    assert shown.find_all("InstanceUpgradeDomain") == ["0", "1", "2", "0"]
    assert shown.find_all("InstanceFaultDomain") == ["0", "1", "0", "0"]
    assert shown.find("UpgradeDomainCount") == "3"
    assert shown.find_all("OsVersion") == ["WA-GUEST-OS-2.40_201506-01"] * 2
    assert len(set(shown.find_all("IpAddress"))) == 4
    assert shown.find("Address")


async def test_old_versions(management: Management):
    """A request with an old version is answered without the elements that came later."""
    await compute.deploy(management)
    old = await management.send("GET", FIRST, x_ms_version="2010-10-28")
    assert old.find("Locked") is None
    assert old.find("VirtualIPs") is None
    assert old.find_all("InstanceName") == ["WebRole_IN_0", "WebRole_IN_1"]


@pytest.mark.parametrize(
    "package",
    [
        "https://elsewhere.blob.core.windows.net/packages/shop.cspkg",
        "https://store.table.core.windows.net/packages/shop.cspkg",
        "https://store.blob.core.windows.net/",
        "shop.cspkg",
        "",
        "http://[",
    ],
)
async def test_package_must_be_a_blob_of_the_subscription(management: Management, package: str):
    """A package that is no blob in an account of the subscription is refused, with the reason."""
    refused = await management.post(PRODUCTION, deployment(package=package))
    assert (refused.status, refused.code) == (400, "BadRequest")
    assert "package URL" in refused.message


async def test_signed_package(management: Management):
    """A package whose address is signed may be in any account."""
    signed = "https://elsewhere.blob.core.windows.net/packages/shop.cspkg?sr=b&amp;sig=abc%3D"
    assert (await management.post(PRODUCTION, deployment(package=signed))).status == 202


async def test_package_in_an_unfinished_account(emulator: Emulator, management: Management):
    """An account that is still being created holds no package yet."""
    compute.add_store(emulator, "later", status="Creating")
    package = "https://later.blob.core.windows.net/packages/shop.cspkg"
    refused = await management.post(PRODUCTION, deployment(package=package))
    assert (refused.status, refused.code) == (400, "BadRequest")
    assert "later" in refused.message


@pytest.mark.parametrize(
    "file",
    [
        "no file",
        "<ServiceConfiguration",
        "<Other/>",
        cscfg(),
        cscfg(WebRole=0),
        cscfg(WebRole=-1),
        cscfg(WebRole="many"),
        cscfg(WebRole=5_001, WorkerRole=5_000),
        cscfg(WebRole=10**30),
        cscfg(WebRole=1, webrole=1),
        cscfg(WebRole=1, family="9"),
        cscfg(WebRole=1, version="WA-GUEST-OS-2.99_209901-01"),
    ],
)
async def test_configuration_must_be_valid(management: Management, file: str):
    """A configuration that is no valid .cscfg file is refused, in creation and in change."""
    refused = await management.post(PRODUCTION, deployment(configuration=file))
    assert (refused.status, refused.code) == (400, "BadRequest")
    await compute.deploy(management)
    refused = await management.post(f"{FIRST}?comp=config", configuration_change(file))
    assert (refused.status, refused.code) == (400, "BadRequest")


@pytest.mark.parametrize(("roles", "status"), [(25, 202), (26, 400)])
async def test_most_roles(management: Management, roles: int, status: int):
    """A deployment has up to 25."""
    configuration = cscfg(**{f"Role{number}": 1 for number in range(roles)})
    assert (await management.post(PRODUCTION, deployment(configuration=configuration))).status == status


@pytest.mark.parametrize(("version", "word"), [("2011-08-01", "Ready"), ("2011-10-01", "ReadyRole")])
async def test_words_for_states(management: Management, clock: ManualClock, version: str, word: str):
    """Since a version the states of instances have the words they have now."""
    await compute.deploy(management)
    clock.advance(600)
    shown = await management.send("GET", FIRST, x_ms_version=version)
    assert shown.find_all("InstanceStatus") == [word, word]


async def test_configuration_with_a_certificate(management: Management):
    """A certificate in the configuration has to be one of the hosted service."""
    certificate = f'<Certificates><Certificate name="c" thumbprint="{"A" * 40}"/></Certificates>'
    refused = await management.post(
        PRODUCTION, deployment(configuration=cscfg(certificate=certificate, WebRole=1))
    )
    assert (refused.status, refused.code) == (400, "BadRequest")
    assert "A" * 40 in refused.message


async def test_occupied_slot(management: Management):
    """There is one deployment a slot, from its acceptance on."""
    accepted = await management.post(PRODUCTION, deployment())
    for _ in range(2):
        refused = await management.post(PRODUCTION, deployment("second"))
        assert (refused.status, refused.code) == (409, "ConflictError")
        assert refused.message == "The specified deployment slot Production is occupied."
        await management.finished(accepted)
    assert (await management.post(STAGING, deployment("second"))).status == 202


async def test_one_new_deployment_at_a_time(management: Management):
    """While one comes up, the service has no place for another."""
    first = await management.post(PRODUCTION, deployment())
    refused = await management.post(PRODUCTION.replace("production", "staging"), deployment("second"))
    assert (refused.status, refused.code) == (409, "ConflictError")
    assert refused.find("ConflictingOperationId") == first.request_id


async def test_names_are_unique_in_the_service(management: Management):
    """The two slots' deployments have different names."""
    await compute.deploy(management)
    refused = await management.post(STAGING, deployment("FIRST"))
    assert (refused.status, refused.code) == (409, "ConflictError")


@pytest.mark.parametrize("path", ["deployments/none", "deploymentslots/Staging"])
async def test_unknown(management: Management, path: str):
    """A name or slot without deployment is 404 in the service's words."""
    await compute.deploy(management)
    for answer in (
        await management.get(f"{SHOP}/{path}"),
        await management.delete(f"{SHOP}/{path}"),
        await management.post(f"{SHOP}/{path}?comp=status", status_change("Running")),
    ):
        assert (answer.status, answer.code) == (404, "ResourceNotFound")
        assert answer.message == "No deployments were found."


async def test_unknown_service(management: Management):
    """By its slot a deployment is not found, be the service there or not; by its name the service is not."""
    by_slot = await management.get(f"{SERVICES}/none/deploymentslots/Production")
    assert (by_slot.status, by_slot.message) == (404, "No deployments were found.")
    by_name = await management.get(f"{SERVICES}/none/deployments/first")
    assert (by_name.status, by_name.message) == (404, "The hosted service does not exist.")


async def test_unknown_slot(management: Management):
    """There are two slots."""
    assert (await management.post(f"{SHOP}/deploymentslots/third", deployment())).status == 400


async def test_properties(management: Management):
    """A deployment has at most 25 extended properties."""

    def rest(count: int) -> str:
        given = "".join(
            f"<ExtendedProperty><Name>p{number}</Name><Value>v</Value></ExtendedProperty>"
            for number in range(count)
        )
        return f"<ExtendedProperties>{given}</ExtendedProperties>"

    assert (await management.post(PRODUCTION, deployment(rest=rest(26)))).status == 400
    await compute.deploy(management, rest=rest(25))
    assert len((await management.get(FIRST)).find_all("ExtendedProperty")) == 25


async def test_cores_quota(management: Management, emulator: Emulator):
    """Too many cores make the operation fail, and nothing of the deployment is left."""
    subscription = emulator.state.subscriptions[emulator.subscription_id]
    subscription.quotas = replace(subscription.quotas, cores=3)
    await compute.deploy(management)
    accepted = await management.post(STAGING, deployment("second"))
    failed = await management.finished(accepted)
    assert failed.find("Status") == "Failed"
    assert (failed.find("HttpStatusCode"), failed.find("Code")) == ("400", "BadRequest")
    assert failed.find("Message") == (
        "The subscription policy limit for resource type 'cores count' was exceeded. The limit for resource "
        "type 'cores count' is 3 per subscription, the current count is 2, and the requested increment is 2."
    )
    assert (await management.get(STAGING)).status == 404
    assert compute.cores_in_use(emulator) == 2
    assert (await management.get("")).find("CurrentCoreCount") == "2"
    assert (await management.delete(PRODUCTION)).status == 202


async def test_delete(management: Management, emulator: Emulator, clock: ManualClock):
    """A deployment is Deleting until the operation has ended, then it is gone, with its cores."""
    await compute.deploy(management)
    accepted = await management.delete(FIRST)
    assert accepted.status == 202
    deleting = await management.get(FIRST)
    assert (deleting.find("Status"), deleting.find("Locked")) == ("Deleting", "true")
    await management.finished(accepted)
    assert (await management.get(FIRST)).status == 404
    assert compute.cores_in_use(emulator) == 0
    clock.advance(1000)
    assert (await management.post(PRODUCTION, deployment())).status == 202


async def test_delete_by_slot(management: Management):
    """The slot names a deployment as well as its name does."""
    await compute.deploy(management, "staging")
    await management.finished(await management.delete(STAGING))
    assert (await management.get(FIRST)).status == 404


async def test_operations_list(management: Management):
    """A creation is listed under the deployment's own path."""
    await compute.deploy(management)
    listed = await management.get("operations?StartTime=2015-06-30&EndTime=2015-07-02")
    assert f"/{management.subscription_id}/{FIRST}" in listed.find_all("OperationObjectId")
    assert "CreateDeployment" in listed.find_all("OperationName")


async def test_web_role_is_no_machine(management: Management):
    """Get Role is for virtual machines."""
    await compute.deploy(management)
    assert (await management.get(f"{FIRST}/roles/WebRole")).status == 400
