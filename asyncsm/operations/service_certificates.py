"""Service certificates: those a hosted service's machines may use."""

from __future__ import annotations

from pydantic import SecretStr

from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import Reconcile, delete, get, post
from asyncsm.operations import arguments
from asyncsm.operations.arguments import Binary
from asyncsm.polling import OperationHandle
from asyncsm.wire.certificates import Certificate, CertificateFile, CertificateFormat, Certificates


def _path(service_name: str, *rest: str) -> tuple[str, ...]:
    return ("services", "hostedservices", service_name, "certificates", *rest)


class ServiceCertificateOperations(Caller):
    """Operations on the certificates of a hosted service."""

    async def list_service_certificates(self, service_name: str) -> Certificates:
        """List the certificates of a hosted service, without private keys.

        REST: List Service Certificates.

        Raises:
            ResourceNotFound: there is no such hosted service.
        """
        return await self.fetch(Certificates, get(*_path(service_name)))

    async def get_service_certificate(
        self, service_name: str, thumbalgorithm: str, thumbprint: str
    ) -> Certificate:
        """Read the public part of a certificate.

        REST: Get Service Certificate.

        Args:
            service_name: the hosted service.
            thumbalgorithm: ``sha1``.
            thumbprint: SHA-1 of the certificate, 40 hexadecimal digits.

        Raises:
            ResourceNotFound: there is no such hosted service or certificate.
        """
        return await self.fetch(Certificate, get(*_path(service_name, f"{thumbalgorithm}-{thumbprint}")))

    async def add_service_certificate(
        self,
        service_name: str,
        data: Binary,
        certificate_format: str,
        password: str | SecretStr | None = None,
    ) -> OperationHandle:
        """Add a certificate that the service's machines may use.

        REST: Add Service Certificate.

        Args:
            service_name: the hosted service.
            data: the file: bytes, a path or a binary file; text is base64 already, as the old SDK's
                users pass it.
            certificate_format: ``pfx`` (with private key) or ``cer``.
            password: of the PFX; a ``cer`` has none.

        Raises:
            ResourceNotFound: there is no such hosted service.
            BadRequest: the file cannot be read, or the password is wrong.
        """
        body = CertificateFile(
            data=arguments.base64_of("data", data),
            certificate_format=arguments.one_of("certificate_format", certificate_format, CertificateFormat),
            password=arguments.secret(password),
        )
        return await self.start(
            # One that is there already is not added twice.
            post(*_path(service_name), body=body, operation="AddCertificates", reconcile=Reconcile.REPEAT)
        )

    async def delete_service_certificate(
        self, service_name: str, thumbalgorithm: str, thumbprint: str
    ) -> OperationHandle:
        """Delete a certificate no deployment uses.

        REST: Delete Service Certificate.

        Args:
            service_name: the hosted service.
            thumbalgorithm: ``sha1``.
            thumbprint: SHA-1 of the certificate, 40 hexadecimal digits.

        Raises:
            ResourceNotFound: there is no such hosted service or certificate.
            Conflict: a deployment uses it (raised when the handle is awaited).
        """
        path = _path(service_name, f"{thumbalgorithm}-{thumbprint}")
        return await self.start(delete(*path, operation="DeleteCertificate"))
