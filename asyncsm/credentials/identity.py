"""Certificate, subscription and address of a session, some of which a publishsettings file brings."""

from __future__ import annotations

from dataclasses import dataclass

from asyncsm.credentials import files
from asyncsm.credentials.certificate import CertificateSource, ManagementCertificate
from asyncsm.credentials.publishsettings import PublishSettings
from asyncsm.credentials.windows_store import is_store_location
from asyncsm.errors import CredentialError


@dataclass(frozen=True, slots=True)
class CallerIdentity:
    """A session's caller: its certificate, subscription and address.

    Attributes:
        certificate: the management certificate.
        subscription_id: the subscription to work on.
        management_url: where the service is, if a publishsettings file told.
    """

    certificate: ManagementCertificate
    subscription_id: str
    management_url: str | None = None


def identify(source: CertificateSource | None, subscription_id: str | None) -> CallerIdentity:
    """Find certificate and subscription; a publishsettings file brings both.

    Args:
        source: what `ManagementCertificate.load` takes.
        subscription_id: the subscription; the first one of a publishsettings file if absent.

    Raises:
        CredentialError: there is no usable certificate or no subscription; the message says what to do.
    """
    if source is None:
        raise CredentialError(
            "no management certificate: give cert_file, or set AZURE_MANAGEMENT_CERTFILE;"
            " `asyncsm certificate create` makes one"
        )
    in_store = isinstance(source, str) and is_store_location(source)
    if not isinstance(source, ManagementCertificate) and not in_store:
        document = files.read(source)
        if document.is_xml:
            chosen = PublishSettings.of(document).subscription(subscription_id)
            return CallerIdentity(chosen.load_certificate(), chosen.id, chosen.management_url)
    certificate = ManagementCertificate.load(source)
    if not subscription_id:
        raise CredentialError("no subscription: give subscription_id, or set AZURE_MANAGEMENT_SUBSCRIPTIONID")
    return CallerIdentity(certificate, subscription_id)
