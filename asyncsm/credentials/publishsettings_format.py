"""The format of ``.publishsettings`` files: subscriptions with their certificates, in two schemas.

Schema 1.0 has one certificate and URL for all subscriptions, on the profile; schema 2.0
has them on each subscription. What a subscription says wins over what the profile says.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from asyncsm.credentials import decoding
from asyncsm.credentials.files import Document
from asyncsm.credentials.keypair import CertifiedKey, HoldsKey
from asyncsm.credentials.subscription_ids import normalised
from asyncsm.errors import CredentialError, InvalidArgument
from asyncsm.wire import xml
from asyncsm.wire.xml import Node

PUBLIC_MANAGEMENT_URL = "https://management.core.windows.net"

_DOWNLOAD_AGAIN = "download the subscription's .publishsettings file again"


@dataclass(frozen=True)
class SubscriptionEntry(HoldsKey):
    """A subscription as the file has it, its certificate not decoded yet.

    Attributes:
        id: the subscription id, as written.
        name: what people call it; may be empty.
        management_url: URL of its management service, without a trailing slash.
    """

    id: str
    name: str
    management_url: str
    _certificate: str = field(repr=False)
    _file: str = field(repr=False)

    @property
    def source(self) -> str:
        """The file and the subscription, for messages."""
        return f"{self._file}, subscription {self.id}"

    def key_pair(self) -> CertifiedKey:
        """Decode certificate and key.

        Raises:
            CredentialError: they are missing or damaged.
        """
        if not self._certificate:
            raise CredentialError(f"{self.source}: has no ManagementCertificate; {_DOWNLOAD_AGAIN}")
        try:
            pfx = base64.b64decode("".join(self._certificate.split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise CredentialError(
                f"{self.source}: its certificate is not base64; {_DOWNLOAD_AGAIN}"
            ) from error
        document = Document(self.source, pfx)
        if not decoding.is_pfx(document):
            raise CredentialError(f"{self.source}: its certificate is not a PFX; {_DOWNLOAD_AGAIN}")
        return decoding.decode_pfx(document, None)


_E = TypeVar("_E", bound=SubscriptionEntry)


def parse(document: Document, entry_type: type[_E]) -> tuple[_E, ...]:
    """Read the subscriptions of a file, at least one, in the file's order.

    Raises:
        CredentialError: it is no publishsettings file, or lists no subscription.
    """
    profile = _profile(document)
    entries = tuple(
        _entry(entry_type, document.name, profile, attributes)
        for attributes in _elements(profile.get("Subscription"))
    )
    if not entries:
        raise CredentialError(f"{document.name}: lists no subscription; {_DOWNLOAD_AGAIN}")
    return entries


def choose(source: str, entries: Sequence[_E], id: str | None) -> _E:
    """Return the subscription of that id, in any case; the first one without an id.

    Raises:
        CredentialError: there is none; the message lists those there are.
    """
    if id is None:
        return entries[0]
    for entry in entries:
        if normalised(entry.id).lower() == normalised(id).strip().lower():
            return entry
    raise CredentialError(f"{source}: has no subscription {id}; it has {listed(entries)}")


def listed(entries: Sequence[SubscriptionEntry]) -> str:
    """Return the ids and names of subscriptions in words."""
    return ", ".join(f"{each.id} ({each.name})" if each.name else each.id for each in entries)


def render(pfx: bytes, subscriptions: Sequence[tuple[str, str]], management_url: str, schema: str) -> bytes:
    """Write the content of a file.

    Raises:
        InvalidArgument: an unknown `schema`.
    """
    shared = {"@ManagementCertificate": base64.b64encode(pfx).decode()}
    listed: list[dict[str, Node]] = [{"@Id": id_, "@Name": name} for id_, name in subscriptions]
    profile: dict[str, Node] = {"@PublishMethod": "AzureServiceManagementAPI"}
    if schema == "1.0":
        profile |= {"@Url": management_url, **shared}
    elif schema == "2.0":
        profile |= {"@SchemaVersion": "2.0"}
        listed = [{"@ServiceManagementUrl": management_url, **one, **shared} for one in listed]
    else:
        raise InvalidArgument("schema", f'is "1.0" or "2.0", not {schema!r}')
    profile["Subscription"] = list[Node](listed)
    return xml.render("PublishData", {"PublishProfile": profile}, None)


def _profile(document: Document) -> dict[str, Node]:
    if not document.is_xml:
        raise CredentialError(
            f"{document.name}: is not a publishsettings file, which is XML; {_DOWNLOAD_AGAIN}"
        )
    try:
        root, content = xml.parse(document.lines.decode(errors="replace"))
    except xml.MalformedXml as error:
        raise CredentialError(
            f"{document.name}: is not well-formed XML ({error}); {_DOWNLOAD_AGAIN}"
        ) from error
    if root == "publishData":
        raise CredentialError(
            f"{document.name}: is the publish profile of a web site; give the .publishsettings file of the subscription"
        )
    profiles = _elements(content.get("PublishProfile")) if isinstance(content, dict) else []
    if root != "PublishData" or not profiles:
        raise CredentialError(f"{document.name}: has no PublishData with a PublishProfile; {_DOWNLOAD_AGAIN}")
    return profiles[0]


def _entry(entry_type: type[_E], file: str, profile: dict[str, Node], attributes: dict[str, Node]) -> _E:
    id_ = _text(attributes, "@Id")
    if not id_:
        raise CredentialError(f"{file}: a Subscription has no Id; {_DOWNLOAD_AGAIN}")
    url = _text(attributes, "@ServiceManagementUrl") or _text(profile, "@Url") or PUBLIC_MANAGEMENT_URL
    return entry_type(
        id=id_,
        name=_text(attributes, "@Name"),
        management_url=url.rstrip("/"),
        _certificate=_text(attributes, "@ManagementCertificate") or _text(profile, "@ManagementCertificate"),
        _file=file,
    )


def _elements(node: Node) -> list[dict[str, Node]]:
    nodes = node if isinstance(node, list) else [node]
    return [element for element in nodes if isinstance(element, dict)]


def _text(attributes: dict[str, Node], name: str) -> str:
    value = attributes.get(name)
    return value.strip() if isinstance(value, str) else ""
