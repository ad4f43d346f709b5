"""Addresses of deployments besides the first: virtual IPs, internal load balancers, and sets of endpoints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from asyncsm import wire
from asyncsm.engine.caller import Caller
from asyncsm.engine.protocol import Reconcile
from asyncsm.operations.declaring import Family
from asyncsm.operations.deployments import DEPLOYMENT
from asyncsm.operations.kinds import IPAddress, Name
from asyncsm.polling import OperationHandle

balancing: Final = Family("load balancing", evidence="[protocol 4.14, 4.16]", version="2016-06-01")
addresses: Final = Family(
    "virtual IP addresses",
    evidence="[protocol 4.16]",
    version="2016-03-01",
)

BALANCERS: Final = DEPLOYMENT + "/loadbalancers"
BALANCER: Final = BALANCERS + "/{load_balancer_name}"


def _balancer(
    load_balancer_name: str, subnet_name: str | None, static_virtual_network_ip_address: str | None
) -> wire.networks.LoadBalancer:
    front = wire.networks.FrontendIpConfiguration(
        subnet_name=subnet_name, static_virtual_network_ip_address=static_virtual_network_ip_address
    )
    return wire.networks.LoadBalancer(name=load_balancer_name, frontend_ip_configuration=front)


def _endpoint_list(
    endpoints: Sequence[wire.endpoints.ConfigurationSetInputEndpoint],
) -> wire.endpoints.LoadBalancedEndpointList:
    return wire.endpoints.LoadBalancedEndpointList(input_endpoints=list(endpoints))


class LoadBalancingOperations(Caller):
    """Operations on the addresses at which a deployment is reached, and on what shares them."""

    @balancing.acts(
        DEPLOYMENT + "?comp=UpdateLbSet",
        body=lambda: wire.endpoints.LoadBalancedEndpointList,
        made=_endpoint_list,
        operation="UpdateLoadBalancedEndpointSet",
        reconcile=Reconcile.REPEAT,
    )
    async def update_load_balanced_endpoint_set(
        self,
        service_name: str,
        deployment_name: str,
        endpoints: Sequence[wire.endpoints.ConfigurationSetInputEndpoint],
    ) -> OperationHandle:
        """Change all endpoints of load-balanced sets at once, whichever machines they are on.

        REST: Update Load Balanced Endpoint Set.

        Args:
            endpoints: one for each set, which its `load_balanced_endpoint_set_name` names.

        Raises:
            ResourceNotFound: there is no such hosted service or deployment.
            BadRequest: there is no such set.
        """
        ...

    @balancing.creates(
        BALANCERS,
        at="/{load_balancer_name}",
        body=lambda: wire.networks.LoadBalancer,
        made=_balancer,
        operation="AddLoadBalancer",
    )
    async def add_internal_load_balancer(
        self,
        service_name: str,
        deployment_name: str,
        load_balancer_name: Name,
        subnet_name: Name | None = None,
        static_virtual_network_ip_address: IPAddress | None = None,
    ) -> OperationHandle:
        """Add an internal load balancer to a deployment, for endpoints to name; a deployment can have one.

        REST: Add Load Balancer.

        Args:
            load_balancer_name: by which endpoints name it.
            subnet_name: part of the deployment's virtual network that its address is from.
            static_virtual_network_ip_address: its address in that subnet; without one it gets a free one.

        Raises:
            ResourceNotFound: there is no such hosted service or deployment.
            BadRequest: the deployment has one, the subnet does not exist or the address is not free.
        """
        ...

    @balancing.replaces(
        BALANCER, body=lambda: wire.networks.LoadBalancer, made=_balancer, operation="UpdateLoadBalancer"
    )
    async def update_internal_load_balancer(
        self,
        service_name: str,
        deployment_name: str,
        load_balancer_name: str,
        subnet_name: Name | None = None,
        static_virtual_network_ip_address: IPAddress | None = None,
    ) -> OperationHandle:
        """Give an internal load balancer another address.

        REST: Update Load Balancer.

        Args:
            subnet_name, static_virtual_network_ip_address: as for `add_internal_load_balancer`.

        Raises:
            ResourceNotFound: there is no such hosted service, deployment or load balancer.
            BadRequest: the subnet does not exist, or the address is not free.
        """
        ...

    @balancing.removes(BALANCER, operation="DeleteLoadBalancer")
    async def delete_internal_load_balancer(
        self, service_name: str, deployment_name: str, load_balancer_name: str
    ) -> OperationHandle:
        """Delete the internal load balancer of a deployment.

        REST: Delete Load Balancer.

        Raises:
            ResourceNotFound: there is no such hosted service, deployment or load balancer.
            BadRequest: an endpoint is behind it.
        """
        ...

    @addresses.creates(
        DEPLOYMENT + "/{virtual_ip_name}", at=DEPLOYMENT + "/{virtual_ip_name}", operation="AddVirtualIP"
    )
    async def add_virtual_ip(
        self, service_name: str, deployment_name: str, virtual_ip_name: Name
    ) -> OperationHandle:
        """Add a public address to a deployment of virtual machines; it gets one when an endpoint names it.

        REST: Add Virtual IP (mt218706).

        Args:
            virtual_ip_name: by which endpoints name it as their `virtual_ip_name`.

        Raises:
            ResourceNotFound: there is no such hosted service or deployment.
            AlreadyExists: the name is taken.
        """
        ...

    @addresses.removes(DEPLOYMENT + "/virtualIPs/{virtual_ip_name}", operation="RemoveVirtualIP")
    async def remove_virtual_ip(
        self, service_name: str, deployment_name: str, virtual_ip_name: str
    ) -> OperationHandle:
        """Remove a public address that was added to a deployment.

        REST: Remove Virtual IP.

        Raises:
            ResourceNotFound: there is no such hosted service, deployment or address.
            BadRequest: an endpoint is reached there.
        """
        ...
