"""From method, path and query to a handler.

The emulator has its own table of routes on purpose: if it shared the client's paths, a
wrong one would agree with itself and pass every end-to-end test.

As with the service, segments match in any case, and empty ones do not count except in networking. Where several
operations share a path, the query (``comp=config``) or the root element of the body
(``Swap``) tells them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypedDict, Unpack
from urllib.parse import parse_qsl, quote, unquote

from asyncsm.emulator import refusals
from asyncsm.emulator.call import Handler, Route
from asyncsm.emulator.dialects import CORE, Dialect
from asyncsm.emulator.refusals import Refusal

NETWORKING: Final = ["services", "networking"]
"""Where paths begin whose methods the web server looked at."""


class _Facts(TypedDict, total=False):
    """Facts of a `Route` that have a default."""

    query: Mapping[str, str]
    root: str | None
    recorded: bool
    scoped: bool
    dialect: Dialect
    only_with_query: bool
    conditional: bool


class RouteTable:
    """Collects the routes of a module by decorators; `routes` has the whole table.

    Args:
        dialect: how these routes speak, where that is not as the core does.
    """

    def __init__(self, dialect: Dialect = CORE) -> None:
        self.routes: list[Route] = []
        self._dialect = dialect

    def __iter__(self) -> Iterator[Route]:
        return iter(self.routes)

    def get(self, path: str, operation: str, **facts: Unpack[_Facts]) -> Callable[[Handler], Handler]:
        """The decorated function answers reads of `path`; see `Route` for the facts."""
        facts["recorded"] = False
        return self._add("GET", path, operation, facts)

    def post(self, path: str, operation: str, **facts: Unpack[_Facts]) -> Callable[[Handler], Handler]:
        """The decorated function answers POSTs to `path`."""
        return self._add("POST", path, operation, facts)

    def put(self, path: str, operation: str, **facts: Unpack[_Facts]) -> Callable[[Handler], Handler]:
        """The decorated function answers PUTs to `path`."""
        return self._add("PUT", path, operation, facts)

    def patch(self, path: str, operation: str, **facts: Unpack[_Facts]) -> Callable[[Handler], Handler]:
        """The decorated function answers PATCHes of `path`."""
        return self._add("PATCH", path, operation, facts)

    def delete(self, path: str, operation: str, **facts: Unpack[_Facts]) -> Callable[[Handler], Handler]:
        """The decorated function answers DELETEs of `path`."""
        return self._add("DELETE", path, operation, facts)

    def _add(self, method: str, path: str, operation: str, facts: _Facts) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            spoken: _Facts = {"dialect": self._dialect, **facts}
            self.routes.append(Route(method, path, operation, handler, **spoken))
            return handler

        return register


class _Node:
    __slots__ = ("capture", "children", "methods")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.capture: _Node | None = None
        self.methods: dict[str, list[Route]] = {}


class Router:
    """A tree over path segments; finding a route costs the path's length, not the table's."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._scoped = _Node()
        self._unscoped = _Node()
        self._names: dict[str, tuple[str | None, ...]] = {}
        for route in routes:
            node = self._scoped if route.scoped else self._unscoped
            parts = split(route.path)
            self._names[route.path] = tuple(part[1:-1] if part.startswith("{") else None for part in parts)
            for part in parts:
                node = self._child(node, part)
            node.methods.setdefault(route.method, []).append(route)
            # The one that asks for most is tried first; the plain one takes the rest.
            node.methods[route.method].sort(
                key=lambda one: (-len(one.query), one.root is None, not one.conditional)
            )

    @staticmethod
    def _child(node: _Node, segment: str) -> _Node:
        if not segment.startswith("{"):
            return node.children.setdefault(segment.lower(), _Node())
        if node.capture is None:
            node.capture = _Node()
        return node.capture

    def find(
        self,
        method: str,
        segments: Sequence[str],
        query: Mapping[str, str],
        root: Callable[[], str],
        *,
        scoped: bool = True,
        conditional: bool = False,
    ) -> tuple[Route, dict[str, str]]:
        """The route, and what its ``{name}`` parts stand for.

        Args:
            method: HTTP method.
            segments: path segments below the subscription, decoded.
            query: parameters by lower-case name.
            root: gives the root element's name of the body, read only if it is needed.
            scoped: whether the path stood below a subscription.
            conditional: whether the request has the header ``If-Match``.

        Raises:
            Refusal: the path is not emulated, not for this method, or lacks a query parameter.
        """
        top = self._scoped if scoped else self._unscoped
        node = _descend(top, segments, 0, method) or _descend(top, segments, 0)
        if node is None:
            raise refusals.not_emulated(method, "/" + "/".join(map(quote, segments)))
        candidates = node.methods.get(method)
        if candidates is None:
            if [one.lower() for one in segments[:2]] == NETWORKING:
                raise refusals.no_method()
            raise refusals.invalid_verb(method)  # [protocol 3.3]
        for route in candidates:
            if route.wants(query, root, conditional=conditional):
                named = zip(self._names[route.path], segments, strict=True)
                captured = {name: value for name, value in named if name}
                return route, captured
        if all(route.only_with_query for route in candidates):
            raise refusals.not_emulated(method, "/" + "/".join(map(quote, segments)))
        if any("" in route.query.values() for route in candidates):
            # They are another operation with a parameter than without it.
            raise refusals.not_emulated(method, "/" + "/".join(map(quote, segments)))
        if any(route.root is not None for route in candidates):
            raise refusals.invalid_xml(f"The element {root()} is not expected here.")  # [protocol 3.3]
        raise refusals.missing_query_parameter("/".join(sorted({*candidates[0].query})))  # [protocol 3.3]

    def nothing_at(self, method: str, path: str) -> Refusal:
        """Return the web server's refusal of a raw path in which a name is empty.

        It passes over the empty name, unless that is the last: what is then there may not know the method.
        """
        node = None if path.endswith("/") else _descend(self._scoped, split(path)[1:], 0)
        known = {} if node is None else node.methods
        plain = any(not one.only_with_query for routes in known.values() for one in routes)
        return refusals.no_method() if plain and method not in known else refusals.no_endpoint()


def _descend(node: _Node, segments: Sequence[str], depth: int, method: str | None = None) -> _Node | None:
    if depth == len(segments):
        return node if (node.methods if method is None else method in node.methods) else None
    literal = node.children.get(segments[depth].lower())
    found = _descend(literal, segments, depth + 1, method) if literal is not None else None
    # A resource may be called like a literal segment ("operations"), hence the second try.
    if found is None and node.capture is not None:
        found = _descend(node.capture, segments, depth + 1, method)
    return found


def origin_form(target: str) -> str:
    """Path and query of a request's target, which may be a whole URL, as servers have to accept (RFC 9112, 3.2.2)."""
    _, found, rest = target.partition("://")
    return f"/{rest.partition('/')[2]}" if found and not target.startswith("/") else target


def split(path: str) -> list[str]:
    """The segments of a raw path, decoded, without the empty ones."""
    return [unquote(part) for part in path.split("/") if part]


def lacks_name(path: str) -> bool:
    """Tell a raw path in which a name of networking is empty; elsewhere the service passed over that."""
    _, found, below = path.lower().partition("/services/networking/")
    return bool(found) and (below.startswith("/") or "//" in below or below.endswith("/"))


def parse_query(raw: str) -> dict[str, str]:
    """Query parameters by lower-case name; of several with one name the last counts."""
    if not raw:
        return {}
    return {name.lower(): value for name, value in parse_qsl(raw, keep_blank_values=True)}
