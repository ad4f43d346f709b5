"""Hybrid connections of web sites; nothing goes through them."""

from __future__ import annotations

from collections.abc import Sequence

from asyncsm.emulator.call import Call, Reply
from asyncsm.emulator.collections import Immediate, Parameters, Verb
from asyncsm.emulator.naming import ByName
from asyncsm.emulator.routing import RouteTable
from asyncsm.emulator.rules import websites
from asyncsm.emulator.rules.websites import SITE, SITES, answered
from asyncsm.emulator.state import Subscription
from asyncsm.wire import hybrid_connections as wire
from asyncsm.wire.document import Document

routes: RouteTable = RouteTable(SITES)

Connection = wire.RelayServiceConnectionEntity


class _Connections(Immediate[Connection, Connection]):
    resource: str = "HybridConnection"
    noun: str = "HybridConnection"
    verbs: Sequence[Verb] = ("list", "read", "create", "remove")
    path: str = f"{SITE}/hybridconnection"
    parameter: str = "hybridConnectionName"
    request = Connection

    def held(self, subscription: Subscription, parameters: Parameters) -> ByName[Connection]:
        space = websites.space_named(subscription, parameters["webspaceName"])
        return websites.site_named(space, parameters["siteName"]).hybrid_connections

    def named(self, subscription: Subscription, parameters: Parameters, name: str) -> Connection:
        found = self.held(subscription, parameters).get(name)
        if found is None:
            raise websites.missing(self.noun, name)
        return found

    def name_in(self, wanted: Connection) -> str:
        return wanted.entity_name or ""

    def require_new(self, call: Call, held: ByName[Connection], name: str) -> None:
        if name in held:
            raise websites.busy(f"Hybrid connection {name} already exists.")

    def make(self, call: Call, name: str, wanted: Connection) -> Connection:
        for field, info in Connection.model_fields.items():
            if info.alias is not None and getattr(wanted, field) in {None, ""}:
                raise websites.required(info.alias)
        if not 0 < (wanted.port or 0) < 2**16:
            raise websites.wrong("Port")
        return wanted

    def change(self, call: Call, thing: Connection, wanted: Connection) -> Connection:
        """Put what a PUT says over what there was [guess]."""
        said = {
            name: value for name, value in wanted if value is not None and name in wanted.model_fields_set
        }
        changed = self.make(call, thing.entity_name or "", thing.model_copy(update=said))
        self.held(call.subscription, call.parameters)[thing.entity_name or ""] = changed
        return changed

    def shown(self, call: Call, thing: Connection) -> Connection:
        return thing

    def listed(self, call: Call, things: Sequence[Connection]) -> wire.RelayServiceConnectionEntities:
        return wire.RelayServiceConnectionEntities(relay_service_connection_entities=list(things))

    def answered(self, document: Document | None = None, status: int = 200) -> Reply:
        return answered(document)


connections: _Connections = _Connections(routes)


@routes.put(connections.path, "UpdateHybridConnection")
def update(call: Call) -> Reply:
    """Update Hybrid Connection, which names it in the body only."""
    wanted = call.body(Connection)
    thing = connections.named(call.subscription, call.parameters, wanted.entity_name or "")
    connections.change(call, thing, wanted)
    return answered()
