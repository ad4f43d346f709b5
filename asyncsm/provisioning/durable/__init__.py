"""The durable engine: the same plans as DBOS workflows, on one machine or many.

DBOS queues and remembers; this package has the steps. A run is a workflow that enqueues one
workflow for each resource as soon as what that needs is there. The queue's partitions are the
lanes, with one change at a time each, whatever worker makes it; its rate limit is the
subscription's, whoever uses it up. A worker that dies is missed by the others, which take up its
workflows: DBOS knows which steps were done, and a step that may have been done is looked for.

Needs ``asyncsm[durable]``.
"""

from asyncsm.provisioning.durable.engine import DurableEngine, DurableRun
from asyncsm.provisioning.durable.worker import work

__all__ = ["DurableEngine", "DurableRun", "work"]
