"""The models as their users meet them: constructors, properties, secrets, what is kept."""

import copy
import inspect
import json
import pickle
import sys
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from asyncsm import models
from asyncsm.errors import InvalidArgument
from asyncsm.provisioning.machine_specs import OSDiskSpec
from asyncsm.wire import codec
from asyncsm.wire.base import XmlModel
from asyncsm.wire.echoes import secrets_in
from asyncsm.wire.inspection import offences

NAMESPACE = (
    b'xmlns="http://schemas.microsoft.com/windowsazure" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
)

SIGNED = "https://store.blob.core.windows.net/v/d.vhd?sp=r&sig=sesame&sv=2014"


def content(model):
    """The document without its namespace declarations."""
    return model.to_xml().replace(b" " + NAMESPACE, b"").decode()


@pytest.mark.parametrize(
    ("made", "names"),
    [
        (
            models.LinuxConfigurationSet,
            "host_name user_name user_password disable_ssh_password_authentication",
        ),
        (models.WindowsConfigurationSet, "computer_name admin_password reset_password_on_first_logon"),
        (models.OSVirtualHardDisk, "source_image_name media_link host_caching disk_label disk_name os"),
        (
            models.DataVirtualHardDisk,
            "media_link host_caching disk_label disk_name lun logical_disk_size_in_gb",
        ),
        (
            models.ConfigurationSetInputEndpoint,
            "name protocol port local_port load_balanced_endpoint_set_name",
        ),
        (models.PublicKey, "fingerprint path"),
        (models.KeyPair, "fingerprint path"),
        (models.Listener, "protocol certificate_thumbprint"),
        (models.CertificateSetting, "thumbprint store_name store_location"),
        (models.PublicIP, "name"),
        (models.ResourceExtensionReference, "reference_name publisher name version"),
        (models.CaptureRoleAsVMImage, "os_state vm_image_name vm_image_label description language"),
        (models.VMImage, "name label description"),
    ],
)
def test_constructors_take_the_old_order(made, names):
    """Positional arguments mean what they meant in the old SDK, and the same by name."""
    arguments = {
        name: str(place % 2) * (40 if name.endswith("print") else 1)
        for place, name in enumerate(names.split())
    }
    assert made(*arguments.values()) == made(**arguments)


def test_too_many_positional_arguments_are_a_type_error():
    """A model does not guess what a surplus argument means, nor take one twice."""
    with pytest.raises(TypeError, match="at most 2"):
        models.PublicKey("a", "b", "c")
    with pytest.raises(TypeError, match="two values for 'fingerprint'"):
        models.PublicKey("a", fingerprint="b")


def test_none_in_a_constructor_is_the_same_as_nothing():
    """Old code that passes None for what it has not still works, even for parts that are models."""
    assert models.LinuxConfigurationSet("h", "u", None, None, None, ssh=None) == models.LinuxConfigurationSet(
        "h", "u"
    )


def test_ports_may_be_text():
    """The old SDK's users wrote ports as text; here they are numbers."""
    endpoint = models.ConfigurationSetInputEndpoint("ssh", "tcp", "22", "22")
    assert (endpoint.port, endpoint.local_port) == (22, 22)
    with pytest.raises(InvalidArgument, match="port"):
        models.ConfigurationSetInputEndpoint("ssh", "tcp", "any", "22")


def test_an_endpoint_is_made_with_the_old_defaults_and_read_without():
    """The old SDK always sent two defaults; what is read must not gain them."""
    made = content(models.ConfigurationSetInputEndpoint("dns", "udp", 53, 53))
    assert "<EnableDirectServerReturn>false</EnableDirectServerReturn>" in made
    assert "<IdleTimeoutInMinutes>4</IdleTimeoutInMinutes>" in made
    document = "<InputEndpoint><Name>dns</Name></InputEndpoint>"
    assert content(models.ConfigurationSetInputEndpoint.from_xml(document)) == document


def test_parts_can_be_filled_in_place():
    """The parts that the old SDK always had are there to append to, and are not sent while empty."""
    system = models.LinuxConfigurationSet("host", "user")
    assert "SSH" not in content(system)
    system.ssh.public_keys.public_keys.append(
        models.PublicKey("AB12" * 10, "/home/user/.ssh/authorized_keys")
    )
    network = models.ConfigurationSet()
    network.input_endpoints.input_endpoints.append(models.ConfigurationSetInputEndpoint("ssh", "tcp", 22, 22))
    assert f"<SSH><PublicKeys><PublicKey><Fingerprint>{'AB12' * 10}</Fingerprint>" in content(system)
    assert "<InputEndpoints><InputEndpoint><LocalPort>22</LocalPort><Name>ssh</Name>" in content(network)


def test_configuration_sets_are_told_apart_by_their_type():
    """Every kind is a ConfigurationSet element that begins with its type, and is read as its class."""
    role = models.PersistentVMRole(role_name="vm")
    role.configuration_sets.configuration_sets += [
        models.LinuxConfigurationSet("host", "user", "pass-Word1"),
        models.WindowsConfigurationSet("host", "pass-Word1"),
        models.ConfigurationSet(subnet_names=["front"]),
    ]
    document = content(role)
    for kind in ("LinuxProvisioning", "WindowsProvisioning", "Network"):
        assert (
            f"<ConfigurationSet><ConfigurationSetType>{kind}Configuration</ConfigurationSetType>" in document
        )
    assert models.PersistentVMRole.from_xml(document, strict=True) == role


def test_custom_data_is_encoded_once_whatever_it_is():
    """Text and bytes alike, even bytes that are no text, arrive as they were given."""
    assert "<CustomData>aGk=</CustomData>" in content(models.LinuxConfigurationSet(custom_data="hi"))
    gzipped = b"\x1f\x8b\xff\x00"
    written = models.LinuxConfigurationSet(custom_data=gzipped).to_xml()
    assert models.LinuxConfigurationSet.from_xml(written).custom_data == gzipped


class TestExtendedProperties:
    """They are a list on the wire and a dictionary to their users."""

    DOCUMENT = (
        "<CreateHostedService><ServiceName>web</ServiceName><Label>d2Vi</Label><ExtendedProperties>"
        "<ExtendedProperty><Name>owner</Name><Value>ops</Value></ExtendedProperty>"
        '<ExtendedProperty><Name>old</Name><Value i:nil="true"/></ExtendedProperty>'
        "</ExtendedProperties></CreateHostedService>"
    )

    def test_a_dictionary_is_taken(self):
        """None, which deletes a property in an update, is sent as nil."""
        request = models.CreateHostedService.model_validate(
            {"service_name": "web", "label": "web", "extended_properties": {"owner": "ops", "old": None}}
        )
        assert content(request) == self.DOCUMENT

    def test_they_can_be_asked_by_name(self):
        """What the old SDK's users do with their dictionary works."""
        properties = models.ExtendedProperties.from_dict({"owner": "ops", "old": None})
        assert properties["owner"] == "ops"
        assert "owner" in properties
        assert "other" not in properties
        assert properties.get("other", "none") == "none"
        assert properties.to_dict() == {"owner": "ops", "old": None}
        assert dict(properties.items()) == properties.to_dict()
        with pytest.raises(KeyError):
            properties["other"]

    def test_they_are_a_list_too(self):
        """Going over them gives names with values, in the order of the document."""
        properties = models.ExtendedProperties.from_dict({"a": "1", "b": "2"})
        assert [each.name for each in properties] == ["a", "b"]
        assert properties[1].value == "2"
        assert properties[0] in properties
        assert len(properties) == 2

    def test_a_property_named_like_the_field_is_only_a_property(self):
        """A name cannot be mistaken for the model's own field."""
        properties = models.ExtendedProperties.model_validate({"extended_properties": "x"})
        assert properties.to_dict() == {"extended_properties": "x"}


@pytest.mark.parametrize(
    "model",
    [
        models.LinuxConfigurationSet("h", "u", "sesame", custom_data="sesame"),
        models.WindowsConfigurationSet("h", "sesame"),
        models.Credentials(password=SecretStr("sesame")),
        models.Provisioning(account_data=SecretStr("sesame")),
        models.ComponentSetting(setting_name="AutoLogon", content="sesame"),
        models.StorageServiceKeys(primary=SecretStr("sesame"), secondary=SecretStr("sesame")),
        models.CertificateFile(
            data="sesame", certificate_format=models.CertificateFormat.PFX, password=SecretStr("sesame")
        ),
        models.ResourceExtensionParameterValue(key="k", value="sesame", type="Private"),
        models.CreateDeployment(
            name="d", package_url="https://a/?sig=sesame", label="l", configuration="sesame"
        ),
        models.Deployment(name="d", configuration="sesame"),
        models.Setting(name="ConnectionString", value="sesame"),
        models.OperationParameter(name="input", value="sesame"),
        models.ClusterProperty(name="fs.azure.account.key.second", value="sesame"),
    ],
    ids=lambda model: type(model).__name__,
)
def test_secrets_do_not_show(model):
    """Neither repr nor str nor a dump of a model gives away what it keeps secret."""
    assert "sesame" not in f"{model!r} {model}"
    assert "sesame" not in f"{model.model_dump()!r} {model.model_dump_json()} {model.model_dump(mode='json')}"
    assert b"sesame" in model.to_xml() or b"c2VzYW1l" in model.to_xml()
    assert type(model).model_validate(model.model_dump()) == model


@pytest.mark.parametrize(
    "model",
    [
        models.OSVirtualHardDisk(remote_source_image_link=SIGNED),
        models.DataVirtualHardDisk(source_media_link=SIGNED),
        models.Role(role_name="web", os_virtual_hard_disk=models.OSVirtualHardDisk(media_link=SIGNED)),
        OSDiskSpec(media_link="https://store.blob.core.windows.net/v/d.vhd", remote_source_image_link=SIGNED),
    ],
    ids=lambda model: type(model).__name__,
)
def test_signatures_of_urls_do_not_show(model):
    """They are as good as keys, and a repr goes to logs; what the URL leads to is told."""
    assert "sig=..." in repr(model)
    assert "store.blob" in repr(model)
    assert "sesame" not in f"{model!r} {model}"


@pytest.mark.parametrize(
    "model",
    [
        models.LinuxConfigurationSet("h", "u", "sesame"),
        models.LinuxConfigurationSet("h", "u", custom_data="sesame"),
        models.StorageServiceKeys(primary=SecretStr("sesame")),
        models.StorageService(
            url="https://x", storage_service_keys=models.StorageServiceKeys(primary=SecretStr("sesame"))
        ),
        models.Deployment(name="d", configuration="sesame"),
    ],
    ids=lambda model: type(model).__name__,
)
def test_secrets_are_not_pickled(model):
    """A pickle may end in a file or a queue; a copy in the same process is complete."""
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="secret is not pickled") as refused:
            pickle.dumps(model, protocol)
        assert "sesame" not in str(refused.value)
    for twin in (copy.copy(model), copy.deepcopy(model), model.model_copy(deep=True)):
        assert twin == model
        assert twin.to_xml() == model.to_xml()


def test_what_holds_no_secret_is_pickled():
    """Models without secrets go to another process as they are."""
    for model in (
        models.LinuxConfigurationSet("h", "u"),
        models.Deployment(name="d"),
        models.Location(name="West US"),
    ):
        assert pickle.loads(pickle.dumps(model)) == model
    assert models.Deployment(name="d").model_dump()["configuration"] is None


@pytest.mark.parametrize(
    "settings", [{"clientSecret": "sesame"}, {"google": [{"on": True, "key": "sesame"}]}]
)
def test_settings_of_any_form_hide_their_texts(settings):
    """Whatever stands where in them; a body has them, and who reads a text gets it."""
    site = models.SiteConfiguration(site_auth_settings=settings)
    assert (
        "sesame"
        not in f"{site!r} {site.model_dump()!r} {site.model_dump_json()} {site.model_dump(mode='json')}"
    )
    with pytest.raises(TypeError, match="secret is not pickled"):
        pickle.dumps(site)
    assert (site.site_auth_settings, json.loads(site.to_body())["SiteAuthSettings"]) == (settings, settings)
    assert models.SiteConfiguration.model_validate(site.model_dump()) == site
    assert "sesame" in secrets_in(site)


def test_hidden_text_is_text_otherwise():
    """It compares, slices and is written like any other; assignment hides it, too."""
    setting = models.Setting(name="n", value="sesame")
    assert (setting.value, setting.value[:3], f"{setting.value}") == ("sesame", "ses", "sesame")
    setting.value = "other"
    assert (setting.value, repr(setting.value)) == ("other", "HiddenText('**********')")
    assert models.LinuxConfigurationSet(custom_data="é").custom_data == "é".encode()


@pytest.mark.parametrize(
    "model",
    [
        models.NameValuePair(name="PublishingPassword", value="sesame"),
        models.NameAndValue(name="KEY", value="sesame"),
        models.SiteConfiguration(site_auth_settings={"clientSecret": "sesame"}),
        models.JobRequest(headers={"Authorization": "Bearer sesame"}),
        models.JobRequest(body="password=sesame"),
        models.StorageQueueMessage(message="sesame"),
        models.ServiceBusMessage(message="sesame"),
    ],
    ids=lambda model: type(model).__name__,
)
def test_what_often_holds_secrets_is_written_and_not_shown(model):
    """Values of settings, headers and bodies: text to who reads them, and in the body that is sent."""
    assert "sesame" not in repr(model)
    assert b"sesame" in model.to_body()
    assert type(model).from_body(model.to_body()) == model


def test_a_refused_secret_is_not_in_the_error():
    """A password of the wrong type is not quoted back."""
    with pytest.raises(InvalidArgument) as refused:
        models.LinuxConfigurationSet("h", "u", ["sesame"])
    assert "sesame" not in str(refused.value)


def test_unknown_elements_survive_in_place():
    """What a later version of the service added is where it was after a change."""
    role = models.PersistentVMRole.from_xml(
        b"<PersistentVMRole " + NAMESPACE + b"><RoleName>vm</RoleName><Newer><A/></Newer><OsVersion/>"
        b"<RoleType>PersistentVMRole</RoleType><RoleSize>Small</RoleSize></PersistentVMRole>"
    )
    role.role_size = "Medium"
    assert content(role) == (
        "<PersistentVMRole><RoleName>vm</RoleName><Newer><A/></Newer><OsVersion/>"
        "<RoleType>PersistentVMRole</RoleType><RoleSize>Medium</RoleSize></PersistentVMRole>"
    )


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('<Description i:nil="true"/>', None),
        ("", None),
        ("<Description/>", ""),
        ("<Description>d</Description>", "d"),
    ],
)
def test_nil_absent_and_empty_are_kept_apart(written, value):
    """Nil and absent read the same, empty is a text, and each is written as it came."""
    document = f"<HostedServiceProperties>{written}<Location>West US</Location></HostedServiceProperties>"
    declared = document.replace(
        "Properties>", 'Properties xmlns:i="http://www.w3.org/2001/XMLSchema-instance">', 1
    )
    properties = models.HostedServiceProperties.from_xml(declared)
    assert properties.description == value
    assert content(properties) == document


@pytest.mark.parametrize("nil", ["i:nil='true'", "i:nil='1'", "b:nil='1' xmlns:b='{}'"])
def test_every_form_of_nil(nil):
    """XML Schema has two words for true, and any prefix may stand for its namespace."""
    instance = "http://www.w3.org/2001/XMLSchema-instance"
    written = f"<HostedServiceProperties xmlns:i='{instance}'><Description {nil.format(instance)}/></HostedServiceProperties>"
    assert models.HostedServiceProperties.from_xml(written).description is None


@pytest.mark.parametrize(
    "path",
    [
        ("RoleList",),
        ("RoleInstanceList",),
        ("VirtualIPs",),
        ("Locked",),
        ("RoleList", "Role"),
        ("VirtualIPs", "VirtualIP"),
    ],
    ids="/".join,
)
def test_nil_of_what_is_always_there(path):
    """A list, an item or a default that is nil is as if it were absent."""
    inside = f'<{path[-1]} i:nil="true"/>'
    for name in reversed(path[:-1]):
        inside = f"<{name}>{inside}</{name}>"
    nil = f'<Deployment xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><Name>first</Name>{inside}</Deployment>'
    read = models.Deployment.from_xml(nil)
    assert (read.name, len(read.role_list), len(read.role_instance_list), len(read.virtual_ips)) == (
        "first",
        0,
        0,
        0,
    )


def test_a_label_is_encoded_on_the_wire_and_plain_here():
    """Labels are base64 except that of a new virtual machine's deployment."""
    assert "<Label>d2Vi</Label>" in content(models.UpdateHostedService(label="web"))
    plain = models.VirtualMachineDeployment(
        name="d", deployment_slot=models.DeploymentSlot.PRODUCTION, label="web", role_list=models.RoleList()
    )
    assert "<Label>web</Label>" in content(plain)
    assert (
        models.Deployment.from_xml("<Deployment><Name>d</Name><Label>d2Vi</Label></Deployment>").label
        == "web"
    )


def test_a_new_word_of_the_service_is_no_error():
    """A status that was not known when this was written is read, compared and written as it is."""
    instance = models.RoleInstance.from_xml(
        "<RoleInstance><InstanceStatus>Hibernating</InstanceStatus></RoleInstance>"
    )
    assert instance.instance_status == "Hibernating"
    assert "<InstanceStatus>Hibernating</InstanceStatus>" in content(instance)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2015-06-30T23:59:23.8312837Z", datetime(2015, 6, 30, 23, 59, 23, 831283, UTC)),
        ("2016-09-09T00:00:00", datetime(2016, 9, 9, tzinfo=UTC)),
        ("2016-09-09", datetime(2016, 9, 9, tzinfo=UTC)),
    ],
)
def test_every_recorded_form_of_a_date_is_utc(written, moment):
    """Seven digits of a second, no zone, no time of day: all are moments in UTC."""
    image = models.OSImage.from_xml(f"<OSImage><PublishedDate>{written}</PublishedDate></OSImage>")
    assert image.published_date == moment


@pytest.mark.parametrize("prefix", ["a", "d4p1"])
def test_operation_parameters_are_read_under_any_prefix(prefix):
    """Their names and values stand in another namespace, whose prefix the service chooses."""
    contract = "http://schemas.datacontract.org/2004/07/Microsoft.WindowsAzure.ServiceManagement"
    operation = models.SubscriptionOperation.from_xml(
        "<SubscriptionOperation><OperationId>1</OperationId><OperationParameters><OperationParameter>"
        f'<{prefix}:Name xmlns:{prefix}="{contract}">subscriptionID</{prefix}:Name>'
        f'<{prefix}:Value xmlns:{prefix}="{contract}">42</{prefix}:Value>'
        "</OperationParameter></OperationParameters><OperationStatus><ID>1</ID><Status>Failed</Status>"
        "<HttpStatusCode>409</HttpStatusCode><Error><Code>ConflictError</Code></Error></OperationStatus>"
        "</SubscriptionOperation>"
    )
    assert operation.operation_parameters.to_dict() == {"subscriptionID": "42"}
    assert operation.operation_status.status == models.OperationState.FAILED
    assert operation.operation_status.error == models.Error(code="ConflictError")


def test_a_part_may_have_a_namespace_of_its_own():
    """It is written with it, read with any prefix, and missed by the inspection of a strict emulator."""
    own = "http://schemas.microsoft.com/hdinsight/2013/05/management"
    container = models.ClusterContainer(cluster_name="crunch")
    request = models.CreateCluster(intrinsic_settings={"cluster_container": container})
    written = request.to_xml()
    assert f'<ClusterContainer xmlns="{own}"><ClusterName>crunch'.encode() in written
    assert models.CreateCluster.from_xml(written, strict=True) == request
    assert list(offences(models.CreateCluster, written)) == []
    (offence,) = offences(models.CreateCluster, written.replace(f' xmlns="{own}"'.encode(), b""))
    assert offence.endswith(f"not in {own}.")


class TestServiceConfiguration:
    """The .cscfg file can be read, changed and written back."""

    FILE = (
        '<?xml version="1.0" encoding="utf-16"?>\r\n'
        '<ServiceConfiguration xmlns:xsd="http://www.w3.org/2001/XMLSchema" serviceName="Shop" osFamily="4" '
        'osVersion="*" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceConfiguration">\r\n'
        '  <Role name="Web">\r\n    <Instances count="2" />\r\n    <ConfigurationSettings>\r\n'
        '      <Setting name="Greeting" value="hello &amp; welcome" />\r\n    </ConfigurationSettings>\r\n'
        '    <Certificates><Certificate name="Tls" thumbprint="AB" thumbprintAlgorithm="sha1"/></Certificates>\r\n'
        "  </Role>\r\n"
        '  <NetworkConfiguration><AccessControls><AccessControl name="lan"/></AccessControls>'
        '<VirtualNetworkSite name="net"/></NetworkConfiguration>\r\n</ServiceConfiguration>'
    )

    @pytest.mark.parametrize(
        "document",
        [FILE, "\ufeff" + FILE, FILE.encode(), FILE.encode("utf-8-sig"), FILE.encode("utf-16")],
        ids=["text", "text with mark", "utf-8", "utf-8 with mark", "utf-16"],
    )
    def test_it_is_read_whatever_it_claims(self, document):
        """The declaration claims UTF-16; a byte order mark is believed, the claim is not."""
        configuration = models.ServiceConfiguration.from_xml(document)
        assert configuration.service_name == "Shop"
        assert [role.name for role in configuration] == ["Web"]
        assert configuration.role("Web").instances.count == 2
        assert configuration.role("Web").setting("Greeting").value == "hello & welcome"

    def test_it_is_changed_and_written_back(self):
        """A change changes what it names; the rest, access rules included, is still there."""
        configuration = models.ServiceConfiguration.from_xml(self.FILE)
        configuration.role("Web").instances.count = 4
        configuration.role("Web").setting("Greeting").value = "<bye>"
        written = configuration.to_xml().decode()
        assert '<Instances count="4"/>' in written
        assert 'value="&lt;bye&gt;"' in written
        assert '<AccessControl name="lan"/>' in written
        assert models.ServiceConfiguration.from_xml(written) == configuration

    def test_what_is_not_there_is_a_key_error(self):
        """Asking for a role or a setting that is missing names it."""
        configuration = models.ServiceConfiguration.from_xml(self.FILE)
        with pytest.raises(KeyError, match="Worker"):
            configuration.role("Worker")
        with pytest.raises(KeyError, match="Colour"):
            configuration.role("Web").setting("Colour")

    def test_another_file_is_refused(self):
        """A service definition is not a service configuration."""
        with pytest.raises(ValueError, match="ServiceConfiguration"):
            models.ServiceConfiguration.from_xml("<ServiceDefinition/>")


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_a_model_has_a_json_schema(mode):
    """Frameworks describe with it what a web service answers; elements kept from a reply are not in it."""
    for model in (models.HostedService, models.PersistentVMRole, models.Locations):
        described = model.model_json_schema(mode=mode)["properties"].keys()
        assert described == {
            info.alias for name, info in model.model_fields.items() if name != "extra_elements"
        }


def test_every_model_is_exported_once():
    """`asyncsm.models` has every public model and word list of the core's wire modules, each once."""
    defined = {
        name
        for value in vars(models).values()
        if inspect.isclass(value)
        for name, other in vars(sys.modules[value.__module__]).items()
        if inspect.isclass(other) and other.__module__ == value.__module__ and name.isidentifier()
    }
    assert {name for name in defined if not name.startswith("_")} <= set(models.__all__)
    assert len(models.__all__) == len(set(models.__all__))
    assert all(hasattr(models, name) for name in models.__all__)


def test_models_survive_json():
    """Pydantic's own forms work: a model can be dumped and validated again."""
    image = models.OSImage(name="i", published_date=datetime(2016, 9, 9, tzinfo=UTC))
    dumped = json.loads(image.model_dump_json(exclude_unset=True))
    assert models.OSImage.model_validate(dumped) == image


IMPLIED = [
    (model, field)
    for name in models.__all__
    if issubclass(model := getattr(models, name), XmlModel)
    for field in codec.layout_of(model).fields
    if field.implied
]


class TestImplied:
    """What the service leaves out because it is 0 or false reads as 0 or false."""

    @pytest.mark.parametrize(
        ("model", "field"), IMPLIED, ids=[f"{model.__name__}.{field.name}" for model, field in IMPLIED]
    )
    def test_absent_reads_as_the_default_and_stays_absent(self, model, field):
        """Reading and writing adds nothing; a default that was said is kept."""
        default = model.model_fields[field.name].default
        assert default in (0, False, 4)
        required = "".join(
            f"<{one.wire}>{'Allow' if one.words else 1}</{one.wire}>"
            for one in codec.layout_of(model).fields
            if one.required
        )
        document = f'<{model.root_name()} xmlns="http://schemas.microsoft.com/windowsazure">{required}<Later>x</Later>'
        absent = model.from_xml(f"{document}</{model.root_name()}>")
        assert getattr(absent, field.name) == default
        assert field.wire not in absent.to_node()
        said = model.from_xml(
            f"{document}<{field.wire}>{str(default).lower()}</{field.wire}></{model.root_name()}>"
        )
        assert said.to_node()[field.wire] == str(default).lower()
        empty = model.from_xml(f"{document}<{field.wire}/></{model.root_name()}>")
        assert getattr(empty, field.name) == default
        setattr(absent, field.name, default)
        assert absent.to_node()[field.wire] == str(default).lower()
        setattr(absent, field.name, None)
        assert field.wire not in absent.to_node()

    def test_absence_that_means_something_else_stays_none(self):
        """The service writes these also when they are 0 or false, or never: absent is not known."""
        assert models.Disk().has_operating_system is None
        assert models.RoleInstance().instance_fault_domain is None
        assert models.OSImage().show_in_gui is None
        assert models.Role().provision_guest_agent is None
        assert models.ConfigurationSetInputEndpoint("a", enable_direct_server_return=None).port is None

    def test_the_first_free_number_of_a_data_disk(self):
        """A disk with LUN 0 has a number, which is not free."""
        disks = models.DataVirtualHardDisks.from_xml(
            b'<DataVirtualHardDisks xmlns="http://schemas.microsoft.com/windowsazure"><DataVirtualHardDisk/>'
            b"<DataVirtualHardDisk><Lun>1</Lun></DataVirtualHardDisk></DataVirtualHardDisks>"
        )
        used = {disk.lun for disk in disks}
        assert next(lun for lun in range(32) if lun not in used) == 2


ACL = "<EndpointAcl><Rules><Rule><Order>1</Order></Rule></Rules></EndpointAcl>"
BALANCER, ADDRESS = "<LoadBalancerName>inside</LoadBalancerName>", "<VirtualIPName>second</VirtualIPName>"


@pytest.mark.parametrize(
    "content",
    [ACL + BALANCER, BALANCER + ACL, BALANCER + ADDRESS, ADDRESS + ACL + BALANCER + "<Else>1</Else>"],
)
def test_an_order_that_is_free_is_kept(content):
    """What clients and the service write in more than one order is written as it was read."""
    document = f"<InputEndpoint {NAMESPACE.decode()}><LocalPort>80</LocalPort>{content}</InputEndpoint>"
    read = models.ConfigurationSetInputEndpoint.from_xml(document)
    assert content in read.to_xml().decode()
    assert content in pickle.loads(pickle.dumps(read)).to_xml().decode()


def test_a_model_that_was_made_has_the_order_of_the_service():
    """Without a document that was read the order is the recorded one, and models differ by content only."""
    read = models.ConfigurationSetInputEndpoint.from_xml(
        f"<InputEndpoint {NAMESPACE.decode()}><Name>web</Name>{BALANCER}{ACL}</InputEndpoint>"
    )
    made = models.ConfigurationSetInputEndpoint(
        "web", load_balancer_name="inside", endpoint_acl=read.endpoint_acl
    )
    assert ACL + BALANCER in made.to_xml().decode()
    assert made == read
    read.load_balancer_name = "other"
    assert made != read
    assert "<LoadBalancerName>other</LoadBalancerName><EndpointAcl>" in read.to_xml().decode()
