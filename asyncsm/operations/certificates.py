"""Management certificates: those that may manage the subscription."""

from __future__ import annotations

from typing import Final

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.operations.declaring import Family
from asyncsm.operations.facts import Ends
from asyncsm.operations.kinds import Base64Content, Thumbprint
from asyncsm.polling import OperationHandle

family: Final = Family("management certificates", evidence="[protocol 4.3]", ends=Ends.AT_ONCE)

CERTIFICATES: Final = "certificates"
CERTIFICATE: Final = CERTIFICATES + "/{thumbprint}"


class ManagementCertificateOperations(Caller):
    """Operations on the certificates that may manage the subscription."""

    @family.reads(CERTIFICATES)
    async def list_management_certificates(self) -> wire.certificates.SubscriptionCertificates:
        """List the management certificates of the subscription.

        REST: List Management Certificates (jj154105).
        """
        ...

    @family.reads(CERTIFICATE)
    async def get_management_certificate(
        self, thumbprint: Thumbprint
    ) -> wire.certificates.SubscriptionCertificate:
        """Read one management certificate.

        REST: Get Management Certificate (jj154131).

        Args:
            thumbprint: SHA-1 of the certificate, 40 hexadecimal digits in any case; spaces and colons do not matter.

        Raises:
            ResourceNotFound: the subscription has no such certificate.
        """
        ...

    @family.creates(
        CERTIFICATES,
        at="/{thumbprint}",
        body=lambda: wire.certificates.SubscriptionCertificate,
        fields={
            "subscription_certificate_public_key": "public_key",
            "subscription_certificate_thumbprint": "thumbprint",
            "subscription_certificate_data": "data",
        },
        listed="AddSubscriptionCertificate",
    )
    async def add_management_certificate(
        self, public_key: Base64Content, thumbprint: Thumbprint, data: Base64Content
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
        ...

    @family.removes(CERTIFICATE, listed="RemoveSubscriptionCertificate")
    async def delete_management_certificate(self, thumbprint: Thumbprint) -> OperationHandle:
        """Take a certificate's right to manage the subscription away, at once.

        REST: Delete Management Certificate (jj154127).

        Args:
            thumbprint: SHA-1 of the certificate, 40 hexadecimal digits in any case; spaces and colons do not matter.

        Raises:
            ResourceNotFound: the subscription has no such certificate.
        """
        ...
