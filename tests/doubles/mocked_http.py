"""aioresponses, made to work with every aiohttp the project supports."""

from __future__ import annotations

import inspect
from unittest import mock

import aiohttp
from aioresponses import aioresponses

_PARAMETERS = inspect.signature(aiohttp.ClientResponse.__init__).parameters


class _Response(aiohttp.ClientResponse):
    """A reply as aioresponses 0.7 builds it; aiohttp 3.14 wants a writer it does not give."""

    def __init__(self, *args, **kwargs):
        if "stream_writer" in _PARAMETERS:
            kwargs.setdefault("stream_writer", mock.Mock(output_size=0))
        super().__init__(*args, **kwargs)


class MockedHttp(aioresponses):
    """aioresponses whose replies aiohttp accepts."""

    def add(self, *args, **kwargs):
        kwargs.setdefault("response_class", _Response)
        super().add(*args, **kwargs)
