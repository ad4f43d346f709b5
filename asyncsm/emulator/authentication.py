"""Check of client certificates, in the handshake and again for each request.

The handshake lets any certificate pass that manages, or has managed, some subscription:
OpenSSL can be taught new ones while the server runs, but not to forget one. Whether it
manages *this* subscription *now* is asked for every request, so that deleting one takes
effect on connections that stand.
"""

from __future__ import annotations

import ssl
from asyncio import BaseTransport

from asyncsm.emulator import refusals
from asyncsm.emulator.state import ServiceState, Subscription
from asyncsm.emulator.tls import EmulatorSSLObject


class Gate:
    """The TLS side of the listener, and the check of each request.

    Args:
        state: the subscriptions with their certificates.
    """

    def __init__(self, state: ServiceState) -> None:
        self._state = state
        self._context: ssl.SSLContext | None = None

    def open(self, context: ssl.SSLContext) -> None:
        """Admit the certificates of all subscriptions to handshakes of `context`, TLS 1.2 and later."""
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.verify_mode = ssl.CERT_OPTIONAL
        # Management certificates need not be self-signed; each one is trusted by itself.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.sslobject_class = EmulatorSSLObject
        self._context = context
        self.trust_all()

    def trust_all(self) -> None:
        """Let handshakes with the certificates of all subscriptions pass from now on."""
        for subscription in self._state.subscriptions.values():
            for certificate in subscription.certificates.values():
                self.trust(certificate.data)

    def trust(self, certificate: bytes) -> None:
        """Let handshakes with a DER `certificate` pass from now on.

        Raises:
            ssl.SSLError: it is no certificate.
        """
        if self._context is not None:
            self._context.load_verify_locations(cadata=certificate)

    @staticmethod
    def thumbprint(transport: BaseTransport | None) -> str | None:
        """SHA-1 of the certificate the other side of a connection has shown, in upper case."""
        tls = None if transport is None else transport.get_extra_info("ssl_object")
        return tls.thumbprint if isinstance(tls, EmulatorSSLObject) else None

    def admit(self, subscription_id: str, thumbprint: str | None) -> Subscription:
        """The subscription, if the certificate manages it.

        Raises:
            Refusal: 403 ``ForbiddenError``, whether there is such a subscription or not; ``SubscriptionDisabled`` if
                it is disabled.
        """
        subscription = self._state.subscriptions.get(subscription_id)
        if subscription is None or thumbprint is None or thumbprint not in subscription.certificates:
            raise refusals.authentication_failed()  # [protocol 3.3]
        if subscription.status == "Disabled":
            raise refusals.subscription_disabled()  # [protocol 3.3]
        return subscription

    def managed_by(self, thumbprint: str | None) -> list[Subscription]:
        """The subscriptions a certificate manages.

        Raises:
            Refusal: 403 ``ForbiddenError`` if there is none.
        """
        managed = [
            one for one in self._state.subscriptions.values() if thumbprint and thumbprint in one.certificates
        ]
        if not managed:
            raise refusals.authentication_failed()  # [protocol 3.3]
        return managed
