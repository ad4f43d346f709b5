from .deadlines import within as within
from .handle import (
    DEFAULT_SOURCE as DEFAULT_SOURCE,
    OperationHandle as OperationHandle,
    OperationToken as OperationToken,
)
from .surveys import ListingSource as ListingSource, StatusSource as StatusSource, SurveyCost as SurveyCost
from .tracker import Tracker as Tracker
from .waits import Goal as Goal, ResourceWaits as ResourceWaits
