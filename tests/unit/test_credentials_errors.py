"""What is wrong with a certificate is said in the words of whoever holds the file, with the way out."""

import base64
import os
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs7,
    pkcs12,
)
from doubles.certificates import NOW, management_certificate, rsa_key, self_signed

from asyncsm.credentials import ManagementCertificate, checks, decoding, tls
from asyncsm.credentials.keypair import CertifiedKey
from asyncsm.errors import CredentialError

load = ManagementCertificate.load


def pair() -> CertifiedKey:
    return management_certificate()._pair


def pem(kind: str) -> bytes:
    key, certificate = pair().key, pair().certificate
    match kind:
        case "certificate":
            return certificate.public_bytes(Encoding.PEM)
        case "key":
            return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        case "locked key":
            return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"right"))
        case "old locked key":
            return key.private_bytes(
                Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"right")
            )
        case "public key":
            return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        case "ssh key":
            return key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
        case "p7b":
            return pkcs7.serialize_certificates([certificate], Encoding.PEM)
    raise AssertionError(kind)


class TestFiles:
    def test_missing(self, tmp_path: Path) -> None:
        """A path that leads nowhere is named."""
        with pytest.raises(CredentialError, match=r"none\.pem: there is no such file; give the path"):
            load(tmp_path / "none.pem")

    @pytest.mark.parametrize("source", [5, bytearray(b"x"), ["a.pem"], {"path": "a.pem"}], ids=repr)
    def test_no_file_at_all(self, source: object) -> None:
        """What is neither a path nor content is told by its type."""
        with pytest.raises(CredentialError, match=f"^a {type(source).__name__} is no file; give the path of"):
            load(source)

    def test_directory(self, tmp_path: Path) -> None:
        """A directory is not searched, but what could be meant in it is listed."""
        for name in ("b.pem", "a.PFX", "c.txt"):
            (tmp_path / name).touch()
        with pytest.raises(CredentialError, match=r"is a directory; .* it contains a\.PFX, b\.pem$"):
            load(tmp_path)

    def test_a_file_without_end(self, tmp_path: Path) -> None:
        """What is far too long for a certificate is not read into memory."""
        file = tmp_path / "disk.pem"
        with file.open("wb") as written:
            written.truncate(1024**4)
        with pytest.raises(CredentialError, match=r"disk\.pem: is longer than 16777216 bytes; give the path"):
            ManagementCertificate.load(file)

    @pytest.mark.parametrize("password", ["a\0b", b"\0", "\ud800"])
    def test_a_password_that_is_none(self, password: str | bytes) -> None:
        """OpenSSL's passwords end with a zero, and others cannot be encoded."""
        pfx = management_certificate().to_pfx("a")
        with pytest.raises(CredentialError, match="the password has what is no character"):
            ManagementCertificate.from_pfx(pfx, password)

    def test_empty_directory(self, tmp_path: Path) -> None:
        """A directory without candidates is only called a directory."""
        with pytest.raises(CredentialError, match=r"is a directory; give the certificate file itself$"):
            load(str(tmp_path))

    def test_empty(self, tmp_path: Path) -> None:
        """An empty file is called empty."""
        (tmp_path / "empty.pem").write_bytes(b" \n")
        with pytest.raises(CredentialError, match=r"empty\.pem: is empty"):
            load(tmp_path / "empty.pem")

    @pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="this user may read everything")
    def test_forbidden(self, tmp_path: Path) -> None:
        """A file of somebody else points at its permissions."""
        (tmp_path / "my.pem").write_bytes(pem("key"))
        (tmp_path / "my.pem").chmod(0)
        with pytest.raises(CredentialError, match="may not be read by this user"):
            load(tmp_path / "my.pem")

    def test_forbidden_by_the_system(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A refusal to read points at the permissions, whoever runs this test."""
        (tmp_path / "my.pem").write_bytes(pem("key"))

        def refuse(*_: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
        with pytest.raises(CredentialError, match=r"my\.pem: may not be read by this user; check"):
            load(tmp_path / "my.pem")

    def test_not_a_path(self) -> None:
        """Text with a zero character cannot be a path."""
        with pytest.raises(CredentialError, match="cannot be read: it is not a path"):
            load("a\0b")

    def test_key_given_as_path_is_not_repeated(self) -> None:
        """Base64 of a PFX passed as text is taken for a path, and stays out of the message and its causes."""
        text = base64.b64encode(management_certificate().to_pfx()).decode()
        with pytest.raises(CredentialError, match=r"the given text of \d+ characters") as caught:
            load(text)
        assert text[:40] not in str(caught.value)
        assert caught.value.__cause__ is None

    def test_garbage(self) -> None:
        """Content of no known kind gets the list of known kinds."""
        for garbage in (b"hello", b"0\x82\x01", b"\xff\xfe"):
            with pytest.raises(CredentialError, match=r"not a certificate file asyncsm knows; give a \.pem"):
                load(garbage)


class TestParts:
    @pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
    @pytest.mark.parametrize("way", [load, ManagementCertificate.from_pem])
    def test_cer(self, tmp_path: Path, encoding: Encoding, way: type) -> None:
        """A .cer is explained: it is for uploading, the .pem is for the client."""
        (tmp_path / "my.cer").write_bytes(pair().certificate.public_bytes(encoding))
        with pytest.raises(
            CredentialError, match=r"my\.cer: .* no private key\. A \.cer is .*; give the \.pem"
        ):
            way(tmp_path / "my.cer")

    def test_cer_as_pfx(self) -> None:
        """from_pfx recognises a .cer too."""
        with pytest.raises(CredentialError, match=r"A \.cer is the public part"):
            ManagementCertificate.from_pfx(management_certificate().certificate_der)

    def test_key_only(self) -> None:
        """A key alone asks for the certificate."""
        with pytest.raises(CredentialError, match="a private key but no certificate; give both"):
            load(pem("key"))

    def test_key_only_der(self) -> None:
        """A key alone in DER asks for the certificate."""
        with pytest.raises(CredentialError, match="a private key but no certificate"):
            load(pair().key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))

    @pytest.mark.parametrize(
        ("kind", "called"),
        [
            ("public key", "a public key"),
            ("ssh key", "an SSH key"),
            ("p7b", r"certificates without a private key \(\.p7b\)"),
        ],
    )
    def test_other_blocks(self, kind: str, called: str) -> None:
        """Other things that come as PEM are called what they are."""
        with pytest.raises(CredentialError, match=f"holds {called}; give the .pem"):
            load(pem(kind))

    def test_unknown_block(self) -> None:
        """A PEM of something unheard of has neither part."""
        with pytest.raises(CredentialError, match="holds neither a certificate nor a private key"):
            load(b"-----BEGIN X-----\nAAAA\n-----END X-----\n")

    def test_mismatch(self) -> None:
        """A key of another certificate is refused, with the certificate's name."""
        other = management_certificate("other")._pair.certificate.public_bytes(Encoding.PEM)
        with pytest.raises(CredentialError, match="does not belong to the certificate of CN=other"):
            ManagementCertificate.from_pem(other, pem("key"))

    def test_cut_off(self) -> None:
        """A PEM without its END line was cut off."""
        with pytest.raises(CredentialError, match="no END line; the file was cut off"):
            load(pem("certificate")[:200])

    @pytest.mark.parametrize("kind", ["certificate", "key"])
    def test_damaged(self, kind: str) -> None:
        """A block that does not decode is called damaged."""
        lines = pem(kind).splitlines()
        with pytest.raises(
            CredentialError, match=f"the (private )?{kind} .*is damaged|the private key is damaged"
        ):
            load(b"\n".join([lines[0], lines[2], lines[-1]]))


class TestPasswords:
    @pytest.mark.parametrize("kind", ["locked key", "old locked key"])
    def test_pem(self, kind: str) -> None:
        """A locked key asks for its password, and a wrong one is called wrong."""
        content = pem(kind) + pem("certificate")
        with pytest.raises(
            CredentialError, match=r"private key is encrypted; give its password .*cert_password"
        ):
            load(content)
        with pytest.raises(CredentialError, match="a password is text or bytes, not int"):
            load(content, 5)
        with pytest.raises(CredentialError, match="wrong password for the private key") as caught:
            load(content, "guessed-password")
        assert "guessed-password" not in str(caught.value) + str(caught.value.__cause__)

    def test_pfx(self) -> None:
        """A PFX asks for its password, and a wrong one is called wrong."""
        content = management_certificate().to_pfx("right")
        with pytest.raises(
            CredentialError, match="has a password, which was not given, or the file is damaged"
        ):
            load(content)
        with pytest.raises(CredentialError, match="wrong password, or the file is damaged") as caught:
            load(content, "guessed-password")
        assert "guessed-password" not in str(caught.value) + str(caught.value.__cause__)

    def test_damaged_pfx(self) -> None:
        """A cut off PFX may be damaged."""
        with pytest.raises(CredentialError, match="or the file is damaged"):
            load(management_certificate().to_pfx()[:500])

    @pytest.mark.parametrize("reader", ["load_pem_private_key", "pkcs12"])
    def test_unknown_encryption(self, monkeypatch: pytest.MonkeyPatch, reader: str) -> None:
        """Encryption that this build of OpenSSL has no algorithm for comes with a way to convert the file."""

        def refuse(*_: object) -> None:
            raise UnsupportedAlgorithm("RC2")

        if reader == "pkcs12":
            monkeypatch.setattr(decoding.pkcs12, "load_pkcs12", refuse)
            content = management_certificate().to_pfx("right")
        else:
            monkeypatch.setattr(decoding, reader, refuse)
            content = pem("locked key") + pem("certificate")
        with pytest.raises(
            CredentialError, match=r"an algorithm this Python cannot read; .* openssl pkcs12 -legacy"
        ):
            load(content, "right")


class TestKinds:
    def test_pfx_without_key(self) -> None:
        """A PFX exported without its key is explained."""
        data = pkcs12.serialize_key_and_certificates(b"x", None, pair().certificate, None, NoEncryption())
        with pytest.raises(CredentialError, match="no private key; export it again with the private key"):
            ManagementCertificate.from_pfx(data)

    def test_pfx_as_pem(self) -> None:
        """A PFX given to from_pem is sent to from_pfx."""
        with pytest.raises(CredentialError, match="is a PFX, not PEM; use from_pfx, or load"):
            ManagementCertificate.from_pem(management_certificate().to_pfx())

    def test_pem_as_pfx(self) -> None:
        """PEM given to from_pfx is sent to from_pem."""
        with pytest.raises(CredentialError, match="is PEM, not a PFX; use from_pem, or load"):
            ManagementCertificate.from_pfx(pem("key"))

    @pytest.mark.parametrize("way", [ManagementCertificate.from_pfx, ManagementCertificate.from_pem])
    def test_garbage(self, way: type) -> None:
        """Garbage is not recognised by the special ways either."""
        with pytest.raises(CredentialError, match="not a certificate file asyncsm knows"):
            way(b"hello")


class TestRules:
    def test_elliptic_curves(self) -> None:
        """An EC key is refused, because the service takes RSA only."""
        key = ec.generate_private_key(ec.SECP256R1())
        with pytest.raises(CredentialError, match="the key is EC, and the service takes RSA only"):
            load(self_signed(key).pem())

    def test_short_key(self) -> None:
        """An RSA key shorter than OpenSSL allows is refused with its size."""
        if checks._usable(self_signed(rsa_key(1024)), "short"):
            pytest.skip("this OpenSSL is configured to use short keys")
        with pytest.raises(
            CredentialError, match="has 1024 bits, OpenSSL wants 2048 or more; make a new one"
        ):
            load(self_signed(rsa_key(1024)).pem())

    def test_short_key_openssl_allows(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where OpenSSL is configured to use short keys, they load."""
        monkeypatch.setattr(tls, "show", lambda *_: None)
        assert load(self_signed(rsa_key(1024)).pem()).subject == "CN=tester"

    def test_expired(self) -> None:
        """An expired certificate is refused with the date, unless only looked at."""
        ended = NOW - timedelta(hours=1)
        content = self_signed(ends=ended).pem()
        with pytest.raises(CredentialError, match=f"expired on {ended:%Y-%m-%d %H:%M} UTC; make a new one"):
            load(content)
        looked_at = load(content, check_validity=False)
        assert looked_at.not_valid_after == ended.replace(microsecond=0)
        with pytest.raises(CredentialError, match="the given bytes: the certificate expired"):
            load(looked_at)
        assert load(looked_at, check_validity=False) is looked_at

    def test_not_yet_valid(self) -> None:
        """A certificate of the future points at the clock."""
        begins = NOW + timedelta(hours=1)
        with pytest.raises(
            CredentialError, match=r"not valid before .* UTC; wait until then, or check this computer's clock"
        ):
            load(self_signed(begins=begins).pem())

    def test_pfx_of_another_kind(self) -> None:
        """Writing a PFX of a key of no use here is a programming error."""
        odd = CertifiedKey(pair().certificate, ed25519.Ed25519PrivateKey.generate())
        assert not odd.matches
        with pytest.raises(TypeError, match="Ed25519"):
            odd.pfx(None, "odd")
