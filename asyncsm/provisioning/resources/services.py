"""Hosted services, their certificates, and deployments of web and worker roles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Final, Self

from asyncsm.operations import arguments
from asyncsm.operations.deployments import DeploymentOperations
from asyncsm.operations.hosted_services import HostedServiceOperations
from asyncsm.operations.service_certificates import ServiceCertificateOperations
from asyncsm.polling import OperationHandle
from asyncsm.provisioning.resources import configuration_changes
from asyncsm.provisioning.resources.base import Operations, Resource
from asyncsm.provisioning.resources.difference import Difference, differ
from asyncsm.provisioning.resources.site import Site
from asyncsm.provisioning.resources.storage import account_of
from asyncsm.provisioning.specs import CertificateSpec, DeploymentSpec, HostedServiceSpec
from asyncsm.wire.certificates import Certificate
from asyncsm.wire.deployments import Deployment
from asyncsm.wire.hosted_services import HostedService

BY_UPGRADE: Final = "an upgrade of the deployment brings it"


class HostedServiceResource(Resource[HostedService, HostedServiceSpec]):
    """A hosted service."""

    kind: ClassVar[str] = "hosted_service"
    fixed: ClassVar[Sequence[str]] = ("location", "affinity_group")
    mended: ClassVar[Sequence[str]] = ("label", "description")
    kept: ClassVar[Sequence[str]] = ("label",)
    known_by: ClassVar[str] = "service_name"
    shown: ClassVar[str] = "hosted_service_properties"
    operations: Operations = Operations.named(HostedServiceOperations, "hosted_service")

    def compare(self, found: HostedService) -> Iterator[Difference]:
        """Yield differences, also those of extended properties."""
        yield from super().compare(found)
        present = found.hosted_service_properties.extended_properties
        for name, value in self.spec.extended_properties.items():
            yield from differ(f"extended_properties.{name}", present.get(name), value)

    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:
        site.deployments.pop(self.name.lower(), None)
        return await super()._delete(site, disks=disks)


class CertificateResource(Resource[Certificate, CertificateSpec]):
    """A certificate of a hosted service, known by its thumbprint."""

    kind: ClassVar[str] = "certificate"
    inside: ClassVar[str] = "hosted_service"
    known_by: ClassVar[str] = "thumbprint"
    operations: Operations = Operations.named(ServiceCertificateOperations, "service_certificate")

    def __init__(
        self, spec: CertificateSpec, owner: str = "", base: Path = Path(), thumbprint: str = ""
    ) -> None:
        super().__init__(spec, owner, base)
        self.thumbprint: str = thumbprint or spec.thumbprint(base)

    @classmethod
    def left_over(cls, name: str) -> Self:
        """Make one that a plan had once."""
        service, _, thumbprint = name.partition("/")
        return cls(CertificateSpec.model_construct(), service, thumbprint=thumbprint)

    @property
    def name(self) -> str:
        """The hosted service and the thumbprint."""
        return f"{self.owner}/{self.thumbprint}"

    async def _place(self, site: Site) -> tuple[str, ...]:
        return self.owner, "sha1", self.thumbprint

    def _values(self, site: Site, found: Certificate | None) -> dict[str, object]:
        file = {"data": site.base / self.spec.file, "certificate_format": self.spec.format}
        return {**super()._values(site, found), **file}


class DeploymentResource(Resource[Deployment, DeploymentSpec]):
    """A deployment of web and worker roles."""

    kind: ClassVar[str] = "deployment"
    inside: ClassVar[str] = "hosted_service"
    fixed: ClassVar[Sequence[str]] = ("name",)
    operations: Operations = Operations.named(
        DeploymentOperations,
        "deployment",
        reads=DeploymentOperations.get_deployment_by_slot,
        changes=DeploymentOperations.change_deployment_configuration,
    )

    def cscfg(self) -> str:
        """Return its service configuration, as it is sent.

        Raises:
            OSError: the file cannot be read.
            InvalidArgument: it is no service configuration.
        """
        return arguments.service_configuration(self.spec.cscfg(self.base))

    @classmethod
    def left_over(cls, name: str) -> Self:
        """Make one that a plan had once; its own name is not known."""
        service, _, slot = name.partition("/")
        spec = DeploymentSpec.model_construct(
            name="", service_name=service, deployment_slot=slot.title(), configuration="", package_url=""
        )
        return cls(spec)

    @property
    def name(self) -> str:
        """The hosted service and the slot."""
        return f"{self.owner}/{self.spec.deployment_slot}"

    def needs(self) -> Iterator[str]:
        """Yield its hosted service with its certificates, and the account its package is in."""
        yield from super().needs()
        yield from account_of(self.spec.package_url)

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, Deployment]]:
        service = await site.sms.get_hosted_service_properties(owner, embed_detail=True)
        return [(one.deployment_slot, one) for one in service.deployments]

    def compare(self, found: Deployment) -> Iterator[Difference]:
        """Yield differences; the service does not tell the package, so it is not compared."""
        yield from super().compare(found)
        yield from differ("label", found.label, self.spec.label, instead=BY_UPGRADE)
        for name, value in self.spec.extended_properties.items():
            present = found.extended_properties.get(name)
            yield from differ(f"extended_properties.{name}", present, value, instead=BY_UPGRADE)
        source = "the plan" if self.spec.is_configuration_given else Path(self.spec.configuration or "").name
        present, wanted = found.configuration or "", self.cscfg()
        yield from configuration_changes.differences(present, wanted, source)
        if found.status in {"Running", "Suspended"}:
            wanted = "Running" if self.spec.start_deployment else "Suspended"
            yield from differ("status", found.status, wanted)

    async def _place(self, site: Site) -> tuple[str, ...]:
        return self.owner, self.spec.deployment_slot

    def _values(self, site: Site, found: Deployment | None) -> dict[str, object]:
        return {**super()._values(site, found), "name": self.spec.name, "configuration": self.cscfg()}

    async def change(
        self, site: Site, found: Deployment, differences: Sequence[Difference]
    ) -> OperationHandle:
        """Change its configuration, then its status."""
        service, name = self.spec.service_name, found.name
        handle: OperationHandle | None = None
        if any(one.field.startswith("configuration") for one in differences):
            handle = await site.sms.change_deployment_configuration(service, name, self.cscfg())
        for one in differences:
            if one.field == "status":
                if handle is not None:
                    await handle
                handle = await site.sms.update_deployment_status(service, name, one.wanted)
        if handle is None:
            raise AssertionError(f"nothing to change of {self.key}")
        return handle

    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:
        name = self.spec.name or (await self._read(site)).name
        return await site.sms.delete_deployment(self.owner, name, delete_vhd=disks)
