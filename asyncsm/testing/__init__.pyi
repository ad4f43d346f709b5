from .background import (
    BackgroundClock as BackgroundClock,
    BackgroundEmulator as BackgroundEmulator,
    BackgroundFaults as BackgroundFaults,
)
