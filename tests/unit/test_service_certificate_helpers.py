"""Certificates of machines: made, loaded, wrapped around SSH keys, and named in configurations."""

import copy
import hashlib
import pickle
import re
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_public_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID
from doubles.certificates import NOW, rsa_key, self_signed

from asyncsm import (
    CredentialError,
    InvalidArgument,
    LinuxConfigurationSet,
    ServiceCertificate,
    WindowsConfigurationSet,
    linux_ssh,
    service_certificate,
    service_certificate_for_ssh_key,
    service_certificate_from_pem,
    service_certificate_from_pfx,
    stored_certificate,
    winrm_https,
)
from asyncsm.models import StoredCertificateSettings

PASSWORD = "correct horse"
TRIPLE_DES = bytes.fromhex("060a2a864886f70d010c0103")
"""The object identifier of pbeWithSHAAnd3-KeyTripleDES-CBC."""
SHA1 = bytes.fromhex("06052b0e03021a")


def private_key(key=None, *, form=PrivateFormat.OpenSSH, password=None):
    """A key as ssh-keygen writes it: OpenSSH's own format, or with ``-m PEM`` the traditional one."""
    protection = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    return (key or rsa_key()).private_bytes(Encoding.PEM, form, protection)


@pytest.fixture(scope="module")
def made():
    return service_certificate("web", days=30, hosts=["web.cloudapp.net", "10.0.0.4"])


class TestMaking:
    def test_what_it_is(self, made):
        """A self-signed server certificate of 2048 bits for the hosts given."""
        certificate = x509.load_der_x509_certificate(made.cer)
        certificate.verify_directly_issued_by(certificate)
        assert certificate.subject.rfc4514_string() == made.subject == "CN=web"
        assert certificate.public_key().key_size == 2048
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.DNSName) == ["web.cloudapp.net"]
        assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["10.0.0.4"]
        assert timedelta(days=29) < made.not_valid_after - NOW < timedelta(days=31)

    @pytest.mark.parametrize(
        ("arguments", "parameter"), [({"name": ""}, "name"), ({"name": "n", "days": 0}, "days")]
    )
    def test_limits(self, arguments, parameter):
        """Arguments out of range are named."""
        with pytest.raises(InvalidArgument) as caught:
            service_certificate(**arguments)
        assert caught.value.parameter == parameter

    def test_thumbprint(self, made):
        """The thumbprint is the certificate's SHA-1 in upper case."""
        assert made.thumbprint == hashlib.sha1(made.cer).hexdigest().upper()

    def test_secrecy(self, made):
        """The key does not get out by a repr or a pickle; a copy is the certificate itself."""
        assert re.fullmatch("<ServiceCertificate CN=web [0-9A-F]{8}...>", repr(made))
        assert copy.deepcopy(made) is made
        with pytest.raises(TypeError, match="holds a private key"):
            pickle.dumps(made)


class TestPfx:
    def test_round_trip(self, made):
        """The PFX holds certificate and key."""
        assert service_certificate_from_pfx(made.pfx(PASSWORD), PASSWORD) == made

    def test_old_windows_reads_it(self, made):
        """Certificate and key are encrypted with what every Windows reads: triple DES with SHA-1."""
        pfx = made.pfx(PASSWORD)
        assert pfx.count(TRIPLE_DES) == 2
        assert SHA1 in pfx

    def test_it_needs_a_password(self, made):
        """The service takes no PFX without a password."""
        with pytest.raises(InvalidArgument, match="password"):
            made.pfx("")

    def test_wrong_password(self, made):
        """A wrong password is told as such."""
        with pytest.raises(CredentialError, match="wrong password"):
            service_certificate_from_pfx(made.pfx(PASSWORD), "wrong")


class TestPem:
    def test_one_file(self, tmp_path):
        """Certificate and key in one file make a PFX."""
        pair = self_signed()
        (tmp_path / "web.pem").write_bytes(pair.pem())
        loaded = service_certificate_from_pem(tmp_path / "web.pem")
        assert service_certificate_from_pfx(loaded.pfx(PASSWORD), PASSWORD) == loaded
        assert loaded.cer == pair.certificate.public_bytes(Encoding.DER)

    def test_two_files(self):
        """The certificate's file and an encrypted key's."""
        pair = self_signed()
        certificate = pair.certificate.public_bytes(Encoding.PEM)
        key = private_key(form=PrivateFormat.PKCS8, password=PASSWORD)
        assert service_certificate_from_pem(certificate, key, PASSWORD).cer
        with pytest.raises(CredentialError, match="give its password"):
            service_certificate_from_pem(certificate, key)

    def test_rsa_only(self):
        """A certificate of another algorithm is refused."""
        with pytest.raises(CredentialError, match=r"the key is E\w+, and the service takes RSA only"):
            service_certificate_from_pem(self_signed(ec.generate_private_key(ec.SECP256R1())).pem())


class TestSshKey:
    @pytest.mark.parametrize(
        "form", [PrivateFormat.OpenSSH, PrivateFormat.TraditionalOpenSSL, PrivateFormat.PKCS8]
    )
    def test_formats(self, form):
        """OpenSSH's format and both of PEM are read; the public key is the key's."""
        wrapped = service_certificate_for_ssh_key(private_key(form=form))
        expected = rsa_key().public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        assert wrapped.ssh_public_key.encode() == expected
        public_key = x509.load_der_x509_certificate(wrapped.cer).public_key()
        assert public_key == load_ssh_public_key(expected)

    def test_from_a_file(self, tmp_path):
        """A path is taken, too."""
        (tmp_path / "id_rsa").write_bytes(private_key())
        assert service_certificate_for_ssh_key(tmp_path / "id_rsa").subject == "CN=ssh"

    def test_always_the_same(self):
        """The same key gives the same certificate, so that its thumbprint can be looked for."""
        first, second = (service_certificate_for_ssh_key(private_key()) for _ in range(2))
        assert (first, first.thumbprint) == (second, second.thumbprint)
        assert first != service_certificate_for_ssh_key(private_key(rsa_key(3072)))

    def test_encrypted_pem(self):
        """An encrypted key needs its password."""
        key = private_key(form=PrivateFormat.TraditionalOpenSSL, password=PASSWORD)
        assert isinstance(service_certificate_for_ssh_key(key, PASSWORD), ServiceCertificate)
        with pytest.raises(CredentialError, match="encrypted; give its password"):
            service_certificate_for_ssh_key(key)
        with pytest.raises(CredentialError, match="wrong password"):
            service_certificate_for_ssh_key(key, "wrong")

    def test_encrypted_openssh(self):
        """So does one in OpenSSH's format, which takes bcrypt."""
        pytest.importorskip("bcrypt", reason="bcrypt is not installed")
        key = private_key(password=PASSWORD)
        assert service_certificate_for_ssh_key(key, PASSWORD).subject == "CN=ssh"
        with pytest.raises(CredentialError, match="wrong password"):
            service_certificate_for_ssh_key(key, "wrong")

    def test_encrypted_openssh_without_bcrypt(self, monkeypatch):
        """Where bcrypt is missing, the message says what to do."""
        monkeypatch.setattr(
            "cryptography.hazmat.primitives.serialization.ssh._bcrypt_supported", False, raising=False
        )
        with pytest.raises(CredentialError, match=r"encrypted; give its password"):
            service_certificate_for_ssh_key(ENCRYPTED)
        with pytest.raises(CredentialError, match=r"pip install bcrypt.*ssh-keygen -p -m PEM"):
            service_certificate_for_ssh_key(ENCRYPTED, "secret")

    def test_a_password_too_many(self):
        """A password for a key in clear is not used."""
        assert service_certificate_for_ssh_key(private_key(), PASSWORD)

    @pytest.mark.parametrize(
        ("key", "kind"),
        [
            (ed25519.Ed25519PrivateKey.generate(), "Ed25519"),
            (ec.generate_private_key(ec.SECP256R1()), "E\\w+"),
        ],
    )
    def test_rsa_only(self, key, kind):
        """Other algorithms are named, with the command that makes a key the service takes."""
        with pytest.raises(CredentialError, match=rf"the key is {kind}, .*ssh-keygen -t rsa"):
            service_certificate_for_ssh_key(private_key(key))

    def test_short_keys(self):
        """A key of less than 2048 bits is refused."""
        with pytest.raises(CredentialError, match="1024 bits"):
            service_certificate_for_ssh_key(private_key(rsa_key(1024)))

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (b"ssh-rsa AAAAB3 me@here", "is a public key; give the private key, without .pub"),
            (b"hello", "has no private key"),
            (private_key().replace(b"b3BlbnNzaC1rZXk", b"b3BlbnNzaC1rZXl"), "damaged"),
        ],
    )
    def test_not_a_private_key(self, text, message):
        """What is none is told apart, and never shown."""
        with pytest.raises(CredentialError, match=message):
            service_certificate_for_ssh_key(text)


def test_hosts_are_a_list():
    """One name is not taken for its letters."""
    with pytest.raises(InvalidArgument, match=r"^hosts: is a list of names, not str"):
        service_certificate("web", hosts="web.cloudapp.net")


class TestConfigurations:
    def test_linux(self, made):
        """The public key goes into the user's authorized_keys."""
        written = LinuxConfigurationSet("web", "ada", ssh=linux_ssh("ada", made)).to_xml().decode()
        assert (
            f"<SSH><PublicKeys><PublicKey><Fingerprint>{made.thumbprint}</Fingerprint>"
            "<Path>/home/ada/.ssh/authorized_keys</Path></PublicKey></PublicKeys></SSH>"
        ) in written

    def test_linux_key_pair(self, made):
        """The private key, if asked for, becomes the user's id_rsa."""
        (pair,) = linux_ssh("ada", made, key_pair=True).key_pairs
        assert (pair.fingerprint, pair.path) == (made.thumbprint, "/home/ada/.ssh/id_rsa")

    @pytest.mark.parametrize("user", ["", "a/b", "..", ".", "a b", "u" * 33, "-a", None, b"ada"])
    def test_linux_user(self, made, user):
        """What would lead out of a user's folder is refused."""
        with pytest.raises(InvalidArgument, match="user"):
            linux_ssh(user, made)

    @pytest.mark.parametrize("other", [None, "A" * 40, b"-----BEGIN CERTIFICATE-----"])
    def test_no_certificate(self, other):
        """A thumbprint, or a file, is no certificate yet."""
        for use in (
            lambda: linux_ssh("ada", other),
            lambda: winrm_https(other),
            lambda: stored_certificate(other),
        ):
            with pytest.raises(InvalidArgument, match=r"^certificate: must be a ServiceCertificate"):
                use()

    def test_windows(self, made):
        """WinRM listens with the certificate, and the machine's store has it."""
        stored = StoredCertificateSettings(stored_certificate_settings=[stored_certificate(made)])
        machine = WindowsConfigurationSet(
            "web", "Pa55!word", win_rm=winrm_https(made), stored_certificate_settings=stored
        )
        written = machine.to_xml().decode()
        assert (
            "<CertificateSetting><StoreLocation>LocalMachine</StoreLocation><StoreName>My</StoreName>"
            f"<Thumbprint>{made.thumbprint}</Thumbprint></CertificateSetting>"
        ) in written
        assert (
            "<WinRM><Listeners><Listener><Protocol>Https</Protocol>"
            f"<CertificateThumbprint>{made.thumbprint}</CertificateThumbprint></Listener></Listeners></WinRM>"
        ) in written


ENCRYPTED = b"""-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABDIMrsnnA
YeAEysxiS/4+ZkAAAAEAAAAAEAAAEXAAAAB3NzaC1yc2EAAAADAQABAAABAQDGp7BSAYI9
H1QMfqR6EEjV/E5bhF3XwEbN67ad3mBmrjTg25X3DScj4rjEwxdsCGZYlTBp94Q9GpK7rq
b2y17wosWwcwYNlnqfplVdX7V9RoH1bCC7DF8vzTaBtjmCl1DZtxWA9hjWrEPqKWUTQA7G
QVFbPBmc7UFuj0BZpomlC/C7+sGhilOGJ9anICINFdlvlxTHO0kOP9/AlZSKQ0t3stKDfg
nOI0FbXfEetGe8bFHQ4qmlzpc+JNo/vsFI7hsduQIKQfnlw+9n4zTmlBVsvIyO1xsZzaH8
jRYOqlT7GrZk6vTYJPe47+ww2ikDEJ4zL16pCFORBXOuwrCInJC1AAADwOIQpIcZ/ICUfe
DJ5lzoai5dxLj+uGFuARQ459s78YK8lKoKk8rshDWIMW4Y6bqQa36YFCmfp3S+OgI3iGKW
ne8Zn8Z3EG16DqGfIG8Q7bHHjTXweo/9idc5ecl36IdcE3Exp+akiJWhlKgkdjpIgf1VXk
W16k1X+Z4l74UwIU2VbTRCjMETfh3ihp5rT7ofj6ULT+cc+keLKTwt0NrhXKdpU71mbQWF
Hl2aPHEXmhpK4omXFQ4G5rAKIkIPCFBQpIPULUMay3wnGx3JfAx0BbkgpuyxVws3BhxQfP
O/42N0Aoj137YFZEyPfEGB+jGBazbrjubJhIWKpO9OtcI0r5MtZ8Fgm94UOHXwjc5pRr71
76cLU+Vg5ja/3jUf30N5OU9YdhtSSVCYVwR0JAT3JrDNflktn+ZDn/BaE1sEPFV0pOvlyQ
uyX/tKqedV5T9SWqOkO9c9+B1LOkR+D34pbgIcQV2GR2AAlJi0zsQrIhPoE77hOMD0L8EL
qF3mx6WZJpPukCnttIx7fDYpceL9+q4hjNhsWMIr+7T4DbHQFMVSElqszlRpss5dqZHjCS
OJ4MFc8XOWw1aSb2u4uAl5ELmC4MlCybtX/PVtI5jH55CnFGjWMdMfJvvmHdyff6jPW8mN
Var5PJ9G2FwGSauU1sLlOck5zscbIA710UwxB1PqXe2yYY5d1xp7DdkZ9tQiSrtXkWCe02
5zXwgkA8Z4iLpAL5dawtxpuZOjq9mdeJfyvd7RRom6AMRuvMgmiDzzTE9e/wqoyMC8rXiv
oYpJ/szPPnnJdKuVaXNHMtVLlwugUtnjn9M98qjMjPrDiKmr3pwAn4H/en+N686P/CvERb
7vkL3/ds1wce6kajnJ21hOiFFkMMK3VVkV6iAMkmdPiOlijQ9S9qXFDDZDmQJmS3AfXwJn
j6jVZ3uNuGrfBYk9Bs7KECfZCg7VjvQujcBd4lRBkuGMkBlIDYAwLuJxf8uoSOO8ZBP57K
zfh8+TaP+4VuOlk8o8bRdPdXxUsvDOZtuBwKim75DaiyINSrEfYw/jDMUsUT5gFRPnKIZb
fblf41Pm7xmCAtuw7G5E/CN9bpBAv39VUlGNtol3pNqnZMpFpG0N3DF24XULh8RNod9RUa
ooXxqxCkoNGua1j028+nNsfeNg2dIOIrKMyug8NQvryfomVJ09NdAHQDf3DztKYMv/g8n5
Pf2w1JP9r4EWeaUv1rFXkOZOPtT+Hy3lgiFjAQ0MBrtq3PzXKAzwwxGzRX1bb2t6zOPVCk
Ilx73jGQ==
-----END OPENSSH PRIVATE KEY-----
"""
"""An RSA key of OpenSSH's under the password ``secret``, made for this test."""
