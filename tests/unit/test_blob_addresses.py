"""Addresses of blobs, in each way in which they are written."""

import pytest

from asyncsm.wire.blob_addresses import address_of

PLACE = ("shop", "vhds/a b.vhd")


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.blob.core.windows.net/vhds/a%20b.vhd",
        "http://SHOP.blob.core.chinacloudapi.cn/vhds/a%20b.vhd?sv=1&sig=x",
        "http://127.0.0.1:10000/shop/vhds/a%20b.vhd",
        "http://[::1]:10000/shop/vhds/a%20b.vhd",
        "http://localhost:10000/shop/vhds/a%20b.vhd",
        "http://azurite:10000/shop/vhds/a%20b.vhd",
        "http://host.docker.internal:10000/shop/vhds/a%20b.vhd",
        "http://shop.blob.localhost:10000/vhds/a%20b.vhd",
    ],
)
def test_they_name_one_blob(url):
    """The account is in the host's name, or first in the path, as Azurite has it."""
    assert address_of(url) == PLACE


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "vhds/a.vhd",
        "http://127.0.0.1:10000/",
        "https://shop.queue.core.windows.net/vhds/a.vhd",
        "https://example.com/shop/vhds/a.vhd",
        "https://blob.example.com/shop/vhds/a.vhd",
        "http://[::1/shop/vhds/a.vhd",
    ],
)
def test_others_name_none(url):
    """Neither do addresses of something else, nor what is no address."""
    assert address_of(url) is None
