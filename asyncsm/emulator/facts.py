"""Addresses, files and ids by which an emulator is used."""

from __future__ import annotations

import os
from pathlib import Path

from asyncsm.emulator.identity import Identity
from asyncsm.emulator.listening import Listener


class EmulatorFacts:
    """Addresses, subscriptions and files of an emulator, known once it has been started.

    Attributes:
        host: address it listens on.
    """

    host: str
    _listener: Listener
    _admin: Listener | None
    _identity: Identity | None

    @property
    def port(self) -> int:
        """The port it listens on, also while it is stopped."""
        return self._listener.port

    @property
    def url(self) -> str:
        """URL of the management port: ``https://host:port``."""
        return f"https://{self._listener.authority}"

    @property
    def admin_url(self) -> str | None:
        """``http://host:port`` of the control API; ``None`` if there is none."""
        return None if self._admin is None else f"http://{self._admin.authority}"

    @property
    def subscription_ids(self) -> list[str]:
        """The ids of its subscriptions."""
        return [id_ for id_, _ in self._known.subscriptions]

    @property
    def subscription_id(self) -> str:
        """The first of `subscription_ids`."""
        return self.subscription_ids[0]

    @property
    def directory(self) -> Path:
        """Where its files are."""
        return self._known.files.directory

    @property
    def certificate_path(self) -> Path:
        """PEM file with key and certificate that manage the subscriptions."""
        return self._known.files.management

    @property
    def cer_path(self) -> Path:
        """The management certificate alone (DER)."""
        return self._known.files.cer

    @property
    def ca_path(self) -> Path:
        """PEM file with the certificate of the authority that signed the server's."""
        return self._known.files.ca

    @property
    def publishsettings_path(self) -> Path:
        """A publishsettings file with address, subscriptions and certificate."""
        return self._known.files.publishsettings

    def facts(self) -> dict[str, str | int | list[str]]:
        """Return what another program needs to use the emulator, by the names of the attributes, and ``pid``.

        ``admin_url`` is missing where there is no control API.
        """
        control = {} if self.admin_url is None else {"admin_url": self.admin_url}
        return {
            "url": self.url,
            "host": self.host,
            "port": self.port,
            "subscription_id": self.subscription_id,
            "subscription_ids": self.subscription_ids,
            "certificate_path": str(self.certificate_path),
            "cer_path": str(self.cer_path),
            "ca_path": str(self.ca_path),
            "publishsettings_path": str(self.publishsettings_path),
            "directory": str(self.directory),
            **control,
            "pid": os.getpid(),
        }

    @property
    def _known(self) -> Identity:
        if self._identity is None:
            raise RuntimeError("the emulator has not been started")
        return self._identity
