"""The web service of the examples: its requests, its restarts, and its page in a real browser."""

import io
import os
import shutil
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
import yaml
from doubles.browser import DESKTOP, PHONE, chromium_without_window
from doubles.web_service import WebService, running

from asyncsm.emulator import Emulator, Fault
from asyncsm.emulator.state import Quotas

pytest.importorskip("fastapi", reason="fastapi is not installed")
pytest.importorskip("uvicorn", reason="uvicorn is not installed")
expect = pytest.importorskip("playwright.async_api", reason="playwright is not installed").expect
pytestmark = pytest.mark.asyncio(loop_scope="module")  # that of the browser, which is started once

IMAGE = "b39f27a8b8c64d52b05eac6a62ebad85__Ubuntu-14_04_2-LTS-amd64-server-20150610-en-us-30GB"
FARM = {
    "name": "farm",
    "location": "West US",
    "storage_accounts": [{"name": "farmdisks"}],
    "hosted_services": [{"name": "farm-{index}", "count": 2}],
    "virtual_machines": [
        {
            "name": "vm{index}",
            "count": 4,
            "group_size": 2,
            "service_name": "farm-{group}",
            "role_size": "Small",
            "system_config": {"linux": {"user_name": "azureuser", "user_password": "env:ADMIN_PASSWORD"}},
            "os_virtual_hard_disk": {"source_image_name": IMAGE, "storage_account": "farmdisks"},
        }
    ],
}
SERVICE = {"name": "alone", "location": "West US", "hosted_services": [{"name": "alone"}]}
SERVICE_AS_YAML = "name: alone\nlocation: West US\nhosted_services:\n  - name: alone\n"
FARM_AS_YAML = yaml.safe_dump(FARM, sort_keys=False)
ALL = {
    "storage_account/farmdisks",
    "hosted_service/farm-1",
    "hosted_service/farm-2",
    "virtual_machine/farm-1/vm1",
    "virtual_machine/farm-1/vm2",
    "virtual_machine/farm-2/vm3",
    "virtual_machine/farm-2/vm4",
}


@pytest_asyncio.fixture(loop_scope="module")
async def emulator(identity_files, tmp_path):
    """Running in this process, so that it survives the service."""
    directory = shutil.copytree(identity_files, tmp_path / "emulator")
    async with Emulator(
        directory=directory, clock=300, tail=False, seed=1, quotas=Quotas(cores=100)
    ) as running_:
        yield running_


@pytest.fixture
def service(emulator, tmp_path):
    """The program, not yet started."""
    environment = {
        "AZURE_MANAGEMENT_SUBSCRIPTIONID": emulator.subscription_id,
        "AZURE_MANAGEMENT_CERTFILE": str(emulator.certificate_path),
        "AZURE_MANAGEMENT_HOST": emulator.url,
        "AZURE_MANAGEMENT_CA_FILE": str(emulator.ca_path),
        "ADMIN_PASSWORD": "Correct-Horse-7",
    }
    return WebService(tmp_path / "kept", environment)


@pytest_asyncio.fixture(loop_scope="module")
async def plans(service):
    """A client of the running program."""
    async with running(service) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium():
    """A browser without a window."""
    async with chromium_without_window() as browser:
        yield browser


async def there(emulator):
    """Keys of everything in the subscription."""
    async with emulator.service() as sms:
        accounts = [f"storage_account/{one.service_name}" for one in await sms.list_storage_accounts()]
        services = [one.service_name for one in await sms.list_hosted_services()]
        found = [await sms.get_hosted_service_properties(name, embed_detail=True) for name in services]
    machines = [
        f"virtual_machine/{one.service_name}/{role.role_name}"
        for one in found
        for deployment in one.deployments
        for role in deployment.role_list
    ]
    return sorted([*accounts, *(f"hosted_service/{name}" for name in services), *machines])


def creations(emulator):
    """How often the emulator has accepted each creation."""
    made = ("CreateHostedService", "CreateStorageService", "CreateVirtualMachineDeployment", "AddRole")
    return Counter(
        {
            each: sum(
                n for (name, status), n in emulator.journal.counts.items() if name == each and status < 300
            )
            for each in made
        }
    )


async def screenshot(page, name):
    """Keep a picture of the page, where ``ASYNCSM_SCREENSHOTS`` names a directory for them."""
    if directory := os.environ.get("ASYNCSM_SCREENSHOTS"):
        await page.screenshot(path=Path(directory) / f"{name}.png", full_page=True)


class TestRequests:
    """What a program asks of it."""

    async def test_a_plan_is_carried_out(self, plans, emulator):
        """A plan is accepted at once; its steps are streamed; in the end everything is there."""
        status, headers, accepted = await plans.post(FARM)
        assert (status, headers["Location"]) == (202, "/plans/farm")
        assert (accepted["id"], accepted["verb"], accepted["state"]) == ("farm", "apply", "running")
        seen = {}
        async with plans.events("farm") as events:
            assert (await anext(events))[0] == "snapshot"
            async for name, data in events:
                if name == "snapshot" and data["state"] == "done":
                    break
                if name == "step":
                    seen.setdefault(data["key"], []).append(data["outcome"] or data["state"])
        assert data["counts"] == {"created": 7}
        assert seen["virtual_machine/farm-2/vm4"][-2:] == ["running", "created"]
        assert set(await there(emulator)) == ALL
        assert [one["key"] for one in (await plans.get("/plans/farm"))["resources"]] != []
        assert [(one["id"], one["total"]) for one in await plans.get("/plans")] == [("farm", 7)]

    async def test_the_report(self, plans):
        """After a run there is a report: for programs as JSON, for people as a timeline."""
        await plans.post(SERVICE)
        await plans.until("alone", "done")
        report = await plans.get("/plans/alone/report")
        assert (report["verb"], report["outcomes"]) == ("apply", {"created": 1})
        async with plans.http.get("/plans/alone/report?format=html") as reply:
            assert reply.content_type == "text/html"
            assert "hosted_service/alone" in await reply.text()

    @pytest.mark.parametrize(
        ("content_type", "document"),
        [
            ("application/yaml", SERVICE_AS_YAML),
            ("text/yaml; charset=utf-8", SERVICE_AS_YAML),
            (
                "application/toml",
                'name = "alone"\nlocation = "West US"\n[[hosted_services]]\nname = "alone"\n',
            ),
        ],
    )
    async def test_other_forms(self, plans, content_type, document):
        """Plans are also YAML and TOML."""
        assert (await plans.post(document, content_type))[0] == 202
        assert (await plans.until("alone", "done"))["counts"] == {"created": 1}

    async def test_no_plan(self, plans):
        """What is no plan is refused with everything that is wrong with it, and where."""
        document = "name: ''\nlocation: West US\nhosted_service: []\nvirtual_machines:\n  - name: vm\n"
        status, headers, problem = await plans.post(document, "application/yaml")
        assert (status, headers["Content-Type"]) == (422, "application/problem+json")
        problems = {one["path"]: (one["line"], one["message"]) for one in problem["problems"]}
        assert problems["name"][0] == 1
        assert problems["hosted_service"] == (3, "is no field here; did you mean hosted_services?")
        assert problems["virtual_machines[0].service_name"] == (5, "Field required")
        assert await plans.get("/plans") == []

    async def test_a_plan_whose_files_are_not_there(self, plans):
        """Files are looked for before anything is begun."""
        services = [{"name": "alone", "certificates": [{"file": "web.pfx"}]}]
        status, _, problem = await plans.post({**SERVICE, "hosted_services": services})
        assert (status, problem["problems"][0]["message"]) == (422, "there is no web.pfx")

    async def test_other_refusals(self, plans, emulator):
        """Whatever is refused is a problem with a status that says why."""
        assert (await plans.post("name = 1", "text/plain"))[0] == 415
        too_long = io.BytesIO(b"#" * (4 * 1024 * 1024 + 1))
        as_yaml = {"Content-Type": "application/yaml"}
        async with plans.http.post("/plans", data=too_long, headers=as_yaml) as reply:
            assert reply.status == 413
        emulator.clock.pause()
        await plans.post(FARM)
        assert (await plans.post(FARM))[0] == 409
        for path in ("/plans/none", "/plans/none/events", "/plans/farm/report", "/none"):
            async with plans.http.get(path) as reply:
                assert (reply.status, reply.content_type) == (404, "application/problem+json")
                assert (await reply.json())["status"] == 404

    async def test_other_sites(self, plans):
        """Pages of other sites can neither change anything, nor ask under a name of their own."""
        foreign = {"Sec-Fetch-Site": "cross-site", "Content-Type": "application/yaml"}
        async with plans.http.post("/plans", data=SERVICE_AS_YAML, headers=foreign) as reply:
            assert reply.status == 403
        async with plans.http.get("/plans", headers={"Host": "rebound.example"}) as reply:
            assert reply.status == 400
        assert await plans.get("/plans") == []

    async def test_twice(self, plans, emulator):
        """A plan that has been carried out leaves nothing to do; a longer one adds what it has more."""
        await plans.post(SERVICE)
        await plans.until("alone", "done")
        await plans.post({**SERVICE, "hosted_services": [{"name": "alone"}, {"name": "together"}]})
        assert (await plans.until("alone", "done"))["counts"] == {"unchanged": 1, "created": 1}
        await plans.post({**SERVICE, "hosted_services": [{"name": "together"}]})
        done = await plans.until("alone", "done")
        assert (done["counts"], done["leftovers"]) == ({"unchanged": 1}, ["hosted_service/alone"])

    async def test_removing(self, plans, emulator):
        """What a plan has made is removed, and nothing else; the second time the plan is forgotten."""
        async with emulator.service() as sms:
            await sms.create_hosted_service("farm-1", label="before", location="West US")
        await plans.post(FARM)
        assert (await plans.until("farm", "done"))["counts"] == {"created": 6, "unchanged": 1}
        async with plans.http.delete("/plans/farm?disks=true") as reply:
            assert (reply.status, reply.headers["Location"]) == (202, "/plans/farm")
        removed = await plans.until("farm", "done")
        assert (removed["verb"], removed["counts"]) == ("destroy", {"removed": 6, "kept": 1})
        assert await there(emulator) == ["hosted_service/farm-1"]
        async with plans.http.delete("/plans/farm") as reply:
            assert reply.status == 204
        assert await plans.get("/plans") == []

    async def test_stopping(self, plans, emulator):
        """Nothing more is begun, what was sent is waited for; later the plan is carried on with."""
        emulator.clock.pause()
        await plans.post(FARM)
        await plans.until_resource("farm", "running")
        async with plans.http.post("/plans/farm/stop") as reply:
            assert (reply.status, (await reply.json())["state"]) == (202, "stopping")
        emulator.clock.resume()
        stopped = await plans.until("farm", "stopped")
        assert stopped["counts"]["stopped"] >= 4
        assert "virtual_machine/farm-1/vm1" not in await there(emulator)
        async with plans.http.post("/plans/farm/apply") as reply:
            assert reply.status == 202
        assert sum((await plans.until("farm", "done"))["counts"].values()) == 7
        assert set(await there(emulator)) == ALL

    async def test_stopping_at_once(self, plans, emulator):
        """A plan that is stopped before anything was begun leaves nothing, and does not begin later."""
        emulator.clock.pause()
        emulator.faults.add(Fault(kind="slow", seconds=1, operation="reads"))
        await plans.post(FARM)
        async with plans.http.post("/plans/farm/stop") as reply:
            assert (await reply.json())["state"] == "stopping"
        emulator.clock.resume()
        assert (await plans.until("farm", "stopped"))["counts"] == {"stopped": 7}
        emulator.faults.clear()
        assert await there(emulator) == []

    async def test_removing_what_is_being_made(self, plans, emulator):
        """A plan that is removed while it is carried out is stopped first; nothing is left of it."""
        emulator.clock.pause()
        await plans.post(FARM)
        await plans.until_resource("farm", "running")
        async with plans.http.delete("/plans/farm?disks=true") as reply:
            assert (await reply.json())["verb"] == "destroy"
        emulator.clock.resume()
        await plans.until("farm", "done")
        assert await there(emulator) == []


class TestRestarts:
    """The program ends, however it ends, and is started again."""

    @pytest.mark.parametrize("ended", ["killed", "stopped"])
    async def test_it_goes_on(self, service, emulator, ended):
        """A plan in the middle is gone on with, unasked: in the end exactly the plan, and nothing twice."""
        async with running(service) as plans:
            await plans.post(FARM)
            await plans.until_resource("farm", "running", "virtual_machine/farm-1/vm1")
            emulator.clock.pause()
            if ended == "killed":
                await service.kill()
            else:
                await service.stop()
                assert service.ended_in_order
        assert set(await there(emulator)) < ALL
        async with running(service) as plans:
            emulator.clock.resume()
            done = await plans.until("farm", "done")
        assert sum(done["counts"].values()) == len(ALL)
        assert set(done["counts"]) <= {"created", "unchanged"}
        assert await there(emulator) == sorted(ALL)
        assert creations(emulator) == {
            "CreateStorageService": 1,
            "CreateHostedService": 2,
            "CreateVirtualMachineDeployment": 2,
            "AddRole": 2,
        }

    async def test_what_has_ended_is_still_told(self, service, emulator):
        """Plans that have ended, and those somebody has stopped, are left as they are."""
        async with running(service) as plans:
            await plans.post(SERVICE)
            before = await plans.until("alone", "done")
            emulator.clock.pause()
            await plans.post(FARM)
            await plans.until_resource("farm", "running")
            await plans.http.post("/plans/farm/stop")
            await service.kill()
        async with running(service) as plans:
            assert await plans.get("/plans/alone") == before
            assert (await plans.get("/plans/farm"))["state"] == "stopped"

    async def test_somebody_who_looks_on(self, service, emulator):
        """An open stream does not keep the program from ending."""
        async with running(service) as plans:
            emulator.clock.pause()
            await plans.post(FARM)
            async with plans.events("farm") as events:
                await anext(events)
                await service.stop()
                assert service.ended_in_order
                assert [name async for name, _ in events if name == "end"] == []

    async def test_the_service_is_away(self, service, emulator):
        """Where the service cannot be reached the plan says so; the next start goes on with it."""
        async with running(service) as plans:
            emulator.faults.add(Fault(kind="503"))
            await plans.post(SERVICE)
            interrupted = await plans.until("alone", "interrupted")
            assert "ServerBusy" in interrupted["error"]
        emulator.faults.clear()
        async with running(service) as plans:
            assert (await plans.until("alone", "done"))["counts"] == {"created": 1}

    async def test_with_an_emulator_of_its_own(self, tmp_path):
        """A newcomer needs nothing; what is in the emulator survives as well."""
        service = WebService(tmp_path / "kept", {}, "--emulator")
        async with running(service) as plans:
            await plans.post(FARM)
            await plans.until_resource("farm", "running")
            await service.kill()
        async with running(service) as plans:
            assert sum((await plans.until("farm", "done"))["counts"].values()) == len(ALL)


class TestPage:
    """What people see of it."""

    @pytest_asyncio.fixture(loop_scope="module")
    async def opened(self, chromium, plans, service):
        """Opens the page; in the end, nothing has gone wrong in it, and it has asked nobody else."""
        troubles, hosts, contexts = [], set(), []

        async def open_(viewport=DESKTOP, **options):
            context = await chromium.new_context(viewport=viewport, **options)
            contexts.append(context)
            page = await context.new_page()
            page.on("pageerror", lambda error: troubles.append(str(error)))
            page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
            page.on("request", lambda asked: hosts.add(urlsplit(asked.url).netloc))
            await page.goto(f"{service.url}/")
            await expect(page.locator("#connection")).to_have_text("live")
            return page

        yield open_
        for context in contexts:
            await context.close()
        # A service that is started again, and what it refuses, are no troubles of the page.
        assert not [each for each in troubles if "net::ERR" not in each and "status of 4" not in each]
        assert hosts - {""} == {urlsplit(service.url).netloc}

    @pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
    async def test_a_plan_from_beginning_to_end(self, opened, emulator, viewport):
        """A plan is pasted; its resources are seen to be created; nothing is reloaded, nothing sticks out."""
        page = await opened(viewport)
        await page.evaluate("window.loadedOnce = true")
        await page.get_by_label("Plan", exact=True).fill(FARM_AS_YAML)
        emulator.clock.pause()
        await page.get_by_role("button", name="Carry out").click()
        await expect(page.locator("#plan-name")).to_have_text("farm")
        rows = page.locator("#resources tbody tr")
        await expect(rows).to_have_count(7)
        machine = rows.filter(has_text="vm2").locator(".state")
        await expect(machine).to_have_text("waiting")
        await expect(rows.filter(has_text="farmdisks").locator(".state")).to_have_text("running")
        await expect(page.locator("#counts")).to_contain_text("4 waiting")
        await screenshot(page, f"running-{viewport['width']}")
        emulator.clock.resume()
        await expect(machine).to_have_text("created", timeout=30_000)
        await expect(page.locator("#plan-state")).to_have_text("carried out", timeout=30_000)
        await expect(rows.locator(".state")).to_have_text(["created"] * 7)
        await expect(page.locator("#counts li")).to_have_text(["7 created"])
        await expect(page.locator("nav li").filter(has_text="farm")).to_contain_text("7 of 7 resources")
        await screenshot(page, f"done-{viewport['width']}")
        assert await page.evaluate("window.loadedOnce")
        assert await page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]

    async def test_what_is_wrong(self, opened):
        """Everything that is wrong is listed with its place, which is selected when it is chosen."""
        page = await opened()
        document = page.get_by_label("Plan", exact=True)
        await document.fill("name: farm\nlocation: West US\nhosted_service: []\nversion: 7\n")
        await page.get_by_role("button", name="Carry out").click()
        problems = page.locator("#problems button")
        await expect(problems).to_have_count(2)
        problem = problems.filter(has_text="hosted_service")
        await expect(problem).to_contain_text("line 3")
        await expect(problem).to_contain_text("did you mean hosted_services?")
        await screenshot(page, "problems")
        await problem.click()
        await expect(document).to_be_focused()
        assert await page.evaluate("getSelection().toString()") == "hosted_service: []"

    @pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
    async def test_what_has_failed(self, opened, viewport):
        """What has failed says why, and can be found among the rest."""
        page = await opened(viewport, color_scheme="dark")
        document = page.get_by_label("Plan", exact=True)
        await document.fill(FARM_AS_YAML.replace(IMAGE, "nothing-of-that-name"))
        await page.get_by_role("button", name="Carry out").click()
        await expect(page.locator("#plan-state")).to_have_text("partly carried out", timeout=30_000)
        await expect(page.locator("#counts li")).to_have_text(["4 failed", "3 created"])
        reason = page.locator("#reasons li")
        await expect(reason).to_have_count(1)
        await expect(reason).to_contain_text("4 x ")
        await expect(reason).to_contain_text("The image with the specified name does not exist")
        await expect(reason).to_be_in_viewport()
        await expect(page.locator("nav li .state")).to_have_text("partly carried out")
        again, remove = (
            page.get_by_role("button", name="Carry out again"),
            page.get_by_role("button", name="Remove…"),
        )
        before = await again.bounding_box()
        await again.click()
        await expect(page.locator("#plan-state")).to_have_text("partly carried out", timeout=30_000)
        box = await remove.bounding_box()
        apart = box["x"] >= before["x"] + before["width"] or box["y"] >= before["y"] + before["height"]
        assert apart, "what removes is where a button was that was clicked"
        await page.get_by_placeholder("Filter by name or state").fill("failed")
        shown = page.locator("#resources tbody tr:visible")
        await expect(shown).to_have_count(4)
        await expect(shown.first).to_contain_text("The image with the specified name does not exist")
        await screenshot(page, f"failed-{viewport['width']}")
        assert await page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]

    async def test_without_a_mouse(self, opened):
        """All can be done by keys, and what has the focus is seen to have it."""
        page = await opened()
        await page.keyboard.press("n")
        await expect(page.get_by_label("Plan", exact=True)).to_be_focused()
        await page.keyboard.insert_text(SERVICE_AS_YAML)
        await page.keyboard.press("Control+Enter")
        await expect(page.locator("#plan-state")).to_have_text("carried out")
        await expect(page.locator("#plan-name")).to_be_focused()
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("button", name="Carry out again")).to_be_focused()
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        assert await page.evaluate(outline) == "solid"
        await page.keyboard.press("/")
        await page.keyboard.type("nothing like it")
        await expect(page.locator("#no-resources")).to_be_visible()
        await expect(page.locator("#resources tbody tr:visible")).to_have_count(0)
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="Remove…").focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("button", name="Keep everything")).to_be_focused()
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.locator("#plan-state")).to_have_text("removed")
        await page.get_by_role("button", name="Forget").press("Enter")
        await expect(page.locator("nav li")).to_have_count(0)
        await expect(page.get_by_label("Plan", exact=True)).to_be_visible()

    async def test_coming_back(self, opened, plans, service, emulator):
        """When the service is killed and started again, the page says so and then shows how the plan goes on."""
        page = await opened()
        emulator.clock.pause()
        await plans.post(FARM)
        await page.locator("nav li").filter(has_text="farm").click()
        rows = page.locator("#resources tbody tr")
        await expect(rows.filter(has_text="farmdisks").locator(".state")).to_have_text("running")
        await service.kill()
        await expect(page.locator("#connection")).to_contain_text("not connected")
        emulator.clock.resume()
        await service.start()
        await expect(page.locator("#connection")).to_have_text("live", timeout=20_000)
        await expect(page.locator("#plan-state")).to_have_text("carried out", timeout=40_000)
        await expect(rows).to_have_count(7)

    async def test_the_timeline(self, opened, plans):
        """The report of a run opens beside the page, and names every resource."""
        await plans.post(SERVICE)
        await plans.until("alone", "done")
        page = await opened()
        await page.locator("nav li").click()
        async with page.context.expect_page() as beside:
            await page.get_by_role("link", name="Timeline").click()
        await expect((await beside.value).locator("svg")).to_contain_text("hosted_service/alone")

    @pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
    async def test_colours(self, opened, plans, viewport):
        """It is light or dark as the system is."""
        await plans.post(SERVICE)
        grounds = []
        for scheme in ("light", "dark"):
            page = await opened(viewport, color_scheme=scheme)
            grounds.append(await page.evaluate("getComputedStyle(document.body).backgroundColor"))
            await page.get_by_role("button", name="Example").click()
            await screenshot(page, f"{scheme}-{viewport['width']}")
        light, dark = (sum(map(int, each.removeprefix("rgb(").rstrip(")").split(","))) for each in grounds)
        assert light > 600 > 150 > dark
