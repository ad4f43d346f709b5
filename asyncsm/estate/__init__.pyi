from .export import Export as Export, export_plan as export_plan
from .inventory import Inventory as Inventory, take_inventory as take_inventory
