"""SQL Database servers, with their firewall rules and databases.

The service makes up the name of a server, and tells it in a reply that may be lost. So a server is known
by its administrator, whom the plan names: a server that has this administrator is the plan's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from asyncsm.errors import AlreadyExists, InvalidArgument, OutcomeUnknown
from asyncsm.operations.sql_databases import SqlDatabaseOperations
from asyncsm.operations.sql_servers import SqlServerOperations
from asyncsm.polling import OperationHandle
from asyncsm.provisioning.resources.base import F, Operations, Resource, S, Wanted
from asyncsm.provisioning.resources.site import Site, missing
from asyncsm.provisioning.sibling_specs import FirewallRuleSpec, SqlDatabaseSpec, SqlServerSpec
from asyncsm.wire.sql_databases import CreateServerResponse, Database, FirewallRule, Server


def _picked(servers: Iterable[Server], name: str) -> Server | None:
    """Return the server with this administrator, or of this name.

    Raises:
        InvalidArgument: several have this administrator.
    """
    known = list(servers)
    found = [one for one in known if name.lower() == (one.administrator_login or "").lower()]
    if len(found) > 1:
        names = ", ".join(one.name or "" for one in found)
        raise InvalidArgument("sql_servers", f"{names} all have the administrator {name}: which is meant?")
    return next(iter(found or [one for one in known if one.name == name]), None)


async def _server(site: Site, name: str) -> Server:
    found = site.sql_servers.get(name.lower()) or _picked(await site.sql.list_servers(), name)
    if found is None:
        raise missing(f"SQL server of {name}")
    site.sql_servers[name.lower()] = found
    return found


class _OnServer(Resource[F, S]):
    """Something on a SQL server, whose name the service has made up."""

    inside: ClassVar[str] = "sql_server"

    @classmethod
    async def _owner(cls, site: Site, owner: str) -> tuple[str, ...]:
        return ((await _server(site, owner)).name or "",)


class SqlServerResource(Resource[Server, SqlServerSpec]):
    """A SQL Database server."""

    kind: ClassVar[str] = "sql_server"
    fixed: ClassVar[Sequence[str]] = ("location", "version")
    operations: Operations = Operations.named(SqlServerOperations, "server")

    @classmethod
    async def survey(cls, site: Site, wanted: Wanted[Server]) -> Mapping[str, Server]:
        """List all servers once."""
        servers = await site.sql.list_servers()
        found = {one.key: _picked(servers, one.name) for one in wanted}
        return {key: one for key, one in found.items() if one is not None}

    async def _read(self, site: Site) -> Server:
        site.sql_servers.pop(self.name.lower(), None)
        return await _server(site, self.name)

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Make the server, unless one with this administrator has come about."""
        if doubtful and await self.find(site) is not None:
            raise AlreadyExists("Conflict", f"{self.name} has a server.", status=409, request_id=None)
        spec = self.spec
        password = spec.admin_password.reveal(site.base)
        made: CreateServerResponse | Server | None
        try:
            # A look at the list above tells more than the list of operations, which knows no names.
            with site.sms.session.in_doubt(None):
                made = await site.sql.create_server(
                    spec.name, password, spec.location or "", version=spec.version
                )
        except OutcomeUnknown:
            made = await self.find(site)
            if made is None:
                raise
        return site.sms.completed(made, self.operation("create").operation)

    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:
        found = await self._read(site)
        del site.sql_servers[self.name.lower()]
        return await site.sql.delete_server(found.name or "")


class FirewallRuleResource(_OnServer[FirewallRule, FirewallRuleSpec]):
    """A firewall rule of a SQL server."""

    kind: ClassVar[str] = "sql_firewall_rule"
    mended: ClassVar[Sequence[str]] = ("start_ip_address", "end_ip_address")
    operations: Operations = Operations.named(SqlServerOperations, "firewall_rule")


class SqlDatabaseResource(_OnServer[Database, SqlDatabaseSpec]):
    """A database of a SQL server."""

    kind: ClassVar[str] = "sql_database"
    fixed: ClassVar[Sequence[str]] = ("collation_name",)
    mended: ClassVar[Sequence[str]] = ("edition", "service_objective_id", "max_size_bytes")
    operations: Operations = Operations.named(SqlDatabaseOperations, "database")
