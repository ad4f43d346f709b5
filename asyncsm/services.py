"""The service classes: families of operations assembled over a session."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

from asyncsm import config
from asyncsm.config import LanePolicy, PollingPolicy, ReconcilePolicy, RetryPolicy, ThrottlePolicy
from asyncsm.credentials import CertificateSource
from asyncsm.engine.caller import Caller
from asyncsm.errors import InvalidArgument
from asyncsm.operations.affinity_groups import AffinityGroupOperations
from asyncsm.operations.certificates import ManagementCertificateOperations
from asyncsm.operations.convergence import ConvergentOperations
from asyncsm.operations.deployments import DeploymentOperations
from asyncsm.operations.disks import DiskOperations
from asyncsm.operations.extensions import ResourceExtensionOperations
from asyncsm.operations.hosted_services import HostedServiceOperations
from asyncsm.operations.images import OSImageOperations
from asyncsm.operations.networks import NetworkOperations
from asyncsm.operations.power import PowerOperations
from asyncsm.operations.raw import RawOperations
from asyncsm.operations.roles import RoleOperations
from asyncsm.operations.service_certificates import ServiceCertificateOperations
from asyncsm.operations.storage import StorageAccountOperations
from asyncsm.operations.subscriptions import SubscriptionOperations
from asyncsm.operations.upgrades import UpgradeOperations
from asyncsm.operations.vm_images import VMImageOperations
from asyncsm.operations.waiting import WaitingOperations
from asyncsm.session import ManagementSession

if TYPE_CHECKING:
    from types import TracebackType


class SessionCaller(Caller):
    """A service over a session, which it opens and closes if it made it itself."""

    def __init__(
        self,
        subscription_id: str | None = None,
        cert_file: CertificateSource | None = None,
        host: str | None = None,
        *,
        session: ManagementSession | None = None,
        ca_file: str | Path | bytes | None = None,
        proxy: str | None = None,
        trust_env: bool = True,
        timeout: float = config.ATTEMPT_TIMEOUT,
        retry: RetryPolicy = config.DEFAULT_RETRY,
        polling: PollingPolicy = config.DEFAULT_POLLING,
        throttle: ThrottlePolicy = config.DEFAULT_THROTTLE,
        lanes: LanePolicy = config.DEFAULT_LANES,
        reconcile: ReconcilePolicy = config.DEFAULT_RECONCILE,
        api_version: str | None = None,
    ) -> None:
        if session is not None and (subscription_id, cert_file, host, ca_file) != (None, None, None, None):
            raise InvalidArgument("session", "brings its own subscription, certificate and host")
        self._owns_session = session is None
        self._session = session or ManagementSession(
            subscription_id,
            cert_file,
            host,
            ca_file=ca_file,
            proxy=proxy,
            trust_env=trust_env,
            timeout=timeout,
            retry=retry,
            polling=polling,
            throttle=throttle,
            lanes=lanes,
            reconcile=reconcile,
            api_version=api_version,
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.subscription_id} at {self._session.endpoint.url}>"

    async def __aenter__(self) -> Self:
        if self._owns_session:
            await self._session.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the session, unless it was given; harmless when repeated."""
        if self._owns_session:
            await self._session.close()

    @property
    def session(self) -> ManagementSession:
        """The session, which other services may share."""
        return self._session


class ServiceManagementService(
    ConvergentOperations,
    WaitingOperations,
    RoleOperations,
    PowerOperations,
    DiskOperations,
    DeploymentOperations,
    UpgradeOperations,
    HostedServiceOperations,
    ServiceCertificateOperations,
    StorageAccountOperations,
    AffinityGroupOperations,
    OSImageOperations,
    VMImageOperations,
    ResourceExtensionOperations,
    NetworkOperations,
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
        InvalidArgument: an unusable `host`, or a session and arguments that contradict it.
    """
