"""WebsiteManagementService: web sites and web hosting plans, as the old SDK's class of that name."""

from __future__ import annotations

from asyncsm.operations.operation_status import OperationStatusOperations
from asyncsm.operations.raw import RawOperations
from asyncsm.operations.web_hosting_plans import WebHostingPlanOperations
from asyncsm.operations.website_slots import WebsiteSlotOperations
from asyncsm.operations.websites import WebsiteOperations
from asyncsm.services.base import SessionCaller


class WebsiteManagementService(
    WebsiteOperations,
    WebsiteSlotOperations,
    WebHostingPlanOperations,
    OperationStatusOperations,
    RawOperations,
    SessionCaller,
):
    """The web sites of one subscription; takes the arguments of `ServiceManagementService`.

    Use it beside that over one session: ``WebsiteManagementService(session=sms.session)``. What is inside a
    site, its files, processes and web jobs, is told by the site's own address (Kudu), which is not here.
    """
