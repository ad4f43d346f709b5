"""Ids of subscriptions, in the forms in which programs have them."""

from uuid import UUID

import pytest

from asyncsm.credentials.subscription_ids import checked
from asyncsm.errors import InvalidArgument

GUID = "0b5a4a5c-7a0f-4a5e-9c7d-2f8c3a1e6d90"


@pytest.mark.parametrize("given", [GUID, f" {{{GUID}}}\n", UUID(GUID), f"/subscriptions/{GUID}/"])
def test_an_id_is_a_guid_however_it_is_written(given):
    """People paste it with what stands around it, and programs have it as a UUID."""
    assert checked(given) == GUID


@pytest.mark.parametrize("given", [5, GUID.encode(), [GUID], "abc#"])
def test_anything_else_is_refused(given):
    """The error is ours, and names the parameter."""
    with pytest.raises(InvalidArgument, match=r"^subscription_id: "):
        checked(given)
