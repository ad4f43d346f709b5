"""The control port: JSON over plain HTTP for tests and people who watch and steer a running emulator.

It is a port of its own, for this computer only, and no part of the emulated service. Pages
from elsewhere must not reach it through a browser: requests for a foreign host name (DNS
rebinding) and from another origin are refused. Every error is a JSON object with ``error``
and, where a body is at fault, ``fields`` with a ``field`` and its ``problem`` each.

``GET /`` is the portal, and ``GET /openapi.json`` describes every call.
"""

from asyncsm.emulator.control.calls import MAX_BODY_BYTES, ROUTES, ControlRoute
from asyncsm.emulator.control.port import control_port

__all__ = ["MAX_BODY_BYTES", "ROUTES", "ControlRoute", "control_port"]
