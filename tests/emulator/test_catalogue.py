"""Every declared operation, asked of the emulator: answered, refused below what is not there, blind to case."""

from functools import cache

import pytest
from doubles.command_lines import Recorder, argv_of, run_with, virtually
from doubles.contents import EVERYTHING
from doubles.loopback import Loopback
from doubles.made_up import arguments_for
from doubles.virtual_time import virtual_time

import asyncsm.services
from asyncsm import AsyncsmError, ManagementSession, ResourceNotFound, ServiceError
from asyncsm.cli.describing import DEFAULTS
from asyncsm.cli.exit_codes import exit_code
from asyncsm.cli.naming import path_of
from asyncsm.cli.tree import table
from asyncsm.emulator.routes import ROUTER
from asyncsm.emulator.routing import parse_query
from asyncsm.emulator.seeding import SeedDocument
from asyncsm.emulator.state import Quotas
from asyncsm.engine.lost_replies import ROLE_OPERATIONS
from asyncsm.operations import catalogue
from asyncsm.operations.facts import PLACEHOLDER
from asyncsm.provisioning.planting import plant

NAMES = {
    "affinity_group_name": "near",
    "database_name": "orders",
    "deployment_name": "production",
    "deployment_slot": "Production",
    "disk_name": "spare01",
    "extension_type": "Agent",
    "hub_name": "phones",
    "key_name": "sender",
    "metric": "requests.total",
    "profile_name": "everywhere",
    "provider_namespace": "Ours",
    "dns_server_name": "names",
    "gateway_name": "spread",
    "group_name": "guard",
    "route_table_name": "out",
    "route_name": "all",
    "image_name": "mine",
    "name": "front",
    "queue_name": "orders",
    "relay_name": "door",
    "role_instance_name": "vm",
    "role_name": "vm",
    "rollup": "PT1H",
    "server_name": "ledger",
    "source_server_name": "ledger",
    "subnet_name": "web",
    "topic_name": "news",
    "virtual_network_name": "inside",
    "cloud_service_id": "batch",
    "job_collection_id": "nightly",
    "job_id": "report",
    "webspace_name": "westuswebspace",
    "website_name": "pages",
    "plan_name": "Default0",
}
"""Resources of `EVERYTHING`, by the parameters that name them."""

NAMED_OTHERWISE = {
    "list_databases": {"name": "ledger"},
    **{key: {"name": "orders"} for key in ("get_database", "update_database", "delete_database")},
    **{
        key: {"name": "office"}
        for key in ("get_firewall_rule", "update_firewall_rule", "delete_firewall_rule")
    },
}
"""The same by operation, where a parameter does not mean what it means with others."""

VALIDATIONS = [one.name for one in catalogue() if one.name.startswith("validate_")]
OTHERWISE_REFUSED = {
    "get_operation_status": "400 [rec compute/add_role]",
    "check_hosted_service_name_availability": "the name is free",
    **dict.fromkeys(VALIDATIONS, "told as a message [rec network, 1 of 1]"),
    "check_dns_prefix_availability": "the name cannot be had [guess]",
    "create_namespace": "403, as the name is too short [lifecycles 13]",
    "check_storage_account_name_availability": "the name is free",
    "list_resource_extension_versions": "an empty list [guess]",
    "list_extension_versions": "an empty list [guess]",
    "create_cloud_service": "nothing of its name has to be there",
    "set_alert_rule": "a rule may watch what is not there [guess]",
    "create_site": "it makes its web space [rec web_sites/create_site]",
    "delete_route_table": "accepted, and fails [rec network/delete_route_table_tests]",
    "set_route": "likewise [rec network/set_route_tests]",
    "delete_route": "likewise [rec network/delete_route_tests]",
    "add_route_table_to_subnet": "likewise [rec network/add_route_table_to_subnet_tests]",
    "create_virtual_network_gateway": "400 [lifecycles 0]",
    "delete_dedicated_circuit": "400 [rec express_route/dedicated_circuit_tests]",
    "update_dedicated_circuit": "likewise [guess]",
    **dict.fromkeys((f"{verb}_bgp_peering" for verb in ("create", "update", "delete")), "likewise [guess]"),
    **dict.fromkeys(
        (
            one.name
            for one in catalogue()
            if "network_security" in one.name and one.name.startswith(("set_", "delete_", "add_", "remove_"))
        ),
        "accepted, and fails [protocol 2.1]",
    ),
    **dict.fromkeys((one.name for one in catalogue() if one.family == "VPN gateways"), "400 [lifecycles 0]"),
    "remove_route_table_from_subnet": "likewise [rec network/remove_route_table_from_subnet_tests]",
}
"""Operations on names of nothing that are refused in another way, with the evidence."""

UNKNOWN_NAMES = {
    *("ReplicateVMImage", "ShareVMImage", "UnreplicateVMImage", "FailoverGateway"),
    *(f"{verb}{kind}Gateway" for verb in ("Reset", "Resize") for kind in ("", "VirtualNetwork")),
    *("StartApplicationGateway", "StopApplicationGateway"),
    *(f"{verb}{kind}GatewayDiagnostics" for verb in ("Start", "Stop") for kind in ("", "VirtualNetwork")),
}
"""Operations whose name in lists nobody has seen; the emulator has its own guess."""


def cases(condition=lambda _: True):
    return [pytest.param(one, id=f"{one.service}-{one.name}") for one in catalogue() if condition(one)]


def named(operation):
    """Parameters that stand for names in the operation's path."""
    return [
        one.name
        for one in operation.parameters
        if one.name in PLACEHOLDER.findall(operation.path) and one.type is str
    ]


@cache
def filled():
    """A world with `EVERYTHING`, which is to be copied: planting it takes ten times as long."""
    world = Loopback(cores=100)
    plant(SeedDocument.model_validate(EVERYTHING), world._world, Quotas(), None)
    return world


async def outcome(operation, arguments, *, planted=False):
    """Call an operation; return the error, or None where it was accepted."""
    world = filled().copied() if planted else Loopback(cores=100)
    service = getattr(asyncsm.services, operation.service)(session=world.client.session)
    try:
        handle = await getattr(service, operation.name)(**arguments)
        if operation.reply is None:
            handle.detach()
    except ServiceError as error:
        return error
    finally:
        await world.client.session.close()
    return None


def existing(operation):
    """Arguments that name what is in `EVERYTHING`."""
    arguments = arguments_for(operation)
    account = operation.family == "storage accounts"
    known = NAMES | {"service_name": "store" if account else "shop"}
    if operation.service == "ServiceBusManagementService":
        known |= {"name": "messages"}
    known |= NAMED_OTHERWISE.get(operation.name, {})
    return arguments | {name: known[name] for name in named(operation) if name in known}


@pytest.mark.parametrize("operation", cases())
def test_the_emulator_has_it_under_the_same_name(operation):
    """The table of routes, which shares nothing with the declarations, has the operation."""
    path = PLACEHOLDER.sub("x", operation.path)
    query = "&".join(f"{name}={value}" for name, value in operation.query.items() if value[0] != "{")
    body = operation.body
    route, _ = ROUTER.find(
        operation.method,
        path.split("/") if path else [],
        parse_query(query),
        lambda: body.root_name() if body else "",
        scoped=operation.scoped,
        conditional="If-Match" in operation.headers,
    )
    if (
        operation.changes
        and operation.operation not in UNKNOWN_NAMES
        and route.operation not in ROLE_OPERATIONS
    ):
        assert route.operation == operation.operation


@pytest.mark.parametrize("operation", cases(named))
@virtual_time
async def test_below_what_is_not_there(operation):
    """Names of nothing are refused as such, whatever else is wrong."""
    error = await outcome(operation, arguments_for(operation))
    assert isinstance(error, ResourceNotFound) or operation.name in OTHERWISE_REFUSED, error


@pytest.mark.parametrize("operation", cases(lambda one: named(one) and not one.name.startswith("check_")))
@virtual_time
async def test_names_in_another_case(operation):
    """The service compares names without case: the outcome is the same."""
    arguments = existing(operation)
    swapped = arguments | {name: arguments[name].swapcase() for name in named(operation)}
    one = await outcome(operation, arguments, planted=True)
    other = await outcome(operation, swapped, planted=True)
    assert (type(one), getattr(one, "code", None)) == (type(other), getattr(other, "code", None)), (
        one,
        other,
    )


def outcome_of(call):
    """Have a call made with what the emulator knows; return the code it ends with, and what was sent."""
    world = filled().copied()
    recorder = Recorder(world)
    session = ManagementSession(world.subscription.id, transport=recorder)
    return call(session), recorder.requests


@pytest.mark.parametrize("operation", cases(lambda one: path_of(one) not in table()["written"]))
def test_its_command_does_the_same(operation, tmp_path, capsys):
    """The command sends what the method sends with the same arguments, and ends with the code of its outcome."""
    words = path_of(operation)
    command = table()["operations"][words]
    arguments = DEFAULTS.get(operation.name, {}) | {
        # Text is base64 to the method, and the name of a file to the command.
        name: b"content" if value == "AAAA" else value
        for name, value in existing(operation).items()
    }

    async def called(session):
        service = getattr(asyncsm.services, operation.service)(session=session)
        try:
            async with session:
                result = await getattr(service, operation.name)(**arguments)
                if operation.reply is None:
                    result.detach()
        except AsyncsmError as error:
            return exit_code(error)
        return 0

    options = ["--output", "json"]
    options += ["--no-wait"] if command["changes"] else []
    options += ["--yes"] if command["destroys"] else []
    argv = [*words.split(), *options, *argv_of(command, arguments, tmp_path)]
    expected, requests = outcome_of(lambda session: virtually(called(session)))
    code, sent = outcome_of(
        lambda session: run_with(asyncsm.services.ServiceManagementService(session=session), argv)
    )
    said = capsys.readouterr()
    assert (code, sent) == (expected, requests), said.err
    assert "Traceback" not in said.err
