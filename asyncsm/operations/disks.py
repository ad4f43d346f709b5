"""Disks: those of virtual machines, and all that are registered."""

from __future__ import annotations

from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import Reconcile, delete, get, post, put
from asyncsm.errors import InvalidArgument
from asyncsm.operations import arguments
from asyncsm.operations.deployments import path_of_deployment
from asyncsm.polling import OperationHandle
from asyncsm.wire.disks import DataVirtualHardDisk, Disk, Disks, HostCaching

_PATH = ("services", "disks")
MOST_LUN = 31


class DiskOperations(Caller):
    """Operations on data disks of virtual machines, and on registered disks."""

    async def get_data_disk(
        self, service_name: str, deployment_name: str, role_name: str, lun: int
    ) -> DataVirtualHardDisk:
        """Read a data disk of a virtual machine.

        REST: Get Data Disk.

        Args:
            service_name: the hosted service.
            deployment_name: the deployment.
            role_name: the machine.
            lun: logical unit number of the disk, 0 to 31.

        Raises:
            ResourceNotFound: there is no such machine, or no disk with that number.
        """
        path = _data_disks(service_name, deployment_name, role_name, str(_lun("lun", lun)))
        return await self.fetch(DataVirtualHardDisk, get(*path))

    async def add_data_disk(
        self,
        service_name: str,
        deployment_name: str,
        role_name: str,
        lun: int,
        host_caching: str | None = None,
        media_link: str | None = None,
        disk_label: str | None = None,
        disk_name: str | None = None,
        logical_disk_size_in_gb: int | None = None,
        source_media_link: str | None = None,
    ) -> OperationHandle:
        """Attach a data disk to a virtual machine: a new one, a registered one, or an existing blob.

        REST: Add Data Disk.

        Args:
            service_name: the hosted service.
            deployment_name: the deployment.
            role_name: the machine.
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
            ExclusiveAccess: somebody else's operation on the deployment has not ended in time.
            BadRequest: the number or the disk is in use, or the machine has as many as its size allows.
        """
        if not (disk_name or logical_disk_size_in_gb or source_media_link):
            raise InvalidArgument(
                "disk_name", "give a registered disk, logical_disk_size_in_gb or source_media_link"
            )
        body = DataVirtualHardDisk(
            media_link,
            _caching(host_caching),
            disk_label,
            disk_name,
            _lun("lun", lun),
            logical_disk_size_in_gb,
            source_media_link,
        )
        path = _data_disks(service_name, deployment_name, role_name)
        added = None if body.lun is None else (*path, str(body.lun))
        return await self.start(post(*path, body=body, creates=added, operation="AddDataDisk"))

    async def update_data_disk(
        self,
        service_name: str,
        deployment_name: str,
        role_name: str,
        lun: int,
        host_caching: str | None = None,
        media_link: str | None = None,
        updated_lun: int | None = None,
        disk_label: str | None = None,
        disk_name: str | None = None,
        logical_disk_size_in_gb: int | None = None,
    ) -> OperationHandle:
        """Change caching, label or number of an attached data disk.

        REST: Update Data Disk.

        Args:
            service_name: the hosted service.
            deployment_name: the deployment.
            role_name: the machine.
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
        body = DataVirtualHardDisk(
            media_link,
            _caching(host_caching),
            disk_label,
            disk_name,
            _lun("updated_lun", lun if updated_lun is None else updated_lun),
            logical_disk_size_in_gb,
        )
        path = _data_disks(service_name, deployment_name, role_name, str(_lun("lun", lun)))
        return await self.start(put(*path, body=body, operation="UpdateDataDisk", reconcile=Reconcile.LISTED))

    async def delete_data_disk(
        self, service_name: str, deployment_name: str, role_name: str, lun: int, delete_vhd: bool = False
    ) -> OperationHandle:
        """Detach a data disk from a virtual machine.

        REST: Delete Data Disk.

        Args:
            service_name: the hosted service.
            deployment_name: the deployment.
            role_name: the machine.
            lun: logical unit number of the disk.
            delete_vhd: also delete the disk and the blob behind it.

        Raises:
            ResourceNotFound: there is no such machine, or no disk with that number.
        """
        path = _data_disks(service_name, deployment_name, role_name, str(_lun("lun", lun)))
        query = {"comp": "media" if delete_vhd else None}
        return await self.start(delete(*path, query=query, operation="DeleteDataDisk"))

    async def list_disks(self) -> Disks:
        """List the registered disks, attached or not.

        REST: List Disks.
        """
        return await self.fetch(Disks, get(*_PATH))

    async def get_disk(self, disk_name: str) -> Disk:
        """Read a registered disk.

        REST: Get Disk.

        Raises:
            ResourceNotFound: there is no such disk.
        """
        return await self.fetch(Disk, get(*_PATH, disk_name))

    async def add_disk(
        self, has_operating_system: bool, label: str, media_link: str, name: str, os: str | None
    ) -> OperationHandle:
        """Register a VHD as a disk.

        REST: Add Disk.

        Args:
            has_operating_system: whether machines can start from it; then `os` is required.
            label: at most 100 characters.
            media_link: the VHD, a blob in a storage account of the subscription.
            name: unique in the subscription.
            os: ``Linux`` or ``Windows``.

        Raises:
            InvalidArgument: an operating system's disk without `os`, or `os` on a data disk.
            AlreadyExists: the name is taken.
            BadRequest: the blob is in no storage account, or another disk or image has it.
        """
        if has_operating_system != bool(os):
            raise InvalidArgument("os", "is required with has_operating_system, and only then")
        body = Disk(
            os=arguments.one_of("os", os, ("Linux", "Windows")) if os else None,
            label=arguments.label(label),
            media_link=arguments.blob_url("media_link", media_link),
            name=arguments.text("name", name),
        )
        return await self.run(post(*_PATH, body=body, creates=(*_PATH, name), operation="CreateDisk"))

    async def update_disk(
        self,
        disk_name: str,
        has_operating_system: bool | None = None,
        label: str | None = None,
        media_link: str | None = None,
        name: str | None = None,
        os: str | None = None,
        *,
        resized_size_in_gb: int | None = None,
    ) -> OperationHandle:
        """Change the label of a registered disk, or make it larger.

        REST: Update Disk.

        Args:
            disk_name: the disk.
            has_operating_system: sent as it is; the service keeps what the disk has.
            label: at most 100 characters.
            media_link: as `has_operating_system`.
            name: name of the disk, `disk_name` if absent.
            os: as `has_operating_system`.
            resized_size_in_gb: new size, larger than the present one; the service then finishes
                later: await the handle.

        Raises:
            InvalidArgument: neither a label nor a size is given.
            ResourceNotFound: there is no such disk.
        """
        if label is None and resized_size_in_gb is None:
            raise InvalidArgument("label", "give a label or resized_size_in_gb")
        body = Disk(
            has_operating_system=has_operating_system,
            os=os,
            label=None if label is None else arguments.label(label),
            media_link=media_link,
            name=name or disk_name,
            resized_size_in_gb=resized_size_in_gb,
        )
        return await self.start(put(*_PATH, disk_name, body=body, operation="UpdateDisk"))

    async def delete_disk(self, disk_name: str, delete_vhd: bool = False) -> OperationHandle:
        """Unregister a disk that no virtual machine has.

        REST: Delete Disk.

        Args:
            disk_name: the disk.
            delete_vhd: also delete the blob behind it.

        Raises:
            ResourceNotFound: there is no such disk.
            BadRequest: a machine has it; a disk is released some time after its machine was deleted.
        """
        query = {"comp": "media" if delete_vhd else None}
        return await self.run(delete(*_PATH, disk_name, query=query, operation="DeleteDisk"))


def _data_disks(service_name: str, deployment_name: str, role_name: str, *rest: str) -> tuple[str, ...]:
    return path_of_deployment(service_name, deployment_name, "roles", role_name, "DataDisks", *rest)


def _lun(parameter: str, value: int) -> int:
    if not 0 <= value <= MOST_LUN:
        raise InvalidArgument(parameter, f"{value} is not in 0 to {MOST_LUN}")
    return value


def _caching(value: str | None) -> HostCaching | None:
    return None if value is None else arguments.one_of("host_caching", value, HostCaching)
