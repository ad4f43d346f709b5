"""Service certificates: those a hosted service's machines may use."""

from __future__ import annotations

from typing import Annotated, Final

import pydantic

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import Reconcile
from asyncsm.operations.declaring import Family
from asyncsm.operations.hosted_services import SERVICE
from asyncsm.operations.kinds import SECRET, Base64Content, Thumbprint, ThumbprintAlgorithm, one_of
from asyncsm.polling import OperationHandle

family: Final = Family("service certificates", evidence="[protocol 4.8]")

CERTIFICATES: Final = SERVICE + "/certificates"
CERTIFICATE: Final = CERTIFICATES + "/{thumbalgorithm}-{thumbprint}"


class ServiceCertificateOperations(Caller):
    """Operations on the certificates of a hosted service."""

    @family.reads(CERTIFICATES)
    async def list_service_certificates(self, service_name: str) -> wire.certificates.Certificates:
        """List the certificates of a hosted service, without private keys.

        Raises:
            ResourceNotFound: there is no such hosted service.
        """
        ...

    @family.reads(CERTIFICATE)
    async def get_service_certificate(
        self, service_name: str, thumbalgorithm: ThumbprintAlgorithm, thumbprint: Thumbprint
    ) -> wire.certificates.Certificate:
        """Read the public part of a certificate.

        Args:
            thumbalgorithm: ``sha1``.
            thumbprint: SHA-1 of the certificate, 40 hexadecimal digits; spaces and colons do not matter.

        Raises:
            ResourceNotFound: there is no such hosted service or certificate.
        """
        ...

    @family.creates(
        CERTIFICATES,
        body=lambda: wire.certificates.CertificateFile,
        listed="AddCertificates",
        reconcile=Reconcile.REPEAT,  # a certificate that is there already is not added twice
    )
    async def add_service_certificate(
        self,
        service_name: str,
        data: Base64Content,
        certificate_format: Annotated[str, one_of(wire.certificates.CertificateFormat)],
        password: Annotated[str | pydantic.SecretStr, SECRET] | None = None,
    ) -> OperationHandle:
        """Add a certificate that the service's machines may use.

        REST: Add Service Certificate.

        Args:
            data: the file: bytes, a path or a binary file; text is base64 already, as the old SDK's
                users pass it, and base64 in bytes is recognised.
            certificate_format: ``pfx`` (with private key) or ``cer``.
            password: of the PFX; a ``cer`` has none.

        Raises:
            ResourceNotFound: there is no such hosted service.
            BadRequest: the file cannot be read, or the password is wrong.
        """
        ...

    @family.removes(CERTIFICATE, listed="DeleteCertificate")
    async def delete_service_certificate(
        self, service_name: str, thumbalgorithm: ThumbprintAlgorithm, thumbprint: Thumbprint
    ) -> OperationHandle:
        """Delete a certificate no deployment uses.

        REST: Delete Service Certificate.

        Args:
            thumbalgorithm: ``sha1``.
            thumbprint: SHA-1 of the certificate, 40 hexadecimal digits; spaces and colons do not matter.

        Raises:
            ResourceNotFound: there is no such hosted service or certificate.
            Conflict: a deployment uses it (raised when the handle is awaited).
        """
        ...
