"""Whole subscriptions: `export_plan` makes a plan of what one has, `find_leftovers` finds what serves nobody."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
