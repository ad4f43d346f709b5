from .clock import Clock as Clock, InstantClock as InstantClock, ManualClock as ManualClock
from .faults import Fault as Fault
from .limits import Limits as Limits
from .persistence.database import UnusableDatabase as UnusableDatabase
from .persistence.values import UnreadableState as UnreadableState
from .program import EmulatorOptions as EmulatorOptions, serve as serve
from .seeding import SeedDocument as SeedDocument, SeedError as SeedError, load_seed as load_seed
from .server import Emulator as Emulator
from .state import Quotas as Quotas
from .throttling import Throttle as Throttle
