"""The tasks of the old guide, one after the other, as its readers pasted them together."""

import base64
import sys
import time

from azure.common import *
from azure.servicemanagement import *

subscription_id = sys.argv[1]
certificate_path = sys.argv[2]

sms = ServiceManagementService(subscription_id, certificate_path, sys.argv[3])

# Which places are there?
result = sms.list_locations()
for location in result:
    if location.name == 'West US':
        print(location.name, len(location.available_services) > 0)


def wait_for_async(request_id):
    count = 0
    result = sms.get_operation_status(request_id)
    while result.status == 'InProgress':
        count = count + 1
        if count > 1200:
            print('Timed out waiting for async operation to complete.')
            return
        time.sleep(5)
        result = sms.get_operation_status(request_id)
    if result.status != 'Succeeded':
        print(result.error.code)


# A cloud service.
name = 'guideservice'
label = 'guideservice'
desc = 'my hosted service'
location = 'West US'
sms.create_hosted_service(name, label, desc, location)
result = sms.list_hosted_services()
for hosted_service in result:
    print('Service name: ' + hosted_service.service_name)

# A storage account.
result = sms.create_storage_account('guidestorage', 'My storage account', 'guidestorage', location=location)
operation_result = sms.get_operation_status(result.request_id)
while operation_result.status == 'InProgress':
    time.sleep(5)
    operation_result = sms.get_operation_status(result.request_id)
print('Operation status: ' + operation_result.status)
for account in sms.list_storage_accounts():
    print('Account: ' + account.service_name)
keys = sms.get_storage_account_keys('guidestorage')
print(len(keys.storage_service_keys.primary))

# A deployment, staged and swapped.
package_url = 'https://guidestorage.blob.core.windows.net/packages/app.cspkg'
configuration = base64.b64encode(b"""<ServiceConfiguration serviceName="App" osFamily="4" osVersion="*"
    xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceConfiguration">
  <Role name="WebRole1"><Instances count="1" /></Role>
</ServiceConfiguration>""").decode()
result = sms.create_deployment(name, 'staging', 'v1', package_url, 'v1', configuration)
wait_for_async(result.request_id)
properties = sms.get_deployment_by_slot(name, 'staging')
print(properties.name, properties.status)
wait_for_async(sms.update_deployment_status(name, 'v1', 'Running').request_id)
wait_for_async(sms.create_deployment(name, 'production', 'v0', package_url, 'v0', configuration).request_id)
result = sms.swap_deployment(name, 'v0', 'v1')
wait_for_async(result.request_id)
print(sms.get_deployment_by_slot(name, 'production').name)

# Affinity groups.
sms.create_affinity_group('guidegroup', 'label', 'West US', 'desc')
for group in sms.list_affinity_groups():
    print('Group: ' + group.name)
group = sms.get_affinity_group_properties('guidegroup')
print(group.description)
sms.delete_affinity_group('guidegroup')

# Operating systems and images.
print(any(os.is_default for os in sms.list_operating_systems()))
for family in sms.list_operating_system_families():
    if family.name == '4':
        print('Family:', len(family.operating_systems) > 0)
wait_for_async(sms.add_os_image('label', 'https://guidestorage.blob.core.windows.net/vhds/g.vhd', 'golden', 'Linux').request_id)
print([image.name for image in sms.list_os_images() if image.category == 'User'])

# A virtual machine.
image_name = sorted(i.name for i in sms.list_os_images() if i.os == 'Linux' and i.category == 'Public')[0]
media_link = 'https://guidestorage.blob.core.windows.net/vhds/guidevm.vhd'
sms.create_hosted_service(service_name='guidevm', label='guidevm', location=location)
linux_config = LinuxConfigurationSet('guidevm', 'myuser', 'Passw0rd!', True)
linux_config.disable_ssh_password_authentication = False
os_hd = OSVirtualHardDisk(image_name, media_link)
result = sms.create_virtual_machine_deployment(service_name='guidevm',
    deployment_name='guidevm',
    deployment_slot='production',
    label='guidevm',
    role_name='guidevm',
    system_config=linux_config,
    os_virtual_hard_disk=os_hd,
    role_size='Small')
wait_for_async(result.request_id)
while sms.get_deployment_by_name('guidevm', 'guidevm').role_instance_list[0].instance_status != 'ReadyRole':
    time.sleep(5)
print(sms.get_role('guidevm', 'guidevm', 'guidevm').role_size)

# Everything goes.
wait_for_async(sms.delete_deployment('guidevm', 'guidevm').request_id)
sms.delete_hosted_service('guidevm')
for deployment in ('v0', 'v1'):
    wait_for_async(sms.delete_deployment(name, deployment).request_id)
sms.delete_hosted_service(name)
try:
    sms.get_hosted_service_properties(name)
except AzureMissingResourceHttpError:
    print('gone')
print([service.service_name for service in sms.list_hosted_services()])
