"""Databases of SQL Database servers, how they change, and their copies."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final, TypeAlias

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import Reconcile
from asyncsm.operations.binding import request_of
from asyncsm.operations.declaring import Family
from asyncsm.operations.facts import Ends
from asyncsm.operations.kinds import Moment, Name, between, one_of
from asyncsm.operations.sql_servers import EVIDENCE, SERVER, SERVERS, SERVICE, SqlName
from asyncsm.polling import OperationHandle

DATABASES: Final = SERVER + "/databases"
DATABASE: Final = DATABASES + "/{database_name}"
COPIES: Final = DATABASE + "/databasecopies"
COPY: Final = COPIES + "/{copy_name}"
OPERATIONS: Final = SERVER + "/databaseoperations"

EDITIONS: Final = ("Web", "Business", "Basic", "Standard", "Premium")
Edition: TypeAlias = Annotated[str, one_of(EDITIONS)]
Bytes: TypeAlias = Annotated[int, between(1)]

family: Final = Family(
    "SQL databases", service=SERVICE, evidence=EVIDENCE, ends=Ends.AT_ONCE, actions_listed=False
)


class SqlDatabaseOperations(Caller):
    """Operations on databases and their copies."""

    @family.reads(SERVERS + "/{name}/databases?contentview=generic")
    async def list_databases(self, name: str) -> wire.sql_databases.Databases:
        """List the databases of the server called `name`, ``master`` among them.

        Raises:
            ResourceNotFound: no such server.
        """
        ...

    @family.reads(DATABASES + "/{name}")
    async def get_database(self, server_name: str, name: str) -> wire.sql_databases.Database:
        """Read a database of a server.

        Raises:
            ResourceNotFound: no such server or database.
        """
        ...

    @family.creates(DATABASES, at="/{name}", body=lambda: wire.sql_databases.Database)
    async def create_database(
        self,
        server_name: str,
        name: SqlName,
        service_objective_id: Name,
        edition: Edition | None = None,
        collation_name: Name | None = None,
        max_size_bytes: Bytes | None = None,
    ) -> OperationHandle:
        """Make a database.

        Args:
            server_name: the server.
            name: unique on the server.
            service_objective_id: its performance; see `list_service_level_objectives`.
            edition: the service tier, ``Web`` if absent.
            collation_name: ``SQL_Latin1_General_CP1_CI_AS`` if absent.
            max_size_bytes: one of the sizes of its edition; the smallest if absent.

        Raises:
            ResourceNotFound: no such server.
            AlreadyExists: there is such a database.
        """
        ...

    @family.replaces(
        DATABASES + "/{name}", body=lambda: wire.sql_databases.Database, fields={"name": "new_database_name"}
    )
    async def update_database(
        self,
        server_name: str,
        name: str,
        new_database_name: SqlName | None = None,
        service_objective_id: Name | None = None,
        edition: Edition | None = None,
        max_size_bytes: Bytes | None = None,
    ) -> OperationHandle:
        """Rename a database, or give it another edition, size or performance.

        Args:
            server_name: the server.
            name: the database.
            new_database_name: its name from now on.
            service_objective_id: its performance from now on.
            edition: its service tier from now on.
            max_size_bytes: its size from now on.

        Raises:
            ResourceNotFound: no such server or database.
        """
        request = request_of(
            SqlDatabaseOperations.update_database,
            *(server_name, name, new_database_name, service_objective_id, edition, max_size_bytes),
        )
        if new_database_name is not None and new_database_name.lower() != name.lower():
            # Sent again, it would not find the database under its old name.
            request = replace(request, reconcile=Reconcile.UNLISTED)
        return await self.start(request)

    @family.removes(DATABASES + "/{name}")
    async def delete_database(self, server_name: str, name: str) -> OperationHandle:
        """Delete a database; it can be restored for a while.

        Raises:
            ResourceNotFound: no such server or database.
        """
        ...

    @family.reads(
        DATABASE + "/events?startDate={start_date}&intervalSizeInMinutes={interval_size_in_minutes}"
        "&eventTypes={event_types}"
    )
    async def get_database_event_logs(
        self,
        server_name: str,
        database_name: str,
        start_date: Moment,
        interval_size_in_minutes: Annotated[int, between(1)],
        event_types: str = "",
    ) -> wire.sql_databases.EventLogs:
        """Read what happened in a database, counted in intervals.

        Args:
            server_name: the server.
            database_name: the database.
            start_date: the beginning.
            interval_size_in_minutes: 5, 60 or 1440.
            event_types: kinds of events, such as ``connection_successful``; all if empty.

        Raises:
            ResourceNotFound: no such server or database.
        """
        ...

    @family.reads(OPERATIONS + "?contentview=generic")
    async def list_database_operations(self, server_name: str) -> wire.sql_databases.DatabaseOperations:
        """List the changes of all databases of a server, the latest last.

        Raises:
            ResourceNotFound: no such server.
        """
        ...

    @family.reads(OPERATIONS + "?databaseName={database_name}")
    async def list_operations_of_database(
        self, server_name: str, database_name: Name
    ) -> wire.sql_databases.DatabaseOperations:
        """List the changes of one database of a server.

        Raises:
            ResourceNotFound: no such server.
        """
        ...

    @family.reads(OPERATIONS + "/{operation_id}")
    async def get_database_operation(
        self, server_name: str, operation_id: str
    ) -> wire.sql_databases.DatabaseOperation:
        """Read how far a change of a database has come.

        Raises:
            ResourceNotFound: no such server or change.
        """
        ...

    @family.reads(COPIES)
    async def list_database_copies(
        self, server_name: str, database_name: str
    ) -> wire.sql_databases.DatabaseCopies:
        """List the copies of a database that are under way, or kept up to date.

        Raises:
            ResourceNotFound: no such server or database.
        """
        ...

    @family.reads(COPY)
    async def get_database_copy(
        self, server_name: str, database_name: str, copy_name: str
    ) -> wire.sql_databases.DatabaseCopy:
        """Read how far a copy of a database has come.

        Raises:
            ResourceNotFound: no such server, database or copy.
        """
        ...

    @family.acts(COPIES, body=lambda: wire.sql_databases.DatabaseCopyRequest, otherwise="")
    async def create_database_copy(
        self,
        server_name: str,
        database_name: str,
        partner_server: Name,
        partner_database: SqlName,
        is_continuous: bool = False,
        is_offline_secondary: bool = False,
    ) -> wire.sql_databases.DatabaseCopy:
        """Begin to copy a database, once or continuously.

        Args:
            server_name: the server of the database.
            database_name: the database.
            partner_server: the server that gets the copy.
            partner_database: the copy's name there.
            is_continuous: keep the copy up to date.
            is_offline_secondary: nobody can connect to the copy while it is kept up to date.

        Raises:
            ResourceNotFound: no such server or database.
            OutcomeUnknown: the copy was begun, and the reply was lost; see `list_database_copies`.
        """
        ...

    @family.replaces(COPY, body=lambda: wire.sql_databases.DatabaseCopyRequest)
    async def update_database_copy(
        self, server_name: str, database_name: str, copy_name: str, is_forced_terminate: bool | None = None
    ) -> OperationHandle:
        """Say of a continuous copy whether it ends at once, without what is still on its way.

        Raises:
            ResourceNotFound: no such server, database or copy.
        """
        ...

    @family.removes(COPY)
    async def delete_database_copy(
        self, server_name: str, database_name: str, copy_name: str
    ) -> OperationHandle:
        """End a copy; the copied database stays, on its own.

        Raises:
            ResourceNotFound: no such server, database or copy.
        """
        ...
