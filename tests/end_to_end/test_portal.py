"""The portal in a real browser: what it shows while things happen, its switches, its keys, its size.

The browser is Chromium: that of the system (``apt-get install chromium``), one named by
``ASYNCSM_CHROMIUM``, or playwright's own (``playwright install chromium``). Only where there
is none, these tests are skipped.
"""

import shutil
from itertools import pairwise
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from doubles.bare_client import connected, document
from doubles.browser import DESKTOP, PHONE, chromium_without_window
from doubles.contents import fill

from asyncsm.emulator import Emulator, ManualClock
from asyncsm.emulator.control.recipes import recipes
from asyncsm.emulator.control.resources import RESOURCE_KINDS, kinds_by_group
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
    # An emulator that is stopped, a fault that is refused and a resource that is gone are no troubles of the page.
    expected = ("net::ERR", "status of 400", "status of 404")
    assert not [each for each in troubles if not any(known in each for known in expected)]
    assert hosts == {urlsplit(emulator.admin_url).netloc}


@pytest_asyncio.fixture(loop_scope="module")
async def page(opened):
    return await opened()


async def show(page, kind):
    """Choose the tab of a kind of resource."""
    await page.locator(f"#groups-{kind.group.lower().replace(' ', '-')}").click()
    tab = page.locator(f"#tab-{kind.name}")
    await tab.click()
    return tab


async def test_before_anything_happens(page):
    """An empty emulator says how to begin."""
    await expect(page.locator("#operations-empty")).to_contain_text("No operations yet")
    await page.get_by_role("button", name="Connect", exact=True).nth(1).click()
    await expect(page.locator("#recipe-text")).to_contain_text("export AZURE_MANAGEMENT_HOST=")


async def test_recipes(page, emulator):
    """Connect has a tab for each client, with the very texts that tests/interop/test_recipes.py runs."""
    await page.get_by_role("button", name="Connect", exact=True).first.click()
    dialog = page.get_by_role("dialog", name="Connect")
    for recipe in recipes(emulator.facts(), emulator.subscription_id):
        await dialog.get_by_role("tab", name=recipe.title, exact=True).click()
        await expect(page.locator("#recipe-about")).to_have_text(recipe.about)
        assert await page.locator("#recipe-text").text_content() == recipe.text
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await dialog.get_by_role("button", name="Copy", exact=True).click()
    await expect(dialog.get_by_role("button", name="Copied")).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") == recipe.text
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()


async def test_the_description_is_linked(page, emulator):
    """A link leads to the description of the control port's calls."""
    link = page.get_by_role("link", name="API")
    assert await link.evaluate("(link) => link.href") == f"{emulator.admin_url}/openapi.json"


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
    """A hosted service shows slots and instances, with instance and power states, and these change.

    An account shows how its migration to Resource Manager stands.
    """
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
    await show(page, RESOURCE_KINDS["storage-accounts"])
    account = page.locator("#resources .row")
    await expect(account).to_contain_text("webstore")
    await expect(account).not_to_contain_text("migration")
    async with connected(emulator) as management:
        await management.post("services/storageservices/webstore/migration?comp=prepare", "")
    await expect(account).to_contain_text("migration: Preparing")
    emulator.clock.advance(600)
    await expect(account).to_contain_text("migration: Prepared")


async def test_every_kind_has_a_tab(page, emulator):
    """Each kind of resource has a tab with its number, rows, and a page of what is chosen."""
    fill(emulator)
    await page.reload()
    groups = list(dict.fromkeys(kind.group for kind in kinds_by_group()))
    await expect(page.locator("#groups [role=tab]")).to_have_count(len(groups))
    owner = emulator.state.subscriptions[emulator.subscription_id]
    for kind in kinds_by_group():
        tab = await show(page, kind)
        await expect(tab).to_have_text(f"{kind.title}{len(kind.found(owner))}")
        await expect(page.locator("#service")).to_be_hidden()
        row = page.locator("#resources .row:visible").first
        await expect(row.locator(".text").first).not_to_have_text("…")
        await expect(page.locator("#resources .row:visible .busy")).to_have_count(0)  # all is at rest
        await row.click()
        await expect(page.locator("#service h3")).to_have_text(await row.locator(".text").first.inner_text())
    # Without rows the panel says so.
    emulator.reset()
    await expect(page.locator("#resources-empty")).to_contain_text(kind.empty)


async def test_order(page, emulator):
    """Rows stand in natural order of their names, and by any column, one way and the other."""
    emulator.seed({"storage_accounts": [{"name": name} for name in ("farm10", "farm9", "farm100")]})
    emulator.state.subscriptions[emulator.subscription_id].storage_accounts["farm10"].status = "Creating"
    await show(page, RESOURCE_KINDS["storage-accounts"])

    async def expect_names(*names):
        for place, name in enumerate(names, start=1):
            await expect(page.locator(f"#resources .row[aria-posinset='{place}']:visible")).to_contain_text(
                name
            )

    await expect_names("farm9", "farm10", "farm100")
    await page.get_by_role("button", name="Name, ascending").click()
    await expect_names("farm100", "farm10", "farm9")
    await page.get_by_role("button", name="Status").click()
    await expect_names("farm9", "farm100", "farm10")


async def test_what_is_chosen_is_followed(page, emulator):
    """The mark stays with what was chosen when other rows come before it."""
    emulator.seed({"storage_accounts": [{"name": "farm9"}]})
    await show(page, RESOURCE_KINDS["storage-accounts"])
    await page.locator("#resources .row:visible").click()
    emulator.seed({"storage_accounts": [{"name": "farm1"}]})
    async with connected(emulator) as management:
        await management.post("affinitygroups", GROUP)
    await expect(page.locator("#resources .row:visible")).to_have_count(2)
    await expect(page.locator("#resources .row[aria-selected=true]")).to_contain_text("farm9")
    await expect(page.locator("#service h3")).to_have_text("farm9")


async def test_the_page_of_a_resource(page, opened, emulator, management):
    """It has an address, the facts, the operations and the service's answer, and follows what happens."""
    emulator.seed(SHOP)
    await page.reload()
    await page.locator("#resources .row:visible").click()
    await page.get_by_role("button", name="Open page").click()
    dialog = page.get_by_role("dialog", name="hosted service")
    await expect(dialog.locator("h3").first).to_have_text("shop")
    await expect(dialog.locator("#page-path")).to_have_text(
        "GET /services/hostedservices/shop?embed-detail=true"
    )
    await expect(dialog.locator("#page-document")).to_contain_text("  <ServiceName>shop</ServiceName>")
    await expect(dialog.locator("#page-operations")).to_have_text("None.")
    await management.delete("services/hostedservices/shop/deploymentslots/production")
    await expect(dialog.locator(".operation")).to_contain_text("DeleteDeploymentBySlot")
    await expect(dialog.locator("#page-document")).to_contain_text("<Status>Deleting</Status>")
    # Its address leads to it, and Back and Escape away.
    address = page.url
    await page.go_back()
    await expect(dialog).to_be_hidden()
    await page.goto(address)
    await expect(dialog).to_be_visible()
    emulator.clock.advance(600)
    await management.delete("services/hostedservices/shop")
    await expect(dialog.locator("#page-gone")).to_contain_text("no hosted service shop any more")
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    assert "#" not in page.url


async def test_pauses_of_the_timeline(page, emulator, management):
    """Hours in which nothing went on take little room, so that the bars keep theirs."""
    emulator.seed(SHOP)
    await management.delete("services/hostedservices/shop/deploymentslots/production")
    emulator.clock.advance(600)
    emulator.clock.advance(8 * 3600)
    emulator.seed(
        {
            "hosted_services": [{"name": "late"}],
            "deployments": [SHOP["deployments"][0] | {"service_name": "late"}],
        }
    )
    await management.delete("services/hostedservices/late/deploymentslots/production")
    emulator.clock.advance(600)
    bars = page.locator("#timeline .row .stroke")
    await expect(page.locator("#timeline .row.Succeeded")).to_have_count(2)
    await expect(page.locator("#scale .pause")).to_have_count(1)
    track = await page.locator("#timeline .track").first.bounding_box()
    for each in await bars.all():
        assert (await each.bounding_box())["width"] > track["width"] / 8


AXIS = """async ([spans, times]) => {
  const { Axis } = await import('/portal/axis.js');
  const axis = new Axis(spans);
  return { at: times.map((time) => axis.at(time)), pauses: axis.pauses(), ticks: axis.ticks(600) };
}"""


async def test_the_axis(page):
    """Time only goes forward on it, pauses are short, and a single moment has a place, too."""
    spans = [[0, 30], [20, 60], [100_000, 100_050], [900_000, 900_000]]
    found = await page.evaluate(AXIS, [spans, [0, 30, 60, 50_000, 100_000, 100_050, 900_000]])
    assert found["at"] == sorted(found["at"])
    assert found["at"][0] == 0
    assert found["at"][2] > 25
    assert [each["text"] for each in found["pauses"]] == ["27:45 h", "9 days"]
    assert all(each["width"] <= 6 for each in found["pauses"])
    lefts = [each["left"] for each in found["ticks"]]
    assert all(after - before >= 10 for before, after in pairwise(lefts))
    alone = await page.evaluate(AXIS, [[[5, 5]], [5]])
    assert 0 <= alone["at"][0] <= 100
    assert alone["pauses"] == []


async def test_the_preset_fault_is_harmless(page, emulator):
    """Switched on as it is, a fault fails one request, which clients send again."""
    await page.get_by_role("button", name="Switch on").click()
    await expect(page.locator("#active-faults li")).to_contain_text("struck 0 of 1 time")
    async with emulator.service() as sms:
        await sms.list_locations()
    await expect(page.locator("#active-faults li")).to_contain_text("spent")


async def test_a_chosen_resource_that_goes(page, emulator, management):
    """The page of a chosen resource changes with it, and closes when it is gone."""
    await management.post("affinitygroups", GROUP)
    await show(page, RESOURCE_KINDS["affinity-groups"])
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
    await form.get_by_label("Times").fill("2")
    await form.get_by_role("button", name="Switch on").click()
    fault = page.locator("#active-faults li")
    await expect(fault).to_contain_text("struck 0 of 2 times")
    assert (await management.get("locations")).status == 503
    await expect(fault).to_contain_text("struck 1 of 2 times")
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
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("dialog")).to_contain_text("web-01")
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_be_hidden()
        await page.keyboard.press("Escape")
        await expect(page.locator("#service")).to_be_hidden()

    async def test_escape(self, page, management):
        """Escape closes what is open, wherever the focus is."""
        await management.post("affinitygroups", GROUP)
        await page.locator("#timeline .row").click()
        await expect(page.locator("#operation")).to_be_visible()
        await page.get_by_role("button", name="Under way only").focus()
        await page.keyboard.press("Escape")
        await expect(page.locator("#operation")).to_be_hidden()
        await page.get_by_role("button", name="Reset…").click()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)

    async def test_tabs(self, page):
        """Arrow keys move between the tabs of a row, of which one is in the tab order."""
        await page.get_by_role("tab", name="Hosted services").focus()
        await page.keyboard.press("ArrowRight")
        await expect(page.get_by_role("tab", name="Virtual machines")).to_be_focused()
        chosen = page.get_by_role("tab", name="Virtual machines")
        await expect(chosen).to_have_attribute("aria-selected", "true")
        assert await page.locator("#tab [role=tab][tabindex='0']").count() == 1
        await page.get_by_role("tab", name="Compute").focus()
        await page.keyboard.press("ArrowLeft")
        await expect(page.get_by_role("tab", name="Subscription")).to_be_focused()
        await expect(page.get_by_role("tab", name="Management certificates")).to_be_visible()

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
        await expect(page.locator("#page-facts h3")).to_have_text("shop")
        await expect(page.locator("#page-document")).to_contain_text("<ServiceName>shop</ServiceName>")
        assert await page.evaluate("document.querySelector('#page').scrollWidth") <= viewport["width"]
        await page.get_by_role("button", name="Close").click()
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
