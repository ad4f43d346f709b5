"""PEM and PKCS#12 decoded to a `CertifiedKey`; errors say what is wrong with the file and what to do."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import NoneType
from typing import Final, TypeAlias

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    load_der_private_key,
    load_pem_private_key,
    load_ssh_private_key,
    pkcs12,
)

from asyncsm.credentials import files
from asyncsm.credentials.files import Document, Source
from asyncsm.credentials.keypair import CertifiedKey, public_key_of
from asyncsm.errors import CredentialError

Password: TypeAlias = str | bytes | None

HOW_TO_UNLOCK: Final = (
    "give its password (sessions take cert_password or AZURE_MANAGEMENT_CERTPASSWORD, commands --ask-password,"
    " plans 'password: env:NAME')"
)

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
_PEM_CERTIFICATES = frozenset({"CERTIFICATE", "X509 CERTIFICATE"})
_OPENSSH_KEY = "OPENSSH PRIVATE KEY"
_NOT_A_CREDENTIAL = {
    "PUBLIC KEY": "a public key",
    "RSA PUBLIC KEY": "a public key",
    "CERTIFICATE REQUEST": "a certificate request",
    "NEW CERTIFICATE REQUEST": "a certificate request",
    _OPENSSH_KEY: "an SSH key",
    "PKCS7": "certificates without a private key (.p7b)",
}


@dataclass(slots=True)
class _Found:
    """Keys and certificates found so far, and the names of other blocks."""

    certificates: list[x509.Certificate] = field(default_factory=list)
    keys: list[PrivateKeyTypes] = field(default_factory=list, repr=False)
    others: list[str] = field(default_factory=list)


def load_pem(source: Source, key: Source | None, password: Password) -> tuple[CertifiedKey, str]:
    """Read a PEM file with both parts, or a certificate's file and a key's; return the pair and the name.

    Raises:
        CredentialError: a part is missing, damaged, locked, or the parts do not match.
    """
    documents = [files.read(each) for each in (source, key) if each is not None]
    return decode_pem(documents, password), documents[0].name


def load_pfx(source: Source, password: Password) -> tuple[CertifiedKey, str]:
    """Read a PKCS#12 file (``.pfx``, ``.p12``); return the pair and the file's name.

    Raises:
        CredentialError: wrong password, damaged, or without a private key.
    """
    document = files.read(source)
    return decode_pfx(document, password), document.name


def decode_pem(documents: Sequence[Document], password: Password) -> CertifiedKey:
    """Decode the pair in one PEM document, or in a certificate's and a key's together.

    Certificate and key are matched with each other wherever they stand. A certificate or
    key in DER is taken too, because the ``.cer`` of a pair usually is.

    Raises:
        CredentialError: a part is missing, damaged, locked, or the parts do not match.
    """
    parts = _Found()
    for document in documents:
        if document.is_pem:
            _collect_pem(document, as_bytes(password), parts)
        else:
            _collect_der(document, as_bytes(password), parts)
    return _paired(" and ".join(document.name for document in documents), parts)


def decode_pfx(document: Document, password: Password) -> CertifiedKey:
    """Decode the pair in a PKCS#12 document (``.pfx``, ``.p12``).

    Raises:
        CredentialError: wrong password, damaged, or without a private key.
    """
    if not is_pfx(document):
        raise CredentialError(_not_a_pfx(document))
    content = _open_pfx(document, as_bytes(password))
    if content.key is None:
        raise CredentialError(
            f"{document.name}: has no private key; export it again with the private key "
            "(certutil -exportPFX, or 'Yes, export the private key' in certmgr)"
        )
    certificates = [c.certificate for c in (content.cert, *content.additional_certs) if c is not None]
    return _paired(document.name, _Found(certificates=certificates, keys=[content.key]))


def decode_ssh_key(document: Document, password: Password) -> PrivateKeyTypes:
    """Decode the private key in an SSH key file: OpenSSH's own format, or PEM.

    Raises:
        CredentialError: it has none, or one that is damaged or locked.
    """
    for block in _BLOCK.finditer(document.lines):
        label = block[1].decode()
        if label == _OPENSSH_KEY:
            return _openssh_key(document.name, block[0], as_bytes(password))
        if label.endswith("PRIVATE KEY"):
            return _pem_key(document.name, label, block[0], as_bytes(password))
    if document.lines.startswith((b"ssh-", b"ecdsa-")):
        raise CredentialError(
            f"{document.name}: is a public key; give the private key, without .pub. "
            "It signs the certificate and stays here"
        )
    raise CredentialError(f"{document.name}: has no private key; give one that ssh-keygen made")


def is_pfx(document: Document) -> bool:
    """Tell PKCS#12 by its first bytes: a SEQUENCE whose first member is version 3."""
    return document.data.startswith(b"\x30") and b"\x02\x01\x03" in document.data[:9]


def is_der(document: Document) -> bool:
    """Tell an ASN.1 SEQUENCE, which may be a DER certificate or key, by its first byte."""
    return document.data.startswith(b"\x30")


def as_bytes(password: Password) -> bytes | None:
    """Encode a password for the decoders; an empty one counts as none.

    Raises:
        CredentialError: it is of another type, or cannot be encoded.
    """
    if not isinstance(password, str | bytes | NoneType):
        raise CredentialError(f"a password is text or bytes, not {type(password).__name__}")
    wrong = CredentialError("the password has what is no character; type it again")
    try:
        given = (password.encode() if isinstance(password, str) else password) or None
    except UnicodeEncodeError:  # whose message has the password
        raise wrong from None
    if given is not None and b"\0" in given:  # no password of OpenSSL's has one
        raise wrong
    return given


def _collect_pem(document: Document, password: bytes | None, parts: _Found) -> None:
    found = False
    for block in _BLOCK.finditer(document.lines):
        found = True
        label = block[1].decode()
        if label in _PEM_CERTIFICATES:
            parts.certificates.append(_pem_certificate(document.name, block[0]))
        elif label in _NOT_A_CREDENTIAL:
            parts.others.append(_NOT_A_CREDENTIAL[label])
        elif label.endswith("PRIVATE KEY"):
            parts.keys.append(_pem_key(document.name, label, block[0], password))
    if not found:
        raise CredentialError(
            f"{document.name}: a PEM block has no END line; the file was cut off, copy it again"
        )


def _pem_certificate(name: str, block: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(block)
    except ValueError as error:
        raise CredentialError(f"{name}: the certificate in it is damaged ({error}); copy it again") from error


def _pem_key(name: str, label: str, block: bytes, password: bytes | None) -> PrivateKeyTypes:
    encrypted = label == "ENCRYPTED PRIVATE KEY" or b"4,ENCRYPTED" in block
    if encrypted and password is None:
        raise CredentialError(f"{name}: the private key is encrypted; {HOW_TO_UNLOCK}")
    try:
        return load_pem_private_key(block, password if encrypted else None)
    except UnsupportedAlgorithm as error:
        raise CredentialError(_about_algorithm(name)) from error
    except (ValueError, TypeError) as error:
        problem = (
            "wrong password for the private key, or it is damaged"
            if encrypted
            else "the private key is damaged"
        )
        raise CredentialError(f"{name}: {problem}; check the password or copy the file again") from error


def _openssh_key(name: str, block: bytes, password: bytes | None) -> PrivateKeyTypes:
    try:
        with contextlib.suppress(TypeError):  # the key is encrypted
            return load_ssh_private_key(block, None)
        if password is None:
            raise CredentialError(f"{name}: the private key is encrypted; {HOW_TO_UNLOCK}")
        return load_ssh_private_key(block, password)
    except UnsupportedAlgorithm as error:
        raise CredentialError(
            f"{name}: the private key cannot be read here: {error}. For an encrypted one install bcrypt "
            "(pip install bcrypt), or convert a copy: ssh-keygen -p -m PEM -f COPY"
        ) from error
    except ValueError as error:
        raise CredentialError(
            f"{name}: wrong password for the private key, or it is damaged; "
            "check the password or copy the file again"
        ) from error


def _collect_der(document: Document, password: bytes | None, parts: _Found) -> None:
    certificate = _der_certificate(document)
    if certificate is not None:
        parts.certificates.append(certificate)
        return
    if is_pfx(document):
        raise CredentialError(
            f"{document.name}: is a PFX, not PEM; use from_pfx, or load, which tells them apart"
        )
    try:
        parts.keys.append(load_der_private_key(document.data, password))
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CredentialError(unrecognised(document)) from error


def _der_certificate(document: Document) -> x509.Certificate | None:
    try:
        return x509.load_der_x509_certificate(document.data)
    except ValueError:
        return None  # the caller tries the other formats


def _paired(name: str, parts: _Found) -> CertifiedKey:
    if not parts.keys:
        raise CredentialError(_about_missing_key(name, parts))
    if not parts.certificates:
        raise CredentialError(
            f"{name}: has a private key but no certificate; give both, in one .pem file or in two"
        )
    for key in parts.keys:
        for certificate in parts.certificates:
            if public_key_of(key) == public_key_of(certificate):
                chain = tuple(c for c in parts.certificates if c != certificate)
                return CertifiedKey(certificate, key, chain)
    subject = parts.certificates[0].subject.rfc4514_string()
    raise CredentialError(
        f"{name}: the private key does not belong to the certificate of {subject}; "
        "give the key the certificate was made with"
    )


def _about_missing_key(name: str, parts: _Found) -> str:
    if parts.certificates:
        return (
            f"{name}: has a certificate but no private key. A .cer is the public part that is uploaded; "
            "give the .pem (key and certificate) or the .pfx it was made with"
        )
    held = parts.others[0] if parts.others else "neither a certificate nor a private key"
    return f"{name}: holds {held}; give the .pem with the certificate and its private key"


def _open_pfx(document: Document, password: bytes | None) -> pkcs12.PKCS12KeyAndCertificates:
    refusal: ValueError | None = None
    # PKCS#12 writers express "no password" either as none or as an empty one. A password is not needed
    # for a file without one.
    for attempt in (password, None, b"") if password else (None, b""):
        try:
            return pkcs12.load_pkcs12(document.data, attempt)
        except UnsupportedAlgorithm as error:
            raise CredentialError(_about_algorithm(document.name)) from error
        except ValueError as error:
            refusal = error
    if password:
        problem = "wrong password, or the file is damaged; check the password or export it again"
    else:
        problem = f"the PFX has a password, which was not given, or the file is damaged; {HOW_TO_UNLOCK} or export it again"
    raise CredentialError(f"{document.name}: {problem}") from refusal


def _not_a_pfx(document: Document) -> str:
    if document.is_pem:
        return f"{document.name}: is PEM, not a PFX; use from_pem, or load, which tells them apart"
    certificate = _der_certificate(document)
    if certificate is not None:
        return _about_missing_key(document.name, _Found(certificates=[certificate]))
    return unrecognised(document)


def _about_algorithm(name: str) -> str:
    return (
        f"{name}: is encrypted with an algorithm this Python cannot read; export it again with AES-256, "
        "or convert it with: openssl pkcs12 -legacy -in FILE -nodes -out FILE.pem"
    )


def unrecognised(document: Document) -> str:
    """Return the message for content in none of the known formats."""
    return (
        f"{document.name}: is not a certificate file asyncsm knows; "
        "give a .pem (key and certificate), a .pfx or a .publishsettings file"
    )
