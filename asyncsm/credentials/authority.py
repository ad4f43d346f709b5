"""A private certificate authority, for servers on this computer such as the emulator."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from os import PathLike

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from asyncsm.credentials import checks, decoding, files, tls
from asyncsm.credentials.keypair import CertifiedKey, HoldsKey
from asyncsm.credentials.making import CLOCK_SKEW, certificate_builder, general_name, key_usage
from asyncsm.errors import CredentialError, InvalidArgument


@dataclass(frozen=True, slots=True)
class ServerCertificate(HoldsKey):
    """A server's certificate and key, as `CertificateAuthority.issue` makes them."""

    _pair: CertifiedKey

    @property
    def not_valid_after(self) -> datetime:
        """The last moment it is valid, in UTC."""
        return self._pair.certificate.not_valid_after_utc

    def ssl_context(self, client_certificates: Iterable[bytes] | None = None) -> ssl.SSLContext:
        """Make a server context of TLS 1.2 or later.

        Args:
            client_certificates: certificates (DER) that clients may show; a client may also show
                none, and one that shows another fails the handshake. More can be trusted later
                with the context's own ``load_verify_locations``. ``None`` asks for none.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        tls.show(context, self._pair, "the server's certificate")
        if client_certificates is not None:
            context.verify_mode = ssl.CERT_OPTIONAL
            for certificate in client_certificates:
                context.load_verify_locations(cadata=certificate)
        return context


@dataclass(frozen=True, slots=True)
class CertificateAuthority(HoldsKey):
    """An authority (EC P-256) that clients trust by its `certificate_pem`."""

    _certificate: x509.Certificate
    _key: ec.EllipticCurvePrivateKey

    @classmethod
    def create(cls, name: str = "asyncsm local authority", days: int = 3650) -> CertificateAuthority:
        """Make a new authority.

        Args:
            name: its common name.
            days: how long it is valid, from now.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _common_name(name)
        builder = (
            _builder(subject, subject, key.public_key(), days)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(key_usage(signs_certificates=True), critical=True)
        )
        return cls(builder.sign(key, SHA256()), key)

    @classmethod
    def load(cls, certificate_path: files.Source, key_path: files.Source) -> CertificateAuthority:
        """Load an authority that `save` wrote.

        Raises:
            CredentialError: the files do not hold a valid authority.
        """
        documents = [files.read(certificate_path), files.read(key_path)]
        pair = decoding.decode_pem(documents, None)
        name = documents[0].name
        if not isinstance(pair.key, ec.EllipticCurvePrivateKey) or not _is_authority(pair.certificate):
            raise CredentialError(
                f"{name}: is not a certificate authority made here; remove it to get a new one"
            )
        checks.validity(pair, name)
        return cls(pair.certificate, pair.key)

    def save(
        self,
        certificate_path: str | PathLike[str],
        key_path: str | PathLike[str],
        *,
        overwrite: bool = False,
    ) -> None:
        """Write the certificate, for clients, and the key, readable by this user only.

        Raises:
            CredentialError: a file exists and `overwrite` is false, or cannot be written.
        """
        key = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        files.write(key_path, key, mode=files.SECRET, overwrite=overwrite)
        files.write(certificate_path, self.certificate_pem, mode=files.PUBLIC, overwrite=overwrite)

    @property
    def certificate_pem(self) -> bytes:
        """The certificate: what a client takes as ``ca_file``."""
        return self._certificate.public_bytes(Encoding.PEM)

    def issue(self, hosts: Iterable[str], days: int = 365) -> ServerCertificate:
        """Issue a server's certificate.

        Args:
            hosts: host names (``*.example.test`` too) and IP addresses; at least one.
            days: how long it is valid, from now.

        Raises:
            InvalidArgument: `hosts` is empty.
        """
        names = [general_name(host) for host in hosts]
        if not names:
            raise InvalidArgument("hosts", "names at least one host")
        key = ec.generate_private_key(ec.SECP256R1())
        issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = (
            _builder(_common_name(str(names[0].value)), self._certificate.subject, key.public_key(), days)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(key_usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(issuer_key, critical=False)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
        )
        return ServerCertificate(CertifiedKey(builder.sign(self._key, SHA256()), key))


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        certificate_builder(subject, issuer, public_key, now - CLOCK_SKEW, now + timedelta(days=days))
        .serial_number(x509.random_serial_number())
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
