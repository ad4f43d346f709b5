"""A real browser: Chromium, without a window."""

from __future__ import annotations

import os
import shutil
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


@asynccontextmanager
async def chromium_without_window():
    """That of the system, one named by ``ASYNCSM_CHROMIUM``, or playwright's own.

    The test is skipped where there is none.
    """
    playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
    try:
        tools = await playwright.async_playwright().start()
    except Exception as error:  # noqa: BLE001 - playwright has no other
        pytest.skip(f"playwright's own program does not start here: {error}")
    try:
        named = os.environ.get("ASYNCSM_CHROMIUM")
        own = tools.chromium.executable_path
        found = named or next(filter(None, map(shutil.which, NAMES)), own if Path(own).exists() else None)
        if found is None:
            pytest.skip("no Chromium: apt-get install chromium, or playwright install chromium")
        # The sandbox needs rights that containers do not have; only our own page is opened.
        # It makes a socket in its directory, whose path may have 107 characters; a test runner's can be long.
        with TemporaryDirectory(prefix="asm-", dir="/tmp" if Path("/tmp").is_dir() else None) as short:
            browser = await tools.chromium.launch(
                executable_path=found, args=["--no-sandbox"], env={**os.environ, "TMPDIR": short}
            )
            yield browser
            await browser.close()
    finally:
        await tools.stop()
