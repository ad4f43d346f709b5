"""Profiles: named subscriptions with their certificates, kept in a file that only this user can read.

What an option says goes before the environment, and that before a profile.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from asyncsm import texts
from asyncsm.errors import InvalidArgument

if TYPE_CHECKING:
    from asyncsm.services import ServiceManagementService

FILE: Final = "profiles.toml"

VARIABLES: Final[Mapping[str, str]] = {
    "subscription_id": "AZURE_MANAGEMENT_SUBSCRIPTIONID",
    "cert_file": "AZURE_MANAGEMENT_CERTFILE",
    "cert_password": "AZURE_MANAGEMENT_CERTPASSWORD",
    "host": "AZURE_MANAGEMENT_HOST",
    "ca_file": "AZURE_MANAGEMENT_CA_FILE",
}
"""Variables of the environment that go before a profile."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A subscription, and all that it takes to reach it.

    Attributes:
        subscription_id: GUID.
        subscription_name: what people call it.
        cert_file: the management certificate.
        cert_password: of that, if it was to be kept.
        ask_password: the certificate has a password that was not to be kept.
        host: of the service; ``None`` for the public cloud.
        ca_file: the only certificate authorities to trust.
    """

    subscription_id: str | None = None
    subscription_name: str | None = None
    cert_file: str | None = None
    cert_password: str | None = field(default=None, repr=False)
    ask_password: bool = False
    host: str | None = None
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class Profiles:
    """The content of the file.

    Attributes:
        current: name of the profile that is used if none is named.
        profiles: all of them by name.
    """

    current: str | None = None
    profiles: Mapping[str, Profile] = field(default_factory=dict)

    def named(self, name: str | None, argument: str = "--profile") -> Profile:
        """Return the profile of a name; without a name the current one, which may be empty.

        Raises:
            InvalidArgument: there is none of that name.
        """
        name = name or self.current
        if name is None:
            return Profile()
        if name not in self.profiles:
            known = ", ".join(sorted(self.profiles)) or "none; asyncsm account import makes them"
            raise InvalidArgument(argument, f"there is no profile {name!r}; there are: {known}")
        return self.profiles[name]

    def with_profile(self, name: str, profile: Profile) -> Profiles:
        """Return them with one more, which is the current one if it is the first."""
        return replace(self, current=self.current or name, profiles={**self.profiles, name: profile})

    def without(self, name: str) -> Profiles:
        """Return them without one."""
        self.named(name)
        others = {each: profile for each, profile in self.profiles.items() if each != name}
        return replace(self, current=None if self.current == name else self.current, profiles=others)


def folder() -> Path:
    """Return the folder for settings that the platform has for this program."""
    return Path(typer.get_app_dir("asyncsm"))


def read() -> Profiles:
    """Read all profiles; there are none where the file is missing.

    Raises:
        InvalidArgument: the file is damaged.
    """
    import tomllib

    path = folder() / FILE
    try:
        content = tomllib.loads(texts.decode(path.read_bytes()))
    except FileNotFoundError:
        return Profiles()
    except (ValueError, RecursionError) as error:
        reason = texts.TOO_DEEP if isinstance(error, RecursionError) else error
        raise InvalidArgument(str(path), f"is no TOML: {reason}") from error
    found, current = content.get("profiles", {}), content.get("current")
    if not isinstance(found, dict) or not isinstance(current, str | None):
        raise InvalidArgument(str(path), "has other things than the current profile's name, and profiles")
    for name, values in found.items():
        if not isinstance(values, dict) or not all(map(_is_value, values, values.values())):
            known = ", ".join(one.name for one in fields(Profile))
            raise InvalidArgument(str(path), f"profile {name} has other values than texts named {known}")
    return Profiles(current, {name: Profile(**values) for name, values in found.items()})


def _is_value(name: str, value: object) -> bool:
    known = {one.name for one in fields(Profile)}
    return name in known and isinstance(value, bool if name == "ask_password" else str)


def names(incomplete: str) -> list[str]:
    """Return the names of profiles that begin so, for completion."""
    return [name for name in read().profiles if name.startswith(incomplete)]


def save(profiles: Profiles) -> None:
    """Write all profiles."""
    lines = [f"current = {_text(profiles.current)}"] if profiles.current else []
    for name, profile in sorted(profiles.profiles.items()):
        lines += ["", f"[profiles.{_text(name)}]"]
        lines += [
            f"{key} = {'true' if value is True else _text(value)}"
            for key, value in asdict(profile).items()
            if value not in {None, False}
        ]
    write(folder() / FILE, "\n".join(lines).lstrip() + "\n")


def _text(value: str) -> str:
    """Return a text as TOML has it, which is as in JSON but for one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def write(path: Path, content: str | bytes) -> None:
    """Write a file that only this user can read; another process finds the old or the new one."""
    from asyncsm.credentials import files

    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    data = content.encode() if isinstance(content, str) else content
    files.write(path, data, mode=files.SECRET, overwrite=True)


@dataclass(frozen=True, slots=True)
class Connection:
    """The arguments of a client: values of options and of a profile; ``None`` leaves it to the environment.

    Attributes:
        ask_password: the certificate has a password, and nobody has told it yet.
        overruled: variables of the environment that go before values of the profile.
    """

    subscription_id: str | None = None
    cert_file: str | None = None
    host: str | None = None
    ca_file: str | None = None
    cert_password: str | None = field(default=None, repr=False)
    ask_password: bool = False
    overruled: Sequence[str] = ()

    def service(self, **options: Any) -> ServiceManagementService:
        """Make a client, to be used in ``async with``."""
        from asyncsm.services import ServiceManagementService

        return ServiceManagementService(
            self.subscription_id,
            self.cert_file,
            self.host,
            ca_file=self.ca_file,
            cert_password=self.cert_password,
            **options,
        )

    def key(self) -> list[str | None]:
        """Return the values that tell it from others, without secrets."""
        from asyncsm.config import environment

        known = environment()
        return [
            getattr(self, name) or getattr(known, name) for name in ("subscription_id", "cert_file", "host")
        ]


def connection(
    profile: str | None = None,
    subscription_id: str | None = None,
    cert_file: str | None = None,
    host: str | None = None,
    ca_file: object = None,
    cert_password: str | None = None,
) -> Connection:
    """Return the arguments of a client: options before variables, and variables before a profile.

    A certificate from elsewhere comes with its own subscription and host: the current profile has no
    part in it unless it was asked for by name.

    Raises:
        InvalidArgument: there is no such profile, or the file of profiles is damaged.
    """
    from asyncsm.config import environment

    known = environment()
    foreign = cert_file or known.cert_file
    chosen = Profile() if foreign and profile is None else read().named(profile)
    options = {
        "subscription_id": subscription_id,
        "cert_file": cert_file,
        "host": host,
        "ca_file": None if ca_file is None else str(ca_file),
        "cert_password": cert_password,
    }
    kept = asdict(chosen)
    if foreign:
        kept["cert_password"] = None  # that of one certificate is of no use for another
    values: dict[str, str | None] = {}
    overruled = []
    for name, given in options.items():
        variable = getattr(known, name)
        values[name] = given if given is not None or variable is not None else kept[name]
        if given is None and variable is not None and kept[name] not in {None, variable}:
            overruled.append(VARIABLES[name])
    untold = values["cert_password"] is None and known.cert_password is None
    return Connection(
        **values, ask_password=chosen.ask_password and not foreign and untold, overruled=overruled
    )
