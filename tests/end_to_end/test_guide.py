"""The guide's tasks through our client, over real mutual TLS."""

import base64

import pytest
from doubles.samples import blob, cscfg, image_name

from asyncsm import (
    AlreadyExists,
    BadRequest,
    ConfigurationSet,
    ConfigurationSetInputEndpoint,
    LinuxConfigurationSet,
    ManagementCertificate,
    OperationTimeout,
    OSVirtualHardDisk,
    ResourceNotFound,
    StateUnreachable,
    WindowsConfigurationSet,
)


async def test_locations_sizes_and_systems(sms):
    """What the service offers is listed: places, sizes, guest operating systems."""
    locations = await sms.list_locations()
    assert "West US" in [location.name for location in locations]
    assert locations.request_id
    sizes = {size.name: size.cores for size in await sms.list_role_sizes()}
    assert sizes["Small"] == 1
    assert any(system.is_default for system in await sms.list_operating_systems())
    assert all(len(family.operating_systems) for family in await sms.list_operating_system_families())


async def test_the_life_of_a_hosted_service(sms):
    """Checked, created, listed, read, updated, deleted."""
    assert (await sms.check_hosted_service_name_availability("shop")).result
    created = await sms.create_hosted_service("shop", label="R&D <shop>", description="d", location="West US")
    assert created.done, "the service creates it synchronously"
    properties = (await sms.get_hosted_service_properties("shop")).hosted_service_properties
    assert (properties.label, properties.description, properties.location) == ("R&D <shop>", "d", "West US")
    await sms.update_hosted_service("shop", description="e", extended_properties={"Owner": "me"})
    properties = (await sms.get_hosted_service_properties("shop")).hosted_service_properties
    assert (properties.label, properties.description) == ("R&D <shop>", "e")
    assert properties.extended_properties.to_dict()["Owner"] == "me"
    with pytest.raises(AlreadyExists, match="already taken"):
        await sms.create_hosted_service("shop", label="again", location="West US")
    await sms.delete_hosted_service("shop")
    assert len(await sms.list_hosted_services()) == 0
    with pytest.raises(ResourceNotFound, match="hosted service does not exist"):
        await sms.get_hosted_service_properties("shop")


async def test_the_life_of_a_deployment(sms, package):
    """Created in staging, configured, started, swapped, deleted."""
    await sms.create_hosted_service("shop", label="shop", location="West US")
    configuration = base64.b64encode(cscfg(web=2).encode()).decode()
    operation = await sms.create_deployment("shop", "staging", "v1", package, "v1", configuration)
    assert operation.status == "InProgress"
    assert (await operation).http_status_code == 200
    deployment = await sms.get_deployment_by_slot("shop", "staging")
    assert (deployment.name, deployment.label, len(deployment.role_instance_list)) == ("v1", "v1", 3)
    await (await sms.change_deployment_configuration("shop", "v1", cscfg(web=4)))
    assert len((await sms.get_deployment_by_name("shop", "v1")).role_instance_list) == 5
    await (await sms.update_deployment_status("shop", "v1", "Running"))
    await sms.wait_for_deployment("shop", "v1", until="ReadyRole", deadline=30)
    await (await sms.create_deployment("shop", "production", "v0", package, "v0", cscfg()))
    await (await sms.swap_deployment("shop", "v0", "v1"))
    assert (await sms.get_deployment_by_slot("shop", "production")).name == "v1"
    with pytest.raises(BadRequest, match="still contains deployments"):
        await sms.delete_hosted_service("shop")
    await (await sms.delete_deployment("shop", "v0"))
    with pytest.raises(ResourceNotFound, match="No deployments were found"):
        await sms.get_deployment_by_name("shop", "v0")
    await (await sms.delete_hosted_service("shop", complete=True))
    assert len(await sms.list_hosted_services()) == 0


@pytest.mark.parametrize(
    ("os", "config"),
    [
        ("Linux", LinuxConfigurationSet("myhostname", "myuser", "Passw0rd!", False)),
        ("Windows", WindowsConfigurationSet("myhost", "Passw0rd!", admin_username="me")),
    ],
    ids=["Linux", "Windows"],
)
async def test_the_life_of_a_virtual_machine(sms, account, os, config):
    """Created with an endpoint, waited for, read, deleted with its disk."""
    await sms.create_hosted_service("myvm", label="myvm", location="West US")
    image = image_name(await sms.list_os_images(), os)
    network = ConfigurationSet()
    network.input_endpoints.append(ConfigurationSetInputEndpoint("ssh", "tcp", "2222", "22"))
    operation = await sms.create_virtual_machine_deployment(
        service_name="myvm",
        deployment_name="myvm",
        deployment_slot="production",
        label="myvm",
        role_name="web1",
        system_config=config,
        os_virtual_hard_disk=OSVirtualHardDisk(image, blob(account, "vhds/myvm.vhd")),
        network_config=network,
        role_size="Small",
    )
    await operation
    instance = await sms.wait_for_role_instance("myvm", "myvm", "web1", deadline=30)
    assert instance.power_state == "Started"
    assert instance.instance_endpoints[0].public_port == 2222
    role = await sms.get_role("myvm", "myvm", "web1")
    assert (role.role_size, role.os_virtual_hard_disk.source_image_name) == ("Small", image)
    deployment = await sms.get_deployment_by_name("myvm", "myvm")
    assert "Passw0rd" not in repr(deployment) + deployment.to_xml().decode()
    await (await sms.delete_deployment("myvm", "myvm", delete_vhd=True))


async def test_storage_accounts(sms):
    """Created, waited for, read, renewed, updated without changing its replication, deleted."""
    operation = await sms.create_storage_account(
        "mystore", "d", "l", location="West US", account_type="Standard_LRS"
    )
    await operation
    account = await sms.wait_for_storage_account("mystore", deadline=30)
    assert account.storage_service_properties.account_type == "Standard_LRS"
    before = (await sms.get_storage_account_keys("mystore")).storage_service_keys
    after = (await sms.regenerate_storage_account_keys("mystore", "Secondary")).storage_service_keys
    assert before.primary == after.primary
    assert before.secondary != after.secondary
    await sms.update_storage_account("mystore", description="new")
    properties = (await sms.get_storage_account_properties("mystore")).storage_service_properties
    assert (properties.description, properties.account_type) == ("new", "Standard_LRS")
    assert not (await sms.check_storage_account_name_availability("mystore")).result
    await sms.delete_storage_account("mystore")
    assert len(await sms.list_storage_accounts()) == 0


async def test_affinity_groups(sms):
    """Created, used, refused to go while used, deleted."""
    await sms.create_affinity_group("near", "my label", "West US", "my description")
    await sms.update_affinity_group("near", "another")
    await sms.create_hosted_service("shop", label="shop", affinity_group="near")
    group = await sms.get_affinity_group_properties("near")
    assert (group.label, len(group.hosted_services)) == ("another", 1)
    with pytest.raises(BadRequest):
        await sms.delete_affinity_group("near")
    await sms.delete_hosted_service("shop")
    await sms.delete_affinity_group("near")
    assert len(await sms.list_affinity_groups()) == 0


async def test_images(sms, account):
    """The user's own image beside the platform's."""
    await sms.add_os_image("my image", blob(account, "vhds/image.vhd"), "myimage", "Linux")
    assert "myimage" in [image.name for image in await sms.list_os_images()]
    await sms.update_os_image("myimage", "renamed", blob(account, "vhds/image.vhd"), "myimage", "Linux")
    assert (await sms.get_os_image("myimage")).label == "renamed"
    with pytest.raises(BadRequest, match="active image"):
        await sms.delete_storage_account(account)
    await sms.delete_os_image("myimage")
    with pytest.raises(ResourceNotFound, match="image with the specified name does not exist"):
        await sms.get_os_image("myimage")


async def test_management_certificates(sms, emulator, tmp_path):
    """A second certificate may manage the subscription from its addition to its removal."""
    from doubles.certificates import management_certificate

    from asyncsm import AsyncsmError, ServiceManagementService

    mine: ManagementCertificate = management_certificate("second")
    await sms.add_management_certificate(mine.public_key_base64, mine.thumbprint, mine.data_base64)
    assert len(await sms.list_management_certificates()) == 2
    second = ServiceManagementService(emulator.subscription_id, mine, emulator.url, ca_file=emulator.ca_path)
    async with second:
        assert (await second.get_subscription()).subscription_status == "Active"
        await sms.delete_management_certificate(mine.thumbprint)
        with pytest.raises(AsyncsmError):
            await second.get_subscription()


async def test_operations_by_request_id(sms, account):
    """Status, resumption by token in another session, and the list of what was done."""
    operation = await sms.create_storage_account("another", "d", "l", location="West US")
    assert (await sms.get_operation_status(operation.request_id)).status in {"InProgress", "Succeeded"}
    assert (
        await sms.wait_for_operation_status(operation.request_id, sleep_interval=0.01)
    ).status == "Succeeded"
    assert (await sms.resume(operation.token)).status == "Succeeded"
    await operation
    listed = (await sms.list_subscription_operations()).subscription_operations
    assert "CreateStorageService" in [each.operation_name for each in listed]


async def test_a_wait_for_a_state_has_a_deadline(sms, package):
    """A deployment that never gets there is reported with what was last seen."""
    await sms.create_hosted_service("shop", label="shop", location="West US")
    await (await sms.create_deployment("shop", "staging", "v1", package, "v1", cscfg()))
    with pytest.raises(OperationTimeout, match="Suspended"):
        await sms.wait_for_deployment("shop", "v1", until="Running", deadline=0.2)


async def test_a_wait_ends_early_where_it_cannot_succeed(sms, emulator, account):
    """An instance that failed to provision ends the wait for ReadyRole."""
    await sms.create_hosted_service("myvm", label="myvm", location="West US")
    image = image_name(await sms.list_os_images(), "Linux")
    await (
        await sms.create_virtual_machine_deployment(
            "myvm",
            "myvm",
            "production",
            "myvm",
            "web1",
            LinuxConfigurationSet("myhostname", "myuser", "Passw0rd!", False),
            OSVirtualHardDisk(image, blob(account, "vhds/myvm.vhd")),
        )
    )
    await sms.wait_for_deployment("myvm", "myvm", deadline=30)
    deployment = (
        emulator.state.subscriptions[emulator.subscription_id].hosted_services["myvm"].deployments["myvm"]
    )
    deployment.instances["web1"].status = "ProvisioningFailed"
    with pytest.raises(StateUnreachable, match="ProvisioningFailed"):
        await sms.wait_for_deployment("myvm", "myvm", until="StoppedVM", deadline=5)


async def test_raw_requests(sms):
    """The way round the typed methods, as the old SDK had it."""
    answer = await sms.perform_get(f"/{sms.subscription_id}/locations", "2014-10-01")
    assert answer.body.startswith(b"<Locations")
    body = (
        '<CreateHostedService xmlns="http://schemas.microsoft.com/windowsazure"><ServiceName>raw</ServiceName>'
        "<Label>cmF3</Label><Location>West US</Location></CreateHostedService>"
    )
    operation = await sms.perform_post("/services/hostedservices", body)
    assert (operation.done, operation.response.status) == (True, 201)
    assert (await sms.perform_delete("/services/hostedservices/raw")).done
