#!/usr/bin/env python
"""Samples of all five services, in the manner of those that came with the old SDK: a class of methods that run in turn."""

import json
import sys
import time

import azure.servicemanagement
from azure.common import AzureHttpError, AzureMissingResourceHttpError
from azure.servicemanagement import (
    SchedulerManagementService,
    ServiceBusManagementService,
    ServiceManagementService,
    SqlDatabaseManagementService,
    WebsiteManagementService,
)


class Samples(object):

    def __init__(self, subscription_id, certificate, host):
        self.core = ServiceManagementService(subscription_id, certificate, host)
        self.databases = SqlDatabaseManagementService(subscription_id, certificate, host)
        self.bus = ServiceBusManagementService(subscription_id, certificate, host)
        self.sites = WebsiteManagementService(subscription_id, certificate, host)
        self.jobs = SchedulerManagementService(subscription_id, certificate, host)

    def run_all(self):
        for sample in (self.sql, self.messages, self.websites, self.scheduler, self.subscription):
            print('--- ' + sample.__name__)
            sample()

    def sql(self):
        server = self.databases.create_server('admin1', 'Passw0rd!1', 'West US').server_name
        try:
            self.databases.create_firewall_rule(server, 'office', '203.0.113.1', '203.0.113.9')
            print([rule.name for rule in self.databases.list_firewall_rules(server)])
            self.databases.create_database(server, 'orders', 'dd6d99bb-f193-4ec1-86f2-43d3bccbc49c', 'Basic')
            print(sorted(database.name for database in self.databases.list_databases(server)))
        finally:
            self.databases.delete_server(server)

    def messages(self):
        self.bus.create_namespace('samplemessages', 'West US')
        namespace = self.bus.get_namespace('samplemessages')
        while namespace.status != 'Active':
            time.sleep(5)
            namespace = self.bus.get_namespace('samplemessages')
        print(namespace.name, namespace.region)
        print(namespace.connection_string.startswith('Endpoint=sb://'), len(namespace.default_key) > 20)
        print(self.bus.check_namespace_availability('samplemessages').result)
        self.bus.delete_namespace('samplemessages')

    def websites(self):
        self.sites.create_site('westuswebspace', 'samplepages', 'West US', ['samplepages.azurewebsites.net'])
        site = self.sites.get_site('westuswebspace', 'samplepages')
        print(site.name, site.state)
        self.sites.restart_site('westuswebspace', 'samplepages')
        profiles = self.sites.get_publish_profile('westuswebspace', 'samplepages')
        for profile in profiles.publish_profiles:
            print(profile.publish_method, len(profile.user_pwd) > 0)
        self.sites.delete_site('westuswebspace', 'samplepages', False, True)

    def scheduler(self):
        self._wait(self.jobs.create_cloud_service('samplebatch', 'label', 'description', 'West Europe'))
        self._wait(self.jobs.create_job_collection('samplebatch', 'nightly'))
        job = {
            'action': {'type': 'http', 'request': {'uri': 'http://127.0.0.1:8000/', 'method': 'GET'}},
            'recurrence': {'frequency': 'day', 'interval': 1},
        }
        self.jobs.create_job('samplebatch', 'nightly', 'report', job)
        print(type(self.jobs.get_job('samplebatch', 'nightly', 'report')) is not None)
        self._wait(self.jobs.delete_cloud_service('samplebatch'))

    def subscription(self):
        print(self.core.get_subscription().subscription_status)
        try:
            self.core.get_affinity_group_properties('nothing')
        except AzureMissingResourceHttpError as error:
            print('missing', error.status_code)
        try:
            self.core.create_hosted_service('samplegrouped', 'label', affinity_group='nothing')
        except AzureHttpError as error:
            print('refused', error.status_code)

    def _wait(self, result):
        self.core.wait_for_operation_status(result.request_id, timeout=120)


def main():
    samples = Samples(*sys.argv[1:4])
    samples.run_all()
    print(json.dumps({'done': True}))


if __name__ == '__main__':
    main()
