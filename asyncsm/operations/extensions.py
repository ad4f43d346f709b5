"""Extensions that can be installed in virtual machines."""

from __future__ import annotations

from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import get
from asyncsm.wire.extensions import ResourceExtensions

_PATH = ("services", "resourceextensions")


class ResourceExtensionOperations(Caller):
    """Lists of extensions; they are installed by a reference in a virtual machine's role."""

    async def list_resource_extensions(self) -> ResourceExtensions:
        """List the latest version of each extension for virtual machines.

        REST: List Resource Extensions.
        """
        return await self.fetch(ResourceExtensions, get(*_PATH))

    async def list_resource_extension_versions(
        self, publisher_name: str, extension_name: str
    ) -> ResourceExtensions:
        """List all versions of one extension.

        REST: List Resource Extension Versions.

        Args:
            publisher_name: `ResourceExtension.publisher`.
            extension_name: `ResourceExtension.name`.
        """
        return await self.fetch(ResourceExtensions, get(*_PATH, publisher_name, extension_name))
