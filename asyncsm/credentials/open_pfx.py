"""PKCS#12 without a password, as the service wrote it into ``.publishsettings`` files.

Programs of that time read nothing else: the key in a shrouded bag, both parts under triple DES,
SHA-1 for keys and signature, and no password at all, which is not the same as an empty one.
cryptography writes such files only under a password, hence this.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable
from typing import Final

from cryptography import x509
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import Encoding

ROUNDS: Final = 2000
"""Of the key derivation: as Windows has it. Without a password they protect nothing."""

_BLOCK: Final = 64
_SALT_SIZE: Final = 8
_KEY, _IV, _MAC = 1, 2, 3
"""What is derived, as the format numbers it."""

_DATA: Final = "1.2.840.113549.1.7.1"
_ENCRYPTED_DATA: Final = "1.2.840.113549.1.7.6"
_SHROUDED_KEY: Final = "1.2.840.113549.1.12.10.1.2"
_CERTIFICATE: Final = "1.2.840.113549.1.12.10.1.3"
_X509: Final = "1.2.840.113549.1.9.22.1"
_FRIENDLY_NAME: Final = "1.2.840.113549.1.9.20"
_LOCAL_KEY_ID: Final = "1.2.840.113549.1.9.21"
_TRIPLE_DES: Final = "1.2.840.113549.1.12.1.3"
_SHA1: Final = "1.3.14.3.2.26"


def open_pfx(key: bytes, certificates: Iterable[x509.Certificate], friendly_name: str) -> bytes:
    """Return a key and its certificates as PKCS#12 without a password.

    Args:
        key: PKCS#8 in DER.
        certificates: the key's first, then those of its issuers.
        friendly_name: by what name Windows shows it.
    """
    bags = []
    attributes = b""
    for number, certificate in enumerate(certificates):
        if number == 0:
            # By this id readers find the certificate of the key.
            own_id = certificate.fingerprint(SHA1())  # noqa: S303 - a name, not a signature
            attributes = _attributes(friendly_name, own_id)
        inside = _sequence(_oid(_X509), _within(0, _octets(certificate.public_bytes(Encoding.DER))))
        bags.append(_sequence(_oid(_CERTIFICATE), _within(0, inside), attributes if number == 0 else b""))
    algorithm, cipher = _encrypted(_sequence(*bags))
    hidden = _sequence(_oid(_DATA), algorithm, _tagged(0x80, cipher))
    algorithm, cipher = _encrypted(key)
    shrouded = _sequence(_oid(_SHROUDED_KEY), _within(0, _sequence(algorithm, _octets(cipher))), attributes)
    safe = _sequence(
        _plain(_sequence(shrouded)),
        _sequence(_oid(_ENCRYPTED_DATA), _within(0, _sequence(_integer(0), hidden))),
    )
    salt = os.urandom(_SALT_SIZE)
    mac = hmac.digest(_derived(_MAC, salt, 20), safe, hashlib.sha1)
    digest = _sequence(_sequence(_oid(_SHA1), b"\x05\x00"), _octets(mac))
    return _sequence(_integer(3), _plain(safe), _sequence(digest, _octets(salt), _integer(ROUNDS)))


def _encrypted(content: bytes) -> tuple[bytes, bytes]:
    """Return how `content` is encrypted, and what comes of it."""
    salt = os.urandom(_SALT_SIZE)
    cipher = Cipher(TripleDES(_derived(_KEY, salt, 24)), modes.CBC(_derived(_IV, salt, 8))).encryptor()
    padder = PKCS7(64).padder()
    padded = padder.update(content) + padder.finalize()
    algorithm = _sequence(_oid(_TRIPLE_DES), _sequence(_octets(salt), _integer(ROUNDS)))
    return algorithm, cipher.update(padded) + cipher.finalize()


def _derived(purpose: int, salt: bytes, length: int) -> bytes:
    """Derive bytes from a salt and no password, as RFC 7292 has it in appendix B.2."""
    block = (salt * _BLOCK)[:_BLOCK]
    derived = b""
    while len(derived) < length:
        found = bytes([purpose]) * _BLOCK + block
        for _ in range(ROUNDS):
            found = hashlib.sha1(found, usedforsecurity=False).digest()
        derived += found
        step = int.from_bytes((found * _BLOCK)[:_BLOCK], "big") + 1
        block = ((int.from_bytes(block, "big") + step) % (1 << 8 * _BLOCK)).to_bytes(_BLOCK, "big")
    return derived[:length]


def _attributes(friendly_name: str, own_id: bytes) -> bytes:
    name = _tagged(0x1E, friendly_name.encode("utf-16-be"))
    pairs = [(_FRIENDLY_NAME, name), (_LOCAL_KEY_ID, _octets(own_id))]
    return _tagged(0x31, *sorted(_sequence(_oid(kind), _tagged(0x31, value)) for kind, value in pairs))


def _plain(content: bytes) -> bytes:
    return _sequence(_oid(_DATA), _within(0, _octets(content)))


def _tagged(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + content


def _sequence(*parts: bytes) -> bytes:
    return _tagged(0x30, *parts)


def _within(number: int, content: bytes) -> bytes:
    return _tagged(0xA0 | number, content)


def _octets(content: bytes) -> bytes:
    return _tagged(0x04, content)


def _integer(value: int) -> bytes:
    return _tagged(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    encoded = bytes([40 * first + second])
    for number in rest:
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.append(0x80 | number & 0x7F)
        encoded += bytes(reversed(groups))
    return _tagged(0x06, encoded)
