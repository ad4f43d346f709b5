"""The asyncio client for the Azure Service Management (classic) REST API.

The public names are listed in `__init__.pyi`, where type checkers read them, and each is imported
when it is first used: two hundred models take a while to make, and whoever only wants an error
class, or ``--help``, need not wait for them.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
