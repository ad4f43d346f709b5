"""Application gateways, which spread web requests over machines of a network."""

from __future__ import annotations

from typing import Annotated, Final

import pydantic

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.operations.declaring import Family
from asyncsm.operations.facts import Ends
from asyncsm.operations.kinds import SECRET, Base64Content, Description, Name, Names, between, one_of
from asyncsm.operations.virtual_network_gateways import API
from asyncsm.polling import OperationHandle
from asyncsm.wire.figures import MOST_INSTANCES

family: Final = Family(
    "application gateways",
    service="NetworkManagementService",
    evidence="[protocol 4.20] [lifecycles 6]",
    version="2016-03-01",
    ends=Ends.NETWORK_OPERATION,
    actions_listed=False,
)

GATEWAYS: Final = "services/networking/ApplicationGateways"
GATEWAY: Final = GATEWAYS + "/{gateway_name}"
CONFIGURATION: Final = GATEWAY + "/configuration"
CERTIFICATES: Final = GATEWAY + "/sslcertificates"
CERTIFICATE: Final = CERTIFICATES + "/{certificate_name}"


class ApplicationGatewayOperations(Caller):
    """Operations on application gateways, what they are told, and their certificates."""

    @family.reads(GATEWAYS + API)
    async def list_application_gateways(self) -> wire.application_gateways.ApplicationGateways:
        """List the application gateways of the subscription."""
        ...

    @family.reads(GATEWAY + API)
    async def get_application_gateway(
        self, gateway_name: str
    ) -> wire.application_gateways.ApplicationGateway:
        """Read an application gateway; its name and address are there while it runs.

        Raises:
            ResourceNotFound: there is no such gateway.
        """
        ...

    @family.creates(
        GATEWAYS + API,
        at="/{name}",
        body=lambda: wire.application_gateways.CreateApplicationGatewayParameters,
        fields={"vnet_name": "virtual_network_name"},
    )
    async def create_application_gateway(
        self,
        name: Name,
        virtual_network_name: Name,
        subnets: Names,
        instance_count: Annotated[int, between(0, MOST_INSTANCES)] = 2,
        gateway_size: Annotated[str, one_of(wire.application_gateways.ApplicationGatewaySize)] | None = None,
        description: Description | None = None,
    ) -> OperationHandle:
        """Create an application gateway, which is stopped, and told nothing yet.

        Args:
            name: unique in the subscription.
            virtual_network_name: of the network it stands in.
            subnets: of that network, without machines.
            instance_count: the number of its instances, at most 10; 0 means 2.
            gateway_size: ``Small``, ``Medium``, which is the default, ``Large``, ``ExtraLarge`` or ``A8``.
            description: words about it.

        Raises:
            AlreadyExists: the name is taken.
            BadRequest: there is no such network or subnet, or there are machines in it.
        """
        ...

    @family.replaces(
        GATEWAY + API,
        body=lambda: wire.application_gateways.UpdateApplicationGatewayParameters,
        fields={"vnet_name": "virtual_network_name"},
    )
    async def update_application_gateway(
        self,
        gateway_name: str,
        instance_count: Annotated[int, between(0, MOST_INSTANCES)],
        gateway_size: Annotated[str, one_of(wire.application_gateways.ApplicationGatewaySize)] | None = None,
        virtual_network_name: Name | None = None,
        subnets: Names | None = None,
        description: Description | None = None,
    ) -> OperationHandle:
        """Change an application gateway; what is not named stays.

        Args:
            instance_count: the number of its instances; 0 means as many as there are.
            gateway_size, virtual_network_name, subnets, description: as for its creation.

        Raises:
            ResourceNotFound: there is no such gateway.
            BadRequest: it is to stand elsewhere, and is not stopped.
        """
        ...

    @family.removes(GATEWAY + API)
    async def delete_application_gateway(self, gateway_name: str) -> OperationHandle:
        """Delete an application gateway that is stopped.

        Raises:
            ResourceNotFound: there is no such gateway.
            BadRequest: it is not stopped.
        """
        ...

    @family.reads(CONFIGURATION + API)
    async def get_application_gateway_configuration(
        self, gateway_name: str
    ) -> wire.application_gateways.ApplicationGatewayConfiguration:
        """Read what an application gateway has been told.

        Raises:
            ResourceNotFound: there is no such gateway, or it has been told nothing.
        """
        ...

    @family.replaces(
        CONFIGURATION + API,
        method="POST",
        body=lambda: wire.application_gateways.ApplicationGatewayConfiguration,
    )
    async def set_application_gateway_configuration(
        self, gateway_name: str, configuration: wire.application_gateways.ApplicationGatewayConfiguration
    ) -> OperationHandle:
        """Tell an application gateway what to do, in place of what it was told before.

        Args:
            configuration: addresses, ports, pools of machines, listeners, and the rules that name them.

        Raises:
            ResourceNotFound: there is no such gateway.
            BadRequest: two things of a kind have one name, or one is named that there is not.
        """
        ...

    @family.acts(
        GATEWAY + "/Operations" + API, body=lambda: wire.application_gateways.StartApplicationGateway
    )
    async def start_application_gateway(self, gateway_name: str) -> OperationHandle:
        """Start an application gateway that has been told what to do, which takes a quarter of an hour.

        Raises:
            ResourceNotFound: there is no such gateway.
            BadRequest: it has been told nothing, or is not stopped.
        """
        ...

    @family.acts(GATEWAY + "/Operations" + API, body=lambda: wire.application_gateways.StopApplicationGateway)
    async def stop_application_gateway(self, gateway_name: str) -> OperationHandle:
        """Stop an application gateway, which loses its name and address.

        Raises:
            ResourceNotFound: there is no such gateway.
            BadRequest: it does not run.
        """
        ...

    @family.reads(CERTIFICATES + API)
    async def list_application_gateway_certificates(
        self, gateway_name: str
    ) -> wire.application_gateways.ApplicationGatewayCertificates:
        """List the certificates of an application gateway.

        Raises:
            ResourceNotFound: there is no such gateway.
        """
        ...

    @family.reads(CERTIFICATE + API)
    async def get_application_gateway_certificate(
        self, gateway_name: str, certificate_name: str
    ) -> wire.application_gateways.ApplicationGatewayCertificate:
        """Read a certificate of an application gateway, without its private key.

        Raises:
            ResourceNotFound: there is no such gateway or certificate.
        """
        ...

    @family.replaces(CERTIFICATE + API, body=lambda: wire.certificates.CertificateFile)
    async def add_application_gateway_certificate(
        self,
        gateway_name: str,
        certificate_name: str,
        data: Base64Content,
        password: Annotated[str | pydantic.SecretStr, SECRET],
        certificate_format: Annotated[str, one_of(wire.certificates.CertificateFormat)] = "pfx",
    ) -> OperationHandle:
        """Give an application gateway a certificate for its listeners, or another one of that name.

        Args:
            certificate_name: unique in the gateway.
            data: the file: bytes, a path or a binary file; text is base64 already.
            password: of the file.
            certificate_format: ``pfx``, as it needs the private key.

        Raises:
            ResourceNotFound: there is no such gateway.
            BadRequest: the file cannot be read, or the password is wrong.
        """
        ...

    @family.removes(CERTIFICATE + API)
    async def delete_application_gateway_certificate(
        self, gateway_name: str, certificate_name: str
    ) -> OperationHandle:
        """Delete a certificate that no listener of an application gateway names.

        Raises:
            ResourceNotFound: there is no such gateway or certificate.
            BadRequest: a listener names it (raised when the handle is awaited).
        """
        ...
