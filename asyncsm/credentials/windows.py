r"""Certificates of the Windows store, named as the old SDK did: ``CURRENT_USER\my\Name``.

The store never hands out a bare key. It exports certificate and key as PKCS#12 under a
password; here that happens in memory, with a random password. All calls go through
`StoreApi`, so that everything but the system itself can be tested anywhere.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Sequence

from cryptography import x509
from cryptography.x509.oid import NameOID

from asyncsm.credentials.windows_store import StoreApi, StoredCertificate, StoreLocation
from asyncsm.errors import CredentialError


def export(location: str, api: StoreApi | None = None) -> tuple[bytes, str]:
    """Export the certificate at `location` as PKCS#12; return it and the password it is under.

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
    """Prefer certificates whose common name is exactly `name`, then the one that is valid longest."""

    def rank(candidate: StoredCertificate) -> tuple[bool, float]:
        certificate = x509.load_der_x509_certificate(candidate.der)
        names = [
            str(n.value).lower() for n in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        ]
        return name.lower() in names, certificate.not_valid_after_utc.timestamp()

    return max(found, key=rank)


def _system(place: StoreLocation) -> StoreApi:
    if sys.platform == "win32":
        from asyncsm.credentials.crypt32 import system_crypt32

        return system_crypt32()
    raise CredentialError(
        f"{place}: the Windows certificate store exists on Windows only. There, export the certificate with its "
        f'private key: certutil -user -p PASSWORD -exportPFX {place.store} "{place.name}" FILE.pfx '
        "(or certmgr.msc, All Tasks, Export, 'Yes, export the private key'), and give that .pfx file here"
    )
