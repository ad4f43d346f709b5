"""Every declared operation against the facts of the API that were gathered from other clients and recordings."""

import json
import re
from functools import cache

import pytest
from doubles.recordings import CHECKOUT

from asyncsm.config import API_VERSION
from asyncsm.emulator.routes import ROUTER
from asyncsm.emulator.routing import split
from asyncsm.operations import catalogue
from asyncsm.operations.facts import Ends
from asyncsm.wire.base import XmlModel

FACTS = CHECKOUT.parent / "shared/protocol/operations"
LEGACY = json.loads((CHECKOUT / "tests/parity/legacy.json").read_text(encoding="utf-8"))["services"]

WHOLE = [
    "subscription",
    "storage",
    "management_certificates",
    "hosted_services",
    "deployments",
    "service_certificates",
    "service_extensions",
    "virtual_machines",
    "disks",
    "data_disks",
    "os_images",
    "vm_images",
    "vm_extensions",
    "dns_loadbalancers",
    "virtual_networks",
    "ip_addresses",
    "network_security_groups",
    "routes",
    "gateways",
    "migration",
    "expressroute",
    "application_gateways",
    "traffic_manager",
    "service_bus",
    "sql",
    "web_hosting_plans",
    "web_sites",
    "hdinsight",
    "monitoring",
    "scheduler",
    "store",
]
"""Areas of the record of which nothing is missing."""

BY_HANDLES = {
    "GET /services/networking/operation/{}",
    "GET /services/webspaces/{}/sites/{}/operations/{}",
}
"""Rows that no method asks for: handles of operations do."""

ELSEWHERE = "https:/"
"""Beginning of paths at another host than the service's: a cluster has its own for its jobs."""

VERSIONS = {
    "share_vm_image": "the old SDK's; other clients send later ones",
    "unreplicate_vm_image": "the old SDK's; other clients send later ones",
    "list_virtual_network_sites": "the service answers it in any version since 2012-03-01",
}
"""Operations that are sent with a version no record shows, and why."""

IN_ANY_VERSION = {
    "SqlDatabaseManagementService": "recorded with 2012-03-01 and 2014-10-01, and answered alike",
    "SchedulerManagementService": "recorded with 2013-03-01 and 2014-10-01, and answered alike",
    "WebsiteManagementService": "recorded with 2013-08-01 to 2014-10-01, and answered alike",
}
"""Services that are sent the session's version, though a record of an operation may show another only."""

FILLED_ELSEWHERE = {
    "create_cloud_service": "the old SDK left the name to the path, and the service took that",
    "discover_backup": "the body is made with the flags of a restore, which do not matter there",
    "create_site": "the body is made with the web space in it, and the service finds a plan",
    "add_os_image": "the old SDK's users did without IsPremium and ShowInGui",
    "update_role": "the body is made from parts of a machine",
    "create_virtual_machine_deployment": "the body is made from parts of a machine",
    "add_role": "the body is made from parts of a machine",
    "create_authorization_rule": "times and revision are the service's; .NET cannot leave them out",
    "update_authorization_rule": "times and revision are the service's; .NET cannot leave them out",
    "create_namespace": "the old SDK sent the region only",
}
"""Operations that leave out, or make by a function, what other clients demand."""

UNTOLD = {
    "set_metric_setting": "the object that List Metric Settings answers; the record does not have it",
}
"""Operations whose body no record tells, and where it is from."""

absent = pytest.mark.skipif(not FACTS.is_dir(), reason=f"no operations in {FACTS}")


@cache
def records():
    """All records of the API's operations, those of one path and method together."""
    found = {}
    for file in sorted(FACTS.glob("*.json")):
        content = json.loads(file.read_text(encoding="utf-8"))
        for record in content.get("operations", ()) if isinstance(content, dict) else ():
            path = record["path"].replace("/{subscription-id}", "")
            found.setdefault((record["verb"], bare(path)), []).append(record)
    return found


def bare(path):
    """A path in lower case, without the names of its placeholders."""
    return re.sub(r"\{\}-\{\}", "{}", re.sub(r"\{[^}]*\}", "{}", path.strip("/"))).lower()


def rows():
    """The rows of the areas that are whole, each with the records of it."""
    found = {}
    for area in WHOLE if FACTS.is_dir() else ():
        for record in json.loads((FACTS / f"{area}.json").read_text(encoding="utf-8"))["operations"]:
            if not record["path"].startswith(ELSEWHERE):
                found.setdefault(record.get("row", record["id"]), []).append(record)
    return [pytest.param(found[row], id=row) for row in found]


def fixed(query):
    return {name.lower(): value.lower() for name, value in query.items() if not value.startswith("{")}


def is_xml(operation):
    return operation.body is not None and issubclass(operation.body, XmlModel)


def requested(record):
    """The documents of a request: those in an Atom entry, or the bodies themselves."""
    for node in record.get("request", ()):
        if node["n"] != "entry":
            yield node
            continue
        (content,) = (each for each in node["c"] if each["n"] == "content")
        yield from (each for each in content["c"] if not each["n"].startswith("@"))


def records_of(operation):
    """The records with the operation's method, path, fixed query and document."""
    ours = fixed(operation.query)

    def fits(record):
        sent = {
            each["n"]: each["v"] for each in record.get("query", ()) if "v" in each and not each.get("opt")
        }
        theirs = fixed(sent)
        root = {node["n"].lower() for node in requested(record)}
        document = operation.body.root_name().lower() if is_xml(operation) else ""
        return (ours.items() <= theirs.items() or theirs.items() <= ours.items()) and (
            not document or not root or document in root
        )

    return [one for one in records().get((operation.method, bare(operation.path)), ()) if fits(one)]


def cases(condition=lambda _: True):
    return [pytest.param(one, id=f"{one.service}-{one.name}") for one in catalogue() if condition(one)]


@absent
@pytest.mark.parametrize("operation", cases())
def test_method_path_and_query(operation):
    """The service has such an operation."""
    assert records_of(operation), f"{operation.method} {operation.path} {dict(operation.query)}"


@absent
@pytest.mark.parametrize("row", [case for case in rows() if case.id not in BY_HANDLES])
def test_every_row_is_declared(row):
    """No operation of these areas lacks a method."""
    key = row[0]["verb"], bare(row[0]["path"].replace("/{subscription-id}", ""))
    of_path = [one for one in catalogue() if (one.method, bare(one.path)) == key]
    assert any(record in records_of(one) for one in of_path for record in row)


@absent
@pytest.mark.parametrize("row", rows())
def test_every_row_is_emulated(row):
    """No operation of these areas is answered 501."""
    record = row[0]
    path = re.sub(r"\{[^}]*\}", "x", record["path"].replace("{subscription-id}", ""))
    query = {each["n"].lower(): each.get("v", "allLocalDrives") for each in record.get("query", ())}
    scoped = "{subscription-id}" in record["path"]
    root = next((node["n"] for node in requested(record)), "")
    assert ROUTER.find(record["verb"], split(path), query, lambda: root, scoped=scoped)


@absent
@pytest.mark.parametrize("operation", cases())
def test_version(operation):
    """A client or a recording sent this version; the old SDK sent one version with most of its methods."""
    sent = set()
    for record in records_of(operation):
        sent |= set((record.get("version") or {}).values())
        for seen in (record.get("recorded") or {}).values():
            sent |= set(seen.get("versions", ())) if isinstance(seen, dict) else set()
    if operation.version is None:
        old = operation.name in LEGACY.get(operation.service, {})
        known = old or API_VERSION in sent or operation.service in IN_ANY_VERSION
        assert known or operation.name in VERSIONS
    else:
        assert (operation.version in sent) is (operation.name not in VERSIONS)


@absent
@pytest.mark.parametrize("operation", cases(lambda one: one.fields and one.name not in UNTOLD))
def test_elements_of_the_body(operation):
    """Elements are those of the record, in its order, and what is required there can be given."""
    requests = [record.get("request", ()) for record in records_of(operation)]
    if is_xml(operation):
        requests = [node.get("c", []) for record in records_of(operation) for node in requested(record)]
    wrong = [contradictions(operation, children) for children in requests]
    assert min(wrong, key=len) == []


def contradictions(operation, children):
    """Where an operation's body differs from the elements of a record."""
    theirs = [node["n"] for node in children]
    fields = operation.body.model_fields
    constants = {name for name, field in fields.items() if field.default not in (None, "", ())}
    told = [name for name in operation.fields if fields[name].alias != "#text"]
    ours = [field.alias for name, field in fields.items() if name in told or name in constants]
    known = [name for name in ours if name in theirs]
    wrong = [f"{name} is not known" for name in (fields[one].alias for one in told) if name not in theirs]
    if known != [name for name in theirs if name in known]:
        wrong.append(f"{known} is not the order of {theirs}")
    if operation.name not in FILLED_ELSEWHERE:
        wrong += [f"{node['n']} is not given" for node in children if node.get("r") and node["n"] not in ours]
    return wrong


@absent
@pytest.mark.parametrize("operation", cases(lambda one: one.changes and one.ends is Ends.AT_ONCE))
def test_what_is_said_to_end_at_once_does(operation):
    """No record of it knows an operation that is followed."""
    assert any(record.get("async") is None for record in records_of(operation))


@absent
def test_no_exception_is_left_over():
    """An exception that is no longer needed goes."""
    known = {one.name for one in catalogue()}
    assert {*VERSIONS, *FILLED_ELSEWHERE, *UNTOLD} <= known
