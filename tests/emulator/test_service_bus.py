"""Service Bus: namespaces and how they come and go, their keys, and the queues, topics, hubs and relays in them."""

import base64

import pytest
from doubles.compute import tag

from asyncsm.emulator.control.resources import RESOURCE_KINDS
from asyncsm.emulator.control.schemas import ResourceListing
from asyncsm.wire.atom import ATOM
from asyncsm.wire.service_bus import CONNECT
from asyncsm.wire.service_bus_metrics import DATA_SERVICES, METADATA

NAMESPACES = "services/servicebus/namespaces"
MESSAGES = f"{NAMESPACES}/messages"
QUEUES, RULES = f"{MESSAGES}/queues", f"{MESSAGES}/authorizationrules"
SEED = {
    "service_bus_namespaces": [
        {
            "name": "messages",
            "rules": [{"name": "sender", "rights": ["Send"]}],
            "queues": [{"name": "orders", "requires_session": True}],
            "topics": [{"name": "news"}],
            "notification_hubs": ["phones"],
            "relays": ["door"],
        }
    ]
}
KEY = base64.b64encode(bytes(32)).decode()


def entry(kind, content=""):
    return (
        f'<entry xmlns="{ATOM}"><content type="application/xml"><{kind} xmlns="{CONNECT}">{content}</{kind}>'
        "</content></entry>"
    )


def namespace(region="West US", content=""):
    return entry("NamespaceDescription", tag("Region", region) + content)


def queue(**elements):
    return entry("QueueDescription", "".join(tag(name, text) for name, text in elements.items()))


def rights(*words):
    return tag("Rights", "".join(tag("AccessRights", word) for word in words))


def rule(name="mine", words=("Send",), key=""):
    names = tag("KeyName", name) + (tag("PrimaryKey", key) if key else "")
    return entry("SharedAccessAuthorizationRule", rights(*words) + names)


def own_rules(*names):
    rules = "".join(tag("AuthorizationRule", rights("Listen") + tag("KeyName", name)) for name in names)
    return entry("QueueDescription", tag("AuthorizationRules", rules))


def said(answer, name, among=CONNECT):
    """Texts of all elements of that name in an answer."""
    return [one.text for one in answer.root.iter(f"{{{among}}}{name}")]


def titles(answer):
    return [one.findtext(f"{{{ATOM}}}title") for one in answer.root.iter(f"{{{ATOM}}}entry")]


@pytest.fixture(autouse=True)
async def seeded(emulator):
    """A namespace with one of everything."""
    emulator.seed(SEED)


REFUSED = [
    ("GET", f"{NAMESPACES}/nothing", "", 404, "downlevel"),
    ("DELETE", f"{NAMESPACES}/nothing", "", 404, "downlevel"),
    ("PUT", f"{NAMESPACES}/MESSAGES", namespace(), 403, "downlevel"),
    ("PUT", f"{NAMESPACES}/short", namespace(), 403, "downlevel"),
    ("PUT", f"{NAMESPACES}/1messages", namespace(), 403, "downlevel"),
    ("PUT", f"{NAMESPACES}/messages-", namespace(), 403, "downlevel"),
    ("PUT", f"{NAMESPACES}/messages-sb", namespace(), 403, "downlevel"),
    ("PUT", f"{NAMESPACES}/messages-mgmt", namespace(), 403, "downlevel"),
    ("PUT", f"{NAMESPACES}/atlantis", namespace("Atlantis"), 400, "region 'Atlantis'"),
    ("PUT", f"{NAMESPACES}/letters", namespace(content=tag("NamespaceType", "Post")), 400, "'Post'"),
    ("GET", "services/servicebus/checknamespaceavailability", "", 400, "namespace"),
    ("GET", f"{NAMESPACES}/nothing/queues", "", 404, "downlevel"),
    ("GET", f"{QUEUES}/none", "", 404, "downlevel"),
    ("DELETE", f"{QUEUES}/none", "", 404, "downlevel"),
    ("GET", f"{QUEUES}/none/connectiondetails", "", 404, "downlevel"),
    ("GET", f"{QUEUES}?$top=many", "", 400, "$top"),
    ("PUT", f"{QUEUES}/ORDERS", queue(), 409, "already exists"),
    ("PUT", f"{QUEUES}/news", queue(), 409, "already exists"),
    ("PUT", f"{QUEUES}/-", queue(), 400, "The name '-'"),
    ("PUT", f"{QUEUES}/x", queue(MaxSizeInMegabytes=1500), 400, "1500"),
    ("PUT", f"{QUEUES}/x", queue(LockDuration="PT6M"), 400, "'PT6M'"),
    ("PUT", f"{QUEUES}/x", queue(DefaultMessageTimeToLive="a day"), 400, "'a day'"),
    ("PUT", f"{QUEUES}/x", queue(Status="Gone"), 400, "'Gone'"),
    ("PUT", f"{QUEUES}/x", queue(MaxDeliveryCount=0), 400, "at least once"),
    ("PUT", f"{QUEUES}/x", own_rules("a", "A"), 400, "its own name"),
    ("PUT+", f"{QUEUES}/none", queue(), 404, "downlevel"),
    ("PUT+", f"{QUEUES}/orders", queue(RequiresSession="false"), 400, "requires_session"),
    ("POST", RULES, rule("SENDER"), 409, "already exists"),
    ("POST", RULES, rule(""), 400, "''"),
    ("POST", RULES, rule(words=()), 400, "rights"),
    ("POST", RULES, rule(words=("Rule",)), 400, "rights"),
    ("POST", RULES, rule(key="a2V5"), 400, "32 bytes"),
    ("GET", f"{RULES}/none", "", 404, "downlevel"),
    ("PUT+", f"{RULES}/none", rule(), 404, "downlevel"),
    ("DELETE", f"{RULES}/none", "", 404, "downlevel"),
    ("GET", f"{QUEUES}/orders/metrics/none/rollups", "", 404, "downlevel"),
    ("GET", f"{QUEUES}/orders/metrics/size/rollups/PT2M/values", "", 404, "downlevel"),
    ("GET", f"{QUEUES}/orders/metrics/size/rollups/PT1H/values?$filter=now", "", 400, "filter now"),
    ("DELETE", f"{MESSAGES}/notificationhubs/none", "", 404, "downlevel"),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "words"), REFUSED)
async def test_what_is_refused(management, method, path, body, status, words):
    """A refusal is an element ``string``; where nobody saw what it says, it says what is wrong."""
    condition = {"If_Match": "*"} if method.endswith("+") else {}
    answer = await management.send(method.rstrip("+"), path, body or None, **condition)
    assert (answer.status, answer.root.tag.rpartition("}")[2]) == (status, "string"), answer.text
    assert words in answer.root.text
    assert answer.headers["Server"] == "Microsoft-HTTPAPI/2.0"


async def test_a_namespace_comes_and_goes(management):
    """It has its keys from the beginning, tells them again when it is active, and its name is free when it is gone."""
    path = f"{NAMESPACES}/Letters1"
    question = "services/servicebus/checknamespaceavailability?namespace=letters1"
    assert said(await management.get(question), "Result") == ["true"]
    made = await management.put(path, namespace())
    (key,) = said(made, "DefaultKey")
    assert said(made, "ConnectionString") == [
        f"Endpoint=sb://letters1.servicebus.windows.net/;SharedSecretIssuer=owner;SharedSecretValue={key}"
    ]
    for seconds, status, keys in ((0, "Activating", []), (30, "Active", [key])):
        management.clock.advance(seconds)
        read = await management.send("GET", path, x_ms_version="2012-03-01")
        assert (said(read, "Status"), said(read, "DefaultKey")) == ([status], keys)
    assert said(await management.get(path), "DefaultKey") == []  # in later versions
    assert said(await management.get(question), "Result") == ["false"]
    assert (await management.delete(path)).status == 200
    assert (await management.delete(path)).status == 200
    read = await management.get(path)
    assert (said(read, "Status"), said(read, "Enabled")) == (["Removing"], ["false"])
    management.clock.advance(30)
    assert (await management.get(path)).status == 404
    assert said(await management.get(question), "Result") == ["true"]


async def test_nothing_is_in_a_namespace_that_is_not_active(management):
    """Its own API answers for what is in it, and is not there before, nor while it goes."""
    path = f"{NAMESPACES}/letters1"
    await management.put(path, namespace())
    for seconds, status in ((0, 404), (30, 201)):
        management.clock.advance(seconds)
        assert (await management.put(f"{path}/queues/x", queue())).status == status
        assert (await management.get(f"{path}/queues")).status == (200 if status == 201 else 404)
    await management.delete(path)
    assert (await management.get(f"{path}/queues/x")).status == 404


async def test_a_deleted_namespace_does_not_become_active(management):
    """What was to happen to a namespace does not happen to another one of its name."""
    path = f"{NAMESPACES}/letters1"
    await management.put(path, namespace())
    await management.delete(path)
    management.clock.advance(15)
    await management.put(path, namespace())
    management.clock.advance(10)
    assert said(await management.get(path), "Status") == ["Activating"]


async def test_namespaces_that_the_access_control_service_does_not_know(management):
    """They have no owner's key, and are connected to by their own rules."""
    path = f"{NAMESPACES}/letters1"
    kind = tag("CreateACSNamespace", "false") + tag("NamespaceType", "EventHub")
    made = await management.put(path, namespace("east us", kind))
    assert (said(made, "DefaultKey"), said(made, "AcsManagementEndpoint")) == ([], [])
    assert (said(made, "Region"), said(made, "NamespaceType")) == (["East US"], ["EventHub"])
    management.clock.advance(30)
    details = await management.get(f"{path}/connectiondetails")
    assert said(details, "KeyName") == ["RootManageSharedAccessKey"]


async def test_rules_of_a_namespace(management):
    """They can be made, changed and deleted; who may manage may do everything."""
    made = await management.post(RULES, rule(key=KEY))
    assert (made.status, said(made, "PrimaryKey")) == (201, [KEY])
    (secondary,) = said(made, "SecondaryKey")
    changed = await management.send("PUT", f"{RULES}/MINE", rule(words=("Manage",)), If_Match="*")
    assert (changed.status, said(changed, "AccessRights")) == (201, ["Listen", "Manage", "Send"])
    read = await management.get(f"{RULES}/mine")
    assert (said(read, "PrimaryKey"), said(read, "SecondaryKey")) == ([KEY], [secondary])
    assert said(read, "Revision") == ["1"]
    listed = await management.get(RULES)
    assert said(listed, "KeyName") == ["RootManageSharedAccessKey", "sender", "mine"]
    details = await management.get(f"{MESSAGES}/connectiondetails")
    assert said(details, "ConnectionString")[-1] == (
        f"Endpoint=sb://messages.servicebus.windows.net/;SharedAccessKeyName=mine;SharedAccessKey={KEY}"
    )
    assert (await management.delete(f"{RULES}/mine")).status == 204


async def test_a_queue_is_made_changed_and_deleted(management):
    """Of what a request does not say, it has the usual; what only the service knows is not taken from requests."""
    made = await management.put(f"{QUEUES}/Urgent", queue(LockDuration="PT30S", MessageCount=7))
    assert (made.status, titles(made)) == (201, ["Urgent"])
    assert said(made, "MaxDeliveryCount") == ["10"]
    assert said(made, "MessageCount") == ["0"]
    management.clock.advance(60)
    changed = await management.send(
        "PUT", f"{QUEUES}/urgent", queue(MaxSizeInMegabytes=2048, Status="Disabled"), If_Match="*"
    )
    assert (changed.status, said(changed, "LockDuration")) == (200, ["PT1M"])
    read = await management.get(f"{QUEUES}/URGENT")
    assert (said(read, "MaxSizeInMegabytes"), said(read, "Status")) == (["2048"], ["Disabled"])
    assert said(read, "CreatedAt") < said(read, "UpdatedAt")
    assert (await management.delete(f"{QUEUES}/urgent")).status == 200
    assert titles(await management.get(QUEUES)) == ["orders"]


async def test_a_queue_has_keys_of_its_own(management):
    """They lead to the queue and to nothing else."""
    await management.put(f"{QUEUES}/mine", own_rules("reader"))
    details = await management.get(f"{QUEUES}/mine/connectiondetails")
    (connection,) = said(details, "ConnectionString")
    assert connection.startswith("Endpoint=sb://messages.servicebus.windows.net/;SharedAccessKeyName=reader;")
    assert connection.endswith(";EntityPath=mine")
    assert said(details, "AccessRights") == ["Listen"]


async def test_pages(management):
    """A feed has at most a hundred entries, and a link to the next ones."""
    for number in range(101):
        if number == 99:  # with the one that was there
            full = await management.get(QUEUES)
            assert (len(titles(full)), "next" in full.text) == (100, False)
        await management.put(f"{QUEUES}/x{number:03}", queue())
    first = await management.get(QUEUES)
    assert len(titles(first)) == len(titles(await management.get(f"{QUEUES}?$top=1000"))) == 100
    (following,) = (one.get("href") for one in first.root.iter(f"{{{ATOM}}}link") if one.get("rel") == "next")
    assert following.endswith("$skip=100&$top=100")
    assert titles(await management.get(f"{QUEUES}?$skip=100&$top=100")) == ["x099", "x100"]
    assert titles(await management.get(f"{QUEUES}?$skip=1&$top=2")) == ["x000", "x001"]
    assert titles(await management.get(f"{QUEUES}?$skip={2**70}")) == []


async def test_hubs_and_relays(management):
    """They come by the namespace's own API, here by a seed; hubs have two keys from the beginning."""
    assert titles(await management.get(f"{MESSAGES}/NotificationHubs")) == ["phones"]
    details = await management.get(f"{MESSAGES}/NotificationHubs/phones/connectiondetails")
    assert len(said(details, "ConnectionString")) == 2
    assert said(await management.get(f"{MESSAGES}/relays"), "ListenerCount") == ["1"]
    assert titles(await management.get(f"{MESSAGES}/relays/door/connectiondetails")) == []
    assert (await management.delete(f"{MESSAGES}/NotificationHubs/phones")).status == 200
    assert titles(await management.get(f"{MESSAGES}/NotificationHubs")) == []


@pytest.mark.parametrize("path", ["queues/orders", "topics/news", "notificationhubs/phones", "relays/door"])
async def test_metrics(management, path):
    """There are some of everything, and as nothing happens in the emulator, all values are 0."""
    metrics = await management.get(f"{MESSAGES}/{path}/metrics")
    (metric, *_) = said(metrics, "Name", DATA_SERVICES)
    rollups = await management.get(f"{MESSAGES}/{path}/metrics/{metric}/rollups")
    assert said(rollups, "TimeGrain", DATA_SERVICES) == ["PT5M", "PT1H", "P1D"]
    management.clock.advance(2 * 3600)
    data = f"{MESSAGES}/{path}/metrics/{metric}/rollups/PT1H/values"
    everything = said(await management.get(data), "Timestamp", DATA_SERVICES)
    assert everything == ["2015-07-01T00:00:00Z", "2015-07-01T01:00:00Z"]
    later = await management.get(f"{data}?$filter=Timestamp gt datetime'{everything[0]}'")
    assert said(later, "Timestamp", DATA_SERVICES) == everything[1:]
    assert said(later, "Total", DATA_SERVICES) == ["0"]
    (total,) = later.root.iter(f"{{{DATA_SERVICES}}}Total")
    assert total.get(f"{{{METADATA}}}type") == "Edm.Int64"


@pytest.mark.parametrize("name", ["messages", "orders", "news", "phones", "door"])
async def test_the_portal_finds_a_namespace_by_what_is_in_it(emulator, name):
    """A row tells how many queues and topics there are, the namespace's own page what they are called."""
    kind = RESOURCE_KINDS["service-bus-namespaces"]
    (row,) = kind.part(emulator.state, ResourceListing(filter=name)).items
    assert (row.name, row.queues, row.topics, row.status) == ("messages", 1, 1, "Active")
    facts = kind.find(emulator.state, None, "Messages")
    assert facts.rules == ["RootManageSharedAccessKey", "sender"]
    assert [each.name for each in facts.contents] == ["orders", "news", "phones", "door"]


async def test_all_of_it_is_saved(emulator, management):
    """A snapshot has it, keys and what is to happen included."""
    await management.put(f"{NAMESPACES}/letters1", namespace())
    paths = [
        RULES,
        QUEUES,
        f"{MESSAGES}/topics",
        f"{MESSAGES}/notificationhubs",
        f"{MESSAGES}/relays",
        MESSAGES,
    ]

    async def contents():
        answers = [await management.get(path) for path in paths]
        return [[one.text for one in answer.root.iter() if CONNECT in one.tag] for answer in answers]

    before, snapshot = await contents(), emulator.snapshot()
    await management.delete(MESSAGES)
    management.clock.advance(60)
    emulator.restore(snapshot)
    assert await contents() == before
    management.clock.advance(60)
    assert said(await management.get(f"{NAMESPACES}/letters1"), "Status") == ["Active"]
