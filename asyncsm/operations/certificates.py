"""Management certificates: those that may manage the subscription."""

from __future__ import annotations

from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import delete, get, post
from asyncsm.operations import arguments
from asyncsm.polling import OperationHandle
from asyncsm.wire.certificates import SubscriptionCertificate, SubscriptionCertificates


class ManagementCertificateOperations(Caller):
    """Operations on the certificates that may manage the subscription."""

    async def list_management_certificates(self) -> SubscriptionCertificates:
        """List the management certificates of the subscription.

        REST: List Management Certificates (jj154105).
        """
        return await self.fetch(SubscriptionCertificates, get("certificates"))

    async def get_management_certificate(self, thumbprint: str) -> SubscriptionCertificate:
        """Read one management certificate.

        REST: Get Management Certificate (jj154131).

        Args:
            thumbprint: SHA-1 of the certificate, 40 hexadecimal digits in any case.

        Raises:
            ResourceNotFound: the subscription has no such certificate.
        """
        return await self.fetch(SubscriptionCertificate, get("certificates", thumbprint))

    async def add_management_certificate(
        self, public_key: str, thumbprint: str, data: str
    ) -> OperationHandle:
        """Let the owner of a certificate manage the subscription.

        REST: Add Management Certificate (jj154123).

        Args:
            public_key: base64 of the DER ``RSAPublicKey``; `ManagementCertificate.public_key_base64`.
            thumbprint: SHA-1 of the certificate; `ManagementCertificate.thumbprint`.
            data: base64 of the DER certificate, without its private key;
                `ManagementCertificate.data_base64`.

        Raises:
            AlreadyExists: the subscription has it already.
        """
        body = SubscriptionCertificate(
            subscription_certificate_public_key=arguments.text("public_key", public_key),
            subscription_certificate_thumbprint=arguments.text("thumbprint", thumbprint),
            subscription_certificate_data=arguments.text("data", data),
        )
        added = ("certificates", thumbprint)
        return await self.run(
            post("certificates", body=body, creates=added, operation="AddSubscriptionCertificate")
        )

    async def delete_management_certificate(self, thumbprint: str) -> OperationHandle:
        """Take a certificate's right to manage the subscription away, at once.

        REST: Delete Management Certificate (jj154127).

        Args:
            thumbprint: SHA-1 of the certificate, 40 hexadecimal digits in any case.

        Raises:
            ResourceNotFound: the subscription has no such certificate.
        """
        return await self.run(delete("certificates", thumbprint, operation="RemoveSubscriptionCertificate"))
