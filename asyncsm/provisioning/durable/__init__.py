"""The durable engine: the same plans as DBOS workflows, on one machine or many.

DBOS queues and stores; this package has the steps. A run is a workflow that enqueues one
workflow for each resource as soon as those it needs have ended. The queue's partitions are the
lanes, each with one change at a time over all workers; its rate limit is the subscription's,
also over all workers. When a worker dies, the others take up its workflows: DBOS knows which
steps were done, and a step that was under way looks at the service first.

Needs ``asyncsm[durable]``.
"""

from asyncsm.provisioning.durable.engine import DurableEngine, DurableRun
from asyncsm.provisioning.durable.worker import work

__all__ = ["DurableEngine", "DurableRun", "work"]
