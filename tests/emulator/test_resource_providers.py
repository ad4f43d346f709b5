"""Registrations of a subscription for what other services manage."""

import pytest
from doubles.bare_client import Management
from doubles.machines import done


def path(action: str, name: str = "website") -> str:
    return f"services?service={name}&action={action}"


async def test_a_registration_and_its_end(management: Management):
    """It is made once, under a name in any case, and taken back."""
    for name in ("website", "scheduler.jobcollections"):
        await done(management, await management.put(path("register", name)))
    again = await management.put(path("register", "WEBSITE"))
    assert (again.status, again.code) == (409, "ConflictError")
    assert again.message == "The resource type website is already registered for this subscription."
    await done(management, await management.put(path("unregister")))
    assert (await management.put(path("unregister"))).status == 404
    await done(management, await management.put(path("register")))


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        (path("register", "nothing"), 404, "ResourceNotFound"),
        (path("unregister", "nothing"), 404, "ResourceNotFound"),
        ("services?action=register", 404, "ResourceNotFound"),
        (path("update"), 400, "MissingOrInvalidRequiredQueryParameter"),
        ("services?service=website", 400, "MissingOrInvalidRequiredQueryParameter"),
    ],
)
async def test_refused(management: Management, query: str, status: int, code: str):
    """There are only some names, and two actions."""
    answer = await management.put(query)
    assert (answer.status, answer.code) == (status, code)
