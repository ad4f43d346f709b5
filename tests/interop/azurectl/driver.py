"""Run azurectl, as its console script does, for each line of standard input, and tell what came of it.

A line is the arguments as JSON; the answer is JSON, too: the exit status and all that was printed. Each command runs in
a process of its own, forked from this one, as loading the libraries takes longer than most commands.
"""

import importlib
import json
import os
import sys
import time
import traceback

sleep = time.sleep
SPEED = int(sys.argv[1])
time.sleep = lambda seconds: sleep(seconds / SPEED)  # the service's clock runs faster, so waiting is shorter

for library in (
    "apscheduler.schedulers.background",
    "azure.servicemanagement",
    "azure.storage.blob",
    "azure.storage.file",
    "azurectl.azurectl",
    "dateutil.parser",
    "OpenSSL.crypto",
):
    importlib.import_module(library)


def run(arguments, output):
    """Be azurectl in this process, and end with its exit status."""
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.argv = ["azurectl", *arguments]
    status = 0
    try:
        sys.modules["azurectl.azurectl"].main()
    except SystemExit as end:
        status = end.code or 0
    except BaseException:  # noqa: BLE001 - as Python itself ends a program
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


for line in sys.stdin:
    reading, writing = os.pipe()
    if not (process := os.fork()):
        run(json.loads(line), writing)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        printed = pipe.read()
    _, status = os.waitpid(process, 0)
    sys.stdout.write(json.dumps([os.waitstatus_to_exitcode(status), printed]) + "\n")
    sys.stdout.flush()
