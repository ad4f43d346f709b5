"""Entities in cloud services: job collections with their jobs, HDInsight clusters, and add-ons of the store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final

from asyncsm.emulator.change_tracking import Entity
from asyncsm.emulator.naming import ByName
from asyncsm.emulator.progress import Lockable
from asyncsm.emulator.saved_names import saved
from asyncsm.wire.hdinsight import ClusterContainer

REMEMBERED: Final = 1000
"""Entries that a job's history has at most [lifecycles 15]."""


@saved("job-run")
@dataclass(frozen=True, slots=True)
class JobRun:
    """The outcome of one action of a job.

    Attributes:
        status: ``completed``, ``failed`` or ``postponed``.
        action: ``MainAction`` or ``ErrorAction``.
        repeat: which of the job's runs it was.
        retry: which try.
    """

    started: datetime
    ended: datetime
    state: str
    status: str
    message: str
    action: str
    repeat: int
    retry: int


@saved("scheduler-job")
@dataclass(slots=True, eq=False)
class ScheduledJob(Entity):
    """A job.

    Attributes:
        definition: what it does and when: the JSON object that was sent.
        begun: since when it recurs.
        next: when it runs next, if it does.
        turn: grows with each change, which makes what was on the agenda before void.
        is_running: its action is under way.
    """

    name: str
    definition: str = field(repr=False)
    begun: datetime
    state: str = "enabled"
    next: datetime | None = None
    last: datetime | None = None
    executions: int = 0
    failures: int = 0
    faults: int = 0
    turn: int = 0
    is_running: bool = False
    history: tuple[JobRun, ...] = ()

    def remember(self, run: JobRun) -> None:
        """Add to the history."""
        self.history = (*self.history, run)[-REMEMBERED:]


@saved("job-collection")
@dataclass(slots=True, eq=False)
class JobCollection(Lockable):
    """A job collection.

    Attributes:
        tag: its ``ETag``.
        most_jobs: less than its plan allows, if it says so.
        frequency, interval: likewise of how often jobs may run.
        operation: the last one on it.
    """

    kind: ClassVar[str] = "job collection"

    name: str
    plan: str
    tag: str
    label: str | None = None
    most_jobs: int | None = None
    frequency: str | None = None
    interval: int | None = None
    operation: str = "Create"
    jobs: ByName[ScheduledJob] = field(default_factory=ByName)


@saved("hdinsight-cluster")
@dataclass(slots=True, eq=False)
class Cluster(Lockable):
    """An HDInsight cluster.

    Attributes:
        wanted: what was asked for.
        tag: its ``ETag``.
    """

    kind: ClassVar[str] = "cluster"

    name: str
    wanted: ClusterContainer = field(repr=False)
    tag: str
    created: datetime
    updated: datetime
    state: str = "Accepted"

    @property
    def host_name(self) -> str:
        """The name of its gateway."""
        return f"{self.name}.azurehdinsight.net"

    @property
    def is_going(self) -> bool:
        """True if it is being deleted."""
        return self.state in {"DeletePending", "Deleting"}


@saved("add-on")
@dataclass(slots=True, eq=False)
class AddOn(Lockable):
    """An add-on of the store.

    Attributes:
        provider: who offers it.
        offer: what it is.
        tag: its ``ETag``.
        operation: the last one on it.
    """

    kind: ClassVar[str] = "add-on"

    provider: str
    offer: str
    name: str
    plan: str
    tag: str
    promotion_code: str | None = None
    operation: str = "Create"

    @property
    def key(self) -> str:
        """The name by which its cloud service knows it."""
        return f"{self.provider}/{self.offer}/{self.name}"


@saved("cloud-service")
@dataclass(slots=True, eq=False)
class CloudService(Lockable):
    """A container of resources in a region; no hosted service."""

    kind: ClassVar[str] = "cloud service"

    name: str
    label: str
    description: str
    region: str
    tag: str
    collections: ByName[JobCollection] = field(default_factory=ByName)
    clusters: ByName[Cluster] = field(default_factory=ByName)
    add_ons: ByName[AddOn] = field(default_factory=ByName)

    def resources(self) -> Iterator[Lockable]:
        """All that is in it."""
        yield from self.collections.values()
        yield from self.clusters.values()
        yield from self.add_ons.values()
