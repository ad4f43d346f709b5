"""Checks that a certificate is one the service takes, made before anything is sent."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from asyncsm.credentials import tls
from asyncsm.credentials.keypair import CertifiedKey
from asyncsm.errors import CredentialError

SMALLEST_KEY = 2048
"""Bits of RSA below which OpenSSL's default security level refuses a key."""

_RENEW = "make a new one (asyncsm certificate create, or create_management_certificate) and upload its .cer"


def only_rsa(key: PrivateKeyTypes, source: str, advice: str) -> rsa.RSAPrivateKey:
    """Return `key` if it is an RSA key of any length.

    Raises:
        CredentialError: it is another one, which the message names, such as ``Ed25519``.
    """
    if isinstance(key, rsa.RSAPrivateKey):
        return key
    algorithm = type(key).__name__.removesuffix("PrivateKey").lstrip("_")
    raise CredentialError(f"{source}: the key is {algorithm}, and the service takes RSA only; {advice}")


def rsa_key(pair: CertifiedKey, source: str) -> rsa.RSAPrivateKey:
    """Return the pair's key, if it is one the service and OpenSSL take.

    Raises:
        CredentialError: not RSA, or too short.
    """
    key = only_rsa(pair.key, source, _RENEW)
    # Subscriptions still list certificates of 1024 bits; they pass where OpenSSL's security level allows them.
    if key.key_size < SMALLEST_KEY and not _usable(pair, source):
        raise CredentialError(
            f"{source}: the RSA key has {key.key_size} bits, OpenSSL wants {SMALLEST_KEY} or more; {_RENEW}"
        )
    return key


def _usable(pair: CertifiedKey, source: str) -> bool:
    try:
        tls.show(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), pair, source)
    except CredentialError:
        return False
    return True


def validity(pair: CertifiedKey, source: str) -> None:
    """Check that now is within the certificate's dates.

    Raises:
        CredentialError: not valid yet, or no longer.
    """
    now = datetime.now(UTC)
    begins, ends = pair.certificate.not_valid_before_utc, pair.certificate.not_valid_after_utc
    if now < begins:
        raise CredentialError(
            f"{source}: the certificate is not valid before {begins:%Y-%m-%d %H:%M} UTC; "
            "wait until then, or check this computer's clock"
        )
    if now > ends:
        raise CredentialError(f"{source}: the certificate expired on {ends:%Y-%m-%d %H:%M} UTC; {_RENEW}")
