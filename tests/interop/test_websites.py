"""Every method of the old SDK's WebsiteManagementService, unchanged, against the emulator."""

import pytest
from azure.common import AzureMissingResourceHttpError
from azure.servicemanagement import WebsiteManagementService
from interop.siblings import Witness, opened, own_methods

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning", "ignore:unclosed:ResourceWarning"),
]

HERE = ("eastuswebspace", "interop")


@pytest.fixture
def old(emulator):
    with opened(WebsiteManagementService, emulator) as service:
        yield Witness(service)


def test_each_of_the_12_methods_works(old):
    """The old SDK, unchanged, can do everything it could against the service."""
    made = old.create_site(*HERE, "East US", ["interop.azurewebsites.net"])
    assert (made.name, made.state, made.sku if hasattr(made, "sku") else "Free") == (
        HERE[1],
        "Running",
        "Free",
    )
    assert "eastuswebspace" in {each.name for each in old.list_webspaces()}
    assert old.get_webspace(HERE[0]).geo_region == "East US"
    assert "interop" in {each.name for each in old.list_sites(HERE[0])}
    old.update_site(*HERE, "Stopped")
    site = old.get_site(*HERE)
    assert (site.state, site.host_names) == ("Stopped", ["interop.azurewebsites.net"])
    old.restart_site(*HERE)
    measured = old.get_historical_usage_metrics(*HERE, ["Requests"])
    assert [each.data.display_name for each in measured] == ["Requests"]
    assert len(list(old.get_metric_definitions(*HERE))) == 15
    profiles = old.get_publish_profile(*HERE).publish_profiles
    assert [each.publish_method for each in profiles] == ["MSDeploy", "FTP"]
    assert profiles[0].user_pwd in old.get_publish_profile_xml(*HERE)
    old.delete_site(*HERE, True, True)
    assert old.called >= own_methods(WebsiteManagementService)
    assert len(own_methods(WebsiteManagementService)) == 12


def test_a_refusal_reaches_the_old_sdk_as_its_error(old):
    """A site that is not there is a missing resource."""
    with pytest.raises(AzureMissingResourceHttpError):
        old.get_site("eastuswebspace", "none")
