"""SQL Database servers of a seed document, with what they have."""

from __future__ import annotations

from dataclasses import replace

from pydantic import SecretStr

from asyncsm.emulator.rules import sql
from asyncsm.emulator.rules.sql import SERVERS
from asyncsm.emulator.seeding.document import SqlServerSeed, SubscriptionContents
from asyncsm.emulator.seeding.places import Send, each_of
from asyncsm.emulator.sql import SqlServer
from asyncsm.emulator.state import Quotas, Subscription
from asyncsm.wire import sql_databases as wire


def plant_sql_servers(
    subscription: Subscription,
    send: Send,
    path: str,
    contents: SubscriptionContents,
) -> None:
    """Make the servers, and give each the name that the document says instead of the service's.

    Args:
        subscription: which gets them.
        send: makes a request.
        path: what precedes the names of the document's fields.
        contents: what the subscription is to have.
    """
    for place, seed, name in each_of(f"{path}sql_servers", contents.sql_servers):
        password = SecretStr(seed.administrator_password)
        body = wire.CreateServer(
            administrator_login=seed.administrator_login,
            administrator_login_password=password,
            location=seed.location or contents.location,
            version=seed.version,
        )
        send(place, "POST", SERVERS, body)
        made = list(subscription.sql_servers.values())[-1]
        _rename(subscription, made, name, seed)
        for number, rule in enumerate(seed.firewall_rules):
            inside = replace(place, field=f"{place.field}.firewall_rules[{number}]")
            send(
                inside,
                "POST",
                f"{SERVERS}/{name}/firewallrules",
                wire.FirewallRule.model_validate({**rule.model_dump(), "name": place.text(rule.name)}),
            )
        for inside, database, called in each_of(f"{place.field}.databases", seed.databases, place.index):
            wanted = database.model_dump(exclude={"name", "count"}, exclude_none=True)
            send(inside, "POST", f"{SERVERS}/{name}/databases", wire.Database(name=called, **wanted))


def _rename(subscription: Subscription, server: SqlServer, name: str, seed: SqlServerSeed) -> None:
    del subscription.sql_servers[server.name]
    server.name, server.password = name, sql.digest(name, seed.administrator_password)
    subscription.sql_servers[name] = server


def sql_quotas(wanted: Quotas, subscription: Subscription) -> dict[str, int]:
    """Return the quotas that are wanted, or those that what there is needs."""
    servers = subscription.sql_servers.values()
    rules = max((len(one.firewall_rules) for one in servers), default=0)
    databases = max((len(one.databases) - 1 for one in servers), default=0)
    return {
        "sql_servers": max(wanted.sql_servers, len(servers)),
        "sql_databases_per_server": max(wanted.sql_databases_per_server, databases),
        "sql_firewall_rules_per_server": max(wanted.sql_firewall_rules_per_server, rules),
        "sql_dtus_per_server": max(wanted.sql_dtus_per_server, *map(sql.dtus_of, servers), 0),
    }
