"""Hosted services, which the portal called cloud services."""

from __future__ import annotations

from typing import Annotated, Final

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.errors import ResourceNotFound
from asyncsm.operations.binding import request_of
from asyncsm.operations.declaring import Family
from asyncsm.operations.facts import AtLeastOne, Ends, ExactlyOne
from asyncsm.operations.kinds import (
    Description,
    HostedServiceName,
    Label,
    MediaToo,
    ServiceProperties,
    flag,
)
from asyncsm.polling import OperationHandle

family: Final = Family("hosted services", evidence="[protocol 4.5]", ends=Ends.AT_ONCE)

SERVICES: Final = "services/hostedservices"
SERVICE: Final = SERVICES + "/{service_name}"


class HostedServiceOperations(Caller):
    """Operations on hosted services, the containers of deployments."""

    @family.reads(SERVICES)
    async def list_hosted_services(self) -> wire.hosted_services.HostedServices:
        """List the hosted services of the subscription, without their deployments.

        REST: List Hosted Services (ee460781).
        """
        ...

    @family.reads(SERVICE + "?embed-detail={embed_detail}")
    async def get_hosted_service_properties(
        self, service_name: str, embed_detail: Annotated[bool, flag("true", "false")] = False
    ) -> wire.hosted_services.HostedService:
        """Read a hosted service.

        REST: Get Hosted Service Properties (ee460806).

        Args:
            embed_detail: also read its deployments, with all their role instances.

        Raises:
            ResourceNotFound: there is no such hosted service.
        """
        ...

    @family.reads(SERVICES + "/operations/isavailable/{service_name}")
    async def check_hosted_service_name_availability(
        self, service_name: str
    ) -> wire.hosted_services.AvailabilityResponse:
        """Ask whether a name for a hosted service is free; `reason` says why not.

        REST: Check Hosted Service Name Availability (jj154116).
        """
        ...

    @family.creates(
        SERVICES,
        at="/{service_name}",
        body=lambda: wire.hosted_services.CreateHostedService,
        listed="CreateHostedService",
        needs=[ExactlyOne("location", "affinity_group")],
    )
    async def create_hosted_service(
        self,
        service_name: HostedServiceName,
        label: Label,
        description: Description | None = None,
        location: str | None = None,
        affinity_group: str | None = None,
        extended_properties: ServiceProperties | None = None,
    ) -> OperationHandle:
        """Create a hosted service; it exists when this returns.

        REST: Create Hosted Service (gg441304).

        Args:
            service_name: becomes ``{service_name}.cloudapp.net``, unique in all of the cloud: at most
                63 letters, digits and hyphens, a letter first and no hyphen last.
            location: name of one of `list_locations`; either this or `affinity_group`.
            affinity_group: name of an affinity group.
            extended_properties: at most 50; names of at most 64 letters, digits and underscores,
                values of at most 255 characters.

        Raises:
            AlreadyExists: the name is taken.
            BadRequest: the location or affinity group does not exist, or a quota is used up.
        """
        ...

    @family.replaces(
        SERVICE,
        body=lambda: wire.hosted_services.UpdateHostedService,
        listed="UpdateHostedService",
        needs=[AtLeastOne("label", "description")],
    )
    async def update_hosted_service(
        self,
        service_name: str,
        label: Label | None = None,
        description: Description | None = None,
        extended_properties: ServiceProperties | None = None,
    ) -> OperationHandle:
        """Change label or description, and extended properties with them; what is not given stays.

        REST: Update Hosted Service (gg441303).

        Args:
            extended_properties: properties to set; one with the value ``None`` is removed.

        Raises:
            InvalidArgument: neither label nor description was given, or a rule is broken.
            ResourceNotFound: there is no such hosted service.
        """
        ...

    @family.removes(
        SERVICE + "?comp={complete}",
        listed="DeleteHostedService",
        ends=Ends.OPERATION,
    )
    async def delete_hosted_service(
        self, service_name: str, complete: MediaToo = False, *, missing_ok: bool = False
    ) -> OperationHandle:
        """Delete a hosted service.

        REST: Delete Hosted Service (gg441305).

        Args:
            complete: also delete its deployments, and the disks of their virtual machines with the
                blobs behind them. Then the service finishes later: await the handle.
            missing_ok: a service that is not there is no error; the handle is done already.

        Raises:
            ResourceNotFound: there is no such hosted service.
            BadRequest: it still has deployments, and `complete` is not set.
        """
        try:
            return await self.start(
                request_of(HostedServiceOperations.delete_hosted_service, service_name, complete)
            )
        except ResourceNotFound:
            if not missing_ok:
                raise
            return self.completed(await self.list_hosted_services(), "ListHostedServices")
