"""Backups of web sites, and sites that are restored from them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, cast

import pydantic

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.operations.declaring import Family
from asyncsm.operations.facts import Ends
from asyncsm.operations.kinds import SIGNED, Moment, Name, between, one_of
from asyncsm.operations.websites import EVIDENCE, SERVICE, SITE
from asyncsm.polling import OperationHandle

BACKUP: Final = SITE + "/backup"
RESTORE: Final = SITE + "/restore"

family: Final = Family(
    "backups of web sites", service=SERVICE, evidence=EVIDENCE, ends=Ends.AT_ONCE, actions_listed=False
)


def _configuration(
    storage_account_url: pydantic.SecretStr,
    enabled: bool,
    frequency_interval: int,
    frequency_unit: str,
    retention_period_in_days: int,
    keep_at_least_one_backup: bool,
    start_time: str | None,
    name: str | None,
    databases: list[wire.website_backups.DatabaseBackupSetting] | None,
) -> wire.website_backups.BackupRequest:
    return wire.website_backups.BackupRequest(
        backup_schedule=wire.website_backups.BackupSchedule(
            frequency_interval=frequency_interval,
            frequency_unit=wire.website_backups.FrequencyUnit(frequency_unit),
            keep_at_least_one_backup=keep_at_least_one_backup,
            retention_period_in_days=retention_period_in_days,
            start_time=cast("datetime | None", start_time),  # the model reads text
        ),
        databases=databases or [],
        enabled=enabled,
        name=name,
        storage_account_url=storage_account_url,
    )


def _discovery(
    storage_account_url: pydantic.SecretStr, blob_name: str
) -> wire.website_backups.RestoreRequest:
    return wire.website_backups.RestoreRequest(
        adjust_connection_strings=False,
        blob_name=blob_name,
        ignore_conflicting_host_names=False,
        overwrite=False,
        storage_account_url=storage_account_url,
    )


class WebsiteBackupOperations(Caller):
    """Operations on backups; they are in containers of storage accounts, and outlive their sites there."""

    @family.acts(BACKUP, method="PUT", body=lambda: wire.website_backups.BackupRequest, otherwise="")
    async def backup_site(
        self,
        webspace_name: str,
        website_name: str,
        storage_account_url: Annotated[str | pydantic.SecretStr, SIGNED],
        name: Name | None = None,
        databases: Sequence[wire.website_backups.DatabaseBackupSetting] | None = None,
    ) -> wire.website_backups.BackupItem:
        """Begin a backup of a site; `list_site_backups` tells when it is done.

        REST: Backup Web Site.

        Args:
            webspace_name: its web space.
            website_name: its name; ``name(slot)`` for one of its slots.
            storage_account_url: URL of a container, with a signature that lets write there.
            name: beginning of the blob's name, that of the site if absent.
            databases: databases to back up, too.

        Raises:
            ResourceNotFound: no such site.
            Conflict: its plan is neither Standard nor Premium, or another backup of it is under way.
            OutcomeUnknown: it was begun, and the reply was lost; see `list_site_backups`.
        """
        ...

    @family.reads(BACKUP + "/config")
    async def get_backup_configuration(
        self, webspace_name: str, website_name: str
    ) -> wire.website_backups.BackupRequest:
        """Read when a site is backed up by itself, and to where.

        Raises:
            ResourceNotFound: no such site, or nobody has said so.
        """
        ...

    @family.replaces(BACKUP + "/config", body=lambda: wire.website_backups.BackupRequest, made=_configuration)
    async def update_backup_configuration(
        self,
        webspace_name: str,
        website_name: str,
        storage_account_url: Annotated[str | pydantic.SecretStr, SIGNED],
        enabled: bool = True,
        frequency_interval: Annotated[int, between(1)] = 1,
        frequency_unit: Annotated[str, one_of(("Day", "Hour"))] = "Day",
        retention_period_in_days: Annotated[int, between(0)] = 30,
        keep_at_least_one_backup: bool = True,
        start_time: Moment | None = None,
        name: Name | None = None,
        databases: Sequence[wire.website_backups.DatabaseBackupSetting] | None = None,
    ) -> OperationHandle:
        """Say when a site is to be backed up by itself, and to where.

        Args:
            webspace_name: its web space.
            website_name: its name; ``name(slot)`` for one of its slots.
            storage_account_url: URL of a container, with a signature that lets write there.
            enabled: false to have no more backups made.
            frequency_interval: days or hours between two backups.
            frequency_unit: ``Day`` or ``Hour``.
            retention_period_in_days: days for which a backup is kept, 0 for ever.
            keep_at_least_one_backup: keep the last one, however old it is.
            start_time: moment of the first backup, now if absent.
            name: beginning of the blobs' names, that of the site if absent.
            databases: databases to back up, too.

        Raises:
            ResourceNotFound: no such site.
            Conflict: its plan is neither Standard nor Premium.
        """
        ...

    @family.reads(RESTORE)
    async def list_site_backups(
        self, webspace_name: str, website_name: str
    ) -> wire.website_backups.BackupItems:
        """List the backups of a site, also those under way and those that failed.

        REST: List Backups.

        Raises:
            ResourceNotFound: no such site.
        """
        ...

    @family.acts(
        RESTORE, method="PUT", body=lambda: wire.website_backups.RestoreRequest, ends=Ends.SITE_OPERATION
    )
    async def restore_site(
        self,
        webspace_name: str,
        website_name: str,
        storage_account_url: Annotated[str | pydantic.SecretStr, SIGNED],
        blob_name: Name,
        overwrite: bool = False,
        databases: Sequence[wire.website_backups.DatabaseBackupSetting] | None = None,
        ignore_conflicting_host_names: bool = False,
        adjust_connection_strings: bool = False,
    ) -> OperationHandle:
        """Make a site, or make one again, as a backup has it.

        REST: Restore Web Site.

        Args:
            webspace_name: the web space, which has to be there.
            website_name: the site to be; it may be another than the backup is of.
            storage_account_url: URL of the backup's container, with a signature that lets read there.
            blob_name: the backup, `blob_name` of a `BackupItem`.
            overwrite: true if the site is there and is to be overwritten, false if it is not there.
            databases: databases to restore, too, with the connection strings they are to have.
            ignore_conflicting_host_names: leave out host names that another site has, which fails otherwise.
            adjust_connection_strings: put the connection strings of `databases` into the site's configuration.

        Raises:
            ResourceNotFound: no such web space or backup, or there is no site to be overwritten.
            Conflict: there is such a site, and it is not to be overwritten; or something goes on with it.
        """
        ...

    @family.reads(
        RESTORE + "/discover",
        method="PUT",
        body=lambda: wire.website_backups.RestoreRequest,
        made=_discovery,
    )
    async def discover_backup(
        self,
        webspace_name: str,
        website_name: str,
        storage_account_url: Annotated[str | pydantic.SecretStr, SIGNED],
        blob_name: Name,
    ) -> wire.website_backups.RestoreRequest:
        """Read what is in a backup: a request to restore it, with its databases.

        Args:
            webspace_name: the web space.
            website_name: the site that is to be restored from it.
            storage_account_url: URL of the backup's container, with a signature that lets read there.
            blob_name: the backup, `blob_name` of a `BackupItem`.

        Raises:
            ResourceNotFound: no such web space, site or backup.
        """
        ...
