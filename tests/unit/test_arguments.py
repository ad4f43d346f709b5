"""The service's rules for arguments, checked before anything is sent."""

import base64
import functools
import inspect
import io
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from doubles.scripted import ScriptedTransport, reply

from asyncsm import (
    ConfigurationSet,
    ConfigurationSetInputEndpoint,
    InvalidArgument,
    LinuxConfigurationSet,
    ManagementSession,
    NetworkManagementService,
    OSVirtualHardDisk,
    ServiceManagementService,
    WindowsConfigurationSet,
    gather,
)
from asyncsm.operations import arguments
from asyncsm.operations.declaring import declared
from asyncsm.wire.cscfg import ServiceConfiguration
from asyncsm.wire.roles import Role
from asyncsm.wire.storage import KeyType

EAST = timezone(timedelta(hours=5))
ZONELESS = datetime(2016, 1, 1, tzinfo=UTC).replace(tzinfo=None)

CSCFG = (
    '<ServiceConfiguration serviceName="web"'
    ' xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceConfiguration">'
    '<Role name="WorkerRole1"><Instances count="2"/><ConfigurationSettings/></Role></ServiceConfiguration>'
)
BLOB = "http://account.blob.core.windows.net/container/package.cspkg"

ACCEPTED = [
    (arguments.text, ("name", " a "), " a "),
    (arguments.hosted_service_name, ("a",), "a"),
    (arguments.hosted_service_name, ("My-Service-1",), "My-Service-1"),
    (arguments.hosted_service_name, ("a" * 63,), "a" * 63),
    (arguments.storage_account_name, ("abc",), "abc"),
    (arguments.storage_account_name, ("0" * 24,), "0" * 24),
    (arguments.label, ("é" * 100,), "é" * 100),
    (arguments.description, (None,), None),
    (arguments.description, ("",), ""),
    (arguments.description, ("x" * 1024,), "x" * 1024),
    (arguments.extended_properties, (None,), None),
    (arguments.names, ("role_names", (name for name in ["web1", "web2"])), ["web1", "web2"]),
    (arguments.moment, ("start_time", "2016-01-01"), "2016-01-01"),
    (arguments.moment, ("start_time", "2016-01-01T12:00:00.1234567Z"), "2016-01-01T12:00:00.1234567Z"),
    (arguments.moment, ("start_time", date(2016, 1, 1)), "2016-01-01"),
    (arguments.moment, ("start_time", datetime(2016, 1, 1, 12, tzinfo=UTC)), "2016-01-01T12:00:00Z"),
    (arguments.moment, ("start_time", "2016-01-01T12:00:00+02:00"), "2016-01-01T10:00:00Z"),  # as of date -Is
    (arguments.one_of, ("key_type", "Primary", KeyType), KeyType.PRIMARY),
    (arguments.one_of, ("key_type", "SECONDARY", KeyType), KeyType.SECONDARY),
    (arguments.number, ("lun", 3), 3),
    (arguments.number, ("lun", " 03 "), 3),
    (arguments.number, ("lun", "-1"), -1),
    (arguments.truth, ("force", True), True),
    (arguments.truth, ("force", 0), False),
    (arguments.truth, ("force", "False"), False),
    (arguments.truth, ("force", "TRUE"), True),
    (arguments.base64_of, ("data", b"0\x82"), "MII="),
    (arguments.base64_of, ("data", "MII="), "MII="),
    (arguments.base64_of, ("data", b"MIIC\r\nMIIC\n"), "MIICMIIC"),
    (arguments.base64_of, ("data", io.BytesIO(b"MIICMIIC")), "MIICMIIC"),
    (arguments.base64_of, ("data", b"any other"), "YW55IG90aGVy"),
    (arguments.base64_of, ("data", b"LS0tLS1CRUdJTiBY\n"), "LS0tLS1CRUdJTiBY"),
    (arguments.base64_of, ("data", "\ufeffMII="), "MII="),
    (arguments.base64_of, ("data", "MIICMIIC\r\n".encode("utf-16")), "MIICMIIC"),
    (arguments.base64_of, ("data", "-----BEGIN X".encode("utf-8-sig")), "LS0tLS1CRUdJTiBY"),
    (arguments.base64_of, ("data", "-----BEGIN X".encode("utf-16")), "LS0tLS1CRUdJTiBY"),
    (arguments.base64_of, ("data", b"\xff\xfe\xff"), "//7/"),
    (arguments.base64_of, ("data", b"MZ\x90"), "TVqQ"),
    (arguments.deployment_slot, ("production",), "Production"),
    (arguments.deployment_slot, ("STAGING",), "Staging"),
    (arguments.blob_url, ("package_url", BLOB), BLOB),
    (arguments.blob_url, ("package_url", BLOB + "?sig=a%2Fb"), BLOB + "?sig=a%2Fb"),
    (arguments.service_configuration, (CSCFG,), CSCFG),
    (arguments.service_configuration, (CSCFG.encode(),), CSCFG),
    (arguments.service_configuration, (b"\xef\xbb\xbf" + CSCFG.encode(),), CSCFG),
    (arguments.service_configuration, (base64.b64encode(CSCFG.encode()).decode(),), CSCFG),
    (arguments.service_configuration, (base64.encodebytes(CSCFG.encode()),), CSCFG),
    (arguments.service_configuration, (io.BytesIO(CSCFG.encode()),), CSCFG),
]

REFUSED = [
    (arguments.text, ("name", ""), "name: must not be empty"),
    (arguments.text, ("name", " \t"), "name: must not be empty"),
    (arguments.text, ("name", None), "name: must be text, not NoneType"),
    (arguments.hosted_service_name, ("",), "service_name: must not be empty"),
    (arguments.hosted_service_name, ("1a",), "service_name: '1a' is no name"),
    (arguments.hosted_service_name, ("a-",), "service_name"),
    (arguments.hosted_service_name, ("a" * 64,), "service_name"),
    (arguments.hosted_service_name, ("a.b",), "service_name"),
    (arguments.hosted_service_name, ("é",), "service_name"),
    (arguments.hosted_service_name, ("web\n",), "service_name"),
    (arguments.storage_account_name, ("ab",), "service_name: 'ab' is no name"),
    (arguments.storage_account_name, ("a" * 25,), "service_name"),
    (arguments.storage_account_name, ("Abc",), "service_name"),
    (arguments.storage_account_name, ("a-b-c",), "service_name"),
    (arguments.storage_account_name, ("啊齄丂",), "service_name"),
    (arguments.label, ("",), "label: must not be empty"),
    (arguments.label, ("x" * 101,), "label: has 101 characters; 100"),
    (arguments.description, ("x" * 1025,), "description: has 1025 characters; 1024"),
    (arguments.extended_properties, ({f"n{each}": "v" for each in range(51)},), "extended_properties: 51"),
    (arguments.description, (5,), "description: must be text, not int"),
    (arguments.extended_properties, ("n=v",), "extended_properties: must be values by name.* not str"),
    (arguments.extended_properties, ({1: "v"},), "extended_properties: 1 is no name"),
    (
        arguments.extended_properties,
        ({"n": b"v"},),
        "extended_properties: n: must be text or a number, not bytes",
    ),
    (
        arguments.extended_properties,
        ({"n": ["v"]},),
        "extended_properties: n: must be text or a number, not list",
    ),
    (arguments.names, ("role_names", 5), "role_names: must be a list, not int"),
    (arguments.names, ("role_names", (name for name in ())), "role_names: must not be empty"),
    (arguments.moment, ("start_time", "soon"), "start_time: 'soon' is no time such as 2016-01-01"),
    (arguments.moment, ("start_time", 5), "start_time: must be text, not int"),
    (arguments.moment, ("start_time", ZONELESS), "start_time: a datetime needs a time zone"),
    (arguments.moment, ("start_time", datetime(1, 1, 1, tzinfo=EAST)), "start_time: is outside the years"),
    (arguments.secret, ("password", b"x"), "password: must be text, not bytes"),
    (arguments.model, ("role", 5, Role), "role: must be a Role, not int"),
    (arguments.extended_properties, ({"1n": "v"},), "extended_properties: '1n' is no name"),
    (arguments.extended_properties, ({"n" * 65: "v"},), "extended_properties"),
    (arguments.extended_properties, ({"n-n": "v"},), "extended_properties"),
    (arguments.extended_properties, ({"n": "v" * 256},), "extended_properties: n: .* 255"),
    (arguments.one_of, ("key_type", "first", KeyType), "key_type: 'first' is none of Primary, Secondary$"),
    (arguments.one_of, ("key_type", "Primery", KeyType), r"did you mean Primary\?"),
    (arguments.one_of, ("key_type", None, KeyType), "key_type: must be text, not NoneType"),
    (arguments.number, ("lun", "one"), "lun: must be a whole number, not 'one'"),
    (arguments.number, ("lun", "1.0"), "lun: must be a whole number"),
    (arguments.number, ("lun", "²"), "lun: must be a whole number"),
    (arguments.number, ("lun", True), "lun: must be a whole number, not bool"),
    (arguments.truth, ("force", "maybe"), "force: must be True or False, not 'maybe'"),
    (arguments.truth, ("force", 2), "force: must be True or False"),
    (arguments.truth, ("force", []), "force: must be True or False"),
    (arguments.deployment_slot, ("",), "deployment_slot: must not be empty"),
    (arguments.deployment_slot, ("Test",), "deployment_slot: 'Test' is neither"),
    (arguments.blob_url, ("media_link", ""), "media_link: must not be empty"),
    (arguments.blob_url, ("media_link", "container/blob"), "media_link: .* is not the URL"),
    (arguments.blob_url, ("media_link", "http://host"), "media_link"),
    (arguments.blob_url, ("media_link", "http://host/a b"), "media_link"),
    (arguments.blob_url, ("media_link", "ftp://host/a"), "media_link"),
    (arguments.service_configuration, ("",), "configuration: is not a service configuration"),
    (arguments.service_configuration, ("<Other/>",), "configuration: is not a service configuration"),
    (arguments.service_configuration, ("<ServiceConfiguration",), "configuration"),
    (arguments.service_configuration, ("not base64 at all",), "configuration"),
    (arguments.service_configuration, (base64.b64encode(b"<Other/>").decode(),), "configuration"),
    (arguments.service_configuration, (b"\xff\xfe<",), "configuration: is not UTF-8 text"),
    (arguments.service_configuration, (io.StringIO(CSCFG),), "configuration: .* binary mode"),
    (arguments.service_configuration, (None,), "configuration: .* not NoneType"),
]


def named(cases):
    return [pytest.param(*case, id=f"{case[0].__name__}-{number}") for number, case in enumerate(cases)]


@pytest.mark.parametrize(("rule", "given", "result"), named(ACCEPTED))
def test_what_keeps_a_rule_is_returned_as_the_wire_wants_it(rule, given, result):
    """Each rule lets through all that the service takes, up to its limits."""
    assert rule(*given) == result


@pytest.mark.parametrize(("rule", "given", "message"), named(REFUSED))
def test_what_breaks_a_rule_is_refused_by_name(rule, given, message):
    """The error is a `ValueError` that names the parameter and the rule."""
    with pytest.raises(InvalidArgument, match=message) as caught:
        rule(*given)
    assert isinstance(caught.value, ValueError)
    assert caught.value.parameter in str(caught.value)


def with_certificate(thumbprint: str) -> str:
    certificate = f'<Certificate name="tls" thumbprint="{thumbprint}" thumbprintAlgorithm="sha1"/>'
    return CSCFG.replace("</Role>", f"<Certificates>{certificate}</Certificates></Role>")


@pytest.mark.parametrize("copied", [" ".join(["d7fa"] * 10), "&#x200E;" + "d7fa" * 10, ":".join(["d7"] * 20)])
def test_thumbprints_in_a_configuration_are_cleaned(copied):
    """A configuration is where people paste thumbprints; what dialogs put between and before digits is left out."""
    sent = arguments.service_configuration(with_certificate(copied))
    (used,) = ServiceConfiguration.from_xml(sent).role("WorkerRole1").certificates
    assert used.thumbprint == "".join(each for each in copied.replace("&#x200E;", "") if each.isalnum())
    assert arguments.service_configuration(sent) == sent


def test_a_wrong_thumbprint_in_a_configuration():
    """The message says where it stands, and what it looks like."""
    said = "Role 'WorkerRole1', Certificate 'tls': .* these are 32 digits, as of an MD5 fingerprint"
    with pytest.raises(InvalidArgument, match=said):
        arguments.service_configuration(with_certificate("d7fa" * 8))


def test_extended_properties_may_be_numbers_and_nothing():
    """Numbers are sent as text, and ``None`` removes a property in an update."""
    given = {"a": "text", "b": 7, "c": None, "d" * 64: "v" * 255}
    properties = arguments.extended_properties(given)
    assert properties.to_dict() == {"a": "text", "b": "7", "c": None, "d" * 64: "v" * 255}


def test_a_deployment_has_fewer_extended_properties():
    """The limit is the caller's to say."""
    arguments.extended_properties({f"n{each}": "v" for each in range(25)}, limit=25)
    with pytest.raises(InvalidArgument, match="26 properties; 25"):
        arguments.extended_properties({f"n{each}": "v" for each in range(26)}, limit=25)


def test_a_configuration_may_be_a_file(tmp_path):
    """A path is read; one that cannot be read says why, and is no bare `OSError`."""
    file = tmp_path / "service.cscfg"
    file.write_text(CSCFG, encoding="utf-8")
    assert arguments.service_configuration(file) == CSCFG
    with pytest.raises(InvalidArgument, match=r"configuration: cannot read .*absent\.cscfg: No such file"):
        arguments.service_configuration(tmp_path / "absent.cscfg")


def test_a_refused_configuration_does_not_show():
    """Its settings may hold keys of storage accounts."""
    secret = "AccountKey=c2VjcmV0"
    wrong = CSCFG.replace('count="2"', f'count="{secret}"')
    with pytest.raises(InvalidArgument) as caught:
        arguments.service_configuration(wrong)
    assert secret not in str(caught.value)


# ---------------------------------------------------------------- rules of more than one argument

LINUX = LinuxConfigurationSet("host", "user", "secret1", disable_ssh_password_authentication=False)
DISK = OSVirtualHardDisk("image", BLOB)


def endpoints(*ports, balanced=None):
    config = ConfigurationSet()
    for number, (protocol, port) in enumerate(ports):
        config.input_endpoints.append(
            ConfigurationSetInputEndpoint(
                name=f"e{number}",
                protocol=protocol,
                port=port,
                local_port="80",
                load_balanced_endpoint_set_name=balanced,
            )
        )
    return config


def machine(**changes):
    """A virtual machine that can be created, with changes."""
    return {
        "service_name": "web",
        "deployment_name": "web",
        "deployment_slot": "production",
        "label": "web",
        "role_name": "web",
        "system_config": LINUX,
        "os_virtual_hard_disk": DISK,
        **changes,
    }


REFUSED_CALLS = [
    ("wait_for_deployment", ("svc", "dep"), {"deadline": "120"}, "deadline"),
    ("perform_get", (None,), {}, "path"),
    ("perform_get", ("operatingsystems",), {"x_ms_version": 20160601}, "x_ms_version"),
    ("perform_put", ("networking/media", {"a": 1}), {}, "body"),
    ("create_vm_image", ("image",), {}, "vm_image"),
    ("capture_vm_image", ("svc", "dep", "web1", None), {}, "options"),
    ("update_os_image_from_image_reference", ("image", "label"), {}, "os_image"),
    ("add_role", ("svc", "dep", "web1", 5, None), {}, "system_config"),
    ("add_role", ("svc", "dep", "web1", None, None, 5), {}, "network_config"),
    ("add_role", ("svc", "dep", "web1", None, 5), {}, "os_virtual_hard_disk"),
    (
        "add_role",
        ("svc", "dep", "web1", None, None),
        {"data_virtual_hard_disks": ["disk"]},
        "data_virtual_hard_disks",
    ),
    ("ensure_virtual_network", ("front", [5]), {}, "address_space"),
    ("ensure_virtual_network", ("front", "10.0.0.0/8", 5), {}, "subnets"),
    ("ensure_virtual_network", ("front", "10.0.0.0/8"), {"gateway": "yes"}, "gateway"),
    ("ensure_virtual_network", ("front", "10.0.0.0/8"), {"local_sites": ["office"]}, "local_sites"),
    ("ensure_virtual_network", ("front", "10.0.0.0/8"), {"dns_servers": [5]}, "dns_servers"),
    ("create_hosted_service", ("a.b", "label"), {"location": "West US"}, "service_name"),
    ("create_hosted_service", ("web", "label"), {}, "location"),
    ("create_hosted_service", ("web", "x" * 101), {"location": "West US"}, "label"),
    ("update_hosted_service", ("web",), {}, "label"),
    ("create_storage_account", ("Web", None, "label"), {"location": "West US"}, "service_name"),
    (
        "create_storage_account",
        ("web", None, "label"),
        {"location": "West US", "account_type": "GRS"},
        "account_type",
    ),
    ("update_storage_account", ("web",), {}, "label"),
    ("update_storage_account", ("web",), {"account_type": "GRS"}, "account_type"),
    ("regenerate_storage_account_keys", ("web", "Both"), {}, "key_type"),
    ("create_affinity_group", ("", "label", "West US"), {}, "name"),
    ("create_affinity_group", ("a", "label", ""), {}, "location"),
    ("add_management_certificate", ("", "thumbprint", "data"), {}, "public_key"),
    ("add_os_image", ("label", "blob", "name", "Linux"), {}, "media_link"),
    ("add_os_image", ("label", BLOB, "name", "unix"), {}, "os"),
    ("create_deployment", ("web", "Production", "d", "nowhere", "label", CSCFG), {}, "package_url"),
    ("create_deployment", ("web", "Production", "d", BLOB, "label", "<x/>"), {}, "configuration"),
    ("change_deployment_configuration", ("web", "d", CSCFG), {"mode": "sometimes"}, "mode"),
    ("update_deployment_status", ("web", "d", "Deleting"), {}, "status"),
    ("swap_deployment", ("web", "old", ""), {}, "source_deployment"),
    ("get_deployment_by_slot", ("web", "Test"), {}, "deployment_slot"),
    ("get_hosted_service_properties", ("",), {}, "service_name"),
    ("delete_hosted_service", ("..",), {}, "service_name"),
    ("list_subscription_operations", (), {"operation_result_filter": "Done"}, "operation_result_filter"),
    ("wait_for_operation_status", ("0123456789abcdef0123456789abcdef", "Done"), {}, "wait_for_status"),
    ("create_virtual_machine_deployment", (), machine(deployment_slot="Test"), "deployment_slot"),
    ("create_virtual_machine_deployment", (), machine(role_name=""), "role_name"),
    ("create_virtual_machine_deployment", (), machine(deployment_name=""), "deployment_name"),
    ("create_virtual_machine_deployment", (), machine(vm_image_name="image"), "os_virtual_hard_disk"),
    (
        "create_virtual_machine_deployment",
        (),
        machine(system_config=LinuxConfigurationSet("h", "user", "short")),
        "system_config.user_password",
    ),
    (
        "create_virtual_machine_deployment",
        (),
        machine(system_config=LinuxConfigurationSet("h" * 65, "user", "secret1")),
        "system_config.host_name",
    ),
    (
        "create_virtual_machine_deployment",
        (),
        machine(system_config=LinuxConfigurationSet("h", "u" * 33, "secret1")),
        "system_config.user_name",
    ),
    (
        "create_virtual_machine_deployment",
        (),
        machine(system_config=WindowsConfigurationSet("c" * 16, "Secret-1")),
        "system_config.computer_name",
    ),
    (
        "create_virtual_machine_deployment",
        (),
        machine(network_config=endpoints(("tcp", "80"), ("TCP", "80"))),
        "network_config",
    ),
]


@pytest.mark.parametrize(
    ("method", "given", "by_name", "parameter"),
    [pytest.param(*case, id=f"{case[0]}-{case[3]}-{number}") for number, case in enumerate(REFUSED_CALLS)],
)
async def test_a_call_that_breaks_a_rule_is_not_sent(method, given, by_name, parameter):
    """The service would refuse it; the error names the parameter of the call, and no secret."""
    transport = ScriptedTransport([])
    async with ManagementSession("subscription", transport=transport) as session:
        with pytest.raises(InvalidArgument) as caught:
            await getattr(ServiceManagementService(session=session), method)(*given, **by_name)
    assert caught.value.parameter == parameter
    assert "short" not in str(caught.value)
    assert not transport.requests


def composed_methods():
    """Methods that are made of declared ones."""
    for service in (ServiceManagementService, NetworkManagementService):
        for name, method in inspect.getmembers(service, inspect.iscoroutinefunction):
            if name.startswith(("ensure_", "wait_for_", "delete_virtual_")) and not declared(method):
                yield service, name


@pytest.mark.parametrize("given", [5, b"text", ["text"], {"text": "text"}, Path("text")], ids=repr)
async def test_methods_made_of_others_check_their_arguments_as_those_do(given):
    """What is no text, or no truth value, is refused by its parameter's name, before any question."""
    checked = set()
    transport = ScriptedTransport([])
    async with ManagementSession("subscription", transport=transport) as session:
        for service, name in composed_methods():
            method = getattr(service(session=session), name)
            for wrong in inspect.signature(method).parameters.values():
                if wrong.annotation not in {"str", "str | None", "Name", "bool"}:
                    continue
                others = {
                    one.name: None if "None" in one.annotation else "text"
                    for one in inspect.signature(method).parameters.values()
                    if one.default is one.empty
                }
                with pytest.raises(InvalidArgument) as caught:
                    await method(**{**others, wrong.name: given})
                assert caught.value.parameter == wrong.name
                checked.add(f"{name}.{wrong.name}")
    assert {"ensure_hosted_service.location", "delete_virtual_machine.cascade"} <= checked
    assert not transport.requests


async def goal(_):
    """Return a coroutine, which is true and would end each wait at once."""
    return False


NOT_CALLED = "is called and not awaited: give a plain function"
FUNCTIONS = [
    ("wait_for_deployment", ("web", "web"), "until"),
    ("wait_for_role_instance", ("web", "web", "web"), "until"),
    ("wait_for_storage_account", ("web1",), "until"),
    ("change_network_configuration", (), "change"),
    ("wait_for_operation_status", ("1" * 32,), "progress_callback"),
    ("wait_for_operation_status", ("1" * 32,), "success_callback"),
    ("wait_for_operation_status", ("1" * 32,), "failure_callback"),
]


@pytest.mark.parametrize(("method", "given", "parameter"), FUNCTIONS)
async def test_a_function_that_is_called_is_no_coroutine_function(method, given, parameter):
    """It would return a coroutine, which is true, does nothing, and is awaited by nobody."""
    transport = ScriptedTransport([])
    async with ManagementSession("subscription", transport=transport) as session:
        call = getattr(ServiceManagementService(session=session), method)
        for wrong in (goal, functools.partial(goal)):
            with pytest.raises(InvalidArgument, match=f"^{parameter}: {NOT_CALLED}"):
                await call(*given, **{parameter: wrong})
        with pytest.raises(InvalidArgument, match=f"^{parameter}: must be "):
            await call(*given, **{parameter: 5})
        with pytest.raises(InvalidArgument, match=f"^listener: {NOT_CALLED}"):
            session.events.subscribe(goal)
        with pytest.raises(InvalidArgument, match=f"^on_progress: {NOT_CALLED}"):
            await gather([], on_progress=goal)
    assert not transport.requests


OTHER_ARGUMENTS = [
    ("wait_for_operation_status", ("1" * 32, "Succeeded", "30"), "timeout"),
    ("wait_for_operation_status", ("1" * 32, "Succeeded", 30, -1), "sleep_interval"),
    ("wait_for_operation_status", (None,), "request_id"),
    ("capture_vm_image", ("web", "web", "web", {}), "options"),
    ("create_vm_image", ({},), "vm_image.name"),
    ("update_os_image_from_image_reference", ("image", {}), "label"),
]


@pytest.mark.parametrize(("method", "given", "parameter"), OTHER_ARGUMENTS)
async def test_what_a_method_looks_at_itself_is_checked_first(method, given, parameter):
    """Methods with a body of their own refuse what they cannot look at, and take a mapping for a model."""
    transport = ScriptedTransport([])
    async with ManagementSession("subscription", transport=transport) as session:
        with pytest.raises(InvalidArgument) as caught:
            await getattr(ServiceManagementService(session=session), method)(*given)
    assert caught.value.parameter == parameter
    assert not transport.requests


@pytest.mark.parametrize(
    "network",
    [
        endpoints(("tcp", "80"), ("udp", "80"), ("tcp", "81")),
        endpoints(("tcp", "80"), ("tcp", "80"), balanced="web"),
    ],
    ids=["other-protocol", "load-balanced"],
)
async def test_endpoints_may_share_a_port_where_that_means_something(network):
    """TCP and UDP are different ports, and a load-balanced set is one."""
    transport = ScriptedTransport([reply(200)])
    async with ManagementSession("subscription", transport=transport) as session:
        sms = ServiceManagementService(session=session)
        await sms.create_virtual_machine_deployment(**machine(network_config=network))
    assert len(transport.requests) == 1
