"""Decoding the longest reply on record, the list of OS images: XML text to model objects.

Beside asyncsm run the old SDK's decoder, what expat alone needs to read the document, and
what xmltodict needs to make dictionaries of it. Then a session decodes lists of 37 MB, and
a task of the same event loop tells how long it was held up each time it slept for a millisecond.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import time
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from xml.parsers import expat

import xmltodict
from azure.servicemanagement import models
from azure.servicemanagement._serialization import _MinidomXmlToObject
from support import at_least, at_most, ratio, table, timed

from asyncsm.engine import protocol
from asyncsm.engine.sending import decoded
from asyncsm.models import Deployment, Images
from asyncsm.wire.base import XmlModel
from asyncsm.wire.http import HttpResponse

ROUNDS = 15
VERY_LONG = 37_000_000
LONG_ROUNDS = 3
OURS, OLD = "asyncsm", "old SDK"
RECORDINGS = Path(
    os.environ.get("ASYNCSM_RECORDINGS", Path(__file__).parents[2] / "shared" / "wire" / "recordings")
)


def main() -> None:
    document, origin = image_list()
    contenders = {
        "expat alone": lambda: expat.ParserCreate().Parse(document, True),
        "xmltodict alone": lambda: xmltodict.parse(document),
        OURS: lambda: Images.from_xml(document),
        OLD: lambda: _MinidomXmlToObject.parse_response(SimpleNamespace(body=document), models.Images),
    }
    seconds = timed(ROUNDS, contenders)
    table(
        f"The {origin} image list, {len(document):,} bytes, {len(Images.from_xml(document))} images, median of {ROUNDS}",
        ("", "time", "times as fast as the old SDK"),
        [
            (name, f"{median(seconds[name]) * 1e3:.1f} ms", f"{ratio(seconds[OLD], seconds[name]):.1f}")
            for name in contenders
        ],
    )
    at_least("against the old SDK", ratio(seconds[OLD], seconds[OURS]), 10, " x")
    very_long()


def very_long() -> None:
    documents: dict[str, tuple[type[XmlModel], bytes]] = {
        "images": (Images, synthesised(VERY_LONG // 1110)),
        "machines": (Deployment, deployment(VERY_LONG)),
    }
    rounds = {
        name: [asyncio.run(lag_while_decoding(*of)) for _ in range(LONG_ROUNDS)]
        for name, of in documents.items()
    }
    # A machine that is busy otherwise holds up everything now and then, so the round in the middle counts.
    lags = {
        name: sorted(each, key=lambda one: part(one[1], 0.99))[LONG_ROUNDS // 2]
        for name, each in rounds.items()
    }
    table(
        f"The event loop while {VERY_LONG / 1e6:.0f} MB are decoded in a thread, the middle one of {LONG_ROUNDS} rounds",
        ("", "time", "lag, median", "p99", "longest"),
        [
            (name, f"{taken:.1f} s", *(f"{part(lag, share) * 1e3:.1f} ms" for share in (0.5, 0.99, 1)))
            for name, (taken, lag) in lags.items()
        ],
    )
    for name, (_, lag) in lags.items():
        at_most(f"lag of the event loop, p99, {name}", part(lag, 0.99) * 1e3, 25, " ms")


async def lag_while_decoding(model: type[XmlModel], document: bytes) -> tuple[float, list[float]]:
    """Seconds it took, and seconds by which each sleep of a millisecond was too long."""
    lag: list[float] = []

    async def sleep() -> None:
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(0.001)
            lag.append(time.perf_counter() - begun - 0.001)

    sleeping = asyncio.create_task(sleep())
    await asyncio.sleep(0.01)
    begun = time.perf_counter()
    await decoded(model, HttpResponse(200, {}, document), protocol.get("images"))
    taken = time.perf_counter() - begun
    sleeping.cancel()
    return taken, lag


def part(numbers: list[float], share: float) -> float:
    """The least number that `share` of the numbers do not exceed."""
    return sorted(numbers)[max(0, math.ceil(share * len(numbers)) - 1)]


def deployment(size: int) -> bytes:
    """A deployment of as many machines as have the length `size` together."""
    machine = (
        "<Role><RoleName>web</RoleName><RoleType>PersistentVMRole</RoleType><ConfigurationSets><ConfigurationSet>"
        "<ConfigurationSetType>NetworkConfiguration</ConfigurationSetType><InputEndpoints><InputEndpoint>"
        "<LocalPort>22</LocalPort><Name>SSH</Name><Port>22</Port><Protocol>tcp</Protocol><Vip>192.0.2.1</Vip>"
        "</InputEndpoint></InputEndpoints><SubnetNames/></ConfigurationSet></ConfigurationSets>"
        "<OSVirtualHardDisk><HostCaching>ReadWrite</HostCaching><DiskName>web-0</DiskName>"
        "<MediaLink>https://mystorage.blob.core.windows.net/vhds/web-0.vhd</MediaLink><OS>Linux</OS>"
        "</OSVirtualHardDisk><RoleSize>Small</RoleSize></Role>"
    )
    return (
        '<Deployment xmlns="http://schemas.microsoft.com/windowsazure"'
        ' xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><Name>web</Name><RoleList>'
        f"{machine * (size // len(machine))}</RoleList></Deployment>"
    ).encode()


def image_list() -> tuple[bytes, str]:
    """The recorded list where there is one, else one of the same size and shape; and which."""
    recording = RECORDINGS / "compute" / "list_os_images.json"
    if not recording.exists():
        return synthesised(), "synthesised"
    (body,) = (
        said["response_body"]
        for said in json.loads(recording.read_text(encoding="utf-8"))["exchanges"]
        if said["seq"] == 3
    )
    return body.encode(), "recorded"


def synthesised(images: int = 596) -> bytes:
    """A list like the recorded one: as many images with as many elements and as much text."""
    return (
        '<Images xmlns="http://schemas.microsoft.com/windowsazure"'
        ' xmlns:i="http://www.w3.org/2001/XMLSchema-instance">'
        + "".join(_image(number) for number in range(images))
        + "</Images>"
    ).encode()


def _image(number: int) -> str:
    return (
        "<OSImage><Category>Public</Category>"
        f"<Label>An operating system, release {number}</Label>"
        "<Location>East Asia;Southeast Asia;Australia East;Australia Southeast;Brazil South;North Europe;"
        "West Europe;Japan East;Japan West;Central US;East US;East US 2;North Central US;South Central US;"
        "West US</Location><LogicalSizeInGB>30</LogicalSizeInGB>"
        f"<Name>0123456789abcdef0123456789abcdef__An-Operating-System-{number:04}-en-us-30GB</Name>"
        f"<OS>{'Windows' if number % 2 else 'Linux'}</OS>"
        "<Eula>http://example.test/licence-terms.html</Eula>"
        f"<Description>{'What is in the image, and what it is good for. ' * 8}</Description>"
        f"<ImageFamily>An operating system {number // 4}</ImageFamily><ShowInGui>false</ShowInGui>"
        "<PublishedDate>2015-06-30T07:00:00Z</PublishedDate><IsPremium>false</IsPremium>"
        "<PublisherName>The publisher of the image</PublisherName></OSImage>"
    )


if __name__ == "__main__":
    main()
