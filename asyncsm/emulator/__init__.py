"""A local emulator of the service: real HTTPS, real client certificates, real rules.

It shares the wire models and the making of certificates with the client, and nothing
else. See `Emulator`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
