"""The Windows certificate store through crypt32.dll.

See https://learn.microsoft.com/windows/win32/api/wincrypt/ for the functions and constants.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
from collections.abc import Callable, Iterator, Sequence

from asyncsm.credentials.windows_store import StoredCertificate, StoreLocation

_PROVIDER_MEMORY = 2
_PROVIDER_SYSTEM = 10
_READ_ONLY = 0x8000
_MUST_EXIST = 0x4000
_ACCOUNTS = {"CURRENT_USER": 0x10000, "LOCAL_MACHINE": 0x20000}
_X509_AND_PKCS7 = 0x10001
_SUBJECT_CONTAINS = 0x80007
_ADD_ALWAYS = 4
_KEYS_OR_FAIL = 0x7  # EXPORT_PRIVATE_KEYS and both REPORT_... flags: no PFX rather than one without the key


class CertificateContext(ctypes.Structure):
    """The structure ``CERT_CONTEXT`` of wincrypt.h."""

    _fields_ = (
        ("encoding", ctypes.c_uint32),
        ("encoded", ctypes.c_void_p),
        ("encoded_size", ctypes.c_uint32),
        ("info", ctypes.c_void_p),
        ("store", ctypes.c_void_p),
    )


class Blob(ctypes.Structure):
    """The structure ``CRYPT_DATA_BLOB`` of wincrypt.h."""

    _fields_ = (("size", ctypes.c_uint32), ("data", ctypes.c_void_p))


class Crypt32:
    """Implements `StoreApi` with crypt32.dll.

    Args:
        library: the loaded library.
        failure: the error of the library's last call that failed.
    """

    def __init__(self, library: ctypes.CDLL, failure: Callable[[], OSError]) -> None:
        self._library = library
        self._failure = failure
        # Handles are pointers; ctypes' default, a C int, would cut them in half.
        library.CertOpenStore.restype = ctypes.c_void_p
        library.CertFindCertificateInStore.restype = ctypes.c_void_p

    @contextlib.contextmanager
    def find(self, location: StoreLocation) -> Iterator[Sequence[StoredCertificate]]:
        """Find the certificates whose subject contains the name; their handles live as long as the context."""
        flags = _ACCOUNTS[location.account] | _READ_ONLY | _MUST_EXIST
        with self._store(_PROVIDER_SYSTEM, flags, location.store) as store, contextlib.ExitStack() as held:
            yield list(self._matches(store, location.name, held))

    def export(self, certificate: StoredCertificate, password: str) -> bytes:
        """Return certificate and key as PKCS#12 under `password`.

        Raises:
            OSError: there is no key, or it is not exportable.
        """
        # Only whole stores are exported, so the certificate is first put into a store of its own.
        with self._store(_PROVIDER_MEMORY, 0, None) as store:
            self._check(
                self._library.CertAddCertificateContextToStore(
                    ctypes.c_void_p(store), ctypes.c_void_p(certificate.handle), _ADD_ALWAYS, None
                )
            )
            pfx = Blob()
            self._export_into(pfx, store, password)  # without memory the call returns the size
            memory = ctypes.create_string_buffer(pfx.size)
            pfx.data = ctypes.addressof(memory)
            self._export_into(pfx, store, password)
            return memory.raw[: pfx.size]

    def _export_into(self, pfx: Blob, store: int, password: str) -> None:
        self._check(
            self._library.PFXExportCertStoreEx(
                ctypes.c_void_p(store), ctypes.byref(pfx), ctypes.c_wchar_p(password), None, _KEYS_OR_FAIL
            )
        )

    def _matches(self, store: int, name: str, held: contextlib.ExitStack) -> Iterator[StoredCertificate]:
        handle: int | None = None
        while handle := self._next_match(store, name, handle):
            # The next search frees the previous handle; one more reference keeps it valid.
            self._library.CertDuplicateCertificateContext(ctypes.c_void_p(handle))
            held.callback(self._library.CertFreeCertificateContext, ctypes.c_void_p(handle))
            context = CertificateContext.from_address(handle)
            yield StoredCertificate(ctypes.string_at(context.encoded, context.encoded_size), handle)

    def _next_match(self, store: int, name: str, previous: int | None) -> int | None:
        found: int | None = self._library.CertFindCertificateInStore(
            ctypes.c_void_p(store),
            _X509_AND_PKCS7,
            0,
            _SUBJECT_CONTAINS,
            ctypes.c_wchar_p(name),
            ctypes.c_void_p(previous),
        )
        return found

    @contextlib.contextmanager
    def _store(self, provider: int, flags: int, name: str | None) -> Iterator[int]:
        handle: int | None = self._library.CertOpenStore(
            ctypes.c_void_p(provider), 0, None, flags, ctypes.c_wchar_p(name)
        )
        if not handle:
            raise self._failure()
        try:
            yield handle
        finally:
            self._library.CertCloseStore(ctypes.c_void_p(handle), 0)

    def _check(self, succeeded: int) -> None:
        if not succeeded:
            raise self._failure()


def system_crypt32() -> Crypt32:
    """Load crypt32.dll of this computer.

    Raises:
        OSError: this is not Windows.
    """
    if sys.platform == "win32":
        return Crypt32(
            ctypes.WinDLL("crypt32", use_last_error=True), lambda: ctypes.WinError(ctypes.get_last_error())
        )
    raise OSError("crypt32.dll is a library of Windows")
