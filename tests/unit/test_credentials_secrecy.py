"""A private key is in no repr, exception or pickle, and on disk only where it was asked for, for its owner."""

import copy
import pickle
import stat
import sys
import traceback
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from doubles.certificates import authority, management_certificate, rsa_key, self_signed
from pydantic import SecretStr

from asyncsm.config import SessionOptions, environment
from asyncsm.credentials import ManagementCertificate, read_publishsettings, write_publishsettings
from asyncsm.errors import CredentialError, InvalidArgument
from asyncsm.uploads.access import BlobAccount

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such file modes")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def holders(tmp_path: Path) -> list[object]:
    file = tmp_path / "my.publishsettings"
    write_publishsettings(file, management_certificate(), [("id", "name")])
    settings = read_publishsettings(file)
    certificate = management_certificate()
    return [
        certificate,
        certificate._pair,
        settings,
        settings.subscriptions[0],
        authority(),
        authority().issue(["localhost"]),
    ]


def test_repr_is_subject_and_a_bit_of_the_thumbprint() -> None:
    """The repr tells certificates apart and says nothing else."""
    certificate = management_certificate()
    assert repr(certificate) == f"<ManagementCertificate CN=tester {certificate.thumbprint[:8]}...>"
    assert str(certificate) == repr(certificate)


def test_no_repr_has_key_material(tmp_path: Path) -> None:
    """Neither the key's numbers nor an encoding of it are in any repr."""
    pem = management_certificate()._pair.pem().decode().splitlines()[1]
    pfx = (tmp_path / "my.publishsettings", "ManagementCertificate=")
    for holder in holders(tmp_path):
        text = repr(holder)
        assert pem not in text
        assert "MII" not in text
        assert "PRIVATE" not in text
    assert pfx[1] in pfx[0].read_text()


def test_no_pickle(tmp_path: Path) -> None:
    """Pickling says to pass the path instead; all that hold a key refuse."""
    for holder in holders(tmp_path):
        with pytest.raises(TypeError, match="holds a private key and is not pickled: pass the path"):
            pickle.dumps(holder)


def test_other_values_with_secrets_are_not_pickled_either() -> None:
    """An account's key and a proxy's password stay in the process; options without one go where they like."""
    account = BlobAccount("shop", "https://shop.blob.core.windows.net/", SecretStr("key"))
    proxied = SessionOptions(proxy="http://user:password@proxy:3128")
    for holder in (account, proxied, environment()):
        assert copy.copy(holder) is holder
        assert copy.deepcopy(holder) == holder
        with pytest.raises(TypeError, match="holds a secret and is not pickled") as refused:
            pickle.dumps(holder)
        assert "password" not in str(refused.value)
    for plain in (SessionOptions(), SessionOptions(proxy="http://proxy:3128", timeout=5)):
        assert pickle.loads(pickle.dumps(plain)) == plain


def test_copies_are_the_same_object() -> None:
    """Copying is harmless, because nothing can be changed."""
    certificate = management_certificate()
    assert copy.copy(certificate) is certificate
    assert copy.deepcopy({"certificate": certificate})["certificate"] is certificate


def test_frozen() -> None:
    """Attributes cannot be set."""
    with pytest.raises(AttributeError):
        management_certificate().source = "elsewhere"  # type: ignore[misc]


def test_no_key_in_a_traceback() -> None:
    """What an exception prints, causes included, has nothing of the key."""
    content = self_signed().pem() + self_signed(rsa_key(1024)).pem()[:300]
    body = content.splitlines()[1].decode()
    with pytest.raises(CredentialError) as caught:
        ManagementCertificate.load(content.replace(b"-----BEGIN CERTIFICATE-----", b"-----BEGIN X-----"))
    assert body not in "".join(traceback.format_exception(caught.value))


class TestWriting:
    @posix_only
    def test_modes(self, tmp_path: Path) -> None:
        """Files with the key are for their owner only; the .cer is for everybody."""
        certificate = management_certificate()
        certificate.write_pem(tmp_path / "my.pem")
        certificate.write_pfx(tmp_path / "my.pfx", "secret")
        certificate.write_cer(tmp_path / "my.cer")
        write_publishsettings(tmp_path / "my.publishsettings", certificate, [("id", "name")])
        assert mode(tmp_path / "my.pem") == 0o600
        assert mode(tmp_path / "my.pfx") == 0o600
        assert mode(tmp_path / "my.publishsettings") == 0o600
        assert mode(tmp_path / "my.cer") & 0o600 == 0o600

    def test_content(self, tmp_path: Path) -> None:
        """What was written loads again; the .cer is the DER."""
        certificate = management_certificate()
        certificate.write_pem(tmp_path / "my.pem")
        certificate.write_pfx(tmp_path / "my.pfx", "secret")
        certificate.write_cer(tmp_path / "my.cer")
        assert ManagementCertificate.load(tmp_path / "my.pem") == certificate
        assert ManagementCertificate.load(tmp_path / "my.pfx", "secret") == certificate
        cer = x509.load_der_x509_certificate((tmp_path / "my.cer").read_bytes())
        assert cer == certificate._pair.certificate

    def test_no_overwriting(self, tmp_path: Path) -> None:
        """An existing file stays unless overwrite=True says otherwise."""
        file = tmp_path / "my.pem"
        file.write_text("precious")
        with pytest.raises(
            CredentialError, match=r"my\.pem: exists already; remove it or pass overwrite=True"
        ):
            management_certificate().write_pem(file)
        assert file.read_text() == "precious"

    @posix_only
    def test_overwriting(self, tmp_path: Path) -> None:
        """A replaced file gets its own mode, whatever the old one's was, and leaves nothing beside it."""
        file = tmp_path / "my.pem"
        file.write_text("old")
        file.chmod(0o666)
        management_certificate().write_pem(file, overwrite=True)
        assert mode(file) == 0o600
        assert list(tmp_path.iterdir()) == [file]
        assert load_pem_private_key(file.read_bytes(), None)

    @posix_only
    def test_a_link_is_not_followed(self, tmp_path: Path) -> None:
        """A key is never written through somebody's symbolic link."""
        (tmp_path / "my.pem").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(CredentialError, match="exists already"):
            management_certificate().write_pem(tmp_path / "my.pem")
        management_certificate().write_pem(tmp_path / "my.pem", overwrite=True)
        assert not (tmp_path / "elsewhere").exists()

    def test_no_directory(self, tmp_path: Path) -> None:
        """A missing directory is named."""
        with pytest.raises(CredentialError, match=r"there is no directory .*none; make it first"):
            management_certificate().write_pem(tmp_path / "none" / "my.pem")

    def test_a_directory_in_the_way(self, tmp_path: Path) -> None:
        """What the system says is passed on, and nothing is left behind."""
        (tmp_path / "my.pem").mkdir()
        with pytest.raises(CredentialError, match=r"my\.pem: cannot be written: "):
            management_certificate().write_pem(tmp_path / "my.pem", overwrite=True)
        assert [f.name for f in tmp_path.iterdir()] == ["my.pem"]

    def test_pfx_needs_a_password(self, tmp_path: Path) -> None:
        """An empty password is refused before anything is written."""
        with pytest.raises(InvalidArgument, match="password"):
            management_certificate().write_pfx(tmp_path / "my.pfx", "")
        assert not (tmp_path / "my.pfx").exists()
