"""The web service of the examples, as the program of a process that is forked; see `mortal`."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

# Behind everything else: asyncsm is that which is installed.
sys.path.append(str(ROOT))

from examples.web_service.__main__ import main  # noqa: E402 - its place had to be named


def run(errors, environment, options):
    """Be the program, with that environment and those options; what it logs goes to the pipe."""
    os.dup2(errors.fileno(), sys.stderr.fileno())
    errors.close()
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["web_service", *options]
    main()
