"""The SSL context authenticates us, trusts whom it should and leaves no file behind."""

import asyncio
import contextlib
import hashlib
import ssl
import stat
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from doubles.certificates import authority, management_certificate, rsa_key, self_signed

from asyncsm.credentials import CertificateAuthority, ManagementCertificate, tls
from asyncsm.errors import CredentialError

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


def server_context(*trusted: ManagementCertificate) -> ssl.SSLContext:
    """Of a server at localhost that insists on one of these certificates."""
    context = authority().issue(["localhost", "127.0.0.1"]).ssl_context(c.certificate_der for c in trusted)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


@contextlib.asynccontextmanager
async def listening(context: ssl.SSLContext) -> AsyncIterator[int]:
    """A server that answers each client with the SHA-1 of the certificate it showed."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True) or b""
        writer.write(hashlib.sha1(shown).hexdigest().upper().encode())
        await writer.drain()
        writer.close()
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def ask(port: int, context: ssl.SSLContext, name: str = "localhost") -> str:
    """What the server says to a client with this context."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name)
    try:
        return (await reader.read()).decode()
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            await writer.wait_closed()


def step(action: Callable[[], object]) -> None:
    """Go on until the other side's answer is needed."""
    with contextlib.suppress(ssl.SSLWantReadError):
        action()


class TestHandshake:
    @pytest.mark.parametrize("version", VERSIONS)
    async def test_the_server_sees_our_certificate(self, version: ssl.TLSVersion) -> None:
        """A server that insists on a certificate gets ours, over TLS 1.2 and 1.3."""
        certificate = management_certificate()
        context = server_context(certificate)
        context.minimum_version = context.maximum_version = version
        async with listening(context) as port:
            assert (
                await ask(port, certificate.ssl_context(authority().certificate_pem))
                == certificate.thumbprint
            )

    async def test_an_unknown_certificate_is_refused(self) -> None:
        """The refusal is the server's: another certificate does not get through."""
        async with listening(server_context(management_certificate())) as port:
            context = management_certificate("other").ssl_context(authority().certificate_pem)
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await ask(port, context)

    async def test_a_certificate_may_be_trusted_later(self) -> None:
        """A server's context takes new client certificates while it is in use."""
        context = server_context()
        context.load_verify_locations(cadata=management_certificate("later").certificate_der)
        async with listening(context) as port:
            client = management_certificate("later").ssl_context(authority().certificate_pem)
            assert await ask(port, client) == management_certificate("later").thumbprint

    async def test_a_server_may_ask_nobody(self) -> None:
        """A server's context without client certificates asks for none."""
        async with listening(authority().issue(["localhost"]).ssl_context()) as port:
            assert await ask(port, management_certificate().ssl_context(authority().certificate_pem)) == (
                hashlib.sha1(b"").hexdigest().upper()
            )

    async def test_only_the_given_authority_is_trusted(self) -> None:
        """A server of another authority is not talked to."""
        stranger = CertificateAuthority.create("a stranger")
        async with listening(server_context(management_certificate())) as port:
            with pytest.raises(ssl.SSLCertVerificationError):
                await ask(port, management_certificate().ssl_context(stranger.certificate_pem))

    async def test_the_host_name_is_checked(self) -> None:
        """A certificate for another host is not accepted."""
        async with listening(server_context(management_certificate())) as port:
            with pytest.raises(ssl.SSLCertVerificationError, match=r"(?i)hostname mismatch"):
                await ask(
                    port, management_certificate().ssl_context(authority().certificate_pem), "elsewhere.test"
                )

    def test_asking_for_the_certificate_afterwards(self) -> None:
        """The service asks after the handshake; over TLS 1.3 the context answers that too."""
        certificate = management_certificate()
        context = server_context(certificate)
        context.post_handshake_auth = True
        to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        server = context.wrap_bio(to_server, to_client, server_side=True)
        client = certificate.ssl_context(authority().certificate_pem).wrap_bio(
            to_client, to_server, server_hostname="localhost"
        )
        step(client.do_handshake)
        step(server.do_handshake)
        step(client.do_handshake)
        step(server.do_handshake)
        assert client.version() == "TLSv1.3"
        assert server.getpeercert(binary_form=True) is None

        server.verify_client_post_handshake()
        step(server.do_handshake)
        step(client.read)
        step(server.read)
        assert server.getpeercert(binary_form=True) == certificate.certificate_der


class TestTrust:
    def test_defaults(self) -> None:
        """Without ca_file the system's authorities count; verification is on, TLS is 1.2 or later."""
        context = management_certificate().ssl_context()
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
        assert context.minimum_version == ssl.TLSVersion.TLSv1_2

    @pytest.mark.parametrize("form", ["path", "str", "pem", "der", "text", "commented"])
    def test_forms(self, tmp_path: Path, form: str) -> None:
        """ca_file is a path or content, PEM (with comments in any encoding) or DER."""
        pem = authority().certificate_pem
        (tmp_path / "ca.pem").write_bytes(pem)
        ca_file = {
            "path": tmp_path / "ca.pem",
            "str": str(tmp_path / "ca.pem"),
            "pem": pem,
            "der": authority()._certificate.public_bytes(Encoding.DER),
            "text": pem.decode(),
            "commented": "# Autorité\n".encode("latin-1") + pem,
        }[form]
        authorities = management_certificate().ssl_context(ca_file).get_ca_certs()
        assert [dict(pair[0] for pair in a["subject"])["commonName"] for a in authorities] == [
            "the tests' authority"
        ]

    def test_errors(self, tmp_path: Path) -> None:
        """A ca_file that is missing, garbage or has no certificate is named."""
        context = management_certificate().ssl_context
        with pytest.raises(
            CredentialError, match=r"none\.pem: there is no such file; give .* the authority's"
        ):
            context(tmp_path / "none.pem")
        with pytest.raises(CredentialError, match="the given bytes: is not a certificate authority's file"):
            context(b"hello")
        with pytest.raises(
            CredentialError, match="the given bytes: has no certificate; give the certificate"
        ):
            context(b"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----")
        with pytest.raises(CredentialError, match="the given bytes: is not a certificate authority's file"):
            context(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")


class TestKeyFile:
    """The ssl module takes keys from files only."""

    @pytest.fixture
    def temporary(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """The directory in which temporary files are made."""
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        return tmp_path

    @pytest.mark.skipif(sys.platform != "linux", reason="files in memory are Linux'")
    def test_in_memory(self, temporary: Path) -> None:
        """On Linux the key stays in memory."""
        with tls._key_file(management_certificate()._pair) as (path, password):
            assert path.startswith("/proc/self/fd/")
            assert password is None
            assert not list(temporary.iterdir())
        assert not Path(path).exists()

    def test_on_disk(self, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Elsewhere it is encrypted in a private file, which is gone afterwards."""
        monkeypatch.setattr(tls, "_memory_file", lambda: None)
        with tls._key_file(management_certificate()._pair) as (path, password):
            content = Path(path).read_bytes()
            assert password is not None
            assert b"BEGIN ENCRYPTED PRIVATE KEY" in content
            assert Path(path).is_relative_to(temporary)
            if sys.platform != "win32":
                assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600
                assert stat.S_IMODE(Path(path).parent.stat().st_mode) == 0o700
        assert not list(temporary.iterdir())

    @pytest.mark.parametrize("cause", ["forbidden", "no /proc"])
    @pytest.mark.skipif(sys.platform != "linux", reason="files in memory are Linux'")
    async def test_sandboxes(self, temporary: Path, monkeypatch: pytest.MonkeyPatch, cause: str) -> None:
        """Where files in memory are forbidden or have no name, the file on disk serves."""

        def refuse(*_: object) -> int:
            raise OSError(1, "Operation not permitted")

        if cause == "forbidden":
            monkeypatch.setattr(tls.os, "memfd_create", refuse)
        else:
            monkeypatch.setattr(tls.os, "access", lambda *_: False)
        certificate = management_certificate()
        client = certificate.ssl_context(authority().certificate_pem)
        assert not list(temporary.iterdir())
        async with listening(server_context(certificate)) as port:
            assert await ask(port, client) == certificate.thumbprint

    def test_gone_after_a_failure(self, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A key OpenSSL refuses is told as a CredentialError and leaves no file either."""
        monkeypatch.setattr(tls, "_memory_file", lambda: None)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.set_ciphers("DEFAULT:@SECLEVEL=2")
        with pytest.raises(
            CredentialError, match=r"short: OpenSSL refuses the certificate .*; make a new one"
        ):
            tls.show(context, self_signed(rsa_key(1024)), "short")
        assert not list(temporary.iterdir())
