"""What an emulator is to have from the beginning: a document, and how it comes about."""

from asyncsm.emulator.seeding.document import SeedDocument, SeedError, load_seed
from asyncsm.emulator.seeding.planting import plant

__all__ = ["SeedDocument", "SeedError", "load_seed", "plant"]
