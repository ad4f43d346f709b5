"""``.publishsettings`` files: read with their management certificates, and written."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from os import PathLike
from typing import Literal, Self

from asyncsm.credentials import files, publishsettings_format
from asyncsm.credentials.certificate import ManagementCertificate
from asyncsm.credentials.files import Document, Source
from asyncsm.credentials.publishsettings_format import PUBLIC_MANAGEMENT_URL, SubscriptionEntry


@dataclass(frozen=True)
class PublishSettingsSubscription(SubscriptionEntry):
    """A subscription in a publishsettings file.

    Attributes:
        id: the subscription id, as written.
        name: what people call it; may be empty.
        management_url: URL of its management service, without a trailing slash.
    """

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
        return ManagementCertificate.from_pair(self.key_pair(), self.source, check_validity=check_validity)


@dataclass(frozen=True, slots=True)
class PublishSettings:
    """The content of a publishsettings file.

    Attributes:
        source: where it came from, for messages.
        subscriptions: at least one, in the file's order.
    """

    source: str
    subscriptions: tuple[PublishSettingsSubscription, ...]

    @classmethod
    def of(cls, document: Document) -> Self:
        """Parse a file that was read already, as `read_publishsettings` does."""
        return cls(document.name, publishsettings_format.parse(document, PublishSettingsSubscription))

    def subscription(self, id: str | None = None) -> PublishSettingsSubscription:
        """Return the subscription of that id, in any case; the first one without an id.

        Raises:
            CredentialError: there is none; the message lists those there are.
        """
        return publishsettings_format.choose(self.source, self.subscriptions, id)


def read_publishsettings(source: Source) -> PublishSettings:
    """Read a publishsettings file (or its content) of schema 1.0 or 2.0.

    Raises:
        CredentialError: it is not one, or lists no subscription.
    """
    return PublishSettings.of(files.read(source))


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
    data = publishsettings_format.render(certificate.to_pfx(), list(subscriptions), management_url, schema)
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
