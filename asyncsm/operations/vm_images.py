"""VM images: all disks of a virtual machine together."""

from __future__ import annotations

from typing import Annotated, Final

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.errors import InvalidArgument
from asyncsm.operations import arguments
from asyncsm.operations.binding import request_of, request_with
from asyncsm.operations.declaring import Family
from asyncsm.operations.facts import Ends
from asyncsm.operations.images import IMAGES
from asyncsm.operations.kinds import MediaToo, Names, Text, one_of
from asyncsm.operations.roles import MACHINE
from asyncsm.polling import OperationHandle

family: Final = Family("VM images", evidence="[protocol 4.12]")
# The old SDK publishes below the OS images; VM images have paths of their own.
publishing: Final = Family(
    "publishing of images", evidence="[protocol 4.11]", version="2015-04-01", ends=Ends.AT_ONCE
)

VM_IMAGES: Final = "services/vmimages"
VM_IMAGE: Final = VM_IMAGES + "/{vm_image_name}"
PUBLISHED: Final = IMAGES + "/{vm_image_name}"
_LATER: Final = "2016-06-01"

_ATTRIBUTES: Final = {f"compute_image_attributes.{name}": name for name in ("offer", "sku", "version")}
Permission = Annotated[str, one_of(("Public", "MSDN", "Private"))]


class VMImageOperations(Caller):
    """Operations on VM images."""

    @family.reads(VM_IMAGES + "?location={location}&publisher={publisher}&category={category}")
    async def list_vm_images(
        self, location: str | None = None, publisher: str | None = None, category: str | None = None
    ) -> wire.vm_images.VMImages:
        """List the platform's VM images and the user's own.

        REST: List VM Images.

        Args:
            location: only those in this location.
            publisher: only those of this publisher.
            category: only those of this category, such as ``User`` or ``Public``.
        """
        ...

    @family.creates(
        VM_IMAGES,
        at="/{vm_image}",
        body=lambda: wire.vm_images.VMImage,
        operation="CreateVMImage",
    )
    async def create_vm_image(self, vm_image: wire.vm_images.VMImage) -> OperationHandle:
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
        vm_image = arguments.model("vm_image", vm_image, wire.vm_images.VMImage)
        name = arguments.text("vm_image.name", vm_image.name or "")  # it is in the path of the new image
        arguments.label(vm_image.label or "")
        disk = vm_image.os_disk_configuration
        if not (disk.os and disk.os_state and disk.media_link):
            raise InvalidArgument("vm_image", "its os_disk_configuration needs os, os_state and media_link")
        return await self.start(request_with(VMImageOperations.create_vm_image, vm_image, vm_image=name))

    @family.replaces(
        VM_IMAGE, body=lambda: wire.vm_images.VMImage, operation="UpdateVMImage", ends=Ends.AT_ONCE
    )
    async def update_vm_image(self, vm_image_name: str, vm_image: wire.vm_images.VMImage) -> OperationHandle:
        """Change the properties of one of the user's VM images; what is not given stays.

        REST: Update VM Image.

        Raises:
            ResourceNotFound: there is no such image of the user's.
        """
        ...

    @family.removes(VM_IMAGE + "?comp={delete_vhd}", operation="DeleteVMImage")
    async def delete_vm_image(self, vm_image_name: str, delete_vhd: MediaToo = False) -> OperationHandle:
        """Delete one of the user's VM images.

        REST: Delete VM Image.

        Args:
            delete_vhd: also delete the blobs behind it.

        Raises:
            ResourceNotFound: there is no such image.
        """
        ...

    @family.acts(
        MACHINE,
        body=lambda: wire.vm_images.CaptureRoleAsVMImage,
        operation="CaptureRoleAsVMImage",
        evidence="[protocol 4.14]",
    )
    async def capture_vm_image(
        self,
        service_name: str,
        deployment_name: str,
        role_name: str,
        options: wire.vm_images.CaptureRoleAsVMImage,
    ) -> OperationHandle:
        """Make a VM image of a virtual machine.

        REST: Capture Role as VM Image.

        Args:
            role_name: the machine; stopped, if the image is to be generalised.
            options: with `os_state` (``Generalized`` or ``Specialized``), `vm_image_name` and
                `vm_image_label`.

        Raises:
            InvalidArgument: one of these is missing.
            ResourceNotFound: there is no such machine.
            AlreadyExists: the image's name is taken.
        """
        options = arguments.model("options", options, wire.vm_images.CaptureRoleAsVMImage)
        if not (options.os_state and options.vm_image_name and options.vm_image_label):
            raise InvalidArgument("options", "needs os_state, vm_image_name and vm_image_label")
        return await self.start(
            request_of(VMImageOperations.capture_vm_image, service_name, deployment_name, role_name, options)
        )

    @publishing.replaces(
        PUBLISHED + "/replicate",
        body=lambda: wire.images.ReplicationInput,
        fields={"target_locations": "regions"},
        parts=_ATTRIBUTES,
        operation="ReplicateVMImage",
    )
    async def replicate_vm_image(
        self, vm_image_name: str, regions: Names, offer: Text, sku: Text, version: Text
    ) -> OperationHandle:
        """Copy an OS image to several regions; for publishers of images.

        REST: Replicate VM Image.

        Args:
            regions: names of locations; all of them, as those left out are removed.
            offer: letters, digits, hyphens and dots, at most 64.
            sku: as `offer`.
            version: of the image, ``major.minor.patch``.

        Raises:
            Forbidden: the subscription is not a publisher's.
            ResourceNotFound: there is no such image.
        """
        ...

    @publishing.replaces(PUBLISHED + "/unreplicate", operation="UnreplicateVMImage", ends=Ends.OPERATION)
    async def unreplicate_vm_image(self, vm_image_name: str) -> OperationHandle:
        """Remove the copies of an OS image; for publishers of images.

        REST: Unreplicate VM Image.

        Raises:
            Forbidden: the subscription is not a publisher's.
            ResourceNotFound: there is no such image.
        """
        ...

    @publishing.replaces(
        PUBLISHED + "/shareasync?permission={permission}",
        operation="ShareVMImage",
        ends=Ends.OPERATION,
    )
    async def share_vm_image(self, vm_image_name: str, permission: Permission) -> OperationHandle:
        """Say who may use an OS image; for publishers of images.

        REST: Share VM Image.

        Args:
            permission: ``Public``, ``MSDN`` or ``Private``.

        Raises:
            Forbidden: the subscription is not a publisher's.
            ResourceNotFound: there is no such image.
        """
        ...

    @publishing.reads(VM_IMAGE + "/details", operation="GetVMImageDetails", version=_LATER)
    async def get_vm_image_details(self, vm_image_name: str) -> wire.vm_images.VMImageDetails:
        """Read a VM image with how far it is copied to other regions; for publishers of images.

        REST: Get VM Image Details.

        Raises:
            Forbidden: the subscription is not a publisher's.
            ResourceNotFound: there is no such image of the user's.
        """
        ...

    @publishing.replaces(
        VM_IMAGE + "/replicate",
        body=lambda: wire.images.ReplicationInput,
        fields={"target_locations": "regions"},
        parts=_ATTRIBUTES,
        operation="ReplicateVMImage",
        version=_LATER,
    )
    async def replicate_vm_image_with_disks(
        self, vm_image_name: str, regions: Names, offer: Text, sku: Text, version: Text
    ) -> OperationHandle:
        """Copy a VM image, with all its disks, to several regions, as `replicate_vm_image` does an OS image.

        REST: Replicate VM Image.

        Args:
            regions, offer, sku, version: as for `replicate_vm_image`.

        Raises:
            Forbidden: the subscription is not a publisher's.
            ResourceNotFound: there is no such image.
        """
        ...

    @publishing.replaces(
        VM_IMAGE + "/unreplicate", operation="UnreplicateVMImage", ends=Ends.OPERATION, version=_LATER
    )
    async def unreplicate_vm_image_with_disks(self, vm_image_name: str) -> OperationHandle:
        """Remove the copies of a VM image; for publishers of images.

        REST: Unreplicate VM Image.

        Raises:
            Forbidden: the subscription is not a publisher's.
            ResourceNotFound: there is no such image.
        """
        ...

    @publishing.replaces(
        VM_IMAGE + "/shareasync?permission={permission}",
        operation="ShareVMImage",
        ends=Ends.OPERATION,
        version=_LATER,
    )
    async def share_vm_image_with_disks(self, vm_image_name: str, permission: Permission) -> OperationHandle:
        """Say who may use a VM image; for publishers of images.

        REST: Share VM Image.

        Args:
            permission: ``Public``, ``MSDN`` or ``Private``.

        Raises:
            Forbidden: the subscription is not a publisher's.
            ResourceNotFound: there is no such image.
        """
        ...
