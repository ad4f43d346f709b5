"""``asyncsm doctor``: checks the steps of a call one after the other, to find why it fails.

A check returns its result in words, or raises `Trouble`. After a failure the rest is
skipped, because each check needs the results of those before it.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import typer

from asyncsm import config, errors
from asyncsm.cli import output as outputs
from asyncsm.cli.common import CallOptions, calling
from asyncsm.cli.exit_codes import OK, exit_code
from asyncsm.cli.output import Output
from asyncsm.clouds import PUBLIC, Endpoint, checked_proxy
from asyncsm.credentials import ManagementCertificate
from asyncsm.credentials.subscription_ids import checked
from asyncsm.engine import protocol
from asyncsm.engine.transport import NO_TLS, AiohttpTransport
from asyncsm.wire.http import HttpResponse
from asyncsm.wire.subscription import Subscription, SubscriptionStatus

EXPIRES_SOON: Final = timedelta(days=30)
CLOCK_TOLERANCE: Final = timedelta(minutes=5)
CONNECT_SECONDS: Final = 10.0
REFUSAL_SECONDS: Final = 0.2

MARKS: Final = {"ok": "✓", "warning": "!", "failed": "✗", "skipped": "-"}


class Trouble(Exception):
    """Raised by a check that did not pass.

    Attributes:
        advice: what to do about it.
        cause: the error whose class gives the exit code; ``None`` for a warning.
    """

    def __init__(self, detail: str, advice: str, cause: errors.AsyncsmError | None = None) -> None:
        super().__init__(detail)
        self.advice = advice
        self.cause = cause


def _trouble_with(error: errors.CredentialError) -> Trouble:
    """Divide the message of `error` into problem and advice."""
    problem, _, remedy = str(error).rpartition("; ")
    return Trouble(problem or remedy, remedy, error)


class Examination:
    """All checks, and their results so far."""

    certificate: ManagementCertificate
    subscription_id: str
    endpoint: Endpoint
    trust: ssl.SSLContext
    reply: HttpResponse

    def __init__(self, call: CallOptions) -> None:
        self._given = call.connection
        self._environment = config.environment()
        self._proxy: str | None = None

    @property
    def checks(self) -> dict[str, Callable[[], Awaitable[str]]]:
        """All checks by name, in their order."""
        return {
            "certificate": self.load_certificate,
            "validity": self.check_dates,
            "subscription": self.find_subscription,
            "host": self.resolve_host,
            "connection": self.connect,
            "TLS": self.shake_hands,
            "reply": self.ask,
            "clock": self.compare_clocks,
            "permission": self.check_permission,
            "state": self.check_state,
        }

    async def load_certificate(self) -> str:
        """Check that the certificate can be read, and that its key belongs to it."""
        source = self._given.cert_file or self._environment.cert_file
        if source is None:
            advice = (
                "give --cert-file or set AZURE_MANAGEMENT_CERTFILE; `asyncsm certificate create` makes one"
            )
            raise Trouble("no certificate was given", advice, errors.CredentialError("no certificate"))
        try:
            password = self._given.cert_password or self._environment.cert_password
            self.certificate = ManagementCertificate.load(source, password, check_validity=False)
        except errors.CredentialError as error:
            raise _trouble_with(error) from error
        return (
            f"{self.certificate.source}: {self.certificate.subject}, key fits, {self.certificate.thumbprint}"
        )

    async def check_dates(self) -> str:
        """Check that the certificate is valid today, and for a while."""
        now = datetime.now(UTC)
        begins, ends = self.certificate.not_valid_before, self.certificate.not_valid_after
        renewal = "make a new one with `asyncsm certificate create` and upload its .cer"
        if now < begins:
            raise Trouble(
                f"not valid before {begins:%Y-%m-%d %H:%M} UTC",
                "check this computer's clock, or wait",
                errors.CredentialError("not valid yet"),
            )
        if now > ends:
            raise Trouble(f"expired on {ends:%Y-%m-%d} UTC", renewal, errors.CredentialError("expired"))
        if ends - now < EXPIRES_SOON:
            raise Trouble(f"expires in {(ends - now).days} days, on {ends:%Y-%m-%d}", renewal)
        return f"until {ends:%Y-%m-%d}, {(ends - now).days} days from now"

    async def find_subscription(self) -> str:
        """Check that a subscription was given, and that its id is a GUID."""
        given = self._given.subscription_id or self._environment.subscription_id
        advice = "give --subscription-id or set AZURE_MANAGEMENT_SUBSCRIPTIONID to the subscription's GUID"
        if not given:
            raise Trouble("no subscription was given", advice, errors.CredentialError("no subscription"))
        try:
            self.subscription_id = checked(given)
        except errors.InvalidArgument as error:
            raise Trouble(error.rule, advice, error) from error
        return self.subscription_id

    async def resolve_host(self) -> str:
        """Check that the host name is valid and can be resolved."""
        named = self._given.host or self._environment.host or PUBLIC.management_host
        try:
            self.endpoint = Endpoint.parse(named)
        except errors.InvalidArgument as error:
            raise Trouble(str(error), "give --host as name, name:port or https URL", error) from error
        self._proxy = await asyncio.to_thread(config.proxy_for, self.endpoint.host, self.endpoint.port)
        if self._proxy:
            try:
                checked_proxy(self._proxy)
            except errors.InvalidArgument as error:
                raise Trouble(str(error), "correct HTTPS_PROXY, or the system's settings", error) from error
            return f"{self.endpoint.url} by way of a proxy of the environment"
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                self.endpoint.host, self.endpoint.port, type=socket.SOCK_STREAM
            )
        except OSError as error:
            raise Trouble(
                f"{self.endpoint.host} cannot be resolved: {error.strerror or error}",
                "check --host (or AZURE_MANAGEMENT_HOST) for typing errors, and this computer's name service",
                errors.ConnectionFailed("not resolved"),
            ) from error
        return f"{self.endpoint.url} at {', '.join(sorted({str(each[4][0]) for each in found}))}"

    async def connect(self) -> str:
        """Check that the port is open."""
        if self._proxy:
            return "left to the proxy"
        await self._open(None)
        return f"port {self.endpoint.port} is open"

    async def shake_hands(self) -> str:
        """Check that the server's certificate is trusted, and that it does not refuse ours in the handshake."""
        try:
            self.trust = self.certificate.ssl_context(self._given.ca_file or self._environment.ca_file)
        except errors.CredentialError as error:
            raise _trouble_with(error) from error
        if self._proxy:
            return "left to the proxy"
        return await self._open(self.trust)

    async def _open(self, context: ssl.SSLContext | None) -> str:
        """Connect once, and return the TLS version in words."""
        where = f"{self.endpoint.host}:{self.endpoint.port}"
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                reader, writer = await asyncio.open_connection(
                    self.endpoint.host, self.endpoint.port, ssl=context
                )
        except ssl.SSLCertVerificationError as error:
            raise Trouble(
                f"the certificate of {where} is not trusted: {error.verify_message}",
                "for a private cloud or the emulator give its authority with --ca-file"
                " (or AZURE_MANAGEMENT_CA_FILE); else somebody may be between you and the service",
                errors.CertificateRejected("not trusted"),
            ) from error
        except ssl.SSLError as error:
            if error.reason == NO_TLS:
                raise Trouble(
                    f"{where} does not speak TLS",
                    "check host and port; the emulator's control port is another one than that of its service",
                    errors.CertificateRejected("no TLS"),
                ) from error
            raise Trouble(
                f"{where} ended the TLS handshake: {error.reason or error}",
                "the host may not speak TLS 1.2 or later, or refuses the certificate",
                errors.CertificateRejected("handshake"),
            ) from error
        except (OSError, TimeoutError) as error:
            reason = getattr(error, "strerror", None) or f"no answer within {CONNECT_SECONDS:g} s"
            raise Trouble(
                f"cannot connect to {where}: {reason}",
                "check host and port, firewalls, and whether the emulator is running",
                errors.ConnectionFailed("not connected"),
            ) from error
        spoken = writer.get_extra_info("ssl_object")
        version = spoken and spoken.version()  # read before the end, after which there is none
        refused = context is not None and (version is None or await _ended(reader))
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        if refused:
            raise Trouble(
                f"{where} ended the connection after the TLS handshake",
                "the service does not know the certificate: upload its .cer",
                errors.CertificateRejected("handshake"),
            )
        return f"{version}, the server's certificate is trusted" if version else ""

    async def ask(self) -> str:
        """Check that the service answers over HTTP, with any status."""
        transport = AiohttpTransport(self.trust, timeout=config.ATTEMPT_TIMEOUT)
        wanted = protocol.encode(protocol.get(), self.endpoint, self.subscription_id, config.API_VERSION)
        try:
            self.reply = await transport.send(wanted)
        except errors.TransportError as error:
            raise Trouble(
                str(error),
                "if the handshake was ended, the service does not know the certificate: upload its .cer",
                error,
            ) from error
        finally:
            await transport.close()
        return f"HTTP {self.reply.status}, request {self.reply.request_id}"

    async def compare_clocks(self) -> str:
        """Compare this computer's clock with the service's."""
        theirs = self.reply.date
        if theirs is None:
            return "the service did not tell its time"
        skew = datetime.now(UTC) - theirs
        if abs(skew) > CLOCK_TOLERANCE:
            direction = "ahead of" if skew > timedelta() else "behind"
            raise Trouble(
                f"this clock is {abs(skew).total_seconds() / 60:.0f} minutes {direction} the service's",
                "set this computer's clock: certificates and periods of time are judged by it"
                " (an emulator whose time runs fast is ahead on purpose)",
            )
        return f"{abs(skew).total_seconds():.0f} s apart"

    async def check_permission(self) -> str:
        """Check that the certificate may manage the subscription."""
        request = protocol.get()
        if self.reply.status >= 300:
            error = protocol.service_error(self.reply, request)
            advice = (
                "upload the certificate's .cer to this very subscription, and check the subscription id"
                if isinstance(error, errors.Forbidden)
                else "is this the Service Management API? check --host"
            )
            raise Trouble(" ".join(str(error).split()), advice, error)
        return "the certificate may manage the subscription"

    async def check_state(self) -> str:
        """Check that the subscription is active."""
        try:
            found = protocol.decode(Subscription, self.reply, protocol.get())
        except errors.AsyncsmError as error:
            raise Trouble(str(error), "is this the Service Management API? check --host", error) from error
        state = f"{found.subscription_name}: {found.subscription_status}"
        if found.subscription_status != SubscriptionStatus.ACTIVE:
            raise Trouble(state, "changes may be refused; ask whoever pays for the subscription")
        return f"{state}, {found.current_core_count or 0} of {found.max_core_count} cores used"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check."""

    check: str
    status: str
    detail: str = ""
    advice: str = ""
    code: int = OK


async def _ended(reader: asyncio.StreamReader) -> bool:
    """Tell if the server ends the connection unasked, as one does that refuses the certificate under TLS 1.3."""
    try:
        async with asyncio.timeout(REFUSAL_SECONDS):
            return not await reader.read(1)
    except TimeoutError:
        return False
    except OSError:
        return True


async def examine(call: CallOptions, report: Callable[[Finding], None]) -> list[Finding]:
    """Run the checks one after the other, and report each result at once."""
    findings: list[Finding] = []
    failed = False
    for name, check in Examination(call).checks.items():
        finding = Finding(name, "skipped") if failed else await _carry_out(name, check)
        failed = failed or finding.status == "failed"
        findings.append(finding)
        report(finding)
    return findings


async def _carry_out(name: str, check: Callable[[], Awaitable[str]]) -> Finding:
    try:
        return Finding(name, "ok", await check())
    except Trouble as trouble:
        if trouble.cause is None:
            return Finding(name, "warning", str(trouble), trouble.advice)
        return Finding(name, "failed", str(trouble), trouble.advice, exit_code(trouble.cause))


def _print(finding: Finding) -> None:
    lines = [f"{MARKS[finding.status]} {finding.check:<13}{finding.detail}"]
    if finding.advice:
        lines.append(f"{'':15}→ {finding.advice}")
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


@calling
async def doctor(call: CallOptions) -> None:
    """Check certificate, host, TLS, clock and permission, and say in words what is wrong."""
    as_text = call.output is Output.TABLE and call.query is None
    findings = await examine(call, _print if as_text else lambda _: None)
    code = next((each.code for each in findings if each.status == "failed"), OK)
    if not as_text:
        checks = [
            {"check": each.check, "status": each.status, "detail": each.detail, "advice": each.advice}
            for each in findings
        ]
        outputs.show({"ok": code == OK, "checks": checks}, {}, call.output, call.query)
    if code != OK:
        raise typer.Exit(code)
