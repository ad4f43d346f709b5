"""New self-signed certificates, made without makecert or openssl."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from os import PathLike
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from asyncsm.credentials.certificate import ManagementCertificate
from asyncsm.credentials.checks import SMALLEST_KEY
from asyncsm.credentials.keypair import CertifiedKey
from asyncsm.errors import CredentialError, InvalidArgument

CLOCK_SKEW = timedelta(hours=1)
"""Time before now at which a new certificate begins, for computers whose clock is late."""
MOST_DAYS = 36500
LARGEST_KEY = 16384
"""Bits of a key that is made in minutes, and not in days."""

_LONGEST_COMMON_NAME = 64


@dataclass(frozen=True, slots=True)
class CreatedCertificate:
    """A new certificate and the files it was written to.

    Attributes:
        certificate: the certificate.
        pem_path: key and certificate, for the client.
        cer_path: the certificate alone, to upload.
        pfx_path: key and certificate for Windows, if a password was given.
    """

    certificate: ManagementCertificate
    pem_path: Path
    cer_path: Path
    pfx_path: Path | None


def create_management_certificate(
    name: str = "asyncsm",
    *,
    days: int = 365,
    directory: str | PathLike[str] = ".",
    pfx_password: str | None = None,
    key_size: int = 2048,
    overwrite: bool = False,
) -> CreatedCertificate:
    """Make a self-signed certificate and write ``name.pem``, ``name.cer`` and maybe ``name.pfx``.

    Upload the ``.cer`` to the subscription and give the ``.pem`` to the client. The ``.pem``
    and ``.pfx`` hold the private key and are readable by this user only.

    Args:
        name: common name, and name of the files.
        days: how long it is valid, from now.
        directory: an existing directory for the files.
        pfx_password: password of the ``.pfx``; without one none is written.
        key_size: bits of the RSA key, 2048 or more.
        overwrite: whether existing files are replaced.

    Raises:
        CredentialError: a file exists already or cannot be written; nothing was replaced.
        InvalidArgument: an argument is out of range.
    """
    if str(name) in {".", ".."} or set(str(name)) & set('/\\:*?"<>|\0'):
        raise InvalidArgument("name", 'names the files too, so it has none of / \\ : * ? " < > |')
    if pfx_password == "":
        raise InvalidArgument("pfx_password", "a PFX file needs a password")
    folder = Path(directory)
    pem_path, cer_path = folder / f"{name}.pem", folder / f"{name}.cer"
    pfx_path = None if pfx_password is None else folder / f"{name}.pfx"
    taken = [str(p) for p in (pem_path, cer_path, pfx_path) if p is not None and p.exists()]
    if taken and not overwrite:
        raise CredentialError(
            f"{', '.join(taken)}: exists already; choose another name or pass overwrite=True"
        )

    certificate = generate_management_certificate(name, days, key_size)
    certificate.write_pem(pem_path, overwrite=overwrite)
    certificate.write_cer(cer_path, overwrite=overwrite)
    if pfx_path is not None and pfx_password is not None:
        certificate.write_pfx(pfx_path, pfx_password, overwrite=overwrite)
    return CreatedCertificate(certificate, pem_path, cer_path, pfx_path)


def generate_management_certificate(
    name: str = "asyncsm", days: int = 365, key_size: int = 2048, now: datetime | None = None
) -> ManagementCertificate:
    """Make a self-signed certificate in memory: RSA, SHA-256, for client authentication.

    Args:
        name: common name, 1 to 64 characters.
        days: how long it is valid, from `now`.
        key_size: bits of the RSA key, 2048 or more.
        now: an aware time instead of the present, which may make it an expired one.

    Raises:
        InvalidArgument: an argument is out of range.
    """
    pair = self_signed(name, days, ExtendedKeyUsageOID.CLIENT_AUTH, key_size=key_size, now=now)
    return ManagementCertificate.from_pair(pair, f"the new certificate {name}", check_validity=now is None)


def _check_wish(name: object, days: object, key_size: object, hosts: object = ()) -> None:
    """Refuse what no certificate can have."""
    if not isinstance(name, str) or not 1 <= len(name) <= _LONGEST_COMMON_NAME:
        raise InvalidArgument("name", f"is text of 1 to {_LONGEST_COMMON_NAME} characters")
    if not name.isprintable():
        raise InvalidArgument("name", f"{name!r} has what cannot be printed")
    if not isinstance(days, int) or not 1 <= days <= MOST_DAYS:
        raise InvalidArgument("days", f"is 1 to {MOST_DAYS}")
    if not isinstance(key_size, int) or not SMALLEST_KEY <= key_size <= LARGEST_KEY:
        raise InvalidArgument("key_size", f"is {SMALLEST_KEY} to {LARGEST_KEY} bits")
    if isinstance(hosts, str | bytes) or not isinstance(hosts, Iterable):
        raise InvalidArgument("hosts", f"is a list of names, not {type(hosts).__name__}")


def self_signed(
    name: str,
    days: int,
    purpose: x509.ObjectIdentifier,
    *,
    hosts: Iterable[str] = (),
    key_size: int = SMALLEST_KEY,
    now: datetime | None = None,
) -> CertifiedKey:
    """Make a new RSA key and its self-signed certificate (SHA-256).

    Args:
        name: common name, 1 to 64 characters.
        days: how long it is valid, from `now`.
        purpose: its extended key usage.
        hosts: host names and IP addresses it is for, if it is a server's.
        key_size: bits of the RSA key, 2048 or more.
        now: an aware time instead of the present.

    Raises:
        InvalidArgument: an argument is out of range.
    """
    _check_wish(name, days, key_size, hosts)
    names = [general_name(host) for host in hosts]
    begins = now or datetime.now(UTC)
    key = rsa.generate_private_key(public_exponent=65537, key_size=key_size)
    builder = (
        self_issued(key.public_key(), name, begins - CLOCK_SKEW, begins + timedelta(days=days))
        .serial_number(x509.random_serial_number())
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return CertifiedKey(builder.sign(key, SHA256()), key)


def self_issued(
    public_key: rsa.RSAPublicKey, name: str, begins: datetime, ends: datetime
) -> x509.CertificateBuilder:
    """Begin a certificate that signs itself; the caller adds the serial number and signs it."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        certificate_builder(subject, subject, public_key, begins, ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(digital_signature=True, key_encipherment=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def certificate_builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey,
    begins: datetime,
    ends: datetime,
) -> x509.CertificateBuilder:
    """Begin a certificate with names, key and dates."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .not_valid_before(begins)
        .not_valid_after(ends)
    )


def general_name(host: str) -> x509.DNSName | x509.IPAddress:
    """Convert a host name or an IP address to the form certificates have."""
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def key_usage(
    *, digital_signature: bool = False, key_encipherment: bool = False, signs_certificates: bool = False
) -> x509.KeyUsage:
    """Make the key usage extension; usages that are not given are off."""
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=key_encipherment,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
