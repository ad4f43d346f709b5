"""Text that no request can carry, in arguments: refused in our words before anything is sent."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from doubles.certificates import management_certificate
from doubles.samples import blob
from doubles.scripted import SUBSCRIPTION, ScriptedTransport, reply

from asyncsm import CredentialError, InvalidArgument, ManagementSession, ServiceManagementService
from asyncsm.cli.doctor import Examination
from asyncsm.credentials import create_management_certificate, service_certificate
from asyncsm.models import LinuxConfigurationSet, WindowsConfigurationSet
from asyncsm.wire.http import HttpResponse, read_date

LONE = "a\ud800b"
"""Half a surrogate pair, as Python makes it of bytes that it cannot decode."""

CALLS = {
    "a name": lambda sms: sms.get_hosted_service_properties(LONE),
    "a query": lambda sms: sms.list_subscription_operations(LONE, "2015-01-01"),
    "a label": lambda sms: sms.create_hosted_service("shop", label=LONE, location="West US"),
    "text": lambda sms: sms.create_hosted_service("shop", label="x", description=LONE, location="West US"),
    "a configuration": lambda sms: sms.create_deployment(
        "shop", "production", "d", blob("a", "b"), "x", LONE
    ),
    "a certificate": lambda sms: sms.add_service_certificate("shop", LONE, "pfx", "x"),
    "a password": lambda sms: sms.add_service_certificate("shop", b"x", "pfx", LONE),
    "a path": lambda sms: sms.perform_get(f"/{LONE}"),
    "a body": lambda sms: sms.perform_post("/x", LONE),
    "a version": lambda sms: sms.perform_get("/x", LONE),
    "a version with a line break": lambda sms: sms.perform_get("/x", "2014-10-01\r\nx-ms-evil: 1"),
    "an empty version": lambda sms: sms.perform_get("/x", ""),
    "a moment": lambda sms: sms.list_subscription_operations(
        datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-5))), "2015-01-01"
    ),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_it_is_refused_before_anything_is_sent(call):
    """Every argument that goes into a request is looked at."""
    transport = ScriptedTransport([reply(200)])
    async with ManagementSession(SUBSCRIPTION, transport=transport) as session:
        with pytest.raises(InvalidArgument) as caught:
            await call(ServiceManagementService(session=session))
    assert str(caught.value).isprintable()
    assert not transport.requests


@pytest.mark.parametrize("version", ["2014-10-01\n", "2014-10-01\r\nx: y", LONE, " ", ""])
def test_a_version_for_all_calls(version):
    """The session's own is looked at when it is made."""
    with pytest.raises(InvalidArgument, match="api_version: is a date such as 2014-10-01"):
        ManagementSession(SUBSCRIPTION, management_certificate(), api_version=version)


def test_in_models_and_credentials(tmp_path):
    """What is made beforehand is refused where it is made, or where it is written."""
    with pytest.raises(InvalidArgument, match=r"LinuxConfigurationSet\.user_password: contains U\+D800"):
        LinuxConfigurationSet("h", "u", LONE).to_xml()
    with pytest.raises(InvalidArgument, match="custom_data"):
        WindowsConfigurationSet("h", "P", custom_data=LONE)
    with pytest.raises(InvalidArgument, match="name: 'a"):
        create_management_certificate(LONE, directory=tmp_path)
    for made in (lambda: management_certificate().to_pfx(LONE), lambda: service_certificate("x").pfx(LONE)):
        with pytest.raises(CredentialError, match="type it again") as caught:
            made()
        assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "date",
    [
        "Fri, 31 Dec 10000 23:59:59 GMT",
        "Fri, 31 Dec 99999999999999999999 23:59:59 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Wed, 01 Jul 2015 00:00:00 +9999999999",
        "Wed, 01 Jul 2015 00:00:00 -0000",
        "yesterday",
        "",
    ],
)
async def test_a_date_of_the_service_that_is_none(date):
    """The call succeeds; the service's time is unknown, or aware."""
    transport = ScriptedTransport([HttpResponse(200, {"date": date}, b"<Locations/>")])
    async with ManagementSession(SUBSCRIPTION, transport=transport) as session:
        await ServiceManagementService(session=session).perform_get("/locations")
        known = session.service_time
    assert known is None or known - datetime.now(UTC)
    assert (read_date(date) is None) == (not date.endswith(" -0000"))
    examination = Examination.__new__(Examination)
    examination.reply = HttpResponse(200, {"date": "yesterday"})
    assert await examination.compare_clocks() == "the service did not tell its time"
