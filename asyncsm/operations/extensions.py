"""Extensions that can be installed in virtual machines."""

from __future__ import annotations

from typing import Final

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.operations.declaring import Family

family: Final = Family("extensions of virtual machines", evidence="[protocol 4.15]")

EXTENSIONS: Final = "services/resourceextensions"


class ResourceExtensionOperations(Caller):
    """Lists of extensions; they are installed by a reference in a virtual machine's role."""

    @family.reads(EXTENSIONS)
    async def list_resource_extensions(self) -> wire.extensions.ResourceExtensions:
        """List the latest version of each extension for virtual machines."""
        ...

    @family.reads(EXTENSIONS + "/{publisher_name}/{extension_name}")
    async def list_resource_extension_versions(
        self, publisher_name: str, extension_name: str
    ) -> wire.extensions.ResourceExtensions:
        """List all versions of one extension.

        Args:
            publisher_name: `ResourceExtension.publisher`.
            extension_name: `ResourceExtension.name`.
        """
        ...
