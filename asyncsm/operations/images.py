"""Operating system images: platform ones, and the user's own."""

from __future__ import annotations

from typing import Final

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.operations import arguments
from asyncsm.operations.binding import request_of
from asyncsm.operations.declaring import Family
from asyncsm.operations.facts import Ends
from asyncsm.operations.kinds import BlobUrl, Label, MediaToo, Name, OperatingSystemName
from asyncsm.polling import OperationHandle

family: Final = Family("OS images", evidence="[protocol 4.11]", ends=Ends.AT_ONCE)

IMAGES: Final = "services/images"
IMAGE: Final = IMAGES + "/{image_name}"


class OSImageOperations(Caller):
    """Operations on operating system images."""

    @family.reads(IMAGES)
    async def list_os_images(self) -> wire.images.Images:
        """List the platform's images and the user's own.

        REST: List OS Images (jj157191).
        """
        ...

    @family.reads(IMAGE)
    async def get_os_image(self, image_name: str) -> wire.images.OSImage:
        """Read one image.

        REST: Get OS Image.

        Raises:
            ResourceNotFound: there is no such image.
        """
        ...

    @family.reads(IMAGE + "/details")
    async def get_os_image_details(self, image_name: str) -> wire.images.OSImageDetails:
        """Read one of the user's images with the progress of its replication.

        REST: Get OS Image Details.

        Raises:
            Forbidden: the subscription is not a publisher's.
            ResourceNotFound: there is no such image.
        """
        ...

    @family.creates(IMAGES, at="/{name}", body=lambda: wire.images.OSImage, operation="CreateOSImage")
    async def add_os_image(
        self, label: Label, media_link: BlobUrl, name: Name, os: OperatingSystemName
    ) -> OperationHandle:
        """Register a VHD with a generalised operating system as an image.

        REST: Add OS Image (jj157192).

        Args:
            media_link: the VHD, a blob in a storage account of the subscription.
            name: of the image, unique in the subscription.
            os: ``Linux`` or ``Windows``.

        Raises:
            AlreadyExists: the name is taken.
            BadRequest: the blob is in no storage account of the subscription.
        """
        ...

    @family.replaces(IMAGE, body=lambda: wire.images.OSImage, listed="SetImageProperties")
    async def update_os_image(
        self, image_name: str, label: Label, media_link: BlobUrl, name: Name, os: OperatingSystemName
    ) -> OperationHandle:
        """Change the label of one of the user's images.

        The service reads the other arguments and keeps what the image has.

        REST: Update OS Image (jj157198).

        Raises:
            ResourceNotFound: there is no such image.
        """
        ...

    @family.replaces(IMAGE, body=lambda: wire.images.OSImage, listed="SetImageProperties")
    async def update_os_image_from_image_reference(
        self, image_name: str, os_image: wire.images.OSImage
    ) -> OperationHandle:
        """Change the properties of one of the user's images; what is not given stays.

        REST: Update OS Image (jj157198).

        Args:
            os_image: with a `label`, which is required, and what else is to change.

        Raises:
            ResourceNotFound: there is no such image.
        """
        os_image = arguments.model("os_image", os_image, wire.images.OSImage)
        arguments.label(os_image.label or "")
        return await self.start(
            request_of(OSImageOperations.update_os_image_from_image_reference, image_name, os_image)
        )

    @family.removes(IMAGE + "?comp={delete_vhd}", operation="DeleteOSImage")
    async def delete_os_image(self, image_name: str, delete_vhd: MediaToo = False) -> OperationHandle:
        """Delete one of the user's images.

        REST: Delete OS Image (jj157203).

        Args:
            delete_vhd: also delete the blob behind it.

        Raises:
            ResourceNotFound: there is no such image.
            BadRequest: a disk was made from it.
        """
        ...
