"""Backups of web sites in containers of storage accounts, and what is restored from them."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, SecretStr

from asyncsm.wire.base import OpenEnum, Wrapped, XmlList, XmlModel, repeated


class BackupItemStatus(OpenEnum):
    """The status of a backup."""

    IN_PROGRESS = "InProgress"
    FAILED = "Failed"
    SUCCEEDED = "Succeeded"
    TIMED_OUT = "TimedOut"
    CREATED = "Created"
    SKIPPED = "Skipped"
    PARTIALLY_SUCCEEDED = "PartiallySucceeded"


class FrequencyUnit(OpenEnum):
    """The unit of the time between two backups."""

    DAY = "Day"
    HOUR = "Hour"


class DatabaseBackupSetting(XmlModel):
    """A database that is backed up, or restored, with a site."""

    connection_string: SecretStr | None = None
    connection_string_name: str | None = None
    """The name of one of the connection strings in the site's configuration."""
    database_type: str | None = None
    """``SqlAzure`` or ``MySql``."""
    name: str | None = None


_Databases = Annotated[list[DatabaseBackupSetting], Wrapped("DatabaseBackupSetting")]


class BackupSchedule(XmlModel):
    """When backups are made by themselves, and for how long they are kept."""

    frequency_interval: int | None = None
    frequency_unit: FrequencyUnit | None = None
    keep_at_least_one_backup: bool | None = None
    last_execution_time: datetime | None = None
    retention_period_in_days: int | None = None
    start_time: datetime | None = None


class BackupRequest(XmlModel):
    """Request of Backup Web Site, and the configuration of its backups."""

    backup_schedule: BackupSchedule | None = None
    databases: _Databases = Field(default_factory=list)
    enabled: bool | None = None
    name: str | None = None
    storage_account_url: SecretStr | None = None
    """The URL of a container, with a signature that lets write there."""


class BackupItem(XmlModel):
    """A backup of a site."""

    blob_name: str | None = None
    correlation_id: str | None = None
    created: datetime | None = None
    databases: _Databases = Field(default_factory=list)
    finished_time_stamp: datetime | None = None
    last_restore_time_stamp: datetime | None = None
    log: str | None = None
    name: str | None = None
    scheduled: bool | None = None
    size_in_bytes: int | None = None
    status: BackupItemStatus | None = None
    storage_account_url: SecretStr | None = None


class BackupItems(XmlList[BackupItem]):
    """Reply of List Backups."""

    backup_items: list[BackupItem] = repeated(BackupItem)


class RestoreRequest(XmlModel):
    """Request of Restore Web Site and of Discover Backup, and the reply to the latter."""

    adjust_connection_strings: bool | None = None
    blob_name: str | None = None
    databases: _Databases = Field(default_factory=list)
    ignore_conflicting_host_names: bool | None = None
    overwrite: bool | None = None
    storage_account_url: SecretStr | None = None


class RestoreResponse(XmlModel):
    """Reply of Restore Web Site."""

    operation_id: str | None = None
