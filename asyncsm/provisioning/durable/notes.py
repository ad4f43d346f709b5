"""Notes of a run, for those who look on: its steps while it lasts, and its report in the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pydantic import Field, TypeAdapter

from asyncsm.provisioning.durable.database import Pool, ask
from asyncsm.provisioning.progress import ResourceRecord, Step, StrictModel
from asyncsm.provisioning.report import Traffic

_STEPS: Final = TypeAdapter(list[Step])

_READ: Final = """
SELECT n.id, n.subscription, n.steps FROM asyncsm_note n
JOIN unnest(%s::text[], %s::bigint[]) AS g (subscription, after)
    ON n.subscription = g.subscription AND n.id > g.after
WHERE n.run = %s ORDER BY n.id
"""


class ShareReport(StrictModel):
    """The report of a run in one subscription, as its owner leaves it.

    Attributes:
        resources: the record of each resource.
        traffic: the requests of the owner that has ended it.
        error: why it came to nothing; empty if it did not.
    """

    resources: list[ResourceRecord] = Field(default_factory=list)
    traffic: Traffic = Field(default_factory=Traffic)
    error: str = ""


def steps_text(steps: Sequence[Step]) -> str:
    """Write steps as a note has them."""
    return _STEPS.dump_json(list(steps), exclude_defaults=True).decode()


async def read_notes(pool: Pool, run: int, after: dict[str, int]) -> Sequence[tuple[str, Step]]:
    """Read the steps of a run, each with its subscription.

    Args:
        pool: connections to the database.
        run: its number.
        after: the last note that is known of each subscription; it is updated. Notes of several owners are not
            written in the order of their numbers.
    """
    steps: list[tuple[str, Step]] = []
    for number, subscription, text in await ask(pool, _READ, [list(after), list(after.values()), run]):
        after[subscription] = number
        steps += ((subscription, step) for step in _STEPS.validate_json(text))
    return steps
