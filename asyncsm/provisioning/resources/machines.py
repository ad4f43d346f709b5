"""Virtual machines, and the deployments they bring."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import ClassVar, Self

from asyncsm.errors import AlreadyExists, BadRequest, ResourceNotFound
from asyncsm.operations.roles import RoleOperations
from asyncsm.polling import OperationHandle
from asyncsm.provisioning.machine_specs import OSDiskSpec, VirtualMachineSpec
from asyncsm.provisioning.resources import machine_changes
from asyncsm.provisioning.resources.base import Operations, Resource, Wanted
from asyncsm.provisioning.resources.difference import Difference
from asyncsm.provisioning.resources.site import Site, missing, unless_missing
from asyncsm.provisioning.resources.storage import account_of, let_go
from asyncsm.wire.blob_addresses import address_of
from asyncsm.wire.deployments import Deployment
from asyncsm.wire.echoes import secrets_in
from asyncsm.wire.roles import Role


class VirtualMachineResource(Resource[Role, VirtualMachineSpec]):
    """A virtual machine. The first of a hosted service brings the deployment, the others join it."""

    kind: ClassVar[str] = "virtual_machine"
    operations: Operations = Operations(
        creates=RoleOperations.create_virtual_machine_deployment,
        changes=RoleOperations.update_role,
        deletes=RoleOperations.delete_role,
    )
    leaves_disks: ClassVar[bool] = True
    inside: ClassVar[str] = "hosted_service"
    mended: ClassVar[Sequence[str]] = ("role_size", "availability_set_name", "provision_guest_agent")
    folded: ClassVar[Sequence[str]] = ("role_size", "availability_set_name")

    def join(self, first: VirtualMachineResource) -> None:
        """Join the deployment of the first machine that the plan has in the hosted service."""
        self.operations: Operations = replace(self.operations, creates=RoleOperations.add_role)
        if self.spec.reserved_ip_name:
            # A deployment with a reserved address has endpoints from the beginning, which others may lack.
            self.after: Sequence[str] = [*self.after, first.key]

    def with_disks(self, disks: Mapping[str, str]) -> Self:
        """Return the same machine, started from the disk and with the data disks that were left of it."""
        twin = copy(self)
        twin.spec = self.spec.on_disks(disks)
        return twin

    def taken_up(self, disks: Mapping[str, str], made: Mapping[str, str]) -> Mapping[str, str]:
        """Return the disk to start from and those data disks that have a place in it, and no other is to be there."""
        spec = self.spec
        at = {address_of(made[place]): name for place, name in disks.items() if place in made}
        system = spec.os_virtual_hard_disk or OSDiskSpec()
        places = {"os": disks.get("os") if system.disk_name in {None, disks.get("os")} else None}
        for lun, disk in spec.numbered_disks:
            place, blob = str(lun), disk.media_link
            name = at.get(address_of(blob)) or (None if blob and place in made else disks.get(place))
            places[place] = name if disk.disk_name in {None, name} else None
        return {place: name for place, name in places.items() if name}

    def blobs(self) -> Mapping[str, str]:
        """Return the URLs of the blobs of its new data disks, by their LUN."""
        new = (disk for disk in self.spec.data_disks() if disk.logical_disk_size_in_gb)
        return {str(disk.lun): disk.media_link for disk in new if disk.media_link}

    def secrets(self, base: Path) -> Iterator[str]:
        """Yield what is secret in the settings of its system and of its extensions."""
        yield from secrets_in(self.spec.system_configuration(base))
        for extension in self.spec.extensions(base):
            yield from secrets_in(extension)

    def needs(self) -> Iterator[str]:
        """Yield its hosted service with certificates, its network, image, disks, storage accounts and address."""
        spec = self.spec
        yield from super().needs()
        system = spec.os_disk()
        if system is not None:
            yield from account_of(system.media_link)
            if system.source_image_name:
                yield f"os_image/{system.source_image_name}".lower()
        for disk in (system, *spec.data_disks()):
            if disk is not None and disk.disk_name:
                yield f"disk/{disk.disk_name}".lower()
        for data in spec.data_disks():
            yield from account_of(data.media_link or data.source_media_link)
        yield from account_of(spec.media_location)

    @classmethod
    async def survey(cls, site: Site, wanted: Wanted[Role]) -> Mapping[str, Role]:
        """Read each hosted service that has machines in the plan; those that are not there have no deployment."""
        site.deployments.update((one.owner.lower(), None) for one in wanted)
        return await super().survey(site, wanted)

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, Role]]:
        service = await site.sms.get_hosted_service_properties(owner, embed_detail=True)
        known = next((one for one in service.deployments if one.deployment_slot == "Production"), None)
        site.deployments[owner.lower()] = known
        return [] if known is None else [(one.role_name, one) for one in known.role_list]

    async def _read(self, site: Site) -> Role:
        role = self.role_in(await self._deployment(site))
        if role is None:
            raise missing(self.key)
        return role

    async def _deployment(self, site: Site) -> Deployment | None:
        found = await unless_missing(site.sms.get_deployment_by_slot(self.owner, "Production"))
        site.deployments[self.owner.lower()] = found
        return found

    def role_in(self, deployment: Deployment | None) -> Role | None:
        """Return this machine's role in a deployment, if it is there."""
        roles = () if deployment is None else deployment.role_list
        return next(
            (role for role in roles if (role.role_name or "").lower() == self.spec.name.lower()), None
        )

    def compare(self, found: Role) -> Iterator[Difference]:
        """Yield differences, in whatever the plan speaks of; the image cannot be changed."""
        yield from super().compare(found)
        yield from machine_changes.differences(self.spec, found)

    def scarce(self, found: Role | None) -> tuple[frozenset[str], frozenset[str]]:
        """Return its public ports, its address and its data disks."""
        return machine_changes.scarce(self.spec, found or Role())

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Create the deployment with it, or add it to the existing deployment."""
        service = self.owner
        async with site.sms.exclusively("services", "hostedservices", service):
            known = site.deployments.get(service.lower())
            if doubtful or service.lower() not in site.deployments:
                known = await self._deployment(site)
            if doubtful and known is not None and all(one is self.role_in(known) for one in known.role_list):
                known = None  # one with this machine alone may come from an earlier attempt to create it
            try:
                return await self._with_disks(site, partial(self._begin, site, known))
            except (AlreadyExists, ResourceNotFound):
                # Somebody else made or removed the deployment since it was last read.
                known = await self._deployment(site)
                if self.role_in(known) is not None:
                    raise
                return await self._with_disks(site, partial(self._begin, site, known))

    async def _with_disks(
        self, site: Site, begin: Callable[[], Awaitable[OperationHandle]]
    ) -> OperationHandle:
        """Begin what is refused as long as machines that have been removed still hold disks of this one."""
        try:
            return await begin()
        except BadRequest:
            parts = (self.spec.os_disk(), *self.spec.data_disks())
            names = [one.disk_name for one in parts if one is not None and one.disk_name]
            if not names or not all([await unless_missing(let_go(site, name)) for name in names]):
                raise
        return await begin()

    async def _begin(self, site: Site, known: Deployment | None) -> OperationHandle:
        """Begin to add the machine to a deployment, or to create one with it."""
        spec, service, parts = self.spec, self.owner, self.spec.parts(site.base)
        if known is not None:
            return await site.sms.add_role(service, known.name, spec.name, **parts)
        name = spec.deployment_name or service
        handle = await site.sms.create_virtual_machine_deployment(
            service,
            name,
            "Production",
            spec.label or name,
            spec.name,
            virtual_network_name=spec.virtual_network_name,
            reserved_ip_name=spec.reserved_ip_name,
            **parts,
        )
        site.deployments[service.lower()] = Deployment(name=name)
        return handle

    async def change(
        self, site: Site, found: Role, differences: Sequence[Difference]
    ) -> OperationHandle | None:
        """Read the role, change what differs, and write it back, so that nothing else of it is lost.

        Before that, disks become larger, and load-balanced sets that other machines are in are changed as a whole.
        """
        service, name = self.owner, self.spec.name
        async with site.sms.exclusively("services", "hostedservices", service):
            deployment = await self._deployment(site)
            if deployment is None:
                raise missing(f"a deployment of {service}")
            role = await site.sms.get_role(service, deployment.name, name)
            handle: OperationHandle | None = None
            if "data_virtual_hard_disks" in self.spec.model_fields_set:
                self.left: Mapping[str, str] = dict(machine_changes.detached(self.spec, role, self.made))
            for disk, size in machine_changes.resized(self.spec, role):
                await (await site.sms.update_disk(disk, resized_size_in_gb=size))
            sets = machine_changes.changed_sets(self.spec, deployment, role)
            if sets:
                handle = await site.sms.update_load_balanced_endpoint_set(service, deployment.name, sets)
                await handle
                role = await site.sms.get_role(service, deployment.name, name)
            left = [one.field for one in self.compare(role) if one.mends]
            if not left:
                return handle
            attached = any(one.startswith("data_virtual_hard_disks") for one in left)
            disks = list(await site.sms.list_disks()) if attached else []
            free = {(one.media_link or "").lower(): one.name or "" for one in disks if not one.attached_to}
            changed = machine_changes.changed(self.spec, role, left, site.base, free)
            update = partial(site.sms.update_role, service, deployment.name, name, role=changed)
            return await self._with_disks(site, update)

    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:
        service = self.owner
        async with site.sms.exclusively("services", "hostedservices", service):
            deployment = await self._deployment(site)
            role = self.role_in(deployment)
            if deployment is None or role is None:
                raise missing(self.key)
            self.left = {} if disks else dict(_disks_of(role))
            site.deployments.pop(service.lower(), None)
            return await site.sms.delete_virtual_machine(
                service, deployment.name, self.spec.name, cascade=disks
            )


def _disks_of(role: Role) -> Iterator[tuple[str, str]]:
    system = role.os_virtual_hard_disk.disk_name
    if system:
        yield "os", system
    for disk in role.data_virtual_hard_disks:
        if disk.disk_name:
            yield str(disk.lun), disk.disk_name
