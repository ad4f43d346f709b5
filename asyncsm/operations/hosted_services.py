"""Hosted services, which the portal called cloud services."""

from __future__ import annotations

from collections.abc import Mapping

from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import delete, get, post, put
from asyncsm.errors import InvalidArgument, ResourceNotFound
from asyncsm.operations import arguments
from asyncsm.polling import OperationHandle
from asyncsm.wire.hosted_services import (
    AvailabilityResponse,
    CreateHostedService,
    HostedService,
    HostedServices,
    UpdateHostedService,
)

_PATH = ("services", "hostedservices")


class HostedServiceOperations(Caller):
    """Operations on hosted services, the containers of deployments."""

    async def list_hosted_services(self) -> HostedServices:
        """List the hosted services of the subscription, without their deployments.

        REST: List Hosted Services (ee460781).
        """
        return await self.fetch(HostedServices, get(*_PATH))

    async def get_hosted_service_properties(
        self, service_name: str, embed_detail: bool = False
    ) -> HostedService:
        """Read a hosted service.

        REST: Get Hosted Service Properties (ee460806).

        Args:
            service_name: the hosted service.
            embed_detail: also read its deployments, with all their role instances.

        Raises:
            ResourceNotFound: there is no such hosted service.
        """
        query = {"embed-detail": "true" if embed_detail else "false"}
        return await self.fetch(HostedService, get(*_PATH, service_name, query=query))

    async def check_hosted_service_name_availability(self, service_name: str) -> AvailabilityResponse:
        """Ask whether a name for a hosted service is free; `reason` says why not.

        REST: Check Hosted Service Name Availability (jj154116).
        """
        return await self.fetch(AvailabilityResponse, get(*_PATH, "operations", "isavailable", service_name))

    async def create_hosted_service(
        self,
        service_name: str,
        label: str,
        description: str | None = None,
        location: str | None = None,
        affinity_group: str | None = None,
        extended_properties: Mapping[str, str | int | None] | None = None,
    ) -> OperationHandle:
        """Create a hosted service; it exists when this returns.

        REST: Create Hosted Service (gg441304).

        Args:
            service_name: becomes ``{service_name}.cloudapp.net``, unique in all of the cloud: at most
                63 letters, digits and hyphens, a letter first and no hyphen last.
            label: at most 100 characters.
            description: at most 1,024 characters.
            location: name of one of `list_locations`; either this or `affinity_group`.
            affinity_group: name of an affinity group.
            extended_properties: at most 50; names of at most 64 letters, digits and underscores,
                values of at most 255 characters.

        Raises:
            InvalidArgument: an argument breaks one of these rules.
            AlreadyExists: the name is taken.
            BadRequest: the location or affinity group does not exist, or a quota is used up.
        """
        arguments.location_or_affinity_group(location, affinity_group)
        body = CreateHostedService(
            service_name=arguments.hosted_service_name(service_name),
            label=arguments.label(label),
            description=arguments.description(description),
            location=location,
            affinity_group=affinity_group,
            extended_properties=arguments.extended_properties(extended_properties),
        )
        return await self.start(
            post(*_PATH, body=body, creates=(*_PATH, service_name), operation="CreateHostedService")
        )

    async def update_hosted_service(
        self,
        service_name: str,
        label: str | None = None,
        description: str | None = None,
        extended_properties: Mapping[str, str | int | None] | None = None,
    ) -> OperationHandle:
        """Change label or description, and extended properties with them; what is not given stays.

        REST: Update Hosted Service (gg441303).

        Args:
            service_name: the hosted service.
            label: at most 100 characters.
            description: at most 1,024 characters.
            extended_properties: properties to set; one with the value ``None`` is removed.

        Raises:
            InvalidArgument: neither label nor description was given, or a rule is broken.
            ResourceNotFound: there is no such hosted service.
        """
        if label is None and description is None:
            raise InvalidArgument("label", "the service wants a label or a description with every change")
        body = UpdateHostedService(
            label=None if label is None else arguments.label(label),
            description=arguments.description(description),
            extended_properties=arguments.extended_properties(extended_properties),
        )
        return await self.run(put(*_PATH, service_name, body=body, operation="UpdateHostedService"))

    async def delete_hosted_service(
        self, service_name: str, complete: bool = False, *, missing_ok: bool = False
    ) -> OperationHandle:
        """Delete a hosted service.

        REST: Delete Hosted Service (gg441305).

        Args:
            service_name: the hosted service.
            complete: also delete its deployments, and the disks of their virtual machines with the
                blobs behind them. Then the service finishes later: await the handle.
            missing_ok: a service that is not there is no error; the handle is done already.

        Raises:
            ResourceNotFound: there is no such hosted service.
            BadRequest: it still has deployments, and `complete` is not set.
        """
        query = {"comp": "media" if complete else None}
        try:
            return await self.start(
                delete(*_PATH, service_name, query=query, operation="DeleteHostedService")
            )
        except ResourceNotFound:
            if not missing_ok:
                raise
            return self.completed(await self.list_hosted_services(), "ListHostedServices")
