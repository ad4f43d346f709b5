"""``asyncsm account``: profiles, each of a subscription with its certificate and host."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from asyncsm.cli import output as outputs, profiles
from asyncsm.cli.commands import Commands
from asyncsm.cli.common import AskPassword, OutputOption, Query, Yes, ask_for_password, confirm, say
from asyncsm.cli.output import Columns, Output
from asyncsm.cli.profiles import Profile, Profiles
from asyncsm.errors import CredentialError, InvalidArgument

if TYPE_CHECKING:
    from asyncsm.credentials import files

app: Commands = Commands("account")

COPIES: Final = "certificates"
"""Folder of the copies of certificates, in that of the profiles."""

COLUMNS: Final[Columns] = {
    "current": "current",
    "name": "name",
    "subscription": "subscription_id",
    "called": "subscription_name",
    "host": "host",
    "certificate": "cert_file",
}
DETAILS: Final[Columns] = {
    **COLUMNS,
    "password": "password",
    "authorities": "ca_file",
    "subject": "subject",
    "thumbprint": "thumbprint",
    "valid until": "not_valid_after",
}


def _good_name(name: str | None) -> str | None:
    if name is not None and not re.fullmatch(r"[\w.-]+", name):
        raise InvalidArgument("--name", f"{name!r}: letters, digits, hyphens, dots and underscores only")
    return name


Name = Annotated[
    str, typer.Argument(metavar="NAME", help="Name of the profile.", autocompletion=profiles.names)
]


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help=".publishsettings file, or a PEM or PFX file with --subscription-id.")
    ],
    name: Annotated[
        str | None,
        typer.Option(help="Name of the profile; else it is made of the subscription's.", callback=_good_name),
    ] = None,
    subscription_id: Annotated[
        str | None, typer.Option(help="Only this subscription; needed for a PEM or PFX file.")
    ] = None,
    host: Annotated[
        str | None, typer.Option(help="Host of the service; else the one in the file, or the public cloud.")
    ] = None,
    ca_file: Annotated[
        Path | None, typer.Option(help="The only certificate authorities to trust, as for an emulator.")
    ] = None,
    ask_password: AskPassword = False,
    store_password: Annotated[
        bool,
        typer.Option("--store-password", help="Keep the password, in clear; else it is asked for each time."),
    ] = False,
    use: Annotated[bool, typer.Option("--use", help="Make the first of them the current profile.")] = False,
    output: OutputOption = Output.TABLE,
    query: Query = None,
) -> None:
    """Make profiles of the subscriptions in a file, and keep a copy of its certificate.

    The copy is readable by this user only. A profile of the same subscription is replaced.
    """
    from asyncsm.credentials import files

    document = files.read(str(file))
    extra = Profile(host=host, ca_file=str(ca_file.resolve()) if ca_file else None)
    if document.is_xml:
        found = _in_settings(document, subscription_id, extra)
    elif subscription_id is None:
        raise InvalidArgument("--subscription-id", f"has to be given, as {file} does not tell it")
    else:
        password = _password_of(document, ask_password)
        found = [_with_password(extra, subscription_id, password, kept=store_password)]
    if name and len(found) > 1:
        raise InvalidArgument("--name", f"{file} has {len(found)} subscriptions: give --subscription-id")
    known = profiles.read()
    names: list[str] = []
    copy = profiles.folder() / COPIES / (name or _name_for(known, found[0], file.stem))
    copy = copy.with_name(copy.name + file.suffix.lower())
    for one in found:
        names.append(name or _name_for(known, one, file.stem))
        known = _with(known, names[-1], replace(one, cert_file=str(copy)))
    profiles.write(copy, document.data)
    profiles.save(replace(known, current=names[0]) if use else known)
    outputs.show([_shown(known, each) for each in names], COLUMNS, output, query)
    say(f"kept in {profiles.folder()}; asyncsm account use NAME changes the current profile")


def _in_settings(document: files.Document, subscription_id: str | None, extra: Profile) -> list[Profile]:
    """Return profiles of the subscriptions in a publishsettings file, or of one of them."""
    from asyncsm.credentials import PublishSettings
    from asyncsm.credentials.publishsettings_format import PUBLIC_MANAGEMENT_URL

    settings = PublishSettings.of(document)
    chosen = (settings.subscription(subscription_id),) if subscription_id else settings.subscriptions
    for one in chosen:
        one.load_certificate()
    return [
        replace(
            extra,
            subscription_id=one.id,
            subscription_name=one.name or None,
            host=extra.host or (None if one.management_url == PUBLIC_MANAGEMENT_URL else one.management_url),
        )
        for one in chosen
    ]


def _with_password(extra: Profile, subscription_id: str, password: str | None, *, kept: bool) -> Profile:
    """Return the profile of a certificate that may have a password."""
    from asyncsm.credentials.subscription_ids import checked

    return replace(
        extra,
        subscription_id=checked(subscription_id),
        cert_password=password if kept else None,
        ask_password=password is not None and not kept,
    )


def _password_of(document: files.Document, ask: bool) -> str | None:
    """Return the password of a certificate; it is asked for, or the environment's, if there is one.

    Raises:
        CredentialError: the certificate cannot be used, or not with that password.
    """
    from asyncsm.config import environment
    from asyncsm.credentials import ManagementCertificate

    password = ask_for_password() if ask else environment().cert_password
    if password is None:
        try:
            ManagementCertificate.load(document)
        except CredentialError:
            if not sys.stdin.isatty():
                raise
            password = ask_for_password()
        else:
            return None
    ManagementCertificate.load(document, password)
    return password


def _plain(text: str) -> str:
    """Return a text as part of a file's name and of a command line: small letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "profile"


def _name_for(known: Profiles, profile: Profile, stem: str) -> str:
    """Return the name of a subscription's profile: the one it has, else one that is free."""
    for name, one in known.profiles.items():
        if one.subscription_id == profile.subscription_id and one.host == profile.host:
            return name
    wanted = _plain(profile.subscription_name or stem)
    numbered = (f"{wanted}-{number}" for number in count(2))
    return next(name for name in chain([wanted], numbered) if name not in known.profiles)


def _with(known: Profiles, name: str, profile: Profile) -> Profiles:
    before = known.profiles.get(name)
    if before is not None and before.subscription_id != profile.subscription_id:
        taken = f"{name} is the profile of subscription {before.subscription_id}; give another name"
        raise InvalidArgument("--name", taken)
    return known.with_profile(name, profile)


@app.command("list")
def list_(output: OutputOption = Output.TABLE, query: Query = None) -> None:
    """List the profiles; the current one is used where no other is named."""
    known = profiles.read()
    outputs.show([_shown(known, name) for name in sorted(known.profiles)], COLUMNS, output, query)
    if not known.profiles:
        say("no profiles yet: asyncsm account import FILE.publishsettings makes them")


@app.command("use")
def use(name: Name) -> None:
    """Make a profile the current one."""
    known = profiles.read()
    known.named(name)
    profiles.save(replace(known, current=name))
    say(f"{name} is the current profile")


@app.command("show")
def show(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="The current profile if absent.", autocompletion=profiles.names),
    ] = None,
    output: OutputOption = Output.TABLE,
    query: Query = None,
) -> None:
    """Show a profile and its certificate; never a key or a password."""
    from asyncsm.credentials import ManagementCertificate, PublishSettings, files

    known = profiles.read()
    profile, chosen = known.named(name), name or known.current
    if chosen is None:
        raise InvalidArgument("NAME", "there is no current profile: asyncsm account list shows all")
    password = profile.cert_password
    facts = _shown(known, chosen) | {"password": "kept" if password else None}
    if profile.ask_password:
        facts |= {"password": "asked for"}
    else:
        document = files.read(str(profile.cert_file))
        certificate = (
            PublishSettings.of(document)
            .subscription(profile.subscription_id)
            .load_certificate(check_validity=False)
            if document.is_xml
            else ManagementCertificate.load(document, password, check_validity=False)
        )
        facts |= {
            "subject": certificate.subject,
            "thumbprint": certificate.thumbprint,
            "not_valid_after": certificate.not_valid_after,
        }
    outputs.show(facts, DETAILS, output, query)


@app.command("remove")
def remove(name: Name, yes: Yes = False) -> None:
    """Forget a profile, and delete the copy of its certificate unless another profile has it."""
    known = profiles.read()
    profile = known.named(name)
    confirm(f"account remove {name}", yes=yes)
    left = known.without(name)
    profiles.save(left)
    copies = profiles.folder() / COPIES
    file = Path(profile.cert_file) if profile.cert_file else None
    if file and file.parent == copies and all(one.cert_file != str(file) for one in left.profiles.values()):
        file.unlink(missing_ok=True)


def _shown(known: Profiles, name: str) -> dict[str, object]:
    profile = known.profiles[name]
    return {
        "current": name == known.current,
        "name": name,
        "subscription_id": profile.subscription_id,
        "subscription_name": profile.subscription_name,
        "host": profile.host,
        "cert_file": profile.cert_file,
        "ca_file": profile.ca_file,
    }
