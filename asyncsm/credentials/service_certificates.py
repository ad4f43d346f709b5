"""Certificates that a hosted service holds for its machines: for SSH, for WinRM, for their own use.

`add_service_certificate` uploads one to the hosted service; the machine's configuration
refers to it by its thumbprint.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from asyncsm.credentials import checks, decoding, files
from asyncsm.credentials.decoding import Password
from asyncsm.credentials.files import Source
from asyncsm.credentials.keypair import CertifiedKey, RsaCertificate
from asyncsm.credentials.making import self_issued, self_signed
from asyncsm.errors import CredentialError, InvalidArgument

# Fixed, so that a key always gives the same certificate; sshd does not look at the dates.
_SSH_BEGINS: Final = datetime(2010, 1, 1, tzinfo=UTC)
_SSH_ENDS: Final = datetime(2049, 12, 31, tzinfo=UTC)
_SSH_NAME: Final = "ssh"


@dataclass(frozen=True, slots=True, repr=False)
class ServiceCertificate(RsaCertificate):
    """An RSA certificate with its private key, in the forms a hosted service takes.

    Made by `service_certificate`, `service_certificate_from_pem`,
    `service_certificate_from_pfx` or `service_certificate_for_ssh_key`. Two are equal when
    their certificates are. It can be copied freely but not pickled.
    """

    @property
    def cer(self) -> bytes:
        """The certificate without the key (DER), for ``add_service_certificate(..., "cer")``.

        It is enough for `linux_ssh` unless the machine gets the key pair.
        """
        return self._pair.certificate.public_bytes(Encoding.DER)

    def pfx(self, password: str) -> bytes:
        """Return certificate and key as PKCS#12, for ``add_service_certificate(..., "pfx", password)``.

        It is encrypted with triple DES, as Windows before Server 2019 reads nothing newer:
        choose a long password, and do not keep the file.

        Raises:
            InvalidArgument: `password` is empty.
        """
        if not password:
            raise InvalidArgument("password", "a PFX needs a password")
        return self._pair.pfx(decoding.as_bytes(password), self.subject, triple_des=True)

    @property
    def ssh_public_key(self) -> str:
        """The public key as the line of ``authorized_keys`` that a Linux machine derives from the certificate."""
        return self._key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def service_certificate(name: str, *, days: int = 365, hosts: Iterable[str] = ()) -> ServiceCertificate:
    """Make a self-signed server certificate: RSA of 2048 bits, SHA-256.

    Args:
        name: common name, 1 to 64 characters.
        days: how long it is valid, from now.
        hosts: host names and IP addresses that clients call the machine by, such as
            ``{service}.cloudapp.net``; clients of WinRM check them.

    Raises:
        InvalidArgument: an argument is out of range.
    """
    pair = self_signed(name, days, ExtendedKeyUsageOID.SERVER_AUTH, hosts=hosts)
    return _checked(pair, f"the new certificate {name}")


def service_certificate_from_pem(
    source: Source, key: Source | None = None, password: Password = None
) -> ServiceCertificate:
    """Load a PEM file with certificate and key, or a certificate's file and a key's.

    Args:
        source: path or content of the file with the certificate; with both, when `key` is not given.
        key: path or content of the file with the private key.
        password: of an encrypted key.

    Raises:
        CredentialError: it cannot be used; the message says why and what to do.
    """
    return _checked(*decoding.load_pem(source, key, password))


def service_certificate_from_pfx(source: Source, password: Password = None) -> ServiceCertificate:
    """Load a PKCS#12 file (``.pfx``, ``.p12``), by path or content.

    Raises:
        CredentialError: it cannot be used; the message says why and what to do.
    """
    return _checked(*decoding.load_pfx(source, password))


def service_certificate_for_ssh_key(private_key: Source, password: Password = None) -> ServiceCertificate:
    """Wrap an SSH key into a certificate, which is how a classic Linux machine gets its public key.

    The same key always gives the same certificate, so that whoever does it again finds the
    one that is in the hosted service already.

    Args:
        private_key: path or content of a private RSA key as ``ssh-keygen -t rsa`` makes it, in
            OpenSSH's format or PEM. It signs the certificate, and is not part of its `cer`.
        password: of an encrypted key.

    Raises:
        CredentialError: it is no RSA key, cannot be read, or is too short.
    """
    document = files.read(private_key)
    key = _rsa(
        decoding.decode_ssh_key(document, password), document.name, "make one with: ssh-keygen -t rsa -b 2048"
    )
    public_key = key.public_key()
    identifier = x509.SubjectKeyIdentifier.from_public_key(public_key).digest
    # A serial number is positive and has at most 20 bytes: one bit less than the digest.
    serial = int.from_bytes(identifier) >> 1 or 1
    builder = self_issued(public_key, _SSH_NAME, _SSH_BEGINS, _SSH_ENDS).serial_number(serial)
    return ServiceCertificate(CertifiedKey(builder.sign(key, SHA256()), key), key)


def _checked(pair: CertifiedKey, source: str) -> ServiceCertificate:
    return ServiceCertificate(pair, _rsa(pair.key, source, "make one with service_certificate"))


def _rsa(key: PrivateKeyTypes, source: str, advice: str) -> rsa.RSAPrivateKey:
    found = checks.only_rsa(key, source, advice)
    if found.key_size < checks.SMALLEST_KEY:
        raise CredentialError(
            f"{source}: the RSA key has {found.key_size} bits; "
            f"the service wants {checks.SMALLEST_KEY} or more; {advice}"
        )
    return found
