"""Every file a management certificate comes in, told apart by content."""

import base64
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from doubles.certificates import management_certificate

from asyncsm.credentials import ManagementCertificate, write_publishsettings
from asyncsm.credentials.files import read
from asyncsm.credentials.keypair import CertifiedKey

PASSWORD = "Pässwörd"
SUBSCRIPTION = "6f3b1d0e-93a5-4f6f-8c7b-0d8f0b0a1c2d"


def pair(name: str = "tester") -> CertifiedKey:
    return management_certificate(name)._pair


def certificate_pem() -> bytes:
    return pair().certificate.public_bytes(Encoding.PEM)


def key_pem(form: PrivateFormat = PrivateFormat.PKCS8, password: str | None = None) -> bytes:
    protection = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    return pair().key.private_bytes(Encoding.PEM, form, protection)


def same(loaded: ManagementCertificate) -> bool:
    return loaded == management_certificate() and loaded._pair.matches


class TestPem:
    @pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
    @pytest.mark.parametrize("password", [None, PASSWORD])
    def test_one_file(self, tmp_path: Path, form: PrivateFormat, password: str | None) -> None:
        """Key and certificate in one file load, with the key in either form, locked or not."""
        file = tmp_path / "both.pem"
        file.write_bytes(key_pem(form, password) + certificate_pem())
        assert same(ManagementCertificate.from_pem(file, password=password))
        assert same(ManagementCertificate.load(str(file), password))

    def test_order_does_not_matter(self) -> None:
        """The certificate may stand before the key."""
        assert same(ManagementCertificate.from_pem(certificate_pem() + key_pem()))

    @pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
    @pytest.mark.parametrize("swapped", [False, True])
    def test_two_files(self, tmp_path: Path, encoding: Encoding, swapped: bool) -> None:
        """Certificate and key in two files load in either order, the certificate as PEM or as .cer."""
        certificate, key = tmp_path / "my.cer", tmp_path / "my.key"
        certificate.write_bytes(pair().certificate.public_bytes(encoding))
        key.write_bytes(key_pem(password=PASSWORD))
        first, second = (key, certificate) if swapped else (certificate, key)
        assert same(ManagementCertificate.from_pem(first, second, PASSWORD))

    def test_key_in_der(self) -> None:
        """A key in DER beside its certificate loads."""
        der = pair().key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        assert same(ManagementCertificate.from_pem(certificate_pem(), der))

    def test_password_of_an_open_key_is_not_used(self) -> None:
        """A password given for a key in clear does no harm."""
        assert same(ManagementCertificate.from_pem(key_pem() + certificate_pem(), password=PASSWORD))

    def test_text_around_the_blocks(self) -> None:
        """What openssl writes around the blocks, and Windows line ends, are passed over."""
        text = (
            b"Bag Attributes\n    friendlyName: t\xe9ster\n"
            + key_pem()
            + b"subject=CN = tester\n"
            + certificate_pem()
        )
        assert same(ManagementCertificate.load(text.replace(b"\n", b"\r\n")))

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
    def test_byte_order_marks(self, encoding: str) -> None:
        """A file that a Windows editor or shell has rewritten still loads."""
        assert same(ManagementCertificate.load((key_pem() + certificate_pem()).decode().encode(encoding)))

    def test_chain_is_kept(self, tmp_path: Path) -> None:
        """Of several certificates the key's is used; the others go along, also when written again."""
        other = management_certificate("other")._pair.certificate
        loaded = ManagementCertificate.load(other.public_bytes(Encoding.PEM) + key_pem() + certificate_pem())
        assert same(loaded)
        assert loaded._pair.chain == (other,)
        loaded.write_pem(tmp_path / "again.pem")
        assert ManagementCertificate.load(tmp_path / "again.pem")._pair.chain == (other,)

    def test_text_is_content(self) -> None:
        """PEM given as text is the content, not a path."""
        assert same(ManagementCertificate.load((key_pem() + certificate_pem()).decode()))

    def test_home_directory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A leading ~ is the home directory, as in a shell."""
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("USERPROFILE", str(tmp_path))
        (tmp_path / "my.pem").write_bytes(key_pem() + certificate_pem())
        assert same(ManagementCertificate.load("~/my.pem"))


class TestPfx:
    @pytest.mark.parametrize("password", [PASSWORD, PASSWORD.encode(), None, ""])
    def test_password(self, tmp_path: Path, password: str | bytes | None) -> None:
        """A PFX loads with its password, or with none if it has none."""
        file = tmp_path / "my.pfx"
        text = password.decode() if isinstance(password, bytes) else password
        file.write_bytes(management_certificate().to_pfx(text))
        assert same(ManagementCertificate.from_pfx(file, password))
        assert same(ManagementCertificate.load(file, password))

    @pytest.mark.parametrize("password", [None, PASSWORD, "with"])
    def test_as_openssl_writes_it(self, tmp_path: Path, password: str | None) -> None:
        """A PFX under an empty or any other password, in old algorithms too, loads."""
        (tmp_path / "in.pem").write_bytes(key_pem() + certificate_pem())
        command = ["openssl", "pkcs12", "-export", "-in", "in.pem", "-out", "out.pfx"]
        command += [
            "-passout",
            f"pass:{password or ''}",
            "-certpbe",
            "PBE-SHA1-3DES",
            "-keypbe",
            "PBE-SHA1-3DES",
        ]
        try:
            subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
        except FileNotFoundError:
            pytest.skip("the openssl program is not installed")
        assert same(ManagementCertificate.load(tmp_path / "out.pfx", password))

    def test_chain_is_kept(self) -> None:
        """Certificates of issuers in a PFX are kept."""
        other = management_certificate("other")._pair.certificate
        data = pkcs12.serialize_key_and_certificates(
            b"tester", pair().key, pair().certificate, [other], NoEncryption()
        )
        loaded = ManagementCertificate.from_pfx(data)
        assert same(loaded)
        assert loaded._pair.chain == (other,)


class TestPublishSettings:
    def test_load(self, tmp_path: Path) -> None:
        """A publishsettings file is recognised, as a file, as bytes and as text."""
        file = tmp_path / "my.publishsettings"
        write_publishsettings(file, management_certificate(), [(SUBSCRIPTION, "mine")])
        assert same(ManagementCertificate.load(file))
        assert same(ManagementCertificate.load(file.read_bytes()))
        assert same(ManagementCertificate.load(file.read_text()))
        assert same(ManagementCertificate.load("\ufeff" + file.read_text()))
        assert same(ManagementCertificate.from_publishsettings(file, SUBSCRIPTION.upper()))


def test_a_certificate_is_returned_as_it_is() -> None:
    """Loading a ManagementCertificate gives the same object."""
    assert ManagementCertificate.load(management_certificate()) is management_certificate()


def test_suffix_does_not_matter(tmp_path: Path) -> None:
    """A PFX named .pem is a PFX."""
    file = tmp_path / "wrong.pem"
    file.write_bytes(management_certificate().to_pfx(PASSWORD))
    assert same(ManagementCertificate.load(file, PASSWORD))


def test_source_names_the_file(tmp_path: Path) -> None:
    """`source` is the path, or words for content given directly, never the content."""
    file = tmp_path / "my.pem"
    file.write_bytes(key_pem() + certificate_pem())
    assert ManagementCertificate.load(file).source == str(file)
    assert ManagementCertificate.load(file.read_bytes()).source == "the given bytes"
    assert ManagementCertificate.load(file.read_text()).source == "the given text"


def test_a_document_does_not_show_its_content() -> None:
    """The repr of what was read names it only."""
    text = repr(read(key_pem()))
    assert "the given bytes" in text
    assert "PRIVATE" not in text


def test_base64_forms() -> None:
    """The base64 properties are those of the DER forms."""
    certificate = management_certificate()
    assert base64.b64decode(certificate.public_key_base64) == certificate.public_key_der
    assert base64.b64decode(certificate.data_base64) == certificate.certificate_der
