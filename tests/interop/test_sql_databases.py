"""Every method of the old SDK's SqlDatabaseManagementService, unchanged, against the emulator."""

import pytest
from azure.common import AzureHttpError
from azure.servicemanagement import SqlDatabaseManagementService
from interop.siblings import Witness, opened, own_methods

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning", "ignore:unclosed:ResourceWarning"),
]

OWN_METHODS = own_methods(SqlDatabaseManagementService)
BASIC = "dd6d99bb-f193-4ec1-86f2-43d3bccbc49c"


@pytest.fixture
def old(emulator):
    with opened(SqlDatabaseManagementService, emulator) as service:
        yield Witness(service)


def test_each_of_the_15_methods_works(old):
    """The old SDK, unchanged, can do everything it could against the service."""
    name = old.create_server("admin1", "Passw0rd!", "West US").server_name
    (server,) = old.list_servers()
    assert (server.name, server.administrator_login, server.version) == (name, "admin1", "2.0")
    old.set_server_admin_password(name, "Another-1")
    assert [each.value for each in old.list_quotas(name)] == [2000]
    assert old.get_server_event_logs(name, "2015-07-01", 60) == []
    assert BASIC in {each.id for each in old.list_service_level_objectives(name)}
    old.create_firewall_rule(name, "office", "10.0.0.1", "10.0.0.9")
    old.update_firewall_rule(name, "office", "10.0.1.1", "10.0.1.9")
    assert [each.start_ip_address for each in old.list_firewall_rules(name)] == ["10.0.1.1"]
    old.delete_firewall_rule(name, "office")
    old.create_database(name, "orders", BASIC, "Basic")
    old.update_database(name, "orders", "sales")
    found = {each.name: each for each in old.list_databases(name)}
    assert (found["sales"].edition, found["sales"].max_size_bytes) == ("Basic", 2 * 1024**3)
    assert found["master"].is_system_object is True
    old.delete_database(name, "sales")
    old.delete_server(name)
    assert list(old.list_servers()) == []
    assert len(OWN_METHODS) == 15
    assert not OWN_METHODS - old.called


def test_a_refusal_reaches_the_old_sdk_as_its_error(old):
    """A refusal is an AzureHttpError with the HTTP status and what the service said."""
    with pytest.raises(AzureHttpError, match="does not have the server 'none'") as caught:
        old.delete_server("none")
    assert caught.value.status_code == 400
