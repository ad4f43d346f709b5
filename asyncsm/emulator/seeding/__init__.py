"""Seeds: documents that describe resources, and their planting into an emulator."""

from asyncsm.emulator.seeding.document import SeedDocument, SeedError, load_seed
from asyncsm.emulator.seeding.planting import plant

__all__ = ["SeedDocument", "SeedError", "load_seed", "plant"]
