"""Whatever SQL Database was recorded to say, and was told, is modelled completely."""

import re
from xml.etree import ElementTree as ET

from doubles.exceptions import DIFFERENCES
from doubles.recordings import exchanges, recorded

from asyncsm.wire import sql_databases as wire

RECORDINGS = recorded("sql/*.json")

ROOTS = {
    "Error": wire.SqlError,
    "ServerName": wire.CreateServerResponse,
    "Servers": wire.Servers,
    "Server": wire.CreateServer,
    "AdministratorLoginPassword": wire.AdministratorLoginPassword,
}
RESOURCES = {
    "databases": (wire.Database, wire.Databases),
    "databaseoperations": (wire.DatabaseOperation, wire.DatabaseOperations),
    "firewallrules": (wire.FirewallRule, wire.FirewallRules),
    "serverquotas": (wire.ServerQuota, wire.ServerQuotas),
    "serviceobjectives": (wire.ServiceObjective, wire.ServiceObjectives),
}
"""Models of a resource and of a list of them, by what stands behind the server in the path."""


def canonical(document):
    """A form in which equal documents are equal texts."""
    text = ET.canonicalize(document.decode("utf-8-sig"), strip_text=True)
    for pattern, replacement in DIFFERENCES.values():
        text = re.sub(pattern, replacement, text)
    return text


def model_of(path, body):
    """The model of a document, which may share its root element with others."""
    root = ET.fromstring(body.decode("utf-8-sig")).tag.rpartition("}")[2]
    if root in ROOTS:
        return ROOTS[root]
    one, several = RESOURCES[re.split("/+", path.partition("/sqlservers/servers")[2])[2]]
    return one if root == "ServiceResource" else several


def test_documents_lose_nothing(conversation):
    """A document has no element its model does not know, and is written as it was read."""
    for exchange in exchanges(conversation):
        if "/sqlservers/" not in exchange.path:
            continue
        for body in filter(None, (exchange.request_body, exchange.response_body)):
            document = model_of(exchange.path, body).from_xml(body, strict=True)
            assert canonical(document.to_xml()) == canonical(body), str(exchange)
