"""Operations in flight: the handle a caller awaits, the tracker that polls, waits on resources."""

from asyncsm.polling.deadlines import within
from asyncsm.polling.handle import DEFAULT_SOURCE, OperationHandle, OperationToken
from asyncsm.polling.surveys import ListingSource, StatusSource, SurveyCost
from asyncsm.polling.tracker import Tracker
from asyncsm.polling.waits import Goal, ResourceWaits

__all__ = [
    "DEFAULT_SOURCE",
    "Goal",
    "ListingSource",
    "OperationHandle",
    "OperationToken",
    "ResourceWaits",
    "StatusSource",
    "SurveyCost",
    "Tracker",
    "within",
]
