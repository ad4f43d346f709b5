"""Methods that bring about a state, whatever is there already; a second call changes nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple, TypeVar

from asyncsm import wire
from asyncsm.errors import AlreadyExists, AsyncsmError, BadRequest, ResourceNotFound
from asyncsm.operations.affinity_groups import AffinityGroupOperations
from asyncsm.operations.arguments import one_of, same_name, same_place
from asyncsm.operations.deployments import DeploymentOperations
from asyncsm.operations.hosted_services import HostedServiceOperations
from asyncsm.operations.kinds import Name
from asyncsm.operations.roles import MachineParts, Network, RoleOperations, System
from asyncsm.operations.signatures import composed
from asyncsm.operations.storage import StorageAccountOperations
from asyncsm.operations.waiting import WaitingOperations
from asyncsm.polling import OperationHandle

R = TypeVar("R")


class _NewDeployment(NamedTuple):
    """Arguments of a deployment, if it has to be created."""

    label: str
    virtual_network_name: str | None
    reserved_ip_name: str | None


class ConvergentOperations(
    WaitingOperations,
    RoleOperations,
    DeploymentOperations,
    HostedServiceOperations,
    StorageAccountOperations,
    AffinityGroupOperations,
):
    """Operations that create, change or delete only what is not as asked for."""

    @composed
    async def ensure_affinity_group(
        self, name: str, label: str, location: str, description: str | None = None
    ) -> wire.affinity_groups.AffinityGroup:
        """Create an affinity group unless it is there; give it this label and description.

        Args:
            name: of the group.
            location: name of one of `list_locations`.
            description: at most 1,024 characters; kept as it is if absent.

        Raises:
            InvalidArgument: it is there, in another location.
        """
        found = await _found(self.get_affinity_group_properties(name))
        if found is None:
            with suppress(AlreadyExists):  # made by another call between the question and the answer
                await self.create_affinity_group(name, label, location, description)
            found = await self.get_affinity_group_properties(name)
        same_place(f"affinity group {name}", found.location, location, "location")
        if found.label != label or description not in {None, found.description}:
            await self.update_affinity_group(
                name, label, found.description if description is None else description
            )
            found = await self.get_affinity_group_properties(name)
        return found

    @composed
    async def ensure_hosted_service(
        self,
        service_name: str,
        label: str | None = None,
        description: str | None = None,
        location: str | None = None,
        affinity_group: str | None = None,
        extended_properties: Mapping[str, str | int | None] | None = None,
    ) -> wire.hosted_services.HostedService:
        """Create a hosted service unless it is there; set the arguments that are given and differ.

        Args:
            service_name: of the hosted service.
            label: at most 100 characters; the name, if it is created without one.
            location: where it is to be; either this or `affinity_group`.
            affinity_group: where it is to be.
            extended_properties: these are set, others stay.

        Raises:
            InvalidArgument: it is there, in another place.
            AlreadyExists: the name is somebody else's.
        """
        found = await _found(self.get_hosted_service_properties(service_name))
        if found is None:
            try:
                await self.create_hosted_service(
                    service_name,
                    label or service_name,
                    description,
                    location,
                    affinity_group,
                    extended_properties,
                )
            except AlreadyExists:
                return await _taken(service_name, self.get_hosted_service_properties)
            return await self.get_hosted_service_properties(service_name)
        present = found.hosted_service_properties
        what = f"hosted service {service_name}"
        same_place(what, present.location, location, "location")
        same_place(what, present.affinity_group, affinity_group, "affinity_group")
        properties = dict(extended_properties or {})
        missing = {
            name: value
            for name, value in properties.items()
            if present.extended_properties.get(name) != (None if value is None else str(value))
        }
        if missing or label not in {None, present.label} or description not in {None, present.description}:
            await self.update_hosted_service(
                service_name, label or present.label, description, missing or None
            )
            found = await self.get_hosted_service_properties(service_name)
        return found

    @composed
    async def ensure_storage_account(
        self,
        service_name: str,
        description: str | None = None,
        label: str | None = None,
        affinity_group: str | None = None,
        location: str | None = None,
        account_type: str | None = None,
    ) -> wire.storage.StorageService:
        """Create a storage account unless it is there, wait for it, and set the arguments that differ.

        Args:
            service_name: of the storage account.
            label: at most 100 characters; the name, if it is created without one.
            affinity_group: where it is to be; either this or `location`.
            location: where it is to be.
            account_type: as for `create_storage_account`; ``Standard_GRS``, if it is created
                without one.

        Raises:
            InvalidArgument: it is there, in another place.
            AlreadyExists: the name is somebody else's.
        """
        found = await _found(self.get_storage_account_properties(service_name))
        if found is None:
            try:
                await (
                    await self.create_storage_account(
                        service_name,
                        description,
                        label or service_name,
                        affinity_group,
                        location,
                        account_type=account_type or "Standard_GRS",
                    )
                )
            except AlreadyExists:
                await _taken(service_name, self.get_storage_account_properties)
            return await self.wait_for_storage_account(service_name)
        present = found.storage_service_properties
        what = f"storage account {service_name}"
        account_type = account_type and one_of("account_type", account_type, wire.storage.StorageAccountType)
        same_place(what, present.location, location, "location")
        same_place(what, present.affinity_group, affinity_group, "affinity_group")
        wanted = (
            (label, present.label),
            (description, present.description),
            (account_type, present.account_type),
        )
        if any(new not in {None, old} for new, old in wanted):
            await self.update_storage_account(service_name, description, label, account_type=account_type)
        return await self.wait_for_storage_account(service_name)

    @composed
    async def ensure_virtual_machine(
        self,
        service_name: str,
        deployment_name: str,
        role_name: Name,
        system_config: System | None,
        os_virtual_hard_disk: wire.disks.OSVirtualHardDisk | None,
        network_config: Network | None = None,
        *,
        label: str | None = None,
        availability_set_name: str | None = None,
        data_virtual_hard_disks: Sequence[wire.disks.DataVirtualHardDisk] | None = None,
        role_size: str | None = None,
        virtual_network_name: str | None = None,
        resource_extension_references: Sequence[wire.extensions.ResourceExtensionReference] | None = None,
        provision_guest_agent: bool | None = None,
        vm_image_name: str | None = None,
        media_location: str | None = None,
        reserved_ip_name: str | None = None,
    ) -> OperationHandle:
        """Create a virtual machine unless it is there, in its deployment or together with it.

        A machine of that name that is there already is left as it is, and the handle is done.

        Args:
            service_name: the hosted service, which must be there.
            deployment_name: the deployment, in production.
            role_name: of the machine.
            system_config: as for `create_virtual_machine_deployment`, like all further ones.
            label: of the deployment, if it is created; its name otherwise.
            virtual_network_name: of the deployment, if it is created.
            reserved_ip_name: of the deployment, if it is created.

        Raises:
            ResourceNotFound: there is no such hosted service.
            AlreadyExists: the slot holds a deployment of another name.
        """
        machine = MachineParts(
            system_config=system_config,
            os_virtual_hard_disk=os_virtual_hard_disk,
            network_config=network_config,
            availability_set_name=availability_set_name,
            data_virtual_hard_disks=data_virtual_hard_disks,
            role_size=role_size,
            resource_extension_references=resource_extension_references,
            provision_guest_agent=provision_guest_agent,
            vm_image_name=vm_image_name,
            media_location=media_location,
        )
        new = _NewDeployment(label or deployment_name, virtual_network_name, reserved_ip_name)
        return await self._ensure_machine(service_name, deployment_name, role_name, machine, new)

    async def _ensure_machine(
        self,
        service_name: str,
        deployment_name: str,
        role_name: str,
        machine: MachineParts,
        new: _NewDeployment,
    ) -> OperationHandle:
        async with self.exclusively("services", "hostedservices", service_name):
            names: list[str | None] | None = None
            refusal: AsyncsmError | None = None
            while True:
                deployment = await self._deployment(service_name, deployment_name)
                seen, names = names, _names(deployment)
                if deployment is not None and _is_one_of(names, role_name):
                    return self.completed(deployment, "GetDeployment")
                if refusal is not None and names == seen:
                    raise refusal
                try:
                    if deployment is not None:
                        return await self.add_role(service_name, deployment_name, role_name, **machine)
                    return await self.create_virtual_machine_deployment(
                        service_name,
                        deployment_name,
                        "Production",
                        new.label,
                        role_name,
                        virtual_network_name=new.virtual_network_name,
                        reserved_ip_name=new.reserved_ip_name,
                        **machine,
                    )
                except AlreadyExists as error:
                    # Others may have created the machine meanwhile, or the deployment with theirs.
                    refusal = error

    @composed
    async def delete_virtual_machine(
        self,
        service_name: str,
        deployment_name: str,
        role_name: str,
        *,
        cascade: bool = False,
        missing_ok: bool = False,
    ) -> OperationHandle:
        """Delete a virtual machine, and its deployment if it is the last one in it.

        Args:
            cascade: also delete its disks and the blobs behind them.
            missing_ok: a machine that is not there is no error; the handle is done already.

        Raises:
            ResourceNotFound: there is no such machine.
        """
        async with self.exclusively("services", "hostedservices", service_name):
            names: list[str | None] | None = None
            refusal: AsyncsmError | None = None
            while True:
                looked = self._deployment(service_name, deployment_name)
                deployment = await (_found(looked) if missing_ok else looked)
                seen, names = names, _names(deployment)
                if not _is_one_of(names, role_name):
                    if missing_ok and deployment is not None:
                        return self.completed(deployment, "GetDeployment")
                    if missing_ok:
                        services = await self.list_hosted_services()
                        return self.completed(services, "ListHostedServices")
                    raise ResourceNotFound(
                        "ResourceNotFound",
                        f"There is no virtual machine {role_name} in {service_name}/{deployment_name}.",
                        status=404,
                        request_id=deployment.request_id if deployment else None,
                    )
                if refusal is not None and names == seen:
                    raise refusal
                try:
                    if names is not None and len(names) > 1:
                        return await self.delete_role(
                            service_name, deployment_name, role_name, complete=cascade
                        )
                    return await self.delete_deployment(service_name, deployment_name, delete_vhd=cascade)
                except (ResourceNotFound, BadRequest) as error:
                    # Others may have deleted the machine meanwhile, or all but this one.
                    refusal = error

    async def _deployment(
        self, service_name: str, deployment_name: str
    ) -> wire.deployments.Deployment | None:
        """Return the deployment, or ``None`` if the hosted service does not have it."""
        deployment = await _found(self.get_deployment_by_name(service_name, deployment_name))
        if deployment is None:
            # Raises the same where it is the hosted service that is not there.
            await self.get_hosted_service_properties(service_name)
        return deployment


def _names(deployment: wire.deployments.Deployment | None) -> list[str | None] | None:
    """Return the names of a deployment's machines, to see whether others have changed it; ``None`` without one."""
    return None if deployment is None else [role.role_name for role in deployment.role_list]


def _is_one_of(names: list[str | None] | None, role_name: str) -> bool:
    return any(same_name(name, role_name) for name in names or ())


async def _found(reading: Awaitable[R]) -> R | None:
    """Return what is read, or ``None``; no later error is told as one that came while this was handled."""
    try:
        return await reading
    except ResourceNotFound:
        return None


async def _taken(name: str, read: Callable[[str], Awaitable[R]]) -> R:
    """Read what was found to be taken: made by another call since it was looked for, or somebody else's."""
    try:
        return await read(name)
    except ResourceNotFound as error:
        raise AlreadyExists(
            "ConflictError",
            f"The name {name} is taken in another subscription.",
            status=409,
            request_id=error.request_id,
            resource=error.resource,
        ) from error
