"""The emulator's side of a TLS connection."""

from __future__ import annotations

import hashlib
import ssl
from functools import cached_property


class EmulatorSSLObject(ssl.SSLObject):
    """Tells a client why its handshake failed, and the emulator whose certificate the client has.

    asyncio closes a connection whose handshake fails without sending what OpenSSL has
    written for the peer, so that a client with a certificate the emulator never saw would
    only see the connection end. Asking for more input first makes asyncio send it.
    """

    _failure: ssl.SSLError | None = None

    def do_handshake(self) -> None:
        """Shake hands; after a failure, fail only when called again."""
        if self._failure is not None:
            raise self._failure
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as error:
            self._failure = error
            raise ssl.SSLWantReadError from error

    @cached_property
    def thumbprint(self) -> str | None:
        """SHA-1 of the certificate the client has shown, in upper case.

        It is kept here, with the connection: not every loop's transports can be referred to weakly.
        """
        shown = self.getpeercert(binary_form=True)
        return None if shown is None else hashlib.sha1(shown, usedforsecurity=False).hexdigest().upper()
