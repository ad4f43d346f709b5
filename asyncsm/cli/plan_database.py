"""The parts of ``asyncsm plan`` and ``asyncsm worker`` that are for a database."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from asyncsm.errors import InvalidArgument

if TYPE_CHECKING:
    from asyncsm.cli.common import CallOptions
    from asyncsm.config import ThrottlePolicy

_SQLITE: Final = "sqlite:///"


def journal_or_database(journal: Path | None, database: str | None) -> tuple[Path | None, str | None]:
    """Tell a journal from a database for many: ``sqlite:///FILE`` is the former, as it is for one process.

    Raises:
        InvalidArgument: both were given.
    """
    if database is not None and journal is not None:
        raise InvalidArgument("--journal", "is for runs in this process; the durable engine has its database")
    if database is None or not database.startswith(_SQLITE):
        return journal, database
    file = unquote(database.removeprefix(_SQLITE))
    if file in {"", ":memory:"}:
        raise InvalidArgument("--database", "must be sqlite:///FILE or postgresql://...")
    return Path(file), None


def durable_package() -> ModuleType:
    """Import the package of the durable engine.

    Raises:
        InvalidArgument: its dependencies are not installed.
    """
    try:
        return importlib.import_module("asyncsm.provisioning.durable")
    except ImportError as error:
        raise InvalidArgument("--database", "needs pip install 'asyncsm[durable]'") from error


def engine(
    call: CallOptions,
    database: str,
    throttle: ThrottlePolicy | None = None,
    connect: Callable[..., object] | None = None,
    **options: Any,
) -> Any:
    """Make the durable engine of a command."""
    connecting = partial(connect or call.connect, throttle=throttle)
    return durable_package().DurableEngine(database, connecting, **options)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what the queue and the pool log about a lost database from standard error; we tell it ourselves."""
    loggers = [logging.getLogger(name) for name in ("procrastinate", "psycopg")]
    nowhere = logging.NullHandler()
    for one in loggers:
        one.addHandler(nowhere)
    try:
        yield
    finally:
        for one in loggers:
            one.removeHandler(nowhere)
