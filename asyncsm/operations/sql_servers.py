"""SQL Database servers: their administrators, firewall rules, quotas, events and service level objectives."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

import pydantic

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import Reconcile
from asyncsm.operations.declaring import Family
from asyncsm.operations.facts import Ends
from asyncsm.operations.kinds import SECRET, IPAddress, Moment, Name, at_most, between
from asyncsm.polling import OperationHandle

SERVICE: Final = "SqlDatabaseManagementService"
EVIDENCE: Final = "[protocol 4.22] [lifecycles 12]"
SERVERS: Final = "services/sqlservers/servers"
SERVER: Final = SERVERS + "/{server_name}"
RULES: Final = SERVER + "/firewallrules"
SqlName: TypeAlias = Annotated[str, at_most(128)]

family: Final = Family(
    "SQL Database servers", service=SERVICE, evidence=EVIDENCE, ends=Ends.AT_ONCE, actions_listed=False
)


class SqlServerOperations(Caller):
    """Operations on servers, and on what belongs to a server as a whole."""

    @family.reads(SERVERS)
    async def list_servers(self) -> wire.sql_databases.Servers:
        """List the SQL Database servers of the subscription."""
        ...

    @family.acts(
        SERVERS,
        body=lambda: wire.sql_databases.CreateServer,
        fields={"administrator_login": "admin_login", "administrator_login_password": "admin_password"},
        otherwise="",
    )
    async def create_server(
        self,
        admin_login: Name,
        admin_password: Annotated[str | pydantic.SecretStr, SECRET],
        location: Name,
        *,
        version: Name | None = None,
    ) -> wire.sql_databases.CreateServerResponse:
        """Make a SQL Database server; the reply has the name that the service gave it.

        Args:
            admin_login: name of the administrator.
            admin_password: the administrator's; 8 to 128 characters of three kinds.
            location: the region.
            version: ``2.0`` or ``12.0``; the service's default if absent.

        Raises:
            OutcomeUnknown: the server was made, and the reply with its name was lost; see `list_servers`.
        """
        ...

    @family.acts(
        SERVER + "?op=ResetPassword",
        body=lambda: wire.sql_databases.AdministratorLoginPassword,
        reconcile=Reconcile.REPEAT,
    )
    async def set_server_admin_password(
        self, server_name: str, admin_password: Annotated[str | pydantic.SecretStr, SECRET]
    ) -> OperationHandle:
        """Give a server's administrator another password.

        REST: Set Server Administrator Password.

        Raises:
            ResourceNotFound: no such server.
        """
        ...

    @family.removes(SERVER)
    async def delete_server(self, server_name: str) -> OperationHandle:
        """Delete a server with all its databases.

        Raises:
            ResourceNotFound: no such server.
        """
        ...

    @family.reads(SERVER + "/serverquotas")
    async def list_quotas(self, server_name: str) -> wire.sql_databases.ServerQuotas:
        """List the quotas of a server.

        REST: List Server Quotas.

        Raises:
            ResourceNotFound: no such server.
        """
        ...

    @family.reads(SERVER + "/serverquotas/{quota_name}")
    async def get_quota(self, server_name: str, quota_name: str) -> wire.sql_databases.ServerQuota:
        """Read a quota of a server, such as ``server_dtu_quota``.

        REST: Get Server Quota.

        Raises:
            ResourceNotFound: no such server or quota.
        """
        ...

    @family.reads(
        SERVER + "/events?startDate={start_date}&intervalSizeInMinutes={interval_size_in_minutes}"
        "&eventTypes={event_types}"
    )
    async def get_server_event_logs(
        self,
        server_name: str,
        start_date: Moment,
        interval_size_in_minutes: Annotated[int, between(1)],
        event_types: str = "",
    ) -> wire.sql_databases.EventLogs:
        """Read what happened on a server, counted in intervals.

        Args:
            server_name: the server.
            start_date: the beginning.
            interval_size_in_minutes: 5, 60 or 1440.
            event_types: kinds of events, such as ``connection_successful``; all if empty.

        Raises:
            ResourceNotFound: no such server.
        """
        ...

    @family.reads(SERVER + "/serviceobjectives")
    async def list_service_level_objectives(self, server_name: str) -> wire.sql_databases.ServiceObjectives:
        """List the service level objectives, one of which a database of a server has.

        Raises:
            ResourceNotFound: no such server.
        """
        ...

    @family.reads(SERVER + "/serviceobjectives/{objective_id}")
    async def get_service_level_objective(
        self, server_name: str, objective_id: str
    ) -> wire.sql_databases.ServiceObjective:
        """Read a service level objective by its id.

        Raises:
            ResourceNotFound: no such server or objective.
        """
        ...

    @family.creates(RULES, at="/{name}", body=lambda: wire.sql_databases.FirewallRule)
    async def create_firewall_rule(
        self, server_name: str, name: SqlName, start_ip_address: IPAddress, end_ip_address: IPAddress
    ) -> OperationHandle:
        """Let addresses connect to a server.

        Args:
            server_name: the server.
            name: of the rule.
            start_ip_address: the first address; ``0.0.0.0`` as first and last means Azure's own.
            end_ip_address: the last address.

        Raises:
            ResourceNotFound: no such server.
        """
        ...

    @family.replaces(RULES + "/{name}", body=lambda: wire.sql_databases.FirewallRule, fields={"name": "name"})
    async def update_firewall_rule(
        self, server_name: str, name: SqlName, start_ip_address: IPAddress, end_ip_address: IPAddress
    ) -> OperationHandle:
        """Change the addresses of a firewall rule.

        Raises:
            ResourceNotFound: no such server or rule.
        """
        ...

    @family.removes(RULES + "/{name}")
    async def delete_firewall_rule(self, server_name: str, name: str) -> OperationHandle:
        """Delete a firewall rule of a server.

        Raises:
            ResourceNotFound: no such server or rule.
        """
        ...

    @family.reads(RULES)
    async def list_firewall_rules(self, server_name: str) -> wire.sql_databases.FirewallRules:
        """List the firewall rules of a server.

        Raises:
            ResourceNotFound: no such server.
        """
        ...

    @family.reads(RULES + "/{name}")
    async def get_firewall_rule(self, server_name: str, name: str) -> wire.sql_databases.FirewallRule:
        """Read a firewall rule of a server.

        Raises:
            ResourceNotFound: no such server or rule.
        """
        ...
