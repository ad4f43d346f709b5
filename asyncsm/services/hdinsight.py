"""HDInsightManagementService: HDInsight clusters."""

from __future__ import annotations

from asyncsm.operations.hdinsight import HDInsightOperations
from asyncsm.operations.raw import RawOperations
from asyncsm.services.base import SessionCaller


class HDInsightManagementService(HDInsightOperations, RawOperations, SessionCaller):
    """The HDInsight clusters of one subscription; takes the arguments of `ServiceManagementService`.

    Use it beside that over one session: ``HDInsightManagementService(session=sms.session)``. The cloud services
    that clusters are in are made and listed, with their clusters, by `SchedulerManagementService`. Jobs are
    given to a cluster at its own address with its own user and password (templeton), which is not here.
    """
