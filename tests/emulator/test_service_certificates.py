"""Certificates of hosted services."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    pkcs7,
    pkcs12,
)
from doubles import compute
from doubles.bare_client import Answer, Management, document
from doubles.compute import LINUX_SET, SERVICES, SHOP, cscfg, machine

from asyncsm.emulator import Emulator

CERTIFICATES = f"{SHOP}/certificates"

KEY = ec.generate_private_key(ec.SECP256R1())
NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "shop")])
CERTIFICATE = (
    x509.CertificateBuilder(NAME, NAME, KEY.public_key(), 1)
    .not_valid_before(datetime(2015, 1, 1, tzinfo=UTC))
    .not_valid_after(datetime(2015, 1, 1, tzinfo=UTC) + timedelta(days=365))
    .sign(KEY, SHA256())
)
DER = CERTIFICATE.public_bytes(Encoding.DER)
THUMBPRINT = CERTIFICATE.fingerprint(SHA1()).hex().upper()
ONE = f"{CERTIFICATES}/sha1-{THUMBPRINT}"


def pfx(password: str | None) -> bytes:
    encryption = NoEncryption() if password is None else BestAvailableEncryption(password.encode())
    return pkcs12.serialize_key_and_certificates(b"shop", KEY, CERTIFICATE, None, encryption)


def certificate_file(data: bytes, kind: str = "cer", password: str | None = None) -> str:
    return document(
        "CertificateFile",
        f"<Data>{base64.b64encode(data).decode()}</Data><CertificateFormat>{kind}</CertificateFormat>",
        compute.tag("Password", password),
    )


@pytest.fixture(autouse=True)
async def shop(emulator: Emulator, management: Management) -> None:
    """An empty hosted service, and a storage account."""
    compute.add_store(emulator)
    await management.post(SERVICES, compute.hosted_service())


async def add(management: Management, body: str) -> Answer:
    ended = await management.finished(await management.post(CERTIFICATES, body))
    assert ended.find("Status") == "Succeeded", ended.text
    return ended


@pytest.mark.parametrize(
    "body",
    [
        certificate_file(DER),
        certificate_file(CERTIFICATE.public_bytes(Encoding.PEM)),
        certificate_file(pfx("Hidden-1"), "pfx", "Hidden-1"),
        certificate_file(pfx(None), "pfx"),
    ],
    ids=["cer", "pem", "pfx", "pfx without password"],
)
async def test_add_and_get(management: Management, body: str):
    """A certificate is found by its thumbprint, in any case; of a PFX only the public part is shown."""
    await add(management, body)
    for path in (ONE, f"{CERTIFICATES}/SHA1-{THUMBPRINT.lower()}"):
        assert base64.b64decode((await management.get(path)).find("Data")) == DER
    listed = await management.get(CERTIFICATES)
    assert listed.find_all("Thumbprint") == [THUMBPRINT]
    assert listed.find("ThumbprintAlgorithm") == "sha1"
    assert listed.find("CertificateUrl").endswith(
        f"/services/hostedservices/shop/certificates/sha1-{THUMBPRINT}"
    )


async def test_add_again(management: Management):
    """Adding a certificate once more is harmless."""
    for _ in range(2):
        await add(management, certificate_file(DER))
    assert (await management.get(CERTIFICATES)).find_all("Thumbprint") == [THUMBPRINT]


@pytest.mark.parametrize(
    "body",
    [
        certificate_file(DER, "pfx", "Hidden-1"),
        certificate_file(CERTIFICATE.public_bytes(Encoding.PEM), "pfx"),
        certificate_file(pkcs7.serialize_certificates([CERTIFICATE], Encoding.DER), "pfx"),
        certificate_file(
            pkcs12.serialize_key_and_certificates(None, None, None, [CERTIFICATE], NoEncryption()), "pfx"
        ),
        certificate_file(pfx("Hidden-1"), "cer", "Hidden-1"),
        certificate_file(pkcs7.serialize_certificates([CERTIFICATE], Encoding.PEM), "cer"),
        certificate_file(b"Bag Attributes\r\n" + CERTIFICATE.public_bytes(Encoding.PEM), "pfx"),
        certificate_file(base64.encodebytes(DER), "cer"),
        certificate_file(DER, "CER"),
    ],
    ids=[
        "DER",
        "PEM",
        "PKCS#7",
        "PFX without key",
        "PFX called cer",
        "PKCS#7 in PEM",
        "PEM with words before it",
        "base64 of DER",
        "format in capitals",
    ],
)
async def test_bytes_count(management: Management, body: str):
    """What is in the bytes counts, not what the request calls their format."""
    await add(management, body)
    assert (await management.get(CERTIFICATES)).find_all("Thumbprint") == [THUMBPRINT]


@pytest.mark.parametrize(
    "body",
    [
        certificate_file(pfx("Hidden-1"), "pfx", "Hidden-2"),
        certificate_file(pfx("Hidden-1"), "pfx"),
        certificate_file(b"nonsense"),
        certificate_file(DER, "p7b"),
    ],
    ids=["wrong password", "no password", "nonsense", "unknown format"],
)
async def test_bad_files(management: Management, body: str):
    """A file that cannot be read, or not with that password, is refused, without repeating secrets."""
    refused = await management.post(CERTIFICATES, body)
    assert (refused.status, refused.code) == (400, "BadRequest")
    assert "Hidden" not in refused.text
    assert (await management.get(CERTIFICATES)).find_all("Thumbprint") == []


async def test_unknown(management: Management):
    """Unknown certificates, other algorithms and unknown services are not found."""
    await add(management, certificate_file(DER))
    for path in (f"{CERTIFICATES}/sha1-{'0' * 40}", f"{CERTIFICATES}/md5-{THUMBPRINT}", f"{CERTIFICATES}/x"):
        answer = await management.get(path)
        assert (answer.status, answer.message) == (404, "The certificate was not found.")
    assert (await management.get(f"{SERVICES}/other/certificates")).status == 404


async def test_delete(management: Management):
    """A certificate that nobody uses goes."""
    await add(management, certificate_file(DER))
    await management.finished(await management.delete(ONE))
    assert (await management.get(ONE)).status == 404
    assert (await management.delete(ONE)).status == 404


async def refused_deletion(management: Management) -> None:
    ended = await management.finished(await management.delete(ONE))
    assert (ended.find("Status"), ended.find("HttpStatusCode")) == ("Failed", "409")
    assert ended.find("Code") == "ConflictError"
    assert (
        ended.find("Message") == "Certificate deletion is not allowed when it is being used in a deployment."
    )
    assert (await management.get(ONE)).status == 200


async def test_used_by_roles(management: Management):
    """A certificate in a service configuration must be there before, and stays until the deployment goes."""
    certificate = f'<Certificates><Certificate name="tls" thumbprint="{THUMBPRINT}"/></Certificates>'
    file = cscfg(WebRole=1, certificate=certificate)
    early = await management.post(f"{SHOP}/deploymentslots/staging", compute.deployment(configuration=file))
    assert early.status == 400
    await add(management, certificate_file(DER))
    await compute.deploy(management, configuration=file)
    await refused_deletion(management)
    await management.finished(await management.delete(f"{SHOP}/deployments/first"))
    assert (await management.finished(await management.delete(ONE))).find("Status") == "Succeeded"


async def test_used_by_a_machine(management: Management):
    """A certificate whose key is for logging in to a machine stays as long as the machine."""
    keys = (
        f"<SSH><PublicKeys><PublicKey><Fingerprint>{THUMBPRINT}</Fingerprint>"
        "<Path>/home/someone/.ssh/authorized_keys</Path></PublicKey></PublicKeys></SSH>"
    )
    role = machine(sets=LINUX_SET.replace("</UserPassword>", f"</UserPassword>{keys}"))
    assert (await management.post(f"{SHOP}/deployments", compute.machines(role))).status == 400
    await add(management, certificate_file(DER))
    await compute.deploy_machines(management, role)
    await refused_deletion(management)


async def test_lock(management: Management):
    """While a certificate is added the service takes no other change."""
    accepted = await management.post(CERTIFICATES, certificate_file(DER))
    refused = await management.post(CERTIFICATES, certificate_file(DER))
    assert (refused.status, refused.code) == (409, "ConflictError")
    assert accepted.request_id in refused.message
    assert "on this hosted service that requires exclusive access" in refused.message
