"""Entities of Web Sites: web spaces, and the sites and web hosting plans in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from asyncsm.emulator.change_tracking import Entity
from asyncsm.emulator.naming import ByName
from asyncsm.emulator.progress import Lockable
from asyncsm.emulator.saved_names import saved
from asyncsm.wire.hybrid_connections import RelayServiceConnectionEntity
from asyncsm.wire.website_backups import BackupRequest

DNS_SUFFIX = "azurewebsites.net"


@saved("web-hosting-plan")
@dataclass(slots=True, eq=False)
class WebHostingPlan(Entity):
    """A web hosting plan, on the wire a server farm.

    Attributes:
        number: of workers that it has; ``Free`` and ``Shared`` ones have none of their own.
    """

    name: str
    sku: str = "Free"
    number: int = 0
    worker_size: str = "Small"
    admin_site: str | None = None


@saved("web-site-backup")
@dataclass(slots=True, eq=False)
class WebSiteBackup(Entity):
    """A backup of a site, which is a blob.

    Attributes:
        id: of the backup, a UUID.
        name: what the request calls it.
        blob: its name in its container.
        request: the request that it was made by.
        space, site: of which it is.
        configuration, host_names, plan: the site's at the time.
        slot_settings, slot_connections: likewise.
        problem: why it failed, or what of it did.
        by_schedule: nobody asked for it.
    """

    id: str
    name: str
    blob: str
    request: BackupRequest = field(repr=False)
    space: str
    site: str
    plan: str
    created: datetime
    configuration: str = field(repr=False)
    host_names: tuple[str, ...]
    slot_settings: tuple[str, ...] = ()
    slot_connections: tuple[str, ...] = ()
    has_repository: bool = False
    by_schedule: bool = False
    status: str = "Created"
    problem: str | None = None
    size: int = 0
    finished: datetime | None = None
    restored: datetime | None = None

    def is_of(self, space: WebSpace, site: WebSite) -> bool:
        """Tell whether it is of a site, and not of one that had its name before."""
        theirs = (self.space.lower(), self.site.lower())
        return theirs == (space.name.lower(), site.name.lower()) and self.created >= site.created


@saved("web-site")
@dataclass(slots=True, eq=False)
class WebSite(Lockable):
    """A site, or a slot of one.

    Attributes:
        name: ``name(slot)`` for a slot.
        plan: name of its web hosting plan.
        host_names: by which it is reached; the first is of its name.
        certificates: kind and thumbprint by host name.
        password: with which it is published.
        modified: moment of its last change.
        configuration: what has been set in it: a JSON object.
        slot_settings, slot_connections: names of what stays with a slot when slots are swapped.
        target_slot: the slot with whose settings it runs, until it is swapped or they are reset.
        own_configuration: what was set in it when that began.
        backup_configuration: when it is backed up by itself.
        backup_turn: counts the changes of that.
        last_backup: when it was last backed up by itself.
    """

    kind: ClassVar[str] = "web site"

    name: str
    plan: str
    host_names: tuple[str, ...]
    password: str = field(repr=False)
    created: datetime
    modified: datetime
    compute_mode: str | None = None
    site_mode: str | None = None
    state: str = "Running"
    certificates: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    has_repository: bool = False
    configuration: str = field(default="{}", repr=False)
    slot_settings: tuple[str, ...] = ()
    slot_connections: tuple[str, ...] = ()
    target_slot: str | None = None
    own_configuration: str | None = field(default=None, repr=False)
    hybrid_connections: ByName[RelayServiceConnectionEntity] = field(default_factory=ByName)
    backup_configuration: BackupRequest | None = field(default=None, repr=False)
    backup_turn: int = 0
    last_backup: datetime | None = None

    def changes(self, now: datetime) -> None:
        """Take note of a change; of two at the same moment the second is later all the same."""
        self.modified = max(now, self.modified + timedelta(milliseconds=1))

    @property
    def dns_name(self) -> str:
        """First label of its own host name; a slot has a hyphen where its name has a bracket."""
        return self.name.rstrip(")").replace("(", "-")

    @property
    def default_host_name(self) -> str:
        """The host name that the service gave it, in small letters whatever its name has. [rec web_sites, 4 of 4]"""
        return f"{self.dns_name}.{DNS_SUFFIX}".lower()

    @property
    def repository_host_name(self) -> str:
        """The host name of what is inside it."""
        return f"{self.dns_name}.scm.{DNS_SUFFIX}".lower()

    @property
    def user(self) -> str:
        """The name with which it is published."""
        return f"${self.name}"


@saved("web-space")
@dataclass(slots=True, eq=False)
class WebSpace(Entity):
    """The sites and plans of a subscription in a region."""

    name: str
    region: str
    sites: ByName[WebSite] = field(default_factory=ByName)
    plans: ByName[WebHostingPlan] = field(default_factory=ByName)

    def on(self, plan: WebHostingPlan) -> Iterator[WebSite]:
        """Yield the sites of a plan."""
        return (site for site in self.sites.values() if site.plan.lower() == plan.name.lower())

    def slots_of(self, site: WebSite) -> list[WebSite]:
        """Return the slots of a site."""
        return [one for one in self.sites.values() if one.name.lower().startswith(f"{site.name.lower()}(")]
