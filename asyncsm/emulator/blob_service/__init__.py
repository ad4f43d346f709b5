"""Real blobs behind the emulator's storage accounts, in Azurite, Microsoft's emulator of the storage service.

With it a disk, an image or a package that a request names must be there and be what it should; disks
that the service makes, copies and deletes are blobs that are made, copied and deleted.
"""
