"""SchedulerManagementService: the scheduler's job collections and jobs, as the old SDK's class of that name."""

from __future__ import annotations

from asyncsm.operations.jobs import JobOperations
from asyncsm.operations.operation_status import OperationStatusOperations
from asyncsm.operations.raw import RawOperations
from asyncsm.operations.scheduler import SchedulerOperations
from asyncsm.services.base import SessionCaller


class SchedulerManagementService(
    SchedulerOperations, JobOperations, OperationStatusOperations, RawOperations, SessionCaller
):
    """The scheduler of one subscription; takes the arguments of `ServiceManagementService`.

    Use it beside that over one session: ``SchedulerManagementService(session=sms.session)``. Cloud services
    and job collections take a while, jobs are done when the service answers.
    """
