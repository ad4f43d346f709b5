"""Where requests may go, and where the client certificate may be shown."""

import pytest

from asyncsm.clouds import CHINA, CLOUDS, GERMANY, PUBLIC, US_GOVERNMENT, Endpoint, checked_proxy
from asyncsm.errors import InvalidArgument


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("management.core.windows.net", "https://management.core.windows.net"),
        ("  management.core.windows.net\n", "https://management.core.windows.net"),
        ("Management.Core.Windows.NET", "https://management.core.windows.net"),
        ("localhost:8443", "https://localhost:8443"),
        ("https://localhost:8443", "https://localhost:8443"),
        ("https://localhost:8443/", "https://localhost:8443"),
        ("https://azure.example:443/", "https://azure.example"),
        ("127.0.0.1:1", "https://127.0.0.1:1"),
        ("[::1]:8443", "https://[::1]:8443"),
        ("https://[fe80::1]/", "https://[fe80::1]"),
        ("under_score", "https://under_score"),
        ("azure.example.", "https://azure.example."),
        ("bücher.example:8443", "https://xn--bcher-kva.example:8443"),
    ],
)
def test_a_host_is_a_name_an_address_or_a_url(given, url):
    """All usual ways of writing a host are understood, with and without port."""
    assert Endpoint.parse(given).url == url


@pytest.mark.parametrize(
    "given",
    [
        "",
        " ",
        "https://",
        "http://localhost",
        "ftp://localhost",
        "localhost:port",
        "localhost:99999",
        "localhost:0",
        "localhost:-1",
        "localhost/path",
        "localhost?query",
        "localhost#fragment",
        "user@localhost",
        "user:password@localhost",
        "@localhost",
        "local host",
        "local\thost",
        "[::1",
        "[nonsense]",
        f"{'a' * 64}.example",
        "azure..example",
        ".example",
        "xn--a",
        "8443",
        "127.0.0.256",
    ],
)
def test_anything_else_is_refused(given):
    """A host that cannot be meant is an error at once, and not a failing connection later."""
    with pytest.raises(InvalidArgument) as caught:
        Endpoint.parse(given)
    assert caught.value.parameter == "host"


def test_plain_http_is_refused_in_its_own_words():
    """Without TLS there is no client certificate."""
    with pytest.raises(InvalidArgument, match="HTTPS only"):
        Endpoint.parse("http://localhost:8080")


@pytest.mark.parametrize("cloud", CLOUDS, ids=lambda cloud: cloud.name)
def test_each_cloud_trusts_its_own_regions_only(cloud):
    """The front ends of one cloud are below its host; no other cloud's are."""
    for endpoint in (Endpoint(cloud.management_host), Endpoint(f"usnorth.{cloud.management_host.upper()}")):
        assert endpoint.trusts(cloud.management_host)
        assert endpoint.trusts(f"ussouth3.{cloud.management_host}")
        assert endpoint.trusts(f"USSOUTH3.{cloud.management_host}")
        assert not endpoint.trusts(f"evil{cloud.management_host}")
        assert not endpoint.trusts(f"{cloud.management_host}.evil.example")
        assert not any(endpoint.trusts(other.management_host) for other in CLOUDS if other is not cloud)


def test_an_unknown_host_trusts_itself_only():
    """Of a private cloud or the emulator no other host is known."""
    endpoint = Endpoint("localhost", 8443)
    assert endpoint.trusts("LOCALHOST")
    assert not endpoint.trusts("sub.localhost")
    assert not endpoint.trusts(PUBLIC.management_host)


def test_the_clouds_are_four():
    """The public cloud and the three sovereign ones, each with a host of its own."""
    assert CLOUDS == (PUBLIC, CHINA, US_GOVERNMENT, GERMANY)
    assert len({cloud.management_host for cloud in CLOUDS}) == 4
    assert len({cloud.cloudapp_domain for cloud in CLOUDS}) == 4


@pytest.mark.parametrize("parse", [Endpoint.parse, checked_proxy])
@pytest.mark.parametrize(
    "given",
    [
        "ftp://user:horse@battery",
        "https://user:horse@battery:x",
        "https://user:1/horse@battery",
        "https://user:1?horse@battery",
        "https://user:1#horse@battery",
        "user:horse@a b",
        5,
        b"h",
    ],
)
def test_a_refusal_shows_no_password(parse, given):
    """Addresses are copied with what stands in them."""
    with pytest.raises(InvalidArgument) as refused:
        parse(given)
    assert "horse" not in str(refused.value)
