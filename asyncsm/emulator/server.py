"""The emulator as an object."""

from __future__ import annotations

import os
import shutil
import ssl
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Self

from aiohttp import web
from pydantic import JsonValue

from asyncsm import config
from asyncsm.config import LanePolicy, PollingPolicy, ReconcilePolicy, RetryPolicy, ThrottlePolicy
from asyncsm.emulator import errands
from asyncsm.emulator.app import ManagementApp
from asyncsm.emulator.authentication import Gate
from asyncsm.emulator.blob_service.azurite import Azurite
from asyncsm.emulator.blob_service.mirror import BlobMirror
from asyncsm.emulator.call import World
from asyncsm.emulator.client_timings import ClientTimings
from asyncsm.emulator.clock import Clock, make_clock
from asyncsm.emulator.control import control_port
from asyncsm.emulator.directory_use import DirectoryUse
from asyncsm.emulator.emulator_arguments import KINDS, check_arguments, read_contents
from asyncsm.emulator.facts import EmulatorFacts
from asyncsm.emulator.faults import Faults
from asyncsm.emulator.identity import Identity, server_hosts
from asyncsm.emulator.limits import DEFAULT_LIMITS, BoundedServer, Limits
from asyncsm.emulator.listening import SHUTDOWN_SECONDS, Listener, is_loopback, warn_if_open
from asyncsm.emulator.naming import ByName
from asyncsm.emulator.persistence.state_store import StateStore
from asyncsm.emulator.progress import OperationProgress
from asyncsm.emulator.request_log import RequestLog
from asyncsm.emulator.state import Quotas, ServiceState, Subscription, SubscriptionCertificate
from asyncsm.emulator.throttling import Throttle, make_limiter

if TYPE_CHECKING:
    from asyncsm.emulator.seeding import SeedDocument
    from asyncsm.services import ServiceManagementService


class Emulator(EmulatorFacts):
    """The service on this computer, with real HTTPS and real client certificates.

    It listens between `start` and `stop`, which may be repeated: the state stays, and the
    port too. As a context manager it starts, and at the end also cleans up::

        async with Emulator() as emulator, emulator.service() as sms:
            await sms.create_hosted_service("shop", label="shop", location="West US")

    Args:
        host: address to listen on.
        port: port to listen on; 0 for any free one.
        directory: where certificates and subscription ids are kept (see `identity`); without
            one a private directory is made, and removed by `close`; with a database, it is
            ``{database}.files`` and stays.
        clock: ``instant``, ``fast`` (100 times as fast as real), ``real``, ``manual``, a factor, or a `Clock`.
        subscriptions: how many, or their ids or names.
        seed: makes ids, keys and durations repeatable.
        quotas: what each subscription may have, as `Quotas` or a mapping such as ``{"cores": 200}``.
        throttle: how many requests of a subscription are admitted, as ``N/SECONDS`` of virtual
            time, such as ``300/300``, or a `Throttle`; any number, if not given.
        admin_port: port of the control API (see `control`); 0 for any free one, ``None`` for none.
        database: SQLite file that has every change before it is acknowledged, and with which the
            emulator goes on where it was; if there is a state in it, `subscriptions`, `quotas` and
            `contents` are not used.
        contents: what there is from the beginning, and after each `reset`; see `seed`.
        tail: let one operation in fourteen take two to four times as long as others of its kind, as with
            the service; which ones, the seed decides.
        strict: refuse requests that are not exactly as the API has them, and say what is wrong;
            see `strict`. Without it they are read as leniently as the service read them.
        limits: what a client may take: time, room, connections.
        hostnames: names and addresses by which other computers know this one; they are in the server's
            certificate, and the first is in `url`.
        admin_host: address the control API listens on, which asks nobody for a certificate.
        azurite: ``start``, or the URL of an Azurite, which has the blobs of storage accounts then; see
            `blob_service`.

    Attributes:
        state: everything the service knows.
        clock: virtual time.
        faults: what goes wrong on purpose.
        journal: the last requests.

    Raises:
        TypeError: an argument is of another type.
        ValueError: an argument cannot be so, or the clock and the throttle do not go together, or
            `contents` are not what a seed document is.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        directory: str | os.PathLike[str] | None = None,
        clock: str | float | Clock = "fast",
        subscriptions: int | Sequence[str] = 1,
        seed: int | None = None,
        quotas: Quotas | Mapping[str, int] | None = None,
        throttle: str | Throttle | None = None,
        admin_port: int | None = 0,
        database: str | os.PathLike[str] | None = None,
        contents: SeedDocument | Mapping[str, JsonValue] | None = None,
        strict: bool = False,
        tail: bool = True,
        limits: Limits = DEFAULT_LIMITS,
        hostnames: Sequence[str] = (),
        admin_host: str = "127.0.0.1",
        azurite: str | None = None,
    ) -> None:
        check_arguments({name: value for name, value in locals().items() if name in KINDS})
        self.host: str = host
        self.state: ServiceState = ServiceState()
        self.clock: Clock = make_clock(clock)
        self._wanted_subscriptions = subscriptions
        self._quotas = Quotas() if quotas is None else Quotas.read(quotas)
        self._database = None if database is None else Path(database)
        self._contents = None if contents is None else read_contents(contents)
        self._given_directory = None if directory is None else Path(directory)
        self._own_directory: Path | None = None
        self._seed = seed
        self._random = Random(seed)  # noqa: S311 - made-up data, nothing secret
        self._gate = Gate(self.state)
        self._identity: Identity | None = None
        self._directory_use: DirectoryUse | None = None
        progress = OperationProgress(self.clock, self._random, tail=tail)
        self.faults: Faults = Faults(self.clock, progress, seed)
        self.journal: RequestLog = RequestLog()
        self._limiter = make_limiter(throttle, self.clock)
        kept = None if database is None else Path(f"{database}.blobs")
        self._azurite = None if azurite is None else Azurite(azurite, kept)
        self._blobs = None if self._azurite is None else BlobMirror(self._azurite)
        self.world: World = World(
            self.state, self.clock, progress, self._gate, self._random, strict, self._azurite
        )
        self._keeper = StateStore(self.world, self.faults)
        self._limits = limits
        self._app = ManagementApp(
            self.world, self.faults, self._limiter, self.journal, self._keeper.save, limits, self._blobs
        )
        self._hostnames = tuple(hostnames)
        shown = next(iter(hostnames), None)
        self._listener = Listener(host, port, limits, shown)
        self._admin: Listener | None = None
        if admin_port is not None:
            admin_shown = None if is_loopback(admin_host) else shown
            self._admin = Listener(admin_host, admin_port, limits, admin_shown)

    async def start(self) -> None:
        """Listen. The first time, read or make the certificates, the subscriptions, and what they have.

        Raises:
            RuntimeError: it is already listening.
            OSError: the address cannot be listened on; as `UnusableDatabase`, the database is none.
            SeedError: there cannot be such contents.
        """
        if self._listener.is_open:
            raise RuntimeError("the emulator is already running")
        if self._identity is None:
            self._identity = self._begin()
        if self._blobs is not None:
            await self._blobs.azurite.open()
            await self._blobs.follow(self.state)
        warn_if_open(self.host, None if self._admin is None else self._admin.host)
        server = BoundedServer(self._app, self._limits)
        runner = web.ServerRunner(server, shutdown_timeout=SHUTDOWN_SECONDS)
        await self._listener.open(runner, self._tls(self._identity))
        if self._admin is not None:
            try:
                is_open = not is_loopback(self._admin.host)
                await self._admin.open(control_port(self, self._hostnames, by_address=is_open))
            except BaseException:
                await self._listener.close()
                raise
        if self._directory_use is None:
            self._directory_use = DirectoryUse(self._identity.files.subscriptions)
            if not self._directory_use.is_first:
                self._identity.share_directory(self.port)
        self._identity.announce(self.url)

    async def stop(self) -> None:
        """Close the listeners and all connections; harmless when it does not run."""
        self._app.abandon()
        await errands.end(self.clock)
        if self._admin is not None:
            await self._admin.close()
        await self._listener.close()

    async def close(self) -> None:
        """Stop for good, let go of the database, and remove the private directory, if there is one."""
        await self.stop()
        if self._azurite is not None:
            await self._azurite.close()
        if self._directory_use is not None:
            self._directory_use.end()
            if not self._directory_use.is_first:
                self.publishsettings_path.unlink(missing_ok=True)
            self._directory_use = None
        self._keeper.close()
        if self._database is not None:
            self._identity = None
        if self._own_directory is not None:
            shutil.rmtree(self._own_directory, ignore_errors=True)
            self._own_directory = None
            self._identity = None

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def reset(self) -> None:
        """Return to the state after the first start: subscriptions with the `contents` given.

        Faults, requests and what was under way are gone; time goes on. With a seed, the same is made up again.

        Raises:
            RuntimeError: it has not been started.
            OSError: the database cannot be written.
        """
        identity = self._known
        if self._seed is not None:
            self._random.seed(self._seed)
        self._populate(identity)
        self._start_over()

    def seed(self, document: SeedDocument | Mapping[str, JsonValue]) -> None:
        """Add what `document` describes: it is there at once, finished and running.

        Args:
            document: a `SeedDocument`, or its JSON form.

        Raises:
            RuntimeError: it has not been started.
            SeedError: it is none, or there cannot be what the field that it names describes; nothing is added.
            OSError: the database cannot be written.
        """
        certificate = self._known.subscription_certificate(self.clock.now())
        before = self._keeper.snapshot()
        try:
            self._plant(read_contents(document), certificate)
        except BaseException:
            self._keeper.restore(before)
            raise
        self._keeper.save()
        self._become_known()

    def snapshot(self) -> dict[str, JsonValue]:
        """Everything it knows, as a JSON document for `restore`; see the package `persistence`.

        The document has the keys of storage accounts, but no private keys of certificates.
        Requests that changed nothing are not in it.
        """
        self.clock.settle()
        return self._keeper.snapshot()

    def restore(self, document: Mapping[str, JsonValue]) -> None:
        """Replace everything by the state in `document`, at its moment; its operations under way go on.

        Its own certificate manages the subscriptions, also when the document is from elsewhere.

        Raises:
            RuntimeError: it has not been started.
            UnreadableState: it is no snapshot, with a JSON pointer to what is wrong. Nothing has
                changed then.
            OSError: the database cannot be written.
        """
        certificate = self._known.subscription_certificate(self.clock.now())
        self._keeper.restore(document)
        self._keeper.manage_by(certificate)
        self._start_over()

    def save(self) -> None:
        """Have everything in the database, if there is one.

        Requests do so themselves; this is for what was changed otherwise: clock and faults, say.

        Raises:
            OSError: the database cannot be written.
        """
        self._keeper.save()

    @property
    def problem(self) -> str | None:
        """The reason why the database cannot be written at present, if it cannot."""
        return self._keeper.problem

    def _start_over(self) -> None:
        """Forget what belongs to another state than the present one, and save that."""
        self.journal.clear()
        if self._limiter is not None:
            self._limiter.clear()
        self._keeper.save()
        self._become_known()

    def service(
        self,
        subscription_id: str | None = None,
        *,
        timeout: float = config.ATTEMPT_TIMEOUT,
        retry: RetryPolicy = config.DEFAULT_RETRY,
        polling: PollingPolicy | None = None,
        throttle: ThrottlePolicy | None = None,
        lanes: LanePolicy | None = None,
        reconcile: ReconcilePolicy | None = None,
    ) -> ServiceManagementService:
        """A client of this emulator, to be used in ``async with``.

        What is not given is as fast against the emulator's clock as the defaults are against the
        real one; an emulator with a throttle makes a client that knows the budget.

        Args:
            subscription_id: one of its subscriptions; the first, if not given.
            timeout: seconds one HTTP attempt may take.
            retry: when a request is sent again.
            polling: how often pending operations are asked for.
            throttle: how many requests the subscription can bear.
            lanes: whether changes that exclude each other wait for one another.
            reconcile: how the outcome of a change is found out whose reply was lost.
        """
        # The emulator stands beside the client, not on it; only this convenience looks over.
        from asyncsm.services import ServiceManagementService

        timings = ClientTimings.of(self.clock)
        return ServiceManagementService(
            subscription_id or self.subscription_id,
            self.certificate_path,
            self.url,
            ca_file=self.ca_path,
            trust_env=False,
            timeout=timeout,
            retry=retry,
            polling=polling or timings.polling(),
            throttle=throttle or timings.throttle(self._limiter.throttle if self._limiter else None),
            lanes=lanes or timings.lanes(),
            reconcile=reconcile or timings.reconcile(),
        )

    def _begin(self) -> Identity:
        directory = self._given_directory
        if directory is None and self._database is not None:
            directory = self._database.with_name(f"{self._database.name}.files")
        if directory is None:
            directory = self._own_directory = Path(tempfile.mkdtemp(prefix="asyncsm-emulator-"))
        resumed = self._database is not None and self._keeper.open(self._database)
        if self._seed is not None and self._keeper.starts > 1:
            # Or the ids of the time before would come again.
            self._random.seed(f"{self._seed}, start {self._keeper.starts}")
        try:
            identity = Identity.load_or_make(directory, self._wanted_subscriptions, self._random)
            if not resumed:
                self._populate(identity)
            self._keeper.manage_by(identity.subscription_certificate(self.clock.now()))
        except BaseException:
            self._keeper.close()
            raise
        return identity.with_subscriptions(self.state.subscriptions.values())

    def _populate(self, identity: Identity) -> None:
        """Have the subscriptions of `identity`, and in them what is there from the beginning."""
        subscriptions: ByName[Subscription] = ByName()
        certificate = identity.subscription_certificate(self.clock.now())
        for id_, name in identity.subscriptions:
            subscription = Subscription(id_, name, self.clock.now(), self._quotas)
            subscription.certificates[certificate.thumbprint] = replace(certificate)
            subscriptions[id_] = subscription
        self._keeper.begin(subscriptions)
        if self._contents is not None:
            self._plant(self._contents, certificate)

    def _plant(self, document: SeedDocument, certificate: SubscriptionCertificate) -> None:
        from asyncsm.provisioning.planting import plant  # a seed is a plan, which is made through a client

        plant(document, self.world, self._quotas, certificate)

    def _become_known(self) -> None:
        """Tell the listener and the files of certificates and subscriptions that may be new."""
        if (before := self._identity) is not None:
            self._identity = before.with_subscriptions(self.state.subscriptions.values())
            self._gate.trust_all()
            if self._listener.is_open and self._identity.subscriptions != before.subscriptions:
                self._identity.announce(self.url)

    def _tls(self, identity: Identity) -> ssl.SSLContext:
        context = identity.authority.issue(server_hosts(self.host, self._hostnames)).ssl_context(())
        self._gate.open(context)
        return context
