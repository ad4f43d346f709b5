"""Specs: the entries of a plan, one class for each kind of resource.

`machine_specs` has those of virtual machines. A resource's own name is ``name``; all other
fields have the names and meanings of the client's parameters, whose documentation has
their rules. In an entry with a ``count`` every text may be a template; see `expansion`.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, PrivateAttr

from asyncsm.credentials import service_certificate_from_pfx
from asyncsm.errors import CredentialError
from asyncsm.operations import arguments
from asyncsm.provisioning.problems import Path_
from asyncsm.provisioning.secrets import SecretReference
from asyncsm.wire.document import CheckedModel

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography import x509

MOST: int = 100_000
"""The most copies an entry may have."""


def _not_empty(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    return text


Name = Annotated[str, AfterValidator(_not_empty)]


class Part(CheckedModel):
    """A part of a resource's spec."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, hide_input_in_errors=True
    )
    owner_field: ClassVar[str] = ""
    """The field that names the resource which this one is in."""


class Spec(Part):
    """The common fields of all entries of a plan."""

    name: Name
    """Its name, or a template for the names of all copies: ``web-{index:03}``."""
    count: int = Field(default=1, ge=1, le=MOST)
    """The number of copies."""
    start: int = Field(default=1, ge=0)
    """The ``index`` of the first copy."""
    group_size: int | None = Field(default=None, ge=1)
    """The number of copies in one ``group``; ``group`` counts from 1."""
    subscription: str | None = None
    """One of the plan's `subscriptions`; what it is in or what needs it decides if absent, else the first."""
    spread: Literal["by_quota"] | None = None
    """Spread the copies over the plan's `subscriptions`, by what each has room for."""
    _origin: Path_ = PrivateAttr(default=())

    @property
    def origin(self) -> Path_:
        """The place of the entry it was made of, in the plan of which its own is a share; else empty."""
        return self._origin

    def made_of(self, origin: Path_) -> Self:
        """Say that it was made of the entry at `origin`; its templates are filled in."""
        self._origin = origin
        return self


class Labelled(Spec):
    """An entry with a label."""

    label: str | None = None
    """At most 100 characters; the name if absent."""


class Located(Spec):
    """An entry for what is in a location."""

    location: str | None = None
    """Its location; the plan's if absent."""


class Described(Labelled):
    """An entry with a label and a description."""

    description: str | None = None
    """At most 1,024 characters."""


class Grouped(Spec):
    """An entry for what is in a location or in an affinity group."""

    location: str | None = None
    """Its location; or give `affinity_group`; the plan's location if both are absent."""
    affinity_group: str | None = None
    """Its affinity group, which decides on the location."""


class AffinityGroupSpec(Described, Located):
    """An affinity group."""


class StorageAccountSpec(Described, Grouped):
    """A storage account; its name has 3 to 24 lower-case letters and digits, and is unique in the world."""

    account_type: str | None = None
    """``Standard_LRS``, ``Standard_GRS`` (if absent), ``Standard_RAGRS``, ``Standard_ZRS``, ``Premium_LRS``."""


class ReservedIPSpec(Located):
    """A reserved IP address."""

    label: str | None = None
    """At most 100 characters."""


class _BlobSpec(Labelled):
    """An entry for a registered blob."""

    media_link: Name
    """The VHD, a blob in a storage account of the subscription."""


class OSImageSpec(_BlobSpec):
    """An operating system image, whose blob is there already."""

    os: Literal["Linux", "Windows"]
    """The operating system on it."""


class DiskSpec(_BlobSpec):
    """A disk, whose blob is there already."""

    os: Literal["Linux", "Windows"] | None = None
    """The operating system on it, if machines can start from it."""


class CertificateSpec(Part):
    """A certificate for a hosted service."""

    file: Name
    """Path of the file, from the plan's directory."""
    certificate_format: Literal["pfx", "cer"] | None = None
    """The form of the file; told by its suffix if absent."""
    password: SecretReference | None = None
    """The password of a pfx."""

    @property
    def name(self) -> str:
        """The path of its file, which stands for a name."""
        return self.file

    @property
    def format(self) -> Literal["pfx", "cer"]:
        """``pfx`` with the private key, or ``cer`` without."""
        by_name: Literal["pfx", "cer"] = "pfx" if self.file.lower().endswith((".pfx", ".p12")) else "cer"
        return self.certificate_format or by_name

    def thumbprint(self, base: Path) -> str:
        """Compute the SHA-1 of the certificate, by which the service knows it.

        Raises:
            CredentialError: the file cannot be read.
        """
        from cryptography.hazmat.primitives.hashes import SHA1

        return self._certificate(base).fingerprint(SHA1()).hex().upper()  # noqa: S303 - a name, not a signature

    def validity(self, base: Path) -> tuple[datetime, datetime]:
        """Return from when and until when the certificate is valid.

        Raises:
            CredentialError: the file cannot be read.
        """
        certificate = self._certificate(base)
        return certificate.not_valid_before_utc, certificate.not_valid_after_utc

    def _certificate(self, base: Path) -> x509.Certificate:
        from cryptography import x509

        path = base / self.file
        if self.format == "pfx":
            password = self.password.reveal(base).get_secret_value() if self.password else None
            return x509.load_der_x509_certificate(service_certificate_from_pfx(path, password).cer)
        try:
            content = base64.b64decode(arguments.base64_of("file", path.read_bytes()))
            pem = b"-----BEGIN" in content
            return x509.load_pem_x509_certificate(content) if pem else x509.load_der_x509_certificate(content)
        except (OSError, ValueError) as error:
            raise CredentialError(f"{path}: not a certificate: {error}") from error


class HostedServiceSpec(Described, Grouped):
    """A hosted service; its name becomes ``{name}.cloudapp.net``."""

    extended_properties: dict[str, str] = Field(default_factory=dict)
    """Properties to set; others stay as they are."""
    certificates: tuple[CertificateSpec, ...] = ()
    """Certificates that its machines may use."""


class DeploymentSpec(Labelled):
    """A deployment of web and worker roles."""

    owner_field: ClassVar[str] = "service_name"

    service_name: Name
    """The hosted service."""
    deployment_slot: Literal["Production", "Staging"] = "Production"
    """The slot."""
    package_url: Name = Field(repr=False)
    """The ``.cspkg``, a blob in a storage account of the subscription."""
    configuration: Name
    """Path of the ``.cscfg``, from the plan's directory; or its text."""
    start_deployment: bool = True
    """Start the instances, instead of leaving them suspended."""
    treat_warnings_as_error: bool = False
    """Fail when the package has warnings."""
    extended_properties: dict[str, str] = Field(default_factory=dict)
    """At most 25."""

    @property
    def is_configuration_given(self) -> bool:
        """Return whether `configuration` is the text itself."""
        return self.configuration.lstrip("\ufeff \r\n\t").startswith("<")

    def cscfg(self, base: Path) -> bytes:
        """Return the service configuration.

        Args:
            base: the plan's directory.

        Raises:
            OSError: the file cannot be read.
        """
        if self.is_configuration_given:
            return self.configuration.encode()
        return (base / self.configuration).read_bytes()
