"""Web sites over plain HTTP: web spaces, plans, states, publishing, metrics, and how requests are refused."""

from dataclasses import replace

import pytest
from doubles.bare_client import AZURE

SPACE = "services/webspaces/eastuswebspace"
SITES = f"{SPACE}/sites"
USERS = "services/webspaces?properties=publishingCredentials"
NAMESPACE = 'xmlns="http://schemas.microsoft.com/windowsazure"'


def new_site(name, *, space=True, hosts=(), farm=""):
    """Request of Create Web Site."""
    names = "".join(f"<a:string>{each}</a:string>" for each in hosts)
    arrays = 'xmlns:a="http://schemas.microsoft.com/2003/10/Serialization/Arrays"'
    made = "<WebSpaceToCreate><GeoRegion>East US</GeoRegion><Name>eastuswebspace</Name></WebSpaceToCreate>"
    return (
        f"<Site {NAMESPACE}><HostNames {arrays}>{names}</HostNames><Name>{name}</Name>"
        f"<ComputeMode>Shared</ComputeMode>{farm and f'<ServerFarm>{farm}</ServerFarm>'}"
        f"{made if space else ''}</Site>"
    )


def user(name, password):
    """Request of Create Publishing User."""
    given = "" if password is None else f"<PublishingPassword>{password}</PublishingPassword>"
    return f"<User {NAMESPACE}>{given}<PublishingUserName>{name}</PublishingUserName></User>"


def plan(name, sku="Standard", workers=2, size="Small"):
    """Request of Create Web Hosting Plan."""
    return (
        f"<ServerFarm {NAMESPACE}><Name>{name}</Name><NumberOfWorkers>{workers}</NumberOfWorkers>"
        f"<SKU>{sku}</SKU><WorkerSize>{size}</WorkerSize></ServerFarm>"
    )


@pytest.fixture
async def shop(management):
    """A site in a web space that was made with it."""
    made = await management.post(SITES, new_site("shop"))
    assert made.status == 200
    return f"{SITES}/shop"


def change(**elements):
    inside = "".join(f"<{name}>{text}</{name}>" for name, text in elements.items())
    return f"<Site {NAMESPACE}>{inside}</Site>"


async def test_bodies_are_called_as_in_the_request(management):
    """An answer has the type of the request's body, and one without a body that of XML."""
    asked = {"Content-Type": "application/atom+xml;type=entry;charset=utf-8"}
    for body, kind in ((new_site("shop"), "application/atom+xml"), ("", "application/xml")):
        answer = await management.send("POST" if body else "GET", SITES, body, **asked)
        assert (answer.status, answer.headers["Content-Type"]) == (200, f"{kind}; charset=utf-8")


async def test_a_site_brings_its_web_space_and_a_free_plan(management, shop):
    """Both stay when the site goes, unless the plan is to go with it."""
    assert (await management.get(SPACE)).find("GeoRegion") == "East US"
    site = await management.get(shop)
    assert [site.find(name) for name in ("State", "SKU", "ServerFarm", "SiteMode")] == [
        "Running",
        "Free",
        "Default0",
        "Limited",
    ]
    assert site.headers["Etag"].startswith('"1D')
    assert (await management.delete(shop)).status == 200
    assert (await management.get(f"{SPACE}/serverfarms/Default0")).find("NumberOfWorkers") == "0"
    await management.post(SITES, new_site("shop"))
    await management.delete(f"{shop}?deleteEmptyServerFarm=true")
    assert (await management.get(f"{SPACE}/serverfarms/Default0")).status == 404
    assert (await management.get(SPACE)).status == 200


async def test_host_names_have_small_letters(management):
    """So they are told whatever letters the name has, which itself stays as it was given."""
    given = ["ATMTest.azurewebsites.net"]
    site = await management.post(SITES, new_site("ATMTest", hosts=given))
    assert site.root.findtext("{*}Name") == "ATMTest"
    inside = (("HostNames", "string"), ("EnabledHostNames", "string"), ("HostNameSslStates", "Name"))
    told = {each.text for name, leaf in inside for each in site.root.iterfind(f".//{{*}}{name}//{{*}}{leaf}")}
    assert told == {"atmtest.azurewebsites.net", "atmtest.scm.azurewebsites.net"}
    profiles = await management.get(f"{SITES}/ATMTest/publishxml")
    assert 'publishUrl="atmtest.scm.azurewebsites.net:443"' in profiles.text


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "extended"),
    [
        ("GET", "services/webspaces/nowhere", "", 404, "51004"),
        ("GET", f"{SITES}/nothing", "", 404, "04009"),
        ("POST", SITES, new_site("shop"), 409, "04008"),
        ("POST", SITES, new_site("other", hosts=["shop.azurewebsites.net"]), 409, "54003"),
        ("POST", SITES, new_site("other", hosts=["SHOP.azurewebsites.net"]), 409, "54003"),
        ("POST", SITES, new_site("other", hosts=["third.azurewebsites.net"]), 400, "04003"),
        ("POST", SITES, new_site("other", farm="nothing"), 404, "51004"),
        ("POST", SITES, new_site("-other-"), 400, "01003"),
        ("POST", SITES, new_site("nothing(stage)"), 404, "04009"),
        ("PUT", f"{SITES}/shop", change(State="Sleeping"), 400, "01007"),
        ("PUT", f"{SITES}/shop", change(ServerFarm="nothing"), 404, "51004"),
        ("GET", f"{SITES}/shop/repository", "", 404, "05005"),
        ("GET", f"{SITES}/shop/metrics?timeGrain=PT7M", "", 400, "01007"),
        ("GET", f"{SITES}/shop/metrics?StartTime=2015-07-02&EndTime=2015-07-01", "", 400, "01009"),
        ("POST", f"{SPACE}/serverfarms", plan("Default0"), 409, "01020"),
        ("POST", f"{SPACE}/serverfarms", plan("big", workers=11), 409, "03002"),
        ("POST", f"{SPACE}/serverfarms", plan("big", workers=0), 400, "04004"),
        ("POST", f"{SPACE}/serverfarms", plan("big", sku="Gold"), 400, "01007"),
        ("POST", f"{SPACE}/serverfarms", plan("big", size="Huge"), 400, "01007"),
        ("DELETE", f"{SPACE}/serverfarms/Default0", "", 409, "11003"),
        ("PUT", USERS, user("", "Secret12"), 400, "06009"),
        ("PUT", USERS, user("me", None), 400, "06007"),
        ("PUT", USERS, user("me", ""), 400, "06006"),
        ("PUT", USERS, user("me ", "Secret12"), 400, "06005"),
    ],
)
async def test_refusals(management, shop, method, path, body, status, extended):
    """An error has a number of its own, a template, and what stands in that."""
    refused = await management.send(method, f"/{management.subscription_id}/{path}", body.encode())
    assert (refused.status, refused.find("ExtendedCode")) == (status, extended)
    values = [each.text for each in refused.root.find(f"{AZURE}Parameters")]
    assert refused.find("MessageTemplate").format(*values) == refused.find("Message")


async def test_a_site_has_its_own_name_once(management):
    """Also where the request spells it otherwise."""
    await management.post(SITES, new_site("shop", hosts=["SHOP.AzureWebsites.net", "www.example.com"]))
    names = (await management.get(f"{SITES}/shop")).root.find(f"{AZURE}HostNames")
    assert [one.text for one in names] == ["shop.azurewebsites.net", "www.example.com"]


async def test_sites_of_all_web_spaces_count(emulator, management, shop):
    """A subscription has so many, wherever they are."""
    subscription = emulator.state.subscriptions[emulator.subscription_id]
    subscription.quotas = replace(subscription.quotas, web_sites=2)
    west = new_site("west").replace("East US", "West US").replace("eastuswebspace", "westuswebspace")
    assert (await management.post("services/webspaces/westuswebspace/sites", west)).status == 200
    assert (await management.post(SITES, new_site("third"))).status == 400


async def test_a_site_is_stopped_and_started(management, shop):
    """Each change is a later one, also at the same moment."""
    stopped = await management.put(shop, change(State="Stopped"))
    started = await management.put(shop, change(State="Running"))
    assert (stopped.find("State"), started.find("State")) == ("Stopped", "Running")
    assert stopped.headers["Etag"] < started.headers["Etag"] == (await management.get(shop)).headers["Etag"]


async def test_slots_go_before_their_site(management, shop):
    """A slot is a site whose name has its own in brackets, with the plan of that."""
    await management.post(SITES, new_site("shop(stage)"))
    assert "shop-stage.azurewebsites.net" in (await management.get(f"{SITES}/shop(stage)")).text
    assert (await management.delete(shop)).status == 409
    assert (await management.delete(f"{shop}?deleteAllSlots=true")).status == 200
    assert (await management.get(f"{SITES}/shop(stage)")).status == 404


async def test_publishing(management, shop):
    """A new password stands in the profile at once; the other user is the subscription's."""
    before = (await management.get(f"{shop}/publishxml")).root
    made = await management.post(f"{shop}/newpassword", "")
    assert made.headers["Etag"] == (await management.get(shop)).headers["Etag"]
    after = (await management.get(f"{shop}/publishxml")).root
    passwords = [[each.get("userPWD") for each in root] for root in (before, after)]
    assert passwords[0] != passwords[1]
    assert [len(each) for each in passwords[1]] == [60, 60]
    assert "Etag" not in (await management.post(f"{shop}/repository")).headers
    user = (
        f"<User {NAMESPACE}><PublishingPassword>secret</PublishingPassword>"
        "<PublishingUserName>me</PublishingUserName></User>"
    )
    await management.put("services/webspaces?properties=publishingCredentials", user)
    assert ">me<" in (await management.get("services/webspaces?properties=publishingUsers")).text


async def test_names_and_regions(management, shop):
    """A name is taken wherever the site is."""
    taken = await management.get("services/webspaces?ishostnameavailable=shop")
    free = await management.get("services/webspaces?ishostnameavailable=other")
    assert (taken.root.text, free.root.text) == ("false", "true")
    assert (await management.get("services/webspaces?properties=dnssuffix")).root.text == "azurewebsites.net"
    assert "East US 2" in (await management.get("services/webspaces?properties=georegions")).text


async def test_metrics_of_what_nobody_visits(management, shop):
    """There are no values; an unknown metric is no error."""
    found = await management.get(f"{shop}/metrics?names=Requests,nothing&StartTime=2015-06-30T22:10:00Z")
    codes = [each.findtext(f"{AZURE}Code") for each in found.root]
    assert codes == ["Success", "MetricNotFound"]
    assert found.find("StartTime") == "2015-06-30T22:00:00Z"
    assert len((await management.get(f"{shop}/metricdefinitions")).root) == 15
    assert len((await management.get(f"{shop}/usages")).root) == 4


async def test_instances_and_plans(management, shop):
    """A site runs on each worker of its plan, and on none while it is stopped."""
    await management.post(f"{SPACE}/serverfarms", plan("own"))
    assert len((await management.get(f"{shop}/instanceids")).root) == 1
    await management.put(shop, change(ServerFarm="own"))
    assert len((await management.get(f"{shop}/instanceids")).root) == 2
    await management.put(f"{SPACE}/serverfarms/own", plan("own", workers=3, size="Large"))
    assert len((await management.get(f"{shop}/instanceids")).root) == 3
    await management.put(shop, change(State="Stopped"))
    assert len((await management.get(f"{shop}/instanceids")).root) == 0
