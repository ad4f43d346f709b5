"""Operations in flight: the handle a caller awaits, the tracker that polls, waits on resources."""

from asyncsm.polling.deadlines import within
from asyncsm.polling.handle import OperationHandle, OperationToken
from asyncsm.polling.tracker import StatusSource, Tracker
from asyncsm.polling.waits import until_state

__all__ = ["OperationHandle", "OperationToken", "StatusSource", "Tracker", "until_state", "within"]
