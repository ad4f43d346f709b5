"""The Windows certificate store: how a place in it is written, and the two calls made to it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from asyncsm.errors import CredentialError

_LOCATION = re.compile(
    r"(?P<account>CURRENT_USER|LOCAL_MACHINE)\\(?:(?P<store>[^\\]+)\\)?(?P<name>[^\\].*)", re.IGNORECASE
)
_DEFAULT_STORE = "MY"


@dataclass(frozen=True, slots=True)
class StoreLocation:
    """A place in the Windows store where a certificate is.

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
        handle: the system's reference to it, for `StoreApi.export`.
    """

    der: bytes
    handle: int


class StoreApi(Protocol):
    """The two calls made to the system; `Crypt32` implements them, and tests script them."""

    def find(self, location: StoreLocation) -> AbstractContextManager[Sequence[StoredCertificate]]:
        """Find the certificates whose subject contains the name; their handles live as long as the context."""
        ...

    def export(self, certificate: StoredCertificate, password: str) -> bytes:
        """Return certificate and key as PKCS#12 under `password`; `OSError` if the key is kept back."""
        ...


def is_store_location(text: str) -> bool:
    """Tell a place in the Windows store from the path of a file."""
    return _LOCATION.fullmatch(text.strip()) is not None
