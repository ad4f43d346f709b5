"""Lists that come in pages, read as one."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Generic, Protocol, Self, TypeVar

T = TypeVar("T")


class Page(Protocol):
    """A page of a list, which says where the next one begins."""

    @property
    def continuation_token(self) -> str | None:
        """The beginning of the next page; ``None`` on the last."""


PageT = TypeVar("PageT", bound=Page)


class Entries(Generic[PageT, T]):
    """The entries of all pages, each page read when the one before it is used up.

    A page that cannot be read raises its error, and is asked for again by whoever goes on: no entry is
    lost, and none comes twice. A token that came before ends the list, which would go round for ever.

    Args:
        read: reads the page at a token, the first one at ``None``.
        entries: returns the entries of a page.
    """

    def __init__(
        self, read: Callable[[str | None], Awaitable[PageT]], entries: Callable[[PageT], Iterable[T]]
    ) -> None:
        self._read = read
        self._entries = entries
        self._left: deque[T] = deque()
        self._token: str | None = None
        self._followed: set[str] = set()
        self._over = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        while not self._left:
            if self._over:
                raise StopAsyncIteration
            page = await self._read(self._token)
            self._left.extend(self._entries(page))
            self._token = page.continuation_token
            self._over = not self._token or self._token in self._followed
            self._followed.add(self._token or "")
        return self._left.popleft()
