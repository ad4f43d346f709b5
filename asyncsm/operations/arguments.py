"""Rules the service has for arguments, checked before anything is sent.

Each function returns its argument in the form the wire wants, or raises `InvalidArgument`
naming the parameter and the rule.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import BinaryIO, TypeVar

import pydantic

from asyncsm import texts, wire
from asyncsm.errors import InvalidArgument
from asyncsm.wire.encoding import decode_base64, encode_base64, utf8

Item = TypeVar("Item")
Model = TypeVar("Model", bound="wire.document.Document")
Word = TypeVar("Word", bound=str)
Binary = str | bytes | Path | BinaryIO

_DNS_LABEL = re.compile(r"[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_STORAGE_NAME = re.compile(r"[a-z0-9]{3,24}")
_PROPERTY_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_BLOB_URL = re.compile(r"https?://[^/\s]+/\S+", re.IGNORECASE)
_SIGNED_CONTAINER = re.compile(r"https?://[^/\s]+/[^?\s]+\?(?:\S*&)?sig=\S+", re.IGNORECASE)
# 0x30 or "-----BEGIN" in base64; neither DER nor PEM itself begins so.
_BASE64_OF_CERTIFICATE = re.compile(rb"\s*(?:M[A-P]|LS0tLS1CRUdJTi)[A-Za-z0-9+/\s]+=*\s*")
_SLOTS = {"production": "Production", "staging": "Staging"}


def text(parameter: str, value: str) -> str:
    """`value`, which must not be empty."""
    if not isinstance(value, str):
        raise InvalidArgument(parameter, f"must be text, not {type(value).__name__}")
    if not value.strip():
        raise InvalidArgument(parameter, "must not be empty")
    return value


def odata_filter(parameter: str, value: str) -> str:
    """`value` without the name of the query parameter, which the old SDK's callers give with it."""
    return text(parameter, text(parameter, value).removeprefix("$filter="))


def hosted_service_name(value: str) -> str:
    """A DNS label: it becomes ``{name}.cloudapp.net``."""
    if not _DNS_LABEL.fullmatch(text("service_name", value)):
        raise InvalidArgument(
            "service_name",
            f"{value!r} is no name for a hosted service: at most 63 letters, digits and hyphens,"
            " a letter first and no hyphen last",
        )
    return value


def storage_account_name(value: str) -> str:
    """3 to 24 lower-case letters and digits: it becomes ``{name}.blob.core.windows.net``."""
    if not _STORAGE_NAME.fullmatch(text("service_name", value)):
        raise InvalidArgument(
            "service_name",
            f"{value!r} is no name for a storage account: 3 to 24 lower-case letters and digits",
        )
    return value


def label(value: str) -> str:
    """Return a label: required, at most 100 characters before encoding."""
    return label_of("label", value)


def label_of(parameter: str, value: str) -> str:
    """Return the label given as `parameter`; see `label`."""
    if len(text(parameter, value)) > 100:
        raise InvalidArgument(parameter, f"has {len(value)} characters; 100 are allowed")
    return value


def description(value: str | None) -> str | None:
    """At most 1,024 characters."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidArgument("description", f"must be text, not {type(value).__name__}")
    if len(value) > 1024:
        raise InvalidArgument("description", f"has {len(value)} characters; 1024 are allowed")
    return value


def extended_properties(
    value: Mapping[str, str | int | None] | None, *, limit: int = 50
) -> wire.properties.ExtendedProperties | None:
    """Names of 1 to 64 letters, digits and underscores; values of at most 255 characters."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise InvalidArgument(
            "extended_properties", f"must be values by name, as in a dict, not {type(value).__name__}"
        )
    if len(value) > limit:
        raise InvalidArgument("extended_properties", f"{len(value)} properties; {limit} are allowed")
    for name, content in value.items():
        if not _PROPERTY_NAME.fullmatch(str(name)):
            raise InvalidArgument(
                "extended_properties",
                f"{name!r} is no name: a letter, then letters, digits and underscores, at most 64",
            )
        if not isinstance(content, str | int | float | None):
            raise InvalidArgument(
                "extended_properties", f"{name}: must be text or a number, not {type(content).__name__}"
            )
        if content is not None and len(str(content)) > 255:
            raise InvalidArgument("extended_properties", f"{name}: the value has more than 255 characters")
    return wire.properties.ExtendedProperties.from_dict(
        {name: None if content is None else str(content) for name, content in value.items()}
    )


def number(parameter: str, value: object) -> int:
    """Return a whole number, which may be given as text."""
    if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,18}\s*", value):
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        given = repr(value[:50]) if isinstance(value, str) else type(value).__name__
        raise InvalidArgument(parameter, f"must be a whole number, not {given}")
    return value


def truth(parameter: str, value: object) -> bool:
    """Return a truth value, which may be given as text: any text is true to Python, ``"false"`` too."""
    words = {"true": True, "false": False, "1": True, "0": False}
    given = str(value).strip().lower()
    if not isinstance(value, bool | int | str) or given not in words:
        raise InvalidArgument(parameter, f"must be True or False, not {str(value)[:50]!r}")
    return words[given]


def one_of(parameter: str, value: str, allowed: Iterable[Word]) -> Word:
    """Return the one of the service's words that `value` is, in any case, as the service spells it."""
    words = {word.lower(): word for word in allowed}
    given = text(parameter, value).lower()
    if given in words:
        return words[given]
    close = get_close_matches(given, words, n=1)
    meant = f"; did you mean {words[close[0]]}?" if close else ""
    raise InvalidArgument(parameter, f"{value!r} is none of {', '.join(words.values())}{meant}")


def same_name(one: str | None, other: str | None) -> bool:
    """Return whether two names are the same to the service, which never tells names apart by case."""
    return (one or "").lower() == (other or "").lower()


def same_place(what: str, present: str | None, wanted: str | None, parameter: str) -> None:
    """Refuse another place for what is there already, as nothing can be moved."""
    if wanted is not None and not same_name(present, wanted):
        raise InvalidArgument(parameter, f"{what} is there already, in {present!r} and not in {wanted!r}")


def items(parameter: str, value: Iterable[Item]) -> list[Item]:
    """Return the items of any iterable; text is not taken for a list of its characters."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise InvalidArgument(parameter, f"must be a list, not {type(value).__name__}")
    return list(value)


def names(parameter: str, value: Iterable[str]) -> list[str]:
    """At least one name, and no text taken for a list of its characters."""
    if isinstance(value, str):
        raise InvalidArgument(parameter, "is a list of names, not one name")
    given = [text(parameter, name) for name in items(parameter, value)]
    if not given:
        raise InvalidArgument(parameter, "must not be empty")
    return given


def model(parameter: str, value: object, *kinds: type[Model]) -> Model:
    """Return a model of one of these kinds, which may be given as a mapping of its fields if there is one kind."""
    given = kinds[0].of(value) if len(kinds) == 1 and not isinstance(value, kinds) else value
    if not isinstance(given, kinds):
        known = " or ".join(kind.__name__ for kind in kinds)
        raise InvalidArgument(parameter, f"must be a {known}, not {type(value).__name__}")
    return given


def ip_address(parameter: str, value: str) -> str:
    """An IPv4 or IPv6 address."""
    try:
        return str(ipaddress.ip_address(text(parameter, value)))
    except ValueError:
        raise InvalidArgument(parameter, f"{value!r} is not an IP address") from None


def request_id(parameter: str, value: str) -> str:
    """Return a request id as paths have it: without dashes, in small letters."""
    return text(parameter, text(parameter, value).strip().replace("-", "").lower())


def moment(parameter: str, value: str | date) -> str:
    """Return a moment as the service writes it; text may be of another zone, and is written so already if not."""
    given = text(parameter, value).strip() if not isinstance(value, date) else value
    if isinstance(given, str):
        try:
            read = datetime.fromisoformat(given)
        except ValueError:
            rule = f"{given[:50]!r} is no time such as 2016-01-01 or 2016-01-01T12:00:00Z"
            raise InvalidArgument(parameter, rule) from None
        if read.tzinfo is None or given.endswith("Z"):
            return given
        given = read
    if isinstance(given, datetime):
        return wire.values.in_utc(parameter, given).strftime("%Y-%m-%dT%H:%M:%SZ")
    return given.isoformat()


def secret(parameter: str, value: str | pydantic.SecretStr) -> pydantic.SecretStr:
    """Return a password so that it never shows."""
    if isinstance(value, pydantic.SecretStr):
        return value
    if not isinstance(value, str):
        raise InvalidArgument(parameter, f"must be text, not {type(value).__name__}")
    return pydantic.SecretStr(value)


def deployment_slot(value: str) -> str:
    """``Production`` or ``Staging``, in any case."""
    try:
        return _SLOTS[text("deployment_slot", value).lower()]
    except KeyError:
        raise InvalidArgument("deployment_slot", f"{value!r} is neither Production nor Staging") from None


def blob_url(parameter: str, value: str) -> str:
    """The URL of a blob: scheme, host, container and name."""
    if not _BLOB_URL.fullmatch(text(parameter, value)):
        raise InvalidArgument(parameter, f"{value!r} is not the URL of a blob")
    return value


def signed_container(parameter: str, value: str | pydantic.SecretStr) -> pydantic.SecretStr:
    """Return the URL of a container with its signature, which is as good as a key."""
    url = secret(parameter, value)
    if not _SIGNED_CONTAINER.fullmatch(url.get_secret_value()):
        raise InvalidArgument(parameter, "must be the URL of a container with its signature (sig=)")
    return url


def content_of(parameter: str, value: Binary) -> bytes:
    """The bytes behind text, bytes, a path or a binary file."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return utf8(parameter, value)
    if isinstance(value, Path):
        try:
            return value.read_bytes()
        except OSError as error:
            raise InvalidArgument(parameter, f"cannot read {value}: {error.strerror}") from error
    if not hasattr(value, "read"):
        raise InvalidArgument(parameter, f"must be text, bytes, a path or a file, not {type(value).__name__}")
    content = value.read()
    if not isinstance(content, bytes):
        raise InvalidArgument(parameter, "the file must be open in binary mode")
    return content


def base64_of(parameter: str, value: Binary) -> str:
    """Return base64 of bytes, a path's or a file's content; text is base64 already.

    Content that is base64 of DER or PEM itself, as of a certificate, is not encoded again. The byte order
    mark of text, such as PEM, is dropped.

    Raises:
        InvalidArgument: text that is not base64, or there is nothing in it.
    """
    if not isinstance(value, str):
        value = texts.unmarked(content_of(parameter, value))
        if _BASE64_OF_CERTIFICATE.fullmatch(value):
            value = value.decode()
    if isinstance(value, str):
        compact = "".join(value.removeprefix("\ufeff").split())
        try:
            decoded = base64.b64decode(compact, validate=True)
        except ValueError:  # text that is not ASCII, too
            raise InvalidArgument(
                parameter, "is not base64; give bytes or a Path for the file itself"
            ) from None
    else:
        decoded, compact = value, encode_base64(value)
    if not decoded:
        raise InvalidArgument(parameter, "is empty")
    return compact


def service_configuration(value: Binary) -> str:
    """A service configuration file as text; text that is already base64 is recognised, thumbprints are cleaned.

    Raises:
        InvalidArgument: it is not a valid ``.cscfg``.
    """
    try:
        written = texts.decode_xml(content_of("configuration", value))
    except UnicodeDecodeError as error:
        raise InvalidArgument("configuration", texts.NOT_TEXT) from error
    if not written.lstrip().startswith("<"):
        written = decode_base64(written)
    try:
        read = wire.cscfg.ServiceConfiguration.from_xml(written)
    except ValueError as error:
        raise InvalidArgument("configuration", f"is not a service configuration (.cscfg): {error}") from error
    copied = [_clean_thumbprint(role, one) for role in read for one in role.certificates]
    return read.to_xml().decode() if any(copied) else written


def _clean_thumbprint(role: wire.cscfg.RoleConfiguration, certificate: wire.cscfg.RoleCertificate) -> bool:
    """Clean the thumbprint of a role's certificate; return whether it had anything but its digits."""
    given = certificate.thumbprint
    try:
        certificate.thumbprint = given  # which cleans it, as wherever a caller gives one
    except InvalidArgument as error:
        raise InvalidArgument(
            "configuration", f"Role {role.name!r}, Certificate {certificate.name!r}: {error.rule}"
        ) from None
    return certificate.thumbprint != given
