"""State of an emulator as a whole: saved, loaded, replaced."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from random import Random

from pydantic import JsonValue

from asyncsm.emulator.call import World
from asyncsm.emulator.faults import Faults
from asyncsm.emulator.naming import ByName
from asyncsm.emulator.persistence import snapshot
from asyncsm.emulator.persistence.database import Database, UnusableDatabase
from asyncsm.emulator.persistence.snapshot import Contents
from asyncsm.emulator.persistence.values import UnreadableState, random_state, set_random_state
from asyncsm.emulator.state import ServiceState, Subscription, SubscriptionCertificate

log: logging.Logger = logging.getLogger("asyncsm.emulator")


class StateStore:
    """Reads and replaces the state of an emulator, and keeps it in a file if there is one.

    Args:
        world: the state, and the clock with what is still to happen in it.
        faults: what was set to go wrong.

    Attributes:
        manager: thumbprint of the certificate that manages the subscriptions from their beginning.
        problem: why the file could not be written the last time, if it could not.
    """

    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults
        self._database: Database | None = None
        self._is_behind = False
        self.manager: str | None = None
        self.problem: str | None = None

    def open(self, path: Path) -> bool:
        """Keep the state in `path` from now on; if one is there already, have that.

        Virtual time goes on from where it was then, or from where the clock is now if that is
        later: it never goes back, and does not run while nothing does.

        Returns:
            Whether there was a state. If not, it is written from `begin` on.

        Raises:
            UnusableDatabase: the file is none that can be used.
        """
        database = Database(path, self._world)
        try:
            contents = None if database.is_new else database.load()
        except BaseException:
            database.abandon()
            raise
        self._database = database
        if contents is None:
            return False
        self._put(replace(contents, now=max(contents.now, self._world.clock.timestamp())))
        self._world.clock.watcher, self._is_behind = database, False
        return True

    @property
    def starts(self) -> int:
        """How often the file has been opened; 0 without one."""
        return 0 if self._database is None else self._database.starts

    def begin(self, subscriptions: ByName[Subscription]) -> None:
        """Have these subscriptions, and nothing else any more; `save` writes that."""
        self._put(Contents(subscriptions, ByName(), [], self._world.clock.timestamp(), self.manager))

    def save(self) -> None:
        """Write down what has changed; without a file, or a change, nothing happens.

        Raises:
            UnusableDatabase: the file cannot be written. What has changed waits for the next time.
        """
        database, clock = self._database, self._world.clock
        if database is None:
            return
        try:
            if self._is_behind:
                database.replace(self._contents())
                clock.watcher, self._is_behind = database, False
            else:
                database.save(clock.timestamp())
        except UnusableDatabase as error:
            if self.problem is None:  # or each request would say so
                log.error("%s; nothing is changed until it can be written", error)  # noqa: TRY400 - no failure here
            self.problem = str(error)
            raise
        if self.problem is not None:
            log.warning("%s can be written again", database.path)
            self.problem = None

    def close(self) -> None:
        """Save, and keep no file any more."""
        database = self._database
        if database is not None:
            try:
                self.save()
            finally:
                self._world.clock.watcher = None
                self._database = None
                database.close(self._world.clock.timestamp())

    def snapshot(self) -> dict[str, JsonValue]:
        """Everything, as a document."""
        return snapshot.write(self._contents(), self._world)

    def restore(self, document: Mapping[str, JsonValue]) -> None:
        """Replace everything by the state in `document`, at its moment.

        The certificate of this emulator takes the place of that which managed the subscriptions
        where the document comes from.

        Raises:
            UnreadableState: the document is no snapshot; nothing has changed then.
            UnusableDatabase: the file cannot be written; that waits for the next `save`.
        """
        contents = snapshot.read(document, self._world)
        self._check(contents)
        self._put(contents)
        self.save()

    def manage_by(self, certificate: SubscriptionCertificate) -> None:
        """Let `certificate` be what manages the subscriptions, in the place of what did until now.

        Raises:
            UnusableDatabase: the file cannot be written.
        """
        for subscription in self._world.state.subscriptions.values():
            present = subscription.certificates
            if self.manager is None or self.manager not in present or certificate.thumbprint in present:
                continue
            changed: ByName[SubscriptionCertificate] = ByName()
            for each in present.values():
                kept = each if each.thumbprint != self.manager else replace(certificate, created=each.created)
                changed[kept.thumbprint] = kept
            subscription.certificates = changed
        self.manager = certificate.thumbprint
        self.save()
        if self._database is not None:
            self._database.set_manager(self.manager)

    def _contents(self) -> Contents:
        world = self._world
        return Contents(
            world.state.subscriptions,
            self._faults.register,
            world.clock.agenda,
            world.clock.timestamp(),
            self.manager,
            random_state(world.random),
        )

    @staticmethod
    def _check(contents: Contents) -> None:
        """See whether `contents` can be had."""
        try:
            _require_consistent(contents.subscriptions)
            ServiceState().replace(contents.subscriptions)
        except ValueError as error:
            raise UnreadableState("/subscriptions", str(error)) from error
        if contents.random is not None:
            try:
                set_random_state(Random(), contents.random)  # noqa: S311 - never used
            except ValueError as error:
                raise UnreadableState("/random", f"is no state of a generator: {error}") from error

    def _put(self, contents: Contents) -> None:
        world = self._world
        world.clock.watcher, self._is_behind = None, True
        world.state.replace(contents.subscriptions)
        self._faults.replace(contents.faults)
        world.clock.replace(contents.agenda, contents.now)
        self.manager = contents.manager
        if contents.random is not None:
            set_random_state(world.random, contents.random)


def _require_consistent(subscriptions: ByName[Subscription]) -> None:
    if not subscriptions:
        raise ValueError("there is no subscription")
    for owner in subscriptions.values():
        for service in owner.hosted_services.values():
            if service.affinity_group is not None and service.affinity_group not in owner.affinity_groups:
                raise ValueError(f"there is no affinity group {service.affinity_group!r} of {service.name!r}")
