"""SQL databases that come back from backups, and those that are imported from blobs or exported to them."""

from __future__ import annotations

from typing import Annotated, Final

import pydantic

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.operations.declaring import Family
from asyncsm.operations.facts import Ends
from asyncsm.operations.kinds import SECRET, BlobUrl, Moment, Name, between
from asyncsm.operations.sql_databases import Edition
from asyncsm.operations.sql_servers import EVIDENCE, SERVER, SERVERS, SERVICE, SqlName

SOURCE: Final = SERVERS + "/{source_server_name}"
DAC: Final = SERVER + "/DacOperations"

family: Final = Family(
    "backups of SQL databases", service=SERVICE, evidence=EVIDENCE, ends=Ends.AT_ONCE, actions_listed=False
)


def _export_input(
    fully_qualified_server_name: str,
    database_name: str,
    user_name: str,
    password: pydantic.SecretStr,
    blob_uri: str,
    storage_access_key: pydantic.SecretStr,
) -> wire.sql_backups.ExportInput:
    return wire.sql_backups.ExportInput(
        blob_credentials=wire.sql_backups.BlobCredentials(
            uri=blob_uri, storage_access_key=storage_access_key
        ),
        connection_info=wire.sql_backups.DatabaseConnection(
            database_name=database_name,
            password=password,
            server_name=fully_qualified_server_name,
            user_name=user_name,
        ),
    )


def _import_input(
    fully_qualified_server_name: str,
    database_name: str,
    user_name: str,
    password: pydantic.SecretStr,
    blob_uri: str,
    storage_access_key: pydantic.SecretStr,
    database_size_in_gb: int,
    edition: str | None,
) -> wire.sql_backups.ImportInput:
    export = _export_input(
        fully_qualified_server_name, database_name, user_name, password, blob_uri, storage_access_key
    )
    return wire.sql_backups.ImportInput(
        azure_edition=None if edition is None else wire.sql_databases.DatabaseEdition(edition),
        blob_credentials=export.blob_credentials,
        connection_info=export.connection_info,
        database_size_in_gb=database_size_in_gb,
    )


class SqlBackupOperations(Caller):
    """Operations on backups of databases, and on their imports and exports."""

    @family.reads(SERVER + "/recoverabledatabases?contentview=generic")
    async def list_recoverable_databases(self, server_name: str) -> wire.sql_backups.RecoverableDatabases:
        """List the databases of a server that can be recovered from their last backups.

        Raises:
            ResourceNotFound: no such server.
        """
        ...

    @family.reads(SERVER + "/recoverabledatabases/{database_name}")
    async def get_recoverable_database(
        self, server_name: str, database_name: str
    ) -> wire.sql_backups.RecoverableDatabase:
        """Read when a database was backed up last.

        Raises:
            ResourceNotFound: no such server or database.
        """
        ...

    @family.acts(
        SOURCE + "/recoverdatabaseoperations", body=lambda: wire.sql_backups.DatabaseRecovery, otherwise=""
    )
    async def recover_database(
        self,
        source_server_name: str,
        source_database_name: SqlName,
        target_server_name: Name | None = None,
        target_database_name: SqlName | None = None,
    ) -> wire.sql_backups.DatabaseRecovery:
        """Make a database of the last backup of another.

        Args:
            source_server_name: the server of the backup.
            source_database_name: the database that was backed up.
            target_server_name: the server that gets the new one, the same if absent.
            target_database_name: the new one's name, the same if absent.

        Raises:
            ResourceNotFound: no such server or backup.
            OutcomeUnknown: it was begun, and the reply was lost; see `list_database_operations`.
        """
        ...

    @family.reads(SERVER + "/restorabledroppeddatabases?contentview=generic")
    async def list_restorable_dropped_databases(
        self, server_name: str
    ) -> wire.sql_backups.RestorableDroppedDatabases:
        """List the deleted databases of a server that can be restored.

        Raises:
            ResourceNotFound: no such server.
        """
        ...

    @family.reads(SERVER + "/restorabledroppeddatabases/{entity_id}")
    async def get_restorable_dropped_database(
        self, server_name: str, entity_id: str
    ) -> wire.sql_backups.RestorableDroppedDatabase:
        """Read what is known of a deleted database, by its `entity_id`.

        Raises:
            ResourceNotFound: no such server or database.
        """
        ...

    @family.acts(
        SOURCE + "/restoredatabaseoperations", body=lambda: wire.sql_backups.DatabaseRecovery, otherwise=""
    )
    async def restore_database(
        self,
        source_server_name: str,
        source_database_name: SqlName,
        target_database_name: SqlName,
        target_server_name: Name | None = None,
        source_database_deletion_date: Moment | None = None,
        target_utc_point_in_time: Moment | None = None,
    ) -> wire.sql_backups.DatabaseRecovery:
        """Make a database as another was at some time, or of a deleted one.

        Args:
            source_server_name: the server of the other one.
            source_database_name: the other one.
            target_database_name: the new one's name.
            target_server_name: the server that gets it, the same if absent.
            source_database_deletion_date: when the other one was deleted; absent if it was not.
            target_utc_point_in_time: the time of which its content is; the latest if absent.

        Raises:
            ResourceNotFound: no such server or database.
            OutcomeUnknown: it was begun, and the reply was lost; see `list_database_operations`.
        """
        ...

    @family.acts(DAC + "/Export", body=lambda: wire.sql_backups.ExportInput, made=_export_input, otherwise="")
    async def export_database(
        self,
        server_name: str,
        fully_qualified_server_name: Name,
        database_name: SqlName,
        user_name: Name,
        password: Annotated[str | pydantic.SecretStr, SECRET],
        blob_uri: BlobUrl,
        storage_access_key: Annotated[str | pydantic.SecretStr, SECRET],
    ) -> wire.sql_backups.ImportExportId:
        """Begin to write a database to a blob; the reply has the id by which its status is asked.

        Args:
            server_name: the server.
            fully_qualified_server_name: the same with its domain, as `list_servers` tells it.
            database_name: the database.
            user_name: who may connect to it.
            password: that user's.
            blob_uri: URL of the blob, a ``.bacpac``.
            storage_access_key: a key of the blob's storage account.

        Raises:
            ResourceNotFound: no such server.
            OutcomeUnknown: it was begun, and the reply with the id was lost.
        """
        ...

    @family.acts(DAC + "/Import", body=lambda: wire.sql_backups.ImportInput, made=_import_input, otherwise="")
    async def import_database(
        self,
        server_name: str,
        fully_qualified_server_name: Name,
        database_name: SqlName,
        user_name: Name,
        password: Annotated[str | pydantic.SecretStr, SECRET],
        blob_uri: BlobUrl,
        storage_access_key: Annotated[str | pydantic.SecretStr, SECRET],
        database_size_in_gb: Annotated[int, between(1)],
        edition: Edition | None = None,
    ) -> wire.sql_backups.ImportExportId:
        """Begin to make a database of a blob; the reply has the id by which its status is asked.

        Args:
            server_name: the server.
            fully_qualified_server_name: the same with its domain, as `list_servers` tells it.
            database_name: the new database.
            user_name: the administrator.
            password: the administrator's.
            blob_uri: URL of the blob, a ``.bacpac``.
            storage_access_key: a key of the blob's storage account.
            database_size_in_gb: the new one's largest size.
            edition: the new one's service tier.

        Raises:
            ResourceNotFound: no such server.
            OutcomeUnknown: it was begun, and the reply with the id was lost.
        """
        ...

    @family.reads(
        DAC + "/Status?servername={fully_qualified_server_name}&username={user_name}&password={password}"
        "&reqId={import_export_id}"
    )
    async def get_import_export_status(
        self,
        server_name: str,
        fully_qualified_server_name: Name,
        user_name: Name,
        password: Annotated[str | pydantic.SecretStr, SECRET],
        import_export_id: Name,
    ) -> wire.sql_backups.StatusInfos:
        """Read how far an import or export has come; the password travels in the URL.

        Args:
            server_name: the server.
            fully_qualified_server_name: the same with its domain.
            user_name: who may connect to the database.
            password: that user's.
            import_export_id: as `import_database` and `export_database` returned it.

        Raises:
            ResourceNotFound: no such server.
        """
        ...

    @family.reads(
        DAC + "/Status",
        method="POST",
        body=lambda: wire.sql_backups.StatusInput,
        fields={"server_name": "fully_qualified_server_name"},
    )
    async def post_import_export_status(
        self,
        server_name: str,
        fully_qualified_server_name: Name,
        user_name: Name,
        password: Annotated[str | pydantic.SecretStr, SECRET],
        import_export_id: Name,
    ) -> wire.sql_backups.StatusInfos:
        """Read how far an import or export has come; the password travels in the body.

        Args:
            server_name: the server.
            fully_qualified_server_name: the same with its domain.
            user_name: who may connect to the database.
            password: that user's.
            import_export_id: as `import_database` and `export_database` returned it.

        Raises:
            ResourceNotFound: no such server.
        """
        ...
