"""Shared parts of all commands: options, the event loop, and messages to the user."""

from __future__ import annotations

import inspect
import logging
import re
import sys
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from functools import partial
from getpass import GetPassWarning
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Concatenate, Final, ParamSpec, Self, get_type_hints

import typer

from asyncsm.cli import output as outputs, profiles
from asyncsm.cli.output import Columns, Output
from asyncsm.errors import InvalidArgument, OperationTimeout

if TYPE_CHECKING:
    from asyncsm.config import ThrottlePolicy
    from asyncsm.engine.events import Event
    from asyncsm.polling import OperationHandle
    from asyncsm.services import ServiceManagementService

P = ParamSpec("P")

# Options, under their headings in the help.
_connection = partial(typer.Option, rich_help_panel="Connection")
_display = partial(typer.Option, rich_help_panel="Display")

ProfileName = Annotated[
    str | None,
    _connection(
        "--profile",
        metavar="NAME",
        help="Profile of asyncsm account list; else the current one.",
        autocompletion=profiles.names,
    ),
]
SubscriptionId = Annotated[
    str | None,
    _connection(
        help="GUID of the subscription; else AZURE_MANAGEMENT_SUBSCRIPTIONID, else the first in a .publishsettings file."
    ),
]
CertFile = Annotated[
    str | None,
    _connection(help="Management certificate: PEM, PFX or .publishsettings; else AZURE_MANAGEMENT_CERTFILE."),
]
AskPassword = Annotated[
    bool,
    _connection(
        "--ask-password",
        help="Ask for the password of the certificate's file; else AZURE_MANAGEMENT_CERTPASSWORD.",
    ),
]
Host = Annotated[
    str | None,
    _connection(help="Name, name:port or https URL; else AZURE_MANAGEMENT_HOST, else the public cloud."),
]
CaFile = Annotated[
    Path | None,
    _connection(
        help="The only certificate authorities to trust; else AZURE_MANAGEMENT_CA_FILE, else the system's."
    ),
]
Deadline = Annotated[
    float | None, _connection(min=0, metavar="SECONDS", help="Give up waiting after this long.")
]
Verbose = Annotated[bool, _display("--verbose", "-v", help="Show each HTTP exchange on stderr.")]
OutputOption = Annotated[Output, _display("--output", "-o", help="Form of the data on stdout.")]
Query = Annotated[
    str | None,
    _display(
        metavar="JMESPATH", help="Show only what this finds in the data.", callback=outputs.checked_query
    ),
]
ShowSecrets = Annotated[
    bool,
    _display(
        "--show-secrets", help="Show keys, passwords and settings, which are ********** if not asked for."
    ),
]
NoWait = Annotated[
    bool, typer.Option("--no-wait", help="Return as soon as the service has accepted the change.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

PATIENCE: Final = 30.0
"""Seconds for which a command waits for a host that cannot be reached; somebody sits before it, and may have mistyped."""

OUTCOME: Final[Columns] = {
    "operation": "operation",
    "resource": "resource",
    "request id": "request_id",
    "status": "status",
}


@dataclass(slots=True, kw_only=True)
class CallOptions:
    """The options of all commands that call the service, and the actions that follow from them."""

    profile: ProfileName = None
    subscription_id: SubscriptionId = None
    cert_file: CertFile = None
    ask_password: AskPassword = False
    host: Host = None
    ca_file: CaFile = None
    deadline: Deadline = None
    output: OutputOption = Output.TABLE
    query: Query = None
    show_secrets: ShowSecrets = False
    verbose: Verbose = False
    left: list[object] = field(default_factory=list, init=False)
    """Handles left pending on purpose; kept until the session is closed, so that none is reported as dropped."""
    changed: bool = field(default=False, init=False)
    """Whether a change was sent."""
    awaited: str | None = field(default=None, init=False)
    """Id of the request whose end is waited for."""
    tells_retries: bool = field(default=False, init=False)
    """Whether a line tells of each request that is sent again; a run of many has its own display."""
    _password: str | None = field(default=None, init=False, repr=False)
    _told: bool = field(default=False, init=False, repr=False)
    _said: str = field(default="", init=False, repr=False)

    @property
    def password(self) -> str | None:
        """The password of the certificate's file, asked for once; ``None`` leaves it to the environment."""
        if self.ask_password and self._password is None:
            self._password = ask_for_password()
        return self._password

    def service(
        self, throttle: ThrottlePolicy | None = None, *, patient: bool = False
    ) -> ServiceManagementService:
        """Make a client for the subscription, to be used in ``async with``.

        Args:
            throttle: the budget of requests, if it is known.
            patient: bear outages as runs of plans do, as this is a run of many changes, too.
        """
        from asyncsm.config import DEFAULT_RETRY, DEFAULT_THROTTLE

        retry = DEFAULT_RETRY
        if self.tells_retries:
            least = retry.patience if patient else PATIENCE
            retry = replace(retry, patience=max(least, self.deadline or 0))
        made = self.connection.service(throttle=throttle or DEFAULT_THROTTLE, retry=retry)
        made.session.events.subscribe(self._notice)
        return made

    @property
    def connection(self) -> profiles.Connection:
        """The arguments of a client, from options and from a profile; a password is asked for once."""
        known = profiles.connection(
            self.profile, self.subscription_id, self.cert_file, self.host, self.ca_file, self.password
        )
        if known.ask_password and sys.stdin.isatty():
            self.ask_password = True
            known = replace(known, cert_password=self.password)
        if self.profile and known.overruled and not self._told:
            self._told = True
            say(
                f"asyncsm: {', '.join(known.overruled)} of the environment goes before profile {self.profile}"
            )
        return known

    def _notice(self, event: Event) -> None:
        from asyncsm.engine.events import RetryPlanned

        self.changed = self.changed or getattr(event, "kind", "") == "change"
        if isinstance(event, RetryPlanned) and self.tells_retries and not self.verbose:
            when = f" in {event.delay:.1f} s" if event.delay else ""
            line = f"{event.resource}: {event.reason}, trying again{when}"
            if line != self._said:  # a host that cannot be reached is asked again and again
                say(line)
            self._said = line

    def subscription(self) -> str:
        """Return the id of the subscription, which may come from a `.publishsettings` file."""
        return self.service().session.subscription_id

    def connect(
        self, subscription_id: str, throttle: ThrottlePolicy | None = None
    ) -> ServiceManagementService:
        """Make a client for another subscription with the same certificate; see `service`."""
        other = replace(self, subscription_id=subscription_id)
        other._password = self.password  # noqa: SLF001 - the same class
        return other.service(throttle)

    def show(self, value: object, columns: Columns, *, secrets: bool = False) -> None:
        """Write `value` to standard output in the form that the options ask for."""
        outputs.show(value, columns, self.output, self.query, secrets=secrets or self.show_secrets)

    @property
    def goes_on(self) -> str:
        """A clause that tells where to hear of what was begun; empty if nothing was."""
        if self.awaited is not None:
            return f"; what was started goes on: asyncsm operation wait {self.awaited}"
        return "; what was started goes on: see asyncsm operation list" if self.changed else ""

    async def conclude(self, method: str, result: object, *, wait: bool) -> None:
        """Show what a method has returned; a change is waited for unless `wait` is false."""
        from asyncsm.cli import columns
        from asyncsm.polling import OperationHandle

        if isinstance(result, bytes):
            sys.stdout.buffer.write(result)
        elif isinstance(result, OperationHandle):
            await self.finish(result, wait=wait)
        else:
            self.show(result, columns.of(method), secrets=method in columns.SECRETS)

    async def finish(self, handle: OperationHandle, *, wait: bool) -> None:
        """Wait for a change unless `wait` is false, and show its status."""
        if wait and not handle.done:
            self.awaited = handle.request_id
            say(f"{handle.operation}: request {handle.request_id} accepted, waiting for it to end")
            await handle.wait(self.deadline)
            self.awaited = None
        self.left.append(handle)
        outcome = {name: getattr(handle, name) for name in OUTCOME.values()}
        if handle.document is not None and handle.document.data is not None:
            outcome["data"] = handle.document.data
        self.show(outcome, {**OUTCOME, "data": "data"} if "data" in outcome else OUTCOME)


def calling(command: Callable[Concatenate[CallOptions, P], Awaitable[None]]) -> Callable[..., None]:
    """Make a command of an asynchronous function; its options precede those of `CallOptions`."""
    return _command(command, bounded=True)


def running(command: Callable[Concatenate[CallOptions, P], Awaitable[None]]) -> Callable[..., None]:
    """Make a command like `calling`, of a function that keeps the deadline itself."""
    return _command(command, bounded=False)


def _command(
    command: Callable[Concatenate[CallOptions, P], Awaitable[None]], *, bounded: bool
) -> Callable[..., None]:
    hints = get_type_hints(CallOptions, include_extras=True)
    common = [
        inspect.Parameter(
            each.name, inspect.Parameter.KEYWORD_ONLY, default=each.default, annotation=hints[each.name]
        )
        for each in fields(CallOptions)
        if each.init
    ]
    given = inspect.signature(command, eval_str=True)
    own = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in list(given.parameters.values())[1:]]

    def run(**options: object) -> None:
        import asyncio

        call = CallOptions(**{each.name: options.pop(each.name) for each in common})  # type: ignore[arg-type]
        call.tells_retries = bounded
        with exchanges_shown(call.verbose):
            work = _within(call, call.deadline if bounded else None, command(call, **options))  # type: ignore[call-arg,arg-type]
            try:
                asyncio.run(work)
            except KeyboardInterrupt:
                if call.goes_on:
                    say(f"asyncsm: not waited for any more{call.goes_on}")
                raise

    run.__name__ = command.__name__
    run.__doc__ = command.__doc__
    run.__signature__ = given.replace(parameters=[*own, *common])  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in [*own, *common]}
    return run


async def _within(call: CallOptions, deadline: float | None, work: Awaitable[None]) -> None:
    import asyncio

    limit = asyncio.timeout(deadline)
    try:
        async with limit:
            await work
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise OperationTimeout(f"not done within {deadline:g} s{call.goes_on}") from error


@contextmanager
def exchanges_shown(wanted: bool) -> Iterator[None]:
    """Write the client's log (method, path, status, request id) to stderr while the block runs."""
    log = logging.getLogger("asyncsm")
    before = log.level
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", datefmt="%H:%M:%S"))
    if wanted:
        log.addHandler(handler)
        log.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before)


class Lines:
    """A display that only writes lines, for files and pipes."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def ask_for_password(of: str = "", *, new: bool = False) -> str:
    """Ask for a password on stderr, twice if it is a `new` one, without showing it; a pipe may have the answers.

    Raises:
        InvalidArgument: nobody is there to be asked.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GetPassWarning)  # a pipe shows nothing
        try:
            text: str = typer.prompt(
                f"Password of {of}" if of else "Password", hide_input=True, confirmation_prompt=new, err=True
            )
        except typer.Abort:
            if sys.stdin.isatty():
                raise
            say("")
            raise InvalidArgument(
                "password", "nobody is there to be asked; standard input may have it"
            ) from None
    return text


def needed_password(option: str, variable: str, of: str, *, new: bool = False) -> str:
    """Ask for a password that was not given.

    Raises:
        InvalidArgument: nobody is there to be asked.
    """
    if not sys.stdin.isatty():
        raise InvalidArgument(option, f"has to be given, or set {variable}")
    return ask_for_password(of, new=new)


def confirm(what: str, *, yes: bool) -> None:
    """Ask whether something is to be lost, unless the answer was given.

    Raises:
        InvalidArgument: nobody is there to be asked.
        typer.Abort: the answer is no.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise InvalidArgument("--yes", f"nobody is there to be asked ({what}: go on?); give --yes")
    if not typer.confirm(f"{what}: go on?", err=True):
        raise Declined


class Declined(typer.Abort):
    """Somebody was asked, and said no."""


def say(message: str) -> None:
    """Write a message that is not data, to stderr."""
    sys.stderr.write(message + "\n")


def complain(error: BaseException) -> None:
    """Report an error on stderr; each error of a group, and each problem of a plan, gets a line."""
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            complain(each)
        return
    problems = getattr(error, "problems", None)
    if problems:
        for each in problems:
            say(f"asyncsm: {each}")
        return
    said = _OPTIONS.sub(lambda found: "--" + found[0].replace("_", "-"), str(error))
    said = _PASSED.sub(r"give --\1", said)
    say("asyncsm: " + (" ".join(said.split()) or type(error).__name__))


_PASSED: Final = re.compile(r"\bpass (\w+)=True")
# Parameters of a client, as its errors name them: in a text, or before the rule that is broken.
_OPTIONS: Final = re.compile(
    r"(?<![\w-])(?:subscription_id|cert_file|ca_file|cert_password)(?!\w)|^host(?=: )"
)
