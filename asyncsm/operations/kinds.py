"""Kinds of arguments: a type, the service's rule for it, and the form it has on the wire.

For type checkers and callers a kind is its plain type; declarations read the rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from math import inf
from typing import Annotated, Final, TypeAlias, cast

from asyncsm.errors import InvalidArgument
from asyncsm.operations import arguments
from asyncsm.operations.arguments import Binary
from asyncsm.operations.facts import Rule
from asyncsm.wire.thumbprints import clean

_BLOB: Final = "https://account.blob.core.windows.net/container/blob.vhd"
_CONTAINER: Final = "https://account.blob.core.windows.net/container"
_CSCFG: Final = (
    '<ServiceConfiguration serviceName="service"'
    ' xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceConfiguration"/>'
)
MOST_LUN: Final = 31
SLOTS: Final = ("Production", "Staging")


def one_of(words: Iterable[str]) -> Rule:
    """One of the service's words."""
    words = tuple(words)
    return Rule(
        f"one of {', '.join(words)}",
        lambda name, value: arguments.one_of(name, cast("str", value), words),
        example=words[0],
        words=words,
    )


def properties(limit: int) -> Rule:
    """At most `limit` extended properties."""
    return Rule(
        f"at most {limit} properties; names of 1 to 64 letters, digits and underscores, values of at most 255",
        lambda _, value: arguments.extended_properties(
            cast("Mapping[str, str | int | None]", value), limit=limit
        ),
        example={"Key": "value"},
    )


def between(least: int, most: float = inf) -> Rule:
    """A whole number from `least` to `most`, or of any size from `least` on."""
    says = f"at least {least}" if most == inf else f"in {least} to {most}"

    def check(name: str, value: object) -> object:
        number = arguments.number(name, value)
        if not least <= number <= most:
            raise InvalidArgument(name, f"{number} is not {says}")
        return number

    return Rule(says.removeprefix("in "), check, example=least)


def at_most(length: int) -> Rule:
    """A text of 1 to `length` characters."""

    def check(name: str, value: object) -> object:
        text = arguments.text(name, cast("str", value))
        if len(text) > length:
            raise InvalidArgument(name, f"has {len(text)} characters; {length} are allowed")
        return text

    return Rule(f"1 to {length} characters", check, example="text")


def flag(text: str | None, otherwise: str | None = None) -> Rule:
    """A switch that stands in the query as `text`, or as `otherwise` when it is off."""
    return Rule(
        "true or false", lambda name, value: text if arguments.truth(name, value) else otherwise, example=True
    )


def _rule(says: str, check: object, example: object) -> Rule:
    """A rule of `arguments` that gets the parameter's name."""
    return Rule(says, check, example)  # type: ignore[arg-type]


def _unnamed(says: str, check: object, example: object) -> Rule:
    """A rule of `arguments` for one parameter that always has the same name."""
    return Rule(says, lambda _, value: check(value), example)  # type: ignore[operator]


Properties: TypeAlias = Mapping[str, str | int | None]
Name: TypeAlias = Annotated[str, _rule("not empty", arguments.text, "name")]
Text: TypeAlias = Annotated[str, _rule("not empty", arguments.text, "text")]
Label: TypeAlias = Annotated[str, _rule("1 to 100 characters", arguments.label_of, "label")]
Description: TypeAlias = Annotated[
    str, _unnamed("at most 1,024 characters", arguments.description, "description")
]
Slot: TypeAlias = Annotated[
    str,
    Rule(
        "Production or Staging, in any case",
        lambda _, value: arguments.deployment_slot(cast("str", value)),
        example="Production",
        words=SLOTS,
    ),
]
HostedServiceName: TypeAlias = Annotated[
    str,
    _unnamed("a DNS label of at most 63 letters, digits and hyphens", arguments.hosted_service_name, "shop"),
]
StorageAccountName: TypeAlias = Annotated[
    str, _unnamed("3 to 24 lower-case letters and digits", arguments.storage_account_name, "account")
]
BlobUrl: TypeAlias = Annotated[str, _rule("URL of a blob", arguments.blob_url, _BLOB)]
IPAddress: TypeAlias = Annotated[str, _rule("IPv4 or IPv6 address", arguments.ip_address, "10.0.0.4")]
Moment: TypeAlias = Annotated[
    str | date, _rule("a time with its zone, or YYYY-MM-DD", arguments.moment, "2016-01-01")
]
RequestId: TypeAlias = Annotated[
    str, _rule("32 hexadecimal digits, with or without dashes", arguments.request_id, "0" * 32)
]
Names: TypeAlias = Annotated[Sequence[str], _rule("at least one name", arguments.names, ["name"])]
JoinedNames: TypeAlias = Annotated[
    Sequence[str],
    _rule("at least one name", lambda name, value: ",".join(arguments.names(name, value)), ["name"]),
]
"""Names that stand in the query with commas between."""
Configuration: TypeAlias = Annotated[
    Binary, _unnamed("a .cscfg, as it is or in base64", arguments.service_configuration, _CSCFG)
]
Base64Content: TypeAlias = Annotated[
    Binary, _rule("a file's content; text is base64 already", arguments.base64_of, "AAAA")
]
SECRET: Final = _rule("never shown", arguments.secret, "Passw0rd!")
"""The rule of ``str | pydantic.SecretStr``, which is no alias because that would load most of pydantic."""
SIGNED: Final = _rule(
    "URL of a container with its signature", arguments.signed_container, f"{_CONTAINER}?sig=A"
)
"""Likewise, of a container that whoever knows the URL may read or write."""
Lun: TypeAlias = Annotated[int, between(0, MOST_LUN)]
OperatingSystemName: TypeAlias = Annotated[str, one_of(("Linux", "Windows"))]
Thumbprint: TypeAlias = Annotated[
    str, _rule("40 hexadecimal digits, with or without what stands between them", clean, "0" * 40)
]
ThumbprintAlgorithm: TypeAlias = Annotated[str, one_of(("sha1",))]
MediaToo: TypeAlias = Annotated[bool, flag("media")]
ServiceProperties: TypeAlias = Annotated[Properties, properties(50)]
DeploymentProperties: TypeAlias = Annotated[Properties, properties(25)]
ODataFilter: TypeAlias = Annotated[
    str,
    _rule(
        "a comparison, such as Timestamp gt datetime'2014-10-01T00:00:00Z'",
        arguments.odata_filter,
        "$filter=Timestamp gt datetime'2014-10-01T00:00:00Z'",
    ),
]
