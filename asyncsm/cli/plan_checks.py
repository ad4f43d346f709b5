"""Problems of a plan, told before anything is begun."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from asyncsm.cli.common import say
from asyncsm.errors import AsyncsmError

if TYPE_CHECKING:
    from asyncsm.provisioning import Preview, Problem, Provisioner

NAMES_ASKED: Final = 100
"""Of no more new names `apply` asks whether somebody else has them: each costs a request; a dry run asks for all."""


def refuse(problems: list[Problem], *, force: bool = False) -> None:
    """Refuse a plan that cannot be carried out as a whole; with `force`, only say why."""
    from asyncsm.provisioning import PlanError

    if problems and not force:
        raise PlanError(problems)
    for one in problems:
        say(f"{one}; going on all the same")


def together(problems: list[Problem], others: list[Problem]) -> list[Problem]:
    """Return all of them, each once."""
    return [*problems, *(one for one in others if one not in problems)]


async def looked(
    provisioner: Provisioner,
    file: Path,
    problems: list[Problem],
    *,
    force: bool = False,
    going: Collection[str] = (),
) -> Preview:
    """Look at the subscription; refuse a plan if it, or one of the `problems`, stands in the way."""
    from asyncsm.provisioning.reading import located

    preview = await provisioner.preview(names=NAMES_ASKED, going=going)
    refuse(together(problems, located(preview.obstacles, file)), force=force)
    problems.clear()
    return preview


@contextmanager
def telling(problems: list[Problem] | None) -> Iterator[None]:
    """Tell the problems of a plan, if the subscription cannot be asked for more of them."""
    from asyncsm.provisioning import PlanError

    try:
        yield
    except PlanError:
        raise
    except AsyncsmError:
        refuse(problems or [])
        raise
