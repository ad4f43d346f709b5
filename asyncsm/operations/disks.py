"""Disks: those of virtual machines, and all that are registered."""

from __future__ import annotations

from typing import Annotated, Final

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import Reconcile
from asyncsm.errors import InvalidArgument
from asyncsm.operations.arguments import truth
from asyncsm.operations.binding import request_of
from asyncsm.operations.declaring import Family
from asyncsm.operations.deployments import DEPLOYMENT
from asyncsm.operations.facts import AtLeastOne, Ends
from asyncsm.operations.kinds import BlobUrl, Label, Lun, MediaToo, Name, OperatingSystemName, between, one_of
from asyncsm.polling import OperationHandle

attached: Final = Family("data disks", evidence="[protocol 4.14]")
registered: Final = Family("disks", evidence="[protocol 4.13]", ends=Ends.AT_ONCE)

DATA_DISKS: Final = DEPLOYMENT + "/roles/{role_name}/DataDisks"
DATA_DISK: Final = DATA_DISKS + "/{lun}"
DISKS: Final = "services/disks"
DISK: Final = DISKS + "/{disk_name}"


class DiskOperations(Caller):
    """Operations on data disks of virtual machines, and on registered disks."""

    @attached.reads(DATA_DISK)
    async def get_data_disk(
        self, service_name: str, deployment_name: str, role_name: str, lun: Lun
    ) -> wire.disks.DataVirtualHardDisk:
        """Read a data disk of a virtual machine.

        Args:
            lun: logical unit number of the disk, 0 to 31.

        Raises:
            ResourceNotFound: there is no such machine, or no disk with that number.
        """
        ...

    @attached.creates(
        DATA_DISKS,
        at="/{lun}",
        body=lambda: wire.disks.DataVirtualHardDisk,
        needs=[AtLeastOne("disk_name", "logical_disk_size_in_gb", "source_media_link")],
    )
    async def add_data_disk(
        self,
        service_name: str,
        deployment_name: str,
        role_name: str,
        lun: Lun,
        host_caching: Annotated[str, one_of(wire.disks.HostCaching)] | None = None,
        media_link: str | None = None,
        disk_label: str | None = None,
        disk_name: Name | None = None,
        logical_disk_size_in_gb: Annotated[int, between(1)] | None = None,
        source_media_link: Name | None = None,
    ) -> OperationHandle:
        """Attach a data disk to a virtual machine: a new one, a registered one, or an existing blob.

        Args:
            lun: logical unit number, 0 to 31, that is free.
            host_caching: ``None``, ``ReadOnly`` (the default) or ``ReadWrite``, as text.
            media_link: blob in which a new disk is made.
            disk_label: at most 100 characters.
            disk_name: a registered disk.
            logical_disk_size_in_gb: size of a new, empty disk.
            source_media_link: an existing blob to be attached.

        Raises:
            InvalidArgument: neither a registered disk, a size nor an existing blob is given.
            ResourceNotFound: there is no such machine or disk.
            BadRequest: the number or the disk is in use, or the machine has as many as its size allows.
        """
        ...

    @attached.replaces(
        DATA_DISK,
        body=lambda: wire.disks.DataVirtualHardDisk,
        fields={"lun": "updated_lun"},
        reconcile=Reconcile.LISTED,
    )
    async def update_data_disk(
        self,
        service_name: str,
        deployment_name: str,
        role_name: str,
        lun: Lun,
        host_caching: Annotated[str, one_of(wire.disks.HostCaching)] | None = None,
        media_link: str | None = None,
        updated_lun: Lun | None = None,
        disk_label: str | None = None,
        disk_name: str | None = None,
        logical_disk_size_in_gb: int | None = None,
    ) -> OperationHandle:
        """Change caching, label or number of an attached data disk.

        Args:
            lun: logical unit number the disk has.
            host_caching: ``None``, ``ReadOnly`` or ``ReadWrite``, as text.
            media_link: blob of the disk; the service keeps what the disk has.
            updated_lun: logical unit number it is to have, if another.
            disk_label: at most 100 characters.
            disk_name: name of the disk.
            logical_disk_size_in_gb: its size.

        Raises:
            ResourceNotFound: there is no such machine, or no disk with that number.
        """
        return await self.start(
            request_of(
                DiskOperations.update_data_disk,
                service_name,
                deployment_name,
                role_name,
                lun,
                host_caching,
                media_link,
                lun if updated_lun is None else updated_lun,
                disk_label,
                disk_name,
                logical_disk_size_in_gb,
            )
        )

    @attached.removes(DATA_DISK + "?comp={delete_vhd}")
    async def delete_data_disk(
        self, service_name: str, deployment_name: str, role_name: str, lun: Lun, delete_vhd: MediaToo = False
    ) -> OperationHandle:
        """Detach a data disk from a virtual machine.

        Args:
            lun: logical unit number of the disk.
            delete_vhd: also delete the disk and the blob behind it.

        Raises:
            ResourceNotFound: there is no such machine, or no disk with that number.
        """
        ...

    @registered.reads(DISKS)
    async def list_disks(self) -> wire.disks.Disks:
        """List the registered disks, attached or not."""
        ...

    @registered.reads(DISK)
    async def get_disk(self, disk_name: str) -> wire.disks.Disk:
        """Read a registered disk.

        Raises:
            ResourceNotFound: there is no such disk.
        """
        ...

    @registered.creates(
        DISKS,
        at="/{name}",
        body=lambda: wire.disks.Disk,
        fields={"has_operating_system": ""},
        operation="CreateDisk",
    )
    async def add_disk(
        self,
        has_operating_system: bool | None,
        label: Label,
        media_link: BlobUrl,
        name: Name,
        os: OperatingSystemName | None,
    ) -> OperationHandle:
        """Register a VHD as a disk.

        REST: Add Disk.

        Args:
            has_operating_system: whether machines can start from it; then `os` is required. It is not
                sent: a disk with `os` is an operating system's.
            media_link: the VHD, a blob in a storage account of the subscription.
            name: unique in the subscription.
            os: ``Linux`` or ``Windows``.

        Raises:
            InvalidArgument: an operating system's disk without `os`.
            AlreadyExists: the name is taken.
            BadRequest: the blob is in no storage account, or another disk or image has it.
        """
        if (
            not os
            and has_operating_system is not None
            and truth("has_operating_system", has_operating_system)
        ):
            raise InvalidArgument("os", "is required with has_operating_system")
        return await self.start(
            request_of(DiskOperations.add_disk, has_operating_system, label, media_link, name, os or None)
        )

    @registered.replaces(
        DISK,
        body=lambda: wire.disks.Disk,
        needs=[AtLeastOne("label", "resized_size_in_gb")],
        ends=Ends.OPERATION,
    )
    async def update_disk(
        self,
        disk_name: str,
        has_operating_system: bool | None = None,
        label: Label | None = None,
        media_link: str | None = None,
        name: str | None = None,
        os: str | None = None,
        *,
        resized_size_in_gb: int | None = None,
    ) -> OperationHandle:
        """Change the label of a registered disk, or make it larger.

        Args:
            has_operating_system: sent as it is; the service keeps what the disk has.
            media_link: as `has_operating_system`.
            name: name of the disk, `disk_name` if absent.
            os: as `has_operating_system`.
            resized_size_in_gb: new size, larger than the present one; the service then finishes
                later: await the handle.

        Raises:
            InvalidArgument: neither a label nor a size is given.
            ResourceNotFound: there is no such disk.
        """
        return await self.start(
            request_of(
                DiskOperations.update_disk,
                disk_name,
                has_operating_system,
                label,
                media_link,
                name or disk_name,
                os,
                resized_size_in_gb=resized_size_in_gb,
            )
        )

    @registered.removes(DISK + "?comp={delete_vhd}")
    async def delete_disk(self, disk_name: str, delete_vhd: MediaToo = False) -> OperationHandle:
        """Unregister a disk that no virtual machine has.

        Args:
            delete_vhd: also delete the blob behind it.

        Raises:
            ResourceNotFound: there is no such disk.
            BadRequest: a machine has it; a disk is released some time after its machine was deleted.
        """
        ...
