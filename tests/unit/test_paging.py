"""Lists in pages, read as one."""

from dataclasses import dataclass

import pytest

from asyncsm import ConnectionLost
from asyncsm.operations.paging import Entries


@dataclass
class Page:
    """A page of a list."""

    entries: list[int]
    continuation_token: str | None


PAGES = {None: Page([1, 2], "b"), "b": Page([], "c"), "c": Page([3], None)}


def entries_of(pages, asked=None, errors=()):
    """All entries of `pages`; tokens are noted in `asked`, and each of `errors` comes once in front of its page."""
    errors = dict(errors)

    async def read(token):
        if asked is not None:
            asked.append(token)
        if token in errors:
            raise errors.pop(token)
        return pages[token]

    return Entries(read, lambda page: page.entries)


async def test_all_pages():
    """Each page is read once, an empty one is no end, and nothing is read beyond the last."""
    asked = []
    found = entries_of(PAGES, asked)
    assert [one async for one in found] == [1, 2, 3]
    assert [one async for one in found] == []
    assert asked == [None, "b", "c"]


async def test_pages_are_read_when_they_are_needed():
    """Whoever stops early has not asked for the rest."""
    asked = []
    async for one in entries_of(PAGES, asked):
        if one == 2:
            break
    assert asked == [None]


async def test_going_on_after_an_error():
    """An error loses no entry and repeats none."""
    found = entries_of(PAGES, errors={"c": ConnectionLost("reset by peer")})
    assert [await anext(found), await anext(found)] == [1, 2]
    with pytest.raises(ConnectionLost):
        await anext(found)
    assert [one async for one in found] == [3]


@pytest.mark.parametrize("token", ["b", "a"])
async def test_tokens_that_come_again(token):
    """A list that goes round is read once."""
    pages = {None: Page([1], "a"), "a": Page([2], "b"), "b": Page([3], token)}
    assert [one async for one in entries_of(pages)] == [1, 2, 3]
