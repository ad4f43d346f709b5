"""Microsoft's guide "Service management from Python", section by section, with the old SDK itself.

Whatever of the emulator our own client and models might both have wrong would show here.
"""

import base64
import time
from datetime import UTC, datetime, timedelta

import pytest
from azure.common import AzureConflictHttpError, AzureHttpError, AzureMissingResourceHttpError
from azure.servicemanagement import (
    ConfigurationSet,
    ConfigurationSetInputEndpoint,
    LinuxConfigurationSet,
    OSVirtualHardDisk,
    WindowsConfigurationSet,
)
from doubles.samples import blob, cscfg, image_name

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*:DeprecationWarning", "ignore:.*:SyntaxWarning", "ignore:unclosed:ResourceWarning"
)


def encoded(text):
    """As the guide encodes a configuration before passing it."""
    return base64.b64encode(text.encode()).decode()


def test_list_locations(sms):
    """Each location has a name and the services it offers."""
    locations = {location.name: location for location in sms.list_locations()}
    assert "West US" in locations
    assert "Compute" in list(locations["West US"].available_services)


def test_create_and_inspect_a_cloud_service(sms):
    """A hosted service is created, listed, read, updated and deleted."""
    assert sms.check_hosted_service_name_availability("interopshop").result is True
    sms.create_hosted_service("interopshop", "my label", "my description", "West US")
    try:
        listed = {service.service_name: service for service in sms.list_hosted_services()}
        assert listed["interopshop"].hosted_service_properties.label == "my label"
        properties = sms.get_hosted_service_properties("interopshop").hosted_service_properties
        assert (properties.description, properties.location, properties.status) == (
            "my description",
            "West US",
            "Created",
        )
        sms.update_hosted_service("interopshop", "another label", "another description")
        properties = sms.get_hosted_service_properties("interopshop").hosted_service_properties
        assert properties.label == "another label"
        taken = sms.check_hosted_service_name_availability("interopshop")
        assert taken.result is False
        with pytest.raises(AzureConflictHttpError, match="already taken"):
            sms.create_hosted_service("interopshop", "label", "", "West US")
    finally:
        sms.delete_hosted_service("interopshop")
    with pytest.raises(AzureMissingResourceHttpError, match="does not exist"):
        sms.get_hosted_service_properties("interopshop")


def test_deploy_to_staging_configure_start_swap_and_delete(sms, wait, service, package):
    """A deployment goes through everything the guide does with it."""
    wait(sms.create_deployment(service, "staging", "v1", package, "v1 label", encoded(cscfg(web=2))))
    deployment = sms.get_deployment_by_slot(service, "staging")
    assert (deployment.name, deployment.label, deployment.deployment_slot) == ("v1", "v1 label", "Staging")
    names = {instance.instance_name for instance in deployment.role_instance_list}
    assert names == {"WebRole_IN_0", "WebRole_IN_1", "WorkerRole_IN_0"}

    wait(sms.change_deployment_configuration(service, "v1", encoded(cscfg(web=3))))
    deployment = sms.get_deployment_by_name(service, "v1")
    assert len(deployment.role_instance_list) == 4

    wait(sms.update_deployment_status(service, "v1", "Running"))
    until(lambda: sms.get_deployment_by_name(service, "v1").status == "Running")

    wait(sms.create_deployment(service, "production", "v0", package, "v0", encoded(cscfg())))
    wait(sms.swap_deployment(service, "v0", "v1"))
    assert sms.get_deployment_by_slot(service, "production").name == "v1"
    assert sms.get_deployment_by_slot(service, "staging").name == "v0"

    wait(sms.delete_deployment(service, "v0"))
    with pytest.raises(AzureMissingResourceHttpError, match="No deployments were found"):
        sms.get_deployment_by_slot(service, "staging")


def test_storage_accounts(sms, wait):
    """A storage account is created, listed, read, its keys read and renewed, updated and deleted."""
    assert sms.check_storage_account_name_availability("interopstore").result is True
    result = sms.create_storage_account("interopstore", "my description", "my label", location="West US")
    assert wait(result).status == "Succeeded"
    assert "interopstore" in {account.service_name for account in sms.list_storage_accounts()}
    properties = sms.get_storage_account_properties("interopstore").storage_service_properties
    assert (properties.label, properties.status) == ("my label", "Created")
    before = sms.get_storage_account_keys("interopstore").storage_service_keys
    after = sms.regenerate_storage_account_keys("interopstore", "Primary").storage_service_keys
    assert after.primary != before.primary
    assert after.secondary == before.secondary
    sms.update_storage_account("interopstore", "new description", "new label")
    properties = sms.get_storage_account_properties("interopstore").storage_service_properties
    assert properties.description == "new description"
    sms.delete_storage_account("interopstore")
    with pytest.raises(AzureMissingResourceHttpError, match="was not found"):
        sms.get_storage_account_properties("interopstore")


def test_affinity_groups(sms):
    """An affinity group is created, listed, read, updated and deleted; not while it is in use."""
    sms.create_affinity_group("interopgroup", "my label", "West US", "my description")
    group = sms.get_affinity_group_properties("interopgroup")
    assert (group.label, group.location, group.description) == ("my label", "West US", "my description")
    sms.update_affinity_group("interopgroup", "another", "again")
    assert "interopgroup" in {group.name for group in sms.list_affinity_groups()}
    sms.create_hosted_service("interopgrouped", "label", affinity_group="interopgroup")
    with pytest.raises(AzureHttpError):
        sms.delete_affinity_group("interopgroup")
    assert len(sms.get_affinity_group_properties("interopgroup").hosted_services) == 1
    sms.delete_hosted_service("interopgrouped")
    sms.delete_affinity_group("interopgroup")
    with pytest.raises(AzureMissingResourceHttpError):
        sms.get_affinity_group_properties("interopgroup")


def test_operating_systems(sms):
    """Guest operating systems are listed flat and by family."""
    assert any(system.is_default for system in sms.list_operating_systems())
    families = list(sms.list_operating_system_families())
    assert all(len(family.operating_systems) > 0 for family in families)


def test_operating_system_images(sms, account):
    """A user's image is added, listed, read, updated and deleted beside the platform's."""
    sms.add_os_image("my image", blob(account, "vhds/image.vhd"), "interopimage", "Linux")
    image = sms.get_os_image("interopimage")
    assert (image.label, image.category, image.os) == ("my image", "User", "Linux")
    assert len(list(sms.list_os_images())) > 20
    sms.update_os_image("interopimage", "renamed", blob(account, "vhds/image.vhd"), "interopimage", "Linux")
    assert sms.get_os_image("interopimage").label == "renamed"
    sms.delete_os_image("interopimage")
    with pytest.raises(AzureMissingResourceHttpError):
        sms.get_os_image("interopimage")


def until(condition, seconds=20):
    """Ask until it holds; the emulator's clock runs by itself here."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("os", "config"),
    [
        ("Linux", LinuxConfigurationSet("myhostname", "myuser", "Passw0rd!", True)),
        (
            "Windows",
            WindowsConfigurationSet("myhost", "Passw0rd!", None, None, "Pacific Standard Time", "me"),
        ),
    ],
    ids=["Linux", "Windows"],
)
def test_virtual_machines(sms, wait, service, account, os, config):
    """A virtual machine with an endpoint is created, becomes ready, is read and deleted."""
    network = ConfigurationSet()
    network.configuration_set_type = "NetworkConfiguration"
    network.input_endpoints.input_endpoints.append(ConfigurationSetInputEndpoint("ssh", "tcp", "22", "22"))
    disk = OSVirtualHardDisk(image_name(sms.list_os_images(), os), blob(account, f"vhds/{service}.vhd"))
    if os == "Linux":
        config.disable_ssh_password_authentication = False
    wait(
        sms.create_virtual_machine_deployment(
            service, service, "production", "a label", "web1", config, disk, network, role_size="Small"
        )
    )

    def instance():
        return sms.get_deployment_by_name(service, service).role_instance_list[0]

    until(lambda: instance().instance_status == "ReadyRole")
    assert (instance().instance_name, instance().power_state) == ("web1", "Started")
    role = sms.get_role(service, service, "web1")
    assert (role.role_type, role.role_size) == ("PersistentVMRole", "Small")
    assert role.os_virtual_hard_disk.source_image_name == disk.source_image_name
    wait(sms.delete_deployment(service, service))


def test_several_certificates_and_the_subscription(sms, emulator):
    """The subscription, its operations and its management certificates can be read."""
    subscription = sms.get_subscription()
    assert subscription.subscription_id == emulator.subscription_id
    assert subscription.subscription_status == "Active"
    (certificate,) = sms.list_management_certificates()
    thumbprint = certificate.subscription_certificate_thumbprint
    assert sms.get_management_certificate(thumbprint).subscription_certificate_thumbprint == thumbprint
    sms.create_affinity_group("interoplisted", "label", "West US")
    sms.delete_affinity_group("interoplisted")
    today = datetime.now(UTC).date()
    listed = sms.list_subscription_operations(str(today - timedelta(days=2)), str(today + timedelta(days=60)))
    names = {operation.operation_name for operation in listed.subscription_operations}
    assert {"CreateAffinityGroup", "DeleteAffinityGroup"} <= names


def test_role_sizes(sms):
    """Role sizes are listed with their cores."""
    assert {size.name: size.cores for size in sms.list_role_sizes()}["Small"] == 1


def test_get_operation_status(sms):
    """Any request id can be asked about; an unknown one is refused with the service's words."""
    with pytest.raises(AzureHttpError, match="operation request ID was not found"):
        sms.get_operation_status("0" * 32)
