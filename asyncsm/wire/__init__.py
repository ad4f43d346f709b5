"""The service's documents: models that read and write the XML on the wire.

`xml` turns documents into dictionaries and back, `base` turns dictionaries into models,
and each family of documents has a module. The client and the emulator share them.

Two hundred models take a while to make. So each module is imported when it is first named as an
attribute of this package: what is above it says ``from asyncsm import wire``, and in annotations and
functions ``wire.disks.Disk``.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
