"""`ManagementCertificate`: the certificate a client shows the service, from any kind of file."""

from __future__ import annotations

import base64
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from os import PathLike
from typing import Self, TypeAlias

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from asyncsm.credentials import checks, decoding, files, publishsettings_format, tls, windows
from asyncsm.credentials.decoding import Password
from asyncsm.credentials.files import Source
from asyncsm.credentials.keypair import CertifiedKey, RsaCertificate
from asyncsm.credentials.publishsettings_format import SubscriptionEntry
from asyncsm.credentials.windows_store import is_store_location
from asyncsm.errors import InvalidArgument

CertificateSource: TypeAlias = "Source | ManagementCertificate"
"""Sources that `ManagementCertificate.load` takes: a path, a store location, content, or a certificate."""


@dataclass(frozen=True, slots=True, repr=False)
class ManagementCertificate(RsaCertificate):
    """An RSA certificate with its private key, ready to authenticate with.

    Make one with `load` or one of the ``from_...`` methods; all of them check that the
    key is there and matches, that it is RSA, and that the certificate is valid today.
    ``check_validity=False`` leaves out the last, for tools that look at expired ones.

    Two are equal when their certificates are. It can be copied freely but not pickled.

    Attributes:
        source: where it came from, for messages.
    """

    source: str = field(compare=False)

    @classmethod
    def load(
        cls, source: CertificateSource, password: Password = None, *, check_validity: bool = True
    ) -> ManagementCertificate:
        r"""Load a certificate from any of its forms, told by content and not by suffix.

        Args:
            source: path of a PEM, PFX or publishsettings file; a Windows store location
                such as ``CURRENT_USER\my\Name``; the content as bytes or text; or a
                `ManagementCertificate`, which is returned as it is.
            password: of the PFX, or of the PEM's encrypted key.
            check_validity: whether an expired or not yet valid certificate is refused.

        Raises:
            CredentialError: it cannot be used; the message says why and what to do.
        """
        if isinstance(source, ManagementCertificate):
            if check_validity:
                checks.validity(source._pair, source.source)  # noqa: SLF001 - the same class
            return source
        if isinstance(source, str) and is_store_location(source):
            return cls.from_windows_store(source, check_validity=check_validity)
        document = files.read(source)
        if document.is_xml:
            return cls._from_settings(document, None, check_validity)
        if document.is_pem or (decoding.is_der(document) and not decoding.is_pfx(document)):
            pair = decoding.decode_pem([document], password)
        else:
            pair = decoding.decode_pfx(document, password)
        return cls.from_pair(pair, document.name, check_validity=check_validity)

    @classmethod
    def from_pem(
        cls,
        path: Source,
        key: Source | None = None,
        password: Password = None,
        *,
        check_validity: bool = True,
    ) -> ManagementCertificate:
        """Load a PEM file with key and certificate, or a certificate's file and a key's.

        Args:
            path: the file (or content) with the certificate; with both, when `key` is not given.
            key: the file (or content) with the private key.
            password: of an encrypted key; not used for one in clear.
            check_validity: whether an expired or not yet valid certificate is refused.

        Raises:
            CredentialError: it cannot be used; the message says why and what to do.
        """
        pair, name = decoding.load_pem(path, key, password)
        return cls.from_pair(pair, name, check_validity=check_validity)

    @classmethod
    def from_pfx(
        cls, path: Source, password: Password = None, *, check_validity: bool = True
    ) -> ManagementCertificate:
        """Load a PKCS#12 file (``.pfx``, ``.p12``), as Windows exports it.

        Raises:
            CredentialError: it cannot be used; the message says why and what to do.
        """
        pair, name = decoding.load_pfx(path, password)
        return cls.from_pair(pair, name, check_validity=check_validity)

    @classmethod
    def from_publishsettings(
        cls, path: Source, subscription: str | None = None, *, check_validity: bool = True
    ) -> ManagementCertificate:
        """Load a subscription's certificate from a publishsettings file, schema 1.0 or 2.0.

        Args:
            path: the file, or its content.
            subscription: id of the subscription in any case; the file's first by default.
            check_validity: whether an expired or not yet valid certificate is refused.

        Raises:
            CredentialError: it cannot be used; the message says why and what to do.
        """
        return cls._from_settings(files.read(path), subscription, check_validity)

    @classmethod
    def from_windows_store(cls, location: str, *, check_validity: bool = True) -> ManagementCertificate:
        r"""Load from the Windows certificate store; the key must be marked exportable.

        Args:
            location: ``CURRENT_USER\my\Name`` or ``LOCAL_MACHINE\my\Name``, where ``Name`` is the
                certificate's common name or a part of its subject.
            check_validity: whether an expired or not yet valid certificate is refused.

        Raises:
            CredentialError: not found or not exportable; on other systems always, saying how
                to export the certificate there.
        """
        pfx, password = windows.export(location)
        pair = decoding.decode_pfx(files.Document(location, pfx), password)
        return cls.from_pair(pair, location, check_validity=check_validity)

    @classmethod
    def _from_settings(
        cls, document: files.Document, subscription: str | None, check_validity: bool
    ) -> ManagementCertificate:
        entries = publishsettings_format.parse(document, SubscriptionEntry)
        chosen = publishsettings_format.choose(document.name, entries, subscription)
        return cls.from_pair(chosen.key_pair(), chosen.source, check_validity=check_validity)

    @classmethod
    def from_pair(cls, pair: CertifiedKey, source: str, *, check_validity: bool = True) -> Self:
        """Make one of a key pair in memory, after the same checks.

        Raises:
            CredentialError: the service or OpenSSL would not take it; the message says why.
        """
        key = checks.rsa_key(pair, source)
        if check_validity:
            checks.validity(pair, source)
        return cls(pair, key, source)

    @property
    def not_valid_before(self) -> datetime:
        """The first moment it is valid, in UTC."""
        return self._pair.certificate.not_valid_before_utc

    @property
    def certificate_der(self) -> bytes:
        """The certificate, without the key: the content of a ``.cer`` file."""
        return self._pair.certificate.public_bytes(Encoding.DER)

    @property
    def public_key_der(self) -> bytes:
        """The public key as PKCS#1 ``RSAPublicKey``, the form the service keeps."""
        return self._key.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)

    @property
    def public_key_base64(self) -> str:
        """`public_key_der` in base64: `add_management_certificate`'s ``public_key``."""
        return base64.b64encode(self.public_key_der).decode()

    @property
    def data_base64(self) -> str:
        """`certificate_der` in base64: `add_management_certificate`'s ``data``."""
        return base64.b64encode(self.certificate_der).decode()

    def ssl_context(self, ca_file: Source | None = None) -> ssl.SSLContext:
        """Make a client context that shows this certificate; TLS 1.2 or later, host names checked.

        Args:
            ca_file: certificates (PEM or DER, a path or content) of the only authorities to
                trust, such as an emulator's; the system's authorities by default.

        Raises:
            CredentialError: `ca_file` cannot be read or holds no certificate.
        """
        return tls.client_context(self._pair, self.source, ca_file)

    def write_pem(self, path: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write key (in clear) and certificate as PEM, readable by this user only.

        Raises:
            CredentialError: the file exists and `overwrite` is false, or it cannot be written.
        """
        files.write(path, self._pair.pem(), mode=files.SECRET, overwrite=overwrite)

    def write_cer(self, path: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write the certificate without the key as DER: the file to upload.

        Raises:
            CredentialError: the file exists and `overwrite` is false, or it cannot be written.
        """
        files.write(path, self.certificate_der, mode=files.PUBLIC, overwrite=overwrite)

    def write_pfx(self, path: str | PathLike[str], password: str, *, overwrite: bool = False) -> None:
        """Write key and certificate as PKCS#12 under `password` (AES-256), readable by this user only.

        Raises:
            CredentialError: the file exists and `overwrite` is false, or it cannot be written.
            InvalidArgument: `password` is empty.
        """
        if not password:
            raise InvalidArgument("password", "a PFX file needs a password")
        files.write(path, self.to_pfx(password), mode=files.SECRET, overwrite=overwrite)

    def to_pfx(self, password: str | None = None) -> bytes:
        """Return key and certificate as PKCS#12; without a password in the form publishsettings files hold."""
        return self._pair.pfx(decoding.as_bytes(password), friendly_name=self.subject)
