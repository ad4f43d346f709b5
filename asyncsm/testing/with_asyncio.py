"""`asm_service`, where pytest-asyncio runs tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest_asyncio

if TYPE_CHECKING:
    from asyncsm.services import ServiceManagementService
    from asyncsm.testing.background import BackgroundEmulator


# Not pytest.fixture: pytest-asyncio's strict mode runs only what bears its own mark.
@pytest_asyncio.fixture
async def asm_service(asm_emulator: BackgroundEmulator) -> AsyncIterator[ServiceManagementService]:
    """An open client (asyncsm.ServiceManagementService) of asm_emulator's first subscription."""
    async with asm_emulator.service() as service:
        yield service
