"""New certificates: the management certificate and its files, and the authority of local servers."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID
from doubles.certificates import NOW, authority, management_certificate, self_signed

from asyncsm.credentials import (
    CertificateAuthority,
    ManagementCertificate,
    create_management_certificate,
    generate_management_certificate,
)
from asyncsm.errors import CredentialError, InvalidArgument


class TestGenerating:
    def test_what_it_is(self) -> None:
        """RSA of 2048 bits, SHA-256, self-signed, for client authentication."""
        certificate = management_certificate()._pair.certificate
        assert certificate.subject == certificate.issuer
        assert certificate.subject.rfc4514_string() == "CN=tester"
        assert isinstance(certificate.signature_hash_algorithm, SHA256)
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
        certificate.verify_directly_issued_by(certificate)

    def test_names_the_service_uses(self) -> None:
        """The thumbprint is 40 upper-case hex digits; the public key is PKCS#1, as recorded."""
        certificate = management_certificate()
        assert re.fullmatch("[0-9A-F]{40}", certificate.thumbprint)
        assert certificate.public_key_base64.startswith("MIIBCg")

    def test_dates(self) -> None:
        """It begins an hour ago, for late clocks, and ends after the days asked for."""
        now = datetime(2026, 3, 1, 12, tzinfo=UTC)
        certificate = generate_management_certificate("dated", days=30, now=now)
        assert certificate.not_valid_before == now - timedelta(hours=1)
        assert certificate.not_valid_after == now + timedelta(days=30)

    @pytest.mark.parametrize(
        ("arguments", "parameter"),
        [
            ({"name": ""}, "name"),
            ({"name": "n" * 65}, "name"),
            ({"days": 0}, "days"),
            ({"key_size": 1024}, "key_size"),
            ({"name": None}, "name"),
            ({"name": b"mine"}, "name"),
            ({"days": "30"}, "days"),
        ],
    )
    def test_limits(self, arguments: dict, parameter: str) -> None:
        """Arguments out of range are named."""
        with pytest.raises(InvalidArgument) as caught:
            generate_management_certificate(**arguments)
        assert caught.value.parameter == parameter


class TestCreating:
    def test_files(self, tmp_path: Path) -> None:
        """The .pem, .cer and .pfx are of one certificate."""
        created = create_management_certificate("mine", directory=tmp_path, days=7, pfx_password="secret")
        assert sorted(f.name for f in tmp_path.iterdir()) == ["mine.cer", "mine.pem", "mine.pfx"]
        assert ManagementCertificate.load(created.pem_path) == created.certificate
        assert created.pfx_path is not None
        assert ManagementCertificate.load(created.pfx_path, "secret") == created.certificate
        assert created.cer_path.read_bytes() == created.certificate.certificate_der
        assert created.certificate.not_valid_after - NOW < timedelta(days=7, hours=1)

    def test_no_pfx_without_a_password(self, tmp_path: Path) -> None:
        """Without a password no .pfx is written; the name is asyncsm by default."""
        created = create_management_certificate(directory=str(tmp_path))
        assert created.pfx_path is None
        assert sorted(f.name for f in tmp_path.iterdir()) == ["asyncsm.cer", "asyncsm.pem"]

    def test_nothing_is_overwritten(self, tmp_path: Path) -> None:
        """One file in the way, and none is written; overwrite=True replaces them."""
        (tmp_path / "mine.cer").write_text("old")
        with pytest.raises(CredentialError, match=r"mine\.cer: exists already; choose another name"):
            create_management_certificate("mine", directory=tmp_path)
        assert [f.name for f in tmp_path.iterdir()] == ["mine.cer"]
        created = create_management_certificate("mine", directory=tmp_path, overwrite=True)
        assert created.cer_path.read_bytes() == created.certificate.certificate_der

    def test_no_directory(self, tmp_path: Path) -> None:
        """A missing directory is named."""
        with pytest.raises(CredentialError, match="there is no directory"):
            create_management_certificate(directory=tmp_path / "none")

    @pytest.mark.parametrize("name", ["a/b", r"a\b", "..", "a:b", "a\0"])
    def test_names_of_files(self, tmp_path: Path, name: str) -> None:
        """A name that is not a file's name is refused."""
        with pytest.raises(InvalidArgument, match="names the files too"):
            create_management_certificate(name, directory=tmp_path)

    def test_empty_password(self, tmp_path: Path) -> None:
        """A .pfx under an empty password is not written."""
        with pytest.raises(InvalidArgument, match="pfx_password"):
            create_management_certificate(directory=tmp_path, pfx_password="")
        assert not list(tmp_path.iterdir())


class TestAuthority:
    def test_server_certificate(self) -> None:
        """It is issued by the authority for the names and addresses given."""
        server = authority().issue(["localhost", "127.0.0.1", "::1"], days=2)
        certificate = server._pair.certificate
        certificate.verify_directly_issued_by(authority()._certificate)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.DNSName) == ["localhost"]
        assert [str(a) for a in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]
        assert server.not_valid_after < NOW + timedelta(days=3)

    def test_no_hosts(self) -> None:
        """A certificate for nobody is refused."""
        with pytest.raises(InvalidArgument, match="hosts"):
            authority().issue([])

    def test_saved_and_loaded(self, tmp_path: Path) -> None:
        """A loaded authority is the same: what it issues is trusted by the same file."""
        authority().save(tmp_path / "ca.pem", tmp_path / "ca.key")
        loaded = CertificateAuthority.load(tmp_path / "ca.pem", tmp_path / "ca.key")
        assert loaded.certificate_pem == authority().certificate_pem == (tmp_path / "ca.pem").read_bytes()
        loaded.issue(["localhost"])._pair.certificate.verify_directly_issued_by(authority()._certificate)
        assert b"PRIVATE" not in (tmp_path / "ca.pem").read_bytes()

    def test_key_file_is_private(self, tmp_path: Path) -> None:
        """The key is readable by its owner only, and not overwritten unasked."""
        authority().save(tmp_path / "ca.pem", tmp_path / "ca.key")
        assert (tmp_path / "ca.key").stat().st_mode & 0o077 == 0
        with pytest.raises(CredentialError, match=r"ca\.key: exists already"):
            authority().save(tmp_path / "ca.pem", tmp_path / "ca.key")
        authority().save(tmp_path / "ca.pem", tmp_path / "ca.key", overwrite=True)

    def test_not_an_authority(self, tmp_path: Path) -> None:
        """A certificate that is not an authority's does not load as one."""
        server = authority().issue(["localhost"])._pair
        for pair in (server, self_signed(), self_signed(server.key)):
            with pytest.raises(CredentialError, match="is not a certificate authority made here"):
                CertificateAuthority.load(pair.pem(), pair.pem())
