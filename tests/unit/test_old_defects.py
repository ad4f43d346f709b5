"""What users of the old SDK suffered from does not happen here; one test a defect.

The numbers are those of the list of defects that was drawn up when the old SDK was examined.
"""

import base64
import stat
import xml.etree.ElementTree as ET

import pytest
from doubles.certificates import management_certificate
from doubles.scripted import (
    NAMESPACE,
    REQUEST_ID,
    SUBSCRIPTION,
    ScriptedTransport,
    operation,
    refusal,
    reply,
)
from doubles.virtual_time import virtual_time

from asyncsm import (
    ManagementSession,
    RetryPolicy,
    ServiceManagementService,
    errors,
    get_certificate_from_publish_settings,
)
from asyncsm.credentials import write_publishsettings
from asyncsm.models import (
    ConfigurationSet,
    ConfigurationSetInputEndpoint,
    Deployment,
    OperatingSystemFamilies,
    PersistentVMRole,
    StorageService,
)

NASTY = """R&D <test> "quoted" 'too' ]]> ümläut"""


def service(*script):
    """A client that is answered from a script, and the transport that remembers the requests."""
    transport = ScriptedTransport(script)
    return ServiceManagementService(session=ManagementSession(SUBSCRIPTION, transport=transport)), transport


def sent(transport, number=0):
    """A request's body as an element tree."""
    return ET.fromstring(transport.requests[number].body)


def text(element, name):
    return element.findtext(f".//{{{NAMESPACE}}}{name}")


async def test_d1_d24_inputs_are_escaped():
    """Labels, descriptions, properties and passwords may hold any character of XML."""
    sms, transport = service(reply(201))
    await sms.create_hosted_service(
        "shop", label=NASTY, description=NASTY, location="West US", extended_properties={"Owner": NASTY}
    )
    body = sent(transport)
    assert base64.b64decode(text(body, "Label")).decode() == NASTY
    assert text(body, "Description") == NASTY
    assert text(body, "Value") == NASTY


async def test_d2_an_update_sends_only_what_was_given():
    """Changing a description does not change the replication."""
    sms, transport = service(reply(200))
    await sms.update_storage_account("mystore", description="new")
    assert [child.tag.rpartition("}")[2] for child in sent(transport)] == ["Description"]


async def test_d3_d18_d19_d20_nothing_of_a_call_stays_with_the_client():
    """Version and content type belong to the request: the next one is as if it were the first."""
    sms, transport = service(reply(202), operation("Succeeded"), reply(201))
    await (await sms.associate_reserved_ip_address("ip", "shop", "v1")).refresh()
    await sms.create_affinity_group("near", "l", "West US")
    versions = [request.headers["x-ms-version"] for request in transport.requests]
    assert versions == ["2015-02-01", "2014-10-01", "2014-10-01"]
    assert transport.requests[2].headers["content-type"] == "application/xml; charset=utf-8"


async def test_d4_a_proxy_may_have_a_password():
    """A proxy URL with user and password is taken by the constructor."""
    sms = ServiceManagementService(
        SUBSCRIPTION,
        management_certificate(),
        proxy="http://me:secret@127.0.0.1:1",
        retry=RetryPolicy(attempts=1),
    )
    with pytest.raises(errors.TransportError) as caught:
        await sms.list_locations()
    assert "secret" not in str(caught.value)
    await sms.close()


@virtual_time
async def test_d5_a_wait_never_ends_as_if_an_operation_had_succeeded():
    """Time running out is an error, whatever callbacks there are; the error holds the handle."""
    sms, _ = service(*[operation()] * 100)
    with pytest.raises(errors.OperationTimeout) as caught:
        await sms.wait_for_operation_status(REQUEST_ID, timeout=30, sleep_interval=5, failure_callback=None)
    assert caught.value.handle.request_id == REQUEST_ID
    await sms.session.close()


@virtual_time
async def test_d6_a_failure_says_why(capsys):
    """Code, message, HTTP status and request id are in the error and in its text; nothing is printed."""
    sms, _ = service(
        operation("Failed", error=(409, "ConflictError", "Certificate deletion is not allowed."))
    )
    with pytest.raises(
        errors.OperationFailed, match="ConflictError: Certificate deletion is not allowed"
    ) as caught:
        await sms.wait_for_operation_status(REQUEST_ID)
    assert (caught.value.status_code, caught.value.request_id) == (409, REQUEST_ID)
    assert capsys.readouterr().out == ""
    await sms.session.close()


@virtual_time
async def test_d7_trouble_while_polling_does_not_end_the_wait():
    """A 503, a reset and a time-out while polling are ridden out."""
    sms, _ = service(
        reply(202),
        operation(),
        refusal(503, "ServerBusy"),
        errors.ConnectionLost("reset"),
        errors.AttemptTimeout("slow"),
        operation("Succeeded"),
    )
    handle = await sms.create_storage_account("mystore", None, "l", location="West US")
    assert (await handle).status == "Succeeded"
    await sms.session.close()


def test_d8_absent_elements_can_be_asked_for():
    """What a reply leaves out is None or empty, and its parts can be reached."""
    account = StorageService.from_xml(f'<StorageService xmlns="{NAMESPACE}"><Url>u</Url></StorageService>')
    assert account.storage_service_properties.label is None
    assert list(account.storage_service_properties.endpoints) == []
    assert list(account.extended_properties) == []


def test_d9_an_empty_item_of_a_list_is_read():
    """`<Endpoint/>` is an empty text, not a crash."""
    account = StorageService.from_xml(
        f'<StorageService xmlns="{NAMESPACE}"><Url>u</Url><StorageServiceProperties><Endpoints><Endpoint/></Endpoints>'
        "</StorageServiceProperties></StorageService>"
    )
    assert account.storage_service_properties.endpoints == [""]


ROLE = f"""<PersistentVMRole xmlns="{NAMESPACE}" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><RoleName>web1\
</RoleName><RoleType>PersistentVMRole</RoleType><ConfigurationSets><ConfigurationSet i:type="NetworkConfigurationSet">\
<ConfigurationSetType>NetworkConfiguration</ConfigurationSetType><InputEndpoints><InputEndpoint><LocalPort>22\
</LocalPort><Name>ssh</Name><Port>22</Port><Protocol>tcp</Protocol><Vip>1.2.3.4</Vip><EndpointAcl><Rules><Rule><Order>1\
</Order><Action>permit</Action><RemoteSubnet>10.0.0.0/8</RemoteSubnet></Rule></Rules></EndpointAcl></InputEndpoint>\
</InputEndpoints><NetworkSecurityGroup>guard</NetworkSecurityGroup></ConfigurationSet></ConfigurationSets>\
<ResourceExtensionReferences><ResourceExtensionReference><ReferenceName>BGInfo</ReferenceName><Publisher>P</Publisher>\
<Name>N</Name><Version>1.*</Version></ResourceExtensionReference></ResourceExtensionReferences><FromTheFuture>kept\
</FromTheFuture><OSVirtualHardDisk><DiskName>d</DiskName></OSVirtualHardDisk><RoleSize>Small</RoleSize>\
</PersistentVMRole>"""


async def test_d10_reading_changing_and_writing_a_role_loses_nothing():
    """Firewall rules, security groups, extensions and elements nobody knew yet are sent back."""
    sms, transport = service(reply(200, ROLE), reply(202), operation("Succeeded"))
    role = await sms.get_role("shop", "v1", "web1")
    role.role_size = "Large"
    await (await sms.update_role("shop", "v1", "web1", role=role)).refresh()
    expected = ROLE.replace("<RoleSize>Small", "<RoleSize>Large")
    assert ET.canonicalize(transport.requests[1].body.decode()) == ET.canonicalize(expected)


async def test_d11_no_argument_is_ignored():
    """What an operating system's disk needs is asked for; what is given is sent."""
    sms, transport = service(reply(200), reply(200))
    with pytest.raises(errors.InvalidArgument, match="os"):
        await sms.add_disk(True, "l", "http://store.blob.core.windows.net/a/b.vhd", "d", None)
    await sms.update_disk("d", True, "l", "http://store.blob.core.windows.net/a/b.vhd", "d", "Linux")
    body = sent(transport)
    assert [text(body, name) for name in ("HasOperatingSystem", "OS", "Label", "Name")] == [
        "true",
        "Linux",
        "l",
        "d",
    ]


async def test_d12_a_certificate_needs_no_password():
    """A `.cer` is added without one."""
    sms, transport = service(reply(202), operation("Succeeded"))
    handle = await sms.add_service_certificate("shop", management_certificate().certificate_der, "cer")
    await handle.refresh()
    assert text(sent(transport), "Password") is None


async def test_d13_d14_a_label_is_plain_here_however_it_travels():
    """Labels are encoded where the service wants that, and read whether they are encoded or not."""
    sms, transport = service(reply(201))
    await sms.create_hosted_service("shop", label="plain", location="West US")
    assert text(sent(transport), "Label") == "cGxhaW4="
    for label in ("cGxhaW4=", "plain"):
        document = f'<Deployment xmlns="{NAMESPACE}"><Name>v1</Name><Label>{label}</Label></Deployment>'
        assert Deployment.from_xml(document).label == "plain"


async def test_d15_d25_errors_have_code_message_status_and_request_id():
    """A program need not parse the text of an error."""
    sms, _ = service(refusal(404, "ResourceNotFound", "The hosted service does not exist."))
    with pytest.raises(errors.AzureMissingResourceHttpError) as caught:
        await sms.get_hosted_service_properties("shop")
    error = caught.value
    assert (error.code, error.message) == ("ResourceNotFound", "The hosted service does not exist.")
    assert (error.status, error.request_id) == (404, REQUEST_ID)
    assert error.resource == "GET /services/hostedservices/shop?embed-detail=false"


async def test_d16_every_answer_has_its_request_id():
    """Reads and changes alike, also those the old SDK returned nothing for."""
    locations = f'<Locations xmlns="{NAMESPACE}"/>'
    sms, _ = service(reply(200, locations), reply(200), reply(200))
    assert (await sms.list_locations()).request_id == REQUEST_ID
    assert (await sms.delete_disk("d")).request_id == REQUEST_ID
    assert (await sms.update_storage_account("mystore", label="l")).request_id == REQUEST_ID


async def test_d17_a_redirect_keeps_the_query_and_ends():
    """307 is followed with path, query and body, a few times, and only within the cloud."""
    there = "https://usnorth.management.core.windows.net"
    moved = refusal(307, "TemporaryRedirect", location=f"{there}/x")
    sms, transport = service(moved, reply(200, f'<Locations xmlns="{NAMESPACE}"/>'))
    await sms.perform_get("/locations?a=1&b=2")
    assert transport.requests[1].url == f"{there}/{SUBSCRIPTION}/locations?a=1&b=2"
    sms, transport = service(*[moved] * 50)
    with pytest.raises(errors.TemporaryRedirect):
        await sms.list_locations()
    assert len(transport.requests) < 10
    elsewhere = refusal(307, "TemporaryRedirect", location="https://evil.example/x")
    sms, transport = service(elsewhere)
    with pytest.raises(errors.TemporaryRedirect):
        await sms.list_locations()
    assert len(transport.requests) == 1


async def test_d21_a_query_parameter_without_value_is_kept():
    """`?flag` is sent as it was given."""
    sms, transport = service(reply(200))
    await sms.perform_get("/services/images?flag&a=1")
    assert transport.requests[0].url.endswith("/services/images?flag&a=1")


def test_d22_publishsettings_become_a_private_pem(tmp_path):
    """The helper works without pyOpenSSL, and nobody else may read the key it writes."""
    settings = tmp_path / "my.publishsettings"
    write_publishsettings(
        settings,
        management_certificate(),
        [(SUBSCRIPTION, "mine")],
        management_url="https://management.core.windows.net",
    )
    pem = tmp_path / "my.pem"
    assert get_certificate_from_publish_settings(str(settings), str(pem)) == SUBSCRIPTION
    assert stat.S_IMODE(pem.stat().st_mode) == 0o600


def test_d23_absent_is_none_and_not_false_or_empty():
    """What the service did not say is told apart from `false` and from an empty text."""
    deployment = Deployment.from_xml(f'<Deployment xmlns="{NAMESPACE}"><Name>v1</Name></Deployment>')
    assert (deployment.locked, deployment.status, deployment.label) == (None, None, None)
    deployment = Deployment.from_xml(
        f'<Deployment xmlns="{NAMESPACE}"><Name>v1</Name><Label/><Locked>false</Locked></Deployment>'
    )
    assert (deployment.locked, deployment.label) == (False, "")


def test_lists_are_iterated_as_before():
    """Containers of the old SDK keep their attribute, and are sequences themselves."""
    families = OperatingSystemFamilies.from_xml(f'<OperatingSystemFamilies xmlns="{NAMESPACE}"/>')
    assert list(families) == families.operating_system_families == []
    network = ConfigurationSet()
    network.input_endpoints.input_endpoints.append(ConfigurationSetInputEndpoint("ssh", "tcp", "22", "22"))
    assert len(network.input_endpoints) == 1
    assert PersistentVMRole(role_name="web1").configuration_sets.configuration_sets == []
