"""Add-ons of the store, which are resources of cloud services."""

from datetime import datetime
from typing import ClassVar

from asyncsm.wire.base import XmlModel


class AddOnInput(XmlModel):
    """Request that buys an add-on or changes its plan."""

    xml_root: ClassVar[str] = "Resource"

    type: str
    plan: str
    promotion_code: str | None = None


class EntitleResource(XmlModel):
    """Request that lets a subscription have resources of a kind."""

    resource_provider_name_space: str
    type: str
    registration_date: datetime
