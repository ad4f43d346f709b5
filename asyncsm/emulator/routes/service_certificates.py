"""Certificates of hosted services, which their roles and machines use."""

from __future__ import annotations

import base64
import binascii
import contextlib
from collections.abc import Iterator
from functools import partial
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7, pkcs12

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.clock import Clock
from asyncsm.emulator.compute import Deployment, HostedService, ServiceCertificate
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import path_resources, service_configurations
from asyncsm.emulator.rules.path_resources import SERVICE
from asyncsm.emulator.saved_names import effect
from asyncsm.wire import certificates as wire
from asyncsm.wire.encoding import base64_content

COLLECTION: Final = f"{SERVICE}/certificates"
ONE: Final = f"{COLLECTION}/{{thumbprint}}"

ALGORITHM: Final = "sha1"
"""The only one whose thumbprints the service takes."""

routes: RouteTable = RouteTable()


@routes.get(COLLECTION, "ListCertificates")
def list_certificates(call: Call) -> Reply:
    """List Service Certificates."""
    service = path_resources.hosted_service(call)
    shown = [
        wire.Certificate(
            certificate_url=call.url(
                "services", "hostedservices", service.name, "certificates", f"{ALGORITHM}-{one.thumbprint}"
            ),
            thumbprint=one.thumbprint,
            thumbprint_algorithm=ALGORITHM,
            data=_encoded(one),
        )
        for one in service.certificates.values()
    ]
    return Reply(document=wire.Certificates(certificates=shown))


@routes.get(ONE, "GetCertificate")
def get(call: Call) -> Reply:
    """Get Service Certificate: its public part."""
    _, found = _find(call)
    return Reply(document=wire.Certificate(data=_encoded(found)))


@routes.post(COLLECTION, "AddCertificates")
def add(call: Call) -> Reply:
    """Add Service Certificate; one that is there already is not added twice."""
    wanted = call.body(wire.CertificateFile)
    service = path_resources.hosted_service(call)
    added = certificates_in(wanted)
    present, limit = service.certificates, call.subscription.quotas.certificates_per_hosted_service
    new = {one.thumbprint for one in added if one.thumbprint not in present}
    # [protocol 1.8] [guess]
    refusals.require_quota("hosted service certificate count", limit, len(present), len(new))
    return call.accept(locks=[service], then=partial(_keep, call.clock, service, added))


@routes.delete(ONE, "DeleteCertificate")
def delete(call: Call) -> Reply:
    """Delete Service Certificate; whether a deployment uses it is seen only on the way."""
    service, found = _find(call)
    return call.accept(locks=[service], then=partial(_drop, call.clock, service, found))


def _find(call: Call) -> tuple[HostedService, ServiceCertificate]:
    service = path_resources.hosted_service(call)
    algorithm, _, thumbprint = call.parameters["thumbprint"].partition("-")
    found = service.certificates.get(thumbprint) if algorithm.lower() == ALGORITHM else None
    # [rec compute/delete_service_certificate]
    return service, refusals.required(found, "The certificate was not found.")


def certificates_in(given: wire.CertificateFile) -> list[ServiceCertificate]:
    """Return the certificates in a file; the private keys go into the machines and are not kept.

    Raises:
        Refusal: the file is not what it says to be, or has another password.
    """
    spelt = wire.CertificateFormat.spelt(given.certificate_format)  # [guess]: in any case of letters
    if spelt not in {wire.CertificateFormat.PFX, wire.CertificateFormat.CER}:
        raise refusals.bad_request("The certificate format must be pfx or cer.")  # [protocol 4.8]
    try:
        data = base64_content(given.data)
        found = _certificates(data, given.password.get_secret_value() if given.password else None)
    except ValueError:
        # The reason tells about the key, and is not passed on.
        raise refusals.bad_request(  # [guess]
            "The specified certificate is invalid, or the password is not correct."
        ) from None
    return [
        ServiceCertificate(
            thumbprint=one.fingerprint(SHA1()).hex().upper(),  # noqa: S303 - the name of a certificate here
            data=one.public_bytes(Encoding.DER),
        )
        for one in found
    ]


def _certificates(data: bytes, password: str | None) -> list[x509.Certificate]:
    """Return what is in the bytes, whatever the request calls them: a PFX, or a certificate or PKCS#7 bundle.

    These may be DER, PEM (with anything around it, as OpenSSL writes it), or base64 without PEM's lines,
    all of which .NET reads.

    Raises:
        ValueError: it is none of these, or a PFX with another password.
    """
    if b"-----BEGIN" in data:
        return _in_pem(data)
    with contextlib.suppress(binascii.Error):
        data = base64.b64decode(b"".join(data.split()), validate=True)
    for read in (_alone, pkcs7.load_der_pkcs7_certificates):
        with contextlib.suppress(ValueError):
            return read(data)
    file = pkcs12.load_pkcs12(data, None if password is None else password.encode())
    own = [] if file.cert is None else [file.cert.certificate]
    found = [*own, *(one.certificate for one in file.additional_certs)]
    if not found:
        raise ValueError("no certificate")
    return found


def _in_pem(data: bytes) -> list[x509.Certificate]:
    if b"-----BEGIN PKCS7-----" in data:
        return pkcs7.load_pem_pkcs7_certificates(data)
    return x509.load_pem_x509_certificates(data)


def _alone(data: bytes) -> list[x509.Certificate]:
    return [x509.load_der_x509_certificate(data)]


@effect("service-certificates/keep", "emulator.handlers.service_certificates:_keep")
def _keep(clock: Clock, service: HostedService, added: list[ServiceCertificate]) -> None:
    for one in added:
        service.certificates.setdefault(one.thumbprint, one)
    service.modified = clock.now()


@effect("service-certificates/drop", "emulator.handlers.service_certificates:_drop")
def _drop(clock: Clock, service: HostedService, certificate: ServiceCertificate) -> None:
    used = {one.upper() for deployment in service.deployments.values() for one in _used_by(deployment)}
    if certificate.thumbprint in used:
        # [protocol 3.1]
        raise refusals.conflict("Certificate deletion is not allowed when it is being used in a deployment.")
    del service.certificates[certificate.thumbprint]
    service.modified = clock.now()


def _used_by(deployment: Deployment) -> Iterator[str]:
    for role in deployment.roles.values():
        yield from role.certificates
    if not deployment.has_virtual_machines:
        yield from service_configurations.thumbprints(deployment.configuration)


def _encoded(certificate: ServiceCertificate) -> str:
    return base64.b64encode(certificate.data).decode()
