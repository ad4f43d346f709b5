"""Telling a client why its handshake failed."""

from __future__ import annotations

import ssl


class AlertingSSLObject(ssl.SSLObject):
    """Lets the alert of a failed handshake reach the peer.

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
