"""SqlDatabaseManagementService: SQL Database servers and databases, as the old SDK's class of that name."""

from __future__ import annotations

from asyncsm.operations.operation_status import OperationStatusOperations
from asyncsm.operations.raw import RawOperations
from asyncsm.operations.sql_backups import SqlBackupOperations
from asyncsm.operations.sql_databases import SqlDatabaseOperations
from asyncsm.operations.sql_servers import SqlServerOperations
from asyncsm.services.base import SessionCaller


class SqlDatabaseManagementService(
    SqlServerOperations,
    SqlDatabaseOperations,
    SqlBackupOperations,
    OperationStatusOperations,
    RawOperations,
    SessionCaller,
):
    """The SQL Database servers of one subscription; takes the arguments of `ServiceManagementService`.

    Use it beside that over one session: ``SqlDatabaseManagementService(session=sms.session)``. The service
    is done with nearly everything when it answers. Copies, recoveries, imports and exports go on, and are
    asked for by what their replies name.
    """
