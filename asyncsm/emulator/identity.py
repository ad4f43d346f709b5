"""The files by which clients know the emulator, and it itself after a restart.

==========================  ======  ==========================================================
``ca.pem``                          certificate authority: the client's ``ca_file``
``ca-key.pem``              secret  its key, to issue the server's certificate at each start
``management.pem``          secret  key and certificate that manage the subscriptions
``management.cer``                  the same certificate alone, as it would be uploaded
``emulator.publishsettings``  secret  all of it in one file, with the present address; of a second
                                      emulator in the directory, ``emulator-PORT.publishsettings``
``emulator.json``                   subscription ids and names; whoever locks it has the usual names
==========================  ======  ==========================================================

All of them are kept across restarts as long as they are valid; secret ones are readable
by their owner only.
"""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Final, cast

from asyncsm import texts
from asyncsm.credentials import (
    CertificateAuthority,
    ManagementCertificate,
    generate_management_certificate,
    write_publishsettings,
)
from asyncsm.emulator.state import Subscription, SubscriptionCertificate
from asyncsm.errors import CredentialError, InvalidArgument

MANAGEMENT_DAYS: Final = 3650
"""How long the management certificate is valid; a directory is meant to last."""

LOCAL_HOSTS: Final = ("localhost", "127.0.0.1", "::1")


class Files:
    """Absolute paths of the files in `directory`, as clients stand elsewhere.

    Attributes:
        ca, ca_key: the authority's certificate and key.
        management: key and certificate for clients.
        cer: the certificate for clients, alone.
        publishsettings: address, subscriptions, key and certificate in one file.
        subscriptions: subscription ids and names.
    """

    def __init__(self, directory: Path) -> None:
        directory = directory.absolute()
        self.directory: Path = directory
        self.ca: Path = directory / "ca.pem"
        self.ca_key: Path = directory / "ca-key.pem"
        self.management: Path = directory / "management.pem"
        self.cer: Path = directory / "management.cer"
        self.publishsettings: Path = directory / "emulator.publishsettings"
        self.subscriptions: Path = directory / "emulator.json"


@dataclass(frozen=True, slots=True)
class Identity:
    """Certificates and subscriptions of an emulator, as its files have them.

    Attributes:
        files: where that is written.
        authority: issues the server's certificate.
        certificate: manages all the subscriptions of the start.
        subscriptions: pairs of id and name.
    """

    files: Files
    authority: CertificateAuthority
    certificate: ManagementCertificate
    subscriptions: tuple[tuple[str, str], ...]

    @classmethod
    def load_or_make(cls, directory: Path, wanted: int | Sequence[str], random: Random) -> Identity:
        """Read the files in `directory`, and make those that are missing or no longer valid.

        Args:
            directory: made if it does not exist.
            wanted: how many subscriptions, or their ids or names.
            random: for new subscription ids.
        """
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        files = Files(directory)
        return cls(
            files, _authority(files), _certificate(files), tuple(_subscriptions(files, wanted, random))
        )

    def subscription_certificate(self, created: datetime) -> SubscriptionCertificate:
        """The certificate as subscriptions have it."""
        own = self.certificate
        return SubscriptionCertificate(
            own.thumbprint.upper(), own.public_key_der, own.certificate_der, created
        )

    def with_subscriptions(self, subscriptions: Iterable[Subscription]) -> Identity:
        """The same for other subscriptions; the files are left alone."""
        return replace(self, subscriptions=tuple((each.id, each.name) for each in subscriptions))

    def share_directory(self, port: int) -> None:
        """Have a publishsettings file of its own, as another emulator that runs has the usual one."""
        self.files.publishsettings = self.files.directory / f"emulator-{port}.publishsettings"

    def announce(self, url: str) -> None:
        """Write the publishsettings file for the address the emulator has now."""
        write_publishsettings(
            self.files.publishsettings, self.certificate, self.subscriptions, url, overwrite=True
        )


def server_hosts(host: str, hostnames: Iterable[str]) -> tuple[str, ...]:
    """The names a server listening on `host` is known by, its `hostnames` among them."""
    return tuple(dict.fromkeys((*LOCAL_HOSTS, host, *hostnames)))


def _authority(files: Files) -> CertificateAuthority:
    if files.ca.exists() and files.ca_key.exists():
        # Expired or damaged, it is replaced: clients could not use it either.
        with contextlib.suppress(CredentialError):
            return CertificateAuthority.load(files.ca, files.ca_key)
    authority = CertificateAuthority.create("asyncsm emulator")
    authority.save(files.ca, files.ca_key, overwrite=True)
    return authority


def _certificate(files: Files) -> ManagementCertificate:
    certificate = None
    if files.management.exists():
        with contextlib.suppress(CredentialError):  # as above
            certificate = ManagementCertificate.from_pem(files.management)
    if certificate is None:
        certificate = generate_management_certificate("asyncsm emulator", MANAGEMENT_DAYS)
        certificate.write_pem(files.management, overwrite=True)
    certificate.write_cer(files.cer, overwrite=True)
    return certificate


def _subscriptions(files: Files, wanted: int | Sequence[str], random: Random) -> Iterable[tuple[str, str]]:
    known = _known_subscriptions(files.subscriptions)
    names = (
        [f"Emulated subscription {n}" for n in range(1, wanted + 1)] if isinstance(wanted, int) else wanted
    )
    if not names:
        raise ValueError("an emulator has at least one subscription")
    ids = dict(known)
    chosen = []
    for number, name in enumerate(names, start=1):
        if _is_id(name):
            chosen.append((name.lower(), f"Emulated subscription {number}"))
        else:
            if name not in ids:
                ids[name] = _new_id(random, ids.values())
            chosen.append((ids[name], name))
    kept = {"subscriptions": ids | {name: id_ for id_, name in chosen}}
    files.subscriptions.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    return chosen


def _new_id(random: Random, taken: Collection[str]) -> str:
    # A seed that was used before, in the same directory, would give the same id again.
    while (id_ := str(uuid.UUID(int=random.getrandbits(128), version=4))) in taken:
        pass
    return id_


def _known_subscriptions(path: Path) -> dict[str, str]:
    """Ids by name."""
    if not path.exists():
        return {}
    try:
        known = cast("dict[str, dict[str, str]]", texts.read_json(path.read_bytes()))["subscriptions"]
        return {str(name): str(uuid.UUID(id_)) for name, id_ in known.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        said = f"{path}: is not what the emulator wrote; remove it to begin anew"
        raise InvalidArgument("directory", said) from error


def _is_id(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
