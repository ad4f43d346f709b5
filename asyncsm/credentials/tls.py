"""TLS contexts: the trusted authorities, and the key pair, which the ssl module takes from files only."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import ssl
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from asyncsm.credentials import files
from asyncsm.credentials.keypair import CertifiedKey
from asyncsm.errors import CredentialError

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


def client_context(pair: CertifiedKey, source: str, ca_file: files.Source | None) -> ssl.SSLContext:
    """Make a context that shows `pair` and trusts `ca_file` only, or the system's authorities.

    Raises:
        CredentialError: OpenSSL refuses the pair, or `ca_file` is not readable or holds no certificate.
    """
    context = _trusting(ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # The service's front end asks for the certificate after the handshake, which
    # TLS 1.3 allows only with clients that announced support for it.
    context.post_handshake_auth = True
    show(context, pair, source)
    return context


def show(context: ssl.SSLContext, pair: CertifiedKey, source: str) -> None:
    """Make `context` present `pair`.

    Raises:
        CredentialError: OpenSSL's security level does not allow it.
    """
    try:
        with _key_file(pair) as (path, password):
            context.load_cert_chain(path, password=password)
    except ssl.SSLError as error:
        reason = (error.reason or "unknown reason").lower().replace("_", " ")
        raise CredentialError(
            f"{source}: OpenSSL refuses the certificate ({reason}); make a new one with create_management_certificate"
        ) from error


def _trusting(ca_file: files.Source | None) -> ssl.SSLContext:
    if ca_file is None:
        return ssl.create_default_context()
    document = files.read(ca_file, "the authority's certificate, as PEM or DER")
    try:
        return ssl.create_default_context(cadata=_authorities(document))
    except ssl.SSLError as error:
        raise CredentialError(
            f"{document.name}: is not a certificate authority's file; give its certificate as PEM or DER"
        ) from error


def _authorities(document: files.Document) -> str | bytes:
    if not document.is_pem:
        return document.data
    # Bundles carry comments in any encoding between the blocks; the ssl module wants ASCII.
    found = _CERTIFICATE.findall(document.lines)
    if not found:
        raise CredentialError(
            f"{document.name}: has no certificate; give the certificate authority's as PEM or DER"
        )
    return b"\n".join(found).decode("ascii", errors="replace")


@contextlib.contextmanager
def _key_file(pair: CertifiedKey) -> Iterator[tuple[str, bytes | None]]:
    """Give a path OpenSSL can read the pair from, and the password of the key in it."""
    descriptor = _memory_file()
    if descriptor is not None:
        with open(descriptor, "wb") as memory:  # noqa: PTH123 - an open descriptor
            memory.write(pair.pem())
            memory.flush()
            yield f"/proc/self/fd/{descriptor}", None
        return
    # Only this process knows the password, so a file that a crash leaves behind is of no use.
    password = secrets.token_urlsafe(32).encode()
    with tempfile.TemporaryDirectory(prefix="asyncsm-") as directory:
        path = Path(directory, "key.pem")
        files.write(path, pair.pem(password), mode=files.SECRET, overwrite=False)
        yield str(path), password


def _memory_file() -> int | None:
    """Open a file in memory, where the system has such files and /proc names them."""
    if sys.platform != "linux" or not hasattr(os, "memfd_create"):
        return None
    try:
        descriptor = os.memfd_create("asyncsm", os.MFD_CLOEXEC)
    except OSError:
        return None  # sandboxes forbid the call; the temporary file serves
    if os.access(f"/proc/self/fd/{descriptor}", os.R_OK):
        return descriptor
    os.close(descriptor)
    return None
