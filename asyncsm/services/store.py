"""StoreManagementService: add-ons of the store."""

from __future__ import annotations

from asyncsm.operations.raw import RawOperations
from asyncsm.operations.store import StoreOperations
from asyncsm.services.base import SessionCaller


class StoreManagementService(StoreOperations, RawOperations, SessionCaller):
    """The add-ons of one subscription; takes the arguments of `ServiceManagementService`.

    Use it beside that over one session: ``StoreManagementService(session=sms.session)``. The cloud services
    that add-ons are in are made and listed, with their add-ons, by `SchedulerManagementService`.
    """
