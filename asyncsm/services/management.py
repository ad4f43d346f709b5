"""ServiceManagementService: the core of the API, as the old SDK's class of that name."""

from __future__ import annotations

from asyncsm.operations.affinity_groups import AffinityGroupOperations
from asyncsm.operations.certificates import ManagementCertificateOperations
from asyncsm.operations.convergence import ConvergentOperations
from asyncsm.operations.deployment_events import DeploymentEventOperations
from asyncsm.operations.deployments import DeploymentOperations
from asyncsm.operations.disks import DiskOperations
from asyncsm.operations.extensions import ResourceExtensionOperations
from asyncsm.operations.hosted_services import HostedServiceOperations
from asyncsm.operations.images import OSImageOperations
from asyncsm.operations.load_balancing import LoadBalancingOperations
from asyncsm.operations.migration import DeploymentMigrationOperations
from asyncsm.operations.network_convergence import ConvergentNetworkOperations
from asyncsm.operations.networks import NetworkOperations
from asyncsm.operations.operation_status import OperationStatusOperations
from asyncsm.operations.power import PowerOperations
from asyncsm.operations.raw import RawOperations
from asyncsm.operations.roles import RoleOperations
from asyncsm.operations.service_certificates import ServiceCertificateOperations
from asyncsm.operations.service_extensions import ServiceExtensionOperations
from asyncsm.operations.slots import SlotOperations
from asyncsm.operations.storage import StorageAccountOperations
from asyncsm.operations.subscriptions import SubscriptionOperations
from asyncsm.operations.upgrades import UpgradeOperations
from asyncsm.operations.vm_images import VMImageOperations
from asyncsm.operations.waiting import WaitingOperations
from asyncsm.services.base import SessionCaller


class ServiceManagementService(
    ConvergentOperations,
    ConvergentNetworkOperations,
    WaitingOperations,
    OperationStatusOperations,
    RoleOperations,
    PowerOperations,
    DiskOperations,
    DeploymentOperations,
    UpgradeOperations,
    SlotOperations,
    DeploymentEventOperations,
    HostedServiceOperations,
    ServiceCertificateOperations,
    ServiceExtensionOperations,
    StorageAccountOperations,
    DeploymentMigrationOperations,
    AffinityGroupOperations,
    OSImageOperations,
    VMImageOperations,
    ResourceExtensionOperations,
    NetworkOperations,
    LoadBalancingOperations,
    SubscriptionOperations,
    ManagementCertificateOperations,
    RawOperations,
    SessionCaller,
):
    """The Azure Service Management API of one subscription.

    Methods have the old SDK's names, parameters and defaults; adding ``await`` migrates. What
    changes something returns an `OperationHandle`, to be awaited for the outcome.

    Args:
        subscription_id: GUID of the subscription; ``AZURE_MANAGEMENT_SUBSCRIPTIONID`` if absent.
        cert_file: the management certificate, as `ManagementSession` takes it;
            ``AZURE_MANAGEMENT_CERTFILE`` if absent.
        host: ``name``, ``name:port`` or an https URL; ``AZURE_MANAGEMENT_HOST`` if absent, else the
            public cloud.
        session: a session to share, instead of the arguments above and below.
        ca_file: the only certificate authorities to trust; ``AZURE_MANAGEMENT_CA_FILE`` if absent.
        cert_password: of a PFX, or of an encrypted key; ``AZURE_MANAGEMENT_CERTPASSWORD`` if absent.
        proxy: URL of an HTTP proxy.
        trust_env: whether proxies named by the environment are used.
        timeout: seconds one HTTP attempt may take.
        retry: when a request is sent again.
        polling: how often pending operations are asked for.
        throttle: how many requests the subscription can bear, if that is known.
        lanes: whether changes that exclude each other wait for one another.
        reconcile: how the outcome of a change is found out whose reply was lost.
        api_version: ``x-ms-version`` for operations that do not need a later one.

    Raises:
        CredentialError: no usable certificate or no subscription.
        InvalidArgument: an unusable `subscription_id`, `host` or `proxy`, or a session and arguments that contradict it.
    """
