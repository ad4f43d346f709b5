"""Bodies of requests that a recording lacks, as far as the answers imply them."""

import re
from xml.etree import ElementTree as ET

from doubles.bare_client import AZURE, document

SQL_SERVER = (
    '<Server xmlns="http://schemas.microsoft.com/sqlazure/2010/12/"><AdministratorLogin>testadminname'
    "</AdministratorLogin><AdministratorLoginPassword>Fake-Passw0rd</AdministratorLoginPassword>"
    "<Location>West US</Location></Server>"
)
"""As the lists of servers show what was made."""

SAID = {
    "databases": ("Name", "Edition", "MaxSizeGB", "CollationName", "ServiceObjectiveId"),
    "firewallrules": ("Name", "StartIPAddress", "EndIPAddress"),
}
"""Elements of an answer that its request said, in order, by what stands behind the server in the path."""


def implied(method: str, path: str, answer: str | None) -> str | None:
    """Return the body of a request about SQL Database, or ``None`` if nothing tells it."""
    found = re.search(r"/services/sqlservers/servers(?:/[^/]+/(\w+))?(?:/[^/]+)?$", path)
    if method not in {"POST", "PUT"} or not found or not answer:
        return None
    if not found[1]:
        return SQL_SERVER
    told = ET.fromstring(answer)
    elements = [(name, told.findtext(f"{AZURE}{name}")) for name in SAID.get(found[1], ())]
    return document("ServiceResource", *(f"<{name}>{text}</{name}>" for name, text in elements if text))
