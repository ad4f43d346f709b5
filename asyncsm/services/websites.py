"""WebsiteManagementService: web sites and web hosting plans, as the old SDK's class of that name."""

from __future__ import annotations

from asyncsm.operations.hybrid_connections import HybridConnectionOperations
from asyncsm.operations.operation_status import OperationStatusOperations
from asyncsm.operations.raw import RawOperations
from asyncsm.operations.web_hosting_plans import WebHostingPlanOperations
from asyncsm.operations.website_backups import WebsiteBackupOperations
from asyncsm.operations.website_slots import WebsiteSlotOperations
from asyncsm.operations.websites import WebsiteOperations
from asyncsm.services.base import SessionCaller


class WebsiteManagementService(
    WebsiteOperations,
    WebsiteSlotOperations,
    WebsiteBackupOperations,
    HybridConnectionOperations,
    WebHostingPlanOperations,
    OperationStatusOperations,
    RawOperations,
    SessionCaller,
):
    """The web sites of one subscription; takes the arguments of `ServiceManagementService`.

    Use it beside that over one session: ``WebsiteManagementService(session=sms.session)``. What is inside a
    site is told by its own API (Kudu), which is not here; ``docs/migrating.md`` says why.
    """
