"""The service's documents: models that read and write the XML on the wire.

`xml` turns documents into dictionaries and back, `base` turns dictionaries into models,
and each family of documents has a module. The client and the emulator share them.
"""
