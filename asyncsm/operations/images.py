"""Operating system images: platform ones, and the user's own."""

from __future__ import annotations

from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import delete, get, post, put
from asyncsm.operations import arguments
from asyncsm.polling import OperationHandle
from asyncsm.wire.images import Images, OSImage, OSImageDetails

_PATH = ("services", "images")


class OSImageOperations(Caller):
    """Operations on operating system images."""

    async def list_os_images(self) -> Images:
        """List the platform's images and the user's own.

        REST: List OS Images (jj157191).
        """
        return await self.fetch(Images, get(*_PATH))

    async def get_os_image(self, image_name: str) -> OSImage:
        """Read one image.

        REST: Get OS Image.

        Raises:
            ResourceNotFound: there is no such image.
        """
        return await self.fetch(OSImage, get(*_PATH, image_name))

    async def get_os_image_details(self, image_name: str) -> OSImageDetails:
        """Read one of the user's images with the progress of its replication.

        REST: Get OS Image Details.

        Raises:
            Forbidden: the subscription is not a publisher's.
            ResourceNotFound: there is no such image.
        """
        return await self.fetch(OSImageDetails, get(*_PATH, image_name, "details"))

    async def add_os_image(self, label: str, media_link: str, name: str, os: str) -> OperationHandle:
        """Register a VHD with a generalised operating system as an image.

        REST: Add OS Image (jj157192).

        Args:
            label: at most 100 characters.
            media_link: the VHD, a blob in a storage account of the subscription.
            name: of the image, unique in the subscription.
            os: ``Linux`` or ``Windows``.

        Raises:
            AlreadyExists: the name is taken.
            BadRequest: the blob is in no storage account of the subscription.
        """
        return await self.start(
            post(
                *_PATH,
                body=_image(label, media_link, name, os),
                creates=(*_PATH, name),
                operation="CreateOSImage",
            )
        )

    async def update_os_image(
        self, image_name: str, label: str, media_link: str, name: str, os: str
    ) -> OperationHandle:
        """Change the label of one of the user's images.

        The service reads the other arguments and keeps what the image has.

        REST: Update OS Image (jj157198).

        Raises:
            ResourceNotFound: there is no such image.
        """
        body = _image(label, media_link, name, os)
        return await self.start(put(*_PATH, image_name, body=body, operation="SetImageProperties"))

    async def update_os_image_from_image_reference(
        self, image_name: str, os_image: OSImage
    ) -> OperationHandle:
        """Change what is said of one of the user's images; what is not given stays.

        REST: Update OS Image (jj157198).

        Args:
            image_name: the image.
            os_image: with a `label`, which is required, and what else is to change.

        Raises:
            ResourceNotFound: there is no such image.
        """
        arguments.label(os_image.label or "")
        return await self.start(put(*_PATH, image_name, body=os_image, operation="SetImageProperties"))

    async def delete_os_image(self, image_name: str, delete_vhd: bool = False) -> OperationHandle:
        """Delete one of the user's images.

        REST: Delete OS Image (jj157203).

        Args:
            image_name: the image.
            delete_vhd: also delete the blob behind it.

        Raises:
            ResourceNotFound: there is no such image.
            BadRequest: a disk was made from it.
        """
        query = {"comp": "media" if delete_vhd else None}
        return await self.start(delete(*_PATH, image_name, query=query, operation="DeleteOSImage"))


def _image(label: str, media_link: str, name: str, os: str) -> OSImage:
    return OSImage(
        label=arguments.label(label),
        media_link=arguments.blob_url("media_link", media_link),
        name=arguments.text("name", name),
        os=arguments.one_of("os", os, ("Linux", "Windows")),
    )
