"""Management certificates: who may come in, from when and until when."""

import base64
import textwrap
from pathlib import Path

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from doubles.bare_client import Management, connected, document
from doubles.certificates import management_certificate, self_signed

from asyncsm.credentials import ManagementCertificate
from asyncsm.emulator import Emulator

REFUSED = (
    "The server failed to authenticate the request. Verify that the certificate is valid and is "
    "associated with this subscription."
)


def addition(certificate: ManagementCertificate, **changed: str) -> str:
    parts = {
        "SubscriptionCertificatePublicKey": certificate.public_key_base64,
        "SubscriptionCertificateThumbprint": certificate.thumbprint,
        "SubscriptionCertificateData": certificate.data_base64,
        **changed,
    }
    return document(
        "SubscriptionCertificate", *(f"<{name}>{value}</{name}>" for name, value in parts.items() if value)
    )


@pytest.fixture
def stranger(tmp_path: Path) -> ManagementCertificate:
    """A certificate the emulator has not seen, written to ``stranger.pem``."""
    certificate = management_certificate("stranger")
    certificate.write_pem(tmp_path / "stranger.pem")
    return certificate


async def test_a_disabled_subscription(management: Management, emulator: Emulator):
    """Whoever may come in is told so; nothing can be read or changed."""
    emulator.state.subscriptions[emulator.subscription_id].status = "Disabled"
    refused = await management.get("locations")
    assert (refused.status, refused.code) == (403, "SubscriptionDisabled")
    assert (await management.get("/subscriptions")).find("SubscriptionStatus") == "Disabled"


async def test_the_emulator_s_own(management: Management, emulator: Emulator):
    """The certificate of the emulator's directory is in the list, public part and all."""
    own = ManagementCertificate.from_pem(emulator.certificate_path)
    listed = await management.get("certificates")
    assert listed.find("SubscriptionCertificateThumbprint") == own.thumbprint.upper()
    assert listed.find("SubscriptionCertificatePublicKey") == own.public_key_base64
    assert base64.b64decode(listed.find("SubscriptionCertificateData")) == emulator.cer_path.read_bytes()


async def test_without_a_certificate(emulator: Emulator):
    """Whoever shows no certificate is let into the handshake and refused with 403."""
    async with connected(emulator, anonymous=True) as nobody:
        for path in ("locations", "/subscriptions"):
            refused = await nobody.get(path)
            assert (refused.status, refused.code, refused.message) == (403, "ForbiddenError", REFUSED)


async def test_unknown_subscription(management: Management):
    """A subscription that does not exist is refused as one that is somebody else's."""
    refused = await management.get("/00000000-0000-0000-0000-000000000000/locations")
    assert (refused.status, refused.code) == (403, "ForbiddenError")


async def test_a_stranger_fails_in_the_handshake(
    emulator: Emulator, stranger: ManagementCertificate, tmp_path: Path
):
    """A certificate the emulator never saw does not get through the handshake."""
    async with connected(emulator, certificate=tmp_path / "stranger.pem") as client:
        with pytest.raises(aiohttp.ClientError):
            await client.get("locations")


async def test_added_certificates_count_at_once(
    emulator: Emulator, management: Management, stranger: ManagementCertificate, tmp_path: Path
):
    """An added certificate may come in at once, for its own subscription only, until it is deleted."""
    added = await management.post("certificates", addition(stranger))
    assert (added.status, added.text) == (201, "")
    assert added.headers["Location"].endswith(f"/certificates/{stranger.thumbprint}")
    async with connected(emulator, certificate=tmp_path / "stranger.pem") as client:
        assert (await client.get("locations")).status == 200
        other = f"/{emulator.subscription_ids[1]}/locations"
        assert (await client.get(other)).code == "ForbiddenError"
        listed = await client.get("/subscriptions")
        assert listed.find_all("SubscriptionID") == [emulator.subscription_id]
        path = f"certificates/{stranger.thumbprint.lower()}"
        assert (await management.delete(path)).status == 200
        refused = await client.get("locations")  # on the connection that stands
        assert (refused.status, refused.code) == (403, "ForbiddenError")
    assert (await management.get(path)).message == "The certificate was not found."


async def test_added_certificates_survive_a_restart(
    emulator: Emulator, management: Management, stranger: ManagementCertificate, tmp_path: Path
):
    """The listener that starts again knows the certificates that were added to the old one."""
    await management.post("certificates", addition(stranger))
    await emulator.stop()
    await emulator.start()
    async with connected(emulator, certificate=tmp_path / "stranger.pem") as client:
        assert (await client.get("locations")).status == 200


async def test_the_same_twice(management: Management, stranger: ManagementCertificate):
    """A certificate is added once."""
    await management.post("certificates", addition(stranger))
    again = await management.post("certificates", addition(stranger))
    assert (again.status, again.code) == (409, "ConflictError")
    assert again.message == "The specified certificate already exists for this subscription."


async def test_key_and_thumbprint_are_derived(management: Management, stranger: ManagementCertificate):
    """The data alone is enough; the rest is worked out from it."""
    body = addition(stranger, SubscriptionCertificatePublicKey="", SubscriptionCertificateThumbprint="")
    assert (await management.post("certificates", body)).status == 201
    shown = await management.get(f"certificates/{stranger.thumbprint}")
    assert shown.find("SubscriptionCertificatePublicKey") == stranger.public_key_base64


async def test_lines_of_base64(management: Management, stranger: ManagementCertificate):
    """Base64 may be broken into lines, as OpenSSL and Python's `encodebytes` write it."""
    broken = {
        "SubscriptionCertificatePublicKey": "\n".join(textwrap.wrap(stranger.public_key_base64, 64)),
        "SubscriptionCertificateData": "\r\n".join(textwrap.wrap(stranger.data_base64, 64)),
    }
    assert (await management.post("certificates", addition(stranger, **broken))).status == 201


@pytest.mark.parametrize(
    "wrong",
    [
        {"SubscriptionCertificateData": ""},
        {"SubscriptionCertificateData": "bm90IGEgY2VydGlmaWNhdGU="},
        {"SubscriptionCertificateData": "***"},
        {"SubscriptionCertificateThumbprint": "0" * 40},
        {"SubscriptionCertificatePublicKey": "AAAA"},
    ],
    ids=str,
)
async def test_bad_certificates(
    management: Management, stranger: ManagementCertificate, wrong: dict[str, str]
):
    """What is no certificate, or contradicts itself, is refused and not kept."""
    refused = await management.post("certificates", addition(stranger, **wrong))
    assert (refused.status, refused.code) == (400, "BadRequest")
    assert len((await management.get("certificates")).find_all("SubscriptionCertificate")) == 1


async def test_only_rsa(management: Management):
    """The service knows RSA keys only."""
    pair = self_signed(ec.generate_private_key(ec.SECP256R1()))
    data = base64.b64encode(pair.certificate.public_bytes(Encoding.DER)).decode()
    body = document(
        "SubscriptionCertificate", f"<SubscriptionCertificateData>{data}</SubscriptionCertificateData>"
    )
    assert (await management.post("certificates", body)).status == 400
