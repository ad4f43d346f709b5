"""Hybrid connections of web sites: ways to servers that the internet does not reach."""

from typing import ClassVar

from pydantic import SecretStr

from asyncsm.wire.base import XmlList, XmlModel, repeated


class RelayServiceConnectionEntity(XmlModel):
    """A hybrid connection: the relay that a site uses, and the server behind that; request and reply."""

    biztalk_uri: str | None = None
    entity_connection_string: SecretStr | None = None
    """With the key by which the site may use the relay."""
    entity_name: str | None = None
    hostname: str | None = None
    port: int | None = None
    resource_connection_string: SecretStr | None = None
    """With the key by which the server may listen at the relay."""
    resource_type: str | None = None


class RelayServiceConnectionEntities(XmlList[RelayServiceConnectionEntity]):
    """Reply of List Hybrid Connections."""

    xml_root: ClassVar[str] = "ArrayOfRelayServiceConnectionEntity"

    relay_service_connection_entities: list[RelayServiceConnectionEntity] = repeated(
        RelayServiceConnectionEntity
    )
