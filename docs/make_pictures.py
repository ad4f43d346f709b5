# ruff: noqa: INP001 - a script, not a package
"""Makes the pictures of the README and the pages: python docs/make_pictures.py

The demo and a plan of fifty machines run on emulators; a browser without a window looks at the portal and at
the plan's timeline. Needs the extras ``cli`` and ``plans``, playwright, and a Chromium.
"""

from __future__ import annotations

import asyncio
import io
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from playwright.async_api import Browser
from rich.console import Console

from asyncsm import PollingPolicy
from asyncsm.cli import demo
from asyncsm.cli.demo_display import LiveTourDisplay, summary_in_words
from asyncsm.emulator import Emulator, Quotas
from asyncsm.provisioning import Provisioner, load_plan

DOCS: Final = Path(__file__).parent
PICTURES: Final = DOCS / "pictures"
sys.path.insert(0, str(DOCS.parent / "tests"))

from doubles.browser import chromium_without_window  # noqa: E402 - as the path was set above
from doubles.contents import EVERYTHING  # noqa: E402

QUICK: Final = PollingPolicy(first=0.02, least=0.02, most=0.2)


async def picture_of_demo() -> None:
    """Draw the terminal as the demo leaves it."""
    console = Console(record=True, width=100, highlight=False, force_terminal=True, file=io.StringIO())
    console.print("$ asyncsm demo")
    summary = await demo.run(8, 100, LiveTourDisplay(console))  # which draws nothing in between
    console.print(summary_in_words(summary, 100))
    drawn = console.export_svg(title="asyncsm demo", unique_id="demo")
    # Without fonts of other hosts: the page asks nobody for anything.
    drawn = re.sub(r"@font-face \{.*?\}", "", drawn, flags=re.DOTALL)
    (PICTURES / "demo.svg").write_text(re.sub(r"[ \t]+$", "", drawn, flags=re.MULTILINE), encoding="utf-8")


async def picture_of_timeline(browser: Browser) -> None:
    """Carry out the plan of docs/provisioning.md, and draw when each of its machines was made."""
    text = (DOCS / "provisioning.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(# farm\.yaml\n.*?)```", text, re.DOTALL)
    plan = PICTURES / "farm.yaml"
    plan.write_text(block, encoding="utf-8")
    os.environ["FARM_PASSWORD"] = "Not-1-secret"  # noqa: S105 - of an emulator
    try:
        async with (
            Emulator(clock=300, quotas=Quotas(cores=200), seed=1) as emulator,
            emulator.service(polling=QUICK) as sms,
        ):
            report = await Provisioner(load_plan(plan), sms).apply()
    finally:
        plan.unlink()
    timeline = PICTURES / "timeline.html"
    report.write(timeline)
    try:
        await shot(browser, timeline.as_uri(), "timeline", height=900)
    finally:
        timeline.unlink()


async def picture_of_portal(browser: Browser) -> None:
    """Look at the portal while operations are under way."""
    async with portal() as url:
        await shot(browser, url, "portal", height=800)


@asynccontextmanager
async def portal() -> AsyncIterator[str]:
    """Run an emulator with something of everything, and with machines being made."""
    async with Emulator(clock=4, seed=1, quotas=Quotas(cores=200), admin_port=0) as emulator:
        emulator.seed(EVERYTHING)
        async with emulator.service(polling=QUICK) as sms:
            made = [
                await sms.create_storage_account(
                    f"pictures{number}", None, "For pictures", location="West US"
                )
                for number in range(4)
            ]
            for number in range(4):
                await sms.create_hosted_service(f"farm-{number}", label="farm", location="West US")
            await made[0]
            await sms.create_storage_account("latest", None, "For pictures", location="West US")
            yield emulator.admin_url
            for handle in made:
                handle.detach()


async def shot(browser: Browser, url: str, name: str, height: int) -> None:
    """Take a picture of a page when nothing moves any more."""
    page = await browser.new_page(viewport={"width": 1280, "height": height})
    await page.goto(url)
    await page.wait_for_timeout(1500)
    await page.screenshot(path=PICTURES / f"{name}.png")
    await page.close()


async def main() -> None:
    """Make all pictures."""
    PICTURES.mkdir(exist_ok=True)
    await picture_of_demo()
    async with chromium_without_window() as browser:
        await picture_of_timeline(browser)
        await picture_of_portal(browser)


if __name__ == "__main__":
    asyncio.run(main())
