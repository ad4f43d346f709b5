from .export import Export as Export, export_plan as export_plan
from .inventory import Inventory as Inventory, take_inventory as take_inventory
from .leftovers import (
    Leftover as Leftover,
    LeftoverKind as LeftoverKind,
    Removal as Removal,
    blob_accounts as blob_accounts,
    find_leftovers as find_leftovers,
    remove_leftovers as remove_leftovers,
)
