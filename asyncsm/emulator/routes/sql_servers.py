"""SQL Database servers: administrators, firewall rules, quotas, events and service level objectives."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from ipaddress import IPv4Address
from typing import Final

from asyncsm.emulator import catalogue, refusals
from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.collections import Immediate, Parameters, Verb
from asyncsm.emulator.naming import ByName, by_name
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import common_fields, sql
from asyncsm.emulator.rules.sql import SERVER, SERVERS, SQL, answered, described, refused, server_of
from asyncsm.emulator.sql import SqlDatabase, SqlFirewallRule, SqlServer
from asyncsm.emulator.state import Subscription
from asyncsm.wire import sql_databases as wire
from asyncsm.wire.document import Document

routes: RouteTable = RouteTable(SQL)

VERSIONS: Final = ("2.0", "12.0")
INTERVALS: Final = (5, 60, 1440)
"""Minutes in which events are counted [lifecycles 12] [guess]."""

_LOGIN: Final = re.compile(r"[A-Za-z_][\w@$#-]{0,127}", re.ASCII)
_NOBODY: Final = frozenset({"admin", "administrator", "sa", "root", "guest", "dbo", "public"})
"""Logins that the service has for itself [guess]."""


@routes.get(SERVERS, "ListServers")
def list_servers(call: Call) -> Reply:
    """List Servers, those of the subscription."""
    servers = by_name(call.subscription.sql_servers.values())
    return Reply(document=wire.Servers(server=[_shown(server) for server in servers]))


@routes.post(SERVERS, "CreateServer")
def create(call: Call) -> Reply:
    """Create Server, under a name that the service makes up (recorded in sql/create_server)."""
    wanted = call.body(wire.CreateServer)
    password = wanted.administrator_login_password.get_secret_value()
    login = wanted.administrator_login
    if _LOGIN.fullmatch(login) is None or login.lower() in _NOBODY:
        # [lifecycles 12] [guess]
        raise refused(15006, f"'{login}' is not a valid name because it contains invalid characters.")
    _require_password(password)
    version = wanted.version or VERSIONS[0]
    if version not in VERSIONS:
        raise refused(40618, f"The version '{version}' of the server is not valid.")  # [guess]
    servers, limit = call.subscription.sql_servers, call.subscription.quotas.sql_servers
    refusals.require_quota("SQL server count", limit, len(servers))  # [guess]
    name = _new_name(call)
    server = SqlServer(
        name=name,
        login=login,
        password=sql.digest(name, password),
        location=common_fields.known_location(wanted.location),
        created=call.now,
        version=version,
    )
    server.databases[sql.MASTER] = SqlDatabase(  # as recorded in sql/list_databases
        name=sql.MASTER,
        id=1,
        edition="System",
        max_size=5 * sql.GIGABYTE,
        collation=sql.COLLATION,
        objective=sql.SYSTEM_OBJECTIVE,
        assigned=sql.SYSTEM_OBJECTIVE,
        created=call.now,
        assigned_at=call.now,
    )
    servers[name] = server
    return Reply(
        201,
        wire.CreateServerResponse(fully_qualified_domain_name=server.domain_name, server_name=server.name),
    )


@routes.post(SERVER, "SetServerAdminPassword", query={"op": "ResetPassword"})
def set_password(call: Call) -> Reply:
    """Set Server Administrator Password (recorded in sql/set_server_admin_password)."""
    server = server_of(call)
    password = call.body(wire.AdministratorLoginPassword).admin_password.get_secret_value()
    _require_password(password)
    server.password = sql.digest(server.name, password)
    return answered()


@routes.delete(SERVER, "DeleteServer")
def delete(call: Call) -> Reply:
    """Delete Server, with all its databases (recorded in sql/delete_server)."""
    server = server_of(call)
    for other in call.subscription.sql_servers.values():
        for copy in list(other.copies.values()):
            if server.name in {copy.source, copy.target}:  # [guess]
                del other.copies[copy.name]
    del call.subscription.sql_servers[server.name]
    return Reply()


@routes.get(f"{SERVER}/serverquotas", "ListServerQuotas")
def list_quotas(call: Call) -> Reply:
    """List Server Quotas (recorded in sql/list_quotas)."""
    return answered(wire.ServerQuotas(server_quotas=[_quota(call, server_of(call))]))


@routes.get(f"{SERVER}/serverquotas/{{quotaName}}", "GetServerQuota")
def get_quota(call: Call) -> Reply:
    """Get Server Quota."""
    quota, name = _quota(call, server_of(call)), call.parameters["quotaName"]
    return answered(sql.required(quota if quota.name == name.lower() else None, name))


@routes.get(f"{SERVER}/events", "GetServerEventLogs")
def server_events(call: Call) -> Reply:
    """Get Server Event Logs; nobody can connect to the emulator's servers, so there is nothing to count."""
    server_of(call)
    return answered(_events(call))


@routes.get(f"{SERVER}/databases/{{databaseName}}/events", "GetDatabaseEventLogs")
def database_events(call: Call) -> Reply:
    """Get Database Event Logs; see `server_events`."""
    sql.database_of(call)
    return answered(_events(call))


@routes.get(f"{SERVER}/serviceobjectives", "ListServiceLevelObjectives")
def list_objectives(call: Call) -> Reply:
    """List Service Level Objectives (recorded in sql/list_service_level_objectives)."""
    server = server_of(call)
    found = [_objective(call, server, one) for one in catalogue.sql_service_objectives().values()]
    return answered(wire.ServiceObjectives(service_objectives=found))


@routes.get(f"{SERVER}/serviceobjectives/{{objectiveId}}", "GetServiceLevelObjective")
def get_objective(call: Call) -> Reply:
    """Get Service Level Objective (recorded in sql/get_service_objective_success)."""
    server, name = server_of(call), call.parameters["objectiveId"]
    found = sql.required(catalogue.sql_service_objectives().get(name), name)
    return answered(_objective(call, server, found))


class _Rules(Immediate[SqlFirewallRule, wire.FirewallRule]):
    resource: str = "FirewallRule"
    noun: str = "firewall rule"
    verbs: Sequence[Verb] = ("list", "read", "create", "put", "remove")
    path = f"{SERVER}/firewallrules"
    parameter = "ruleName"
    request = wire.FirewallRule

    def held(self, subscription: Subscription, parameters: Parameters) -> ByName[SqlFirewallRule]:
        return sql.server_named(subscription, parameters["serverName"]).firewall_rules

    def named(self, subscription: Subscription, parameters: Parameters, name: str) -> SqlFirewallRule:
        return sql.required(self.held(subscription, parameters).get(name), name)

    def require_new(self, call: Call, held: ByName[SqlFirewallRule], name: str) -> None:
        if not name:
            raise refused(40618, "The firewall rule name cannot be empty.")  # [lifecycles 12]
        if len(name) > 128:
            # [lifecycles 12]
            raise refused(40617, f"The firewall rule name that starts with {name[:20]} is too long.")
        if name in held:
            raise refused(40619, f"The firewall rule '{name}' already exists.", 409)  # [guess]
        limit = call.subscription.quotas.sql_firewall_rules_per_server
        if len(held) >= limit:
            raise refused(40611, f"Servers have a limit of {limit} firewall rules.")  # [lifecycles 12]

    def make(self, call: Call, name: str, wanted: wire.FirewallRule) -> SqlFirewallRule:
        start, end = _address(wanted.start_ip_address), _address(wanted.end_ip_address)
        if start > end:
            # [lifecycles 12]
            raise refused(40614, "Start IP address of firewall rule cannot exceed End IP address.")
        return SqlFirewallRule(name, str(start), str(end))

    def change(self, call: Call, thing: SqlFirewallRule, wanted: wire.FirewallRule) -> wire.FirewallRule:
        held, name = self.held(call.subscription, call.parameters), wanted.name or thing.name
        if name.lower() != thing.name.lower():
            self.require_new(call, held, name)
        changed = self.make(call, name, wanted)
        if name != thing.name:
            del held[thing.name]
            held[name] = thing
        thing.name, thing.start, thing.end = name, changed.start, changed.end
        return self.shown(call, thing)

    def shown(self, call: Call, thing: SqlFirewallRule) -> wire.FirewallRule:
        return wire.FirewallRule(
            name=thing.name,
            **described(call, server_of(call), "FirewallRule", f"firewallrules/{thing.name}"),
            start_ip_address=thing.start,
            end_ip_address=thing.end,
        )

    def listed(self, call: Call, things: Sequence[SqlFirewallRule]) -> wire.FirewallRules:
        found = by_name(things)  # [lifecycles 12]
        return wire.FirewallRules(firewall_rules=[self.shown(call, one) for one in found])

    def answered(self, document: Document | None = None, status: int = 200) -> Reply:
        return answered(document, status)


rules: Final = _Rules(routes)


def _shown(server: SqlServer) -> wire.Server:
    return wire.Server(
        name=server.name,
        administrator_login=server.login,
        location=server.location,
        fully_qualified_domain_name=server.domain_name,
        version=server.version,
        state=server.state,
    )


def _new_name(call: Call) -> str:
    taken = {name for owner in call.state.subscriptions.values() for name in owner.sql_servers}
    while True:
        letters = call.random.choices(string.ascii_lowercase + string.digits, k=9)
        name = call.random.choice(string.ascii_lowercase) + "".join(letters)
        if name not in taken:
            return name


def _require_password(password: str) -> None:
    kinds = (str.islower, str.isupper, str.isdigit, lambda one: not one.isalnum())
    if len(password) > 128:
        raise refused(40631, "The password that you specified is too long.")  # [lifecycles 12]
    if len(password) < 8:
        raise refused(40630, "Password validation failed. The password is too short.")  # [lifecycles 12]
    if sum(any(map(kind, password)) for kind in kinds) < 3:
        raise refused(40632, "Password validation failed. The password is not complex enough.")  # [guess]


def _quota(call: Call, server: SqlServer) -> wire.ServerQuota:
    name = "server_dtu_quota"
    value = call.subscription.quotas.sql_dtus_per_server
    return wire.ServerQuota(
        name=name, **described(call, server, "ServerQuota", f"serverquotas/{name}"), value=value
    )


def _events(call: Call) -> wire.EventLogs:
    for name in ("startDate", "intervalSizeInMinutes"):
        if not call.query.get(name.lower()):
            raise refusals.missing_query_parameter(name)  # [guess]
    if call.query["intervalsizeinminutes"] not in map(str, INTERVALS):
        raise refused(40622, f"The interval is one of {', '.join(map(str, INTERVALS))} minutes.")  # [guess]
    return wire.EventLogs()


def _objective(call: Call, server: SqlServer, objective: wire.ServiceObjective) -> wire.ServiceObjective:
    settings = [
        one.model_copy(update=described(call, server, "DimensionSetting", f"dimensionsettings/{one.id}"))
        for one in objective.dimension_settings
    ]
    own = described(call, server, "ServiceObjective", f"serviceobjectives/{objective.id}")
    return objective.model_copy(
        update={**own, "dimension_settings": wire.DimensionSettings(dimension_settings=settings)}
    )


def _address(text: str | None) -> IPv4Address:
    try:
        return IPv4Address(text or "")
    except ValueError:
        raise refused(40613, f"'{text}' is not a valid IP address.") from None  # [guess]
