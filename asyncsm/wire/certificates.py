"""Management certificates of subscriptions, and service certificates of hosted services."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, SecretStr

from asyncsm.wire.base import OpenEnum, Thumbprint, XmlList, XmlModel, repeated
from asyncsm.wire.types import HiddenStr


class SubscriptionCertificate(XmlModel):
    """A management certificate; also the request of Add Management Certificate."""

    subscription_certificate_public_key: str | None = None
    """Base64 of the DER form of the RSA public key (PKCS #1)."""
    subscription_certificate_thumbprint: Annotated[str | None, Thumbprint] = None
    """SHA-1 of the certificate: 40 hexadecimal digits."""
    subscription_certificate_data: str | None = None
    """Base64 of the DER form of the certificate."""
    created: datetime | None = None


class SubscriptionCertificates(XmlList[SubscriptionCertificate]):
    """Reply of List Management Certificates."""

    subscription_certificates: list[SubscriptionCertificate] = repeated(SubscriptionCertificate)


class Certificate(XmlModel):
    """A service certificate; Get Service Certificate answers only its data."""

    certificate_url: str | None = None
    thumbprint: Annotated[str | None, Thumbprint] = None
    thumbprint_algorithm: str | None = None
    """Always ``sha1``."""
    data: str | None = None
    """Base64 of the DER form of the certificate."""


class Certificates(XmlList[Certificate]):
    """Reply of List Service Certificates."""

    certificates: list[Certificate] = repeated(Certificate)


class CertificateFormat(OpenEnum):
    """The format of a certificate file."""

    PFX = "pfx"
    """Certificate and private key under a password."""
    CER = "cer"
    """The certificate alone."""


class CertificateFile(XmlModel):
    """Request of Add Service Certificate."""

    data: Annotated[HiddenStr, Field(repr=False)]
    """Base64 of the file."""
    certificate_format: CertificateFormat
    password: SecretStr | None = None
