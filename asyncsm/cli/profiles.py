"""Profiles: named subscriptions with their certificates, kept in a file that only this user can read.

What an option says goes before the environment, and that before a profile.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from asyncsm.errors import InvalidArgument

if TYPE_CHECKING:
    from asyncsm.services import ServiceManagementService

FILE: Final = "profiles.toml"


@dataclass(frozen=True, slots=True)
class Profile:
    """A subscription, and all that it takes to reach it.

    Attributes:
        subscription_id: GUID.
        subscription_name: what people call it.
        cert_file: the management certificate.
        cert_password: of that, if it was to be kept.
        host: of the service; ``None`` for the public cloud.
        ca_file: the only certificate authorities to trust.
    """

    subscription_id: str | None = None
    subscription_name: str | None = None
    cert_file: str | None = None
    cert_password: str | None = field(default=None, repr=False)
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

    def named(self, name: str | None) -> Profile:
        """Return the profile of a name; without a name the current one, which may be empty.

        Raises:
            InvalidArgument: there is none of that name.
        """
        name = name or self.current
        if name is None:
            return Profile()
        if name not in self.profiles:
            known = ", ".join(sorted(self.profiles)) or "none; asyncsm account import makes them"
            raise InvalidArgument("--profile", f"there is no profile {name!r}; there are: {known}")
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
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return Profiles()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidArgument(str(path), f"is no TOML: {error}") from error
    known = {one.name for one in fields(Profile)}
    found = content.get("profiles", {})
    for name, values in found.items():
        if (
            not isinstance(values, dict)
            or not values.keys() <= known
            or not all(isinstance(one, str) for one in values.values())
        ):
            raise InvalidArgument(
                str(path), f"profile {name}: its values are texts, named {', '.join(sorted(known))}"
            )
    return Profiles(content.get("current"), {name: Profile(**values) for name, values in found.items()})


def save(profiles: Profiles) -> None:
    """Write all profiles."""
    lines = [f"current = {_text(profiles.current)}"] if profiles.current else []
    for name, profile in sorted(profiles.profiles.items()):
        lines += ["", f"[profiles.{_text(name)}]"]
        lines += [f"{key} = {_text(value)}" for key, value in asdict(profile).items() if value is not None]
    write(folder() / FILE, "\n".join(lines).lstrip() + "\n")


def _text(value: str) -> str:
    """Return a text as TOML has it, which is as in JSON but for one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def write(path: Path, content: str | bytes) -> None:
    """Write a file that only this user can read, in one step: another process finds the old or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    data = content.encode() if isinstance(content, str) else content
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
    beside.replace(path)


@dataclass(frozen=True, slots=True)
class Connection:
    """The arguments of a client: values of options and of a profile; ``None`` leaves it to the environment."""

    subscription_id: str | None = None
    cert_file: str | None = None
    host: str | None = None
    ca_file: str | None = None
    cert_password: str | None = field(default=None, repr=False)

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
        """Return what tells it from others, without secrets."""
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
    password: str | None = None,
) -> Connection:
    """Return what a client is made with: options before variables, and variables before a profile.

    Raises:
        InvalidArgument: there is no such profile, or the file of profiles is damaged.
    """
    from asyncsm.config import environment

    chosen, known = read().named(profile), environment()
    options = {
        "subscription_id": subscription_id,
        "cert_file": cert_file,
        "host": host,
        "ca_file": None if ca_file is None else str(ca_file),
        "cert_password": password,
    }
    # The password of one certificate is of no use for another.
    kept = {**asdict(chosen), "cert_password": None if cert_file or known.cert_file else chosen.cert_password}
    return Connection(
        **{
            name: value if value is not None or getattr(known, name) is not None else kept[name]
            for name, value in options.items()
        }
    )
