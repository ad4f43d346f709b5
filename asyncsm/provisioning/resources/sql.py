"""SQL Database servers, with their firewall rules and databases.

The service makes up the name of a server, and tells it in a reply that may be lost. So a server is known
by its administrator, whom the plan names: a server that has this administrator is the plan's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from asyncsm.errors import AlreadyExists, InvalidArgument, OutcomeUnknown
from asyncsm.polling import OperationHandle
from asyncsm.provisioning.resources.base import ALL, Resource, Site, Wanted, missing
from asyncsm.provisioning.resources.difference import Difference
from asyncsm.provisioning.sibling_specs import FirewallRuleSpec, SqlDatabaseSpec, SqlServerSpec
from asyncsm.provisioning.specs import Part
from asyncsm.wire.sql_databases import Database, FirewallRule, Server


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


async def _name(site: Site, name: str) -> str:
    return (await _server(site, name)).name or ""


class SqlServerResource(Resource[Server, SqlServerSpec]):
    """A SQL Database server."""

    kind: ClassVar[str] = "sql_server"
    entry: ClassVar[type[Part]] = SqlServerSpec
    creates: str = "CreateServer"
    deletes: str = "DeleteServer"
    at_once: ClassVar[frozenset[str]] = ALL
    fixed: ClassVar[Sequence[str]] = ("location", "version")

    def secrets(self, base: Path) -> Iterator[str]:
        """Yield the password of its administrator."""
        yield self.spec.admin_password.reveal(base).get_secret_value()

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
        try:
            # A look at the list above tells more than the list of operations, which knows no names.
            with site.sms.session.in_doubt(None):
                made = await site.sql.create_server(
                    spec.name, password, spec.location or "", version=spec.version
                )
        except OutcomeUnknown:
            found = await self.find(site)
            if found is None:
                raise
            return site.sms.completed(found, self.creates)
        return site.sms.completed(made, self.creates)

    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:
        found = await self._read(site)
        del site.sql_servers[self.name.lower()]
        return await site.sql.delete_server(found.name or "")


class FirewallRuleResource(Resource[FirewallRule, FirewallRuleSpec]):
    """A firewall rule of a SQL server."""

    kind: ClassVar[str] = "sql_firewall_rule"
    entry: ClassVar[type[Part]] = FirewallRuleSpec
    inside: ClassVar[str] = "sql_server"
    creates: str = "CreateFirewallRule"
    deletes: str = "DeleteFirewallRule"
    at_once: ClassVar[frozenset[str]] = ALL
    mended: ClassVar[Sequence[str]] = ("start_ip_address", "end_ip_address")

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, FirewallRule]]:
        return [(one.name, one) for one in await site.sql.list_firewall_rules(await _name(site, owner))]

    async def _read(self, site: Site) -> FirewallRule:
        return await site.sql.get_firewall_rule(await _name(site, self.owner), self.spec.name)

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Make the rule."""
        spec, server = self.spec, await _name(site, self.owner)
        return await site.sql.create_firewall_rule(
            server, spec.name, spec.start_ip_address, spec.end_ip_address
        )

    async def change(
        self, site: Site, found: FirewallRule, differences: Sequence[Difference]
    ) -> OperationHandle:
        """Set its addresses."""
        spec, server = self.spec, await _name(site, self.owner)
        return await site.sql.update_firewall_rule(
            server, spec.name, spec.start_ip_address, spec.end_ip_address
        )

    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:
        return await site.sql.delete_firewall_rule(await _name(site, self.owner), self.spec.name)


class SqlDatabaseResource(Resource[Database, SqlDatabaseSpec]):
    """A database of a SQL server."""

    kind: ClassVar[str] = "sql_database"
    entry: ClassVar[type[Part]] = SqlDatabaseSpec
    inside: ClassVar[str] = "sql_server"
    creates: str = "CreateDatabase"
    deletes: str = "DeleteDatabase"
    at_once: ClassVar[frozenset[str]] = ALL
    fixed: ClassVar[Sequence[str]] = ("collation_name",)
    mended: ClassVar[Sequence[str]] = ("edition", "service_objective_id", "max_size_bytes")

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, Database]]:
        return [(one.name, one) for one in await site.sql.list_databases(await _name(site, owner))]

    async def _read(self, site: Site) -> Database:
        return await site.sql.get_database(await _name(site, self.owner), self.spec.name)

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Make the database."""
        spec = self.spec
        return await site.sql.create_database(
            await _name(site, self.owner),
            spec.name,
            spec.service_objective_id,
            spec.edition,
            spec.collation_name,
            spec.max_size_bytes,
        )

    async def change(self, site: Site, found: Database, differences: Sequence[Difference]) -> OperationHandle:
        """Give it another edition, size or performance."""
        spec, server = self.spec, await _name(site, self.owner)
        return await site.sql.update_database(
            server, spec.name, None, spec.service_objective_id, spec.edition, spec.max_size_bytes
        )

    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:
        return await site.sql.delete_database(await _name(site, self.owner), self.spec.name)
