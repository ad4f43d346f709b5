"""Certificate, subscription and address of a session, some of which a publishsettings file brings."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr

from asyncsm.credentials import files
from asyncsm.credentials.certificate import CertificateSource, ManagementCertificate
from asyncsm.credentials.decoding import Password
from asyncsm.credentials.publishsettings import PublishSettings
from asyncsm.credentials.publishsettings_format import listed
from asyncsm.credentials.subscription_ids import checked
from asyncsm.credentials.windows_store import is_store_location
from asyncsm.errors import CredentialError, InvalidArgument


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


def identify(
    source: CertificateSource | None, subscription_id: str | None, password: Password | SecretStr = None
) -> CallerIdentity:
    """Find certificate and subscription; a publishsettings file brings both.

    Args:
        source: what `ManagementCertificate.load` takes.
        subscription_id: the subscription; the first one of a publishsettings file if absent.
        password: of a PFX, or of an encrypted key.

    Raises:
        CredentialError: there is no usable certificate or no subscription; the message says what to do.
        InvalidArgument: `subscription_id` is not a GUID.
    """
    if isinstance(password, SecretStr):
        password = password.get_secret_value()
    if source is None:
        raise CredentialError(
            "no management certificate: give cert_file, or set AZURE_MANAGEMENT_CERTFILE;"
            " `asyncsm certificate create` makes one"
        )
    in_store = isinstance(source, str) and is_store_location(source)
    if not isinstance(source, ManagementCertificate) and not in_store:
        document = files.read(source)
        if document.is_xml:
            return _from_settings(PublishSettings.of(document), subscription_id)
    if subscription_id:
        subscription_id = checked(subscription_id)
    certificate = ManagementCertificate.load(source, password)
    if not subscription_id:
        raise CredentialError("no subscription: give subscription_id, or set AZURE_MANAGEMENT_SUBSCRIPTIONID")
    return CallerIdentity(certificate, subscription_id)


def _from_settings(settings: PublishSettings, subscription_id: str | None) -> CallerIdentity:
    if subscription_id:
        has = f"{settings.source} has {listed(settings.subscriptions)}"
        subscription_id = checked(subscription_id, has)
    chosen = settings.subscription(subscription_id)
    try:
        own_id = checked(subscription_id or chosen.id)
    except InvalidArgument as error:
        raise CredentialError(
            f"{settings.source}: has the subscription id {chosen.id!r}, which is not a GUID;"
            " download the file again, or give subscription_id"
        ) from error
    return CallerIdentity(chosen.load_certificate(), own_id, chosen.management_url)
