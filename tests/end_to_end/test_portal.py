"""The portal in a real browser: what it shows while things happen, its switches, its keys, its size.

The browser is Chromium: that of the system (``apt-get install chromium``), one named by
``ASYNCSM_CHROMIUM``, or playwright's own (``playwright install chromium``). Only where there
is none, these tests are skipped.
"""

import shutil
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from doubles.bare_client import connected, document
from doubles.browser import DESKTOP, PHONE, chromium_without_window
from doubles.contents import EVERYTHING

from asyncsm.emulator import Emulator, ManualClock
from asyncsm.emulator.control.resources import RESOURCE_KINDS
from asyncsm.emulator.progress import Operation
from asyncsm.emulator.state import Quotas

playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
expect = playwright.expect
pytestmark = pytest.mark.asyncio(loop_scope="module")  # that of the browser, which is started once

SMALL_PHONE = {"width": 320, "height": 640}

SHOP = {
    "storage_accounts": [{"name": "webstore"}],
    "hosted_services": [{"name": "shop"}],
    "deployments": [{"name": "production", "service_name": "shop", "roles": {"WebRole": 2}}],
}
GROUP = document(
    "CreateAffinityGroup", "<Name>near</Name><Label>bmVhcg==</Label><Location>West US</Location>"
)
MOST_NODES = 1200
"""A page with everything in it has about half as many."""


@pytest.fixture
def clock():
    return ManualClock()


@pytest_asyncio.fixture(loop_scope="module")
async def emulator(identity_files, tmp_path, clock):
    """Running, its time held, with one subscription and room for a thousand deployments."""
    directory = shutil.copytree(identity_files, tmp_path / "emulator")
    quotas = Quotas(cores=10_000, hosted_services=2000)
    async with Emulator(directory=directory, clock=clock, tail=False, seed=1, quotas=quotas) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def management(emulator):
    async with connected(emulator) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium():
    """A browser without a window."""
    async with chromium_without_window() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def opened(chromium, emulator):
    """Opens the portal; in the end, nothing has gone wrong in it, and it has asked nobody else."""
    troubles = []

    async def open_(viewport=DESKTOP, **options):
        context = await chromium.new_context(viewport=viewport, **options)
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
        page.on("request", lambda asked: hosts.add(urlsplit(asked.url).netloc))
        await page.goto(f"{emulator.admin_url}/")
        await expect(page.locator("#connection")).to_have_text("live")
        return page

    hosts = set()
    contexts = []
    yield open_
    for context in contexts:
        await context.close()
    # An emulator that is stopped, and a fault that is refused, are no troubles of the page.
    assert not [each for each in troubles if "net::ERR" not in each and "status of 400" not in each]
    assert hosts == {urlsplit(emulator.admin_url).netloc}


@pytest_asyncio.fixture(loop_scope="module")
async def page(opened):
    return await opened()


async def test_before_anything_happens(page, emulator):
    """An empty emulator says how to begin: the four variables, and a command to try."""
    await expect(page.locator("#operations-empty")).to_contain_text("No operations yet")
    await page.get_by_role("button", name="Connect", exact=True).first.click()
    lines = (await page.locator("#environment").inner_text()).splitlines()
    assert lines == [
        f"export AZURE_MANAGEMENT_SUBSCRIPTIONID={emulator.subscription_id}",
        f"export AZURE_MANAGEMENT_CERTFILE={emulator.certificate_path}",
        f"export AZURE_MANAGEMENT_HOST={emulator.url}",
        f"export AZURE_MANAGEMENT_CA_FILE={emulator.ca_path}",
    ]


async def test_operations_appear_while_they_happen(page, emulator, management):
    """An operation appears when it is accepted, shows how far it is, and ends when its time has passed."""
    emulator.seed(SHOP)
    reply = await management.delete("services/hostedservices/shop/deploymentslots/production")
    row = page.locator("#timeline .row")
    await expect(row).to_have_count(1)
    await expect(row).to_contain_text("DeleteDeployment")
    await expect(row).to_contain_text("Deleting: 2 StoppingVM")
    await expect(page.locator("#requests .row").first).to_contain_text("202")
    for _ in range(20):
        await page.locator("#advance-30").click()
    await expect(row).to_have_class("row Succeeded")
    await row.click()
    await expect(page.locator("#operation")).to_contain_text(reply.request_id)


async def test_what_there_is(page, emulator):
    """A hosted service shows slots and instances, with instance and power states, and these change."""
    emulator.seed(SHOP)
    await page.reload()
    service = page.locator("#resources .row").filter(has_text="shop")
    await expect(service).to_contain_text("2 of 2 ready")
    await service.click()
    instance = page.locator("#service tbody tr").first
    await expect(instance).to_contain_text("WebRole_IN_0")
    await expect(instance.locator(".state")).to_have_text(["ReadyRole", "Started"])
    async with connected(emulator) as management:
        await management.post(
            "services/hostedservices/shop/deploymentslots/production/roleinstances/WebRole_IN_0?comp=reboot",
            "",
        )
    emulator.clock.advance(20)
    await expect(instance.locator(".state")).not_to_have_text(["ReadyRole", "Started"])
    await page.get_by_role("tab", name="Storage accounts").click()
    await expect(page.locator("#resources .row")).to_contain_text("webstore")


async def test_every_kind_has_a_tab(page, emulator):
    """Each kind of resource has a tab with its number, rows, and a page of what is chosen."""
    emulator.seed(EVERYTHING)
    await page.reload()
    tabs = page.get_by_role("tab")
    await expect(tabs).to_have_count(len(RESOURCE_KINDS))
    owner = emulator.state.subscriptions[emulator.subscription_id]
    for place, kind in enumerate(RESOURCE_KINDS.values()):
        await expect(tabs.nth(place)).to_have_text(f"{kind.title}{len(kind.found(owner))}")
        await tabs.nth(place).click()
        await expect(page.locator("#service")).to_be_hidden()
        row = page.locator("#resources .row:visible").first
        await expect(row.locator(".text").first).not_to_have_text("…")
        await row.click()
        await expect(page.locator("#service h3")).to_have_text(await row.locator(".text").first.inner_text())
    # Without rows the panel says so.
    emulator.reset()
    await expect(page.locator("#resources-empty")).to_contain_text(kind.empty)


async def test_a_chosen_resource_that_goes(page, emulator, management):
    """The page of a chosen resource changes with it, and closes when it is gone."""
    await management.post("affinitygroups", GROUP)
    await page.get_by_role("tab", name="Affinity groups").click()
    await page.locator("#resources .row:visible").click()
    await expect(page.locator("#service dl")).to_contain_text("West US")
    await management.delete("affinitygroups/near")
    await expect(page.locator("#service")).to_be_hidden()
    await expect(page.locator("#resources-empty")).to_contain_text("No affinity groups")


async def test_a_fault_fails_the_next_call(page, management):
    """A fault that is switched on fails the next call, counts it, and is switched off again."""
    form = page.locator("#fault-form")
    await form.get_by_label("What goes wrong").select_option("503")
    await form.get_by_label("With which operation").fill("ListLocations")
    await form.get_by_role("button", name="Switch on").click()
    fault = page.locator("#active-faults li")
    await expect(fault).to_contain_text("struck 0 times")
    assert (await management.get("locations")).status == 503
    await expect(fault).to_contain_text("struck 1 time")
    await fault.get_by_role("button", name="Switch off").click()
    await expect(fault).to_have_count(0)
    assert (await management.get("locations")).status == 200


async def test_a_fault_that_makes_no_sense(page, emulator):
    """What is wrong with a fault is said where it was filled in."""
    await page.get_by_label("With which operation").fill("ListLocation")
    await page.get_by_role("button", name="Switch on").click()
    await expect(page.locator("#fault-problem")).to_contain_text("did you mean ListLocations")
    assert len(emulator.faults) == 0


async def test_spoiling_what_was_seen(page, management):
    """An operation that was seen can be made to fail the next time, with two keys."""
    await management.post("affinitygroups", GROUP)
    await page.locator("#timeline .row").click()
    await page.get_by_role("button", name="Make such operations fail").click()
    await expect(page.get_by_role("button", name="Switch on")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#active-faults li")).to_contain_text("struck 0 of 1 time")


async def test_the_clock(page, clock):
    """The page shows the emulator's time and moves it on."""
    await expect(page.locator("#now")).to_have_text("2015-07-01 00:00:00 UTC")
    await page.get_by_role("button", name="+5 min").click()
    await expect(page.locator("#now")).to_have_text("2015-07-01 00:05:00 UTC")
    clock.advance(3600)
    await expect(page.locator("#now")).to_have_text("2015-07-01 01:05:00 UTC")
    await expect(page.get_by_role("button", name="Pause")).to_be_hidden()


async def test_a_clock_that_runs(chromium, emulator):
    """A clock that runs by itself can be stopped, let go, and made faster."""
    async with Emulator(directory=emulator.directory, clock=10, tail=False) as running:
        page = await chromium.new_page()
        await page.goto(f"{running.admin_url}/")
        await page.get_by_role("button", name="Pause").click()
        await expect(page.locator("#pace")).to_have_text("paused")
        assert running.clock.paused
        await page.get_by_role("button", name="Resume").click()
        await expect(page.locator("#pace")).to_be_hidden()
        await page.get_by_label("Speed of the clock").select_option("300")
        await expect(page.get_by_label("Speed of the clock")).to_have_value("300")
        await expect(page.locator("#now")).not_to_have_text(await page.locator("#now").inner_text())
        assert (running.clock.paused, running.clock.factor) == (False, 300)
        await page.close()


async def test_reset_asks_first(page, emulator):
    """A reset is confirmed; then everything is gone from the page too."""
    emulator.seed(SHOP)
    await page.reload()
    row = page.locator("#resources .row")
    await expect(row).to_have_count(1)
    await page.get_by_role("button", name="Reset…").click()
    await page.get_by_role("button", name="Keep everything").click()
    await expect(row).to_have_count(1)
    await page.get_by_role("button", name="Reset…").click()
    await page.locator("#reset-yes").click()
    await expect(page.locator("#resources-empty")).to_contain_text("No hosted services")
    assert emulator.state.owner_of_hosted_service("shop") is None


async def test_coming_back(page, emulator):
    """When the emulator stops and starts again, the page says so and then shows what there is now."""
    await emulator.stop()
    await expect(page.locator("#connection")).not_to_have_text("live")
    emulator.seed(SHOP)
    await emulator.start()
    await expect(page.locator("#connection")).to_have_text("live", timeout=20_000)
    await expect(page.locator("#resources .row")).to_contain_text("shop")


class TestKeyboard:
    """Without a mouse."""

    async def test_the_filter(self, page, emulator):
        """A slash leads to the filter from anywhere, and the filter to what has a text in its name."""
        emulator.seed({"hosted_services": [{"name": "web-{index}", "count": 12}]})
        await page.reload()
        await expect(page.locator("#resources .row")).not_to_have_count(0)
        await page.keyboard.press("/")
        await expect(page.locator("#filter")).to_be_focused()
        await page.keyboard.type("web-12")
        await expect(page.locator("#resources .row:visible")).to_have_count(1)
        await expect(page.locator("#resources .row:visible")).to_contain_text("web-12")

    async def test_lists(self, page, emulator):
        """Arrow keys, Home and End move in a list; Escape lets go."""
        emulator.seed({"hosted_services": [{"name": "web-{index:02}", "count": 40}]})
        await page.reload()
        await expect(page.locator("#resources .row")).not_to_have_count(0)
        await page.locator("#resources").focus()
        chosen = page.locator("#resources .row[aria-selected=true]")
        for key, name in (
            ("ArrowDown", "web-01"),
            ("ArrowDown", "web-02"),
            ("ArrowUp", "web-01"),
            ("End", "web-40"),
            ("Home", "web-01"),
        ):
            await page.keyboard.press(key)
            await expect(chosen).to_contain_text(name)
            await expect(chosen).to_be_in_viewport()
        await expect(page.locator("#service h3")).to_have_text("web-01")
        active = await page.locator("#resources").get_attribute("aria-activedescendant")
        assert active == await chosen.get_attribute("id")
        await page.keyboard.press("Escape")
        await expect(page.locator("#service")).to_be_hidden()

    async def test_tabs(self, page):
        """Arrow keys move between the tabs, of which one is in the tab order."""
        await page.get_by_role("tab", name="Hosted services").focus()
        await page.keyboard.press("ArrowRight")
        await expect(page.get_by_role("tab", name="Disks")).to_be_focused()
        await expect(page.get_by_role("tab", name="Disks")).to_have_attribute("aria-selected", "true")
        assert await page.locator("[role=tab][tabindex='0']").count() == 1

    async def test_order_and_names(self, page):
        """The tab key meets what can be used in the order it is seen, each with a name and a mark."""
        met = []
        for _ in range(40):
            await page.keyboard.press("Tab")
            met.append(
                await page.evaluate(
                    """() => {
                      const at = document.activeElement;
                      const name = at.getAttribute('aria-label') || at.labels?.[0]?.textContent || at.textContent;
                      const seen = at === document.body || getComputedStyle(at).outlineStyle !== 'none';
                      return [at.id || at.name || at.tagName, name.trim(), seen];
                    }"""
                )
            )
        order = [id_ for id_, _, _ in met]
        wanted = ["A", "url", "advance-30", "connect", "reset", "filter", "timeline", "tab-hosted-services"]
        assert [order.index(each) for each in wanted] == sorted(order.index(each) for each in wanted)
        assert order.index("resources") < order.index("kind") < order.index("requests")
        assert all(name and seen for _, name, seen in met)


class TestNarrow:
    """On a phone."""

    @pytest.mark.parametrize("viewport", [PHONE, SMALL_PHONE], ids=["390", "320"])
    async def test_nothing_sticks_out(self, opened, emulator, viewport):
        """Everything is there, one below the other, and nothing is wider than the screen."""
        emulator.seed(SHOP)
        page = await opened(viewport)
        await page.locator("#resources .row").click()
        await expect(page.locator("#service h3")).to_have_text("shop")
        for panel in ("#timeline", "#resources", "#fault-form", "#requests"):
            await page.locator(panel).scroll_into_view_if_needed()
            await expect(page.locator(panel)).to_be_in_viewport()
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"]


class TestLarge:
    """With a thousand deployments and ten thousand operations."""

    @pytest_asyncio.fixture(autouse=True, loop_scope="module")
    async def filled(self, emulator):
        emulator.seed(
            {
                "storage_accounts": [{"name": "webstore"}],
                "hosted_services": [{"name": "web-{index:04}", "count": 1000}],
                "deployments": [
                    {
                        "name": "production",
                        "service_name": "web-{index:04}",
                        "count": 1000,
                        "roles": {"WebRole": 1},
                    }
                ],
            }
        )
        subscription = emulator.state.subscriptions[emulator.subscription_id]
        for number in range(10_000):
            now = emulator.clock.now()
            operation = Operation(
                f"{number:032x}", "RebootRoleInstance", f"/{subscription.id}/x/{number}", now
            )
            operation.completed = now
            subscription.operations.add(operation)

    async def test_few_elements(self, page):
        """However far one scrolls, the page has only the elements that fit into it."""
        await expect(page.locator("#operations-count")).to_contain_text("operations")
        await expect(page.locator("#resources .row").first).to_contain_text("web-0001")
        for fraction in (0.25, 0.5, 0.75, 1):
            for viewport in ("#timeline", "#resources"):
                await page.locator(viewport).evaluate(
                    "(list, fraction) => { list.scrollTop = list.scrollHeight * fraction; }", fraction
                )
                shown = page.locator(f"{viewport} .row:visible")
                await expect(shown.filter(has_text="…")).to_have_count(0)
            assert await page.evaluate("document.querySelectorAll('*').length") < MOST_NODES
        await expect(page.locator("#resources .row").filter(has_text="web-1000")).to_be_in_viewport()

    async def test_the_place_is_kept(self, page, management):
        """What is being read stays where it is when new operations come above it."""
        await expect(page.locator("#timeline .row").first).to_contain_text("RebootRoleInstance")
        await page.locator("#timeline").evaluate("(list) => { list.scrollTop = 5000 * 34; }")
        read = page.locator("#timeline .row").filter(has_text="x / 4995")
        await expect(read).to_be_in_viewport()
        before = await read.bounding_box()
        await management.post("affinitygroups", GROUP)
        await expect(page.locator("#operations-count")).to_contain_text("10,001")
        await page.locator("#timeline").evaluate("() => new Promise(requestAnimationFrame)")
        after = await read.bounding_box()
        assert abs(after["y"] - before["y"]) < 2


async def test_colours(opened):
    """It is light or dark as the system is."""
    grounds = []
    for scheme in ("light", "dark"):
        page = await opened(color_scheme=scheme)
        grounds.append(await page.evaluate("getComputedStyle(document.body).backgroundColor"))
    light, dark = (sum(map(int, each.removeprefix("rgb(").rstrip(")").split(","))) for each in grounds)
    assert light > 600 > 150 > dark
