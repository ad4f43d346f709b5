"""Hosted services, their certificates, and deployments of web and worker roles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Final, Self

from asyncsm.polling import OperationHandle
from asyncsm.provisioning.resources import configuration_changes
from asyncsm.provisioning.resources.base import ALL, Resource, Site
from asyncsm.provisioning.resources.difference import Difference, differ
from asyncsm.provisioning.resources.storage import account_of
from asyncsm.provisioning.specs import CertificateSpec, DeploymentSpec, HostedServiceSpec, Part
from asyncsm.wire.certificates import Certificate
from asyncsm.wire.deployments import Deployment
from asyncsm.wire.hosted_services import HostedService

BY_UPGRADE: Final = "an upgrade of the deployment brings it"


class HostedServiceResource(Resource[HostedService, HostedServiceSpec]):
    """A hosted service."""

    kind: ClassVar[str] = "hosted_service"
    entry: ClassVar[type[Part]] = HostedServiceSpec
    creates: str = "CreateHostedService"
    deletes: str = "DeleteHostedService"
    at_once: ClassVar[frozenset[str]] = ALL
    fixed: ClassVar[Sequence[str]] = ("location", "affinity_group")
    mended: ClassVar[Sequence[str]] = ("label", "description")

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, HostedService]]:
        return [(one.service_name, one) for one in await site.sms.list_hosted_services()]

    async def _read(self, site: Site) -> HostedService:
        return await site.sms.get_hosted_service_properties(self.name)

    def _shown(self, found: HostedService) -> object:
        return found.hosted_service_properties

    def compare(self, found: HostedService) -> Iterator[Difference]:
        """Yield differences, also those of extended properties."""
        yield from super().compare(found)
        present = found.hosted_service_properties.extended_properties
        for name, value in self.spec.extended_properties.items():
            yield from differ(f"extended_properties.{name}", present.get(name), value)

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Create the hosted service."""
        spec = self.spec
        return await site.sms.create_hosted_service(
            spec.name,
            spec.label or spec.name,
            spec.description,
            spec.location,
            spec.affinity_group,
            spec.extended_properties or None,
        )

    async def change(
        self, site: Site, found: HostedService, differences: Sequence[Difference]
    ) -> OperationHandle:
        """Set its label, description and extended properties."""
        spec = self.spec
        return await site.sms.update_hosted_service(
            spec.name,
            spec.label or found.hosted_service_properties.label,
            spec.description,
            spec.extended_properties or None,
        )

    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:
        site.deployments.pop(self.name.lower(), None)
        return await site.sms.delete_hosted_service(self.name)


class CertificateResource(Resource[Certificate, CertificateSpec]):
    """A certificate of a hosted service, known by its thumbprint."""

    kind: ClassVar[str] = "certificate"
    entry: ClassVar[type[Part]] = CertificateSpec
    creates: str = "AddCertificates"
    deletes: str = "DeleteCertificate"

    inside: ClassVar[str] = "hosted_service"

    def __init__(self, spec: CertificateSpec, owner: str, thumbprint: str) -> None:
        super().__init__(spec, owner)
        self.thumbprint: str = thumbprint

    @classmethod
    def left_over(cls, name: str) -> Self:
        """Make one that a plan had once."""
        service, _, thumbprint = name.partition("/")
        return cls(CertificateSpec.model_construct(), service, thumbprint)

    @property
    def name(self) -> str:
        """The hosted service and the thumbprint."""
        return f"{self.owner}/{self.thumbprint}"

    def secrets(self, base: Path) -> Iterator[str]:
        """Yield the password of its file."""
        if self.spec.password is not None:
            yield self.spec.password.reveal(base).get_secret_value()

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, Certificate]]:
        return [(one.thumbprint, one) for one in await site.sms.list_service_certificates(owner)]

    async def _read(self, site: Site) -> Certificate:
        return await site.sms.get_service_certificate(self.owner, "sha1", self.thumbprint)

    def compare(self, found: Certificate) -> Iterator[Difference]:
        """Yield no differences: certificates with the same thumbprint are the same."""
        yield from ()

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Add the certificate to its hosted service."""
        return await site.sms.add_service_certificate(
            self.owner,
            site.base / self.spec.file,
            self.spec.format,
            self.spec.password.reveal(site.base) if self.spec.password else None,
        )

    async def _delete(self, site: Site, *, disks: bool) -> OperationHandle:
        return await site.sms.delete_service_certificate(self.owner, "sha1", self.thumbprint)


class DeploymentResource(Resource[Deployment, DeploymentSpec]):
    """A deployment of web and worker roles."""

    kind: ClassVar[str] = "deployment"
    entry: ClassVar[type[Part]] = DeploymentSpec
    inside: ClassVar[str] = "hosted_service"
    creates: str = "CreateDeployment"
    deletes: str = "DeleteDeployment"
    fixed: ClassVar[Sequence[str]] = ("name",)

    def __init__(self, spec: DeploymentSpec, base: Path, certificates: Sequence[str] = ()) -> None:
        super().__init__(spec)
        self._certificates = tuple(certificates)
        self._base = base

    def cscfg(self) -> bytes:
        """Return its service configuration.

        Raises:
            OSError: the file cannot be read.
        """
        return self.spec.cscfg(self._base)

    @classmethod
    def left_over(cls, name: str) -> Self:
        """Make one that a plan had once; its own name is not known."""
        service, _, slot = name.partition("/")
        spec = DeploymentSpec.model_construct(
            name="", service_name=service, deployment_slot=slot.title(), configuration="", package_url=""
        )
        return cls(spec, Path())

    @property
    def name(self) -> str:
        """The hosted service and the slot."""
        return f"{self.owner}/{self.spec.deployment_slot}"

    def needs(self) -> Iterator[str]:
        """Yield its hosted service with its certificates, and the account its package is in."""
        yield from super().needs()
        yield from self._certificates
        yield from account_of(self.spec.package_url)

    @classmethod
    async def _listed(cls, site: Site, owner: str) -> Iterable[tuple[str | None, Deployment]]:
        service = await site.sms.get_hosted_service_properties(owner, embed_detail=True)
        return [(one.deployment_slot, one) for one in service.deployments]

    async def _read(self, site: Site) -> Deployment:
        return await site.sms.get_deployment_by_slot(self.owner, self.spec.deployment_slot)

    def compare(self, found: Deployment) -> Iterator[Difference]:
        """Yield differences; the service does not tell the package, so it is not compared."""
        yield from super().compare(found)
        yield from differ("label", found.label, self.spec.label, instead=BY_UPGRADE)
        for name, value in self.spec.extended_properties.items():
            present = found.extended_properties.get(name)
            yield from differ(f"extended_properties.{name}", present, value, instead=BY_UPGRADE)
        source = "the plan" if self.spec.is_configuration_given else Path(self.spec.configuration or "").name
        present, wanted = found.configuration or "", self.cscfg().decode("utf-8-sig")
        yield from configuration_changes.differences(present, wanted, source)
        if found.status in {"Running", "Suspended"}:
            wanted = "Running" if self.spec.start_deployment else "Suspended"
            yield from differ("status", found.status, wanted)

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Create the deployment."""
        spec = self.spec
        return await site.sms.create_deployment(
            spec.service_name,
            spec.deployment_slot,
            spec.name,
            spec.package_url,
            spec.label or spec.name,
            self.cscfg(),
            spec.start_deployment,
            spec.treat_warnings_as_error,
            spec.extended_properties or None,
        )

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
