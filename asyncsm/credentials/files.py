"""Credential files: reading with errors a user can act on, writing with tight permissions."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from asyncsm import texts
from asyncsm.errors import CredentialError

Source: TypeAlias = "str | os.PathLike[str] | bytes | Document"
"""A path, or the content itself: bytes, text that is PEM or XML, or what was read of a file already."""

SECRET = 0o600
PUBLIC = 0o644

_CREDENTIAL_SUFFIXES = frozenset({".pem", ".pfx", ".p12", ".publishsettings"})
_LONGEST_NAME_SHOWN = 1024
_MOST_BYTES = 16 * 1024 * 1024
"""Of a file; those with the certificates of hundreds of subscriptions have a tenth of it."""
_KEY = re.compile("MI[A-Za-z0-9+/]{60,}={0,2}")


@dataclass(frozen=True, slots=True)
class Document:
    """The content of a file, and its name for messages.

    Attributes:
        name: the path, or words such as "the given bytes".
        data: the content; often a private key.
    """

    name: str
    data: bytes = field(repr=False)

    @property
    def lines(self) -> bytes:
        """The content as UTF-8 text, without a byte order mark and with line feeds; other content as it is."""
        try:
            text = texts.decode_xml(self.data)
        except UnicodeDecodeError:
            return self.data.lstrip()  # binary, or PEM with comments in some old encoding
        return text.replace("\r\n", "\n").replace("\r", "\n").lstrip().encode()

    @property
    def is_xml(self) -> bool:
        """True if the content looks like an XML document."""
        return self.lines.startswith(b"<")

    @property
    def is_pem(self) -> bool:
        """True if the content has a PEM block."""
        return b"-----BEGIN " in self.lines


def read(source: Source, wanted: str = "a .pem, .pfx or .publishsettings file") -> Document:
    """Read a file, or take content that was given directly.

    Args:
        source: where it is.
        wanted: what to give instead of one that is missing, for messages.

    Raises:
        CredentialError: no such file, a directory, not readable, or empty; or `source` is of no such type.
    """
    if isinstance(source, Document):
        document = source
    elif isinstance(source, bytes):
        document = Document("the given bytes", source)
    elif not isinstance(source, str | os.PathLike):
        given = type(source).__name__
        raise CredentialError(
            f"a {given} is no file; give the path of {wanted}, or its content as text or bytes"
        )
    elif isinstance(source, str) and _is_content(source):
        known = "-----BEGIN" in source or source.lstrip("\ufeff \r\n").startswith("<")
        name = "the given text" if known else _unnamed(source)
        document = Document(name, source.encode(errors="replace"))
    else:
        document = _read_file(os.fspath(source), wanted)
    if not document.data.strip():
        raise CredentialError(f"{document.name}: is empty; give {wanted}")
    return document


def _is_content(text: str) -> bool:
    """Tell content from a path, which has no line break and is no base64 of an ASN.1 value, such as a key."""
    text = text.strip("\ufeff \r\n")
    return "\n" in text or "\r" in text or text.startswith(("<", "-----BEGIN")) or bool(_KEY.fullmatch(text))


def _unnamed(text: str) -> str:
    return f"the given text of {len(text)} characters"


def _read_file(path: str, wanted: str) -> Document:
    name = path if path.isprintable() else repr(path)
    if len(path) > _LONGEST_NAME_SHOWN:  # probably a key passed as a path, so messages do not repeat it
        name = _unnamed(path)
    try:
        file = Path(path).expanduser()
        if file.is_dir():
            raise CredentialError(_about_directory(name, file))
        with file.open("rb") as opened:
            content = opened.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise CredentialError(f"{name}: is longer than {_MOST_BYTES} bytes; give the path of {wanted}")
        return Document(name, content)
    except FileNotFoundError as error:
        raise CredentialError(f"{name}: there is no such file; give the path of {wanted}") from _unless_long(
            error, path
        )
    except PermissionError as error:
        raise CredentialError(
            f"{name}: may not be read by this user; check the file's permissions"
        ) from error
    except (OSError, ValueError, RuntimeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "it is not a path"
        raise CredentialError(f"{name}: cannot be read: {reason}") from _unless_long(error, path)


def _unless_long(error: Exception, path: str) -> Exception | None:
    return error if len(path) <= _LONGEST_NAME_SHOWN else None


def _about_directory(name: str, directory: Path) -> str:
    candidates = sorted(f.name for f in directory.iterdir() if f.suffix.lower() in _CREDENTIAL_SUFFIXES)
    hint = f"; it contains {', '.join(candidates)}" if candidates else ""
    return f"{name}: is a directory; give the certificate file itself{hint}"


def write(path: str | os.PathLike[str], data: bytes, *, mode: int, overwrite: bool) -> None:
    """Write a file; it has its final permissions before its first byte.

    Raises:
        CredentialError: the file exists and `overwrite` is false, or it cannot be written.
    """
    target = Path(path)
    try:
        if not overwrite:
            _write_new(target, data, mode)
            return
        # Renaming a complete sibling means that readers see the old file or the new one, never half of one.
        sibling = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        _write_new(sibling, data, mode)
        with _removed_on_error(sibling):
            sibling.replace(target)
    except FileExistsError as error:
        raise CredentialError(f"{target}: exists already; remove it or pass overwrite=True") from error
    except FileNotFoundError as error:
        raise CredentialError(f"{target}: there is no directory {target.parent}; make it first") from error
    except OSError as error:
        raise CredentialError(f"{target}: cannot be written: {error.strerror or error}") from error


def _write_new(path: Path, data: bytes, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, mode)
    with _removed_on_error(path), open(descriptor, "wb") as file:  # noqa: PTH123 - an open descriptor
        file.write(data)


@contextlib.contextmanager
def _removed_on_error(path: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise
