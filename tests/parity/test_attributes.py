"""What the old SDK and asyncsm read from the recorded replies, attribute by attribute.

`differences.txt` lists each attribute that reads differently and how, as `docs/migrating.md` tells it;
the list can only become shorter. ``python tests/parity/test_attributes.py`` writes it anew.
"""

import base64
import sys
import warnings
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from doubles.recordings import FOLDER, exchanges
from parity.test_signatures import NEVER_ATTRIBUTES
from pydantic import SecretStr

from asyncsm import models
from asyncsm.wire import xml
from asyncsm.wire.base import XmlList, XmlModel
from asyncsm.wire.properties import ExtendedProperties

LISTED = Path(__file__).with_name("differences.txt")

KINDS = {
    "absent text": "'' in the old SDK, None here",
    "absent number": "0, False or '' in the old SDK, None here, as the service does not say it",
    "absent part": "None in the old SDK, an empty part or list that is false here",
    "date": "text in the old SDK, an aware datetime here",
    "number": "text in the old SDK, int here",
    "secret": "text in the old SDK, SecretStr here",
    "base64": "base64 in the old SDK, text here",
    "not read": "missed by the old SDK, read here",
    "misread": "True in the old SDK, the text here",
}
"""How an attribute may differ; docs/migrating.md tells each."""


def differences_of_recordings():
    """Lines ``Model.attribute: kind`` of all recorded replies that both SDKs have a model for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is of 2016
        from azure.servicemanagement import models as old_models
        from azure.servicemanagement._serialization import _MinidomXmlToObject

    found, seen = set(), set()
    for recording in sorted(FOLDER.glob("*/*.json")):
        for exchange in exchanges(recording):
            body = exchange.response_body
            if not body.strip() or body in seen:
                continue
            seen.add(body)
            name = root_of(body)
            old, new = getattr(old_models, name or "", None), getattr(models, name or "", None)
            if old is not None and new is not None:
                read = _MinidomXmlToObject.parse_response(SimpleNamespace(body=body), old)
                found.update(differences(name, read, new.from_xml(body)))
    return found


def root_of(body):
    try:
        return xml.parse(body)[0].rpartition(":")[2]
    except ValueError:
        return None


def differences(where, old, new):
    """Lines about one object that both have read, and about all in it."""
    for name, was in vars(old).items():
        if not name.startswith("_") and f"{type(old).__name__}.{name}" not in NEVER_ATTRIBUTES:
            yield from difference(f"{type(old).__name__}.{name}", was, getattr(new, name))


def difference(where, was, now):
    if isinstance(now, ExtendedProperties):
        now = now.to_dict() or None
        was = was or None
    if isinstance(now, XmlModel) and not isinstance(was, list) and was is not None:
        if isinstance(now, XmlList) and not vars(was):
            now = list(now)
        else:
            yield from differences(where, was, now)
            return
    if isinstance(was, list) and isinstance(now, list | XmlList) and len(was) == len(now):
        for one, other in zip(was, now, strict=True):
            inner = vars(one) if hasattr(one, "__dict__") else None
            yield from differences(where, one, other) if inner else difference(where, one, other)
        return
    kind = kind_of(was, now)
    if kind is not None:
        yield f"{where}: {kind}"


def kind_of(was, now):
    """The way in which two values differ; None if they do not."""
    if was is now or (was == now and isinstance(was, str) == isinstance(now, str)):
        return None
    if now is None:
        return "absent text" if was == "" and isinstance(was, str) else "absent number"
    if isinstance(now, SecretStr) and now.get_secret_value() == was:
        return "secret"
    if isinstance(now, datetime) and was and abs((moment(was) - now).total_seconds()) < 1:
        return "date"
    if isinstance(now, XmlModel | list) and not was and not now:
        return "absent part"
    if isinstance(now, int) and was == str(now):
        return "number"
    if isinstance(now, str) and isinstance(was, str) and base64.b64encode(now.encode()).decode() == was:
        return "base64"
    if was in ("", None):
        return "not read"
    return "misread" if was is True and isinstance(now, str) else f"{was!r} is {now!r}"


def moment(text):
    return datetime.fromisoformat(text.partition(".")[0].rstrip("Z")).replace(tzinfo=UTC)


@pytest.mark.skipif(not FOLDER.exists(), reason=f"no recordings in {FOLDER}")
def test_attributes_that_read_differently_are_listed():
    """Every difference is of a kind that the guide tells, and none is new."""
    pytest.importorskip("azure.servicemanagement")
    found = differences_of_recordings()
    listed = LISTED.read_text(encoding="utf-8").split("\n")[:-1]
    assert {line.partition(": ")[2] for line in found} == KINDS.keys()
    assert listed == sorted(found)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    LISTED.write_text("".join(f"{line}\n" for line in sorted(differences_of_recordings())), encoding="utf-8")
