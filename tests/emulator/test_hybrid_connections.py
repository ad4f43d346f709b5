"""Hybrid connections of web sites over plain HTTP: made, told with their keys, changed, and refused."""

import pytest
from emulator.test_websites import NAMESPACE, SITES, new_site

CONNECTIONS = f"{SITES}/shop/hybridconnection"
WHOLE = {
    "BiztalkUri": "https://biz.example.com/",
    "EntityConnectionString": "Endpoint=sb://relay/;SharedAccessKey=send",
    "EntityName": "ledger",
    "Hostname": "ledger.corp",
    "Port": 1433,
    "ResourceConnectionString": "Endpoint=sb://relay/;SharedAccessKey=listen",
    "ResourceType": "SqlServer",
}


def connection(**changed):
    """Request to make a connection, or to change one."""
    inside = "".join(
        f"<{name}>{value}</{name}>" for name, value in (WHOLE | changed).items() if value is not None
    )
    return f"<RelayServiceConnectionEntity {NAMESPACE}>{inside}</RelayServiceConnectionEntity>"


@pytest.fixture
async def shop(management):
    """A site with a connection."""
    await management.post(SITES, new_site("shop"))
    made = await management.post(CONNECTIONS, connection())
    assert (made.status, made.find("Port")) == (200, "1433")


async def test_a_connection_is_told_with_its_keys(management, shop):
    """By its name in any case, and in the list."""
    for path in (f"{CONNECTIONS}/Ledger", CONNECTIONS):
        found = await management.get(path)
        assert {name: found.find(name) for name in WHOLE} == {
            name: str(value) for name, value in WHOLE.items()
        }


async def test_a_change_leaves_what_it_does_not_say(management, shop):
    """It names the connection in the body."""
    rest = dict.fromkeys(WHOLE.keys() - {"EntityName", "Port"})
    assert (await management.put(CONNECTIONS, connection(**rest, Port=1434))).status == 200
    found = await management.get(f"{CONNECTIONS}/ledger")
    assert (found.find("Port"), found.find("Hostname")) == ("1434", "ledger.corp")


async def test_a_connection_goes(management, shop):
    """The list is empty then."""
    assert (await management.delete(f"{CONNECTIONS}/ledger")).status == 200
    assert len((await management.get(CONNECTIONS)).root) == 0


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "extended"),
    [
        ("POST", CONNECTIONS, connection(), 409, "01020"),
        *[
            ("POST", CONNECTIONS, connection(**{"EntityName": "other", name: None}), 400, "01010")
            for name in WHOLE
        ],
        ("POST", CONNECTIONS, connection(EntityName="other", Port=65536), 400, "01007"),
        ("POST", f"{SITES}/none/hybridconnection", connection(), 404, "04009"),
        ("PUT", CONNECTIONS, connection(EntityName="other"), 404, "51004"),
        ("PUT", CONNECTIONS, connection(Port=0), 400, "01007"),
        ("GET", f"{CONNECTIONS}/other", "", 404, "51004"),
        ("DELETE", f"{CONNECTIONS}/other", "", 404, "51004"),
    ],
)
async def test_refusals(management, shop, method, path, body, status, extended):
    """All of a connection has to be said when it is made."""
    refused = await management.send(method, f"/{management.subscription_id}/{path}", body.encode())
    assert (refused.status, refused.find("ExtendedCode")) == (status, extended)
