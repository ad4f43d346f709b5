"""The service classes: families of operations assembled over a session.

Each is imported, with the models of its families, when it is first used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
