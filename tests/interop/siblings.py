"""The old SDK's sibling services against an emulator."""

import inspect
import os
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock


class Witness:
    """Remembers which methods of the old SDK were called and came back."""

    def __init__(self, service):
        self._service = service
        self.called = set()

    def __getattr__(self, name):
        method = getattr(self._service, name)

        def call(*args, **kwargs):
            result = method(*args, **kwargs)
            self.called.add(name)
            return result

        return call


def own_methods(service):
    """Names of the methods that a class of the old SDK does not share with the others."""
    return {name for name in vars(service) if not name.startswith("_")} & {
        name for name, _ in inspect.getmembers(service, inspect.isfunction)
    }


@contextmanager
def opened(service, emulator) -> Iterator[object]:
    """The old SDK's client; `requests` takes the CA from the environment before anything else."""
    with mock.patch.dict(os.environ, {"REQUESTS_CA_BUNDLE": str(emulator.ca_path)}):
        made = service(
            emulator.subscription_id, str(emulator.certificate_path), host=f"127.0.0.1:{emulator.port}"
        )
        yield made
        made.request_session.close()
