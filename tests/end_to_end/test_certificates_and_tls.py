"""Wrong, foreign, expired and missing certificates."""

import ssl

import aiohttp
import pytest
from doubles.certificates import authority, management_certificate, self_signed

from asyncsm import (
    AuthenticationFailed,
    CertificateRejected,
    ConnectionFailed,
    CredentialError,
    ManagementCertificate,
    ServiceManagementService,
    TransportError,
)


def client_of(emulator, certificate, **options):
    options.setdefault("ca_file", emulator.ca_path)
    options.setdefault("host", emulator.url)
    return ServiceManagementService(emulator.subscription_id, certificate, trust_env=False, **options)


async def test_a_certificate_of_another_subscription_is_refused(emulator):
    """Known to the service, but not to this subscription: 403, in words that only this has."""
    mine = management_certificate("neighbour")
    async with emulator.service(emulator.subscription_ids[1]) as neighbour:
        await neighbour.add_management_certificate(mine.public_key_base64, mine.thumbprint, mine.data_base64)
    async with client_of(emulator, mine) as sms:
        with pytest.raises(AuthenticationFailed, match="certificate is valid and is associated") as caught:
            await sms.list_locations()
    assert caught.value.status == 403
    assert caught.value.request_id


async def test_a_certificate_the_service_never_saw_is_refused(emulator):
    """It fails in the handshake already; the error is about certificates either way."""
    async with client_of(emulator, management_certificate("stranger")) as sms:
        with pytest.raises((AuthenticationFailed, TransportError)) as caught:
            await sms.list_locations()
    assert isinstance(caught.value, (AuthenticationFailed, CertificateRejected))


async def test_no_certificate_at_all_is_refused(emulator):
    """A client without a certificate gets 403 in the service's words."""
    context = ssl.create_default_context(cafile=str(emulator.ca_path))
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as http,
        http.get(
            f"{emulator.url}/{emulator.subscription_id}/locations", headers={"x-ms-version": "2014-10-01"}
        ) as answer,
    ):
        assert answer.status == 403
        assert "ForbiddenError" in await answer.text()


async def test_an_expired_certificate_is_refused_before_anything_is_sent(tmp_path):
    """The certificate's dates are checked when it is loaded."""
    from datetime import timedelta

    from doubles.certificates import NOW

    pair = self_signed(begins=NOW - timedelta(days=9), ends=NOW - timedelta(days=1))
    with pytest.raises(CredentialError, match="expired"):
        ManagementCertificate.from_pair(pair, "old.pem")


async def test_a_missing_certificate_file_is_named(emulator, tmp_path):
    """The error names the file."""
    with pytest.raises(CredentialError, match=r"nowhere\.pem"):
        client_of(emulator, tmp_path / "nowhere.pem")


async def test_an_untrusted_service_is_not_talked_to(emulator):
    """A server certificate of an unknown authority ends the connection, with the way out."""
    async with client_of(emulator, emulator.certificate_path, ca_file=authority().certificate_pem) as sms:
        with pytest.raises(CertificateRejected, match="ca_file"):
            await sms.list_locations()


async def test_nobody_listening(emulator):
    """A service that is not there is a failed connection: nothing was sent."""
    await emulator.stop()
    from asyncsm import RetryPolicy

    async with client_of(emulator, emulator.certificate_path, retry=RetryPolicy(attempts=1)) as sms:
        with pytest.raises(ConnectionFailed, match="cannot connect"):
            await sms.create_hosted_service("shop", label="shop", location="West US")


async def test_a_publishsettings_file_brings_everything(emulator):
    """Subscription, certificate and host come from the file."""
    async with ServiceManagementService(
        cert_file=emulator.publishsettings_path, ca_file=emulator.ca_path, trust_env=False
    ) as sms:
        assert sms.subscription_id == emulator.subscription_id
        assert len(await sms.list_locations()) > 0
