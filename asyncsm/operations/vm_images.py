"""VM images: all disks of a virtual machine together."""

from __future__ import annotations

from collections.abc import Sequence

from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import delete, get, post, put
from asyncsm.errors import InvalidArgument
from asyncsm.operations import arguments
from asyncsm.operations.roles import path_of_machine
from asyncsm.polling import OperationHandle
from asyncsm.wire.images import ComputeImageAttributes, ReplicationInput
from asyncsm.wire.vm_images import CaptureRoleAsVMImage, VMImage, VMImages

_PATH = ("services", "vmimages")
_PUBLISHING_VERSION = "2015-04-01"


class VMImageOperations(Caller):
    """Operations on VM images."""

    async def list_vm_images(
        self, location: str | None = None, publisher: str | None = None, category: str | None = None
    ) -> VMImages:
        """List the platform's VM images and the user's own.

        REST: List VM Images.

        Args:
            location: only those in this location.
            publisher: only those of this publisher.
            category: only those of this category, such as ``User`` or ``Public``.
        """
        query = {"location": location, "publisher": publisher, "category": category}
        return await self.fetch(VMImages, get(*_PATH, query=query))

    async def create_vm_image(self, vm_image: VMImage) -> OperationHandle:
        """Register VHDs as a VM image.

        REST: Create VM Image.

        Args:
            vm_image: with `name`, `label` and `os_disk_configuration`, whose `os`, `os_state` and
                `media_link` are required.

        Raises:
            InvalidArgument: one of these is missing.
            AlreadyExists: the name is taken.
            BadRequest: a blob is in no storage account of the subscription.
        """
        name = arguments.text("vm_image.name", vm_image.name or "")
        arguments.label(vm_image.label or "")
        disk = vm_image.os_disk_configuration
        if not (disk.os and disk.os_state and disk.media_link):
            raise InvalidArgument("vm_image", "its os_disk_configuration needs os, os_state and media_link")
        return await self.start(
            post(*_PATH, body=vm_image, creates=(*_PATH, name), operation="CreateVMImage")
        )

    async def update_vm_image(self, vm_image_name: str, vm_image: VMImage) -> OperationHandle:
        """Change what is said of one of the user's VM images; what is not given stays.

        REST: Update VM Image.

        Raises:
            ResourceNotFound: there is no such image of the user's.
        """
        return await self.start(put(*_PATH, vm_image_name, body=vm_image, operation="UpdateVMImage"))

    async def delete_vm_image(self, vm_image_name: str, delete_vhd: bool = False) -> OperationHandle:
        """Delete one of the user's VM images.

        REST: Delete VM Image.

        Args:
            vm_image_name: the image.
            delete_vhd: also delete the blobs behind it.

        Raises:
            ResourceNotFound: there is no such image.
        """
        query = {"comp": "media" if delete_vhd else None}
        return await self.start(delete(*_PATH, vm_image_name, query=query, operation="DeleteVMImage"))

    async def capture_vm_image(
        self, service_name: str, deployment_name: str, role_name: str, options: CaptureRoleAsVMImage
    ) -> OperationHandle:
        """Make a VM image of a virtual machine.

        REST: Capture Role as VM Image.

        Args:
            service_name: the hosted service.
            deployment_name: the deployment.
            role_name: the machine; stopped, if the image is to be generalised.
            options: with `os_state` (``Generalized`` or ``Specialized``), `vm_image_name` and
                `vm_image_label`.

        Raises:
            InvalidArgument: one of these is missing.
            ResourceNotFound: there is no such machine.
            AlreadyExists: the image's name is taken.
        """
        if not (options.os_state and options.vm_image_name and options.vm_image_label):
            raise InvalidArgument("options", "needs os_state, vm_image_name and vm_image_label")
        path = path_of_machine(service_name, deployment_name, role_name)
        return await self.start(post(*path, body=options, operation="CaptureRoleAsVMImage"))

    async def replicate_vm_image(
        self, vm_image_name: str, regions: Sequence[str], offer: str, sku: str, version: str
    ) -> OperationHandle:
        """Copy an image to several regions; for publishers of images.

        REST: Replicate VM Image.

        Args:
            vm_image_name: the image.
            regions: names of locations; all of them, as those left out are removed.
            offer: letters, digits, hyphens and dots, at most 64.
            sku: as `offer`.
            version: of the image, ``major.minor.patch``.

        Raises:
            Forbidden: the subscription is not a publisher's.
            ResourceNotFound: there is no such image.
        """
        body = ReplicationInput(
            target_locations=arguments.names("regions", regions),
            compute_image_attributes=ComputeImageAttributes(
                offer=arguments.text("offer", offer),
                sku=arguments.text("sku", sku),
                version=arguments.text("version", version),
            ),
        )
        return await self._publish(vm_image_name, "replicate", "ReplicateVMImage", body=body)

    async def unreplicate_vm_image(self, vm_image_name: str) -> OperationHandle:
        """Remove the copies of an image; for publishers of images.

        REST: Unreplicate VM Image.

        Raises:
            Forbidden: the subscription is not a publisher's.
            ResourceNotFound: there is no such image.
        """
        return await self._publish(vm_image_name, "unreplicate", "UnreplicateVMImage")

    async def share_vm_image(self, vm_image_name: str, permission: str) -> OperationHandle:
        """Say who may use an image; for publishers of images.

        REST: Share VM Image.

        Args:
            vm_image_name: the image.
            permission: ``Public``, ``MSDN`` or ``Private``.

        Raises:
            Forbidden: the subscription is not a publisher's.
            ResourceNotFound: there is no such image.
        """
        allowed = arguments.one_of("permission", permission, ("Public", "MSDN", "Private"))
        return await self._publish(vm_image_name, "shareasync", "ShareVMImage", permission=allowed)

    async def _publish(
        self, name: str, action: str, operation: str, body: ReplicationInput | None = None, **query: str
    ) -> OperationHandle:
        # These three are below the OS images, whatever kind of image they are for.
        path = ("services", "images", name, action)
        return await self.start(
            put(*path, query=query, body=body, operation=operation, version=_PUBLISHING_VERSION)
        )
