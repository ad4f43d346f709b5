"""Who calls, for which subscription and where: what a certificate file may know besides the certificate."""

from __future__ import annotations

from dataclasses import dataclass

from asyncsm.credentials import files, windows
from asyncsm.credentials.certificate import CertificateSource, ManagementCertificate
from asyncsm.credentials.publishsettings import parse_publishsettings
from asyncsm.errors import CredentialError


@dataclass(frozen=True, slots=True)
class Identity:
    """What a session needs to know of its caller.

    Attributes:
        certificate: the management certificate.
        subscription_id: the subscription to work on.
        management_url: where the service is, if a publishsettings file told.
    """

    certificate: ManagementCertificate
    subscription_id: str
    management_url: str | None = None


def identify(source: CertificateSource | None, subscription_id: str | None) -> Identity:
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
    in_store = isinstance(source, str) and windows.is_store_location(source)
    if not isinstance(source, ManagementCertificate) and not in_store:
        document = files.read(source)
        if document.is_xml:
            chosen = parse_publishsettings(document).subscription(subscription_id)
            return Identity(chosen.load_certificate(), chosen.id, chosen.management_url)
    certificate = ManagementCertificate.load(source)
    if not subscription_id:
        raise CredentialError("no subscription: give subscription_id, or set AZURE_MANAGEMENT_SUBSCRIPTIONID")
    return Identity(certificate, subscription_id)
