"""Certificates the tests share: an RSA key takes long to make, so each is made once a run."""

import functools
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from asyncsm.credentials import CertificateAuthority, ManagementCertificate, generate_management_certificate
from asyncsm.credentials.keypair import CertifiedKey

NOW = datetime.now(UTC)


def management_certificate(name: str = "tester") -> ManagementCertificate:
    """A valid management certificate; the same one for the same name."""
    return _made_once(name)


_made_once = functools.cache(generate_management_certificate)


@functools.cache
def authority() -> CertificateAuthority:
    """The authority of the tests' servers."""
    return CertificateAuthority.create("the tests' authority")


@functools.cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """A key of that size; the same one each time."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def self_signed(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | None = None,
    *,
    name: str = "tester",
    begins: datetime = NOW - timedelta(days=1),
    ends: datetime = NOW + timedelta(days=1),
) -> CertifiedKey:
    """A certificate of any key and dates, unchecked."""
    key = key or rsa_key()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begins)
        .not_valid_after(ends)
    )
    return CertifiedKey(builder.sign(key, SHA256()), key)
