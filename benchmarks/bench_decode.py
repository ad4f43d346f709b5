"""Decoding the longest reply on record, the list of OS images: XML text to model objects.

Beside asyncsm run the old SDK's decoder, what expat alone needs to read the document, and
what xmltodict needs to make dictionaries of it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from xml.parsers import expat

import xmltodict
from azure.servicemanagement import models
from azure.servicemanagement._serialization import _MinidomXmlToObject
from support import at_least, ratio, table, timed

from asyncsm.models import Images

ROUNDS = 15
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
