"""A class of one's own round the SDK, as many programs had it, with what uses it."""

import logging
import sys
import time

from azure.common import AzureConflictHttpError, AzureMissingResourceHttpError
from azure.servicemanagement import ServiceManagementService

log = logging.getLogger('cloud')


class OperationError(Exception):
    pass


class Base(object):
    """What all providers have."""

    def __init__(self, settings):
        self.settings = settings

    def retry(self, function, *arguments):
        for attempt in range(3):
            try:
                return function(*arguments)
            except OperationError as error:
                log.warning('attempt %d: %s', attempt, error)
        raise OperationError('gave up')


class Cloud(Base):

    def __init__(self, settings, location='West US'):
        super(Cloud, self).__init__(settings)
        self.location = location
        self.sms = ServiceManagementService(settings['subscription'], settings['certificate'], host=settings['host'])
        self.places = [place.name for place in self.sms.list_locations()]
        if not self.places:
            raise OperationError('no location')

    @property
    def services(self):
        return [service.service_name for service in self.sms.list_hosted_services()]

    @staticmethod
    def describe(service):
        properties = service.hosted_service_properties
        return '%s in %s' % (service.service_name, properties.location)

    def ensure(self, name):
        try:
            self.sms.create_hosted_service(name, name, location=self.location)
        except AzureConflictHttpError:
            return False
        return True

    def describe_all(self):
        for service in self.sms.list_hosted_services():
            yield self.describe(service)

    def find(self, name):
        return next((each for each in self.sms.list_hosted_services() if each.service_name == name), None)

    def account(self, name):
        self._finish(self.sms.create_storage_account(name, name, name, location=self.location))
        return self.sms.get_storage_account_keys(name).storage_service_keys

    def remove(self, *names):
        for name in names:
            try:
                self.sms.delete_hosted_service(name)
            except AzureMissingResourceHttpError:
                log.info('%s was gone', name)

    def _finish(self, request):
        while self.sms.get_operation_status(request.request_id).status == 'InProgress':
            time.sleep(2)


def report(cloud):
    for line in cloud.describe_all():
        print(line)
    print(len(cloud.services), 'in all')


def run(settings):
    cloud = Cloud(settings)
    print('West US' in cloud.places)
    print(cloud.retry(cloud.ensure, 'wrapped1'))
    print([cloud.ensure(name) for name in ('wrapped1', 'wrapped2', 'wrapped1')])
    report(cloud)
    found = cloud.find('wrapped2')
    print(found.service_name if found is not None else 'nothing')
    keys = cloud.account('wrappedstore')
    print(keys.primary != keys.secondary, len(keys.primary))
    cloud.remove('wrapped1', 'wrapped2', 'wrapped3')
    print(cloud.services)


if __name__ == '__main__':
    subscription, certificate, host = sys.argv[1:4]
    run({'subscription': subscription, 'certificate': certificate, 'host': host})
