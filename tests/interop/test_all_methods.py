"""Every method of the old SDK's ServiceManagementService, unchanged, against the emulator."""

import base64
import inspect
import time

import pytest
from azure.common import AzureHttpError
from azure.servicemanagement import (
    CaptureRoleAsVMImage,
    ConfigurationSet,
    ConfigurationSetInputEndpoint,
    LinuxConfigurationSet,
    OSVirtualHardDisk,
    ServiceManagementService,
    VMImage,
)
from doubles.certificates import management_certificate
from doubles.samples import blob, cscfg, image_name

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning", "ignore:unclosed:ResourceWarning"),
]

OWN_METHODS = {
    name
    for name, _ in inspect.getmembers(ServiceManagementService, inspect.isfunction)
    if not name.startswith("_")
} & set(vars(ServiceManagementService))


class Witness:
    """Calls the old SDK, remembers which methods were called, and waits for what they start."""

    def __init__(self, sms, wait):
        self._sms = sms
        self._wait = wait
        self.called = set()

    def __getattr__(self, name):
        method = getattr(self._sms, name)

        def call(*args, **kwargs):
            self.called.add(name)
            result = method(*args, **kwargs)
            if type(result).__name__ == "AsynchronousOperationResult":
                assert self._wait(result).status == "Succeeded", (name, args)
            return result

        return call


def until(condition, seconds=30):
    """Ask until it holds; the emulator's clock runs by itself here."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def subscription(old, emulator):
    old.list_locations()
    old.list_role_sizes()
    old.list_operating_systems()
    old.list_operating_system_families()
    old.list_resource_extensions()
    extension = next(iter(old.list_resource_extensions()))
    old.list_resource_extension_versions(extension.publisher, extension.name)
    old.list_virtual_network_sites()
    assert old.get_subscription().subscription_id == emulator.subscription_id
    assert emulator.subscription_id in {each.subscription_id for each in old.list_subscriptions()}
    mine = management_certificate("interop")
    old.add_management_certificate(mine.public_key_base64, mine.thumbprint, mine.data_base64)
    old.get_management_certificate(mine.thumbprint)
    assert len(list(old.list_management_certificates())) == 2
    old.delete_management_certificate(mine.thumbprint)


def storage_and_affinity(old):
    old.check_storage_account_name_availability("allmethods")
    old.create_storage_account("allmethods", "d", "l", location="West US")
    old.get_storage_account_properties("allmethods")
    old.get_storage_account_keys("allmethods")
    old.regenerate_storage_account_keys("allmethods", "Primary")
    old.update_storage_account("allmethods", "e")
    assert "allmethods" in {each.service_name for each in old.list_storage_accounts()}
    old.create_affinity_group("allgroup", "l", "West US")
    old.update_affinity_group("allgroup", "m")
    old.get_affinity_group_properties("allgroup")
    old.list_affinity_groups()
    old.delete_affinity_group("allgroup")


def web_and_worker_roles(old, package):
    old.check_hosted_service_name_availability("allweb")
    old.create_hosted_service("allweb", "l", location="West US")
    old.update_hosted_service("allweb", "m")
    old.list_hosted_services()
    old.create_deployment(
        "allweb", "staging", "v1", package, "v1", encoded(cscfg(web=3)), start_deployment=True
    )
    until(lambda: ready(old, "allweb", "v1"))
    old.change_deployment_configuration("allweb", "v1", encoded(cscfg(web=4)))
    until(lambda: ready(old, "allweb", "v1"))
    old.reboot_role_instance("allweb", "v1", "WebRole_IN_0")
    until(lambda: ready(old, "allweb", "v1"))
    old.reimage_role_instance("allweb", "v1", "WebRole_IN_0")
    until(lambda: ready(old, "allweb", "v1"))
    old.rebuild_role_instance("allweb", "v1", "WebRole_IN_0")
    until(lambda: ready(old, "allweb", "v1"))
    old.delete_role_instances("allweb", "v1", ["WebRole_IN_3"])
    until(lambda: ready(old, "allweb", "v1"))
    old.upgrade_deployment("allweb", "v1", "Manual", package, encoded(cscfg(web=3)), "v2", False)
    old.walk_upgrade_domain("allweb", "v1", 0)
    old.rollback_update_or_upgrade("allweb", "v1", "Auto", True)
    until(lambda: ready(old, "allweb", "v1"))
    old.update_deployment_status("allweb", "v1", "Suspended")
    old.swap_deployment("allweb", "", "v1")
    old.get_deployment_by_slot("allweb", "production")
    old.delete_deployment("allweb", "v1")
    old.delete_hosted_service("allweb")


def ready(old, service, deployment):
    read = old.get_deployment_by_name(service, deployment)
    return read.status == "Running" and {each.instance_status for each in read.role_instance_list} == {
        "ReadyRole"
    }


def certificates(old, service):
    pfx = base64.b64encode(management_certificate("service").to_pfx("secret")).decode()
    old.add_service_certificate(service, pfx, "pfx", "secret")
    thumbprint = management_certificate("service").thumbprint
    assert thumbprint in {each.thumbprint for each in old.list_service_certificates(service)}
    old.get_service_certificate(service, "sha1", thumbprint)
    old.delete_service_certificate(service, "sha1", thumbprint)


def linux(port):
    network = ConfigurationSet()
    network.configuration_set_type = "NetworkConfiguration"
    network.input_endpoints.input_endpoints.append(ConfigurationSetInputEndpoint("ssh", "tcp", port, "22"))
    return LinuxConfigurationSet("myhostname", "myuser", "Passw0rd!", False), network


def machines(old, account):
    old.create_hosted_service("allvms", "l", location="West US")
    certificates(old, "allvms")
    old.create_reserved_ip_address("alladdress", "l", "West US")
    old.get_reserved_ip_address("alladdress")
    image = image_name(old.list_os_images(), "Linux")
    system, network = linux("2201")
    disk = OSVirtualHardDisk(image, blob(account, "vhds/one.vhd"))
    old.create_virtual_machine_deployment(
        "allvms", "allvms", "production", "l", "one", system, disk, network, role_size="Large"
    )
    system, network = linux("2202")
    disk = OSVirtualHardDisk(image, blob(account, "vhds/two.vhd"))
    old.add_role("allvms", "allvms", "two", system, disk, network, role_size="Small")
    until(lambda: ready(old, "allvms", "allvms"))
    old.get_hosted_service_properties("allvms", embed_detail=True)
    role = old.get_role("allvms", "allvms", "two")
    old.update_role("allvms", "allvms", "two", role.os_virtual_hard_disk, network, role_size="Medium")
    old.associate_reserved_ip_address("alladdress", "allvms", "allvms")
    old.disassociate_reserved_ip_address("alladdress", "allvms", "allvms")
    old.delete_reserved_ip_address("alladdress")
    old.list_reserved_ip_addresses()
    old.add_dns_server("allvms", "allvms", "dns", "192.168.1.1")
    old.update_dns_server("allvms", "allvms", "dns", "192.168.1.2")
    old.delete_dns_server("allvms", "allvms", "dns")
    until(lambda: ready(old, "allvms", "allvms"))
    old.restart_role("allvms", "allvms", "two")
    old.shutdown_role("allvms", "allvms", "two")
    old.start_role("allvms", "allvms", "two")
    old.shutdown_roles("allvms", "allvms", ["one", "two"], "StoppedDeallocated")
    old.start_roles("allvms", "allvms", ["one", "two"])
    until(lambda: ready(old, "allvms", "allvms"))


def disks(old, account):
    old.add_data_disk(
        "allvms",
        "allvms",
        "one",
        1,
        None,
        blob(account, "vhds/data.vhd"),
        "data",
        None,
        logical_disk_size_in_gb=10,
    )
    disk = old.get_data_disk("allvms", "allvms", "one", 1)
    old.update_data_disk(
        "allvms",
        "allvms",
        "one",
        1,
        "ReadWrite",
        None,
        None,
        "renamed",
        disk.disk_name,
        disk.logical_disk_size_in_gb,
    )
    old.delete_data_disk("allvms", "allvms", "one", 1)
    until(lambda: old.get_disk(disk.disk_name).attached_to is None or not attached(old, disk.disk_name))
    old.delete_disk(disk.disk_name)
    old.add_disk(True, "spare", blob(account, "vhds/spare.vhd"), "spare", "Linux")
    old.update_disk("spare", label="again")
    assert "spare" in {each.name for each in old.list_disks()}
    old.delete_disk("spare")


def attached(old, name):
    return bool(old.get_disk(name).attached_to.role_name)


def images(old, account):
    old.add_os_image("l", blob(account, "vhds/image.vhd"), "allimage", "Linux")
    old.update_os_image("allimage", "m", blob(account, "vhds/image.vhd"), "allimage", "Linux")
    image = old.get_os_image("allimage")
    image.label = "n"
    image.published_date = None
    old.update_os_image_from_image_reference("allimage", image)
    old.get_os_image_details("allimage")
    old.replicate_vm_image("allimage", ["West US"], "offer", "sku", "1.0.0")
    old.share_vm_image("allimage", "Private")
    old.unreplicate_vm_image("allimage")
    old.delete_os_image("allimage")
    old.shutdown_role("allvms", "allvms", "two")
    options = CaptureRoleAsVMImage("Specialized", "allcaptured", "l")
    old.capture_vm_image("allvms", "allvms", "two", options)
    old.delete_vm_image("allcaptured", delete_vhd=True)
    old.capture_role("allvms", "allvms", "two", "Delete", "allcapturedos", "l")
    vm_image = VMImage("allvmimage", "l", "d")
    vm_image.os_disk_configuration.os_state = "Specialized"
    vm_image.os_disk_configuration.os = "Linux"
    vm_image.os_disk_configuration.media_link = blob(account, "vhds/vmimage.vhd")
    old.create_vm_image(vm_image)
    changed = VMImage(label="m")
    old.update_vm_image("allvmimage", changed)
    assert "allvmimage" in {each.name for each in old.list_vm_images()}
    old.delete_vm_image("allvmimage")


def the_end(old, account):
    system, network = linux("2203")
    image = image_name(old.list_os_images(), "Linux")
    disk = OSVirtualHardDisk(image, blob(account, "vhds/three.vhd"))
    old.add_role("allvms", "allvms", "three", system, disk, network, role_size="Small")
    old.delete_role("allvms", "allvms", "three", complete=True)
    old.list_subscription_operations(time.strftime("%Y-%m-%d"), "2100-01-01")
    old.delete_hosted_service("allvms", complete=True)
    old.delete_storage_account("allmethods")


def test_each_of_the_95_methods_works(sms, wait, emulator, account, package):
    """The old SDK, unchanged, can do everything it could against the service."""
    old = Witness(sms, wait)
    subscription(old, emulator)
    storage_and_affinity(old)
    web_and_worker_roles(old, package)
    machines(old, account)
    disks(old, account)
    images(old, account)
    the_end(old, account)
    assert len(OWN_METHODS) == 95
    assert not OWN_METHODS - old.called


def test_refusals_reach_the_old_sdk_as_its_errors(sms):
    """A refusal is an AzureHttpError with the HTTP status."""
    with pytest.raises(AzureHttpError) as caught:
        sms.get_role("nothing", "nothing", "nothing")
    assert caught.value.status_code == 404
