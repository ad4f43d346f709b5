"""`asm_service`, where nothing runs tests that are coroutines."""

from __future__ import annotations

from typing import NoReturn

import pytest


@pytest.fixture
def asm_service() -> NoReturn:
    """An open client of asm_emulator; needs pytest-asyncio."""
    pytest.fail(
        "the fixture asm_service needs pytest-asyncio: pip install pytest-asyncio. "
        "Without it, use asm_emulator: 'async with asm_emulator.service() as sms' on a loop of your own.",
        pytrace=False,
    )
