"""``.publishsettings`` files: subscriptions with their management certificates, in two schemas.

Schema 1.0 has one certificate and URL for all subscriptions, on the profile; schema 2.0
has them on each subscription. What a subscription says wins over what the profile says.
"""

from __future__ import annotations

import base64
import binascii
import functools
from collections.abc import Iterable
from dataclasses import dataclass, field
from os import PathLike
from typing import Literal

from asyncsm.credentials import decoding, files
from asyncsm.credentials.certificate import ManagementCertificate
from asyncsm.credentials.files import Document, Source
from asyncsm.credentials.keypair import StaysInProcess
from asyncsm.errors import CredentialError, InvalidArgument
from asyncsm.wire import xml
from asyncsm.wire.xml import Node

PUBLIC_MANAGEMENT_URL = "https://management.core.windows.net"

_DOWNLOAD_AGAIN = "download the subscription's .publishsettings file again"


@dataclass(frozen=True)
class PublishSettingsSubscription(StaysInProcess):
    """A subscription in a publishsettings file.

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

    @functools.cached_property
    def certificate(self) -> ManagementCertificate:
        """Its management certificate, decoded when first asked for.

        Raises:
            CredentialError: it is missing, damaged or not valid today.
        """
        return self.load_certificate()

    def load_certificate(self, *, check_validity: bool = True) -> ManagementCertificate:
        """Decode its management certificate; an expired one too, with ``check_validity=False``.

        Raises:
            CredentialError: it is missing, damaged or not valid today.
        """
        name = f"{self._file}, subscription {self.id}"
        if not self._certificate:
            raise CredentialError(f"{name}: has no ManagementCertificate; {_DOWNLOAD_AGAIN}")
        try:
            pfx = base64.b64decode("".join(self._certificate.split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise CredentialError(f"{name}: its certificate is not base64; {_DOWNLOAD_AGAIN}") from error
        if not decoding.is_pfx(Document(name, pfx)):
            raise CredentialError(f"{name}: its certificate is not a PFX; {_DOWNLOAD_AGAIN}")
        pair = decoding.decode_pfx(Document(name, pfx), None)
        return ManagementCertificate.from_pair(pair, name, check_validity=check_validity)


@dataclass(frozen=True, slots=True)
class PublishSettings:
    """The content of a publishsettings file.

    Attributes:
        source: where it came from, for messages.
        subscriptions: at least one, in the file's order.
    """

    source: str
    subscriptions: tuple[PublishSettingsSubscription, ...]

    def subscription(self, id: str | None = None) -> PublishSettingsSubscription:
        """The subscription of that id, in any case; the first one without an id.

        Raises:
            CredentialError: there is none; the message lists those there are.
        """
        if id is None:
            return self.subscriptions[0]
        for subscription in self.subscriptions:
            if subscription.id.lower() == id.strip().lower():
                return subscription
        known = ", ".join(f"{s.id} ({s.name})" if s.name else s.id for s in self.subscriptions)
        raise CredentialError(f"{self.source}: has no subscription {id}; it has {known}")


def read_publishsettings(source: Source) -> PublishSettings:
    """Read a publishsettings file (or its content) of schema 1.0 or 2.0.

    Raises:
        CredentialError: it is not one, or lists no subscription.
    """
    return parse_publishsettings(files.read(source))


def parse_publishsettings(document: Document) -> PublishSettings:
    """`read_publishsettings` of a document that was read already."""
    profile = _profile(document)
    subscriptions = tuple(
        _subscription(document.name, profile, attributes)
        for attributes in _elements(profile.get("Subscription"))
    )
    if not subscriptions:
        raise CredentialError(f"{document.name}: lists no subscription; {_DOWNLOAD_AGAIN}")
    return PublishSettings(document.name, subscriptions)


def _profile(document: Document) -> dict[str, Node]:
    if not document.is_xml:
        raise CredentialError(
            f"{document.name}: is not a publishsettings file, which is XML; {_DOWNLOAD_AGAIN}"
        )
    try:
        root, content = xml.parse(document.data)
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


def _subscription(
    file: str, profile: dict[str, Node], attributes: dict[str, Node]
) -> PublishSettingsSubscription:
    id_ = _text(attributes, "@Id")
    if not id_:
        raise CredentialError(f"{file}: a Subscription has no Id; {_DOWNLOAD_AGAIN}")
    url = _text(attributes, "@ServiceManagementUrl") or _text(profile, "@Url") or PUBLIC_MANAGEMENT_URL
    return PublishSettingsSubscription(
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


def write_publishsettings(
    path: str | PathLike[str],
    certificate: ManagementCertificate,
    subscriptions: Iterable[tuple[str, str]],
    management_url: str = PUBLIC_MANAGEMENT_URL,
    schema: Literal["1.0", "2.0"] = "2.0",
    *,
    overwrite: bool = False,
) -> None:
    """Write a publishsettings file, readable by this user only: it holds the key in clear.

    Args:
        path: the file.
        certificate: the management certificate of all the subscriptions.
        subscriptions: pairs of id and name.
        management_url: URL of the management service.
        schema: ``"1.0"`` or ``"2.0"``.
        overwrite: whether an existing file is replaced.

    Raises:
        CredentialError: the file exists and `overwrite` is false, or it cannot be written.
        InvalidArgument: an unknown `schema`.
    """
    shared = {"@ManagementCertificate": base64.b64encode(certificate.to_pfx()).decode()}
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
    data = xml.render("PublishData", {"PublishProfile": profile}, None)
    files.write(path, data, mode=files.SECRET, overwrite=overwrite)


def get_certificate_from_publish_settings(
    publish_settings_path: str | PathLike[str],
    path_to_write_certificate: str | PathLike[str],
    subscription_id: str | None = None,
) -> str:
    """Write the PEM of a publishsettings file's certificate and return the subscription's id.

    As in the old SDK, an existing `path_to_write_certificate` is replaced; it is readable
    by this user only. `ManagementCertificate.from_publishsettings` needs no such file.

    Args:
        publish_settings_path: the publishsettings file.
        path_to_write_certificate: the PEM file to write.
        subscription_id: which subscription, in any case; the first by default.

    Raises:
        CredentialError: the file cannot be used, or has no such subscription.
    """
    subscription = read_publishsettings(publish_settings_path).subscription(subscription_id)
    subscription.certificate.write_pem(path_to_write_certificate, overwrite=True)
    return subscription.id
