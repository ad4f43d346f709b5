r"""Certificates of the Windows store, named as the old SDK did: ``CURRENT_USER\my\Name``.

The store gives no key away as such; it exports certificate and key as PKCS#12 under a
password, which is done in memory with a password nobody else sees. The calls go through
`StoreApi`, so that everything but the system itself can be exercised anywhere.
"""

from __future__ import annotations

import re
import secrets
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from cryptography import x509
from cryptography.x509.oid import NameOID

from asyncsm.errors import CredentialError

_LOCATION = re.compile(
    r"(?P<account>CURRENT_USER|LOCAL_MACHINE)\\(?:(?P<store>[^\\]+)\\)?(?P<name>[^\\].*)", re.IGNORECASE
)
_DEFAULT_STORE = "MY"


@dataclass(frozen=True, slots=True)
class StoreLocation:
    """Where in the Windows store a certificate is.

    Attributes:
        account: ``CURRENT_USER`` or ``LOCAL_MACHINE``.
        store: name of the store, such as ``my``.
        name: the certificate's common name, or a part of its subject.
    """

    account: str
    store: str
    name: str

    @classmethod
    def parse(cls, text: str) -> StoreLocation:
        r"""Read ``ACCOUNT\store\Name``; without a store, ``my`` is meant.

        Raises:
            CredentialError: it has another form.
        """
        found = _LOCATION.fullmatch(text.strip())
        if found is None:
            raise CredentialError(
                rf"{text}: is not a place in the Windows store; write CURRENT_USER\my\Name or LOCAL_MACHINE\my\Name"
            )
        return cls(found["account"].upper(), found["store"] or _DEFAULT_STORE, found["name"])

    def __str__(self) -> str:
        return rf"{self.account}\{self.store}\{self.name}"


@dataclass(frozen=True, slots=True)
class StoredCertificate:
    """A certificate of the store.

    Attributes:
        der: the certificate.
        handle: what the system knows it by, for `StoreApi.export`.
    """

    der: bytes
    handle: int


class StoreApi(Protocol):
    """The two things asked of the system."""

    def find(self, location: StoreLocation) -> AbstractContextManager[Sequence[StoredCertificate]]:
        """The certificates whose subject contains the name; their handles live as long as the context."""
        ...

    def export(self, certificate: StoredCertificate, password: str) -> bytes:
        """PKCS#12 of the certificate and its key under `password`; `OSError` if the key is kept back."""
        ...


def is_store_location(text: str) -> bool:
    """Whether text given as a certificate means the Windows store and not a file."""
    return _LOCATION.fullmatch(text.strip()) is not None


def export(location: str, api: StoreApi | None = None) -> tuple[bytes, str]:
    """PKCS#12 of the certificate at `location`, and the password it is under.

    Raises:
        CredentialError: wrong form, not found, not exportable, or not on Windows.
    """
    place = StoreLocation.parse(location)
    system = api or _system(place)
    password = secrets.token_urlsafe(24)
    try:
        with system.find(place) as found:
            if not found:
                raise CredentialError(
                    f"{place}: there is no such certificate; certmgr.msc lists those of this user, "
                    "certlm.msc those of this computer"
                )
            return system.export(_best(found, place.name), password), password
    except OSError as error:
        raise CredentialError(
            f"{place}: Windows does not export it ({error.strerror or error}); its private key must be there "
            "and marked exportable: import the .pfx again with 'Mark this key as exportable'"
        ) from error


def _best(found: Sequence[StoredCertificate], name: str) -> StoredCertificate:
    """Of all whose subject contains the name: those called exactly so first, then the one valid longest."""

    def rank(candidate: StoredCertificate) -> tuple[bool, float]:
        certificate = x509.load_der_x509_certificate(candidate.der)
        names = [
            str(n.value).lower() for n in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        ]
        return name.lower() in names, certificate.not_valid_after_utc.timestamp()

    return max(found, key=rank)


def _system(place: StoreLocation) -> StoreApi:
    if sys.platform == "win32":
        # crypt32.py implements this module's protocol, so it imports this module.
        from asyncsm.credentials.crypt32 import system_crypt32

        return system_crypt32()
    raise CredentialError(
        f"{place}: the Windows certificate store exists on Windows only. There, export the certificate with its "
        f'private key: certutil -user -p PASSWORD -exportPFX {place.store} "{place.name}" FILE.pfx '
        "(or certmgr.msc, All Tasks, Export, 'Yes, export the private key'), and give that .pfx file here"
    )
