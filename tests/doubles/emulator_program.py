"""``asyncsm emulator start`` as the program of a process that is forked; see `mortal`."""

import os
import sys
from importlib import import_module

from asyncsm.cli import main

# Most of the start of an emulator is that; so it is done before a process is forked.
for name in (
    "asyncsm.cli.application",
    "asyncsm.cli.emulator",
    "asyncsm.emulator.server",
    "asyncsm.provisioning.planting",
):
    import_module(name)


def run(output, arguments):
    """Be the program, which writes to the pipe."""
    sys.stdout = os.fdopen(os.dup(output.fileno()), "w", encoding="utf-8")
    output.close()
    sys.exit(main(["emulator", "start", *arguments]))
