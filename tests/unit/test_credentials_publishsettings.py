"""publishsettings files of both schemas, read and written."""

import base64
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12
from doubles.certificates import management_certificate, self_signed

from asyncsm.credentials import (
    ManagementCertificate,
    get_certificate_from_publish_settings,
    read_publishsettings,
    write_publishsettings,
)
from asyncsm.errors import CredentialError, InvalidArgument

FIRST, SECOND = "6F3B1D0E-93a5-4f6f-8c7b-0d8f0b0a1c2d", "0a1b2c3d-0000-4000-8000-00000000000f"


def pfx(name: str) -> str:
    return base64.b64encode(management_certificate(name).to_pfx()).decode()


def document(profile: str, *subscriptions: str) -> bytes:
    listed = "".join(f"<Subscription {attributes} />" for attributes in subscriptions)
    text = f'<?xml version="1.0" encoding="utf-8"?>\n<PublishData><PublishProfile {profile}>{listed}</PublishProfile></PublishData>'
    return text.encode()


def schema_1() -> bytes:
    profile = f'PublishMethod="AzureServiceManagementAPI" Url="https://management.example/" ManagementCertificate="{pfx("tester")}"'
    return document(profile, f'Id="{FIRST}" Name="one"', f'Id="{SECOND}" Name="two"')


def schema_2() -> bytes:
    url = 'ServiceManagementUrl="https://management.example"'
    return document(
        'SchemaVersion="2.0" PublishMethod="AzureServiceManagementAPI"',
        f'{url} Id="{FIRST}" Name="one" ManagementCertificate="{pfx("tester")}"',
        f'{url} Id="{SECOND}" Name="two" ManagementCertificate="{pfx("other")}"',
    )


class TestReading:
    @pytest.mark.parametrize("content", [schema_1, schema_2])
    def test_both_schemas(self, content) -> None:
        """Both schemas give the subscriptions in order, with URL (no slash at its end) and certificate."""
        settings = read_publishsettings(content())
        assert [(s.id, s.name, s.management_url) for s in settings.subscriptions] == [
            (FIRST, "one", "https://management.example"),
            (SECOND, "two", "https://management.example"),
        ]
        assert settings.subscription().certificate == management_certificate()

    def test_certificates_of_schema_1(self) -> None:
        """In schema 1.0 all subscriptions share the profile's certificate."""
        assert read_publishsettings(schema_1()).subscription(SECOND).certificate == management_certificate()

    def test_certificates_of_schema_2(self) -> None:
        """In schema 2.0 each subscription has its own."""
        assert read_publishsettings(schema_2()).subscription(SECOND).certificate == management_certificate(
            "other"
        )

    def test_the_subscription_wins(self) -> None:
        """What a subscription says wins over the profile, in any schema."""
        content = document(
            f'Url="https://profile.example/" ManagementCertificate="{pfx("tester")}"',
            f'Id="{FIRST}" ServiceManagementUrl="https://own.example/" ManagementCertificate="{pfx("other")}"',
            f'Id="{SECOND}"',
        )
        first, second = read_publishsettings(content).subscriptions
        assert first.management_url == "https://own.example"
        assert first.certificate == management_certificate("other")
        assert second.management_url == "https://profile.example"
        assert second.certificate == management_certificate()
        assert second.name == ""

    def test_no_url(self) -> None:
        """Without any URL it is the public cloud's."""
        (only,) = read_publishsettings(document("", f'Id="{FIRST}"')).subscriptions
        assert only.management_url == "https://management.core.windows.net"

    def test_the_first_is_the_default(self) -> None:
        """Without an id the first subscription is meant, with one its own, in any case."""
        assert ManagementCertificate.from_publishsettings(schema_2()) == management_certificate()
        chosen = ManagementCertificate.from_publishsettings(schema_2(), SECOND.upper())
        assert chosen == management_certificate("other")
        assert SECOND in chosen.source

    def test_certificates_are_decoded_when_asked_for(self) -> None:
        """One damaged certificate does not spoil the others, and each is decoded once."""
        content = document(
            'SchemaVersion="2.0"',
            f'Id="{FIRST}" ManagementCertificate="%"',
            f'Id="{SECOND}" ManagementCertificate="{pfx("tester")}"',
        )
        settings = read_publishsettings(content)
        second = settings.subscription(SECOND)
        assert second.certificate is second.certificate

    def test_utf_16(self) -> None:
        """A file saved as UTF-16 is read."""
        content = schema_2().decode().replace('encoding="utf-8"', 'encoding="utf-16"').encode("utf-16")
        assert ManagementCertificate.load(content) == management_certificate()

    def test_line_breaks_in_the_certificate(self) -> None:
        """Base64 that was wrapped by some tool is read."""
        encoded = pfx("tester")
        wrapped = "\n".join(encoded[i : i + 64] for i in range(0, len(encoded), 64))
        content = document("", f'Id="{FIRST}" ManagementCertificate="{wrapped}"')
        assert ManagementCertificate.load(content) == management_certificate()

    def test_expired(self) -> None:
        """An expired certificate can be looked at, not used."""
        old = self_signed(ends=management_certificate().not_valid_before).pfx(None, "old")
        content = document("", f'Id="{FIRST}" ManagementCertificate="{base64.b64encode(old).decode()}"')
        with pytest.raises(CredentialError, match=f"subscription {FIRST}: the certificate expired"):
            ManagementCertificate.load(content)
        assert ManagementCertificate.load(content, check_validity=False).subject == "CN=tester"


class TestErrors:
    def test_unknown_subscription(self) -> None:
        """An id that is not there gets the list of those that are."""
        with pytest.raises(
            CredentialError, match=rf"has no subscription nobody; it has {FIRST} \(one\), {SECOND} \(two\)"
        ):
            read_publishsettings(schema_1()).subscription("nobody")

    def test_unnamed_subscriptions(self) -> None:
        """A subscription without a name is listed by its id alone."""
        with pytest.raises(CredentialError, match=f"it has {FIRST}$"):
            read_publishsettings(document("", f'Id="{FIRST}"')).subscription("nobody")

    @pytest.mark.parametrize(
        ("content", "problem"),
        [
            (b"hello", "is not a publishsettings file, which is XML; download"),
            (b"<PublishData>", r"is not well-formed XML \(.*\); download"),
            (b"<!DOCTYPE x [<!ENTITY a 'b'>]><PublishData/>", "a DOCTYPE is not allowed"),
            (
                b"<publishData><publishProfile/></publishData>",
                "is the publish profile of a web site; give the",
            ),
            (b"<Other/>", "has no PublishData with a PublishProfile; download"),
            (b"<PublishData/>", "has no PublishData with a PublishProfile; download"),
            (document(""), "lists no subscription; download|has no PublishData with a PublishProfile"),
            (document('SchemaVersion="2.0"'), "lists no subscription; download"),
            (document("", 'Name="x"'), "a Subscription has no Id; download"),
        ],
    )
    def test_documents(self, content: bytes, problem: str) -> None:
        """A file that is something else is told what it lacks and where to get a right one."""
        with pytest.raises(CredentialError, match=f"the given bytes: {problem}|{problem}"):
            read_publishsettings(content)

    @pytest.mark.parametrize(
        ("certificate", "problem"),
        [
            ("", "has no ManagementCertificate"),
            ("%%%", "its certificate is not base64"),
            ("aGVsbG8=", "its certificate is not a PFX"),
        ],
    )
    def test_certificates(self, certificate: str, problem: str) -> None:
        """A damaged certificate is named by its subscription."""
        content = document("", f'Id="{FIRST}" ManagementCertificate="{certificate}"')
        with pytest.raises(
            CredentialError, match=f"the given bytes, subscription {FIRST}: {problem}; download"
        ):
            ManagementCertificate.load(content)


class TestWriting:
    @pytest.mark.parametrize("schema", ["1.0", "2.0"])
    def test_round_trip(self, tmp_path: Path, schema: str) -> None:
        """What was written is read again, in either schema."""
        file = tmp_path / "my.publishsettings"
        write_publishsettings(
            file,
            management_certificate(),
            [(FIRST, "a & b"), (SECOND, "two")],
            "https://localhost:8443",
            schema,
        )
        settings = read_publishsettings(file)
        assert settings.source == str(file)
        assert [(s.id, s.name) for s in settings.subscriptions] == [(FIRST, "a & b"), (SECOND, "two")]
        for subscription in settings.subscriptions:
            assert subscription.management_url == "https://localhost:8443"
            assert subscription.certificate == management_certificate()
        assert ('SchemaVersion="2.0"' in file.read_text()) is (schema == "2.0")

    def test_the_form_of_the_service(self, tmp_path: Path) -> None:
        """The certificate is as programs of the time need it: the key shrouded by triple DES, without a password."""
        file = tmp_path / "my.publishsettings"
        write_publishsettings(file, management_certificate(), [(FIRST, "one")])
        written = ET.parse(file).find(".//Subscription").get("ManagementCertificate")
        content = base64.b64decode(written)
        shrouded, triple_des, sha1 = (
            bytes.fromhex(each) for each in ("2a864886f70d010c0a0102", "2a864886f70d010c0103", "2b0e03021a")
        )
        assert content.count(shrouded) == 1
        assert content.count(triple_des) == 2
        assert content.count(sha1) == 1
        for password in (None, b""):
            assert pkcs12.load_pkcs12(content, password).cert.friendly_name == b"CN=tester"

    @pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not here")
    def test_openssl_reads_it(self, tmp_path: Path) -> None:
        """OpenSSL reads it, too, which others use."""
        file = tmp_path / "my.pfx"
        file.write_bytes(management_certificate().to_pfx())
        command = ["openssl", "pkcs12", "-in", str(file), "-nodes", "-passin", "pass:"]
        read = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert ManagementCertificate.from_pem(read.encode()) == management_certificate()

    def test_overwriting(self, tmp_path: Path) -> None:
        """An existing file is replaced only when that was said."""
        file = tmp_path / "my.publishsettings"
        write_publishsettings(file, management_certificate(), [(FIRST, "one")])
        with pytest.raises(CredentialError, match="exists already"):
            write_publishsettings(file, management_certificate(), [(SECOND, "two")])
        write_publishsettings(file, management_certificate(), [(SECOND, "two")], overwrite=True)
        assert read_publishsettings(file).subscription().id == SECOND

    def test_unknown_schema(self, tmp_path: Path) -> None:
        """There are two schemas."""
        with pytest.raises(InvalidArgument, match="schema"):
            write_publishsettings(tmp_path / "x", management_certificate(), [], schema="3.0")  # type: ignore[arg-type]


class TestOldHelper:
    def test_first(self, tmp_path: Path) -> None:
        """As in the old SDK, the first subscription's PEM is written over whatever was there, the id returned."""
        (tmp_path / "in").write_bytes(schema_2())
        (tmp_path / "out.pem").write_text("old")
        assert get_certificate_from_publish_settings(tmp_path / "in", tmp_path / "out.pem") == FIRST
        assert ManagementCertificate.from_pem(tmp_path / "out.pem") == management_certificate()

    def test_chosen(self, tmp_path: Path) -> None:
        """With an id, that subscription's; the id is returned as it is in the file."""
        (tmp_path / "in").write_bytes(schema_2())
        returned = get_certificate_from_publish_settings(
            str(tmp_path / "in"), str(tmp_path / "out.pem"), subscription_id=SECOND.upper()
        )
        assert returned == SECOND
        assert ManagementCertificate.from_pem(tmp_path / "out.pem") == management_certificate("other")
