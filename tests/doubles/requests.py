"""Requests made by hand, for tests of what stands below declarations."""

from collections.abc import Sequence

from asyncsm.engine.protocol import Query, Reconcile, Request, path_of, query_of
from asyncsm.wire.base import XmlModel


def post(
    *segments: str,
    operation: str,
    body: XmlModel | bytes | None = None,
    query: Query | None = None,
    version: str | None = None,
    creates: Sequence[str] | None = None,
    acts_on: Sequence[str] | None = None,
    reconcile: Reconcile = Reconcile.LISTED,
    queues: bool = True,
) -> Request:
    """A change that creates or acts.

    Args:
        segments: of the path.
        operation: the service's name for it.
        body: what is sent.
        query: parameters; ``None`` leaves one out.
        version: ``x-ms-version``, if it needs a later one.
        creates: segments of the path at which its result can be read, if it creates something
            that has a name.
        acts_on: segments of the path of what it changes, where the list of operations shows that
            instead of its own.
        reconcile: what is done if its reply is lost; a creation is looked for.
        queues: whether it waits for changes under way that exclude it.
    """
    if creates is not None:
        reconcile = Reconcile.CREATED
    target = path_of(creates or acts_on or ())
    return Request(
        "POST",
        path_of(segments),
        query_of(query),
        body,
        operation,
        version,
        reconcile,
        target,
        queues=queues,
    )


def put(
    *segments: str,
    operation: str,
    body: XmlModel | bytes | None = None,
    query: Query | None = None,
    version: str | None = None,
    reconcile: Reconcile = Reconcile.REPEAT,
) -> Request:
    """A change that replaces; sending it twice leaves the same state unless it says otherwise."""
    return Request("PUT", path_of(segments), query_of(query), body, operation, version, reconcile)


def delete(*segments: str, operation: str, query: Query | None = None) -> Request:
    """A removal; a second one would answer 404, or hit a successor of the same name."""
    return Request("DELETE", path_of(segments), query_of(query), None, operation, reconcile=Reconcile.REMOVED)
