"""A private key with its certificate, and both written as PEM and PKCS#12."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)

from asyncsm.credentials.open_pfx import open_pfx
from asyncsm.secrecy import StaysInProcess

_TRIPLE_DES = (
    PrivateFormat.PKCS12.encryption_builder()
    .kdf_rounds(50_000)
    .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
    .hmac_hash(SHA1())  # noqa: S303 - the format's own
)


class HoldsKey(StaysInProcess):
    """Mixin for values that hold a private key."""

    __slots__ = ()

    _refusal: ClassVar[str] = (
        "holds a private key and is not pickled: pass the path of its file and load it there"
    )


@dataclass(frozen=True, slots=True)
class CertifiedKey(HoldsKey):
    """A certificate with its private key, of any algorithm, not checked yet.

    Attributes:
        certificate: the certificate.
        key: its private key.
        chain: certificates of its issuers, sent along in the handshake.
    """

    certificate: x509.Certificate
    key: PrivateKeyTypes = field(repr=False, compare=False)
    chain: tuple[x509.Certificate, ...] = field(default=(), compare=False)

    @property
    def matches(self) -> bool:
        """True if the key is the one the certificate was made for."""
        return public_key_of(self.certificate) == public_key_of(self.key)

    def pem(self, password: bytes | None = None) -> bytes:
        """Return key, certificate and chain as PEM; the key in clear without a `password`."""
        protection = BestAvailableEncryption(password) if password else NoEncryption()
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection)
        certificates = (self.certificate, *self.chain)
        return key + b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)

    def pfx(self, password: bytes | None, friendly_name: str, *, triple_des: bool = False) -> bytes:
        """Return key, certificate and chain as PKCS#12; without a `password` as publishsettings files hold them.

        Args:
            password: under which it is encrypted.
            friendly_name: by what name Windows shows it.
            triple_des: whether it is encrypted with triple DES and SHA-1 instead of AES-256.
        """
        if not isinstance(self.key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise TypeError(f"a PFX of a {type(self.key).__name__} is not written here")
        if not password:
            key = self.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
            return open_pfx(key, (self.certificate, *self.chain), friendly_name)
        protection = _TRIPLE_DES.build(password) if triple_des else BestAvailableEncryption(password)
        return pkcs12.serialize_key_and_certificates(
            friendly_name.encode(), self.key, self.certificate, self.chain or None, protection
        )


@dataclass(frozen=True, slots=True, repr=False)
class RsaCertificate(HoldsKey):
    """A certificate with its RSA key; two are equal when their certificates are."""

    _pair: CertifiedKey
    _key: rsa.RSAPrivateKey = field(compare=False)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.subject} {self.thumbprint[:8]}...>"

    @property
    def subject(self) -> str:
        """The subject as text, such as ``CN=asyncsm``."""
        return self._pair.certificate.subject.rfc4514_string()

    @property
    def thumbprint(self) -> str:
        """SHA-1 of the certificate in upper-case hex: how the service and a machine's configuration name it."""
        return self._pair.certificate.fingerprint(SHA1()).hex().upper()  # noqa: S303 - a name, not a signature

    @property
    def not_valid_after(self) -> datetime:
        """The last moment it is valid, in UTC."""
        return self._pair.certificate.not_valid_after_utc


def public_key_of(holder: x509.Certificate | PrivateKeyTypes) -> bytes:
    """Return the public key of a certificate or a private key, in a form that can be compared."""
    return holder.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
