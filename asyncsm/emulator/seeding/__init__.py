"""Seeds: resources that an emulator has from the beginning, described by a document."""

from asyncsm.emulator.seeding.document import SeedDocument, SeedError, load_seed
from asyncsm.emulator.seeding.planting import plant

__all__ = ["SeedDocument", "SeedError", "load_seed", "plant"]
