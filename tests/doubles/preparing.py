"""What a recorded subscription had from before: found in a recording's own requests and replies, and made again."""

import json
import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from doubles.bare_client import AZURE, Management, document
from doubles.compute import LINUX_SET, WINDOWS_SET, encoded, hosted_service, machines
from doubles.preparing_scheduler import scheduled
from doubles.preparing_service_bus import prepare_service_bus
from doubles.recordings import Exchange, exchanges

REGION = "West US"
"""Where things are of which a recording does not say where they were."""

WEB_REGIONS = ("East US", "East US 2", "North Central US", "West US")
"""Regions of web spaces that were there before a recording."""

STAGES = {
    "East US 2 (Stage)": "East US 2",
    "North Central US (Stage)": "North Central US",
    "EastUS2(Stage)": "EastUS2",
    ".core.test-cint.azure-test.net": ".core.windows.net",
}
"""Regions and hosts that only the service's own people saw, and what is taken for them."""

PUT = ("cloudservices/", "services/monitoring/")
"""Beginnings of paths of what is not posted to a list."""

IMAGE_DISK = "unittest-donotdelete-ubuntu1404-os-2014-11-11"
VM_IMAGE = "unittest-donotdelete-ubuntu1404"

_NAMED = r"(?:<{0}>|\b{0}=\")([^<\"]+)"
_GROUP = re.compile(_NAMED.format("AffinityGroup"))
_LOCATION = re.compile(_NAMED.format("Location"))
_ACCOUNT = re.compile(r"https?://([a-z0-9]{3,24})\.blob\.core\.windows\.net")
_ROLE = re.compile(r"/services/hostedservices/([^/]+)/deployments/([^/]+)/roles/[^/]+$", re.IGNORECASE)
_SPACE = re.compile(r"/webspaces/+([^/\s]+)", re.IGNORECASE)
_GATEWAY_OF = re.compile(r"/networking/([^/]+)/gateway\b")
_PLACE = re.compile(r"<Subnet>([^<]+)</Subnet>\s*</Subnets>\s*<VnetName>([^<]+)<")
"""Subnet and network that an application gateway was to stand in."""
_STORAGE_NAME = re.compile(r"<CustomerStorageName>(\w+)<")
"""Account of a capture of a gateway's traffic, which was refused because of the key."""
_SPACE_MADE = re.compile(r"<WebSpaceToCreate>.*?<Name>([^<]+)</Name>", re.DOTALL)
_SITE = re.compile(r"/webspaces/+([^/]+)/+sites/+([^/]+)", re.IGNORECASE)
_MADE = re.compile(r"<(?:Service)?Name>([^<]+)</")


async def prepare(management: Management, recording: Path) -> None:
    """Make what was there before a recording, as far as its requests name it or its first replies show it."""
    said = list(exchanges(recording))
    for path, body in _present(said):
        verb = "PUT" if path.endswith("/media") or path.startswith(PUT) else "POST"
        made = await management.send(verb, path, body, Content_Type="application/xml")
        # What is refused here is missed where the recording needs it, and is reported there.
        if made.status == HTTPStatus.ACCEPTED:
            await management.finished(made)
    if recording.parent.name == "service_bus":
        await prepare_service_bus(management, said)


def _present(said: list[Exchange]) -> Iterator[tuple[str, str]]:
    """Requests that make what was there, in an order in which each finds what it needs."""
    requests = "\n".join(f"{then.path}\n{_text(then.request_body)}" for then in said)
    network_file = _network_file(said) or _asked_for_addresses(said)
    for name in sorted(
        {*_GROUP.findall(requests), *_GROUP.findall(network_file), *_read(said, "affinitygroups")}
    ):
        if name not in _made(said, "affinitygroups"):
            yield "affinitygroups", affinity_group(name)
    present = _machines(said)
    accounts = {
        *_ACCOUNT.findall(requests + "".join(body for _, body in present)),
        *_read(said, "storageservices"),
    }
    accounts |= {
        name
        for then in said
        if then.status == 400
        for name in _STORAGE_NAME.findall(_text(then.request_body))
    }
    if VM_IMAGE in requests:
        accounts |= {"portalvhdsmp6ddqtwmht89"}
    for name in sorted(accounts - _made(said, "storageservices")):
        yield "services/storageservices", _seen_account(said, name) or storage_account(name, _where(requests))
    for found in _seen(said, "hostedservices/", "HostedService"):
        if (found.findtext(f"{AZURE}ServiceName") or "") not in _made(said, "hostedservices"):
            yield (
                "services/hostedservices",
                _as_seen(found, "CreateHostedService", "Label Description Location"),
            )
    for found in _seen(said, "certificates/", "SubscriptionCertificate"):
        thumbprint = found.findtext(f"{AZURE}SubscriptionCertificateThumbprint") or ""
        if not any(then.method == "POST" and thumbprint in _text(then.request_body) for then in said):
            yield "certificates", document("SubscriptionCertificate", "".join(map(_written, found)))
    if VM_IMAGE in requests:
        yield "services/vmimages", _VM_IMAGE
    if network_file:
        yield "services/networking/media", network_file
    for found in _seen(said[:1], "routetables", "RouteTable"):
        yield "services/networking/routetables", document("RouteTable", "".join(map(_written, found)))
    yield from present
    made = {name.lower() for name in _SPACE_MADE.findall(requests)} | _missed_spaces(said)
    for name in sorted({one.lower() for one in _SPACE.findall(requests)} - made):
        yield f"services/webspaces/{name}/sites", web_site(f"before-{name}", name)
    yield from scheduled(said)
    yield from _alert_rules(said)
    for then in said:
        if "ishostnameavailable=" in then.query and b">false<" in then.response_body:
            taken = web_site(then.query.partition("=")[2], "westuswebspace")
            yield "services/webspaces/westuswebspace/sites", taken
    for space, name in sorted(_sites(said)):
        yield f"services/webspaces/{space}/sites", web_site(name, space)


def _alert_rules(said: list[Exchange]) -> Iterator[tuple[str, str]]:
    """Alert rules that were listed, and that the recording itself did not make."""
    made = {then.path.rpartition("/")[2] for then in said if then.method == "PUT"}
    lists = (then.response_body for then in said if then.path.endswith("/alertrules"))
    for rule in json.loads(next(lists, b"{}")).get("Value", ()):
        if rule["Id"] not in made:
            yield f"services/monitoring/alertrules/{rule['Id']}", json.dumps(rule)


def _missed_spaces(said: list[Exchange]) -> set[str]:
    """Web spaces that were not there when they were first asked for."""
    first: dict[str, int] = {}
    for then in said:
        if space := _SPACE.search(then.path):
            first.setdefault(space[1].lower(), then.status)
    return {name for name, status in first.items() if status == HTTPStatus.NOT_FOUND}


def _sites(said: list[Exchange]) -> set[tuple[str, str]]:
    """Web spaces and sites that were read before anything of that name was made."""
    seen: set[tuple[str, str]] = set()
    made: set[str] = set()
    for then in said:
        site = _SITE.search(then.path)
        if then.method == "POST":
            made |= {*_MADE.findall(_text(then.request_body))}
        elif site and then.method == "GET" and then.status == HTTPStatus.OK and site[2] not in made:
            seen.add((site[1], site[2]))
    return seen


def _machines(said: list[Exchange]) -> list[tuple[str, str]]:
    """Requests that make the virtual machines which were read first, and the hosted services they are in."""
    made = _made(said, "hostedservices")
    found: dict[str, tuple[str, str]] = {}
    for then in said:
        path = _ROLE.search(then.path)
        if path and then.method == "GET" and then.status == HTTPStatus.OK and path[1] not in {*made, *found}:
            shown = re.sub(
                r"<OsVersion ?/>|<IOType>\w+</IOType>| i:type=\"\w+\"", "", _text(then.response_body)
            )
            content = re.sub(r"</?PersistentVMRole[^>]*>", "", shown)
            system = WINDOWS_SET if "<OS>Windows</OS>" in shown else LINUX_SET
            role = content.replace("<ConfigurationSets>", f"<ConfigurationSets>{system}")
            found[path[1]] = (path[2], f"<Role>{role}</Role>")
    requests = []
    for service, (deployment, role) in found.items():
        requests += [
            ("services/hostedservices", hosted_service(service, f"<Location>{REGION}</Location>")),
            (f"services/hostedservices/{service}/deployments", machines(role, name=deployment)),
        ]
    return requests


def affinity_group(name: str) -> str:
    """Request of Create Affinity Group."""
    return document(
        "CreateAffinityGroup",
        f"<Name>{name}</Name><Label>{encoded('a group')}</Label><Location>{REGION}</Location>",
    )


def storage_account(name: str, location: str = REGION) -> str:
    """Request of Create Storage Account."""
    return document(
        "CreateStorageServiceInput",
        f"<ServiceName>{name}</ServiceName><Label>{encoded(name)}</Label><Location>{location}</Location>",
    )


def web_site(name: str, space: str) -> str:
    """Request of Create Web Site that makes the web space, too."""
    regions = {re.sub(r"\W", "", region.lower()): region for region in WEB_REGIONS}
    region = regions.get(space.removesuffix("webspace"), REGION)
    return document(
        "Site",
        f"<Name>{name}</Name><WebSpaceToCreate><GeoRegion>{region}</GeoRegion>"
        f"<Name>{space}</Name><Plan>VirtualDedicatedPlan</Plan></WebSpaceToCreate>",
    )


def _seen_account(said: list[Exchange], name: str) -> str | None:
    """Request that makes a storage account as it was read first; nothing if it was not."""
    for found in _seen(said, "storageservices", "StorageService"):
        if found.findtext(f"{AZURE}ServiceName") == name and found.find(f".//{AZURE}Label") is not None:
            return _as_seen(found, "CreateStorageServiceInput", "Description Label Location AccountType")
    return None


def _seen(said: list[Exchange], kind: str, root: str) -> Iterator[ET.Element]:
    """What is in answers to reads of things of a kind; with ``/`` behind that of one of them, not of a list."""
    for then in said:
        if then.method == "GET" and then.status == HTTPStatus.OK and f"/{kind}" in then.path.lower():
            yield from ET.fromstring(then.response_body.decode("utf-8-sig")).iter(AZURE + root)


def _as_seen(found: ET.Element, root: str, words: str) -> str:
    """Request that makes what an answer shows, of which it has these words in this order."""
    parts = (found.find(f".//{AZURE}{word}") for word in words.split())
    name = found.findtext(f"{AZURE}ServiceName")
    return staged(
        document(
            root, f"<ServiceName>{name}</ServiceName>" + "".join(map(_written, filter(_has_text, parts)))
        )
    )


def _has_text(element: ET.Element | None) -> bool:
    return element is not None and bool(element.text)


def _written(element: ET.Element) -> str:
    return (
        f"<{element.tag.removeprefix(AZURE)}>{escape(element.text or '')}</{element.tag.removeprefix(AZURE)}>"
    )


_VM_IMAGE = document(
    "VMImage",
    f"<Name>{VM_IMAGE}</Name><Label>an image</Label><OSDiskConfiguration><OSState>Generalized</OSState><OS>Linux</OS>"
    f"<MediaLink>https://portalvhdsmp6ddqtwmht89.blob.core.windows.net/vhds/{IMAGE_DISK}.vhd</MediaLink>"
    "</OSDiskConfiguration>",
)


def staged(text: str) -> str:
    """Return a text with the regions and hosts that everybody had."""
    for stage, region in STAGES.items():
        text = text.replace(stage, region)
    return text


def _network_file(said: list[Exchange]) -> str:
    """The network configuration as the first reply shows it, unless the recording set one before."""
    for then in said:
        if then.path.lower().endswith("/services/networking/media"):
            return _text(then.response_body) if then.method == "GET" and then.status == HTTPStatus.OK else ""
    return ""


def _asked_for_addresses(said: list[Exchange]) -> str:
    """A network configuration with the networks that were asked for addresses or gateways and that no recording made."""
    names = {then.path.rpartition("/")[2] for then in said if "op=checkavailability" in then.query}
    if not any(then.path.endswith("/media") for then in said):
        found = [
            _GATEWAY_OF.search(then.path)
            for then in said
            if b"The specified virtual network name" not in then.response_body
        ]
        names |= {one[1] for one in found if one}
    places = {site: subnet for then in said for subnet, site in _PLACE.findall(_text(then.request_body))}
    names |= places.keys()
    subnet = '<Subnets><Subnet name="{}"><AddressPrefix>10.0.0.0/24</AddressPrefix></Subnet></Subnets>'
    sites = "".join(
        f'<VirtualNetworkSite name="{name}" Location="{REGION}"><AddressSpace><AddressPrefix>10.0.0.0/8'
        f"</AddressPrefix></AddressSpace>{subnet.format(places[name]) if name in places else ''}"
        "</VirtualNetworkSite>"
        for name in sorted(names)
    )
    if not names:
        return ""
    return (
        '<NetworkConfiguration xmlns="http://schemas.microsoft.com/ServiceHosting/2011/07/NetworkConfiguration">'
        f"<VirtualNetworkConfiguration><VirtualNetworkSites>{sites}</VirtualNetworkSites>"
        "</VirtualNetworkConfiguration></NetworkConfiguration>"
    )


def _read(said: list[Exchange], kind: str) -> set[str]:
    """Names of things whose properties were read."""
    found = (
        re.search(rf"/{kind}/([^/]+)(?:/keys)?$", then.path, re.IGNORECASE)
        for then in said
        if then.status == 200
    )
    return {one[1] for one in found if one}


def _made(said: list[Exchange], kind: str) -> set[str]:
    """Names of things that the recording made."""
    bodies = (
        _text(then.request_body) for then in said if then.method == "POST" and then.path.endswith(f"/{kind}")
    )
    return {name for body in bodies for name in _MADE.findall(body)}


def _where(requests: str) -> str:
    """The region of which the requests speak first."""
    named = _LOCATION.search(requests)
    return staged(named[1]) if named else REGION


def _text(body: bytes) -> str:
    return body.decode("utf-8-sig", "replace")
