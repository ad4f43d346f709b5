"""Text of files in the encodings that editors and shells write."""

import base64
import codecs
import re

import pytest
import yaml
from doubles.certificates import management_certificate

from asyncsm import texts
from asyncsm.cli import profiles
from asyncsm.cli.values import structure_of
from asyncsm.credentials import ManagementCertificate, read_publishsettings, service_certificate_for_ssh_key
from asyncsm.emulator.seeding import load_seed
from asyncsm.errors import CredentialError, InvalidArgument
from asyncsm.operations import arguments
from asyncsm.provisioning import load_plan
from asyncsm.provisioning.machine_specs import VirtualMachineSpec
from asyncsm.provisioning.secrets import SecretReference
from asyncsm.wire.cscfg import ServiceConfiguration

ENCODINGS = {
    "utf-8": str.encode,
    "utf-8 with a mark": lambda text: text.encode("utf-8-sig"),
    "utf-16": lambda text: text.encode("utf-16"),
    "utf-16, big end first": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "utf-16 without a mark": lambda text: text.encode("utf-16-le"),
    "utf-16, big end first, without a mark": lambda text: text.encode("utf-16-be"),
    "utf-32": lambda text: text.encode("utf-32"),
    "Windows' line ends": lambda text: text.replace("\n", "\r\n").encode(),
    "Windows' own": lambda text: text.replace("\n", "\r\n").encode("utf-16"),
}
encodings = pytest.mark.parametrize("encoded", ENCODINGS.values(), ids=ENCODINGS)

CSCFG = (
    '<?xml version="1.0" encoding="utf-8"?>\n<ServiceConfiguration serviceName="Läden"'
    ' xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceConfiguration">\n'
    '<Role name="Web"><Instances count="2"/></Role></ServiceConfiguration>'
)


def pem():
    """Key and certificate."""
    return management_certificate()._pair.pem().decode()


def key_pem():
    text = pem()
    return text[: text.index("-----BEGIN CERTIFICATE")]


def publishsettings(encoding="utf-8"):
    pfx = base64.b64encode(management_certificate().to_pfx()).decode()
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<PublishData><PublishProfile><Subscription'
        f' Id="00000000-0000-0000-0000-000000000001" Name="Läden" ManagementCertificate="{pfx}"/>'
        "</PublishProfile></PublishData>"
    )


@encodings
class TestFilesOfAnyEncoding:
    def test_a_secret(self, encoded, tmp_path):
        """A password is what was typed, without a mark and the line break at its end."""
        (tmp_path / "pw.txt").write_bytes(encoded("Nöt-1-secret\n"))
        assert SecretReference("file:pw.txt").reveal(tmp_path).get_secret_value() == "Nöt-1-secret"

    def test_publishsettings(self, encoded):
        """The mark is believed, not the declaration."""
        for declared in ("utf-8", "utf-16"):
            (found,) = read_publishsettings(encoded(publishsettings(declared))).subscriptions
            assert found.name == "Läden"
            assert found.certificate == management_certificate()

    def test_pem(self, encoded):
        """A certificate and its key are found."""
        text = pem()
        assert ManagementCertificate.load(encoded(text)) == management_certificate()

    def test_an_ssh_key(self, encoded):
        """The key for a Linux machine is found."""
        assert service_certificate_for_ssh_key(encoded(key_pem())).cer

    def test_a_service_configuration(self, encoded):
        """A .cscfg is read by its model, and taken as an argument."""
        assert ServiceConfiguration.from_xml(encoded(CSCFG)).service_name == "Läden"
        assert 'serviceName="Läden"' in arguments.service_configuration(encoded(CSCFG))

    def test_a_plan(self, encoded, tmp_path):
        """A plan is read in every form."""
        for name, text in {
            "p.json": '{"name": "läden", "location": "West US"}\n',
            "p.yaml": "name: läden\nlocation: West US\n",
            "p.toml": 'name = "läden"\nlocation = "West US"\n',
        }.items():
            (tmp_path / name).write_bytes(encoded(text.replace("ä", "ae")))
            assert load_plan(tmp_path / name).name == "laeden"

    def test_a_seed(self, encoded, tmp_path):
        """The first content of an emulator is read in both forms."""
        for name, text in {"s.json": '{"affinity_groups": []}\n', "s.yaml": "affinity_groups: []\n"}.items():
            (tmp_path / name).write_bytes(encoded(text))
            load_seed(tmp_path / name)

    def test_a_value_of_a_command(self, encoded, tmp_path):
        """What stands behind an @ is read in every form."""
        for name, text in {"v.json": '{"label": "Läden"}\n', "v.yaml": "label: Läden\n"}.items():
            (tmp_path / name).write_bytes(encoded(text))
            assert structure_of(f"@{tmp_path / name}", "--value") == {"label": "Läden"}

    def test_profiles(self, encoded, tmp_path, monkeypatch):
        """Profiles may have been edited."""
        monkeypatch.setattr(profiles, "folder", lambda: tmp_path)
        (tmp_path / profiles.FILE).write_bytes(encoded('current = "läden"\n'))
        assert profiles.read().current == "läden"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_script_of_a_plan_has_no_mark(encoding, tmp_path, monkeypatch):
    """Linux runs a script only if it begins with ``#!``."""
    (tmp_path / "setup.sh").write_bytes("#!/bin/sh\n".encode(encoding))
    monkeypatch.setenv("PW", "Passw0rd!")
    linux = {"user_name": "ops", "user_password": "env:PW", "custom_data": "file:setup.sh"}
    machine = VirtualMachineSpec(name="web", service_name="shop", system_config={"linux": linux})
    assert machine.system_configuration(tmp_path).custom_data == b"#!/bin/sh\n"


def test_a_declared_encoding_counts_where_nothing_else_tells():
    """A document in an old encoding, which is no UTF-8, is read as it declares."""
    data = publishsettings("windows-1252").encode("windows-1252")
    assert read_publishsettings(data).subscriptions[0].name == "Läden"
    for unknown in ("klingon", "undefined", "hex"):
        with pytest.raises(UnicodeDecodeError):
            texts.decode_xml(f'<?xml version="1.0" encoding="{unknown}"?><a b="ä"/>'.encode("latin-1"))
    with pytest.raises(UnicodeDecodeError):
        texts.decode_xml("<a b='ä'/>".encode("latin-1"))


def test_a_secret_is_not_guessed(tmp_path, monkeypatch):
    """Text in an old encoding is refused, without a byte of it; white space within is the secret's own."""
    (tmp_path / "pw.txt").write_bytes("Pässw0rd".encode("latin-1"))
    with pytest.raises(InvalidArgument, match=r"file:pw\.txt: is not UTF-8 text; save it as UTF-8") as caught:
        SecretReference("file:pw.txt").reveal(tmp_path)
    assert caught.value.__cause__ is None
    (tmp_path / "pw.txt").write_bytes(b" two words \n\n")
    assert SecretReference("file:pw.txt").reveal(tmp_path).get_secret_value() == " two words \n"
    monkeypatch.setenv("PW", "\ufeffsecret\r\n")
    assert SecretReference("env:PW").reveal(tmp_path).get_secret_value() == "secret"


@pytest.mark.parametrize("lines", ["\r", "\n", "\r\n"])
def test_key_text_without_its_header_is_no_path(lines):
    """Text with a line break is never taken for a path, and never printed."""
    body = key_pem().splitlines()[1:-1]
    with pytest.raises(
        CredentialError, match=r"the given text of \d+ characters: is not a certificate"
    ) as caught:
        ManagementCertificate.load(lines.join(body))
    assert body[0] not in str(caught.value)
    with pytest.raises(CredentialError, match="the given text of"):
        ManagementCertificate.load("".join(body[:4]))


def test_a_path_with_what_cannot_be_seen():
    """A message shows it so that it can be seen."""
    with pytest.raises(CredentialError, match=r"'gone\\u200e\.pem': there is no such file"):
        ManagementCertificate.load("gone\u200e.pem")


ROLES = {
    "": "Role 'Web', Instances: is missing",
    '<Instances count="two"/>': "Role 'Web', Instances, attribute count: is not a whole number",
    "<Instances/>": "Role 'Web', Instances, attribute count: is missing",
    '<Instances count="1"/><Instances count="2"/>': "Role 'Web': Instances occurs more than once",
    '<Instances count="1"/><ConfigurationSettings><Setting value="hunter2"/></ConfigurationSettings>': (
        "Role 'Web', Setting number 1, attribute name: is missing"
    ),
    '<Instances count="1"/><Certificates><Certificate name="ssl"/></Certificates>': (
        "Role 'Web', Certificate 'ssl', attribute thumbprint: is missing"
    ),
}


@pytest.mark.parametrize(("part", "message"), ROLES.items())
def test_a_mistake_in_a_service_configuration(part, message):
    """The message is one line with the role, the element and what is wrong with it."""
    one = CSCFG.replace("</Service", f'<Role name="Web">{part}</Role></Service').replace(
        'name="Web"', 'name="First"', 1
    )
    for document in (one, one.encode("utf-16")):
        with pytest.raises(ValueError, match=re.escape(message)) as caught:
            ServiceConfiguration.from_xml(document)
        assert str(caught.value) == message
    with pytest.raises(InvalidArgument) as refused:
        arguments.service_configuration(one)
    assert str(refused.value) == f"configuration: is not a service configuration (.cscfg): {message}"


def test_a_role_without_a_name():
    """It is named by its number; what stands beside the roles is found, too."""
    with pytest.raises(ValueError, match=r"^Role number 2, attribute name: is missing$"):
        ServiceConfiguration.from_xml(
            CSCFG.replace("</Service", '<Role><Instances count="1"/></Role></Service')
        )
    server = "<NetworkConfiguration><Dns><DnsServers><DnsServer name='x'/></DnsServers></Dns></NetworkConfiguration>"
    place = "NetworkConfiguration, Dns, DnsServer 'x', attribute IPAddress: is missing"
    with pytest.raises(ValueError, match=f"^{place}$"):
        ServiceConfiguration.from_xml(CSCFG.replace("</Service", f"{server}</Service"))


def test_the_order_of_names():
    """Numbers count by their value, digits come before letters, and case does not matter, however long a number is."""
    ordered = ["", "2nd", "10th", "Web", "web-9", "Web-010", "web-" + "9" * 5000, "web-a", "zoo"]
    backwards = ordered[::-1]
    assert sorted(backwards, key=texts.natural_key) == ordered


def test_every_character_survives_in_yaml():
    """Those that YAML takes for line breaks, too, wherever they stand."""
    characters = map(chr, (*range(0xA1), 0x2028, 0x2029, 0x202E, 0xFEFF, 0xFFFD, 0x1F600))
    said = [text for one in characters for text in (one, f"a{one}", f"{one}a", f"a {one} b", one * 2)]
    written = yaml.dump(said, Dumper=texts.yaml_dumper(), allow_unicode=True)
    assert yaml.safe_load(written) == said


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Value error, 'x' is no color", "'x' is no color"),
        (
            "Invalid value for '--port': Input should be a valid integer",
            "Invalid value for '--port': must be a valid integer",
        ),
    ],
)
def test_values_are_told_without_words_of_validators(said, told):
    """Whoever gave a value knows nothing of inputs and value errors."""
    assert texts.in_words(said) == told
