# Brings up a number of machines at once, and waits until all of them answer.
# usage: machines.py SUBSCRIPTION CERTIFICATE HOST [COUNT]
import sys
import time
from optparse import OptionParser

from azure.common import AzureConflictHttpError, AzureException, AzureMissingResourceHttpError
from azure.servicemanagement import (ConfigurationSet, ConfigurationSetInputEndpoint, LinuxConfigurationSet,
                                     OSVirtualHardDisk, ServiceManagementService)
from azure.servicemanagement.servicemanagementclient import AzureAsyncOperationHttpError

ACCOUNT = 'bulkstore'
LOCATION = 'West US'


def connect(options):
    subscription, certificate, host = options
    service = ServiceManagementService(subscription, certificate, host)
    return service


def ensure_account(service):
    '''Make the account unless it is there.'''
    try:
        service.get_storage_account_properties(ACCOUNT)
        return False
    except AzureMissingResourceHttpError:
        pass
    request = service.create_storage_account(ACCOUNT, 'bulk', 'bulk', location=LOCATION)
    while True:
        status = service.get_operation_status(request.request_id)
        if status.status != 'InProgress':
            break
        sys.stdout.write('.')
        sys.stdout.flush()
        time.sleep(5)
    if status.status == 'Failed':
        raise AzureException(status.error.message)
    return True


def image_for(service, wanted='Linux'):
    candidates = [image for image in service.list_os_images()
                  if image.os == wanted and image.category == 'Public']
    return min(candidates, key=lambda image: image.name).name


def create(service, name, image, port):
    try:
        service.create_hosted_service(name, label=name, location=LOCATION)
    except AzureConflictHttpError:
        print('%s was there' % name)
    network = ConfigurationSet()
    network.configuration_set_type = 'NetworkConfiguration'
    network.input_endpoints.input_endpoints.append(ConfigurationSetInputEndpoint('ssh', 'tcp', port, '22'))
    config = LinuxConfigurationSet(name, 'me', 'Passw0rd!', False)
    disk = OSVirtualHardDisk(image, 'https://%s.blob.core.windows.net/vhds/%s.vhd' % (ACCOUNT, name))
    return service.create_virtual_machine_deployment(
        service_name=name, deployment_name=name, deployment_slot='production', label=name, role_name=name,
        system_config=config, os_virtual_hard_disk=disk, network_config=network, role_size='Small')


def is_ready(service, name):
    deployment = service.get_deployment_by_name(name, name)
    return all(instance.instance_status == 'ReadyRole' for instance in deployment.role_instance_list)


def main(arguments):
    _, rest = OptionParser().parse_args(arguments)
    service = connect(rest[:3])
    print('made', ensure_account(service))
    image = image_for(service)
    pending = {}
    for number in range(3):
        name = 'bulk%d' % number
        pending[name] = create(service, name, image, str(2200 + number))
    for name, result in sorted(pending.items()):
        try:
            service.wait_for_operation_status(result.request_id, timeout=600, sleep_interval=1)
        except AzureAsyncOperationHttpError as error:
            print(name, error)
            return 1
    waiting = sorted(pending)
    while waiting:
        waiting = [name for name in waiting if not is_ready(service, name)]
        time.sleep(1)
    for name in sorted(pending):
        print(name, service.get_deployment_by_name(name, name).status)
    requests = []
    for name in sorted(pending):
        requests.append(service.delete_hosted_service(name, complete=True).request_id)
    for request in requests:
        service.wait_for_operation_status(request, timeout=600)
    print(len(list(service.list_hosted_services())))
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
