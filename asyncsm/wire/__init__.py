"""The service's documents: what is on the wire, and the models that read and write it.

`xml` turns documents into dictionaries and back, `base` turns dictionaries into models,
and there is one module a family of documents. The client and the emulator share them.
"""
