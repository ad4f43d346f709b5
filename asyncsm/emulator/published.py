"""Entities of publishers: images that are copied and shared, and extensions that are registered."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from asyncsm.emulator.change_tracking import Entity
from asyncsm.emulator.naming import ByName
from asyncsm.emulator.progress import Lockable
from asyncsm.emulator.saved_names import saved
from asyncsm.wire.images import ComputeImageAttributes, MarketplaceImageAttributes
from asyncsm.wire.service_extensions import ExtensionImage


@saved("publication", "emulator.compute:Publication")
@dataclass(slots=True, eq=False)
class Publication(Entity):
    """Regions an image was replicated to, and who may use it there.

    Attributes:
        regions: where it is copied to.
        since: when that was asked for.
        permission: who may use it: ``Public``, ``MSDN``, or ``Private`` for nobody else.
        attributes, market: what it is called among the images of its publisher.
    """

    regions: list[str]
    since: datetime
    permission: str
    attributes: ComputeImageAttributes = field(default_factory=ComputeImageAttributes)
    market: MarketplaceImageAttributes | None = None


@saved("extension-type")
@dataclass(slots=True, eq=False)
class ExtensionType(Lockable):
    """An extension that the subscription has published.

    Attributes:
        versions: by their numbers.
    """

    kind: ClassVar[str] = "extension"

    provider: str
    type: str
    versions: ByName[ExtensionImage] = field(default_factory=ByName)

    @property
    def name(self) -> str:
        """Provider and type."""
        return f"{self.provider}/{self.type}"
