"""Hosted services, their certificates, and deployments of web and worker roles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Self
from xml.etree import ElementTree as ET

from asyncsm.polling import OperationHandle
from asyncsm.provisioning.resources.base import (
    Difference,
    Resource,
    Site,
    Wanted,
    differ,
    each,
    service_key,
    unless_missing,
)
from asyncsm.provisioning.resources.storage import account_of
from asyncsm.provisioning.specs import CertificateSpec, DeploymentSpec, HostedServiceSpec
from asyncsm.wire.certificates import Certificate
from asyncsm.wire.deployments import Deployment
from asyncsm.wire.hosted_services import HostedService


async def existing(site: Site, names: Sequence[str]) -> list[str]:
    """Select the hosted services that exist."""
    found = {one.service_name.lower() for one in await site.sms.list_hosted_services()}
    return [name for name in dict.fromkeys(names) if name.lower() in found]


class HostedServiceResource(Resource[HostedService, HostedServiceSpec]):
    """A hosted service."""

    kind: ClassVar[str] = "hosted_service"
    creates: str = "CreateHostedService"
    deletes: str = "DeleteHostedService"
    at_once: ClassVar[frozenset[str]] = frozenset({"create", "change", "remove"})

    @classmethod
    def left_over(cls, name: str) -> Self:
        """Make one that a plan had once."""
        return cls(HostedServiceSpec.model_construct(name=name))

    @classmethod
    async def survey(cls, site: Site, wanted: Wanted[HostedService]) -> Mapping[str, HostedService]:
        """List all hosted services."""
        return cls.named(((one.service_name, one) for one in await site.sms.list_hosted_services()), wanted)

    async def find(self, site: Site) -> HostedService | None:
        """Read the hosted service."""
        return await unless_missing(site.sms.get_hosted_service_properties(self.name))

    def compare(self, found: HostedService) -> Iterator[Difference]:
        """Yield differences; the location cannot be changed."""
        present, spec = found.hosted_service_properties, self.spec
        yield from differ("location", present.location, spec.location, mends=False)
        yield from differ("affinity_group", present.affinity_group, spec.affinity_group, mends=False)
        yield from differ("label", present.label, spec.label)
        yield from differ("description", present.description, spec.description)
        for name, value in spec.extended_properties.items():
            yield from differ(f"extended_properties.{name}", present.extended_properties.get(name), value)

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

    async def remove(self, site: Site, *, disks: bool) -> OperationHandle | None:
        """Delete it; deployments of others in it make that fail."""
        site.deployments.pop(self.name.lower(), None)
        return await unless_missing(site.sms.delete_hosted_service(self.name))


class CertificateResource(Resource[Certificate, CertificateSpec]):
    """A certificate of a hosted service, known by its thumbprint."""

    kind: ClassVar[str] = "certificate"
    creates: str = "AddCertificates"
    deletes: str = "DeleteCertificate"

    def __init__(self, service_name: str, spec: CertificateSpec, thumbprint: str) -> None:
        super().__init__(spec)
        self._service_name = service_name
        self.thumbprint: str = thumbprint

    @classmethod
    def left_over(cls, name: str) -> Self:
        """Make one that a plan had once."""
        service, _, thumbprint = name.partition("/")
        return cls(service, CertificateSpec.model_construct(), thumbprint)

    @property
    def service_name(self) -> str:
        """The hosted service."""
        return self._service_name

    @property
    def name(self) -> str:
        """The hosted service and the thumbprint."""
        return f"{self.service_name}/{self.thumbprint}"

    def secrets(self, base: Path) -> Iterator[str]:
        """Yield the password of its file."""
        if self.spec.password is not None:
            yield self.spec.password.reveal(base).get_secret_value()

    def needs(self) -> Iterator[str]:
        """Yield its hosted service."""
        yield service_key(self.service_name)

    @classmethod
    async def survey(cls, site: Site, wanted: Wanted[Certificate]) -> Mapping[str, Certificate]:
        """List the certificates of each hosted service."""
        names = await existing(site, [one.service_name for one in wanted])
        listed = await each(site.sms.list_service_certificates, names)
        found = (
            (f"{name}/{one.thumbprint}", one) for name, certificates in listed.items() for one in certificates
        )
        return cls.named(found, wanted)

    async def find(self, site: Site) -> Certificate | None:
        """Read the certificate."""
        return await unless_missing(
            site.sms.get_service_certificate(self.service_name, "sha1", self.thumbprint)
        )

    def compare(self, found: Certificate) -> Iterator[Difference]:
        """Yield no differences: certificates with the same thumbprint are the same."""
        yield from ()

    async def create(self, site: Site, *, doubtful: bool) -> OperationHandle:
        """Add the certificate to its hosted service."""
        return await site.sms.add_service_certificate(
            self.service_name,
            site.base / self.spec.file,
            self.spec.format,
            self.spec.password.reveal(site.base) if self.spec.password else None,
        )

    async def remove(self, site: Site, *, disks: bool) -> OperationHandle | None:
        """Delete the certificate."""
        return await unless_missing(
            site.sms.delete_service_certificate(self.service_name, "sha1", self.thumbprint)
        )


class DeploymentResource(Resource[Deployment, DeploymentSpec]):
    """A deployment of web and worker roles."""

    kind: ClassVar[str] = "deployment"
    creates: str = "CreateDeployment"
    deletes: str = "DeleteDeployment"

    def __init__(self, spec: DeploymentSpec, base: Path, certificates: Sequence[str] = ()) -> None:
        super().__init__(spec)
        self._certificates = tuple(certificates)
        self.configuration: Path = base / spec.configuration

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
        return f"{self.spec.service_name}/{self.spec.deployment_slot}"

    def needs(self) -> Iterator[str]:
        """Yield its hosted service with its certificates, and the account its package is in."""
        yield service_key(self.spec.service_name)
        yield from self._certificates
        yield from account_of(self.spec.package_url)

    @classmethod
    async def survey(cls, site: Site, wanted: Wanted[Deployment]) -> Mapping[str, Deployment]:
        """Read each hosted service that has a deployment in the plan."""
        names = await existing(site, [one.service_name for one in wanted])
        read = await each(lambda name: site.sms.get_hosted_service_properties(name, embed_detail=True), names)
        found = (
            (f"{name}/{one.deployment_slot}", one)
            for name, service in read.items()
            for one in service.deployments
        )
        return cls.named(found, wanted)

    async def find(self, site: Site) -> Deployment | None:
        """Read the slot of the deployment."""
        return await unless_missing(
            site.sms.get_deployment_by_slot(self.spec.service_name, self.spec.deployment_slot)
        )

    def compare(self, found: Deployment) -> Iterator[Difference]:
        """Yield differences; the service does not tell the package, so it is not compared."""
        yield from differ("name", found.name, self.spec.name, mends=False)
        yield from differ("label", found.label, self.spec.label, mends=False)
        if _canonical(found.configuration or "") != _canonical(self.configuration.read_text("utf-8-sig")):
            yield Difference("configuration", "another one", str(self.spec.configuration))
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
            self.configuration,
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
        if any(one.field == "configuration" for one in differences):
            handle = await site.sms.change_deployment_configuration(service, name, self.configuration)
        for one in differences:
            if one.field == "status":
                if handle is not None:
                    await handle
                handle = await site.sms.update_deployment_status(service, name, one.wanted)
        if handle is None:
            raise AssertionError(f"nothing to change of {self.key}")
        return handle

    async def remove(self, site: Site, *, disks: bool) -> OperationHandle | None:
        """Delete the deployment."""
        name = self.spec.name
        if not name:
            found = await self.find(site)
            if found is None:
                return None
            name = found.name
        return await unless_missing(
            site.sms.delete_deployment(self.spec.service_name, name, delete_vhd=disks)
        )


def _canonical(text: str) -> str:
    """Bring a configuration to a form in which equal ones are equal texts."""
    try:
        return ET.canonicalize(text, strip_text=True)
    except ET.ParseError:
        return text
