"""The durable engine: plans in PostgreSQL, carried out by workers on many machines.

What is handed out is a share: all that is to be done in one subscription, whose budget is one
request a second whoever sends it. A worker that has a share runs the same `Runner` as in process,
over records in the database. The records are the truth, and the queue (Procrastinate) is a hint: it
finds a worker, and tells when one has died. Each record is written only as long as its share has
not been given to somebody else since, and a patrol puts in a job for each share without an owner.

Needs ``asyncsm[durable]``.
"""

from asyncsm.provisioning.durable.engine import DurableEngine, DurableRun

__all__ = ["DurableEngine", "DurableRun"]
