"""Management certificates: who may manage the subscription."""

from __future__ import annotations

import base64
import ssl

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.state import SubscriptionCertificate
from asyncsm.wire import certificates as wire
from asyncsm.wire.encoding import base64_content

routes: RouteTable = RouteTable()


@routes.get("certificates", "ListSubscriptionCertificates")
def list_certificates(call: Call) -> Reply:
    """List Management Certificates."""
    return Reply(
        document=wire.SubscriptionCertificates(
            subscription_certificates=[_shown(one) for one in call.subscription.certificates.values()]
        )
    )


@routes.get("certificates/{thumbprint}", "GetSubscriptionCertificate")
def get(call: Call) -> Reply:
    """Get Management Certificate; the thumbprint in any case."""
    return Reply(document=_shown(_find(call)))


@routes.post("certificates", "AddSubscriptionCertificate")
def add(call: Call) -> Reply:
    """Add Management Certificate; from now on its owner may come in."""
    wanted = call.body(wire.SubscriptionCertificate)
    certificates = call.subscription.certificates
    limit = call.subscription.quotas.management_certificates
    added = _read(call, wanted)
    if added.thumbprint in certificates:
        # [protocol 3.1]
        raise refusals.conflict("The specified certificate already exists for this subscription.")
    # [protocol 1.8]
    refusals.require_quota("management certificate count", limit, len(certificates))
    try:
        call.gate.trust(added.data)
    except ssl.SSLError:
        raise refusals.bad_request("The specified certificate is invalid.") from None  # [protocol 6.2]
    certificates[added.thumbprint] = added
    call.acts_on("certificates", added.thumbprint)
    spelling = wanted.subscription_certificate_thumbprint or added.thumbprint
    return Reply(201, headers=call.created_at("certificates", spelling))


@routes.delete("certificates/{thumbprint}", "RemoveSubscriptionCertificate")
def delete(call: Call) -> Reply:
    """Delete Management Certificate, be it the caller's own; it counts from the next request on."""
    del call.subscription.certificates[_find(call).thumbprint]
    return Reply()


def _find(call: Call) -> SubscriptionCertificate:
    found = call.subscription.certificates.get(call.parameters["thumbprint"])
    # [rec management_certificates/delete_management_certificate]
    return refusals.required(found, "The certificate was not found.")


def _read(call: Call, wanted: wire.SubscriptionCertificate) -> SubscriptionCertificate:
    """The certificate of a request; key and thumbprint must be the data's own where they are given."""
    try:
        data = base64_content(wanted.subscription_certificate_data or "")
        given_key = base64_content(wanted.subscription_certificate_public_key or "")
        certificate = x509.load_der_x509_certificate(data)
        key = certificate.public_key()
    except ValueError:
        raise refusals.bad_request("The specified certificate is invalid.") from None  # [protocol 6.2]
    if not isinstance(key, rsa.RSAPublicKey):
        raise refusals.bad_request("The specified certificate is invalid.")  # [protocol 6.2]
    public_key = key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    thumbprint = certificate.fingerprint(SHA1()).hex().upper()  # noqa: S303 - the name of a certificate here
    given_thumbprint = wanted.subscription_certificate_thumbprint
    if given_key and given_key != public_key:
        raise refusals.bad_request("The public key is not that of the specified certificate.")  # [guess]
    if given_thumbprint and given_thumbprint.upper() != thumbprint:
        raise refusals.bad_request("The thumbprint is not that of the specified certificate.")  # [guess]
    return SubscriptionCertificate(thumbprint, public_key, data, call.now)


def _shown(certificate: SubscriptionCertificate) -> wire.SubscriptionCertificate:
    return wire.SubscriptionCertificate(
        subscription_certificate_public_key=_text(certificate.public_key),
        subscription_certificate_thumbprint=certificate.thumbprint,
        subscription_certificate_data=_text(certificate.data),
        created=certificate.created,
    )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
