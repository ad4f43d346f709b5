"""Hybrid connections of web sites."""

from __future__ import annotations

from typing import Annotated, Final

import pydantic

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.operations.declaring import Family
from asyncsm.operations.facts import Ends
from asyncsm.operations.kinds import SECRET, Name, between
from asyncsm.operations.websites import EVIDENCE, SERVICE, SITE
from asyncsm.polling import OperationHandle
from asyncsm.wire.figures import HIGHEST_PORT

CONNECTIONS: Final = SITE + "/hybridconnection"
CONNECTION: Final = CONNECTIONS + "/{hybrid_connection_name}"

family: Final = Family("hybrid connections", service=SERVICE, evidence=EVIDENCE, ends=Ends.AT_ONCE)


class HybridConnectionOperations(Caller):
    """Operations on hybrid connections, by which sites reach servers that the internet does not."""

    @family.reads(CONNECTIONS)
    async def list_hybrid_connections(
        self, webspace_name: str, website_name: str
    ) -> wire.hybrid_connections.RelayServiceConnectionEntities:
        """List the hybrid connections of a site, with their keys.

        Raises:
            ResourceNotFound: no such site.
        """
        ...

    @family.reads(CONNECTION)
    async def get_hybrid_connection(
        self, webspace_name: str, website_name: str, hybrid_connection_name: str
    ) -> wire.hybrid_connections.RelayServiceConnectionEntity:
        """Read a hybrid connection, with its keys.

        Raises:
            ResourceNotFound: no such site or connection.
        """
        ...

    @family.creates(
        CONNECTIONS,
        at="/{entity_name}",
        body=lambda: wire.hybrid_connections.RelayServiceConnectionEntity,
        fields={"entity_name": "entity_name"},
        otherwise=CONNECTIONS + "/{entity_name}",
    )
    async def create_hybrid_connection(
        self,
        webspace_name: str,
        website_name: str,
        entity_name: Name,
        entity_connection_string: Annotated[str | pydantic.SecretStr, SECRET],
        resource_type: Name,
        resource_connection_string: Annotated[str | pydantic.SecretStr, SECRET],
        hostname: Name,
        port: Annotated[int, between(1, HIGHEST_PORT)],
        biztalk_uri: Name,
    ) -> wire.hybrid_connections.RelayServiceConnectionEntity:
        """Let a site reach a server by a relay that there is.

        Args:
            webspace_name: its web space.
            website_name: its name; ``name(slot)`` for one of its slots.
            entity_name: the connection's name, that of the relay.
            entity_connection_string: the relay's, with the key that lets send.
            resource_type: kind of the server, such as ``SqlServer``.
            resource_connection_string: the relay's, with the key that lets listen.
            hostname: the server, as it is called where it stands.
            port: the server's.
            biztalk_uri: address of the BizTalk service that has the relay.

        Raises:
            ResourceNotFound: no such site.
            AlreadyExists: it has such a connection.
        """
        ...

    @family.replaces(CONNECTIONS, body=lambda: wire.hybrid_connections.RelayServiceConnectionEntity)
    async def update_hybrid_connection(
        self,
        webspace_name: str,
        website_name: str,
        entity_name: Name,
        port: Annotated[int, between(1, HIGHEST_PORT)],
        entity_connection_string: Annotated[str | pydantic.SecretStr, SECRET] | None = None,
        resource_type: Name | None = None,
        resource_connection_string: Annotated[str | pydantic.SecretStr, SECRET] | None = None,
        hostname: Name | None = None,
        biztalk_uri: Name | None = None,
    ) -> OperationHandle:
        """Change a hybrid connection; see `create_hybrid_connection`. Parameters that are absent stay as they are.

        Raises:
            ResourceNotFound: no such site or connection.
        """
        ...

    @family.removes(CONNECTION)
    async def delete_hybrid_connection(
        self, webspace_name: str, website_name: str, hybrid_connection_name: str
    ) -> OperationHandle:
        """Delete a hybrid connection of a site; the relay stays.

        Raises:
            ResourceNotFound: no such site or connection.
        """
        ...
