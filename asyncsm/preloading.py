"""Loading beforehand what is otherwise loaded when it is first used."""

from __future__ import annotations


def preload() -> None:
    """Load and build all that is otherwise made when it is first used, which takes about a third of a second.

    For a server that cannot bear pauses, before its event loop runs. Otherwise the first session holds the
    loop up while the engine is loaded, and the first call of an operation while the models of its documents
    are: each less than 0.1 s, once.
    """
    from asyncsm import models
    from asyncsm.credentials import identity
    from asyncsm.engine import parts, transport
    from asyncsm.operations import catalogue
    from asyncsm.wire.base import XmlModel
    from asyncsm.wire.codec import layout_of
    from asyncsm.wire.document import Document

    _ = identity, parts, transport, catalogue()
    for one in vars(models).values():
        if isinstance(one, type) and issubclass(one, XmlModel):
            layout_of(one)
        elif isinstance(one, type) and issubclass(one, Document):
            one.model_rebuild()
