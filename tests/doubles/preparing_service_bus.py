"""Service Bus namespaces that a recorded subscription had from before, with their queues and topics."""

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from doubles.bare_client import Management
from doubles.recordings import Exchange

CONNECT = "http://schemas.microsoft.com/netservices/2010/10/servicebus/connect"
ATOM = "{http://www.w3.org/2005/Atom}"
ACTIVATION = 60
"""Virtual seconds after which a namespace can be used."""

_NAMESPACE = re.compile(r"/services/servicebus/namespaces/+([^/]+)(?:/(queues|topics))?", re.IGNORECASE)
_ASKED_FOR = re.compile(r"namespace=([^&]+)")
_READ_ONLY = ("CreatedAt", "UpdatedAt", "AccessedAt", "CountDetails", "AuthorizationRules")


async def prepare_service_bus(management: Management, said: list[Exchange]) -> None:
    """Make the namespaces that the first replies show, and what they say is in them."""
    present = dict(_present(said))
    for name, description in present.items():
        await _put(management, name, description)
    if present:
        management.clock.advance(ACTIVATION)
    for then in said:
        found = _NAMESPACE.search(then.path)
        for entry in _entries(then) if found and found[2] else ():
            name = entry.findtext(f"{ATOM}title")
            (description,) = entry.find(f"{ATOM}content")
            for each in [one for one in description if one.tag.rpartition("}")[2] in _READ_ONLY]:
                description.remove(each)
            await _put(management, f"{found[1]}/{found[2]}/{name}", ET.tostring(description, "unicode"))


def _present(said: list[Exchange]) -> Iterator[tuple[str, str]]:
    """Names of namespaces that were there, each with the description that makes it."""
    made = {found[1] for then in said if then.method == "PUT" and (found := _NAMESPACE.search(then.path))}
    for then in said:
        found = _NAMESPACE.search(then.path)
        if found and then.status == 200 and found[1] not in made:
            yield found[1], _description(then.response_body.decode())
        taken = _ASKED_FOR.search(then.query)
        if taken and b"<Result>false" in then.response_body:
            yield taken[1], _description("")
        for entry in _entries(then) if then.path.lower().strip("/").endswith("/namespaces") else ():
            yield entry.findtext(f".//{{{CONNECT}}}Name"), _description(ET.tostring(entry, "unicode"))


def _description(reply: str) -> str:
    region = re.search(r"Region>([^<]+)<", reply)
    knows_acs = "DefaultKey>" in reply
    return (
        f'<NamespaceDescription xmlns="{CONNECT}"><Region>{region[1] if region else "West US"}</Region>'
        f"<CreateACSNamespace>{str(knows_acs).lower()}</CreateACSNamespace></NamespaceDescription>"
    )


def _entries(then: Exchange) -> list[ET.Element]:
    return ET.fromstring(then.response_body).findall(f"{ATOM}entry") if then.response_body else []


async def _put(management: Management, path: str, description: str) -> None:
    await management.send(
        "PUT",
        f"services/servicebus/namespaces/{path}",
        f'<entry xmlns="{ATOM[1:-1]}"><content type="application/xml">{description}</content></entry>',
    )
