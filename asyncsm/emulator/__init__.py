"""A local emulator of the service: real HTTPS, real client certificates, real rules.

It shares the wire models and the making of certificates with the client, and nothing
else. See `Emulator`.
"""

from asyncsm.emulator.clock import Clock, InstantClock, ManualClock
from asyncsm.emulator.server import Emulator, EmulatorOptions, serve
from asyncsm.emulator.state import Quotas

__all__ = ["Clock", "Emulator", "EmulatorOptions", "InstantClock", "ManualClock", "Quotas", "serve"]
