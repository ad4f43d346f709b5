"""Lists that come in pages, read as one, over an emulator that fails in between."""

import pytest

from asyncsm import ServiceError, gather
from asyncsm.config import RetryPolicy
from asyncsm.emulator import Fault

CHANGES = 120


async def test_operations_of_several_pages(emulator, sms):
    """Each is told once, the page that could not be read included."""
    await gather(sms.create_affinity_group(f"group{number}", "label", "West US") for number in range(CHANGES))
    async with emulator.service(retry=RetryPolicy(attempts=1)) as impatient:
        listed = impatient.iterate_subscription_operations()
        seen = []
        emulator.faults.add(Fault(kind="500", operation="ListSubscriptionOperations", count=1))
        with pytest.raises(ServiceError):
            await anext(listed)
        async for one in listed:
            seen.append(one)
            if len(seen) == 100:
                emulator.faults.add(Fault(kind="503", operation="ListSubscriptionOperations", count=1))
                break
        with pytest.raises(ServiceError):
            await anext(listed)
        seen += [one async for one in listed]
    names = {f"group{number}" for number in range(CHANGES)}
    assert len(seen) == CHANGES
    assert {one.operation_object_id.rpartition("/")[2] for one in seen} == names
