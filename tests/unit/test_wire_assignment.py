"""Assigning to a model's field takes what its constructor takes; anything else is told of by its name."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from asyncsm import models
from asyncsm.errors import AsyncsmError, InvalidArgument
from asyncsm.wire import codec
from asyncsm.wire.atom import AtomFeed
from asyncsm.wire.base import XmlModel

XML_MODELS = [model for name in models.__all__ if issubclass(model := getattr(models, name), XmlModel)]
PARTS = [
    (model, field)
    for model in XML_MODELS
    for field in codec.layout_of(model).fields
    if field.models
    and not field.required
    and not field.is_list
    and not field.nillable  # which says so when it is None
]


@pytest.mark.parametrize(
    ("model", "field"), PARTS, ids=[f"{model.__name__}.{field.name}" for model, field in PARTS]
)
def test_none_takes_a_part_away(model, field):
    """The idiom of old scripts, ``windows.domain_join = None``, is as if there had never been one."""
    missing = {one.name: _example(one) for one in codec.layout_of(model).fields if one.required}
    untouched, emptied = model(**missing), model(**missing)
    setattr(emptied, field.name, None)
    assert emptied == untouched
    assert emptied.to_xml() == untouched.to_xml() == model(**missing, **{field.name: None}).to_xml()
    assert not getattr(emptied, field.name)


def _example(field):
    if field.is_list:
        return []
    if field.models:
        part = field.models[0]
        return part(**{one.name: _example(one) for one in codec.layout_of(part).fields if one.required})
    return "1"


def test_none_after_something_was_there_removes_its_element():
    """What was set before is not sent any more."""
    windows = models.WindowsConfigurationSet("web1", "Passw0rd!")
    windows.domain_join.join_domain = "example.org"
    windows.win_rm.listeners.append(models.Listener("Https"))
    windows.domain_join = windows.win_rm = windows.custom_data = None
    assert windows.to_xml() == models.WindowsConfigurationSet("web1", "Passw0rd!").to_xml()


def test_a_plain_list_stands_for_a_list_model():
    """The constructor and the assignment take lists and tuples."""
    key = models.PublicKey("A" * 40, "/home/ops/.ssh/authorized_keys")
    ssh = models.SSH(public_keys=[key])
    ssh.key_pairs = (models.KeyPair("A" * 40, "/home/ops/.ssh/id_rsa"),)
    assert isinstance(ssh.public_keys, models.PublicKeys)
    assert [one.path for one in ssh.key_pairs] == ["/home/ops/.ssh/id_rsa"]
    network = models.ConfigurationSet()
    network.input_endpoints = [models.ConfigurationSetInputEndpoint("ssh", "tcp", "22", "22")]
    network.input_endpoints.append(models.ConfigurationSetInputEndpoint("web", "tcp", 80, 80))
    assert [one.port for one in network.input_endpoints] == [22, 80]
    network.subnet_names = ("front",)
    assert network.subnet_names == ["front"]


def test_anything_a_list_is_made_of_stands_for_a_list_model():
    """Scripts hand over generators and views of dictionaries."""
    keys = {"first": models.PublicKey("A" * 40, "/x"), "second": models.PublicKey("B" * 40, "/y")}
    for given in (keys.values(), (key for key in keys.values()), iter(list(keys.values()))):
        ssh = models.SSH()
        ssh.public_keys = given
        assert [one.path for one in ssh.public_keys] == ["/x", "/y"]


def test_what_is_appended_is_of_the_kind_that_the_list_has():
    """A mapping of its fields stands for it; anything else is refused where it is said."""
    endpoints = models.ConfigurationSet().input_endpoints
    endpoints.append({"name": "ssh", "protocol": "tcp", "port": "22", "local_port": "22"})
    assert [one.port for one in endpoints] == [22]
    for other in ("web", None, 5, models.PublicKey("A" * 40, "/x")):
        with pytest.raises(InvalidArgument, match="holds ConfigurationSetInputEndpoint, and no "):
            endpoints.append(other)
    assert len(endpoints) == 1


def test_what_is_no_model_in_a_list_is_told_of_when_it_is_sent():
    """The list itself, as the old SDK has it, takes anything that is appended."""
    network = models.ConfigurationSet()
    network.input_endpoints.input_endpoints.append("web")
    with pytest.raises(InvalidArgument, match=r"^ConfigurationSetInputEndpoints\.input_endpoints: has a str"):
        network.to_xml()


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        (datetime(2016, 5, 1, tzinfo=UTC).replace(tzinfo=None), "needs a time zone"),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))), "is outside the years 1 to 9999"),
        (datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=5))), "is outside the years 1 to 9999"),
    ],
)
def test_a_moment_that_is_none_in_utc_is_refused(moment, told):
    """One without a zone would be another on each machine."""
    with pytest.raises(InvalidArgument, match=rf"^OSImage\.published_date: .*{told}"):
        models.OSImage(published_date=moment).to_xml()


def test_a_dictionary_stands_for_a_part():
    """Fields by name, at any depth."""
    linux = models.LinuxConfigurationSet("web1", "ops")
    linux.ssh = {"public_keys": [{"fingerprint": "A" * 40, "path": "/x"}]}
    assert linux.ssh.public_keys[0].path == "/x"
    service = models.HostedServiceProperties(extended_properties={"Owner": "ops", "Gone": None})
    service.extended_properties = {"Owner": "dev"}
    assert service.extended_properties.to_dict() == {"Owner": "dev"}


@pytest.mark.parametrize(("given", "spelt"), [("readonly", "ReadOnly"), ("NONE", "None"), ("Later", "Later")])
def test_words_are_spelt_as_the_service_spells_them(given, spelt):
    """Words that users write in any case; a word that is not known is kept as it is."""
    disk = models.OSVirtualHardDisk("image", host_caching=given)
    assert disk.host_caching == spelt
    disk.host_caching = given
    assert disk.host_caching == spelt


def test_dates_as_text_are_in_utc_unless_they_say_otherwise():
    """As in documents, and not in the time zone of the machine."""
    image = models.OSImage(published_date="2016-05-01")
    assert image.published_date == datetime(2016, 5, 1, tzinfo=UTC)
    image.published_date = "2016-05-01T10:00:00"
    assert image.published_date == datetime(2016, 5, 1, 10, tzinfo=UTC)
    image.published_date = "2016-05-01T10:00:00+02:00"
    assert image.published_date == datetime(2016, 5, 1, 8, tzinfo=UTC)
    with pytest.raises(InvalidArgument, match=r"^OSImage\.published_date:"):
        image.published_date = "soon"


def test_words_of_a_document_are_kept_as_they_are():
    """Reading and writing a document loses nothing, the case of its letters included."""
    document = models.OSVirtualHardDisk(host_caching="None").to_xml().replace(b">None<", b">none<")
    assert models.OSVirtualHardDisk.from_xml(document).to_xml() == document


@pytest.mark.parametrize(
    ("model", "name", "value", "told"),
    [
        (models.ConfigurationSetInputEndpoint, "port", "http", "ConfigurationSetInputEndpoint.port"),
        (models.ConfigurationSet, "input_endpoints", "web", "ConfigurationSet.input_endpoints"),
        (
            models.ConfigurationSet,
            "input_endpoints",
            [80],
            r"ConfigurationSetInputEndpoints.input_endpoints.0",
        ),
        (models.WindowsConfigurationSet, "win_rm", "yes", "WindowsConfigurationSet.win_rm"),
        (models.LinuxConfigurationSet, "ssh", {"public_keys": 1}, "SSH.public_keys"),
        (models.WindowsConfigurationSet, "time_zone", 3, "WindowsConfigurationSet.time_zone"),
    ],
)
def test_a_wrong_value_is_told_of_by_model_and_field(model, name, value, told):
    """The error is ours, and says where; the value itself may be a secret and is not shown."""
    with pytest.raises(InvalidArgument, match=f"^{told}:"):
        setattr(model(), name, value)
    with pytest.raises(InvalidArgument, match=f"^{told}:"):
        model(**{name: value})


def test_a_required_field_cannot_be_taken_away():
    """None is no value for what a document must have."""
    server = models.DnsServer(name="a", address="10.0.0.4")
    with pytest.raises(InvalidArgument, match=r"^DnsServer\.address"):
        server.address = None
    assert server.address == "10.0.0.4"


def test_a_misspelt_attribute_is_refused_with_the_one_that_was_meant():
    """The old SDK took it, and sent nothing."""
    with pytest.raises(InvalidArgument, match="did you mean role_size") as refused:
        models.Role().role_sice = "Small"
    assert isinstance(refused.value, AsyncsmError)


def test_an_absent_part_is_false():
    """``if role.os_virtual_hard_disk:`` asks what it asked of the old SDK, where an absent part was None."""
    role = models.Role.from_xml(
        b'<Role xmlns="http://schemas.microsoft.com/windowsazure"><RoleName>a</RoleName></Role>'
    )
    assert role
    assert not role.os_virtual_hard_disk
    assert not role.configuration_sets
    role.os_virtual_hard_disk.disk_name = "d"
    assert role.os_virtual_hard_disk
    assert models.SSH(public_keys=[models.PublicKey("A" * 40, "/x")])


def test_another_attribute_is_the_callers_own():
    """Programs keep notes on models; they are not sent, and change nothing else."""
    account = models.StorageService(url="u")
    document = account.to_xml()
    account.containers = ["vhds"]
    assert hasattr(account, "containers")
    assert account.containers == ["vhds"]
    assert account.to_xml() == document
    assert "containers" not in account.model_dump()
    account.service_name = "later"
    assert account.containers == ["vhds"]
    assert account.model_copy(deep=True).containers == ["vhds"]
    ssh = models.SSH()
    ssh.note = "mine"
    assert not ssh


FEEDS = [
    model
    for name in models.__all__
    if issubclass(model := getattr(models, name), AtomFeed) and model.model_fields
]


@pytest.mark.parametrize("feed", FEEDS, ids=[feed.__name__ for feed in FEEDS])
def test_a_feed_tells_of_a_wrong_value_as_a_document_does(feed):
    """Its only field is the list of what stands in its entries; None empties it."""
    (name,) = feed.model_fields
    with pytest.raises(InvalidArgument, match=rf"^{feed.__name__}\.{name}"):
        feed(**{name: 5})
    made = feed()
    with pytest.raises(InvalidArgument, match=rf"^{feed.__name__}\.{name}"):
        setattr(made, name, ["entry"])
    setattr(made, name, None)
    assert made.to_body() == feed(**{name: None}).to_body() == feed().to_body()
