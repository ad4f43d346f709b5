"""The emulator as an object, and as a program's main part."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import shutil
import signal
import socket
import ssl
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final, Self

from aiohttp import web

from asyncsm import config
from asyncsm.config import PollingPolicy, RetryPolicy
from asyncsm.emulator.app import ManagementApp
from asyncsm.emulator.authentication import Gate
from asyncsm.emulator.call import World
from asyncsm.emulator.clock import Clock, InstantClock, make_clock
from asyncsm.emulator.identity import Identity, server_hosts
from asyncsm.emulator.progress import Progress
from asyncsm.emulator.state import Quotas, State, Subscription, SubscriptionCertificate
from asyncsm.emulator.tls import AlertingSSLObject

if TYPE_CHECKING:
    from asyncsm.services import ServiceManagementService

FASTEST_POLL: Final = 0.01
"""Seconds between two status questions of a client of `Emulator.service`, at the least."""

SHUTDOWN_SECONDS: Final = 2.0
"""How long requests under way may take when the emulator stops."""


class Emulator:
    """The service on this computer, with real HTTPS and real client certificates.

    It listens between `start` and `stop`, which may be repeated: the state stays, and the
    port too. As a context manager it starts, and at the end also cleans up::

        async with Emulator() as emulator, emulator.service() as sms:
            await sms.create_hosted_service("shop", label="shop", location="West US")

    Args:
        host: address to listen on.
        port: port to listen on; 0 for any free one.
        directory: where certificates and subscription ids are kept (see `identity`); without
            one a private directory is made, and removed by `close`.
        clock: ``instant``, ``fast`` (100 times as fast as real), ``real``, a factor, or a `Clock`.
        subscriptions: how many, or their ids or names.
        seed: makes ids, keys and durations repeatable.
        quotas: what each subscription may have.

    Attributes:
        state: everything the service knows.
        clock: virtual time.
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
        quotas: Quotas | None = None,
    ) -> None:
        self.host = host
        self.state: State = State()
        self.clock: Clock = make_clock(clock)
        self._wanted_port = port
        self._port: int | None = None
        self._wanted_subscriptions = subscriptions
        self._quotas = quotas or Quotas()
        self._given_directory = None if directory is None else Path(directory)
        self._own_directory: Path | None = None
        self._random = Random(seed)  # noqa: S311 - made-up data, nothing secret
        self._gate = Gate(self.state)
        self._identity: Identity | None = None
        self._runner: web.ServerRunner | None = None

    async def start(self) -> None:
        """Listen. The first time, read or make the certificates and subscriptions.

        Raises:
            RuntimeError: it is already listening.
            OSError: the address cannot be listened on.
        """
        if self._runner is not None:
            raise RuntimeError("the emulator is already running")
        if self._identity is None:
            self._identity = self._take_identity()
        world = World(self.state, self.clock, Progress(self.clock, self._random), self._gate, self._random)
        runner = web.ServerRunner(
            web.Server(ManagementApp(world), access_log=None), shutdown_timeout=SHUTDOWN_SECONDS
        )
        await runner.setup()
        try:
            port = self._port or self._wanted_port
            site = web.TCPSite(
                runner,
                await _first_address(self.host) if port == 0 else self.host,
                port,
                ssl_context=self._tls(self._identity),
            )
            await site.start()
        except BaseException:
            await runner.cleanup()
            raise
        self._runner = runner
        self._port = runner.addresses[0][1]
        self._identity.announce(self.url)

    async def stop(self) -> None:
        """Close the listener and all connections; harmless when it does not run."""
        if self._runner is None:
            return
        runner, self._runner = self._runner, None
        server = runner.server
        transports = [] if server is None else [each.transport for each in server.connections]
        await runner.cleanup()
        for transport in transports:
            if transport is not None:
                # A TLS connection would otherwise linger until its peer says goodbye too.
                transport.abort()
        await asyncio.sleep(0)

    async def close(self) -> None:
        """Stop for good and remove the private directory, if there is one."""
        await self.stop()
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

    @property
    def port(self) -> int:
        """The port it listens on, also while it is stopped."""
        if self._port is None:
            raise RuntimeError("the emulator has not been started")
        return self._port

    @property
    def url(self) -> str:
        """``https://host:port``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"https://{host}:{self.port}"

    @property
    def subscription_ids(self) -> list[str]:
        """The ids of the subscriptions it began with."""
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
        """What another program needs to use it, by the names of the attributes, and ``pid``."""
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
            "pid": os.getpid(),
        }

    def service(
        self,
        subscription_id: str | None = None,
        *,
        timeout: float = config.ATTEMPT_TIMEOUT,
        retry: RetryPolicy = config.DEFAULT_RETRY,
        polling: PollingPolicy | None = None,
    ) -> ServiceManagementService:
        """A client of this emulator, to be used in ``async with``.

        Args:
            subscription_id: one of its subscriptions; the first, if not given.
            timeout: seconds one HTTP attempt may take.
            retry: when a request is sent again.
            polling: how often pending operations are asked for; by default as often against the
                emulator's clock as the service would be asked against the real one.
        """
        # The emulator stands beside the client, not on it; only this convenience looks over.
        from asyncsm.services import ServiceManagementService

        return ServiceManagementService(
            subscription_id or self.subscription_id,
            self.certificate_path,
            self.url,
            ca_file=self.ca_path,
            trust_env=False,
            timeout=timeout,
            retry=retry,
            polling=polling or _scaled(config.DEFAULT_POLLING, self._pace),
        )

    @property
    def _pace(self) -> float:
        return math.inf if isinstance(self.clock, InstantClock) else self.clock.factor

    @property
    def _known(self) -> Identity:
        if self._identity is None:
            raise RuntimeError("the emulator has not been started")
        return self._identity

    def _take_identity(self) -> Identity:
        directory = self._given_directory
        if directory is None:
            directory = self._own_directory = Path(tempfile.mkdtemp(prefix="asyncsm-emulator-"))
        identity = Identity.load_or_make(directory, self._wanted_subscriptions, self._random)
        certificate = identity.certificate
        for id_, name in identity.subscriptions:
            subscription = Subscription(id_, name, self.clock.now(), self._quotas)
            subscription.certificates[certificate.thumbprint] = SubscriptionCertificate(
                certificate.thumbprint.upper(),
                certificate.public_key_der,
                certificate.certificate_der,
                subscription.created,
            )
            self.state.add_subscription(subscription)
        return identity

    def _tls(self, identity: Identity) -> ssl.SSLContext:
        context = identity.authority.issue(server_hosts(self.host)).ssl_context(())
        context.sslobject_class = AlertingSSLObject
        self._gate.open(context)
        return context


def _scaled(policy: PollingPolicy, factor: float) -> PollingPolicy:
    """`policy` for a clock that runs `factor` times as fast, within what a computer can do."""
    return replace(
        policy,
        first=max(policy.first / factor, FASTEST_POLL),
        least=max(policy.least / factor, FASTEST_POLL),
        most=max(policy.most / factor, FASTEST_POLL),
    )


async def _first_address(host: str) -> str:
    # A name with several addresses (localhost: ::1 and 127.0.0.1) would get a port for each.
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return str(found[0][4][0])


@dataclass(frozen=True, slots=True)
class EmulatorOptions:
    """The arguments of `Emulator`, as a value."""

    host: str = "127.0.0.1"
    port: int = 0
    directory: Path | None = None
    clock: str | float = "fast"
    subscriptions: int | Sequence[str] = 1
    seed: int | None = None

    def emulator(self) -> Emulator:
        """An emulator that is not running yet."""
        return Emulator(
            host=self.host,
            port=self.port,
            directory=self.directory,
            clock=self.clock,
            subscriptions=self.subscriptions,
            seed=self.seed,
        )


async def serve(
    options: EmulatorOptions, ready: Callable[[Mapping[str, str | int | list[str]]], None]
) -> None:
    """Run an emulator until SIGINT or SIGTERM, or until cancelled.

    Args:
        options: what kind of emulator.
        ready: called with `Emulator.facts` once it listens.
    """
    async with options.emulator() as emulator, _stop_signal() as stopped:
        ready(emulator.facts())
        await stopped.wait()


@asynccontextmanager
async def _stop_signal() -> AsyncIterator[asyncio.Event]:
    """An event that SIGINT and SIGTERM set where the loop can watch signals; elsewhere they raise."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    watched = []
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError, RuntimeError):  # Windows; not the main thread
            loop.add_signal_handler(number, stopped.set)
            watched.append(number)
    try:
        yield stopped
    finally:
        for number in watched:
            loop.remove_signal_handler(number)
