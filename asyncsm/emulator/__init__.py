"""A local emulator of the service: real HTTPS, real client certificates, real rules.

It shares the wire models and the making of certificates with the client, and nothing
else. See `Emulator`.
"""

from asyncsm.emulator.clock import Clock, InstantClock, ManualClock
from asyncsm.emulator.faults import Fault
from asyncsm.emulator.limits import Limits
from asyncsm.emulator.persistence.database import UnusableDatabase
from asyncsm.emulator.persistence.values import UnreadableState
from asyncsm.emulator.program import EmulatorOptions, serve
from asyncsm.emulator.seeding import SeedDocument, SeedError, load_seed
from asyncsm.emulator.server import Emulator
from asyncsm.emulator.state import Quotas
from asyncsm.emulator.throttling import Throttle

__all__ = [
    "Clock",
    "Emulator",
    "EmulatorOptions",
    "Fault",
    "InstantClock",
    "Limits",
    "ManualClock",
    "Quotas",
    "SeedDocument",
    "SeedError",
    "Throttle",
    "UnreadableState",
    "UnusableDatabase",
    "load_seed",
    "serve",
]
