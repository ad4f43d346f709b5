"""Methods that all five classes of the old SDK share, unchanged, against the emulator."""

import pytest
from azure import servicemanagement
from interop.siblings import opened, own_methods
from parity.freeze import SERVICES

GROUP = (
    '<CreateAffinityGroup xmlns="http://schemas.microsoft.com/windowsazure"><Name>common</Name>'
    "<Label>Y29tbW9u</Label><Location>West US</Location></CreateAffinityGroup>"
)

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning", "ignore:unclosed:ResourceWarning"),
]


@pytest.mark.parametrize("name", SERVICES)
def test_requests_by_path_and_their_status(emulator, name):
    """Whatever class has sent a change, it can ask how that is, and wait for it."""
    with opened(getattr(servicemanagement, name), emulator) as old:
        groups = f"/{emulator.subscription_id}/affinitygroups"
        made = old.perform_post(groups, GROUP)
        request_id = dict(made.headers)["x-ms-request-id"]
        assert old.get_operation_status(request_id).status == "Succeeded"
        assert old.wait_for_operation_status(request_id, success_callback=None).status == "Succeeded"
        assert b"<Name>common</Name>" in old.perform_get(groups).body
        assert old.perform_delete(f"{groups}/common").status == 200


def test_the_five_classes_have_156_methods_of_their_own():
    """Each of them is called in one of the modules beside this one, which compare the names."""
    assert sum(len(own_methods(getattr(servicemanagement, name))) for name in SERVICES) == 156
