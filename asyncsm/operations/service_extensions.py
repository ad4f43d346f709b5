"""Extensions of hosted services, and the extension images that publishers offer."""

from __future__ import annotations

from typing import Annotated, Final

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import Reconcile
from asyncsm.operations.declaring import Family
from asyncsm.operations.facts import Rule
from asyncsm.operations.hosted_services import SERVICE
from asyncsm.operations.kinds import Name, Thumbprint, ThumbprintAlgorithm
from asyncsm.polling import OperationHandle

family: Final = Family(
    "extensions of hosted services",
    evidence="[protocol 4.15]",
    version="2016-06-01",
)
publishing: Final = Family("extension images", evidence="[protocol 4.15]", version="2016-06-01")

IMAGES: Final = "services/extensions"
IMAGE: Final = IMAGES + "/{provider_namespace}/{extension_type}"
EXTENSIONS: Final = SERVICE + "/extensions"
EXTENSION: Final = EXTENSIONS + "/{extension_id}"

_ANY_VERSION: Final = Rule("``1.2``, ``1.*`` or ``*``", lambda _, value: value, example="1.*")


class ServiceExtensionOperations(Caller):
    """Operations on the extensions of hosted services, and on the images they are made from.

    An extension that a hosted service has does nothing until a deployment names it in its
    `ExtensionConfiguration`.
    """

    @family.reads(IMAGES)
    async def list_available_extensions(self) -> wire.service_extensions.ExtensionImages:
        """List the latest version of each extension that hosted services can have."""
        ...

    @family.reads(IMAGE)
    async def list_extension_versions(
        self, provider_namespace: str, extension_type: str
    ) -> wire.service_extensions.ExtensionImages:
        """List all versions of one extension.

        Args:
            provider_namespace: `ExtensionImage.provider_name_space`.
            extension_type: `ExtensionImage.type`.
        """
        ...

    @family.reads(EXTENSIONS, operation="ListExtensions")
    async def list_service_extensions(
        self, service_name: str
    ) -> wire.service_extensions.HostedServiceExtensions:
        """List the extensions of a hosted service, without their private configuration.

        Raises:
            ResourceNotFound: there is no such hosted service.
        """
        ...

    @family.reads(EXTENSION, operation="GetExtension")
    async def get_service_extension(
        self, service_name: str, extension_id: str
    ) -> wire.service_extensions.HostedServiceExtension:
        """Read an extension of a hosted service, without its private configuration.

        Raises:
            ResourceNotFound: there is no such hosted service or extension.
        """
        ...

    @family.creates(
        EXTENSIONS,
        at="/{extension_id}",
        body=lambda: wire.service_extensions.AddExtension,
        fields={
            "id": "extension_id",
            "type": "extension_type",
            "provider_name_space": "provider_namespace",
        },
        operation="AddExtension",
    )
    async def add_service_extension(
        self,
        service_name: str,
        extension_id: Name,
        extension_type: Name,
        provider_namespace: Name = "Microsoft.Windows.Azure.Extensions",
        version: Annotated[str, _ANY_VERSION] = "*",
        public_configuration: str | None = None,
        private_configuration: str | None = None,
        thumbprint: Thumbprint | None = None,
        thumbprint_algorithm: ThumbprintAlgorithm | None = None,
    ) -> OperationHandle:
        """Add an extension to a hosted service, for deployments to name in their `ExtensionConfiguration`.

        Args:
            extension_id: unique in the hosted service.
            extension_type: `ExtensionImage.type`, such as ``RDP``.
            provider_namespace: `ExtensionImage.provider_name_space`.
            version: ``1.2``, ``1.*`` or ``*`` for the latest.
            public_configuration, private_configuration: as the extension's schemas ask for; nobody reads the
                private one again.
            thumbprint: of a service certificate that the private configuration is encrypted with.
            thumbprint_algorithm: ``sha1``.

        Raises:
            ResourceNotFound: there is no such hosted service.
            AlreadyExists: it has an extension of this id.
            BadRequest: there is no such extension.
        """
        ...

    @family.removes(EXTENSION, operation="DeleteExtension")
    async def delete_service_extension(self, service_name: str, extension_id: str) -> OperationHandle:
        """Delete an extension of a hosted service.

        Raises:
            ResourceNotFound: there is no such hosted service or extension.
            Conflict: a deployment uses it.
        """
        ...

    @publishing.reads("services/publisherextensions")
    async def list_publisher_extensions(self) -> wire.service_extensions.ExtensionImages:
        """List all versions of the extensions that the subscription has published; for publishers.

        Raises:
            Forbidden: the subscription is not a publisher's.
        """
        ...

    @publishing.acts(
        IMAGES,
        body=lambda: wire.service_extensions.ExtensionImage,
        operation="RegisterExtension",
        lane=IMAGES,
    )
    async def register_extension_image(
        self, extension_image: wire.service_extensions.ExtensionImage
    ) -> OperationHandle:
        """Publish an extension, or another version of it; for publishers.

        REST: Register Extension.

        Args:
            extension_image: with `provider_name_space`, `type` and `version`.

        Raises:
            Forbidden: the subscription is not a publisher's.
            Conflict: this version is published already.
        """
        ...

    @publishing.replaces(
        IMAGES + "?action=update",
        body=lambda: wire.service_extensions.ExtensionImage,
        operation="UpdateExtension",
        lane=IMAGES,
    )
    async def update_extension_image(
        self, extension_image: wire.service_extensions.ExtensionImage
    ) -> OperationHandle:
        """Publish a higher version of an extension, or change a version; for publishers.

        REST: Update Extension.

        Args:
            extension_image: as for `register_extension_image`.

        Raises:
            Forbidden: the subscription is not a publisher's.
            ResourceNotFound: there is no such extension.
        """
        ...

    @publishing.removes(
        IMAGE + "/{version}",
        operation="UnregisterExtension",
        lane=IMAGES,
        reconcile=Reconcile.LISTED,  # one version cannot be read
    )
    async def unregister_extension_image(
        self, provider_namespace: str, extension_type: str, version: str
    ) -> OperationHandle:
        """Withdraw a version of an extension; for publishers.

        REST: Unregister Extension.

        Raises:
            Forbidden: the subscription is not a publisher's.
            ResourceNotFound: there is no such version.
        """
        ...
