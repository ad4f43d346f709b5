"""Alert rules, HDInsight clusters and add-ons in a seed document."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from asyncsm.emulator.seeding.parts import Location, Repeated

_CloudService = Annotated[str, Field(min_length=1, description="Made where there is none.")]


class ClusterSeed(Repeated):
    """An HDInsight cluster that runs, with its cloud service."""

    storage_account: Annotated[str, Field(min_length=1, description="The account with its files.")]
    cloud_service: _CloudService = "hdinsight"
    location: Location = None
    username: str = "admin"
    password: str = "Passw0rd!"  # noqa: S105 - of nothing that is there
    data_nodes: Annotated[int, Field(ge=1)] = 4
    version: str = "default"


class AddOnSeed(Repeated):
    """An add-on of the store, with its cloud service."""

    provider: Annotated[str, Field(min_length=1)]
    offer: Annotated[str, Field(min_length=1)]
    plan: Annotated[str, Field(min_length=1)] = "free"
    cloud_service: _CloudService = "store"
    location: Location = None


class AlertRuleSeed(Repeated):
    """An alert rule; if its condition holds for 0, with an incident that goes on."""

    resource: Annotated[str, Field(description="Such as `/hostedservices/shop/deployments/v1/roles/web`.")]
    metric: str = "Percentage CPU"
    operator: Annotated[str, Field(pattern="^(Greater|Less)Than(OrEqual)?$")] = "GreaterThan"
    threshold: float = 80.0
    window: Annotated[str, Field(description="A duration.")] = "PT5M"
    enabled: bool = True
