"""Operations in flight: the handle a caller awaits, the tracker that polls, waits on resources.

Each name is imported when it is first used: a family of operations needs the handle's type, and only a
session that is made needs the tracker.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
