"""Every recorded network configuration file: read whole, and written without losing anything."""

import json
import re
from xml.etree import ElementTree as ET

import pytest
from doubles.recordings import CORPORA, recorded

from asyncsm.operations import network_files
from asyncsm.wire import xml
from asyncsm.wire.network_configuration import NetworkConfigurationFile


def recorded_files():
    """The different files that were set and given back, with the recording each was seen in first."""
    found = {}
    for path in recorded():
        for said in json.loads(path.read_text(encoding="utf-8"))["exchanges"]:
            for body in (said["request_body"], said["response_body"]):
                if isinstance(body, str) and "<NetworkConfiguration " in body and "2011/07" in body:
                    found.setdefault(body, path.stem)
    return [pytest.param(body, id=f"{number}-{name}") for number, (body, name) in enumerate(found.items())]


LEAVES = {"AddressPrefix", "VPNGatewayAddress"}
"""Elements with text and no elements."""

FILES = recorded_files()
files = pytest.mark.parametrize(
    "body",
    FILES or [pytest.param(None, marks=pytest.mark.skip(reason=f"no recordings in {CORPORA[1].parent}"))],
)


def content(document):
    """The root's content without white space, comments and declarations of namespaces."""

    def bare(node):
        if isinstance(node, dict):
            kept = {name: bare(one) for name, one in node.items() if not (name == "#text" and one.isspace())}
            return kept or None
        return [bare(one) for one in node] if isinstance(node, list) else node

    return bare(xml.parse(document)[1])


def tags(document):
    """The names of its elements, in order."""
    text = document.decode() if isinstance(document, bytes) else document.lstrip("\ufeff")
    return [
        one.tag for one in ET.fromstring(text.removeprefix('<?xml version="1.0" encoding="utf-8"?>')).iter()
    ]


@files
def test_round_trip(body):
    """Nothing is unknown but declarations of namespaces, and what is written is the same document."""
    for document in (body, body.encode()):
        configuration = NetworkConfigurationFile.from_xml(document)
        assert content(configuration.to_xml()) == content(body)
        assert tags(configuration.to_xml()) == tags(body)
    NetworkConfigurationFile.from_xml(
        body.replace(' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"', "").replace(
            ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"', ""
        ),
        strict=True,
    )


@files
def test_what_is_unknown_is_kept_wherever_it_stands(body):
    """An attribute and an element that nobody knows survive in each element of a file, one at a time."""
    document = re.sub(r"(?s)<!--.*?-->", "", body)
    places = [found.end() for found in re.finditer(r"<\w+", document)]
    assert len(places) > 1
    for place in places[1:]:
        attributed = f'{document[:place]} odd="1"{document[place:]}'
        assert content(NetworkConfigurationFile.from_xml(attributed).to_xml()) == content(attributed)
    for found in re.finditer(r"</?(\w+)[^>/]*>(?=\s*<)", document):
        if found[1] not in LEAVES:
            extended = f'{document[: found.end()]}<Odd x="1"><Inner>y</Inner></Odd>{document[found.end() :]}'
            if found[0].startswith(("</NetworkConfiguration", "<NetworkConfiguration")):
                continue
            assert content(NetworkConfigurationFile.from_xml(extended).to_xml()) == content(extended)


@files
def test_no_rule_is_in_the_way(body):
    """What the service took, or gave back, is never refused by the rules that are checked before sending."""
    network_files.check("configuration", NetworkConfigurationFile.from_xml(body))
